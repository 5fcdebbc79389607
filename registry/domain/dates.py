"""Dates as far as they are known: a value with its precision, never an invented day.

Documents give a second, a day, a month, 年底, a limit such as 2020年前, or nothing at all; each stays what it is.
"""

import math
import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from registry.domain import LIKELY_YEARS, Outcome, Reading, Reason, accepted, asked, half_width, normalised, rejected
from registry.domain.quantities import DIGIT_SIGNS, chinese_integer, digits


class Precision(StrEnum):
    """How much of a date is known, with the shape of its value."""

    SECOND = "second"  # 2019-10-10T10:57:20, the register's zone
    DAY = "day"  # 2019-10-10, a calendar date at its place, no time zone
    MONTH = "month"  # 2019-10
    QUARTER = "quarter"  # 2019-Q3
    YEAR = "year"  # 2019
    YEAR_END = "year_end"  # 2019, from 2019年底
    BEFORE_YEAR = "before_year"  # 2020, from 2020年前: a limit, not a date
    BY_MONTH_END = "by_month_end"  # 2019-06-30, from 2019年6月底前; --06-30 while the year is not known
    OPEN = "open"  # no value: 长期, no end was set
    UNKNOWN = "unknown"  # no value


class NoSuchDate(ValueError):
    """The calendar or the clock has no such thing; `reason` says which part is wrong."""

    def __init__(self, reason: Reason, words: str) -> None:
        super().__init__(words)
        self.reason = reason


