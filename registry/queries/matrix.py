"""The matrix of an agreement: each item against each city, who leads, joins, supports, opted out, and who made reservations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    Assignment,
    Body,
    Item,
    OptOut,
)
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item
from registry.queries.held import ended
from registry.queries.items import ItemRow, item_rows
from registry.queries.rows import Named, Paging, named_party, party_columns, still
from registry.queries.snapshot import Snapshot

ROLES = ("lead", "join", "support", "opted_out")
"""What a city can be to an item, in the order of the marks; a city that is none of it is not named."""


@dataclass(frozen=True, slots=True)
class City:
    """A column. party: whether it is a party of the agreement now. totals: role → items, of all the items that the filter means.

    reservations: the parts of the text that its standing reservations speak of; empty text where one names none.
    """

    body: Named
    party: bool
    totals: Mapping[str, int]
    reservations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldItems:
    """A field and how many of its items the reader may see. position 0: items under no field."""

    position: int
    title_zh: str | None
    title_en: str | None
    items: int


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An item with its marks: code of a city → what it is to the item, in the order of `ROLES`."""

    item: ItemRow
    position: int
    marks: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A page of the matrix. field: position of the one field asked for, or None; fields: all of them. paging: of the items."""

    number: str
    title_zh: str
    title_en: str | None
    stage: str
    sample: bool
    field: int | None
    fields: tuple[FieldItems, ...]
    cities: tuple[City, ...]
    rows: tuple[MatrixRow, ...]
    paging: Paging


def matrix_page(
    snapshot: Snapshot, actor: Actor, number: str, *, field: int | None = None, page: int = 1, size: int = 100
) -> Matrix:
    """The items of an agreement, by field, against its cities. As many statements whatever the number of either.

    field: only that one, by its position; 0: items under no field. Raises NotFound.
    """
    agreement = snapshot.of(Agreement)
    header = snapshot.session.execute(
        sa.select(agreement).where(agreement.c.number == number, may_see_agreement(snapshot, actor))
    ).one_or_none()
    if header is None:
        raise NotFound("agreement", number)
    item, named = snapshot.of(Item), snapshot.of(AgreementField)
    where: list[Condition] = [item.c.agreement_id == header.id]
    fields = _fields(snapshot, actor, header.id)
    if field is not None:
        chosen = sa.select(named.c.id).where(named.c.agreement_id == header.id, named.c.position == field)
        where.append(item.c.field_id.in_(chosen) if field else item.c.field_id.is_(None))
    place = sa.select(named.c.position).where(named.c.id == item.c.field_id).correlate(item).scalar_subquery()
    items = item_rows(snapshot, actor, where, (sa.func.coalesce(place, 1_000_000),), page=page, size=size)
    marks = _marks(snapshot, [row.number for row in items])
    places = {(each.title_zh, each.title_en): each.position for each in fields}
    total = sum(each.items for each in fields if field in (None, each.position))
    return Matrix(
        header.number,
        header.title_zh,
        header.title_en,
        header.stage,
        header.sample,
        field,
        fields,
        _cities(snapshot, actor, header.id, where),
        tuple(MatrixRow(row, places.get((row.field_zh, row.field_en), 0), marks.get(row.number, {})) for row in items),
        Paging(page, size, total),
    )


def _fields(snapshot: Snapshot, actor: Actor, agreement_id: int) -> tuple[FieldItems, ...]:
    """The fields of the agreement in their order; then, where there are such items, no field. Two statements."""
    field, item = snapshot.of(AgreementField), snapshot.of(Item)
    counts = {
        row.field_id: row.items
        for row in snapshot.session.execute(
            sa.select(item.c.field_id, sa.func.count().label("items"))
            .where(item.c.agreement_id == agreement_id, may_see_item(snapshot, actor))
            .group_by(item.c.field_id)
        )
    }
    rows = snapshot.session.execute(
        sa.select(field).where(field.c.agreement_id == agreement_id).order_by(field.c.position)
    )
    found = [FieldItems(row.position, row.name_zh, row.name_en, counts.get(row.id, 0)) for row in rows]
    return (*found, *([FieldItems(0, None, None, counts[None])] if None in counts else []))


def _marks(snapshot: Snapshot, numbers: Sequence[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Number of an item → code of a city → what it is to the item. One statement."""
    item, body = snapshot.of(Item), snapshot.of(Body)
    query = _parts(snapshot, item.c.number.in_(numbers))
    found: dict[str, dict[str, set[str]]] = {}
    for number, code, role in snapshot.session.execute(
        sa.select(item.c.number, body.c.code, query.c.role)
        .join(item, item.c.id == query.c.item_id)
        .join(body, body.c.id == query.c.body_id)
    ):
        found.setdefault(number, {}).setdefault(code, set()).add(role)
    return {
        number: {code: tuple(role for role in ROLES if role in roles) for code, roles in cities.items()}
        for number, cities in found.items()
    }


