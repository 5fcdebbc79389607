"""Share links: which one a token opens and whether it still does, the pages it shows, and whose links there are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.addresses import Address
from registry.models import Body, Grant, Person, ShareLink, ShareVisit
from registry.permissions import Actor, allowed, allowed_anywhere
from registry.queries.choices import records_of
from registry.queries.people import actor_of
from registry.queries.rows import Named, Query, Row, named_party, party_columns
from registry.queries.snapshot import Snapshot, live

RECORDS = ("agreement", "item", "matter", "party", "grouping", "meeting", "document", "list")
"""Kinds of records whose titles a list of pages shows."""


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share link, without its token. party: of its maker, None: of a secretariat. post: of its maker, as it is now.

    over: why it opens nothing any more: revoked, expired or maker; None while it does. visits: how often a page of it was opened.
    """

    id: int
    label: str
    pages: tuple[Address, ...]
    party: Named | None
    post: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    over: str | None
    visits: int = 0
    own: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """What a token opens. maker: who made it, with the grants of today; None where that account has ended."""

    row: ShareRow
    maker: Actor | None


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page that a link opens. record: the record whose page it is, None of a list."""

    address: Address
    record: Named | None


def share_of(session: Session, digest: str, *, at: datetime) -> Opened | None:
    """What the token of this digest opens; None of an unknown one. The search compares digests, so that the time it takes
    tells nothing of a token. Two statements."""
    row = session.execute(_links().where(ShareLink.digest == digest)).one_or_none()
    if row is None:
        return None
    maker = actor_of(session, row.login, at=at, door="web")
    return Opened(_row(row, at, ended=maker is None or not _holds(maker, row.body_id)), maker)


def shares_of(session: Session, actor: Actor, *, at: datetime) -> tuple[ShareRow, ...]:
    """The links that this person made or may revoke, the last first, with their visits."""
    visits = sa.select(sa.func.coalesce(sa.func.sum(ShareVisit.count), 0)).where(ShareVisit.share_id == ShareLink.id)
    query = _links().add_columns(visits.scalar_subquery().label("visits")).where(may_revoke(actor))
    rows = session.execute(query.order_by(ShareLink.id.desc())).all()
    return tuple(_row(row, at, visits=row.visits, own=row.person_id == actor.person_id) for row in rows)


def may_revoke(actor: Actor) -> sa.ColumnElement[bool]:
    """Condition on links: the actor made it, or is officer of its maker's party, or of the same secretariat as its maker."""
    bodies = [held.body_id for held in actor.held if held.role == "officer"]
    kept = [held.grouping_id for held in actor.held if held.role == "secretariat"]
    colleague = sa.exists().where(Grant.person_id == ShareLink.person_id, Grant.grouping_id.in_(kept))
    return sa.or_(
        ShareLink.person_id == (actor.person_id if actor.person_id is not None else -1),
        ShareLink.body_id.in_(bodies),
        sa.and_(ShareLink.body_id.is_(None), colleague),
    )


def pages_of(snapshot: Snapshot, actor: Actor, addresses: Sequence[Address]) -> tuple[PageRow, ...]:
    """The pages with the names of their records; without those whose record this reader may not see today."""
    names = records_of(snapshot, actor, {each.record for each in addresses if each.record})
    return tuple(
        PageRow(each, names.get(each.record) if each.record else None)
        for each in addresses
        if each.record is None or each.record in names or each.record[0] not in RECORDS
    )


def _holds(maker: Actor, body_id: int | None) -> bool:
    """Whether the maker may still make such a link."""
    if body_id is None:
        return allowed_anywhere(maker, "share:make")
    return allowed(maker, "share:make", body_id=body_id)


def _links() -> Query:
    body = live(Body)
    return (
        sa.select(*ShareLink.__table__.columns, Person.login, Person.post, *party_columns(body))
        .join(Person, Person.id == ShareLink.person_id)
        .outerjoin(body, body.c.id == ShareLink.body_id)
    )


def _row(row: Row, at: datetime, *, ended: bool = False, visits: int = 0, own: bool = False) -> ShareRow:
    over = (
        "revoked" if row.revoked_at is not None else "expired" if row.expires_at <= at else "maker" if ended else None
    )
    pages = tuple(Address.read(text) for text in json.loads(row.pages))
    party = named_party(row) if row.party_code else None
    return ShareRow(
        row.id, row.label, pages, party, row.post, row.made_at, row.expires_at, row.revoked_at, over, visits, own
    )
