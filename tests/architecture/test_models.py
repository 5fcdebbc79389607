"""Every column has a class, every table its triggers, and the migrations make exactly what the models say."""

import re

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

from registry.db import begin_write
from registry.ledger import capture
from registry.models import VERSIONS, Base, audited_tables, logged_columns
from registry.models.base import NEVER, OPEN, SEALED


def test_every_audited_column_has_a_class() -> None:
    classes = {str(column): column.info.get("log") for table in audited_tables() for column in table.columns}
    assert {name for name, found in classes.items() if found not in (OPEN, SEALED, NEVER)} == set()
    assert len(classes) > 250


def test_a_sealed_column_holds_a_digest() -> None:
    sealed = [column for table in audited_tables() for column in table.columns if column.info["log"] == SEALED]
    assert sealed
    assert {(type(column.type), column.type.length) for column in sealed} == {(sa.String, 64)}


def test_a_secret_is_never_logged() -> None:
    secrets = re.compile("password|token|secret|session_|salt")
    logged = [
        str(column) for table in audited_tables() for column in logged_columns(table) if secrets.search(column.name)
    ]
    assert logged == []


def test_every_audited_table_names_its_subject_and_one_key() -> None:
    for table in audited_tables():
        assert [column.name for column in table.primary_key.columns] == ["id"], table.name
        for kind, column in table.info["subject"]:
            assert column in table.c, table.name
            assert kind != "*" or "subject_kind" in table.c, table.name


def test_a_version_table_holds_every_logged_column_and_no_other() -> None:
    for table in audited_tables():
        version = VERSIONS[table.name]
        logged = {column.name for column in logged_columns(table)}
        assert {column.name for column in version.columns} == logged | {"entry_from", "entry_until"}, table.name
        found_by = [tuple(index.columns.keys()) for index in version.indexes]
        plain = {tuple(index.columns.keys()) for index in table.indexes if not index.unique}
        keys = {tuple(each.columns.keys()) for each in table.constraints if isinstance(each, sa.UniqueConstraint)}
        assert len(set(found_by)) == len(found_by), table.name
        assert plain <= set(found_by), table.name
        assert {names[0] for names in keys} <= {names[0] for names in found_by}, table.name


def test_migrations_make_what_the_models_say(session: Session) -> None:
    connection = session.connection()
    options = {"compare_type": True, "compare_server_default": False, "include_name": ours}
    assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []


def ours(name: str | None, kind: str, parents: object) -> bool:
    """Not the tables of Alembic and SQLite, nor what each database has of its own to search by."""
    if kind == "index":
        return name != "ix_search_text_words"
    return not (
        kind == "table" and (name in ("alembic_version", "sqlite_sequence") or str(name).startswith("search_index"))
    )


def test_check_constraints_are_there(session: Session) -> None:
    """Alembic does not compare them."""
    inspector = sa.inspect(session.connection())
    for table in Base.metadata.sorted_tables:
        wanted = {str(check.name) for check in table.constraints if isinstance(check, sa.CheckConstraint)}
        assert {check["name"] for check in inspector.get_check_constraints(table.name)} == wanted, table.name


def test_an_act_stands_once(session: Session) -> None:
    """The partial unique index that has the last word in a race, and its condition, which Alembic does not compare."""
    lite = session.get_bind().dialect.name == "sqlite"
    catalogue = "sql FROM sqlite_master WHERE name" if lite else "indexdef FROM pg_indexes WHERE indexname"
    definition = session.scalar(sa.text(f"SELECT {catalogue} = 'uq_act_once'"))
    assert "UNIQUE" in definition
    assert re.search(r"\(text_id, body_id, kind\)", definition)
    assert re.search(r"WHERE \(*annulled_at IS NULL", definition)


def test_triggers_are_what_the_models_ask_for(session: Session) -> None:
    connection = session.connection()
    wanted = capture.wanted(connection)
    assert capture.existing(connection).keys() == wanted.keys()
    audited = {table.name for table in audited_tables()}
    assert audited <= set(capture.existing(connection).values())
    if connection.dialect.name == "sqlite":
        made = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        assert {name: squeezed(sql) for name, sql in made} == {name: squeezed(sql) for name, sql in wanted.items()}
    else:
        made = connection.execute(
            sa.text("SELECT tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal")
        ).all()
        assert {enabled for _, _, enabled in made} == {"A"}  # ENABLE ALWAYS
        for name, definition, _ in made:
            for column in re.findall(r'"(\w+)"', wanted[name].partition("UPDATE OF")[2].partition(" ON ")[0]):
                assert re.search(rf'\b"?{column}"?\b', definition), (name, column)


def squeezed(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.tampers
def test_a_forgotten_trigger_is_seen(session: Session) -> None:
    """The control of the test above."""
    connection = begin_write(session)
    name = next(
        name for name in capture.existing(connection) if name.startswith("registry_item_") and "version" not in name
    )
    on = "" if connection.dialect.name == "sqlite" else " ON item"
    connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
    assert capture.wanted(connection).keys() - capture.existing(connection).keys() == {name}
