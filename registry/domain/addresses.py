"""Addresses of record and list pages, as share links and frozen pages keep them: path and query, without host and language."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

ROOMS = {
    "agreements": "agreement", "items": "item", "matters": "matter", "parties": "party", "groupings": "grouping",
    "meetings": "meeting", "documents": "document", "claims": "claim", "lists": "list", "fields": "field",
}  # fmt: skip
"""First part of an address → the kind of its records, as the history calls it."""
ROOM_OF = {kind: room for room, kind in ROOMS.items()}
"""Kind of record → first part of its address."""
ROOM_OF_TABLE = {
    "agreement": "agreements", "item": "items", "matter": "matters", "body": "parties", "grouping": "groupings",
    "meeting": "meetings", "document": "documents", "annual_list": "lists",
}  # fmt: skip
"""Table of the records that have a page each → first part of its address."""
RECORDS = {room: ROOMS[room] for room in ROOM_OF_TABLE.values()}
"""First part of the address of the records that have a page each → their kind."""
CLOCKS = ("known", "on")
LONGEST = 500
"""Characters of an address."""

_PATH = re.compile(rf"/({'|'.join(ROOMS)})(/[^/\s]+){{0,2}}")


@dataclass(frozen=True, slots=True)
class Address:
    """One page. path: decoded, e.g. /items/x-2017-01-001; query: its pairs, sorted."""

    path: str
    query: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, typed: str) -> Self:
        """The page that an address means, with or without host and language. Raises ValueError for what is no such page."""
        if len(typed) > LONGEST:
            raise ValueError("too long")
        parts = urlsplit(typed.strip())
        path = without_language(unquote(parts.path).rstrip("/"))
        if not _PATH.fullmatch(path):
            raise ValueError(f"{typed!r} is no record or list page")
        query = (pair for pair in parse_qsl(parts.query, keep_blank_values=False) if pair[0] != "lang")
        return cls(path, tuple(sorted(query)))

    def __str__(self) -> str:
        return quote(self.path) + (f"?{urlencode(self.query)}" if self.query else "")

    @property
    def room(self) -> str:
        """First part of the path."""
        return self.path.split("/")[1]

    @property
    def record(self) -> tuple[str, str] | None:
        """Kind and key of the record whose page it is or belongs to, of a field its name; None of a list."""
        parts = self.path.split("/", 2 if self.room == "fields" else -1)
        return (ROOMS[self.room], parts[2]) if len(parts) > 2 else None

    def opens(self, path: str, query: Collection[tuple[str, str]]) -> bool:
        """Whether a request asks for this page, or for a part of it: further filters narrow it, the two clocks would not."""
        own = {name for name, _ in self.query}
        same = sorted(pair for pair in query if pair[0] in own)
        moved = any(name in CLOCKS and name not in own for name, _ in query)
        return path.rstrip("/") == self.path and not moved and tuple(same) == self.query


def without_language(path: str) -> str:
    """The path of a page in Chinese: /en/items → /items, /en → nothing."""
    return path[3:] if path == "/en" or path.startswith("/en/") else path


def opening(chosen: Sequence[Address], path: str, query: Collection[tuple[str, str]]) -> Address | None:
    """The first of the chosen pages that a request asks for."""
    return next((each for each in chosen if each.opens(path, query)), None)
