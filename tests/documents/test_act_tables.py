"""Tables of acts as files: every format says the same, every fault names its cell, and a hostile workbook hurts nobody."""

from __future__ import annotations

import io
import re
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from registry.documents import act_tables, workbook_child
from registry.documents.act_tables import acts_csv, letter, read_acts
from registry.domain.act_rows import ActRow, Answered, TableRefused
from registry.domain.dates import UNKNOWN, PartialDate
from registry.queries.act_lines import ActLine
from registry.queries.rows import Named
from registry.words.refusals import remedy, sentence

HEADS = ("缔约方", "行为", "日期", "生效", "备注")
ROWS = (
    ("乌海市", "签署", "2017年7月6日", "2017-08-05", ""),
    ("鄂尔多斯市", "批准", "2018/3", "", "附函，两页"),
    ("银川市", "保留", "2019年", "", "对第九条\n不受约束"),
)


def day(value: str, precision: str = "day") -> PartialDate:
    return PartialDate.of(value, precision)


EXPECTED = (
    ActRow(0, "乌海市", "signature", day("2017-07-06"), takes_effect=day("2017-08-05")),
    ActRow(0, "鄂尔多斯市", "ratification", day("2018-03", "month"), note="附函，两页"),
    ActRow(0, "银川市", "reservation", day("2019", "year"), note="对第九条\n不受约束"),
)


def csv_of(rows: tuple[tuple[str, ...], ...], separator: str = ",", encoding: str = "utf-8") -> bytes:
    lines = (separator.join(f'"{cell}"' if set(cell) & set('\n,;"') else cell for cell in row) for row in rows)
    return "\r\n".join(lines).encode(encoding)


def workbook(fill: Callable[[Any, Any], None], **options: Any) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        fill(book, book.add_worksheet("加入情况"))
    return out.getvalue()


def written(*rows: tuple[Any, ...]) -> Callable[[Any, Any], None]:
    def fill(book: Any, sheet: Any) -> None:
        as_date = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(at, column, value, as_date)
                elif value != "":
                    sheet.write(at, column, value)

    return fill


def said(rows: tuple[ActRow, ...]) -> list[ActRow]:
    """The rows without their places, which differ from format to format."""
    return [ActRow(**{name: getattr(row, name) for name in ActRow.__slots__} | {"row": 0}) for row in rows]


