"""Bad definitions are refused with code, culprit, line and remedy; sound ones never."""

import time
import tracemalloc

import pytest
from hypothesis import given

from tests.workflows.bad_definitions import BAD, BASE, ENTER, GO, STOP, Bad
from tests.workflows.guards import EFFECTS, GUARDS
from tests.workflows.strategies import RANDOM_GUARDS, sound_texts
from workflows import DefinitionError, check, load
from workflows.check import ARROWS_AT_MOST


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: str(bad.name))
def test_a_bad_definition_is_refused_with_its_culprit(bad: Bad) -> None:
    findings = check(bad.text, GUARDS, EFFECTS)
    found = [each for each in findings if (each.code, each.culprit) == (bad.code, bad.culprit)]
    assert found, findings
    assert bad.word in found[0].remedy_en
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found[0].remedy_zh)
    if "¦" in bad.new:
        assert found[0].line == bad.line
    with pytest.raises(DefinitionError) as refusal:
        load(bad.text, GUARDS, EFFECTS)
    assert refusal.value.findings == findings
    assert bad.code in str(refusal.value)


def test_every_check_of_this_kind_has_a_bad_definition() -> None:
    assert {bad.code for bad in BAD} == {"E1", "E2", "E3", "E4", "E5", "E6", "E7", "E15"}
    assert len(BAD) >= 40


def test_the_base_is_sound() -> None:
    assert check(BASE, GUARDS, EFFECTS) == ()
    assert load(BASE.encode(), GUARDS, EFFECTS).id == "test"


def test_all_faults_are_told_in_the_order_of_the_lines() -> None:
    text = (
        BASE.replace("version: 1", "version: none")
        .replace("[b], to: end", "[], to: end")
        .replace("stage: intent", "stage: x")
    )
    assert [(each.code, each.culprit) for each in check(text, GUARDS, EFFECTS)] == [
        ("E1", "version"),
        ("E1", "states.a.stage"),
        ("E1", "transitions[1].from"),
    ]


def test_exclusive_arrows_on_one_trigger_are_sound() -> None:
    first = GO.replace("}}\n", "}, when: {route: [x, y]}}\n")
    second = first.replace("id: go", "id: go2, trigger: go").replace("[x, y]", "z").replace("to: b", "to: a")
    assert check(BASE.replace(GO, first + second), GUARDS, EFFECTS) == ()
    third = first.replace("id: go", "id: go3, trigger: go").replace("[x, y]", "[w, y]")
    findings = check(BASE.replace(GO, first + second + third), GUARDS, EFFECTS)
    assert [(each.code, each.culprit) for each in findings] == [("E7", "transitions[2]")]
    other_fact = first.replace("id: go", "id: go4, trigger: go").replace("{route: [x, y]}", "{party_count: 3}")
    findings = check(BASE.replace(GO, first + second + other_fact), GUARDS, EFFECTS)
    assert [(each.code, each.culprit) for each in findings] == [("E7", "transitions[2]")]


def test_a_state_that_only_an_entry_leads_to_is_unreachable() -> None:
    text = BASE.replace("transitions:\n", "  c: {title: {zh: 丙}, stage: ended, final: true}\ntransitions:\n")
    text = text.replace(ENTER, ENTER.replace("[a, b]", "[a, b, c]"))
    assert [(each.code, each.culprit) for each in check(text, GUARDS, EFFECTS)] == [("E3", "states.c")]


def test_a_system_arrow_and_a_goal_are_sound() -> None:
    text = BASE.replace(STOP, STOP.replace("forward, actor: {roles: [officer]}", "system"))
    assert check(text, GUARDS, EFFECTS) == ()
    back = STOP.replace("to: end", "to: a")
    goal = BASE.replace("in_progress}", "in_progress, goal: true}").replace(STOP, back)
    goal = goal.replace("  end: {title: {zh: 终}, stage: ended, final: true}\n", "")
    assert check(goal, GUARDS, EFFECTS) == ()


def test_a_small_file_cannot_write_millions_of_arrows() -> None:
    """One resume per suspended state would be one arrow for each pair of states."""
    states = "".join(f"  s{n}: {{title: {{zh: 甲}}, stage: intent}}\n" for n in range(120))
    held = "".join(f"  h{n}: {{title: {{zh: 缓}}, stage: as_before}}\n" for n in range(120))
    names, helds = ", ".join(f"s{n}" for n in range(120)), ", ".join(f"h{n}" for n in range(120))
    hold = "".join(
        f"  - {{id: x{n}, title: {{zh: 缓}}, from: [{names}], to: h{n}, kind: suspend, actor: {{roles: [officer]}}}}\n"
        for n in range(120)
    )
    back = f"  - {{id: y, title: {{zh: 复}}, from: [{helds}], to: before_suspension, kind: resume, actor: {{roles: [officer]}}}}\n"
    text = BASE.replace("transitions:\n", states + held + "transitions:\n" + hold + back)
    begun = time.thread_time()
    check(text, GUARDS, EFFECTS)
    assert time.thread_time() - begun < 5
    tracemalloc.start()
    findings = check(text, GUARDS, EFFECTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(each.code, each.culprit) for each in findings] == [("E1", "transitions")]
    assert str(ARROWS_AT_MOST) in findings[0].remedy_en
    assert peak < 100_000_000


@given(sound_texts())
def test_random_sound_definitions_are_never_refused(text: str) -> None:
    assert check(text, RANDOM_GUARDS, EFFECTS) == ()


@given(sound_texts())
def test_the_canonical_form_of_any_definition_reads_back(text: str) -> None:
    definition = load(text, RANDOM_GUARDS, EFFECTS)
    assert load(definition.canonical(), RANDOM_GUARDS, EFFECTS).canonical() == definition.canonical()
