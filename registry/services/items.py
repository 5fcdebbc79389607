"""Items: entered, given a mechanism; who may do what to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.levels import Level
from registry.domain.levels import effective as effective_level
from registry.domain.numbers import next_item, parse_record
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import (
    Agreement,
    AgreementField,
    AgreementParty,
    Assignment,
    Document,
    Item,
    Mechanism,
    OptOut,
)
from registry.models.base import LEVELS
from registry.permissions import Actor, allowed
from registry.queries.access import may_see_item
from registry.queries.snapshot import Snapshot
from registry.services import deadlines, proposals, subjects
from registry.services.procedures import current_procedure

PROCEDURE = "cooperation-item"
MECHANISM_KINDS = ("rule", "joint_body", "platform", "budget", "accord", "mutual_recognition")


@dataclass(frozen=True, slots=True)
class AddItem:
    """A cooperation intent under an agreement. field: position of a field of the agreement. leads, joins: party codes;
    the first lead reports for all. level: only narrower than the agreement's."""

    agreement: str
    title_zh: str
    title_en: str | None = None
    field: int | None = None
    leads: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    level: str | None = None


@dataclass(frozen=True, slots=True)
class RecordMechanism:
    """What keeps the result alive. keeper: party code. document: the instrument. review_on: when it is looked at again."""

    item: str
    kind: str
    name_zh: str
    keeper: str
    review_on: PartialDate
    name_en: str | None = None
    document: str | None = None


def add_item(session: Session, actor: Actor, ask: AddItem, *, at: datetime) -> Item:
    """Enter an item as intent; its number is given under the agreement's lock and never reused.

    Raises NotPermitted; NotFound; Refused title-missing, unknown-field, unknown-party, unknown-choice (level), wider-level.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        require_for_agreement(actor, session, agreement, "item:add")
        if not ask.title_zh.strip():
            raise Refused(Reason("title-missing", field="title_zh"))
        definition, procedure_id = current_procedure(session, PROCEDURE)
        number, position = _next_number(session, agreement)
        item = Item(
            number=number,
            title_zh=ask.title_zh.strip(),
            title_en=ask.title_en,
            agreement_id=agreement.id,
            position=position,
            field_id=_field(session, agreement, ask.field),
            state=definition.initial,
            stage=definition.states[definition.initial].stage,
            procedure_id=procedure_id,
            grade="not_reported",
            graded_precision="unknown",
            level=_own_level(agreement, ask.level),
            backfilled=False,
            revision=0,
            sample=agreement.sample,
        )
        session.add(item)
        session.flush()
        for role, codes in (("lead", ask.leads), ("join", ask.joins)):
            for place, code in enumerate(dict.fromkeys(codes), 1):
                body = subjects.party(session, code, field=f"{role}s")
                session.add(Assignment(item_id=item.id, body_id=body.id, role=role, position=place))
        deadlines.begin(session, definition, ("item", item.id), item.state, at=at)
        book.record(act="item.add", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code)
    return item


def record_mechanism(session: Session, actor: Actor, ask: RecordMechanism, *, at: datetime) -> Mechanism:
    """Record what keeps the result alive: its kind, instrument, keeper and review date.

    Raises NotPermitted; NotFound; Refused name-missing, unknown-choice (kind), review-date-missing, unknown-party, unknown-document.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "mechanism:record")
        if not ask.name_zh.strip():
            raise Refused(Reason("name-missing", field="name_zh"))
        if ask.kind not in MECHANISM_KINDS:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        if ask.review_on.value is None:
            raise Refused(Reason("review-date-missing", field="review_on"))
        document = subjects.basis_document(session, actor, ask.document, field="document")
        mechanism = Mechanism(
            item_id=item.id,
            kind=ask.kind,
            name_zh=ask.name_zh.strip(),
            name_en=ask.name_en,
            document_id=subjects.id_of(document),
            keeper_id=subjects.party(session, ask.keeper, field="keeper").id,
            review_on=ask.review_on.value,
            review_precision=str(ask.review_on.precision),
            lapsed=False,
        )
        session.add(mechanism)
        item.revision += 1
        proposals.refresh(session, ("item", item.id), at=at)
        book.record(act="item.mechanism", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code)
    return mechanism


