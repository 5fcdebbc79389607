"""Printed pages as they look, against references: how dark each spot of a page is, told by a digit.

A page is drawn by poppler at 36 dpi and laid over with a grid of 6 × 6 pixels (4.2 mm); 0 is white, 9 a third black and more. The
references are text, so that a change of the look is read in a diff; after an intended one write them anew:
python -m tests.documents.test_rendering
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from registry.documents.prints import printed
from registry.documents.stamped import Stamped
from tests.documents.test_sheets import MIXED, many, stamped, tool

REFERENCES = Path(__file__).parent / "references"
CELL = 6
"""Pixels of a side of a spot; at 36 dpi."""
SPOT, WHOLE = 2, 0.05
"""How far a spot, and a page on average, may be from its reference: versions of poppler smooth a little differently."""
PRINTS: dict[str, Stamped] = {
    "standing": stamped(many(70)),
    "lying": stamped(many(30, 14)),
    "mixed-en": stamped(MIXED, language="en", title="Framework agreement"),
}
"""Name → what is printed: a table over two pages, a wide one, one of every kind of cell."""
PAGE = re.compile(rb"P5\s+(\d+)\s+(\d+)\s+255\s")


def spots(content: bytes) -> list[list[str]]:
    """The pages of a PDF, each as rows of digits."""
    command = [tool("pdftoppm", "poppler-utils"), "-r", "36", "-gray", "-"]
    drawn = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60).stdout
    pages = []
    while drawn:
        head = PAGE.match(drawn)
        assert head is not None
        width, height = int(head[1]), int(head[2])
        pages.append(_page(drawn[head.end() : head.end() + width * height], width, height))
        drawn = drawn[head.end() + width * height :]
    return pages


def _page(pixels: bytes, width: int, height: int) -> list[str]:
    def ink(row: int, column: int) -> int:
        of = [pixels[(row + line) * width + column : (row + line) * width + column + CELL] for line in range(CELL)]
        return min(9, round(27 - 27 * sum(map(sum, of)) / (255 * CELL * CELL)))

    across, down = range(0, width - CELL + 1, CELL), range(0, height - CELL + 1, CELL)
    return ["".join(str(ink(row, column)) for column in across) for row in down]


def read(name: str) -> list[list[str]]:
    """The reference: pages apart by empty lines."""
    return [page.splitlines() for page in (REFERENCES / f"{name}.txt").read_text("ascii").strip().split("\n\n")]


def far(page: list[str], reference: list[str]) -> str:
    """Where a page differs from its reference; empty where it does not."""
    if [len(row) for row in page] != [len(row) for row in reference]:
        return "another size"
    apart = [
        (abs(int(one) - int(other)), row, column)
        for row, (ours, theirs) in enumerate(zip(page, reference, strict=True))
        for column, (one, other) in enumerate(zip(ours, theirs, strict=True))
    ]
    worst, mean = max(apart), sum(each for each, *_ in apart) / len(apart)
    return f"{worst}, {mean:.3f} on average" if worst[0] > SPOT or mean > WHOLE else ""


@pytest.mark.parametrize("name", PRINTS)
def test_a_print_looks_as_its_reference(name: str) -> None:
    pages, references = spots(printed(PRINTS[name])), read(name)
    assert len(pages) == len(references) > 0
    assert {
        place: found for place, pair in enumerate(zip(pages, references, strict=True), 1) if (found := far(*pair))
    } == {}


def test_another_look_is_noticed() -> None:
    """A row less, and a shorter title."""
    for other in (stamped(many(69)), stamped(many(70), title="示例协议")):
        assert any(far(*pair) for pair in zip(spots(printed(other)), read("standing"), strict=True))


if __name__ == "__main__":
    REFERENCES.mkdir(exist_ok=True)
    for name, what in PRINTS.items():
        text = "\n\n".join("\n".join(page) for page in spots(printed(what)))
        (REFERENCES / f"{name}.txt").write_text(text + "\n", "ascii")
