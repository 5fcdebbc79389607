"""Reads one workbook in a process of its own: `python -I -m registry.documents.workbook_child` with the file as its input.

A workbook of 3 KB can name a cell in the last row and column, or expand one string a million times, and the reader then
ends the whole process. So the process that reads has limits of its own, and nothing to lose. Only `workbooks.py` starts it.
Prints one JSON object: sheet; date1904; rows, each a list of [row, [[column, text, number or null, fault or null], …]] with
cells that hold something, counted from 0; or refused, the code of a refusal.
"""

from __future__ import annotations

import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.parsers import expat

import python_calamine

MEMORY = 1024**3
"""Bytes of address space."""
SECONDS = 20
"""Of the processor."""
UNPACKED_AT_MOST = 100 * 1024**2
"""Bytes of all parts of the workbook together."""
CELLS_AT_MOST = 500_000
ROWS_AT_MOST, COLUMNS_AT_MOST = 50_000, 200
"""Where the last cell may stand: what reads a sheet makes room for every cell before it."""
TEXT_AT_MOST = 32_767
"""Characters of one cell, as ECMA-376 has it."""
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


class NotRead(Exception):
    """The workbook is refused; its words are the code of the refusal."""


@dataclass
class Found:
    """What the raw sheet tells that the reader does not: errors, formulas without a value, exact numbers."""

    cells: int = 0
    numbers: dict[tuple[int, int], float] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


def read(content: bytes) -> dict[str, Any]:
    """The first visible sheet of a workbook. Raises NotRead."""
    with _opened(content) as parts:
        date1904, sheets = _sheets(parts)
        name, part = next(((name, part) for name, part, visible in sheets if visible), (None, None))
        if name is None or part is None:
            raise NotRead("workbook-broken")
        _check_strings(parts)
        scan = _Scan()
        _parse(_part(parts, part), scan.start, scan.end, scan.text)
        found = scan.found
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as workbook:
            sheet = workbook.get_sheet_by_name(name)
            merged = sheet.merged_cell_ranges or []
            grid = sheet.to_python(skip_empty_area=False)
    except python_calamine.PasswordError as error:
        raise NotRead("workbook-locked") from error
    except python_calamine.CalamineError as error:
        raise NotRead("workbook-broken") from error
    _fill(grid, merged, found)
    return {"sheet": name, "date1904": date1904, "rows": list(_rows(grid, found))}


def _opened(content: bytes) -> zipfile.ZipFile:
    try:
        parts = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError) as error:
        raise NotRead("workbook-broken") from error
    if sum(info.file_size for info in parts.infolist()) > UNPACKED_AT_MOST:
        raise NotRead("workbook-too-large")
    if "xl/workbook.xml" not in parts.namelist():
        raise NotRead("table-format")
    return parts


def _part(parts: zipfile.ZipFile, name: str) -> bytes:
    """The part, checked against the size and the checksum that the archive promises."""
    try:
        return parts.read(name)
    except (KeyError, zipfile.BadZipFile, RuntimeError, OSError, ValueError) as error:
        raise NotRead("workbook-broken") from error


def _parse(content: bytes, start: Any, end: Any = None, text: Any = None) -> None:
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NotRead("workbook-broken") from error


def _no_doctype(*_: Any) -> None:
    raise NotRead("workbook-broken")


