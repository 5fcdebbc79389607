"""Proposals: a step put to others before it is taken, and what each party says to it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Moment, audited, dated, one_of, open_, precision, reference, sealed
from registry.models.steps import SUBJECTS

ANSWERS = ("agree", "object", "abstain", "request_change")
OUTCOMES = ("open", "carried", "refused", "change_requested", "superseded", "void", "left", "taken")


class Proposal(Audited, Base):
    """A step that somebody proposed: one round of consent, or the first of two persons. It binds to the hash of what was
    put forward; changed content ends it and opens another.

    outcome: open; carried, refused or change_requested as the votes decided; superseded by changed content; void by a
    request for changes elsewhere or by its proposer; left when the subject went another way; taken by its step.
    """

    __tablename__ = "proposal"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *SUBJECTS),
        one_of("outcome", *OUTCOMES),
        sa.UniqueConstraint("subject_kind", "subject_id", "number"),
        sa.Index(
            "uq_proposal_live", "subject_kind", "subject_id", "transition", unique=True,
            sqlite_where=sa.text("outcome IN ('open', 'carried')"),
            postgresql_where=sa.text("outcome IN ('open', 'carried')"),
        ),
    )  # fmt: skip

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger())
    number: Mapped[int] = open_(sa.Integer(), comment="from 1 for each subject")
    procedure_id: Mapped[int] = reference("procedure", index=False)
    transition: Mapped[str] = open_(sa.String(60))
    content: Mapped[str] = open_(sa.String(64), comment="SHA-256 of what is put forward, hex")
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    basis_note: Mapped[str | None] = open_(sa.Text, nullable=True, comment="place in the basis document")
    reason: Mapped[str | None] = sealed(comment="why")
    effective: Mapped[str | None] = dated()
    effective_precision: Mapped[str] = precision()
    merge_into_id: Mapped[int | None] = reference("item", nullable=True)
    person_id: Mapped[int | None] = reference("person", nullable=True, comment="who proposed it; null: the register")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party it was proposed for")
    asked_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    outcome: Mapped[str] = open_(sa.String(20))
    decided_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: open")


class Vote(Audited, Base):
    """What one party said in one round. A replaced answer, one that came late and one of a party that left stay, not counted."""

    __tablename__ = "vote"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *SUBJECTS),
        one_of("answer", *ANSWERS),
        one_of("standing", "counted", "replaced", "late"),
        sa.Index(
            "uq_vote_counted", "proposal_id", "body_id", unique=True,
            sqlite_where=sa.text("standing = 'counted'"), postgresql_where=sa.text("standing = 'counted'"),
        ),
    )  # fmt: skip

    subject_kind: Mapped[str] = open_(sa.String(12), comment="of its proposal")
    subject_id: Mapped[int] = open_(sa.BigInteger(), comment="of its proposal")
    proposal_id: Mapped[int] = reference("proposal")
    body_id: Mapped[int] = reference("body", comment="the party whose answer it is")
    person_id: Mapped[int | None] = reference("person", nullable=True, comment="who gave it; null: silence")
    answer: Mapped[str] = open_(sa.String(16))
    standing: Mapped[str] = open_(sa.String(8))
    tacit: Mapped[bool] = open_(sa.Boolean(), comment="true: silence that counts by the procedure's own words")
    reason: Mapped[str | None] = sealed(comment="the party's note")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
