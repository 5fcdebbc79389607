"""Files of pages: what they hold, for whom, under which name; and the papers of a city for a meeting."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from registry.documents.act_tables import read_acts
from registry.ledger import atomic
from registry.models import Agreement
from registry.services.acts import RecordAct, record_act
from registry.services.meetings import AddMeeting, add_meeting
from registry.views import list_tables
from registry.views.take_away import FORMS, RECORDS
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.documents.test_sheets import tool
from tests.matters import a_matter, publish_city_case, step
from tests.numbers import Page
from tests.queries.world import World, the_world
from tests.services.acts import HOST, day
from tests.services.test_sealed_text import plant
from tests.views.conftest import Visitor, statements
from tests.views.test_lists import a_list

Visit = Callable[[str], Visitor]
KEYS = {
    "agreements": "mxsmy-2026-01", "items": "mxsmy-2026-01-001", "parties": "150300", "groupings": "mxsmy",
    "documents": "doc-2026-01",
}  # fmt: skip
FILES = (
    *(f"/{room}/{key}.{form}" for room, key in KEYS.items() for form in FORMS),
    *(f"/{room}.{form}" for room in ("items", "agreements", "parties") for form in FORMS),
    *(f"/{room}.{form}" for room in ("documents", "matters", "claims") for form in ("csv", "xlsx")),
    "/parties/150300/package.zip?since=0",
    "/agreements/mxsmy-2026-01/acts.xlsx",
    *(f"/agreements/mxsmy-2026-01/matrix.{form}" for form in ("csv", "xlsx")),
)
TABLES = (*(path for path in FILES if not path.endswith((".pdf", ".docx", ".csv"))), "/items.csv")
"""Files that hold every table of every page; the package has PDF and DOCX, too."""


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    """Records of every level."""
    world = the_world(session, cast, clock.at)
    session.rollback()
    return world


def told(content: bytes) -> str:
    """Every text of a file, however it is packed."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(told(parts.read(name)) for name in parts.namelist())
    if content.startswith(b"%PDF"):
        ran = subprocess.run(
            [tool("pdftotext", "poppler-utils"), "-", "-"], input=content, capture_output=True, check=True, timeout=60
        )
        return ran.stdout.decode().replace("\n", "")
    return content.decode("utf-8", "replace")


