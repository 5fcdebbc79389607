"""Whatever a superuser changes with the triggers off is named by table, key and column; a clean register is never accused."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.ledger import erase
from registry.ledger.canonical import dumps
from registry.ledger.tree import leaf_hash
from registry.ledger.verify import Finding, Verdict, verify
from registry.models import VERSIONS, Base, Change, LedgerEntry, LedgerHead, SealedValue, audited_tables, logged_columns
from tests.cast import Chance
from tests.conftest import counted
from tests.ledger.script import Script
from tests.ledger.test_capture import triggers_off

entry_table, change_table, head_table = LedgerEntry.__table__, Change.__table__, LedgerHead.__table__


@pytest.fixture
def grown(session: Session) -> Script:
    script = Script(session, 11)
    script.play(60)
    session.rollback()
    return script


@pytest.fixture
def superuser(engine: sa.Engine, grown: Script) -> Iterator[sa.Connection]:
    """A connection with the triggers off and no constraint checked; rolled back at the end."""
    with pytest.raises(StopIteration), triggers_off(engine) as connection:  # leaves by an error, so rolled back
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in Base.metadata.tables.values():
                for check in (found for found in table.constraints if isinstance(found, sa.CheckConstraint)):
                    connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DROP CONSTRAINT "{check.name}"')
        yield connection
        raise StopIteration


@dataclass(frozen=True)
class Edit:
    """What was done, and the finding that must name it; column None: the edit moves the row's key, any finding on it will do."""

    table: str
    key: str
    column: str | None
    what: str

    def named_by(self, verdict: Verdict) -> bool:
        """Whether a finding points at this place."""
        return any(
            finding.table == self.table and finding.key == self.key and self.column in (None, finding.column)
            for finding in verdict.findings
        )


COUNTED = Edit("ledger_head", "1", "size", "an entry removed or invented: the count in the head tells")


def other_value(random: Random, column: sa.Column[Any], value: Any) -> Any:
    """Another value that the column's type allows."""
    if column.nullable and value is not None and random.random() < 0.2:
        return None
    if isinstance(value, datetime):
        return value + timedelta(seconds=random.choice((-1, 1, 86400)))
    if isinstance(column.type, sa.Boolean):
        return not value
    if isinstance(column.type, sa.Integer):
        return (value or 0) + random.randrange(10**5, 10**6)  # far from any other, for keys may not meet
    if isinstance(column.type, sa.Text):
        return str(value or "") + random.choice((" ", "x", "改"))
    if isinstance(column.type, sa.String):
        return random.randbytes(16).hex()[: column.type.length]
    return datetime(2020, 1, 1).astimezone()


def key_of(table: sa.Table, row: Any) -> str:
    """The key as findings write it."""
    if "entry_from" in table.c:
        return f"{row.id}@{row.entry_from}"
    return str(row._mapping[{"ledger_entry": "index", "change": "entry"}.get(table.name, "id")])


def forge(random: Random, connection: sa.Connection, table: sa.Table) -> Edit:
    """Change, remove or invent one row of a table."""
    rows = connection.execute(sa.select(table)).all()
    row = random.choice(rows)
    this = sa.and_(*(column == row._mapping[column.name] for column in table.primary_key.columns))
    way = random.choice(("update", "update", "update", "delete", "insert")) if table is not head_table else "update"
    if way == "delete":
        connection.execute(sa.delete(table).where(this))
        return COUNTED if table is entry_table else Edit(table.name, key_of(table, row), None, "delete")
    if way == "insert":
        key = "index" if table is entry_table else "id"
        fresh = max(found._mapping[key] for found in rows) + 1
        connection.execute(sa.insert(table).values(dict(row._mapping) | {key: fresh} | unique(table, random)))
        row = connection.execute(sa.select(table).where(table.c[key] == fresh)).one()
        return COUNTED if table is entry_table else Edit(table.name, key_of(table, row), None, "insert")
    column = random.choice(
        [column for column in columns_of(table) if not (table is change_table and column.name == "id")]
    )
    value = other_value(random, column, row._mapping[column.name])
    connection.execute(sa.update(table).where(this).values({column.name: value}))
    where = None if column.primary_key or table in (change_table, entry_table) else column.name
    return Edit(table.name, key_of(table, row), where, f"update {column.name} to {value!r}")


def unique(table: sa.Table, random: Random) -> dict[str, Any]:
    """New values for columns that may not repeat."""
    single = [constraint.columns for constraint in table.constraints if isinstance(constraint, sa.UniqueConstraint)]
    single += [index.columns for index in table.indexes if index.unique]
    return {
        columns[-1].name: other_value(random, columns[-1], random.randrange(10**6)) for columns in map(list, single)
    }


