"""Documents, what they claim and promise, meetings, and the citations that tie each record to a line."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from registry.models.base import LEVELS, Audited, Base, Moment, audited, dated, one_of, open_, precision, reference


class Document(Audited, Base):
    """An official document. Only its facts are kept, not its text."""

    __tablename__ = "document"
    __table_args__ = audited("document:id", one_of("level", *LEVELS))

    number: Mapped[str] = open_(sa.String(40), unique=True, comment="doc-<year>-<nn>")
    title: Mapped[str] = open_(sa.Text)
    kind: Mapped[str] = open_(
        sa.String(40), comment="plan, reply, opinion, rules, draft, list, minutes, instrument, other"
    )
    document_number: Mapped[str | None] = open_(
        sa.Text, nullable=True, index=True, comment="发文字号, normal form 乌海政字〔2019〕59号"
    )
    issuer_id: Mapped[int | None] = reference("body", nullable=True)
    issuer_name: Mapped[str | None] = open_(
        sa.Text, nullable=True, comment="as printed, where the issuer is no body of the register"
    )
    state: Mapped[str | None] = open_(sa.Text, nullable=True, comment="as the citing document says, e.g. 送审稿")
    class_mark: Mapped[str | None] = open_(sa.String(8), nullable=True, comment="办理结果分类 of a reply")
    signed_on: Mapped[str | None] = dated()
    signed_precision: Mapped[str] = precision()
    published_at: Mapped[str | None] = dated()
    published_precision: Mapped[str] = precision()
    period_from: Mapped[int | None] = open_(sa.Integer(), nullable=True, comment="first year it covers")
    period_until: Mapped[int | None] = open_(sa.Integer(), nullable=True, comment="last year it covers")
    approved_by: Mapped[str | None] = open_(sa.Text, nullable=True, comment="meeting that approved it")
    approving_signer: Mapped[str | None] = open_(
        sa.Text, nullable=True, comment="签发人, as published in the document itself"
    )
    addressees: Mapped[str | None] = open_(sa.Text, nullable=True, comment="separated by 、")
    proposal_number: Mapped[str | None] = open_(
        sa.String(16), nullable=True, comment="number of the proposal answered, digits as text"
    )
    proposal_title: Mapped[str | None] = open_(sa.Text, nullable=True)
    proposal_session: Mapped[str | None] = open_(sa.Text, nullable=True)
    proposers: Mapped[str | None] = open_(sa.Text, nullable=True, comment="separated by 、")
    implements_id: Mapped[int | None] = reference("document", nullable=True)
    level: Mapped[str] = open_(sa.String(8))
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Citation(Audited, Base):
    """Where a record's facts stand: a document and a line of it."""

    __tablename__ = "citation"
    __table_args__ = audited("document:document_id", sa.Index("ix_citation_subject", "subject_kind", "subject_id"))

    subject_kind: Mapped[str] = open_(sa.String(24), comment="name of the table of the record")
    subject_id: Mapped[int] = open_(sa.BigInteger())
    document_id: Mapped[int] = reference("document")
    line: Mapped[int] = open_(sa.Integer(), comment="1-based line of the text as received")


class MeetingSeries(Audited, Base):
    """A joint conference that meets again and again."""

    __tablename__ = "meeting_series"
    __table_args__ = audited("series:id")

    code: Mapped[str] = open_(sa.String(40), unique=True)
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True)
    sample: Mapped[bool] = open_(sa.Boolean())


class Meeting(Audited, Base):
    """One meeting. It may be an edition of several series at once (暨)."""

    __tablename__ = "meeting"
    __table_args__ = audited("meeting:id")

    number: Mapped[str] = open_(sa.String(40), unique=True, comment="meeting-<year or 0000>-<nn>")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    held: Mapped[bool] = open_(sa.Boolean(), comment="false: planned")
    held_on: Mapped[str | None] = dated()
    held_precision: Mapped[str] = precision()
    venue_id: Mapped[int | None] = reference("body", nullable=True)
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Edition(Audited, Base):
    """A meeting as the n-th of a series; the ordinal may be unknown."""

    __tablename__ = "edition"
    __table_args__ = audited("meeting:meeting_id", sa.UniqueConstraint("meeting_id", "series_id"))

    meeting_id: Mapped[int] = reference("meeting")
    series_id: Mapped[int] = reference("meeting_series")
    ordinal: Mapped[int | None] = open_(sa.Integer(), nullable=True)


class Event(Audited, Base):
    """Something that happened: a study tour, a petition, a publication."""

    __tablename__ = "event"
    __table_args__ = audited("event:id")

    code: Mapped[str] = open_(sa.String(40), unique=True)
    kind: Mapped[str] = open_(sa.String(40))
    what_zh: Mapped[str] = open_(sa.Text)
    what_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    on: Mapped[str | None] = dated()
    on_precision: Mapped[str] = precision()
    meeting_id: Mapped[int | None] = reference("meeting", nullable=True)
    sample: Mapped[bool] = open_(sa.Boolean())


class Claim(Audited, Base):
    """A count that a document states. It stands beside the tally of rows, and is never matched to another by its value."""

    __tablename__ = "claim"
    __table_args__ = audited("claim:id", one_of("level", *LEVELS))

    code: Mapped[str] = open_(sa.String(40), unique=True, comment="claim-<year>-<nn>")
    what_zh: Mapped[str] = open_(sa.Text)
    what_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    stated: Mapped[int] = open_(sa.Integer(), comment="the number claimed")
    approximate: Mapped[str | None] = open_(sa.String(8), nullable=True, comment="as printed, e.g. 近")
    unit: Mapped[str | None] = open_(sa.String(16), nullable=True)
    named: Mapped[int | None] = open_(sa.Integer(), nullable=True, comment="how many of them the document names")
    document_id: Mapped[int] = reference("document")
    as_of: Mapped[str | None] = dated()
    as_of_precision: Mapped[str] = precision()
    part_of_id: Mapped[int | None] = reference("claim", nullable=True, comment="the document says: so many of that set")
    agreement_id: Mapped[int | None] = reference("agreement", nullable=True)
    meeting_id: Mapped[int | None] = reference("meeting", nullable=True)
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True)
    counts: Mapped[str | None] = open_(
        sa.String(24),
        nullable=True,
        comment="which rows stand for the set: items, fields, parties, members, agreements; null: none do",
    )
    level: Mapped[str] = open_(sa.String(8))
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Commitment(Audited, Base):
    """A promise in a reply to a proposal; it can become an item."""

    __tablename__ = "commitment"
    __table_args__ = audited("document:document_id")

    code: Mapped[str] = open_(sa.String(40), unique=True)
    document_id: Mapped[int] = reference("document")
    position: Mapped[int] = open_(sa.Integer(), comment="order in the document, from 1")
    section: Mapped[str | None] = open_(sa.Text, nullable=True)
    title_zh: Mapped[str] = open_(sa.Text)
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    item_id: Mapped[int | None] = reference("item", nullable=True)


class StoredFile(Audited, Base):
    """A file in the content store, named by the hash of its content."""

    __tablename__ = "stored_file"
    __table_args__ = audited("file:id")

    sha256: Mapped[str] = open_(sa.String(64), unique=True, comment="SHA-256 of the content, hex")
    size: Mapped[int] = open_(sa.BigInteger(), comment="bytes")
    media_type: Mapped[str] = open_(sa.String(80), comment="by content, not by name")
    stored_at: Mapped[datetime] = open_(Moment(), comment="UTC")
