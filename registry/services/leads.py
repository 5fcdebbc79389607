"""Leads of items: what becomes of them when a party leaves its agreement, and the act that names others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.domain.names import tidy
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import (
    Agreement,
    AgreementParty,
    Assignment,
    Body,
    Department,
    Document,
    Item,
    MatterParty,
    Membership,
    OptOut,
    Proposal,
)
from registry.permissions import Actor
from registry.services import rounds, subjects
from registry.services.days import day_of
from registry.services.items import require_any
from registry.services.proposals import LIVE


@dataclass(frozen=True, slots=True)
class PassLead:
    """The leads of an item from now on, by party code; the first reports for all. department: of the first, by its exact name."""

    item: str
    leads: tuple[str, ...]
    department: str | None = None
    basis: str | None = None
    reason: str | None = None


def leave(session: Session, agreement: Agreement, body_id: int, until: PartialDate, *, at: datetime) -> None:
    """Let a party leave an agreement, within the caller's act: it is a party until then, leads and joins no item that goes on,
    and open rounds are counted without it. It still reads what it was party to.

    The caller holds the agreement's lock. Raises Refused not-a-party.
    """
    party = current_party(session, agreement.id, body_id)
    if party is None:
        raise Refused(_not_a_party(session.get_one(Body, body_id), agreement))
    end(party, until)
    agreement.revision += 1
    rounds.recount(session, ("agreement", agreement.id), at=at)
    for item in _going_on(session, agreement.id, body_id):
        for duty in _duties(session, item, body_id=body_id):
            end(duty, until)
        for out in _opt_outs(session, item, body_id):
            end(out, until)
        item.revision += 1
        rounds.recount(session, ("item", item.id), at=at)


def pass_lead(session: Session, actor: Actor, ask: PassLead, *, at: datetime) -> Item:
    """Name the leads of an item; who led it before joins it from now on.

    By an officer of a party that leads it; where nobody does, of the parties named; or by the host or the secretariat.
    Raises NotPermitted; NotFound; Refused new-lead-missing, unknown-party, not-a-party, opted-out, unknown-department,
    lead-unchanged, unknown-document.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        agreement = session.get(Agreement, item.agreement_id) if item.agreement_id is not None else None
        before = _duties(session, item, role="lead")
        parties = [subjects.party(session, code, field="leads") for code in dict.fromkeys(ask.leads)]
        own = _who(session, item, agreement, [each.body_id for each in before], [each.id for each in parties])
        require_any(actor, "lead:pass", own, agreement.grouping_id if agreement else None)
        _check(session, item, agreement, parties)
        department = _department(session, parties[0], ask.department)
        if [(each.body_id, each.department_id) for each in before] == _wanted(parties, department):
            raise Refused(Reason("lead-unchanged", field="leads"))
        basis = subjects.basis_document(session, actor, ask.basis)
        reason = seal(session, ask.reason, body_id=actor.body_id)
        _replace(session, item, before, _wanted(parties, department), day_of(session, at))
        item.revision += 1
        rounds.recount(session, ("item", item.id), at=at)
        book.record(
            act="lead.pass", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code, reason=reason,
            basis=subjects.cited_as(basis),
        )  # fmt: skip
    return item


def current_party(session: Session, agreement_id: int, body_id: int) -> AgreementParty | None:
    """The body as a party of the agreement, unless it never was one or has left."""
    query = sa.select(AgreementParty).where(
        AgreementParty.agreement_id == agreement_id,
        AgreementParty.body_id == body_id,
        AgreementParty.until_precision.is_(None),
    )
    return session.execute(query).scalar_one_or_none()


def end(row: AgreementParty | Assignment | MatterParty | Membership | OptOut, until: PartialDate) -> None:
    """Let what a body is to a record end."""
    row.until, row.until_precision = until.value, str(until.precision)


def eve(on: PartialDate) -> PartialDate:
    """The last day of what another thing replaces on this day; of a month or a year, nobody knows it better than so."""
    if on.precision is not Precision.DAY or on.value is None:
        return on
    return PartialDate.of((date.fromisoformat(on.value) - timedelta(days=1)).isoformat(), Precision.DAY)


