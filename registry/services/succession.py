"""What a body leaves behind when it ends: its place among parties and members, its duties, its officers' rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.models import (
    Agreement,
    AgreementParty,
    Assignment,
    Body,
    Document,
    Grant,
    Grouping,
    Item,
    Matter,
    MatterParty,
    Mechanism,
    Membership,
)
from registry.services import deeds, leads, rounds

OVER = ("ended", "closed")
"""Stages of what is not worked on any more: it keeps the names it ended with."""


@dataclass(frozen=True, slots=True)
class Successor:
    """Who takes the place of bodies that merged, and the document that says so."""

    body: Body
    basis: Document | None


def end_bodies(
    session: Session, bodies: Sequence[Body], successor: Successor | None, on: PartialDate, *, at: datetime
) -> None:
    """Let bodies end on a day and step down, within the caller's act, which holds the lock of the register.

    successor: takes their place where it has none of its own yet; None: nobody does.
    """
    gone = [body.id for body in bodies]
    groupings, agreements = _locked_places(session, gone)
    for body in bodies:
        body.ended_on, body.ended_precision = on.value, str(on.precision)
        for grouping in groupings:
            _leave_grouping(session, grouping, body.id, successor, on)
        for agreement in agreements:
            _leave_agreement(session, agreement, body.id, successor, on, at=at)
        _leave_work(session, Item, Assignment, body.id, successor, on, at=at)
        _leave_work(session, Matter, MatterParty, body.id, successor, on, at=at)
        if successor is not None:
            _take_over(session, body.id, successor)
        _read_only(session, body.id, at)


def _locked_places(session: Session, gone: Sequence[int]) -> tuple[Sequence[Grouping], Sequence[Agreement]]:
    """The groupings and agreements that they still belong to, locked in the order of the house."""
    of_groupings = sa.select(Membership.grouping_id).where(
        Membership.body_id.in_(gone), Membership.until_precision.is_(None)
    )
    of_agreements = sa.select(AgreementParty.agreement_id).where(
        AgreementParty.body_id.in_(gone), AgreementParty.until_precision.is_(None)
    )
    live = Agreement.stage.not_in(OVER)

    def locked(model: Any, *which: sa.ColumnElement[bool]) -> Sequence[Any]:
        query = sa.select(model).where(*which).order_by(model.id)
        return session.execute(query.with_for_update(key_share=True)).scalars().all()

    return locked(Grouping, Grouping.id.in_(of_groupings)), locked(Agreement, Agreement.id.in_(of_agreements), live)


def _leave_grouping(
    session: Session, grouping: Grouping, body_id: int, successor: Successor | None, on: PartialDate
) -> None:
    of_it = sa.select(Membership).where(Membership.grouping_id == grouping.id, Membership.until_precision.is_(None))
    rows = {each.body_id: each for each in session.execute(of_it).scalars()}
    if body_id not in rows:
        return
    left = rows[body_id]
    leads.end(left, _last(on, successor))
    if successor is not None and successor.body.id not in rows:
        session.add(
            Membership(
                grouping_id=grouping.id, body_id=successor.body.id, role=left.role, position=left.position, **_from(on)
            )
        )
    session.flush()


def _leave_agreement(
    session: Session, agreement: Agreement, body_id: int, successor: Successor | None, on: PartialDate, *, at: datetime
) -> None:
    """The successor is a party, and in the items that go on, before the other leaves: no round is counted without either."""
    left = leads.current_party(session, agreement.id, body_id)
    if left is None:
        return
    if successor is not None:
        _join(session, left, successor, on)
        _succeed(session, agreement, body_id, successor, on, at=at)
        for duty in _live(session, Item, Assignment, body_id, Item.agreement_id == agreement.id):
            _follow(session, duty, successor, on)
    leads.leave(session, agreement, body_id, _last(on, successor), at=at)


def _join(session: Session, left: AgreementParty, successor: Successor, on: PartialDate) -> None:
    """A party in the other's place; one that had left is a party again."""
    query = sa.select(AgreementParty).where(
        AgreementParty.agreement_id == left.agreement_id, AgreementParty.body_id == successor.body.id
    )
    party = session.execute(query).scalar_one_or_none()
    if party is None:
        party = AgreementParty(agreement_id=left.agreement_id, body_id=successor.body.id, position=left.position)
        session.add(party)
    elif party.until_precision is None:
        return
    party.since, party.since_precision, party.until, party.until_precision = on.value, str(on.precision), None, None
    session.flush()


