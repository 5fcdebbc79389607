"""A table of acts, as officers keep it: one row for each act of a party. What each cell means, and what is wrong with it.

Pure: the rows come from a file read elsewhere, and whom a name means is asked by whoever knows the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from registry.domain import Outcome, Reading, dates, half_width
from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.names import tidy
from registry.errors import Reason, Refused

HEADS: Mapping[str, tuple[str, ...]] = {
    "party": ("缔约方", "party", "签署方", "参加方", "成员", "participant"),
    "act": ("行为", "act", "kind"),
    "date": ("日期", "date", "行为日期", "done"),
    "effect": ("生效", "effect", "生效日期", "takes effect"),
    "note": ("备注", "note", "内容", "content", "remarks"),
    "received": ("收到", "received", "收到日期", "交存", "交存日期", "deposited"),
    "registered": ("登记", "registered", "登记日期"),
    "until": ("有效期至", "valid until", "until"),
    "post": ("职务", "post", "签字人职务"),
    "authority": ("授权", "authority", "权限"),
    "clause": ("条款", "clause"),
    "text": ("文本", "text", "版次", "文本版次", "version", "text version"),
    "order": ("次序", "order", "序号"),
    "answers": ("针对", "answers"),
    "predecessor": ("被继承方", "predecessor"),
}
"""Column → how its head may be written; the first in Chinese and the second in English are how it is written out."""
REQUIRED = ("party", "act", "date")
ROWS_AT_MOST = 20_000
BETWEEN = " / "
"""Between the parts of the act that a row answers: party / act / date / clause."""

Words = Mapping[str, str]
"""A word as `fold` leaves it → its code."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. letter: of its column, as spreadsheets count; in YAML its key. number: where a workbook holds one.

    fault: why it has no value, such as #REF!; else None.
    """

    letter: str
    text: str
    number: float | None = None
    fault: Reason | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file. row: from 1, as spreadsheets count; in YAML the line. cells: those that hold something, in order."""

    row: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read. sheet: of a workbook. date1904: how that counts its days. heads: letter → head as written."""

    file: str
    heads: Record
    records: tuple[Record, ...]
    sheet: str | None = None
    date1904: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """The act that a row answers, as the file names it; what it does not say is None."""

    party: str
    kind: str | None = None
    done: PartialDate | None = None
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act, every cell read. kind: of ACT_KINDS; party, predecessor: names or codes as written; text: version, None: settled.

    cells: column → cell, for whoever finds fault later.
    """

    row: int
    party: str
    kind: str
    done: PartialDate
    takes_effect: PartialDate = UNKNOWN
    note: str | None = None
    received: PartialDate = UNKNOWN
    registered: PartialDate = UNKNOWN
    valid_until: PartialDate = UNKNOWN
    post: str | None = None
    authority: str | None = None
    clause: str | None = None
    text: int | None = None
    ordinal: int | None = None
    answers: Answered | None = None
    predecessor: str | None = None
    cells: Mapping[str, Cell] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell, or (letter empty) with a row, or (row 0) with the file. value: as it stands there."""

    row: int
    letter: str
    head: str
    value: str
    reason: Reason


class TableRefused(Refused):
    """A table that cannot be entered: every fault, in the order of the file. Nothing of it was entered."""

    def __init__(self, file: str, faults: Iterable[CellFault], sheet: str | None = None) -> None:
        self.file, self.sheet = file, sheet
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.row, len(fault.letter), fault.letter)))
        super().__init__(*(fault.reason for fault in self.faults))


def whole(file: str, reason: Reason) -> TableRefused:
    """The refusal of a file that could not be read at all."""
    return TableRefused(file, (CellFault(0, "", "", "", reason),))


def fold(word: str) -> str:
    """A head or a word of a cell in the form in which words are compared: widths, spaces, underscores and case aside."""
    return half_width(word).casefold().replace("_", " ")


def plain(text: str) -> str:
    """What a cell says: no margins, line breaks as \\n."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


_COLUMN_OF = {fold(head): column for column, heads in HEADS.items() for head in heads}


def known_heads(cells: Iterable[str]) -> int:
    """How many of these cells are heads of a table of acts."""
    return sum(fold(plain(cell)) in _COLUMN_OF for cell in cells)


def read_rows(table: Table, kinds: Words, authorities: Words) -> tuple[ActRow, ...]:
    """The acts of a table, in its order; whole or not at all.

    kinds, authorities: the words for them.
    Raises TableRefused with every fault: head-missing, head-unknown, head-twice, table-empty, table-too-long, cell-missing,
    cell-without-head, cell-error, formula-without-value, unknown-act-kind, unknown-authority, not-whole, and the reasons of
    `dates.read`.
    """
    columns = _columns(table)
    if not table.records:
        raise whole(table.file, Reason("table-empty"))
    if len(table.records) > ROWS_AT_MOST:
        raise whole(table.file, Reason("table-too-long", {"limit": ROWS_AT_MOST}))
    readers = [_Reader(record, columns, table.date1904, kinds, authorities) for record in table.records]
    rows = tuple(reader.act() for reader in readers)
    faults = [fault for reader in readers for fault in reader.faults]
    if faults:
        raise TableRefused(table.file, faults, table.sheet)
    return rows


