"""The first register: all tables, a version table beside each audited one, the empty head of the ledger.

Frozen: it says what the tables were at this revision, whatever the models say today.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

from registry.models.base import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IMAGES: list[dict[str, object]] = []
IMAGES_BACK: list[dict[str, object]] = []

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDITED = {"audited": True}
NEVER = {"log": "never"}

metadata = sa.MetaData()

sa.Table(
    "body",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column(
        "code", sa.String(length=40), nullable=False, comment="GB/T 2260 code where there is one, else a key of our own"
    ),
    sa.Column("gb_code", sa.String(length=6), nullable=True, comment="GB/T 2260, six digits"),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column(
        "kind",
        sa.String(length=40),
        nullable=False,
        comment="e.g. city, league, district, government, department, park, institution, proposer",
    ),
    sa.Column("province", sa.Text(), nullable=True, comment="name of the province-level unit"),
    sa.Column("parent_id", Id, nullable=True),
    sa.Column("signs", sa.Boolean(), nullable=False, comment="true: can sign, hence a party"),
    sa.Column("sample", sa.Boolean(), nullable=False, comment="true: fictional, in no tally"),
    sa.Column("note", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["parent_id"], ["body.id"], name="fk_body_parent_id"),
    sa.PrimaryKeyConstraint("id", name="pk_body"),
    sa.UniqueConstraint("code", name="uq_body_code"),
    sa.Index("ix_body_parent_id", "parent_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "change",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("entry", Id, nullable=False, comment="index of the entry"),
    sa.Column("subject_kind", sa.String(length=24), nullable=False, comment="the record whose history it belongs to"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("table_name", sa.String(length=40), nullable=False),
    sa.Column("row_id", sa.BigInteger(), nullable=False),
    sa.Column("field", sa.String(length=40), nullable=False, comment="empty: the whole row came or went"),
    sa.Column(
        "old", sa.Text(), nullable=True, comment="canonical JSON of the value before; null: the row was not there"
    ),
    sa.Column("new", sa.Text(), nullable=True, comment="canonical JSON of the value after; null: the row is gone"),
    sa.PrimaryKeyConstraint("id", name="pk_change"),
    sa.Index("ix_change_entry", "entry"),
    sa.Index("ix_change_subject", "subject_kind", "subject_id", "entry"),
)

sa.Table(
    "grouping",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False, comment="slug that starts the numbers of its agreements"),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("declared_members", sa.Integer(), nullable=True, comment="number of members a document claims"),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_grouping"),
    sa.UniqueConstraint("code", name="uq_grouping_code"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "ledger_entry",
    metadata,
    sa.Column("index", Id, autoincrement=False, nullable=False, comment="from 0, no gaps"),
    sa.Column("leaf", sa.String(length=64), nullable=False, comment="SHA-256(00 ‖ body), hex; RFC 9162 §2.1.1"),
    sa.Column("body", sa.Text(), nullable=False, comment="canonical JSON"),
    sa.Column("at", Moment(), nullable=False, comment="moment of recording, UTC"),
    sa.Column("act", sa.String(length=60), nullable=False),
    sa.Column("subject_kind", sa.String(length=24), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint("index", name="pk_ledger_entry"),
    sa.Index("ix_ledger_entry_act", "act"),
    sa.Index("ix_ledger_entry_at", "at"),
)

sa.Table(
    "ledger_head",
    metadata,
    sa.Column("id", Id, autoincrement=False, nullable=False),
    sa.Column("size", sa.BigInteger(), nullable=False, comment="number of entries"),
    sa.CheckConstraint("id = 1", name="ck_ledger_head_one_row"),
    sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
)

sa.Table(
    "never",
    metadata,
    sa.Column("id", Id, autoincrement=False, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_never"),
)

sa.Table(
    "procedure",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("slug", sa.String(length=60), nullable=False),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("status", sa.String(length=12), nullable=False),
    sa.Column(
        "sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the canonical JSON of the definition, hex"
    ),
    sa.Column("source", sa.Text(), nullable=False, comment="the YAML file as published"),
    sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name="ck_procedure_status"),
    sa.PrimaryKeyConstraint("id", name="pk_procedure"),
    sa.UniqueConstraint("slug", "version", name="uq_procedure_slug_version"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "register",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=False),
    sa.Column("origin", sa.Text(), nullable=False, comment="origin line of its log, made at init"),
    sa.Column("public_key", sa.Text(), nullable=False, comment="Ed25519 public key, base64"),
    sa.Column("zone", sa.String(length=40), nullable=False, comment="IANA zone of its calendar days"),
    sa.Column(
        "admin_token",
        sa.String(length=64),
        nullable=True,
        comment="SHA-256 of the one-time first-administrator token",
        info=NEVER,
    ),
    sa.CheckConstraint("id = 1", name="ck_register_one_row"),
    sa.PrimaryKeyConstraint("id", name="pk_register"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "sign_in_failure",
    metadata,
    sa.Column("name_digest", sa.String(length=64), nullable=False, comment="SHA-256 of the typed name, hex"),
    sa.Column("failures", sa.Integer(), nullable=False),
    sa.Column("locked_until", Moment(), nullable=True, comment="UTC"),
    sa.PrimaryKeyConstraint("name_digest", name="pk_sign_in_failure"),
)

sa.Table(
    "stored_file",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the content, hex"),
    sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes"),
    sa.Column("media_type", sa.String(length=80), nullable=False, comment="by content, not by name"),
    sa.Column("stored_at", Moment(), nullable=False, comment="UTC"),
    sa.PrimaryKeyConstraint("id", name="pk_stored_file"),
    sa.UniqueConstraint("sha256", name="uq_stored_file_sha256"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "alias",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("text", sa.Text(), nullable=False),
    sa.Column("body_id", Id, nullable=True),
    sa.Column("grouping_id", Id, nullable=True),
    sa.Column("issuer_id", Id, nullable=True, comment="the alias holds only in this issuer's papers"),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("(body_id IS NULL) <> (grouping_id IS NULL)", name="ck_alias_one_owner"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_alias_body_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_alias_grouping_id"),
    sa.ForeignKeyConstraint(["issuer_id"], ["body.id"], name="fk_alias_issuer_id"),
    sa.PrimaryKeyConstraint("id", name="pk_alias"),
    sa.Index("ix_alias_body_id", "body_id"),
    sa.Index("ix_alias_grouping_id", "grouping_id"),
    sa.Index("ix_alias_issuer_id", "issuer_id"),
    sa.Index("ix_alias_text", "text"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "department",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_department_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_department"),
    sa.UniqueConstraint("body_id", "name_zh", name="uq_department_body_id_name_zh"),
    sa.Index("ix_department_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "document",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("number", sa.String(length=40), nullable=False, comment="doc-<year>-<nn>"),
    sa.Column("title", sa.Text(), nullable=False),
    sa.Column(
        "kind",
        sa.String(length=40),
        nullable=False,
        comment="plan, reply, opinion, rules, draft, list, minutes, instrument, other",
    ),
    sa.Column("document_number", sa.Text(), nullable=True, comment="发文字号, normal form 乌海政字〔2019〕59号"),
    sa.Column("issuer_id", Id, nullable=True),
    sa.Column(
        "issuer_name", sa.Text(), nullable=True, comment="as printed, where the issuer is no body of the register"
    ),
    sa.Column("state", sa.Text(), nullable=True, comment="as the citing document says, e.g. 送审稿"),
    sa.Column("class_mark", sa.String(length=8), nullable=True, comment="办理结果分类 of a reply"),
    sa.Column(
        "signed_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "signed_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column(
        "published_at",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "published_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("period_from", sa.Integer(), nullable=True, comment="first year it covers"),
    sa.Column("period_until", sa.Integer(), nullable=True, comment="last year it covers"),
    sa.Column("approved_by", sa.Text(), nullable=True, comment="meeting that approved it"),
    sa.Column("approving_signer", sa.Text(), nullable=True, comment="签发人, as published in the document itself"),
    sa.Column("addressees", sa.Text(), nullable=True, comment="separated by 、"),
    sa.Column(
        "proposal_number",
        sa.String(length=16),
        nullable=True,
        comment="number of the proposal answered, digits as text",
    ),
    sa.Column("proposal_title", sa.Text(), nullable=True),
    sa.Column("proposal_session", sa.Text(), nullable=True),
    sa.Column("proposers", sa.Text(), nullable=True, comment="separated by 、"),
    sa.Column("implements_id", Id, nullable=True),
    sa.Column("level", sa.String(length=8), nullable=False),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_document_level"),
    sa.ForeignKeyConstraint(["implements_id"], ["document.id"], name="fk_document_implements_id"),
    sa.ForeignKeyConstraint(["issuer_id"], ["body.id"], name="fk_document_issuer_id"),
    sa.PrimaryKeyConstraint("id", name="pk_document"),
    sa.UniqueConstraint("number", name="uq_document_number"),
    sa.Index("ix_document_document_number", "document_number"),
    sa.Index("ix_document_implements_id", "implements_id"),
    sa.Index("ix_document_issuer_id", "issuer_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "meeting",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("number", sa.String(length=40), nullable=False, comment="meeting-<year or 0000>-<nn>"),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column("held", sa.Boolean(), nullable=False, comment="false: planned"),
    sa.Column(
        "held_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "held_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("venue_id", Id, nullable=True),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["venue_id"], ["body.id"], name="fk_meeting_venue_id"),
    sa.PrimaryKeyConstraint("id", name="pk_meeting"),
    sa.UniqueConstraint("number", name="uq_meeting_number"),
    sa.Index("ix_meeting_venue_id", "venue_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "meeting_series",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column("grouping_id", Id, nullable=True),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_meeting_series_grouping_id"),
    sa.PrimaryKeyConstraint("id", name="pk_meeting_series"),
    sa.UniqueConstraint("code", name="uq_meeting_series_code"),
    sa.Index("ix_meeting_series_grouping_id", "grouping_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "membership",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("grouping_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("role", sa.String(length=16), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.Column(
        "since",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "since_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column(
        "until",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column("until_precision", sa.String(length=16), nullable=True, comment="null: still a member"),
    sa.CheckConstraint("role IN ('member', 'observer', 'host')", name="ck_membership_role"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_membership_body_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_membership_grouping_id"),
    sa.PrimaryKeyConstraint("id", name="pk_membership"),
    sa.Index("ix_membership_body_id", "body_id"),
    sa.Index("ix_membership_grouping_id", "grouping_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "person",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("login", sa.String(length=60), nullable=False, comment="a name of the account, not of the person"),
    sa.Column("name", sa.String(length=64), nullable=False, comment="name of the person; SHA-256(salt ‖ value), hex"),
    sa.Column("post", sa.Text(), nullable=False, comment="post, e.g. 发展和改革委员会 联络员"),
    sa.Column("body_id", Id, nullable=True, comment="the party the person works for"),
    sa.Column("active", sa.Boolean(), nullable=False),
    sa.Column("language", sa.String(length=8), nullable=False, comment="zh or en"),
    sa.Column("password_hash", sa.Text(), nullable=True, comment="Argon2id", info=NEVER),
    sa.Column(
        "session_key",
        sa.String(length=32),
        nullable=False,
        comment="changes with the password and ends old sessions",
        info=NEVER,
    ),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_person_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_person"),
    sa.UniqueConstraint("login", name="uq_person_login"),
    sa.Index("ix_person_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "row_change",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("table_name", sa.String(length=40), nullable=False),
    sa.Column("row_id", sa.BigInteger(), nullable=False),
    sa.Column("old", sa.Text(), nullable=True, comment="JSON image before; null: inserted"),
    sa.Column("new", sa.Text(), nullable=True, comment="JSON image after; null: deleted"),
    sa.Column("gathered", Id, server_default="0", nullable=False, comment="always 0: see class Never"),
    sa.CheckConstraint("old IS NOT NULL OR new IS NOT NULL", name="ck_row_change_one_image"),
    sa.ForeignKeyConstraint(
        ["gathered"], ["never.id"], name="fk_row_change_gathered", initially="DEFERRED", deferrable=True
    ),
    sa.PrimaryKeyConstraint("id", name="pk_row_change"),
    sqlite_autoincrement=True,
)

sa.Table(
    "sealed",
    metadata,
    sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256(salt ‖ value), hex"),
    sa.Column("salt", sa.LargeBinary(length=16), nullable=False, comment="16 random bytes"),
    sa.Column("value", sa.Text(), nullable=False),
    sa.Column("body_id", Id, nullable=True, comment="owner party; null: the register"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_sealed_body_id"),
    sa.PrimaryKeyConstraint("digest", name="pk_sealed"),
)

sa.Table(
    "agreement",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column(
        "number",
        sa.String(length=60),
        nullable=False,
        comment="<grouping>-<year>-<nn>; x: no grouping, 0000: year unknown",
    ),
    sa.Column("title_zh", sa.Text(), nullable=False),
    sa.Column("title_en", sa.Text(), nullable=True),
    sa.Column(
        "kind",
        sa.String(length=40),
        nullable=False,
        comment="framework_agreement, sector_agreement, sector_framework_agreement, institutional_agreements",
    ),
    sa.Column("grouping_id", Id, nullable=True),
    sa.Column("meeting_id", Id, nullable=True),
    sa.Column("host_id", Id, nullable=True, comment="depositary: keeps the original, may log signatures of others"),
    sa.Column("level", sa.String(length=8), nullable=False),
    sa.Column("state", sa.String(length=40), nullable=False, comment="state of its procedure; only a step changes it"),
    sa.Column("stage", sa.String(length=24), nullable=False, comment="stage of that state"),
    sa.Column("procedure_id", Id, nullable=False, comment="the version it began with"),
    sa.Column("party_list", sa.String(length=8), nullable=False, comment="how far its parties are known"),
    sa.Column("declared_parties", sa.Integer(), nullable=True, comment="number of parties the document states"),
    sa.Column("declared_fields", sa.Integer(), nullable=True, comment="number of fields the document states"),
    sa.Column(
        "instruments",
        sa.Integer(),
        server_default="1",
        nullable=False,
        comment="how many like instruments this record stands for",
    ),
    sa.Column(
        "dated_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "dated_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("venue_id", Id, nullable=True),
    sa.Column("backfilled", sa.Boolean(), nullable=False, comment="true: entered by 补录, after the fact"),
    sa.Column(
        "revision",
        sa.Integer(),
        nullable=False,
        comment="counts every act on it, so that two last signers cannot miss each other",
    ),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_agreement_level"),
    sa.CheckConstraint("party_list IN ('unknown', 'partial', 'complete')", name="ck_agreement_party_list"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_agreement_grouping_id"),
    sa.ForeignKeyConstraint(["host_id"], ["body.id"], name="fk_agreement_host_id"),
    sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_agreement_meeting_id"),
    sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name="fk_agreement_procedure_id"),
    sa.ForeignKeyConstraint(["venue_id"], ["body.id"], name="fk_agreement_venue_id"),
    sa.PrimaryKeyConstraint("id", name="pk_agreement"),
    sa.UniqueConstraint("number", name="uq_agreement_number"),
    sa.Index("ix_agreement_grouping_id", "grouping_id"),
    sa.Index("ix_agreement_host_id", "host_id"),
    sa.Index("ix_agreement_meeting_id", "meeting_id"),
    sa.Index("ix_agreement_procedure_id", "procedure_id"),
    sa.Index("ix_agreement_state", "state"),
    sa.Index("ix_agreement_venue_id", "venue_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "citation",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=24), nullable=False, comment="name of the table of the record"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("document_id", Id, nullable=False),
    sa.Column("line", sa.Integer(), nullable=False, comment="1-based line of the text as received"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_citation_document_id"),
    sa.PrimaryKeyConstraint("id", name="pk_citation"),
    sa.Index("ix_citation_document_id", "document_id"),
    sa.Index("ix_citation_subject", "subject_kind", "subject_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "edition",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("meeting_id", Id, nullable=False),
    sa.Column("series_id", Id, nullable=False),
    sa.Column("ordinal", sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_edition_meeting_id"),
    sa.ForeignKeyConstraint(["series_id"], ["meeting_series.id"], name="fk_edition_series_id"),
    sa.PrimaryKeyConstraint("id", name="pk_edition"),
    sa.UniqueConstraint("meeting_id", "series_id", name="uq_edition_meeting_id_series_id"),
    sa.Index("ix_edition_meeting_id", "meeting_id"),
    sa.Index("ix_edition_series_id", "series_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "event",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("what_zh", sa.Text(), nullable=False),
    sa.Column("what_en", sa.Text(), nullable=True),
    sa.Column(
        "on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "on_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("meeting_id", Id, nullable=True),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_event_meeting_id"),
    sa.PrimaryKeyConstraint("id", name="pk_event"),
    sa.UniqueConstraint("code", name="uq_event_code"),
    sa.Index("ix_event_meeting_id", "meeting_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "grant",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("person_id", Id, nullable=False),
    sa.Column("role", sa.String(length=16), nullable=False),
    sa.Column("body_id", Id, nullable=True, comment="scope of an officer or viewer"),
    sa.Column("grouping_id", Id, nullable=True, comment="scope of a secretariat"),
    sa.Column("since", Moment(), nullable=False, comment="UTC"),
    sa.Column("until", Moment(), nullable=True, comment="UTC; null: no end"),
    sa.CheckConstraint(
        "role IN ('officer', 'viewer', 'auditor', 'secretariat', 'administrator')", name="ck_grant_role"
    ),
    sa.CheckConstraint(
        "(body_id IS NOT NULL) = (role IN ('officer', 'viewer')) AND (grouping_id IS NOT NULL) = (role = 'secretariat')",
        name="ck_grant_scope",
    ),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_grant_body_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_grant_grouping_id"),
    sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_grant_person_id"),
    sa.PrimaryKeyConstraint("id", name="pk_grant"),
    sa.Index("ix_grant_body_id", "body_id"),
    sa.Index("ix_grant_grouping_id", "grouping_id"),
    sa.Index("ix_grant_person_id", "person_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "step",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="from 1 for each subject"),
    sa.Column("procedure_id", Id, nullable=False),
    sa.Column("transition", sa.String(length=60), nullable=False),
    sa.Column(
        "kind",
        sa.String(length=12),
        nullable=False,
        comment="forward, return, suspend, resume, reopen, merge, terminate, system, entry",
    ),
    sa.Column(
        "from_state", sa.String(length=40), nullable=True, comment="null: the first step of an older record, 补录"
    ),
    sa.Column("to_state", sa.String(length=40), nullable=False),
    sa.Column("body_id", Id, nullable=True, comment="the party it was done for"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("basis_note", sa.Text(), nullable=True, comment="place in the basis document"),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="why; SHA-256(salt ‖ value), hex"),
    sa.Column(
        "effective",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "effective_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("subject_kind IN ('agreement', 'item')", name="ck_step_subject_kind"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_step_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_step_body_id"),
    sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name="fk_step_procedure_id"),
    sa.PrimaryKeyConstraint("id", name="pk_step"),
    sa.UniqueConstraint("subject_kind", "subject_id", "position", name="uq_step_subject_kind_subject_id_position"),
    sa.Index("ix_step_basis_id", "basis_id"),
    sa.Index("ix_step_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "agreement_field",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_agreement_field_agreement_id"),
    sa.PrimaryKeyConstraint("id", name="pk_agreement_field"),
    sa.UniqueConstraint("agreement_id", "position", name="uq_agreement_field_agreement_id_position"),
    sa.Index("ix_agreement_field_agreement_id", "agreement_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "agreement_party",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_agreement_party_agreement_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_agreement_party_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_agreement_party"),
    sa.UniqueConstraint("agreement_id", "body_id", name="uq_agreement_party_agreement_id_body_id"),
    sa.Index("ix_agreement_party_agreement_id", "agreement_id"),
    sa.Index("ix_agreement_party_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "agreement_text",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("version", sa.Integer(), nullable=False, comment="from 1; the highest is the settled text"),
    sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the text file, hex"),
    sa.Column("language", sa.String(length=16), nullable=False, comment="BCP 47 tag of the authentic language"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_agreement_text_agreement_id"),
    sa.PrimaryKeyConstraint("id", name="pk_agreement_text"),
    sa.UniqueConstraint("agreement_id", "sha256", name="uq_agreement_text_agreement_id_sha256"),
    sa.UniqueConstraint("agreement_id", "version", name="uq_agreement_text_agreement_id_version"),
    sa.Index("ix_agreement_text_agreement_id", "agreement_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "claim",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False, comment="claim-<year>-<nn>"),
    sa.Column("what_zh", sa.Text(), nullable=False),
    sa.Column("what_en", sa.Text(), nullable=True),
    sa.Column("stated", sa.Integer(), nullable=False, comment="the number claimed"),
    sa.Column("approximate", sa.String(length=8), nullable=True, comment="as printed, e.g. 近"),
    sa.Column("unit", sa.String(length=16), nullable=True),
    sa.Column("named", sa.Integer(), nullable=True, comment="how many of them the document names"),
    sa.Column("document_id", Id, nullable=False),
    sa.Column(
        "as_of",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "as_of_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("part_of_id", Id, nullable=True, comment="the document says: so many of that set"),
    sa.Column("agreement_id", Id, nullable=True),
    sa.Column("meeting_id", Id, nullable=True),
    sa.Column("grouping_id", Id, nullable=True),
    sa.Column(
        "counts",
        sa.String(length=24),
        nullable=True,
        comment="which rows stand for the set: items, fields, parties, members, agreements; null: none do",
    ),
    sa.Column("level", sa.String(length=8), nullable=False),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_claim_level"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_claim_agreement_id"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_claim_document_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_claim_grouping_id"),
    sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name="fk_claim_meeting_id"),
    sa.ForeignKeyConstraint(["part_of_id"], ["claim.id"], name="fk_claim_part_of_id"),
    sa.PrimaryKeyConstraint("id", name="pk_claim"),
    sa.UniqueConstraint("code", name="uq_claim_code"),
    sa.Index("ix_claim_agreement_id", "agreement_id"),
    sa.Index("ix_claim_document_id", "document_id"),
    sa.Index("ix_claim_grouping_id", "grouping_id"),
    sa.Index("ix_claim_meeting_id", "meeting_id"),
    sa.Index("ix_claim_part_of_id", "part_of_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "relation",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("other_id", Id, nullable=False),
    sa.Column("kind", sa.String(length=16), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint(
        "kind IN ('implements', 'amends', 'supersedes', 'possibly_same', 'unclear')", name="ck_relation_kind"
    ),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_relation_agreement_id"),
    sa.ForeignKeyConstraint(["other_id"], ["agreement.id"], name="fk_relation_other_id"),
    sa.PrimaryKeyConstraint("id", name="pk_relation"),
    sa.UniqueConstraint("agreement_id", "other_id", "kind", name="uq_relation_agreement_id_other_id_kind"),
    sa.Index("ix_relation_agreement_id", "agreement_id"),
    sa.Index("ix_relation_other_id", "other_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "act",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("text_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("kind", sa.String(length=24), nullable=False),
    sa.Column(
        "done_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "done_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("signer", sa.String(length=64), nullable=True, comment="name of the signer; SHA-256(salt ‖ value), hex"),
    sa.Column("signer_post", sa.Text(), nullable=True, comment="post of the signer at that date"),
    sa.Column("evidence_id", Id, nullable=True, comment="scan"),
    sa.Column(
        "reason", sa.String(length=64), nullable=True, comment="why the party declined; SHA-256(salt ‖ value), hex"
    ),
    sa.Column("logged_by", sa.String(length=8), nullable=False, comment="the party itself, or the host as depositary"),
    sa.Column(
        "confirmation",
        sa.String(length=12),
        nullable=True,
        comment="of an act logged by the host: awaited, confirmed or objected by the party; null: logged by the party",
    ),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("annulled_at", Moment(), nullable=True, comment="UTC; null: stands"),
    sa.Column(
        "annulled_reason",
        sa.String(length=64),
        nullable=True,
        comment="why it was annulled; SHA-256(salt ‖ value), hex",
    ),
    sa.CheckConstraint("confirmation IN ('awaited', 'confirmed', 'objected')", name="ck_act_confirmation"),
    sa.CheckConstraint("kind IN ('signature', 'decline')", name="ck_act_kind"),
    sa.CheckConstraint("logged_by IN ('party', 'host')", name="ck_act_logged_by"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_act_agreement_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_act_body_id"),
    sa.ForeignKeyConstraint(["evidence_id"], ["stored_file.id"], name="fk_act_evidence_id"),
    sa.ForeignKeyConstraint(["text_id"], ["agreement_text.id"], name="fk_act_text_id"),
    sa.PrimaryKeyConstraint("id", name="pk_act"),
    sa.Index("ix_act_agreement_id", "agreement_id"),
    sa.Index("ix_act_body_id", "body_id"),
    sa.Index("ix_act_evidence_id", "evidence_id"),
    sa.Index("ix_act_text_id", "text_id"),
    sa.Index(
        "uq_act_once",
        "text_id",
        "body_id",
        "kind",
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "item",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column(
        "number",
        sa.String(length=72),
        nullable=False,
        comment="<parent>-<nnn>, given under the parent's lock, never reused",
    ),
    sa.Column("title_zh", sa.Text(), nullable=False),
    sa.Column("title_en", sa.Text(), nullable=True),
    sa.Column("agreement_id", Id, nullable=True),
    sa.Column("document_id", Id, nullable=True),
    sa.Column("position", sa.Integer(), nullable=False, comment="order under its parent, from 1"),
    sa.Column("field_id", Id, nullable=True),
    sa.Column("section", sa.Text(), nullable=True, comment="heading of the document it stands under"),
    sa.Column("state", sa.String(length=40), nullable=False, comment="state of its procedure; only a step changes it"),
    sa.Column("stage", sa.String(length=24), nullable=False, comment="stage of that state; as before while suspended"),
    sa.Column("procedure_id", Id, nullable=False, comment="the version it began with"),
    sa.Column(
        "grade",
        sa.String(length=16),
        nullable=False,
        comment="of the last report: on_track, slow, blocked, not_reported",
    ),
    sa.Column(
        "graded_as_of",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "graded_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("lane", sa.String(length=16), nullable=True, comment="dispatch lane"),
    sa.Column("level", sa.String(length=8), nullable=True, comment="narrower than its parent's; null: the parent's"),
    sa.Column("merged_into_id", Id, nullable=True),
    sa.Column("backfilled", sa.Boolean(), nullable=False, comment="true: entered by 补录, after the fact"),
    sa.Column("revision", sa.Integer(), nullable=False, comment="counts every act on it"),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("grade IN ('on_track', 'slow', 'blocked', 'not_reported')", name="ck_item_grade"),
    sa.CheckConstraint("lane IN ('reserve', 'preparatory', 'new', 'continued')", name="ck_item_lane"),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_item_level"),
    sa.CheckConstraint("(agreement_id IS NULL) <> (document_id IS NULL)", name="ck_item_one_parent"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_item_agreement_id"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_item_document_id"),
    sa.ForeignKeyConstraint(["field_id"], ["agreement_field.id"], name="fk_item_field_id"),
    sa.ForeignKeyConstraint(["merged_into_id"], ["item.id"], name="fk_item_merged_into_id"),
    sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name="fk_item_procedure_id"),
    sa.PrimaryKeyConstraint("id", name="pk_item"),
    sa.UniqueConstraint("number", name="uq_item_number"),
    sa.Index("ix_item_agreement_id_position", "agreement_id", "position"),
    sa.Index("ix_item_document_id", "document_id"),
    sa.Index("ix_item_field_id", "field_id"),
    sa.Index("ix_item_merged_into_id", "merged_into_id"),
    sa.Index("ix_item_procedure_id", "procedure_id"),
    sa.Index("ix_item_stage", "stage"),
    sa.Index("ix_item_state", "state"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "assignment",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("department_id", Id, nullable=True),
    sa.Column("role", sa.String(length=8), nullable=False),
    sa.Column(
        "position", sa.Integer(), nullable=False, comment="order as printed, from 1; the first lead reports for all"
    ),
    sa.CheckConstraint("role IN ('lead', 'join', 'support')", name="ck_assignment_role"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_assignment_body_id"),
    sa.ForeignKeyConstraint(["department_id"], ["department.id"], name="fk_assignment_department_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_assignment_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_assignment"),
    sa.UniqueConstraint(
        "item_id", "body_id", "department_id", "role", name="uq_assignment_item_id_body_id_department_id_role"
    ),
    sa.Index("ix_assignment_body_id", "body_id"),
    sa.Index("ix_assignment_department_id", "department_id"),
    sa.Index("ix_assignment_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "commitment",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column("document_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order in the document, from 1"),
    sa.Column("section", sa.Text(), nullable=True),
    sa.Column("title_zh", sa.Text(), nullable=False),
    sa.Column("title_en", sa.Text(), nullable=True),
    sa.Column("item_id", Id, nullable=True),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_commitment_document_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_commitment_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_commitment"),
    sa.UniqueConstraint("code", name="uq_commitment_code"),
    sa.Index("ix_commitment_document_id", "document_id"),
    sa.Index("ix_commitment_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "evidence",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("type", sa.String(length=40), nullable=False, comment="evidence type of the item's procedure"),
    sa.Column("body_id", Id, nullable=True, comment="the party that shows it"),
    sa.Column("document_id", Id, nullable=True),
    sa.Column("file_id", Id, nullable=True),
    sa.Column("note", sa.Text(), nullable=True),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_evidence_body_id"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_evidence_document_id"),
    sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name="fk_evidence_file_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_evidence_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    sa.Index("ix_evidence_body_id", "body_id"),
    sa.Index("ix_evidence_document_id", "document_id"),
    sa.Index("ix_evidence_file_id", "file_id"),
    sa.Index("ix_evidence_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "mechanism",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column(
        "kind",
        sa.String(length=40),
        nullable=False,
        comment="rule, joint_body, platform, budget, accord, mutual_recognition",
    ),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column("document_id", Id, nullable=True, comment="the instrument"),
    sa.Column("keeper_id", Id, nullable=False, comment="the party that keeps it"),
    sa.Column(
        "review_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "review_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("lapsed", sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_mechanism_document_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_mechanism_item_id"),
    sa.ForeignKeyConstraint(["keeper_id"], ["body.id"], name="fk_mechanism_keeper_id"),
    sa.PrimaryKeyConstraint("id", name="pk_mechanism"),
    sa.Index("ix_mechanism_document_id", "document_id"),
    sa.Index("ix_mechanism_item_id", "item_id"),
    sa.Index("ix_mechanism_keeper_id", "keeper_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "partner",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.Column("names", sa.Text(), nullable=False, comment="as printed, separated by 、"),
    sa.Column("relation", sa.Text(), nullable=True),
    sa.Column("kind", sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_partner_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_partner"),
    sa.Index("ix_partner_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "report",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False, comment="the party that reports"),
    sa.Column(
        "as_of",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "as_of_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("grade", sa.String(length=16), nullable=False),
    sa.Column("progress", sa.String(length=64), nullable=True, comment="进展情况; SHA-256(salt ‖ value), hex"),
    sa.Column("problem", sa.String(length=64), nullable=True, comment="存在问题; SHA-256(salt ‖ value), hex"),
    sa.Column("next_step", sa.String(length=64), nullable=True, comment="下一步计划; SHA-256(salt ‖ value), hex"),
    sa.Column("released_progress", sa.Text(), nullable=True, comment="进展情况, released by an act"),
    sa.Column("released_problem", sa.Text(), nullable=True, comment="存在问题, released by an act"),
    sa.Column("released_next_step", sa.Text(), nullable=True, comment="下一步计划, released by an act"),
    sa.Column("released_at", Moment(), nullable=True, comment="UTC; null: not released"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("grade IN ('on_track', 'slow', 'blocked', 'not_reported')", name="ck_report_grade"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_report_body_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_report_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_report"),
    sa.Index("ix_report_body_id", "body_id"),
    sa.Index("ix_report_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "target",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.Column("metric_zh", sa.Text(), nullable=False),
    sa.Column("metric_en", sa.Text(), nullable=True),
    sa.Column("comparator", sa.String(length=12), nullable=False, comment="=, ~=, >=, <=, class<=, range, milestone"),
    sa.Column(
        "number",
        sa.String(length=40),
        nullable=True,
        comment="exact decimal as text, in `unit`; the lower end of a range",
    ),
    sa.Column("number_until", sa.String(length=40), nullable=True, comment="upper end of a range"),
    sa.Column("unit", sa.String(length=24), nullable=True, comment="as printed, e.g. 万吨"),
    sa.Column("year", sa.Integer(), nullable=True, comment="year to reach it by"),
    sa.Column(
        "period",
        sa.String(length=24),
        nullable=False,
        comment="unspecified, annual_recurring, by_year, annual_by_year, relative_horizon",
    ),
    sa.Column("horizon_from", sa.Integer(), nullable=True, comment="year the horizon counts from"),
    sa.Column("horizon_years", sa.String(length=8), nullable=True, comment="years, e.g. 5 or 3-5"),
    sa.Column("force", sa.String(length=16), nullable=True, comment="force of words, e.g. 力争, 确保, 争取"),
    sa.Column("note", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_target_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_target"),
    sa.UniqueConstraint("item_id", "position", name="uq_target_item_id_position"),
    sa.Index("ix_target_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)


def version_tables(tables: Iterable[sa.Table]) -> None:
    """Beside each audited table, its logged columns as they were, from one entry until another; indexed like the live one."""
    for table in tables:
        if not table.info.get("audited"):
            continue
        columns = [
            sa.Column(
                column.name, column.type, autoincrement=False, nullable=column.nullable,
                comment=column.comment,
            )
            for column in table.columns
            if column.info.get("log") != "never"
        ]  # fmt: skip
        indexes = [
            sa.Index(
                f"ix_{table.name}_version_{'_'.join(c.name for c in index.columns)}", *(c.name for c in index.columns)
            )
            for index in table.indexes
            if not index.unique
        ]
        sa.Table(
            f"{table.name}_version",
            metadata,
            *columns,
            sa.Column(
                "entry_from",
                Id,
                autoincrement=False,
                nullable=False,
                comment="index of the entry that made this version",
            ),
            sa.Column("entry_until", Id, nullable=True, comment="index of the entry that ended it; null: current"),
            sa.PrimaryKeyConstraint("id", "entry_from", name=f"pk_{table.name}_version"),
            *indexes,
        )


version_tables(list(metadata.tables.values()))


def upgrade() -> None:
    """Make every table, and the head of an empty ledger."""
    metadata.create_all(op.get_bind())
    op.execute("INSERT INTO ledger_head (id, size) VALUES (1, 0)")


def downgrade() -> None:
    """Remove every table."""
    metadata.drop_all(op.get_bind())
