"""Working days, and the arithmetic of time limits in them. Days are calendar dates of the register's one zone."""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from types import MappingProxyType

from workflows.definition import Duration

_DAY = timedelta(days=1)
_LAST = date.max.toordinal()
_DAYS = {"D": 1, "W": 7}
_MONTHS = {"M": 1, "Y": 12}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days: exceptions to Monday-Friday, and the years whose notice is known.

    exceptions: day → is it a working day; false for a holiday on a weekday, true for a weekend day that is worked (调休).
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()
    # Ordinals of the real exceptions, in order; by how much the first n of them change the count of weekdays, n from 0;
    # the number of working days up to and with each of them.
    _days: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _change: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _reached: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        real = sorted((day, worked) for day, worked in self.exceptions.items() if worked != (day.weekday() < 5))
        days = tuple(day.toordinal() for day, _ in real)
        change = tuple(accumulate((1 if worked else -1 for _, worked in real), initial=0))
        object.__setattr__(self, "exceptions", MappingProxyType(dict(self.exceptions)))
        object.__setattr__(self, "_days", days)
        object.__setattr__(self, "_change", change)
        object.__setattr__(self, "_reached", tuple(self._number(day) for day in days))

    def working(self, day: date) -> bool:
        """Whether it is a working day; in a year without a notice simply Monday to Friday."""
        return self.exceptions.get(day, day.weekday() < 5)

    def known(self, begin: date, end: date) -> bool:
        """Whether the notice of every year from begin to end is known, both included."""
        return all(year in self.years for year in range(begin.year, end.year + 1))

    def _number(self, ordinal: int) -> int:
        """How many working days there are from 0001-01-01, a Monday of ordinal 1, up to and with this ordinal."""
        return ordinal // 7 * 5 + min(ordinal % 7, 5) + self._change[bisect_right(self._days, ordinal)]

    def _numbered(self, number: int) -> int:
        """The ordinal of the working day of this number: a weekday after the exceptions passed, or the next exception."""
        passed = bisect_left(self._reached, number)
        weeks, days = divmod(number - self._change[passed] - 1, 5)
        ordinal = weeks * 7 + days + 1
        return min(ordinal, self._days[passed]) if passed < len(self._days) else ordinal


@dataclass(frozen=True, slots=True)
class Due:
    """A day that was counted out.

    on: the last day on which it is still in time.
    provisional: working days were counted in a year whose notice is not known.
    """

    on: date
    provisional: bool


def after(begin: date, span: Duration, calendar: Calendar) -> Due:
    """The last day of a span that begins on a day; that day does not count, so P0D and P0WD end on it.

    Months and years clip to the end of the month: Jan 31 + P1M is Feb 28 or 29.
    Raises ValueError for a negative span and past the year 9999.
    """
    if _plain(span):
        return Due(_moved(begin, span, 1), provisional=False)
    on = _date(calendar._numbered(calendar._number(begin.toordinal()) + span.count))
    return Due(on, provisional=not calendar.known(begin + _DAY, on))


def before(end: date, span: Duration, calendar: Calendar) -> Due:
    """The day from which a span leads to a day, counted back as `after` counts on: that day itself does not count.

    Raises ValueError for a negative span and before the year 1.
    """
    if _plain(span):
        return Due(_moved(end, span, -1), provisional=False)
    on = _date(calendar._numbered(calendar._number(end.toordinal() - 1) - span.count + 1))
    return Due(on, provisional=not calendar.known(on, end - _DAY))


def working_days(begin: date, end: date, calendar: Calendar) -> int:
    """How many working days come after begin, up to and with end. Raises ValueError when end is before begin."""
    if end < begin:
        raise ValueError(f"{end} is before {begin}")
    return calendar._number(end.toordinal()) - calendar._number(begin.toordinal())


def _plain(span: Duration) -> bool:
    if span.count < 0:
        raise ValueError(f"{span.written} is negative")
    return span.unit != "WD" or span.count == 0


def _moved(day: date, span: Duration, sign: int) -> date:
    if span.count == 0:
        return day
    if span.unit in _DAYS:
        return _date(day.toordinal() + sign * span.count * _DAYS[span.unit])
    year, month = divmod(day.year * 12 + day.month - 1 + sign * span.count * _MONTHS[span.unit], 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError("a day outside the years 1 to 9999")
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _date(ordinal: int) -> date:
    if not 1 <= ordinal <= _LAST:
        raise ValueError("a day outside the years 1 to 9999")
    return date.fromordinal(ordinal)
