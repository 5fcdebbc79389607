"""Lamps, targets and lanes on pages: the reason beside the lamp, counts that open their rows, forms that say what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain.lamps import Policy, read_policy, shipped
from registry.models import Agreement, Item
from registry.services.reports import FileReport, file_report
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import a_document
from tests.services.acts import day
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
PAGE = "/items/mxsmy-2026-01-001"


@pytest.fixture
def item(session: Session, cast: Cast, at: datetime) -> Item:
    a_document(session, cast, at, "doc-2026-01", "public", issuer=cast.ordos)
    agreement: Agreement = an_agreement(session, cast, at, level="public")
    return an_item(session, cast, at, agreement)


def test_the_way_of_a_target_from_its_form_to_a_yellow_lamp(visit: Visit, anybody: Visitor, item: Item) -> None:
    assert "从未填报，也没有观测值。" in anybody.text(PAGE)
    officer = visit("wuhai")
    assert (
        officer.send(f"{PAGE}/target", metric_zh="年产量", comparator=">=", number="多", period="by_year").status_code
        == 422
    )
    assert officer.send(
        f"{PAGE}/target", metric_zh="年产量", comparator=">=", number="100", unit="万吨", period="by_year", year="2025"
    ).location == f"{PAGE}#targets"  # fmt: skip
    refused = officer.send(f"{PAGE}/observation", target="1", as_of="2025年10月", number="")
    assert (refused.status_code, "没有填写数值。" in refused.text) == (422, True)
    officer.send(f"{PAGE}/observation", target="1", as_of="2025年10月", number="63", source="统计月报")
    page = anybody.text(PAGE)
    assert "最近的观测落后序时进度 20.3 个百分点。" in page
    assert "规则：落后序时进度：超过 10，至多 30 个百分点" in page
    for cell in ("63.0 %", "83.3 %", "落后 20.3 个百分点", "统计月报", "2025年10月"):
        assert cell in page, cell
    english = anybody.text(f"/en{PAGE}")
    assert "The last observations are 20.3 points behind schedule." in english
    assert "Behind schedule: more than 10, at most 30 points" in english
    listed = anybody.text("/items?lamp=yellow")
    assert "落后序时进度" in listed and "mxsmy-2026-01-001" in listed
    assert "没有符合条件的事项" in anybody.text("/items?lamp=grey")
    officer.send(f"{PAGE}/annul-observation", observation="1")
    assert "从未填报" in anybody.text(PAGE)


def test_a_decision_shows_its_basis_and_what_the_rules_say(visit: Visit, anybody: Visitor, item: Item) -> None:
    office = visit("secretariat")
    assert 'href="/items/mxsmy-2026-01-001/lamp"' in office.text(PAGE)
    assert "/lamp-restore" not in office.text(PAGE)
    assert "/lamp" not in re.sub("/policies/lamps", "", visit("ordos").text(PAGE))
    assert visit("ordos").get(f"{PAGE}/lamp").status_code == 403
    assert office.send(f"{PAGE}/lamp", colour="red", basis="", reason="现场核查").status_code == 422
    assert office.send(f"{PAGE}/lamp", colour="red", basis="doc-2026-01", reason="现场核查").location == PAGE
    page = anybody.text(PAGE)
    assert "人工决定的灯" in page and "/documents/doc-2026-01" in page and "按规则应为" in page
    assert "现场核查" not in page
    assert "人工决定" in anybody.text("/items?lamp=red")
    assert office.send(f"{PAGE}/lamp-restore", basis="doc-2026-01").location == PAGE
    assert "从未填报" in anybody.text("/items?lamp=grey")


def test_a_lane_stands_with_its_date_and_basis(visit: Visit, anybody: Visitor, item: Item) -> None:
    visit("ordos").send(f"{PAGE}/lane", lane="new", effective="2026年3月1日", basis="doc-2026-01")
    page = anybody.text(PAGE)
    assert 'id="lane"' in page and "2026年3月1日" in page and "新建" in page


def test_counts_by_stage_and_lamp_open_their_rows(
    session: Session, cast: Cast, anybody: Visitor, item: Item, at: datetime
) -> None:
    file_report(
        session, cast.officer_wuhai, FileReport(item.number, "150300", day("2026-03-01"), "slow", "进", "问"), at=at
    )
    page = anybody.text("/items")
    cells = re.findall(r'href="/items\?(stage=intent&lamp=\w+)"[^>]*>(\d+)</a>', page)
    assert cells == [("stage=intent&lamp=yellow", "1")]
    assert "mxsmy-2026-01-001" in anybody.text(f"/items?{cells[0][0]}")


@pytest.mark.parametrize("language", ["", "/en"])
def test_every_rule_of_every_policy_stands_on_its_page(anybody: Visitor, language: str) -> None:
    page = anybody.text(f"{language}/policies/lamps")
    policies: list[Policy] = [read_policy(text) for text in shipped().values()]
    for policy in policies:
        assert f'id="{policy.slug}"' in page
        for rule in policy.rules:
            words = rule.ours and (rule.ours.en if language else rule.ours.zh)
            assert words is None or words in page, words
            assert all(border.shown in page for border in (rule.lower, rule.upper) if border)
    assert page.count('class="num">1<') >= len(policies)
    assert ("In force" if language else "现行") in page
