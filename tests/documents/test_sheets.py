"""A table that leaves the register: the same text in CSV, workbook, DOCX and PDF, and hostile text stays text in all four."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from registry.documents import prints, workbooks
from registry.documents.papers import AREA_HEIGHT, AREA_WIDTH, BINDING, LINE, LINES, TOP, paper
from registry.documents.prints import NotPrinted, printed
from registry.documents.sheets_csv import plain, sheet_csv
from registry.documents.stamped import Stamped, lies, needs, shares, text_of
from registry.documents.workbooks import workbook
from registry.domain.sheets import Column, Sheet
from registry.views.tongue import _words
from registry.words import LANGUAGES, table_of
from tests.conftest import absent

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=ZONE)
HOSTILE = (
    "=1+1", "=HYPERLINK(\"http://x.test\")", "#panic()", "#import \"x.typ\"", "$x^2$ *b* _i_ `c` @ref <label> //", "\\u{41}",
    "<a>&amp;]]>&#x41;", "http://x.test/?a=1&b=2", "_x0041_", "+86 10", "甲" * 10_000, "مرحبا", "\u202e倒写", "😀👍🏽", "𱍐",
    "行一\n行二", "制表\t符", "a" * 200, "'引号", "{x} {y}", "%s %(n)s",
)  # fmt: skip


def stamped(*sheets: Sheet, language: str = "zh", title: str = "示例合作框架协议") -> Stamped:
    stamp = (("登记簿", "示例登记簿"), ("截至登记号", "第 12 号"))
    return Stamped(title, "mxsmy-2026-01", language, AT, stamp, "示例登记簿 · 第 12 号", sheets, ("共 70 项。",))  # type: ignore[arg-type]  # zh or en


def many(rows: int = 70, columns: int = 5) -> Sheet:
    """A table of several pages."""
    heads = tuple(Column(f"第{place}列", width=20) for place in range(columns))
    cells = tuple(tuple(f"行{row}列{place}" for place in range(columns)) for row in range(rows))
    return Sheet("many", "合作事项", heads, cells, notes=("只列公开的。",))


MIXED = Sheet(
    "mixed",
    "各种内容",
    (
        Column("数", "number", 6),
        Column("日期", "date", 14),
        Column("时刻", "moment", 18),
        Column("评价", among=("顺利", "缓慢")),
        Column("说明", "title", 30),
    ),
    (
        (7, date(2017, 7, 6), AT, "顺利", "甲"),
        (Decimal("2.50"), "2017年7月", None, "缓慢", None),
        (Decimal("12345678901234567890"), date(1899, 1, 1), None, "", "末行"),
    ),
    (9, None, None, None, "合计"),
)
WICKED = Sheet("wicked", "[坏]标题/*?", (Column("=甲"), Column("#乙")), tuple((text, text) for text in HOSTILE))
SAID = (
    "sample-2023-01-018", "Establishment", "Yellow", "Decided", "reported", "December", "progress", "mechanism", "Autonomous",
    "Department", "2", "Cooperation", "Environment", "retrospectively",
)  # fmt: skip
"""The longest words of the table of items, a column each."""
ITEMS_IN_ENGLISH = Sheet(
    "items",
    "Items",
    tuple(Column(f"H{place}", width=30) for place in range(len(SAID))),
    tuple(tuple(f"{word} of it" if word.isalpha() else word for word in SAID) for _ in range(12)),
)


# ---- CSV


def test_a_csv_tells_rows_stamp_count_and_checksum() -> None:
    content = b"".join(sheet_csv(stamped(), MIXED.columns, MIXED.rows))
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert lines[0] == ["数", "日期", "时刻", "评价", "说明"]
    assert lines[1] == ["7", "2017-07-06", "2026-03-02T09:00+08:00", "顺利", "甲"]
    assert lines[4:6] == [["#", "登记簿", "示例登记簿"], ["#", "截至登记号", "第 12 号"]]
    before = content.rstrip(b"\r\n").rpartition(b"\r\n")[0] + b"\r\n"
    assert lines[-1] == ["#", "行数", "3", "sha256", hashlib.sha256(before).hexdigest()]


def test_hostile_text_is_inert_in_csv() -> None:
    content = b"".join(sheet_csv(stamped(), WICKED.columns, WICKED.rows)).decode("utf-8-sig")
    read = [row[0] for row in csv.reader(io.StringIO(content, newline=""))]
    assert read[0] == "'=甲"
    assert [cell.removeprefix("'") for cell in read[1 : len(HOSTILE) + 1]] == [
        text.removeprefix("'") for text in HOSTILE
    ]
    assert not [cell for cell in read if cell.startswith(("=", "+", "-", "@"))]


# ---- workbook


def opened(content: bytes) -> CalamineWorkbook:
    return CalamineWorkbook.from_filelike(io.BytesIO(content))


def test_a_workbook_reads_back_equal() -> None:
    book = opened(workbook(stamped(MIXED, many())))
    assert book.sheet_names == ["说明", "各种内容", "合作事项", "可选"]
    rows = book.get_sheet_by_name("各种内容").to_python()
    assert rows[0] == [column.title for column in MIXED.columns]
    assert rows[1] == [7.0, date(2017, 7, 6), datetime(2026, 3, 2, 9, 0), "顺利", "甲"]  # noqa: DTZ001  # a sheet has no zone
    assert rows[2] == [2.5, "2017年7月", "", "缓慢", ""]
    assert rows[3] == ["12345678901234567890", "1899-01-01", "", "", "末行"]
    assert rows[4] == [9.0, "", "", "", "合计"]
    assert book.get_sheet_by_name("合作事项").to_python()[1:] == [list(row) for row in many().rows]
    about = {row[0]: row[1:] for row in book.get_sheet_by_name("说明").to_python()}
    assert about["截至登记号"][0] == "第 12 号"
    assert about["合作事项"] == [70.0, "只列公开的。"]


@pytest.mark.parametrize("long", [False, True])
def test_a_workbook_computes_and_links_nothing(monkeypatch: pytest.MonkeyPatch, long: bool) -> None:
    monkeypatch.setattr(workbooks, "LONG", 0 if long else 10**6)
    content = workbook(stamped(WICKED, WICKED, MIXED))
    assert content == workbook(stamped(WICKED, WICKED, MIXED))
    parts = zipfile.ZipFile(io.BytesIO(content))
    sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert not any("<f>" in sheet or "hyperlink" in sheet for sheet in sheets)
    assert sum('state="frozen"' in sheet for sheet in sheets) == 3
    assert [sheet.count("<dataValidation ") for sheet in sheets] == [0, 0, 0, 1, 0]
    names = opened(content).sheet_names
    assert len({name.lower() for name in names}) == len(names)
    read = [row[0] for row in opened(content).get_sheet_by_name(names[1]).to_python()[1:]]
    assert read == list(HOSTILE)


def test_a_text_that_no_cell_can_hold_is_cut_and_says_so() -> None:
    sheet = Sheet("long", "长", (Column("甲"),), (("字" * 40_000,),))
    (cell,) = opened(workbook(stamped(sheet))).get_sheet_by_name("长").to_python()[1]
    assert isinstance(cell, str)
    assert cell.startswith("字" * workbooks.CELL_AT_MOST + "…")
    assert "CSV" in cell


# ---- DOCX


def test_a_paper_reads_back_with_all_text_and_tables() -> None:
    content = paper(stamped(MIXED, many(), WICKED))
    assert content == paper(stamped(MIXED, many(), WICKED))
    document = docx.Document(io.BytesIO(content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[:3] == ["示例合作框架协议", "mxsmy-2026-01", "共 70 项。"]
    assert {"一、各种内容", "二、合作事项", "只列公开的。", "三、[坏]标题/*?", "登记簿：示例登记簿"} <= set(texts)
    for sheet, table in zip((MIXED, many(), WICKED), document.tables, strict=True):
        expected = [[column.title for column in sheet.columns]]
        expected += [[text_of(cell, "zh") for cell in row] for row in (*sheet.rows, *filter(None, [sheet.totals]))]
        read = [["".join(_texts(cell)) for cell in row.iter(qn("w:tc"))] for row in table._tbl.iter(qn("w:tr"))]
        assert read == expected
        marks = [row.find(qn("w:trPr")) for row in table._tbl.iter(qn("w:tr"))]
        assert all(mark.find(qn("w:cantSplit")) is not None for mark in marks)
        assert [mark.find(qn("w:tblHeader")) is not None for mark in marks] == [True] + [False] * (len(marks) - 1)


def _texts(cell: Any) -> Iterator[str]:
    for each in cell.iter(qn("w:t"), qn("w:br"), qn("w:tab")):
        yield {qn("w:br"): "\n", qn("w:tab"): "\t"}.get(each.tag, each.text or "")


def test_a_paper_is_laid_out_by_gb_t_9704() -> None:
    document = docx.Document(io.BytesIO(paper(stamped(MIXED, many(columns=12), many()))))
    stands, lying, again = document.sections
    assert [round(x.mm) for x in (stands.page_width, stands.page_height, stands.top_margin, stands.left_margin)] == [
        210, 297, TOP, BINDING,
    ]  # fmt: skip
    assert millimetres(stands.page_width - stands.left_margin - stands.right_margin) == AREA_WIDTH == 156
    assert millimetres(stands.page_height - stands.top_margin - stands.bottom_margin) == AREA_HEIGHT == 225
    assert abs(LINES * LINE / 72 * 25.4 - AREA_HEIGHT) < 1
    assert (lying.page_width, lying.page_height) == (stands.page_height, stands.page_width)
    assert millimetres(lying.page_width - lying.left_margin - lying.right_margin) == AREA_HEIGHT
    assert (again.page_width, again.left_margin) == (stands.page_width, stands.left_margin)
    fonts = {
        name: (style.element.rPr.rFonts.get(qn("w:eastAsia")), style.font.size.pt)
        for name in ("Normal", "Title", "Heading 1", "Page")
        if (style := document.styles[name])
    }
    assert fonts == {
        "Normal": ("仿宋_GB2312", 16), "Title": ("方正小标宋简体", 22), "Heading 1": ("黑体", 16), "Page": ("宋体", 14),
    }  # fmt: skip
    assert document.styles["Normal"].paragraph_format.line_spacing.pt == 28.9
    for footer in (stands.footer, stands.even_page_footer):
        line = footer.paragraphs[0]._p
        assert "".join(_texts(line)) == "— 1 —"
        assert [field.get(qn("w:instr")) for field in line.iter(qn("w:fldSimple"))] == ["PAGE"]


def millimetres(length: int) -> int:
    return round(length / 36_000)


def tool(name: str, package: str) -> str:
    """A program of Debian's, or the test is skipped aloud."""
    found = shutil.which(name)
    if found is None:
        absent(f"{package} is not installed: no file was read back by {name}")
    return found or ""


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def text_of_pdf(content: bytes, *options: str) -> str:
    command = [tool("pdftotext", "poppler-utils"), *options, "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True, timeout=60).stdout.decode()


def converted(content: bytes, folder: Path) -> bytes:
    """The DOCX as LibreOffice prints it."""
    (folder / "paper.docx").write_bytes(content)
    command = [tool("soffice", "libreoffice-writer-nogui"), "--headless", f"-env:UserInstallation=file://{folder}/profile",
               "--convert-to", "pdf", "--outdir", str(folder), str(folder / "paper.docx")]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True, timeout=110)
    return (folder / "paper.pdf").read_bytes()


