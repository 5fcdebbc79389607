"""A picture under way: parts of SVG on a sheet that grows downwards, in user units, and what all pictures share.

Colours are classes of theme.css, so that dark and print follow; sizes are attributes, so that what was measured is what is drawn.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from registry.pictures.measure import width

Anchor: TypeAlias = Literal["start", "middle", "end"]

WIDE = 400
"""User units from left to right of a picture that must be read on a phone."""
TEXT, SMALL = 14, 12
"""Font sizes."""
LINE = 18
"""From one line of TEXT to the next."""

LAMPS = {
    "red": "M5 1h6l4 4v6l-4 4H5l-4-4V5z",
    "yellow": "M8 1.5 15.5 14.5H.5z",
    "blue": "M8 .5 15.5 8 8 15.5.5 8z",
    "green": "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z",
    "grey": "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11z",
    "none": "M2 7h12v2H2z",
}
"""A shape for each lamp on 16 × 16 units; none: of an item that has ended."""
SHAPES = {
    "square": "M2 2h12v12H2z",
    "circle": LAMPS["green"],
    "ring": LAMPS["green"],
    "diamond": LAMPS["blue"],
    "triangle": LAMPS["yellow"],
    "octagon": LAMPS["red"],
    "bar": "M6 1h4v14H6z",
}
"""Shapes of other marks, on 16 × 16 units; a ring is a circle without filling."""


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


@dataclass(slots=True)
class Drawing:
    """The parts so far. wide: user units from left to right; high: what the parts need, set by whoever draws."""

    wide: float
    high: float = 0.0
    parts: list[str] = field(default_factory=list)

    def text(
        self, x: float, y: float, words: str, *, size: int = TEXT, anchor: Anchor = "start", kind: str = "",
        turned: bool = False, says: str = "",
    ) -> None:  # fmt: skip
        """One line of words. y: its base line. turned: read from below upwards, (x, y) being where it begins. says: its tooltip."""
        place = (
            f'transform="translate({number(x)} {number(y)})rotate(-90)"'
            if turned
            else f'x="{number(x)}" y="{number(y)}"'
        )
        aligned = "" if anchor == "start" else f' text-anchor="{anchor}"'
        told = f"<title>{html.escape(says, quote=False)}</title>" if says else ""
        shown = f"{html.escape(words, quote=False)}{told}"
        self.parts.append(f'<text {place} font-size="{size}"{aligned}{_class(kind)}>{shown}</text>')

    def lines(
        self, x: float, y: float, lines: Sequence[str], *, size: int = TEXT, anchor: Anchor = "start", kind: str = ""
    ) -> None:
        """Several lines, LINE apart. y: base line of the first."""
        for place, words in enumerate(lines):
            self.text(x, y + place * LINE, words, size=size, anchor=anchor, kind=kind)

    def box(self, x: float, y: float, w: float, h: float, kind: str, *, says: str = "", round_: float = 0) -> None:
        """A rectangle. says: its tooltip."""
        rx = f' rx="{number(round_)}"' if round_ else ""
        shape = f'rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"{rx}{_class(kind)}'
        self.parts.append(_told(shape, "rect", says))

    def line(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """A line through these points."""
        way = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.parts.append(f'<path d="M{way}"{_class(kind)}/>')

    def mark(self, x: float, y: float, size: float, shape: str, kind: str, *, says: str = "") -> None:
        """A shape of SHAPES or LAMPS around a point."""
        path = SHAPES.get(shape) or LAMPS[shape]
        scale = size / 16
        place = f"translate({number(x - size / 2)} {number(y - size / 2)})" + (
            f"scale({scale:.3g})" if size != 16 else ""
        )
        hollow = " hollow" if shape in ("ring", "grey") else ""
        self.parts.append(_told(f'path d="{path}" transform="{place}"{_class(f"mark {kind}{hollow}")}', "path", says))

    def svg(self, name: str, title: str, description: str) -> str:
        """The finished picture as one element. name: a class of its own; title, description: its text alternative."""
        size = f'viewBox="0 0 {number(self.wide)} {number(self.high)}" width="{number(self.wide)}" height="{number(self.high)}"'
        said = f"<title>{html.escape(title, quote=False)}</title><desc>{html.escape(description, quote=False)}</desc>"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="chart {name}" role="img" {size}>'
        return f"{head}{said}{''.join(self.parts)}</svg>"


@dataclass(frozen=True, slots=True)
class Key:
    """What a shape or a colour means. shape: of SHAPES or LAMPS; kind: its class."""

    shape: str
    kind: str
    word: str


def legend(drawing: Drawing, y: float, keys: Iterable[Key], *, left: float = 0) -> float:
    """The keys in rows that fit the width; tells where the next part may begin."""
    x, size = left, 11
    base = y + size
    for key in keys:
        needs = size + 5 + width(key.word, SMALL)
        if x > left and x + needs > drawing.wide:
            x, base = left, base + LINE
        drawing.mark(x + size / 2, base - size / 2 + 1, size, key.shape, key.kind)
        drawing.text(x + size + 5, base, key.word, size=SMALL, kind="soft")
        x += needs + 14
    return base + 9


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _told(shape: str, tag: str, says: str) -> str:
    return f"<{shape}><title>{html.escape(says, quote=False)}</title></{tag}>" if says else f"<{shape}/>"
