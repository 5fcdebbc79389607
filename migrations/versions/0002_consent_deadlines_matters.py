"""Consent, deadlines and matters: proposals and votes, running time limits, notices, calendars, the generic subject.

Steps are taken by matters, too; a step can move a subject to a newer version of its procedure; evidence can be shown for
any subject.
"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from registry.models.base import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IMAGES: list[dict[str, object]] = [
    {"op": "add", "table": "evidence", "column": "agreement_id", "value": None},
    {"op": "add", "table": "evidence", "column": "matter_id", "value": None},
]
IMAGES_BACK: list[dict[str, object]] = [
    {"op": "drop", "table": "evidence", "column": "agreement_id"},
    {"op": "drop", "table": "evidence", "column": "matter_id"},
]

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDITED = {"audited": True}
KEPT = {"sqlite_autoincrement": True}
ONE_SUBJECT = (
    "CASE WHEN item_id IS NULL THEN 0 ELSE 1 END + CASE WHEN agreement_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN matter_id IS NULL THEN 0 ELSE 1 END = 1"
)

COMMENTS = (
    ("evidence", "type", "evidence type of the item's procedure", "evidence type of the subject's procedure"),
    ("procedure", "source", "the YAML file as published", "the YAML file as drafted and published"),
    (
        "step",
        "kind",
        "forward, return, suspend, resume, reopen, merge, terminate, system, entry",
        "forward, return, suspend, resume, reopen, merge, terminate, system, entry, migrate",
    ),
)
"""Table, column, what its comment was, what it is; only PostgreSQL keeps comments."""

metadata = sa.MetaData()
for there in ("agreement", "body", "document", "grouping", "item", "person", "procedure", "step"):
    sa.Table(there, metadata, sa.Column("id", Id, primary_key=True))
THERE = list(metadata.tables.values())

sa.Table(
    "calendar_year",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("calendar", sa.String(length=60), nullable=False),
    sa.Column("year", sa.Integer(), nullable=False),
    sa.Column("basis_id", Id, nullable=True, comment="the notice, where it is registered"),
    sa.Column("source", sa.Text(), nullable=False, comment="where its days come from"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_calendar_year_basis_id"),
    sa.PrimaryKeyConstraint("id", name="pk_calendar_year"),
    sa.UniqueConstraint("calendar", "year", name="uq_calendar_year_calendar_year"),
    sa.Index("ix_calendar_year_basis_id", "basis_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "calendar_day",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("year_id", Id, nullable=False),
    sa.Column("day", sa.String(length=10), nullable=False, comment="ISO 8601"),
    sa.Column("working", sa.Boolean(), nullable=False),
    sa.Column("name_zh", sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(["year_id"], ["calendar_year.id"], name="fk_calendar_day_year_id"),
    sa.PrimaryKeyConstraint("id", name="pk_calendar_day"),
    sa.UniqueConstraint("year_id", "day", name="uq_calendar_day_year_id_day"),
    sa.Index("ix_calendar_day_year_id", "year_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "matter",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("number", sa.String(length=120), nullable=False, comment="<procedure>-<year>-<nnn>, never reused"),
    sa.Column("title_zh", sa.Text(), nullable=False),
    sa.Column("title_en", sa.Text(), nullable=True),
    sa.Column("procedure_id", Id, nullable=False, comment="the version it runs on"),
    sa.Column("state", sa.String(length=40), nullable=False, comment="state of its procedure; only a step changes it"),
    sa.Column("stage", sa.String(length=24), nullable=False, comment="stage of that state; as before while suspended"),
    sa.Column("grouping_id", Id, nullable=True, comment="whose secretariat keeps it"),
    sa.Column("host_id", Id, nullable=True, comment="the party that opened it"),
    sa.Column("agreement_id", Id, nullable=True, comment="what it is about"),
    sa.Column("item_id", Id, nullable=True, comment="what it is about"),
    sa.Column("document_id", Id, nullable=True, comment="what it comes from"),
    sa.Column("level", sa.String(length=8), nullable=False),
    sa.Column(
        "opened_on",
        sa.String(length=32),
        nullable=True,
        comment="calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017",
    ),
    sa.Column(
        "opened_precision",
        sa.String(length=16),
        server_default="unknown",
        nullable=False,
        comment="precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown",
    ),
    sa.Column("revision", sa.Integer(), nullable=False, comment="counts every act on it"),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_matter_level"),
    sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name="fk_matter_agreement_id"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_matter_document_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_matter_grouping_id"),
    sa.ForeignKeyConstraint(["host_id"], ["body.id"], name="fk_matter_host_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_matter_item_id"),
    sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name="fk_matter_procedure_id"),
    sa.PrimaryKeyConstraint("id", name="pk_matter"),
    sa.UniqueConstraint("number", name="uq_matter_number"),
    sa.Index("ix_matter_agreement_id", "agreement_id"),
    sa.Index("ix_matter_document_id", "document_id"),
    sa.Index("ix_matter_grouping_id", "grouping_id"),
    sa.Index("ix_matter_host_id", "host_id"),
    sa.Index("ix_matter_item_id", "item_id"),
    sa.Index("ix_matter_procedure_id", "procedure_id"),
    sa.Index("ix_matter_state", "state"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "proposal",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("number", sa.Integer(), nullable=False, comment="from 1 for each subject"),
    sa.Column("procedure_id", Id, nullable=False),
    sa.Column("transition", sa.String(length=60), nullable=False),
    sa.Column("content", sa.String(length=64), nullable=False, comment="SHA-256 of what is put forward, hex"),
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
    sa.Column("merge_into_id", Id, nullable=True),
    sa.Column("person_id", Id, nullable=True, comment="who proposed it; null: the register"),
    sa.Column("body_id", Id, nullable=True, comment="the party it was proposed for"),
    sa.Column("asked_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("outcome", sa.String(length=20), nullable=False),
    sa.Column("decided_at", Moment(), nullable=True, comment="UTC; null: open"),
    sa.CheckConstraint(
        "outcome IN ('open', 'carried', 'refused', 'change_requested', 'superseded', 'void', 'left', 'taken')",
        name="ck_proposal_outcome",
    ),
    sa.CheckConstraint("subject_kind IN ('agreement', 'item', 'matter')", name="ck_proposal_subject_kind"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_proposal_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_proposal_body_id"),
    sa.ForeignKeyConstraint(["merge_into_id"], ["item.id"], name="fk_proposal_merge_into_id"),
    sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_proposal_person_id"),
    sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name="fk_proposal_procedure_id"),
    sa.PrimaryKeyConstraint("id", name="pk_proposal"),
    sa.UniqueConstraint("subject_kind", "subject_id", "number", name="uq_proposal_subject_kind_subject_id_number"),
    sa.Index("ix_proposal_basis_id", "basis_id"),
    sa.Index("ix_proposal_body_id", "body_id"),
    sa.Index("ix_proposal_merge_into_id", "merge_into_id"),
    sa.Index("ix_proposal_person_id", "person_id"),
    sa.Index(
        "uq_proposal_live",
        "subject_kind",
        "subject_id",
        "transition",
        unique=True,
        sqlite_where=sa.text("outcome IN ('open', 'carried')"),
        postgresql_where=sa.text("outcome IN ('open', 'carried')"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "deadline",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("purpose", sa.String(length=8), nullable=False),
    sa.Column("state", sa.String(length=40), nullable=False, comment="the state it belongs to"),
    sa.Column("proposal_id", Id, nullable=True, comment="of an answer that is awaited"),
    sa.Column("begun_on", sa.String(length=10), nullable=False),
    sa.Column(
        "due_on",
        sa.String(length=10),
        nullable=True,
        comment="the last day in time; null: its field of the matter is not filled in",
    ),
    sa.Column(
        "provisional", sa.Boolean(), nullable=False, comment="true: counted through a year that is not announced yet"
    ),
    sa.Column("stopped_on", sa.String(length=10), nullable=True, comment="null: the clock runs"),
    sa.Column(
        "next_on",
        sa.String(length=10),
        nullable=True,
        comment="the day on which the sweep has to look at it; null: never",
    ),
    sa.Column("ended_at", Moment(), nullable=True, comment="UTC; null: it still runs"),
    sa.CheckConstraint("purpose IN ('stay', 'review', 'answer')", name="ck_deadline_purpose"),
    sa.CheckConstraint("subject_kind IN ('agreement', 'item', 'matter')", name="ck_deadline_subject_kind"),
    sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name="fk_deadline_proposal_id"),
    sa.PrimaryKeyConstraint("id", name="pk_deadline"),
    sa.Index("ix_deadline_next_on", "next_on"),
    sa.Index("ix_deadline_proposal_id", "proposal_id"),
    sa.Index("ix_deadline_subject", "subject_kind", "subject_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "matter_party",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("matter_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    sa.Column("role", sa.String(length=8), nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order, from 1"),
    sa.CheckConstraint("role IN ('lead', 'join')", name="ck_matter_party_role"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_matter_party_body_id"),
    sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_matter_party_matter_id"),
    sa.PrimaryKeyConstraint("id", name="pk_matter_party"),
    sa.UniqueConstraint("matter_id", "body_id", name="uq_matter_party_matter_id_body_id"),
    sa.Index("ix_matter_party_body_id", "body_id"),
    sa.Index("ix_matter_party_matter_id", "matter_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "matter_value",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("matter_id", Id, nullable=False),
    sa.Column("name", sa.String(length=64), nullable=False, comment="id of the field in the definition"),
    sa.Column(
        "position", sa.Integer(), nullable=False, comment="of the step it came with; 0: filled in at the opening"
    ),
    sa.Column(
        "text",
        sa.Text(),
        nullable=True,
        comment="text, ISO date, exact number or choice of an open field; code of a party; number of a document",
    ),
    sa.Column(
        "kept", sa.String(length=64), nullable=True, comment="value of a sealed field; SHA-256(salt ‖ value), hex"
    ),
    sa.Column("body_id", Id, nullable=True, comment="of a field of type party"),
    sa.Column("document_id", Id, nullable=True, comment="of a field of type document"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("(text IS NULL) OR (kept IS NULL)", name="ck_matter_value_one_class"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_matter_value_body_id"),
    sa.ForeignKeyConstraint(["document_id"], ["document.id"], name="fk_matter_value_document_id"),
    sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name="fk_matter_value_matter_id"),
    sa.PrimaryKeyConstraint("id", name="pk_matter_value"),
    sa.UniqueConstraint("matter_id", "name", "position", name="uq_matter_value_matter_id_name_position"),
    sa.Index("ix_matter_value_body_id", "body_id"),
    sa.Index("ix_matter_value_document_id", "document_id"),
    sa.Index("ix_matter_value_matter_id", "matter_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "vote",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False, comment="of its proposal"),
    sa.Column("subject_id", sa.BigInteger(), nullable=False, comment="of its proposal"),
    sa.Column("proposal_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False, comment="the party whose answer it is"),
    sa.Column("person_id", Id, nullable=True, comment="who gave it; null: silence"),
    sa.Column("answer", sa.String(length=16), nullable=False),
    sa.Column("standing", sa.String(length=8), nullable=False),
    sa.Column("tacit", sa.Boolean(), nullable=False, comment="true: silence that counts by the procedure's own words"),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="the party's note; SHA-256(salt ‖ value), hex"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("answer IN ('agree', 'object', 'abstain', 'request_change')", name="ck_vote_answer"),
    sa.CheckConstraint("standing IN ('counted', 'replaced', 'late')", name="ck_vote_standing"),
    sa.CheckConstraint("subject_kind IN ('agreement', 'item', 'matter')", name="ck_vote_subject_kind"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_vote_body_id"),
    sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_vote_person_id"),
    sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name="fk_vote_proposal_id"),
    sa.PrimaryKeyConstraint("id", name="pk_vote"),
    sa.Index("ix_vote_body_id", "body_id"),
    sa.Index("ix_vote_person_id", "person_id"),
    sa.Index("ix_vote_proposal_id", "proposal_id"),
    sa.Index(
        "uq_vote_counted",
        "proposal_id",
        "body_id",
        unique=True,
        sqlite_where=sa.text("standing = 'counted'"),
        postgresql_where=sa.text("standing = 'counted'"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "notice",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("subject_kind", sa.String(length=12), nullable=False),
    sa.Column("subject_id", sa.BigInteger(), nullable=False),
    sa.Column("kind", sa.String(length=12), nullable=False),
    sa.Column(
        "mark",
        sa.String(length=160),
        nullable=False,
        comment="what happened and to whom it is told; the key that makes it happen once",
    ),
    sa.Column("body_id", Id, nullable=True, comment="the party that is told"),
    sa.Column("grouping_id", Id, nullable=True, comment="whose secretariat is told"),
    sa.Column("deadline_id", Id, nullable=True),
    sa.Column("proposal_id", Id, nullable=True),
    sa.Column("step_id", Id, nullable=True),
    sa.Column("due_on", sa.String(length=10), nullable=True, comment="the day it speaks of"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint(
        "kind IN ('reminder', 'passed', 'escalation', 'review', 'asked', 'decided', 'step', 'silence')",
        name="ck_notice_kind",
    ),
    sa.CheckConstraint("(body_id IS NULL) OR (grouping_id IS NULL)", name="ck_notice_one_reader"),
    sa.CheckConstraint("subject_kind IN ('agreement', 'item', 'matter')", name="ck_notice_subject_kind"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_notice_body_id"),
    sa.ForeignKeyConstraint(["deadline_id"], ["deadline.id"], name="fk_notice_deadline_id"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_notice_grouping_id"),
    sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name="fk_notice_proposal_id"),
    sa.ForeignKeyConstraint(["step_id"], ["step.id"], name="fk_notice_step_id"),
    sa.PrimaryKeyConstraint("id", name="pk_notice"),
    sa.UniqueConstraint("mark", name="uq_notice_mark"),
    sa.Index("ix_notice_body_id", "body_id"),
    sa.Index("ix_notice_deadline_id", "deadline_id"),
    sa.Index("ix_notice_grouping_id", "grouping_id"),
    sa.Index("ix_notice_proposal_id", "proposal_id"),
    sa.Index("ix_notice_step_id", "step_id"),
    sa.Index("ix_notice_subject", "subject_kind", "subject_id"),
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
NEW = [table for table in metadata.tables.values() if table not in THERE]


def upgrade() -> None:
    """Make the new tables; let matters take steps, and evidence be shown for any subject."""
    metadata.create_all(op.get_bind(), tables=NEW)
    for table, column, _, comment in COMMENTS:
        _comment(table, column, comment)
    with op.batch_alter_table("step", table_kwargs=KEPT) as step:
        _one_of_subjects(step, "agreement", "item", "matter")
    with op.batch_alter_table("evidence", table_kwargs=KEPT) as evidence:
        evidence.add_column(sa.Column("agreement_id", Id, nullable=True))
        evidence.add_column(sa.Column("matter_id", Id, nullable=True))
        evidence.alter_column("item_id", existing_type=Id, nullable=True)
        evidence.create_foreign_key(op.f("fk_evidence_agreement_id"), "agreement", ["agreement_id"], ["id"])
        evidence.create_foreign_key(op.f("fk_evidence_matter_id"), "matter", ["matter_id"], ["id"])
        evidence.create_check_constraint(op.f("ck_evidence_one_subject"), ONE_SUBJECT)
        evidence.create_index("ix_evidence_agreement_id", ["agreement_id"])
        evidence.create_index("ix_evidence_matter_id", ["matter_id"])
    with op.batch_alter_table("evidence_version") as versions:
        versions.add_column(sa.Column("agreement_id", Id, nullable=True))
        versions.add_column(sa.Column("matter_id", Id, nullable=True))
        versions.alter_column("item_id", existing_type=Id, nullable=True)
        versions.create_index("ix_evidence_version_agreement_id", ["agreement_id"])
        versions.create_index("ix_evidence_version_matter_id", ["matter_id"])


def downgrade() -> None:
    """Take them away again."""
    for table, column, comment, _ in COMMENTS:
        _comment(table, column, comment)
    with op.batch_alter_table("evidence_version") as versions:
        versions.drop_index("ix_evidence_version_agreement_id")
        versions.drop_index("ix_evidence_version_matter_id")
        versions.drop_column("agreement_id")
        versions.drop_column("matter_id")
        versions.alter_column("item_id", existing_type=Id, nullable=False)
    with op.batch_alter_table("evidence", table_kwargs=KEPT) as evidence:
        evidence.drop_index("ix_evidence_agreement_id")
        evidence.drop_index("ix_evidence_matter_id")
        evidence.drop_constraint(op.f("fk_evidence_agreement_id"), type_="foreignkey")
        evidence.drop_constraint(op.f("fk_evidence_matter_id"), type_="foreignkey")
        evidence.drop_constraint(op.f("ck_evidence_one_subject"), type_="check")
        evidence.drop_column("agreement_id")
        evidence.drop_column("matter_id")
        evidence.alter_column("item_id", existing_type=Id, nullable=False)
    with op.batch_alter_table("step", table_kwargs=KEPT) as step:
        _one_of_subjects(step, "agreement", "item")
    metadata.drop_all(op.get_bind(), tables=NEW)


def _one_of_subjects(step: BatchOperations, *kinds: str) -> None:
    step.drop_constraint(op.f("ck_step_subject_kind"), type_="check")
    step.create_check_constraint(op.f("ck_step_subject_kind"), f"subject_kind IN ({', '.join(map(repr, kinds))})")


def _comment(table: str, column: str, comment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in (table, f"{table}_version"):
            op.alter_column(name, column, comment=comment)