@pytest.mark.parametrize(
    "sheets",
    [
        pytest.param((many(12),), id="short"),
        pytest.param((MIXED, many(columns=12), WICKED), id="long", marks=pytest.mark.long),
    ],
)
def test_libreoffice_converts_a_paper_without_loss(tmp_path: Path, sheets: tuple[Sheet, ...]) -> None:
    """Every cell's text, in the order of the file."""
    found = squeezed(text_of_pdf(converted(paper(stamped(*sheets)), tmp_path), "-raw"))
    found = re.sub("—[0-9]+—", "", found).replace("\f", "")
    repeated = ("".join(squeezed(column.title) for column in sheet.columns) for sheet in sheets)
    for heads in repeated:
        found = found.replace(heads, "")
    unseen = ("\u202e", "مرحبا", "👍🏽")  # turned or joined by shaping: other glyphs than characters
    cells = [squeezed(text_of(cell, "zh")) for sheet in sheets for row in sheet.rows for cell in row]
    assert [cell[:60] for cell in cells if cell not in found and not any(each in cell for each in unseen)] == []


# ---- PDF


def words(content: bytes) -> list[tuple[int, float, float, float, float, str]]:
    """Page, box in points and text of each word."""
    found, page = [], 0
    for line in text_of_pdf(content, "-bbox").splitlines():
        page += "<page " in line
        if "<word " in line:
            box = [float(number) for number in re.findall(r'M(?:in|ax)="([0-9.]+)"', line)]
            found.append((page, *box, re.sub("<[^>]*>", "", line).strip()))
    return found  # type: ignore[return-value]  # four numbers of a box


