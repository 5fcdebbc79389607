"""People, what they may do, and the register itself."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import Audited, Base, Id, Moment, audited, never, one_of, open_, reference, sealed

ROLES = ("officer", "viewer", "auditor", "secretariat", "administrator")


class Register(Audited, Base):
    """The register: one row."""

    __tablename__ = "register"
    __table_args__ = audited("register:id", sa.CheckConstraint("id = 1", name="one_row"))

    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str] = open_(sa.Text)
    origin: Mapped[str] = open_(sa.Text, comment="origin line of its log, made at init")
    public_key: Mapped[str] = open_(sa.Text, comment="Ed25519 public key, base64")
    zone: Mapped[str] = open_(sa.String(40), comment="IANA zone of its calendar days")
    admin_token: Mapped[str | None] = never(
        sa.String(64), nullable=True, comment="SHA-256 of the one-time first-administrator token"
    )


class Person(Audited, Base):
    """Somebody who may sign in."""

    __tablename__ = "person"
    __table_args__ = audited("person:id")

    login: Mapped[str] = open_(sa.String(60), unique=True, comment="a name of the account, not of the person")
    name: Mapped[str] = sealed(comment="name of the person", nullable=False)
    post: Mapped[str] = open_(sa.Text, comment="post, e.g. 发展和改革委员会 联络员")
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="the party the person works for")
    active: Mapped[bool] = open_(sa.Boolean())
    language: Mapped[str] = open_(sa.String(8), comment="zh or en")
    password_hash: Mapped[str | None] = never(sa.Text, nullable=True, comment="Argon2id")
    session_key: Mapped[str] = never(sa.String(32), comment="changes with the password and ends old sessions")


class Grant(Audited, Base):
    """A role of a person, in a scope, from a moment to a moment."""

    __tablename__ = "grant"
    __table_args__ = audited(
        "person:person_id",
        one_of("role", *ROLES),
        sa.CheckConstraint(
            "(body_id IS NOT NULL) = (role IN ('officer', 'viewer')) AND (grouping_id IS NOT NULL) = (role = 'secretariat')",
            name="scope",
        ),
    )

    person_id: Mapped[int] = reference("person")
    role: Mapped[str] = open_(sa.String(16))
    body_id: Mapped[int | None] = reference("body", nullable=True, comment="scope of an officer or viewer")
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True, comment="scope of a secretariat")
    since: Mapped[datetime] = open_(Moment(), comment="UTC")
    until: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: no end")


class SignInFailure(Base):
    """Failed sign-ins under one typed name, known or unknown: the answer must not tell which. Not part of the history."""

    __tablename__ = "sign_in_failure"

    name_digest: Mapped[str] = never(sa.String(64), primary_key=True, comment="SHA-256 of the typed name, hex")
    failures: Mapped[int] = never(sa.Integer())
    locked_until: Mapped[datetime | None] = never(Moment(), nullable=True, comment="UTC")


class SealedValue(Base):
    """The value behind a digest. Erasing the row erases the value and keeps every proof."""

    __tablename__ = "sealed"

    digest: Mapped[str] = never(sa.String(64), primary_key=True, comment="SHA-256(salt ‖ value), hex")
    salt: Mapped[bytes] = never(sa.LargeBinary(16), comment="16 random bytes")
    value: Mapped[str] = never(sa.Text)
    body_id: Mapped[int | None] = never(
        Id, sa.ForeignKey("body.id"), nullable=True, comment="owner party; null: the register"
    )
