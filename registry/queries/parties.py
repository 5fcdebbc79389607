"""Parties: the list, and one city's page: what it leads and joins, what it signed, where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import Alias, Body, Department
from registry.permissions import Actor
from registry.queries.agreements import AgreementFilter, AgreementList, agreement_list
from registry.queries.documents import citations_of
from registry.queries.history import Event, entries_on, headlines
from registry.queries.items import ItemCount, ItemFilter, ItemList, item_counts, item_list
from registry.queries.members import Member, former_and_current
from registry.queries.rows import Cited, Named, Query, Row
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A body in a list. code: GB/T 2260 where there is one. signs: it is a party, not only a name."""

    code: str
    gb_code: str | None
    title_zh: str
    title_en: str | None
    kind: str
    province: str | None
    parent: Named | None
    signs: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class PartyPage:
    """One body. leads, joins: its items by stage and grade. items: those it has any part in, what needs attention first."""

    id: int
    row: BodyRow
    note: str | None
    aliases: tuple[str, ...]
    departments: tuple[tuple[str, str | None], ...]
    parts: tuple[Named, ...]
    memberships: tuple[Member, ...]
    agreements: AgreementList
    leads: tuple[ItemCount, ...]
    joins: tuple[ItemCount, ...]
    items: ItemList
    citations: tuple[Cited, ...]
    history: tuple[Event, ...]


def party_list(snapshot: Snapshot, *, signing: bool | None = True) -> tuple[BodyRow, ...]:
    """The bodies by code, sample ones last. signing: True only parties, False only mere names, None all. Everybody sees them."""
    body = snapshot.of(Body)
    query = _query(snapshot).order_by(body.c.sample, body.c.code)
    if signing is not None:
        query = query.where(body.c.signs == signing)
    return tuple(_row(row) for row in snapshot.session.execute(query))


def party_page(snapshot: Snapshot, actor: Actor, code: str, *, page: int = 1, size: int = 50) -> PartyPage:
    """One body. page, size: of its items. Raises NotFound."""
    row = snapshot.session.execute(_query(snapshot).where(snapshot.of(Body).c.code == code)).one_or_none()
    if row is None:
        raise NotFound("party", code)
    return PartyPage(
        id=row.id,
        row=_row(row),
        note=row.note,
        aliases=aliases_of(snapshot, body=row.id),
        departments=_departments(snapshot, row.id),
        parts=_parts(snapshot, row.id),
        memberships=former_and_current(snapshot, party=row.id),
        agreements=agreement_list(snapshot, actor, AgreementFilter(party=code)),
        leads=item_counts(snapshot, actor, ItemFilter(party=code, role="lead")),
        joins=item_counts(snapshot, actor, ItemFilter(party=code, role="join")),
        items=item_list(snapshot, actor, ItemFilter(party=code), page=page, size=size, urgent=True),
        citations=citations_of(snapshot, actor, "body", row.id),
        history=headlines(snapshot, actor, entries_on(snapshot, actor, "party", row.id)),
    )


def aliases_of(snapshot: Snapshot, *, body: int | None = None, grouping: int | None = None) -> tuple[str, ...]:
    """Other names of a body or a grouping (id) that hold everywhere, not only in one issuer's papers."""
    alias = snapshot.of(Alias)
    owner = alias.c.body_id == body if body is not None else alias.c.grouping_id == grouping
    query = sa.select(alias.c.text).where(owner, alias.c.issuer_id.is_(None)).order_by(alias.c.id)
    return tuple(snapshot.session.scalars(query))


def _query(snapshot: Snapshot) -> Query:
    body, parent = snapshot.of(Body), snapshot.of(Body, "parent")
    return (
        sa.select(
            body,
            parent.c.code.label("parent_code"),
            parent.c.name_zh.label("parent_zh"),
            parent.c.name_en.label("parent_en"),
            parent.c.sample.label("parent_sample"),
        )
        .select_from(body)
        .outerjoin(parent, parent.c.id == body.c.parent_id)
    )


def _row(row: Row) -> BodyRow:
    parent = None
    if row.parent_code is not None:
        parent = Named("body", row.parent_code, row.parent_zh, row.parent_en, row.parent_sample)
    return BodyRow(
        row.code, row.gb_code, row.name_zh, row.name_en, row.kind, row.province, parent, row.signs, row.sample
    )


def _departments(snapshot: Snapshot, body_id: int) -> tuple[tuple[str, str | None], ...]:
    department = snapshot.of(Department)
    query = (
        sa.select(department.c.name_zh, department.c.name_en)
        .where(department.c.body_id == body_id)
        .order_by(department.c.id)
    )
    return tuple((row.name_zh, row.name_en) for row in snapshot.session.execute(query))


def _parts(snapshot: Snapshot, body_id: int) -> tuple[Named, ...]:
    body = snapshot.of(Body)
    query = (
        sa.select(body.c.code, body.c.name_zh, body.c.name_en, body.c.sample)
        .where(body.c.parent_id == body_id)
        .order_by(body.c.code)
    )
    return tuple(Named("body", *row) for row in snapshot.session.execute(query))
