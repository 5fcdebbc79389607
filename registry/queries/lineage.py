"""What an item carries on and what carries it on, from agreement to agreement; the annual lists it stood in; and, of an agreement
that has ended, which of its items go on elsewhere and which nobody carries on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.numbers import parse_record
from registry.models import AnnualList, Document, Item, Lineage, ListRow, ListVersion
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_document, may_see_item, may_see_list
from registry.queries.agreement_page import AgreementPage
from registry.queries.items import ItemRow, item_rows
from registry.queries.rows import Named, Row, document_columns, named_document
from registry.queries.snapshot import Snapshot

MOST = 300
"""Rows shown at most: a line of this length, or this many items of one agreement that nobody carries on."""


@dataclass(frozen=True, slots=True)
class Tie:
    """That an item carries on an earlier one. kind: continues, replaces, split_from or merged_from."""

    kind: str
    earlier: str
    basis: Named | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Kin:
    """An item of a line. year: of its agreement or document, as its number has it. here: the item that was asked for."""

    item: ItemRow
    year: int | None
    here: bool
    ties: tuple[Tie, ...]


@dataclass(frozen=True, slots=True)
class StoodIn:
    """A list in which an item stood. version: the last one it stood in; stands: that is the list's last version."""

    named: Named
    year: int
    version: int
    category: str | None
    stands: bool


@dataclass(frozen=True, slots=True)
class Heritage:
    """What became of the items of an agreement that has ended. carried: item and the later one; dropped: those that had neither
    ended nor become a mechanism, and that nothing the reader may see carries on."""

    carried: tuple[tuple[Named, Named], ...]
    dropped: tuple[ItemRow, ...]


def line_of(snapshot: Snapshot, actor: Actor, number: str, item_id: int) -> tuple[Kin, ...]:
    """The items before and after one, earlier ones first, with itself; nothing where it stands alone. The line breaks where an
    item may not be seen. One short statement, and where there is a line one long one and those of `item_rows`."""
    item, line = snapshot.of(Item), snapshot.of(Lineage)
    touching = sa.select(line.c.id).where(sa.or_(line.c.item_id == item_id, line.c.earlier_id == item_id)).limit(1)
    if snapshot.session.execute(touching).one_or_none() is None:
        return ()
    later, earlier, document = snapshot.of(Item, "later"), snapshot.of(Item, "earlier"), snapshot.of(Document)
    found = [_reach(snapshot, actor, item_id, *way) for way in (("item_id", "earlier_id"), ("earlier_id", "item_id"))]
    ties = snapshot.session.execute(
        sa.select(
            line.c.kind,
            line.c.note,
            line.c.basis_id,
            later.c.number.label("later"),
            earlier.c.number.label("earlier"),
            *document_columns(document),
        )
        .select_from(line)
        .join(later, later.c.id == line.c.item_id)
        .join(earlier, earlier.c.id == line.c.earlier_id)
        .outerjoin(document, sa.and_(document.c.id == line.c.basis_id, may_see_document(snapshot, actor)))
        .where(line.c.id.in_(sa.union(*found)))
        .order_by(line.c.id)
    ).all()
    numbers = sorted({number, *(name for tie in ties for name in (tie.later, tie.earlier))})
    if not ties:
        return ()
    rows = {row.number: row for row in item_rows(snapshot, actor, [item.c.number.in_(numbers)], size=MOST)}
    return _ordered(rows, ties, number)


def lists_of(snapshot: Snapshot, actor: Actor, item_id: int) -> tuple[StoodIn, ...]:
    """The annual lists in which an item stood, the last year first. One statement."""
    listed, version, found = snapshot.of(ListRow), snapshot.of(ListVersion), snapshot.of(AnnualList)
    other = snapshot.of(ListVersion, "later")
    later = sa.exists().where(other.c.list_id == version.c.list_id, other.c.version > version.c.version)
    rows = snapshot.session.execute(
        sa.select(
            found.c.number,
            *(found.c[name] for name in ("title_zh", "title_en", "sample", "year")),
            listed.c.category,
            version.c.version,
            (~later).label("stands"),
        )
        .select_from(listed)
        .join(version, version.c.id == listed.c.version_id)
        .join(found, found.c.id == version.c.list_id)
        .where(listed.c.item_id == item_id, may_see_list(snapshot, actor))
        .order_by(found.c.year.desc(), found.c.number, version.c.version)
    )
    last = {row.number: row for row in rows}
    return tuple(
        StoodIn(
            Named("annual_list", row.number, row.title_zh, row.title_en, row.sample),
            row.year,
            row.version,
            row.category,
            bool(row.stands),
        )
        for row in last.values()
    )


