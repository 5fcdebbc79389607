"""What is shown to people who do not sign in: links to chosen pages, and pages frozen as they were."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.models.base import Audited, Base, Id, Moment, audited, never, one_of, open_, reference

FROZEN_LEVELS = ("public", "parties")


class ShareLink(Audited, Base):
    """A link that opens chosen pages without sign-in, as its maker's party may read them, until it expires or is revoked."""

    __tablename__ = "share_link"
    __table_args__ = audited("share:id")

    digest: Mapped[str] = open_(
        sa.String(64), unique=True, comment="SHA-256 of its token, hex; the token is kept nowhere"
    )
    label: Mapped[str] = open_(sa.Text, comment="what it is for, as its maker calls it")
    pages: Mapped[str] = open_(sa.Text, comment="addresses that it opens, canonical JSON array")
    person_id: Mapped[int] = reference("person", comment="who made it: it shows what this person may read today")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party of its maker")
    made_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    expires_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    revoked_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: not revoked")


class ShareVisit(Base):
    """How often a link was opened on a day: a count, no reader. Not part of the history."""

    __tablename__ = "share_visit"

    share_id: Mapped[int] = mapped_column(Id, sa.ForeignKey("share_link.id"), primary_key=True, info={"log": "never"})
    day: Mapped[date] = never(sa.Date(), primary_key=True, comment="in the register's zone")
    count: Mapped[int] = never(sa.Integer())


class FrozenPage(Audited, Base):
    """A page as it was at one entry, kept as a file: later changes do not alter it (定版)."""

    __tablename__ = "frozen_page"
    __table_args__ = audited("frozen_page:id", one_of("level", *FROZEN_LEVELS))

    number: Mapped[str] = open_(sa.String(24), unique=True, comment="snap-<year>-<nnnn>")
    address: Mapped[str] = open_(sa.Text, comment="path and query of the page, without the language")
    language: Mapped[str] = open_(sa.String(8), comment="zh or en")
    title: Mapped[str] = open_(sa.Text, comment="of the page, in its language")
    entry: Mapped[int] = open_(sa.BigInteger(), comment="index of the last entry that it knows")
    on: Mapped[str] = open_(sa.String(10), comment="the register's day on which it was made, ISO 8601")
    sha256: Mapped[str] = open_(sa.String(64), comment="SHA-256 of the stored page, hex")
    level: Mapped[str] = open_(sa.String(8), comment="public: as everybody sees it; parties: as its maker's party does")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party of its maker")
    made_at: Mapped[datetime] = open_(Moment(), comment="UTC")
