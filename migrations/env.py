"""Run migrations on the register's own engine, as acts of the history. See registry/ledger/schema.py."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.script import Script

from registry.ledger.schema import acts_since, migrating, record_schema
from registry.models import Base

attributes = context.config.attributes
applied: list[tuple[bool, Script]] = []


def note_step(*, step: Any, **_: Any) -> None:
    """Keep each migration step as alembic applies it; a step back is refused once acts were recorded after it."""
    script = step.up_revision
    applied.append((step.is_upgrade, script))


def refuse_to_forget(connection: sa.Connection, target: str) -> None:
    """A downgrade may undo a migration only while nothing was entered after it."""
    current = context.get_context().get_current_revision()
    for script in context.script.iterate_revisions(current, target):
        if acts_since(connection, script.revision):
            raise RuntimeError(f"cannot downgrade below {script.revision}: the ledger holds newer entries")


with migrating(attributes["engine"]) as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=False,  # migrating() holds the one transaction
        on_version_apply=note_step,
        compare_type=True,
    )
    if "down_to" in attributes:
        refuse_to_forget(connection, attributes["down_to"])
    context.run_migrations()
    for is_upgrade, script in applied:
        images = script.module.IMAGES if is_upgrade else script.module.IMAGES_BACK
        revision = script.revision if is_upgrade else script.down_revision
        if revision and sa.inspect(connection).has_table("ledger_head"):
            record_schema(connection, revision, images, at=attributes["at"], chance=attributes["chance"])
