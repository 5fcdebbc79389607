"""Words of a full-text index that needs no dictionary: Chinese as overlapping pairs of characters, other scripts as words.

Both databases index the same tokens and so find the same: a run of Chinese anywhere in a text, however short; other words and
numbers from their beginning. Tokens are the hex of their UTF-8, so that no parser of a database cuts them its own way.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

LONGEST, MOST_TOKENS, MOST_TIMES = 64, 4_000, 200
"""Characters of one word, tokens of one text, and times of one token that are indexed; PostgreSQL keeps 2,046 bytes of a token,
16,383 positions, and 255 of one token."""
_HAN = r"\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(f"([{_HAN}]+)|((?:(?![{_HAN}])[^\\W_])+)")


def normal(text: str) -> str:
    """The text as it is compared: compatibility forms and widths made one, letters without case."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """The tokens of a text in its order, as far as they are indexed.

    A run of Chinese gives its pairs and then its last character alone, so that every character begins a token.
    """
    found: list[str] = []
    times: Counter[str] = Counter()
    for token in _tokens(normal(text)):
        times[token] += 1
        if len(found) == MOST_TOKENS or times[token] > MOST_TIMES:
            break
        found.append(token)
    return found


class Phrase(NamedTuple):
    """Tokens that follow one another. open: the last is only the beginning of one; a pair of characters is whole by itself."""

    tokens: tuple[str, ...]
    open: bool


def phrases(query: str) -> list[Phrase]:
    """What a query asks for: its parts, separated by white space, each of which must be found. Empty where nothing can be asked."""
    return [found for part in query.split() if (found := _asked(normal(part)))]


def _tokens(text: str) -> Iterator[str]:
    for run in _RUN.finditer(text):
        if run[1]:
            yield from (_hex(run[1][place : place + 2]) for place in range(len(run[1]) - 1))
            yield _hex(run[1][-1])
        else:
            yield _hex(run[2][:LONGEST])


def _asked(part: str) -> Phrase | None:
    found, runs = tuple(_tokens(part)), list(_RUN.finditer(part))
    if not runs:
        return None
    # The last run may go on in the text: there its last character stands in a pair, not alone.
    pair = len(runs[-1][1] or "") > 1
    return Phrase(found[:-1] if pair else found, not pair)


def _hex(token: str) -> str:
    return token.encode().hex()
