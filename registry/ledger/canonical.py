"""One form for every value and every entry, the same from SQLite and from PostgreSQL.

Triggers write images in each database's own JSON (true or 1, two time formats); each value is read back through the type
of its column and written once, here.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from registry.models.base import Moment, logged_columns

Scalar = None | bool | int | str | dict[str, str]
Image = dict[str, Scalar]
"""A row as the history holds it: column name to canonical value."""

LONG_TEXT = 4096
"""Bytes of UTF-8 above which a text stands in the history by its hash alone."""
SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259 §6)."""


def typed(column: sa.Column[Any], raw: Any) -> Any:
    """The Python value of a trigger's JSON value: bool, int, str, aware datetime or None."""
    if raw is None:
        return None
    if isinstance(column.type, sa.Boolean):
        return bool(raw)
    if isinstance(column.type, Moment):
        moment = datetime.fromisoformat(raw)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return raw


def canonical(value: Any) -> Scalar:
    """The value as entries hold it: moments in UTC with Z and microseconds, long texts by hash, big integers as text.

    Raises TypeError for a value of any other type: a new column type must decide its form here first.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, str):
        if len(value) * 4 > LONG_TEXT and len(text := value.encode()) > LONG_TEXT:
            return {"sha256": hashlib.sha256(text).hexdigest()}
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else str(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")


def typed_row(table: sa.Table, raw: str | None) -> dict[str, Any] | None:
    """The logged columns of a trigger's image, as Python values; None for no row."""
    if raw is None:
        return None
    image = json.loads(raw)
    return {column.name: typed(column, image[column.name]) for column in logged_columns(table)}


def image_of(row: dict[str, Any]) -> Image:
    """The canonical image of a row of Python values."""
    return {name: canonical(value) for name, value in row.items()}


def dumps(value: Any) -> str:
    """Canonical JSON: sorted keys, no blanks, UTF-8 in clear."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
