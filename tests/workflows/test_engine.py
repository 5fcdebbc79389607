"""Deciding, explaining, entering and simulating on the shipped procedures and on the full one."""

import dataclasses
from dataclasses import replace

import pytest

from tests.workflows.guards import GUARDS
from tests.workflows.strategies import tally_of
from workflows import Definition, FactMissing, Facts
from workflows.consent import Outcome
from workflows.engine import (
    ENGINE_CODES,
    Decision,
    NotPossible,
    Unmet,
    decide,
    enter,
    explain,
    possible,
    simulate,
)
from workflows.replay import Place, replay

READY = Facts(
    actor_roles=frozenset({"lead_officer"}),
    values={
        "consensus_recorded": True,
        "conditions_met": True,
        "result_recorded": True,
        "mechanism_recorded": True,
        "merge_target_named": True,
    },
    basis=True,
    reason=True,
)


def signing(role: str, *, all_signed: bool, any_signed: bool = True, reason: bool = False) -> Facts:
    values: dict[str, str | int | bool] = {"text_settled": True, "party_count": 2}
    values |= {"all_signed": all_signed, "any_signed": any_signed}
    return Facts(actor_roles=frozenset({role}), values=values, reason=reason)


def codes(unmet: tuple[Unmet, ...]) -> list[str]:
    return [each.code for each in unmet]


def refusal(definition: Definition, state: str, trigger: str, facts: Facts) -> tuple[Unmet, ...]:
    with pytest.raises(NotPossible) as refused:
        decide(definition, GUARDS, state, trigger, facts)
    assert refused.value.unmet == explain(definition, GUARDS, state, trigger, facts)
    return refused.value.unmet


def test_an_item_goes_its_whole_way(item: Definition) -> None:
    script = [(trigger, READY) for trigger in ("list", "begin", "suspend", "resume", "achieve", "institutionalise")]
    run = simulate(item, GUARDS, Place("intent"), script)
    assert [(each.trigger, each.to_state) for each in run.steps] == [
        ("list", "listed"),
        ("begin", "in_progress"),
        ("suspend", "suspended"),
        ("resume", "in_progress"),
        ("achieve", "achieved"),
        ("institutionalise", "long_term_mechanism"),
    ]
    assert run.unmet == ()
    assert run.place == replay(item, run.steps)
    assert run.place.steps_taken == dict.fromkeys([each.transition_id for each in run.steps], 1)


def test_a_decision_says_what_is_to_be_recorded(item: Definition) -> None:
    decision = decide(item, GUARDS, "intent", "list", READY)
    assert dataclasses.asdict(decision) == {
        "definition_id": "cooperation-item",
        "definition_version": 1,
        "transition_id": "list",
        "trigger": "list",
        "from_state": "intent",
        "to_state": "listed",
        "kind": "forward",
        "effects": (),
    }


def test_only_the_engine_makes_a_decision(item: Definition) -> None:
    decision = decide(item, GUARDS, "intent", "list", READY)
    with pytest.raises(TypeError, match="only the engine"):
        Decision("x", 1, "list", "list", "intent", "listed", "forward", (), object())
    with pytest.raises((TypeError, ValueError)):
        replace(decision, to_state="achieved")  # type: ignore[call-arg]  # this is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        decision.to_state = "achieved"  # type: ignore[misc]  # this is what is tested


def test_every_missing_condition_is_named_with_who_can_meet_it(item: Definition) -> None:
    facts = Facts(values={**READY.values, "conditions_met": False})
    unmet = refusal(item, "intent", "list", facts)
    assert codes(unmet) == ["not-your-role", "conditions-met", "basis-missing"]
    assert {each.who for each in unmet} == {("lead_officer", "secretariat")}
    assert codes(refusal(item, "intent", "suspend", replace(READY, reason=False))) == ["reason-missing"]


def test_values_clause_and_other_people_are_named(full: Definition) -> None:
    facts = Facts(frozenset({"lead_officer"}), {"consensus_recorded": False, "party_count": 1})
    first, second = refusal(full, "intent", "list", facts)
    assert (first.code, first.who, dict(first.values)) == ("consensus-recorded", ("secretariat",), {})
    assert (second.code, second.who, dict(second.values)) == (
        "parties-named",
        ("lead_officer",),
        {"at_least": 2, "found": 1},
    )
    assert first.source is not None
    assert (first.source.document, first.source.place) == ("东政发〔2017〕66号", "三(一)")


def test_evidence_consent_and_a_second_person(full: Definition) -> None:
    facts = Facts(
        frozenset({"lead_officer"}),
        {"mechanism_recorded": True, "targets_done": 1},
        evidence={"mechanism": 5, "basis": 1},
    )
    unmet = refusal(full, "achieved", "institutionalise", facts)
    assert [(each.code, dict(each.values)) for each in unmet] == [
        ("evidence-missing", {"type": "mechanism", "min": 1, "found": 0}),
        ("evidence-missing", {"type": "basis", "min": 2, "found": 1}),
        ("consent-not-asked", {}),
    ]
    carried = {"institutionalise": tally_of("carried")}
    given = replace(facts, evidence={"mechanism/lead_party": 1, "basis": 2}, consents=carried)
    assert decide(full, GUARDS, "achieved", "institutionalise", given).effects == ("notify_parties",)
    assert codes(refusal(full, "in_progress", "achieve", facts)) == ["second-person-missing"]
    assert (
        decide(full, GUARDS, "in_progress", "achieve", replace(facts, second_person=frozenset({"achieve"}))).to_state
        == "achieved"
    )


