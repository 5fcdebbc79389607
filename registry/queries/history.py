"""Who changed what, for whom, why, from, to, effective and recorded: one record's history, and all changes of a period.

Read from the projection `change` and the entries themselves. Persons, reasons and sealed fields open only through
`open_sealed`; a field that names a record the reader may not see is withheld.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import Base, Change, LedgerEntry
from registry.permissions import Actor
from registry.queries.access import Condition, sees
from registry.queries.changes import (
    LEVELLED,
    OPEN_KINDS,
    REFERENCES,
    SEALED,
    TABLES,
    FieldChange,
    RowChange,
    change_rows,
    field_change,
    fields_of,
    reads_all,
    shown_by,
    text_of,
    visible,
)
from registry.queries.names import bodies_by_code, names_of
from registry.queries.rows import Named, Row, Sealed, opened
from registry.queries.snapshot import Snapshot, bounds_of_days


@dataclass(frozen=True, slots=True)
class Event:
    """One entry as far as it changed one record.

    recorded: moment of recording, UTC. subject: the record, as far as it has a name and may be seen. party, post: the
    actor's as they were then. person, reason: None where the entry
    names none. effective: when it took effect, where another day was given. changes: empty in excerpts.
    """

    entry: int
    recorded: datetime
    act: str
    subject_kind: str
    subject_id: int
    subject: Named | None
    party: Named | None
    post: str
    person: Sealed | None
    door: str
    on_behalf_of: Named | None
    reason: Sealed | None
    basis: str | None
    effective: PartialDate | None
    changes: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An entry and its change rows, before names and sealed values are put in."""

    entry: int
    recorded: datetime
    subject: tuple[str, int]
    said: Mapping[str, Any]
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """One changed field, as a line of an export. Empty text where there is nothing; withheld as in FieldChange.

    person, reason: digests of the sealed values, 64 hex digits.
    """

    entry: int
    recorded: datetime
    act: str
    subject_kind: str
    subject: str
    party: str
    post: str
    person: str
    door: str
    on_behalf_of: str
    reason: str
    basis: str
    effective: str
    effective_precision: str
    table: str
    row_id: int
    move: str
    field: str
    old: str
    new: str
    withheld: bool


_BATCH = 50
"""Entries read at a time for an export: an entry has at most 60 KB, so a batch at most 3 MB."""


def history_of(
    snapshot: Snapshot, actor: Actor, kind: str, record_id: int, *, before: int | None = None, size: int = 100
) -> tuple[Event, ...]:
    """Every change of one record, the last first.

    kind: agreement, item, document, claim, party, grouping, series, meeting, event … as tables declare their subject.
    before: only entries below this index, to read on. size: at most so many entries.
    Raises NotFound for a record that this reader may not see.
    """
    if not may_read(snapshot, actor, kind, record_id):
        raise NotFound(kind, record_id)
    raw = entries_on(snapshot, actor, kind, record_id, before=before, size=size)
    return _told(snapshot, actor, _with_changes(snapshot, actor, raw))


def may_read(snapshot: Snapshot, actor: Actor, kind: str, record_id: int) -> bool:
    """Whether this reader may see the record, and it is there."""
    table = Base.metadata.tables.get(TABLES.get(kind, kind))
    if table is None or not table.info.get("audited"):
        return False
    there = sa.select(table.c.id).where(table.c.id == record_id)
    if kind in LEVELLED:
        there = there.where(sees(actor, LEVELLED[kind], table.c.id))
    elif kind not in OPEN_KINDS and not actor.sees_all:
        return kind == "person" and actor.person_id == record_id
    return snapshot.session.execute(there).first() is not None


def entries_on(
    snapshot: Snapshot, actor: Actor, kind: str, record_id: int, *, before: int | None = None, size: int = 10
) -> tuple[RawEvent, ...]:
    """The last entries that changed a record that the reader may see, the last first, without their changes. One statement."""
    of_it = sa.and_(Change.subject_kind == kind, Change.subject_id == record_id, shown_by(snapshot, actor))
    if before is not None:
        of_it = sa.and_(of_it, Change.entry < before)
    query = (
        sa.select(LedgerEntry.index, LedgerEntry.at, LedgerEntry.body)
        .where(LedgerEntry.index.in_(sa.select(Change.entry).where(of_it)))
        .order_by(LedgerEntry.index.desc())
        .limit(size)
    )
    return tuple(
        RawEvent(entry, at, (kind, record_id), json.loads(body)) for entry, at, body in snapshot.session.execute(query)
    )


def recent(snapshot: Snapshot, actor: Actor, since: datetime, size: int = 20) -> tuple[Event, ...]:
    """The last entries on records that the reader may see, recorded at or after `since`, without their changes."""
    # Changes have no moment: without the first entry of the time all of them would be read.
    first = sa.select(LedgerEntry.index).where(LedgerEntry.at >= since).order_by(LedgerEntry.at).limit(1)
    at = sa.select(LedgerEntry.at).where(LedgerEntry.index == Change.entry).correlate(Change).scalar_subquery()
    return latest(snapshot, actor, sa.and_(Change.entry >= first.scalar_subquery(), at >= since), size)


