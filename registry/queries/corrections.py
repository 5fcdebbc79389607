"""Corrections as pages show them: from what to what, how each stands, who objected; and what of a record can be corrected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.correctable import CORRECTABLE, Field, place_of
from registry.domain.dates import PartialDate
from registry.ledger import open_sealed
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    Assignment,
    Audited,
    Body,
    Claim,
    Correction,
    CorrectionObjection,
    Document,
    Grouping,
    Item,
    Meeting,
    Notice,
    Policy,
)
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_document, sees
from registry.queries.names import names_of
from registry.queries.rounds import Subject
from registry.queries.rows import (
    Named,
    Paging,
    Query,
    Row,
    Sealed,
    document_columns,
    named_columns,
    named_document,
    named_in,
    named_party,
    opened,
    party_columns,
    still,
)
from registry.queries.snapshot import Snapshot

Value: TypeAlias = PartialDate | str | None

MODELS: Mapping[str, type[Audited]] = MappingProxyType(
    {
        "agreement": Agreement, "item": Item, "party": Body, "grouping": Grouping, "meeting": Meeting,
        "document": Document, "claim": Claim,
    }
)  # fmt: skip
"""Kind of record that can be corrected → its model."""


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """A party's objection. reason: under its seal."""

    party: Named
    reason: Sealed | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One correction. party, party_id: who proposed it, None: a secretariat or the register. until: last day for objections.

    act: kind and party of the act whose fact it is; None of the record's own facts. number: from 1 for each record.
    """

    id: int
    subject: Subject
    number: int
    table: str
    field: str
    act: tuple[str, Named] | None
    old: Value
    new: Value
    party: Named | None
    party_id: int | None
    basis: Named | None
    reason: Sealed | None
    proposed_at: datetime
    until: date
    outcome: str
    decided_at: datetime | None
    objections: tuple[ObjectionRow, ...]


@dataclass(frozen=True, slots=True)
class CorrectionList:
    """A page of corrections, the last first, with the names of their records. days: length of the window today, if set."""

    rows: tuple[tuple[Named, CorrectionRow], ...]
    paging: Paging
    counts: Mapping[str, int]
    days: int | None


@dataclass(frozen=True, slots=True)
class Correctable:
    """A fact that can be corrected, as it stands. place: its stable name. act: as in `CorrectionRow`."""

    place: str
    field: Field
    act: tuple[str, Named] | None
    value: Value


def corrections_on(snapshot: Snapshot, actor: Actor, kind: str, record_id: int) -> tuple[CorrectionRow, ...]:
    """The corrections of a record that the reader was found to see, the last first. One statement where there are none."""
    correction = snapshot.of(Correction)
    on_it = sa.and_(correction.c.subject_kind == kind, correction.c.subject_id == record_id)
    return _rows(snapshot, actor, _query(snapshot, actor).where(on_it))


def corrections_awaiting(snapshot: Snapshot, actor: Actor, body_id: int) -> tuple[tuple[Named, CorrectionRow], ...]:
    """Open corrections of a party, of its agreements and of its items that this reader may see, as long as the party has not
    objected; the last first."""
    row, party, assigned = snapshot.of(Correction), snapshot.of(AgreementParty), snapshot.of(Assignment)
    objection = snapshot.of(CorrectionObjection)
    ours = {
        "party": sa.select(sa.literal(body_id)),
        "agreement": sa.select(party.c.agreement_id).where(party.c.body_id == body_id, still(snapshot, party)),
        "item": sa.select(assigned.c.item_id).where(assigned.c.body_id == body_id, still(snapshot, assigned)),
    }
    objected = sa.exists().where(objection.c.correction_id == row.c.id, objection.c.body_id == body_id)
    concerns = sa.or_(
        *(
            sa.and_(row.c.subject_kind == kind, row.c.subject_id.in_(ids), sees(actor, MODELS[kind], row.c.subject_id))
            for kind, ids in ours.items()
        )
    )
    rows = _rows(snapshot, actor, _query(snapshot, actor).where(row.c.outcome == "open", concerns, ~objected))
    names = names_of(snapshot, actor, {named_table(each.subject) for each in rows})
    return tuple((names[named_table(each.subject)], each) for each in rows if named_table(each.subject) in names)


def correction_list(
    snapshot: Snapshot, actor: Actor, *, outcome: str | None = None, page: int = 1, size: int = 50
) -> CorrectionList:
    """Corrections of the records that this reader may see. outcome: open, applied, fallen or withdrawn; None: all."""
    correction = snapshot.of(Correction)
    seen = sa.or_(
        *(
            sa.and_(correction.c.subject_kind == kind, sees(actor, model, correction.c.subject_id))
            for kind, model in MODELS.items()
        )
    )
    counting = sa.select(correction.c.outcome, sa.func.count()).where(seen).group_by(correction.c.outcome)
    counts: dict[str, int] = dict(snapshot.session.execute(counting).all())
    asked = seen if outcome is None else sa.and_(seen, correction.c.outcome == outcome)
    query = _query(snapshot, actor).where(asked).limit(size).offset((page - 1) * size)
    rows = _rows(snapshot, actor, query)
    names = names_of(snapshot, actor, {named_table(row.subject) for row in rows})
    total = sum(counts.values()) if outcome is None else counts.get(outcome, 0)
    return CorrectionList(
        tuple((names[named_table(row.subject)], row) for row in rows if named_table(row.subject) in names),
        Paging(page, size, total),
        counts,
        _window(snapshot),
    )


def correction(snapshot: Snapshot, actor: Actor, correction_id: int) -> tuple[Named, CorrectionRow] | None:
    """One correction of a record that the reader may see, with the record's name; None where there is none."""
    rows = _rows(snapshot, actor, _query(snapshot, actor).where(snapshot.of(Correction).c.id == correction_id))
    names = names_of(snapshot, actor, {named_table(row.subject) for row in rows})
    return next(((names[named_table(row.subject)], row) for row in rows if named_table(row.subject) in names), None)