def test_a_print_repeats_its_head_and_counts_its_pages() -> None:
    content = printed(stamped(many(120)))
    assert content == printed(stamped(many(120)))
    pages = text_of_pdf(content).split("\f")[:-1]
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        assert f"第{number}页，共3页" in squeezed(page)
        assert squeezed(page).count("第0列第1列") == 1
        assert ("续表" in page) == (number > 1)
        assert "示例登记簿·第12号" in squeezed(page)


def test_a_print_keeps_its_margins_and_cuts_no_row() -> None:
    rows = tuple((f"{row:03}号", "说明" * (160 + row)) for row in range(30))
    found = words(printed(stamped(Sheet("rows", "行", (Column("号", width=8), Column("说明", width=30)), rows))))
    for page, left, top, right_, bottom, word in found:
        assert 20 / 25.4 * 72 - 3 < left < right_ < 595 - 16 / 25.4 * 72 + 3, (page, word)
        assert 20 / 25.4 * 72 - 5 < top < bottom < 842 - 20, (page, word)
    said = ["".join(word for at, *_, word in found if at == page) for page in range(1, found[-1][0] + 1)]
    assert len(said) > 3
    for page in said:
        whole = [int(number) for number in re.findall("([0-9]{3})号", page)]
        assert page.count("说明") == sum(160 + row for row in whole) + 1, "each row with all its lines, and the head"
    assert sum(len(re.findall("[0-9]{3}号", page)) for page in said) == len(rows)


