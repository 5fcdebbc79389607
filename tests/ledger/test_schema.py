"""A migration is an act: up, down and up with data in it and triggers on it, and the history still replays.

The second revision here is synthetic. It runs in a copy of the source whose models have moved on with it, in a process of
its own, as it will when the register is upgraded.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import registry
from registry.ledger import atomic, capture
from registry.ledger.schema import downgrade, migrating, upgrade
from registry.models import audited_tables
from tests.cast import Cast, Chance
from tests.conftest import check_registry
from tests.ledger.script import Script
from tests.ledger.test_book import entries, size

SOURCE = Path(registry.__file__).parent.parent
REVISIONS = sorted(each.stem[:4] for each in (SOURCE / "migrations/versions").glob("[0-9]*.py"))
NEXT = '''
"""Synthetic: one column added, one renamed, one dropped, one converted."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "NEWEST"
branch_labels = None
depends_on = None

IMAGES = [
    {"op": "add", "table": "body", "column": "rank", "value": 7},
    {"op": "rename", "table": "body", "column": "note", "to": "remark"},
    {"op": "drop", "table": "body", "column": "province"},
    {"op": "convert", "table": "body", "column": "kind", "values": {'"city"': "municipality"}},
]
IMAGES_BACK = [
    {"op": "drop", "table": "body", "column": "rank"},
    {"op": "rename", "table": "body", "column": "remark", "to": "note"},
    {"op": "add", "table": "body", "column": "province", "value": None},
    {"op": "convert", "table": "body", "column": "kind", "values": {'"municipality"': "city"}},
]
TABLES = ("body", "body_version")


def upgrade():
    for name in TABLES:
        with op.batch_alter_table(name, recreate="auto") as table:
            table.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="7"))
            table.alter_column("note", new_column_name="remark")
            table.drop_column("province")
        op.execute(f"UPDATE {name} SET kind = 'municipality' WHERE kind = 'city'")


def downgrade():
    for name in TABLES:
        op.execute(f"UPDATE {name} SET kind = 'city' WHERE kind = 'municipality'")
        with op.batch_alter_table(name, recreate="auto") as table:
            table.drop_column("rank")
            table.alter_column("remark", new_column_name="note")
            table.add_column(sa.Column("province", sa.Text(), nullable=True))
