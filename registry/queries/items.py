"""Items in lists: the filters, the rows, and the counts that open exactly those rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import Agreement, AgreementField, Assignment, Body, Department, Document, Grouping, Item, Meeting
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_item
from registry.queries.rows import Named, Paging, Query, Row, chosen, dated, named_party, party_columns, still
from registry.queries.snapshot import Snapshot

URGENCY = ("blocked", "slow", "on_track", "not_reported")
"""Grades, what needs attention first."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items: each condition that is given holds; the same filter counts and lists.

    state, stage, grade, lane: as stored. agreement, document, meeting: number; grouping, party: code.
    role: lead, join or support, of the party; none: nobody leads. field: position of the field in its agreement, 0: under no field.
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
    """An item in a list. parent: its agreement or document. lead: the first one; leads: how many lead."""

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


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many items stand in a stage with a grade; sample items are counted apart."""

    stage: str
    grade: str
    sample: bool
    count: int


@dataclass(frozen=True, slots=True)
class ItemList:
    """A page of items. paging.total counts them all; samples: how many of them are sample rows, which stand last."""

    rows: tuple[ItemRow, ...]
    paging: Paging
    samples: int


def item_list(
    snapshot: Snapshot,
    actor: Actor,
    which: ItemFilter = ItemFilter(),
    *,
    page: int = 1,
    size: int = 50,
    urgent: bool = False,
) -> ItemList:
    """A page of the items that the filter means, sample items last. urgent: what needs attention first. Two statements."""
    counts = item_counts(snapshot, actor, which)
    item = snapshot.of(Item)
    grade = (sa.case({name: place for place, name in enumerate(URGENCY)}, value=item.c.grade),) if urgent else ()
    parent = (sa.func.coalesce(item.c.agreement_id, 0), sa.func.coalesce(item.c.document_id, 0))
    rows = item_rows(
        snapshot, actor, conditions_of(snapshot, which), (item.c.sample, *grade, *parent), page=page, size=size
    )
    return ItemList(
        rows,
        Paging(page, size, sum(count.count for count in counts)),
        sum(count.count for count in counts if count.sample),
    )


def item_counts(snapshot: Snapshot, actor: Actor, which: ItemFilter = ItemFilter()) -> tuple[ItemCount, ...]:
    """How many items the filter means, by stage, grade and sample mark: exactly those that `item_list` lists."""
    item = snapshot.of(Item)
    by = (item.c.stage, item.c.grade, item.c.sample)
    query = (
        sa.select(*by, sa.func.count())
        .where(may_see_item(snapshot, actor), *conditions_of(snapshot, which))
        .group_by(*by)
        .order_by(*by)
    )
    return tuple(
        ItemCount(stage, grade, bool(sample), count) for stage, grade, sample, count in snapshot.session.execute(query)
    )


def conditions_of(snapshot: Snapshot, which: ItemFilter) -> list[Condition]:
    """The filter as conditions on `snapshot.of(Item)`; the levels are apart, in `may_see_item`."""
    item, agreement, body = snapshot.of(Item), snapshot.of(Agreement, "asked"), snapshot.of(Body, "asked")
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
        assigned = snapshot.of(Assignment, "asked")
        taken = sa.select(assigned.c.item_id).where(
            assigned.c.body_id == body.c.id, body.c.code == which.party, still(snapshot, assigned)
        )
        found.append(
            item.c.id.in_(taken if which.role in (None, "none") else taken.where(assigned.c.role == which.role))
        )
    if which.role == "none":
        leading = snapshot.of(Assignment, "leading")
        led = sa.exists().where(leading.c.item_id == item.c.id, leading.c.role == "lead", still(snapshot, leading))
        found.append(~led)
    if which.field == 0:
        found.append(item.c.field_id.is_(None))
    elif which.field is not None:
        field = snapshot.of(AgreementField, "asked")
        found.append(item.c.field_id.in_(sa.select(field.c.id).where(field.c.position == which.field)))
    return found


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
    where, by = (may_see_item(snapshot, actor), *conditions), (*order, item.c.position, item.c.id)
    query = row_query(snapshot, chosen(item, where, by, page, size)).order_by(*by)
    return tuple(item_row(row) for row in snapshot.session.execute(query))


def row_query(snapshot: Snapshot, rows: sa.FromClause | None = None) -> Query:
    """Items with all that a row shows, uncut: add `may_see_item`. rows: those that `chosen` chose; None: all."""
    item, agreement, document = snapshot.of(Item), snapshot.of(Agreement), snapshot.of(Document)
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
        )
        .select_from(item if rows is None else rows)
        .outerjoin(agreement, agreement.c.id == item.c.agreement_id)
        .outerjoin(document, document.c.id == item.c.document_id)
        .outerjoin(field, field.c.id == item.c.field_id)
        .outerjoin(lead, lead.c.id == first.scalar_subquery())
        .outerjoin(body, body.c.id == lead.c.body_id)
        .outerjoin(department, department.c.id == lead.c.department_id)
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
    )
