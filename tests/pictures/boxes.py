"""Pictures read back: where each label stands, and what holds of every picture."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from registry.pictures.measure import width

SVG = "{http://www.w3.org/2000/svg}"
FIXED = re.compile(r'style=|#[0-9a-fA-F]{3,8}\b|rgb\(|fill="|stroke="')


@dataclass(frozen=True)
class Box:
    """The rectangle of one label, in user units."""

    words: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two lie on one another."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def read(svg: str) -> ET.Element:
    """The picture as elements."""
    return ET.fromstring(svg)  # noqa: S314  # our own text


def labels(svg: str) -> list[Box]:
    """The labels of a picture, measured as the writers measure them."""
    return [_box(each) for each in read(svg).iter(f"{SVG}text")]


def _box(text: ET.Element) -> Box:
    words, size = text.text or "", float(text.attrib["font-size"])
    wide, up, down = width(words, size), 0.8 * size, 0.2 * size
    if turned := re.fullmatch(r"translate\(([-\d.]+) ([-\d.]+)\)rotate\(-90\)", text.get("transform", "")):
        x, y = float(turned[1]), float(turned[2])
        return Box(words, x - up, y - wide, x + down, y)
    x, y = float(text.attrib["x"]), float(text.attrib["y"])
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
    return Box(words, left, y - up, left + wide, y + down)


def check(svg: str) -> list[str]:
    """Hold what holds of every picture; its labels' words, in the order drawn.

    It has a name and a description, classes alone for its looks, and no label leaves the sheet or lies on another.
    """
    root = read(svg)
    assert (root.tag, root.get("role")) == (f"{SVG}svg", "img")
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"] and root[0].text and root[1].text
    assert not FIXED.search(svg)
    _, _, wide, high = map(float, root.attrib["viewBox"].split())
    found = labels(svg)
    for each in found:
        assert each.left >= -0.6 and each.right <= wide + 0.6 and each.top >= -0.6 and each.bottom <= high + 0.6, each
    for one, other in itertools.combinations(found, 2):
        assert not one.meets(other), (one, other)
    return [each.words for each in found]
