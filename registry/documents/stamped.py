"""Tables on their way out: the title over them, and the stamp that says whose view of which register they are."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
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
FEW = 8
"""Breadth below which no column of Chinese is squeezed: four characters."""
WRAPPED = 1.25
"""How much wider than its page a table may be, for its cells to go over several lines."""
_UNBROKEN = re.compile(r"[!-~]{21,}")
_PIECE = re.compile(r"[!-~]{1,11}[-/_.,;:?&=]|[!-~]{1,12}")
_WORD = re.compile("[^\\s\u200b\u2e80-\uffff]+|[\u2e80-\uffff]")
"""What no line break goes through: a word of Latin letters or figures, one Chinese character."""
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


def _columns(sheet: Sheet, language: Language) -> Iterator[tuple[Column, list[str]]]:
    """Each column with the texts of its cells that are looked at."""
    rows = (*sheet.rows[:ROWS_LOOKED_AT], *filter(None, [sheet.totals]))
    for place, column in enumerate(sheet.columns):
        yield column, [text_of(row[place], language) for row in rows]


def needs(sheet: Sheet, language: Language) -> list[int]:
    """How many characters each column takes on paper, its edges with it: what its widest cell does, at most what the column asks
    for, and at least its head in two lines."""
    found = []
    for column, cells in _columns(sheet, language):
        least = max(-(-broad(column.title) // 2), 4)
        found.append(min(max(map(broad, cells), default=0), max(column.width, least)) + EDGES)
        found[-1] = max(found[-1], least + EDGES)
    return found


def lies(sheet: Sheet, upright: int, language: Language) -> bool:
    """Whether a table is too wide for a page that stands. upright: characters of its type area."""
    return sum(needs(sheet, language)) > upright * WRAPPED or sum(leasts(sheet, language)) > upright


def leasts(sheet: Sheet, language: Language) -> list[int]:
    """How many characters each column takes at least, its edges with it: what its broadest word does, which nothing breaks."""
    found = []
    for (column, cells), wanted in zip(_columns(sheet, language), needs(sheet, language), strict=True):
        words = [broad(word) for text in (column.title, *cells) for word in _WORD.findall(breakable(text))]
        found.append(max([*words, min(FEW, wanted - EDGES)]) + EDGES)
    return found


def shares(sheet: Sheet, across: float, language: Language) -> list[float]:
    """How much of the type area each column gets, in characters. What they need; where that is too much, the broadest give: each
    column gets what it needs up to one bound, but always its broadest word. Where not even words fit, all are squeezed alike."""
    least = leasts(sheet, language)
    wanted = [max(pair) for pair in zip(least, needs(sheet, language), strict=True)]
    given: list[float] = [*wanted] if sum(wanted) <= across else _bounded(least, wanted, max(across, sum(least)))
    return [each * across / sum(given) for each in given]


def _bounded(least: list[int], wanted: list[int], across: float) -> list[float]:
    """What each is wanted to be up to one bound, at least its least, so that all together are so many."""
    low, high = 0.0, float(across)
    while high - low > across / 1e6:
        bound = (low + high) / 2
        given = [max(less, min(more, bound)) for less, more in zip(least, wanted, strict=True)]
        low, high = (bound, high) if sum(given) < across else (low, bound)
    return [max(less, min(more, high)) for less, more in zip(least, wanted, strict=True)]


def breakable(text: str) -> str:
    """The text with U+200B where a long word may break: at its signs, and hashes after each twelfth character."""
    return _UNBROKEN.sub(lambda found: "\u200b".join(_PIECE.findall(found[0])), text)


def right(column: Column) -> bool:
    """Whether figures stand at the right edge."""
    return column.kind == "number"
