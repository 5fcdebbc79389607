"""The life of an agreement on one axis of time: a lane for its texts, one for each party, for what follows; lines where it is in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing, Key, legend
from registry.pictures.measure import ticks, width, wrapped

_LABEL = 112
_COUNT = 34
_MARK = 10
SHAPES = {
    "text": "square", "signature": "circle", "act": "ring", "refusal": "octagon", "step": "bar", "meeting": "triangle", "force": "diamond",
}  # fmt: skip
"""Kind of a mark → its shape; its class is `event-<kind>`."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened. first, last: the days that its date can mean; both None where it is not known. kind: of SHAPES."""

    kind: str
    label: str
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Lane:
    """A row of the picture."""

    label: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture. kinds: kind → word; undated: the word over what has no known date; today: the last day of the axis at least."""

    title: str
    description: str
    kinds: Mapping[str, str]
    undated: str
    today: date
    lanes: tuple[Lane, ...]


def timeline(chart: Timeline) -> str:
    """The picture as one SVG element."""
    drawing = Drawing(WIDE)
    marks = [mark for lane in chart.lanes for mark in lane.marks]
    used = [kind for kind in SHAPES if any(mark.kind == kind for mark in marks)]
    y = legend(drawing, 0, (Key(SHAPES[kind], f"event-{kind}", chart.kinds[kind]) for kind in used))
    unknown = any(mark.first is None for mark in marks)
    right = WIDE - (max(_COUNT, width(chart.undated, SMALL) + 10) if unknown else 0) - 6
    years = _years(chart, marks)
    if unknown:
        drawing.text(WIDE - 2, y + 10, chart.undated, size=SMALL, anchor="end", kind="soft")
    top = y = y + 16
    for lane in chart.lanes:
        lines = wrapped(lane.label, TEXT, _LABEL - 8)
        tall = max(22, len(lines) * LINE + 5)
        drawing.line([(0, y), (WIDE, y)], "grid")
        drawing.lines(0, y + (tall - len(lines) * LINE) / 2 + 13, lines)
        for mark in lane.marks:
            if mark.first is not None:
                _mark(drawing, mark, y + tall / 2, years, right)
        if missing := sum(mark.first is None for mark in lane.marks):
            drawing.text(WIDE - 2, y + tall / 2 + 4, str(missing), size=SMALL, anchor="end")
        y += tall
    _force(drawing, marks, years, right, top, y)
    drawing.high = _axis(drawing, years, right, top, y)
    return drawing.svg("timeline", chart.title, chart.description)


def _years(chart: Timeline, marks: list[Mark]) -> tuple[float, float]:
    """First and last year of the axis, whole ones."""
    dated = [day for mark in marks for day in (mark.first, mark.last) if day is not None] or [chart.today]
    first, last = min(dated).year, max(*dated, chart.today).year + 1
    return float(first), float(last)


def _x(day: date, years: tuple[float, float], right: float) -> float:
    first, last = years
    at = day.year + (day.timetuple().tm_yday - 1) / 366
    return _LABEL + _MARK / 2 + (right - _LABEL - _MARK) * (at - first) / (last - first)


def _mark(drawing: Drawing, mark: Mark, y: float, years: tuple[float, float], right: float) -> None:
    assert mark.first is not None  # noqa: S101  # for the type checker; the caller chose dated marks
    begin, end = _x(mark.first, years, right), _x(mark.last or mark.first, years, right)
    if end - begin > 1:
        drawing.line([(begin, y), (end, y)], f"span event-{mark.kind}")
    drawing.mark((begin + end) / 2, y, _MARK, SHAPES[mark.kind], f"event-{mark.kind}", says=mark.label)


def _force(
    drawing: Drawing, marks: list[Mark], years: tuple[float, float], right: float, top: float, bottom: float
) -> None:
    for mark in marks:
        if mark.kind == "force" and mark.first is not None:
            x = _x(mark.first, years, right)
            drawing.line([(x, top), (x, bottom)], "in-force")


def _axis(drawing: Drawing, years: tuple[float, float], right: float, top: float, y: float) -> float:
    first, last = years
    drawing.line([(0, y), (WIDE, y)], "axis")
    for year in ticks(first, last - 1, 6):
        if year == int(year) and first <= year < last:
            x = _x(date(int(year), 1, 1), years, right)
            drawing.line([(x, top), (x, y + 4)], "grid")
            drawing.text(x, y + 16, str(int(year)), size=SMALL, anchor="middle", kind="soft")
    return y + 22
