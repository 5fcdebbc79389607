"""The arithmetic of days against a calendar walked day by day, and against the real year 2026."""

import re
from datetime import date, timedelta
from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, after, before, working_days
from workflows.definition import Duration

DAY = timedelta(days=1)
HOLIDAYS_2026 = "0101 0102 0216 0217 0218 0219 0220 0223 0406 0501 0504 0505 0619 0925 1001 1002 1005 1006 1007"
WORKED_2026 = "0104 0214 0228 0509 0920 1010"
"""国务院办公厅关于2026年部分节假日安排的通知: holidays that fall on weekdays, and weekend days that are worked."""


def of_2026(days: str) -> list[date]:
    return [date(2026, int(each[:2]), int(each[2:])) for each in days.split()]


CHINA_2026 = Calendar(
    dict.fromkeys(of_2026(HOLIDAYS_2026), False) | dict.fromkeys(of_2026(WORKED_2026), True), frozenset({2026})
)
WEEKDAYS = Calendar()

days = st.dates(date(2025, 11, 1), date(2027, 2, 28))
calendars = st.builds(
    Calendar,
    st.dictionaries(days, st.booleans(), max_size=60) | st.just(dict(CHINA_2026.exceptions)),
    st.frozensets(st.integers(2025, 2028)),
)
counts = st.integers(0, 90)


def span(written: str) -> Duration:
    number, unit = re.fullmatch(r"P(-?[0-9]+)([A-Z]+)", written).groups()  # type: ignore[union-attr]  # fits, or fails
    return Duration(written, int(number), unit)


def walked(begin: date, number: int, step: timedelta, calendar: Calendar) -> tuple[date, bool]:
    """The oracle: one day at a time until so many working days have gone by; whether any day's year was unknown."""
    day, unknown = begin, False
    while number:
        day += step
        unknown = unknown or day.year not in calendar.years
        number -= calendar.exceptions.get(day, day.weekday() < 5)
    return day, unknown


@given(days, counts, calendars)
def test_working_days_are_counted_as_on_fingers(begin: date, number: int, calendar: Calendar) -> None:
    due = after(begin, span(f"P{number}WD"), calendar)
    assert (due.on, due.provisional) == walked(begin, number, DAY, calendar)
    back = before(begin, span(f"P{number}WD"), calendar)
    assert (back.on, back.provisional) == walked(begin, number, -DAY, calendar)


@given(days, days, calendars)
def test_the_working_days_of_an_interval(one: date, other: date, calendar: Calendar) -> None:
    begin, end = sorted((one, other))
    between = islice((begin + n * DAY for n in count(1)), (end - begin).days)
    assert working_days(begin, end, calendar) == sum(calendar.working(day) for day in between)
    assert not working_days(end, end, calendar)


@given(days, st.integers(0, 40), st.sampled_from(["D", "WD", "W", "M", "Y"]), calendars)
def test_a_later_begin_or_a_longer_span_never_ends_earlier(
    begin: date, number: int, unit: str, calendar: Calendar
) -> None:
    on = after(begin, span(f"P{number}{unit}"), calendar).on
    assert begin <= on <= after(begin + DAY, span(f"P{number}{unit}"), calendar).on
    assert on <= after(begin, span(f"P{number + 1}{unit}"), calendar).on
    assert before(begin, span(f"P{number}{unit}"), calendar).on <= begin


@given(days, st.integers(1, 90), calendars)
def test_counting_back_undoes_counting_on(begin: date, number: int, calendar: Calendar) -> None:
    due = after(begin, span(f"P{number}WD"), calendar).on
    assert calendar.working(due)
    assert working_days(begin, due, calendar) == number
    back = before(due, span(f"P{number}WD"), calendar).on
    assert calendar.working(back)
    assert back == begin if calendar.working(begin) else back < begin
    assert after(back, span(f"P{number}WD"), calendar).on == due


@given(st.dates(date(1600, 1, 1), date(9000, 1, 1)), st.integers(1, 900))
def test_without_exceptions_five_working_days_are_a_week(begin: date, weeks: int) -> None:
    monday = begin - begin.weekday() * DAY
    assert after(monday, span(f"P{5 * weeks}WD"), WEEKDAYS).on == after(monday, span(f"P{weeks}W"), WEEKDAYS).on


