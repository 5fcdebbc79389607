"""What if: imagined acts and days beside what holds; nothing is written, the address can be passed on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.force import canonical, read
from registry.ledger import atomic
from registry.models import Agreement, AgreementText, LedgerEntry
from registry.permissions import the_register
from registry.services.acts import RecordAct, record_act
from tests.cast import BEGIN, Cast
from tests.views.conftest import Visitor, statements

HOST = the_register("command")
CLAUSE = """
schema: force/1
acts: {ratification: received, accession: received}
when: {kind: acts, at_least: 2}
period: {kind: days, count: 30}
withdrawal: {period: {kind: months, count: 6}}
"""


@pytest.fixture
def ruled(session: Session, agreement: Agreement, at: datetime) -> str:
    """The agreement, in force thirty days after two ratifications; 乌海 has ratified. Its page."""
    with atomic(session) as book:
        text = session.scalars(sa.select(AgreementText)).one()
        text.clause = canonical(read(CLAUSE))
        book.record(act="clause.set", actor=HOST, subject=("agreement", agreement.id), at=at)
    ask = RecordAct(
        agreement.number, "ratification", "150300", day("2026-01-05"), received=day("2026-01-05"), late=True
    )
    record_act(session, HOST, ask, at=at)
    return f"/agreements/{agreement.number}/what-if"


def day(value: str) -> PartialDate:
    return PartialDate.of(value, "day")


def entries(session: Session) -> int:
    session.rollback()
    return session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one()


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_what_holds_and_what_would_hold(visit: Callable[[str], Visitor], ruled: str, session: Session) -> None:
    reader, before = visit("viewer"), entries(session)
    assert f'href="{ruled}"' in reader.text(ruled.removesuffix("/what-if"))
    now = main(reader.text(ruled))
    assert "尚未生效" in now and "照设想" not in now
    assert (
        now.count('type="checkbox"') == 1 + 2 * 3
    )  # who has ratified can only give notice; the two others have three kinds
    with statements(reader.app) as ran:
        page = main(reader.text(f"{ruled}?act=150600:ratification&date=2026-03-10"))
    assert {statement.split()[0] for statement in ran} <= {"SELECT", "WITH"}
    assert "2026年4月9日" in page and "checked" in page
    assert entries(session) == before
    english = main(reader.text(f"/en{ruled}?act=150600:ratification&date=2026-03-10"))
    assert "April" in english and "{" not in english


def test_each_act_may_have_a_day_of_its_own(visit: Callable[[str], Visitor], ruled: str) -> None:
    query = "act=150600:ratification&act=640100:accession&date=2026-05-01&640100:accession=2026-04-01"
    page = main(visit("viewer").text(f"{ruled}?{query}"))
    assert "2026年5月1日" in page  # thirty days after 1 April
    assert 'name="640100:accession" value="2026-04-01"' in page
    left = main(visit("viewer").text(f"{ruled}?act=150600:ratification&act=150300:withdrawal_notice&date=2026-03-10"))
    assert "150300:withdrawal_notice" in left


@pytest.mark.parametrize("date", ["2026-02-30", "3月", "2026年", "soon"])
def test_a_day_that_is_none_is_told(date: str, visit: Callable[[str], Visitor], ruled: str) -> None:
    answer = visit("viewer").get(f"{ruled}?act=150600:ratification&date={date}")
    assert answer.status_code == 422 and date in answer.text and "照设想" not in main(answer.text)


def test_what_cannot_be_imagined_is_said_and_not_counted(visit: Callable[[str], Visitor], ruled: str) -> None:
    query = "act=150300:ratification&act=150600:signature&act=<b>:ratification&act=nonsense"
    page = visit("viewer").get(f"{ruled}?{query}").text
    assert "没有照此设想" in page and "照设想" not in main(page) and "<b>:" not in page and "&lt;b&gt;" in page


def test_without_a_clause_nothing_is_presumed(visit: Callable[[str], Visitor], agreement: Agreement) -> None:
    page = main(visit("viewer").text(f"/agreements/{agreement.number}/what-if?act=150600:ratification"))
    assert "没有可以推算的生效条款" in page and "checkbox" not in page


def test_it_is_seen_as_its_agreement_is(
    anybody: Visitor, visit: Callable[[str], Visitor], cast: Cast, ruled: str
) -> None:
    assert anybody.get(ruled).status_code == 404  # members only
    assert visit("yulin").get(ruled).status_code == 404
    past = visit("viewer").get(f"{ruled}?known={BEGIN.date().replace(year=2025)}")
    assert past.status_code == 404
