"""What falls due: a row for each month, a mark on the day for each kind, and how many of each kind at the end of the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from registry.pictures.drawing import SMALL, TEXT, WIDE, Drawing, Key, legend
from registry.pictures.measure import width

_COLUMN = 26
_MARK, _STACK = 9, 10
SHAPES = {"overdue": "octagon", "deadline": "triangle", "review": "ring", "meeting": "square", "expiry": "bar"}
"""Kind of a day → its shape; its class is `due-<kind>`."""


@dataclass(frozen=True, slots=True)
class Day:
    """What falls on a day. on: None: before the first month; exact: it is this day, not only some day of its month. kind: of SHAPES."""

    on: date | None
    kind: str
    count: int = 1
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Calendar:
    """The picture. months: (year, month) → its label, in order; kinds: kind → word; earlier: the word for what lies before the first
    month; today: drawn as a line. Days outside the months are not for this picture."""

    title: str
    description: str
    today: date
    earlier: str
    kinds: Mapping[str, str]
    months: Mapping[tuple[int, int], str]
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where days and numbers stand. kinds: a column of numbers for each."""

    left: float
    right: float
    column: float
    kinds: Sequence[str]

    def x(self, day: int) -> float:
        return self.left + (day - 0.5) * (self.right - self.left - 6) / 31

    def edge(self, kind: str) -> float:
        return self.right + (self.kinds.index(kind) + 1) * self.column


def calendar(chart: Calendar) -> str:
    """The picture as one SVG element."""
    drawing = Drawing(WIDE)
    rows: dict[tuple[int, int] | None, list[Day]] = {None: []} | {month: [] for month in chart.months}
    for day in chart.days:
        rows[(day.on.year, day.on.month) if day.on else None].append(day)
    kinds = [kind for kind in SHAPES if any(day.kind == kind for day in chart.days)]
    sums = Counter({(row, day.kind): 0 for row, days in rows.items() for day in days})
    for row, days in rows.items():
        for day in days:
            sums[row, day.kind] += day.count
    labels = [*chart.months.values(), *([chart.earlier] if rows[None] else [])]
    column = max(_COLUMN, width(str(max(sums.values(), default=0)), SMALL) + 8)
    right = WIDE - column * max(1, len(kinds))
    grid = _Grid(max(width(label, TEXT) for label in labels) + 10, right, column, kinds)
    y = legend(drawing, 0, (Key(SHAPES[kind], f"due-{kind}", chart.kinds[kind]) for kind in kinds))
    y = _head(drawing, grid, y)
    for row, days in rows.items():
        if row or days:
            tall = _days(drawing, chart, grid, row, days, y)
            base = y + tall / 2 + 4.5
            label, kind = (chart.months[row], "") if row else (chart.earlier, "urgent")
            drawing.text(0, base, label, kind=kind)
            for each in kinds:
                if sums[row, each]:
                    drawing.text(grid.edge(each) - 3, base, str(sums[row, each]), size=SMALL, anchor="end")
            y += tall
    drawing.line([(0, y), (WIDE, y)], "grid")
    drawing.high = y + 2
    return drawing.svg("calendar", chart.title, chart.description)


def _head(drawing: Drawing, grid: _Grid, y: float) -> float:
    """Days of the month, and the shape over each column of numbers."""
    for day in (1, 10, 20, 31):
        drawing.text(grid.x(day), y + 10, str(day), size=SMALL, anchor="middle", kind="soft")
    for kind in grid.kinds:
        drawing.mark(grid.edge(kind) - 8, y + 6, _MARK, SHAPES[kind], f"due-{kind}")
    return y + 16


def _days(
    drawing: Drawing, chart: Calendar, grid: _Grid, month: tuple[int, int] | None, days: Sequence[Day], y: float
) -> float:
    """The marks of one row, those of one day over each other; tells how high the row is."""
    by_day: dict[int, Counter[str]] = {}
    for day in days:
        if day.on and day.exact:
            by_day.setdefault(day.on.day, Counter())[day.kind] += day.count
    tall = max(21, 8 + max((len(there) for there in by_day.values()), default=1) * _STACK)
    drawing.line([(0, y), (WIDE, y)], "grid")
    if month == (chart.today.year, chart.today.month):
        x = grid.x(chart.today.day)
        drawing.line([(x, y), (x, y + tall)], "today")
    for on, there in sorted(by_day.items()):
        for level, kind in enumerate(kind for kind in grid.kinds if kind in there):
            at = y + tall / 2 + (level - (len(there) - 1) / 2) * _STACK
            says = f"{chart.kinds[kind]} {there[kind]}"
            drawing.mark(grid.x(on), at, _MARK, SHAPES[kind], f"due-{kind}", says=says)
    return tall
