"""Agreements as law: all kinds of acts with their dates, amendments and copies, parties through time, same-as, corrections."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from registry.models.base import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDITED = {"audited": True}
KEPT = {"sqlite_autoincrement": True}
DATE = "calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017"
PRECISION = "precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown"


def _dated(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=True, comment=DATE)


def _precision(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=16), server_default="unknown", nullable=False, comment=PRECISION)


def _text(name: str, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=True, comment=comment)


def _code(name: str, length: int, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=True, comment=comment)


def _reference(name: str, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, Id, nullable=True, comment=comment)


def _among(name: str, values: tuple[str, ...]) -> str:
    return f"{name} IN ({', '.join(map(repr, values))})"


def added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Table → columns that it gains, and its version table with it; new ones at each call, for a column belongs to one table."""
    return {
    "agreement_party": (
        _dated("since"), _precision("since_precision"), _dated("until"), _code("until_precision", 16, "null: still a party"),
    ),
    "assignment": (
        _dated("since"), _precision("since_precision"), _dated("until"), _code("until_precision", 16, "null: it still does"),
    ),
    "matter_party": (
        _dated("since"), _precision("since_precision"), _dated("until"), _code("until_precision", 16, "null: it still is"),
    ),
    "agreement_text": (
        sa.Column(
            "kind", sa.String(length=12), server_default="text", nullable=False, comment="text of the agreement, or amendment to it"
        ),
        _text("title_zh", "of an amendment"),
        _text("title_en"),
        _text("clause", "entry into force as data, canonical JSON (registry/domain/force.py); null: not stated"),
        _text("clause_place", "where the text says so, e.g. 第九条"),
        _dated("stated_on"),
        _precision("stated_precision"),
        _reference("stated_basis_id", "the document that states the date of entry into force, as `stated_on` has it"),
    ),
    "act": (
        _dated("received_on"), _precision("received_precision"),
        _dated("registered_on"), _precision("registered_precision"),
        _dated("takes_effect_on"), _precision("takes_effect_precision"),
        sa.Column(
            "ordinal", sa.Integer(), nullable=True, comment="order among acts of one kind on one text, as printed, from 1"
        ),
        _code("authority", 16, "on what the signer may act"),
        _text("clause", "the part of the text that a declaration, reservation or objection speaks of"),
        _text("content", "text of a declaration, reservation, objection or correction, as deposited"),
        _dated("valid_until"), _precision("valid_precision"),
        _reference("answers_id", "the act that this one confirms, objects to, withdraws or corrects"),
        _reference("predecessor_id", "of a succession: the party whose place is taken"),
        _reference("basis_id", "the document that tells of the act"),
    ),
    "body": (_dated("ended_on"), _code("ended_precision", 16, "null: it still exists")),
    "alias": (
        _code("issuer_kind", 40, "the alias holds in the papers of issuers of this kind: 全区 in a district's"),
    ),
    "notice": (_reference("act_id"), _reference("correction_id")),
    }  # fmt: skip


REFERENCES = {
    "agreement_text": {"stated_basis_id": "document"},
    "act": {"answers_id": "act", "predecessor_id": "body", "basis_id": "document"},
    "notice": {"act_id": "act", "correction_id": "correction"},
}
"""Which of them refer to which table; they are indexed, too."""

SUBJECTS = ("agreement", "item", "matter")
NOTICES = ("reminder", "passed", "escalation", "review", "asked", "decided", "step", "silence")
RELATIONS = ("implements", "amends", "supersedes", "possibly_same", "unclear")
ONCE = (
    "signature", "decline", "ratification", "acceptance", "approval", "accession", "provisional_application",
    "withdrawal_notice", "withdrawal", "succession",
)  # fmt: skip
AGAIN = ("declaration", "reservation", "objection", "confirmation", "correction")
CHOICES: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("act", "kind"): (("signature", "decline"), (*ONCE, *AGAIN)),
    ("act", "authority"): ((), ("office", "full_powers", "delegated", "acting")),
    ("agreement_text", "kind"): ((), ("text", "amendment")),
    ("relation", "kind"): (RELATIONS, ("implements", "sub_accord", *RELATIONS[1:])),
    ("notice", "kind"): (NOTICES, (*NOTICES, "act", "correction")),
    ("notice", "subject_kind"): (SUBJECTS, (*SUBJECTS, "party", "grouping", "meeting", "document", "claim")),
}
"""What a column may hold, before and after; nothing before: the column is new."""

