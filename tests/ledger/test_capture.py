"""Ten ways to write a row: each is captured, or refused; no row of the history is rewritten by any of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite
from sqlalchemy.orm import Session

from registry.db import WRITE, sessions
from registry.ledger import atomic, capture
from registry.ledger.verify import verify
from registry.models import VERSIONS, Agreement, Body, LedgerEntry, Membership, RowChange, SealedValue, audited_tables
from tests.cast import Cast
from tests.ledger.test_book import entries, size

body = Body.__table__
ROW = {"code": "152900", "name_zh": "阿拉善盟", "kind": "league", "signs": True, "sample": False}
COLUMNS = "code, name_zh, kind, signs, sample"
VALUES = "'152900', '阿拉善盟', 'league', true, false"


def flush(session: Session) -> None:
    session.add(Body(**ROW))
    session.get(Body, 1).note = "flush"
    session.delete(session.get(Membership, 1))


def bulk_save(session: Session) -> None:
    session.bulk_save_objects([Body(**ROW)])
    session.bulk_update_mappings(sa.inspect(Body), [{"id": 1, "note": "bulk"}])


def core(session: Session) -> None:
    session.execute(sa.insert(body).values(**ROW))
    session.execute(sa.update(body).where(body.c.id == 1).values(note="core"))
    session.execute(sa.delete(Membership.__table__).where(Membership.id == 1))


def raw_sql(session: Session) -> None:
    session.execute(sa.text(f"INSERT INTO body ({COLUMNS}) VALUES ({VALUES})"))
    session.execute(sa.text("UPDATE body SET note = 'raw' WHERE id = 1"))
    session.execute(sa.text("DELETE FROM membership WHERE id = 1"))


def executemany(session: Session) -> None:
    session.execute(sa.insert(body), [ROW | {"code": f"x{number}"} for number in range(30)])
    many = sa.update(body).where(body.c.id == sa.bindparam("key")).values(note=sa.bindparam("said"))
    session.connection().execute(many, [{"key": 1, "said": "一"}, {"key": 2, "said": "二"}])


def orm_where(session: Session) -> None:
    session.execute(sa.update(Body).where(Body.signs).values(note="all of them"))
    session.execute(sa.delete(Membership).where(Membership.role == "member"))


def upsert(session: Session) -> None:
    insert = getattr(sqlalchemy.dialects, session.get_bind().dialect.name).insert(body)
    statement = insert.values(ROW | {"code": "150300"}).on_conflict_do_update(
        index_elements=["code"], set_={"note": "upsert"}
    )
    session.execute(statement)


def insert_from_select(session: Session) -> None:
    rows = sa.select(sa.literal("y-").concat(body.c.code), body.c.name_zh, body.c.kind, body.c.signs, body.c.sample)
    session.execute(sa.insert(body).from_select(["code", "name_zh", "kind", "signs", "sample"], rows))


def savepoint(session: Session) -> None:
    with session.begin_nested():
        session.add(Body(**ROW))
    with pytest.raises(ZeroDivisionError), session.begin_nested():
        session.add(Body(**ROW | {"code": "gone"}))
        session.flush()
        raise ZeroDivisionError


def replace_or_copy(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text(f"INSERT OR REPLACE INTO body (id, {COLUMNS}) VALUES (4, {VALUES})"))
        return
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"COPY body ({COLUMNS}) FROM STDIN") as copy:
        copy.write_row(("152900", "阿拉善盟", "league", True, False))


SHAPES: list[Callable[[Session], None]] = [
    flush, bulk_save, core, raw_sql, executemany, orm_where, upsert, insert_from_select, savepoint, replace_or_copy,
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_captured(session: Session, cast: Cast, at: datetime, shape: Callable[[Session], None]) -> None:
    """The fixture proves afterwards that rows and history tell one story, so a write that was missed fails there, too."""
    before, rows = size(session), images(session)
    session.rollback()
    with atomic(session) as book:
        shape(session)
        book.record(act="test.write", actor=cast.secretariat, subject=("grouping", 1), at=at)
    (entry,) = entries(session, before)
    session.expire_all()
    after = images(session)
    moved = {key for key in rows.keys() | after.keys() if rows.get(key) != after.get(key)}
    assert moved
    assert {(change["t"], change["id"]) for change in entry["changes"]} == moved
    assert verify(session).findings == ()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_refused_without_an_entry(session: Session, cast: Cast, shape: Callable[[Session], None]) -> None:
    session.rollback()
    before = images(session)
    with pytest.raises(sa.exc.IntegrityError), atomic(session):
        shape(session)
    assert images(session) == before


def images(session: Session) -> dict[tuple[str, int], Any]:
    found: dict[tuple[str, int], Any] = {}
    for table in audited_tables():
        found |= {(table.name, row.id): tuple(row) for row in session.execute(sa.select(table))}
    return found


def test_a_cascade_is_captured(session: Session, cast: Cast, at: datetime) -> None:
    """Deletes that the database itself does: a foreign key ON DELETE CASCADE, put on one table for this test."""
    if session.get_bind().dialect.name == "sqlite":
        cascade = [
            "CREATE TRIGGER by_cascade AFTER DELETE ON grouping BEGIN DELETE FROM membership WHERE grouping_id = OLD.id; END"
        ]
    else:
        name = "fk_membership_grouping_id"
        cascade = [
            f"ALTER TABLE membership DROP CONSTRAINT {name}",
            f"ALTER TABLE membership ADD CONSTRAINT {name} FOREIGN KEY (grouping_id) REFERENCES grouping ON DELETE CASCADE",
        ]
    before = size(session)
    with atomic(session) as book:
        session.execute(sa.text("PRAGMA defer_foreign_keys=ON" if len(cascade) == 1 else "SELECT 1"))
        session.execute(sa.text('DELETE FROM "grant" WHERE grouping_id = 1'))
        book.record(act="grant.end", actor=cast.administrator, subject=("grouping", 1), at=at)
        for statement in cascade:
            session.execute(sa.text(statement))
        session.execute(sa.text("DELETE FROM grouping WHERE id = 1"))
        book.record(act="test.write", actor=cast.secretariat, subject=("grouping", 1), at=at)
    gone = {(change["t"], change["id"]) for change in entries(session, before)[-1]["changes"]}
    assert gone == {("grouping", 1), ("membership", 1), ("membership", 2), ("membership", 3)}


def test_truncate_is_refused(session: Session, cast: Cast) -> None:
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has no TRUNCATE: DELETE without WHERE runs the row triggers, as test_captured shows")
    protected = {table.name for table in audited_tables()} | {table.name for table in VERSIONS.values()}
    protected |= {"ledger_entry", "ledger_head", "change", "never", "row_change", "sealed"}
    for table in protected:
        with pytest.raises(sa.exc.DBAPIError, match="history is not rewritten"), atomic(session):
            session.execute(sa.text(f'TRUNCATE "{table}" CASCADE'))


IMMUTABLE = [
    "UPDATE ledger_entry SET body = '{}' WHERE {index} = 1",
    "UPDATE ledger_entry SET at = at",
    "DELETE FROM ledger_entry WHERE {index} = 1",
    "DELETE FROM ledger_entry",
    "UPDATE change SET new = 'null'",
    "DELETE FROM change",
    "UPDATE body_version SET name_zh = '改'",
    "UPDATE body_version SET entry_until = 1, name_zh = '改'",
    "DELETE FROM body_version",
    "UPDATE ledger_head SET size = size - 1",
    "UPDATE ledger_head SET size = 0",
    "DELETE FROM ledger_head",
    "INSERT INTO never (id) VALUES (0)",
    "UPDATE sealed SET value = '改'",
    "UPDATE membership SET id = 99 WHERE id = 3",
    "INSERT INTO ledger_entry SELECT {index} + 2, leaf, body, at, act, subject_kind, subject_id FROM ledger_entry WHERE {index} = 1",
    "INSERT INTO ledger_entry SELECT size, leaf, body, at, act, subject_kind, subject_id FROM ledger_entry, ledger_head WHERE {index} = 1",
]
REPLACING = [
    "INSERT OR REPLACE INTO ledger_entry SELECT \"index\", leaf, '{}', at, act, subject_kind, subject_id FROM ledger_entry",
    "REPLACE INTO ledger_head (id, size) VALUES (1, 1)",
    "INSERT OR REPLACE INTO change SELECT id, entry, subject_kind, subject_id, table_name, row_id, field, 'null', 'null' FROM change",
    "INSERT OR REPLACE INTO body_version SELECT * FROM body_version",
    'UPDATE OR REPLACE ledger_entry SET "index" = 0 WHERE "index" = 1',
]


@pytest.mark.parametrize("statement", IMMUTABLE)
def test_history_is_not_rewritten(session: Session, cast: Cast, statement: str) -> None:
    lite = session.get_bind().dialect.name == "sqlite"
    with pytest.raises(sa.exc.DBAPIError, match="history is not rewritten"), atomic(session):
        session.connection().exec_driver_sql(statement.replace("{index}", '"index"' if lite else "index"))


@pytest.mark.parametrize("statement", REPLACING)
def test_sqlite_s_replace_does_not_walk_past(session: Session, cast: Cast, statement: str) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("REPLACE is SQLite's own")
    with pytest.raises(sa.exc.DBAPIError, match="history is not rewritten"), atomic(session):
        session.connection().exec_driver_sql(statement)


@pytest.mark.tampers
def test_replication_role_does_not_switch_capture_off(session: Session, cast: Cast) -> None:
    """It does switch off foreign keys, a superuser's right: the change commits without an entry, and verify names both."""
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("PostgreSQL's own")
    with atomic(session):
        session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        session.execute(sa.text("UPDATE body SET note = 'unseen' WHERE id = 1"))
    assert [(finding.table, finding.key) for finding in verify(session).findings] == [("row_change", ""), ("body", "1")]


