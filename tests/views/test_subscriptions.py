"""Search, feeds and calendars as pages: what they show, and to whom."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import datetime

import pytest
from icalendar import Calendar
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.ledger import atomic
from registry.models import Agreement, Meeting
from registry.permissions import the_register
from registry.services.reports import FileReport, file_report
from tests.cast import Cast, an_agreement, an_item
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
ATOM = "{http://www.w3.org/2005/Atom}"


def titles(visitor: Visitor, path: str) -> list[str]:
    answer = visitor.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml"), path
    feed = ElementTree.fromstring(answer.data)  # noqa: S314  # our own bytes
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.findall(f"{ATOM}entry")]


@pytest.fixture
def pair(session: Session, cast: Cast, at: datetime) -> tuple[Agreement, Agreement]:
    """One agreement that everybody may see, and one of its parties."""
    return (
        an_agreement(session, cast, at, number="mxsmy-2026-01", level="public"),
        an_agreement(session, cast, at, number="mxsmy-2026-02", level="parties"),
    )


def test_a_feed_tells_what_its_reader_may_see(
    session: Session, cast: Cast, at: datetime, pair: tuple[Agreement, Agreement], visit: Visit, anybody: Visitor
) -> None:
    item = an_item(session, cast, at, pair[0])
    hidden = an_item(session, cast, at, pair[1])
    report = FileReport(item.number, cast.wuhai.code, PartialDate("2026-01", Precision.MONTH), "on_track", "私下的话")
    file_report(session, cast.officer_wuhai, report, at=at)
    for path in ("/feed.atom", f"/agreements/{pair[0].number}/feed.atom", f"/items/{item.number}/feed.atom"):
        told = titles(anybody, path)
        assert any(item.title_zh in title for title in told), path
        assert not any(pair[1].title_zh in title and pair[1].number in title for title in told)
        assert "私下的话" not in anybody.get(path).text
    assert anybody.get(f"/agreements/{pair[1].number}/feed.atom").status_code == 404
    assert anybody.get(f"/items/{hidden.number}/feed.atom").status_code == 404
    assert titles(visit("wuhai"), f"/items/{hidden.number}/feed.atom")


def test_a_feed_is_kept_until_something_changes(
    session: Session, cast: Cast, at: datetime, pair: tuple[Agreement, Agreement], anybody: Visitor
) -> None:
    path = f"/agreements/{pair[0].number}/feed.atom"
    tag = anybody.get(path).headers["ETag"]
    assert anybody.get(path, headers={"If-None-Match": tag}).status_code == 304
    an_item(session, cast, at, pair[0])
    assert anybody.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_calendar_holds_the_meetings(session: Session, cast: Cast, at: datetime, anybody: Visitor) -> None:
    with atomic(session) as book:
        meeting = Meeting(
            number="meeting-2026-01",
            name_zh="第八届联席会议",
            held=False,
            held_on="2026-09-01",
            held_precision="day",
            sample=False,
        )
        session.add(meeting)
        session.flush()
        book.record(act="meeting.add", actor=the_register("command"), subject=("meeting", meeting.id), at=at)
    answer = anybody.get("/calendar.ics")
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert "第八届联席会议" in str(event["summary"])
    assert str(event["url"]).endswith("/meetings/meeting-2026-01")
    assert anybody.get(f"/parties/{cast.wuhai.code}/calendar.ics").status_code == 200
    assert anybody.get("/parties/nowhere/calendar.ics").status_code == 404


def test_the_search_page(pair: tuple[Agreement, Agreement], anybody: Visitor, visit: Visit) -> None:
    assert "两个字就能找" in anybody.get("/search").text
    found = anybody.get("/search?q=mxsmy-2026").text
    assert f"/agreements/{pair[0].number}" in found
    assert pair[1].number not in found
    assert f"/agreements/{pair[1].number}" in visit("wuhai").get("/search?q=mxsmy-2026").text
    assert "没有找到" in anybody.get("/search?q=找不到的词").text
    assert anybody.get("/search?q=%3Cscript%3E").text.count("<script>") == 0
    assert anybody.get(f"/search?q={'长' * 500}&kind=nonsense").status_code == 200
    assert f"/agreements/{pair[0].number}" not in anybody.get("/search?q=mxsmy-2026&kind=meeting").text
    assert "Found nothing" in anybody.get("/en/search?q=找不到的词").text
