"""Commitments: what a reply promises, and the items that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.numbers import COMMITMENT, next_item, next_record, parse_record
from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic
from registry.models import Assignment, Commitment, Document, Item, Matter, MatterParty, MatterValue
from registry.permissions import Actor
from registry.services import deadlines, items, subjects
from registry.services.procedures import current_procedure
from workflows import Definition


@dataclass(frozen=True, slots=True)
class RecordCommitment:
    """One promise of a reply. document: register number of the reply. section: the heading that it stands under."""

    document: str
    title_zh: str
    title_en: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptCommitment:
    """A promise that becomes an item under its reply. leads, joins: party codes; the first lead reports for all."""

    commitment: str
    leads: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()


def record_commitment(session: Session, actor: Actor, ask: RecordCommitment, *, at: datetime) -> Commitment:
    """Enter a promise of a reply that a matter brought forth; its code is given under the register's lock.

    Raises NotPermitted; NotFound; Refused title-missing.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        document = subjects.locked_document(session, actor, ask.document)
        _require_author(actor, session, document, "document:add")
        if not ask.title_zh.strip():
            raise Refused(Reason("title-missing", field="title_zh"))
        commitment = Commitment(
            code=_next_code(session, document),
            document_id=document.id,
            position=_next_position(session, document),
            section=ask.section or None,
            title_zh=ask.title_zh.strip(),
            title_en=ask.title_en or None,
        )
        session.add(commitment)
        session.flush()
        book.record(
            act="commitment.record", actor=actor, subject=("document", document.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(document),
        )  # fmt: skip
    return commitment


def adopt_commitment(session: Session, actor: Actor, ask: AdoptCommitment, *, at: datetime) -> Item:
    """Make a promise an item, numbered under its reply; from then on the item is reported on like any other.

    Raises NotPermitted; NotFound; Refused already-adopted, unknown-party.
    """
    with atomic(session) as book:
        commitment, document = _locked(session, actor, ask.commitment)
        _require_author(actor, session, document, "item:add")
        if commitment.item_id is not None:
            raise Refused(Reason("already-adopted", {"commitment": commitment.code}))
        definition, procedure_id = current_procedure(session, items.PROCEDURE)
        item = _item(session, commitment, document, definition, procedure_id)
        session.add(item)
        session.flush()
        for role, codes in (("lead", ask.leads), ("join", ask.joins)):
            for place, code in enumerate(dict.fromkeys(codes), 1):
                body = subjects.party(session, code, field=f"{role}s")
                session.add(Assignment(item_id=item.id, body_id=body.id, role=role, position=place))
        commitment.item_id = item.id
        session.flush()
        deadlines.begin(session, definition, ("item", item.id), item.state, at=at)
        book.record(
            act="commitment.adopt", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(document),
        )  # fmt: skip
    return item


def _locked(session: Session, actor: Actor, code: str) -> tuple[Commitment, Document]:
    """The commitment with its document, which is locked: what stands under a document is numbered under its lock."""
    query = (
        sa.select(Commitment, Document.number)
        .join(Document, Document.id == Commitment.document_id)
        .where(Commitment.code == code)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound("commitment", code)
    commitment, number = found
    document = subjects.locked_document(session, actor, number)
    session.refresh(commitment)
    return commitment, document


def _require_author(actor: Actor, session: Session, document: Document, permission: str) -> None:
    """An officer of the document's issuer, or the secretariat of a matter that it belongs to; where no body of the register
    issued it, an officer of a party of such a matter."""
    named = sa.select(MatterValue.matter_id).where(MatterValue.document_id == document.id)
    of_it = sa.or_(Matter.document_id == document.id, Matter.id.in_(named))
    matters = session.execute(sa.select(Matter.id, Matter.grouping_id, Matter.host_id).where(of_it)).all()
    bodies = {document.issuer_id}
    if document.issuer_id is None:
        party = sa.select(MatterParty.body_id).where(
            MatterParty.matter_id.in_([each.id for each in matters]), MatterParty.until_precision.is_(None)
        )
        bodies = {*session.execute(party).scalars(), *(each.host_id for each in matters)}
    present = frozenset(body for body in bodies if body is not None)
    items.require_any(actor, permission, present, *(each.grouping_id for each in matters))


def _item(
    session: Session, commitment: Commitment, document: Document, definition: Definition, procedure_id: int
) -> Item:
    rows = session.execute(sa.select(Item.number, Item.position).where(Item.document_id == document.id)).all()
    return Item(
        number=str(next_item(parse_record(document.number), [row.number for row in rows])),
        title_zh=commitment.title_zh,
        title_en=commitment.title_en,
        document_id=document.id,
        position=max((row.position for row in rows), default=0) + 1,
        section=commitment.section,
        state=definition.initial,
        stage=definition.states[definition.initial].stage,
        procedure_id=procedure_id,
        grade="not_reported",
        graded_precision="unknown",
        backfilled=False,
        revision=0,
        sample=document.sample,
    )


def _next_code(session: Session, document: Document) -> str:
    year = int(document.signed_on[:4]) if document.signed_on and document.signed_on[:4].isdigit() else None
    existing = session.execute(sa.select(Commitment.code)).scalars()
    return str(next_record(COMMITMENT, year, existing))


def _next_position(session: Session, document: Document) -> int:
    highest = sa.select(sa.func.max(Commitment.position)).where(Commitment.document_id == document.id)
    return (session.execute(highest).scalar_one() or 0) + 1
