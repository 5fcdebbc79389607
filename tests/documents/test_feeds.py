"""A feed and a calendar as other programs read them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import UTC, date, datetime

from icalendar import Calendar

from registry.documents.feeds import Dated, Subscription, Told, atom, calendar

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
OF = Subscription(
    "乌海市", "https://r.test/parties/150300", "https://r.test/parties/150300/feed.atom", "登记簿", "zh-Hans", AT
)
ATOM = "{http://www.w3.org/2005/Atom}"


def test_an_atom_feed_says_what_changed_the_last_first() -> None:
    changes = [
        Told("https://r.test/items/a-1/history#entry-9", "<填报> & 进展", "乌海市 · 第 9 号", AT),
        Told("https://r.test/items/a-1/history#entry-3", "登记事项", "乌海市", AT.replace(month=1)),
    ]
    feed = ElementTree.fromstring(atom(OF, changes))  # noqa: S314  # our own bytes
    assert feed.findtext(f"{ATOM}id") == OF.own
    assert feed.findtext(f"{ATOM}updated") == "2026-03-02T01:30:00+00:00"
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")} == {
        "alternate": OF.page,
        "self": OF.own,
    }
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["<填报> & 进展", "登记事项"]
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [change.address for change in changes]


def test_an_empty_feed_is_one() -> None:
    feed = ElementTree.fromstring(atom(OF, []))  # noqa: S314  # our own bytes
    assert feed.findtext(f"{ATOM}updated") == "2026-03-02T01:30:00+00:00"
    assert feed.findall(f"{ATOM}entry") == []


def test_a_calendar_has_whole_days_that_keep_their_identity() -> None:
    days = [
        Dated(
            "deadline-a@r.test",
            "期限：很长很长的标题" * 9,
            date(2026, 3, 5),
            date(2026, 3, 5),
            "https://r.test/items/a",
        )
    ]
    days.append(Dated("meeting-b@r.test", "会议", date(2026, 4, 1), date(2026, 4, 30), "https://r.test/meetings/b"))
    read = Calendar.from_ical(calendar(OF, days))
    assert [str(event["summary"]) for event in read.walk("VEVENT")] == [day.title for day in days]
    assert [(event.decoded("dtstart"), event.decoded("dtend")) for event in read.walk("VEVENT")] == [
        (date(2026, 3, 5), date(2026, 3, 6)),
        (date(2026, 4, 1), date(2026, 5, 1)),
    ]
    assert calendar(OF, days) == calendar(OF, days)
    assert all(len(line) <= 75 for line in calendar(OF, days).split(b"\r\n"))
