"""Items: entered, moved through their procedure on a basis document, given evidence and a mechanism, reported on."""

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
from registry.ledger import atomic, seal
from registry.models import (
    Agreement,
    AgreementField,
    AgreementParty,
    Assignment,
    Document,
    Evidence,
    Item,
    Mechanism,
)
from registry.models.base import LEVELS
from registry.permissions import Actor, allowed
from registry.queries.access import may_see_item
from registry.queries.facts import item_facts
from registry.queries.snapshot import Snapshot
from registry.services import steps, subjects
from registry.services.agreements import current_procedure
from registry.services.days import day_of

PROCEDURE = "cooperation-item"
EVIDENCE_TYPES = ("consensus", "conditions", "result")
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
class StepItem:
    """One step of an item. basis: number of a registered document. merge_into: number of the item it goes into."""

    item: str
    trigger: str
    basis: str | None = None
    basis_note: str | None = None
    reason: str | None = None
    effective: PartialDate | None = None
    merge_into: str | None = None


@dataclass(frozen=True, slots=True)
class ShowEvidence:
    """A paper that shows consensus, conditions or a result: a registered document, a stored file (SHA-256), or both."""

    item: str
    type: str
    document: str | None = None
    file: str | None = None
    note: str | None = None


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
        book.record(act="item.add", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code)
    return item


def step_item(session: Session, actor: Actor, ask: StepItem, *, at: datetime) -> Item:
    """Move an item one step, if its procedure allows it now.

    Raises NotPermitted; NotFound; Refused with every unmet condition, unknown-document, unknown-item.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "item:step")
        basis = subjects.basis_document(session, actor, ask.basis)
        reason = seal(session, ask.reason, body_id=actor.body_id)
        if ask.merge_into:
            item.merged_into_id = _merge_target(session, actor, item, ask.merge_into)
            session.flush()
        standing = item_facts(session, item.id, actor, basis=basis is not None, reason=reason is not None)
        effective = ask.effective or day_of(session, at)
        decision = steps.advance(
            session, item, standing, ask.trigger, at=at, effective=effective, body_id=actor.body_id,
            basis_id=subjects.id_of(basis), basis_note=ask.basis_note, reason=reason,
        )  # fmt: skip
        if ask.merge_into and decision.kind != "merge":
            raise Refused(Reason("merge-only", field="merge_into"))
        item.revision += 1
        book.record(
            act=f"item.{ask.trigger}", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            reason=reason, basis=subjects.cited_as(basis), effective=effective,
        )  # fmt: skip
    return item


def show_evidence(session: Session, actor: Actor, ask: ShowEvidence, *, at: datetime) -> Evidence:
    """Put a paper before an item: that consensus was reached, that conditions are met, that a result is there.

    Raises NotPermitted; NotFound; Refused unknown-evidence-type, nothing-shown, unknown-document, unknown-file.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "evidence:show")
        if ask.type not in EVIDENCE_TYPES:
            raise Refused(Reason("unknown-evidence-type", {"value": ask.type}, field="type"))
        document = subjects.basis_document(session, actor, ask.document, field="document")
        file = subjects.stored_file(session, ask.file, field="file")
        if document is None and file is None:
            raise Refused(Reason("nothing-shown", field="document"))
        evidence = Evidence(
            item_id=item.id,
            type=ask.type,
            body_id=actor.body_id,
            document_id=subjects.id_of(document),
            file_id=subjects.id_of(file),
            note=ask.note or None,
            recorded_at=at,
        )
        session.add(evidence)
        item.revision += 1
        book.record(
            act="item.evidence", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(document),
        )  # fmt: skip
    return evidence


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
        book.record(act="item.mechanism", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code)
    return mechanism


def require_for_agreement(actor: Actor, session: Session, agreement: Agreement, permission: str) -> None:
    """An officer of one of its parties or of the host, or the secretariat of its grouping."""
    bodies = parties_of(session, agreement.id)
    if agreement.host_id is not None:
        bodies = bodies | {agreement.host_id}
    _require_any(actor, permission, bodies, agreement.grouping_id)


def require_for_item(actor: Actor, session: Session, item: Item, permission: str) -> None:
    """An officer of a party assigned to the item or of a party of its agreement, or the secretariat."""
    bodies = set(session.execute(sa.select(Assignment.body_id).where(Assignment.item_id == item.id)).scalars())
    if item.agreement_id is None:
        issuer = session.execute(sa.select(Document.issuer_id).where(Document.id == item.document_id)).scalar_one()
        if issuer is not None:
            bodies.add(issuer)
        return _require_any(actor, permission, frozenset(bodies), None)
    grouping = session.execute(sa.select(Agreement.grouping_id).where(Agreement.id == item.agreement_id)).scalar_one()
    return _require_any(actor, permission, frozenset(bodies) | parties_of(session, item.agreement_id), grouping)


def parties_of(session: Session, agreement_id: int) -> frozenset[int]:
    """Ids of the parties of an agreement."""
    query = sa.select(AgreementParty.body_id).where(AgreementParty.agreement_id == agreement_id)
    return frozenset(session.execute(query).scalars())


def _require_any(actor: Actor, permission: str, bodies: frozenset[int], grouping_id: int | None) -> None:
    if not any(allowed(actor, permission, body_id=body_id) for body_id in bodies) and not allowed(
        actor, permission, grouping_id=grouping_id
    ):
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


def _merge_target(session: Session, actor: Actor, item: Item, number: str) -> int:
    visible = may_see_item(Snapshot(session, None, date.min), actor)
    found = session.execute(sa.select(Item.id).where(Item.number == number, visible)).scalar_one_or_none()
    if found is None or found == item.id:
        raise Refused(Reason("unknown-item", {"value": number}, field="merge_into"))
    return found
