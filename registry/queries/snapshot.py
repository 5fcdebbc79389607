"""A snapshot: the tables as they are, or as they were known after an entry. A page reads from one, and from nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.models import VERSIONS, Audited, LedgerEntry, logged_columns

NOTHING_KNOWN = -1


@dataclass(frozen=True, slots=True)
class Stamp:
    """The last entry that a page knows. entry: its index, -1 before the first; at: its moment, UTC, None before the first."""

    entry: int
    at: datetime | None


class Snapshot:
    """What was known after entry `known`, or what is known now.

    known: index of an entry; -1: nothing yet; None: the live tables. today: the reader's day in the register's zone.
    Rows and stamp come from the session's one read transaction, so that they agree.
    """

    def __init__(self, session: Session, known: int | None, today: date) -> None:
        self.session = session
        self.known = known
        self.today = today
        self._stamp: Stamp | None = None

    def of(self, model: type[Audited], role: str = "") -> sa.FromClause:
        """The table of a model, as known: always the same object, so that conditions made apart meet in one query.

        role: a name of its own where a query needs the table twice.
        """
        return live(model, role) if self.known is None else _as_known(_table(model), role, self.known)

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
    until = version.c.entry_until
    query = sa.select(*(version.c[column.name] for column in logged_columns(table))).where(
        version.c.entry_from <= known, sa.or_(until.is_(None), until > known)
    )
    # Not the live table's name: conditions on today's rights name that one inside the same query.
    return query.subquery(f"{table.name}_known_{role}" if role else f"{table.name}_known")


_NUMBER = re.compile(r"[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def known_entry(session: Session, text: str | None, zone: str) -> int | None:
    """The entry that `known=` means: the last one recorded by then, -1 if there was none; None for no text.

    text: 2019-06-30, the end of that day in `zone` (an IANA name); a moment in ISO 8601, in `zone` if it names no
        offset; or the number of an entry.
    Raises Refused bad-known for anything else, also for an entry that is not written yet: its page would still change.
    """
    text = (text or "").strip()
    if not text:
        return None
    refusal = Refused(Reason("bad-known", {"value": text}, field="known"))
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


def bounds_of_days(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the first day, and the first moment after the last day, in `zone`, as UTC.

    Raises OverflowError at the ends of the calendar.
    """
    midnight = time(0, tzinfo=zone)
    return (
        datetime.combine(first, midnight).astimezone(UTC),
        datetime.combine(last + timedelta(days=1), midnight).astimezone(UTC),
    )
