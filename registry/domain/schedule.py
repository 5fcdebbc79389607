"""Targets against schedule: what share of a target an observation has reached, and what share was due by then.

Shares are whole numbers of 1/100 %, rounded half up: 8333 is 83.33 %. 序时进度 counts months: at the end of October ten of twelve
have elapsed, so 89.2 % is 5.9 points ahead (a published figure). What was decided here, because no source says it:
* a month counts once it is over: of a date, the months that have ended by the last day that it can mean (2026-10 and 2026-Q3
  count to the end of October and of September, 2026-10-30 to the end of September);
* a target of a year is due by the months of that year: nothing before it, all of it after; one of every year by those of the year
  that is observed; a horizon of 3-5 years from a year counts from its January and by the longer number, five;
* a milestone and a grade are reached or not: all of it is due once the year or the horizon is over, nothing before;
* a target without a year, or with a horizon from a year that is not stated, cannot be compared with a schedule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from registry.domain.dates import PartialDate, Precision

WHOLE = 10_000
"""A whole target, in 1/100 %."""
GREATEST = 1_000_000
"""The greatest share that is kept: a hundred times the target."""
JUMP = 5_000
"""A share that grew by more than this between two observations is flagged: half of the target. Our own number."""
COMPARATORS = ("=", "~=", ">=", "<=", "class<=", "range", "milestone")
PERIODS = ("unspecified", "annual_recurring", "by_year", "annual_by_year", "relative_horizon")
KNOWN = frozenset({Precision.DAY, Precision.MONTH, Precision.QUARTER, Precision.YEAR, Precision.YEAR_END})
"""Precisions of a day on which something was observed: the others name no day."""
_AT_ONCE = ("milestone", "class<=")
"""Targets that are reached or not."""
_UPWARD = ("=", "~=", ">=", "range", "milestone")
"""Targets that are reached from below: their value is expected to rise."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a target asks, as stored in models.Target. number, number_until: exact decimals as text."""

    comparator: str
    number: str | None = None
    number_until: str | None = None
    period: str = "unspecified"
    year: int | None = None
    horizon_from: int | None = None
    horizon_years: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was observed: a number or a range in the target's unit, or of a milestone whether it is reached."""

    as_of: PartialDate
    number: str | None = None
    number_until: str | None = None
    reached: bool | None = None


def scheduled(goal: Goal, as_of: PartialDate) -> int | None:
    """The share that is due by a date; None: there is nothing to compare with."""
    last = as_of.last_day()
    if last is None or as_of.precision not in KNOWN:
        return None
    over = last.month if as_of.precision is not Precision.DAY or _ends_month(as_of) else last.month - 1
    begins, years = goal.year, 1
    if goal.period == "annual_recurring":
        begins = last.year
    elif goal.period == "relative_horizon":
        begins, years = goal.horizon_from, _years(goal.horizon_years)
    if begins is None or not years:
        return None
    elapsed = min(max((last.year - begins) * 12 + over, 0), 12 * years)
    if goal.comparator in _AT_ONCE:
        return WHOLE if elapsed == 12 * years else 0
    return _rounded(Decimal(elapsed) * WHOLE / (12 * years))


def share(goal: Goal, found: Found) -> int | None:
    """The share of a target that an observation has reached; None: the two cannot be compared.

    Of a range that was observed, its worse end counts. More than the target is told of >= alone, up to a hundred times.
    """
    if goal.comparator == "milestone":
        return None if found.reached is None else WHOLE if found.reached else 0
    asked, low = _number(goal.number), _number(found.number)
    high = _number(found.number_until) if found.number_until is not None else low
    if asked is None or low is None or high is None or asked < 0 or low < 0:
        return None
    if goal.comparator in ("<=", "class<="):
        if high <= asked:
            return WHOLE
        return 0 if goal.comparator == "class<=" else _rounded(asked * WHOLE / high)
    if asked == 0:
        return None
    reached = min(_rounded(low * WHOLE / asked), GREATEST)
    return reached if goal.comparator == ">=" else min(reached, WHOLE)


def short(reached: int, due: int) -> int:
    """How much of what was due is missing, in 1/100 percent of it; 0 where nothing is."""
    return (2 * (due - reached) * WHOLE + due) // (2 * due) if reached < due else 0


def flags(goal: Goal, before: Found | None, now: Found) -> tuple[str, ...]:
    """What is odd about an observation after the one before it.

    fall: a value that is expected to rise fell; of yearly targets, within one year. jump: see JUMP.
    """
    if before is None:
        return ()
    last, this = before.as_of.last_day(), now.as_of.last_day()
    if goal.period == "annual_recurring" and last and this and last.year != this.year:
        return ()
    found = []
    was, number = _number(before.number), _number(now.number)
    fell = was is not None and number is not None and number < was
    if goal.comparator in _UPWARD and (fell or (before.reached is True and now.reached is False)):
        found.append("fall")
    share_was, share_is = share(goal, before), share(goal, now)
    gradual = goal.comparator not in _AT_ONCE
    if gradual and share_was is not None and share_is is not None and share_is - share_was > JUMP:
        found.append("jump")
    return tuple(found)


def order(as_of: PartialDate) -> str:
    """Text by which observations of one target follow one another: by the last day that each can mean, as `queries/lamps.py`
    has it in SQL. What ends with its month follows the days of that month."""
    value = as_of.value or ""
    if as_of.precision is Precision.QUARTER:
        return f"{value[:4]}-{3 * int(value[-1]):02}-99"
    return value if as_of.precision is Precision.DAY else f"{value}-99"


def _ends_month(as_of: PartialDate) -> bool:
    last = as_of.last_day()
    month = PartialDate.of((as_of.value or "")[:7], Precision.MONTH)
    return last == month.last_day()


def _years(text: str | None) -> int:
    """The longer number of a horizon such as 5 or 3-5; 0 where it is not stated."""
    return max((int(each) for each in re.findall("[0-9]+", text or "")), default=0)


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text is not None and re.fullmatch(r"-?[0-9]+(?:[.][0-9]+)?", text) else None


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