def test_a_wide_table_lies() -> None:
    (width, height), *_ = re.findall(
        r'width="([0-9.]+)" height="([0-9.]+)"', text_of_pdf(printed(stamped(many(3, 14))), "-bbox")
    )
    assert float(width) > float(height)
    assert not lies(many(3, 5), 92, "zh")


def test_no_word_is_broken_or_reaches_into_the_next_column() -> None:
    """The table of items as it is in English: where its words do not fit beside each other, its letters are smaller."""
    content = printed(stamped(ITEMS_IN_ENGLISH, language="en"))
    found = [(box, word) for page, *box, word in words(content) if page == 1]
    rows = [word for _, word in found]
    assert [rows.count(word) for word in SAID] == [12] * len(SAID)
    for (left, top, right_, bottom), word in found:
        assert right_ < 842 - 16 / 25.4 * 72, word
        for (other, upper, _, lower), beside in found:
            if upper < (top + bottom) / 2 < lower and other > left:
                assert right_ <= other, (word, beside)


def test_a_paper_gives_each_column_its_words() -> None:
    """In its grid, which LibreOffice goes by, and in its cells, which Word does."""
    document = docx.Document(io.BytesIO(paper(stamped(ITEMS_IN_ENGLISH, language="en"))))
    (table,) = document.tables
    columns = [column.width.mm for column in table.columns]
    assert [cell.width.mm for cell in table.rows[1].cells] == pytest.approx(columns, abs=0.1)
    assert sum(columns) == pytest.approx(AREA_HEIGHT, abs=1)
    sizes = {
        run.font.size and run.font.size.pt
        for row in table.rows
        for cell in row.cells
        for run in cell.paragraphs[0].runs
    }
    assert sizes == {7.5}
    letters = [max(len(word) for word in text.replace(",", "").split()) for text in SAID]
    assert all(width > letter * 7.5 * 0.5 / 72 * 25.4 for width, letter in zip(columns, letters, strict=True))


