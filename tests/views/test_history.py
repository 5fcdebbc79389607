"""Pages of every change, and the export of a period."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable

import pytest

from registry.models import Agreement
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
PERIOD = "/history.csv?from=2026-03-01&until=2026-03-31"


def test_the_export_holds_every_change_and_its_own_proof(visit: Visit, agreement: Agreement) -> None:
    answer = visit("auditor").get(PERIOD)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="changes-2026-03-01-2026-03-31.csv"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert lines[0][0] == "登记号"
    assert any("mxsmy-2026-01" in line for line in lines)
    before, _, _ = answer.data.rstrip(b"\r\n").rpartition(b"\r\n")
    assert lines[-1] == ["#", "行数", str(len(lines) - 2), "sha256", hashlib.sha256(before + b"\r\n").hexdigest()]


def test_the_export_in_english_and_of_another_period(visit: Visit, agreement: Agreement) -> None:
    auditor = visit("auditor")
    assert auditor.get(f"/en{PERIOD}").data.decode("utf-8-sig").startswith("Entry,")
    empty = auditor.get("/history.csv?from=2020年1月1日&until=2020-12-31").data.decode("utf-8-sig")
    assert empty.splitlines()[1].startswith("#,行数,0,sha256,")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-03-01",
        "from=2026-02-30&until=2026-03-01",
        "from=2026-03&until=2026-03-31",
        "from=2026-03-02&until=2026-03-01",
    ],
)
@pytest.mark.parametrize("language", ["", "/en"])
def test_a_period_that_cannot_be(visit: Visit, query: str, language: str) -> None:
    answer = visit("auditor").get(f"{language}/history.csv?{query}")
    assert answer.status_code == 422
    assert answer.mimetype == "text/html"
    assert 'class="reasons"' in answer.text


def test_every_change_of_an_agreement(anybody: Visitor, visit: Visit, agreement: Agreement) -> None:
    page = visit("viewer").text("/agreements/mxsmy-2026-01/history")
    assert "变更 " in page
    assert 'id="entry-' in page
    assert visit("viewer").get("/agreements/mxsmy-2026-01/history?before=x").status_code == 422
    assert "没有更早的变更" in visit("viewer").text("/agreements/mxsmy-2026-01/history?before=0")


def test_a_reader_who_goes_away_leaves_nothing_open(visit: Visit, agreement: Agreement) -> None:
    auditor = visit("auditor")
    answer = auditor.client.get(PERIOD)
    next(iter(answer.response))
    assert auditor.app.extensions["engine"].pool.checkedout() == 1
    answer.close()
    assert auditor.app.extensions["engine"].pool.checkedout() == 0
