"""The commands of annual lists, lineage and participation; and the fictional list, once and not twice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.orm import Session

from registry.commands import root
from registry.commands.sample_lists import sample_lists
from registry.documents.bundles import SAMPLE
from registry.models import Agreement, LedgerEntry
from registry.permissions import ANONYMOUS
from registry.queries.lists import list_page
from registry.queries.matrix import matrix_page
from tests.bundled import begun, imported
from tests.cast import Cast, an_item
from tests.queries.world import now


def test_lists_lineage_and_participation(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, tmp_path: Path, database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    one, two = (an_item(session, cast, at, agreement, position=place).number for place in (1, 2))
    for name, value in (("FOLDER", str(tmp_path)), ("DATABASE_URL", database_url), ("AS", "ordos")):
        monkeypatch.setenv(f"REGISTRY_{name}", value)
    (tmp_path / "rows").write_text(f"{one} 交通\n{two}", "utf-8")
    for words, said in (
        ("list add 2026 年度表 --issuer 150600", "list-2026-01"),
        (f"list adopt list-2026-01 {tmp_path / 'rows'} --adopted 2026-02-01 --declared 3", "✓ 1"),
        (f"item link {two} {one} continues --note 续", "✓"),
        (f"item unlink {two} {one} --reason 误", "✓"),
        (f"item opt-out {one} 150600 --reason 另有安排", "✓"),
        (f"item join {one} 150600", "✓"),
    ):
        result = CliRunner().invoke(root, words.split())
        assert (result.exit_code, result.output.strip()) == (0, said), words
    refused = CliRunner().invoke(root, ["item", "opt-out", one, "150300", "--reason", "误"])
    assert (refused.exit_code, "代码" in refused.output or "权限" in refused.output) == (1, True)


def test_the_fictional_list_is_entered_once(session: Session, at: datetime) -> None:
    begun(session, at)
    imported(session, SAMPLE, at)
    sample_lists(session, at=at)
    entries = session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one()
    session.rollback()
    sample_lists(session, at=at)
    assert session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one() == entries
    page = list_page(now(session), ANONYMOUS, "list-2024-01")
    assert page.sample
    assert [(row.version, row.items, row.declared) for row in page.versions] == [(2, 10, 10), (1, 9, 10)]
    assert page.since_version is not None
    moved = page.since_version
    assert [len(moved.added), [each.key for each in moved.dropped]] == [2, ["sample-2023-01-011"]]
    matrix = matrix_page(now(session), ANONYMOUS, "sample-2023-01")
    assert (len(matrix.rows), len(matrix.cities), len(matrix.fields)) == (70, 9, 9)
    assert [city.totals["opted_out"] for city in matrix.cities if city.body.key == "x-i"] == [1]
