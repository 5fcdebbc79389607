"""The nearest path against brute force: taking its legs arrives, and nothing shorter does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.workflows.guards import GUARDS
from tests.workflows.strategies import RANDOM_GUARDS, facts_for, sound_definitions, willing
from workflows import Answer, Definition, Facts, GuardSet, Vocabulary, guard, load
from workflows.calendar import Calendar
from workflows.consent import Tally
from workflows.engine import NotPossible, decide
from workflows.paths import Arrival, Path, earliest, nearest
from workflows.replay import Place, moved

AHEAD = {"forward", "system", "resume"}
BACK = AHEAD | {"return", "reopen"}
MONDAY = date(2026, 3, 2)
WORKDAYS = Calendar(years=frozenset({2026}))


def arrives(definition: Definition, place: Place) -> bool:
    state = definition.states[place.state]
    return state.final or state.goal


def next_places(definition: Definition, place: Place, facts: Facts, kinds: set[str], first: bool) -> Iterator[Place]:
    """Wherever some step leads from here when everybody is willing; only at first do today's facts choose the arrow."""
    here = replace(willing(definition, facts), before_suspension=place.before_suspension, steps_taken=place.steps_taken)
    for each in definition.ways:
        if each.kind not in kinds or place.state not in each.sources:
            continue
        rivals = [way for way in definition.ways if way.trigger == each.trigger and place.state in way.sources]
        fitting = [way for way in rivals if all(facts.values[name] in values for name, values in way.when.items())]
        if first and fitting and each not in fitting:
            continue
        chosen = {name: values[0] for name, values in each.when.items()}
        imagined = replace(here, values={**here.values, **chosen}, consents=consents(here, each.sends_back))
        try:
            yield moved(place, decide(definition, RANDOM_GUARDS, place.state, each.trigger, imagined))
        except NotPossible:
            continue


def consents(facts: Facts, sends_back: str | None) -> dict[str, Tally]:
    if not sends_back:
        return dict(facts.consents)
    return {**facts.consents, sends_back: replace(facts.consents[sends_back], outcome="change_requested")}


def shortest(definition: Definition, place: Place, facts: Facts, kinds: set[str], most: int) -> int | None:
    """Number of steps of the shortest way of at most so many, by trying every one; no pruning but the length."""
    places, steps = [place], 0
    while places and steps <= most:
        if any(arrives(definition, each) for each in places):
            return steps
        places = [to for each in places for to in next_places(definition, each, facts, kinds, first=not steps)]
        steps += 1
    return None


@settings(max_examples=60)
@given(st.data())
def test_the_path_is_a_shortest_one_and_arrives(data: st.DataObject) -> None:
    definition = data.draw(sound_definitions())
    facts = data.draw(facts_for(definition))
    state = data.draw(st.sampled_from(sorted(definition.states)))
    before = next(iter(definition.suspended_from(state)), None)
    place = Place(state, before, facts.steps_taken)
    path = nearest(definition, RANDOM_GUARDS, place, facts)
    most = min(4, len(path.legs) if path else 4)
    ahead = shortest(definition, place, facts, AHEAD, most)
    if path is None:
        assert ahead is None and shortest(definition, place, facts, BACK, 3) is None
        return
    goes_back = any(leg.transition.kind in ("return", "reopen") for leg in path.legs)
    found = shortest(definition, place, facts, BACK, most) if goes_back else ahead
    assert found == len(path.legs) or (found is None and len(path.legs) > most)
    assert not goes_back or ahead is None
    assert arrives(definition, walked(definition, path, place, facts))


def walked(definition: Definition, path: Path, place: Place, facts: Facts) -> Place:
    """Take every leg, each with exactly the conditions met that it names."""
    for number, leg in enumerate(path.legs):
        assert leg.source.id == place.state
        meant = replace(willing(definition, facts), steps_taken=place.steps_taken)
        meant = replace(
            meant, before_suspension=place.before_suspension, consents=consents(meant, leg.transition.sends_back)
        )
        chosen = {name: values[0] for name, values in leg.transition.when.items()}
        if "no-branch" not in {each.code for each in leg.unmet} and not number:
            chosen = {}
        meant = replace(meant, values={**meant.values, **chosen})
        if not leg.unmet:  # the first leg lacks nothing: today's facts, and the right hands
            meant = replace(
                facts, actor_roles=frozenset(leg.transition.roles), before_suspension=place.before_suspension
            )
            meant = replace(meant, values={**meant.values, **({} if not number else chosen)})
        place = moved(place, decide(definition, RANDOM_GUARDS, place.state, leg.transition.trigger, meant))
        assert place.state == leg.target.id
    return place


