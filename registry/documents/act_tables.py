"""Tables of acts as files: YAML, CSV and workbook in, CSV out. What goes out comes in again as nothing new."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from registry.documents.changes_csv import BOM, FORMULA, inert
from registry.domain.act_rows import (
    BETWEEN,
    HEADS,
    ActRow,
    Cell,
    Record,
    Table,
    Words,
    fold,
    known_heads,
    read_rows,
    whole,
)
from registry.domain.dates import PartialDate, Precision
from registry.domain.sheets import Column, Sheet
from registry.errors import Reason
from registry.models.agreements import ACT_KINDS, AUTHORITIES
from registry.queries.act_lines import ActLine
from registry.queries.rows import Named
from registry.words import LANGUAGES, Language, label
from workflows import strict_yaml

BYTES_AT_MOST = 5 * 1024**2
CELL_AT_MOST = 100_000
"""Characters of one cell of a CSV file."""
SECONDS = 30
"""That reading a workbook may take by the clock."""
ZIP, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SEPARATORS = (",", ";", "\t")


def read_acts(content: bytes, file: str) -> tuple[ActRow, ...]:
    """The acts of a file.

    content: the whole file, at most 5 MB: a workbook by its content, YAML by its name (.yaml, .yml), else CSV in UTF-8 or
        GB18030, separated by commas, semicolons or tabs. file: its name, as faults show it.
    Raises TableRefused with every fault of the cells, or one of the file: table-too-large, table-format, table-encoding,
    table-empty, not-yaml, workbook-too-large, workbook-broken, workbook-locked, workbook-stopped.
    """
    return read_rows(_table(content, file), _words("act_kind", ACT_KINDS), _words("authority", AUTHORITIES))


@cache
def _words(kind: str, codes: tuple[str, ...]) -> Words:
    """Codes by themselves and by their words in both languages."""
    return {
        fold(word): code for code in codes for word in (code, *(label(kind, code, language) for language in LANGUAGES))
    }


def _table(content: bytes, file: str) -> Table:
    if len(content) > BYTES_AT_MOST:
        raise whole(file, Reason("table-too-large", {"limit": BYTES_AT_MOST // 1024**2}))
    if content.startswith(ZIP):
        return _workbook(content, file)
    if content.startswith((OLD_WORKBOOK, b"%PDF-", b"\xff\xfe", b"\xfe\xff")):
        raise whole(file, Reason("table-format"))
    if file.lower().endswith((".yaml", ".yml")):
        return _yaml(content, file)
    return _csv(content, file)


# ---- YAML


def _yaml(content: bytes, file: str) -> Table:
    """A list of mappings, alone or under `acts`. A row is the line where its mapping begins; a column is its key."""
    try:
        document = strict_yaml.read(content)
    except strict_yaml.YamlError as error:
        raise whole(file, Reason("not-yaml", {"line": error.line, "zh": error.zh, "en": error.en})) from error
    inside = isinstance(document.data, dict) and set(document.data) == {"acts"}
    listed = document.data["acts"] if inside and isinstance(document.data, dict) else document.data
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise whole(file, Reason("table-format"))
    above: strict_yaml.Path = ("acts",) if inside else ()
    records = []
    keys: dict[str, None] = {}
    for place, each in enumerate(listed):
        cells = []
        for key, value in each.items():  # type: ignore[union-attr]  # found a mapping above
            keys[key] = None
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            fault = Reason("cell-error", {"value": shown}) if isinstance(value, list | dict) else None
            cells.append(Cell(key, shown, fault=fault))
        records.append(Record(document.line((*above, place)), tuple(cells)))
    return Table(file, Record(1, tuple(Cell(key, key) for key in keys)), tuple(records))


# ---- CSV


def _csv(content: bytes, file: str) -> Table:
    """Rows are counted as spreadsheets count them: a cell with line breaks is one row."""
    text = _decoded(content, file)
    separator = max(SEPARATORS, key=lambda each: known_heads(_split(_first_line(text), each)))
    limit = csv.field_size_limit(CELL_AT_MOST)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise whole(file, Reason("table-format")) from error
    finally:
        csv.field_size_limit(limit)
    records = [
        Record(number, tuple(Cell(letter(at), _bare(cell)) for at, cell in enumerate(row) if cell.strip()))
        for number, row in enumerate(rows, 1)
    ]
    return _headed(records, file)


def _decoded(content: bytes, file: str) -> str:
    """UTF-8, with or without a mark, else GB18030, as spreadsheets in China save it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise whole(file, Reason("table-encoding"))


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip(" \t,;")), "")


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _bare(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def _headed(records: Sequence[Record], file: str, sheet: str | None = None, date1904: bool = False) -> Table:
    """The first row that holds something is the heads."""
    filled = [record for record in records if record.cells]
    if not filled:
        raise whole(file, Reason("table-empty"))
    return Table(file, filled[0], tuple(filled[1:]), sheet, date1904)


def letter(column: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(65 + place) + letters
    return letters


# ---- workbooks


def _workbook(content: bytes, file: str) -> Table:
    """Read in a child: a workbook made to hurt ends that process and not this one."""
    command = [sys.executable, "-I", "-m", "registry.documents.workbook_child"]
    try:
        ran = subprocess.run(  # noqa: S603  # our own interpreter and module; the file is only its input
            command, input=content, capture_output=True, timeout=SECONDS, check=False, env={}
        )
    except subprocess.TimeoutExpired as error:
        raise whole(file, Reason("workbook-stopped")) from error
    if ran.returncode != 0:
        raise whole(file, Reason("workbook-stopped"))
    found = json.loads(ran.stdout)
    if "refused" in found:
        raise whole(file, _refusal(found["refused"]))
    records = [Record(row + 1, tuple(_cell(*cell) for cell in cells)) for row, cells in found["rows"]]
    return _headed(records, file, found["sheet"], found["date1904"])


def _refusal(code: str) -> Reason:
    """What the child refused."""
    known = {
        each.code: each
        for each in (
            Reason("table-format"),
            Reason("workbook-broken"),
            Reason("workbook-locked"),
            Reason("workbook-too-large"),
        )
    }
    return known[code]


def _cell(column: int, text: str, number: float | None, fault: str | None) -> Cell:
    wrong = {
        None: None,
        "error": Reason("cell-error", {"value": text}),
        "formula": Reason("formula-without-value"),
    }[fault]
    return Cell(letter(column), text, number, wrong)


# ---- out


def acts_csv(lines: Sequence[ActLine], language: Language) -> Iterator[bytes]:
    """Acts as the same table: UTF-8 with BOM, heads and words in `language`, cells inert in a spreadsheet."""
    yield BOM
    yield _row(heads[0 if language == "zh" else 1] for heads in HEADS.values())
    by_id = {line.id: line for line in lines}
    for line in lines:
        cells = _cells(line, by_id, language)
        yield _row(inert(cells[column]) for column in HEADS)


def acts_sheet(lines: Sequence[ActLine], language: Language) -> Sheet:
    """The same table for a workbook, with the words that kinds of acts and authorities may be."""
    among = {
        "act": tuple(label("act_kind", code, language) for code in ACT_KINDS),
        "authority": tuple(label("authority", code, language) for code in AUTHORITIES),
    }
    columns = tuple(
        Column(heads[0 if language == "zh" else 1], width=14, among=among.get(name, ()))
        for name, heads in HEADS.items()
    )
    by_id = {line.id: line for line in lines}
    rows = (tuple(_cells(line, by_id, language)[name] for name in HEADS) for line in lines)
    return Sheet("acts", "行为表" if language == "zh" else "Acts", columns, tuple(rows))


def _row(cells: Iterable[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _cells(line: ActLine, by_id: Mapping[int, ActLine], language: Language) -> dict[str, str]:
    answered = by_id.get(line.answers) if line.answers is not None else None
    return {
        "party": _name(line.party, language),
        "act": label("act_kind", line.kind, language),
        "date": _date(line.done),
        "effect": _date(line.takes_effect),
        "note": line.content or "",
        "received": _date(line.received),
        "registered": _date(line.registered),
        "until": _date(line.valid_until),
        "post": line.post or "",
        "authority": label("authority", line.authority, language) if line.authority else "",
        "clause": line.clause or "",
        "text": str(line.text),
        "order": "" if line.ordinal is None else str(line.ordinal),
        "answers": BETWEEN.join(_answer(answered, language)) if answered else "",
        "predecessor": _name(line.predecessor, language) if line.predecessor else "",
    }


def _answer(line: ActLine, language: Language) -> Iterator[str]:
    yield _name(line.party, language)
    yield label("act_kind", line.kind, language)
    yield _date(line.done)
    if line.clause:
        yield line.clause


def _name(party: Named, language: Language) -> str:
    return party.title_en if language == "en" and party.title_en else party.title_zh


def _date(on: PartialDate) -> str:
    """As `dates.read` reads it back; nothing where it is not known."""
    if on.precision in (Precision.DAY, Precision.MONTH, Precision.YEAR) and on.value:
        return on.value
    return "" if on.precision is Precision.UNKNOWN else on.zh()
