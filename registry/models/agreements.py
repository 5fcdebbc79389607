"""Agreements, their parties, fields and texts, the acts of parties, and the relations between agreements."""

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

RELATIONS = ("implements", "sub_accord", "amends", "supersedes", "possibly_same", "unclear")
TEXT_KINDS = ("text", "amendment")
FILE_KINDS = ("authentic", "translation", "certified_copy")
ONCE = (
    "signature", "decline", "ratification", "acceptance", "approval", "accession", "provisional_application",
    "withdrawal_notice", "withdrawal", "succession",
)  # fmt: skip
"""Acts that a party does once to a text."""
AGAIN = ("declaration", "reservation", "objection", "confirmation", "correction")
"""Acts that a party may do again and again."""
ACT_KINDS = (*ONCE, *AGAIN)
AUTHORITIES = ("office", "full_powers", "delegated", "acting")
"""By the signer's own post; by a written authorisation; by delegation; for the holder of the post."""
STANDS_ONCE = f"annulled_at IS NULL AND kind NOT IN ({', '.join(map(repr, AGAIN))})"


class Agreement(Audited, Base):
    """An accord of several parties, or a number of like accords recorded as one."""

    __tablename__ = "agreement"
    __table_args__ = audited(
        "agreement:id", one_of("level", *LEVELS), one_of("party_list", "unknown", "partial", "complete")
    )

    number: Mapped[str] = open_(
        sa.String(60), unique=True, comment="<grouping>-<year>-<nn>; x: no grouping, 0000: year unknown"
    )
    title_zh: Mapped[str] = open_(sa.Text)
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    kind: Mapped[str] = open_(
        sa.String(40),
        comment="framework_agreement, sector_agreement, sector_framework_agreement, institutional_agreements",
    )
    grouping_id: Mapped[int | None] = reference("grouping", nullable=True)
    meeting_id: Mapped[int | None] = reference("meeting", nullable=True)
    host_id: Mapped[int | None] = reference(
        "body", nullable=True, comment="depositary: keeps the original, may log signatures of others"
    )
    level: Mapped[str] = open_(sa.String(8))
    state: Mapped[str] = open_(sa.String(40), index=True, comment="state of its procedure; only a step changes it")
    stage: Mapped[str] = open_(sa.String(24), comment="stage of that state")
    procedure_id: Mapped[int] = reference("procedure", comment="the version it began with")
    party_list: Mapped[str] = open_(sa.String(8), comment="how far its parties are known")
    declared_parties: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="number of parties the document states"
    )
    declared_fields: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="number of fields the document states"
    )
    instruments: Mapped[int] = open_(
        sa.Integer(), server_default="1", comment="how many like instruments this record stands for"
    )
    dated_on: Mapped[str | None] = dated()
    dated_precision: Mapped[str] = precision()
    venue_id: Mapped[int | None] = reference("body", nullable=True)
    backfilled: Mapped[bool] = open_(sa.Boolean(), comment="true: entered by 补录, after the fact")
    revision: Mapped[int] = open_(
        sa.Integer(), comment="counts every act on it, so that two last signers cannot miss each other"
    )
    sample: Mapped[bool] = open_(sa.Boolean())
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class AgreementParty(Audited, Base):
    """A party of an agreement, in the order printed; one that joined later or left has its dates."""

    __tablename__ = "agreement_party"
    __table_args__ = audited("agreement:agreement_id", sa.UniqueConstraint("agreement_id", "body_id"))

    agreement_id: Mapped[int] = reference("agreement")
    body_id: Mapped[int] = reference("body")
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: still a party")


class AgreementField(Audited, Base):
    """A field of cooperation that the agreement names. Fields belong to their document."""

    __tablename__ = "agreement_field"
    __table_args__ = audited("agreement:agreement_id", sa.UniqueConstraint("agreement_id", "position"))

    agreement_id: Mapped[int] = reference("agreement")
    position: Mapped[int] = open_(sa.Integer(), comment="order as printed, from 1")
    name_zh: Mapped[str] = open_(sa.Text)
    name_en: Mapped[str | None] = open_(sa.Text, nullable=True)


