"""Groupings of cities: the list, and one grouping with its members on the reader's day and what they agreed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import Grouping, MeetingSeries
from registry.permissions import Actor
from registry.queries.access import stands
from registry.queries.agreements import FIRST, AgreementFilter, AgreementList, agreement_list
from registry.queries.claims import ClaimRow, claim_rows
from registry.queries.documents import citations_of
from registry.queries.history import Event, entries_on, headlines
from registry.queries.items import ItemCount, ItemFilter, item_counts
from registry.queries.members import Member, former_and_current, members_of
from registry.queries.parties import Scoped, aliases_of, scoped_aliases
from registry.queries.rows import Cited, Named, Row
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class GroupingRow:
    """A grouping in a list. members: named and current today; declared_members: the number a document states."""

    code: str
    title_zh: str
    title_en: str | None
    kind: str
    members: int
    declared_members: int | None
    sample: bool


@dataclass(frozen=True, slots=True)
class GroupingPage:
    """One grouping. items: of all its agreements, by stage and grade."""

    id: int
    row: GroupingRow
    note: str | None
    aliases: tuple[str, ...]
    scoped: tuple[Scoped, ...]
    members: tuple[Member, ...]
    former: tuple[Member, ...]
    series: tuple[Named, ...]
    agreements: AgreementList
    items: tuple[ItemCount, ...]
    claims: tuple[ClaimRow, ...]
    citations: tuple[Cited, ...]
    history: tuple[Event, ...]


def grouping_list(snapshot: Snapshot) -> tuple[GroupingRow, ...]:
    """All groupings by code, sample ones last. Everybody sees them."""
    grouping = snapshot.of(Grouping)
    rows = snapshot.session.execute(
        sa.select(grouping).where(stands(snapshot, Grouping)).order_by(grouping.c.sample, grouping.c.code)
    ).all()
    members = members_of(snapshot, [row.id for row in rows])
    return tuple(_row(row, len(members.get(row.id, ()))) for row in rows)


def grouping_page(snapshot: Snapshot, actor: Actor, code: str, *, agreements: int = FIRST) -> GroupingPage:
    """One grouping. agreements: how many of them are named. Raises NotFound."""
    grouping = snapshot.of(Grouping)
    row = snapshot.session.execute(
        sa.select(grouping).where(grouping.c.code == code, stands(snapshot, Grouping))
    ).one_or_none()
    if row is None:
        raise NotFound("grouping", code)
    memberships = former_and_current(snapshot, grouping=row.id)
    members = tuple(member for member in memberships if member.current)
    return GroupingPage(
        id=row.id,
        row=_row(row, len(members)),
        note=row.note,
        aliases=aliases_of(snapshot, grouping=row.id),
        scoped=scoped_aliases(snapshot, grouping=row.id),
        members=members,
        former=tuple(member for member in memberships if not member.current),
        series=_series(snapshot, row.id),
        agreements=agreement_list(snapshot, actor, AgreementFilter(grouping=code), size=agreements),
        items=item_counts(snapshot, actor, ItemFilter(grouping=code)),
        claims=claim_rows(snapshot, actor, grouping=row.id),
        citations=citations_of(snapshot, actor, "grouping", row.id),
        history=headlines(snapshot, actor, entries_on(snapshot, actor, "grouping", row.id)),
    )


def _row(row: Row, members: int) -> GroupingRow:
    return GroupingRow(row.code, row.name_zh, row.name_en, row.kind, members, row.declared_members, row.sample)


def _series(snapshot: Snapshot, grouping_id: int) -> tuple[Named, ...]:
    series = snapshot.of(MeetingSeries)
    query = (
        sa.select(series.c.code, series.c.name_zh, series.c.name_en, series.c.sample)
        .where(series.c.grouping_id == grouping_id)
        .order_by(series.c.code)
    )
    return tuple(Named("meeting_series", *row) for row in snapshot.session.execute(query))
