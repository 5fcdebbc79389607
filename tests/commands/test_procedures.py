"""Procedures on the command line: checked with exit status, listed, published, moved to, tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry.db import open_engine, sessions
from registry.domain.guards import GUARDS
from registry.models import Procedure
from tests.commands.test_life import Run, run
from tests.services.test_procedures import ITEM, NEXT, SLUG

__all__ = ["run"]  # a fixture
FAULTS = NEXT.replace("to: listed", "to: nowhere")


@pytest.fixture
def begun(run: Run) -> Run:
    """A register with nothing in it."""
    run("init")
    return run


@pytest.mark.parametrize("register", [True, False], ids=["with a register", "without one"])
def test_check_tells_code_line_culprit_and_remedy(run: Run, tmp_path: Path, register: bool) -> None:
    if register:
        run("init")
    file = tmp_path / "next.yaml"
    file.write_text(ITEM, "utf-8")
    passed = run("procedures", "check", str(file))
    assert "! W3 第" in passed.stdout and f"✓ {SLUG} 2 " in passed.stdout
    assert json.loads(run("procedures", "check", "--json", str(file)).stdout)["definition"]["version"] == 2
    file.write_text(FAULTS, "utf-8")
    assert "✗ E2 line" in run("--lang", "en", "procedures", "check", str(file), fails=True).stderr
    data = json.loads(run("procedures", "check", "--json", str(file), fails=True).stdout)
    fault = next(each for each in data["findings"] if each["code"] == "E2")
    assert (data["definition"], fault["culprit"]) == (None, "transitions[0].to[0]")
    assert FAULTS.splitlines()[fault["line"] - 1].strip() == "to: nowhere"
    assert "nowhere" in fault["zh"] and "nowhere" in fault["en"]
    file.write_text(NEXT.replace("from_version: 2", "from_version: 1"), "utf-8")
    run("procedures", "check", str(file))  # the earlier version came with an earlier release
    file.write_bytes(b"\xff\xfe")
    assert "UTF-8" in run("procedures", "check", str(file), fails=True).stderr


def test_guards_tell_what_they_read_and_mean(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("procedures", "guards", "--json").stdout)}
    assert set(rows) == set(GUARDS)
    assert rows["parties_named"]["parameters"] == {"at_least": {"type": "integer", "required": True}}
    assert rows["parties_named"]["reads"] == {"party_count": "integer"}
    for name, row in rows.items():
        assert row["zh"] != name and row["en"] != name, name
    assert "parties_named(at_least: integer) ← party_count: integer" in run("procedures", "guards").stdout


def test_a_version_is_drafted_published_moved_to_and_retired(begun: Run, tmp_path: Path) -> None:
    file = tmp_path / "next.yaml"
    file.write_text(NEXT, "utf-8")
    begun("procedures", "draft", str(file))
    assert f"{SLUG}\t3\t草案" in begun("procedures", "list").stdout
    begun("procedures", "publish", str(file))
    assert begun("procedures", "show", SLUG, "3", "--form", "yaml").stdout.strip() == NEXT.strip()
    assert "合作意向 → 已纳入清单：纳入清单" in begun("procedures", "show", SLUG, "3").stdout
    assert begun("procedures", "migrate", SLUG, "--to", "3", "--dry-run").stdout == ""
    begun("procedures", "migrate", SLUG, "--to", "3")
    begun("procedures", "retire", SLUG, "3")
    assert "已停用" in begun("procedures", "list").stdout
    assert "✗" in begun("procedures", "migrate", SLUG, "--to", "3", fails=True).stderr
    begun("verify")


def test_steps_are_tried_on_imagined_facts(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "item.yaml"
    file.write_text(ITEM, "utf-8")
    told = ("--role", "lead_officer", "--fact", "consensus_recorded=true", "--basis")
    refused = run("procedures", "simulate", str(file), *told, "--step", "list", fails=True)
    assert "牵头方联络员" in refused.stderr and "东政发〔2017〕66号 三(一)" in refused.stderr
    passed = run(
        "procedures", "simulate", str(file), *told, "--fact", "conditions_met=true", "--step", "list", "--step", "begin"
    )
    assert "✓ list: intent → listed" in passed.stdout and "推进中" in passed.stdout
    run("procedures", "simulate", str(file), "--fact", "no_such=1", fails=True)
    run("procedures", "simulate", str(file), "--from", "nowhere", fails=True)


def test_a_schema_upgrade_publishes_what_the_release_came_with(begun: Run, database_url: str) -> None:
    """Once: a second time nothing changes, and a version of the register's own under the same number stays."""
    engine = open_engine(database_url)
    before = begun("procedures", "list").stdout
    begun("migrate")
    assert begun("procedures", "list").stdout == before
    with sessions(engine)() as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Procedure)).scalar_one() == 6
    engine.dispose()
