"""A snapshot: the tables as they are, as they were known after an entry, as it was on a day, or both. A page reads from one,
and from nothing else. What held on a day is told in `queries/held.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property, lru_cache
from typing import Any, Self
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.models import VERSIONS, Audited, LedgerEntry, Procedure, Register, logged_columns
from registry.queries import held
from registry.queries.definitions import loaded
from workflows.definition import AS_BEFORE

NOTHING_KNOWN = -1
ZONE = "Asia/Shanghai"
"""The zone of a register that is not founded yet."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """The last entry that a page knows. entry: its index, -1 before the first; at: its moment, UTC, None before the first."""

    entry: int
    at: datetime | None


class Snapshot:
    """What was known after entry `known`, or what is known now; of that, everything or what held on the day `on`.

    known: index of an entry; -1: nothing yet; None: the live tables. today: the reader's day in the register's zone; of a page
    of another day, that day. on: a calendar day; None: whatever day.
    Rows and stamp come from the session's one read transaction, so that they agree.
    """

    def __init__(self, session: Session, known: int | None, today: date, on: date | None = None) -> None:
        self.session = session
        self.known = known
        self.today = on or today
        self.on = on
        self._stamp: Stamp | None = None
        self._found: tuple[datetime, dict[str, held.Stages]] | None = None

    @property
    def present(self) -> bool:
        """Whether it shows the register as it is: only then can anything be done from its pages."""
        return self.known is None and self.on is None

    def of(self, model: type[Audited], role: str = "") -> sa.FromClause:
        """The table of a model, as known and as it was on the day: always the same object, so that conditions made apart meet in
        one query.

        role: a name of its own where a query needs the table twice.
        """
        table = _table(model)
        if self.on is not None and table.name in held.TABLES:
            return _as_held(table, role, self._day(table.name, self.on))
        return live(model, role) if self.known is None else _as_known(table, role, self.known)

    @property
    def stamp(self) -> Stamp:
        """The last entry that this snapshot knows; asked once."""
        if self._stamp is None:
            query = sa.select(LedgerEntry.index, LedgerEntry.at).order_by(LedgerEntry.index.desc()).limit(1)
            if self.known is not None:
                query = query.where(LedgerEntry.index <= self.known)
            entry, at = self.session.execute(query).one_or_none() or (NOTHING_KNOWN, None)
            self._stamp = Stamp(entry, at)
        return self._stamp

    @cached_property
    def whenever(self) -> Self:
        """The same knowledge of whatever day: for names in a history, which tells what was recorded."""
        return self if self.on is None else type(self)(self.session, self.known, self.today)

    def _day(self, table: str, on: date) -> held.Day:
        """The day, with what this table needs to know of it. Two statements, once."""
        day = held.Day(self.known, on.isoformat())
        if table not in held.NEED_MORE:
            return day
        if self._found is None:
            zone = self.session.execute(sa.select(Register.zone)).scalar_one_or_none() or ZONE
            self._found = bounds_of_days(on, on, ZoneInfo(zone))[1], _stages(self.session)
        ends, stages = self._found
        return day._replace(ends=ends, stages=stages.get(table, ()))


def live(model: type[Audited], role: str = "") -> sa.FromClause:
    """The live table of a model; with a role, an alias."""
    return _alias(_table(model), role) if role else _table(model)


def _table(model: type[Audited]) -> sa.Table:
    return model.__table__  # type: ignore[attr-defined,no-any-return]  # every Audited is a Base


@cache  # an alias of a wide table costs half a millisecond to make, and a page needs thirty
def _alias(table: sa.Table, role: str) -> sa.FromClause:
    return table.alias(f"{table.name}_{role}")


@lru_cache(maxsize=1024)
def _as_known(table: sa.Table, role: str, known: int) -> sa.FromClause:
    version = VERSIONS[table.name]
    query = sa.select(*(version.c[column.name] for column in logged_columns(table))).where(
        held.known_by(version, known)
    )
    # Not the live table's name: conditions on today's rights name that one inside the same query.
    return query.subquery(f"{table.name}_known_{role}" if role else f"{table.name}_known")


@lru_cache(maxsize=1024)
def _as_held(table: sa.Table, role: str, day: held.Day) -> sa.FromClause:
    return held.rows_of(table, day).subquery(f"{table.name}_on_{role}" if role else f"{table.name}_on")


def _stages(session: Session) -> dict[str, held.Stages]:
    """The stages of every state, by the kind of their subjects; versions that have the same ones together."""
    found: dict[str, dict[tuple[Any, Any], list[int]]] = {}
    query = sa.select(Procedure.id, Procedure.sha256).where(Procedure.status != "draft").order_by(Procedure.id)
    for row in session.execute(query).all():
        definition = loaded(session, row.id, row.sha256)
        stages = sorted((name, state.stage) for name, state in definition.states.items())
        own = tuple(pair for pair in stages if pair[1] != AS_BEFORE)
        kept = tuple(name for name, stage in stages if stage == AS_BEFORE)
        found.setdefault(definition.subject, {}).setdefault((own, kept), []).append(row.id)
    return {
        kind: tuple((tuple(versions), *stages) for stages, versions in of_kind.items())
        for kind, of_kind in found.items()
    }


_NUMBER = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def known_entry(session: Session, text: str | None, zone: str, *, field: str = "known") -> int | None:
    """The entry that `known=` means: the last one recorded by then, -1 if there was none; None for no text.

    text: 2019-06-30, the end of that day in `zone` (an IANA name); a moment in ISO 8601, in `zone` if it names no
        offset; or the number of an entry.
    field: of the query, which a refusal names.
    Raises Refused bad-known for anything else, also for an entry that is not written yet: its page would still change.
    """
    text = (text or "").strip()
    if not text:
        return None
    refusal = Refused(Reason("bad-known", {"value": text}, field=field))
    last = session.execute(sa.select(sa.func.coalesce(sa.func.max(LedgerEntry.index), NOTHING_KNOWN))).scalar_one()
    if _NUMBER.fullmatch(text):
        if int(text) > last:
            raise refusal
        return int(text)
    try:
        moment = _last_moment(text, ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise refusal from None
    # Not the largest index at or before the moment: where two clocks disagreed, an entry recorded later would slip in.
    later = session.execute(sa.select(sa.func.min(LedgerEntry.index)).where(LedgerEntry.at > moment)).scalar_one()
    return int(last if later is None else later - 1)


def _last_moment(text: str, zone: ZoneInfo) -> datetime:
    if _DAY.fullmatch(text):
        day = date.fromisoformat(text)
        return bounds_of_days(day, day, zone)[1] - timedelta(microseconds=1)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def day_asked(text: str | None) -> date | None:
    """The day that `on=` means; None for no text.

    text: 2019-06-30, a calendar day of the register. Raises Refused bad-on for anything else.
    """
    text = (text or "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day == date.max:
        raise Refused(Reason("bad-on", {"value": text}, field="on"))
    return day


def bounds_of_days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the first day, and the first moment after the last day, in `zone`, as UTC.

    Raises OverflowError at the ends of the calendar.
    """
    midnight = time(0, tzinfo=zone)
    return (
        datetime.combine(first, midnight).astimezone(UTC),
        datetime.combine(last + timedelta(days=1), midnight).astimezone(UTC),
    )
