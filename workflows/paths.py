"""The nearest path: the fewest steps from here to a goal or an end, what each still asks, and the first day of arrival.

Pure, and a promise about the graph, not about people: whoever meets what the legs ask arrives.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from workflows.calendar import Calendar, Due, after
from workflows.definition import Definition, Duration, State, Transition
from workflows.engine import Unmet, explain
from workflows.facts import Facts, Value
from workflows.guards import GuardSet
from workflows.replay import Place

DEADLINE_PASSED = "deadline_passed"
"""The fact, and the guard, by which a register says that the time limit of the present state has passed."""

_AHEAD = frozenset({"forward", "system", "resume"})
_BACK = frozenset({"return", "reopen"})
_NEXT_DAY = Duration("P1D", 1, "D")


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a path, by the roles of its transition.

    unmet: of the first leg what is missing now, of a later one all that it will ask and today's facts do not show; never
        the role. waits: whether the time limit of `source` has to pass first.
    """

    transition: Transition
    source: State
    target: State
    unmet: tuple[Unmet, ...]
    waits: bool

    @property
    def asks_consent(self) -> bool:
        """Whether a round of consent is still to carry."""
        return any(each.code.startswith("consent-") for each in self.unmet)


@dataclass(frozen=True, slots=True)
class Path:
    """The legs in order; none where the subject is at a goal or an end already."""

    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The first day on which a path can be at its end.

    on: if everybody acts on the first day that he can; None: a time limit on the way has no day yet.
    by_silence: if those who are asked for consent never answer; None: silence does not lead there, or nobody is asked.
    provisional: working days were counted in a year whose notice is not known.
    """

    on: date | None
    by_silence: date | None
    provisional: bool


def nearest(definition: Definition, guards: GuardSet, place: Place, facts: Facts) -> Path | None:
    """The way with the fewest steps to a goal or final state; steps back only where no way leads straight ahead, and never
    one that suspends, terminates or merges. None: there is no such way.

    The facts of today choose the first arrow of a trigger; by a later step they may have changed, so that any is open.
    Raises ValueError for a state that the definition does not have; FactMissing as `workflows.engine.decide`.
    """
    state = definition.states.get(place.state)
    if state is None:
        raise ValueError(f"{definition.id}/{definition.version} has no state {place.state}")
    if state.final or state.goal:
        return Path(())
    for kinds in (_AHEAD, _AHEAD | _BACK):
        arrows = _fewest(definition, place, facts, kinds)
        if arrows:
            return Path(tuple(_legs(definition, guards, place, facts, arrows)))
    return None


def earliest(
    path: Path, today: date, calendar: Calendar, *, due: date | None = None, answers_due: date | None = None
) -> Arrival:
    """The first day of arrival: today where only acts are missing, the day after the time limit where that has to pass.

    due: last day in time of the present state, answers_due: of the round that is open now; None: both are counted from
    today. Raises ValueError past the year 9999.
    """
    acting = _walked(path, today, calendar, due, answers_due, silently=False)
    silent = _walked(path, today, calendar, due, answers_due, silently=True)
    asked = any(leg.asks_consent for leg in path.legs)
    return Arrival(
        acting.on if acting else None,
        silent.on if silent and asked else None,
        provisional=any(each.provisional for each in (acting, silent if asked else None) if each),
    )


_Arrow = tuple[Transition, str, str]


def _fewest(definition: Definition, place: Place, facts: Facts, kinds: frozenset[str]) -> tuple[_Arrow, ...]:
    """The arrows of the shortest way; the first found in the order of the definition. Empty: there is none.

    A shortest way comes to no state twice, and a transition has one target: so it takes none twice, and only a limit that
    is used up already can stand in its way. The place itself may be come to once more, by a step that chooses anew.
    """
    leaving: dict[str, list[_Arrow]] = {}
    for arrow in definition.arrows():
        if arrow[0].kind in kinds and _open(arrow, place):
            leaving.setdefault(arrow[1], []).append(arrow)
    ways: deque[tuple[_Arrow, ...]] = deque((arrow,) for arrow in _first(leaving.get(place.state, []), facts))
    seen: set[str] = set()
    while ways:
        way = ways.popleft()
        target = definition.states[way[-1][2]]
        if target.final or target.goal:
            return way
        if target.id not in seen:
            seen.add(target.id)
            ways.extend((*way, arrow) for arrow in leaving.get(target.id, []))
    return ()


def _open(arrow: _Arrow, place: Place) -> bool:
    """Whether its limit is not used up, and whether a resume leads to where this subject was suspended from."""
    each, _, target = arrow
    used_up = each.limit is not None and place.steps_taken.get(each.id, 0) >= each.limit
    return not used_up and (not each.goes_back or target == place.before_suspension)


def _first(arrows: Iterable[_Arrow], facts: Facts) -> Iterator[_Arrow]:
    """Of each trigger the arrow that the facts choose; all of them where they choose none."""
    by_trigger: dict[str, list[_Arrow]] = {}
    for arrow in arrows:
        by_trigger.setdefault(arrow[0].trigger, []).append(arrow)
    for several in by_trigger.values():
        yield from [arrow for arrow in several if _fits(arrow[0], facts)] or several


def _fits(arrow: Transition, facts: Facts) -> bool:
    return all(facts.values.get(name) in values for name, values in arrow.when.items())


def _legs(
    definition: Definition, guards: GuardSet, place: Place, facts: Facts, arrows: tuple[_Arrow, ...]
) -> Iterator[Leg]:
    now = replace(facts, before_suspension=place.before_suspension, steps_taken=place.steps_taken)
    for number, (arrow, source, target) in enumerate(arrows):
        chosen = replace(now, values={**now.values, **_choosing(arrow)})
        missing = explain(definition, guards, source, arrow.trigger, chosen)
        unchosen = (
            explain(definition, guards, source, arrow.trigger, now) if not _fits(arrow, now) and not number else ()
        )
        unmet = tuple(each for each in (*unchosen, *missing) if each.code != "not-your-role")
        waits = any(each.code == DEADLINE_PASSED.replace("_", "-") for each in missing)
        waits = waits or (now.values.get(DEADLINE_PASSED) is not True and True in arrow.when.get(DEADLINE_PASSED, ()))
        yield Leg(arrow, definition.states[source], definition.states[target], unmet, waits)
        now = _later(facts, now)


def _choosing(arrow: Transition) -> dict[str, Value]:
    """Facts by which this arrow is chosen."""
    return {name: values[0] for name, values in arrow.when.items()}


def _later(facts: Facts, now: Facts) -> Facts:
    """What today's facts tell of a later step: nothing that belongs to one step or to the stay in one state."""
    values = {**facts.values, **({DEADLINE_PASSED: False} if DEADLINE_PASSED in facts.values else {})}
    return Facts(values=values, evidence=facts.evidence, steps_taken=now.steps_taken)


def _walked(
    path: Path, today: date, calendar: Calendar, due: date | None, answers_due: date | None, *, silently: bool
) -> Due | None:
    """The day on which the last leg can be taken; None where it has none."""
    day = Due(today, provisional=False)
    for leg in path.legs:
        ends = [day]
        if silently and leg.asks_consent:
            silence = leg.transition.consent.silence if leg.transition.consent else None
            if silence is None or silence.counts_as != "agree":
                return None
            ends.append(_over(answers_due, silence.after, day, calendar))
        if leg.waits:
            span = leg.source.deadline.after if leg.source.deadline else None
            if due is None and span is None:
                return None
            ends.append(_over(due, span, day, calendar))
        day = Due(max(each.on for each in ends), any(each.provisional for each in ends))
        due = answers_due = None
    return day


def _over(last: date | None, span: Duration | None, begun: Due, calendar: Calendar) -> Due:
    """The day after the last day in time, or where none is known after a span that begins on a day."""
    counted = after(begun.on, span, calendar) if last is None and span else Due(last or begun.on, provisional=False)
    return Due(after(counted.on, _NEXT_DAY, calendar).on, counted.provisional)
