"""The CSV of all changes: inert in a spreadsheet, and with a checksum that holds."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.documents.changes_csv import BOM, COLUMNS, FORMULA, PIECE, changes_csv, inert
from registry.queries.history import PeriodRow

ROW = PeriodRow(
    entry=7, recorded=datetime(2026, 3, 2, 1, tzinfo=UTC), act="signature.log", subject_kind="agreement", subject="mxsmy-2026-01",
    party="150300", post="联络员", person="张三", door="web", on_behalf_of="150600", reason="", basis="", effective="2026-03-01",
    effective_precision="day", table="agreement", row_id=1, move="changed", field="state", old="open", new="partly_signed", withheld=False,
)  # fmt: skip


def read(pieces: Iterator[bytes]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")))


def test_every_column_of_a_row_is_written() -> None:
    assert {name for name, _, _ in COLUMNS} == {field.name for field in fields(PeriodRow)}


@pytest.mark.parametrize(
    ("language", "head", "said"),
    [("zh", "登记号", ["登记签署", "开放签署", "部分签署"]), ("en", "Entry", ["Open for signature", "Partly signed"])],
)
def test_codes_stand_in_the_readers_words(language: str, head: str, said: list[str]) -> None:
    table = read(changes_csv([ROW], language))  # type: ignore[arg-type]  # zh or en
    assert table[0][0] == head
    assert table[1][0] == "7"
    assert set(said) <= set(table[1])


def test_the_last_line_counts_and_proves_what_stands_before_it() -> None:
    whole = b"".join(changes_csv([ROW] * 3, "zh"))
    assert whole.startswith(BOM)
    before, _, last = whole.rstrip(b"\r\n").rpartition(b"\r\n")
    assert last.decode().split(",") == ["#", "行数", "3", "sha256", hashlib.sha256(before + b"\r\n").hexdigest()]


def test_it_is_streamed_in_pieces() -> None:
    taken = 0

    def rows() -> Iterator[PeriodRow]:
        nonlocal taken
        for _ in range(20_000):
            taken += 1
            yield ROW

    pieces = changes_csv(rows(), "zh")
    first = next(pieces)
    assert taken < 2_000
    assert PIECE <= len(first) < 3 * PIECE
    assert sum(len(piece) for piece in pieces) > PIECE


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    cell = inert(text)
    assert not cell.startswith(FORMULA)
    assert cell in (text, f"'{text}")


@given(st.sampled_from(FORMULA), st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=20))
def test_what_people_wrote_comes_back_as_text(start: str, rest: str) -> None:
    line = read(changes_csv([replace(ROW, post=start + rest, reason=rest)], "zh"))[1]
    place = [name for name, _, _ in COLUMNS].index("post")
    assert line[place] == "'" + start + rest
