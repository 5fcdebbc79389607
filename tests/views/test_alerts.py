"""/alerts: what does not agree, with its remedy; counted on the agreement's page; answered by those it concerns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement
from registry.queries.alerts import alerts
from tests.cast import Cast
from tests.queries.world import now
from tests.services.acts import HOST
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
SENTENCE = "文件称合作领域 9 个，登记簿列名 0 个。"


@pytest.fixture
def mark(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> str:
    """Of the alert that the agreement declares nine fields and names none."""
    with atomic(session) as book:
        session.get_one(Agreement, agreement.id).declared_fields = 9
        book.record(act="bundle.import", actor=HOST, subject=("agreement", agreement.id), at=at)
    return alerts(now(session), HOST)[0].mark


def test_it_is_listed_counted_and_answered(visit: Visit, mark: str) -> None:
    officer = visit("wuhai")
    assert "有 1 处不符，待处理" in officer.text("/agreements/mxsmy-2026-01")
    page = officer.text("/alerts")
    assert SENTENCE in page and "请核对文件原文" in page and "待处理 1 条。" in page
    assert f'href="/alerts/{quote(mark, safe=":")}/answer"' in page
    assert "The document states 9 fields of cooperation, the register names 0." in officer.text("/en/alerts")
    for query, there in (
        ("code=fields-declared", True), ("code=tally-off", False), ("agreement=mxsmy-2026-01", True),
    ):  # fmt: skip
        assert (SENTENCE in officer.text(f"/alerts?{query}")) is there, query
    assert officer.get("/alerts?code=none").status_code == 422
    assert officer.get("/alerts?agreement=mxsmy-2026-99").status_code == 404
    empty = officer.send(f"/alerts/{mark}/answer", reason=" ")
    assert empty.status_code == 422
    sent = officer.send(f"/alerts/{mark}/answer", reason="原文只列七个")
    assert (sent.status_code, sent.location) == (303, "/alerts?code=fields-declared")
    after = officer.text("/alerts")
    assert SENTENCE in after and "原文只列七个" in after and "待处理" not in after
    assert "原文只列七个" not in visit("ordos").text("/alerts")
    assert "处不符" not in officer.text("/agreements/mxsmy-2026-01")
    again = officer.send(f"/alerts/{mark}/answer", reason="再答")
    assert again.status_code == 409 and "已经处理过" in again.text


def test_who_may_not_see_or_answer(visit: Visit, anybody: Visitor, mark: str) -> None:
    for visitor in (anybody, visit("yulin")):
        assert SENTENCE not in visitor.text("/alerts")
    assert "没有不符之处" in anybody.text("/alerts")
    assert "/answer" not in visit("viewer").text("/alerts")
    for login, status in (("viewer", 403), ("auditor", 403), ("yulin", 404), ("secretariat", 200)):
        assert visit(login).get(f"/alerts/{mark}/answer").status_code == status, login
    assert visit("wuhai").get("/alerts/what-is-this/answer").status_code == 409
    assert anybody.get(f"/alerts/{mark}/answer").status_code == 303
