"""The triggers: capture on every audited table, and refusal to rewrite what is written.

Generated from `Base.metadata`, so that a table or column cannot be forgotten; a test compares `wanted` with the catalogue.
Row triggers see every write shape (flush, bulk, Core, raw SQL, cascade, upsert), which session events do not.
"""

from __future__ import annotations

import sqlalchemy as sa

from registry.models import VERSIONS, Base, LedgerEntry, LedgerHead, SealedValue, audited_tables, logged_columns

PREFIX = "registry_"
IMMUTABLE = ("ledger_entry", "change")


def wanted(connection: sa.Connection) -> dict[str, str]:
    """Every trigger the register needs, by name, with the statement that makes it, for the tables that are there.

    A migration may stand between two states of the models, so only tables and columns that exist are captured.
    """
    inspector = sa.inspect(connection)
    present = {
        name: {column["name"] for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name in Base.metadata.tables
    }
    build = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    return build(present)


def existing(connection: sa.Connection) -> dict[str, str]:
    """Our triggers in the catalogue: name to table."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(sa.text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
    else:
        rows = connection.execute(
            sa.text(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
            )
        )
    return {name: table for name, table in rows if name.startswith(PREFIX)}


def install(connection: sa.Connection) -> None:
    """Make all triggers anew from the metadata."""
    remove(connection)
    if connection.dialect.name == "postgresql":
        for function in FUNCTIONS:
            connection.exec_driver_sql(
                function, execution_options={"no_parameters": True}
            )  # % is plpgsql, not a placeholder
    for statement in wanted(connection).values():
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        for name, table in existing(connection).items():
            # ALWAYS: session_replication_role = replica must not switch capture off.
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{name}"')


def remove(connection: sa.Connection) -> None:
    """Drop all our triggers, as a migration does before it rebuilds tables."""
    for name, table in existing(connection).items():
        on = "" if connection.dialect.name == "sqlite" else f' ON "{table}"'
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"{on}')


def _logged(table: sa.Table, present: set[str]) -> list[str]:
    return [column.name for column in logged_columns(table) if column.name in present]


def _sqlite(present: dict[str, set[str]]) -> dict[str, str]:
    triggers: dict[str, str] = {}

    def trigger(table: str, event: str, body: str, *, name: str, when: str = "", timing: str = "AFTER") -> None:
        full = f"{PREFIX}{table}_{name}"
        # registry_here() exists only in the application: a stray shell fails here instead of writing past the history.
        triggers[full] = (
            f'CREATE TRIGGER "{full}" {timing} {event} ON "{table}" {when} BEGIN SELECT registry_here(); {body}; END'
        )

    def refuse(table: str, event: str, *, name: str, when: str = "") -> None:
        trigger(
            table,
            event,
            f"SELECT RAISE(ABORT, '{table}: history is not rewritten')",
            name=name,
            when=when,
            timing="BEFORE",
        )

    for table in audited_tables():
        if table.name not in present:
            continue
        columns = _logged(table, present[table.name])
        images = {
            row: "json_object(" + ", ".join(f"'{column}', {row}.\"{column}\"" for column in columns) + ")"
            for row in ("OLD", "NEW")
        }
        insert = "INSERT INTO row_change (table_name, row_id, old, new) VALUES"
        listed = ", ".join(f'"{column}"' for column in columns)
        trigger(table.name, "INSERT", f"{insert} ('{table.name}', NEW.id, NULL, {images['NEW']})", name="insert")
        trigger(
            table.name,
            f"UPDATE OF {listed}",
            f"{insert} ('{table.name}', NEW.id, {images['OLD']}, {images['NEW']})",
            name="update",
        )
        trigger(table.name, "DELETE", f"{insert} ('{table.name}', OLD.id, {images['OLD']}, NULL)", name="delete")
        refuse(table.name, "UPDATE OF id", name="key", when="WHEN OLD.id <> NEW.id")
    for name in IMMUTABLE:
        if name in present:
            refuse(name, "UPDATE", name="update")
            refuse(name, "DELETE", name="delete")
    for version in VERSIONS.values():
        if version.name in present:
            same = " AND ".join(f'OLD."{c}" IS NEW."{c}"' for c in sorted(present[version.name] - {"entry_until"}))
            ends = f"OLD.entry_until IS NULL AND NEW.entry_until IS NOT NULL AND {same}"
            refuse(version.name, "UPDATE", name="update", when=f"WHEN NOT ({ends})")
            refuse(version.name, "DELETE", name="delete")
    if LedgerEntry.__tablename__ in present:
        # INSERT OR REPLACE walks past the refusals above unless the next index is the only one allowed.
        following = '(SELECT coalesce(max("index") + 1, 0) FROM ledger_entry)'
        size = "(SELECT size FROM ledger_head)"
        refuse(
            "ledger_entry", "INSERT", name="insert", when=f'WHEN NEW."index" <> {following} OR NEW."index" >= {size}'
        )
        refuse(LedgerHead.__tablename__, "UPDATE", name="update", when="WHEN NEW.size <= OLD.size")
        refuse(LedgerHead.__tablename__, "DELETE", name="delete")
        refuse("never", "INSERT", name="insert")
        refuse(SealedValue.__tablename__, "UPDATE", name="update")
    return triggers


FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION registry_capture() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        row_id bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.id ELSE NEW.id END;
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
            RAISE EXCEPTION '%: history is not rewritten', TG_TABLE_NAME;
        END IF;
        INSERT INTO row_change (table_name, row_id, old, new) VALUES (
            TG_TABLE_NAME, row_id,
            CASE WHEN TG_OP <> 'INSERT' THEN (to_jsonb(OLD) - coalesce(TG_ARGV::text[], '{}'))::text END,
            CASE WHEN TG_OP <> 'DELETE' THEN (to_jsonb(NEW) - coalesce(TG_ARGV::text[], '{}'))::text END);
        RETURN NULL;
    END $$""",
    """CREATE OR REPLACE FUNCTION registry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%: history is not rewritten', TG_TABLE_NAME;
    END $$""",
    """CREATE OR REPLACE FUNCTION registry_end_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF OLD.entry_until IS NULL AND NEW.entry_until IS NOT NULL
           AND to_jsonb(OLD) - 'entry_until' = to_jsonb(NEW) - 'entry_until' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '%: history is not rewritten', TG_TABLE_NAME;
    END $$""",
    """CREATE OR REPLACE FUNCTION registry_next_entry() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.index <> (SELECT coalesce(max(index) + 1, 0) FROM ledger_entry)
           OR NEW.index >= (SELECT size FROM ledger_head) THEN
            RAISE EXCEPTION '%: history is not rewritten', TG_TABLE_NAME;
        END IF;
        RETURN NEW;
    END $$""",
)