@pytest.mark.parametrize(
    ("begin", "written", "on"),
    [
        ("2026-02-13", "P1WD", "2026-02-14"),  # the Saturday before the Spring Festival is worked
        ("2026-02-13", "P2WD", "2026-02-24"),
        ("2026-02-24", "P4WD", "2026-02-28"),
        ("2026-04-30", "P1WD", "2026-05-06"),
        ("2026-05-01", "P4WD", "2026-05-09"),
        ("2026-09-18", "P1WD", "2026-09-20"),
        ("2026-09-30", "P3WD", "2026-10-10"),
        ("2026-10-10", "P0WD", "2026-10-10"),
        ("2026-10-03", "P0WD", "2026-10-03"),  # nothing is counted, so not even a holiday moves
        ("2026-10-03", "P0D", "2026-10-03"),
        ("2026-09-30", "P3D", "2026-10-03"),
        ("2026-09-30", "P2W", "2026-10-14"),
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2026-01-31", "P2M", "2026-03-31"),
        ("2026-10-31", "P13M", "2027-11-30"),
        ("2026-12-31", "P1M", "2027-01-31"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2028-02-29", "P4Y", "2032-02-29"),
        ("9999-11-30", "P1M", "9999-12-30"),
        ("9999-12-30", "P1WD", "9999-12-31"),
    ],
)
def test_counting_on(begin: str, written: str, on: str) -> None:
    assert after(date.fromisoformat(begin), span(written), CHINA_2026).on == date.fromisoformat(on)


@pytest.mark.parametrize(
    ("end", "written", "on"),
    [
        ("2026-10-08", "P1WD", "2026-09-30"),
        ("2026-10-12", "P2WD", "2026-10-09"),
        ("2026-10-03", "P0WD", "2026-10-03"),
        ("2026-03-31", "P1M", "2026-02-28"),
        ("2026-01-15", "P1M", "2025-12-15"),
        ("2028-02-29", "P1Y", "2027-02-28"),
        ("2026-03-02", "P2W", "2026-02-16"),
        ("0001-01-02", "P1WD", "0001-01-01"),
        ("0001-02-03", "P1M", "0001-01-03"),
    ],
)
def test_counting_back(end: str, written: str, on: str) -> None:
    assert before(date.fromisoformat(end), span(written), CHINA_2026).on == date.fromisoformat(on)


def test_the_year_2026_has_248_working_days() -> None:
    # 365 days, 104 at weekends, 13 statutory holidays (国务院令第795号): what is swapped does not change the sum
    assert working_days(date(2025, 12, 31), date(2026, 12, 31), CHINA_2026) == 365 - 104 - 13


@pytest.mark.parametrize(
    ("begin", "written", "provisional"),
    [
        ("2026-12-30", "P1WD", False),
        ("2026-12-31", "P1WD", True),
        ("2025-12-31", "P1WD", False),  # the begin day, in a year that is not known, is not counted
        ("2025-12-30", "P1WD", True),
        ("2027-03-01", "P0WD", False),
        ("2026-12-31", "P1D", False),
        ("2026-12-31", "P1M", False),
    ],
)
def test_only_working_days_of_an_unknown_year_are_provisional(begin: str, written: str, provisional: bool) -> None:
    assert after(date.fromisoformat(begin), span(written), CHINA_2026).provisional is provisional


def test_a_year_is_known_by_its_notice_and_not_by_its_exceptions() -> None:
    gap = Calendar({date(2027, 1, 1): False}, frozenset({2026, 2028}))
    assert gap.known(date(2026, 1, 1), date(2026, 12, 31))
    assert not gap.known(date(2026, 12, 31), date(2028, 1, 1))
    assert before(date(2028, 1, 3), span("P1WD"), gap).provisional  # 2027-12-31
    assert not before(date(2027, 1, 1), span("P1WD"), gap).provisional  # 2026-12-31


@pytest.mark.parametrize("written", ["P1D", "P1WD", "P1W", "P1M", "P1Y", "P9999Y", "P999999999999999999999WD"])
def test_no_day_lies_outside_the_years_of_dates(written: str) -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        after(date.max, span(written), CHINA_2026)
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        before(date.min, span(written), CHINA_2026)


@pytest.mark.parametrize("written", ["P-1D", "P-1WD", "P-1M"])
def test_negative_spans_and_intervals_are_refused(written: str) -> None:
    for counted in (after, before):
        with pytest.raises(ValueError, match="negative"):
            counted(date(2026, 3, 1), span(written), CHINA_2026)
    with pytest.raises(ValueError, match="is before"):
        working_days(date(2026, 3, 2), date(2026, 3, 1), CHINA_2026)


def test_a_calendar_keeps_what_it_was_made_of() -> None:
    exceptions = {date(2026, 3, 2): False}
    calendar = Calendar(exceptions)
    exceptions[date(2026, 3, 3)] = False
    assert after(date(2026, 3, 1), span("P1WD"), calendar).on == date(2026, 3, 3)
    assert calendar.working(date(2026, 3, 3))
    assert calendar == Calendar({date(2026, 3, 2): False})