def columns_of(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns that verify answers for."""
    if table is head_table:
        return [head_table.c.size]  # the key of its one row says nothing
    return logged_columns(table) if table.info.get("audited") else list(table.columns)


@counted
def test_every_edit_with_triggers_off_is_named(superuser: sa.Connection, examples: int) -> None:
    """40 edits here, 100 in `make test-long`, 500 in `make drill`; over audited, version and ledger tables."""
    random = Random(2026)
    tables = [*audited_tables(), *VERSIONS.values(), entry_table, change_table, entry_table, change_table, head_table]
    tables = [table for table in tables if superuser.execute(sa.select(sa.func.count()).select_from(table)).scalar()]
    assert len(tables) > 30
    reading = Session(superuser, join_transaction_mode="create_savepoint")
    unnamed = []
    for number in range(examples):
        with superuser.begin_nested() as savepoint:
            edit = forge(random, superuser, tables[number % len(tables)])
            verdict = verify(reading)
            if not edit.named_by(verdict):
                unnamed.append((edit, verdict.findings[:3]))
            reading.close()
            savepoint.rollback()
    assert unnamed == []
    assert verify(reading).findings == ()  # and nothing of it was left


@pytest.mark.tampers
@counted
def test_clean_registers_are_not_accused(make_database: Callable[[], str], examples: int) -> None:
    """8 here, 20 in `make test-long`, 100 in `make drill`."""
    for seed in range(examples // 5):
        engine = open_engine(make_database())
        with sessions(engine)() as session:
            session.info["random_bytes"] = Chance(str(seed))
            Script(session, seed).play(25)
            session.rollback()
            assert verify(session).findings == (), seed
        engine.dispose()


def forged_entry(connection: sa.Connection, index: int, **said: Any) -> None:
    """An entry that says something else, with its leaf made to fit."""
    body = json.loads(
        connection.execute(sa.select(entry_table.c.body).where(entry_table.c.index == index)).scalar_one()
    )
    text = dumps(body | said)
    forged = (
        sa.update(entry_table)
        .where(entry_table.c.index == index)
        .values(body=text, leaf=leaf_hash(text.encode()).hex())
    )
    connection.execute(forged)


def test_a_forged_entry_is_told_by_the_root(superuser: sa.Connection) -> None:
    """Its own leaf fits and no row contradicts it: only the root that somebody else has seen tells."""
    reading = Session(superuser, join_transaction_mode="create_savepoint")
    seen = verify(reading)
    forged_entry(superuser, 3, basis="东政发〔2017〕66号")
    assert verify(reading).findings == ()
    (finding,) = verify(reading, size=seen.size, root=seen.root).findings
    assert finding.what == "the log does not begin with the tree seen before"


def test_a_log_cut_short_is_told_by_the_root(superuser: sa.Connection) -> None:
    reading = Session(superuser, join_transaction_mode="create_savepoint")
    seen = verify(reading)
    superuser.execute(sa.delete(entry_table).where(entry_table.c.index == seen.size - 1))
    superuser.execute(sa.update(head_table).values(size=seen.size - 1))
    findings = verify(reading, size=seen.size, root=seen.root).findings
    assert "the log does not begin with the tree seen before" in {finding.what for finding in findings}


@pytest.mark.parametrize(
    ("said", "column"),
    [({"act": "another"}, "act"), ({"at": "2020-01-01T00:00:00.000000Z"}, "at"), ({"subject": ["item", 9]}, "subject")],
)
def test_columns_beside_an_entry_are_compared(superuser: sa.Connection, said: dict[str, Any], column: str) -> None:
    forged_entry(superuser, 3, **said)
    findings = verify(Session(superuser, join_transaction_mode="create_savepoint")).findings
    assert (findings[0].table, findings[0].key, findings[0].column) == ("ledger_entry", "3", column)


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"act" : "x"}', '{"a":1}'])
def test_an_entry_that_cannot_be_read_is_a_finding_not_a_crash(superuser: sa.Connection, body: str) -> None:
    superuser.execute(sa.update(entry_table).where(entry_table.c.index == 3).values(body=body))
    findings = verify(Session(superuser, join_transaction_mode="create_savepoint")).findings
    assert Finding("ledger_entry", "3", "leaf", "is not the hash of the body") in findings


def test_a_state_without_its_step_is_named(superuser: sa.Connection) -> None:
    superuser.execute(sa.text("DELETE FROM step WHERE subject_kind = 'item' AND subject_id = 1 AND position > 1"))
    superuser.execute(sa.text("UPDATE item SET state = 'achieved' WHERE id = 1"))
    findings = verify(Session(superuser, join_transaction_mode="create_savepoint")).findings
    assert ("item", "1", "state") in {(finding.table, finding.key, finding.column) for finding in findings}


def test_a_changed_sealed_value_is_named_and_an_erased_one_is_not(superuser: sa.Connection) -> None:
    reading = Session(superuser, join_transaction_mode="create_savepoint")
    first, second = reading.scalars(sa.select(SealedValue.digest).order_by(SealedValue.digest).limit(2)).all()
    assert erase(reading, first)
    assert verify(reading).findings == ()
    superuser.execute(sa.update(SealedValue).where(SealedValue.digest == second).values(value="他人"))
    assert [(finding.table, finding.key) for finding in verify(reading).findings] == [("sealed", second)]
