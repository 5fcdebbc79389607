"""Items in lists: the filters, the rows, and the counts that open exactly those rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.lamps import COLOURS
from registry.models import (
    Agreement,
    AgreementField,
    Assignment,
    Body,
    Department,
    Document,
    Grouping,
    Item,
    Meeting,
    OptOut,
)
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_item
from registry.queries.lamps import RANK, lamps, told
from registry.queries.rows import Named, Paging, Query, Row, counted, dated, named_party, once, party_columns, still
from registry.queries.snapshot import Snapshot
from registry.queries.standing import Standing, standing

ATTENTION = COLOURS[:2]
"""Lamps that ask for attention: red and yellow."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items: each condition that is given holds; the same filter counts and lists.

    state, stage, grade, lane: as stored. agreement, document, meeting: number; grouping, party: code.
    role: lead, join or support, of the party, or opted_out; none: nobody leads. field: position of the field in its agreement,
    0: under no field. field_name: of the field, exactly, in Chinese. lamp: red, yellow, blue, green, grey, none.
    beside: code of another party that has a part in it.
    """

    state: str | None = None
    stage: str | None = None
    grade: str | None = None
    lane: str | None = None
    agreement: str | None = None
    document: str | None = None
    meeting: str | None = None
    grouping: str | None = None
    party: str | None = None
    role: str | None = None
    field: int | None = None
    field_name: str | None = None
    beside: str | None = None
    lamp: str | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """Who leads or joins: a party, perhaps one of its departments. role: lead, join or support; position as printed."""

    party: Named
    department_zh: str | None
    department_en: str | None
    role: str
    position: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in a list. parent: its agreement or document. lead: the first one; leads: how many lead.

    lamp: red, yellow, blue, green or grey, none of one that has ended; lamp_why: what decided it, one of `domain.lamps.WHY`.
    """

    number: str
    title_zh: str
    title_en: str | None
    parent: Named
    field_zh: str | None
    field_en: str | None
    section: str | None
    state: str
    stage: str
    grade: str
    graded_as_of: PartialDate
    lane: str | None
    lead: Lead | None
    leads: int
    backfilled: bool
    sample: bool
    lamp: str
    lamp_why: str


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many items stand in a stage with a lamp; sample items are counted apart."""

    stage: str
    lamp: str
    sample: bool
    count: int


@dataclass(frozen=True, slots=True)
class ItemList:
    """A page of items. paging.total counts them all; samples: how many of them are sample rows, which stand last. counts: as
    `item_counts` has them."""

    rows: tuple[ItemRow, ...]
    paging: Paging
    samples: int
    counts: tuple[ItemCount, ...]


def item_list(
    snapshot: Snapshot,
    actor: Actor,
    which: ItemFilter = ItemFilter(),
    *,
    page: int = 1,
    size: int = 50,
    urgent: bool = False,
) -> ItemList:
    """A page of the items that the filter means, sample items last. urgent: what needs attention first. At most four statements,
    and the one that tells the rules for lamps."""
    stands = (
        _standing(snapshot, actor, which, lambda found: (_groups(found), found.page(page, size))) if urgent else None
    )
    groups, ids = stands or counted(
        snapshot, _lit(snapshot, actor, which), ("stage", "lamp", "sample"), _order(urgent=urgent), page, size
    )
    counts = tuple(ItemCount(*each) for each in groups)
    return ItemList(
        _rows_of(snapshot, ids),
        Paging(page, size, sum(count.count for count in counts)),
        sum(count.count for count in counts if count.sample),
        counts,
    )


def item_counts(snapshot: Snapshot, actor: Actor, which: ItemFilter = ItemFilter()) -> tuple[ItemCount, ...]:
    """How many items the filter means, by stage, lamp and sample mark: exactly those that `item_list` lists."""
    groups = _standing(snapshot, actor, which, _groups)
    if groups is None:
        lit = _lit(snapshot, actor, which).subquery("lit").c
        by = (lit.stage, lit.lamp, lit.sample)
        query = sa.select(*by, sa.func.count()).group_by(*by).order_by(*by)
        groups = [(stage, lamp, bool(sample), count) for stage, lamp, sample, count in snapshot.session.execute(query)]
    return tuple(ItemCount(*each) for each in groups)


def attention(snapshot: Snapshot, actor: Actor, size: int) -> tuple[ItemRow, ...]:
    """The first items with a red or a yellow lamp, in the order of an urgent list."""
    ids = _standing(snapshot, actor, ItemFilter(), lambda found: found.lit(len(ATTENTION), size))
    if ids is None:
        lit = _lit(snapshot, actor, ItemFilter()).subquery("lit")
        query = sa.select(lit.c.id).where(lit.c.lamp.in_(ATTENTION)).order_by(*_order(urgent=True)(lit)).limit(size)
        ids = list(snapshot.session.scalars(query))
    return _rows_of(snapshot, ids)


def _standing(snapshot: Snapshot, actor: Actor, which: ItemFilter, tell: Callable[[Standing], T]) -> T | None:
    """Of a long list, what is kept; the items of one record are soon counted."""
    if which.agreement is not None or which.document is not None:
        return None
    return standing(snapshot, actor, which, lambda ids: _lit(snapshot, actor, which, ids), tell)


def _groups(found: Standing) -> list[tuple[str, str, bool, int]]:
    return sorted((*group, number) for group, number in found.counts().items())


def _lit(snapshot: Snapshot, actor: Actor, which: ItemFilter, ids: Sequence[int] | None = None) -> Query:
    """The items that the filter means, each with its lamp, and what they are counted and put in order by. ids: of these only."""
    item, where = snapshot.of(Item), conditions_of(snapshot, which)
    if ids is not None:
        where.append(item.c.id.in_(ids))
    graded = ("grade", "graded_as_of", "graded_precision")
    columns = ("id", "stage", "sample", "agreement_id", "document_id", "position", *graded)
    read = once(sa.select(*(item.c[name] for name in columns)).where(may_see_item(snapshot, actor), *where))
    return sa.select(read, lamps(snapshot, where, read).colour.label("lamp"))


def _order(*, urgent: bool) -> Callable[[sa.FromClause], tuple[sa.ColumnElement[Any], ...]]:
    """The order of `standing.Place` as SQL."""

    def order(rows: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
        first = (sa.case(RANK, value=rows.c.lamp),) if urgent else ()
        parent = (sa.func.coalesce(rows.c.agreement_id, 0), sa.func.coalesce(rows.c.document_id, 0))
        return rows.c.sample, *first, *parent, rows.c.position, rows.c.id

    return order


def _rows_of(snapshot: Snapshot, ids: Sequence[int]) -> tuple[ItemRow, ...]:
    """The rows of these items, which may be seen, in this order. One statement."""
    query = row_query(snapshot, snapshot.of(Item).c.id.in_(ids))
    rows = {row.id: item_row(row) for row in snapshot.session.execute(query)}
    return tuple(rows[identity] for identity in ids)


def conditions_of(snapshot: Snapshot, which: ItemFilter) -> list[Condition]:
    """The filter as conditions on `snapshot.of(Item)`; the levels are apart, in `may_see_item`."""
    item, agreement = snapshot.of(Item), snapshot.of(Agreement, "asked")
    found: list[Condition] = [
        item.c[name] == value
        for name in ("state", "stage", "grade", "lane")
        if (value := getattr(which, name)) is not None
    ]
    for model, name, key, column in (
        (Grouping, "grouping", "code", agreement.c.grouping_id),
        (Meeting, "meeting", "number", agreement.c.meeting_id),
    ):
        if (value := getattr(which, name)) is not None:
            other = snapshot.of(model, "asked")
            found.append(
                item.c.agreement_id.in_(sa.select(agreement.c.id).where(column == other.c.id, other.c[key] == value))
            )
    if which.agreement is not None:
        found.append(item.c.agreement_id.in_(sa.select(agreement.c.id).where(agreement.c.number == which.agreement)))
    if which.document is not None:
        document = snapshot.of(Document, "asked")
        found.append(item.c.document_id.in_(sa.select(document.c.id).where(document.c.number == which.document)))
    if which.party is not None:
        found.append(_of_party(snapshot, which))
    if which.beside is not None:
        part, other = snapshot.of(Assignment, "beside"), snapshot.of(Body, "beside")
        taken = sa.select(part.c.item_id).join(other, other.c.id == part.c.body_id)
        found.append(item.c.id.in_(taken.where(other.c.code == which.beside, still(snapshot, part))))
    if which.role == "none":
        leading = snapshot.of(Assignment, "leading")
        led = sa.exists().where(leading.c.item_id == item.c.id, leading.c.role == "lead", still(snapshot, leading))
        found.append(~led)
    found += _in_field(snapshot, which)
    if which.lamp is not None:
        found.append(lamps(snapshot, tuple(found)).colour == which.lamp)
    return found


def _of_party(snapshot: Snapshot, which: ItemFilter) -> Condition:
    """A part that the party has in an item, or that it opted out of it."""
    body, gone = snapshot.of(Body, "asked"), which.role == "opted_out"
    part = snapshot.of(OptOut if gone else Assignment, "asked")
    taken = sa.select(part.c.item_id).where(
        part.c.body_id == body.c.id, body.c.code == which.party, still(snapshot, part)
    )
    any_role = gone or which.role in (None, "none")
    return snapshot.of(Item).c.id.in_(taken if any_role else taken.where(part.c.role == which.role))


def _in_field(snapshot: Snapshot, which: ItemFilter) -> list[Condition]:
    """The field by its position, and by its name."""
    item, field = snapshot.of(Item), snapshot.of(AgreementField, "asked")
    if which.field == 0:
        return [item.c.field_id.is_(None)]
    asked = ((field.c.position, which.field), (field.c.name_zh, which.field_name))
    return [
        item.c.field_id.in_(sa.select(field.c.id).where(column == value))
        for column, value in asked
        if value is not None
    ]


def item_rows(
    snapshot: Snapshot,
    actor: Actor,
    conditions: Iterable[Condition],
    order: Sequence[sa.ColumnElement[Any]] = (),
    *,
    page: int = 1,
    size: int = 50,
) -> tuple[ItemRow, ...]:
    """The rows of items that may be seen, under these conditions on `snapshot.of(Item)`. One statement."""
    item = snapshot.of(Item)
    by = [each.label(f"place_{place}") for place, each in enumerate((*order, item.c.position, item.c.id))]
    ids = sa.select(item.c.id, *by).where(may_see_item(snapshot, actor), *conditions).order_by(*by)
    on_page = ids.limit(size).offset((max(page, 1) - 1) * size).cte("on_page")
    query = row_query(snapshot, item.c.id == on_page.c.id, beside=tuple(on_page.c[each.name] for each in by))
    return tuple(item_row(row) for row in snapshot.session.execute(query))


def row_query(snapshot: Snapshot, *where: Condition, beside: Sequence[sa.ColumnElement[Any]] = ()) -> Query:
    """The items of these conditions with all that a row shows, uncut: `may_see_item` is for the caller. beside: what puts them in
    order, of other tables in the conditions."""
    item = once(sa.select(snapshot.of(Item), *beside).where(*where))
    agreement, document = snapshot.of(Agreement), snapshot.of(Document)
    field, lead, other = snapshot.of(AgreementField), snapshot.of(Assignment, "lead"), snapshot.of(Assignment, "leads")
    body, department = snapshot.of(Body), snapshot.of(Department)
    leading = sa.and_(other.c.item_id == item.c.id, other.c.role == "lead", still(snapshot, other))
    first = sa.select(other.c.id).where(leading).order_by(other.c.position, other.c.id).limit(1)
    return (
        sa.select(
            *(
                item.c[name]
                for name in ("id", "number", "title_zh", "title_en", "section", "state", "stage", "grade", "lane")
            ),
            *(item.c[name] for name in ("graded_as_of", "graded_precision", "backfilled", "sample", "agreement_id")),
            *(item.c[name] for name in ("level", "note", "procedure_id", "merged_into_id")),
            sa.func.coalesce(agreement.c.number, document.c.number).label("parent_number"),
            sa.func.coalesce(agreement.c.title_zh, document.c.title).label("parent_zh"),
            agreement.c.title_en.label("parent_en"),
            field.c.name_zh.label("field_zh"),
            field.c.name_en.label("field_en"),
            *party_columns(body),
            department.c.name_zh.label("department_zh"),
            department.c.name_en.label("department_en"),
            lead.c.position.label("lead_position"),
            sa.select(sa.func.count()).where(leading).scalar_subquery().label("leads"),
            lamps(snapshot, where, item).both.label("lamp"),
        )
        .select_from(item)
        .outerjoin(agreement, agreement.c.id == item.c.agreement_id)
        .outerjoin(document, document.c.id == item.c.document_id)
        .outerjoin(field, field.c.id == item.c.field_id)
        .outerjoin(lead, lead.c.id == first.scalar_subquery())
        .outerjoin(body, body.c.id == lead.c.body_id)
        .outerjoin(department, department.c.id == lead.c.department_id)
        .order_by(*(item.c[each.name] for each in beside))
    )


def item_row(row: Row) -> ItemRow:
    """A row of `row_query`."""
    lead = None
    if row.party_code is not None:
        lead = Lead(named_party(row), row.department_zh, row.department_en, "lead", row.lead_position)
    parent = "document" if row.agreement_id is None else "agreement"
    return ItemRow(
        row.number,
        row.title_zh,
        row.title_en,
        Named(parent, row.parent_number, row.parent_zh, row.parent_en, row.sample),
        row.field_zh,
        row.field_en,
        row.section,
        row.state,
        row.stage,
        row.grade,
        dated(row.graded_as_of, row.graded_precision),
        row.lane,
        lead,
        row.leads,
        row.backfilled,
        row.sample,
        *told(row.lamp),
    )