def test_a_file_is_of_its_kind_and_bears_a_chinese_name(anybody: Visitor, world: World) -> None:
    for path in FILES:
        answer = anybody.get(path)
        assert answer.status_code == 200, path
        form = path.partition("?")[0].rpartition(".")[2]
        assert answer.content_type == FORMS.get(form, "application/zip")
        shape = rf"attachment; filename=\"([ -~]+)\.{form}\"; filename\*=UTF-8''(\S+)\.{form}"
        found = re.fullmatch(shape, answer.headers["Content-Disposition"])
        assert found, path
        assert unquote(found[2]).endswith(f"-{found[1].rpartition('-')[2]}"), "the entry that it knows"
        assert re.search("[\u4e00-\u9fff]", unquote(found[2]))
        assert "public" in answer.headers["Cache-Control"]
        again = anybody.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_no_file_opens_a_seal_even_for_its_owner(
    app: Flask, visit: Visit, session: Session, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    """From a file that left the register nothing could be erased."""
    plant(session, cast, clock.at, tmp_path)
    session.rollback()
    for visitor in (visit("wuhai"), visit("ordos"), Visitor(app)):
        for path in (*TABLES, "/matters/sealing-2026-001.xlsx"):
            answer = visitor.get(path)
            assert answer.status_code in (200, 404), path
            assert "MARK" not in told(answer.data), path
    for page in ("/items/mxsmy-2026-01-001", "/matters/sealing-2026-001"):
        assert "MARK" in visit("wuhai").text(page), "or this test could not fail"


def test_a_file_of_nobody_holds_what_is_public_only(anybody: Visitor, visit: Visit, world: World) -> None:
    hidden = (
        "mxsmy-2026-02", "mxsmy-2026-03", "mxsmy-2026-01-002", "mxsmy-2026-01-003", "claim-2026-03", "doc-2026-02", "doc-2026-03",
    )  # fmt: skip
    seen = set()
    for path in TABLES:
        public, ours = told(anybody.get(path).data), told(visit("wuhai").get(path).data)
        assert [number for number in hidden if number in public] == [], path
        seen |= {number for number in hidden if number in ours}
    assert seen >= {*hidden} - {"mxsmy-2026-01-003", "doc-2026-03"}, "or this test could not fail"
    assert anybody.get("/agreements/mxsmy-2026-02.pdf").status_code == 404
    assert anybody.get("/agreements/mxsmy-2026-02/acts.xlsx").status_code == 404


def rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV, without what stands after them."""
    read = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [row for row in read if row[0] != "#"]


def test_a_list_has_every_row_in_csv_and_says_where_it_is_cut(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = an_agreement(session, cast, clock.at, level="public")
    for position in range(1, 8):
        an_item(session, cast, clock.at, agreement, position=position, lead=cast.ordos if position == 7 else None)
    session.rollback()
    monkeypatch.setattr(list_tables, "BATCH", 3)
    head, *found = rows(anybody.get("/items.csv").data)
    assert head[:2] == ["编号", "事项"]
    assert [row[0] for row in found] == [f"mxsmy-2026-01-00{place}" for place in range(1, 8)]
    assert [row[0] for row in rows(anybody.get("/items.csv?party=150600&role=lead").data)[1:]] == ["mxsmy-2026-01-007"]
    monkeypatch.setitem(list_tables.ROWS_AT_MOST, "xlsx", 4)
    book = CalamineWorkbook.from_filelike(io.BytesIO(anybody.get("/en/items.xlsx").data))
    assert len(book.get_sheet_by_name("Items").to_python()) == 1 + 4
    assert ["Items", 4.0, "The first 4 of 7 rows; the CSV has all."] in book.get_sheet_by_name("About").to_python()


def test_a_csv_holds_the_table_that_is_asked_for(anybody: Visitor, world: World) -> None:
    path = "/agreements/mxsmy-2026-01.csv"
    assert [row[0] for row in rows(anybody.get(path).data)] == ["签署方", "乌海市", "鄂尔多斯市", "银川市"]
    facts = dict(rows(anybody.get(f"{path}?sheet=facts").data))
    assert facts["签订日期"] == "未载明"
    assert facts["编号"] == "mxsmy-2026-01"
    assert rows(anybody.get(f"{path}?sheet=texts").data)[1][2] == hashlib.sha256("示例协议文本".encode()).hexdigest()
    assert len(rows(anybody.get(f"{path}?sheet=relations").data)) == 1, "heads of an empty table"
    assert anybody.get(f"{path}?sheet=x").status_code == 422


def test_a_file_of_the_past_is_of_the_past(anybody: Visitor, session: Session, cast: Cast, clock: Clock) -> None:
    agreement = an_agreement(session, cast, clock.at, level="public")
    an_item(session, cast, clock.at, agreement)
    before = int(
        rows(anybody.get("/items.csv").data)
        and anybody.get("/items.csv").headers["Content-Disposition"].partition(".csv")[0].rpartition("-")[2]
    )
    an_item(session, cast, clock.advance(days=1), agreement, position=2)
    session.rollback()
    assert len(rows(anybody.get("/items.csv").data)) == 3
    past = anybody.get(f"/items.csv?known={before}")
    assert len(rows(past.data)) == 2
    assert f"第 {before} 号" in past.data.decode()
    changed = told(anybody.get(f"/agreements/{agreement.number}.csv?since={before}&sheet=changes").data)
    assert "mxsmy-2026-01-002" in changed
    assert "mxsmy-2026-01-001" not in changed


def test_the_table_of_acts_goes_out_and_comes_in_again(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    agreement = an_agreement(session, cast, clock.at, level="public")
    for kind, content, on in (
        ("declaration", "=1+1", "2026-02-01"),
        ("reservation", "有保留地接受第三条", "2026-02-02"),
    ):
        ask = RecordAct(agreement.number, kind, "150300", day(on), content=content)
        record_act(session, cast.officer_wuhai, ask, at=clock.advance(hours=1))
    session.rollback()
    table, book = (anybody.get(f"/agreements/{agreement.number}/acts.{form}").data for form in ("csv", "xlsx"))
    plain, worked = read_acts(table, "acts.csv"), read_acts(book, "acts.xlsx")
    assert len(plain) == 2
    assert [each.kind for each in worked] == [each.kind for each in plain]
    assert [each.note for each in worked] == [each.note for each in plain] == ["=1+1", "有保留地接受第三条"]


def test_the_papers_of_a_city(anybody: Visitor, visit: Visit, world: World, clock: Clock) -> None:
    page = anybody.text("/parties/150300/package")
    assert 'action="/parties/150300/package.zip"' in page
    path = "/parties/150300/package.zip?since=0&day=2026-03-20"
    content = anybody.get(path).data
    clock.advance(hours=2)
    assert anybody.get(path).data == content, "the same entry, day and reader make the same bytes"
    assert visit("wuhai").get(path).data != content
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        files = {name: parts.read(name) for name in parts.namelist()}
    sums = files.pop("SHA256SUMS.txt").decode()
    assert sums == "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items())
    contents = files["目录.txt"].decode("utf-8-sig")
    assert all(name in contents for name in files if name != "目录.txt")
    assert "供2026年3月20日的会议使用。" in contents
    assert "未登录的读者" in contents
    forms = [name.rpartition(".")[2] for name in files]
    assert forms[:4] == ["txt", "pdf", "docx", "xlsx"]
    status = re.sub(r"\s", "", told(files[next(name for name in files if name.endswith(".pdf"))]))
    places = [
        status.find(word)
        for word in ("目录", "红灯与黄灯事项", "有何变化", "文件所载与登记不符的数", "时限与到期", "合作事项")
    ]
    assert -1 not in places
    assert [
        anybody.get(f"/parties/150300/package.zip?{query}").status_code for query in ("day=x", "meeting=x", "since=x")
    ] == [422, 404, 422]


def test_a_file_costs_as_many_statements_whatever_its_rows(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    agreement = an_agreement(session, cast, clock.at, level="public")
    ran = []
    for position in range(1, 6):
        an_item(session, cast, clock.at, agreement, position=position)
        if position in (1, 2, 5):
            with statements(anybody.app) as counted:
                assert anybody.get(f"/agreements/{agreement.number}.xlsx").status_code == 200
                assert anybody.get("/parties/150300/package.zip").status_code == 200
            ran.append(len(counted))
    assert ran[1] == ran[2], ran


def test_a_list_of_a_year_and_a_meeting(anybody: Visitor, session: Session, cast: Cast, clock: Clock) -> None:
    agreement = an_agreement(session, cast, clock.at, level="public")
    items = [an_item(session, cast, clock.at, agreement, position=place).number for place in (1, 2)]
    number = a_list(session, cast, clock.at, 2026, *items)
    meeting = add_meeting(session, cast.secretariat, AddMeeting("第七次联席会议"), at=clock.at).number
    session.rollback()
    head, *found = rows(anybody.get(f"/lists/{number}.csv").data)
    assert head[:3] == ["序号", "大类", "编号"]
    assert [row[:3] for row in found] == [["1", "交通", items[0]], ["2", "交通", items[1]]]
    for address in (f"/lists/{number}", f"/meetings/{meeting}"):
        assert {anybody.get(f"{address}.{form}").status_code for form in FORMS} == {200}, address
    contents = anybody.get(f"/parties/150300/package.zip?meeting={meeting}").data
    assert "供第七次联席会议使用。" in told(contents)


def test_a_matter_goes_out_to_whom_it_may_concern_without_what_is_under_seal(
    anybody: Visitor, visit: Visit, session: Session, cast: Cast, clock: Clock
) -> None:
    publish_city_case(session, clock.at)
    number = a_matter(session, cast, clock.at, values={"task": "=1+1", "tip": "线索MARK"}).number
    a_matter(session, cast, clock.at, title_zh="@另一件", level="public")
    step(session, cast.secretariat, number, "assign", clock.at, due_on="2026-05-01")
    step(session, cast.officer_wuhai, number, "tell", clock.at, told="连夜MARK清理")
    session.rollback()
    officer = visit("wuhai")
    assert "连夜MARK清理" in officer.text(f"/matters/{number}")
    facts = dict(rows(officer.get(f"/matters/{number}.csv").data))
    assert (facts["流程"], facts["状态"]) == ("示例个案（第 1 版）", "已回复")
    filled = rows(officer.get(f"/matters/{number}.csv?sheet=values").data)[1:]
    assert [row[:3] for row in filled] == [
        ["任务", "'=1+1", "发起时"], ["类别", "甲类", "发起时"], ["线索", "未公开，不入文件", "发起时"], ["期限", "2026-05-01", "分派"],
        ["反馈", "未公开，不入文件", "回复"],
    ]  # fmt: skip
    taken = rows(officer.get(f"/matters/{number}.csv?sheet=steps").data)[1:]
    assert [row[:3] for row in taken] == [["分派", "已收案", "办案中"], ["回复", "办案中", "已回复"]]
    assert [row[:5] for row in rows(officer.get("/matters.csv").data)[1:]] == [
        [number.replace("001", "002"), "'@另一件", "示例个案", "已立项", "已收案"], [number, "示例个案", "示例个案", "办理中", "已回复"],
    ]  # fmt: skip
    assert [row[0] for row in rows(officer.get("/matters.csv?stage=under_way").data)[1:]] == [number]
    assert [row[1] for row in rows(anybody.get("/matters.csv").data)[1:]] == ["'@另一件"]
    assert anybody.get(f"/matters/{number}.xlsx").status_code == 404
    for form in ("xlsx", "csv"):
        address = f"/matters/{number}.{form}"
        assert f'href="{address}"' in officer.text(f"/matters/{number}")
        assert "MARK" not in told(officer.get(f"{address}?since=0").data)


def test_every_page_that_can_be_taken_away_offers_its_files(anybody: Visitor, world: World) -> None:
    for room, key in KEYS.items():
        page = anybody.text(f"/{room}/{key}?known=2026-03-02")
        assert f"/{room}/{key}.pdf?known=2026-03-02" in page.replace("&amp;", "&"), room
        for address in set(re.findall(rf'href="(/{room}/{key}\.[a-z]+[^"]*)"', page)):
            assert anybody.get(address).status_code == 200, address
    assert 'href="/items.csv?stage=intent"' in anybody.text("/items?stage=intent&page=1")
    for room in ("documents", "matters", "claims"):
        assert f'href="/{room}.xlsx"' in anybody.text(f"/{room}"), room
    assert set(KEYS) | {"meetings", "lists", "matters"} == set(RECORDS)


def test_a_file_names_every_agreement_though_the_page_names_a_dozen(
    app: Flask, anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    for place in range(14):
        an_agreement(session, cast, clock.at, number=f"mxsmy-2026-{place + 40}", level="public")
    for path in ("/parties/150300", "/groupings/mxsmy"):
        page, file = anybody.text(path), anybody.get(f"{path}.csv?sheet=agreements").data.decode("utf-8-sig")
        section = page.partition('<section id="agreements"')[2].partition("</section>")[0]
        assert section.count("<tr data-href") == 12, path
        assert len(re.findall(r"^mxsmy-2026-\d\d,", file, re.MULTILINE)) == 14, (path, file)
    with zipfile.ZipFile(io.BytesIO(anybody.get("/parties/150300/package.zip").data)) as papers:
        tables = [papers.read(name).decode("utf-8-sig") for name in papers.namelist() if name.endswith(".csv")]
    assert 14 in [len(re.findall(r"^mxsmy-2026-\d\d,", table, re.MULTILINE)) for table in tables]


def test_the_matrix_says_in_a_file_what_it_shows_on_its_page(visit: Visit, world: World) -> None:
    officer, path = visit("wuhai"), "/agreements/mxsmy-2026-01/matrix"
    page = Page(officer.get(path).text).main
    shown = []
    for row in (each for each in page.all() if each.tag == "tr"):
        marks = [cell for cell in row.all() if cell.tag == "td" and cell.has("mark")]
        words = [[each.text.strip() for each in cell.all() if each.has("visually-hidden")] for cell in marks]
        if marks and words[0]:  # no row of sums
            shown.append((next(each.text for each in row.all() if each.tag == "a"), words))
    head, *found = rows(officer.get(f"{path}.csv").data)
    assert len(head) == 5 + len(shown[0][1]) > 6
    assert [(row[1], [(each or "未列名").split("、") for each in row[5:]]) for row in found] == shown
    assert {role for _, cells in shown for each in cells for role in each} >= {"牵头", "参与", "未列名"}


def test_a_file_says_where_nobody_signed_as_the_page_does(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    """Awaited while it is open, not stated where it was entered from a document, and nothing where neither is so."""
    for number, stage, backfilled in (("51", "signing", False), ("52", "concluded", True), ("53", "concluded", False)):
        made = an_agreement(session, cast, clock.at, number=f"mxsmy-2026-{number}", stage=stage, level="public")
        with atomic(session) as book:
            session.get_one(Agreement, made.id).backfilled = backfilled
            book.record(act="bundle.import", actor=HOST, subject=("agreement", made.id), at=clock.at)
        page = anybody.text(f"/agreements/{made.number}").partition('id="parties"')[2].partition("</section>")[0]
        found = rows(anybody.get(f"/agreements/{made.number}.csv?sheet=status").data)[1:]
        said = {"51": "待签署", "52": "未载明", "53": ""}[number]
        assert [row[1] for row in found] == [said] * 3
        assert page.count(said or "<td>—</td>") >= 3
