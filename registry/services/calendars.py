"""Calendars of working days: a year is loaded by an act, and what was counted without it is counted anew in the same act."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import CalendarDay, CalendarYear, Deadline
from registry.permissions import Actor, require
from registry.queries.deadlines import calendar_of
from registry.queries.rounds import Subject
from registry.services import deadlines, subjects
from registry.services.days import date_of

SLUG = re.compile(r"[a-z][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class LoadCalendar:
    """The announced days of one year of a calendar, in place of those loaded before. source: where they come from, in words.

    days: each that is not as its weekday says: the day, whether it is worked, its name in Chinese. basis: number of the notice,
    where it is registered.
    """

    calendar: str
    year: int
    days: tuple[tuple[date, bool, str], ...]
    source: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline whose day the loading changed; a day is ISO 8601. provisional: as it is now."""

    subject: Subject
    purpose: str
    before: str | None
    now: str | None
    provisional: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """A year as loaded. changed: false where it stood just so already, and nothing was written."""

    year: CalendarYear
    changed: bool
    moved: tuple[Moved, ...]


def load_calendar(session: Session, actor: Actor, ask: LoadCalendar, *, at: datetime) -> Loaded:
    """Load a year, and count every deadline anew that may touch it; the same again changes nothing.

    Raises NotPermitted; Refused bad-calendar, source-missing, unknown-document, day-outside-year, day-twice, day-as-usual.
    """
    with atomic(session) as book:
        require(actor, "calendar:load")
        faults = [*_incomplete(ask), *_wrong_days(ask)]
        if faults:
            raise Refused(*faults)
        basis = subjects.basis_document(session, actor, ask.basis)
        _alone(session)
        year = _year(session, ask, subjects.id_of(basis))
        if not _replace(session, year, ask):
            return Loaded(year, changed=False, moved=())
        session.flush()
        moved = _count_anew(session, ask, date_of(session, at))
        book.record(
            act="calendar.load", actor=actor, subject=("calendar", year.id), at=at, basis=subjects.cited_as(basis)
        )
    return Loaded(year, changed=True, moved=moved)


def _incomplete(ask: LoadCalendar) -> list[Reason]:
    reasons = []
    if not SLUG.fullmatch(ask.calendar):
        reasons.append(Reason("bad-calendar", {"value": ask.calendar}, field="calendar"))
    if not ask.source.strip():
        reasons.append(Reason("source-missing", field="source"))
    return reasons


def _wrong_days(ask: LoadCalendar) -> list[Reason]:
    """A day of another year, one named twice, one that is worked or free as its weekday is anyway."""
    reasons = []
    for day, times in Counter(day for day, _, _ in ask.days).items():
        if times > 1:
            reasons.append(Reason("day-twice", {"day": day.isoformat()}, field="days"))
        if day.year != ask.year:
            reasons.append(Reason("day-outside-year", {"day": day.isoformat(), "year": ask.year}, field="days"))
    for day, working, _ in ask.days:
        if working == (day.weekday() < 5):
            reasons.append(Reason("day-as-usual", {"day": day.isoformat()}, field="days"))
    return reasons


def _alone(session: Session) -> None:
    """Wait for the acts that count days now, and let others wait: their deadlines are counted with this year or found below."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE calendar_year IN EXCLUSIVE MODE"))


def _year(session: Session, ask: LoadCalendar, basis_id: int | None) -> CalendarYear:
    query = sa.select(CalendarYear).where(CalendarYear.calendar == ask.calendar, CalendarYear.year == ask.year)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        found = CalendarYear(calendar=ask.calendar, year=ask.year)
        session.add(found)
    found.basis_id, found.source = basis_id, ask.source.strip()
    return found


def _replace(session: Session, year: CalendarYear, ask: LoadCalendar) -> bool:
    """Bring the rows of the days to what is asked, touching only those that differ; whether anything did."""
    new = session.is_modified(year)
    session.flush()
    rows = {
        row.day: row for row in session.execute(sa.select(CalendarDay).where(CalendarDay.year_id == year.id)).scalars()
    }
    wanted = {day.isoformat(): (working, name.strip()) for day, working, name in ask.days}
    gone = [row for day, row in rows.items() if day not in wanted]
    for row in gone:
        session.delete(row)
    changed = [day for day, said in wanted.items() if day not in rows or (rows[day].working, rows[day].name_zh) != said]
    for day in changed:
        row = rows.get(day) or CalendarDay(year_id=year.id, day=day)
        row.working, row.name_zh = wanted[day]
        session.add(row)
    return bool(new or gone or changed)


def _count_anew(session: Session, ask: LoadCalendar, today: date) -> tuple[Moved, ...]:
    """Work out the running deadlines that count by this calendar and may reach into the year."""
    calendar = calendar_of(session, ask.calendar)
    moved = []
    for each in session.execute(_touching(ask.year)).scalars():
        definition = deadlines.definition_for(session, (each.subject_kind, each.subject_id))
        if definition.calendar != ask.calendar:
            continue
        before = each.due_on
        deadlines.reckon(session, definition, each, calendar, today)
        if each.due_on != before:
            subject = (each.subject_kind, each.subject_id)
            moved.append(Moved(subject, each.purpose, before, each.due_on, each.provisional))
    return tuple(moved)


def _touching(year: int) -> sa.Select[Deadline]:
    """Running deadlines begun by the end of the year whose last day, or day to look again, lies in it or later."""
    first, last = date(year, 1, 1).isoformat(), date(year, 12, 31).isoformat()
    reaches = sa.or_(Deadline.provisional, Deadline.due_on >= first, Deadline.next_on >= first)
    return (
        sa.select(Deadline).where(Deadline.ended_at.is_(None), Deadline.begun_on <= last, reaches).order_by(Deadline.id)
    )
