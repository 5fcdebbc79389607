"""The tables of the history: entries, head, scratch, the searchable changes, and a version table for each audited table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Base, Id, Moment, audited_tables, logged_columns


class LedgerHead(Base):
    """One row: how many entries there are. Held to the commit, so that index order is commit order and no number is lost."""

    __tablename__ = "ledger_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(sa.BigInteger(), comment="number of entries")


class LedgerEntry(Base):
    """One entry, immutable. `body` alone is the truth; the columns beside it are for searching, and verify compares them."""

    __tablename__ = "ledger_entry"

    index: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False, comment="from 0, no gaps")
    leaf: Mapped[str] = mapped_column(sa.String(64), comment="SHA-256(00 ‖ body), hex; RFC 9162 §2.1.1")
    body: Mapped[str] = mapped_column(sa.Text, comment="canonical JSON")
    at: Mapped[datetime] = mapped_column(Moment(), index=True, comment="moment of recording, UTC")
    act: Mapped[str] = mapped_column(sa.String(60), index=True)
    subject_kind: Mapped[str] = mapped_column(sa.String(24))
    subject_id: Mapped[int] = mapped_column(sa.BigInteger())


class Never(Base):
    """Stays empty for ever, so that a row of `row_change` left at commit breaks its deferred foreign key."""

    __tablename__ = "never"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)


class RowChange(Base):
    """Scratch: what the capture triggers saw since the last entry. Empty at every commit: no entry, no commit."""

    __tablename__ = "row_change"
    __table_args__ = (
        # A trigger that lost both images must fail, not leave a row that says nothing.
        sa.CheckConstraint("old IS NOT NULL OR new IS NOT NULL", name="one_image"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    table_name: Mapped[str] = mapped_column(sa.String(40))
    row_id: Mapped[int] = mapped_column(sa.BigInteger())
    old: Mapped[str | None] = mapped_column(sa.Text, comment="JSON image before; null: inserted")
    new: Mapped[str | None] = mapped_column(sa.Text, comment="JSON image after; null: deleted")
    gathered: Mapped[int] = mapped_column(
        Id,
        sa.ForeignKey("never.id", deferrable=True, initially="DEFERRED"),
        server_default="0",
        comment="always 0: see class Never",
    )


class Change(Base):
    """One field of one row changed in one entry: the searchable face of the history. A projection of the entries."""

    __tablename__ = "change"
    __table_args__ = (
        sa.Index("ix_change_subject", "subject_kind", "subject_id", "entry"),
        sa.Index("ix_change_entry", "entry"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    entry: Mapped[int] = mapped_column(Id, comment="index of the entry")
    subject_kind: Mapped[str] = mapped_column(sa.String(24), comment="the record whose history it belongs to")
    subject_id: Mapped[int] = mapped_column(sa.BigInteger())
    table_name: Mapped[str] = mapped_column(sa.String(40))
    row_id: Mapped[int] = mapped_column(sa.BigInteger())
    field: Mapped[str] = mapped_column(sa.String(40), comment="empty: the whole row came or went")
    old: Mapped[str | None] = mapped_column(
        sa.Text, comment="canonical JSON of the value before; null: the row was not there"
    )
    new: Mapped[str | None] = mapped_column(sa.Text, comment="canonical JSON of the value after; null: the row is gone")


def version_table(table: sa.Table) -> sa.Table:
    """The version table of an audited table: its logged columns as they were, from one entry until another.

    No foreign keys and no uniqueness: what was once true may collide with what is true now.
    """
    columns: list[sa.Column[Any]] = [
        sa.Column(
            column.name,
            column.type,
            primary_key=column.primary_key,
            autoincrement=False,
            nullable=column.nullable,
            comment=column.comment,
        )
        for column in logged_columns(table)
    ]
    indexes = [sa.Index(f"ix_{table.name}_version_{'_'.join(names)}", *names) for names in indexed(table)]
    return sa.Table(
        f"{table.name}_version",
        table.metadata,
        *columns,
        sa.Column(
            "entry_from", Id, primary_key=True, autoincrement=False, comment="index of the entry that made this version"
        ),
        sa.Column("entry_until", Id, nullable=True, comment="index of the entry that ended it; null: current"),
        *indexes,
        info={"version_of": table.name},
    )


def indexed(table: sa.Table) -> list[tuple[str, ...]]:
    """What a version table is found by: the live table's indexes, and its keys where no index begins like them."""
    keys = [each.columns for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    keys += [each.columns for each in table.indexes if each.unique]
    found = sorted(tuple(each.columns.keys()) for each in table.indexes if not each.unique)
    for names in sorted(tuple(columns.keys()) for columns in keys):
        if names[0] not in {each[0] for each in found}:
            found.append(names)
    return found


def add_version_tables() -> dict[str, sa.Table]:
    """Version tables of all audited tables, by the name of the live table. Called once, when all models are loaded."""
    return {table.name: version_table(table) for table in audited_tables()}