'''
RUN = """
import json, sys
from datetime import UTC, datetime
import sqlalchemy as sa
from registry.db import open_engine, sessions
from registry.ledger import atomic, capture, schema
from registry.ledger.verify import verify
from registry.models import Body
from registry.permissions import the_register
url, *orders = sys.argv[1:]
engine, said = open_engine(url), {}
for order in orders:
    with sessions(engine)() as session:
        if order == "up":
            schema.upgrade(engine)
        if order == "down":
            try:
                schema.downgrade(engine, "NEWEST")
            except RuntimeError as error:
                said["refused"] = str(error)
        if order == "act":
            with atomic(session) as book:
                session.get(Body, 1).remark = "by the next release"
                book.record(act="body.correct", actor=the_register("command"), subject=("party", 1), at=datetime.now(UTC))
        if order == "look":
            said["findings"] = [str(finding) for finding in verify(session).findings]
            said["bodies"] = [list(row) for row in session.execute(sa.select(Body.id, Body.kind, Body.rank, Body.remark).order_by(Body.id))]
            said["triggers"] = sorted(capture.existing(session.connection())) == sorted(capture.wanted(session.connection()))
engine.dispose()
print(json.dumps(said))
"""
Release = Callable[..., dict[str, Any]]


@pytest.fixture
def next_release(tmp_path: Path, database_url: str) -> Release:
    """Runs orders in the next release, whose bodies have a rank, a remark for a note, and no province."""
    home = tmp_path / "next"
    for package in ("registry", "workflows", "migrations"):
        shutil.copytree(
            SOURCE / package, home / package, ignore=shutil.ignore_patterns("__pycache__", "data", "static")
        )
    models = home / "registry/models/bodies.py"
    head, body, rest = re.split(r"(?ms)^(class Body\(.*?)(?=^class )", models.read_text("utf-8"))
    body = re.sub(r"(?m)^    province: .*\n", "", body)
    body = re.sub(
        r"(?m)^    note: (.*)$",
        r"    remark: \1\n    rank: Mapped[int] = open_(sa.Integer(), server_default='7')",
        body,
    )
    models.write_text(head + body + rest, "utf-8")
    index = home / "registry/ledger/search.py"
    body = '"body": ("code", "gb_code", "name_zh", "name_en", "note")'
    assert body in index.read_text("utf-8")
    index.write_text(index.read_text("utf-8").replace(body, body.replace("note", "remark")), "utf-8")
    (home / "migrations/versions/next_synthetic.py").write_text(NEXT.replace("NEWEST", REVISIONS[-1]), "utf-8")

    def run(*orders: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-c", RUN.replace("NEWEST", REVISIONS[-1]), database_url, *orders],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run


@pytest.mark.tampers  # ends as a register of the next release, which this one cannot judge
def test_up_down_up_with_data_and_triggers(engine: sa.Engine, session: Session, next_release: Release) -> None:
    Script(session, 3).play(30)
    before, keys, count = rows(session), foreign_keys(engine), size(session)
    session.close()  # PostgreSQL alters no table that a page still reads

    up = next_release("up", "look")
    assert (up["findings"], up["triggers"]) == ([], True)
    assert [(row_id, rank, remark) for row_id, _, rank, remark in up["bodies"]] == [
        (row.id, 7, row.note) for row in before["body"]
    ]
    assert {kind for _, kind, _, _ in up["bodies"]} == {"municipality"}
    assert foreign_keys(engine) == keys

    next_release("down")
    check_registry(session)
    assert rows(session) == before
    assert foreign_keys(engine) == keys
    assert [entry.get("revision") for entry in entries(session, count)] == ["next", REVISIONS[-1]]
    session.close()

    again = next_release("up", "act", "down", "look")
    assert "newer entries" in again["refused"]
    assert (again["findings"], again["triggers"]) == ([], True)
    assert again["bodies"][0][1:] == ["municipality", 7, "by the next release"]


def rows(session: Session) -> dict[str, list[Any]]:
    """Every audited row, but for the column that the synthetic migration drops."""
    session.rollback()
    tables = {table.name: [column for column in table.c if column.name != "province"] for table in audited_tables()}
    return {name: list(session.execute(sa.select(*columns).order_by(columns[0]))) for name, columns in tables.items()}


def foreign_keys(engine: sa.Engine) -> dict[str, list[tuple[str, ...]]]:
    """Of each table the columns that refer, and to what: a table rebuilt on SQLite must not lose those of its children."""
    inspector = sa.inspect(engine)
    return {
        table: sorted((*key["constrained_columns"], key["referred_table"]) for key in inspector.get_foreign_keys(table))
        for table in inspector.get_table_names()
    }


def test_upgrading_twice_changes_nothing(engine: sa.Engine, session: Session) -> None:
    before = size(session)
    session.rollback()
    upgrade(engine)
    assert size(session) == before == len(REVISIONS)


def test_down_to_nothing_and_up_again_while_nothing_was_entered(engine: sa.Engine, session: Session) -> None:
    session.close()
    downgrade(engine, "base")
    assert set(sa.inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    upgrade(engine, chance=Chance())
    assert size(session) == len(REVISIONS)


def test_down_is_refused_once_something_was_entered(engine: sa.Engine, session: Session, cast: Cast) -> None:
    before = size(session)
    session.close()
    with pytest.raises(RuntimeError, match="the ledger holds newer entries"):
        downgrade(engine, "base")
    assert size(session) == before
    with engine.connect() as connection:
        assert sorted(capture.existing(connection)) == sorted(capture.wanted(connection))


def test_an_act_between_two_migrations_holds_both(engine: sa.Engine, session: Session, cast: Cast) -> None:
    """Down over several revisions forgets what was entered after any of them, not only after the last."""
    with engine.begin() as connection:  # as if the last migration had come after the acts
        newest = connection.execute(sa.text('SELECT max("index") FROM ledger_entry')).scalar_one()
        assert newest > len(REVISIONS)
    session.close()
    for target in ("base", REVISIONS[0]):
        with pytest.raises(RuntimeError, match="the ledger holds newer entries"):
            downgrade(engine, target)


def test_a_migration_that_loses_rows_is_refused(engine: sa.Engine, session: Session, cast: Cast) -> None:
    session.rollback()
    with (
        pytest.raises(RuntimeError, match=r"changed the number of rows: \{'membership': \(3, 0\)\}"),
        migrating(engine) as connection,
    ):
        connection.exec_driver_sql("DELETE FROM membership")
    with engine.connect() as connection:
        assert sorted(capture.existing(connection)) == sorted(capture.wanted(connection))


def test_a_migration_that_breaks_a_foreign_key_is_refused(engine: sa.Engine, session: Session, cast: Cast) -> None:
    """SQLite checks at the end, for keys are off while tables are rebuilt; PostgreSQL checks as it goes."""
    session.rollback()
    with pytest.raises((RuntimeError, sa.exc.IntegrityError), match="foreign key"), migrating(engine) as connection:
        connection.exec_driver_sql("UPDATE membership SET body_id = 999")


def test_foreign_keys_hold_after_a_migration(engine: sa.Engine, session: Session, cast: Cast) -> None:
    """The pooled connection that migrated is the one that the next act writes with."""
    session.rollback()
    with migrating(engine):
        pass
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"), atomic(session):
        session.execute(sa.text("DELETE FROM body WHERE id = 1"))
        session.flush()
