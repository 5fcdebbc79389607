"""Procedures as published, and the steps that subjects took through them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Moment, audited, dated, one_of, open_, precision, reference, sealed

SUBJECTS = ("agreement", "item", "matter")
"""What a procedure can run on: the names of their tables."""


class Procedure(Audited, Base):
    """One version of one definition. A draft may be replaced; once published it never changes: running work keeps the
    version it began with, and a retired version only begins no new work."""

    __tablename__ = "procedure"
    __table_args__ = audited(
        "procedure:id", sa.UniqueConstraint("slug", "version"), one_of("status", "draft", "published", "retired")
    )

    slug: Mapped[str] = open_(sa.String(60))
    version: Mapped[int] = open_(sa.Integer())
    status: Mapped[str] = open_(sa.String(12))
    sha256: Mapped[str] = open_(sa.String(64), comment="SHA-256 of the canonical JSON of the definition, hex")
    source: Mapped[str] = open_(sa.Text, comment="the YAML file as drafted and published")


class Step(Audited, Base):
    """One step of one subject. The state of the subject is the fold of its steps, and nothing else."""

    __tablename__ = "step"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *SUBJECTS),
        sa.UniqueConstraint("subject_kind", "subject_id", "position"),
    )

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger())
    position: Mapped[int] = open_(sa.Integer(), comment="from 1 for each subject")
    procedure_id: Mapped[int] = reference("procedure", index=False)
    transition: Mapped[str] = open_(sa.String(60))
    kind: Mapped[str] = open_(
        sa.String(12), comment="forward, return, suspend, resume, reopen, merge, terminate, system, entry, migrate"
    )
    from_state: Mapped[str | None] = open_(
        sa.String(40), nullable=True, comment="null: the first step of an older record, 补录"
    )
    to_state: Mapped[str] = open_(sa.String(40))
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party it was done for")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    basis_note: Mapped[str | None] = open_(sa.Text, nullable=True, comment="place in the basis document")
    reason: Mapped[str | None] = sealed(comment="why")
    effective: Mapped[str | None] = dated()
    effective_precision: Mapped[str] = precision()
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class Evidence(Audited, Base):
    """A paper or file shown for a step: consensus reached, conditions met, result delivered."""

    __tablename__ = "evidence"
    __table_args__ = audited(
        "item:item_id agreement:agreement_id matter:matter_id",
        sa.CheckConstraint(
            "CASE WHEN item_id IS NULL THEN 0 ELSE 1 END + CASE WHEN agreement_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN matter_id IS NULL THEN 0 ELSE 1 END = 1",
            name="one_subject",
        ),
    )

    item_id: Mapped[int | None] = reference("item", nullable=True)
    agreement_id: Mapped[int | None] = reference("agreement", nullable=True)
    matter_id: Mapped[int | None] = reference("matter", nullable=True)
    type: Mapped[str] = open_(sa.String(40), comment="evidence type of the subject's procedure")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that shows it")
    document_id: Mapped[int | None] = reference("document", nullable=True)
    file_id: Mapped[int | None] = reference("stored_file", nullable=True)
    note: Mapped[str | None] = open_(sa.Text, nullable=True)
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