def latest(snapshot: Snapshot, actor: Actor, within: Condition, size: int = 50) -> tuple[Event, ...]:
    """The last entries on records that the reader may see, without their changes. within: condition on changes, as
    `since.belonging` makes it."""
    shown = (within, visible(actor), shown_by(snapshot, actor))
    # Entries first, from the last one back: grouping all changes of the time would read every one of them.
    last = sa.select(Change.entry).distinct().where(*shown).order_by(Change.entry.desc()).limit(size).cte("last")
    query = (
        sa.select(Change.entry, Change.subject_kind, Change.subject_id, LedgerEntry.at, LedgerEntry.body)
        .join(last, last.c.entry == Change.entry)
        .join(LedgerEntry, LedgerEntry.index == Change.entry)
        .where(*shown)
        .group_by(Change.entry, Change.subject_kind, Change.subject_id, LedgerEntry.index)
        .order_by(Change.entry.desc(), Change.subject_kind, Change.subject_id)
        .limit(size)
    )
    raw = [
        RawEvent(row.entry, row.at, (row.subject_kind, row.subject_id), json.loads(row.body))
        for row in snapshot.session.execute(query)
    ]
    return _told(snapshot, actor, raw)


def changes_of_period(
    session: Session,
    actor: Actor,
    first: date,
    last: date,
    *,
    zone: str = "Asia/Shanghai",
    known: int | None = None,
    on: date | None = None,
) -> Iterator[PeriodRow]:
    """Every change recorded from the first day to the last, both whole, in the register's zone; oldest first.

    known: index of the last entry to read; None: all. on: only what had taken effect by that day, as far as is said; None: all.
    Streamed in batches of entries, in constant memory, within the session's one read transaction. With history:export
    all; else what concerns records that the reader may see. No seal is opened, for nobody: what left the register in a file
    could not be erased any more. Persons and reasons stand there by their digests.
    """
    snapshot = Snapshot(session, known, last)
    start, end = bounds_of_days(first, last, ZoneInfo(zone))
    within = sa.and_(LedgerEntry.at >= start, LedgerEntry.at < end)
    if known is not None:
        within = sa.and_(within, LedgerEntry.index <= known)
    lowest, highest = session.execute(
        sa.select(sa.func.min(LedgerEntry.index), sa.func.max(LedgerEntry.index)).where(within)
    ).one()
    following = lowest
    while following is not None and following <= highest:
        entries = session.execute(
            sa.select(LedgerEntry.index.label("entry"), LedgerEntry.at, LedgerEntry.body)  # a row has a method `index`
            .where(within, LedgerEntry.index >= following, LedgerEntry.index <= highest)
            .order_by(LedgerEntry.index)
            .limit(_BATCH)
        ).all()
        if not entries:
            return
        batch = _batch(snapshot, actor, entries)
        for raw, event in zip(batch, _told(snapshot, actor, batch, texts={}), strict=True):
            if on is None or _had_effect(event, on):
                yield from _lines(raw, event)
        following = entries[-1].entry + 1


def _had_effect(event: Event, on: date) -> bool:
    begins = event.effective.first_day() if event.effective else None
    return begins is None or begins <= on


def digests_of(events: Iterable[RawEvent]) -> Iterator[str | None]:
    """Every digest that the events hold: persons, reasons, sealed fields."""
    for event in events:
        yield event.said.get("actor", {}).get("person")
        yield event.said.get("reason")
        for row in event.rows:
            for _, name, old, new in fields_of(row):
                if (row.table_name, name) in SEALED:
                    yield old
                    yield new


def codes_of(events: Iterable[RawEvent]) -> set[str]:
    """Codes of the bodies that acted, or on whose behalf."""
    return {
        code for event in events for code in (event.said.get("actor", {}).get("party"), event.said.get("for")) if code
    }


def headline(
    event: RawEvent, bodies: Mapping[str, Named], texts: Mapping[str, str], subject: Named | None = None
) -> Event:
    """An entry without its changes. bodies: names by code, others show their code; texts: opened values by digest."""
    said = event.said
    actor, effective = said.get("actor", {}), said.get("effective")
    return Event(
        entry=event.entry,
        recorded=event.recorded,
        act=said["act"],
        subject_kind=event.subject[0],
        subject_id=event.subject[1],
        subject=subject,
        party=_body(bodies, actor.get("party")),
        post=actor.get("post") or "",
        person=opened(actor.get("person"), texts),
        door=actor.get("door") or "",
        on_behalf_of=_body(bodies, said.get("for")),
        reason=opened(said.get("reason"), texts),
        basis=said.get("basis"),
        effective=PartialDate.of(effective["value"], effective["precision"]) if effective else None,
        changes=(),
    )


