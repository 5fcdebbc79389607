"""Notices that a party joined an item or opted out of it: two kinds more, and the party they tell of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

IMAGES: list[dict[str, object]] = [{"op": "add", "table": "notice", "column": "party_id", "value": None}]
IMAGES_BACK: list[dict[str, object]] = [{"op": "drop", "table": "notice", "column": "party_id"}]

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = {"sqlite_autoincrement": True}
KINDS = ("reminder", "passed", "escalation", "review", "asked", "decided", "step", "silence", "act", "correction")


def upgrade() -> None:
    """Let notices be of the new kinds, and name the party."""
    with op.batch_alter_table("notice", table_kwargs=KEPT) as rows:
        rows.add_column(_party())
        rows.create_foreign_key(op.f("fk_notice_party_id"), "body", ["party_id"], ["id"])
        rows.create_index("ix_notice_party_id", ["party_id"])
        rows.drop_constraint(op.f("ck_notice_kind"), type_="check")
        rows.create_check_constraint(op.f("ck_notice_kind"), _among(*KINDS, "joined", "opted_out"))
    with op.batch_alter_table("notice_version") as versions:
        versions.add_column(_party())
        versions.create_index("ix_notice_version_party_id", ["party_id"])


def downgrade() -> None:
    """Take them away again."""
    with op.batch_alter_table("notice_version") as versions:
        versions.drop_index("ix_notice_version_party_id")
        versions.drop_column("party_id")
    with op.batch_alter_table("notice", table_kwargs=KEPT) as rows:
        rows.drop_constraint(op.f("ck_notice_kind"), type_="check")
        rows.create_check_constraint(op.f("ck_notice_kind"), _among(*KINDS))
        rows.drop_index("ix_notice_party_id")
        rows.drop_constraint(op.f("fk_notice_party_id"), type_="foreignkey")
        rows.drop_column("party_id")


def _party() -> sa.Column[int]:
    return sa.Column("party_id", Id, nullable=True, comment="the party that joined or opted out")


def _among(*kinds: str) -> str:
    return f"kind IN ({', '.join(map(repr, kinds))})"
