"""Annual lists: by year, and one with its versions, its rows, and what came and went since the version and the year before.

Rows are those of items that the reader may see; every number counts only these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.list_lines import MOST, Line
from registry.errors import NotFound
from registry.models import AnnualList, Body, Document, Grouping, Item, Lineage, ListRow, ListVersion
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_document, may_see_item, may_see_list
from registry.queries.history import Event, entries_on, headlines
from registry.queries.items import ItemRow, item_rows
from registry.queries.rows import (
    Named,
    Paging,
    Query,
    Row,
    chosen,
    dated,
    document_columns,
    named_columns,
    named_document,
    named_in,
)
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list among lists. version: its last one, 0 where none was adopted; adopted, declared, items: of that version."""

    number: str
    title_zh: str
    title_en: str | None
    year: int
    grouping: Named | None
    issuer: Named | None
    level: str
    version: int
    adopted: PartialDate
    declared: int | None
    items: int
    sample: bool


@dataclass(frozen=True, slots=True)
class Lists:
    """A page of lists, the last year first. years: every year in which there are lists, with how many, the last first."""

    rows: tuple[ListSummary, ...]
    years: tuple[tuple[int, int], ...]
    paging: Paging


@dataclass(frozen=True, slots=True)
class Version:
    """A version as adopted. declared: number of items that its document states; items: those that the reader may see."""

    version: int
    adopted: PartialDate
    basis: Named | None
    declared: int | None
    items: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """An item in a version. category: 大类 as printed. carried_from: the earlier year's list in which it stood."""

    item: ItemRow
    category: str | None
    carried_from: Named | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What came and went since another version. title: the list of the other version; carried: items that others carry on."""

    title: Named
    version: int
    added: tuple[Named, ...]
    dropped: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """One list. versions: the last first. shown: the version asked for, else the last; None where none was adopted.

    since_version, since_year: against the version before, and the last version of the same owner's list of an earlier year.
    """

    id: int
    number: str
    title_zh: str
    title_en: str | None
    year: int
    grouping: Named | None
    grouping_id: int | None
    issuer: Named | None
    issuer_id: int | None
    level: str
    note: str | None
    sample: bool
    versions: tuple[Version, ...]
    shown: Version | None
    rows: tuple[Listed, ...]
    since_version: Moved | None
    since_year: Moved | None
    history: tuple[Event, ...]

    @property
    def named(self) -> Named:
        """As other pages name it."""
        return Named("annual_list", self.number, self.title_zh, self.title_en, self.sample)


def lists(snapshot: Snapshot, actor: Actor, year: int | None = None, *, page: int = 1, size: int = 100) -> Lists:
    """The annual lists that the reader may see, of one year or of all. Two statements."""
    rows = snapshot.of(AnnualList)
    seen = may_see_list(snapshot, actor)
    counted = sa.select(rows.c.year, sa.func.count()).where(seen).group_by(rows.c.year).order_by(rows.c.year.desc())
    years = tuple((which, count) for which, count in snapshot.session.execute(counted))
    where: list[Condition] = [seen] if year is None else [seen, rows.c.year == year]
    order = (rows.c.sample, rows.c.year.desc(), rows.c.number)
    query = _summaries(snapshot, actor, chosen(rows, where, order, page, size)).order_by(*order)
    total = sum(count for which, count in years if year in (None, which))
    return Lists(tuple(_summary(row) for row in snapshot.session.execute(query)), years, Paging(page, size, total))


def list_page(snapshot: Snapshot, actor: Actor, number: str, version: int | None = None) -> ListPage:
    """One list in one of its versions. As many statements whatever the number of its rows. Raises NotFound."""
    header = snapshot.session.execute(
        _owners(snapshot, snapshot.of(AnnualList)).where(
            snapshot.of(AnnualList).c.number == number, may_see_list(snapshot, actor)
        )
    ).one_or_none()
    if header is None:
        raise NotFound("list", number)
    versions = _versions(snapshot, actor, header.id)
    place = next((at for at, row in enumerate(versions) if version in (None, row.version)), None)
    if place is None and version is not None:
        raise NotFound("list", number)
    shown = None if place is None else versions[place]
    before = None if place is None or place + 1 == len(versions) else versions[place + 1]
    last_year = None if shown is None else _last_year(snapshot, actor, header)
    moved = _moves(snapshot, actor, shown, [each for each in (before, last_year) if each is not None])
    return ListPage(
        id=header.id,
        number=header.number,
        title_zh=header.title_zh,
        title_en=header.title_en,
        year=header.year,
        grouping=named_in(header, "grouping", "grouping"),
        grouping_id=header.grouping_id,
        issuer=named_in(header, "issuer", "body"),
        issuer_id=header.issuer_id,
        level=header.level,
        note=header.note,
        sample=header.sample,
        versions=tuple(_version(row) for row in versions),
        shown=None if shown is None else _version(shown),
        rows=() if shown is None else _rows(snapshot, actor, shown.id),
        since_version=None if before is None else moved[before.id],
        since_year=None if last_year is None else moved[last_year.id],
        history=headlines(snapshot, actor, entries_on(snapshot, actor, "list", header.id)),
    )


def next_lines(snapshot: Snapshot, actor: Actor, page: ListPage) -> tuple[Line, ...]:
    """What the next version most likely holds: the rows of the last one; of the first, what goes on of the year before."""
    if page.versions:
        return tuple(Line(row.item.number, row.category) for row in page.rows)
    last_year = _last_year(snapshot, actor, page)
    rows = () if last_year is None else _rows(snapshot, actor, last_year.id)
    return tuple(Line(row.item.number, row.category) for row in rows if row.item.stage != "ended")


def _owners(snapshot: Snapshot, rows: sa.FromClause) -> Query:
    """Lists with whose they are."""
    found, grouping, issuer = snapshot.of(AnnualList), snapshot.of(Grouping), snapshot.of(Body)
    return (
        sa.select(
            found,
            *named_columns(grouping, "grouping"),
            *named_columns(issuer, "issuer"),
        )
        .select_from(rows)
        .outerjoin(grouping, grouping.c.id == found.c.grouping_id)
        .outerjoin(issuer, issuer.c.id == found.c.issuer_id)
    )


def _summaries(snapshot: Snapshot, actor: Actor, rows: sa.FromClause) -> Query:
    found, version = snapshot.of(AnnualList), snapshot.of(ListVersion)
    other = snapshot.of(ListVersion, "later")
    later = sa.exists().where(other.c.list_id == version.c.list_id, other.c.version > version.c.version)
    last = rows.outerjoin(version, sa.and_(version.c.list_id == found.c.id, ~later))
    return _owners(snapshot, last).add_columns(
        *(version.c[name] for name in ("version", "adopted_on", "adopted_precision", "declared_items")),
        _count(snapshot, actor, version).label("items"),
    )


def _count(snapshot: Snapshot, actor: Actor, version: sa.FromClause) -> sa.ScalarSelect[int]:
    """How many items of a version the reader may see."""
    listed, item = snapshot.of(ListRow, "counted"), snapshot.of(Item, "counted")
    return (
        sa.select(sa.func.count())
        .select_from(listed.join(item, item.c.id == listed.c.item_id))
        .where(listed.c.version_id == version.c.id, may_see_item(snapshot, actor, item))
        .correlate(version)
        .scalar_subquery()
    )


def _summary(row: Row) -> ListSummary:
    return ListSummary(
        row.number,
        row.title_zh,
        row.title_en,
        row.year,
        named_in(row, "grouping", "grouping"),
        named_in(row, "issuer", "body"),
        row.level,
        row.version or 0,
        dated(row.adopted_on, row.adopted_precision or "unknown"),
        row.declared_items,
        row.items,
        row.sample,
    )


def _versions(snapshot: Snapshot, actor: Actor, list_id: int) -> Sequence[Row]:
    """The versions of a list, the last first, each with its title for a comparison."""
    version, document, found = snapshot.of(ListVersion), snapshot.of(Document), snapshot.of(AnnualList)
    return snapshot.session.execute(
        sa.select(
            version,
            *named_columns(found, "list", "number", "title"),
            *document_columns(document),
            _count(snapshot, actor, version).label("items"),
        )
        .select_from(version)
        .join(found, found.c.id == version.c.list_id)
        .outerjoin(document, sa.and_(document.c.id == version.c.basis_id, may_see_document(snapshot, actor)))
        .where(version.c.list_id == list_id)
        .order_by(version.c.version.desc())
    ).all()


def _version(row: Row) -> Version:
    return Version(
        row.version,
        dated(row.adopted_on, row.adopted_precision),
        named_document(row),
        row.declared_items,
        row.items,
        row.recorded_at,
    )


def _rows(snapshot: Snapshot, actor: Actor, version_id: int) -> tuple[Listed, ...]:
    """The items of a version that the reader may see, as printed."""
    item, listed, other = snapshot.of(Item), snapshot.of(ListRow), snapshot.of(AnnualList, "carried")
    of_it = (listed.c.version_id == version_id, listed.c.item_id == item.c.id)
    told = {
        row.number: row
        for row in snapshot.session.execute(
            sa.select(item.c.number, listed.c.category, *named_columns(other, "list", "number", "title"))
            .select_from(listed.join(item, item.c.id == listed.c.item_id))
            .outerjoin(other, sa.and_(other.c.id == listed.c.carried_from_id, may_see_list(snapshot, actor, other)))
            .where(listed.c.version_id == version_id, may_see_item(snapshot, actor))
        )
    }
    place = sa.select(listed.c.position).where(*of_it).correlate(item).scalar_subquery()
    items = item_rows(snapshot, actor, [sa.exists().where(*of_it)], (place,), size=MOST)
    return tuple(
        Listed(row, told[row.number].category, named_in(told[row.number], "list", "annual_list"))
        for row in items
        if row.number in told
    )


def _last_year(snapshot: Snapshot, actor: Actor, header: Row | ListPage) -> Row | None:
    """The last version of the last list of the same owner of an earlier year. header: with the owner's ids and the year."""
    found, version = snapshot.of(AnnualList), snapshot.of(ListVersion)
    same = (
        found.c.grouping_id.is_not_distinct_from(header.grouping_id),
        found.c.issuer_id.is_not_distinct_from(header.issuer_id),
    )
    return snapshot.session.execute(
        sa.select(version.c.id, version.c.version, *named_columns(found, "list", "number", "title"))
        .join(found, found.c.id == version.c.list_id)
        .where(*same, found.c.year < header.year, may_see_list(snapshot, actor))
        .order_by(found.c.year.desc(), found.c.id.desc(), version.c.version.desc())
        .limit(1)
    ).one_or_none()


