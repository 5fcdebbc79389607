"""The picture of an item's targets: what was observed, in percent of each target, against what its schedule asks by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _

from registry.domain.dates import PartialDate, Precision
from registry.domain.schedule import WHOLE, Found, Goal, scheduled, share
from registry.domain.sheets import Cell, Column, Sheet
from registry.pictures.targets import Panel, Point, Targets, targets
from registry.queries.choices import record_of
from registry.queries.item_figures import ObservationRow, observations_of
from registry.queries.item_page import TargetRow, targets_of
from registry.views.drawn import Drawn, Reading

COMPARED = {"~=": "≈", ">=": "≥", "<=": "≤", "class<=": "≤"}


def progress(reading: Reading) -> Drawn:
    """An item's targets. About: item."""
    item_id, item = record_of(reading.snapshot, reading.actor, "item", reading.about.get("item", ""))
    rows = observations_of(reading.snapshot, reading.actor, item_id)
    lines = [(each, rows.get(each.position, ())[::-1]) for each in targets_of(reading.snapshot, item_id)]
    kinds = {
        "scheduled": _("序时进度应达"), "observed": _("实际达到"), "goal": _("目标值"), "reached": _("已达到"), "open": _("未达到"),
    }  # fmt: skip
    count = sum(len(observed) for _target, observed in lines)
    title = _("量化目标与序时进度")
    said = _("%(n)s 个目标，%(count)s 次观测，以目标的百分比表示。逐次见数据表。", n=len(lines), count=count)
    panels = tuple(panel for target, observed in lines if (panel := _panel(reading, target, observed)))
    table = tuple(
        (
            _metric(reading, target), reading.tongue.date(each.as_of), _value(each),
            reading.tongue.word("unit", target.unit or ""), _percent(each.share), _percent(each.scheduled),
        )
        for target, observed in lines
        for each in observed
    )  # fmt: skip
    columns = (
        Column(_("指标"), "title", 30), Column(_("截至"), "date", 14), Column(_("数值")), Column(_("单位")),
        Column(_("达到目标的")), Column(_("序时应达")),
    )  # fmt: skip
    svg = targets(Targets(title, said, kinds, panels)) if count and panels else None
    return Drawn(title, said, svg, Sheet("targets", f"{title} · {reading.tongue.named(item)}", columns, table))


def _metric(reading: Reading, target: TargetRow) -> str:
    name = reading.tongue.title(target.metric_zh, target.metric_en)
    if target.number is None:
        return name
    until = f"–{target.number_until}" if target.number_until else ""
    unit = reading.tongue.word("unit", target.unit or "")
    return f"{name} {COMPARED.get(target.comparator, '')}{target.number}{until} {unit}".rstrip()


def _value(each: ObservationRow) -> Cell:
    if each.reached is not None:
        return str(_("已达到") if each.reached else _("未达到"))
    return f"{each.number}–{each.number_until}" if each.number_until else each.number


def _percent(value: int | None) -> str | None:
    return None if value is None else f"{value / 100:g}%"


def _panel(reading: Reading, target: TargetRow, observed: Sequence[ObservationRow]) -> Panel | None:
    """A target as it is drawn; None where nothing that was observed can be. observed: the first first."""
    goal, milestone = target.goal, target.comparator == "milestone"
    dated = [each for each in observed if each.as_of.first_day() and each.as_of.last_day()]
    points = tuple(point for each in dated if not milestone and (point := _point(goal, each)))
    reached = tuple(
        (day, each.reached) for each in dated if each.reached is not None and (day := each.as_of.last_day())
    )
    if not points and not reached:
        return None
    due = _line(goal, [each.as_of for each in dated])
    return Panel(
        _metric(reading, target),
        () if milestone else due,
        points,
        None if milestone else (100.0, _upper(goal)),
        due[-1][0] if due else None,
        reached,
    )


def _point(goal: Goal, each: ObservationRow) -> Point | None:
    first, last = each.as_of.first_day(), each.as_of.last_day()
    ends = [share(goal, Found(each.as_of, number)) for number in (each.number, each.number_until or each.number)]
    known = sorted(end / 100 for end in ends if end is not None)
    return Point(first, last, known[0], known[-1], str(_value(each))) if known and first and last else None


def _upper(goal: Goal) -> float:
    """The upper end of a range, in percent of its lower one."""
    if goal.comparator != "range" or not goal.number or not goal.number_until:
        return 100.0
    low, high = float(goal.number), float(goal.number_until)
    return 100.0 * high / low if 0 < low <= high else 100.0


def _line(goal: Goal, seen: list[PartialDate]) -> tuple[tuple[date, float], ...]:
    """What is due at the end of each month of the years in question; months in which nothing changes are left out."""
    years = [day.year for each in seen if (day := each.last_day())]
    years += [year for year in (goal.year, goal.horizon_from) if year and goal.period != "annual_recurring"]
    found: list[tuple[date, float]] = []
    for year in range(min(years), max(years) + 1 + _beyond(goal)):
        for month in range(1, 13):
            at = PartialDate(f"{year}-{month:02}", Precision.MONTH)
            due, day = scheduled(goal, at), at.last_day()
            if due is None or day is None:
                return ()
            found.append((day, 100 * due / WHOLE))
    first = found[0][0].replace(month=1, day=1) if found else None
    begun = [(first, 0.0)] if first and found[0][1] < 100 else []
    return (*begun, *(point for place, point in enumerate(found) if _turns(found, place)))


def _beyond(goal: Goal) -> int:
    """Years of a horizon after the one that it counts from."""
    spans = [int(each) for each in (goal.horizon_years or "").split("-") if each.isdigit()]
    return max(spans) - 1 if goal.period == "relative_horizon" and goal.horizon_from and spans else 0


def _turns(found: list[tuple[date, float]], place: int) -> bool:
    """Whether the line bends here: at its ends, and where one step is not as the step before."""
    if place in (0, len(found) - 1):
        return True
    before, here, after = (found[each][1] for each in (place - 1, place, place + 1))
    return abs((after - here) - (here - before)) > 0.02
