"""What must always hold, over random sound definitions: one truth on every path."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.workflows.strategies import (
    RANDOM_GUARDS,
    ROLES,
    facts_for,
    sound_definitions,
    willing,
)
from workflows import Definition, Facts, Transition
from workflows.diagram import Language, describe, edges, layers, mermaid, svg
from workflows.engine import Decision, NotPossible, Unmet, _machine, decide, enter, explain, possible, simulate
from workflows.replay import BrokenHistory, Place, moved, replay


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
        for trigger in dict.fromkeys(each.trigger for each in definition.transitions):
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
    "second-person-missing": {"second_person": True},
}
FLAGS = {"flag-a-set": "flag_a", "flag-b-set": "flag_b"}


def meet(facts: Facts, unmet: Unmet, arrow: Transition) -> Facts | None:
    """The facts with one named condition met and no other changed; None for what no act can meet."""
    if unmet.code in SIMPLE:
        return replace(facts, **SIMPLE[unmet.code])
    if unmet.code in FLAGS:
        return replace(facts, values={**facts.values, FLAGS[unmet.code]: True})
    match unmet.code:
        case "not-your-role":
            return replace(facts, actor_roles=facts.actor_roles | {unmet.who[0]})
        case "consent-missing":
            return replace(facts, consents=facts.consents | {arrow.id})
        case "limit-reached":
            return replace(facts, steps_taken={**facts.steps_taken, arrow.id: 0})
        case "evidence-missing":
            kind, least = unmet.values["type"], unmet.values["min"]
            wanted = [each for each in arrow.evidence if (each.type, each.min) == (kind, least)]
            short = next(each for each in wanted if facts.evidence.get(each.key, 0) < each.min)
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


class Life(RuleBasedStateMachine):
    """One subject's life under a random definition: whatever is tried, its state is the fold of its steps."""

    @initialize(definition=sound_definitions())
    def begin(self, definition: Definition) -> None:
        self.definition = definition
        self.place = Place(definition.initial)
        self.steps: list[Decision] = []

    def now(self, facts: Facts) -> Facts:
        before, taken = self.place.before_suspension, self.place.steps_taken
        return replace(facts, before_suspension=before, steps_taken=taken)

    def record(self, decision: Decision) -> None:
        self.steps.append(decision)
        self.place = moved(self.place, decision)

    @rule(data=st.data(), eager=st.booleans())
    def try_a_step(self, data: st.DataObject, eager: bool) -> None:
        facts = data.draw(facts_for(self.definition))
        facts = self.now(willing(self.definition, facts) if eager else facts)
        trigger = data.draw(st.sampled_from([each.trigger for each in self.definition.transitions]))
        decided = attempt(self.definition, self.place.state, trigger, facts)
        if isinstance(decided, Decision):
            assert decided.from_state == self.place.state
            assert not self.definition.states[self.place.state].final
            self.record(decided)

    @precondition(lambda self: not self.steps)
    @rule(data=st.data())
    def enter_an_older_record(self, data: st.DataObject) -> None:
        state = data.draw(st.sampled_from(sorted(self.definition.states)))
        entries = [each for each in self.definition.transitions if each.kind == "entry" and state in each.targets]
        facts = self.now(Facts(frozenset(ROLES), basis=True))
        if entries:
            self.record(enter(self.definition, state, facts))
        else:
            with pytest.raises(NotPossible, match="no-entry"):
                enter(self.definition, state, facts)

    @invariant()
    def the_state_is_the_fold(self) -> None:
        assert replay(self.definition, self.steps) == self.place
        if self.definition.states[self.place.state].stage == "as_before":
            assert self.place.before_suspension in self.definition.states

    @precondition(lambda self: bool(self.steps))
    @rule(data=st.data())
    def no_step_can_be_lost_in_the_middle(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.steps) - 1))
        rest = self.steps[:index] + self.steps[index + 1 :]
        try:
            place = replay(self.definition, rest)
        except BrokenHistory:
            return
        # Only a step that changed nothing, the last one, or a whole circle's closing can go unseen by the chain alone.
        lost = self.steps[index]
        assert lost.from_state == lost.to_state or index == len(self.steps) - 1 or place.state == self.place.state


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=20)
