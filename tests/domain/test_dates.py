"""Dates with precision: what is typed, what it can mean, how it is shown."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import Outcome, Reason
from registry.domain.dates import OPEN, UNKNOWN, NoSuchDate, PartialDate, Precision, read, read_serial
from tests.domain.vectors import rows

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _every_precision(day: date, seconds: int) -> list[PartialDate]:
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    values = {
        Precision.SECOND: f"{day}T{clock}",
        Precision.DAY: f"{day}",
        Precision.MONTH: f"{day:%Y-%m}",
        Precision.QUARTER: f"{day.year}-Q{(day.month + 2) // 3}",
        Precision.YEAR: f"{day.year}",
        Precision.YEAR_END: f"{day.year}",
        Precision.BEFORE_YEAR: f"{day.year}",
        Precision.BY_MONTH_END: f"{_month_end(day)}",
        Precision.OPEN: None,
        Precision.UNKNOWN: None,
    }
    assert set(values) == set(Precision)
    return [PartialDate.of(value, precision) for precision, value in values.items()]


KNOWN = st.builds(_every_precision, DAYS, st.integers(0, 86_399)).flatmap(st.sampled_from)


def _stored(reading_value: PartialDate | None) -> tuple[str | None, str | None]:
    return (reading_value.value, reading_value.precision.value) if reading_value else (None, None)


@pytest.mark.parametrize(("typed", "outcome", "value", "precision", "reason"), rows("dates"))
def test_typed_dates(typed: str, outcome: str, value: str | None, precision: str | None, reason: str | None) -> None:
    reading = read(typed)
    assert (reading.outcome, *_stored(reading.value), reading.reason) == (outcome, value, precision, reason)


@pytest.mark.parametrize(("typed", "outcome", "value", "precision", "reason"), rows("dates_from_2019_03_01"))
def test_dates_counted_from_today(
    typed: str, outcome: str, value: str | None, precision: str | None, reason: str | None
) -> None:
    reading = read(typed, today=date(2019, 3, 1))
    assert (reading.outcome, *_stored(reading.value), reading.reason) == (outcome, value, precision, reason)


@pytest.mark.parametrize(("serial", "date1904", "outcome", "value", "precision", "reason"), rows("serials"))
def test_spreadsheet_day_counts(
    serial: float, date1904: bool, outcome: str, value: str | None, precision: str | None, reason: str | None
) -> None:
    reading = read_serial(serial, date1904=date1904)
    assert (reading.outcome, *_stored(reading.value), reading.reason) == (outcome, value, precision, reason)


@given(known=KNOWN)
def test_what_is_shown_in_chinese_is_read_back_unchanged(known: PartialDate) -> None:
    reading = read(known.zh())
    assert (reading.outcome, reading.value) == (Outcome.ACCEPT, known)


@given(day=DAYS)
def test_a_limit_without_its_year_is_read_back_as_a_proposal(day: date) -> None:
    last = _month_end(day.replace(year=2000))
    known = PartialDate.of(f"--{last:%m-%d}", Precision.BY_MONTH_END)
    reading = read(known.zh())
    assert (reading.outcome, reading.value, reading.reason) == (Outcome.ASK, known, Reason.YEAR_MISSING)


@given(day=DAYS, date1904=st.booleans())
def test_every_day_survives_a_spreadsheet(day: date, date1904: bool) -> None:
    epoch = date(1904, 1, 1) if date1904 else date(1899, 12, 30 if day >= date(1900, 3, 1) else 31)
    if day >= epoch:
        assert read_serial((day - epoch).days, date1904=date1904).value == PartialDate.of(f"{day}", Precision.DAY)


@given(day=DAYS, seconds=st.integers(0, 86_399))
def test_a_date_can_mean_the_day_it_was_made_from(day: date, seconds: int) -> None:
    for known in _every_precision(day, seconds):
        if known.precision not in (Precision.YEAR_END, Precision.BEFORE_YEAR):
            first, last = known.first_day(), known.last_day()
            assert (first is None or first <= day) and (last is None or day <= last)


@pytest.mark.parametrize(
    ("value", "precision", "first", "last", "zh", "en"),
    [
        ("2019-10-10T10:57:20", "second", "2019-10-10", "2019-10-10", "2019年10月10日 10:57:20", "10 October 2019, 10:57:20"),
        ("2017-07-06", "day", "2017-07-06", "2017-07-06", "2017年7月6日", "6 July 2017"),
        ("2016-02", "month", "2016-02-01", "2016-02-29", "2016年2月", "February 2016"),
        ("2019-Q3", "quarter", "2019-07-01", "2019-09-30", "2019年第三季度", "Q3 2019"),
        ("2017", "year", "2017-01-01", "2017-12-31", "2017年", "2017"),
        ("2017", "year_end", "2017-12-01", "2017-12-31", "2017年底", "end of 2017"),
        ("2020", "before_year", None, "2019-12-31", "2020年前", "before 2020"),
        ("2019-06-30", "by_month_end", None, "2019-06-30", "2019年6月底前", "by the end of June 2019"),
        ("--02-29", "by_month_end", None, None, "2月底前", "by the end of February"),
        (None, "open", None, None, "长期", "open-ended"),
        (None, "unknown", None, None, "日期不详", "date unknown"),
    ],
)  # fmt: skip
def test_meaning_and_words(
    value: str | None, precision: str, first: str | None, last: str | None, zh: str, en: str
) -> None:
    known = PartialDate.of(value, precision)
    bounds = [bound.isoformat() if bound else None for bound in (known.first_day(), known.last_day())]
    assert (*bounds, known.zh(), known.en()) == (first, last, zh, en)


@pytest.mark.parametrize(
    ("value", "precision", "words"),
    [
        ("2019-09-31", "day", "no day 31"),
        ("2019-00", "month", "no month 0"),
        ("2019-Q5", "quarter", "no quarter 5"),
        ("2019-10-10T24:00:00", "second", "no time 24:00:00"),
        ("2019-06-29", "by_month_end", "not the last day"),
        ("--02-28", "by_month_end", "not the last day"),
    ],
)
def test_what_the_calendar_does_not_have_is_not_built(value: str, precision: str, words: str) -> None:
    with pytest.raises(NoSuchDate, match=words):
        PartialDate.of(value, precision)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        (None, "day"),
        ("2019", "unknown"),
        ("2019", "open"),
        ("2019-10", "day"),
        ("2019-10-10", "month"),
        ("0999", "year"),
        ("2019-1-1", "day"),
        ("２０１９", "year"),
        ("2019\n", "year"),
        ("2019", "century"),
    ],
)
def test_a_value_in_another_shape_is_not_built(value: str | None, precision: str) -> None:
    with pytest.raises(ValueError, match="not written as|takes no value|not a valid Precision"):
        PartialDate.of(value, precision)


def test_before_is_said_only_where_it_is_certain() -> None:
    month, day = PartialDate.of("2017-07", "month"), PartialDate.of("2017-07-06", "day")
    limit, year = PartialDate.of("2020", "before_year"), PartialDate.of("2020", "year")
    assert day.certainly_before(PartialDate.of("2017-07-07", "day"))
    assert not day.certainly_before(day)
    assert not month.certainly_before(day) and not day.certainly_before(month)
    assert limit.certainly_before(year) and not year.certainly_before(limit)
    assert not UNKNOWN.certainly_before(day) and not day.certainly_before(OPEN)
