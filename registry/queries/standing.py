"""Where items stand and how many, kept in the process and led on: what an act touched is read anew, and nothing else.

A count by stage and lamp looks at every item. So what is counted of each item is kept, and when the history has grown, only the
items of the records that its new entries are about are asked for again. What an entry may touch, the tables of the question itself
tell. Only the register as it is is kept: the past is read from its versions.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql.visitors import iterate

from registry.models import Change, Item
from registry.permissions import Actor
from registry.queries.kept import Kept, rights, size_of, writes
from registry.queries.lamps import RANK
from registry.queries.rows import Query, Row
from registry.queries.snapshot import Snapshot

MOST = 300_000
"""Keys of items that a process keeps of one database: some 80 MB."""
MOST_TOUCHED = 500
"""Records that are read again; of more, everything is."""
OF_ITEMS = frozenset({"item", "agreement", "document"})
"""Kinds of subjects whose entries touch their own items; an entry on another one may touch any."""
FAR = frozenset({"same_as"})
"""Tables whose rows speak of another record than their subject."""
Ids: TypeAlias = Sequence[int]
Ask: TypeAlias = Callable[[Ids | None], Query]
"""The query of these items, or of all: id, and what is told of each item; an item may stand in several rows."""
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
L = TypeVar("L", bound="Tally[Any]")


class Place(NamedTuple):
    """Where an item stands, and in which stage with which lamp. Sorts as lists do: what needs attention first, sample items last."""

    sample: bool
    urgency: int
    agreement: int
    document: int
    position: int
    id: int
    stage: str
    lamp: str


class Tally(Generic[K]):
    """What is told of each item of a question after `size` entries, and of how many items. tables: those that the question reads."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.tables: frozenset[str] = frozenset()
        self.keys: dict[int, tuple[K, ...]] = {}
        self.numbers: Counter[Hashable] = Counter()
        self.lock = Lock()

    def key(self, row: Row) -> K:
        """What a row tells of its item."""
        return tuple(row[1:])  # type: ignore[return-value]  # rows of values, whatever they are

    def group(self, key: K) -> Hashable:
        """What a key is counted under."""
        return key

    def fill(self, rows: Iterable[tuple[int, K]]) -> None:
        """All items anew."""
        self.keys = {}
        for item, key in rows:
            self.keys[item] = (*self.keys.get(item, ()), key)
        self.numbers = Counter(self.group(key) for keys in self.keys.values() for key in keys)

    def put(self, rows: Iterable[tuple[int, K]], touched: Iterable[int]) -> None:
        """These rows instead of those of the items touched."""
        for key in [key for item in touched for key in self.keys.pop(item, ())]:
            self.numbers[self.group(key)] -= 1
        for item, key in rows:
            self.keys[item] = (*self.keys.get(item, ()), key)
            self.numbers[self.group(key)] += 1

    def counts(self) -> dict[Any, int]:
        """How many items by group, none of them 0."""
        return {group: number for group, number in self.numbers.items() if number}


class Standing(Tally[Place]):
    """Items in the order of lists. Asks for id, stage, lamp, sample, agreement_id, document_id, position; counts by stage, lamp and
    sample mark."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.order: list[Place] = []

    def key(self, row: Row) -> Place:
        """Its place."""
        parents = (row.agreement_id or 0, row.document_id or 0)
        return Place(bool(row.sample), RANK[row.lamp], *parents, row.position, row.id, row.stage, row.lamp)

    def group(self, key: Place) -> Hashable:
        """Stage, lamp, sample mark."""
        return key.stage, key.lamp, key.sample

    def fill(self, rows: Iterable[tuple[int, Place]]) -> None:
        """All items anew, and in order."""
        super().fill(rows)
        self.order = sorted(place for (place,) in self.keys.values())

    def put(self, rows: Iterable[tuple[int, Place]], touched: Iterable[int]) -> None:
        """These places instead of those of the items touched, in order."""
        rows, touched = list(rows), list(touched)
        for gone in [place for item in touched for place in self.keys.get(item, ())]:
            del self.order[bisect_left(self.order, gone)]
        super().put(rows, touched)
        for _, place in rows:
            insort(self.order, place)

    def page(self, page: int, size: int) -> list[int]:
        """The ids of one page, in order."""
        first = (max(page, 1) - 1) * size
        return [place.id for place in self.order[first : first + size]]

    def lit(self, colours: int, size: int) -> list[int]:
        """The ids of the first items whose lamp is one of so many first colours, sample ones last."""
        first: list[Place] = []
        for sample in (False, True):
            start, end = bisect_left(self.order, (sample,)), bisect_left(self.order, (sample, colours))
            first += self.order[start : min(end, start + size)]
        return [place.id for place in first[:size]]


class Held(Kept):
    """The tallies read last, of at most `most` items together; 0: none is ever read."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__(most)

    def weight(self, model: Tally[Any]) -> int:
        """Its items."""
        return len(model.keys)