NOW = {
    "assignment": ("item_id", "body_id", "department_id", "role"),
    "matter_party": ("matter_id", "body_id"),
}
"""What is unique among the rows of a table that still hold; before, among all of them."""

KEYS = {
    "agreement": ("number",), "alert_answer": ("mark",), "body": ("code",), "calendar_year": ("calendar", "year"), "claim": ("code",),
    "commitment": ("code",), "correction": ("table_name", "row_id", "field"), "document": ("number",), "event": ("code",),
    "grouping": ("code",), "item": ("number",), "matter": ("number",), "meeting": ("number",), "meeting_series": ("code",),
    "notice": ("mark",), "person": ("login",), "policy": ("name", "since"), "procedure": ("slug", "version"),
    "proposal": ("subject_kind", "subject_id", "number"), "same_as": ("subject_kind", "other_id"),
    "step": ("subject_kind", "subject_id", "position"), "stored_file": ("sha256",),
}  # fmt: skip
"""Keys of live tables, by which the versions are found, too."""

STANDS = "annulled_at IS NULL"
STANDS_ONCE = f"annulled_at IS NULL AND kind NOT IN ({', '.join(map(repr, AGAIN))})"
COMMENT = (
    "from 1; the highest is the settled text",
    "from 1 for texts and amendments together; the highest text is the settled one",
)

IMAGES: list[dict[str, object]] = [
    {
        "op": "add", "table": table, "column": column.name,
        "value": None if column.server_default is None else column.server_default.arg,  # type: ignore[attr-defined]
    }
    for table, columns in added().items() for column in columns
]  # fmt: skip
IMAGES_BACK: list[dict[str, object]] = [
    {"op": "drop", "table": table, "column": column.name} for table, columns in added().items() for column in columns
]

metadata = sa.MetaData()
for there in ("act", "agreement", "agreement_text", "alias", "body", "document"):
    sa.Table(there, metadata, sa.Column("id", Id, primary_key=True))
THERE = list(metadata.tables.values())