def require_for_agreement(actor: Actor, session: Session, agreement: Agreement, permission: str) -> None:
    """An officer of one of its parties or of the host, or the secretariat of its grouping."""
    bodies = parties_of(session, agreement.id)
    if agreement.host_id is not None:
        bodies = bodies | {agreement.host_id}
    require_any(actor, permission, bodies, agreement.grouping_id)


def require_for_item(actor: Actor, session: Session, item: Item, permission: str) -> None:
    """An officer of a party assigned to the item or of a party of its agreement that did not opt out, or the secretariat."""
    assigned = sa.select(Assignment.body_id).where(Assignment.item_id == item.id, Assignment.until_precision.is_(None))
    bodies = set(session.execute(assigned).scalars())
    if item.agreement_id is None:
        issuer = session.execute(sa.select(Document.issuer_id).where(Document.id == item.document_id)).scalar_one()
        if issuer is not None:
            bodies.add(issuer)
        return require_any(actor, permission, frozenset(bodies), None)
    grouping = session.execute(sa.select(Agreement.grouping_id).where(Agreement.id == item.agreement_id)).scalar_one()
    out = sa.select(OptOut.body_id).where(OptOut.item_id == item.id, OptOut.until_precision.is_(None))
    bodies |= parties_of(session, item.agreement_id) - frozenset(session.execute(out).scalars())
    return require_any(actor, permission, frozenset(bodies), grouping)


def parties_of(session: Session, agreement_id: int) -> frozenset[int]:
    """Ids of the parties of an agreement that have not left it."""
    query = sa.select(AgreementParty.body_id).where(
        AgreementParty.agreement_id == agreement_id, AgreementParty.until_precision.is_(None)
    )
    return frozenset(session.execute(query).scalars())


def require_any(actor: Actor, permission: str, bodies: frozenset[int], *groupings: int | None) -> None:
    """An officer of one of these bodies, or the secretariat of one of the groupings. Raises NotPermitted."""
    own = any(allowed(actor, permission, body_id=body_id) for body_id in bodies)
    if not own and not any(allowed(actor, permission, grouping_id=grouping_id) for grouping_id in (None, *groupings)):
        raise NotPermitted(permission)


def _next_number(session: Session, agreement: Agreement) -> tuple[str, int]:
    rows = session.execute(sa.select(Item.number, Item.position).where(Item.agreement_id == agreement.id)).all()
    number = next_item(parse_record(agreement.number), [row.number for row in rows])
    return str(number), max((row.position for row in rows), default=0) + 1


def _field(session: Session, agreement: Agreement, position: int | None) -> int | None:
    if position is None:
        return None
    query = sa.select(AgreementField.id).where(
        AgreementField.agreement_id == agreement.id, AgreementField.position == position
    )
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-field", {"value": position}, field="field"))
    return found


def _own_level(agreement: Agreement, level: str | None) -> str | None:
    if not level or level == agreement.level:
        return None
    if level not in LEVELS:
        raise Refused(Reason("unknown-choice", {"value": level}, field="level"))
    if effective_level(Level(agreement.level), Level(level)) != Level(level):
        raise Refused(Reason("wider-level", {"value": level, "parent": agreement.level}, field="level"))
    return level


def merge_target(session: Session, actor: Actor, item: Item, number: str) -> int:
    """Id of another item that the actor sees. Raises Refused unknown-item."""
    visible = may_see_item(Snapshot(session, None, date.min), actor)
    found = session.execute(sa.select(Item.id).where(Item.number == number, visible)).scalar_one_or_none()
    if found is None or found == item.id:
        raise Refused(Reason("unknown-item", {"value": number}, field="merge_into"))
    return found
