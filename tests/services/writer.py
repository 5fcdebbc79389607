"""A process that enters items and answers for each over a pipe, to be killed; `python -m tests.services.writer URL NUMBER COUNT [off]`
answers on standard output instead, to be traced."""

from __future__ import annotations

import os
import sqlite3
import sys
from multiprocessing.connection import Connection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.ledger import atomic
from registry.permissions import the_register
from registry.services.items import AddItem, add_item
from tests.cast import BEGIN


def enter(session: Session, agreement: str, token: str) -> None:
    """One act: an item whose title is the token."""
    add_item(session, the_register("command"), AddItem(agreement, token, leads=("150300",)), at=BEGIN)


def write(url: str, agreement: str, name: str, answers: Connection, early: bool) -> None:
    """Enter items until killed, each under a token of its own, answered when the service has returned.

    early: the control, which answers before its transaction is committed.
    """
    with sessions(open_engine(url))() as session:
        for n in range(1_000_000):
            token = f"{name}-{n}"
            if early:
                with atomic(session):
                    enter(session, agreement, token)
                    answers.send(token)
            else:
                enter(session, agreement, token)
                answers.send(token)


def careless(connection: sqlite3.Connection, record: Any) -> None:
    """The control of the trace: SQLite told not to wait for the disk."""
    connection.execute("PRAGMA synchronous=OFF")


def main(url: str, agreement: str, count: str, *options: str) -> None:
    """Enter `count` items and answer each on standard output."""
    engine = open_engine(url)
    if "off" in options:
        sa.event.listen(engine, "connect", careless)
    with sessions(engine)() as session:
        for n in range(int(count)):
            enter(session, agreement, f"traced-{n}")
            os.write(1, b"answered %d\n" % n)


if __name__ == "__main__":
    main(*sys.argv[1:])