sa.Table(
    "alert_answer",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column(
        "mark",
        sa.String(length=160),
        nullable=False,
        comment="code, record, SHA-256 of the facts that raised it",
    ),
    sa.Column("body_id", Id, nullable=True, comment="the party that answered"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="what was found; SHA-256(salt ‖ value), hex"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_alert_answer_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_alert_answer_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_alert_answer"),
    sa.UniqueConstraint("mark", name="uq_alert_answer_mark"),
    sa.Index("ix_alert_answer_basis_id", "basis_id"),
    sa.Index("ix_alert_answer_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "body_event",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column(
        "body_id", Id, nullable=False, comment="the body renamed, split or ended; of a merger, the one that remains"
    ),
    sa.Column("kind", sa.String(length=16), nullable=False),
    _dated("on"),
    _precision("on_precision"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("basis_note", sa.Text(), nullable=True, comment="place in the basis document, or what it is"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint(
        "kind IN ('rename', 'level_change', 'code_change', 'merger', 'split', 'end')", name="ck_body_event_kind"
    ),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_body_event_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_body_event_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_body_event"),
    sa.Index("ix_body_event_basis_id", "basis_id"),
    sa.Index("ix_body_event_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "policy",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("name", sa.String(length=24), nullable=False),
    sa.Column("since", sa.String(length=10), nullable=False, comment="first day on which it holds, ISO 8601"),
    sa.Column("days", sa.Integer(), nullable=False, comment="calendar days"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("name IN ('correction_window')", name="ck_policy_name"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_policy_basis_id"),
    sa.PrimaryKeyConstraint("id", name="pk_policy"),
    sa.UniqueConstraint("name", "since", name="uq_policy_name_since"),
    sa.Index("ix_policy_basis_id", "basis_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "same_as",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="the record that stays"),
    sa.Column("other_id", sa.BigInteger(), nullable=False, comment="the record whose address leads to it"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="why they are one; SHA-256(salt ‖ value), hex"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("undone_at", Moment(), nullable=True, comment="UTC; null: holds"),
    sa.CheckConstraint(
        "subject_kind IN ('party', 'grouping', 'agreement', 'item', 'document', 'meeting')",
        name="ck_same_as_subject_kind",
    ),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_same_as_basis_id"),
    sa.PrimaryKeyConstraint("id", name="pk_same_as"),
    sa.Index("ix_same_as_basis_id", "basis_id"),
    sa.Index(
        "uq_same_as_now",
        "subject_kind",
        "other_id",
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "body_event_part",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("event_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_body_event_part_body_id"),
    sa.ForeignKeyConstraint(["event_id"], ["body_event.id"], name="fk_body_event_part_event_id"),
    sa.PrimaryKeyConstraint("id", name="pk_body_event_part"),
    sa.UniqueConstraint("event_id", "body_id", name="uq_body_event_part_event_id_body_id"),
    sa.Index("ix_body_event_part_body_id", "body_id"),
    sa.Index("ix_body_event_part_event_id", "event_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "body_name",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.Column("name_en", sa.Text(), nullable=True),
    sa.Column(
        "kind",
        sa.String(length=40),
        nullable=False,
        comment="kind of the body at that time: a change of level is a change of kind",
    ),
    sa.Column("gb_code", sa.String(length=6), nullable=True, comment="GB/T 2260 at that time"),
    _dated("since"),
    _precision("since_precision"),
    _dated("until"),
    _precision("until_precision"),
    sa.Column("event_id", Id, nullable=False, comment="the event that ended it"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_body_name_body_id"),
    sa.ForeignKeyConstraint(["event_id"], ["body_event.id"], name="fk_body_name_event_id"),
    sa.PrimaryKeyConstraint("id", name="pk_body_name"),
    sa.Index("ix_body_name_body_id", "body_id"),
    sa.Index("ix_body_name_event_id", "event_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "correction",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False, comment="the record on whose page it stands"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False, comment="from 1 for each record"),
    sa.Column("table_name", sa.String(length=40), nullable=False),
    sa.Column("row_id", sa.BigInteger(), nullable=False),
    sa.Column("field", sa.String(length=40), nullable=False),
    sa.Column("old", sa.Text(), nullable=True, comment="value before, as text; null: none"),
    sa.Column("new", sa.Text(), nullable=True, comment="value proposed, as text; null: none"),
    sa.Column("old_precision", sa.String(length=16), nullable=True, comment="of a date"),
    sa.Column("new_precision", sa.String(length=16), nullable=True, comment="of a date"),
    sa.Column("body_id", Id, nullable=True, comment="the party that proposed it"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="what was wrong; SHA-256(salt ‖ value), hex"),
    sa.Column("policy_id", Id, nullable=False, comment="the row that set the length of the window"),
    sa.Column("proposed_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("window_until", sa.String(length=10), nullable=False, comment="last day for objections, ISO 8601"),
    sa.Column("outcome", sa.String(length=12), nullable=False),
    sa.Column("decided_at", Moment(), nullable=True, comment="UTC; null: open"),
    sa.CheckConstraint("outcome IN ('open', 'applied', 'fallen', 'withdrawn')", name="ck_correction_outcome"),
    sa.CheckConstraint(
        _among("subject_kind", ("agreement", "item", "party", "grouping", "meeting", "document", "claim")),
        name="ck_correction_subject_kind",
    ),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_correction_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_correction_body_id"),
    sa.ForeignKeyConstraint(["policy_id"], ["policy.id"], name="fk_correction_policy_id"),
    sa.PrimaryKeyConstraint("id", name="pk_correction"),
    sa.Index("ix_correction_basis_id", "basis_id"),
    sa.Index("ix_correction_body_id", "body_id"),
    sa.Index("ix_correction_policy_id", "policy_id"),
    sa.Index("ix_correction_subject", "subject_kind", "subject_id"),
    sa.Index(
        "uq_correction_open",
        "table_name",
        "row_id",
        "field",
        unique=True,
        sqlite_where=sa.text("outcome = 'open'"),
        postgresql_where=sa.text("outcome = 'open'"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "moved_reference",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False, comment="of its decision"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="of its decision"),
    sa.Column("same_as_id", Id, nullable=False),
    sa.Column("table_name", sa.String(length=40), nullable=False),
    sa.Column("row_id", sa.BigInteger(), nullable=False),
    sa.Column("column_name", sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(["same_as_id"], ["same_as.id"], name="fk_moved_reference_same_as_id"),
    sa.PrimaryKeyConstraint("id", name="pk_moved_reference"),
    sa.Index("ix_moved_reference_same_as_id", "same_as_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "correction_objection",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False, comment="of its correction"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="of its correction"),
    sa.Column("correction_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="why it objects; SHA-256(salt ‖ value), hex"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_correction_objection_body_id"),
    sa.ForeignKeyConstraint(["correction_id"], ["correction.id"], name="fk_correction_objection_correction_id"),
    sa.PrimaryKeyConstraint("id", name="pk_correction_objection"),
    sa.UniqueConstraint("correction_id", "body_id", name="uq_correction_objection_correction_id_body_id"),
    sa.Index("ix_correction_objection_body_id", "body_id"),
    sa.Index("ix_correction_objection_correction_id", "correction_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "custody",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("text_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("what", sa.String(length=8), nullable=False),
    sa.Column("place", sa.Text(), nullable=True, comment="archive and shelf mark"),
    _dated("since"),
    _precision("since_precision"),
    _dated("until"),
    sa.Column("until_precision", sa.String(length=16), nullable=True, comment="null: still kept there"),
    sa.CheckConstraint("what IN ('original', 'copy')", name="ck_custody_what"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_custody_agreement_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_custody_body_id"),
    sa.ForeignKeyConstraint(["text_id"], ["agreement_text.id"], name="fk_custody_text_id"),
    sa.PrimaryKeyConstraint("id", name="pk_custody"),
    sa.Index("ix_custody_agreement_id", "agreement_id"),
    sa.Index("ix_custody_body_id", "body_id"),
    sa.Index("ix_custody_text_id", "text_id"),
    sa.Index(
        "uq_custody_now",
        "text_id",
        "body_id",
        "what",
        unique=True,
        sqlite_where=sa.text("until_precision IS NULL"),
        postgresql_where=sa.text("until_precision IS NULL"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "text_file",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("agreement_id", Id, nullable=False),
    sa.Column("text_id", Id, nullable=False),
    sa.Column("kind", sa.String(length=16), nullable=False),
    sa.Column("language", sa.String(length=16), nullable=False, comment="BCP 47 tag"),
    sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the file, hex"),
    sa.Column("certified_by_id", Id, nullable=True, comment="of a certified copy: who certified it"),
    _dated("certified_on"),
    _precision("certified_precision"),
    sa.CheckConstraint("kind IN ('authentic', 'translation', 'certified_copy')", name="ck_text_file_kind"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_text_file_agreement_id"),
    sa.ForeignKeyConstraint(["certified_by_id"], ["body.id"], name="fk_text_file_certified_by_id"),
    sa.ForeignKeyConstraint(["text_id"], ["agreement_text.id"], name="fk_text_file_text_id"),
    sa.PrimaryKeyConstraint("id", name="pk_text_file"),
    sa.UniqueConstraint("text_id", "sha256", name="uq_text_file_text_id_sha256"),
    sa.Index("ix_text_file_agreement_id", "agreement_id"),
    sa.Index("ix_text_file_certified_by_id", "certified_by_id"),
    sa.Index("ix_text_file_text_id", "text_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)


def version_tables(tables: Iterable[sa.Table]) -> None:
    """Beside each audited table, its columns as they were, from one entry until another; indexed like the live one."""
    for table in tables:
        if not table.info.get("audited"):
            continue
        columns = [
            sa.Column(column.name, column.type, autoincrement=False, nullable=column.nullable, comment=column.comment)
            for column in table.columns
        ]
        indexes = [
            sa.Index(
                f"ix_{table.name}_version_{'_'.join(c.name for c in index.columns)}", *(c.name for c in index.columns)
            )
            for index in table.indexes
            if not index.unique
        ]
        if table.name in KEYS:
            indexes.append(sa.Index(_key(table.name), *KEYS[table.name]))
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


def _key(table: str) -> str:
    return f"ix_{table}_version_{'_'.join(KEYS[table])}"


version_tables(list(metadata.tables.values()))
NEW = [table for table in metadata.tables.values() if table not in THERE]


def upgrade() -> None:
    """Make the new tables; widen the tables of acts, texts, parties, names and notices."""
    metadata.create_all(op.get_bind(), tables=NEW)
    for table in sorted({*added(), *(table for table, _ in CHOICES)}):
        _widen(table)
    for table, columns in added().items():
        with op.batch_alter_table(f"{table}_version") as versions:
            for column in columns:
                versions.add_column(column)
            for name in REFERENCES.get(table, {}):
                versions.create_index(f"ix_{table}_version_{name}", [name])
    for table in _keyed_before():
        op.create_index(_key(table), f"{table}_version", list(KEYS[table]))
    _comment(COMMENT[1])


def _keyed_before() -> list[str]:
    new = {table.name for table in NEW}
    return [table for table in KEYS if table not in new]


def _widen(table: str) -> None:
    with op.batch_alter_table(table, table_kwargs=KEPT) as rows:
        if table == "act":
            rows.drop_index("uq_act_once")
        for column in added().get(table, ()):
            rows.add_column(column)
        for name, other in REFERENCES.get(table, {}).items():
            rows.create_foreign_key(op.f(f"fk_{table}_{name}"), other, [name], ["id"])
            rows.create_index(f"ix_{table}_{name}", [name])
        for (_, name), (before, after) in _choices(table).items():
            if before:
                rows.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            rows.create_check_constraint(op.f(f"ck_{table}_{name}"), _among(name, after))
        if table == "act":
            _once(rows, STANDS_ONCE)
        if table in NOW:
            still = sa.text("until_precision IS NULL")
            rows.drop_constraint(op.f(f"uq_{table}_{'_'.join(NOW[table])}"), type_="unique")
            rows.create_index(
                f"uq_{table}_now", list(NOW[table]), unique=True, sqlite_where=still, postgresql_where=still
            )


def downgrade() -> None:
    """Take them away again."""
    _comment(COMMENT[0])
    for table in _keyed_before():
        op.drop_index(_key(table), f"{table}_version")
    for table, columns in added().items():
        with op.batch_alter_table(f"{table}_version") as versions:
            for name in REFERENCES.get(table, {}):
                versions.drop_index(f"ix_{table}_version_{name}")
            for column in columns:
                versions.drop_column(column.name)
    for table in sorted({*added(), *(table for table, _ in CHOICES)}):
        _narrow(table)
    metadata.drop_all(op.get_bind(), tables=NEW)


def _narrow(table: str) -> None:
    with op.batch_alter_table(table, table_kwargs=KEPT) as rows:
        if table == "act":
            rows.drop_index("uq_act_once")
        if table in NOW:
            rows.drop_index(f"uq_{table}_now")
            rows.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(NOW[table])}"), list(NOW[table]))
        for (_, name), (before, _after) in _choices(table).items():
            rows.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            if before:
                rows.create_check_constraint(op.f(f"ck_{table}_{name}"), _among(name, before))
        for name in REFERENCES.get(table, {}):
            rows.drop_index(f"ix_{table}_{name}")
            rows.drop_constraint(op.f(f"fk_{table}_{name}"), type_="foreignkey")
        for column in added().get(table, ()):
            rows.drop_column(column.name)
        if table == "act":
            _once(rows, STANDS)


def _choices(table: str) -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]:
    return {key: both for key, both in CHOICES.items() if key[0] == table}


def _once(rows: BatchOperations, condition: str) -> None:
    rows.create_index(
        "uq_act_once", ["text_id", "body_id", "kind"], unique=True,
        sqlite_where=sa.text(condition), postgresql_where=sa.text(condition),
    )  # fmt: skip


def _comment(words: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("agreement_text", "agreement_text_version"):
            op.alter_column(name, "version", comment=words)
