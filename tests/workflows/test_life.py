"""One subject's life under a random definition: steps, rounds of consent, parties that come and go, and a clock.

The services keep rows; here the same rules are played on plain values, so that thousands of lives fit into a minute.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import hypothesis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.conftest import EXAMPLES
from tests.workflows.strategies import RANDOM_GUARDS, ROLES, facts_for, sound_definitions, willing
from workflows import Definition, Facts, Transition
from workflows.calendar import Calendar, after, working_days
from workflows.consent import Tally, can_carry, tally
from workflows.deadlines import happening, marks, next_day, resumed
from workflows.definition import Consent, Duration, State
from workflows.engine import Decision, NotPossible, decide, enter, explain, possible
from workflows.replay import BrokenHistory, Place, moved, replay

LIVES = 2_000
"""Lives played in CI, by `make test-long`; `make test` plays as many as any property has examples."""
CALENDAR = Calendar(exceptions={date(2026, 5, 1): False, date(2026, 5, 9): True}, years=frozenset({2026}))
NAMES = ("150100", "150200", "150300", "150600", "640100", "610800")


@dataclass
class Round:
    """A round as it was asked: who answered what, its decision once there is one, and the parties of that moment."""

    answers: dict[str, str] = field(default_factory=dict)
    decided: Tally | None = None
    parties: tuple[str, ...] = ()


@dataclass
class Clock:
    """The time limit of the present state, and what it has made happen."""

    due: date
    span: Duration
    stopped: date | None = None
    done: set[str] = field(default_factory=set)


def voters_of(consent: Consent, parties: list[str]) -> list[str]:
    return parties if consent.voters == "each_party" else parties[:1]


def count(consent: Consent, parties: list[str], answers: dict[str, str]) -> Tally:
    voters = voters_of(consent, parties)
    held = {"each_party": parties, "lead_party": parties[:1]}
    holders = {party for group in consent.veto for party in held.get(group, []) if party in voters}
    return tally(consent, voters, holders, {party: said for party, said in answers.items() if party in voters})


class Life(RuleBasedStateMachine):
    """Whatever is tried, the state is the fold of the steps, no decision flips, and no time limit fires twice."""

    @initialize(definition=sound_definitions(), extra=st.integers(0, 2))
    def begin(self, definition: Definition, extra: int) -> None:
        self.definition = definition
        self.place = Place(definition.initial)
        self.steps: list[Decision] = []
        self.parties = list(NAMES[: definition.parties.at_least + extra])
        self.rounds: dict[str, Round] = {}
        self.today = date(2026, 4, 20)
        self.clock: Clock | None = None
        self.fired: list[str] = []
        self.start_clock()

    # ---- steps

    def tallies(self) -> dict[str, Tally]:
        found = {}
        for name, each in self.rounds.items():
            consent = self.definition.transition(name).consent
            assert consent is not None
            found[name] = each.decided or count(consent, self.parties, each.answers)
        return found

    def now(self, facts: Facts) -> Facts:
        before, taken = self.place.before_suspension, self.place.steps_taken
        return replace(facts, before_suspension=before, steps_taken=taken, consents=self.tallies())

    def record(self, decision: Decision) -> None:
        was = self.place.state
        self.steps.append(decision)
        self.place = moved(self.place, decision)
        self.rounds.pop(decision.transition_id, None)
        self.rounds.pop(decision.transition_id.removesuffix("/change"), None)
        asleep = self.state.stage == "as_before"
        self.rounds = {
            name: each
            for name, each in self.rounds.items()
            if asleep or self.place.state in self.definition.transition(name).sources
        }
        self.move_clock(decision, was)

    @property
    def state(self) -> State:
        return self.definition.states[self.place.state]

    @rule(data=st.data(), eager=st.booleans())
    def try_a_step(self, data: st.DataObject, eager: bool) -> None:
        facts = data.draw(facts_for(self.definition))
        facts = self.now(willing(self.definition, facts) if eager else facts)
        trigger = data.draw(st.sampled_from([each.trigger for each in self.definition.transitions]))
        unmet = explain(self.definition, RANDOM_GUARDS, self.place.state, trigger, facts)
        try:
            decided = decide(self.definition, RANDOM_GUARDS, self.place.state, trigger, facts)
        except NotPossible:
            assert unmet
            return
        assert not unmet
        assert decided.from_state == self.place.state
        assert not self.state.final
        arrow = self.definition.transition(decided.transition_id)
        if arrow.consent:
            assert self.tallies()[arrow.id].outcome == "carried"
        assert all(facts.evidence.get(each.key, 0) >= each.min for each in arrow.evidence)
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
        if self.state.stage == "as_before":
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

    # ---- consent

    def askable(self) -> list[Transition]:
        return [
            each
            for each in self.definition.transitions
            if each.consent and self.place.state in each.sources and each.id not in self.rounds
        ]

    @precondition(lambda self: bool(self.askable()))
    @rule(data=st.data())
    def ask_for_consent(self, data: st.DataObject) -> None:
        arrow = data.draw(st.sampled_from(self.askable()))
        self.rounds[arrow.id] = Round()
        assert self.tallies()[arrow.id].outcome == "open", "decided before anybody was heard"

    @precondition(lambda self: bool(self.rounds))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """An answer counts while the round is open, and only if it is one's own turn or a replacement; later it is late."""
        name = data.draw(st.sampled_from(sorted(self.rounds)))
        each, consent = self.rounds[name], self.definition.transition(name).consent
        assert consent is not None
        party, said = data.draw(st.sampled_from(self.parties)), data.draw(st.sampled_from(consent.answers))
        if each.decided:
            if party not in each.answers:
                late = {**each.answers, party: said}
                assert count(consent, list(each.parties), late).outcome == each.decided.outcome
            return
        stands = count(consent, self.parties, each.answers)
        if party not in voters_of(consent, self.parties) or (party not in stands.turn and party not in each.answers):
            return
        each.answers[party] = said
        self.decide_round(name)

    def decide_round(self, name: str) -> None:
        each, arrow = self.rounds[name], self.definition.transition(name)
        assert arrow.consent is not None
        stands = count(arrow.consent, self.parties, each.answers)
        if stands.outcome == "open":
            return
        each.decided, each.parties = stands, tuple(self.parties)
        if (
            stands.outcome != "change_requested"
            or not arrow.consent.on_request_change
            or self.state.stage == "as_before"
        ):
            return
        back = decide(
            self.definition, RANDOM_GUARDS, self.place.state, f"{name}/change", self.now(Facts(frozenset({"system"})))
        )
        assert back.to_state == arrow.consent.on_request_change.to
        voided = arrow.consent.on_request_change.invalidate
        self.record(back)
        self.rounds = {other: kept for other, kept in self.rounds.items() if other not in voided}

    @rule(data=st.data())
    def a_party_leaves_or_joins(self, data: st.DataObject) -> None:
        """Open rounds are recounted with those who are there; what is decided stays decided."""
        if len(self.parties) > self.definition.parties.at_least and data.draw(st.booleans()):
            self.parties.remove(data.draw(st.sampled_from(self.parties)))
        elif len(self.parties) < len(NAMES):
            self.parties.append(next(name for name in NAMES if name not in self.parties))
        decided = {name: each.decided for name, each in self.rounds.items() if each.decided}
        for name in [name for name, each in self.rounds.items() if not each.decided]:
            if name in self.rounds:
                self.decide_round(name)
        assert all(self.rounds[name].decided == was for name, was in decided.items() if name in self.rounds)

    @invariant()
    def nobody_is_counted_who_is_not_there(self) -> None:
        for name, stands in self.tallies().items():
            consent = self.definition.transition(name).consent
            assert consent is not None
            if not self.rounds[name].decided:
                assert set(stands.agreed) | set(stands.waiting) <= set(voters_of(consent, self.parties))

    # ---- time

    def start_clock(self) -> None:
        limit = self.state.deadline
        span = limit.after if limit else None
        self.clock = Clock(after(self.today, span, CALENDAR).on, span) if span else None

    def move_clock(self, step: Decision, was: str) -> None:
        if step.kind == "suspend":
            if self.clock:
                self.clock.stopped = self.today
            return
        if (
            step.kind == "resume"
            and self.clock
            and self.clock.stopped
            and self.definition.transition(step.transition_id).goes_back
        ):
            left = self.left(self.clock.stopped)
            self.clock.due = resumed(self.clock.due, self.clock.span, self.clock.stopped, self.today, CALENDAR).on
            self.clock.stopped = None
            assert self.left(self.today) == left
            return
        if step.to_state != was:
            self.start_clock()

    def left(self, today: date) -> int | None:
        """What is left of the time limit; None once it has passed."""
        assert self.clock is not None
        if self.clock.due < today:
            return None
        return (
            working_days(today, self.clock.due, CALENDAR)
            if self.clock.span.unit == "WD"
            else (self.clock.due - today).days
        )

    @rule(days=st.integers(0, 40))
    def the_sweep_comes(self, days: int) -> None:
        """Each thing happens on the first sweep of its day or later, once; a stopped clock is silent."""
        self.today += timedelta(days=days)
        limit = self.state.deadline
        if not self.clock or self.clock.stopped or not limit or self.today.year > 2100:
            return
        all_marks = marks(limit, self.clock.due, CALENDAR)
        for mark in happening(all_marks, self.clock.done, self.today):
            assert mark.name not in self.clock.done
            self.clock.done.add(mark.name)
        upcoming = next_day(all_marks, self.clock.done)
        assert upcoming is None or upcoming > self.today
        assert ("due" in self.clock.done) == (self.clock.due < self.today)


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=20)


