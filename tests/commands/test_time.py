"""Calendars and sweeps on the command line, and the real `serve` that sweeps beside its web workers and dies whole."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from registry.db import open_engine, sessions
from registry.documents.calendars import announced
from registry.ledger import atomic
from registry.models import Deadline, Notice
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.bodies import AddParty, add_party
from tests.commands.test_life import Run
from tests.commands.test_life import run as run  # the fixture
from tests.services.acts import HOST
from tests.services.timed import timed_item
from tests.setup.house import free_port, serving

YEAR = 2100
CSV = f"day,working,name\n{YEAR}-01-01,0,元旦\n{YEAR}-01-02,1,调休上班\n"


def test_years_are_loaded_and_listed(run: Run, tmp_path: Path) -> None:
    """A new register has the announced years from last year on; an unannounced one comes from a file, or not at all."""
    token = run("init").stdout.split()[-1]
    run("person", "first", "admin", "--token", token, "--name", "管理员")
    announced_now = [year for year in range(datetime.now(UTC).year - 1, 2100) if announced(year)]
    listed = run("calendar", "list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["cn-workdays", str(year)] for year in announced_now]
    assert all("holidays" in line for line in listed)
    assert "没有" in run("calendar", "load", str(YEAR), "--as", "admin", fails=True).stderr
    days = tmp_path / "days.csv"
    days.write_text(CSV, "utf-8")
    load = ("calendar", "load", str(YEAR), "--file", str(days), "--as", "admin")
    assert "来源" in run(*load, fails=True).stderr
    assert run(*load, "--source", "演练").stdout == f"✓ cn-workdays {YEAR}\n"
    assert "未变" in run(*load, "--source", "演练").stdout
    days.write_text(CSV + f"{YEAR}-01-05,yes,补假\n", "utf-8")
    assert "第 4 行" in run(*load, "--source", "演练", fails=True).stderr
    assert "unchanged" in run("calendar", "load", str(announced_now[0]), "--as", "admin").stdout
    assert run("calendar", "list").stdout.splitlines()[-1].split()[:5] == ["cn-workdays", str(YEAR), "休", "free", "1"]
    run("verify")


def late_items(url: str, count: int) -> None:
    """Items whose time limit passed some days ago, by this machine's clock."""
    begun = datetime.now(UTC) - timedelta(days=40)
    engine = open_engine(url)
    with sessions(engine)() as session:
        add_party(session, HOST, AddParty("150300", "乌海市"), at=begun)
        add_party(session, HOST, AddParty("150600", "鄂尔多斯市"), at=begun)
        ask = CreateAgreement("示例", "framework_agreement", ("150300", "150600"), year=2026)
        agreement = create_agreement(session, HOST, ask, at=begun)
        for _ in range(count):
            timed_item(session, agreement, begun.date().isoformat(), "list")
    engine.dispose()


def told(url: str) -> int:
    """How many notices that a limit has passed there are."""
    engine = open_engine(url)
    with sessions(engine)() as session:
        found = session.scalar(sa.select(sa.func.count()).where(Notice.kind == "passed"))
    engine.dispose()
    return found or 0


def test_a_sweep_on_the_command_line(run: Run, database_url: str) -> None:
    run("init")
    late_items(database_url, 2)
    assert run("sweep").stdout.split()[:6] == ["查看", "looked", "at", "2", "通知", "notices"]
    assert told(database_url) == 2
    assert (
        run("sweep").stdout
        == "查看 looked at 0  通知 notices 0  自动步骤 steps 0  更正 corrections 0  生效 entries into force 0\n"
    )
    engine = open_engine(database_url)
    with sessions(engine)() as session, atomic(session) as book:
        bad = session.scalars(sa.select(Deadline).where(Deadline.purpose == "stay").limit(1)).one()
        bad.begun_on, bad.next_on = "soon", bad.due_on
        book.record(act="deadline.sweep", actor=HOST, subject=("item", bad.subject_id), at=datetime.now(UTC))
    engine.dispose()
    failed = run("sweep", fails=True)
    assert (f"item {bad.subject_id}: ValueError" in failed.stderr, failed.exit_code) == (True, 1)


def sweeper_of(folder: Path) -> tuple[int, int]:
    """The process that sweeps the register served from this folder, and its parent."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            if b"--beside" in (process / "cmdline").read_bytes() and (process / "cwd").readlink() == folder:
                found.append((int(process.name), int((process / "stat").read_text().rpartition(")")[2].split()[1])))
    (one,) = found
    return one


def ended(process: int) -> bool:
    """Whether it is gone, or waits only to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for(true: Callable[[], bool]) -> None:
    """Wait at most twenty seconds until it is true."""
    for _ in range(200):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("waited in vain")


@pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)  # the one-machine default
def test_a_served_register_sweeps_and_its_sweeper_ends_with_it(run: Run, tmp_path: Path, database_url: str) -> None:
    """The real processes: gunicorn, its workers, and one sweeper; when the first is killed, nobody is left."""
    run("init")
    late_items(database_url, 1)
    port = free_port()
    command = [sys.executable, "-c", "from registry.commands import main; main()", "serve", "--port", str(port)]
    with serving(command, port, cwd=tmp_path, env=dict(os.environ)):
        wait_for(lambda: told(database_url) == 1)
        sweeper, master = sweeper_of(tmp_path)
        os.kill(master, signal.SIGKILL)
        wait_for(lambda: ended(sweeper))
    assert told(database_url) == 1
