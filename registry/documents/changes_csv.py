"""All changes of a period as one CSV: UTF-8 with BOM, streamed, inert in a spreadsheet, with its own count and checksum."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator

from registry.queries.history import PeriodRow
from registry.words import Language, label

BOM = b"\xef\xbb\xbf"
PIECE = 64 * 1024
"""Bytes of one piece of the stream, about."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, also in full width. Source: OWASP, CSV Injection."""
COLUMNS = (
    ("entry", "登记号", "Entry"),
    ("recorded", "登记时间（UTC）", "Recorded (UTC)"),
    ("act", "行为", "Act"),
    ("subject_kind", "对象类别", "Kind of record"),
    ("subject", "对象", "Record"),
    ("party", "经办单位", "Party"),
    ("post", "经办职务", "Post"),
    ("person", "经办人（封存摘要）", "Person (sealed digest)"),
    ("door", "途径", "Door"),
    ("on_behalf_of", "代表", "On behalf of"),
    ("reason", "事由（封存摘要）", "Reason (sealed digest)"),
    ("basis", "依据", "Basis"),
    ("effective", "自何时起", "Effective"),
    ("effective_precision", "日期精度", "Precision"),
    ("table", "内容类别", "Table"),
    ("row_id", "行号", "Row"),
    ("move", "变动", "Change"),
    ("field", "内容", "Field"),
    ("old", "原为", "From"),
    ("new", "改为", "To"),
    ("withheld", "不公开", "Withheld"),
)
"""Attribute of PeriodRow, and its head in Chinese and in English."""


def changes_csv(rows: Iterable[PeriodRow], language: Language) -> Iterator[bytes]:
    """The rows as pieces of a CSV file, codes in the words of `language`, in constant memory.

    Its last line holds the number of rows and the SHA-256 (hex) of all bytes before that line, the BOM among them.
    """
    head = [zh if language == "zh" else en for _, zh, en in COLUMNS]
    return proved(head, (_cells(row, language) for row in rows), language)


def proved(
    head: Iterable[str], lines: Iterable[Iterable[str]], language: Language, notes: Iterable[Iterable[str]] = ()
) -> Iterator[bytes]:
    """Lines of cells as such a file: in pieces, inert, with its count and checksum at the end. notes: lines that do not count."""
    digest, count = hashlib.sha256(), 0
    waiting = io.StringIO(newline="")
    writer = csv.writer(waiting)
    waiting.write(BOM.decode())
    writer.writerow(map(inert, head))
    for cells in lines:
        writer.writerow(inert(cell) for cell in cells)
        count += 1
        if waiting.tell() > PIECE:
            yield _taken(waiting, digest)
    writer.writerows(map(inert, cells) for cells in notes)
    yield _taken(waiting, digest)
    writer.writerow(["#", "rows" if language == "en" else "行数", count, "sha256", digest.hexdigest()])
    yield waiting.getvalue().encode()


def inert(cell: str) -> str:
    """The cell as text that no spreadsheet computes: an apostrophe before what looks like a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(row: PeriodRow, language: Language) -> Iterator[str]:
    column = f"{row.table}.{row.field}"
    words = {
        "recorded": row.recorded.isoformat(),
        "act": label("act", row.act, language),
        "subject_kind": label("subject", row.subject_kind, language),
        "door": label("door", row.door, language),
        "effective_precision": label("precision", row.effective_precision, language),
        "table": label("table", row.table, language),
        "move": label("move", row.move, language),
        "field": label("field", row.field, language),
        "old": label(column, row.old, language),
        "new": label(column, row.new, language),
        "withheld": ("是" if language == "zh" else "yes") if row.withheld else "",
    }
    return (words[name] if name in words else str(getattr(row, name)) for name, _, _ in COLUMNS)


def _taken(waiting: io.StringIO, digest: hashlib._Hash) -> bytes:
    piece = waiting.getvalue().encode()
    digest.update(piece)
    waiting.seek(0)
    waiting.truncate()
    return piece
