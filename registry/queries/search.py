"""The search: records whose open texts hold what was asked for, cut to what the reader may see.

Each table is asked apart, for its own words, and gives at most so many rows: a word that stands everywhere costs no more than a
rare one. Two statements, whatever is found.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from registry.domain.bigrams import Phrase, phrases
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementText,
    Alias,
    AnnualList,
    Audited,
    Body,
    BodyName,
    Claim,
    Commitment,
    Department,
    Document,
    Grouping,
    Item,
    Matter,
    Mechanism,
    Meeting,
    Partner,
    Report,
    SearchText,
    Target,
)
from registry.models.search import TABLES
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_report, sees, stands
from registry.queries.names import names_of
from registry.queries.rows import Named, Query
from registry.queries.snapshot import Snapshot

MOST = 100
"""Rows of one table that are listed."""
KINDS = ("agreement", "item", "body", "grouping", "meeting", "document", "claim", "matter", "annual_list")
"""Records that are found, in the order in which they are shown."""
_FOUND: tuple[tuple[type[Audited], type[Audited], str], ...] = (
    (Agreement, Agreement, "id"),
    (Item, Item, "id"),
    (Body, Body, "id"),
    (Grouping, Grouping, "id"),
    (Meeting, Meeting, "id"),
    (Document, Document, "id"),
    (Claim, Claim, "id"),
    (Matter, Matter, "id"),
    (AnnualList, AnnualList, "id"),
    (AgreementText, Agreement, "agreement_id"),
    (AgreementField, Agreement, "agreement_id"),
    (Act, Agreement, "agreement_id"),
    (Alias, Body, "body_id"),
    (Alias, Grouping, "grouping_id"),
    (BodyName, Body, "body_id"),
    (Department, Body, "body_id"),
    (Target, Item, "item_id"),
    (Partner, Item, "item_id"),
    (Mechanism, Item, "item_id"),
    (Report, Item, "item_id"),
    (Commitment, Document, "document_id"),
)
"""Table that holds the words, the record it leads to, and the column of its id."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found. where: the tables whose rows hold the words, its own first."""

    named: Named
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found, by kind of record in order of KINDS. more: a table had more rows than are listed."""

    hits: tuple[tuple[str, tuple[Hit, ...]], ...]
    more: bool

    @property
    def total(self) -> int:
        """Number of records listed."""
        return sum(len(hits) for _, hits in self.hits)


def search(snapshot: Snapshot, actor: Actor, query: str, kind: str | None = None) -> Found:
    """The records that hold every part of the query; in the order of their tables, then of their ids.

    query: parts separated by white space; see `domain.bigrams`. kind: only records of this one of KINDS.
    Searched is the register as it is now.
    """
    asked = phrases(query)
    if not asked:
        return Found((), more=False)
    parts = [_rows(snapshot, actor, asked, *each) for each in _FOUND if kind in (None, _name(each[1]))]
    rows = snapshot.session.execute(sa.union_all(*parts)).all()
    where: dict[tuple[str, int], list[str]] = {}
    for record, identity, table in rows:
        held = where.setdefault((record, identity), [])
        if table not in held:
            held.append(table)
    names = names_of(snapshot, actor, where)
    found = {
        each: tuple(Hit(names[key], tuple(held)) for key, held in where.items() if key[0] == each and key in names)
        for each in KINDS
    }
    listed = Counter((record, table) for record, _, table in rows)
    return Found(
        tuple((each, hits) for each, hits in found.items() if hits), more=any(n == MOST for n in listed.values())
    )


def _rows(
    snapshot: Snapshot, actor: Actor, asked: list[Phrase], model: type[Audited], record: type[Audited], column: str
) -> Query:
    """Kind and id of the records, and the table of the words."""
    table, rows = _name(model), snapshot.of(model)
    there = rows if model is record else snapshot.of(record, "led")
    key, source, holds = _holding(snapshot, table, asked)
    query = (
        sa.select(
            sa.literal(_name(record), sa.String()).label("record"),
            there.c.id.label("identity"),
            sa.literal(table, sa.String()).label("place"),
        )
        .select_from(source)
        .join(rows, rows.c.id == key // 64)
        .where(holds, sees(actor, record, there.c.id), stands(snapshot, record, there))
        .limit(MOST)
    )
    if model is not record:
        query = query.join(there, there.c.id == rows.c[column])
    if model is Report:
        query = query.where(may_see_report(snapshot, actor))
    return sa.select(*query.subquery().c)


def _holding(
    snapshot: Snapshot, table: str, asked: list[Phrase]
) -> tuple[sa.ColumnElement[int], sa.FromClause, Condition]:
    """The rows of the index that are of this table and hold every phrase: their key, where they come from, the condition."""
    mark = f"t{TABLES.index(table)}"
    if snapshot.session.get_bind().dialect.name == "sqlite":
        told = " AND ".join([mark, *(f'"{" ".join(each.tokens)}"{" *" if each.open else ""}' for each in asked)])
        index = sa.table("search_index", sa.column("rowid", sa.Integer()))
        return index.c.rowid, index, sa.literal_column("search_index").op("MATCH")(told)
    told = " & ".join(
        [f"'{mark}'", *(f"({' <-> '.join(map(repr, each.tokens))}{':*' if each.open else ''})" for each in asked)]
    )
    source: sa.Table = SearchText.__table__  # type: ignore[assignment]  # a declared table
    return source.c.id, source, source.c.words.op("@@")(sa.cast(told, TSQUERY))


def _name(model: type[Audited]) -> str:
    return str(model.__table__.name)  # type: ignore[attr-defined]  # every Audited is a Base
