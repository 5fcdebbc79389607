"""Cooperation items: who leads, what is to be reached, what was reported, what keeps the result alive."""

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

GRADES = ("on_track", "slow", "blocked", "not_reported")
LANES = ("reserve", "preparatory", "new", "continued")
LAMPS = ("red", "yellow", "blue", "green", "grey")
"""What needs attention first."""
LINEAGES = ("continues", "replaces", "split_from", "merged_from")


class Item(Audited, Base):
    """One thing the parties agreed to do, under an agreement or a document."""

    __tablename__ = "item"
    __table_args__ = audited(
        "item:id",
        one_of("level", *LEVELS),
        one_of("grade", *GRADES),
        one_of("lane", *LANES),
        sa.CheckConstraint("(agreement_id IS NULL) <> (document_id IS NULL)", name="one_parent"),
        sa.Index("ix_item_agreement_id_position", "agreement_id", "position"),
    )

    number: Mapped[str] = open_(
        sa.String(72), unique=True, comment="<parent>-<nnn>, given under the parent's lock, never reused"
    )
    title_zh: Mapped[str] = open_(sa.Text)
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    agreement_id: Mapped[int | None] = reference("agreement", nullable=True, index=False)
    document_id: Mapped[int | None] = reference("document", nullable=True)
    position: Mapped[int] = open_(sa.Integer(), comment="order under its parent, from 1")
    field_id: Mapped[int | None] = reference("agreement_field", nullable=True)
    section: Mapped[str | None] = open_(sa.Text, nullable=True, comment="heading of the document it stands under")
    state: Mapped[str] = open_(sa.String(40), index=True, comment="state of its procedure; only a step changes it")
    stage: Mapped[str] = open_(sa.String(24), index=True, comment="stage of that state; as before while suspended")
    procedure_id: Mapped[int] = reference("procedure", comment="the version it began with")
    grade: Mapped[str] = open_(sa.String(16), comment="of the last report: " + ", ".join(GRADES))
    graded_as_of: Mapped[str | None] = dated()
    graded_precision: Mapped[str] = precision()
    lane: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="dispatch lane")
    level: Mapped[str | None] = open_(
        sa.String(8), nullable=True, comment="narrower than its parent's; null: the parent's"
    )
    merged_into_id: Mapped[int | None] = reference("item", nullable=True)
    backfilled: Mapped[bool] = open_(sa.Boolean(), comment="true: entered by 补录, after the fact")
    revision: Mapped[int] = open_(sa.Integer(), comment="counts every act on it")
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Assignment(Audited, Base):
    """A party, or one of its departments, leads or joins an item; from a date to a date where that changed."""

    __tablename__ = "assignment"
    __table_args__ = audited(
        "item:item_id",
        one_of("role", "lead", "join", "support"),
        sa.Index(
            "uq_assignment_now", "item_id", "body_id", "department_id", "role", unique=True,
            sqlite_where=sa.text("until_precision IS NULL"), postgresql_where=sa.text("until_precision IS NULL"),
        ),
    )  # fmt: skip

    item_id: Mapped[int] = reference("item")
    body_id: Mapped[int] = reference("body")
    department_id: Mapped[int | None] = reference("department", nullable=True)
    role: Mapped[str] = open_(sa.String(8))
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1; the first lead reports for all")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: it still does")


class Partner(Audited, Base):
    """A partner that a document names for an item, as printed: often a region or a kind of enterprise, no party."""

    __tablename__ = "partner"
    __table_args__ = audited("item:item_id")

    item_id: Mapped[int] = reference("item")
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    names: Mapped[str] = open_(sa.Text, comment="as printed, separated by 、")
    relation: Mapped[str | None] = open_(sa.Text, nullable=True)
    kind: Mapped[str | None] = open_(sa.String(40), nullable=True)


class Target(Audited, Base):
    """A quantified target: a number, range, grade or dated milestone to reach."""

    __tablename__ = "target"
    __table_args__ = audited("item:item_id", sa.UniqueConstraint("item_id", "position"))

    item_id: Mapped[int] = reference("item")
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    metric_zh: Mapped[str] = open_(sa.Text)
    metric_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    comparator: Mapped[str] = open_(sa.String(12), comment="=, ~=, >=, <=, class<=, range, milestone")
    number: Mapped[str | None] = open_(
        sa.String(40), nullable=True, comment="exact decimal as text, in `unit`; the lower end of a range"
    )
    number_until: Mapped[str | None] = open_(sa.String(40), nullable=True, comment="upper end of a range")
    unit: Mapped[str | None] = open_(sa.String(24), nullable=True, comment="as printed, e.g. 万吨")
    year: Mapped[int | None] = open_(sa.Integer(), nullable=True, comment="year to reach it by")
    period: Mapped[str] = open_(
        sa.String(24), comment="unspecified, annual_recurring, by_year, annual_by_year, relative_horizon"
    )
    horizon_from: Mapped[int | None] = open_(sa.Integer(), nullable=True, comment="year the horizon counts from")
    horizon_years: Mapped[str | None] = open_(sa.String(8), nullable=True, comment="years, e.g. 5 or 3-5")
    force: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="force of words, e.g. 力争, 确保, 争取")
    base: Mapped[str | None] = open_(
        sa.Text, nullable=True, comment="what the unit is measured against, e.g. 2015年; null: nothing"
    )
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Observation(Audited, Base):
    """What a target had reached as of a date, as somebody observed it. An observation that was wrong is annulled, never changed."""

    __tablename__ = "observation"
    __table_args__ = audited("item:item_id")

    item_id: Mapped[int] = reference("item")
    target_id: Mapped[int] = reference("target")
    as_of: Mapped[str | None] = dated()
    as_of_precision: Mapped[str] = precision()
    number: Mapped[str | None] = open_(
        sa.String(40),
        nullable=True,
        comment="exact decimal as text, in the target's unit; the lower end of a range; of a class, its number",
    )
    number_until: Mapped[str | None] = open_(sa.String(40), nullable=True, comment="upper end of a range")
    reached: Mapped[bool | None] = open_(
        sa.Boolean(), nullable=True, comment="of a milestone: whether it is reached; null: the target is a number"
    )
    share: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="share of the target that was reached, in 1/100 %; null: not comparable"
    )
    scheduled: Mapped[int | None] = open_(
        sa.Integer(),
        nullable=True,
        comment="share due by `as_of` by schedule, in 1/100 %; null: the target has no year",
    )
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that reports it")
    basis_id: Mapped[int | None] = reference("document", nullable=True, comment="its source")
    source: Mapped[str | None] = open_(sa.Text, nullable=True, comment="place in the source, or what it is")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    annulled_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: stands")