def _going_on(session: Session, agreement_id: int, body_id: int) -> Sequence[Item]:
    """The items of an agreement that have not ended and that the body takes part in or is asked about, locked in order."""
    taking_part = sa.exists().where(
        Assignment.item_id == Item.id, Assignment.body_id == body_id, Assignment.until_precision.is_(None)
    )
    asked = sa.exists().where(
        Proposal.subject_kind == "item", Proposal.subject_id == Item.id, Proposal.outcome.in_(LIVE)
    )
    out = sa.exists().where(OptOut.item_id == Item.id, OptOut.body_id == body_id, OptOut.until_precision.is_(None))
    query = sa.select(Item).where(
        Item.agreement_id == agreement_id, Item.stage != "ended", sa.or_(taking_part, asked, out)
    )
    return session.execute(query.order_by(Item.id).with_for_update(key_share=True)).scalars().all()


def _duties(session: Session, item: Item, **of: Any) -> Sequence[Assignment]:
    """Who leads and joins an item now, of one role or one body."""
    query = sa.select(Assignment).where(Assignment.item_id == item.id, Assignment.until_precision.is_(None))
    return session.execute(query.filter_by(**of).order_by(Assignment.position, Assignment.id)).scalars().all()


def _opt_outs(session: Session, item: Item, *bodies: int) -> Sequence[OptOut]:
    """The opt-outs of these bodies from an item that hold."""
    query = sa.select(OptOut).where(
        OptOut.item_id == item.id, OptOut.body_id.in_(bodies), OptOut.until_precision.is_(None)
    )
    return session.execute(query.order_by(OptOut.id)).scalars().all()


def _who(
    session: Session, item: Item, agreement: Agreement | None, leading: Sequence[int], named: Sequence[int]
) -> frozenset[int]:
    """Bodies whose officers may pass the lead: those that lead, under an agreement whoever would where nobody does; and the
    host, or the issuer of the item's document."""
    if agreement is None:
        keeper = session.execute(sa.select(Document.issuer_id).where(Document.id == item.document_id)).scalar_one()
        own = leading
    else:
        keeper, own = agreement.host_id, leading or named
    return frozenset(own) | (frozenset() if keeper is None else {keeper})


def _check(session: Session, item: Item, agreement: Agreement | None, parties: Sequence[Body]) -> None:
    if not parties:
        raise Refused(Reason("new-lead-missing", field="leads"))
    if agreement is None:
        return
    strangers = [party for party in parties if current_party(session, agreement.id, party.id) is None]
    if strangers:
        raise Refused(*(_not_a_party(party, agreement, "leads") for party in strangers))
    names = {party.id: party.name_zh for party in parties}
    out = [names[each.body_id] for each in _opt_outs(session, item, *names)]
    if out:
        raise Refused(Reason("opted-out", {"party": "、".join(out), "item": item.number}, field="leads"))


def _not_a_party(party: Body, agreement: Agreement, field: str = "party") -> Reason:
    return Reason("not-a-party", {"party": party.name_zh, "agreement": agreement.number}, field=field)


def _department(session: Session, party: Body, name: str | None) -> int | None:
    wanted = tidy(name or "")
    if not wanted:
        return None
    query = sa.select(Department.id).where(Department.body_id == party.id, Department.name_zh == wanted)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-department", {"value": wanted, "party": party.name_zh}, field="department"))
    return found


def _wanted(parties: Sequence[Body], department: int | None) -> list[tuple[int, int | None]]:
    """The leads as pairs of body and department, in their order."""
    return [(party.id, None if place else department) for place, party in enumerate(parties)]


def _replace(
    session: Session,
    item: Item,
    before: Sequence[Assignment],
    wanted: Sequence[tuple[int, int | None]],
    on: PartialDate,
) -> None:
    """Write the leads from a day on; those of before join, and nobody both leads and joins."""
    leading = {body_id for body_id, _ in wanted}
    joins = _duties(session, item, role="join")
    for each in (*before, *(join for join in joins if join.body_id in leading)):
        end(each, eve(on))
    session.flush()
    begins = {"item_id": item.id, "since": on.value, "since_precision": str(on.precision)}
    for place, (body_id, department_id) in enumerate(wanted, 1):
        session.add(Assignment(**begins, body_id=body_id, department_id=department_id, role="lead", position=place))
    joining = {each.body_id for each in joins}
    moved = dict.fromkeys(each.body_id for each in before if each.body_id not in leading | joining)
    for place, body_id in enumerate(moved, max((each.position for each in joins), default=0) + 1):
        session.add(Assignment(**begins, body_id=body_id, role="join", position=place))
