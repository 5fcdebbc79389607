"""Tables of acts on the command line: checked without a register, tried, imported, and imported again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from registry.commands import root
from registry.ledger import atomic
from registry.models import Act, Agreement
from registry.permissions import the_register
from tests.cast import Cast

Run = Callable[..., Result]
TABLE = "缔约方,行为,日期\n乌海市,签署,2017-07-06\n鄂尔多斯市,签署,2017年7月\n"


@pytest.fixture
def run(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, session: Session) -> Run:
    """The command line on the register of the cast."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)

    def run(*words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(root, ["acts", *words])
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        session.rollback()
        return result

    return run


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "表.csv"
    path.write_text(TABLE, "utf-8")
    return path


def test_a_file_is_checked_without_a_register(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert CliRunner().invoke(root, ["acts", "check", str(table)]).output == "✓ 2\n"
    table.write_text(TABLE.replace("2017年7月", "7月"), "utf-8")
    refused = CliRunner().invoke(root, ["acts", "check", str(table)])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("✗ 表.csv:C3 日期 “7月” ")
    told = json.loads(CliRunner().invoke(root, ["acts", "check", str(table), "--json"]).stdout)
    (fault,) = told["faults"]
    assert (fault["row"], fault["column"], fault["value"], fault["code"]) == (3, "C", "7月", "year-missing")
    assert fault["zh"] and fault["en"]


def test_tried_entered_and_entered_again(run: Run, table: Path, session: Session, agreement: Agreement) -> None:
    words = ("import", agreement.number, str(table), "--as", "wuhai")
    assert "试算 2 项，已有 0 项" in run(*words, "--dry-run").stdout
    assert session.scalars(sa.select(Act)).all() == []
    assert "已登记 2 项，已有 0 项" in run(*words).stdout
    again = json.loads(run(*words, "--json").stdout)
    assert again["entered"] == []
    assert again["known"][0] == {"row": 2, "party": "150300", "act": "signature", "date": "2017-07-06"}
    table.write_text(TABLE.replace("07-06", "07-07"), "utf-8")
    assert "✗ 表.csv:C2 日期 “2017-07-07” 登记簿中已有这项行为" in run(*words, "--dry-run", fails=True).stderr


def test_parties_are_added_when_asked_for(
    run: Run, table: Path, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    with atomic(session) as book:
        agreement.backfilled, agreement.party_list = True, "partial"
        book.record(act="agreement.backfill", actor=the_register("command"), subject=("agreement", agreement.id), at=at)
    table.write_text(f"{TABLE}榆林市,签署,2017-07-06\n", "utf-8")
    words = ("import", agreement.number, str(table), "--as", "secretariat")
    assert "榆林市" in run(*words, fails=True).stderr
    assert json.loads(run(*words, "--add-parties", "--json").stdout)["added"] == [cast.outsider.code]
    assert "没有" in run("import", agreement.number, str(table), "--as", "ordos", fails=True).stderr


def test_one_act_is_recorded(run: Run, session: Session, cast: Cast, agreement: Agreement) -> None:
    words = ("record", agreement.number, "reservation", "150300", "--on", "2026-03-01")
    refused = run(*words, "--as", "wuhai", fails=True)
    assert "内容" in refused.output
    run(*words, "--content", "示例：第三条不适用", "--clause", "第三条", "--received", "2026年3月", "--as", "wuhai")
    act = session.execute(sa.select(Act)).scalar_one()
    assert (act.kind, act.content, act.clause, act.received_on) == (
        "reservation",
        "示例：第三条不适用",
        "第三条",
        "2026-03",
    )
