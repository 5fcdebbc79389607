"""Who changed what, for whom, why, from, to, effective and recorded: one record's history, and all changes of a period.

Read from the projection `change` and the entries themselves. Persons, reasons and sealed fields open only through
`open_sealed`; a field that names a record the reader may not see is withheld.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import (
    Agreement,
    Audited,
    Base,
    Change,
    Citation,
    Claim,
    Document,
    Item,
    LedgerEntry,
    Matter,
    Relation,
    Report,
    audited_tables,
)
from registry.permissions import Actor, allowed
from registry.queries.access import Condition, sees
from registry.queries.names import bodies_by_code, names_of
from registry.queries.rows import Named, Query, Row, Sealed, opened
from registry.queries.snapshot import Snapshot, bounds_of_days, live

Value: TypeAlias = bool | int | str | Named | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, from and to. A reference is the record it names. withheld: something is there that this reader may not see."""

    field: str
    old: Value
    new: Value
    withheld: bool


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of one table. move: added, changed or removed; of a row that came or went, the fields that held something."""

    table: str
    row_id: int
    move: str
    fields: tuple[FieldChange, ...]


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


LEVELLED: dict[str, type[Audited]] = {
    "agreement": Agreement,
    "item": Item,
    "document": Document,
    "claim": Claim,
    "matter": Matter,
}
"""Kinds of records with a level."""
OPEN_KINDS = ("party", "grouping", "series", "meeting", "event", "procedure", "register")
"""Kinds of records that everybody sees; of the others (person, file) only those who see all read the history."""
TABLES = {"party": "body", "series": "meeting_series", "file": "stored_file"}
"""Table of a kind, where it has another name."""

_SEALED = {
    (table.name, column.name)
    for table in audited_tables()
    for column in table.columns
    if column.info["log"] == "sealed"
}
_REFERENCES = {
    (table.name, column.name): key.column.table.name
    for table in audited_tables()
    for column in table.columns
    for key in column.foreign_keys
}
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
    of_it = sa.and_(Change.subject_kind == kind, Change.subject_id == record_id, _shown(snapshot, actor))
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
    query = (
        sa.select(Change.entry, Change.subject_kind, Change.subject_id, LedgerEntry.at, LedgerEntry.body)
        .join(LedgerEntry, LedgerEntry.index == Change.entry)
        .where(LedgerEntry.at >= since, _visible(actor), _shown(snapshot, actor))
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
    session: Session, actor: Actor, first: date, last: date, *, zone: str = "Asia/Shanghai"
) -> Iterator[PeriodRow]:
    """Every change recorded from the first day to the last, both whole, in the register's zone; oldest first.

    Streamed in batches of entries, in constant memory, within the session's one read transaction. With history:export
    all; else what concerns records that the reader may see. No seal is opened, for nobody: what left the register in a file
    could not be erased any more. Persons and reasons stand there by their digests.
    """
    snapshot = Snapshot(session, None, last)
    start, end = bounds_of_days(first, last, ZoneInfo(zone))
    within = sa.and_(LedgerEntry.at >= start, LedgerEntry.at < end)
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
            yield from _lines(raw, event)
        following = entries[-1].entry + 1


def digests_of(events: Iterable[RawEvent]) -> Iterator[str | None]:
    """Every digest that the events hold: persons, reasons, sealed fields."""
    for event in events:
        yield event.said.get("actor", {}).get("person")
        yield event.said.get("reason")
        for row in event.rows:
            for _, name, old, new in _fields(row):
                if (row.table_name, name) in _SEALED:
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
    bodies = bodies_by_code(snapshot, codes_of(events))
    texts = open_sealed(snapshot.session, actor, list(digests_of(events)))
    return tuple(headline(event, bodies, texts) for event in events)


def _body(bodies: Mapping[str, Named], code: str | None) -> Named | None:
    return bodies.get(code, Named("body", code, code, None)) if code else None


def _reads_all(actor: Actor) -> bool:
    return actor.sees_all or allowed(actor, "history:export")


def _visible(actor: Actor) -> Condition:
    """Condition on changes: they belong to a record that the reader may see."""
    if actor.sees_all:
        return sa.true()
    kind, record = Change.subject_kind, Change.subject_id
    own = sa.and_(kind == "person", record == actor.person_id) if actor.person_id is not None else sa.false()
    return sa.or_(
        kind.in_(OPEN_KINDS),
        own,
        *(sa.and_(kind == name, sees(actor, model, record)) for name, model in LEVELLED.items()),
    )


def _shown(snapshot: Snapshot, actor: Actor) -> Condition:
    """Condition on changes: known by then, and no row that ties a visible record to one that is not to be found."""
    known = sa.true() if snapshot.known is None else Change.entry <= snapshot.known
    if actor.sees_all:
        return known
    citation, relation = live(Citation, "seen"), live(Relation, "seen")
    cited = sa.exists().where(
        citation.c.id == Change.row_id,
        sa.or_(
            citation.c.subject_kind.not_in(tuple(LEVELLED)),
            *(
                sa.and_(citation.c.subject_kind == name, sees(actor, model, citation.c.subject_id))
                for name, model in LEVELLED.items()
            ),
        ),
    )
    related = sa.exists().where(relation.c.id == Change.row_id, sees(actor, Agreement, relation.c.other_id))
    table = Change.table_name
    return sa.and_(
        known,
        sa.or_(table != "report", sees(actor, Report, Change.row_id)),
        sa.or_(table != "citation", cited),
        sa.or_(table != "relation", related),
    )


def _with_changes(snapshot: Snapshot, actor: Actor, events: Sequence[RawEvent]) -> list[RawEvent]:
    """The events of one record with their change rows. One statement."""
    if not events:
        return []
    kind, record_id = events[0].subject
    query = _changes().where(
        Change.subject_kind == kind,
        Change.subject_id == record_id,
        Change.entry.in_([event.entry for event in events]),
        _shown(snapshot, actor),
    )
    rows: dict[int, list[Row]] = {}
    for row in snapshot.session.execute(query):
        rows.setdefault(row.entry, []).append(row)
    return [RawEvent(e.entry, e.recorded, e.subject, e.said, tuple(rows.get(e.entry, ()))) for e in events]


def _batch(snapshot: Snapshot, actor: Actor, entries: Sequence[Row]) -> list[RawEvent]:
    query = _changes().where(Change.entry.in_([row.entry for row in entries]))
    if not _reads_all(actor):
        query = query.where(_visible(actor), _shown(snapshot, actor))
    rows: dict[tuple[int, str, int], list[Row]] = {}
    for row in snapshot.session.execute(query):
        rows.setdefault((row.entry, row.subject_kind, row.subject_id), []).append(row)
    heads = {row.entry: (row.at, json.loads(row.body)) for row in entries}
    return [
        RawEvent(entry, heads[entry][0], (kind, record), heads[entry][1], tuple(found))
        for (entry, kind, record), found in rows.items()
    ]


def _changes() -> Query:
    return sa.select(
        Change.entry,
        Change.subject_kind,
        Change.subject_id,
        Change.table_name,
        Change.row_id,
        Change.field,
        Change.old,
        Change.new,
    ).order_by(Change.entry, Change.id)


def _told(
    snapshot: Snapshot, actor: Actor, events: Sequence[RawEvent], texts: Mapping[str, str] | None = None
) -> tuple[Event, ...]:
    """The events in words: names and opened values put in. Three statements, whatever their number.

    texts: opened values by digest; None: all that the reader may open.
    """
    everything = _reads_all(actor)
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
            for _, name, old, new in _fields(row):
                target = _REFERENCES.get((row.table_name, name))
                if target:
                    yield from ((target, value) for value in (old, new) if value is not None)


def _row_changes(
    rows: Collection[Row], names: Mapping[tuple[str, int], Named], texts: Mapping[str, str], everything: bool
) -> Iterator[RowChange]:
    found: dict[tuple[str, int], list[FieldChange]] = {}
    moves: dict[tuple[str, int], str] = {}
    for row in rows:
        place = (row.table_name, row.row_id)
        for move, name, old, new in _fields(row):
            moves[place] = move
            found.setdefault(place, []).append(_field_change(row.table_name, name, old, new, names, texts, everything))
    for place, fields in found.items():
        yield RowChange(*place, moves[place], tuple(fields))


def _fields(row: Row) -> Iterator[tuple[str, str, Any, Any]]:
    """Move, field, old and new value of one change row; of a whole row each field that held something."""
    old, new = (json.loads(text) if text is not None else None for text in (row.old, row.new))
    if row.field:
        yield "changed", row.field, old, new
    elif new is not None:
        yield from (("added", name, None, value) for name, value in new.items() if value is not None and name != "id")
    else:
        yield from (
            ("removed", name, value, None) for name, value in (old or {}).items() if value is not None and name != "id"
        )


def _field_change(
    table: str,
    name: str,
    old: Any,
    new: Any,
    names: Mapping[tuple[str, int], Named],
    texts: Mapping[str, str],
    everything: bool,
) -> FieldChange:
    target = _REFERENCES.get((table, name))

    def shown(value: Any) -> Value:
        if value is None:
            return None
        if (table, name) in _SEALED:
            return texts.get(value)
        if target:
            return names.get((target, value), value if everything else None)
        return f"sha256:{value['sha256']}" if isinstance(value, dict) else value  # long texts stand by their hash

    from_, to = shown(old), shown(new)
    return FieldChange(name, from_, to, (from_ is None) != (old is None) or (to is None) != (new is None))


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
                old=_text(change.old),
                new=_text(change.new),
                withheld=change.withheld,
            )


def _text(value: Value) -> str:
    if isinstance(value, Named):
        return value.key
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