def test_hostile_text_is_printed_as_text_in_order() -> None:
    said = squeezed(text_of_pdf(printed(stamped(WICKED, title="#panic() 标题")), "-raw"))
    assert "#panic()标题" in said
    shown = {"مرحبا": "[U+0645]", "\u202e倒写": "[U+202E]倒写", "😀👍🏽": "[U+1F600]", "𱍐": "[U+31350]"}
    place = 0
    for text in HOSTILE:
        expected = squeezed(shown.get(text, text[:50]))
        at = said.find(expected, place)
        assert at >= 0, expected
        place = at + len(expected)
    assert said.count("甲") >= 20_000, "a row longer than a page goes over, and loses nothing"


def test_a_glyph_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a character come past its being told by code, no file is made."""
    monkeypatch.setattr(prints, "_glyph", lambda character: character)
    printed(stamped(many(1)))
    with pytest.raises(NotPrinted, match="𱍐"):
        printed(replace(stamped(many(1)), foot="𱍐"))


def test_a_print_is_tagged_and_bears_its_own_font_only() -> None:
    content = printed(stamped(many(1)))
    command = [tool("pdffonts", "poppler-utils"), "-"]
    fonts = (
        subprocess.run(command, input=content, capture_output=True, check=True, timeout=60)
        .stdout.decode()
        .splitlines()[2:]
    )
    assert {font.split()[0].partition("+")[2].partition("-")[0] for font in fonts} == {"NotoSansCJKtc"}
    assert b"pdfuaid" in content
    assert b"/Lang" in content


# ---- widths, words


@settings(max_examples=30)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=20), st.integers(40, 200))
def test_columns_share_the_page_and_the_broadest_give(breadths: list[int], across: int) -> None:
    columns = tuple(Column("头", width=300) for _ in breadths)
    sheet = Sheet("any", "表", columns, (tuple("字" * (each // 2) for each in breadths),))
    given_, wanted = shares(sheet, across, "zh"), needs(sheet, "zh")
    assert sum(given_) == pytest.approx(across)
    pairs = sorted(zip(wanted, given_, strict=True))
    assert all(more >= less - 1e-6 for (_, less), (_, more) in itertools.pairwise(pairs))


@pytest.mark.parametrize("cell", [None, "", 3, Decimal("1.50"), date(2026, 3, 2), AT])
def test_every_kind_of_cell_has_a_text(cell: Any) -> None:
    assert isinstance(text_of(cell, "en"), str)
    assert plain(cell) == {None: "", AT: "2026-03-02T09:00+08:00"}.get(cell, str(cell))


def test_every_word_of_a_table_is_in_both_languages_and_used() -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(prints.__file__).parents[1].glob("views/*.py"))
    for part, table in table_of("sheets.yaml").items():
        assert table == _words(part)
        for code, said in table.items():
            assert set(said) - {"en_one"} == set(LANGUAGES), (part, code)  # type: ignore[call-overload]  # two levels deep
            assert "en_one" not in said or "{n}" in said["en"], (part, code)  # type: ignore[index]  # two levels deep
            assert re.search(rf'"{code}"', source) or code.startswith(("status_",)), (part, code)