def _postgresql(present: dict[str, set[str]]) -> dict[str, str]:
    triggers: dict[str, str] = {}

    def trigger(
        table: str, event: str, function: str, *, name: str, each: str = "ROW", when: str = "", timing: str = "BEFORE"
    ) -> None:
        full = f"{PREFIX}{table}_{name}"
        triggers[full] = (
            f'CREATE TRIGGER "{full}" {timing} {event} ON "{table}" FOR EACH {each} {when} EXECUTE FUNCTION {function}'
        )

    def refuse(table: str, event: str, *, name: str, each: str = "ROW", when: str = "") -> None:
        trigger(table, event, "registry_refuse()", name=name, each=each, when=when)

    for table in [table for table in audited_tables() if table.name in present]:
        columns = _logged(table, present[table.name])
        hidden = ", ".join(f"'{column}'" for column in sorted(present[table.name] - set(columns)))
        listed = ", ".join(f'"{column}"' for column in columns)
        trigger(
            table.name,
            f"INSERT OR DELETE OR UPDATE OF {listed}",
            f"registry_capture({hidden})",
            name="capture",
            timing="AFTER",
        )
        refuse(table.name, "TRUNCATE", name="truncate", each="STATEMENT")
    for name in present.keys() & set(IMMUTABLE):
        refuse(name, "UPDATE OR DELETE", name="rewrite")
        refuse(name, "TRUNCATE", name="truncate", each="STATEMENT")
    for name in present.keys() & {version.name for version in VERSIONS.values()}:
        trigger(name, "UPDATE", "registry_end_version()", name="update")
        refuse(name, "DELETE", name="delete")
        refuse(name, "TRUNCATE", name="truncate", each="STATEMENT")
    if LedgerEntry.__tablename__ in present:
        trigger("ledger_entry", "INSERT", "registry_next_entry()", name="insert")
        refuse("ledger_head", "UPDATE", name="update", when="WHEN (NEW.size <= OLD.size)")
        refuse("ledger_head", "DELETE", name="delete")
        refuse("never", "INSERT", name="insert")
        refuse("sealed", "UPDATE", name="update")
        for name in ("ledger_head", "never", "row_change", "sealed"):
            refuse(name, "TRUNCATE", name="truncate", each="STATEMENT")
    return triggers
