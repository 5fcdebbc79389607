"""Targets against their schedule: for each one a line that is due, what was observed, and the goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing, Key, legend
from registry.pictures.measure import ticks, width, wrapped

_HIGH = 116
_MARK = 9
SHAPES = {"scheduled": "bar", "observed": "circle", "goal": "diamond", "reached": "square", "open": "ring"}
"""Kind of a mark → its shape; its class is `point-<kind>`."""


@dataclass(frozen=True, slots=True)
class Point:
    """What was observed. first, last: the days that its date can mean; low, high: percent of the target, equal for one number."""

    first: date
    last: date
    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One target. line: what is due by which day, in percent, in order; none where nothing is scheduled. goal: the ends of the range to
    reach in percent; None for a milestone. by: the day of the goal, None where none is set. reached: of a milestone, days and
    whether it was.
    """

    title: str
    line: tuple[tuple[date, float], ...]
    points: tuple[Point, ...]
    goal: tuple[float, float] | None
    by: date | None
    reached: tuple[tuple[date, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Targets:
    """The picture. kinds: kind of SHAPES → word."""

    title: str
    description: str
    kinds: Mapping[str, str]
    panels: tuple[Panel, ...]


def targets(chart: Targets) -> str:
    """The picture as one SVG element."""
    drawing = Drawing(WIDE)
    used = {kind for panel in chart.panels for kind in _kinds(panel)}
    y = legend(drawing, 0, (Key(SHAPES[kind], f"point-{kind}", chart.kinds[kind]) for kind in SHAPES if kind in used))
    for panel in chart.panels:
        lines = wrapped(panel.title, TEXT, WIDE)
        drawing.lines(0, y + 14, lines, kind="strong")
        y = _panel(drawing, panel, y + 10 + len(lines) * LINE)
    drawing.high = y
    return drawing.svg("targets", chart.title, chart.description)


def _kinds(panel: Panel) -> set[str]:
    found = {"scheduled"} if panel.line else set()
    found |= {"observed"} if panel.points else set()
    found |= {"goal"} if panel.goal else set()
    return found | {"reached" if done else "open" for _, done in panel.reached}


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where days and numbers stand in a panel."""

    left: float
    top: float
    high: float
    first: date
    last: date
    low: float
    most: float

    def x(self, day: date) -> float:
        return self.left + (WIDE - 16 - self.left) * (day - self.first).days / max(1, (self.last - self.first).days)

    def y(self, value: float) -> float:
        return self.top + self.high * (1 - (value - self.low) / (self.most - self.low))


def _panel(drawing: Drawing, panel: Panel, top: float) -> float:
    days = [day for day, _ in (*panel.line, *panel.reached)] + [panel.by] * (panel.by is not None)
    days += [day for point in panel.points for day in (point.first, point.last)]
    if not days:
        return top
    numbers = [value for _, value in panel.line] + [each for point in panel.points for each in (point.low, point.high)]
    steps = (
        ticks(min(0.0, *numbers, *(panel.goal or ())), max(0.0, *numbers, *(panel.goal or ())), 4)
        if panel.goal or numbers
        else ()
    )
    high = _HIGH if steps else 18
    left = max(20, max((width(_said(step), SMALL) for step in steps), default=0) + 12)
    first, last = date(min(day.year for day in days if day), 1, 1), date(max(day.year for day in days if day), 12, 31)
    low, most = (steps[0], steps[-1]) if steps else (0.0, 1.0)
    frame = _Frame(left, top, high, first, last, low, most)
    for step in steps:
        drawing.line([(left, frame.y(step)), (WIDE, frame.y(step))], "grid")
        drawing.text(left - 8, frame.y(step) + 4, _said(step), size=SMALL, anchor="end", kind="soft")
    _what(drawing, panel, frame)
    drawing.line([(left, top + high), (WIDE, top + high)], "axis")
    for year in ticks(first.year, last.year, 6):
        if year == int(year) and first.year <= year <= last.year:
            x = frame.x(date(int(year), 1, 1))
            drawing.line([(x, top + high), (x, top + high + 4)], "axis")
            drawing.text(x, top + high + 18, str(int(year)), size=SMALL, anchor="middle", kind="soft")
    return top + high + 27


def _what(drawing: Drawing, panel: Panel, frame: _Frame) -> None:
    if panel.line:
        drawing.line([(frame.x(day), frame.y(value)) for day, value in panel.line], "scheduled")
    if panel.goal:
        low, most = panel.goal
        x = frame.x(panel.by or frame.last)
        if low != most:
            drawing.box(x - 4, frame.y(most), 8, frame.y(low) - frame.y(most), "point-goal band")
        drawing.mark(x, frame.y(most), _MARK + 2, SHAPES["goal"], "point-goal")
    for point in panel.points:
        begin, end, y = frame.x(point.first), frame.x(point.last), frame.y((point.low + point.high) / 2)
        if end - begin > 1:
            drawing.line([(begin, y), (end, y)], "span point-observed")
        if point.low != point.high:
            drawing.line(
                [((begin + end) / 2, frame.y(point.low)), ((begin + end) / 2, frame.y(point.high))],
                "span point-observed",
            )
        drawing.mark((begin + end) / 2, y, _MARK, SHAPES["observed"], "point-observed", says=point.label)
    for day, done in panel.reached:
        kind = "reached" if done else "open"
        drawing.mark(frame.x(day), frame.top + frame.high / 2, _MARK + 1, SHAPES[kind], f"point-{kind}")


def _said(value: float) -> str:
    return f"{value:g}%"
