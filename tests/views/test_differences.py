"""What differs between two moments: the page, its pages, and the file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from registry.models import Agreement
from registry.services.agreements import CreateAgreement, create_agreement
from registry.views.differences import SIZE
from tests.cast import Cast, Clock
from tests.queries.world import now
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.fixture
def since(session: Session, cast: Cast, agreement: Agreement, clock: Clock) -> int:
    """The entry after which one page of agreements, and one more, were created."""
    last = now(session).stamp.entry
    for place in range(SIZE + 1):
        ask = CreateAgreement(
            f"示例{place:02}号", "framework_agreement", ("150300", "150600"), grouping="mxsmy", level="public"
        )
        create_agreement(session, cast.secretariat, ask, at=clock.advance(hours=1))
    return last


def test_the_page_asks_and_tells_and_leads_on(anybody: Visitor, since: int) -> None:
    assert 'name="from"' in anybody.text("/differences")
    page = anybody.text(f"/differences?from={since}")
    assert page.count("<section id=") == SIZE
    assert "示例00号" in page
    assert f"第 {since} 号（" in page
    following = page.partition('rel="next" href="')[2].partition('"')[0]
    rest = anybody.text(f"/differences{following}")
    assert rest.count("<section id=") == 1
    assert f"示例{SIZE:02}号" in rest
    assert "没有不同" in anybody.text(f"/differences?from={since}&to={since}")
    assert "/differences.csv" not in page, "not for those who have not signed in"


def test_one_record_alone(visit: Visit, agreement: Agreement, since: int) -> None:
    page = visit("ordos").text(f"/en/differences?from=2020-01-01&to={since}&subject=agreement:{agreement.number}")
    assert page.count("<section id=") == 1
    assert "Nothing recorded yet" in page
    assert f'href="/en/agreements/{agreement.number}"' in page
    assert visit("yulin").get(f"/differences?from=0&subject=agreement:{agreement.number}").status_code == 404


def test_the_file_holds_all_and_its_own_proof(visit: Visit, since: int) -> None:
    answer = visit("wuhai").get(f"/differences.csv?from={since}")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="differences-{since}-{since + SIZE + 1}.csv"'
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert {line[2] for line in lines[1:-1]} == {f"示例{place:02}号" for place in range(SIZE + 1)}
    assert {line[5] for line in lines[1:-1]} == {"新增"}
    before, _, _ = answer.data.rstrip(b"\r\n").rpartition(b"\r\n")
    assert lines[-1] == ["#", "行数", str(len(lines) - 2), "sha256", hashlib.sha256(before + b"\r\n").hexdigest()]


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "from=0&to=99999",
        "from=5&to=4",
        "from=0&subject=person:wuhai",
        "from=0&subject=x",
        "from=0&after=agreement:x",
    ],
)
@pytest.mark.parametrize("path", ["/differences", "/en/differences", "/differences.csv"])
def test_what_cannot_be_compared_is_told(visit: Visit, agreement: Agreement, path: str, query: str) -> None:
    answer = visit("auditor").get(f"{path}?{query}")
    assert answer.status_code == (200 if path.endswith("csv") and "after" in query else 422)
    assert answer.mimetype == ("text/csv" if answer.status_code == 200 else "text/html")
