"""Reports: graded in clear, worded under seal, released by an act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import Agreement, Item, Report
from registry.services.items import AddItem, add_item
from registry.services.reports import FileReport, ReleaseReport, file_report, release_report
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import OUTSIDE, answered, day, entries, fresh, refused, told, who_may


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    """An item that 乌海 leads and 鄂尔多斯 joins."""
    return an_item(session, cast, at, agreement, state="in_progress", stage="in_progress")


def an_ask(item: Item, party: str = "150300", **more: Any) -> FileReport:
    given: dict[str, Any] = {
        "as_of": PartialDate.of("2026-02", "month"),
        "grade": "blocked",
        "progress": "已开工",
        "problem": "征地未完",
        "next_step": "协调",
    }
    return FileReport(item.number, party, **(given | more))


def texts(report: Report) -> list[str | None]:
    return [report.progress, report.problem, report.next_step]


def test_a_report_is_graded_in_clear_and_worded_under_seal(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    report = file_report(session, cast.officer_wuhai, an_ask(item), at=at)
    row = fresh(session, report)
    assert (row.grade, row.as_of, row.as_of_precision, row.released_at, row.released_progress) == (
        "blocked",
        "2026-02",
        "month",
        None,
        None,
    )
    assert set(open_sealed(session, cast.officer_wuhai, texts(row)).values()) == {"已开工", "征地未完", "协调"}
    assert open_sealed(session, cast.officer_ordos, texts(row)) == {}
    assert len(open_sealed(session, cast.auditor, texts(row))) == 3
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["for"]) == ("report.file", "150300")


def test_the_first_lead_grades_the_item_and_others_do_not(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    file_report(session, cast.officer_ordos, an_ask(item, "150600", grade="slow"), at=at)
    assert fresh(session, item).grade == "not_reported"
    file_report(session, cast.officer_wuhai, an_ask(item), at=at)
    assert (fresh(session, item).grade, item.graded_as_of, item.graded_precision) == ("blocked", "2026-02", "month")
    file_report(
        session, cast.officer_wuhai, an_ask(item, grade="on_track", problem=None, as_of=day("2026-03-01")), at=at
    )
    assert (fresh(session, item).grade, item.graded_as_of) == ("on_track", "2026-03-01")


def test_anybody_grades_where_none_leads(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    item = add_item(session, cast.secretariat, AddItem(agreement.number, "事项"), at=at)
    file_report(session, cast.officer_ordos, an_ask(item, "150600", grade="slow"), at=at)
    assert fresh(session, item).grade == "slow"


def test_earlier_reports_stay(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    first = file_report(session, cast.officer_wuhai, an_ask(item), at=at)
    file_report(session, cast.officer_wuhai, an_ask(item, grade="on_track"), at=at)
    assert fresh(session, first).grade == "blocked"


def test_a_report_released_at_once(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    row = fresh(session, file_report(session, cast.officer_wuhai, an_ask(item, next_step=None, release=True), at=at))
    assert (row.released_progress, row.released_problem, row.released_next_step, row.released_at) == (
        "已开工",
        "征地未完",
        None,
        at,
    )


def test_a_report_is_released_once(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    report = file_report(session, cast.officer_wuhai, an_ask(item), at=at)
    release_report(session, cast.officer_wuhai, ReleaseReport(item.number, report.id), at=at)
    row = fresh(session, report)
    assert (row.released_progress, row.released_problem, row.released_next_step) == ("已开工", "征地未完", "协调")
    assert entries(session, 1)[0]["act"] == "report.release"
    with refused(session, ("already-released", None)):
        release_report(session, cast.officer_wuhai, ReleaseReport(item.number, report.id), at=at)


def test_a_report_is_found_under_its_own_item_only(
    session: Session, cast: Cast, agreement: Agreement, item: Item, at: datetime
) -> None:
    report = file_report(session, cast.officer_wuhai, an_ask(item), at=at)
    other = an_item(session, cast, at, agreement, position=2)
    for number, identity in ((other.number, report.id), (item.number, 999), ("mxsmy-2026-01-099", report.id)):
        with answered(session, NotFound):
            release_report(session, cast.officer_wuhai, ReleaseReport(number, identity), at=at)


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({"grade": "splendid"}, [("bad-grade", "grade")]),
        ({"grade": "not_reported"}, [("bad-grade", "grade")]),
        ({"as_of": UNKNOWN}, [("date-missing", "as_of")]),
        ({"as_of": PartialDate.of(None, "open")}, [("date-missing", "as_of")]),
        ({"progress": " "}, [("progress-missing", "progress")]),
        ({"problem": None}, [("problem-missing", "problem")]),
        ({"grade": "slow", "problem": "　"}, [("problem-missing", "problem")]),
        ({"grade": "slow", "problem": "", "progress": "", "as_of": UNKNOWN},
         [("date-missing", "as_of"), ("progress-missing", "progress"), ("problem-missing", "problem")]),
    ],
)  # fmt: skip
def test_what_a_report_is_refused_for(
    session: Session, cast: Cast, item: Item, at: datetime, more: dict[str, Any], reasons: list[tuple[str, str]]
) -> None:
    with refused(session, *reasons):
        file_report(session, cast.officer_wuhai, an_ask(item, **more), at=at)


def test_who_is_not_assigned_does_not_report(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, level="public")
    item = an_item(session, cast, at, agreement)
    with refused(session, ("not-assigned", "party")) as reasons:
        file_report(session, cast.officer_outsider, an_ask(item, "610800"), at=at)
    assert reasons[0].values == {"party": "榆林市", "item": item.number}
    with refused(session, ("unknown-party", "party")):
        file_report(session, cast.officer_wuhai, an_ask(item, "999999"), at=at)


def test_who_may_report_for_a_party(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    assert who_may(
        session, cast, lambda _: an_ask(item, "150600"), lambda actor, ask: file_report(session, actor, ask, at=at)
    ) == told(may="officer_ordos", may_not="officer_wuhai viewer auditor secretariat", not_found=OUTSIDE)


def test_who_may_release(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    def make(_: int) -> ReleaseReport:
        return ReleaseReport(item.number, file_report(session, cast.officer_ordos, an_ask(item, "150600"), at=at).id)

    assert who_may(session, cast, make, lambda actor, ask: release_report(session, actor, ask, at=at)) == told(
        may="officer_ordos", may_not="officer_wuhai viewer auditor secretariat", not_found=OUTSIDE
    )
