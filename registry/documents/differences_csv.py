"""What differs between two moments as one CSV: UTF-8 with BOM, streamed, inert in a spreadsheet, with its own count and checksum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from registry.documents.changes_csv import proved
from registry.queries.changes import text_of
from registry.queries.differences import Difference
from registry.words import Language, label

HEADS = {
    "zh": ("对象类别", "对象", "名称", "内容类别", "行号", "变动", "内容", "先前", "后来", "不公开"),
    "en": ("Kind of record", "Record", "Name", "Table", "Row", "Change", "Field", "Before", "After", "Withheld"),
}
"""Heads of the columns."""


def differences_csv(found: Iterable[Difference], language: Language) -> Iterator[bytes]:
    """One line for each field that differs, as pieces of a file; its last line as in `changes_csv`."""
    return proved(HEADS[language], (line for each in found for line in _lines(each, language)), language)


def _lines(found: Difference, language: Language) -> Iterator[tuple[str, ...]]:
    named = found.named
    title = ((named.title_en if language == "en" else None) or named.title_zh) if named else ""
    head = (label("subject", found.kind, language), named.key if named else str(found.id), title)
    for row in found.rows:
        of_row = (label("table", row.table, language), str(row.row_id), label("move", row.move, language))
        for change in row.fields:
            column = f"{row.table}.{change.field}"
            values = (label(column, text_of(value), language) for value in (change.old, change.new))
            withheld = ("是" if language == "zh" else "yes") if change.withheld else ""
            yield *head, *of_row, label("field", change.field, language), *values, withheld