def _parts(snapshot: Snapshot, *where: Condition) -> sa.Subquery:
    """Item, body and role of every assignment and opt-out that holds, of items under these conditions."""
    item, assigned, out = snapshot.of(Item), snapshot.of(Assignment), snapshot.of(OptOut)
    named = (
        sa.select(assigned.c.item_id, assigned.c.body_id, assigned.c.role)
        .join(item, item.c.id == assigned.c.item_id)
        .where(still(snapshot, assigned), *where)
    )
    gone = (
        sa.select(out.c.item_id, out.c.body_id, sa.literal("opted_out", sa.String()).label("role"))
        .join(item, item.c.id == out.c.item_id)
        .where(still(snapshot, out), *where)
    )
    return sa.union_all(named, gone).subquery("parts")


def _cities(snapshot: Snapshot, actor: Actor, agreement_id: int, where: Sequence[Condition]) -> tuple[City, ...]:
    """The parties of the agreement in their order, then others that have a part in its items. Three statements."""
    party, body = snapshot.of(AgreementParty), snapshot.of(Body)
    parts = _parts(snapshot, *where, may_see_item(snapshot, actor))
    counted = (
        sa.select(parts.c.body_id, parts.c.role, sa.func.count(sa.distinct(parts.c.item_id)).label("items"))
        .group_by(parts.c.body_id, parts.c.role)
    )  # fmt: skip
    totals: dict[int, dict[str, int]] = {}
    for row in snapshot.session.execute(counted):
        totals.setdefault(row.body_id, {})[row.role] = row.items
    of_it = sa.and_(party.c.body_id == body.c.id, party.c.agreement_id == agreement_id, still(snapshot, party))
    reserved = _reservations(snapshot, agreement_id)
    rows = snapshot.session.execute(
        sa.select(body.c.id, party.c.position, *party_columns(body))
        .select_from(body.outerjoin(party, of_it))
        .where(sa.or_(party.c.id.is_not(None), body.c.id.in_(sorted(totals))))
        .order_by(party.c.position.is_(None), party.c.position, body.c.code)
    )
    return tuple(
        City(
            named_party(row),
            row.position is not None,
            {role: totals.get(row.id, {}).get(role, 0) for role in ROLES},
            tuple(reserved.get(row.id, ())),
        )
        for row in rows
    )


def _reservations(snapshot: Snapshot, agreement_id: int) -> dict[int, list[str]]:
    """Id of a body → the parts of the text that its reservations speak of, those neither annulled nor run out."""
    act = snapshot.of(Act)
    run_out = sa.and_(
        act.c.valid_until.is_not(None), ended(act.c.valid_until, act.c.valid_precision, snapshot.today.isoformat())
    )
    query = (
        sa.select(act.c.body_id, act.c.clause)
        .where(act.c.agreement_id == agreement_id, act.c.kind == "reservation", act.c.annulled_at.is_(None), ~run_out)
        .order_by(act.c.id)
    )
    found: dict[int, list[str]] = {}
    for body_id, clause in snapshot.session.execute(query):
        found.setdefault(body_id, []).append(clause or "")
    return found