@pytest.mark.parametrize(
    ("outcome", "code", "values", "who"),
    [
        ("open", "consent-open", {"needed": 1, "waiting": "150300"}, ("150300",)),
        ("refused", "consent-refused", {}, ("lead_officer",)),
        ("change_requested", "consent-change-requested", {}, ("lead_officer",)),
    ],
)
def test_what_is_missing_of_a_consent_depends_on_its_round(
    full: Definition, outcome: Outcome, code: str, values: dict[str, object], who: tuple[str, ...]
) -> None:
    facts = Facts(
        frozenset({"lead_officer"}),
        {"mechanism_recorded": True, "targets_done": 1},
        evidence={"mechanism/lead_party": 1, "basis": 2},
        consents={"institutionalise": tally_of(outcome)},
    )
    (unmet,) = refusal(full, "achieved", "institutionalise", facts)
    assert (unmet.code, dict(unmet.values), unmet.who) == (code, values, who)


def test_a_request_for_changes_leads_back_and_nothing_else_does(full: Definition) -> None:
    """The way back of a round is taken by the register alone, and only while that round asks for changes."""
    back = full.transition("institutionalise/change")
    assert (back.kind, back.sources, back.targets) == ("return", ("achieved",), ("in_progress",))
    for outcome, missing in (("open", ["change-not-requested"]), ("change_requested", [])):
        facts = Facts(frozenset({"system"}), consents={"institutionalise": tally_of(outcome)})
        assert codes(explain(full, GUARDS, "achieved", back.trigger, facts)) == missing
    asked = Facts(frozenset({"lead_officer"}), consents={"institutionalise": tally_of("change_requested")})
    assert codes(refusal(full, "achieved", back.trigger, asked)) == ["not-your-role"]


def test_fields_come_with_the_step(full: Definition) -> None:
    asking = next(each for each in full.transitions if each.asks)
    facts = Facts(frozenset(asking.roles))
    unmet = explain(full, GUARDS, asking.sources[0], asking.trigger, facts)
    assert [each.values["field"] for each in unmet if each.code == "field-missing"] == list(asking.asks)
    given = explain(full, GUARDS, asking.sources[0], asking.trigger, replace(facts, given=frozenset(asking.asks)))
    assert "field-missing" not in codes(given)


def test_a_loop_ends_at_its_limit(full: Definition) -> None:
    facts = Facts(
        frozenset({"secretariat"}), reason=True, consents={"return": tally_of("carried")}, steps_taken={"return": 2}
    )
    assert decide(full, GUARDS, "achieved", "return", facts).to_state == "listed"
    (unmet,) = refusal(full, "achieved", "return", replace(facts, steps_taken={"return": 3}))
    assert (unmet.code, dict(unmet.values), unmet.who) == ("limit-reached", {"limit": 3}, ())


def test_only_the_register_takes_a_system_step(full: Definition) -> None:
    for route in ("lapsed", "expired"):
        facts = Facts(frozenset({"system"}), {"route": route})
        assert decide(full, GUARDS, "long_term_mechanism", "lapse", facts).to_state == "in_progress"
    everyone = Facts(frozenset(full.roles), {"route": "lapsed"})
    assert codes(refusal(full, "long_term_mechanism", "lapse", everyone)) == ["not-your-role"]


def test_a_wrong_state_says_where_the_step_is_possible(agreement: Definition) -> None:
    (unmet,) = refusal(agreement, "drafting", "sign", signing("party_officer", all_signed=False))
    assert unmet.code == "wrong-state"
    assert dict(unmet.values) == {"state": "drafting", "trigger": "sign", "possible_in": "open,partly_signed"}
    (unmet,) = refusal(agreement, "drafting", "to_signed", signing("party_officer", all_signed=True))
    assert (unmet.code, dict(unmet.values)) == ("unknown-trigger", {"trigger": "to_signed"})


def test_an_entry_is_no_trigger(agreement: Definition) -> None:
    assert codes(refusal(agreement, "planned", "enter", READY)) == ["unknown-trigger"]


