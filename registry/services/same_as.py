"""Same-as: a person decides that two records are of one thing. One stays, what refers to the other moves to it, and can move back.

Numbers stay with their records, and so do the steps of a procedure, what was told or put to the vote, roles of people (they
are given by the administrator alone) and sealed words (they open to their own party).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Audited, Base, Citation, MovedReference, SameAs, audited_tables
from registry.permissions import Actor, allowed_anywhere, require
from registry.queries.access import sees, stands
from registry.queries.rounds import Subject, keepers_of
from registry.queries.same_as import MODELS
from registry.queries.snapshot import Snapshot
from registry.services import proposals, rounds, subjects

STAY = frozenset({"same_as", "moved_reference", "notice", "person", "grant", "proposal", "vote"})
"""Tables whose references are part of a decision, a right, or what was said on a day."""
NEVER_ITSELF = {"relation": ("agreement_id", "other_id"), "act": ("body_id", "predecessor_id")}
"""Tables with two references that may not come to name one record."""

ALIKE: Mapping[str, tuple[tuple[tuple[str, ...], sa.TextClause | None], ...]] = MappingProxyType(
    {
        "membership": ((("grouping_id", "body_id"), sa.text("until_precision IS NULL")),),
        "alias": ((("text", "body_id", "grouping_id", "issuer_id", "issuer_kind"), None),),
        "citation": ((("subject_kind", "subject_id", "document_id", "line"), None),),
    }
)
"""Tables without a unique key, and what would say the same twice."""


@dataclass(frozen=True, slots=True)
class DecideSame:
    """Two records of one kind (agreement, document, grouping, item, meeting, party) are one. kept: number or code of the one that
    stays; duplicate: of the one whose address leads to it. basis: number of a document."""

    kind: str
    kept: str
    duplicate: str
    reason: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of it. moved: references moved. left: references that stay, as the one that stays has them already."""

    same_as: SameAs
    moved: int
    left: int


class Place(NamedTuple):
    """A column that refers to records of a kind, or a row of it."""

    table: sa.Table
    column: str


def decide_same(session: Session, actor: Actor, ask: DecideSame, *, at: datetime) -> Decided:
    """Decide that two records are one. The other is found and counted no longer; its address leads to the one that stays.

    Raises NotPermitted; NotFound; Refused unknown-choice (kind), same-record, sample-mixed, kept-cannot-sign, reason-missing,
    unknown-document.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        if ask.kind not in MODELS:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        kept, other = (_locked(session, actor, ask.kind, key) for key in (ask.kept, ask.duplicate))
        for record in (kept, other):
            _require(session, actor, ask.kind, record)
        _check(ask, kept, other)
        basis = subjects.basis_document(session, actor, ask.basis)
        decision = SameAs(
            subject_kind=ask.kind, subject_id=kept.id, other_id=other.id, basis_id=subjects.id_of(basis),
            reason=seal(session, ask.reason.strip(), body_id=actor.body_id), recorded_at=at,
        )  # fmt: skip
        session.add(decision)
        session.flush()
        moved, left = _move(session, decision, kept, other)
        _follow(session, {subject for _, _, subject in moved}, at=at)
        book.record(
            act="same.decide", actor=actor, subject=(ask.kind, kept.id), at=at, on_behalf_of=actor.body_code,
            reason=decision.reason, basis=subjects.cited_as(basis),
        )  # fmt: skip
    return Decided(decision, len(moved), left)


def undo_same(session: Session, actor: Actor, same_as_id: int, reason: str, *, at: datetime) -> SameAs:
    """Take a decision back: every reference that moved by it, and still stands where it moved to, moves back.

    Raises NotPermitted; NotFound; Refused already-undone, undo-later-first, reason-missing.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        decision = session.get(SameAs, same_as_id, with_for_update=True)
        if decision is None:
            raise NotFound("same_as")
        model, _ = MODELS[decision.subject_kind]
        kept, other = session.get_one(model, decision.subject_id), session.get_one(model, decision.other_id)
        for record in (kept, other):
            _require(session, actor, decision.subject_kind, record)
        _check_undo(session, decision, reason)
        decision.undone_at = at
        session.flush()
        _follow(session, _back(session, decision), at=at)
        book.record(
            act="same.undo", actor=actor, subject=(decision.subject_kind, decision.subject_id), at=at,
            on_behalf_of=actor.body_code, reason=seal(session, reason.strip(), body_id=actor.body_id),
        )  # fmt: skip
    return decision


