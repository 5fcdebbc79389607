"""Whom a record concerns: the parties that are told when its facts are to change, and the secretariats that keep it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import (
    Agreement,
    Assignment,
    Body,
    Claim,
    Document,
    Edition,
    Item,
    MeetingSeries,
    Membership,
)
from registry.permissions import Actor, allowed, allowed_anywhere
from registry.queries.rounds import Subject, electorate_of, keepers_of


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids of the parties of a record, and of the groupings whose secretariats keep it."""

    bodies: tuple[int, ...] = ()
    groupings: tuple[int, ...] = ()

    def anybody(self) -> bool:
        """Whether it concerns anybody of the register."""
        return bool(self.bodies or self.groupings)

    def speaker(self, actor: Actor, permission: str) -> int | None:
        """The party of the record for which the actor may do this; None: none, or the register itself."""
        if allowed(actor, permission):
            return None
        mine = [body for body in self.bodies if allowed(actor, permission, body_id=body)]
        return next((body for body in mine if body == actor.body_id), mine[0] if mine else None)

    def may(self, actor: Actor, permission: str) -> bool:
        """Whether the actor may do this for a party or as a secretariat of the record; a record that concerns nobody of the
        register is everybody's who may do it anywhere."""
        if not self.anybody():
            return allowed_anywhere(actor, permission)
        return any(allowed(actor, permission, body_id=body) for body in self.bodies) or any(
            allowed(actor, permission, grouping_id=grouping) for grouping in self.groupings
        )


def concerned(session: Session, subject: Subject) -> Concerned:
    """Whom a record concerns now.

    agreement, item: its parties, the host, the secretariat. party: itself. grouping: its members. meeting: the members of the
    groupings whose series it belongs to or whose agreements it brought. document: its issuer and whom its items name.
    claim: those of its agreement, grouping, meeting or document, the narrowest that it names.
    """
    kind, identity = subject
    if kind in ("agreement", "item"):
        host_id, grouping_id = keepers_of(session, subject)
        parties = electorate_of(session, subject).each_party.values()
        issuers = session.scalars(_issuer_of_item(identity)) if kind == "item" else ()
        return Concerned(_once(*parties, host_id, *issuers), _once(grouping_id))
    if kind == "party":
        groupings = _current(Membership.grouping_id).where(Membership.body_id == identity)
        return Concerned((identity,), _once(*session.scalars(groupings)))
    if kind == "grouping":
        return _of_groupings(session, [identity])
    if kind == "meeting":
        return _of_groupings(session, session.scalars(_groupings_of_meeting(identity)).all())
    if kind == "document":
        bodies = _once(*session.scalars(_bodies_of_document(identity)))
        groupings = _current(Membership.grouping_id).where(
            Membership.body_id.in_(sa.select(Document.issuer_id).where(Document.id == identity))
        )
        return Concerned(bodies, _once(*session.scalars(groupings)))
    return concerned(session, _claimed(session, identity))


def _claimed(session: Session, claim_id: int) -> Subject:
    """The narrowest record that a claim speaks of."""
    columns = (Claim.agreement_id, Claim.meeting_id, Claim.grouping_id, Claim.document_id)
    found = session.execute(sa.select(*columns).where(Claim.id == claim_id)).one()
    kinds = ("agreement", "meeting", "grouping", "document")
    return next((kind, identity) for kind, identity in zip(kinds, found, strict=True) if identity is not None)


def _of_groupings(session: Session, groupings: Collection[int]) -> Concerned:
    members = _current(Membership.body_id).where(Membership.grouping_id.in_(groupings)).order_by(Membership.position)
    return Concerned(_once(*session.scalars(members)), _once(*groupings))


def _groupings_of_meeting(meeting_id: int) -> sa.Select[int]:
    series = (
        sa.select(MeetingSeries.grouping_id)
        .join(Edition, Edition.series_id == MeetingSeries.id)
        .where(Edition.meeting_id == meeting_id, MeetingSeries.grouping_id.is_not(None))
    )
    brought = sa.select(Agreement.grouping_id).where(
        Agreement.meeting_id == meeting_id, Agreement.grouping_id.is_not(None)
    )
    return sa.select(sa.union(series, brought).subquery().c.grouping_id)


def _bodies_of_document(document_id: int) -> sa.Select[int]:
    """Its issuer and whom its items name, of those that can sign."""
    issuer = sa.select(Document.issuer_id).where(Document.id == document_id)
    named = (
        sa.select(Assignment.body_id).join(Item, Item.id == Assignment.item_id).where(Item.document_id == document_id)
    )
    return sa.select(Body.id).where(Body.signs, sa.or_(Body.id.in_(issuer), Body.id.in_(named))).order_by(Body.id)


def _issuer_of_item(item_id: int) -> sa.Select[int]:
    return (
        sa.select(Body.id)
        .join(Document, Document.issuer_id == Body.id)
        .join(Item, Item.document_id == Document.id)
        .where(Item.id == item_id, Body.signs)
    )


def _current(column: sa.orm.InstrumentedAttribute[int]) -> sa.Select[int]:
    return sa.select(column).where(Membership.until_precision.is_(None))


def _once(*identities: int | None) -> tuple[int, ...]:
    return tuple(dict.fromkeys(each for each in identities if each is not None))