def correctable(snapshot: Snapshot, kind: str, record_id: int) -> tuple[Correctable, ...]:
    """The facts of a record that can be corrected, as they stand: its own, then those of its acts that were not annulled."""
    own, *_ = CORRECTABLE[kind]
    record = snapshot.of(MODELS[kind])
    row = snapshot.session.execute(sa.select(record).where(record.c.id == record_id)).one()
    fields = [each for each in CORRECTABLE[kind] if each.table == own.table]
    found = [Correctable(place_of(each, record_id, own_table=True), each, None, _held(row, each)) for each in fields]
    for act in _acts(snapshot, record_id) if kind == "agreement" else ():
        said = (act.kind, named_party(act))
        under = [each for each in CORRECTABLE[kind] if each.table == "act"]
        found += [Correctable(place_of(each, act.id, own_table=False), each, said, _held(act, each)) for each in under]
    return tuple(found)


def heard_of(session: Session, actor: Actor, corrections: Collection[int]) -> Mapping[int | None, frozenset[str]]:
    """Of these corrections (ids), those that the actor's parties or groupings were told of, and as what: officer, secretariat."""
    held = [(each.role, each.body_id or each.grouping_id) for each in actor.held]
    mine = [identity for role, identity in held if role == "officer"]
    kept = [identity for role, identity in held if role == "secretariat"]
    told = sa.select(Notice.correction_id, Notice.body_id).where(
        Notice.correction_id.in_(corrections), sa.or_(Notice.body_id.in_(mine), Notice.grouping_id.in_(kept))
    )
    found: dict[int | None, frozenset[str]] = {}
    for identity, body in session.execute(told):
        found[identity] = found.get(identity, frozenset()) | {"secretariat" if body is None else "officer"}
    return found


def named_table(subject: Subject) -> Subject:
    """The table and id by which `names_of` finds a record: histories call bodies parties."""
    return ("body", subject[1]) if subject[0] == "party" else subject