def _sheets(parts: zipfile.ZipFile) -> tuple[bool, list[tuple[str, str, bool]]]:
    """How days are counted; name, part and whether it shows, of each sheet in order."""
    dates: list[str] = []
    named: list[tuple[str, str, bool]] = []
    targets: dict[str, str] = {}

    def workbook(name: str, given: dict[str, str]) -> None:
        if name.endswith("|workbookPr"):
            dates.append(given.get("date1904", "0"))
        elif name.endswith("|sheet"):
            identity = next((value for key, value in given.items() if key.endswith("relationships|id")), "")
            named.append((given.get("name", ""), identity, given.get("state", "visible") == "visible"))

    def relation(name: str, given: dict[str, str]) -> None:
        if name.endswith("|Relationship") and given.get("Type", "").endswith("/worksheet"):
            target = given.get("Target", "")
            targets[given.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"

    _parse(_part(parts, "xl/workbook.xml"), workbook)
    _parse(_part(parts, "xl/_rels/workbook.xml.rels"), relation)
    sheets = [(name, targets[identity], visible) for name, identity, visible in named if identity in targets]
    return any(value in ("1", "true", "on") for value in dates), sheets


def _check_strings(parts: zipfile.ZipFile) -> None:
    """No shared string is longer than a cell may be: thousands of cells could name it."""
    if "xl/sharedStrings.xml" not in parts.namelist():
        return
    length = 0

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal length
        if name.endswith("|si"):
            length = 0

    def text(words: str) -> None:
        nonlocal length
        length += len(words)
        if length > TEXT_AT_MOST:
            raise NotRead("workbook-too-large")

    _parse(_part(parts, "xl/sharedStrings.xml"), start, None, text)


class _Scan:
    """Counts the cells of a sheet before anybody makes room for them, and keeps what the reader loses."""

    def __init__(self) -> None:
        self.found = Found()
        self._place, self._type, self._value = (0, 0), "", ""
        self._formula = self._inside = False

    def start(self, name: str, given: dict[str, str]) -> None:
        """A cell begins, or its formula, or its value."""
        kind = name.rpartition("|")[2]
        if kind == "c":
            self.found.cells += 1
            self._place = _place(given.get("r", ""))
            self._type, self._value, self._formula = given.get("t", "n"), "", False
            row, column = self._place
            if self.found.cells > CELLS_AT_MOST or row >= ROWS_AT_MOST or column >= COLUMNS_AT_MOST:
                raise NotRead("workbook-too-large")
        self._formula = self._formula or kind == "f"
        self._inside = kind == "v"

    def text(self, words: str) -> None:
        """Words, of a value if one has begun."""
        if self._inside:
            self._value += words

    def end(self, name: str) -> None:
        """Whatever began last has ended."""
        self._inside = False
        if name.endswith("|c"):
            self._keep(self._value.strip())

    def _keep(self, value: str) -> None:
        if self._type == "e":
            self.found.errors[self._place] = value or "#?"
        elif self._formula and not value and self._type != "str":
            self.found.errors[self._place] = "="
        elif self._type == "n" and value:
            try:
                self.found.numbers[self._place] = float(value)
            except ValueError as error:
                raise NotRead("workbook-broken") from error


def _place(reference: str) -> tuple[int, int]:
    """B3 → (2, 1). Cells without a place of their own are refused: nobody could be told where they stand."""
    matched = _PLACE.fullmatch(reference)
    if not matched:
        raise NotRead("workbook-broken")
    column = 0
    for letter in matched[1]:
        column = column * 26 + ord(letter) - 64
    return int(matched[2]) - 1, column - 1


def _fill(grid: list[list[Any]], merged: list[Any], found: Found) -> None:
    """Give every cell that was merged downwards what the first one holds, as it looks to whoever reads the sheet."""
    for (top, left), (bottom, right) in merged:
        if left == right and bottom < len(grid) and left < len(grid[top]):
            for row in range(top + 1, bottom + 1):
                grid[row][left] = grid[top][left]
                if (top, left) in found.numbers:
                    found.numbers[row, left] = found.numbers[top, left]


def _rows(grid: list[list[Any]], found: Found) -> Iterator[list[Any]]:
    """Each row that holds something."""
    beyond = [place for place in found.errors if place[0] >= len(grid) or place[1] >= len(grid[place[0]])]
    if beyond:
        raise NotRead("workbook-broken")
    for number, row in enumerate(grid):
        cells = [cell for column, value in enumerate(row) if (cell := _cell(number, column, value, found))]
        if cells:
            yield [number, cells]


def _cell(row: int, column: int, value: Any, found: Found) -> list[Any] | None:
    place = row, column
    if place in found.errors:
        return [column, found.errors[place], None, "formula" if found.errors[place] == "=" else "error"]
    if value == "":
        return None
    number = found.numbers.get(place) if isinstance(value, int | float | date | time | timedelta) else None
    if isinstance(value, bool):
        return [column, "TRUE" if value else "FALSE", None, None]
    if isinstance(value, float) and value.is_integer():
        return [column, str(int(value)), number, None]
    if isinstance(value, datetime):
        return [column, value.isoformat(" "), number, None]
    return [column, str(value), number, None]


def main() -> None:
    """Read what comes in, within limits, and print what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = read(sys.stdin.buffer.read())
    except NotRead as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
