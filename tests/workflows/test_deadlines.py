"""What happens on which day of a time limit, once each; and clocks that stand still."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.test_calendar import CHINA_2026, calendars, days, span
from workflows.calendar import Calendar, Due, after, working_days
from workflows.deadlines import Mark, happening, marks, next_day, resumed, reviews
from workflows.definition import Deadline, Duration, Escalation

LISTED = Deadline(
    after=span("P60WD"),
    remind=(span("P3WD"), span("P10WD"), span("P3WD")),
    escalate=(
        Escalation(span("P5WD"), "lead_officer"),
        Escalation(span("P0D"), "secretariat"),
        Escalation(span("P1M"), "secretariat"),
    ),
)
spans = st.builds("P{}{}".format, st.integers(0, 12), st.sampled_from(["D", "WD", "W", "M", "Y"])).map(span)
deadlines = st.builds(
    Deadline,
    after=spans,
    remind=st.lists(spans, max_size=4).map(tuple),
    escalate=st.lists(st.builds(Escalation, spans, st.sampled_from(["secretariat", "lead_officer"])), max_size=4).map(
        tuple
    ),
)


def test_the_marks_of_a_deadline_stand_by_day_and_once() -> None:
    due = after(date(2026, 7, 8), span("P60WD"), CHINA_2026).on
    assert due == date(2026, 9, 30)  # the last day before the National Day holidays
    assert marks(LISTED, due, CHINA_2026) == (
        Mark("remind:P10WD", date(2026, 9, 16), None),
        Mark("remind:P3WD", date(2026, 9, 24), None),
        Mark("due", date(2026, 10, 1), None),
        Mark("escalate:P0D:secretariat", date(2026, 10, 1), "secretariat"),
        Mark("escalate:P5WD:lead_officer", date(2026, 10, 14), "lead_officer"),
        Mark("escalate:P1M:secretariat", date(2026, 10, 31), "secretariat"),
    )


def test_swept_daily_each_mark_happens_on_its_day() -> None:
    everything = marks(LISTED, date(2026, 9, 30), CHINA_2026)
    happened: dict[str, date] = {}
    for today in (date(2026, 9, 1) + timedelta(days=n) for n in range(90)):
        happened |= {mark.name: today for mark in happening(everything, happened, today)}
    assert happened == {mark.name: mark.on for mark in everything}


def test_reviews_are_counted_from_the_beginning_and_do_not_drift() -> None:
    monthly = reviews(span("P1M"), date(2027, 12, 31), date(2028, 3, 31), CHINA_2026)
    assert [(mark.name, mark.on.isoformat(), mark.to) for mark in monthly] == [
        ("review:1", "2028-01-31", None),
        ("review:2", "2028-02-29", None),
        ("review:3", "2028-03-31", None),
        ("review:4", "2028-04-30", None),
    ]
    assert len(reviews(span("P3M"), date(2026, 3, 1), date(2020, 1, 1), CHINA_2026)) == 1
    with pytest.raises(ValueError, match="P0M"):
        reviews(span("P0M"), date(2026, 3, 1), date(2026, 3, 1), CHINA_2026)


@given(spans.filter(lambda each: each.count > 0), days, days, calendars)
def test_the_last_review_alone_is_later(every: Duration, begun: date, until: date, calendar: Calendar) -> None:
    found = reviews(every, begun, until, calendar)
    assert [mark.on > until for mark in found] == [False] * (len(found) - 1) + [True]
    assert found[0].on == after(begun, every, calendar).on
    if every.unit == "WD":
        ons = [begun, *(mark.on for mark in found)]
        assert {working_days(a, b, calendar) for a, b in pairwise(ons)} == {every.count}


@given(days, spans, st.integers(-20, 60), st.integers(0, 90), calendars)
def test_a_clock_that_stood_still_leaves_what_it_had(
    begun: date, limit: Duration, ran: int, stood: int, calendar: Calendar
) -> None:
    due = after(begun, limit, calendar).on
    stopped = max(begun, due - timedelta(days=ran))
    again = stopped + timedelta(days=stood)
    new = resumed(due, limit, stopped, again, calendar)
    if due < stopped:
        assert new == Due(due, provisional=False)
    elif limit.unit == "WD":
        assert working_days(again, new.on, calendar) == working_days(stopped, due, calendar)
        years = {(stopped + timedelta(days=n)).year for n in range(1, (new.on - stopped).days + 1)}
        assert new.provisional is not years.issubset(calendar.years)
    else:
        assert new == Due(again + (due - stopped), provisional=False)
    assert stood or new.on == due


@pytest.mark.parametrize(
    ("due", "stopped", "again", "on"),
    [
        ("2026-09-29", "2026-09-24", "2026-10-09", "2026-10-12"),  # two days left: Saturday the 10th and Monday
        ("2026-09-30", "2026-09-30", "2026-10-03", "2026-10-03"),  # the last day, gone on with in the holidays
        ("2026-09-30", "2026-10-01", "2026-10-12", "2026-09-30"),  # too late already
        ("2026-09-30", "2026-09-30", "2026-09-30", "2026-09-30"),
    ],
)
def test_a_clock_of_working_days_that_stood_still(due: str, stopped: str, again: str, on: str) -> None:
    day = date.fromisoformat
    new = resumed(day(due), span("P60WD"), day(stopped), day(again), CHINA_2026)
    assert new == Due(date.fromisoformat(on), provisional=False)


@pytest.mark.parametrize(
    ("due", "stopped", "again", "provisional"),
    [
        ("2026-01-09", "2025-12-31", "2026-01-05", False),  # the day it stopped is not counted
        ("2026-01-09", "2025-12-30", "2025-12-31", True),
        ("2025-12-30", "2025-12-30", "2025-12-30", False),  # nothing is counted
        ("2026-12-30", "2026-12-01", "2026-12-04", True),  # the shift leads into 2027
    ],
)
def test_a_resumed_deadline_is_provisional_by_the_days_it_counts(
    due: str, stopped: str, again: str, provisional: bool
) -> None:
    day = date.fromisoformat
    assert resumed(day(due), span("P60WD"), day(stopped), day(again), CHINA_2026).provisional is provisional


def test_a_clock_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="2026-03-01 is before 2026-03-02"):
        resumed(date(2026, 4, 1), span("P1M"), date(2026, 3, 2), date(2026, 3, 1), CHINA_2026)


@given(deadlines, days, calendars, st.lists(st.integers(0, 200), max_size=12))
def test_each_mark_happens_once_whatever_the_sweeps(
    deadline: Deadline, due: date, calendar: Calendar, gaps: list[int]
) -> None:
    everything = marks(deadline, due, calendar)
    done: list[str] = []
    before, today = date.min, due - timedelta(days=300)
    for gap in [*gaps, 30000]:
        today += timedelta(days=gap)
        awaited = next_day(everything, done)
        now = happening(everything, done, today)
        assert bool(now) is (awaited is not None and awaited <= today)
        assert all(before < mark.on <= today for mark in now)  # on the first sweep that could, and on no later one
        done += [mark.name for mark in now]
        before = today
    assert sorted(done) == sorted({mark.name for mark in everything})
    assert len(done) == len(everything)
    assert next_day(everything, done) is None
    assert list(everything) == sorted(everything, key=lambda mark: mark.on)
