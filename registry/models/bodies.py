"""Bodies: cities, leagues, governments, parks, departments; who belongs to which grouping, and since when."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, audited, dated, one_of, open_, precision, reference


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
    sample: Mapped[bool] = open_(sa.Boolean(), comment="true: fictional, in no tally")
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


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
    """Another name of a body or a grouping, valid everywhere or only in the papers of one issuer (我市, 我区)."""

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
    note: Mapped[str | None] = open_(sa.Text, nullable=True)
