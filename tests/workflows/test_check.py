"""Bad definitions are refused with code, culprit, line and remedy; sound ones never."""

import json
import re
from itertools import product

import pytest
from hypothesis import given, settings

from tests.conftest import EXAMPLES
from tests.workflows.bad_definitions import BAD, BASE, ENTER, GO, STOP, WORDS, B, Bad, in_b, in_go, with_consent
from tests.workflows.bad_rules import BAD_RULES, EARLIER, automatic, earlier, migrating
from tests.workflows.guards import VOCABULARY
from tests.workflows.strategies import RANDOM_WORDS, sound_texts
from workflows import DefinitionError, Finding, check, load, load_published
from workflows.check import FINDINGS_AT_MOST
from workflows.consent import tally
from workflows.finding import REMEDIES

EVERY_BAD = [*BAD, *BAD_RULES]
FROM_THE_GRAPH_ON = {*(f"E{number}" for number in range(8, 15)), "W1", "W2", "W3", "W4"}


@pytest.mark.parametrize("bad", EVERY_BAD, ids=lambda bad: str(bad.name))
def test_a_bad_definition_is_told_with_its_culprit(bad: Bad) -> None:
    findings = check(bad.text, WORDS, earlier)
    found = [each for each in findings if (each.code, each.culprit) == (bad.code, bad.culprit)]
    assert found, findings
    assert bad.word in found[0].remedy_en
    assert any("\u4e00" <= sign <= "\u9fff" for sign in found[0].remedy_zh)
    if "¦" in bad.new:
        assert found[0].line == bad.line
    if bad.code in FROM_THE_GRAPH_ON:
        assert {each.code for each in findings} - {bad.code} <= {"W4"}


@pytest.mark.parametrize("bad", EVERY_BAD, ids=lambda bad: str(bad.name))
def test_an_error_refuses_and_a_warning_does_not(bad: Bad) -> None:
    findings = check(bad.text, WORDS)
    if bad.code.startswith("W") or bad.code == "E14":  # whoever loads has no earlier version to look at
        assert load(bad.text, WORDS).id == "test"
        return
    with pytest.raises(DefinitionError) as refusal:
        load(bad.text, WORDS)
    assert refusal.value.findings == findings
    assert bad.code in str(refusal.value)


def test_every_check_and_every_remedy_has_a_bad_definition() -> None:
    codes = {*(f"E{number}" for number in range(1, 16)), *(f"W{number}" for number in range(1, 5))}
    assert {bad.code for bad in EVERY_BAD} == codes
    found = (each for bad in EVERY_BAD for each in check(bad.text, WORDS, earlier))
    assert {_sort(each) for each in found} == set(REMEDIES)


def _sort(found: Finding) -> str:
    """The remedy that a finding was made of: the one with the most words that fits."""
    fitting = [
        (len(re.sub(r"{\w+}", "", en)), sort)
        for sort, (_, en) in REMEDIES.items()
        if re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(en)), found.remedy_en)
    ]
    return max(fitting)[1]


def test_every_remedy_says_the_same_things_in_both_languages() -> None:
    for sort, (zh, en) in REMEDIES.items():
        named = [set(re.findall(r"{(\w+)}", words)) for words in (zh, en)]
        assert named[0] - {"zh"} == named[1] - {"en"}, sort


def test_the_bases_are_sound() -> None:
    assert check(BASE, WORDS, earlier) == ()
    assert check(EARLIER, WORDS, earlier) == ()
    assert load(BASE.encode(), WORDS).id == "test"
    mapped = BASE.replace("initial: a\n", migrating("from_version: 1, states: {talks: b}").replace("¦", ""))
    assert check(mapped, WORDS, earlier) == ()


def test_all_faults_are_told_in_the_order_of_the_lines() -> None:
    text = (
        BASE.replace("version: 2", "version: none")
        .replace("[b], to: end", "[], to: end")
        .replace("stage: opened", "stage: x")
    )
    assert [(each.code, each.culprit) for each in check(text, VOCABULARY)] == [
        ("E1", "version"),
        ("E1", "states.a.stage"),
        ("E1", "transitions[1].from"),
    ]


def test_graph_consent_and_time_are_told_together() -> None:
    text = BASE.replace(B, in_b("deadline: {after: P3WD}")).replace(
        GO, with_consent("voters: lead_party, method: {at_least: 2}, veto: [host]")
    )
    text = text.replace(STOP, automatic("x", "b", "b") + STOP.replace("two_person: true, ", ""))
    assert [each.code for each in check(text.replace("¦", ""), WORDS)] == ["E15", "E8", "E8", "E13", "W3"]


def test_exclusive_arrows_on_one_trigger_are_sound() -> None:
    first = GO.replace("}}\n", "}, when: {route: [x, y]}}\n")
    second = first.replace("id: go", "id: go2, trigger: go").replace("[x, y]", "z").replace("to: b", "to: a")
    assert check(BASE.replace(GO, first + second), VOCABULARY) == ()
    third = first.replace("id: go", "id: go3, trigger: go").replace("[x, y]", "[w, y]")
    findings = check(BASE.replace(GO, first + second + third), VOCABULARY)
    assert [(each.code, each.culprit) for each in findings] == [("E7", "transitions[2]")]
    other_fact = first.replace("id: go", "id: go4, trigger: go").replace("{route: [x, y]}", "{party_count: 3}")
    findings = check(BASE.replace(GO, first + second + other_fact), VOCABULARY)
    assert [(each.code, each.culprit) for each in findings] == [("E7", "transitions[2]")]


