"""One write: begin, act, gather what changed into entries, append them, commit. Nothing changes without a trace.

Promise: when `atomic` returns, the acts are durable, numbered without gaps, and index order is commit order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import begin_write
from registry.domain.dates import PartialDate
from registry.ledger import search
from registry.ledger.canonical import canonical, dumps, image_of, typed_row
from registry.ledger.chance import random_bytes
from registry.ledger.tree import leaf_hash
from registry.models import VERSIONS, Base, Change, LedgerEntry
from registry.permissions import Actor

ENTRY_LIMIT = 60 * 1024
"""Bytes of one entry at most; a larger act becomes several entries with one act id."""

DRAIN = sa.text("DELETE FROM row_change RETURNING id, table_name, row_id, old, new")
TAKE_NUMBERS = sa.text("UPDATE ledger_head SET size = size + :n RETURNING size - :n")


@dataclass(frozen=True, slots=True)
class RowMove:
    """What became of one row in one act: Python values before and after; None where there was no row."""

    table: str
    row_id: int
    old: dict[str, Any] | None
    new: dict[str, Any] | None

    def change(self) -> dict[str, Any]:
        """The move as entries hold it: whole images of rows that came or went, else only the fields that changed."""
        old, new = self.old and image_of(self.old), self.new and image_of(self.new)
        if old and new:
            fields = [name for name in new if new[name] != old[name]]
            old, new = {name: old[name] for name in fields}, {name: new[name] for name in fields}
        return {"t": self.table, "id": self.row_id, "s": self.subject(), "from": old, "to": new}

    def subject(self) -> list[str | int]:
        """Kind and id of the record whose history the row belongs to; in the entry, so that no later table can change it."""
        row = self.new or self.old or {}
        for kind, column in Base.metadata.tables[self.table].info["subject"]:
            if row[column] is not None:
                return [row["subject_kind"] if kind == "*" else kind, row[column]]
        raise ValueError(f"{self.table} {self.row_id}: a row without a subject")


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that waits for its number: its body, and the row moves for the projections."""

    body: str
    at: datetime
    act: str
    subject: tuple[str, int]
    moves: tuple[RowMove, ...]


class Book:
    """The entries of one transaction, in memory until its end."""

    def __init__(self, session: Session, connection: sa.Connection) -> None:
        self._session = session
        self._connection = connection
        self._pending: list[Pending] = []
        self.spoiled = False

    def record(
        self,
        *,
        act: str,
        actor: Actor,
        subject: tuple[str, int],
        at: datetime,
        on_behalf_of: str | None = None,
        reason: str | None = None,
        basis: str | None = None,
        effective: PartialDate | None = None,
        key: str | None = None,
    ) -> None:
        """Gather all row changes since the last record into the entry of one act.

        act: its name, e.g. "signature.log". subject: kind and id of the record it is about. at: moment of recording, UTC.
        on_behalf_of: code of the party. reason: digest of the sealed reason. basis: number of the basis document.
        effective: when it took effect, if another day. key: idempotency key of the request.
        """
        self._session.flush()
        said = {
            "v": 1,
            "act_id": random_bytes(self._session, 16).hex(),
            "act": act,
            "at": canonical(at),
            "actor": {"party": actor.body_code, "post": actor.post, "person": actor.name, "door": actor.door},
            "for": on_behalf_of,
            "subject": list(subject),
            "reason": reason,
            "basis": basis,
            "effective": effective and {"value": effective.value, "precision": str(effective.precision)},
            "request": actor.request_id,
            "key": key,
        }
        parts = split(said, drain(self._connection))
        for number, moves in enumerate(parts, 1):
            changes = [move.change() for move in moves]
            nonce = random_bytes(self._session, 16).hex()
            body = dumps(said | {"part": [number, len(parts)], "changes": changes, "nonce": nonce})
            self._pending.append(Pending(body, at, act, subject, moves))

    def append(self) -> None:
        """Number the pending entries and write them with their projections; call last, nothing else may be locked after it."""
        if self._pending:
            append(self._connection, self._pending)


def drain(connection: sa.Connection) -> list[RowMove]:
    """Empty the scratch table into row moves: first image before, last image after, in the order rows were first touched.

    DELETE, not TRUNCATE: PostgreSQL refuses TRUNCATE here, and the deferred key counts rows.
    """
    tables = Base.metadata.tables
    seen: dict[tuple[str, int], tuple[str | None, str | None]] = {}
    for _, table, row_id, old, new in sorted(connection.execute(DRAIN), key=lambda row: row[0]):
        first = seen.get((table, row_id))
        seen[table, row_id] = (first[0] if first else old, new)
    moves = (
        RowMove(table, row_id, typed_row(tables[table], old), typed_row(tables[table], new))
        for (table, row_id), (old, new) in seen.items()
    )
    return [move for move in moves if move.old != move.new]


