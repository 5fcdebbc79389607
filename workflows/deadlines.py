"""What a time limit makes happen, and on which day: reminders, the missed deadline, escalations, reviews.

Pure: marks are computed from the definition and a stored day; which of them have happened is the caller's to keep.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from workflows.calendar import Calendar, Due, after, before, working_days
from workflows.definition import Deadline, Duration


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that a time limit makes happen once.

    name: remind:P10WD, due, escalate:P0D:secretariat or review:3; unique within one stay in a state.
    on: it happens on the first sweep whose day is this or later.
    to: the role to tell; None is whoever must act.
    """

    name: str
    on: date
    to: str | None


def marks(deadline: Deadline, due: date, calendar: Calendar) -> tuple[Mark, ...]:
    """All marks of a deadline whose last day in time is `due`, by day; what is written twice is one mark.

    A reminder happens on its day, `due` on the day after due, an escalation on the day after due and its span.
    Raises ValueError for days outside the years 1 to 9999.
    """
    found = [Mark(f"remind:{span.written}", before(due, span, calendar).on, None) for span in deadline.remind]
    found.append(Mark("due", _day_after(due, calendar), None))
    for each in deadline.escalate:
        on = _day_after(after(due, each.after, calendar).on, calendar)
        found.append(Mark(f"escalate:{each.after.written}:{each.to}", on, each.to))
    return tuple(sorted(dict.fromkeys(found), key=attrgetter("on")))


def reviews(every: Duration, begun: date, until: date, calendar: Calendar) -> tuple[Mark, ...]:
    """review:1, review:2 … up to and including the first one later than `until`.

    Each is counted from begun, so nothing drifts: Jan 31 + 2 × P1M is Mar 31.
    Raises ValueError for a span of nothing and past the year 9999.
    """
    if every.count == 0:
        raise ValueError(f"a review every {every.written} never ends")
    found: list[Mark] = []
    while not found or found[-1].on <= until:
        number = len(found) + 1
        on = after(begun, _span(number * every.count, every.unit), calendar).on
        found.append(Mark(f"review:{number}", on, None))
    return tuple(found)


def resumed(due: date, span: Duration, stopped: date, again: date, calendar: Calendar) -> Due:
    """The deadline of a span whose clock stood still from one day until another.

    Working-day spans shift by the working days that passed, others by calendar days; what was in time when it stopped
    is in time when it goes on. A deadline that had passed when the clock stopped keeps its day.
    provisional speaks of the days after `stopped` only.
    Raises ValueError when again is before stopped, and past the year 9999.
    """
    if again < stopped:
        raise ValueError(f"{again} is before {stopped}")
    if due < stopped:
        return Due(due, provisional=False)
    if span.unit != "WD":
        return after(due, _span((again - stopped).days, "D"), calendar)
    # On its last day a clock that goes on at a weekend has no working day to shift by, and still that day itself.
    on = max(after(due, _span(working_days(stopped, again, calendar), "WD"), calendar).on, again)
    return Due(on, provisional=stopped < on and not calendar.known(stopped + timedelta(days=1), on))


def happening(marks: Iterable[Mark], done: Collection[str], today: date) -> tuple[Mark, ...]:
    """The marks whose day has come and whose name is not among those done, in the order given."""
    return tuple(mark for mark in marks if mark.on <= today and mark.name not in done)


def next_day(marks: Iterable[Mark], done: Collection[str]) -> date | None:
    """The earliest day of a mark that is not done; None when all are."""
    return min((mark.on for mark in marks if mark.name not in done), default=None)


def _span(number: int, unit: str) -> Duration:
    return Duration(f"P{number}{unit}", number, unit)


def _day_after(day: date, calendar: Calendar) -> date:
    return after(day, _span(1, "D"), calendar).on