def _locked(session: Session, actor: Actor, kind: str, key: str) -> Any:
    """The record, locked. Raises NotFound where there is none, the actor may not see it, or its address leads to another."""
    model, column = MODELS[kind]
    rows = model.__table__  # type: ignore[attr-defined]  # every model has one
    query = sa.select(model).where(
        rows.c[column] == key, sees(actor, model, rows.c.id), stands(Snapshot(session, None, date.min), model)
    )
    found = session.execute(query.with_for_update(of=model, key_share=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind, key)
    return found


def _require(session: Session, actor: Actor, kind: str, record: Any) -> None:
    """The secretariat of the record's own grouping; of records of no grouping, any secretariat, as it enters them, too."""
    if kind in ("agreement", "item"):
        require(actor, "same:decide", grouping_id=keepers_of(session, (kind, record.id))[1])
    elif kind == "grouping":
        require(actor, "same:decide", grouping_id=record.id)
    elif not allowed_anywhere(actor, "same:decide"):
        raise NotPermitted("same:decide")


def _check(ask: DecideSame, kept: Any, other: Any) -> None:
    reasons = []
    if kept.id == other.id:
        reasons.append(Reason("same-record", {"value": ask.duplicate}, field="duplicate"))
    if kept.sample != other.sample:
        table = kept.__tablename__
        reasons.append(Reason("sample-mixed", {"table": table, "value": ask.duplicate}, field="duplicate"))
    if ask.kind == "party" and other.signs and not kept.signs:
        reasons.append(Reason("kept-cannot-sign", {"party": kept.name_zh}, field="duplicate"))
    if not ask.reason.strip():
        reasons.append(Reason("reason-missing", field="reason"))
    if reasons:
        raise Refused(*reasons)


def _check_undo(session: Session, decision: SameAs, reason: str) -> None:
    if decision.undone_at is not None:
        raise Refused(Reason("already-undone"))
    later = sa.select(SameAs.id).where(
        SameAs.subject_kind == decision.subject_kind,
        SameAs.id > decision.id,
        SameAs.undone_at.is_(None),
        sa.or_(SameAs.other_id.in_((decision.subject_id, decision.other_id)), SameAs.subject_id == decision.subject_id),
    )
    if session.execute(later).first() is not None:
        raise Refused(Reason("undo-later-first"))
    if not reason.strip():
        raise Refused(Reason("reason-missing", field="reason"))


# ---- what refers to a record


def places(model: type[Audited]) -> Iterator[Place]:
    """The columns that refer to records of this model, tables that others depend on first."""
    target = model.__tablename__  # type: ignore[attr-defined]  # every model has one
    for table in audited_tables():
        if table.name not in STAY:
            for column in table.columns:
                if any(key.column.table.name == target for key in column.foreign_keys):
                    yield Place(table, column.name)


def _move(session: Session, decision: SameAs, kept: Any, other: Any) -> tuple[list[tuple[Place, int, Subject]], int]:
    """Move what refers to the other. A reference stays where the one that stays has the same already, where a record would come
    to refer to itself, and where it belongs to a part that stays: an act stays with its text."""
    moved: list[tuple[Place, int, Subject]] = []
    stayed: set[tuple[str, int]] = set()
    kind = decision.subject_kind
    for place in places(type(kept)):
        table, column = place
        rows = session.execute(sa.select(table).where(table.c[column] == other.id).order_by(table.c.id)).all()
        part = (kind, column) in table.info["subject"]
        for row in rows:
            if (part and _of_stayed(row, table, stayed)) or _doubles(session, row, place, kept.id):
                stayed.add((table.name, row.id))
                continue
            _set(session, decision, place, row.id, kept.id)
            moved.append((place, row.id, _subject_of(session, table, row.id)))
    return moved + _cite(session, decision, kept, other), len(stayed)


def _cite(session: Session, decision: SameAs, kept: Any, other: Any) -> list[tuple[Place, int, Subject]]:
    """Citations name their record by table and id."""
    table = Citation.__table__
    rows = session.execute(
        sa.select(Citation.id, Citation.document_id).where(
            Citation.subject_kind == kept.__tablename__, Citation.subject_id == other.id
        )
    ).all()
    place = Place(table, "subject_id")  # type: ignore[arg-type]  # a Table
    for row in rows:
        _set(session, decision, place, row.id, kept.id)
    return [(place, row.id, ("document", row.document_id)) for row in rows]


def _of_stayed(row: Any, table: sa.Table, stayed: Collection[tuple[str, int]]) -> bool:
    """Whether the row belongs to another part of the record that stays behind."""
    return any(
        (key.column.table.name, getattr(row, column.name)) in stayed
        for column in table.columns
        for key in column.foreign_keys
    )


def _doubles(session: Session, row: Any, place: Place, kept_id: int) -> bool:
    """Whether the row, moved, would say what is said already, or of a record that it is its own."""
    table, column = place
    (refers_to,) = table.c[column].foreign_keys
    pair = NEVER_ITSELF.get(table.name, ())
    if (refers_to.column.table is table and row.id == kept_id) or (
        column in pair and kept_id in {getattr(row, name) for name in pair}
    ):
        return True
    return any(
        _taken(session, row, place, kept_id, names, condition) for names, condition in _keys(table) if column in names
    )


def _taken(
    session: Session, row: Any, place: Place, kept_id: int, names: Sequence[str], condition: sa.TextClause | None
) -> bool:
    """Whether another row has the key that this one would have; nothing is equal to nothing here."""
    table, column = place
    would_be = {name: kept_id if name == column else getattr(row, name) for name in names}
    same = sa.and_(*(table.c[name].is_not_distinct_from(value) for name, value in would_be.items()))
    held = sa.true() if condition is None else condition
    found = set(session.scalars(sa.select(table.c.id).where(held, sa.or_(same, table.c.id == row.id))))
    return row.id in found and len(found) > 1


def _keys(table: sa.Table) -> Iterator[tuple[tuple[str, ...], sa.TextClause | None]]:
    """The columns of each unique key of a table, and the condition under which it holds."""
    yield from ALIKE.get(table.name, ())
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            yield tuple(column.name for column in constraint.columns), None
    for index in table.indexes:
        if index.unique:
            yield tuple(column.name for column in index.columns), index.dialect_options["sqlite"]["where"]


def _set(session: Session, decision: SameAs, place: Place, row_id: int, kept_id: int) -> None:
    table, column = place
    session.execute(sa.update(table).where(table.c.id == row_id).values({column: kept_id}))
    session.add(
        MovedReference(
            subject_kind=decision.subject_kind, subject_id=decision.subject_id, same_as_id=decision.id,
            table_name=table.name, row_id=row_id, column_name=column,
        )
    )  # fmt: skip


def _back(session: Session, decision: SameAs) -> set[Subject]:
    """Move back what moved and still stands there; the records concerned."""
    query = sa.select(MovedReference).where(MovedReference.same_as_id == decision.id)
    concerned = set()
    for each in session.execute(query.order_by(MovedReference.id.desc())).scalars().all():
        table = Base.metadata.tables[each.table_name]
        here = (table.c.id == each.row_id, table.c[each.column_name] == decision.subject_id)
        before = _subject_of(session, table, each.row_id)
        session.execute(sa.update(table).where(*here).values({each.column_name: decision.other_id}))
        concerned |= {before, _subject_of(session, table, each.row_id)}
    return concerned


def _subject_of(session: Session, table: sa.Table, row_id: int) -> Subject:
    """Kind and id of the record whose history a row belongs to; nothing's where the row is gone."""
    row = session.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()
    for kind, column in table.info["subject"]:
        if row is not None and getattr(row, column) is not None:
            return (row.subject_kind if kind == "*" else kind, getattr(row, column))
    return ("", 0)


def _follow(session: Session, concerned: Collection[Subject], *, at: datetime) -> None:
    """What was put forward is other than it was where papers or parties moved: asked anew, and counted anew."""
    session.expire_all()
    for subject in sorted(concerned):
        if subject[0] in subjects.MODELS:
            session.get_one(subjects.MODELS[subject[0]], subject[1], with_for_update={"key_share": True})
            proposals.refresh(session, subject, at=at)
            rounds.recount(session, subject, at=at)
