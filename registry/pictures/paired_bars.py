"""With whom somebody works: two bars for each other party, back to back, its name above them."""

from __future__ import annotations

from dataclasses import dataclass

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing
from registry.pictures.measure import width, wrapped

_BAR = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """Another party, and how much is common in each of the two measures."""

    label: str
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """The picture. left, right: what the two sides count."""

    title: str
    description: str
    left: str
    right: str
    pairs: tuple[Pair, ...]


def paired_bars(chart: Pairs) -> str:
    """The picture as one SVG element. Each side has a scale of its own; the numbers stand at the ends."""
    drawing, middle = Drawing(WIDE), WIDE / 2
    ends = max((width(str(each), SMALL) for pair in chart.pairs for each in (pair.left, pair.right)), default=0) + 14
    left = (middle - ends) / (max((pair.left for pair in chart.pairs), default=0) or 1)
    right = (middle - ends) / (max((pair.right for pair in chart.pairs), default=0) or 1)
    drawing.text(middle - 8, 13, chart.left, size=SMALL, anchor="end", kind="soft")
    drawing.text(middle + 8, 13, chart.right, size=SMALL, kind="soft")
    y = 24.0
    for pair in chart.pairs:
        lines = wrapped(pair.label, TEXT, WIDE)
        drawing.lines(middle, y + 12, lines, anchor="middle")
        y += len(lines) * LINE
        drawing.line([(middle, y - 2), (middle, y + _BAR + 2)], "axis")
        drawing.box(middle - 1 - pair.left * left, y, pair.left * left, _BAR, "fill intent")
        drawing.box(middle + 1, y, pair.right * right, _BAR, "fill in_progress")
        drawing.text(middle - 7 - pair.left * left, y + 9, str(pair.left), size=SMALL, anchor="end")
        drawing.text(middle + 7 + pair.right * right, y + 9, str(pair.right), size=SMALL)
        y += _BAR + 9
    drawing.high = y
    return drawing.svg("paired-bars", chart.title, chart.description)
