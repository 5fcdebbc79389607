"""Bodies: cities, leagues, governments, parks, departments; who belongs to which grouping, and since when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Moment, audited, dated, one_of, open_, precision, reference

BODY_EVENTS = ("rename", "level_change", "code_change", "merger", "split", "end")


class Body(Audited, Base):
    """Somebody named in a document. A body that can sign is a party; the others are only names."""

    __tablename__ = "body"
    __table_args__ = audited("party:id")

    code: Mapped[str] = open_(
        sa.String(40), unique=True, comment="GB/T 2260 code where there is one, else a key of our own"
    )
    gb_code: Mapped[str | None] = open_(sa.String(6), nullable=True, comment="GB/T 2260, six digits")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    kind: Mapped[str] = open_(
        sa.String(40), comment="e.g. city, league, district, government, department, park, institution, proposer"
    )
    province: Mapped[str | None] = open_(sa.Text, nullable=True, comment="name of the province-level unit")
    parent_id: Mapped[int | None] = reference("body", nullable=True)
    signs: Mapped[bool] = open_(sa.Boolean(), comment="true: can sign, hence a party")
    ended_on: Mapped[str | None] = dated()
    ended_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: it still exists")
    sample: Mapped[bool] = open_(sa.Boolean(), comment="true: fictional, in no tally")
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class BodyName(Audited, Base):
    """An official name and code that a body bore before the present ones, from a date to a date."""

    __tablename__ = "body_name"
    __table_args__ = audited("party:body_id")

    body_id: Mapped[int] = reference("body")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    kind: Mapped[str] = open_(
        sa.String(40), comment="kind of the body at that time: a change of level is a change of kind"
    )
    gb_code: Mapped[str | None] = open_(sa.String(6), nullable=True, comment="GB/T 2260 at that time")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str] = precision()
    event_id: Mapped[int] = reference("body_event", comment="the event that ended it")


class BodyEvent(Audited, Base):
    """What befell bodies: a new name, a new level, a merger, a split, the end. The bodies' rows show the state after it."""

    __tablename__ = "body_event"
    __table_args__ = audited("party:body_id", one_of("kind", *BODY_EVENTS))

    body_id: Mapped[int] = reference(
        "body", comment="the body renamed, split or ended; of a merger, the one that remains"
    )
    kind: Mapped[str] = open_(sa.String(16))
    on: Mapped[str | None] = dated()
    on_precision: Mapped[str] = precision()
    basis_id: Mapped[int | None] = reference("document", nullable=True)
    basis_note: Mapped[str | None] = open_(sa.Text, nullable=True, comment="place in the basis document, or what it is")
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")


class BodyEventPart(Audited, Base):
    """Another body that an event concerns: merged into the one that remains, or made by the split."""

    __tablename__ = "body_event_part"
    __table_args__ = audited("party:body_id", sa.UniqueConstraint("event_id", "body_id"))

    event_id: Mapped[int] = reference("body_event")
    body_id: Mapped[int] = reference("body")


class Department(Audited, Base):
    """A department of a body that leads or supports items. Exact names are the key: near names are different departments."""

    __tablename__ = "department"
    __table_args__ = audited("party:body_id", sa.UniqueConstraint("body_id", "name_zh"))

    body_id: Mapped[int] = reference("body")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    sample: Mapped[bool] = open_(sa.Boolean())


class Grouping(Audited, Base):
    """A standing body of cities: economic zone, city cluster, adjacent region."""

    __tablename__ = "grouping"
    __table_args__ = audited("grouping:id")

    code: Mapped[str] = open_(sa.String(40), unique=True, comment="slug that starts the numbers of its agreements")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    kind: Mapped[str] = open_(sa.String(40))
    declared_members: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="number of members a document claims"
    )
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Membership(Audited, Base):
    """A party belongs to a grouping, from a date to a date."""

    __tablename__ = "membership"
    __table_args__ = audited("grouping:grouping_id", one_of("role", "member", "observer", "host"))

    grouping_id: Mapped[int] = reference("grouping")
    body_id: Mapped[int] = reference("body")
    role: Mapped[str] = open_(sa.String(16))
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: still a member")


class Alias(Audited, Base):
    """Another name of a body or a grouping, valid everywhere, in the papers of one issuer (我市, 我区) or of one kind of issuer."""

    __tablename__ = "alias"
    __table_args__ = audited(
        "party:body_id grouping:grouping_id",
        sa.CheckConstraint("(body_id IS NULL) <> (grouping_id IS NULL)", name="one_owner"),
    )

    text: Mapped[str] = open_(sa.Text, index=True)
    body_id: Mapped[int | None] = reference("body", nullable=True)
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True)
    issuer_id: Mapped[int | None] = reference(
        "body", nullable=True, comment="the alias holds only in this issuer's papers"
    )
    issuer_kind: Mapped[str | None] = open_(
        sa.String(40),
        nullable=True,
        comment="the alias holds in the papers of issuers of this kind: 全区 in a district's",
    )
    note: Mapped[str | None] = open_(sa.Text, nullable=True)
