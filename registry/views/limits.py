"""Running time limits as people read them: the day, and how many days are left or over."""

from __future__ import annotations

from dataclasses import dataclass

from registry.queries.deadlines import DeadlineRow, calendar_of, deadlines_on
from registry.queries.rounds import Subject
from registry.views import here
from workflows import Definition
from workflows.calendar import Calendar, working_days


@dataclass(frozen=True, slots=True)
class Limit:
    """One running time limit. overdue: its day has passed and the clock runs. working: days are those of the calendar.

    days: how many are left after today (0: it is the last), or how many are over; None where no day is known or the clock stands still.
    """

    row: DeadlineRow
    overdue: bool
    days: int | None
    working: bool


def limits_on(subject: Subject, definition: Definition) -> tuple[Limit, ...]:
    """The running limits of a subject on the register's date, in two statements at most."""
    rows = deadlines_on(here.database(), subject)
    dated = any(row.due_on and not row.stopped_on for row in rows)
    calendar = calendar_of(here.database(), definition.calendar) if definition.calendar and dated else None
    return tuple(_limit(row, calendar) for row in rows)


def _limit(row: DeadlineRow, calendar: Calendar | None) -> Limit:
    if row.due_on is None or row.stopped_on is not None:
        return Limit(row, overdue=False, days=None, working=False)
    first, last = sorted((here.today(), row.due_on))
    days = working_days(first, last, calendar) if calendar else (last - first).days
    return Limit(row, row.due_on < here.today(), days, calendar is not None)
