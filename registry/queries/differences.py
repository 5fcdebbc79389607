"""What changed between any two moments of the register, by record and field: several changes of one field folded into from and to.

A field that came back to its value is no difference, and neither is a row that came and went in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import open_sealed
from registry.models import Change
from registry.permissions import Actor
from registry.queries.access import Condition
from registry.queries.changes import (
    REFERENCES,
    SEALED,
    TABLES,
    RowChange,
    change_rows,
    field_change,
    fields_of,
    reads_all,
    shown_by,
    visible,
)
from registry.queries.names import names_of
from registry.queries.rows import Named, Row
from registry.queries.snapshot import Snapshot

Subject = tuple[str, int]
"""Kind of a record, and its id."""
_BATCH = 50
"""Records read at a time."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record and how its rows differ. named: as it is called at the later moment; None where it has no name."""

    kind: str
    id: int
    named: Named | None
    rows: tuple[RowChange, ...]


@dataclass(slots=True)
class Folded:
    """The changes of one row in one: what its changed fields held first and hold last. came, left: it was not there before, or
    is not there any more."""

    first: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    came: bool = False
    left: bool = False

    def take(self, row: Row) -> None:
        """The next change of the row."""
        for move, name, old, new in fields_of(row):
            self.came = self.came or (move == "added" and not self.first)
            self.left = move == "removed"
            if not self.came:
                self.first.setdefault(name, old)
            self.last[name] = new

    @property
    def move(self) -> str:
        """added, changed or removed."""
        return "added" if self.came else "removed" if self.left else "changed"

    @property
    def fields(self) -> tuple[tuple[str, Any, Any], ...]:
        """Name, first and last value of each field that differs; none of a row that came and went."""
        if self.came and self.left:
            return ()
        pairs = ((name, self.first.get(name), last) for name, last in self.last.items())
        return tuple((name, old, new) for name, old, new in pairs if old != new)


def differences(
    session: Session,
    actor: Actor,
    since: int,
    until: int,
    today: date,
    *,
    within: Condition | None = None,
    after: Subject | None = None,
    opened: bool = True,
) -> Iterator[Difference]:
    """The records that the reader may see and that differ between two entries, in order of kind and id; read as far as is asked.

    since, until: indexes of entries: what was known after the one against what was known after the other. within: a condition on
    changes, or None. after: only records behind this one, to read on. opened: whether sealed values show that the reader may
    open; not in a file, from which nothing could be erased.
    """
    snapshot = Snapshot(session, until, today)
    span = sa.and_(_span(snapshot, actor, since, until), sa.true() if within is None else within)
    while subjects := _subjects(session, span, after):
        yield from _told(snapshot, actor, _folded(session, span, subjects), opened=opened)
        after = subjects[-1]


def last_differences(
    snapshot: Snapshot, actor: Actor, since: int, within: Condition, *, size: int
) -> tuple[tuple[Difference, ...], bool]:
    """The records that meet a condition on changes and differ between an entry and the snapshot's last one, those that changed
    last first; and whether there are more than `size`. Five statements at most."""
    until = snapshot.stamp.entry
    known = Snapshot(snapshot.session, until, snapshot.today)
    span = sa.and_(_span(known, actor, since, until), within)
    kind, record = Change.subject_kind, Change.subject_id
    last = sa.func.max(Change.entry)
    query = sa.select(kind, record).where(span).group_by(kind, record).order_by(last.desc(), kind, record)
    subjects = [(row.subject_kind, row.subject_id) for row in snapshot.session.execute(query.limit(size + 1))]
    if not subjects:
        return (), False
    folded = _folded(snapshot.session, span, subjects[:size])
    return tuple(_told(known, actor, folded, opened=True)), len(subjects) > size


def _span(snapshot: Snapshot, actor: Actor, since: int, until: int) -> Condition:
    return sa.and_(Change.entry > since, Change.entry <= until, shown_by(snapshot, actor), visible(actor))


def _subjects(session: Session, span: Condition, after: Subject | None) -> list[Subject]:
    kind, record = Change.subject_kind, Change.subject_id
    query = sa.select(kind, record).where(span).group_by(kind, record).order_by(kind, record).limit(_BATCH)
    if after is not None:
        query = query.where(sa.or_(kind > after[0], sa.and_(kind == after[0], record > after[1])))
    return [(row.subject_kind, row.subject_id) for row in session.execute(query)]


def _folded(
    session: Session, span: Condition, subjects: Iterable[Subject]
) -> dict[Subject, dict[tuple[str, int], Folded]]:
    """Each record with its rows by table and id, without rows that do not differ."""
    found: dict[Subject, dict[tuple[str, int], Folded]] = {subject: {} for subject in subjects}
    ids: dict[str, list[int]] = {}
    for kind, record in found:
        ids.setdefault(kind, []).append(record)
    of_them = [sa.and_(Change.subject_kind == kind, Change.subject_id.in_(records)) for kind, records in ids.items()]
    for row in session.execute(change_rows().where(span, sa.or_(*of_them))):
        place = (row.table_name, row.row_id)
        found[row.subject_kind, row.subject_id].setdefault(place, Folded()).take(row)
    return {
        subject: {place: each for place, each in sorted(rows.items()) if each.fields} for subject, rows in found.items()
    }


def _told(
    snapshot: Snapshot, actor: Actor, found: Mapping[Subject, Mapping[tuple[str, int], Folded]], *, opened: bool
) -> Iterator[Difference]:
    """In words: names and opened values put in, records without a difference left out."""
    everything, values = reads_all(actor), tuple(_values(found))
    texts = open_sealed(snapshot.session, actor, [value for key, value in values if key in SEALED]) if opened else {}
    named = {(TABLES.get(kind, kind), record) for kind, record in found}
    names = names_of(snapshot, actor, named | {(REFERENCES[key], value) for key, value in values if key in REFERENCES})
    for (kind, record), rows in found.items():
        told = tuple(
            RowChange(
                *place,
                each.move,
                tuple(
                    field_change(place[0], name, old, new, names, texts, everything) for name, old, new in each.fields
                ),
            )
            for place, each in rows.items()
        )
        if told:
            yield Difference(kind, record, names.get((TABLES.get(kind, kind), record)), told)


def _values(
    found: Mapping[Subject, Mapping[tuple[str, int], Folded]],
) -> Iterator[tuple[tuple[str, str], Any]]:
    """Every value, by its table and column."""
    for rows in found.values():
        for (table, _), each in rows.items():
            for name, *values in each.fields:
                yield from (((table, name), value) for value in values if value is not None)
