"""Who may see a record: everybody, the members of its grouping, or its parties."""

from enum import Enum
from functools import total_ordering


@total_ordering
class Level(Enum):
    """A level of visibility; the greater is the narrower.

    Not a string enumeration: text would compare members < parties < public, and that silently.
    """

    PUBLIC = "public"
    MEMBERS = "members"
    PARTIES = "parties"

    def __lt__(self, other: "Level") -> bool:
        order = list(Level)
        return order.index(self) < order.index(other)


def effective(parent: Level, own: Level | None = None) -> Level:
    """The level of what stands under `parent` with a level of its own or none: never wider than the parent's."""
    return parent if own is None else max(parent, own)
