"""A process killed in the middle of its work: what it answered for is there, nothing twice, no gap; and the disk was waited for."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Agreement, Item, LedgerEntry, LedgerHead
from tests.conftest import EXAMPLES, absent
from tests.services import writer

SHORT = 5
LONG = EXAMPLES * 2 if EXAMPLES >= 500 else EXAMPLES
"""Kills of a long run: 1,000 in a drill, 100 in CI."""
ROOT = Path(__file__).parents[2]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["registry.services.items"])  # imported once, not in every child


def killed(url: str, agreement: str, name: str, chance: random.Random, *, early: bool = False) -> list[str]:
    """Run the writer, kill -9 it at a random moment, and tell every token that it answered for."""
    here, there = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(target=writer.write, args=(url, agreement, name, there, early))
    child.start()
    there.close()  # or its end would never be seen
    answered = [here.recv() for _ in range(chance.randint(1, 4))]
    if not early:
        time.sleep(chance.choice((0, chance.uniform(0, 0.02))))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    with contextlib.suppress(EOFError):
        while True:
            answered.append(here.recv())
    child.join(30)
    here.close()
    assert child.exitcode == -signal.SIGKILL
    return answered


def kill_often(
    session: Session, url: str, agreement: str, times: int, *, early: bool = False
) -> tuple[set[str], list[str]]:
    """Kill the writer so many times; the tokens it answered for, and the titles that are in the register afterwards."""
    chance = random.Random(times)
    answered: set[str] = set()
    for n in range(times):
        answered.update(killed(url, agreement, f"run{n}", chance, early=early))
    settled(session)
    return answered, list(session.scalars(sa.select(Item.title_zh).order_by(Item.position)))


def settled(session: Session) -> None:
    """Wait for a server that is still finishing the last commit of a client that is gone."""
    before = -1
    while True:
        session.rollback()
        size = session.scalars(sa.select(LedgerHead.size)).one()
        if size == before:
            return
        before = size
        time.sleep(0.2 if session.get_bind().dialect.name == "postgresql" else 0)


def nothing_lost(session: Session, url: str, agreement: Agreement, times: int) -> None:
    """Kill, and hold what must hold."""
    number = agreement.number
    before = session.scalars(sa.select(LedgerHead.size)).one()
    answered, titles = kill_often(session, url, number, times)
    assert answered - set(titles) == set()
    assert len(titles) == len(set(titles))
    assert len(titles) - len(answered) <= times  # at most one act of each run was done and not yet answered
    assert session.scalars(sa.select(Item.position).order_by(Item.position)).all() == list(range(1, len(titles) + 1))
    size = session.scalars(sa.select(LedgerHead.size)).one()
    assert size == before + len(titles)
    assert session.execute(sa.select(sa.func.count(), sa.func.max(LedgerEntry.index))).one() == (size, size - 1)


def test_nothing_answered_is_lost(session: Session, database_url: str, agreement: Agreement) -> None:
    nothing_lost(session, database_url, agreement, SHORT)


@pytest.mark.long
def test_nothing_answered_is_lost_in_many_kills(session: Session, database_url: str, agreement: Agreement) -> None:
    nothing_lost(session, database_url, agreement, LONG)


def test_who_answers_before_the_commit_loses(session: Session, database_url: str, agreement: Agreement) -> None:
    """The control: the same test sees the loss when there is one."""
    answered, titles = kill_often(session, database_url, agreement.number, SHORT, early=True)
    assert answered - set(titles)


def traced(tmp_path: Path, url: str, agreement: str, *options: str) -> list[str]:
    """The calls of a writer on this SQLite register, in order: `answered` and `sync`."""
    program = shutil.which("strace")
    if program is None:
        absent("strace is not installed: nobody saw whether the disk was waited for")
    trace = tmp_path / f"trace{len(options)}"
    subprocess.run(
        [program, "-f", "-qq", "-e", "trace=fsync,fdatasync,write", "-o", trace, sys.executable, "-m", "tests.services.writer",
         url, agreement, "10", *options],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=100,
    )  # fmt: skip
    calls = re.findall(r"(fsync|fdatasync)\(|write\(1, \"answered", trace.read_text("utf-8", "replace"))
    return ["sync" if call else "answered" for call in calls]


def between_answers(calls: list[str]) -> list[int]:
    """How often the disk was waited for between each answer and the next."""
    runs = " ".join(calls).split("answered")
    return [run.count("sync") for run in runs[1:-1]]


@pytest.fixture
def on_sqlite(engine: sa.Engine) -> None:
    """Only SQLite syncs in the writer's own process; PostgreSQL's server does, and its tests run with fsync off."""
    if engine.dialect.name != "sqlite":
        pytest.skip("the disk is PostgreSQL's own business")


@pytest.mark.usefixtures("on_sqlite")
def test_the_disk_is_waited_for_between_an_act_and_its_answer(
    session: Session, database_url: str, agreement: Agreement, tmp_path: Path
) -> None:
    syncs = between_answers(traced(tmp_path, database_url, agreement.number))
    assert len(syncs) == 9
    assert min(syncs) >= 1


@pytest.mark.usefixtures("on_sqlite")
def test_without_synchronous_the_trace_shows_no_wait(
    session: Session, database_url: str, agreement: Agreement, tmp_path: Path
) -> None:
    """The control: the trace tells the two apart."""
    assert between_answers(traced(tmp_path, database_url, agreement.number, "off")) == [0] * 9
