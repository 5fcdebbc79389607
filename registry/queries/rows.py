"""What many pages share: a record named on another's page, a sealed value, a line cited, a page of a long list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.queries.snapshot import Snapshot

Query: TypeAlias = sa.Select[*tuple[Any, ...]]
Row: TypeAlias = sa.Row[*tuple[Any, ...]]


def still(snapshot: Snapshot, rows: sa.FromClause) -> sa.ColumnElement[bool]:
    """Condition on rows with a beginning and an end: they hold. Of a day, the snapshot itself has chosen them."""
    return sa.true() if snapshot.on is not None else rows.c.until_precision.is_(None)


@dataclass(frozen=True, slots=True)
class Named:
    """A record as other pages name it.

    kind: name of its table, which decides the address. key: its number or code, the last part of the address.
    """

    kind: str
    key: str
    title_zh: str
    title_en: str | None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """A value under seal. text: None where this reader may not open it, or where it was erased."""

    text: str | None


@dataclass(frozen=True, slots=True)
class Cited:
    """Where a record's facts stand. line: 1-based line of the document as received."""

    document: Named
    document_number: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A number on a page and the key of the rows it opens, e.g. a state or a stage."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class Paging:
    """Where in a long list the rows stand. page: from 1; size: rows a page; total: rows in all."""

    page: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        """Number of pages, at least 1."""
        return max(1, -(-self.total // self.size))


def chosen(
    rows: sa.FromClause, where: Iterable[sa.ColumnElement[bool]], order: Sequence[Any], page: int, size: int
) -> sa.Join:
    """The rows of one page of a long list, chosen before anything is joined: put it first in the query that shows them. Its left
    side has their ids alone."""
    ids = sa.select(rows.c.id).where(*where).order_by(*order).limit(size).offset((max(page, 1) - 1) * size)
    page_ids = ids.cte("chosen")
    return page_ids.join(rows, rows.c.id == page_ids.c.id)


def once(query: sa.Select[Any]) -> sa.CTE:
    """The rows of a query, read before anything else is asked of them: what a day makes of a row is long to say, and a database
    would put it in again wherever a column stands."""
    return query.cte("read").prefix_with("MATERIALIZED")


def counted(
    snapshot: Snapshot,
    listed: sa.Select[Any],
    by: Sequence[str],
    order: Callable[[sa.FromClause], Sequence[sa.ColumnElement[Any]]],
    page: int,
    size: int,
) -> tuple[list[tuple[Any, ...]], list[int]]:
    """How many rows of a long list there are by these of its columns, and the ids of one page of them, in order. One statement.

    It reads them once: what a day makes of each row is worked out anew at each reading, and costs more than to count and sort.
    """
    rows = listed.cte("listed")
    on_page = sa.select(rows).order_by(*order(rows)).limit(size).offset((max(page, 1) - 1) * size).subquery("on_page")
    groups = [rows.c[name] for name in by]
    numbers = sa.select(sa.literal(0).label("place"), *groups, sa.func.count().label("number")).group_by(*groups)
    place = sa.func.row_number().over(order_by=order(on_page))
    shown = sa.select(place, *(on_page.c[name] for name in by), on_page.c.id)
    found = snapshot.session.execute(sa.union_all(numbers, shown).order_by("place", *by)).all()
    return [tuple(row[1:]) for row in found if not row.place], [row.number for row in found if row.place]


def opened(digest: str | None, texts: Mapping[str, str]) -> Sealed | None:
    """The value behind a digest as far as it was opened; None where nothing was written."""
    return Sealed(texts.get(digest)) if digest else None


def dated(value: str | None, precision: str) -> PartialDate:
    """The partial date of two columns."""
    return PartialDate.of(value, precision)


def party_columns(body: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of a body that `named_party` reads."""
    return (
        body.c.code.label("party_code"),
        body.c.name_zh.label("party_zh"),
        body.c.name_en.label("party_en"),
        body.c.sample.label("party_sample"),
    )


def named_party(row: Row) -> Named:
    """The body of a row with `party_columns`."""
    return Named("body", row.party_code, row.party_zh, row.party_en, row.party_sample)


def named_columns(
    rows: sa.FromClause, name: str, key: str = "code", title: str = "name"
) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of a record that `named_in` reads. name: tells it from the others of a row; key, title: its own columns."""
    columns = {"key": key, "zh": f"{title}_zh", "en": f"{title}_en", "sample": "sample"}
    return tuple(rows.c[column].label(f"{name}_{part}") for part, column in columns.items())


def named_in(row: Row, name: str, kind: str) -> Named | None:
    """The record of a row with `named_columns` of this name; None where there is none."""
    key, *titles = (row._mapping[f"{name}_{part}"] for part in ("key", "zh", "en", "sample"))
    return None if key is None else Named(kind, key, *titles)


def document_columns(document: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns of a document that `named_document` reads."""
    return (
        document.c.number.label("document_key"),
        document.c.title.label("document_title"),
        document.c.sample.label("document_sample"),
    )


def named_document(row: Row) -> Named | None:
    """The document of a row with `document_columns`; None where there is none to be seen."""
    if row.document_key is None:
        return None
    return Named("document", row.document_key, row.document_title, None, row.document_sample)
