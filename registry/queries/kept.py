"""Models kept in the process: read once for the same history, day, reader and question, and shared until something is recorded.

What makes a model is its key. The size of the history is asked in the snapshot's own read transaction, so that a model is never
newer or older than what it stands for. Nobody's opened seals are kept: a value can be erased, and then it is nowhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import WRITE
from registry.ledger import opens_seals
from registry.models import LedgerHead
from registry.permissions import Actor
from registry.queries.snapshot import Snapshot

MOST = 256
"""Models that a process keeps of one database."""
T = TypeVar("T")


class Kept:
    """The models made last, of at most `most` weight together."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.found: OrderedDict[Hashable, Any] = OrderedDict()
        self.lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The model of this key; made where it is not kept."""
        with self.lock:
            if key in self.found:
                self.found.move_to_end(key)
                return cast("T", self.found[key])
        made = make()
        with self.lock:
            self.found[key] = made
            while sum(map(self.weight, self.found.values())) > self.most:
                self.found.popitem(last=False)
        return made

    def weight(self, model: Any) -> int:
        """What a model counts for."""
        return 1


_SIZE = sa.select(LedgerHead.size)
_OF: WeakKeyDictionary[sa.Engine, Kept] = WeakKeyDictionary()
"""Each database's own models; they go with its engine."""


def kept(snapshot: Snapshot, actor: Actor, name: str, make: Callable[[], T], *args: Hashable, sealed: bool = True) -> T:
    """The model of this name that `make` reads from the snapshot for this actor; made once for the same args. Nobody may change it.

    args: all else that decides it. sealed: whether it may hold opened seals or speak of the reader's own; without, all readers of
    the same rights share it.
    """
    session = snapshot.session
    if (sealed and opens_seals(actor)) or writes(session):
        return make()
    reader = replace(actor, request_id=None) if sealed else rights(actor)
    key = (size_of(session), snapshot.known, snapshot.today, snapshot.on, reader, name, args)
    return _OF.setdefault(session.get_bind().engine, Kept()).get(key, make)


def rights(actor: Actor) -> Hashable:
    """All of a reader that decides which rows a query shows."""
    return actor.sees_all, actor.reader_bodies, actor.groupings, actor.guest


def writes(session: Session) -> bool:
    """Whether an act is under way: what it changed is in no entry yet."""
    return bool(session.connection().get_execution_options().get(WRITE))


def size_of(session: Session) -> int:
    """How many entries the session's present transaction knows; asked once in each."""
    asked_in, size = session.info.get("size", (None, 0))
    if asked_in is None or asked_in is not session.get_transaction():
        size = session.execute(_SIZE).scalar_one()
        session.info["size"] = session.get_transaction(), size
    return int(size)
