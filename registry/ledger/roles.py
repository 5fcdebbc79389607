"""Roles of PostgreSQL: the owner migrates, the application writes acts and cannot touch what is written, the auditor reads.

Without them the triggers still refuse; with them the web process could not even switch a trigger off.
"""

from __future__ import annotations

import sqlalchemy as sa

from registry.models import VERSIONS, Base, audited_tables
from registry.models.base import NEVER

APPLICATION: dict[str, str] = {
    "ledger_entry": "SELECT, INSERT",
    "change": "SELECT, INSERT",
    "ledger_head": "SELECT, UPDATE",
    "row_change": "SELECT, INSERT, DELETE",
    "never": "SELECT",
    "sealed": "SELECT, INSERT, DELETE",
    "search_text": "SELECT, INSERT, DELETE",
    "sign_in_failure": "SELECT, INSERT, UPDATE, DELETE",
    "share_visit": "SELECT, INSERT, UPDATE",
}
"""Rights of the application on the tables that are not audited; audited ones it may write, version tables begin and end."""


def grant_roles(connection: sa.Connection, application: str, auditor: str) -> None:
    """Make both roles where they are missing and give them exactly their rights; run by the owner of the tables, after each migration.

    application, auditor: names of roles without login, to be granted to the accounts that connect.
    Raises ValueError on another database than PostgreSQL.
    """
    if connection.dialect.name != "postgresql":
        raise ValueError("only PostgreSQL has roles")
    quoted = connection.dialect.identifier_preparer.quote
    for role in (application, auditor):
        if not connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first():
            connection.exec_driver_sql(f"CREATE ROLE {quoted(role)} NOLOGIN")
        connection.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {quoted(role)}")
    for table, rights in _application_rights().items():
        connection.exec_driver_sql(f'GRANT {rights} ON "{table}" TO {quoted(application)}')
    connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted(application)}")
    for table, columns in _auditor_columns().items():
        connection.exec_driver_sql(f'GRANT SELECT ({columns}) ON "{table}" TO {quoted(auditor)}')


def _application_rights() -> dict[str, str]:
    rights = {table.name: "SELECT, INSERT, UPDATE, DELETE" for table in audited_tables()}
    rights |= {table.name: "SELECT, INSERT, UPDATE" for table in VERSIONS.values()}
    return rights | APPLICATION | {"alembic_version": "SELECT"}


def _auditor_columns() -> dict[str, str]:
    """Every column but those that no history may hold."""
    return {
        table.name: ", ".join(f'"{column.name}"' for column in columns)
        for table in Base.metadata.sorted_tables
        if (columns := [column for column in table.columns if column.info.get("log") != NEVER])
    }
