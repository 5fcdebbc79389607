"""The flow of a year: from one place of the way to the next, what came in at each, and what dropped out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.pictures.drawing import LINE, SMALL, TEXT, WIDE, Drawing
from registry.pictures.measure import wrapped

_BOX, _HIGH, _GAP = 140, 46, 38
_LEFT = (WIDE - _BOX) / 2
_SIDE = _LEFT - 12


@dataclass(frozen=True, slots=True)
class Place:
    """A place where things stand. begin, end: how many stand there at the two ends of the year."""

    key: str
    label: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Move:
    """How many went from a place to another in the year. source: None: they are new."""

    source: str | None
    target: str
    count: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The picture. way: the places in their order; aside: where things drop out to; new: the word for what has just come in."""

    title: str
    description: str
    way: tuple[Place, ...]
    aside: tuple[Place, ...]
    moves: tuple[Move, ...]
    new: str


def flow(chart: Flow) -> str:
    """The picture as one SVG element."""
    drawing, y = Drawing(WIDE), 2.0
    names = {place.key: place.label for place in (*chart.way, *chart.aside)}
    ahead = {(one.key, two.key) for one, two in zip(chart.way, chart.way[1:], strict=False)}
    most = max((move.count for move in chart.moves), default=0) or 1
    onward = {(move.source, move.target): move.count for move in chart.moves if (move.source, move.target) in ahead}
    others = [move for move in chart.moves if (move.source, move.target) not in ahead]
    for here, after in zip(chart.way, (*chart.way[1:], None), strict=True):
        came = [
            line
            for move in others
            if move.target == here.key
            for line in wrapped(f"{names[move.source] if move.source else chart.new} {move.count} →", SMALL, _SIDE)
        ]
        left = [
            line
            for move in others
            if move.source == here.key
            for line in wrapped(f"→ {names[move.target]} {move.count}", SMALL, _SIDE)
        ]
        high = _high(here, _BOX)
        tall = max(high, 10 + LINE * max(len(came), len(left)))
        _place(drawing, here, _LEFT, y + (tall - high) / 2, _BOX)
        drawing.lines(_LEFT - 8, y + 18 + (tall - 10 - LINE * len(came)) / 2, came, size=SMALL, anchor="end")
        drawing.lines(_LEFT + _BOX + 8, y + 18 + (tall - 10 - LINE * len(left)) / 2, left, size=SMALL)
        y += tall
        if after is not None:
            begin = y - (tall - high) / 2
            _arrow(drawing, begin, y + _GAP - begin, onward.get((here.key, after.key), 0), most)
            y += _GAP
    drawing.high = _aside(drawing, chart.aside, y + 16)
    return drawing.svg("flow", chart.title, chart.description)


def _high(place: Place, wide: float) -> float:
    return _HIGH + LINE * (len(wrapped(place.label, TEXT, wide - 8)) - 1)


def _place(drawing: Drawing, place: Place, x: float, y: float, wide: float, kind: str = "") -> None:
    lines = wrapped(place.label, TEXT, wide - 8)
    drawing.box(x, y, wide, _high(place, wide), f"place {place.key} {kind}".strip(), round_=4)
    drawing.lines(x + wide / 2, y + 19, lines, anchor="middle", kind="strong")
    drawing.text(x + wide / 2, y + 19 + len(lines) * LINE, f"{place.begin} → {place.end}", size=SMALL, anchor="middle")


def _arrow(drawing: Drawing, y: float, long: float, count: int, most: int) -> None:
    """Down to the next place, the broader the more went."""
    middle, half = WIDE / 2, 1 + 9 * count / most
    head = min(9.0, long / 3)
    kind = "stream" if count else "stream none"
    top, neck, end = y + 2, y + long - head - 1, y + long - 1
    drawing.line(
        [(middle - half, top), (middle - half, neck), (middle - half - 5, neck), (middle, end), (middle + half + 5, neck),
         (middle + half, neck), (middle + half, top)],
        kind,
    )  # fmt: skip
    drawing.text(middle + half + 12, y + long / 2 + 5, str(count), kind="strong" if count else "soft")


def _aside(drawing: Drawing, places: Sequence[Place], y: float) -> float:
    """Where things dropped out to, side by side under the way."""
    wide = (WIDE - 12 * (len(places) - 1)) / max(1, len(places))
    for column, place in enumerate(places):
        _place(drawing, place, column * (wide + 12) + 1, y, wide - 2, "aside")
    return y + max((_high(place, wide - 2) for place in places), default=0) + 4
