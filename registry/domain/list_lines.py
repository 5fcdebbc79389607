"""The rows of an annual list as people paste them: one item to a line, perhaps with its category and the list it came from."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MOST = 300
"""Rows of one version: they stand in one entry of the history."""
_PARTED = re.compile("[,;|]")
_HYPHENS = str.maketrans("‐‑‒–—−", "------")  # the forms of a hyphen that word processors put


@dataclass(frozen=True, slots=True)
class Line:
    """An item, by number, in a list. category: 大类 as printed. carried_from: number of the earlier year's list it stood in."""

    item: str
    category: str | None = None
    carried_from: str | None = None


def read_lines(text: str) -> tuple[Line, ...]:
    """The rows, in order. Columns are parted by tabs; in a line without a tab by comma, semicolon or bar, or the first two by
    blanks. Full-width forms are read as ASCII; empty lines are passed over."""
    return tuple(_line(line) for line in text.splitlines() if line.strip())


def write_lines(lines: tuple[Line, ...]) -> str:
    """The text that `read_lines` reads as these rows."""
    return "\n".join(
        "\t".join((each.item, each.category or "", each.carried_from or "")).rstrip("\t") for each in lines
    )


def _line(text: str) -> Line:
    text = unicodedata.normalize("NFKC", text).strip()
    columns = text.split("\t", maxsplit=2) if "\t" in text else _PARTED.split(text, maxsplit=2)
    if len(columns) == 1:
        columns = text.split(maxsplit=1)
    head, category, carried = ([*(each.strip() for each in columns), "", ""])[:3]
    return Line(_number(head), category or None, _number(carried) or None)


def _number(text: str) -> str:
    return "".join(text.split()).translate(_HYPHENS).lower()
