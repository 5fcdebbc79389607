"""Tables on their way out: the title over them, and the stamp that says whose view of which register they are."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

from registry.domain.dates import PartialDate, Precision
from registry.domain.sheets import Cell, Column, Sheet
from registry.words import Language

ROWS_LOOKED_AT = 500
"""Rows whose cells tell how wide a column is."""
EDGES = 2
"""Characters that the edges of a cell take."""
LATIN = 1.2
"""Breadth of a digit or Latin letter, in halves of a Chinese character, about."""
WRAPPED = 1.25
"""How much wider than its page a table may be, for its cells to go over several lines."""
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold, and control characters that no page shows."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """Tables with what is said over them.

    number: of the record, as its papers name it; None of a list. moment: of the last entry that they know, in the register's
    zone: every time that a file bears. stamp: (what, how it is) in order: register, entry, day, rights, address.
    foot: the stamp in one line. lead: sentences before the tables.
    """

    title: str
    number: str | None
    language: Language
    moment: datetime
    stamp: tuple[tuple[str, str], ...]
    foot: str
    sheets: tuple[Sheet, ...]
    lead: tuple[str, ...] = ()


def text_of(cell: Cell, language: Language) -> str:
    """A cell as people read it: a day in words, a moment to the minute in its own zone, nothing for None."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, date):
        day = PartialDate(cell.isoformat(), Precision.DAY)
        return day.en() if language == "en" else day.zh()
    return "" if cell is None else written(str(cell))


def written(text: str) -> str:
    """The text with characters that no page can hold told by their code, and every line break as one."""
    return _UNWRITABLE.sub(told, text.replace("\r\n", "\n").replace("\r", "\n"))


def told(found: re.Match[str] | str) -> str:
    """A character by its code: [U+0007]."""
    return f"[U+{ord(found if isinstance(found, str) else found[0]):04X}]"


def broad(text: str) -> int:
    """How broad the longest line is, in halves of a Chinese character; digits and Latin letters take a little more than one."""
    return max(
        math.ceil(sum(2 if unicodedata.east_asian_width(each) in "WF" else LATIN for each in line))
        for line in text.split("\n")
    )


def needs(sheet: Sheet, language: Language) -> list[int]:
    """How many characters each column takes on paper, its edges with it: what its widest cell does, at most what the column asks
    for, and at least its head in two lines."""
    found = []
    for place, column in enumerate(sheet.columns):
        cells = (text_of(row[place], language) for row in (*sheet.rows[:ROWS_LOOKED_AT], *filter(None, [sheet.totals])))
        least = max(-(-broad(column.title) // 2), 4)
        found.append(min(max(map(broad, cells), default=0), max(column.width, least)) + EDGES)
        found[-1] = max(found[-1], least + EDGES)
    return found


def lies(sheet: Sheet, upright: int, language: Language) -> bool:
    """Whether a table is too wide for a page that stands. upright: characters of its type area."""
    return sum(needs(sheet, language)) > upright * WRAPPED


def shares(sheet: Sheet, across: int, language: Language) -> list[float]:
    """How much of the type area each column gets, in characters. What they need; where that is too much, the broadest give: each
    column gets what it needs up to one bound."""
    wanted = needs(sheet, language)
    left, bound = float(across), float(across)
    for place, each in enumerate(sorted(wanted)):
        bound = left / (len(wanted) - place)
        if each > bound:
            break
        left -= each
    given = [min(each, bound) for each in wanted] if sum(wanted) > across else wanted
    return [each * across / sum(given) for each in given]


def right(column: Column) -> bool:
    """Whether figures stand at the right edge."""
    return column.kind == "number"