@guard(deadline_passed="boolean")
def deadline_passed(facts: Facts) -> Answer:
    return facts.flag("deadline_passed")


WAITING = """
schema: workflow/1
id: waiting
version: 1
title: {zh: 等待, en: Waiting}
subject: matter
initial: asked
calendar: cn-workdays
roles:
  officer: {of: each_party, title: {zh: 联络员, en: Officer}}
  secretariat: {of: register, title: {zh: 办公室, en: Secretariat}}
facts: {deadline_passed: boolean}
states:
  asked: {title: {zh: 征求, en: Asked}, stage: opened, deadline: {after: P5WD}}
  heard: {title: {zh: 已征求, en: Heard}, stage: under_way, deadline: {after: P10D}}
  done: {title: {zh: 完成, en: Done}, stage: ended, final: true}
transitions:
  - {id: close, title: {zh: 截止, en: Close}, from: [asked], to: heard, kind: system, guards: [{use: deadline_passed}]}
  - {id: hurry, title: {zh: 加急, en: Hurry}, from: [asked], to: done, kind: forward, limit: 2, actor: {roles: [secretariat]}}
  - id: agree
    title: {zh: 同意, en: Agree}
    from: [heard]
    to: done
    kind: forward
    actor: {roles: [officer]}
    basis: required
    consent: {voters: each_party, method: all, silence: {after: P15WD, counts_as: SILENCE}}
"""


def waiting(silence: str, *, hurried: int = 2) -> Path:
    guards = GuardSet(deadline_passed)
    definition = load(WAITING.replace("SILENCE", silence), Vocabulary(guards))
    place = Place("asked", steps_taken={"hurry": hurried})
    path = nearest(definition, guards, place, Facts(values={"deadline_passed": False}))
    assert path
    return path


def test_a_step_whose_limit_is_used_up_is_no_way() -> None:
    assert [leg.transition.id for leg in waiting("agree", hurried=1).legs] == ["hurry"]
    assert [leg.transition.id for leg in waiting("agree").legs] == ["close", "agree"]


def test_each_leg_says_what_it_asks_and_who_takes_it() -> None:
    close, agree = waiting("agree").legs
    assert ([each.code for each in close.unmet], close.waits, close.transition.roles) == (
        ["deadline-passed"],
        True,
        ("system",),
    )
    assert [each.code for each in agree.unmet] == ["basis-missing", "consent-not-asked"]
    assert (agree.waits, agree.asks_consent, agree.transition.roles) == (False, True, ("officer",))


@pytest.mark.parametrize(
    ("silence", "due", "expected"),
    [
        # Five working days from a Monday end on the next one; the day after that the register closes.
        ("agree", None, Arrival(date(2026, 3, 10), date(2026, 4, 1), provisional=False)),
        ("agree", date(2026, 3, 3), Arrival(date(2026, 3, 4), date(2026, 3, 26), provisional=False)),
        ("escalate", None, Arrival(date(2026, 3, 10), None, provisional=False)),
        ("agree", date(2025, 12, 1), Arrival(MONDAY, date(2026, 3, 24), provisional=False)),
    ],
)
def test_the_first_day(silence: str, due: date | None, expected: Arrival) -> None:
    assert earliest(waiting(silence), MONDAY, WORKDAYS, due=due) == expected


def test_a_round_that_is_open_ends_on_its_own_day() -> None:
    path = Path(waiting("agree").legs[1:])
    arrival = earliest(path, MONDAY, WORKDAYS, answers_due=date(2026, 3, 5))
    assert arrival == Arrival(MONDAY, date(2026, 3, 6), provisional=False)
    assert earliest(path, MONDAY, Calendar()).provisional


def test_a_limit_without_a_day_is_said_to_have_none() -> None:
    close, agree = waiting("agree").legs
    open_ended = replace(close, source=replace(close.source, deadline=None))
    assert earliest(Path((open_ended, agree)), MONDAY, WORKDAYS) == Arrival(None, None, provisional=False)


def test_an_item_comes_to_its_mechanism_and_not_by_ending_it(item: Definition) -> None:
    facts = Facts(values=dict.fromkeys(item.facts, False))
    for state in item.states.values():
        path = nearest(item, GUARDS, Place(state.id, "listed" if state.id == "suspended" else None), facts)
        assert path is not None and (path.legs == ()) == (state.final or state.goal)
        assert {leg.transition.kind for leg in path.legs} <= {"forward", "resume"}
    assert [leg.transition.id for leg in nearest(item, GUARDS, Place("suspended", "listed"), facts).legs] == [  # type: ignore[union-attr]
        "resume", "begin", "achieve", "institutionalise",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no state"):
        nearest(item, GUARDS, Place("nowhere"), facts)
