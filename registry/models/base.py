"""What every table shares: typed columns that declare how they may enter the history, and the audited mark.

Classes of columns (docs/decisions/0002):
open    stands in the entry in clear.
sealed  the row and the entry hold SHA-256(salt ‖ value); the value lies in `sealed` and can be erased.
never   in no entry, no version table, no export: password hashes, lock-outs, tokens.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column

OPEN, SEALED, NEVER = "open", "sealed", "never"


class Moment(sa.TypeDecorator[datetime]):
    """A moment, UTC, aware on both databases; microseconds."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive moment: whose clock was it?"""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """The stored moment, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite: only INTEGER is the rowid


class Base(DeclarativeBase):
    """Declarative base; constraint names are fixed so that migrations can name them."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Audited:
    """A table whose every row change enters the history: one integer key `id`, a version table, capture triggers."""

    @declared_attr
    def id(self) -> Mapped[int]:
        """The key, never reused."""
        return mapped_column(Id, primary_key=True, autoincrement=True, sort_order=-1, info={"log": OPEN})


def audited(subject: str, *constraints: sa.schema.SchemaItem) -> tuple[Any, ...]:
    """`__table_args__` of an audited table: its constraints, its subject, keys that SQLite does not reuse either.

    subject: whose history a row belongs to, as `kind:column` of the id; several, separated by blanks, where the first
        column that is not null decides; kind `*` where the row itself names it in `subject_kind`.
    """
    pairs = tuple(tuple(pair.split(":")) for pair in subject.split())
    return (*constraints, {"sqlite_autoincrement": True, "info": {"audited": True, "subject": pairs}})


def audited_tables(metadata: sa.MetaData = Base.metadata) -> list[sa.Table]:
    """All audited tables, in order of dependence, so that a rebuild may insert them one after the other."""
    return [table for table in metadata.sorted_tables if table.info.get("audited")]


def logged_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns of an audited table that enter the history: open ones, and the digests of sealed ones."""
    return [column for column in table.columns if column.info["log"] != NEVER]


def open_(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column that stands in the history in clear."""
    return mapped_column(*args, **kwargs, info={"log": OPEN})


def sealed(*, comment: str, nullable: bool = True) -> MappedColumn[Any]:
    """A column that holds the digest of a sealed value: 64 hex digits; the value lies in the table `sealed`."""
    return mapped_column(
        sa.String(64), nullable=nullable, comment=f"{comment}; SHA-256(salt ‖ value), hex", info={"log": SEALED}
    )


def never(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """A column that no history, export or page may hold."""
    return mapped_column(*args, **kwargs, info={"log": NEVER})


def one_of(column: str, *values: str) -> sa.CheckConstraint:
    """CHECK that the column holds one of the values (or nothing, where it may be null)."""
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def reference(
    table: str, *, comment: str | None = None, nullable: bool = False, index: bool = True
) -> MappedColumn[Any]:
    """An open foreign key to the id of another table."""
    return mapped_column(
        Id, sa.ForeignKey(f"{table}.id"), nullable=nullable, index=index, comment=comment, info={"log": OPEN}
    )


PRECISIONS = ("second", "day", "month", "quarter", "year", "year_end", "before_year", "by_month_end", "open", "unknown")
LEVELS = ("public", "members", "parties")


def dated() -> MappedColumn[Any]:
    """The value of a partial date: ISO text as long as its precision allows; null if unknown."""
    return open_(
        sa.String(32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    )


def precision() -> MappedColumn[Any]:
    """The precision that goes with a `dated` column."""
    return open_(sa.String(16), nullable=False, server_default="unknown", comment="precision: " + ", ".join(PRECISIONS))
