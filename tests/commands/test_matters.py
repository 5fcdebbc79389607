"""Matters on the command line: opened with the values of their fields, moved, shown and listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from registry.commands import root
from tests.cast import Cast
from tests.matters import publish_city_case

Run = Callable[..., Result]
OPEN = (
    "matter", "open", "city-case", "河道清理", "--grouping", "mxsmy", "--lead", "150300", "--join", "150600", "--value", "task=清理",
)  # fmt: skip


@pytest.fixture
def run(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, session: Session, cast: Cast, at: datetime
) -> Run:
    """The command line on the register of the cast, where the city's procedure is published."""
    monkeypatch.setenv("REGISTRY_FOLDER", str(tmp_path / "instance"))
    monkeypatch.setenv("REGISTRY_DATABASE_URL", database_url)
    publish_city_case(session, at)

    def run(*words: str, fails: bool = False) -> Result:
        result = CliRunner().invoke(root, list(words))
        if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code != 0) == fails, result.output
        return result

    return run


def test_a_matter_from_opening_to_its_answer(run: Run) -> None:
    office, lead = ("--as", "secretariat"), ("--as", "wuhai")
    assert "没有填写“类别”" in run(*OPEN, *office, fails=True).stderr
    assert "name=text" in run(*OPEN, "--value", "sort", *office, fails=True).stderr
    number = run(*OPEN, "--value", "sort=甲类", "--value", "tip=来信=匿名", *office).stdout.strip()
    assert number.startswith("city-case-")
    shown = run("matter", "show", number, *office).stdout
    for said in ("示例个案", "已收案", "任务: 清理", "线索: 不公开", "assign", "(due_on)"):
        assert said in shown
    assert "没有填写“期限”" in run("matter", "step", number, "assign", *office, fails=True).stderr
    assert run("matter", "step", number, "assign", "--value", "due_on=2036-05-01", *office).stdout == "doing\n"
    assert run("matter", "step", number, "tell", "--value", "told=已清理", *lead).stdout == "told\n"
    assert "Report: 已清理" in run("--lang", "en", "matter", "show", number, *lead).stdout
    assert "Report: not open to you" in run("--lang", "en", "matter", "show", number, *office).stdout
    listed = run("matter", "list", "--procedure", "city-case", "--stage", "under_way", *office).stdout
    assert number in listed and "已回复" in listed
    assert run("matter", "list", "--party", "640100", *office).stdout == ""
