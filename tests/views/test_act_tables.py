"""The page that imports a table of acts: shown first, entered after, and nobody reads another's file by its hash."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from registry.models import Act, Agreement, LedgerEntry, StoredFile
from tests.views.conftest import Visitor

TABLE = "缔约方,行为,日期,备注\n乌海市,签署,2017-07-06,=1+1\n鄂尔多斯市,签署,2017年7月,\n"
KEPT = re.compile(r'name="kept"[^>]*value="([^"]*)"')


@pytest.fixture
def page(agreement: Agreement) -> str:
    return f"/agreements/{agreement.number}/acts/import"


def uploaded(visitor: Visitor, page: str, table: str, **fields: Any) -> TestResponse:
    return visitor.send(page, evidence=(io.BytesIO(table.encode()), "表.csv"), **fields)


def kept_in(answer: TestResponse) -> str:
    found = KEPT.search(answer.text)
    assert found
    return found[1]


def written(session: Session) -> tuple[int, int, int]:
    session.rollback()
    count = sa.func.count()
    acts, entries, files = (
        session.scalars(sa.select(count).select_from(table)).one() for table in (Act, LedgerEntry, StoredFile)
    )
    return acts, entries, files


def test_a_table_is_shown_then_entered_then_nothing_new(
    visit: Callable[[str], Visitor], page: str, agreement: Agreement, session: Session
) -> None:
    wuhai, before = visit("wuhai"), written(session)
    assert f'href="{page}"' in wuhai.text(f"/agreements/{agreement.number}")
    shown = uploaded(wuhai, page, TABLE)
    assert shown.status_code == 200, shown.text
    assert "可以登记：新 2 项，已有 0 项" in shown.text
    assert written(session) == before
    done = wuhai.send(page, kept=kept_in(shown))
    assert done.status_code == 303, done.text
    assert written(session)[0] == 2
    known = uploaded(wuhai, page, TABLE)
    assert "新 0 项，已有 2 项" in known.text
    out = wuhai.get(f"/agreements/{agreement.number}/acts.csv")
    assert (
        out.data.startswith(b"\xef\xbb\xbf")
        and "'=1+1" in out.text
        and "attachment" in out.headers["Content-Disposition"]
    )
    assert "新 0 项，已有 2 项" in uploaded(wuhai, page, out.text).text
    assert (
        "0 new, 2 there already"
        in uploaded(wuhai, f"/en{page}", visit("wuhai").get(f"/en/agreements/{agreement.number}/acts.csv").text).text
    )


def test_every_fault_is_shown_at_its_cell_and_nothing_can_be_entered(
    visit: Callable[[str], Visitor], page: str, session: Session
) -> None:
    wuhai, before = visit("wuhai"), written(session)
    refused = uploaded(wuhai, page, TABLE.replace("2017年7月", "7月").replace("乌海市", "<b>乌海</b>"))
    assert refused.status_code == 422
    assert "有 1 处要改" in refused.text and "C 日期" in refused.text and "7月" in refused.text
    unknown = uploaded(wuhai, page, TABLE.replace("乌海市", "<b>乌海</b>"))
    assert unknown.status_code == 422 and "&lt;b&gt;乌海&lt;/b&gt;" in unknown.text and "<b>乌海" not in unknown.text
    assert wuhai.send(page, kept=kept_in(unknown)).status_code == 422
    empty = wuhai.send(page)
    assert empty.status_code == 422 and "请选择一个文件" in empty.text
    assert written(session) == before


def test_a_shown_file_is_entered_only_by_who_was_shown_it(
    visit: Callable[[str], Visitor], page: str, session: Session
) -> None:
    wuhai, before = visit("wuhai"), written(session)
    kept = kept_in(uploaded(wuhai, page, TABLE))
    secretariat = visit("secretariat")
    for sent in (kept, kept[:-2] + "xx", "a" * 64):
        answer = secretariat.send(page, kept=sent)
        assert answer.status_code == 422 and "乌海市" not in answer.text.partition("<main")[2]
    assert written(session) == before


@pytest.mark.parametrize(("login", "status"), [("ordos", 403), ("viewer", 403), ("auditor", 403), ("yulin", 404)])
def test_who_may_not(login: str, status: int, visit: Callable[[str], Visitor], page: str) -> None:
    assert visit(login).get(page).status_code == status


def test_the_table_of_acts_is_cut_as_its_agreement_is(
    visit: Callable[[str], Visitor], anybody: Visitor, agreement: Agreement
) -> None:
    path = f"/agreements/{agreement.number}/acts.csv"
    assert visit("viewer").get(path).text.startswith("\ufeff缔约方,行为,日期")
    assert visit("viewer").get(f"{path}?known=0").status_code == 404
    assert anybody.get(path).status_code == 404  # members only
