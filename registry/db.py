"""The database engine, its two kinds of BEGIN, and sessions.

A session reads by default: on SQLite plain BEGIN under ``query_only``, on PostgreSQL REPEATABLE READ, READ ONLY, so that
everything one page says comes from one snapshot. Only ``ledger.atomic`` begins a write transaction (`begin_write`).
"""

from __future__ import annotations

import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

WRITE = "registry_write"
PATIENCE = 60_000
"""Milliseconds that a write waits for its turn: an import holds the write for seconds."""


def open_engine(url: str) -> sa.Engine:
    """Engine on a ``sqlite:///`` or ``postgresql://`` URL.

    SQLite: WAL, synchronous=FULL, foreign keys, recursive triggers, 60 s busy timeout, and `registry_here`, the
    function that the capture triggers call so that a stray shell cannot write (a guard against accident, not malice).
    PostgreSQL: sessions run in UTC.
    """
    if sa.make_url(url).get_backend_name() == "sqlite":
        engine = sa.create_engine(url)
        sa.event.listen(engine, "connect", _connect_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = sa.create_engine(url, connect_args={"options": "-c TimeZone=UTC"})
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _connect_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # or pysqlite begins on its own, and too late: BEGIN is ours, in _begin_sqlite
    connection.create_function("registry_here", 0, lambda: 1)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # without it INSERT OR REPLACE deletes rows past the triggers that forbid it
        f"busy_timeout={PATIENCE}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get(WRITE)
    raw: Any = connection.connection.driver_connection
    # A pooled connection keeps query_only, and BEGIN IMMEDIATE fails under ON. Set it only where it is other: setting it makes
    # SQLite compile every statement of the connection again, which for a page of the past takes longer than running them.
    if raw.execute("PRAGMA query_only").fetchone()[0] == bool(write):
        raw.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")
    if write:
        raw.execute(f"PRAGMA busy_timeout={write}")
    raw.execute("BEGIN IMMEDIATE" if write else "BEGIN")


def sessions(engine: sa.Engine) -> sessionmaker[Session]:
    """Factory of reading sessions on this engine."""
    return sessionmaker(engine, autoflush=False, expire_on_commit=False)


def begin_write(session: Session, *, patience: int = PATIENCE) -> sa.Connection:
    """End the session's read transaction, forget what it read, and begin a write transaction.

    patience: milliseconds to wait for others' locks, then OperationalError; PostgreSQL waits on without end where none is given.
    SQLite: BEGIN IMMEDIATE, so that two writers queue instead of failing. PostgreSQL: READ COMMITTED; keys and row
    locks decide races.
    """
    session.rollback()
    session.expire_all()
    options: dict[str, Any] = {WRITE: patience}
    if session.get_bind().dialect.name == "postgresql":
        options |= {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
    connection = session.connection(execution_options=options)
    if patience != PATIENCE and session.get_bind().dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(patience)}")
    return connection
