"""An index on the days on which mechanisms are looked at again; words that are searched are sorted in at once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IMAGES: list[dict[str, object]] = []
IMAGES_BACK: list[dict[str, object]] = []


def upgrade() -> None:
    """Add the index; on PostgreSQL keep no list of what waits to be sorted in: each table of a search would read it anew."""
    op.create_index("ix_mechanism_review_on", "mechanism", ["review_on"])
    op.create_index("ix_mechanism_version_review_on", "mechanism_version", ["review_on"])
    _pending(kept=False)


def downgrade() -> None:
    """Take it away, and keep such a list again."""
    _pending(kept=True)
    op.drop_index("ix_mechanism_version_review_on", "mechanism_version")
    op.drop_index("ix_mechanism_review_on", "mechanism")


def _pending(*, kept: bool) -> None:
    if op.get_bind().dialect.name == "postgresql":
        index = sa.text(f"ALTER INDEX ix_search_text_words SET (fastupdate = {'on' if kept else 'off'})")
        op.execute(index)
        if not kept:
            op.execute(sa.text("SELECT gin_clean_pending_list('ix_search_text_words')"))