class LaneChange(Audited, Base):
    """An item was put into a dispatch lane; the item's row has the last one."""

    __tablename__ = "lane_change"
    __table_args__ = audited("item:item_id", one_of("lane", *LANES))

    item_id: Mapped[int] = reference("item")
    lane: Mapped[str] = open_(sa.String(16))
    effective: Mapped[str | None] = dated()
    effective_precision: Mapped[str] = precision()
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class OptOut(Audited, Base):
    """A party of its agreement takes no part in an item: the item does not bind it while this holds."""

    __tablename__ = "opt_out"
    __table_args__ = audited(
        "item:item_id",
        sa.Index(
            "uq_opt_out_now", "item_id", "body_id", unique=True,
            sqlite_where=sa.text("until_precision IS NULL"), postgresql_where=sa.text("until_precision IS NULL"),
        ),
    )  # fmt: skip

    item_id: Mapped[int] = reference("item")
    body_id: Mapped[int] = reference("body")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: it still holds")
    basis_id: Mapped[int | None] = reference("document", nullable=True)


class Lineage(Audited, Base):
    """An item carries on what an earlier one began, under another agreement, document or list: no promise is dropped unseen."""

    __tablename__ = "lineage"
    __table_args__ = audited(
        "item:item_id",
        one_of("kind", *LINEAGES),
        sa.UniqueConstraint("item_id", "earlier_id"),
        sa.CheckConstraint("item_id <> earlier_id", name="two_items"),
    )

    item_id: Mapped[int] = reference("item", comment="the later item")
    earlier_id: Mapped[int] = reference("item")
    kind: Mapped[str] = open_(sa.String(12))
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    note: Mapped[str | None] = open_(sa.Text, nullable=True)
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class LampOverride(Audited, Base):
    """A leader decided which lamp an item shows, from a day on, with a basis; computed again once it ends."""

    __tablename__ = "lamp_override"
    __table_args__ = audited(
        "item:item_id",
        one_of("colour", *LAMPS),
        sa.Index(
            "uq_lamp_override_now", "item_id", unique=True,
            sqlite_where=sa.text("until IS NULL"), postgresql_where=sa.text("until IS NULL"),
        ),
    )  # fmt: skip

    item_id: Mapped[int] = reference("item")
    colour: Mapped[str] = open_(sa.String(8))
    since: Mapped[str] = open_(sa.String(10), comment="first day on which it holds, ISO 8601")
    until: Mapped[str | None] = open_(sa.String(10), nullable=True, comment="last day; null: it still holds")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party that decided it")
    basis_id: Mapped[int] = reference("document")
    reason: Mapped[str | None] = sealed(comment="why")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class Report(Audited, Base):
    """What one party says of an item: a grade in clear, and three texts that stay its own until it releases them."""

    __tablename__ = "report"
    __table_args__ = audited("item:item_id", one_of("grade", *GRADES))

    item_id: Mapped[int] = reference("item")
    body_id: Mapped[int] = reference("body", comment="the party that reports")
    as_of: Mapped[str | None] = dated()
    as_of_precision: Mapped[str] = precision()
    grade: Mapped[str] = open_(sa.String(16))
    progress: Mapped[str | None] = sealed(comment="进展情况")
    problem: Mapped[str | None] = sealed(comment="存在问题")
    next_step: Mapped[str | None] = sealed(comment="下一步计划")
    released_progress: Mapped[str | None] = open_(sa.Text, nullable=True, comment="进展情况, released by an act")
    released_problem: Mapped[str | None] = open_(sa.Text, nullable=True, comment="存在问题, released by an act")
    released_next_step: Mapped[str | None] = open_(sa.Text, nullable=True, comment="下一步计划, released by an act")
    released_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: not released")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class Mechanism(Audited, Base):
    """What keeps a result alive: its instrument, its keeper, and when it is looked at again."""

    __tablename__ = "mechanism"
    __table_args__ = audited("item:item_id", sa.Index("ix_mechanism_review_on", "review_on"))

    item_id: Mapped[int] = reference("item")
    kind: Mapped[str] = open_(sa.String(40), comment="rule, joint_body, platform, budget, accord, mutual_recognition")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    document_id: Mapped[int | None] = reference("document", nullable=True, comment="the instrument")
    keeper_id: Mapped[int] = reference("body", comment="the party that keeps it")
    review_on: Mapped[str | None] = dated()
    review_precision: Mapped[str] = precision()
    lapsed: Mapped[bool] = open_(sa.Boolean())