def _acts(snapshot: Snapshot, agreement_id: int) -> Sequence[Row]:
    act, body = snapshot.of(Act), snapshot.of(Body)
    return snapshot.session.execute(
        sa.select(act, *party_columns(body))
        .join(body, body.c.id == act.c.body_id)
        .where(act.c.agreement_id == agreement_id, act.c.annulled_at.is_(None))
        .order_by(act.c.recorded_at, act.c.id)
    ).all()


def _query(snapshot: Snapshot, actor: Actor) -> Query:
    correction, body, document = snapshot.of(Correction), snapshot.of(Body), snapshot.of(Document)
    act, doer = snapshot.whenever.of(Act), snapshot.of(Body, "doer")
    return (
        sa.select(
            correction, *party_columns(body), *document_columns(document), act.c.kind.label("act_kind"),
            *named_columns(doer, "doer"),
        )
        .select_from(correction)
        .outerjoin(body, body.c.id == correction.c.body_id)
        .outerjoin(document, sa.and_(document.c.id == correction.c.basis_id, may_see_document(snapshot, actor)))
        .outerjoin(act, sa.and_(correction.c.table_name == "act", act.c.id == correction.c.row_id))
        .outerjoin(doer, doer.c.id == act.c.body_id)
        .order_by(correction.c.id.desc())
    )  # fmt: skip


def _rows(snapshot: Snapshot, actor: Actor, query: Query) -> tuple[CorrectionRow, ...]:
    rows = snapshot.session.execute(query).all()
    if not rows:
        return ()
    said = _objections(snapshot, snapshot.of(CorrectionObjection).c.correction_id.in_([row.id for row in rows]))
    texts = open_sealed(snapshot.session, actor, [each.reason for each in (*rows, *said)])
    return tuple(_row(row, [each for each in said if each.correction_id == row.id], texts) for row in rows)


def _objections(snapshot: Snapshot, asked: Condition) -> Sequence[Row]:
    objection, body = snapshot.of(CorrectionObjection), snapshot.of(Body)
    return snapshot.session.execute(
        sa.select(objection, *party_columns(body))
        .join(body, body.c.id == objection.c.body_id)
        .where(asked)
        .order_by(objection.c.id)
    ).all()


def _row(row: Row, said: Sequence[Row], texts: Mapping[str, str]) -> CorrectionRow:
    doer = named_in(row, "doer", "body")
    return CorrectionRow(
        row.id,
        (row.subject_kind, row.subject_id),
        row.number,
        row.table_name,
        row.field,
        (row.act_kind, doer) if doer else None,
        _value(row.old, row.old_precision),
        _value(row.new, row.new_precision),
        named_party(row) if row.party_code else None,
        row.body_id,
        named_document(row),
        opened(row.reason, texts),
        row.proposed_at,
        date.fromisoformat(row.window_until),
        row.outcome,
        row.decided_at,
        tuple(ObjectionRow(named_party(each), opened(each.reason, texts), each.recorded_at) for each in said),
    )


def _held(row: Row, field: Field) -> Value:
    held = row._mapping[field.column]
    return _value(None if held is None else str(held), row._mapping[field.precision] if field.precision else None)


def _value(text: str | None, precision: str | None) -> Value:
    return PartialDate.of(text, precision) if precision is not None else text


def policies_of(snapshot: Snapshot) -> Sequence[Row]:
    """Every policy as set: name, since, days, note; the last first."""
    policy = snapshot.of(Policy)
    columns = (policy.c[name] for name in ("name", "since", "days", "note"))
    return snapshot.session.execute(sa.select(*columns).order_by(policy.c.name, policy.c.since.desc())).all()


def _window(snapshot: Snapshot) -> int | None:
    policy = snapshot.of(Policy)
    in_force = sa.and_(policy.c.name == "correction_window", policy.c.since <= snapshot.today.isoformat())
    query = sa.select(policy.c.days).where(in_force).order_by(policy.c.since.desc()).limit(1)
    return snapshot.session.execute(query).scalar_one_or_none()
