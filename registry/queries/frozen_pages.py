"""Frozen pages: which there are, and which of them this reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from registry.domain.addresses import Address
from registry.errors import NotFound
from registry.models import Body, FrozenPage
from registry.permissions import Actor
from registry.queries.access import Condition
from registry.queries.rows import Named, Paging, Query, Row, named_party, party_columns
from registry.queries.shares import pages_of
from registry.queries.snapshot import Snapshot, live


@dataclass(frozen=True, slots=True)
class FrozenRow:
    """A frozen page. party: as whose reader it was rendered, None: as everybody. entry: the last one that it knows; made_at: UTC."""

    number: str
    address: Address
    language: str
    title: str
    entry: int
    on: date
    sha256: str
    level: str
    party: Named | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class FrozenList:
    """A page of frozen pages, the last first."""

    rows: tuple[FrozenRow, ...]
    paging: Paging


def frozen_list(snapshot: Snapshot, actor: Actor, *, page: int = 1, size: int = 50) -> FrozenList:
    """Those whose level and whose record this reader may see."""
    query = _frozen().where(_may_see(actor)).order_by(FrozenPage.id.desc())
    rows = [_row(row) for row in snapshot.session.execute(query)]
    seen = {each.address for each in pages_of(snapshot, actor, [row.address for row in rows])}
    shown = [row for row in rows if row.address in seen]
    return FrozenList(tuple(shown[(page - 1) * size : page * size]), Paging(page, size, len(shown)))


def frozen_page(snapshot: Snapshot, actor: Actor, number: str) -> FrozenRow:
    """One of them. Rights are those of today: where the record was narrowed since, it does not open. Raises NotFound."""
    row = snapshot.session.execute(_frozen().where(FrozenPage.number == number, _may_see(actor))).one_or_none()
    if row is None:
        raise NotFound("frozen_page", number)
    found = _row(row)
    if not pages_of(snapshot, actor, [found.address]):
        raise NotFound("frozen_page", number)
    return found


def _may_see(actor: Actor) -> Condition:
    if actor.sees_all:
        return sa.true()
    return sa.or_(FrozenPage.level == "public", FrozenPage.body_id.in_(sorted(actor.reader_bodies)))


def _frozen() -> Query:
    body = live(Body)
    return sa.select(*FrozenPage.__table__.columns, *party_columns(body)).outerjoin(
        body, body.c.id == FrozenPage.body_id
    )


def _row(row: Row) -> FrozenRow:
    party = named_party(row) if row.party_code else None
    return FrozenRow(
        row.number, Address.read(row.address), row.language, row.title, row.entry, date.fromisoformat(row.on), row.sha256,
        row.level, party, row.made_at,
    )  # fmt: skip
