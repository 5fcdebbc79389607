"""The search index: a table of words, found through FTS5 on SQLite and an inverted index on PostgreSQL, filled from what is there."""

import sqlalchemy as sa
from alembic import op

from registry.domain.bigrams import tokens
from registry.models.search import Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IMAGES: list[dict[str, object]] = []
IMAGES_BACK: list[dict[str, object]] = []

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = {
    "agreement": (
        "number",
        "title_zh",
        "title_en",
        "note",
    ),
    "item": (
        "number",
        "title_zh",
        "title_en",
        "section",
        "note",
    ),
    "body": (
        "code",
        "gb_code",
        "name_zh",
        "name_en",
        "note",
    ),
    "grouping": (
        "code",
        "name_zh",
        "name_en",
        "note",
    ),
    "meeting": (
        "number",
        "name_zh",
        "name_en",
        "note",
    ),
    "document": (
        "number",
        "document_number",
        "title",
        "issuer_name",
        "approved_by",
        "addressees",
        "proposal_number",
        "proposal_title",
        "proposers",
        "approving_signer",
        "note",
    ),
    "claim": (
        "code",
        "what_zh",
        "what_en",
        "note",
    ),
    "matter": (
        "number",
        "title_zh",
        "title_en",
        "note",
    ),
    "annual_list": (
        "number",
        "title_zh",
        "title_en",
        "note",
    ),
    "agreement_text": (
        "title_zh",
        "title_en",
        "clause_place",
    ),
    "agreement_field": (
        "name_zh",
        "name_en",
    ),
    "act": (
        "signer_post",
        "content",
        "clause",
    ),
    "alias": ("text",),
    "body_name": (
        "name_zh",
        "name_en",
        "gb_code",
    ),
    "department": (
        "name_zh",
        "name_en",
    ),
    "target": (
        "metric_zh",
        "metric_en",
        "note",
    ),
    "partner": ("names",),
    "mechanism": (
        "name_zh",
        "name_en",
    ),
    "report": (
        "released_progress",
        "released_problem",
        "released_next_step",
    ),
    "commitment": (
        "code",
        "title_zh",
        "title_en",
    ),
}
"""Texts of each table, as this revision has them; the place of a table is part of the ids."""
metadata = sa.MetaData()
search_text = sa.Table(
    "search_text",
    metadata,
    sa.Column("id", Id, autoincrement=False, nullable=False, comment="id of the row × 64 + place of its table"),
    sa.Column(
        "words", Words(), nullable=False, comment="tokens of its open texts, the first says which table it is of"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_search_text"),
)


def upgrade() -> None:
    """Make the index, and fill it."""
    connection = op.get_bind()
    metadata.create_all(connection, tables=[search_text])
    lite = connection.dialect.name == "sqlite"
    for place, (table, columns) in enumerate(COLUMNS.items()):
        live = sa.table(table, sa.column("id"), *map(sa.column, columns))
        rows = [
            {"id": row[0] * 64 + place, "words": [f"t{place}", *words]}
            for row in connection.execute(sa.select(live))
            if (words := tokens(" \n ".join(str(text) for text in row[1:] if text)))
        ]
        if rows:
            connection.execute(sa.insert(search_text), rows)
    if lite:
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_text', content_rowid='id', tokenize='ascii', prefix='6')"
        )
        op.execute("INSERT INTO search_index(search_index) VALUES ('rebuild')")
    else:
        op.execute("CREATE INDEX ix_search_text_words ON search_text USING gin (words)")


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    metadata.drop_all(op.get_bind(), tables=[search_text])
