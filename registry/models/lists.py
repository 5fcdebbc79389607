"""Annual lists of key projects: their versions, and the items that stand in each."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import LEVELS, Audited, Base, Moment, audited, dated, one_of, open_, precision, reference


class AnnualList(Audited, Base):
    """The key projects of one year, of a grouping or of one party (年度重点项目表)."""

    __tablename__ = "annual_list"
    __table_args__ = audited(
        "list:id",
        one_of("level", *LEVELS),
        sa.CheckConstraint("grouping_id IS NOT NULL OR issuer_id IS NOT NULL", name="somebodys"),
    )

    number: Mapped[str] = open_(sa.String(40), unique=True, comment="list-<year>-<nn>")
    title_zh: Mapped[str] = open_(sa.Text)
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    year: Mapped[int] = open_(sa.Integer())
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True, comment="whose list it is")
    issuer_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that keeps it")
    level: Mapped[str] = open_(sa.String(8))
    revision: Mapped[int] = open_(sa.Integer(), comment="counts every act on it")
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class ListVersion(Audited, Base):
    """One version of a list, as adopted. The highest is the list in use; earlier ones stay as they were."""

    __tablename__ = "list_version"
    __table_args__ = audited("list:list_id", sa.UniqueConstraint("list_id", "version"))

    list_id: Mapped[int] = reference("annual_list")
    version: Mapped[int] = open_(sa.Integer(), comment="from 1")
    adopted_on: Mapped[str | None] = dated()
    adopted_precision: Mapped[str] = precision()
    basis_id: Mapped[int | None] = reference("document", nullable=True, comment="the list as printed, or its approval")
    declared_items: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="number of items that the document states"
    )
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class ListRow(Audited, Base):
    """An item in one version of a list."""

    __tablename__ = "list_row"
    __table_args__ = audited("list:list_id", sa.UniqueConstraint("version_id", "item_id"))

    list_id: Mapped[int] = reference("annual_list")
    version_id: Mapped[int] = reference("list_version")
    item_id: Mapped[int] = reference("item")
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    category: Mapped[str | None] = open_(sa.Text, nullable=True, comment="大类 of the list, as printed")
    carried_from_id: Mapped[int | None] = reference(
        "annual_list", nullable=True, comment="the earlier year's list that it stood in"
    )