def _columns(table: Table) -> dict[str, tuple[str, str]]:
    """Letter → column and its head as written."""
    columns: dict[str, tuple[str, str]] = {}
    faults: list[CellFault] = []
    for cell in table.heads.cells:
        head = plain(cell.text)
        column = _COLUMN_OF.get(fold(head))
        if column is None:
            faults.append(CellFault(table.heads.row, cell.letter, head, head, Reason("head-unknown", {"value": head})))
        elif any(column == known for known, _ in columns.values()):
            faults.append(CellFault(table.heads.row, cell.letter, head, head, Reason("head-twice", {"value": head})))
        else:
            columns[cell.letter] = column, head
    there = {column for column, _ in columns.values()}
    for column in REQUIRED:
        if column not in there:
            zh, en = HEADS[column][:2]
            faults.append(CellFault(table.heads.row, "", zh, "", Reason("head-missing", {"zh": zh, "en": en})))
    if faults:
        raise TableRefused(table.file, faults, table.sheet)
    return columns


class _Reader:
    """Reads one record; keeps what is wrong with it."""

    def __init__(
        self,
        record: Record,
        columns: Mapping[str, tuple[str, str]],
        date1904: bool,
        kinds: Words,
        authorities: Words,
    ) -> None:
        self.faults: list[CellFault] = []
        self._row, self._date1904 = record.row, date1904
        self._kinds, self._authorities = kinds, authorities
        self._heads = dict(columns.values())
        self._cells: dict[str, Cell] = {}
        for cell in record.cells:
            column, head = columns.get(cell.letter, ("", ""))
            if cell.fault:
                self.faults.append(CellFault(self._row, cell.letter, head, cell.text, cell.fault))
            elif not column:
                reason = Reason("cell-without-head", {"value": cell.text})
                self.faults.append(CellFault(self._row, cell.letter, "", cell.text, reason))
            else:
                self._cells[column] = cell

    def act(self) -> ActRow:
        """The act of this record; what could not be read is left out, and told among the faults."""
        for column in REQUIRED:
            if column not in self._cells and not any(fault.head == self._heads[column] for fault in self.faults):
                head = self._heads[column]
                self.faults.append(CellFault(self._row, "", head, "", Reason("cell-missing", {"head": head})))
        return ActRow(
            row=self._row,
            party=tidy(self._text("party") or ""),
            kind=self._word("act", self._kinds) or "",
            done=self._date("date"),
            takes_effect=self._date("effect"),
            note=self._text("note"),
            received=self._date("received"),
            registered=self._date("registered"),
            valid_until=self._date("until"),
            post=self._text("post"),
            authority=self._word("authority", self._authorities),
            clause=self._text("clause"),
            text=self._number("text"),
            ordinal=self._number("order"),
            answers=self._answers(),
            predecessor=tidy(self._text("predecessor") or "") or None,
            cells=self._cells,
        )

    def _text(self, column: str) -> str | None:
        cell = self._cells.get(column)
        return plain(cell.text) or None if cell else None

    def _word(self, column: str, words: Words) -> str | None:
        text = self._text(column)
        if text is None:
            return None
        if fold(text) not in words:
            codes = {"act": "unknown-act-kind", "authority": "unknown-authority"}
            self._fault(column, Reason(codes[column], {"value": text}))
        return words.get(fold(text))

    def _number(self, column: str) -> int | None:
        text = half_width(self._text(column) or "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text)):
            self._fault(column, Reason("not-whole", {"value": text}))
            return None
        return int(text)

    def _date(self, column: str) -> PartialDate:
        cell = self._cells.get(column)
        if cell is None:
            return UNKNOWN
        reading = _read_date(cell, date1904=self._date1904)
        return self._taken(column, plain(cell.text), reading) or UNKNOWN

    def _taken(self, column: str, typed: str, reading: Reading[PartialDate]) -> PartialDate | None:
        if reading.outcome in (Outcome.ASK, Outcome.REJECT):
            self._fault(column, Reason(str(reading.reason), {"value": typed}))
            return None
        return reading.value

    def _answers(self) -> Answered | None:
        """party, party / act, party / act / date, or party / act / date / clause."""
        text = self._text("answers")
        if text is None:
            return None
        parts = [part.strip() for part in text.replace("／", "/").split("/", 3)]
        party, kind, done, clause = (*parts, *("",) * (4 - len(parts)))
        if kind and fold(kind) not in self._kinds:
            self._fault("answers", Reason("unknown-act-kind", {"value": kind}))
        day = self._taken("answers", done, dates.read(done)) if done else None
        return Answered(tidy(party), self._kinds.get(fold(kind)), day, clause or None)

    def _fault(self, column: str, reason: Reason) -> None:
        cell = self._cells[column]
        self.faults.append(CellFault(self._row, cell.letter, self._heads[column], cell.text, reason))


def _read_date(cell: Cell, *, date1904: bool) -> Reading[PartialDate]:
    """The date of a cell: a workbook's number is a year or yyyymmdd where it looks like one, else its count of days."""
    number = cell.number
    if number is None or (number.is_integer() and (1900 <= number < 2200 or 19_000_101 <= number < 22_000_000)):
        return dates.read(plain(cell.text))
    return dates.read_serial(number, date1904=date1904)


def fault_of(row: ActRow, column: str, reason: Reason) -> CellFault:
    """A fault found later, at the cell of this column, or at the row where it has none."""
    cell = row.cells.get(column)
    head = HEADS[column][0] if column in HEADS else ""
    return CellFault(row.row, cell.letter if cell else "", head, cell.text if cell else "", reason)
