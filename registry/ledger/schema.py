"""A migration is an act: it leaves one `schema` entry with its revision and a map from old images to new.

Replay and pages of the past read old images through these maps. Downgrade is for development: it is refused once the
ledger holds an entry newer than the migration itself.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig

from registry.config import shipped
from registry.db import WRITE
from registry.ledger import capture
from registry.ledger.book import Pending, append
from registry.ledger.canonical import Image, Scalar, canonical, dumps
from registry.models import Base, audited_tables


class ImageChange(TypedDict, total=False):
    """One change to the images of one table.

    op add: `column` with the canonical `value` all rows get. drop: `column`. rename: `column` becomes `to`.
    convert: in `column`, canonical JSON texts found as keys of `values` become the values. rename_table: `table` becomes `to`.
    """

    op: Literal["add", "drop", "rename", "convert", "rename_table"]
    table: str
    column: str
    to: str
    value: Scalar
    values: dict[str, Scalar]


def migrated_image(change: ImageChange, image: Image) -> Image:
    """An image of the change's table, as the migration left it."""
    column = change.get("column", "")
    if change["op"] == "add":
        return image | {column: change["value"]}
    if change["op"] == "drop":
        return {name: value for name, value in image.items() if name != column}
    if change["op"] == "rename":
        return {change["to"] if name == column else name: value for name, value in image.items()}
    if change["op"] == "convert":
        return image | {column: change["values"].get(dumps(image[column]), image[column])}
    return image


def upgrade(
    engine: sa.Engine,
    revision: str = "head",
    *,
    at: datetime | None = None,
    chance: Callable[[int], bytes] = secrets.token_bytes,
) -> None:
    """Bring the database to a revision, one `schema` entry for each step."""
    command.upgrade(_alembic(engine, at, chance), revision)


def downgrade(
    engine: sa.Engine,
    revision: str,
    *,
    at: datetime | None = None,
    chance: Callable[[int], bytes] = secrets.token_bytes,
) -> None:
    """Take the database back to a revision. Raises RuntimeError if acts were recorded since."""
    config = _alembic(engine, at, chance)
    config.attributes["down_to"] = revision
    command.downgrade(config, revision)


def _alembic(engine: sa.Engine, at: datetime | None, chance: Callable[[int], bytes]) -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(shipped("migrations")))
    config.attributes.update(engine=engine, at=at or datetime.now(UTC), chance=chance)
    return config


@contextlib.contextmanager
def migrating(engine: sa.Engine) -> Iterator[sa.Connection]:
    """The one transaction of a migration: triggers off, rows counted, foreign keys checked, triggers made anew.

    SQLite: foreign keys are off before BEGIN, or rebuilding a table would delete its children by cascade and report success.
    """
    with engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            _foreign_keys(connection, on=False)
            connection = connection.execution_options(**{WRITE: True})
        else:
            connection = connection.execution_options(isolation_level="READ COMMITTED", postgresql_readonly=False)
        try:
            with connection.begin():
                capture.remove(connection)
                before = _row_counts(connection)
                yield connection
                after = _row_counts(connection)
                lost = {
                    table: (count, after[table]) for table, count in before.items() if after.get(table, count) != count
                }
                if lost:
                    raise RuntimeError(f"the migration changed the number of rows: {lost}")
                if lite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise RuntimeError(f"the migration broke foreign keys: {broken[:5]}")
                capture.install(connection)
        finally:
            if lite:
                _foreign_keys(connection, on=True)


def _foreign_keys(connection: sa.Connection, *, on: bool) -> None:
    raw: Any = connection.connection.driver_connection
    raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _row_counts(connection: sa.Connection) -> dict[str, int]:
    present = set(sa.inspect(connection).get_table_names())
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(sa.text(f'"{table.name}"'))).scalar_one()
        for table in audited_tables()
        if table.name in present
    }


def record_schema(
    connection: sa.Connection, revision: str, images: list[ImageChange], *, at: datetime, chance: Callable[[int], bytes]
) -> None:
    """Append the `schema` entry of one migration step."""
    body = dumps(
        {
            "v": 1, "act": "schema", "at": canonical(at), "subject": ["register", 1], "revision": revision,
            "images": images, "nonce": chance(16).hex(), "act_id": chance(16).hex(),
        }
    )  # fmt: skip
    append(connection, [Pending(body, at, "schema", ("register", 1), ())])


def acts_since(connection: sa.Connection, revision: str) -> bool:
    """Whether anything but migrations was entered after the migration to a revision; nothing, where there is no ledger."""
    entries = Base.metadata.tables["ledger_entry"]
    if not sa.inspect(connection).has_table(entries.name):
        return False
    acted = False
    for act, body in connection.execute(sa.select(entries.c.act, entries.c.body).order_by(entries.c.index)):
        if act != "schema":
            acted = True
        elif json.loads(body)["revision"] == revision:
            acted = False
    return acted
