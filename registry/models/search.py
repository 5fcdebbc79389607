"""What the search finds rows by: a projection of the live tables, not part of the history, rebuilt from it at any time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped

from registry.models.base import Base, Id, never

TABLES = (
    "agreement", "item", "body", "grouping", "meeting", "document", "claim", "matter", "annual_list", "agreement_text",
    "agreement_field", "act", "alias", "body_name", "department", "target", "partner", "mechanism", "report", "commitment",
)  # fmt: skip
"""Tables that are searched; the place of each is part of the ids below and never changes."""


class Words(sa.TypeDecorator[list[str]]):
    """Tokens in order: on SQLite text for FTS5, on PostgreSQL a tsvector that no parser has touched."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """tsvector where there is one."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: list[str] | None, dialect: sa.Dialect) -> str | None:
        """The tokens as the database takes them."""
        if value is None:
            return None
        if dialect.name != "postgresql":
            return " ".join(value)
        return " ".join(f"'{token}':{place}" for place, token in enumerate(value, 1))

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> list[str] | None:
        """The tokens in order."""
        if value is None or dialect.name != "postgresql":
            return value if value is None else value.split()
        lexemes = (each.rpartition(":") for each in value.split())
        placed = ((int(place), lexeme.strip("'")) for lexeme, _, places in lexemes for place in places.split(","))
        return [token for _, token in sorted(placed)]


class SearchText(Base):
    """The words of one row. On SQLite the virtual table `search_index` finds them, on PostgreSQL an inverted index."""

    __tablename__ = "search_text"

    id: Mapped[int] = never(
        Id, primary_key=True, autoincrement=False, comment="id of the row × 64 + place of its table"
    )
    words: Mapped[list[str]] = never(Words(), comment="tokens of its open texts, the first says which table it is of")


def search_id(table: str, row_id: int) -> int:
    """The id under which a row of one of TABLES is found."""
    return row_id * 64 + TABLES.index(table)
