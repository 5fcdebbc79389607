"""Tables as PDF: A4, heads repeated as 续表, rows whole, page x of y; tagged (PDF/UA-1), in the one font that is shipped.

What stands in a table reaches typst as data, never as markup. A character that the font lacks is told by its code, and should
one remain the print is refused: no page shows an empty box.
"""

from __future__ import annotations

import json
import struct
import unicodedata
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import typst

from registry.documents.stamped import EDGES, Stamped, breakable, broad, leasts, lies, right, shares, text_of, told
from registry.domain.sheets import Sheet
from registry.words import Language

FONT = "cvttf_NotoSansCJK_Regular"
"""The package whose font file every print uses: a bare machine makes the same file."""
STANDARD: Literal["ua-1"] = "ua-1"
UPRIGHT, FLIPPED = 92, 136
"""Characters across the type area of a page that stands and of one that lies, at 9 pt."""
SIZE, SMALLEST = 9, 6.5
"""Points of what stands in a table; of one whose words would not fit beside each other."""
LINES_WHOLE = 30
"""Lines up to which a row stays on one page; a longer one may go over."""
WORDS = {
    "zh": {"again": "续表　{title}", "pages": "第 {x} 页，共 {y} 页", "none": "没有。", "colon": "：", "region": "cn"},
    "en": {"again": "Table continued: {title}", "pages": "Page {x} of {y}", "none": "None.", "colon": ": ", "region": "gb"},
}  # fmt: skip
_one_at_a_time = Lock()


class NotPrinted(Exception):
    """The print would not show what stands in it; the words say what."""


def printed(stamped: Stamped) -> bytes:
    """The PDF, the same bytes for the same tables. Raises NotPrinted."""
    flipped = any(lies(sheet, UPRIGHT, stamped.language) for sheet in stamped.sheets)
    words, across = WORDS[stamped.language], FLIPPED if flipped else UPRIGHT
    data = {
        "title": stamped.title,
        "number": stamped.number,
        "lang": stamped.language,
        "region": words["region"],
        "size": SIZE,
        "flipped": flipped,
        "foot": stamped.foot,
        "pages": words["pages"],
        "colon": words["colon"],
        "lead": stamped.lead,
        "stamp": stamped.stamp,
        "tables": [_table(sheet, stamped.language, across) for sheet in stamped.sheets],
    }
    return _compiled(json.dumps(_shown(data), ensure_ascii=False), int(stamped.moment.timestamp()))


def _table(sheet: Sheet, language: Language, across: int) -> dict[str, object]:
    rows = [[text_of(cell, language) for cell in row] for row in sheet.rows]
    size = max(SMALLEST, min(SIZE, SIZE * across / sum(leasts(sheet, language))))
    wide = shares(sheet, across * SIZE / size, language)
    return {
        "title": sheet.title,
        "size": size,
        "again": WORDS[language]["again"].format(title=sheet.title),
        "none_": WORDS[language]["none"],
        "notes": sheet.notes,
        "heads": [column.title for column in sheet.columns],
        "widths": wide,
        "right": [right(column) for column in sheet.columns],
        "rows": rows,
        "long": [max(map(_lines, row, wide)) > LINES_WHOLE for row in rows],
        "totals": None if sheet.totals is None else [text_of(cell, language) for cell in sheet.totals],
    }


def _lines(text: str, wide: float) -> int:
    """How many lines a text takes in a column of so many characters, about."""
    room = max(int(wide) - EDGES, 2)
    return sum(-(-broad(line) // room) for line in text.split("\n"))


def _shown(value: object) -> object:
    """The same data with every text as the font can show it."""
    if isinstance(value, str):
        return breakable("".join(map(_glyph, value)))
    if isinstance(value, dict):
        return {key: _shown(each) for key, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list | tuple) else value


def _glyph(character: str) -> str:
    """The character, or its code: where the font lacks it, and where it would turn or hide what stands beside it."""
    if character == "\n":
        return character
    if character == "\t":
        return " "
    hides = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me")
    return told(character) if hides or ord(character) not in _characters() else character


def _compiled(data: str, moment: int) -> bytes:
    with _one_at_a_time:
        try:
            print_, warnings = _compiler().compile_with_warnings(
                _template(), format="pdf", sys_inputs={"data": data}, pdf_standards=STANDARD, timestamp=moment
            )
        except typst.TypstError as error:
            raise NotPrinted(error.message) from error
    if warnings or not isinstance(print_, bytes):
        raise NotPrinted("; ".join(warning.message for warning in warnings))
    return print_


@cache
def _template() -> bytes:
    return Path(__file__).with_name("print.typ").read_bytes()


@cache
def _font() -> Path:
    package = files(FONT)
    (file,) = Path(str(package)).glob("*.otf")
    return file


@cache
def _compiler() -> typst.Compiler:
    """Fonts are read once; the root holds the font alone, so that no template reaches another file."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_font().parent])
    return typst.Compiler(root=_font().parent, font_paths=fonts, ignore_system_fonts=True)


@cache
def _characters() -> frozenset[int]:
    """The characters that the font has, from its `cmap` table, format 12. Source: OpenType 1.9, cmap."""
    font = _font().read_bytes()

    def at(shape: str, place: int) -> tuple[Any, ...]:
        return struct.unpack_from(f">{shape}", font, place)

    tables = (at("4sIII", 12 + 16 * number) for number in range(*at("H", 4)))
    cmap = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    charts = (cmap + at("HHI", cmap + 4 + 8 * number)[2] for number in range(*at("H", cmap + 2)))
    full = next(chart for chart in charts if at("H", chart) == (12,))
    spans = (at("III", full + 16 + 12 * number) for number in range(*at("I", full + 12)))
    return frozenset(code for first, last, _ in spans for code in range(first, last + 1))
