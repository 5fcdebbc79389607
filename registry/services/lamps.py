"""Lamps: the rules that hold from a day on, and the colour that a leader decides against them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.lamps import canonical, read_policy, shipped
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, Document, Item, LampOverride, LampPolicy
from registry.models.items import LAMPS
from registry.permissions import Actor, require
from registry.services import subjects
from registry.services.days import date_of
from registry.services.items import require_any


@dataclass(frozen=True, slots=True)
class OverrideLamp:
    """The colour that an item shows from today on, whatever the rules say. basis: the document with the decision."""

    item: str
    colour: str
    basis: str
    reason: str


@dataclass(frozen=True, slots=True)
class RestoreLamp:
    """The item shows its computed lamp again, from today on. basis: the document with the decision."""

    item: str
    basis: str


@dataclass(frozen=True, slots=True)
class ChooseLampPolicy:
    """The rules that hold from a day on. slug: of rules that come with the register, e.g. yinchuan-2025."""

    slug: str
    since: date
    basis: str | None = None
    note: str | None = None


def override_lamp(session: Session, actor: Actor, ask: OverrideLamp, *, at: datetime) -> LampOverride:
    """Decide the lamp of an item, by the host of its agreement or issuer of its document, or the secretariat: not by a party
    that only leads it. An earlier decision ends.

    Raises NotPermitted; NotFound; Refused unknown-choice, basis-missing, reason-missing, lamp-of-ended, unknown-document.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        _require_keeper(actor, session, item)
        basis, reasons = _basis(session, actor, ask.basis), []
        if ask.colour not in LAMPS:
            reasons.append(Reason("unknown-choice", {"value": ask.colour}, field="colour"))
        if not ask.reason.strip():
            reasons.append(Reason("reason-missing", field="reason"))
        if item.stage == "ended":
            reasons.append(Reason("lamp-of-ended", {"item": item.number}))
        if reasons:
            raise Refused(*reasons)
        today = date_of(session, at)
        _end(session, item, today)
        why = seal(session, ask.reason, body_id=actor.body_id)
        override = LampOverride(
            item_id=item.id, colour=ask.colour, since=today.isoformat(), body_id=actor.body_id, basis_id=basis.id, reason=why,
            recorded_at=at,
        )  # fmt: skip
        session.add(override)
        item.revision += 1
        session.flush()
        book.record(
            act="lamp.override", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code, reason=why,
            basis=subjects.cited_as(basis),
        )  # fmt: skip
    return override


def restore_lamp(session: Session, actor: Actor, ask: RestoreLamp, *, at: datetime) -> Item:
    """End a decision on an item's lamp: from today on it is computed again.

    Raises NotPermitted; NotFound; Refused basis-missing, lamp-not-overridden, unknown-document.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        _require_keeper(actor, session, item)
        basis = _basis(session, actor, ask.basis)
        if not _end(session, item, date_of(session, at)):
            raise Refused(Reason("lamp-not-overridden", {"item": item.number}))
        item.revision += 1
        book.record(
            act="lamp.restore", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis),
        )  # fmt: skip
    return item


def choose_lamp_policy(session: Session, actor: Actor, ask: ChooseLampPolicy, *, at: datetime) -> LampPolicy:
    """Choose the rules for lamps from a day on, today or later; they are kept as they are now, whatever a later version ships.

    Raises NotPermitted; Refused unknown-lamp-policy, policy-reaches-back, lamp-policy-known, unknown-document.
    """
    with atomic(session) as book:
        require(actor, "policy:set")
        subjects.locked_register(session)
        since = ask.since.isoformat()
        reasons = []
        if ask.slug not in shipped():
            known = ", ".join(shipped())
            reasons.append(Reason("unknown-lamp-policy", {"value": ask.slug, "known": known}, field="slug"))
        if ask.since < date_of(session, at):
            reasons.append(Reason("policy-reaches-back", {"value": since}, field="since"))
        if session.execute(sa.select(LampPolicy.id).where(LampPolicy.since == since)).first():
            reasons.append(Reason("lamp-policy-known", {"value": since}, field="since"))
        if reasons:
            raise Refused(*reasons)
        basis = subjects.basis_document(session, actor, ask.basis)
        rules = canonical(shipped()[ask.slug])
        policy = LampPolicy(
            slug=read_policy(rules).slug,
            since=since,
            rules=rules,
            basis_id=subjects.id_of(basis),
            note=ask.note or None,
        )
        session.add(policy)
        session.flush()
        book.record(
            act="lamp.choose", actor=actor, subject=("lamp_policy", policy.id), at=at, basis=subjects.cited_as(basis)
        )
    return policy


def _require_keeper(actor: Actor, session: Session, item: Item) -> None:
    """An officer of the host of the item's agreement or of the issuer of its document, or the secretariat."""
    if item.agreement_id is not None:
        agreement = session.get_one(Agreement, item.agreement_id)
        keeper, grouping = agreement.host_id, agreement.grouping_id
    else:
        keeper, grouping = session.get_one(Document, item.document_id).issuer_id, None
    require_any(actor, "lamp:override", frozenset() if keeper is None else frozenset({keeper}), grouping)


def _basis(session: Session, actor: Actor, number: str) -> Document:
    """The document without which a lamp is not decided."""
    found = subjects.basis_document(session, actor, number.strip())
    if found is None:
        raise Refused(Reason("basis-missing", field="basis"))
    return found


def _end(session: Session, item: Item, today: date) -> bool:
    """End the decision that holds, the day before; of one made today, no day is left. False: none holds."""
    query = sa.select(LampOverride).where(LampOverride.item_id == item.id, LampOverride.until.is_(None))
    override = session.execute(query).scalar_one_or_none()
    if override is None:
        return False
    override.until = (today - timedelta(days=1)).isoformat()
    session.flush()
    return True