class AgreementText(Audited, Base):
    """One version of the text, or one amendment to it, known by the hash of its file. Each has acts and force of its own."""

    __tablename__ = "agreement_text"
    __table_args__ = audited(
        "agreement:agreement_id",
        one_of("kind", *TEXT_KINDS),
        sa.UniqueConstraint("agreement_id", "version"),
        sa.UniqueConstraint("agreement_id", "sha256"),
    )

    agreement_id: Mapped[int] = reference("agreement")
    kind: Mapped[str] = open_(sa.String(12), server_default="text", comment="text of the agreement, or amendment to it")
    version: Mapped[int] = open_(
        sa.Integer(), comment="from 1 for texts and amendments together; the highest text is the settled one"
    )
    sha256: Mapped[str] = open_(sa.String(64), comment="SHA-256 of the text file, hex")
    language: Mapped[str] = open_(sa.String(16), comment="BCP 47 tag of the authentic language")
    title_zh: Mapped[str | None] = open_(sa.Text, nullable=True, comment="of an amendment")
    title_en: Mapped[str | None] = open_(sa.Text, nullable=True)
    clause: Mapped[str | None] = open_(
        sa.Text,
        nullable=True,
        comment="entry into force as data, canonical JSON (registry/domain/force.py); null: not stated",
    )
    clause_place: Mapped[str | None] = open_(sa.Text, nullable=True, comment="where the text says so, e.g. 第九条")
    stated_on: Mapped[str | None] = dated()
    stated_precision: Mapped[str] = precision()
    stated_basis_id: Mapped[int | None] = reference(
        "document",
        nullable=True,
        comment="the document that states the date of entry into force, as `stated_on` has it",
    )


class TextFile(Audited, Base):
    """Another file of a text: a second authentic language, a translation, a copy certified by the depositary."""

    __tablename__ = "text_file"
    __table_args__ = audited(
        "agreement:agreement_id",
        one_of("kind", *FILE_KINDS),
        sa.UniqueConstraint("text_id", "sha256"),
    )

    agreement_id: Mapped[int] = reference("agreement")
    text_id: Mapped[int] = reference("agreement_text")
    kind: Mapped[str] = open_(sa.String(16))
    language: Mapped[str] = open_(sa.String(16), comment="BCP 47 tag")
    sha256: Mapped[str] = open_(sa.String(64), comment="SHA-256 of the file, hex")
    certified_by_id: Mapped[int | None] = reference(
        "body", nullable=True, comment="of a certified copy: who certified it"
    )
    certified_on: Mapped[str | None] = dated()
    certified_precision: Mapped[str] = precision()


class Custody(Audited, Base):
    """Who keeps the original of a text, and who keeps a copy, from a date to a date."""

    __tablename__ = "custody"
    __table_args__ = audited(
        "agreement:agreement_id",
        one_of("what", "original", "copy"),
        sa.Index(
            "uq_custody_now", "text_id", "body_id", "what", unique=True,
            sqlite_where=sa.text("until_precision IS NULL"), postgresql_where=sa.text("until_precision IS NULL"),
        ),
    )  # fmt: skip

    agreement_id: Mapped[int] = reference("agreement")
    text_id: Mapped[int] = reference("agreement_text")
    body_id: Mapped[int] = reference("body")
    what: Mapped[str] = open_(sa.String(8))
    place: Mapped[str | None] = open_(sa.Text, nullable=True, comment="archive and shelf mark")
    since: Mapped[str | None] = dated()
    since_precision: Mapped[str] = precision()
    until: Mapped[str | None] = dated()
    until_precision: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="null: still kept there")


