# ruff: noqa: RUF009 - `key` is dataclasses.field with the field's shape
"""Periods of a clause on entry into force: from the day on which a condition is met to the day that the period gives.

A period in months ends on the day of its last month with the same number, or on that month's last day where there is no
such day: European Convention on the Calculation of Time-Limits (ETS 76), article 4 (2). "90 days" and "3 months" differ.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from workflows.shape import Reader, choice, flag, key, record
from workflows.strict_yaml import Path

Kind = Literal[
    "days", "months", "first_of_month_after_days", "first_of_month_after_months",
    "first_day_of_nth_month_after_month",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "days", "months", "first_of_month_after_days", "first_of_month_after_months",
    "first_day_of_nth_month_after_month",
)  # fmt: skip
COUNT_AT_MOST = 9999
Day: TypeAlias = date
"""A calendar date, by a name that a field called `date` leaves free."""
NEVER = date.max
"""Stands for a day that does not come, and for every day past the end of the calendar."""


def _count(reader: Reader, path: Path, data: object) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= COUNT_AT_MOST:
        raise reader.report(
            path, "wrong-type", zh=f"0–{COUNT_AT_MOST} 的整数", en=f"an integer from 0 to {COUNT_AT_MOST}"
        )
    return data


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time. count: days or months, as the kind says; of `first_day_of_nth_month_after_month`, n from 1.

    first_day_counts: the day from which it runs is its first day ("beginning on the date of …"), so it ends a day earlier.
    """

    kind: Kind = key(choice(*KINDS))
    count: int = key(_count)
    first_day_counts: bool = key(flag, False)

    def after(self, day: date) -> date:
        """The day that the period, run from `day`, gives; NEVER past the year 9999."""
        try:
            return self._after(day)
        except (OverflowError, ValueError):
            return NEVER

    def _after(self, day: date) -> date:
        if self.kind == "first_day_of_nth_month_after_month":
            return months_after(day.replace(day=1), self.count)
        in_days = self.kind in ("days", "first_of_month_after_days")
        end = day + timedelta(days=self.count) if in_days else months_after(day, self.count)
        if self.first_day_counts:
            end -= timedelta(days=1)
        return months_after(end.replace(day=1), 1) if self.kind.startswith("first_of_month") else end

    def clamped(self, day: date) -> bool:
        """Whether its last month has no such day, so that the end of the month stands for it."""
        return self.kind == "months" and months_after(day, self.count).day != day.day


def months_after(day: date, count: int) -> date:
    """The same day of the month `count` months on, or that month's last day. Raises ValueError past the year 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    if year > NEVER.year:
        raise ValueError(year)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_PERIOD = record(Period)


def a_period(reader: Reader, path: Path, data: object) -> Period:
    """The shape of a period."""
    found = _PERIOD(reader, path, data)
    nth = found.kind == "first_day_of_nth_month_after_month"
    if (nth and (found.count < 1 or found.first_day_counts)) or (found.first_day_counts and found.count < 1):
        raise reader.report(
            (*path, "count"), "wrong-type",
            zh="至少为 1 的整数；“第 n 个月”不看起算日，不能用 first_day_counts",
            en="an integer of at least 1; the nth month knows no first day, so leave first_day_counts out",
        )  # fmt: skip
    return found