@pytest.mark.long
def test_two_thousand_lives() -> None:
    """The same, as often as CI promises."""
    many = settings(
        max_examples=max(LIVES, EXAMPLES),
        stateful_step_count=15,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    hypothesis.stateful.run_state_machine_as_test(Life, settings=many)


@given(sound_definitions(), st.integers(0, 3))
def test_every_live_subject_can_still_finish(definition: Definition, more: int) -> None:
    """From every state, with any allowed number of parties and everybody willing, a final or goal state is within reach
    other than by suspension or termination."""
    parties = definition.parties.at_least + more
    ahead: dict[str, set[str]] = {}
    for arrow, source, target in definition.arrows():
        voters = 1 if arrow.consent and arrow.consent.voters == "lead_party" else parties
        holders = voters if arrow.consent and arrow.consent.voters in arrow.consent.veto else min(1, voters)
        if arrow.kind not in ("suspend", "terminate") and (
            not arrow.consent or can_carry(arrow.consent, voters, holders)
        ):
            ahead.setdefault(source, set()).add(target)
    for state in definition.states:
        seen, edge = {state}, {state}
        while edge:
            edge = {target for source in edge for target in ahead.get(source, ())} - seen
            seen |= edge
        assert any(definition.states[each].final or definition.states[each].goal for each in seen), state


@given(st.data())
def test_a_promise_of_the_next_steps_is_kept(data: st.DataObject) -> None:
    """What `possible` offers without a want can be taken, and nothing else can."""
    definition = data.draw(sound_definitions())
    facts = data.draw(facts_for(definition))
    state = data.draw(st.sampled_from(sorted(definition.states)))
    free = {each.trigger for each in possible(definition, RANDOM_GUARDS, state, facts) if not each.unmet}
    for trigger in {each.trigger for each in definition.ways}:
        try:
            decide(definition, RANDOM_GUARDS, state, trigger, facts)
        except NotPossible:
            assert trigger not in free
        else:
            assert trigger in free
