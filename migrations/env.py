"""Run migrations on the register's own engine, as acts of the history. See registry/ledger/schema.py."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.script import Script

from registry.ledger.schema import migrating, newest_entry, record_schema
from registry.models import Base

attributes = context.config.attributes
applied: list[tuple[bool, Script]] = []


def note_step(*, step: Any, **_: Any) -> None:
    """Keep each migration step as alembic applies it; a step back is refused once acts were recorded after it."""
    script = step.up_revision
    applied.append((step.is_upgrade, script))


def refuse_to_forget(connection: sa.Connection) -> None:
    """A downgrade may undo only what the last entry did."""
    entry = newest_entry(connection)
    current = context.get_context().get_current_revision()
    if entry and (entry["act"] != "schema" or entry["revision"] != current):
        raise RuntimeError(f"cannot downgrade below {current}: the ledger holds newer entries")


with migrating(attributes["engine"]) as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # migrating() holds the one transaction
        on_version_apply=note_step,
        compare_type=True,
    )
    if attributes.get("downgrading"):
        refuse_to_forget(connection)
    context.run_migrations()
    for is_upgrade, script in applied:
        images = script.module.IMAGES if is_upgrade else script.module.IMAGES_BACK
        revision = script.revision if is_upgrade else script.down_revision
        if revision:
            record_schema(connection, revision, images, at=attributes["at"], chance=attributes["chance"])