_OF: WeakKeyDictionary[sa.Engine, Held] = WeakKeyDictionary()
"""Each database's own; they go with its engine."""


def standing(snapshot: Snapshot, actor: Actor, question: Hashable, ask: Ask, tell: Callable[[Standing], T]) -> T | None:
    """What `tell` reads from the items that `ask` asks for, in their order; None as of `tallied`."""
    return _led(snapshot, actor, question, Standing, ask, tell)


def tallied(snapshot: Snapshot, actor: Actor, question: Hashable, ask: Ask) -> Mapping[Any, int] | None:
    """How many items `ask` tells of, by all that it tells of them beside their ids, for this actor. None of the past, while an act
    is under way, and where the snapshot is older than what is kept.

    question: all that decides the query beside the reader's rights and the day.
    """
    return _led(snapshot, actor, question, Tally, ask, Tally.counts)


def _led(
    snapshot: Snapshot, actor: Actor, question: Hashable, kind: type[L], ask: Ask, tell: Callable[[L], T]
) -> T | None:
    session = snapshot.session
    if not snapshot.present or writes(session):
        return None
    held = _OF.setdefault(session.get_bind().engine, Held())
    if not held.most:
        return None
    key, size = (kind, question, rights(actor), snapshot.today), size_of(session)
    found = held.get(key, lambda: _read(snapshot, kind(size), ask))
    with found.lock:
        if found.size < size:
            _lead_on(snapshot, found, ask)
            found.size = size
        return tell(found) if found.size == size else None


def _lead_on(snapshot: Snapshot, found: Tally[Any], ask: Ask) -> None:
    """Read again what the entries since touched."""
    touched = _touched(snapshot, found)
    if touched is None:
        _read(snapshot, found, ask)
    elif touched:
        found.put(_rows(snapshot, found, ask(touched)), touched)


def _read(snapshot: Snapshot, found: L, ask: Ask) -> L:
    query = ask(None)
    found.fill(_rows(snapshot, found, query))
    found.tables = frozenset(each.name for each in iterate(query) if isinstance(each, sa.Table))
    return found


def _rows(snapshot: Snapshot, found: Tally[Any], query: Query) -> list[tuple[int, Any]]:
    return [(row.id, found.key(row)) for row in snapshot.session.execute(query)]


def _touched(snapshot: Snapshot, found: Tally[Any]) -> Ids | None:
    """The items that the entries since may have moved; None: any. Two statements."""
    query = (
        sa.select(Change.table_name, Change.subject_kind, Change.subject_id)
        .where(Change.entry >= found.size, Change.table_name.in_(sorted(found.tables)))
        .distinct()
        .limit(MOST_TOUCHED + 1)
    )
    changed = snapshot.session.execute(query).all()
    if not changed:
        return ()
    if len(changed) > MOST_TOUCHED or any(row.table_name in FAR or row.subject_kind not in OF_ITEMS for row in changed):
        return None
    item = snapshot.of(Item)
    ids = {kind: sorted({row.subject_id for row in changed if row.subject_kind == kind}) for kind in OF_ITEMS}
    # Who has a part in one item of a document sees the document, and with it the others.
    documents = sa.select(item.c.document_id).where(item.c.id.in_(ids["item"]))
    theirs = sa.or_(
        item.c.id.in_(ids["item"]),
        item.c.agreement_id.in_(ids["agreement"]),
        item.c.document_id.in_(ids["document"]),
        item.c.document_id.in_(documents),
    )
    return snapshot.session.scalars(sa.select(item.c.id).where(theirs)).all()
