"""New records on the command line: the same acts and refusals as the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from registry.commands import root
from registry.ledger import atomic
from registry.models import Alias, Document, Edition, Meeting, MeetingSeries, Membership
from registry.permissions import the_register
from tests.cast import Cast

Run = Callable[..., Result]


@pytest.fixture
def run(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, session: Session, cast: Cast, at: datetime
) -> Run:
    """The command line on the register of the cast, which has one series of meetings."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)
    with atomic(session) as book:
        session.add(MeetingSeries(code="joint-conference", name_zh="联席会议", sample=False))
        book.record(act="bundle.import", actor=the_register("command"), subject=("series", 1), at=at)

    def run(*words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(root, list(words))
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        session.rollback()
        return result

    return run


def test_a_document_by_an_officer(run: Run, session: Session, cast: Cast) -> None:
    words = ("document", "add", "示例纪要", "--kind", "minutes", "--number", "乌海政发[2026]01号", "--as", "wuhai")
    refused = run(*words, fails=True)
    assert "看不到这份文件" in refused.stderr
    done = run(*words, "--issuer", "150300", "--signed", "2026年1月")
    assert done.stdout == "doc-2026-01\n"
    assert done.stderr == "“乌海政发[2026]01号” → 乌海政发〔2026〕1号\n"
    document = session.scalars(sa.select(Document)).one()
    assert (document.issuer_id, document.level, document.signed_on) == (cast.wuhai.id, "members", "2026-01")
    again = run("--lang", "en", *words, "--issuer", "150300", fails=True)
    assert "registered already, as doc-2026-01" in again.stderr
    assert "You may not enter a document." in run("--lang", "en", *words[:-1], "viewer", fails=True).stderr


def test_a_meeting_held_and_one_planned(run: Run, session: Session) -> None:
    held = run(
        "meeting", "add", "第三次联席会议", "--on", "2026-02-20", "--venue", "150300", "--edition", "joint-conference:3",
        "--as", "wuhai",
    )  # fmt: skip
    planned = run("meeting", "add", "联席会议", "--planned", "--edition", "joint-conference", "--as", "secretariat")
    assert (held.stdout, planned.stdout) == ("meeting-2026-01\n", "meeting-0000-01\n")
    rows = session.execute(
        sa.select(Meeting.held, Edition.ordinal).join(Edition, Edition.meeting_id == Meeting.id).order_by(Meeting.id)
    )
    assert [tuple(row) for row in rows] == [(True, 3), (False, None)]
    bad = run("meeting", "add", "联席会议", "--edition", "joint-conference:第三", "--as", "wuhai", fails=True)
    assert "whole number" in bad.stderr
    missing = run("meeting", "add", "联席会议", "--edition", "forum:1", "--as", "wuhai", fails=True)
    assert "没有代码为“forum”的会议系列" in missing.stderr


def test_a_party_a_grouping_and_a_member(run: Run, session: Session, cast: Cast) -> None:
    party = run("party", "add", "150800", "巴彦淖尔市", "--gb-code", "150800", "--alias", "巴市", "--as", "secretariat")
    grouping = run(
        "grouping",
        "add",
        "hbyy",
        "呼包银榆经济区",
        "--kind",
        "economic_zone",
        "--declared",
        "13",
        "--as",
        "secretariat",
    )
    assert (party.stdout, grouping.stdout) == ("150800\n", "hbyy\n")
    assert session.scalars(sa.select(Alias.text)).all() == ["巴市"]
    member = ("grouping", "member", "mxsmy", "150800", "--since", "2026-01-01", "--as", "secretariat")
    assert run(*member).stdout == "✓\n"
    last = session.scalars(sa.select(Membership).order_by(Membership.id.desc())).first()
    assert last is not None
    assert (last.grouping_id, last.position, last.since) == (cast.grouping.id, 4, "2026-01-01")
    assert "已经是这一组织的成员" in run(*member, fails=True).stderr
    assert "“新增单位”" in run("party", "add", "150801", "某市", "--as", "wuhai", fails=True).stderr
    assert "“新增单位”" in run("grouping", "member", "hbyy", "150300", "--as", "secretariat", fails=True).stderr