def headlines(snapshot: Snapshot, actor: Actor, events: Sequence[RawEvent]) -> tuple[Event, ...]:
    """The events of one record without their changes. Two statements."""
    bodies = bodies_by_code(snapshot.whenever, codes_of(events))
    texts = open_sealed(snapshot.session, actor, list(digests_of(events)))
    return tuple(headline(event, bodies, texts) for event in events)


def _body(bodies: Mapping[str, Named], code: str | None) -> Named | None:
    return bodies.get(code, Named("body", code, code, None)) if code else None


def _with_changes(snapshot: Snapshot, actor: Actor, events: Sequence[RawEvent]) -> list[RawEvent]:
    """The events of one record with their change rows. One statement."""
    if not events:
        return []
    kind, record_id = events[0].subject
    query = change_rows().where(
        Change.subject_kind == kind,
        Change.subject_id == record_id,
        Change.entry.in_([event.entry for event in events]),
        shown_by(snapshot, actor),
    )
    rows: dict[int, list[Row]] = {}
    for row in snapshot.session.execute(query):
        rows.setdefault(row.entry, []).append(row)
    return [RawEvent(e.entry, e.recorded, e.subject, e.said, tuple(rows.get(e.entry, ()))) for e in events]


def _batch(snapshot: Snapshot, actor: Actor, entries: Sequence[Row]) -> list[RawEvent]:
    query = change_rows().where(Change.entry.in_([row.entry for row in entries]))
    if not reads_all(actor):
        query = query.where(visible(actor), shown_by(snapshot, actor))
    rows: dict[tuple[int, str, int], list[Row]] = {}
    for row in snapshot.session.execute(query):
        rows.setdefault((row.entry, row.subject_kind, row.subject_id), []).append(row)
    heads = {row.entry: (row.at, json.loads(row.body)) for row in entries}
    return [
        RawEvent(entry, heads[entry][0], (kind, record), heads[entry][1], tuple(found))
        for (entry, kind, record), found in rows.items()
    ]


def _told(
    snapshot: Snapshot, actor: Actor, events: Sequence[RawEvent], texts: Mapping[str, str] | None = None
) -> tuple[Event, ...]:
    """The events in words: names and opened values put in. Three statements, whatever their number.

    texts: opened values by digest; None: all that the reader may open.
    """
    everything, snapshot = reads_all(actor), snapshot.whenever
    bodies = bodies_by_code(snapshot, codes_of(events))
    if texts is None:
        texts = open_sealed(snapshot.session, actor, list(digests_of(events)))
    wanted = {(TABLES.get(kind, kind), record) for kind, record in (event.subject for event in events)}
    names = names_of(snapshot, actor, wanted | set(_references(events)))
    told = []
    for event in events:
        kind, record = event.subject
        head = headline(event, bodies, texts, names.get((TABLES.get(kind, kind), record)))
        told.append(replace(head, changes=tuple(_row_changes(event.rows, names, texts, everything))))
    return tuple(told)


def _references(events: Iterable[RawEvent]) -> Iterator[tuple[str, int]]:
    for event in events:
        for row in event.rows:
            for _, name, old, new in fields_of(row):
                target = REFERENCES.get((row.table_name, name))
                if target:
                    yield from ((target, value) for value in (old, new) if value is not None)


def _row_changes(
    rows: Collection[Row], names: Mapping[tuple[str, int], Named], texts: Mapping[str, str], everything: bool
) -> Iterator[RowChange]:
    found: dict[tuple[str, int], list[FieldChange]] = {}
    moves: dict[tuple[str, int], str] = {}
    for row in rows:
        place = (row.table_name, row.row_id)
        for move, name, old, new in fields_of(row):
            moves[place] = move
            found.setdefault(place, []).append(field_change(row.table_name, name, old, new, names, texts, everything))
    for place, fields in found.items():
        yield RowChange(*place, moves[place], tuple(fields))


def _lines(raw: RawEvent, event: Event) -> Iterator[PeriodRow]:
    for row in event.changes:
        for change in row.fields:
            yield PeriodRow(
                entry=event.entry,
                recorded=event.recorded,
                act=event.act,
                subject_kind=event.subject_kind,
                subject=event.subject.key if event.subject else str(event.subject_id),
                party=event.party.key if event.party else "",
                post=event.post,
                person=raw.said.get("actor", {}).get("person") or "",
                door=event.door,
                on_behalf_of=event.on_behalf_of.key if event.on_behalf_of else "",
                reason=raw.said.get("reason") or "",
                basis=event.basis or "",
                effective=(event.effective and event.effective.value) or "",
                effective_precision=str(event.effective.precision) if event.effective else "",
                table=row.table,
                row_id=row.row_id,
                move=row.move,
                field=change.field,
                old=text_of(change.old),
                new=text_of(change.new),
                withheld=change.withheld,
            )