class Relation(Audited, Base):
    """How one agreement stands to another."""

    __tablename__ = "relation"
    __table_args__ = audited(
        "agreement:agreement_id",
        one_of("kind", *RELATIONS),
        sa.UniqueConstraint("agreement_id", "other_id", "kind"),
    )

    agreement_id: Mapped[int] = reference("agreement")
    other_id: Mapped[int] = reference("agreement")
    kind: Mapped[str] = open_(sa.String(16))
    note: Mapped[str | None] = open_(sa.Text, nullable=True)


class Act(Audited, Base):
    """What one party did to one text: signed it, declined to, acceded, made a reservation, gave notice that it leaves …

    A wrong entry is annulled by a later act and stays. Among acts not annulled a kind done once stands once for each
    text and party: the partial unique index has the last word in a race. Declarations, reservations, objections,
    confirmations and corrections may be several.
    """

    __tablename__ = "act"
    __table_args__ = audited(
        "agreement:agreement_id",
        one_of("kind", *ACT_KINDS),
        one_of("authority", *AUTHORITIES),
        one_of("logged_by", "party", "host"),
        one_of("confirmation", "awaited", "confirmed", "objected"),
        sa.Index(
            "uq_act_once", "text_id", "body_id", "kind", unique=True,
            sqlite_where=sa.text(STANDS_ONCE), postgresql_where=sa.text(STANDS_ONCE),
        ),
    )  # fmt: skip

    agreement_id: Mapped[int] = reference("agreement")
    text_id: Mapped[int] = reference("agreement_text")
    body_id: Mapped[int] = reference("body")
    kind: Mapped[str] = open_(sa.String(24))
    done_on: Mapped[str | None] = dated()
    done_precision: Mapped[str] = precision()
    received_on: Mapped[str | None] = dated()
    received_precision: Mapped[str] = precision()
    registered_on: Mapped[str | None] = dated()
    registered_precision: Mapped[str] = precision()
    takes_effect_on: Mapped[str | None] = dated()
    takes_effect_precision: Mapped[str] = precision()
    ordinal: Mapped[int | None] = open_(
        sa.Integer(), nullable=True, comment="order among acts of one kind on one text, as printed, from 1"
    )
    authority: Mapped[str | None] = open_(sa.String(16), nullable=True, comment="on what the signer may act")
    clause: Mapped[str | None] = open_(
        sa.Text, nullable=True, comment="the part of the text that a declaration, reservation or objection speaks of"
    )
    content: Mapped[str | None] = open_(
        sa.Text, nullable=True, comment="text of a declaration, reservation, objection or correction, as deposited"
    )
    valid_until: Mapped[str | None] = dated()
    valid_precision: Mapped[str] = precision()
    answers_id: Mapped[int | None] = reference(
        "act", nullable=True, comment="the act that this one confirms, objects to, withdraws or corrects"
    )
    predecessor_id: Mapped[int | None] = reference(
        "body", nullable=True, comment="of a succession: the party whose place is taken"
    )
    basis_id: Mapped[int | None] = reference("document", nullable=True, comment="the document that tells of the act")
    signer: Mapped[str | None] = sealed(comment="name of the signer")
    signer_post: Mapped[str | None] = open_(sa.Text, nullable=True, comment="post of the signer at that date")
    evidence_id: Mapped[int | None] = reference("stored_file", nullable=True, comment="scan")
    reason: Mapped[str | None] = sealed(comment="why the party declined")
    logged_by: Mapped[str] = open_(sa.String(8), comment="the party itself, or the host as depositary")
    confirmation: Mapped[str | None] = open_(
        sa.String(12),
        nullable=True,
        comment="of an act logged by the host: awaited, confirmed or objected by the party; null: logged by the party",
    )
    recorded_at: Mapped[datetime] = open_(Moment(), comment="UTC")
    annulled_at: Mapped[datetime | None] = open_(Moment(), nullable=True, comment="UTC; null: stands")
    annulled_reason: Mapped[str | None] = sealed(comment="why it was annulled")