YAML = """
- {缔约方: 乌海市, 行为: 签署, 日期: 2017年7月6日, 生效: 2017-08-05}
- {party: 鄂尔多斯市, act: Ratification, date: 2018/3, note: 附函，两页}
- 缔约方: 银川市
  行为: reservation
  日期: 2019年
  备注: "对第九条\\n不受约束"
"""
ONE_HEAD = (
    YAML.replace("party:", "缔约方:").replace("act:", "行为:").replace("date:", "日期:").replace("note:", "备注:")
)
DAYS = date(2017, 7, 6), date(2017, 8, 5)
FORMATS = {
    "utf-8": ("a.csv", csv_of((HEADS, *ROWS))),
    "utf-8 with mark": ("a.csv", csv_of((HEADS, *ROWS), encoding="utf-8-sig")),
    "gb18030": ("a.csv", csv_of((HEADS, *ROWS), encoding="gb18030")),
    "semicolons": ("a.csv", csv_of((HEADS, *ROWS), ";")),
    "tabs": ("a.txt", csv_of((HEADS, *ROWS), "\t", "gb18030")),
    "english heads": ("a.csv", csv_of((("Party", "ACT", "date", "Takes effect", "note"), *ROWS))),
    "full width": ("a.csv", csv_of((HEADS, ("乌海市", "签署", "２０１７年７月６日", "2017-08-05", ""), *ROWS[1:]))),
    "blank rows": ("a.csv", b"\r\n" + csv_of((HEADS, *ROWS[:1], ("",) * 5, *ROWS[1:]))),
    "yaml": ("a.yaml", ONE_HEAD.encode()),
    "yaml under acts": ("a.yml", ("acts:\n" + ONE_HEAD.replace("\n", "\n  ")).encode()),
    "workbook": ("a.xlsx", workbook(written(HEADS, *ROWS))),
    "workbook of dates": (
        "a.xlsx",
        workbook(written(HEADS, (*ROWS[0][:2], *DAYS), ROWS[1], (*ROWS[2][:2], 2019, *ROWS[2][3:]))),
    ),
    "workbook of 1904": (
        "a.xlsx",
        workbook(written(HEADS, (*ROWS[0][:2], *DAYS), *ROWS[1:]), date_1904=True),
    ),
    "numbers that nobody formatted": (
        "a.xlsx",
        workbook(written(HEADS, ("乌海市", "签署", 42922, 20170805), *ROWS[1:])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(name: str) -> None:
    file, content = FORMATS[name]
    assert said(read_acts(content, file)) == list(EXPECTED)


def test_the_optional_columns() -> None:
    heads = (
        "party,act,date,received,registered,valid until,post,authority,clause,text version,order,answers,predecessor"
    )
    line = "150600,Objection,2020-02-01,2020-02-03,2020-03,长期,市长,Full powers,第九条,2,3,银川市 / 保留 / 2019年 / 第九条,巴彦浩特"
    (row,) = read_acts(f"{heads}\n{line}".encode(), "a.csv")
    assert row == ActRow(
        2, "150600", "objection", day("2020-02-01"), received=day("2020-02-03"), registered=day("2020-03", "month"),
        valid_until=PartialDate.of(None, "open"), post="市长", authority="full_powers", clause="第九条", text=2, ordinal=3,
        answers=Answered("银川市", "reservation", day("2019", "year"), "第九条"), predecessor="巴彦浩特",
    )  # fmt: skip


def faults(content: bytes, file: str = "a.csv") -> list[tuple[int, str, str, str]]:
    with pytest.raises(TableRefused) as refused:
        read_acts(content, file)
    for fault in refused.value.faults:  # every one can be said
        for language in ("zh", "en"):
            assert "{" not in sentence(fault.reason, language) + remedy(fault.reason, language)  # type: ignore[arg-type]
    return [(fault.row, fault.letter, fault.value, fault.reason.code) for fault in refused.value.faults]


def test_every_fault_of_a_file_at_once_each_at_its_cell() -> None:
    heads = ("缔约方", "行为", "日期", "生效", "文本", "授权", "针对")
    rows = (
        ("乌海市", "签了", "2017-13-01", "明年", "第二", "口头", ""),
        ("", "签署", "6月30日", "", "0", "", "银川市 / 保重 / 昨天"),
        ("银川市", "签署", "2017-07-06", "", "", "", "", "多出来的"),
    )
    assert faults(csv_of((heads, *rows))) == [
        (2, "B", "签了", "unknown-act-kind"),
        (2, "C", "2017-13-01", "no-such-month"),
        (2, "D", "明年", "relative-date"),
        (2, "E", "第二", "not-whole"),
        (2, "F", "口头", "unknown-authority"),
        (3, "", "", "cell-missing"),
        (3, "C", "6月30日", "year-missing"),
        (3, "E", "0", "not-whole"),
        (3, "G", "银川市 / 保重 / 昨天", "unknown-act-kind"),
        (3, "G", "银川市 / 保重 / 昨天", "relative-date"),
        (4, "H", "多出来的", "cell-without-head"),
    ]
    assert faults(csv_of((("缔约方", "日期", "缔约方", "电话"), ("a", "b", "c", "d")))) == [
        (1, "", "", "head-missing"),
        (1, "C", "缔约方", "head-twice"),
        (1, "D", "电话", "head-unknown"),
    ]
    text = "- {party: 乌海市, act: 签署, date: 2017-07-06}\n\n- {party: 乌海市, act: [签署], date: 6月}\n"
    assert faults(text.encode(), "a.yaml") == [(3, "act", "['签署']", "cell-error"), (3, "date", "6月", "year-missing")]


GOOD = csv_of((HEADS, *ROWS))


@pytest.mark.parametrize(
    ("content", "file", "code"),
    [
        (b"", "a.csv", "table-empty"),
        (csv_of((HEADS,)), "a.csv", "table-empty"),
        (b"\xff\xfe" + GOOD.decode().encode("utf-16-le"), "a.csv", "table-format"),
        (b"\x80" + GOOD, "a.csv", "table-encoding"),
        (GOOD + b"\x00", "a.csv", "table-encoding"),
        (b"%PDF-1.7", "a.csv", "table-format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls", "table-format"),
        (GOOD + b'\r\n"never closed', "a.csv", "table-format"),
        (GOOD + b"\r\n" + b"x" * 200_000, "a.csv", "table-format"),
        (b"a" * (5 * 1024**2 + 1), "a.csv", "table-too-large"),
        (b"acts: {a: b}", "a.yaml", "table-format"),
        (b"- a: b\n  a: c", "a.yaml", "not-yaml"),
        (GOOD + b"\r\n".join([b"", *[b"a,b,2019,,"] * 20_000]), "a.csv", "table-too-long"),
        (b"PK\x03\x04 and no more", "a.xlsx", "workbook-broken"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_words(content: bytes, file: str, code: str) -> None:
    assert [(row, found) for row, _, _, found in faults(content, file)] == [(0, code)]


def test_a_workbook_of_errors_formulas_and_impossible_days_names_each_cell() -> None:
    def fill(book: Any, sheet: Any) -> None:
        parties = ("乌海市", "鄂尔多斯市", "银川市", "榆林市")
        written(HEADS, *((party, "签署", "2017") for party in parties))(book, sheet)
        sheet.write_formula(1, 2, "=Z9", None, "#REF!")
        sheet.write_formula(2, 2, "=TODAY()", None, "")
        sheet.write_number(3, 2, 60, book.add_format({"num_format": "yyyy-mm-dd"}))  # 29 February 1900
        sheet.write_number(4, 3, 0.4375, book.add_format({"num_format": "hh:mm"}))

    assert faults(workbook(fill), "a.xlsx") == [
        (2, "C", "#REF!", "cell-error"),
        (3, "C", "=", "formula-without-value"),
        (4, "C", "1900-02-28", "no-such-day"),
        (5, "D", "10:30:00", "no-such-day"),
    ]


def test_a_party_merged_over_its_rows_stands_in_each_and_hidden_sheets_are_passed_over() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.hide()
        sheet.write(0, 0, "旧表")
        shown = book.add_worksheet("现表")
        shown.activate()
        acts = (("", "签署", "2017-07-06"), ("", "批准", "2018-03-01"), ("银川市", "签署", "2017-07-06"))
        written(HEADS, *acts)(book, shown)
        shown.merge_range("A2:A3", "乌海市")

    rows = read_acts(workbook(fill), "a.xlsx")
    assert [(row.row, row.party, row.kind) for row in rows] == [
        (2, "乌海市", "signature"), (3, "乌海市", "ratification"), (4, "银川市", "signature"),
    ]  # fmt: skip


# ---- workbooks made to hurt


def rezipped(content: bytes, changes: dict[str, Callable[[bytes], bytes]]) -> bytes:
    """The same workbook with some parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, bytes)(old.read(name)))
    return out.getvalue()


SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
PLAIN = workbook(written(HEADS, *ROWS))
DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def rows_of(count: int) -> bytes:
    """Rows of a hundred cells that all name the first shared string."""
    return "".join(
        f'<row r="{row}">' + "".join(f'<c r="{letter(at)}{row}" t="s"><v>0</v></c>' for at in range(100)) + "</row>"
        for row in range(1, count + 1)
    ).encode()


def stuffed(xml: bytes) -> bytes:
    return re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + rows_of(80) + b"</sheetData>", xml, flags=re.S)


WIDE = "😀".encode() + b"A" * 32_000
"""One character of four bytes makes a string of four bytes each: eight thousand of them take more than a gigabyte, not many."""
HOSTILE = {
    "two corners": (
        lambda: rezipped(PLAIN, {SHEET: lambda xml: xml.replace(b'r="E1"', b'r="XFD1048576"')}), "workbook-too-large",
    ),
    "a string beyond any cell": (
        lambda: rezipped(PLAIN, {STRINGS: lambda xml: xml.replace("缔约方".encode(), b"A" * 3_000_000)}), "workbook-too-large",
    ),
    "one string eight thousand times": (  # only the limit of memory stops it
        lambda: rezipped(PLAIN, {SHEET: stuffed, STRINGS: lambda xml: xml.replace("缔约方".encode(), WIDE)}), "workbook-stopped",
    ),
    "unpacks to 200 MB": (
        lambda: rezipped(PLAIN, {"xl/theme/theme1.xml": lambda _: b" " * 200 * 1024**2}), "workbook-too-large",
    ),
    "entities": (lambda: rezipped(PLAIN, {SHEET: lambda xml: xml.replace(b"?>", b"?>" + DOCTYPE, 1)}), "workbook-broken"),
    "no places": (lambda: rezipped(PLAIN, {SHEET: lambda xml: re.sub(rb' r="[A-Z]+\d+"', b"", xml)}), "workbook-broken"),
    "cut off": (lambda: PLAIN[: len(PLAIN) // 2], "workbook-broken"),
    "no sheet": (
        lambda: rezipped(PLAIN, {BOOK: lambda xml: re.sub(rb"<sheets>.*</sheets>", b"<sheets/>", xml)}), "workbook-broken",
    ),
    "another kind of archive": (lambda: rezipped(PLAIN, {}).replace(b"xl/workbook.xml", b"xl/warkbook.xml"), "table-format"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_and_soon(name: str) -> None:
    make, code = HOSTILE[name]
    content = make()
    began = time.monotonic()
    assert [(row, found) for row, _, _, found in faults(content, "a.xlsx")] == [(0, code)]
    assert time.monotonic() - began < 30


COMPUTING = """#!{python} -I
import time
from registry.documents import workbook_child as child

read, child.SECONDS = child.read, 1


def late(content):
    while time.process_time() < 4:
        pass
    return read(content)


child.read = late
child.main()
"""
"""The same child with a second of the processor, and a file that takes four to read."""


def test_a_reader_that_computes_for_ever_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child"
    child.write_text(COMPUTING.format(python=sys.executable), "utf-8")
    child.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(child))
    assert faults(PLAIN, "a.xlsx") == [(0, "", "", "workbook-stopped")]
    assert workbook_child.SECONDS < act_tables.SECONDS, "or the clock stops it first"


def test_a_reader_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act_tables, "SECONDS", 0.01)
    assert faults(PLAIN, "a.xlsx") == [(0, "", "", "workbook-stopped")]


# ---- out


def test_what_goes_out_comes_in_again_and_computes_nothing() -> None:
    yinchuan = Named("body", "640100", "银川市", "Yinchuan")
    blank: dict[str, Any] = dict.fromkeys(
        ("post", "authority", "clause", "content", "ordinal", "answers", "predecessor")
    )
    dates: dict[str, Any] = dict.fromkeys(("takes_effect", "received", "registered", "valid_until"), UNKNOWN)
    lines = (
        ActLine(
            1, yinchuan, "reservation", 1, day("2019", "year"), **dates,
            **blank | {"content": "=1+1，\n第二行", "clause": "第九条"},
        ),
        ActLine(
            2, Named("body", "150300", "乌海市", None), "objection", 1, day("2019-08-01"),
            **dates | {"received": day("2019-Q3", "quarter")},
            **blank | {"answers": 1, "authority": "acting", "post": "-代市长", "ordinal": 2},
        ),
    )  # fmt: skip
    for language, name in (("zh", "银川市"), ("en", "Yinchuan")):
        out = b"".join(acts_csv(lines, language))  # type: ignore[arg-type]
        assert b"\n=" not in out and b",=" not in out and b",-" not in out
        first, second = read_acts(out, "a.csv")
        assert (first.party, first.note, first.done, first.text) == (name, "=1+1，\n第二行", day("2019", "year"), 1)
        assert second.answers == Answered(name, "reservation", day("2019", "year"), "第九条")
        assert (second.post, second.authority, second.ordinal) == ("-代市长", "acting", 2)
        assert second.received == day("2019-Q3", "quarter")
