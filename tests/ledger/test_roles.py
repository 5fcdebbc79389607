"""Roles of PostgreSQL: what the application and the auditor can and cannot do, tried as themselves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa

from registry.db import WRITE, sessions
from registry.ledger import atomic
from registry.ledger.roles import grant_roles
from registry.models import Body
from tests.cast import Cast

FORBIDDEN_TO_THE_APPLICATION = (
    "ALTER TABLE item DISABLE TRIGGER ALL",
    "DROP TRIGGER registry_item_capture ON item",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_entry SET leaf = leaf",
    "TRUNCATE change",
    "DELETE FROM body_version",
    "SET session_replication_role = replica",
    "INSERT INTO never VALUES (0)",
)
FORBIDDEN_TO_THE_AUDITOR = (
    "INSERT INTO body (code, name_zh, kind, signs, sample) VALUES ('1', '一', 'city', true, false)",
    "UPDATE item SET state = 'achieved'",
    "SELECT password_hash FROM person",
    "SELECT admin_token FROM register",
    "SELECT value FROM sealed",
    "SELECT * FROM sign_in_failure",
)


@pytest.fixture
def roles(engine: sa.Engine, cast: Cast) -> Iterator[tuple[str, str]]:
    """An application and an auditor with their rights on this register; PostgreSQL only."""
    if engine.dialect.name != "postgresql":
        with engine.connect() as connection, pytest.raises(ValueError, match="PostgreSQL"):
            grant_roles(connection, "a", "b")
        pytest.skip("SQLite has no roles")
    names = (f"application_{secrets.token_hex(4)}", f"auditor_{secrets.token_hex(4)}")
    with writing(engine) as connection, connection.begin():
        grant_roles(connection, *names)
        grant_roles(connection, *names)  # again, as after each migration
    yield names
    with writing(engine) as connection, connection.begin():
        for name in names:
            connection.exec_driver_sql(f"DROP OWNED BY {name}")
            connection.exec_driver_sql(f"DROP ROLE {name}")


def writing(engine: sa.Engine) -> sa.Connection:
    """A connection that may write."""
    return engine.connect().execution_options(
        **{WRITE: True}, isolation_level="READ COMMITTED", postgresql_readonly=False
    )


def test_the_application_writes_an_act(engine: sa.Engine, roles: tuple[str, str], cast: Cast, at: datetime) -> None:
    """With its rights alone: the change, its entry, its version."""
    with sessions(engine)() as session, atomic(session) as book:
        session.execute(sa.text(f"SET LOCAL ROLE {roles[0]}"))
        session.scalars(sa.select(Body).limit(1)).one().note = "written by the application"
        book.record(act="body.note", actor=cast.secretariat, subject=("party", 1), at=at)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_APPLICATION)
def test_the_application_cannot_touch_what_is_written(
    engine: sa.Engine, roles: tuple[str, str], statement: str
) -> None:
    """Refused for want of rights, not by a trigger that it could switch off."""
    refused(engine, roles[0], statement)


@pytest.mark.parametrize("statement", FORBIDDEN_TO_THE_AUDITOR)
def test_the_auditor_reads_and_does_nothing_else(engine: sa.Engine, roles: tuple[str, str], statement: str) -> None:
    """No write, no secret, nothing under seal."""
    refused(engine, roles[1], statement)


def test_the_auditor_reads_the_history(engine: sa.Engine, roles: tuple[str, str]) -> None:
    """All entries, and the open columns of people."""
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL ROLE {roles[1]}")
        assert connection.execute(sa.text("SELECT count(*) FROM ledger_entry")).scalar_one() > 0
        assert connection.execute(sa.text("SELECT login, post FROM person")).all()


def refused(engine: sa.Engine, role: str, statement: str) -> None:
    """The statement fails with insufficient_privilege (SQLSTATE 42501)."""
    with writing(engine) as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
        with pytest.raises(sa.exc.ProgrammingError) as error:
            connection.exec_driver_sql(statement)
        assert error.value.orig is not None
        assert getattr(error.value.orig, "sqlstate", "") == "42501"
        connection.get_transaction().rollback()  # type: ignore[union-attr]  # begun above