def _succeed(
    session: Session, agreement: Agreement, body_id: int, successor: Successor, on: PartialDate, *, at: datetime
) -> None:
    """Where the other had bound itself to the text and the successor had not: its succession, whose word is awaited."""
    text = deeds.text_of(session, agreement)
    if text is None or deeds.standing(session, text, body_id, deeds.BINDING) is None:
        return
    if deeds.standing(session, text, successor.body.id, deeds.BINDING) is not None:
        return
    act = deeds.row(agreement, successor.body, text, "succession", on, "host", at, basis=successor.basis)
    act.predecessor_id = body_id
    session.add(act)
    deeds.tell(session, agreement, act, "act", at=at)


def _leave_work(
    session: Session,
    model: Any,
    duties: Any,
    body_id: int,
    successor: Successor | None,
    on: PartialDate,
    *,
    at: datetime,
) -> None:
    """Whatever it still has to do in items that stand under documents, and in matters."""
    kind = model.__tablename__
    for duty in _live(session, model, duties, body_id):
        work = session.get_one(model, getattr(duty, f"{kind}_id"), with_for_update={"key_share": True})
        if successor is not None:
            _follow(session, duty, successor, on)
        leads.end(duty, _last(on, successor))
        work.revision += 1
        rounds.recount(session, (kind, work.id), at=at)


def _live(session: Session, model: Any, duties: Any, body_id: int, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
    """What the body is to items or matters that go on, in their order."""
    query = (
        sa.select(duties)
        .join(model, model.id == getattr(duties, f"{model.__tablename__}_id"))
        .where(duties.body_id == body_id, duties.until_precision.is_(None), model.stage.not_in(OVER), *where)
        .order_by(model.id, duties.id)
    )
    return session.execute(query).scalars().all()


def _follow(session: Session, duty: Assignment | MatterParty, successor: Successor, on: PartialDate) -> None:
    """The successor has the duty from that day, unless it has it itself; who leads does not also join."""
    where = {"matter_id": duty.matter_id} if isinstance(duty, MatterParty) else {"item_id": duty.item_id}
    which = {} if isinstance(duty, MatterParty) else {"department_id": duty.department_id}
    model: Any = type(duty)
    query = sa.select(model).filter_by(**where, body_id=successor.body.id, until_precision=None)
    own = session.execute(query.order_by(model.id)).scalars().all()
    if any(each.role in (duty.role, "lead") and all(getattr(each, k) == v for k, v in which.items()) for each in own):
        return
    for each in own if duty.role == "lead" else ():
        if each.role == "join" and each.since == on.value:
            session.delete(each)
        elif each.role == "join":
            leads.end(each, leads.eve(on))
    session.flush()
    more = {"role": duty.role, "position": duty.position} | _from(on)
    session.add(model(**where, **which, **more, body_id=successor.body.id))
    session.flush()


def _last(on: PartialDate, successor: Successor | None) -> PartialDate:
    """The last day in a place: the eve of the day on which another takes it, so that no day counts both."""
    return on if successor is None else leads.eve(on)


def _from(on: PartialDate) -> dict[str, Any]:
    return {"since": on.value, "since_precision": str(on.precision)}


def _take_over(session: Session, body_id: int, successor: Successor) -> None:
    """What names one keeper: the agreements it hosts, the matters it opened, the mechanisms it keeps."""
    for model, column, live in (
        (Agreement, Agreement.host_id, Agreement.stage.not_in(OVER)),
        (Matter, Matter.host_id, Matter.stage.not_in(OVER)),
        (Mechanism, Mechanism.keeper_id, Mechanism.lapsed.is_(False)),
    ):
        for row in session.execute(sa.select(model).where(column == body_id, live).order_by(model.id)).scalars():
            setattr(row, column.key, successor.body.id)


def _read_only(session: Session, body_id: int, at: datetime) -> None:
    """Its officers' accounts: the role ends now, and they read on as viewers."""
    held = sa.select(Grant).where(Grant.body_id == body_id, sa.or_(Grant.until.is_(None), Grant.until > at))
    grants = session.execute(held.order_by(Grant.id).with_for_update()).scalars().all()
    viewers = {each.person_id for each in grants if each.role == "viewer"}
    for grant in grants:
        if grant.role == "officer":
            grant.until = at
            if grant.person_id not in viewers:
                viewers.add(grant.person_id)
                session.add(Grant(person_id=grant.person_id, role="viewer", body_id=body_id, since=at))
    session.flush()
