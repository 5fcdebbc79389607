"""Who works with whom: parties by parties, one measure above the diagonal and another below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing, Key, legend
from registry.pictures.measure import width

_CELL = 26
"""Width and height of a cell, at least."""
SHADES = 5
"""Steps of shade; class s1 is the faintest."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The picture. names: the parties in order. above, below: (row, column) → number, row and column places of `names`; `above`
    where row < column, `below` where row > column. above_word, below_word: what they count."""

    title: str
    description: str
    names: tuple[str, ...]
    above: Mapping[tuple[int, int], int]
    below: Mapping[tuple[int, int], int]
    above_word: str
    below_word: str


def matrix(chart: Matrix) -> str:
    """The picture as one SVG element: as wide as its parties need."""
    side = max((width(name, TEXT) for name in chart.names), default=0) + 10
    counts = [*chart.above.values(), *chart.below.values()]
    cell = max(_CELL, width(str(max(counts, default=0)), SMALL) + 6)
    size = len(chart.names) * cell
    words = max(width(chart.above_word, SMALL), width(chart.below_word, SMALL)) + 30
    drawing = Drawing(max(WIDE, side + size + 1, words))
    top = legend(
        drawing, 0, (Key("triangle", "fill above", chart.above_word), Key("triangle", "fill below", chart.below_word))
    )
    top += max((width(name, TEXT) for name in chart.names), default=0) + 6
    most = {
        kind: max(cells.values(), default=0) or 1 for kind, cells in (("above", chart.above), ("below", chart.below))
    }
    for row, name in enumerate(chart.names):
        y = top + row * cell
        drawing.text(side - 8, y + cell / 2 + 5, name, anchor="end")
        drawing.text(side + row * cell + cell / 2 + 5, top - 6, name, turned=True)
        for column, other in enumerate(chart.names):
            x = side + column * cell
            kind, cells = ("above", chart.above) if row < column else ("below", chart.below)
            if row == column:
                drawing.box(x, y, cell, cell, "same")
            elif count := cells.get((row, column), 0):
                drawing.box(x, y, cell, cell, f"{kind} s{-(-count * SHADES // most[kind])}")
                middle, says = (x + cell / 2, y + cell / 2 + 4), f"{name} · {other}: {count}"
                drawing.text(*middle, str(count), size=SMALL, anchor="middle", kind="in", says=says)
    for place in range(len(chart.names) + 1):
        drawing.line([(side, top + place * cell), (side + size, top + place * cell)], "grid")
        drawing.line([(side + place * cell, top), (side + place * cell, top + size)], "grid")
    drawing.high = top + size + 2 if chart.names else top + LINE
    wide = " wide" if drawing.wide > WIDE else ""
    return drawing.svg(f"matrix{wide}", chart.title, chart.description)
