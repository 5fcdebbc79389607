"""What status pages need: observations of targets, lamps, lanes, opt-outs, lineage, annual lists, shared and frozen pages."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op

from registry.models.base import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AUDITED = {"audited": True}
KEPT = {"sqlite_autoincrement": True}
DATE = "calendar date at the place of the event, no zone: 2017-07-06, 2017-07, 2017"
PRECISION = "precision: second, day, month, quarter, year, year_end, before_year, by_month_end, open, unknown"
BASE = "what the unit is measured against, e.g. 2015年; null: nothing"
KEYS = {"annual_list": ("number",), "frozen_page": ("number",), "lamp_policy": ("since",), "share_link": ("digest",)}
"""Keys of live tables, by which the versions are found, too."""

IMAGES: list[dict[str, object]] = [{"op": "add", "table": "target", "column": "base", "value": None}]
IMAGES_BACK: list[dict[str, object]] = [{"op": "drop", "table": "target", "column": "base"}]


def _dated(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=32), nullable=True, comment=DATE)


def _precision(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=16), server_default="unknown", nullable=False, comment=PRECISION)


metadata = sa.MetaData()
for there in ("agreement", "body", "document", "grouping", "item", "person", "target"):
    sa.Table(there, metadata, sa.Column("id", Id, primary_key=True))
THERE = list(metadata.tables.values())

sa.Table(
    "annual_list",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("number", sa.String(length=40), nullable=False, comment="list-<year>-<nn>"),
    sa.Column("title_zh", sa.Text(), nullable=False),
    sa.Column("title_en", sa.Text(), nullable=True),
    sa.Column("year", sa.Integer(), nullable=False),
    sa.Column("grouping_id", Id, nullable=True, comment="whose list it is"),
    sa.Column("issuer_id", Id, nullable=True, comment="the party that keeps it"),
    sa.Column("level", sa.String(length=8), nullable=False),
    sa.Column("revision", sa.Integer(), nullable=False, comment="counts every act on it"),
    sa.Column("sample", sa.Boolean(), nullable=False),
    sa.Column("note", sa.Text(), nullable=True),
    sa.CheckConstraint("level IN ('public', 'members', 'parties')", name="ck_annual_list_level"),
    sa.CheckConstraint("grouping_id IS NOT NULL OR issuer_id IS NOT NULL", name="ck_annual_list_somebodys"),
    sa.ForeignKeyConstraint(["grouping_id"], ["grouping.id"], name="fk_annual_list_grouping_id"),
    sa.ForeignKeyConstraint(["issuer_id"], ["body.id"], name="fk_annual_list_issuer_id"),
    sa.PrimaryKeyConstraint("id", name="pk_annual_list"),
    sa.UniqueConstraint("number", name="uq_annual_list_number"),
    sa.Index("ix_annual_list_grouping_id", "grouping_id"),
    sa.Index("ix_annual_list_issuer_id", "issuer_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "frozen_page",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("number", sa.String(length=24), nullable=False, comment="snap-<year>-<nnnn>"),
    sa.Column("address", sa.Text(), nullable=False, comment="path and query of the page, without the language"),
    sa.Column("language", sa.String(length=8), nullable=False, comment="zh or en"),
    sa.Column("title", sa.Text(), nullable=False, comment="of the page, in its language"),
    sa.Column("entry", sa.BigInteger(), nullable=False, comment="index of the last entry that it knows"),
    sa.Column("on", sa.String(length=10), nullable=False, comment="the register's day on which it was made, ISO 8601"),
    sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the stored page, hex"),
    sa.Column(
        "level",
        sa.String(length=8),
        nullable=False,
        comment="public: as everybody sees it; parties: as its maker's party does",
    ),
    sa.Column("body_id", Id, nullable=True, comment="the party of its maker"),
    sa.Column("made_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("level IN ('public', 'parties')", name="ck_frozen_page_level"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_frozen_page_body_id"),
    sa.PrimaryKeyConstraint("id", name="pk_frozen_page"),
    sa.UniqueConstraint("number", name="uq_frozen_page_number"),
    sa.Index("ix_frozen_page_body_id", "body_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "lamp_policy",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("slug", sa.String(length=40), nullable=False, comment="which rules, e.g. own-1, yinchuan-2025"),
    sa.Column("since", sa.String(length=10), nullable=False, comment="first day on which they hold, ISO 8601"),
    sa.Column(
        "rules", sa.Text(), nullable=False, comment="the rules themselves, canonical JSON (registry/domain/lamps.py)"
    ),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("note", sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_lamp_policy_basis_id"),
    sa.PrimaryKeyConstraint("id", name="pk_lamp_policy"),
    sa.UniqueConstraint("since", name="uq_lamp_policy_since"),
    sa.Index("ix_lamp_policy_basis_id", "basis_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "list_version",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("list_id", Id, nullable=False),
    sa.Column("version", sa.Integer(), nullable=False, comment="from 1"),
    _dated("adopted_on"),
    _precision("adopted_precision"),
    sa.Column("basis_id", Id, nullable=True, comment="the list as printed, or its approval"),
    sa.Column("declared_items", sa.Integer(), nullable=True, comment="number of items that the document states"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_list_version_basis_id"),
    sa.ForeignKeyConstraint(["list_id"], ["annual_list.id"], name="fk_list_version_list_id"),
    sa.PrimaryKeyConstraint("id", name="pk_list_version"),
    sa.UniqueConstraint("list_id", "version", name="uq_list_version_list_id_version"),
    sa.Index("ix_list_version_basis_id", "basis_id"),
    sa.Index("ix_list_version_list_id", "list_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "share_link",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column(
        "digest", sa.String(length=64), nullable=False, comment="SHA-256 of its token, hex; the token is kept nowhere"
    ),
    sa.Column("label", sa.Text(), nullable=False, comment="what it is for, as its maker calls it"),
    sa.Column("pages", sa.Text(), nullable=False, comment="addresses that it opens, canonical JSON array"),
    sa.Column("person_id", Id, nullable=False, comment="who made it: it shows what this person may read today"),
    sa.Column("body_id", Id, nullable=True, comment="the party of its maker"),
    sa.Column("made_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("expires_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("revoked_at", Moment(), nullable=True, comment="UTC; null: not revoked"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_share_link_body_id"),
    sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_share_link_person_id"),
    sa.PrimaryKeyConstraint("id", name="pk_share_link"),
    sa.UniqueConstraint("digest", name="uq_share_link_digest"),
    sa.Index("ix_share_link_body_id", "body_id"),
    sa.Index("ix_share_link_person_id", "person_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "share_visit",
    metadata,
    sa.Column("share_id", Id, nullable=False),
    sa.Column("day", sa.Date(), nullable=False, comment="in the register's zone"),
    sa.Column("count", sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(["share_id"], ["share_link.id"], name="fk_share_visit_share_id"),
    sa.PrimaryKeyConstraint("share_id", "day", name="pk_share_visit"),
)

sa.Table(
    "lamp_override",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("colour", sa.String(length=8), nullable=False),
    sa.Column("since", sa.String(length=10), nullable=False, comment="first day on which it holds, ISO 8601"),
    sa.Column("until", sa.String(length=10), nullable=True, comment="last day; null: it still holds"),
    sa.Column("body_id", Id, nullable=True, comment="the party that decided it"),
    sa.Column("basis_id", Id, nullable=False),
    sa.Column("reason", sa.String(length=64), nullable=True, comment="why; SHA-256(salt ‖ value), hex"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("colour IN ('red', 'yellow', 'blue', 'green', 'grey')", name="ck_lamp_override_colour"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_lamp_override_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_lamp_override_body_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_lamp_override_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_lamp_override"),
    sa.Index("ix_lamp_override_basis_id", "basis_id"),
    sa.Index("ix_lamp_override_body_id", "body_id"),
    sa.Index("ix_lamp_override_item_id", "item_id"),
    sa.Index(
        "uq_lamp_override_now",
        "item_id",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "lane_change",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("lane", sa.String(length=16), nullable=False),
    _dated("effective"),
    _precision("effective_precision"),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("lane IN ('reserve', 'preparatory', 'new', 'continued')", name="ck_lane_change_lane"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_lane_change_basis_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_lane_change_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_lane_change"),
    sa.Index("ix_lane_change_basis_id", "basis_id"),
    sa.Index("ix_lane_change_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "lineage",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False, comment="the later item"),
    sa.Column("earlier_id", Id, nullable=False),
    sa.Column("kind", sa.String(length=12), nullable=False),
    sa.Column("basis_id", Id, nullable=True),
    sa.Column("note", sa.Text(), nullable=True),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.CheckConstraint("kind IN ('continues', 'replaces', 'split_from', 'merged_from')", name="ck_lineage_kind"),
    sa.CheckConstraint("item_id <> earlier_id", name="ck_lineage_two_items"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_lineage_basis_id"),
    sa.ForeignKeyConstraint(["earlier_id"], ["item.id"], name="fk_lineage_earlier_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_lineage_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_lineage"),
    sa.UniqueConstraint("item_id", "earlier_id", name="uq_lineage_item_id_earlier_id"),
    sa.Index("ix_lineage_basis_id", "basis_id"),
    sa.Index("ix_lineage_earlier_id", "earlier_id"),
    sa.Index("ix_lineage_item_id", "item_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "list_row",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("list_id", Id, nullable=False),
    sa.Column("version_id", Id, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("position", sa.Integer(), nullable=False, comment="order as printed, from 1"),
    sa.Column("category", sa.Text(), nullable=True, comment="大类 of the list, as printed"),
    sa.Column("carried_from_id", Id, nullable=True, comment="the earlier year's list that it stood in"),
    sa.ForeignKeyConstraint(["carried_from_id"], ["annual_list.id"], name="fk_list_row_carried_from_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_list_row_item_id"),
    sa.ForeignKeyConstraint(["list_id"], ["annual_list.id"], name="fk_list_row_list_id"),
    sa.ForeignKeyConstraint(["version_id"], ["list_version.id"], name="fk_list_row_version_id"),
    sa.PrimaryKeyConstraint("id", name="pk_list_row"),
    sa.UniqueConstraint("version_id", "item_id", name="uq_list_row_version_id_item_id"),
    sa.Index("ix_list_row_carried_from_id", "carried_from_id"),
    sa.Index("ix_list_row_item_id", "item_id"),
    sa.Index("ix_list_row_list_id", "list_id"),
    sa.Index("ix_list_row_version_id", "version_id"),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "opt_out",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("body_id", Id, nullable=False),
    _dated("since"),
    _precision("since_precision"),
    _dated("until"),
    sa.Column("until_precision", sa.String(length=16), nullable=True, comment="null: it still holds"),
    sa.Column("basis_id", Id, nullable=True),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_opt_out_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_opt_out_body_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_opt_out_item_id"),
    sa.PrimaryKeyConstraint("id", name="pk_opt_out"),
    sa.Index("ix_opt_out_basis_id", "basis_id"),
    sa.Index("ix_opt_out_body_id", "body_id"),
    sa.Index("ix_opt_out_item_id", "item_id"),
    sa.Index(
        "uq_opt_out_now",
        "item_id",
        "body_id",
        unique=True,
        sqlite_where=sa.text("until_precision IS NULL"),
        postgresql_where=sa.text("until_precision IS NULL"),
    ),
    sqlite_autoincrement=True,
    info=AUDITED,
)

sa.Table(
    "observation",
    metadata,
    sa.Column("id", Id, autoincrement=True, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("target_id", Id, nullable=False),
    _dated("as_of"),
    _precision("as_of_precision"),
    sa.Column(
        "number",
        sa.String(length=40),
        nullable=True,
        comment="exact decimal as text, in the target's unit; the lower end of a range; of a class, its number",
    ),
    sa.Column("number_until", sa.String(length=40), nullable=True, comment="upper end of a range"),
    sa.Column(
        "reached",
        sa.Boolean(),
        nullable=True,
        comment="of a milestone: whether it is reached; null: the target is a number",
    ),
    sa.Column(
        "share",
        sa.Integer(),
        nullable=True,
        comment="share of the target that was reached, in 1/100 %; null: not comparable",
    ),
    sa.Column(
        "scheduled",
        sa.Integer(),
        nullable=True,
        comment="share due by `as_of` by schedule, in 1/100 %; null: the target has no year",
    ),
    sa.Column("body_id", Id, nullable=True, comment="the party that reports it"),
    sa.Column("basis_id", Id, nullable=True, comment="its source"),
    sa.Column("source", sa.Text(), nullable=True, comment="place in the source, or what it is"),
    sa.Column("recorded_at", Moment(), nullable=False, comment="UTC"),
    sa.Column("annulled_at", Moment(), nullable=True, comment="UTC; null: stands"),
    sa.ForeignKeyConstraint(["basis_id"], ["document.id"], name="fk_observation_basis_id"),
    sa.ForeignKeyConstraint(["body_id"], ["body.id"], name="fk_observation_body_id"),
    sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_observation_item_id"),
    sa.ForeignKeyConstraint(["target_id"], ["target.id"], name="fk_observation_target_id"),
    sa.PrimaryKeyConstraint("id", name="pk_observation"),
    sa.Index("ix_observation_basis_id", "basis_id"),
    sa.Index("ix_observation_body_id", "body_id"),
    sa.Index("ix_observation_item_id", "item_id"),
    sa.Index("ix_observation_target_id", "target_id"),
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
        found = [tuple(index.columns.keys()) for index in table.indexes if not index.unique]
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
            *(
                sa.Index(f"ix_{table.name}_version_{'_'.join(names)}", *names)
                for names in (*found, *filter(None, [KEYS.get(table.name)]))
            ),
        )


version_tables(list(metadata.tables.values()))
NEW = [table for table in metadata.tables.values() if table not in THERE]


def upgrade() -> None:
    """Make the new tables; a target gains its base."""
    metadata.create_all(op.get_bind(), tables=NEW)
    with op.batch_alter_table("target", table_kwargs=KEPT) as rows:
        rows.add_column(sa.Column("base", sa.Text(), nullable=True, comment=BASE))
    with op.batch_alter_table("target_version") as versions:
        versions.add_column(sa.Column("base", sa.Text(), nullable=True, comment=BASE))


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("target_version") as versions:
        versions.drop_column("base")
    with op.batch_alter_table("target", table_kwargs=KEPT) as rows:
        rows.drop_column("base")
    metadata.drop_all(op.get_bind(), tables=NEW)