def split(said: dict[str, Any], moves: list[RowMove]) -> list[tuple[RowMove, ...]]:
    """The moves in as few parts as keep each entry under the limit; one empty part where nothing moved.

    Raises ValueError if one row alone is too large: no entry may be cut within a row.
    """
    frame = len(dumps(said).encode()) + 200  # part numbers, nonce, punctuation
    parts: list[list[RowMove]] = [[]]
    room = ENTRY_LIMIT - frame
    for move in moves:
        size = len(dumps(move.change()).encode()) + 1
        if size > ENTRY_LIMIT - frame:
            raise ValueError(f"{move.table} {move.row_id}: one row of {size} bytes is larger than an entry may be")
        if size > room:
            parts.append([])
            room = ENTRY_LIMIT - frame
        parts[-1].append(move)
        room -= size
    return [tuple(part) for part in parts]


def append(connection: sa.Connection, pending: list[Pending]) -> None:
    """Write entries under the next indices, then their version and change rows. Holds `ledger_head` to the commit."""
    first = connection.execute(TAKE_NUMBERS, {"n": len(pending)}).scalar_one()
    entries, changes = [], []
    ended: dict[str, list[dict[str, int]]] = {}
    begun: dict[str, list[dict[str, Any]]] = {}
    for index, entry in enumerate(pending, first):
        leaf = leaf_hash(entry.body.encode()).hex()
        kind, subject_id = entry.subject
        entries.append(
            {"index": index, "leaf": leaf, "body": entry.body, "at": entry.at, "act": entry.act,
             "subject_kind": kind, "subject_id": subject_id}
        )  # fmt: skip
        for move in entry.moves:
            changes += change_rows(index, move.change())
            if move.old is not None:
                ended.setdefault(move.table, []).append({"row": move.row_id, "entry": index})
            if move.new is not None:
                begun.setdefault(move.table, []).append(move.new | {"entry_from": index, "entry_until": None})
    connection.execute(sa.insert(LedgerEntry), entries)
    # One row may move in several entries of this transaction: end and begin in index order, entry by entry.
    for table in ended | begun:
        write_versions(connection, VERSIONS[table], ended.get(table, []), begun.get(table, []))
    if changes:
        connection.execute(sa.insert(Change), changes)
    search.write(connection, [move for entry in pending for move in entry.moves])


def write_versions(
    connection: sa.Connection, table: sa.Table, ended: list[dict[str, int]], begun: list[dict[str, Any]]
) -> None:
    """End the old versions and begin the new ones. A version begun and ended in one transaction is written already ended."""
    until: dict[tuple[int, int], int] = {}
    opened: dict[int, int] = {}
    moves = sorted(
        [(end["entry"], 0, end["row"]) for end in ended] + [(row["entry_from"], 1, row["id"]) for row in begun]
    )
    stored = []
    for entry, begins, row_id in moves:
        if begins:
            opened[row_id] = entry
        elif row_id in opened:
            until[row_id, opened.pop(row_id)] = entry
        else:
            stored.append({"row": row_id, "entry": entry})
    if stored:
        connection.execute(end_version(table), stored)
    if begun:
        connection.execute(
            sa.insert(table), [row | {"entry_until": until.get((row["id"], row["entry_from"]))} for row in begun]
        )


def end_version(table: sa.Table) -> sa.Update:
    """The statement that ends the current version of a row."""
    return (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"), table.c.entry_until.is_(None))
        .values(entry_until=sa.bindparam("entry"))
    )


def change_rows(index: int, change: dict[str, Any]) -> list[dict[str, Any]]:
    """The searchable rows of one change: one for a row that came or went, else one for each field."""
    kind, subject_id = change["s"]
    place = {
        "entry": index,
        "subject_kind": kind,
        "subject_id": subject_id,
        "table_name": change["t"],
        "row_id": change["id"],
    }
    old, new = change["from"], change["to"]
    if old is None or new is None:
        return [place | {"field": "", "old": old and dumps(old), "new": new and dumps(new)}]
    return [place | {"field": name, "old": dumps(old[name]), "new": dumps(new[name])} for name in sorted(new)]


@contextmanager
def atomic(session: Session) -> Iterator[Book]:
    """The transaction of one use case. The outermost begins it, appends the entries and commits; an inner one joins.

    Ends any open read transaction first: what was read before must be read again. A row change that no `record` gathered
    breaks the commit. An act that failed inside spoils the whole, even if the caller caught it.
    """
    joined: Book | None = session.info.get("book")
    if joined:
        try:
            yield joined
        except BaseException:
            joined.spoiled = True
            raise
        return
    book = session.info["book"] = Book(session, begin_write(session))
    try:
        yield book
        if book.spoiled:
            raise RuntimeError("an act inside this transaction failed; it cannot be committed")
        session.flush()
        book.append()
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info["book"]
