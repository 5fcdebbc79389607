"""Calendars: a year is loaded by an act, and what was counted without it is counted anew in the same act."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import sessions
from registry.documents.calendars import CALENDAR, DaysUnreadable, announced, read_days
from registry.ledger import atomic
from registry.models import Agreement
from registry.queries.deadlines import calendar_of, years_of
from registry.services.calendars import LoadCalendar, load_calendar
from registry.services.sweep import sweep
from tests.cast import Cast
from tests.services.acts import HOST, a_document, contents, entries, refused, told, who_may
from tests.services.timed import at_noon, clocks, move, timed_item
from tests.services.timed import told as told_of

DAYS = (
    (date(2027, 1, 1), False, "元旦"), (date(2027, 1, 4), False, "元旦（补假）"), (date(2027, 1, 9), True, "调休上班"),
)  # fmt: skip
"""Invented: no notice says so."""
ASK = LoadCalendar(CALENDAR, 2027, DAYS, "演练")


def test_a_year_announced_later_moves_what_was_counted_without_it(
    session: Session, cast: Cast, agreement: Agreement
) -> None:
    load_calendar(session, HOST, LoadCalendar(CALENDAR, 2026, (), "演练"), at=at_noon("2026-12-01"))
    item = timed_item(session, agreement, "2026-12-21", "list")
    early = timed_item(session, agreement, "2026-12-01", "list")
    asleep = timed_item(session, agreement, "2026-12-21", "list")
    move(session, asleep, "pause", "2026-12-30")
    stay = clocks(session, item)["stay"]
    assert (stay.due_on, stay.provisional) == ("2027-01-04", True)
    assert not clocks(session, early)["stay"].provisional
    session.rollback()
    loaded = load_calendar(session, HOST, ASK, at=at_noon("2026-12-28"))
    assert [(each.subject, each.before, each.now, each.provisional) for each in loaded.moved] == [
        (("item", item.id), "2027-01-04", "2027-01-06", False),
        (("item", asleep.id), "2027-01-04", "2027-01-06", False),
    ]
    stay = clocks(session, item)["stay"]
    assert (stay.due_on, stay.provisional, stay.next_on) == ("2027-01-06", False, "2026-12-30")
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["subject"][0]) == ("calendar.load", "calendar")
    assert {change["t"] for change in entry["changes"]} == {"calendar_year", "calendar_day", "deadline"}
    move(session, asleep, "go_on", "2027-01-06")  # three working days later, the last of them a Saturday
    assert clocks(session, asleep)["stay"].due_on == "2027-01-09"


def test_who_was_told_that_it_has_passed_is_not_told_otherwise(
    session: Session, cast: Cast, agreement: Agreement
) -> None:
    item = timed_item(session, agreement, "2026-12-21", "list")
    sweep(session, at=at_noon("2027-01-05"))
    before = told_of(session, item)
    assert ("due", "150300") in before
    assert load_calendar(session, HOST, ASK, at=at_noon("2027-01-05")).moved == ()
    sweep(session, at=at_noon("2027-01-06"))
    assert told_of(session, item) == before


def test_the_same_again_changes_nothing_and_another_replaces(session: Session, cast: Cast) -> None:
    document = a_document(session, at_noon("2026-12-01"))
    load_calendar(session, HOST, ASK, at=at_noon("2026-12-01"))
    before = contents(session)
    assert not load_calendar(session, HOST, ASK, at=at_noon("2026-12-02")).changed
    assert contents(session) == before
    other = replace(
        ASK, days=((date(2027, 1, 1), False, "新年"), (date(2027, 2, 6), True, "调休上班")), basis=document.number
    )
    load_calendar(session, HOST, other, at=at_noon("2026-12-02"))
    (year,) = years_of(session)
    assert (year.days, year.basis, year.free, year.worked) == (other.days, document.number, 1, 1)
    calendar = calendar_of(session, CALENDAR)
    assert (calendar.years, calendar.working(date(2027, 2, 6)), calendar.working(date(2027, 1, 4))) == (
        {2027},
        True,
        True,
    )
    moves = [change for change in entries(session, 1)[0]["changes"] if change["t"] == "calendar_day"]
    assert sorted((bool(change["from"]), bool(change["to"])) for change in moves) == [
        (False, True), (True, False), (True, False), (True, True),
    ]  # fmt: skip


def test_days_that_cannot_be_are_refused_each_with_its_reason(session: Session, cast: Cast) -> None:
    wrong = (
        (date(2026, 12, 31), False, "上年末"), (date(2027, 1, 5), True, "工作日"), (date(2027, 1, 9), False, "周末"),
        (date(2027, 1, 1), False, "元旦"), (date(2027, 1, 1), False, "元旦"),
    )  # fmt: skip
    expected = [
        ("bad-calendar", "calendar"), ("source-missing", "source"), ("day-outside-year", "days"), ("day-twice", "days"),
        ("day-as-usual", "days"), ("day-as-usual", "days"),
    ]  # fmt: skip
    with refused(session, *expected):
        load_calendar(session, HOST, LoadCalendar("CN 2027", 2027, wrong, " "), at=at_noon("2026-12-01"))
    with refused(session, ("unknown-document", "basis")):
        load_calendar(session, HOST, replace(ASK, basis="doc-1999-01"), at=at_noon("2026-12-01"))


def test_who_may_load(session: Session, cast: Cast) -> None:
    said = who_may(
        session,
        cast,
        lambda number: replace(ASK, calendar=f"trial-{number}"),
        lambda actor, ask: load_calendar(session, actor, ask, at=at_noon("2026-12-01")),
    )
    assert said == told("administrator", " ".join(name for name in cast.actors if name != "administrator"))


def test_a_year_loaded_while_a_step_counts_days_reaches_its_deadline(
    session: Session, engine: sa.Engine, cast: Cast, agreement: Agreement
) -> None:
    """The step began to count first and is not committed yet: the loading waits for it."""
    item = timed_item(session, agreement, "2026-12-21")
    number = item.number
    session.expunge_all()
    counted, results = threading.Event(), []

    def step() -> None:
        with sessions(engine)() as own, atomic(own):
            move(own, item, "list", "2026-12-21")
            counted.set()
            time.sleep(0.3)

    def load() -> None:
        with sessions(engine)() as own:
            counted.wait(30)
            results.append(load_calendar(own, HOST, ASK, at=at_noon("2026-12-21")))

    threads = [threading.Thread(target=step), threading.Thread(target=load)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [each.now for each in results[0].moved] == ["2027-01-06"], number


def test_the_library_knows_announced_years_only() -> None:
    """It fills others from the moon and the statute, without a working weekend: such a year is not announced."""
    assert announced(2100) is None
    for year in range(2019, 2027):
        days = announced(year) or ()
        assert {day.year for day, _, _ in days} == {year}
        assert len({day for day, _, _ in days}) == len(days)
        assert all(working == (day.weekday() >= 5) for day, working, _ in days)
        assert sum(working for _, working, _ in days) >= 5
    assert (date(2018, 12, 29), True, "调休上班") in (announced(2018) or ())  # moved by the notice for 2019
    assert (date(2026, 2, 28), True, "调休上班") in (announced(2026) or ())


def test_a_file_of_days() -> None:
    text = "day,working,name\n2027-01-01,0,元旦\n2027-01-09, 1,调休上班\n"
    assert read_days(text) == ((date(2027, 1, 1), False, "元旦"), (date(2027, 1, 9), True, "调休上班"))
    for bad in (
        "day,working,name\n2027-1-1,0,元旦\n",
        "day,working,name\n2027-01-01,no,元旦\n",
        "day,name\n2027-01-01,元旦\n",
    ):
        with pytest.raises(DaysUnreadable, match="^2: "):
            read_days(bad)