_YEAR = "[1-9][0-9]{3}"
_SHAPES = {
    Precision.SECOND: re.compile(rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}"),
    Precision.DAY: re.compile(rf"{_YEAR}-[0-9]{{2}}-[0-9]{{2}}"),
    Precision.MONTH: re.compile(rf"{_YEAR}-[0-9]{{2}}"),
    Precision.QUARTER: re.compile(rf"{_YEAR}-Q[0-9]"),
    Precision.YEAR: re.compile(_YEAR),
    Precision.YEAR_END: re.compile(_YEAR),
    Precision.BEFORE_YEAR: re.compile(_YEAR),
    Precision.BY_MONTH_END: re.compile(rf"(?:{_YEAR}|-)-[0-9]{{2}}-[0-9]{{2}}"),
}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_LEAP_YEAR = 2000  # stands in for a year that is not known: what is impossible in it is always impossible


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as it is known. One that cannot be is not built.

    value: in the shape of its precision (see `Precision`); None exactly for open and unknown.
    Raises ValueError, or its kind NoSuchDate, with words that name the value.
    """

    value: str | None
    precision: Precision

    def __post_init__(self) -> None:
        shape = _SHAPES.get(self.precision)
        if shape is None:
            if self.value is not None:
                raise ValueError(f"precision {self.precision} takes no value, not {self.value!r}")
        elif self.value is None or not shape.fullmatch(self.value):
            raise ValueError(f"{self.value!r} is not written as precision {self.precision} asks")
        else:
            _bounds(self.value, self.precision)

    @classmethod
    def of(cls, value: str | None, precision: Precision | str) -> "PartialDate":
        """The partial date of a stored pair; raises ValueError for an unknown precision, a wrong shape, no such day."""
        return cls(value, Precision(precision))

    def first_day(self) -> date | None:
        """The earliest day it can mean; None where there is no such bound or it is not known."""
        return _bounds(self.value, self.precision)[0] if self.value else None

    def last_day(self) -> date | None:
        """The latest day it can mean; None where there is no such bound or it is not known."""
        return _bounds(self.value, self.precision)[1] if self.value else None

    def certainly_before(self, other: "PartialDate") -> bool:
        """Whether every day that this can mean lies before every day that `other` can mean."""
        last, first = self.last_day(), other.first_day()
        return last is not None and first is not None and last < first

    def zh(self) -> str:
        """The date in Chinese, in a form that `read` reads back."""
        if self.value is None:
            return "长期" if self.precision == Precision.OPEN else "日期不详"
        year = "" if self.value.startswith("--") else f"{self.value[:4]}年"
        match self.precision:
            case Precision.SECOND | Precision.DAY:
                clock = f" {self.value[11:]}" if self.precision == Precision.SECOND else ""
                return f"{year}{int(self.value[5:7])}月{int(self.value[8:10])}日{clock}"
            case Precision.MONTH:
                return f"{year}{int(self.value[5:])}月"
            case Precision.QUARTER:
                return f"{year}第{'一二三四'[int(self.value[-1]) - 1]}季度"
            case Precision.BY_MONTH_END:
                return f"{year}{int(self.value[-5:-3])}月底前"
            case Precision.YEAR_END:
                return f"{year}底"
            case Precision.BEFORE_YEAR:
                return f"{year}前"
        return year

    def en(self) -> str:
        """The date in English."""
        if self.value is None:
            return "open-ended" if self.precision == Precision.OPEN else "date unknown"
        year = self.value[:4]
        match self.precision:
            case Precision.SECOND | Precision.DAY:
                clock = f", {self.value[11:]}" if self.precision == Precision.SECOND else ""
                return f"{int(self.value[8:10])} {_month_name(self.value[5:7])} {year}{clock}"
            case Precision.MONTH:
                return f"{_month_name(self.value[5:])} {year}"
            case Precision.QUARTER:
                return f"{self.value[-2:]} {year}"
            case Precision.BY_MONTH_END:
                suffix = "" if self.value.startswith("--") else f" {year}"
                return f"by the end of {_month_name(self.value[-5:-3])}{suffix}"
            case Precision.YEAR_END:
                return f"end of {year}"
            case Precision.BEFORE_YEAR:
                return f"before {year}"
        return year


UNKNOWN = PartialDate(None, Precision.UNKNOWN)
OPEN = PartialDate(None, Precision.OPEN)


def _month_name(month: str) -> str:
    return _MONTHS[int(month) - 1]


def _calendar_day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise NoSuchDate(Reason.NO_SUCH_MONTH, f"there is no month {month}")
    if not 1 <= day <= monthrange(year, month)[1]:
        raise NoSuchDate(Reason.NO_SUCH_DAY, f"{year}-{month:02d} has no day {day}")
    return date(year, month, day)


def _month(year: int, month: int) -> tuple[date, date]:
    first = _calendar_day(year, month, 1)
    return first, first.replace(day=monthrange(year, month)[1])


def _clock(hour: int, minute: int, second: int) -> time:
    if hour > 23 or minute > 59 or second > 59:
        raise NoSuchDate(Reason.NO_SUCH_TIME, f"there is no time {hour:02d}:{minute:02d}:{second:02d}")
    return time(hour, minute, second)


def _bounds(value: str, precision: Precision) -> tuple[date | None, date | None]:
    """The first and last day that a well-shaped value can mean; raises NoSuchDate where there are none."""
    yearless = value.startswith("--")
    year = _LEAP_YEAR if yearless else int(value[:4])
    match precision:
        case Precision.SECOND | Precision.DAY:
            if precision == Precision.SECOND:
                _clock(int(value[11:13]), int(value[14:16]), int(value[17:]))
            day = _calendar_day(year, int(value[5:7]), int(value[8:10]))
            return day, day
        case Precision.MONTH:
            return _month(year, int(value[5:]))
        case Precision.QUARTER:
            quarter = int(value[-1])
            if not 1 <= quarter <= 4:
                raise NoSuchDate(Reason.NO_SUCH_QUARTER, f"there is no quarter {quarter}")
            return _month(year, 3 * quarter - 2)[0], _month(year, 3 * quarter)[1]
        case Precision.BY_MONTH_END:
            day = _calendar_day(year, int(value[-5:-3]), int(value[-2:]))
            if day != _month(year, day.month)[1]:
                raise NoSuchDate(Reason.NO_SUCH_DAY, f"{value} is not the last day of its month")
            return None, None if yearless else day
        case Precision.YEAR_END:  # 年底 is read as December
            return _month(year, 12)
        case Precision.BEFORE_YEAR:
            return None, date(year - 1, 12, 31)
    return date(year, 1, 1), date(year, 12, 31)


# ---- reading what people type

_Y, _M, _D = "(?P<y>[0-9]{4})", "(?P<m>[0-9]{1,2})", "(?P<d>[0-9]{1,2})"
_TIME = "(?P<h>[0-9]{1,2}):(?P<min>[0-9]{2}):(?P<s>[0-9]{2})"
_ISO = f"{_Y}-(?P<m>[0-9]{{2}})-(?P<d>[0-9]{{2}})"
_BEFORE = "[以之]?前"

_Found = re.Match[str]


def _whole_day(found: _Found) -> PartialDate:
    return PartialDate(_calendar_day(int(found["y"]), int(found["m"]), int(found["d"])).isoformat(), Precision.DAY)


def _moment(found: _Found) -> PartialDate:
    clock = _clock(int(found["h"]), int(found["min"]), int(found["s"]))
    return PartialDate(f"{_whole_day(found).value}T{clock.isoformat()}", Precision.SECOND)


def _by_month_end(found: _Found) -> PartialDate:
    month = int(found.groupdict().get("m", 12))
    return PartialDate(_month(int(found["y"]), month)[1].isoformat(), Precision.BY_MONTH_END)


def _by_last_day(found: _Found) -> PartialDate | None:
    day = _whole_day(found)
    return _by_month_end(found) if day.last_day() == _month(int(found["y"]), int(found["m"]))[1] else None


def _year_as(precision: Precision) -> Callable[[_Found], PartialDate]:
    return lambda found: PartialDate(found["y"], precision)


# A known way of writing → its date; a builder that answers None has found two meanings.
_FORMS: tuple[tuple[re.Pattern[str], Callable[[_Found], PartialDate | None]], ...] = tuple(
    (re.compile(form), build)
    for form, build in (
        (_ISO, _whole_day),
        (f"{_Y}年{_M}月{_D}日", _whole_day),
        ("(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})", _whole_day),
        (f"{_ISO}[T ]{_TIME}", _moment),
        (f"{_Y}年{_M}月{_D}日 ?{_TIME}", _moment),
        (f"{_Y}年{_M}月{_D}日 ?(?P<h>[0-9]{{1,2}})时(?P<min>[0-9]{{1,2}})分(?P<s>[0-9]{{1,2}})秒", _moment),
        (f"{_Y}-(?P<m>[0-9]{{2}})", lambda found: PartialDate(f"{found['y']}-{found['m']}", Precision.MONTH)),
        (f"{_Y}年{_M}月", lambda found: PartialDate(f"{found['y']}-{int(found['m']):02d}", Precision.MONTH)),
        (f"{_Y}年第?(?P<q>[0-9])季度", lambda found: PartialDate(f"{found['y']}-Q{found['q']}", Precision.QUARTER)),
        (f"{_Y}-?[Qq](?P<q>[0-9])", lambda found: PartialDate(f"{found['y']}-Q{found['q']}", Precision.QUARTER)),
        (f"{_Y}年?", _year_as(Precision.YEAR)),
        (f"{_Y}年年?[底末]", _year_as(Precision.YEAR_END)),
        (f"{_Y}年{_BEFORE}", _year_as(Precision.BEFORE_YEAR)),
        (f"{_Y}年{_M}月[底末]{_BEFORE}", _by_month_end),
        (f"{_Y}年年?[底末]{_BEFORE}", _by_month_end),
        (f"{_Y}年{_M}月{_D}日{_BEFORE}", _by_last_day),
        ("长期(?:有效)?|[无未不](?:固定|设)期限", lambda found: OPEN),
        ("(?:日期)?(?:不详|未知|待定)|无|-+|/", lambda found: UNKNOWN),
    )
)
# The same dates written loosely → the known way.
_LOOSE = tuple(
    (re.compile(form), known)
    for form, known in (
        (f"{_Y}([-./ ]){_M}\\2{_D}", r"\g<y>年\g<m>月\g<d>日"),
        (f"{_Y}年{_M}月{_D}号?", r"\g<y>年\g<m>月\g<d>日"),
        (f"{_Y}([-./ ]){_M}\\2{_D} {_TIME}", r"\g<y>年\g<m>月\g<d>日\g<h>:\g<min>:\g<s>"),
        (f"{_Y}[-/]{_M}", r"\g<y>年\g<m>月"),
        (f"{_Y}\\.(?P<m>[0-9]{{2}})", r"\g<y>年\g<m>月"),
        (f"{_Y}年{_M}月份", r"\g<y>年\g<m>月"),
    )
)
_QUESTIONS = tuple(
    (re.compile(form), reason)
    for form, reason in (
        ("[0-9]{5}(?:[.][0-9]+)?", Reason.SERIAL_NUMBER),  # a spreadsheet's day count: means nothing without its epoch
        ("[0-9]{4}[.][1-9]", Reason.AMBIGUOUS),  # 2019.1: a number cell drops the last zero of 2019.10
        ("[0-9]{6}", Reason.AMBIGUOUS),  # 201012: 2010-12 or 2020-10-12
        (f"{_Y}年{_M}月(?:[底末]|{_BEFORE})", Reason.AMBIGUOUS),  # 6月前: with June or without it
        ("[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4}", Reason.AMBIGUOUS),  # day or month first
        ("[0-9]{2}年.*|[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}", Reason.TWO_DIGIT_YEAR),
        (".*[0-9]日?[T ]?[0-9]{1,2}(?::[0-9]{2}|时(?:[0-9]{1,2}分)?)", Reason.SECONDS_MISSING),
        (".+(?:至|到|~).+|[0-9]{4}年?-[0-9]{4}年?", Reason.A_PERIOD),
        (f"[0-9]{{1,2}}月(?:[0-9]{{1,2}}[日号]?)?(?:份|[底末]|{_BEFORE})?", Reason.YEAR_MISSING),
        (f"[0-9]{{1,2}}[-./][0-9]{{1,2}}|第?[1-4]季度|年[底末](?:{_BEFORE})?", Reason.YEAR_MISSING),
    )
)
_YEARLESS_MONTH_END = re.compile(f"{_M}月[底末]{_BEFORE}")
_YEARLESS_DAY = re.compile(f"{_M}月(?:{_D}[日号]?)?.*")

_RELATIVE = re.compile("[今本去明]年|[今昨明][天日]$|目前$|近期$|日前$|即日$")
_YEARS_FROM_NOW = {"今": 0, "本": 0, "去": -1, "明": 1}
_DAYS_FROM_NOW = {"今": 0, "昨": -1, "明": 1}

_WRITTEN_YEAR = re.compile("^[" + DIGIT_SIGNS + "]{2,4}(?=年)")
_WRITTEN_NUMBER = re.compile("[一二三四五六七八九十]{1,3}(?=[月日号时分秒]|季度)")
_DASHES = str.maketrans("—–−‐‑〜", "-----~")


def read(raw: str, *, today: date | None = None) -> Reading[PartialDate]:
    """Read a date as people type it or documents print it.

    today: what 今年, 去年底 or 昨天 are counted from, in the register's zone; without it they are asked for.
    A blank text is an unknown date, and the person is told so.
    Outcomes: accept for a known way of writing; normalise where characters, separators or relative words changed;
    ask for what has two meanings or lacks its year (6月底前 then carries --06-30); reject for no such day or time.
    Source: the ways dates stand in the two source documents and in officers' workbooks.
    """
    text = re.sub(r"(?<=[^0-9日]) | (?=[^0-9])", "", half_width(raw)).translate(_DASHES)
    if not text:
        return normalised(UNKNOWN, Reason.BLANK)
    changed = Reason.TIDIED if text != raw else None
    if _RELATIVE.match(text):
        absolute = _counted_from(today, text) if today else text
        if absolute == text:
            return asked(Reason.RELATIVE_DATE)
        text, changed = absolute, Reason.RELATIVE_DATE
    try:
        reading = _decide(_arabic(text))
    except NoSuchDate as impossible:
        return rejected(impossible.reason)
    if changed and reading.value and reading.outcome != Outcome.ASK:
        return normalised(reading.value, changed)
    return reading


def read_serial(serial: float, *, date1904: bool) -> Reading[PartialDate]:
    """Read a spreadsheet's day count: a day, or a second where it has a fraction.

    date1904: the workbook's own setting (workbookPr); without it the same count is four years off.
    The 1900 system counts a 29 February 1900 that never was (ECMA-376 part 1, 18.17.4.1): 60 is refused.
    """
    if not math.isfinite(serial) or not 0 <= serial < 2_957_004:  # both systems end in 9999
        return asked(Reason.NOT_UNDERSTOOD)
    days, seconds = divmod(round(serial * 86_400), 86_400)
    if not date1904 and days in (0, 60):
        return rejected(Reason.NO_SUCH_DAY)
    epoch = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 31 if days < 60 else 30)  # noqa: DTZ001  # a workbook has no zone
    moment = epoch + timedelta(days=days, seconds=seconds)
    if moment.year not in LIKELY_YEARS:
        return asked(Reason.UNLIKELY_YEAR)
    if seconds:
        return accepted(PartialDate(moment.isoformat(), Precision.SECOND))
    return accepted(PartialDate(moment.date().isoformat(), Precision.DAY))


def _counted_from(today: date, text: str) -> str:
    if text[1:] in ("天", "日") and text[0] in _DAYS_FROM_NOW:
        return (today + timedelta(days=_DAYS_FROM_NOW[text[0]])).isoformat()
    if text[1] == "年":
        return f"{today.year + _YEARS_FROM_NOW[text[0]]}{text[1:]}"
    return text


def _arabic(text: str) -> str:
    """`text` with 二〇一七年七月 as 2017年7月; what is no number stays."""
    text = _WRITTEN_YEAR.sub(lambda found: digits(found[0]), text)
    return _WRITTEN_NUMBER.sub(lambda found: str(chinese_integer(found[0]) or found[0]), text)


def _decide(text: str) -> Reading[PartialDate]:
    for form, build in _FORMS:
        if found := form.fullmatch(text):
            year = found.groupdict().get("y")
            if year and int(year) not in LIKELY_YEARS:
                return asked(Reason.UNLIKELY_YEAR)
            value = build(found)
            return accepted(value) if value else asked(Reason.AMBIGUOUS)
    for form, known in _LOOSE:
        if found := form.fullmatch(text):
            reading = _decide(found.expand(known))
            return normalised(reading.value) if reading.value else reading
    return _question(text)


def _question(text: str) -> Reading[PartialDate]:
    if found := _YEARLESS_MONTH_END.fullmatch(text):
        last = _month(_LEAP_YEAR, int(found["m"]))[1]
        return asked(Reason.YEAR_MISSING, PartialDate(f"--{last:%m-%d}", Precision.BY_MONTH_END))
    if found := _YEARLESS_DAY.fullmatch(text):
        _calendar_day(_LEAP_YEAR, int(found["m"]), int(found["d"] or 1))
    for form, reason in _QUESTIONS:
        if form.fullmatch(text):
            return asked(reason)
    return asked(Reason.NOT_UNDERSTOOD)