def test_a_stray_shell_cannot_write(session: Session, cast: Cast, database_url: str) -> None:
    """Against accident: the triggers call a function that only the application defines."""
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("SQLite's own; on PostgreSQL roles are for this")
    session.rollback()
    stray = sa.create_engine(database_url)
    with stray.connect() as connection, pytest.raises(sa.exc.OperationalError, match="registry_here"):
        connection.execute(sa.text("UPDATE body SET note = 'from a shell' WHERE id = 1"))
    stray.dispose()


def test_a_never_column_moves_unseen(session: Session, cast: Cast) -> None:
    """It needs no entry, and leaves none: a new session key at sign-in is no act."""
    before = size(session)
    with atomic(session):
        session.execute(sa.text("UPDATE person SET session_key = 'new' WHERE id = 1"))
    assert size(session) == before


def test_captured_images_hold_no_never_column(session: Session, cast: Cast) -> None:
    with pytest.raises(sa.exc.IntegrityError), atomic(session):
        session.execute(sa.text("UPDATE person SET post = '改', password_hash = 'planted' WHERE id = 1"))
        (row,) = session.scalars(sa.select(RowChange)).all()
        assert "planted" not in row.old + row.new
        assert "session_key" not in row.old + row.new


@contextmanager
def triggers_off(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A superuser's connection: all our triggers dropped, and made again at the end, so that only verify can tell."""
    options: dict[str, Any] = {WRITE: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
    with engine.connect() as connection:
        connection = connection.execution_options(**options)
        with connection.begin():
            capture.remove(connection)
            yield connection
            capture.install(connection)


@pytest.mark.tampers
def test_without_its_trigger_a_write_is_missed_and_verify_names_it(
    engine: sa.Engine, session: Session, cast: Cast
) -> None:
    """The control: the tests above bite only because of the triggers."""
    session.rollback()
    with triggers_off(engine) as connection:
        connection.execute(sa.text("UPDATE body SET note = 'unseen' WHERE id = 1"))
    with sessions(engine)() as reading:
        (finding,) = verify(reading).findings
    assert (finding.table, finding.key, finding.column) == ("body", "1", "note")


def test_every_sealed_row_and_no_other_is_unlogged(session: Session, cast: Cast) -> None:
    """Tables outside the history, each for a reason: what is not listed here must be audited."""
    unlogged = {
        "sealed": "holds what must be erasable",
        "sign_in_failure": "lock-outs, of no lasting interest",
        "ledger_entry": "the history itself", "ledger_head": "the history itself", "change": "projection of it",
        "row_change": "scratch", "never": "always empty", "share_visit": "a count by day, of no lasting interest",
        "search_text": "projection of the live rows",
    }  # fmt: skip
    tables = set(SealedValue.metadata.tables) - {table.name for table in VERSIONS.values()}
    assert tables - {table.name for table in audited_tables()} == set(unlogged)
    assert Agreement.__table__ in audited_tables()
    assert LedgerEntry.__table__ not in audited_tables()
