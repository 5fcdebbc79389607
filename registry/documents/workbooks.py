"""Tables as a workbook: one sheet each, heads frozen, words to choose from where there are few, and nothing that computes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from registry.documents.stamped import Stamped, written
from registry.domain.sheets import Cell, Sheet
from registry.words import Language

LONG = 5_000
"""Rows from which on a workbook is written in constant memory."""
CELL_AT_MOST = 32_000
"""Characters: the format allows 32,767."""
EXACT = 15
"""Digits that a number of a spreadsheet keeps; a longer one stays text."""
FIRST_DAY = date(1900, 3, 1)
"""Spreadsheets count a 29 February 1900 that never was: an earlier day stays text."""
WIDEST = 60
WORDS = {
    "zh": ("说明", "表", "行数", "附注", "…（内容过长，此处截断，全文见 CSV）", "可选"),
    "en": ("About", "Table", "Rows", "Note", "… (too long, cut here; the CSV has all)", "Choices"),
}
"""Title of the sheet with the stamp; its heads; what is said where a text is cut; title of the sheet of words to choose from."""
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")


def workbook(stamped: Stamped, *, tables_first: bool = False) -> bytes:
    """The workbook, the same bytes for the same tables.

    First the sheet with the stamp, then one sheet for each table: heads, rows, sums; notes stand beside the stamp.
    tables_first: the stamp is the last sheet; the import reads the first one.
    """
    out = io.BytesIO()
    long = any(len(sheet.rows) > LONG for sheet in stamped.sheets)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": long,
        "in_memory": not long,
    }
    with xlsxwriter.Workbook(out, options) as book:
        moment = stamped.moment.replace(tzinfo=None)
        book.set_properties({"title": written(stamped.title), "created": moment, "comments": written(stamped.foot)})
        looks = _Looks(book, stamped.language)
        names = list(_names(stamped))
        if not tables_first:
            _about(book, looks, stamped, names)
        for name, sheet in zip(names, stamped.sheets, strict=True):
            looks.fill(book.add_worksheet(name), sheet)
        if tables_first:
            _about(book, looks, stamped, names)
        looks.choices(book)
    return out.getvalue()


class _Looks:
    """How cells look, and the words that columns choose from."""

    def __init__(self, book: Workbook, language: Language) -> None:
        self.language = language
        base = {"text_wrap": True, "valign": "top", "font_name": "宋体" if language == "zh" else "Calibri"}
        day = 'yyyy"年"m"月"d"日"' if language == "zh" else "d mmmm yyyy"
        self.plain: Format = book.add_format(base)
        self.head: Format = book.add_format(base | {"bold": True, "bg_color": "#EEEEEE", "bottom": 1})
        self.sum: Format = book.add_format(base | {"bold": True, "top": 1})
        self.day: Format = book.add_format(base | {"num_format": day, "align": "left"})
        self.moment: Format = book.add_format(base | {"num_format": "yyyy-mm-dd hh:mm", "align": "left"})
        self.among: dict[tuple[str, ...], int] = {}

    def fill(self, page: Worksheet, sheet: Sheet) -> None:
        """One table, its heads in the first row."""
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, min(max(column.width, 8), WIDEST) + 2, self.plain)
            page.write_string(0, place, written(column.title), self.head)
        for number, row in enumerate(sheet.rows, 1):
            for place, cell in enumerate(row):
                self.write(page, number, place, cell, self.plain)
        for place, cell in enumerate(sheet.totals or ()):
            self.write(page, len(sheet.rows) + 1, place, cell, self.sum)
        self.offer(page, sheet)
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
        printed(page, sheet.title)
        page.repeat_rows(0)

    def write(self, page: Worksheet, row: int, place: int, cell: Cell, look: Format) -> None:
        """One cell by its kind; text is never read as a number, a formula or an address."""
        if cell is None or cell == "":
            page.write_blank(row, place, None, look)
        elif isinstance(cell, datetime):
            page.write_datetime(row, place, cell.replace(tzinfo=None), self.moment)
        elif isinstance(cell, date) and cell >= FIRST_DAY:
            page.write_datetime(row, place, datetime(cell.year, cell.month, cell.day), self.day)  # noqa: DTZ001  # a day has no zone
        elif isinstance(cell, int | Decimal) and len(Decimal(cell).as_tuple().digits) <= EXACT:
            page.write_number(row, place, float(cell), look)
        else:
            page.write_string(row, place, self.fitting(written(str(cell))), look)

    def fitting(self, text: str) -> str:
        """The text, cut where a cell cannot hold it, and then it says so."""
        return text if len(text) <= CELL_AT_MOST else f"{text[:CELL_AT_MOST]}{WORDS[self.language][4]}"

    def offer(self, page: Worksheet, sheet: Sheet) -> None:
        """Words to choose from in the rows, and in as many again."""
        for place, column in enumerate(sheet.columns):
            if column.among:
                at = self.among.setdefault(column.among, len(self.among))
                letter = xlsxwriter.utility.xl_col_to_name(at, True)
                source = f"='{WORDS[self.language][5]}'!{letter}$1:{letter}${len(column.among)}"
                last = 2 * len(sheet.rows) + 100
                page.data_validation(1, place, last, place, {"validate": "list", "source": source})

    def choices(self, book: Workbook) -> None:
        """The hidden sheet that the lists of words stand on."""
        if self.among:
            page = book.add_worksheet(WORDS[self.language][5])
            for row, words in enumerate(zip_longest(*self.among)):
                for place, word in enumerate(words):
                    if word is not None:
                        page.write_string(row, place, word)
            page.hide()


def _about(book: Workbook, looks: _Looks, stamped: Stamped, names: list[str]) -> None:
    """The stamp, what each sheet holds, and its notes."""
    words = WORDS[stamped.language]
    page = book.add_worksheet(words[0])
    rows: list[tuple[Cell, ...]] = [(stamped.title,)]
    rows += [*((line,) for line in stamped.lead), *stamped.stamp, (), (words[1], words[2], words[3])]
    rows += [(name, len(sheet.rows), "\n".join(sheet.notes)) for name, sheet in zip(names, stamped.sheets, strict=True)]
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            looks.write(page, number, place, cell, looks.head if row[0] == stamped.title else looks.plain)
    page.set_column(0, 1, 30, looks.plain)
    page.set_column(2, 2, WIDEST, looks.plain)
    printed(page, stamped.title)


def printed(page: Worksheet, title: str) -> None:
    """On A4, as wide as the page, with page x of y."""
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer(f"&L{written(title)[:80].replace('&', '&&')}&R&P / &N")


def _names(stamped: Stamped) -> Iterator[str]:
    """Names of sheets: at most 31 characters, each once, whatever the case."""
    taken = {WORDS[stamped.language][0].lower(), WORDS[stamped.language][5].lower(), "history", ""}
    for number, sheet in enumerate(stamped.sheets, 1):
        name = _NOT_IN_A_NAME.sub(" ", written(sheet.title)).strip("' ")[:31].strip("' ")
        if name.lower() in taken:
            name = f"{name[:26]} {number}".strip()
        taken.add(name.lower())
        yield name