def _moves(snapshot: Snapshot, actor: Actor, shown: Row | None, others: Sequence[Row]) -> dict[int, Moved]:
    """For each other version what came and went since: an item that carries on one of the other neither came, nor did that go.
    Two statements; none where there is nothing to compare with."""
    if shown is None or not others:
        return {}
    listed, item, line = snapshot.of(ListRow), snapshot.of(Item), snapshot.of(Lineage)
    versions = [shown.id, *(each.id for each in others)]
    found: dict[int, dict[int, Named]] = {version: {} for version in versions}
    for row in snapshot.session.execute(
        sa.select(listed.c.version_id, item.c.id, item.c.number, item.c.title_zh, item.c.title_en, item.c.sample)
        .join(item, item.c.id == listed.c.item_id)
        .where(listed.c.version_id.in_(versions), may_see_item(snapshot, actor))
        .order_by(listed.c.position)
    ):
        found[row.version_id][row.id] = Named("item", row.number, row.title_zh, row.title_en, row.sample)
    ties = snapshot.session.execute(
        sa.select(line.c.item_id, line.c.earlier_id).where(line.c.item_id.in_(sorted(found[shown.id])))
    ).all()
    return {
        each.id: _moved(each, found[shown.id], found[each.id], [(later, earlier) for later, earlier in ties])
        for each in others
    }


def _moved(other: Row, now: dict[int, Named], then: dict[int, Named], ties: Iterable[tuple[int, int]]) -> Moved:
    carried = [(later, earlier) for later, earlier in ties if later in now and earlier in then]
    stays = set(now) & set(then) | {each for pair in carried for each in pair}
    return Moved(
        Named("annual_list", other.list_key, other.list_zh, other.list_en, other.list_sample),
        other.version,
        tuple(named for identity, named in now.items() if identity not in stays),
        tuple(named for identity, named in then.items() if identity not in stays),
    )
