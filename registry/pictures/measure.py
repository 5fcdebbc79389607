"""How wide words are before any font is known, where their lines break, and round steps for scales."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

_NARROW = frozenset("ijltfr.,:;'|!I ()[]/-")
_WIDE = frozenset("mwMW%@—…→＋")
_NO_START = frozenset("，。、；：！？）》」』】〕”’·,.;:!?)]%")
_NO_END = frozenset("（《「『【〔“‘([")
_PIECE = re.compile(r"[A-Za-z0-9À-ɏ'’.,;:&%/+()]+-?|\s+|.", re.DOTALL)


def width(words: str, size: float) -> float:
    """Width of one line in user units at this font size; rather more than a sans font needs than less."""
    return size * sum(_sign(sign) for sign in words)


def _sign(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WFA" or sign in _WIDE:
        return 1.0
    if sign in _NARROW:
        return 0.36
    return 0.74 if sign.isupper() else 0.58


def wrapped(words: str, size: float, room: float) -> list[str]:
    """The words in lines of at most `room` user units: Chinese breaks between characters, never before a closing sign or after an
    opening one; Latin at spaces, within a word only where it is wider than the room. Nothing is cut."""
    lines, line = [], ""
    for piece in _pieces(words, size, room):
        if line and not piece.isspace() and width((line + piece).rstrip(), size) > room:
            lines.append(line.rstrip())
            line = ""
        if line or not piece.isspace():
            line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(words: str, size: float, room: float) -> list[str]:
    """What may not be broken: a Latin word, a character with the closing signs after it and the opening ones before it."""
    found: list[str] = []
    for piece in _PIECE.findall(" ".join(words.split())):
        glued = found and (piece in _NO_START or found[-1][-1] in _NO_END)
        if glued and width(found[-1] + piece, size) <= room:
            found[-1] += piece
        elif width(piece, size) > room:
            found += _broken(piece, size, room)
        else:
            found.append(piece)
    return found


def _broken(word: str, size: float, room: float) -> list[str]:
    parts = [""]
    for sign in word:
        if parts[-1] and width(parts[-1] + sign, size) > room:
            parts.append("")
        parts[-1] += sign
    return parts


def ticks(low: float, high: float, most: int = 5) -> Sequence[float]:
    """Round steps (1, 2 or 5 times a power of ten) from at or below `low` to at or above `high`, `most` + 2 of them at the utmost."""
    span = (high - low) or abs(high)
    span = span if span > 1e-9 else 1.0  # less is nothing, and rounds to it below
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, max(last, first + 1) + 1)]
