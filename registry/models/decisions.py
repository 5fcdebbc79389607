"""What is decided about records after they were made: same-as, corrections and objections to them, policies, answers to alerts."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Moment, audited, one_of, open_, reference, sealed

SAME_KINDS = ("party", "grouping", "agreement", "item", "document", "meeting")
"""Records of which two may turn out to be one."""
CORRECTED_KINDS = ("agreement", "item", "party", "grouping", "meeting", "document", "claim")
"""Records whose facts can be corrected."""
CORRECTION_OUTCOMES = ("open", "applied", "fallen", "withdrawn")
POLICIES = ("correction_window",)


class SameAs(Audited, Base):
    """A person decided that two records are of one thing: one stays, the address of the other leads to it."""

    __tablename__ = "same_as"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *SAME_KINDS),
        sa.Index(
            "uq_same_as_now", "subject_kind", "other_id", unique=True,
            sqlite_where=sa.text("undone_at IS NULL"), postgresql_where=sa.text("undone_at IS NULL"),
        ),
    )  # fmt: skip

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger(), comment="the record that stays")
    other_id: Mapped[int] = open_(sa.BigInteger(), comment="the record whose address leads to it")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    reason: Mapped[str | None] = sealed(comment="why they are one")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    undone_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: holds")


class MovedReference(Audited, Base):
    """A reference that moved from the other record to the one that stays, so that it can be moved back."""

    __tablename__ = "moved_reference"
    __table_args__ = audited("*:subject_id")

    subject_kind: Mapped[str] = open_(sa.String(12), comment="of its decision")
    subject_id: Mapped[int] = open_(sa.BigInteger(), comment="of its decision")
    same_as_id: Mapped[int] = reference("same_as")
    table_name: Mapped[str] = open_(sa.String(40))
    row_id: Mapped[int] = open_(sa.BigInteger())
    column_name: Mapped[str] = open_(sa.String(40))


class Correction(Audited, Base):
    """A correction of one field of one record: proposed, told to the parties, open to objection, then applied or fallen."""

    __tablename__ = "correction"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *CORRECTED_KINDS),
        one_of("outcome", *CORRECTION_OUTCOMES),
        sa.Index("ix_correction_subject", "subject_kind", "subject_id"),
        sa.Index(
            "uq_correction_open", "table_name", "row_id", "field", unique=True,
            sqlite_where=sa.text("outcome = 'open'"), postgresql_where=sa.text("outcome = 'open'"),
        ),
    )  # fmt: skip

    subject_kind: Mapped[str] = open_(sa.String(12), comment="the record on whose page it stands")
    subject_id: Mapped[int] = open_(sa.BigInteger())
    number: Mapped[int] = open_(sa.Integer(), comment="from 1 for each record")
    table_name: Mapped[str] = open_(sa.String(40))
    row_id: Mapped[int] = open_(sa.BigInteger())
    field: Mapped[str] = open_(sa.String(40))
    old: Mapped[str | None] = open_(sa.Text, nullable=True, comment="value before, as text; null: none")
    new: Mapped[str | None] = open_(sa.Text, nullable=True, comment="value proposed, as text; null: none")
    old_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="of a date")
    new_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="of a date")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that proposed it")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    reason: Mapped[str | None] = sealed(comment="what was wrong")
    policy_id: Mapped[int] = reference("policy", comment="the row that set the length of the window")
    proposed_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    window_until: Mapped[str] = open_(sa.String(10), comment="last day for objections, ISO 8601")
    outcome: Mapped[str] = open_(sa.String(12))
    decided_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: open")


class CorrectionObjection(Audited, Base):
    """A party objects to a correction."""

    __tablename__ = "correction_objection"
    __table_args__ = audited("*:subject_id", sa.UniqueConstraint("correction_id", "body_id"))

    subject_kind: Mapped[str] = open_(sa.String(12), comment="of its correction")
    subject_id: Mapped[int] = open_(sa.BigInteger(), comment="of its correction")
    correction_id: Mapped[int] = reference("correction")
    body_id: Mapped[int] = reference("body")
    reason: Mapped[str | None] = sealed(comment="why it objects")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class Policy(Audited, Base):
    """A number that the register goes by, from a day on: set by an act, never edited."""

    __tablename__ = "policy"
    __table_args__ = audited("policy:id", one_of("name", *POLICIES), sa.UniqueConstraint("name", "since"))

    name: Mapped[str] = open_(sa.String(24))
    since: Mapped[str] = open_(sa.String(10), comment="first day on which it holds, ISO 8601")
    days: Mapped[int] = open_(sa.Integer(), comment="calendar days")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class LampPolicy(Audited, Base):
    """The rules by which lamps are computed, from a day on: chosen by an act, never edited. Before the first: the register's own."""

    __tablename__ = "lamp_policy"
    __table_args__ = audited("lamp_policy:id", sa.UniqueConstraint("since"))

    slug: Mapped[str] = open_(sa.String(40), comment="which rules, e.g. own-1, yinchuan-2025")
    since: Mapped[str] = open_(sa.String(10), comment="first day on which they hold, ISO 8601")
    rules: Mapped[str] = open_(sa.Text, comment="the rules themselves, canonical JSON (registry/domain/lamps.py)")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class AlertAnswer(Audited, Base):
    """Somebody looked into an alert and answered it. It stays answered while the facts that raised it stay as they were."""

    __tablename__ = "alert_answer"
    __table_args__ = audited("*:subject_id", sa.UniqueConstraint("mark"))

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger())
    code: Mapped[str] = open_(sa.String(40))
    mark: Mapped[str] = open_(sa.String(160), comment="code, record, SHA-256 of the facts that raised it")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that answered")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    reason: Mapped[str | None] = sealed(comment="what was found")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
