"""Where announced working days come from: the library `holidays`, which keeps the State Council's notices, or a file of days."""

from __future__ import annotations

import csv
from datetime import date
from importlib.metadata import version

import holidays

CALENDAR = "cn-workdays"
"""The calendar that the procedures shipped with the register count by."""
SOURCE = "Python 程序库 holidays {version}，中国（含调休）"
WORKED = "调休上班"
Days = tuple[tuple[date, bool, str], ...]
"""Days that are not as their weekday says: the day, whether it is worked, its name in Chinese."""


class DaysUnreadable(Exception):
    """A file of days that cannot be read. line: from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"{line}: {text}")
        self.line, self.text = line, text


def announced(year: int) -> Days | None:
    """The days of a year of China's calendar; None where the library does not know the year's notice.

    It invents the days of such a year from the moon and the statute, and has no working weekend among them: every notice so far
    has some.
    """
    known = holidays.country_holidays("CN", years=year, language="zh_CN")
    worked = sorted(day for day in known.weekend_workdays if day.year == year)  # it lists other years', too
    if not worked:
        return None
    free = [(day, False, name) for day, name in known.items() if day.year == year and day.weekday() < 5]
    return tuple(sorted([*free, *((day, True, WORKED) for day in worked)]))


def library() -> str:
    """What is written down as the source of its days."""
    return SOURCE.format(version=version("holidays"))


def read_days(text: str) -> Days:
    """The days of a CSV file with the columns day (2027-01-01), working (0 or 1), name. Raises DaysUnreadable."""
    days = []
    for line, row in enumerate(csv.DictReader(text.splitlines()), 2):
        try:
            days.append(
                (date.fromisoformat(row["day"].strip()), {"0": False, "1": True}[row["working"].strip()], row["name"])
            )
        except (KeyError, ValueError, AttributeError) as error:
            raise DaysUnreadable(line, ",".join(str(cell) for cell in row.values())) from error
    return tuple(days)
