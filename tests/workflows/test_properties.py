"""What must always hold, over random sound definitions: one truth on every path."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.strategies import RANDOM_GUARDS, facts_for, sound_definitions, tally_of
from workflows import Definition, Facts, Transition
from workflows.consent import Outcome
from workflows.diagram import Language, describe, edges, layers, mermaid, svg
from workflows.engine import Decision, NotPossible, Unmet, _machine, decide, enter, explain, possible, simulate
from workflows.replay import Place


class Walker:
    """What the machine itself is fired on in these tests."""

    __slots__ = ("_state",)

    def __init__(self, state: str) -> None:
        self._state = state


def attempt(definition: Definition, state: str, trigger: str, facts: Facts) -> Decision | tuple[Unmet, ...]:
    try:
        return decide(definition, RANDOM_GUARDS, state, trigger, facts)
    except NotPossible as refused:
        return refused.unmet


@given(st.data())
def test_the_reading_path_the_machine_and_the_simulation_agree(data: st.DataObject) -> None:
    definition = data.draw(sound_definitions())
    facts = data.draw(facts_for(definition))
    machine = _machine(definition, RANDOM_GUARDS)
    for state in definition.states:
        options = {each.trigger: each for each in possible(definition, RANDOM_GUARDS, state, facts)}
        for trigger in dict.fromkeys(each.trigger for each in definition.ways):
            unmet = explain(definition, RANDOM_GUARDS, state, trigger, facts)
            decided = attempt(definition, state, trigger, facts)
            assert (unmet == ()) == isinstance(decided, Decision)
            assert isinstance(decided, Decision) or decided == unmet
            walker = Walker(state)
            fired = state in machine.events[trigger].transitions if trigger in machine.events else False
            fired = fired and machine.events[trigger].trigger(walker, facts)
            assert fired == isinstance(decided, Decision)
            assert walker._state == (decided.to_state if isinstance(decided, Decision) else state)
            place = Place(state, facts.before_suspension, facts.steps_taken)
            imagined = simulate(definition, RANDOM_GUARDS, place, [(trigger, facts)])
            assert imagined.unmet == unmet
            assert imagined.steps == ((decided,) if isinstance(decided, Decision) else ())
            if trigger in options:
                assert options[trigger].unmet == unmet
            if isinstance(decided, Decision):
                assert options[trigger].to_state == decided.to_state
                assert options[trigger].transition.id == decided.transition_id
                assert (decided.definition_id, decided.definition_version) == (definition.id, definition.version)


SIMPLE: dict[str, dict[str, Any]] = {
    "basis-missing": {"basis": True},
    "reason-missing": {"reason": True},
}
FLAGS = {"flag-a-set": "flag_a", "flag-b-set": "flag_b"}


def meet(facts: Facts, unmet: Unmet, arrow: Transition) -> Facts | None:
    """The facts with one named condition met and no other changed; None for what no act can meet."""
    if unmet.code in SIMPLE:
        return replace(facts, **SIMPLE[unmet.code])
    if unmet.code in FLAGS:
        return replace(facts, values={**facts.values, FLAGS[unmet.code]: True})
    if unmet.code.startswith(("consent-", "change-")):
        wanted: Outcome = "change_requested" if arrow.sends_back else "carried"
        return replace(facts, consents={**facts.consents, arrow.sends_back or arrow.id: tally_of(wanted)})
    match unmet.code:
        case "not-your-role":
            return replace(facts, actor_roles=facts.actor_roles | {unmet.who[0]})
        case "second-person-missing":
            return replace(facts, second_person=facts.second_person | {arrow.id})
        case "field-missing":
            return replace(facts, given=facts.given | {str(unmet.values["field"])})
        case "limit-reached":
            return replace(facts, steps_taken={**facts.steps_taken, arrow.id: 0})
        case "evidence-missing":
            kind, least = unmet.values["type"], unmet.values["min"]
            asked = [each for each in arrow.evidence if (each.type, each.min) == (kind, least)]
            short = next(each for each in asked if facts.evidence.get(each.key, 0) < each.min)
            return replace(facts, evidence={**facts.evidence, short.key: short.min})
        case "enough-a":
            enough = max(facts.number("count_a"), int(unmet.values["at_least"]) + 1)
            return replace(facts, values={**facts.values, "count_a": enough})
    assert unmet.code in ("no-branch", "resume-unknown")
    return None


@given(st.data())
def test_meeting_exactly_the_named_conditions_suffices_and_each_is_necessary(data: st.DataObject) -> None:
    definition = data.draw(sound_definitions())
    facts = data.draw(facts_for(definition))
    for state in definition.states:
        for option in possible(definition, RANDOM_GUARDS, state, facts):
            met: Facts | None = facts
            for unmet in option.unmet:
                met = meet(met, unmet, option.transition) if met else None
            if met is None:
                continue
            assert isinstance(attempt(definition, state, option.trigger, met), Decision)
            for left_out in option.unmet:
                if left_out.code in ("enough-a", "evidence-missing"):
                    continue  # two thresholds on one count are met together
                most = facts
                for unmet in option.unmet:
                    if unmet is not left_out:
                        most = meet(most, unmet, option.transition) or most
                assert attempt(definition, state, option.trigger, most) == (left_out,)


@given(st.data())
def test_an_entry_is_taken_exactly_once_by_basis_and_role(data: st.DataObject) -> None:
    definition = data.draw(sound_definitions())
    facts = data.draw(facts_for(definition))
    entry = next((each for each in definition.transitions if each.kind == "entry"), None)
    for state in definition.states:
        allowed = entry is not None and state in entry.targets and facts.basis
        allowed = allowed and entry is not None and not facts.actor_roles.isdisjoint(entry.roles)
        allowed = allowed and not any(facts.steps_taken.values())
        try:
            assert enter(definition, state, facts).to_state == state
        except NotPossible:
            assert not allowed
        else:
            assert allowed


@given(sound_definitions(), st.sampled_from(["zh", "en"]))
def test_every_definition_can_be_drawn(definition: Definition, lang: str) -> None:
    language: Language = "zh" if lang == "zh" else "en"
    places = layers(definition)
    assert set(places) == set(definition.states)
    assert len(set(places.values())) == len(places)
    triggers = [each.trigger for each in definition.transitions]
    picture = svg(definition, definition.initial, triggers, language)
    assert picture.count("<rect") == len(definition.states)
    assert picture.count('class="arrow') == len(edges(definition))
    assert len(describe(definition, None, (), language)) == len(edges(definition))
    assert mermaid(definition, lang=language).startswith("stateDiagram-v2\n")
