"""Numbers that were counted beside numbers that were claimed, and the gap between them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a set has, counted by the register among what the reader may see.

    key: names the set; zh, en: its title for people; count: rows.
    """

    key: str
    zh: str
    en: str
    count: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A document's claim about a set beside the register's own count of it.

    claimed: decimal string; approx: the document's word (近, 余 …), None where it claims to be exact.
    counted: rows; None where the register does not count that set.
    """

    claimed: str
    approx: str | None
    counted: int | None

    @property
    def difference(self) -> Decimal | None:
        """Counted less claimed; None, unknown, where nothing was counted. With `approx`, itself approximate."""
        return None if self.counted is None else self.counted - Decimal(self.claimed)


def gap(claimed: str, approx: str | None, of_set: str | None, tallies: Iterable[Tally]) -> Gap:
    """The claim beside the tally of the very set that it names.

    of_set: key of a tally; None where the document does not say which set it counts.
    Numbers are never compared to find the set: one source document has 34 items, and 34 colleges.
    Raises ValueError where two tallies carry the key.
    """
    counts = [tally.count for tally in tallies if tally.key == of_set]
    if len(counts) > 1:
        raise ValueError(f"{len(counts)} tallies are called {of_set!r}")
    return Gap(claimed, approx, counts[0] if counts else None)
