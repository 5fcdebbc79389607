"""Pages are read while a write is open, and the other way round; a reading session cannot write; writers queue and lose nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import PATIENCE, WRITE, sessions
from registry.ledger import atomic
from registry.models import Body, LedgerEntry
from tests.cast import Cast
from tests.conftest import counted
from tests.ledger.test_book import size

AT_ONCE = 2.0
"""Seconds: far below the ten that a blocked connection would wait."""


def write(session: Session, cast: Cast, at: datetime, note: str, body_id: int = 1) -> None:
    with atomic(session) as book:
        session.get(Body, body_id).note = note
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", body_id), at=at)


def note(session: Session) -> str | None:
    return session.scalar(sa.select(Body.note).where(Body.id == 1))


def test_reads_go_on_while_a_write_is_open(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    began = time.monotonic()
    with atomic(session) as book:
        session.get(Body, 1).note = "being written"
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", 1), at=at)
        with sessions(engine)() as reader:
            assert note(reader) is None
    assert time.monotonic() - began < AT_ONCE
    assert note(session) == "being written"


def test_a_write_goes_on_while_an_export_is_read(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    began = time.monotonic()
    with sessions(engine)() as reader:
        export = reader.execute(sa.select(LedgerEntry.body), execution_options={"yield_per": 1})
        next(export)
        write(session, cast, at, "written meanwhile")
        assert len(export.all()) == size(session) - 2  # one was read before, one was not there
    assert time.monotonic() - began < AT_ONCE


def test_what_one_page_says_comes_from_one_snapshot(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    with sessions(engine)() as reader:
        before = reader.scalar(sa.select(sa.func.count()).select_from(LedgerEntry))
        write(session, cast, at, "later")
        assert reader.scalar(sa.select(sa.func.count()).select_from(LedgerEntry)) == before
        assert note(reader) is None
        reader.rollback()
        assert note(reader) == "later"


@pytest.mark.parametrize("wrote_before", [False, True])
def test_a_reading_session_cannot_write(session: Session, cast: Cast, at: datetime, wrote_before: bool) -> None:
    """Also not after a write: a pooled connection keeps `query_only` and its isolation level."""
    if wrote_before:
        write(session, cast, at, "allowed")
    session.rollback()
    with pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        session.execute(sa.text("UPDATE person SET session_key = 'x' WHERE id = 1"))
    session.rollback()
    write(session, cast, at, "and writes again")


def test_atomic_reads_again_what_was_read_before(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    body = session.get(Body, 1, populate_existing=True)
    assert body.note is None
    with sessions(engine)() as other:
        write(other, cast, at, "by another")
    assert body.note is None
    with atomic(session):
        assert body.note == "by another"


@counted
def test_writers_queue_and_lose_nothing(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime, examples: int
) -> None:
    before, each = size(session), examples // 2

    def officer(body_id: int) -> None:
        with sessions(engine)() as mine:
            for number in range(each):
                write(mine, cast, at, str(number), body_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(officer, (1, 2, 3, 4)))
    assert size(session) == before + 4 * each
    assert session.scalars(sa.select(LedgerEntry.index).order_by(LedgerEntry.index)).all() == list(
        range(before + 4 * each)
    )


@counted
def test_index_order_is_commit_order(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime, examples: int
) -> None:
    """Whoever reads entry n has read, or can read, every entry before it: no entry appears behind the end."""
    seen: list[int] = []

    def watch() -> None:
        with sessions(engine)() as reader:
            while not seen or seen[-1] < target:
                reader.rollback()
                indices = reader.scalars(sa.select(LedgerEntry.index).order_by(LedgerEntry.index)).all()
                assert indices == list(range(len(indices)))
                seen.append(len(indices))

    def officer(body_id: int) -> None:
        with sessions(engine)() as mine:
            for number in range(examples // 2):
                write(mine, cast, at, str(number), body_id)

    target = size(session) + examples // 2 * 3
    with ThreadPoolExecutor(4) as pool:
        watching = pool.submit(watch)
        list(pool.map(officer, (1, 2, 3)))
        watching.result(60)


def test_sqlite_is_set_to_keep_what_it_answers(engine: sa.Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own")
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers", "query_only")
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 2, 1, 1, 1]


def test_sqlite_keeps_its_compiled_statements_from_one_page_to_the_next(engine: sa.Engine) -> None:
    """To set `query_only` anew throws them away; after a write it must be set."""
    if engine.dialect.name != "sqlite":
        pytest.skip("SQLite's own")
    said: list[str] = []
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.connection.driver_connection.set_trace_callback(said.append)
    for options, expected in (({}, []), ({WRITE: PATIENCE}, ["PRAGMA query_only=OFF"]), ({}, ["PRAGMA query_only=ON"])):
        said.clear()
        with engine.connect() as connection:
            connection.execution_options(**options).exec_driver_sql("SELECT 1")
        assert [each for each in said if "query_only=" in each] == expected
