"""Matters: whatever else a procedure runs on. Its typed fields stand in the definition; the values are rows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import (
    LEVELS,
    Audited,
    Base,
    Moment,
    audited,
    dated,
    one_of,
    open_,
    precision,
    reference,
    sealed,
)


class Matter(Audited, Base):
    """A supervised task, a finding, a proposal, a round of opinions, or what a city defines for itself."""

    __tablename__ = "matter"
    __table_args__ = audited("matter:id", one_of("level", *LEVELS))

    number: Mapped[str] = open_(sa.String(120), unique=True, comment="<procedure>-<year>-<nnn>, never reused")
    title_zh: Mapped[str] = open_(sa.Text)
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    procedure_id: Mapped[int] = reference("procedure", comment="the version it runs on")
    state: Mapped[str] = open_(sa.String(40), index=True, comment="state of its procedure; only a step changes it")
    stage: Mapped[str] = open_(sa.String(24), comment="stage of that state; as before while suspended")
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True, comment="whose secretariat keeps it")
    host_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that opened it")
    agreement_id: Mapped[int | None] = reference("agreement", nullable=True, comment="what it is about")
    item_id: Mapped[int | None] = reference("item", nullable=True, comment="what it is about")
    document_id: Mapped[int | None] = reference("document", nullable=True, comment="what it comes from")
    level: Mapped[str] = open_(sa.String(8))
    opened_on: Mapped[str | None] = dated()
    opened_precision: Mapped[str] = precision()
    revision: Mapped[int] = open_(sa.Integer(), comment="counts every act on it")
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class MatterParty(Audited, Base):
    """A party of a matter: who has to act (lead), who joins; from a date to a date where that changed."""

    __tablename__ = "matter_party"
    __table_args__ = audited(
        "matter:matter_id",
        one_of("role", "lead", "join"),
        sa.Index(
            "uq_matter_party_now", "matter_id", "body_id", unique=True,
            sqlite_where=sa.text("until_precision IS NULL"), postgresql_where=sa.text("until_precision IS NULL"),
        ),
    )  # fmt: skip

    matter_id: Mapped[int] = reference("matter")
    body_id: Mapped[int] = reference("body")
    role: Mapped[str] = open_(sa.String(8))
    position: Mapped[int] = open_(sa.Integer(), comment="order, from 1")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: it still is")


class MatterValue(Audited, Base):
    """What was filled into one field, at the opening or with a step. The last value counts; earlier ones stay."""

    __tablename__ = "matter_value"
    __table_args__ = audited(
        "matter:matter_id",
        sa.UniqueConstraint("matter_id", "name", "position"),
        sa.CheckConstraint("(text IS NULL) OR (kept IS NULL)", name="one_class"),
    )

    matter_id: Mapped[int] = reference("matter")
    name: Mapped[str] = open_(sa.String(64), comment="id of the field in the definition")
    position: Mapped[int] = open_(sa.Integer(), comment="of the step it came with; 0: filled in at the opening")
    text: Mapped[str | None] = open_(
        sa.Text,
        nullable=True,
        comment="text, ISO date, exact number or choice of an open field; code of a party; number of a document",
    )
    kept: Mapped[str | None] = sealed(comment="value of a sealed field")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="of a field of type party")
    document_id: Mapped[int | None] = reference("document", nullable=True, comment="of a field of type document")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
