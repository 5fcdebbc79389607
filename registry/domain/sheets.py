"""A sheet: a titled table in the reader's language, as pages, workbooks, papers and CSV files show it alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

Cell: TypeAlias = str | int | Decimal | date | datetime | None
"""A datetime is aware. None: nothing is there; what is not known is said in words."""
Kind: TypeAlias = Literal["text", "title", "number", "date", "moment"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. width: characters of the widest usual value, a Chinese character counting two. among: the values it may hold,
    where they are few."""

    title: str
    kind: Kind = "text"
    width: int = 12
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. name: file-safe key, ASCII, e.g. items; title: as people read it; notes: what it counts, as of when.

    Each row has as many cells as there are columns; totals: a last row of sums, or None.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a row that does not fit its columns."""
        wrong = [row for row in (*self.rows, *filter(None, [self.totals])) if len(row) != len(self.columns)]
        if wrong:
            raise ValueError(f"{self.name}: {len(self.columns)} columns, but {wrong[0]!r}")
