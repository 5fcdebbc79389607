"""Bodies through time, leads and records that are one, on the command line: the same acts as the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from registry.commands import root
from registry.models import Agreement, Alias, Assignment, BodyEvent, Membership, SameAs
from tests.cast import Cast, an_agreement, an_item

Run = Callable[..., Result]
ON = ("--on", "2026-02-01", "--basis-note", "批复", "--as", "secretariat")


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, session: Session, cast: Cast) -> Run:
    """The command line on the register of the cast."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)

    def run(*words: str, fails: bool = False) -> Result:
        session.rollback()
        result = CliRunner().invoke(root, list(words))
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        return result

    return run


def test_what_befalls_bodies(run: Run, session: Session, cast: Cast) -> None:
    assert run("party", "alter", "150600", "--name", "东胜市", *ON).stdout == "rename\n"
    words = ("party", "alter", "150300", "--name", "某市", *ON[:-1])
    assert "您没有“登记单位沿革”的权限" in run(*words, "wuhai", fails=True).stderr
    run("party", "merge", "150300", "150600", *ON)
    run("party", "split", "640100", "610800", "--ends", *ON)
    run("party", "end", "610800", *ON)
    assert "已经撤销" in run("party", "end", "610800", *ON, fails=True).stderr
    kinds = session.scalars(sa.select(BodyEvent.kind).order_by(BodyEvent.id)).all()
    assert kinds == ["rename", "merger", "split", "end"]


def test_names_and_members(run: Run, session: Session, cast: Cast) -> None:
    run("grouping", "alias", "mxsmy", "四盟市", "--as", "secretariat")
    run("party", "alias", "150600", "我市", "--issuer", "150600", "--as", "secretariat")
    assert run("party", "named", "我市", "--issuer", "150600").stdout == "150600  鄂尔多斯市\n"
    run("grouping", "role", "mxsmy", "150600", "observer", "--since", "2026-01-01", "--as", "secretariat")
    run("grouping", "leave", "mxsmy", "640100", "--until", "2025-06-30", "--reason", "退出", "--as", "secretariat")
    assert run("party", "named", "四盟市", "--on", "2025-06-30").stdout.split()[::2] == ["150300", "150600", "640100"]
    assert run("party", "named", "各成员城市", "--grouping", "mxsmy").stdout.split()[::2] == ["150300"]
    assert "我市" in run("party", "named", "我市", fails=True).stderr
    assert session.scalar(sa.select(sa.func.count()).select_from(Alias)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 4


def test_leads_and_records_that_are_one(
    run: Run,
    session: Session,
    cast: Cast,
    agreement: Agreement,
    at: datetime,
) -> None:
    item, other = an_item(session, cast, at, agreement), an_agreement(session, cast, at, number="mxsmy-2026-02")
    run("item", "lead", item.number, "640100", "150600", "--as", "wuhai")
    leads = sa.select(Assignment.body_id).where(Assignment.role == "lead", Assignment.until_precision.is_(None))
    assert session.scalars(leads.order_by(Assignment.position)).all() == [cast.yinchuan.id, cast.ordos.id]
    words = ("same", "decide", "agreement", agreement.number, other.number, "--reason", "同一协议", "--as")
    assert run(*words, "wuhai", fails=True).stderr
    decision = run(*words, "secretariat").stdout.split()[0]
    run("same", "undo", decision, "--reason", "不是", "--as", "secretariat")
    assert session.scalars(sa.select(SameAs.undone_at)).one() is not None
