"""Targets against schedule: hand-made cases at every border, and what holds of all of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from registry.domain.dates import PartialDate, Precision
from registry.domain.schedule import GREATEST, WHOLE, Found, Goal, flags, order, scheduled, share, short

YEAR = Goal(">=", "100", period="by_year", year=2025)


def at(value: str | None) -> PartialDate:
    """A date of the precision that its form shows."""
    forms = {None: "unknown", 4: "year", 7: "quarter" if value and "Q" in value else "month", 10: "day"}
    return PartialDate.of(value, forms[len(value) if value else None])


@pytest.mark.parametrize(
    ("goal", "as_of", "due"),
    [
        (YEAR, "2025-10", 8333),  # the published figure: ten of twelve months
        (YEAR, "2025-10-31", 8333),
        (YEAR, "2025-10-30", 7500),
        (YEAR, "2025-02-28", 1667),
        (YEAR, "2025-01-31", 833),
        (YEAR, "2025-01-30", 0),
        (YEAR, "2025-Q3", 7500),
        (YEAR, "2025", WHOLE),
        (YEAR, "2024-12-31", 0),
        (YEAR, "2026-01-01", WHOLE),
        (YEAR, None, None),
        (Goal(">=", "1", period="annual_by_year", year=2020), "2020-06", 5000),
        (Goal(">=", "1", period="annual_recurring"), "2023-06", 5000),
        (Goal(">=", "1", period="relative_horizon", horizon_from=2017, horizon_years="5"), "2019-06", 5000),
        (Goal(">=", "1", period="relative_horizon", horizon_from=2017, horizon_years="3-5"), "2019-12", 6000),
        (Goal(">=", "1", period="relative_horizon", horizon_from=2017, horizon_years="3-5"), "2030", WHOLE),
        (Goal(">=", "1", period="relative_horizon", horizon_years="5"), "2019", None),
        (Goal(">=", "1"), "2025-10", None),
        (Goal(">=", "1", year=2025), "2025-10", 8333),
        (Goal("milestone", period="by_year", year=2025), "2025-12-30", 0),
        (Goal("milestone", period="by_year", year=2025), "2025-12-31", WHOLE),
        (Goal("class<=", "3", period="by_year", year=2025), "2025-11", 0),
    ],
)
def test_what_is_due(goal: Goal, as_of: str | None, due: int | None) -> None:
    assert scheduled(goal, at(as_of)) == due


def test_a_limit_or_the_end_of_a_month_that_has_no_year_is_no_day() -> None:
    for value, precision in (
        ("2025", "before_year"),
        ("2025-06-30", "by_month_end"),
        ("2025-06-30T10:00:00", "second"),
    ):
        assert scheduled(YEAR, PartialDate.of(value, precision)) is None
    assert scheduled(YEAR, PartialDate.of("2025", "year_end")) == WHOLE


@pytest.mark.parametrize(
    ("comparator", "number", "until", "seen", "seen_until", "reached"),
    [
        (">=", "5500", None, "4906", None, 8920),
        (">=", "3", None, "2", None, 6667),
        (">=", "100", None, "120", None, 12_000),
        (">=", "0.1", None, "0.3", None, 30_000),
        (">=", "1", None, "999999", None, GREATEST),
        (">=", "0", None, "1", None, None),
        (">=", "100", None, "-1", None, None),
        (">=", None, None, "1", None, None),
        (">=", "100", None, None, None, None),
        (">=", "100", None, "40", "60", 4000),  # of a range that was seen, the worse end
        ("=", "3", None, "4", None, WHOLE),
        ("~=", "100", None, "50", None, 5000),
        ("range", "2", "3", "1", None, 5000),
        ("range", "2", "3", "5", None, WHOLE),
        ("<=", "60", None, "60", None, WHOLE),
        ("<=", "60", None, "80", None, 7500),
        ("<=", "60", None, "50", "80", 7500),
        ("<=", "0", None, "0", None, WHOLE),
        ("<=", "0", None, "1", None, 0),
        ("class<=", "3", None, "3", None, WHOLE),
        ("class<=", "3", None, "4", None, 0),
    ],
)
def test_what_is_reached(
    comparator: str,
    number: str | None,
    until: str | None,
    seen: str | None,
    seen_until: str | None,
    reached: int | None,
) -> None:
    assert share(Goal(comparator, number, until), Found(at("2025"), seen, seen_until)) == reached


def test_a_milestone_is_reached_or_not() -> None:
    assert [share(Goal("milestone"), Found(at("2025"), reached=each)) for each in (True, False, None)] == [
        WHOLE,
        0,
        None,
    ]


def test_how_much_of_what_was_due_is_missing() -> None:
    assert [short(*pair) for pair in ((0, 8333), (4166, 8333), (8332, 8333), (8333, 8333), (9000, 8333), (0, 0))] == [
        10_000, 5001, 1, 0, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("goal", "before", "now", "found"),
    [
        (YEAR, ("2025-03", "50"), ("2025-06", "49"), ("fall",)),
        (YEAR, ("2025-03", "50"), ("2025-06", "50"), ()),
        (YEAR, ("2025-03", "50"), ("2025-06", "100"), ()),
        (YEAR, ("2025-03", "49.9"), ("2025-06", "100"), ("jump",)),
        (Goal("<=", "60"), ("2025-03", "80"), ("2025-06", "70"), ()),
        (Goal("class<=", "3"), ("2025-03", "4"), ("2025-06", "3"), ()),
        (Goal(">=", "100", period="annual_recurring"), ("2024-12", "100"), ("2025-01", "8"), ()),
        (Goal(">=", "100", period="annual_recurring"), ("2025-01", "9"), ("2025-02", "8"), ("fall",)),
    ],
)
def test_what_is_odd(goal: Goal, before: tuple[str, str], now: tuple[str, str], found: tuple[str, ...]) -> None:
    assert flags(goal, Found(at(before[0]), before[1]), Found(at(now[0]), now[1])) == found
    assert flags(goal, None, Found(at(now[0]), now[1])) == ()


def test_a_milestone_that_is_taken_back_falls() -> None:
    there, gone = Found(at("2025-03"), reached=True), Found(at("2025-06"), reached=False)
    assert (flags(Goal("milestone"), there, gone), flags(Goal("milestone"), gone, there)) == (("fall",), ())


DAYS = st.dates(date(2016, 1, 1), date(2024, 12, 31))
GOALS = st.sampled_from(
    (
        Goal(">=", "9", period="by_year", year=2020),
        Goal("milestone", period="by_year", year=2020),
        Goal(">=", "9", period="relative_horizon", horizon_from=2018, horizon_years="3-5"),
    )
)


@given(GOALS, DAYS, st.integers(0, 400))
def test_what_is_due_never_shrinks_and_a_month_is_its_last_day(goal: Goal, day: date, later: int) -> None:
    due, after = (scheduled(goal, at(each.isoformat())) for each in (day, day + timedelta(days=later)))
    assert due is not None and after is not None and 0 <= due <= after <= WHOLE
    month = PartialDate.of(f"{day:%Y-%m}", Precision.MONTH)
    last = month.last_day()
    assert last and scheduled(goal, month) == scheduled(goal, at(last.isoformat()))


@given(st.decimals(0, 10_000, places=3), st.decimals("0.001", 10_000, places=3))
def test_a_share_is_exact(seen: Decimal, asked: Decimal) -> None:
    reached = share(Goal(">=", f"{asked:f}"), Found(at("2025"), f"{seen:f}"))
    exact = Fraction(seen) * WHOLE / Fraction(asked)
    assert reached is not None
    assert reached == GREATEST if exact > GREATEST else abs(reached - exact) <= Fraction(1, 2)


@given(st.lists(DAYS, min_size=2, max_size=6))
def test_the_order_of_days_is_that_of_the_calendar(days: list[date]) -> None:
    assert sorted(days) == sorted(days, key=lambda day: order(at(day.isoformat())))
    for day in days:
        assert order(at(day.isoformat())) < order(at(f"{day:%Y-%m}")) <= order(at(f"{day:%Y}-Q{(day.month + 2) // 3}"))
