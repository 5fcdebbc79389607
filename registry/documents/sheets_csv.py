"""A table as CSV: UTF-8 with BOM, streamed, inert in a spreadsheet, with its stamp, count and checksum at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from registry.documents.changes_csv import proved
from registry.documents.stamped import Stamped
from registry.domain.sheets import Cell, Column

Rows = Iterable[Sequence[Cell]]


def sheet_csv(stamped: Stamped, columns: Sequence[Column], rows: Rows) -> Iterator[bytes]:
    """Rows under the heads of their columns, as pieces of a file; sums are left to whoever reads it.

    Days and moments in ISO 8601. After the rows, lines that begin with # tell the stamp, and the last one as in `changes_csv`.
    """
    heads = (column.title for column in columns)
    notes = (("#", what, how) for what, how in stamped.stamp)
    return proved(heads, (map(plain, row) for row in rows), stamped.language, notes)


def plain(cell: Cell) -> str:
    """A cell as programs read it."""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)