def heritage_of(snapshot: Snapshot, actor: Actor, page: AgreementPage) -> Heritage | None:
    """What became of the items of an agreement that has ended or was superseded; None, and no statement, of any other."""
    superseded = any(each.kind == "supersedes" and each.inverse for each in page.relations)
    if page.stage != "ended" and not superseded:
        return None
    item, line, later = snapshot.of(Item), snapshot.of(Lineage), snapshot.of(Item, "later")
    under = item.c.agreement_id == page.id
    tied = (line.c.earlier_id == item.c.id, later.c.id == line.c.item_id, may_see_item(snapshot, actor, later))
    pairs = snapshot.session.execute(
        sa.select(*_names(item, "item"), *_names(later, "later"))
        .select_from(item)
        .join(line, line.c.earlier_id == item.c.id)
        .join(later, later.c.id == line.c.item_id)
        .where(under, may_see_item(snapshot, actor), may_see_item(snapshot, actor, later))
        .order_by(item.c.position, item.c.id, later.c.number)
        .limit(MOST)
    )
    goes_on: list[Condition] = [under, item.c.stage.in_(("intent", "in_progress")), ~sa.exists().where(*tied)]
    return Heritage(
        tuple((_named(row, "item"), _named(row, "later")) for row in pairs),
        item_rows(snapshot, actor, goes_on, size=MOST),
    )


def _reach(snapshot: Snapshot, actor: Actor, item_id: int, here: str, there: str) -> sa.Select[int]:
    """Ids of the ties that lead from an item one way, through items that may be seen. here, there: columns of a tie."""
    first, line = snapshot.of(Lineage, f"first_{here}"), snapshot.of(Lineage, f"next_{here}")
    begun = (
        sa.select(first.c.id, first.c[there].label("reached"))
        .where(first.c[here] == item_id, _seen(snapshot, actor, first.c[there], f"first_{here}"))
        .cte(f"line_{here}", recursive=True)
    )
    onward = (
        sa.select(line.c.id, line.c[there])
        .join_from(begun, line, line.c[here] == begun.c.reached)
        .where(_seen(snapshot, actor, line.c[there], f"next_{here}"))
    )
    return sa.select(begun.union(onward).c.id)


def _seen(snapshot: Snapshot, actor: Actor, identity: sa.ColumnElement[int], role: str) -> Condition:
    item = snapshot.of(Item, role)
    return sa.exists().where(item.c.id == identity, may_see_item(snapshot, actor, item))


def _ordered(rows: Mapping[str, ItemRow], ties: Sequence[Row], asked: str) -> tuple[Kin, ...]:
    """Every item after all that it carries on."""
    before: dict[str, list[Row]] = {number: [] for number in rows}
    for tie in ties:
        before[tie.later].append(tie)
    depth: dict[str, int] = {}

    def placed(number: str) -> int:
        if number not in depth:
            depth[number] = max((placed(tie.earlier) + 1 for tie in before[number]), default=0)
        return depth[number]

    return tuple(
        Kin(
            rows[number],
            parse_record(rows[number].parent.key).year,
            number == asked,
            tuple(Tie(tie.kind, tie.earlier, named_document(tie), tie.note) for tie in before[number]),
        )
        for number in sorted(rows, key=lambda number: (placed(number), number))
    )


def _names(item: sa.FromClause, name: str) -> tuple[sa.ColumnElement[str], ...]:
    return tuple(item.c[each].label(f"{name}_{each}") for each in ("number", "title_zh", "title_en", "sample"))


def _named(row: Row, name: str) -> Named:
    found = row._mapping
    return Named("item", *(found[f"{name}_{each}"] for each in ("number", "title_zh", "title_en", "sample")))
