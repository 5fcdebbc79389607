"""Time limits of subjects, the notices that come of them and of steps, and the calendar that working days are counted by."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Moment, audited, one_of, open_, reference
from registry.models.steps import SUBJECTS

PURPOSES = ("stay", "review", "answer")
NOTICES = (
    "reminder", "passed", "escalation", "review", "asked", "decided", "step", "silence", "act", "correction",
    "joined", "opted_out",
)  # fmt: skip
NOTICED = (*SUBJECTS, "party", "grouping", "meeting", "document", "claim")
"""Records that a notice can be about."""


class Deadline(Audited, Base):
    """One running time limit: how long a subject may stay in its state, when it is looked at again, or by when parties answer.

    Days are calendar days of the register's zone, ISO 8601. A stopped clock has `stopped_on`; a finished one `ended_at`.
    """

    __tablename__ = "deadline"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *SUBJECTS),
        one_of("purpose", *PURPOSES),
        sa.Index("ix_deadline_next_on", "next_on"),
        sa.Index("ix_deadline_subject", "subject_kind", "subject_id"),
    )

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger())
    purpose: Mapped[str] = open_(sa.String(8))
    state: Mapped[str] = open_(sa.String(40), comment="the state it belongs to")
    proposal_id: Mapped[int | None] = reference("proposal", nullable=True, comment="of an answer that is awaited")
    begun_on: Mapped[str] = open_(sa.String(10))
    due_on: Mapped[str | None] = open_(
        sa.String(10), nullable=True, comment="the last day in time; null: its field of the matter is not filled in"
    )
    provisional: Mapped[bool] = open_(sa.Boolean(), comment="true: counted through a year that is not announced yet")
    stopped_on: Mapped[str | None] = open_(sa.String(10), nullable=True, comment="null: the clock runs")
    next_on: Mapped[str | None] = open_(
        sa.String(10), nullable=True, comment="the day on which the sweep has to look at it; null: never"
    )
    ended_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: it still runs")


class Notice(Audited, Base):
    """Something that somebody is told once: a reminder, an escalation, a step taken, consent asked for."""

    __tablename__ = "notice"
    __table_args__ = audited(
        "*:subject_id",
        one_of("subject_kind", *NOTICED),
        one_of("kind", *NOTICES),
        sa.CheckConstraint("(body_id IS NULL) OR (grouping_id IS NULL)", name="one_reader"),
        sa.Index("ix_notice_subject", "subject_kind", "subject_id"),
    )

    subject_kind: Mapped[str] = open_(sa.String(12))
    subject_id: Mapped[int] = open_(sa.BigInteger())
    kind: Mapped[str] = open_(sa.String(12))
    mark: Mapped[str] = open_(
        sa.String(160), unique=True, comment="what happened and to whom it is told; the key that makes it happen once"
    )
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that is told")
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True, comment="whose secretariat is told")
    deadline_id: Mapped[int | None] = reference("deadline", nullable=True)
    proposal_id: Mapped[int | None] = reference("proposal", nullable=True)
    step_id: Mapped[int | None] = reference("step", nullable=True)
    act_id: Mapped[int | None] = reference("act", nullable=True)
    correction_id: Mapped[int | None] = reference("correction", nullable=True)
    party_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that joined or opted out")
    due_on: Mapped[str | None] = open_(sa.String(10), nullable=True, comment="the day it speaks of")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class CalendarYear(Audited, Base):
    """One announced year of a calendar of working days. A year without a row is not announced: spans through it are provisional."""

    __tablename__ = "calendar_year"
    __table_args__ = audited("calendar:id", sa.UniqueConstraint("calendar", "year"))

    calendar: Mapped[str] = open_(sa.String(60))
    year: Mapped[int] = open_(sa.Integer())
    basis_id: Mapped[int | None] = reference("document", nullable=True, comment="the notice, where it is registered")
    source: Mapped[str] = open_(sa.Text, comment="where its days come from")


class CalendarDay(Audited, Base):
    """A day that is not as its weekday says: a holiday from Monday to Friday, or a working Saturday or Sunday (调休)."""

    __tablename__ = "calendar_day"
    __table_args__ = audited("calendar:year_id", sa.UniqueConstraint("year_id", "day"))

    year_id: Mapped[int] = reference("calendar_year")
    day: Mapped[str] = open_(sa.String(10), comment="ISO 8601")
    working: Mapped[bool] = open_(sa.Boolean())
    name_zh: Mapped[str] = open_(sa.Text)
