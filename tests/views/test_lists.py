"""The pages of annual lists, lineage, participation, the matrix and the fields: each number counts what its reader may see, and
no page asks the database more for more rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.list_lines import Line
from registry.ledger import atomic
from registry.models import Agreement, Item
from registry.permissions import the_register
from registry.services.acts import RecordAct, record_act
from registry.services.lineage import LinkItems, link_items
from registry.services.lists import AddList, AdoptVersion, add_list, adopt_version
from registry.services.participation import LeaveItem, opt_out
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import fields, now
from tests.services.acts import day
from tests.views.conftest import Visitor, statements

Visit = Callable[[str], Visitor]


def a_list(session: Session, cast: Cast, at: datetime, year: int, *numbers: str, adopted: PartialDate = UNKNOWN) -> str:
    """A public list of the grouping in one version; its number."""
    ask = AddList(f"{year}年区域合作重点项目表", year, grouping="mxsmy", level="public")
    number = add_list(session, cast.secretariat, ask, at=at).number
    lines = tuple(Line(each, "交通") for each in numbers)
    adopt_version(session, cast.secretariat, AdoptVersion(number, adopted, lines, None, 3), at=at)
    return number


def put_in(session: Session, at: datetime, item: Item, field_id: int) -> None:
    with atomic(session) as book:
        session.get_one(Item, item.id).field_id = field_id
        book.record(act="item.add", actor=the_register("import"), subject=("item", item.id), at=at)


def test_a_list_shows_what_the_reader_may_see_and_what_moved(
    visit: Visit, anybody: Visitor, session: Session, cast: Cast, at: datetime
) -> None:
    public = an_agreement(session, cast, at, level="public")
    hidden = an_agreement(session, cast, at, number="mxsmy-2026-02", level="parties", parties=[cast.wuhai])
    one, two, three = (an_item(session, cast, at, public, position=place) for place in (1, 2, 3))
    four = an_item(session, cast, at, hidden, lead=cast.wuhai)
    a_list(session, cast, at, 2025, one.number, two.number)
    link_items(session, cast.secretariat, LinkItems(three.number, two.number, "continues"), at=at)
    number = add_list(session, cast.officer_wuhai, AddList("表", 2026, "mxsmy", "150300", level="public"), at=at).number
    own = add_list(session, cast.secretariat, AddList("2026年表", 2026, "mxsmy", level="public"), at=at).number
    ask = AdoptVersion(own, UNKNOWN, tuple(Line(each.number) for each in (one, three)), None, 3)
    adopt_version(session, cast.secretariat, ask, at=at)
    mixed = AdoptVersion(number, UNKNOWN, (Line(one.number), Line(four.number, "内部大类")))
    adopt_version(session, cast.officer_wuhai, mixed, at=at)
    page = anybody.text(f"/lists/{own}")
    assert "登记 2 项" in page
    assert "文件称 3 项，差 1 项" in page
    assert page.count('<span class="tag">结转</span>') == 2  # one itself, and two as three carries it on
    assert "事项相同" in page  # against 2025
    for reader, seen in ((visit("wuhai"), 2), (anybody, 1)):
        page = reader.text(f"/lists/{number}")
        assert f'data-total="{seen}"' in page
        assert (four.number in page) == (seen == 2)
        assert ("内部大类" in reader.text(f"/lists/{number}/history")) == (seen == 2)
    found = anybody.text("/lists?year=2026")
    assert 'data-total="2"' in found
    assert "list-2025-01" not in found
    assert "list-2025-01" in anybody.text(f"/items/{one.number}")
    for row in (two, three):  # the line stands on the page of each of its items
        assert all(each.number in anybody.text(f"/items/{row.number}") for each in (two, three))


def test_nothing_adopted_later_is_on_a_list_of_the_past(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    public = an_agreement(session, cast, clock.at, level="public")
    one, two = (an_item(session, cast, clock.at, public, position=place) for place in (1, 2))
    number = a_list(session, cast, clock.at, 2026, one.number, adopted=day("2026-02-10"))
    known = now(session).stamp.entry
    ask = AdoptVersion(number, day("2026-03-01"), (Line(two.number),))
    adopt_version(session, cast.secretariat, ask, at=clock.advance(days=2))
    for asked, there, absent in (
        ("", two, one), (f"?known={known}", one, two), ("?on=2026-02-28", one, two), ("?on=2026-02-09", None, one),
        ("?version=1", one, None),
    ):  # fmt: skip
        page = anybody.text(f"/lists/{number}{asked}").partition('id="rows"')[2].partition("</section>")[0]
        assert there is None or there.number in page, asked
        assert absent is None or absent.number not in page, asked


def test_lists_are_entered_and_adopted_by_form(visit: Visit, session: Session, cast: Cast, at: datetime) -> None:
    public = an_agreement(session, cast, at, level="public")
    one, two = (an_item(session, cast, at, public, position=place) for place in (1, 2))
    office = visit("secretariat")
    answer = office.send("/lists/new", title_zh="年度表", year="2026", grouping="mxsmy", issuer="", level="public")
    assert answer.location == "/lists/list-2026-01"
    wrong = office.send("/lists/list-2026-01/adopt", lines="mxsmy-2026-01-009", declared="0")
    assert wrong.status_code == 422
    path = "/lists/list-2026-01/adopt"
    assert office.send(path, lines=f"{one.number} 交通", items=[two.number], declared="2").status_code == 303
    assert f">\n{one.number}\t交通\n{two.number}</textarea>" in office.text(path).replace("\r", "")
    assert "文件称 2 项" in office.text("/lists/list-2026-01")
    assert visit("ordos").get(path).status_code == 403


def test_parts_change_by_form(visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    item = an_item(session, cast, at, agreement)
    earlier = an_item(session, cast, at, agreement, position=2)
    ordos, path = visit("ordos"), f"/items/{item.number}"
    assert f"{path}/opt-out" in ordos.text(path)
    assert f"{path}/opt-out" not in visit("wuhai").text(path)  # it leads
    assert ordos.send(f"{path}/opt-out", party="150600", reason="另有安排").status_code == 303
    assert ordos.text(path).count("不参加") >= 1
    desk = visit("wuhai").text("/desk").partition('id="notices"')[2].partition("</section>")[0]
    assert all(each in desk for each in ("一方不参加事项", "鄂尔多斯市", f'href="{path}"'))
    assert f"{path}/join" in ordos.text(path)
    assert ordos.send(f"{path}/join", party="150600").status_code == 303
    assert ordos.send(f"{path}/lineage/link", earlier=earlier.number, kind="continues").status_code == 303
    assert f"{path}/lineage/{earlier.number}/unlink" in ordos.text(path)
    assert ordos.send(f"{path}/lineage/{earlier.number}/unlink", reason="登记错了").status_code == 303
    assert f"{earlier.number}/unlink" not in ordos.text(path)


def test_the_matrix_marks_each_city_and_its_totals_open_their_rows(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    road, rail = fields(session, at, agreement, "公路", "铁路")
    items = [an_item(session, cast, at, agreement, position=place) for place in (1, 2, 3)]
    for item, field in zip(items, (road, rail, rail), strict=True):
        put_in(session, at, item, field.id)
    opt_out(session, cast.officer_ordos, LeaveItem(items[0].number, "150600", "另有安排"), at=at)
    ask = RecordAct(agreement.number, "reservation", "150600", day("2026-03-01"), clause="第三条", content="不适用")
    record_act(session, cast.officer_ordos, ask, at=at)
    reader, path = visit("ordos"), f"/agreements/{agreement.number}/matrix"
    page = reader.text(path)
    assert re.findall(r'<td class="mark">\s*<span[^>]*>(.)</span>', page.partition("<tfoot")[0]) == list("●✕●○●○")
    assert "第三条" in page
    assert 'data-total="3"' in page
    for link, count in re.findall(r'href="(/items\?[^"]*role=[^"]*)"[^>]*>(\d+)<', page.replace("&amp;", "&")):
        listed = reader.text(link)
        assert len(set(re.findall(r'data-href="/items/([^"]+)"', listed))) == int(count), link
    assert 'data-total="2"' in reader.text(f"{path}?field=2")
    assert f"{path}" in reader.text(f"/agreements/{agreement.number}")


def test_fields_by_name_count_the_items_of_all_their_agreements(
    visit: Visit, anybody: Visitor, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    other = an_agreement(session, cast, at, number="mxsmy-2026-02", level="public")
    for each in (agreement, other):
        (field,) = fields(session, at, each, "生态环保/水")
        put_in(session, at, an_item(session, cast, at, each), field.id)
    name = "%E7%94%9F%E6%80%81%E7%8E%AF%E4%BF%9D/%E6%B0%B4"
    for reader, seen in ((visit("ordos"), 2), (anybody, 1)):
        assert f">{seen}</a>" in reader.text("/fields").partition("<tbody")[2]
        page = reader.text(f"/fields/{name}")
        assert page.count("mxsmy-2026-0") >= seen
        assert len(set(re.findall(r'data-href="/items/([^"]+)"', page))) == seen
        assert len(set(re.findall(r'data-href="/items/([^"]+)"', reader.text("/items?field_name=生态环保/水")))) == seen
    assert anybody.get("/fields/没有").status_code == 404


def test_an_agreement_that_ended_tells_what_nobody_carries_on(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    old = an_agreement(session, cast, at, number="mxsmy-2020-01", state="terminated", stage="ended")
    carried, dropped = (an_item(session, cast, at, old, position=place) for place in (1, 2))
    later = an_item(session, cast, at, agreement)
    link_items(session, cast.secretariat, LinkItems(later.number, carried.number, "continues"), at=at)
    section = visit("ordos").text(f"/agreements/{old.number}").partition('id="heritage"')[2].partition("</section>")[0]
    lost, _, kept = section.partition("由后来的事项承接")
    assert (dropped.number in lost, carried.number in lost) == (True, False)
    assert (carried.number in kept, later.number in kept) == (True, True)
    assert 'id="heritage"' not in visit("ordos").text(f"/agreements/{agreement.number}")


@pytest.mark.parametrize("path", ["/lists", "/lists/list-2026-01", "/agreements/mxsmy-2026-01/matrix", "/fields", "/fields/公路",
                                  "/items/mxsmy-2026-01-001"])  # fmt: skip
def test_more_rows_cost_no_more_statements(
    app: Flask, visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime, path: str
) -> None:
    (field,) = fields(session, at, agreement, "公路")
    reader = visit("auditor")
    items = [an_item(session, cast, at, agreement, position=place) for place in range(1, 8)]
    counts = []
    for few in (2, 7):
        for item in items[:few]:
            put_in(session, at, item, field.id)
        a_list(session, cast, at, 2026, *(item.number for item in items[:few]))
        for earlier in items[few // 6 + 1 : few]:
            link_items(session, cast.secretariat, LinkItems(items[0].number, earlier.number, "continues"), at=at)
        opt_out(session, cast.officer_ordos, LeaveItem(items[few - 1].number, "150600", "另有安排"), at=at)
        reader.text(path)
        with statements(app) as sent:
            reader.text(path)
        counts.append(len(sent))
    assert counts[0] == counts[1]
