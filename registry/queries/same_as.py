"""Records that turned out to be one: where the address of the other leads, and what was decided on a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.ledger import open_sealed
from registry.models import Agreement, Audited, Body, Document, Grouping, Item, Meeting, MovedReference, SameAs
from registry.permissions import Actor
from registry.queries.access import sees
from registry.queries.names import names_of
from registry.queries.rows import Named, Sealed, opened
from registry.queries.snapshot import Snapshot

MODELS: dict[str, tuple[type[Audited], str]] = {
    "agreement": (Agreement, "number"),
    "document": (Document, "number"),
    "grouping": (Grouping, "code"),
    "item": (Item, "number"),
    "meeting": (Meeting, "number"),
    "party": (Body, "code"),
}
"""Kind of record → its model, and the column that its address ends with."""


@dataclass(frozen=True, slots=True)
class Decision:
    """That a record is the same as the one it stands with. moved: how many references moved. reason: why, where it opens."""

    id: int
    other: Named
    moved: int
    reason: Sealed | None
    recorded_at: datetime


def leads_to(snapshot: Snapshot, actor: Actor, kind: str, key: str) -> str | None:
    """The number or code of the record that this one was decided to be the same as, as far as the reader may see that one."""
    if kind not in MODELS:
        return None
    model, column = MODELS[kind]
    other, kept, decided = snapshot.of(model, "other"), snapshot.of(model, "kept"), snapshot.of(SameAs)
    query = (
        sa.select(kept.c[column])
        .select_from(decided)
        .join(other, other.c.id == decided.c.other_id)
        .join(kept, kept.c.id == decided.c.subject_id)
        .where(decided.c.subject_kind == kind, decided.c.undone_at.is_(None), other.c[column] == key)
        .where(sees(actor, model, kept.c.id))
    )
    return snapshot.session.execute(query).scalar_one_or_none()


def decisions_on(snapshot: Snapshot, actor: Actor, kind: str, record_id: int) -> tuple[Decision, ...]:
    """The records whose addresses lead to this one, the first decided first. At most four statements."""
    decided, moved = snapshot.of(SameAs), snapshot.of(MovedReference)
    count = sa.select(sa.func.count()).where(moved.c.same_as_id == decided.c.id).scalar_subquery()
    query = sa.select(decided, count.label("moved")).where(
        decided.c.subject_kind == kind, decided.c.subject_id == record_id, decided.c.undone_at.is_(None)
    )
    rows = snapshot.session.execute(query.order_by(decided.c.id)).all()
    table = MODELS[kind][0].__tablename__  # type: ignore[attr-defined]  # every model has one
    names = names_of(snapshot, actor, [(table, row.other_id) for row in rows])
    texts = open_sealed(snapshot.session, actor, [row.reason for row in rows]) if rows else {}
    return tuple(
        Decision(row.id, names[table, row.other_id], row.moved, opened(row.reason, texts), row.recorded_at)
        for row in rows
        if (table, row.other_id) in names
    )
