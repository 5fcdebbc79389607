"""Parties in an item: one joins it, one opts out, one comes back. Who opted out is not bound by the item and is not waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, Assignment, Body, Item, Notice, OptOut
from registry.permissions import Actor, require
from registry.services import notices, rounds, subjects
from registry.services.days import day_of
from registry.services.leads import current_party, end, eve


@dataclass(frozen=True, slots=True)
class JoinItem:
    """A party (code) joins an item. since: from when on; not written: today."""

    item: str
    party: str
    since: PartialDate = UNKNOWN
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class LeaveItem:
    """A party (code) takes no part in an item. since: from when on; not written: today. reason: why, under its own seal."""

    item: str
    party: str
    reason: str
    since: PartialDate = UNKNOWN
    basis: str | None = None


def join_item(session: Session, actor: Actor, ask: JoinItem, *, at: datetime) -> Assignment:
    """Let a party of the item's agreement join it; an opt-out ends the day before. Open rounds are counted with it,
    and the parties of the agreement and its host are told.

    By its own officer. Raises NotPermitted; NotFound; Refused unknown-party, not-a-party, item-over, takes-part,
    unknown-document, in-the-future, ends-before-it-began (of the opt-out).
    """
    with atomic(session) as book:
        item, party = _item_and_party(session, actor, ask.item, ask.party, "item:join")
        since = _since(session, ask.since, at)
        if _duties(session, item, party):
            raise Refused(Reason("takes-part", {"party": party.name_zh, "item": item.number}, field="party"))
        basis = subjects.basis_document(session, actor, ask.basis)
        out = standing_opt_out(session, item.id, party.id)
        if out is not None:
            _require_later(since, PartialDate.of(out.since, out.since_precision))
            end(out, eve(since))
        places = sa.select(sa.func.coalesce(sa.func.max(Assignment.position), 0)).where(
            Assignment.item_id == item.id, Assignment.role == "join"
        )
        joined = Assignment(
            item_id=item.id, body_id=party.id, role="join", position=session.execute(places).scalar_one() + 1,
            since=since.value, since_precision=str(since.precision),
        )  # fmt: skip
        session.add(joined)
        item.revision += 1
        rounds.recount(session, ("item", item.id), at=at)
        _tell(session, item, "joined", joined, at=at)
        book.record(
            act="item.join", actor=actor, subject=("item", item.id), at=at, on_behalf_of=party.code,
            basis=subjects.cited_as(basis), effective=since,
        )  # fmt: skip
    return joined


def opt_out(session: Session, actor: Actor, ask: LeaveItem, *, at: datetime) -> OptOut:
    """Let a party of the item's agreement take no part in it: what it did there ends the day before, and open rounds are counted
    without it. Its earlier answers stay, and count again should it come back. The parties of the agreement and its host are told.

    By its own officer. Raises NotPermitted; NotFound; Refused unknown-party, not-a-party, item-over, opted-out, leads-the-item
    (the lead is passed first), reason-missing, unknown-document, in-the-future, ends-before-it-began.
    """
    with atomic(session) as book:
        item, party = _item_and_party(session, actor, ask.item, ask.party, "item:opt-out")
        since = _since(session, ask.since, at)
        duties = _duties(session, item, party)
        _check(session, item, party, duties, since)
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        basis = subjects.basis_document(session, actor, ask.basis)
        for duty in duties:
            end(duty, eve(since))
        out = OptOut(
            item_id=item.id, body_id=party.id, since=since.value, since_precision=str(since.precision),
            basis_id=subjects.id_of(basis),
        )  # fmt: skip
        session.add(out)
        item.revision += 1
        rounds.recount(session, ("item", item.id), at=at)
        _tell(session, item, "opted_out", out, at=at)
        book.record(
            act="item.optout", actor=actor, subject=("item", item.id), at=at, on_behalf_of=party.code,
            reason=seal(session, ask.reason.strip(), body_id=party.id), basis=subjects.cited_as(basis), effective=since,
        )  # fmt: skip
    return out


def standing_opt_out(session: Session, item_id: int, body_id: int) -> OptOut | None:
    """The opt-out of a party from an item, if it holds."""
    query = sa.select(OptOut).where(
        OptOut.item_id == item_id, OptOut.body_id == body_id, OptOut.until_precision.is_(None)
    )
    return session.execute(query).scalar_one_or_none()


def _item_and_party(session: Session, actor: Actor, number: str, code: str, permission: str) -> tuple[Item, Body]:
    """An item that goes on, locked, and a party of its agreement whose officer the actor is."""
    item = subjects.locked_item(session, actor, number)
    party = subjects.party(session, code, field="party")
    require(actor, permission, body_id=party.id)
    if item.agreement_id is None or current_party(session, item.agreement_id, party.id) is None:
        parent = "" if item.agreement_id is None else session.get_one(Agreement, item.agreement_id).number
        values = {"party": party.name_zh, "agreement": parent or item.number}
        raise Refused(Reason("not-a-party", values, field="party"))
    if item.stage == "ended":
        raise Refused(Reason("item-over", {"item": item.number}))
    return item, party


def _duties(session: Session, item: Item, party: Body) -> list[Assignment]:
    """What the party does in the item now."""
    query = sa.select(Assignment).where(
        Assignment.item_id == item.id, Assignment.body_id == party.id, Assignment.until_precision.is_(None)
    )
    return list(session.execute(query.order_by(Assignment.id)).scalars())


def _since(session: Session, since: PartialDate, at: datetime) -> PartialDate:
    """From when on: today where nothing was written."""
    today = day_of(session, at)
    if since.value is None:
        return today
    if today.certainly_before(since):
        raise Refused(Reason("in-the-future", {"value": since.value}, field="since"))
    return since


def _check(session: Session, item: Item, party: Body, duties: list[Assignment], since: PartialDate) -> None:
    """Whether the party may take no part from then on."""
    values = {"party": party.name_zh, "item": item.number}
    if standing_opt_out(session, item.id, party.id) is not None:
        raise Refused(Reason("opted-out", values, field="party"))
    if any(duty.role == "lead" for duty in duties):
        raise Refused(Reason("leads-the-item", values, field="party"))
    for duty in duties:
        _require_later(since, PartialDate.of(duty.since, duty.since_precision))


def _tell(session: Session, item: Item, kind: str, row: Assignment | OptOut, *, at: datetime) -> None:
    """Tell all parties of the item's agreement, itself too, and its host, each once. kind: joined, opted_out."""
    session.flush()
    notice = Notice(
        subject_kind="item", subject_id=item.id, kind=kind, mark=f"{kind}:{row.id}", party_id=row.body_id, recorded_at=at,
    )  # fmt: skip
    whose = ("item", item.id) if item.agreement_id is None else ("agreement", item.agreement_id)
    parties, host = (notices.readers_of(session, whose, relation) for relation in ("each_party", "host"))
    notices.tell(session, notice, notices.Readers((*parties.bodies, *host.bodies)))


def _require_later(since: PartialDate, begun: PartialDate) -> None:
    if since.certainly_before(begun):
        raise Refused(Reason("ends-before-it-began", {"value": begun.value or ""}, field="since"))
