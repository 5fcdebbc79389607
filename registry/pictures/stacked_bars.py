"""Items by stage and lamp: a bar for each row, cut by stage; under each stage a strip, cut by lamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing, Key, legend, number
from registry.pictures.measure import width, wrapped

_LABEL = 116
_COLUMN = 32
"""Width of a column of numbers, at least."""
_BAR, _STRIP = 15, {"red": 7, "yellow": 6, "blue": 5, "green": 4, "grey": 3}
"""Heights: what needs attention is also the thickest strip. What has no lamp has no strip."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One row. counts: (stage, lamp) → number of items."""

    label: str
    counts: Mapping[tuple[str, str], int]

    @property
    def total(self) -> int:
        """All its items."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Bars:
    """The picture. stages, lamps: code → word, in the order drawn; total: the word over the sums."""

    title: str
    description: str
    stages: Mapping[str, str]
    lamps: Mapping[str, str]
    total: str
    bars: tuple[Bar, ...]


def stacked_bars(chart: Bars) -> str:
    """The picture as one SVG element."""
    drawing = Drawing(WIDE)
    used = {key for bar in chart.bars for key, count in bar.counts.items() if count}
    lamps = [lamp for lamp in chart.lamps if lamp in _STRIP and any(lit == lamp for _, lit in used)]
    y = legend(drawing, 0, (Key("square", f"fill {code}", word) for code, word in chart.stages.items()))
    y = legend(drawing, y - 2, (Key(lamp, f"lamp-{lamp}", chart.lamps[lamp]) for lamp in lamps))
    urgent = [lamp for lamp in lamps if lamp in ("red", "yellow")]
    most = max((bar.total for bar in chart.bars), default=0) or 1
    column = max(_COLUMN, width(str(most), TEXT) + 8)
    right = WIDE - column * (1 + len(urgent))
    y += 12
    drawing.text(right + column - 2, y, chart.total, size=SMALL, anchor="end", kind="soft")
    for place, lamp in enumerate(urgent, 2):
        drawing.mark(right + place * column - 8, y - 4, 11, lamp, f"lamp-{lamp}")
    y += 8
    for bar in chart.bars:
        y = _row(drawing, chart, bar, y, (right - _LABEL - 8) / most, urgent, column)
    drawing.high = y + 2
    return drawing.svg("stacked-bars", chart.title, chart.description)


def _row(drawing: Drawing, chart: Bars, bar: Bar, y: float, unit: float, urgent: list[str], column: float) -> float:
    lines = wrapped(bar.label, TEXT, _LABEL - 4)
    drawing.lines(0, y + 13, lines)
    x = float(_LABEL)
    for stage, word in chart.stages.items():
        counts = {lamp: bar.counts.get((stage, lamp), 0) for lamp in chart.lamps}
        if total := sum(counts.values()):
            drawing.box(x, y + 1, total * unit, _BAR, f"fill {stage}", says=f"{bar.label} {word} {total}")
            if width(str(total), SMALL) + 6 <= total * unit:
                drawing.text(x + total * unit / 2, y + 12, str(total), size=SMALL, anchor="middle", kind="in")
        for lamp, count in counts.items():
            if count and lamp in _STRIP:
                says = f"{bar.label} {word} {chart.lamps[lamp]} {count}"
                drawing.box(x, y + 2 + _BAR, count * unit, _STRIP[lamp], f"strip lamp-{lamp}", says=says)
            x += count * unit
    right = drawing.wide - column * (1 + len(urgent))
    drawing.text(right + column - 2, y + 13, number(bar.total), anchor="end", kind="strong")
    for place, lamp in enumerate(urgent, 2):
        if count := sum(n for (_, lit), n in bar.counts.items() if lit == lamp):
            drawing.text(
                right + place * column - 2, y + 13, str(count), anchor="end", kind="urgent" if lamp == "red" else ""
            )
    return y + max(_BAR + 18, 6 + len(lines) * LINE)