def test_a_state_that_only_an_entry_leads_to_is_unreachable() -> None:
    text = BASE.replace("transitions:\n", "  c: {title: {zh: 丙, en: C}, stage: ended, final: true}\ntransitions:\n")
    text = text.replace(ENTER, ENTER.replace("[a, b]", "[a, b, c]"))
    assert [(each.code, each.culprit) for each in check(text, VOCABULARY)] == [("E3", "states.c")]


def test_a_state_to_which_only_a_request_for_changes_leads_is_reachable() -> None:
    text = BASE.replace("transitions:\n", f"{B.replace('  b:', '  c:')}transitions:\n").replace(
        "[b], to: end", "[b, c], to: end"
    )
    asked = "voters: each_party, method: all, answers: [agree, request_change], on_request_change: {to: c}"
    assert check(text.replace(GO, with_consent(asked)).replace("¦", ""), WORDS) == ()


def test_a_system_arrow_and_a_goal_are_sound() -> None:
    text = BASE.replace(STOP, STOP.replace("forward, two_person: true, actor: {roles: [officer]}", "system"))
    assert check(text, VOCABULARY) == ()
    back = STOP.replace("to: end", "to: a")
    goal = (
        BASE.replace("under_way,", "under_way, goal: true,").replace(STOP, back).replace(GO, in_go("two_person: true"))
    )
    goal = goal.replace("  end: {title: {zh: 终, en: End}, stage: ended, final: true}\n", "")
    assert check(goal.replace("¦", ""), VOCABULARY) == ()


def test_an_escalation_to_one_of_several_or_to_another_does_not_go_round() -> None:
    roles = BASE.replace("roles: {", "roles: {office: {of: grouping}, ")
    late = roles.replace(B, in_b("deadline: {by: due_on, remind: [P9Y], escalate: [{after: P0D, to: %s}]}")).replace(
        "¦", ""
    )
    shared = late.replace(STOP, STOP.replace("[officer]", "[office, officer]"))
    assert [each.code for each in check(late % "officer", WORDS)] == ["E12"]
    assert check(late % "office", WORDS) == check(shared % "officer", WORDS) == ()


def test_what_was_published_before_a_check_came_stays_in_use() -> None:
    """Only what the engine stands on takes a published version out of use."""
    kept = {"E3", "E4", "E5", "E6", "E7", *FROM_THE_GRAPH_ON}
    for bad in EVERY_BAD:
        if bad.code in kept and bad.culprit != "initial":
            assert load_published(bad.text, WORDS).id == "test"
    for name in ("fields of an item", "nothing to choose", "choices of a text", "fact of no source"):
        (bad,) = (each for each in BAD if each.name == name)
        if name != "fields of an item":  # its stages are those of a matter
            assert load_published(bad.text, WORDS).id == "test"
    for name in ("unknown source", "unknown guard", "no actor", "suspend elsewhere", "id twice"):
        (bad,) = (each for each in BAD if each.name == name)
        with pytest.raises(DefinitionError):
            load_published(bad.text, WORDS)


METHODS = [
    "all",
    "any",
    "majority",
    *({"at_least": number} for number in (1, 2, 3, 4)),
    *({"ratio": ratio} for ratio in ("1/3", "2/3", "1/1", "3/2")),
]


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_a_round_is_refused_exactly_when_some_number_of_parties_cannot_carry_it(method: object) -> None:
    """Against brute force over the votes of up to five parties."""
    for voters, least, veto, answers in product(
        ("each_party", "lead_party"),
        (1, 2, 3),
        ([], ["lead_party"], ["each_party"]),
        (["agree"], ["agree", "abstain"], ["object", "abstain"]),
    ):
        if veto == ["each_party"] and voters == "lead_party":
            continue
        consent = {"voters": voters, "method": method, "veto": veto, "answers": answers, "abstain_counts": "as_agree"}
        text = BASE.replace("initial: a\n", f"initial: a\nparties: {{at_least: {least}}}\n")
        text = text.replace(GO, GO.replace("}}\n", f"}}, consent: {json.dumps(consent)}}}\n"))
        counts = range(least, 6) if voters == "each_party" else [1]
        codes = [each.code for each in check(text, WORDS)]
        assert codes == ([] if all(_carries(text, number) for number in counts) else ["E8"]), (consent, least)


def _carries(text: str, number: int) -> bool:
    consent = load_published(text, WORDS).transition("go").consent
    assert consent is not None
    voters = [str(each) for each in range(number)]
    holders = voters if "each_party" in consent.veto else voters[:1] if consent.veto else []
    votes = product(consent.answers, repeat=number)
    return any(
        tally(consent, voters, holders, dict(zip(voters, vote, strict=True))).outcome == "carried" for vote in votes
    )


def test_nobody_is_told_a_hundred_thousand_findings() -> None:
    sources = ", ".join(f"x{number}" for number in range(400))
    text = BASE.replace(
        STOP, STOP + "".join(GO.replace("id: go", f"id: x{n}").replace("[a]", f"[{sources}]") for n in range(10))
    )
    assert len(check(text, VOCABULARY)) == FINDINGS_AT_MOST


@settings(max_examples=max(200, EXAMPLES))
@given(sound_texts())
def test_random_sound_definitions_are_never_refused(text: str) -> None:
    assert [each for each in check(text, RANDOM_WORDS) if each.refuses] == []


@given(sound_texts())
def test_the_canonical_form_of_any_definition_reads_back(text: str) -> None:
    definition = load(text, RANDOM_WORDS)
    assert load(definition.canonical(), RANDOM_WORDS).canonical() == definition.canonical()