def test_no_branch_and_no_place_to_go_back_to_are_not_reasons_of_the_branch(full: Definition, item: Definition) -> None:
    back = Facts(frozenset({"secretariat"}), {"route": "elsewhere"}, before_suspension="intent")
    (unmet,) = refusal(full, "suspended", "resume", back)
    assert (unmet.code, dict(unmet.values)) == ("no-branch", {"state": "suspended", "trigger": "resume"})
    assert decide(full, GUARDS, "suspended", "resume", replace(back, values={"route": "back"})).to_state == "intent"
    assert decide(full, GUARDS, "suspended", "resume", replace(back, values={"route": "list"})).to_state == "listed"
    assert codes(refusal(item, "suspended", "resume", READY)) == ["resume-unknown"]
    assert codes(refusal(item, "suspended", "resume", replace(READY, before_suspension="merged"))) == ["resume-unknown"]


def test_faults_of_the_caller_are_loud(item: Definition, agreement: Definition) -> None:
    for act in (decide, explain):
        with pytest.raises(ValueError, match="has no state archived"):
            act(item, GUARDS, "archived", "list", READY)
        with pytest.raises(FactMissing, match="all_signed"):
            act(agreement, GUARDS, "open", "sign", READY)
        with pytest.raises(FactMissing, match="consensus_recorded"):
            act(item, GUARDS, "intent", "list", Facts())


def test_the_last_signature_concludes_and_an_annulment_takes_back(agreement: Definition) -> None:
    partly, last = signing("party_officer", all_signed=False), signing("host_officer", all_signed=True)
    assert decide(agreement, GUARDS, "open", "sign", partly).to_state == "partly_signed"
    assert decide(agreement, GUARDS, "partly_signed", "sign", partly).to_state == "partly_signed"
    assert decide(agreement, GUARDS, "partly_signed", "sign", last).to_state == "signed"
    assert decide(agreement, GUARDS, "open", "sign", last).transition_id == "sign_last"
    rest = signing("party_officer", all_signed=False, reason=True)
    none = signing("party_officer", all_signed=False, any_signed=False, reason=True)
    for state in ("partly_signed", "signed"):
        assert decide(agreement, GUARDS, state, "annul", rest).to_state == "partly_signed"
        assert decide(agreement, GUARDS, state, "annul", none).to_state == "open"
    assert codes(refusal(agreement, "signed", "annul", replace(rest, reason=False))) == ["reason-missing"]
    assert codes(refusal(agreement, "signed", "sign", last)) == ["wrong-state"]


def test_opening_needs_a_settled_text_and_two_parties(agreement: Definition) -> None:
    facts = Facts(frozenset({"host_officer"}), {"text_settled": False, "party_count": 1})
    assert codes(refusal(agreement, "drafting", "open", facts)) == ["text-settled", "parties-named"]
    ready = replace(facts, values={"text_settled": True, "party_count": 2})
    assert decide(agreement, GUARDS, "drafting", "open", ready).to_state == "open"


def test_possible_lists_each_trigger_once_with_what_is_missing(agreement: Definition, item: Definition) -> None:
    options = possible(agreement, GUARDS, "partly_signed", signing("party_officer", all_signed=True))
    assert [(each.trigger, each.transition.id, each.to_state, codes(each.unmet)) for each in options] == [
        ("sign", "sign_last", "signed", []),
        ("annul", "annul_one", "partly_signed", ["reason-missing"]),
        ("abandon", "abandon", "terminated", ["not-your-role", "basis-missing", "reason-missing"]),
    ]
    (back, *_) = possible(item, GUARDS, "suspended", READY)
    assert (back.trigger, back.to_state, codes(back.unmet)) == ("resume", "intent", ["resume-unknown"])
    (back, *_) = possible(item, GUARDS, "suspended", replace(READY, before_suspension="achieved"))
    assert (back.to_state, back.unmet) == ("achieved", ())
    assert possible(item, GUARDS, "merged", READY) == ()


def test_an_older_record_enters_where_its_document_shows_it(item: Definition) -> None:
    facts = Facts(frozenset({"secretariat"}), basis=True)
    decision = enter(item, "listed", facts)
    assert (decision.from_state, decision.to_state, decision.kind) == (None, "listed", "entry")
    with pytest.raises(NotPossible) as refused:
        enter(item, "listed", Facts(steps_taken={"enter": 1}))
    assert codes(refused.value.unmet) == ["already-begun", "not-your-role", "basis-missing"]
    with pytest.raises(NotPossible) as refused:
        enter(item, "suspended", facts)
    assert [(each.code, dict(each.values)) for each in refused.value.unmet] == [("no-entry", {"state": "suspended"})]


def test_a_simulation_stops_where_a_step_is_refused(item: Definition) -> None:
    run = simulate(item, GUARDS, Place("intent"), [("list", READY), ("begin", Facts()), ("achieve", READY)])
    assert [each.to_state for each in run.steps] == ["listed"]
    assert run.place.state == "listed"
    assert codes(run.unmet) == ["not-your-role", "basis-missing"]


def test_the_message_of_a_refusal_names_its_codes(item: Definition) -> None:
    with pytest.raises(NotPossible, match="not-your-role, basis-missing"):
        decide(item, GUARDS, "listed", "begin", Facts())


def test_all_codes_are_kebab_case() -> None:
    assert all(code.replace("-", "").isalpha() and code.islower() for code in ENGINE_CODES)
