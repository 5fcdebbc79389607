"""The search index: a projection of the entries like the version tables, written in the act, rebuilt and compared by verify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from registry.domain.bigrams import tokens
from registry.models import Base
from registry.models.search import TABLES, SearchText, search_id

if TYPE_CHECKING:
    from registry.ledger.book import RowMove

COLUMNS: dict[str, tuple[str, ...]] = {
    "agreement": ("number", "title_zh", "title_en", "note"),
    "item": ("number", "title_zh", "title_en", "section", "note"),
    "body": ("code", "gb_code", "name_zh", "name_en", "note"),
    "grouping": ("code", "name_zh", "name_en", "note"),
    "meeting": ("number", "name_zh", "name_en", "note"),
    "document": (
        "number", "document_number", "title", "issuer_name", "approved_by", "addressees", "proposal_number", "proposal_title",
        "proposers", "approving_signer", "note",
    ),
    "claim": ("code", "what_zh", "what_en", "note"),
    "matter": ("number", "title_zh", "title_en", "note"),
    "annual_list": ("number", "title_zh", "title_en", "note"),
    "agreement_text": ("title_zh", "title_en", "clause_place"),
    "agreement_field": ("name_zh", "name_en"),
    "act": ("signer_post", "content", "clause"),
    "alias": ("text",),
    "body_name": ("name_zh", "name_en", "gb_code"),
    "department": ("name_zh", "name_en"),
    "target": ("metric_zh", "metric_en", "note"),
    "partner": ("names",),
    "mechanism": ("name_zh", "name_en"),
    "report": ("released_progress", "released_problem", "released_next_step"),
    "commitment": ("code", "title_zh", "title_en"),
}  # fmt: skip
"""Open texts of each table; what is sealed is found by nobody."""


def words_of(table: str, row: Mapping[str, Any] | None) -> list[str]:
    """The tokens of a row: which table it is of, then those of its texts; none of a row without any."""
    found = tokens(" \n ".join(_texts(table, row)))
    return [f"t{TABLES.index(table)}", *found] if found else []


def _texts(table: str, row: Mapping[str, Any] | None) -> list[str]:
    return [str(row[name]) for name in COLUMNS[table] if row.get(name)] if row else []


def write(connection: sa.Connection, moves: Iterable[RowMove]) -> None:
    """Bring the index up to the rows that moved, in their order. At most five statements; none where no searched text changed."""
    before: dict[int, list[str]] = {}
    after: dict[int, list[str]] = {}
    for move in moves:
        if move.table in COLUMNS and _texts(move.table, move.old) != _texts(move.table, move.new):
            key = search_id(move.table, move.row_id)
            before.setdefault(key, words_of(move.table, move.old))
            after[key] = words_of(move.table, move.new)
    changed = {key for key, words in after.items() if words != before[key]}
    _remove(connection, [key for key in changed if before[key]])
    _add(connection, {key: after[key] for key in sorted(changed) if after[key]})


def rebuild(connection: sa.Connection) -> int:
    """Make the whole index anew from the live tables, inside a write transaction. Returns the number of rows indexed."""
    connection.execute(sa.delete(SearchText))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO search_index(search_index) VALUES ('delete-all')")
    count = 0
    for table in TABLES:
        rows = connection.execute(_searched(table)).mappings()
        found = {search_id(table, row["id"]): words for row in rows if (words := words_of(table, dict(row)))}
        _add(connection, found)
        count += len(found)
    return count


def differing(connection: sa.Connection) -> Iterator[tuple[str, int]]:
    """Rows, by table and id, whose words in the index are not those of their texts; also of rows that are not there any more."""
    held: dict[int, list[str]] = dict(connection.execute(sa.select(SearchText.id, SearchText.words)).all())
    for table in TABLES:
        for row in connection.execute(_searched(table)).mappings():
            if held.pop(search_id(table, row["id"]), []) != words_of(table, dict(row)):
                yield table, row["id"]
    yield from ((TABLES[key % 64], key // 64) for key in held)


def _searched(table: str) -> sa.Select[Any]:
    live = Base.metadata.tables[table]
    # Of a later release that has dropped a column the rest can still be compared.
    return sa.select(live.c.id, *(live.c[name] for name in COLUMNS[table] if name in live.c))


def _remove(connection: sa.Connection, keys: list[int]) -> None:
    if not keys:
        return
    there = SearchText.id.in_(keys)
    if connection.dialect.name == "sqlite":  # FTS5 forgets a row only when it is told what the row held
        connection.execute(
            sa.text("INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', :id, :words)"),
            [
                {"id": row.id, "words": " ".join(row.words)}
                for row in connection.execute(sa.select(SearchText.id, SearchText.words).where(there)).all()
            ],
        )
    connection.execute(sa.delete(SearchText).where(there))


def _add(connection: sa.Connection, found: Mapping[int, list[str]]) -> None:
    if not found:
        return
    connection.execute(sa.insert(SearchText), [{"id": key, "words": words} for key, words in found.items()])
    if connection.dialect.name == "sqlite":
        connection.execute(
            sa.text("INSERT INTO search_index(rowid, words) VALUES (:id, :words)"),
            [{"id": key, "words": " ".join(words)} for key, words in found.items()],
        )
