"""Parties: the list, and one city's page: what it leads and joins, what it signed, where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.models import (
    Agreement,
    AgreementParty,
    Alias,
    Body,
    BodyEvent,
    BodyEventPart,
    BodyName,
    Department,
    Document,
)
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_document, stands
from registry.queries.agreements import FIRST, AgreementFilter, AgreementList, agreement_list
from registry.queries.documents import citations_of
from registry.queries.history import Event, entries_on, headlines
from registry.queries.items import ItemCount, ItemFilter, ItemList, item_counts, item_list
from registry.queries.members import Member, former_and_current
from registry.queries.rows import (
    Cited,
    Named,
    Query,
    Row,
    dated,
    document_columns,
    named_document,
    named_party,
    party_columns,
)
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
class Scoped:
    """A name that holds in the papers of one issuer, or of issuers of one kind."""

    text: str
    issuer: Named | None
    issuer_kind: str | None


@dataclass(frozen=True, slots=True)
class NameRow:
    """A name, level and code that a body bore before."""

    title_zh: str
    title_en: str | None
    kind: str
    gb_code: str | None
    since: PartialDate
    until: PartialDate


@dataclass(frozen=True, slots=True)
class Befell:
    """An event of a body. body: of a merger the one that remained, of a split the one it came from; parts: the others."""

    kind: str
    on: PartialDate
    body: Named
    parts: tuple[Named, ...]
    basis: Named | None
    basis_note: str | None


@dataclass(frozen=True, slots=True)
class Term:
    """How long a body was a party of an agreement, where that is known. until: None while it is."""

    agreement: Named
    since: PartialDate
    until: PartialDate | None


@dataclass(frozen=True, slots=True)
class PartyPage:
    """One body. leads, joins: its items by stage and grade. items: those it has any part in, what needs attention first.

    ended: when it ended, None where it exists. terms: of the agreements that it joined later, or has left.
    """

    id: int
    row: BodyRow
    ended: PartialDate | None
    note: str | None
    aliases: tuple[str, ...]
    scoped: tuple[Scoped, ...]
    names: tuple[NameRow, ...]
    events: tuple[Befell, ...]
    terms: tuple[Term, ...]
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
    query = _query(snapshot).where(stands(snapshot, Body)).order_by(body.c.sample, body.c.code)
    if signing is not None:
        query = query.where(body.c.signs == signing)
    return tuple(_row(row) for row in snapshot.session.execute(query))


def party_page(
    snapshot: Snapshot, actor: Actor, code: str, *, page: int = 1, size: int = 25, agreements: int = FIRST
) -> PartyPage:
    """One body. page, size: of its items; agreements: how many of them are named. Raises NotFound."""
    row = snapshot.session.execute(
        _query(snapshot).where(snapshot.of(Body).c.code == code, stands(snapshot, Body))
    ).one_or_none()
    if row is None:
        raise NotFound("party", code)
    return PartyPage(
        id=row.id,
        row=_row(row),
        ended=None if row.ended_precision is None else dated(row.ended_on, row.ended_precision),
        note=row.note,
        aliases=aliases_of(snapshot, body=row.id),
        scoped=scoped_aliases(snapshot, body=row.id),
        names=_names(snapshot, row.id),
        events=_events(snapshot, actor, row.id),
        terms=_terms(snapshot, actor, row.id),
        departments=_departments(snapshot, row.id),
        parts=_parts(snapshot, row.id),
        memberships=former_and_current(snapshot, party=row.id),
        agreements=agreement_list(snapshot, actor, AgreementFilter(party=code), size=agreements),
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
    everywhere = sa.and_(alias.c.issuer_id.is_(None), alias.c.issuer_kind.is_(None))
    return tuple(snapshot.session.scalars(sa.select(alias.c.text).where(owner, everywhere).order_by(alias.c.id)))


def scoped_aliases(snapshot: Snapshot, *, body: int | None = None, grouping: int | None = None) -> tuple[Scoped, ...]:
    """The names that hold in the papers of one issuer, or of one kind of issuer."""
    alias, issuer = snapshot.of(Alias), snapshot.of(Body, "issuer")
    owner = alias.c.body_id == body if body is not None else alias.c.grouping_id == grouping
    query = (
        sa.select(alias.c.text, alias.c.issuer_kind, *party_columns(issuer))
        .select_from(alias)
        .outerjoin(issuer, issuer.c.id == alias.c.issuer_id)
        .where(owner, sa.or_(alias.c.issuer_id.is_not(None), alias.c.issuer_kind.is_not(None)))
        .order_by(alias.c.id)
    )
    return tuple(
        Scoped(row.text, named_party(row) if row.party_code else None, row.issuer_kind)
        for row in snapshot.session.execute(query)
    )


def _names(snapshot: Snapshot, body_id: int) -> tuple[NameRow, ...]:
    former = snapshot.of(BodyName)
    rows = snapshot.session.execute(sa.select(former).where(former.c.body_id == body_id).order_by(former.c.id))
    return tuple(
        NameRow(
            row.name_zh,
            row.name_en,
            row.kind,
            row.gb_code,
            dated(row.since, row.since_precision),
            dated(row.until, row.until_precision),
        )
        for row in rows
    )


def _events(snapshot: Snapshot, actor: Actor, body_id: int) -> tuple[Befell, ...]:
    """Its own events and those that it was a part of, the earliest first. At most two statements."""
    event, part, body, document = (snapshot.of(model) for model in (BodyEvent, BodyEventPart, Body, Document))
    named = sa.exists().where(part.c.event_id == event.c.id, part.c.body_id == body_id)
    rows = snapshot.session.execute(
        sa.select(event, *party_columns(body), *document_columns(document))
        .select_from(event)
        .join(body, body.c.id == event.c.body_id)
        .outerjoin(document, sa.and_(document.c.id == event.c.basis_id, may_see_document(snapshot, actor)))
        .where(sa.or_(event.c.body_id == body_id, named))
        .order_by(event.c.on, event.c.id)
    ).all()
    parts: dict[int, list[Named]] = {row.id: [] for row in rows}
    query = (
        sa.select(part.c.event_id, *party_columns(body))
        .join(body, body.c.id == part.c.body_id)
        .where(part.c.event_id.in_(parts))
    )
    for each in snapshot.session.execute(query.order_by(part.c.id)) if rows else ():
        parts[each.event_id].append(named_party(each))
    return tuple(
        Befell(
            row.kind,
            dated(row.on, row.on_precision),
            named_party(row),
            tuple(parts[row.id]),
            named_document(row),
            row.basis_note if row.basis_id is None or row.document_key else None,
        )
        for row in rows
    )


def _terms(snapshot: Snapshot, actor: Actor, body_id: int) -> tuple[Term, ...]:
    agreement, party = snapshot.of(Agreement), snapshot.of(AgreementParty)
    dates = sa.or_(party.c.since_precision != "unknown", party.c.until_precision.is_not(None))
    query = (
        sa.select(party, agreement.c.number, agreement.c.title_zh, agreement.c.title_en, agreement.c.sample)
        .join(agreement, agreement.c.id == party.c.agreement_id)
        .where(party.c.body_id == body_id, dates, may_see_agreement(snapshot, actor))
        .order_by(agreement.c.number)
    )
    return tuple(
        Term(
            Named("agreement", row.number, row.title_zh, row.title_en, row.sample),
            dated(row.since, row.since_precision),
            None if row.until_precision is None else dated(row.until, row.until_precision),
        )
        for row in snapshot.session.execute(query)
    )


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
