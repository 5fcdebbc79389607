"""The sweep: exactly once, whatever the interval, the restarts, the number of sweepers, and whoever is killed on the way."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.db import sessions
from registry.errors import NotPermitted
from registry.ledger import atomic
from registry.models import Agreement, Deadline, Item, Notice, Proposal, Step, Vote
from registry.services import sweep as sweeping
from registry.services.consent import Propose, propose
from registry.services.sweep import sweep
from tests.cast import Cast
from tests.conftest import check_registry
from tests.services.acts import HOST, contents, entries
from tests.services.timed import at_noon, clocks, move, sweep_in_process, timed_item, told
from workflows.calendar import Calendar
from workflows.deadlines import marks
from workflows.definition import Deadline as Limit
from workflows.definition import Duration, Escalation

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["registry.services.sweep"])
WD = {count: Duration(f"P{count}WD", count, "WD") for count in (1, 3, 10)}
LIMIT = Limit(
    WD[10],
    None,
    (WD[3], WD[1]),
    (Escalation(Duration("P0D", 0, "D"), "office"), Escalation(Duration("P5D", 5, "D"), "office")),
)
"""As the procedure of `timed` has it for its state `listed`."""


def test_each_mark_once_whenever_it_is_swept(session: Session, cast: Cast, agreement: Agreement) -> None:
    """Random days of sweeps, by sweepers that begin anew: all that came to pass is told once; a reminder only in time."""

    @settings(max_examples=8)
    @given(st.sets(st.integers(0, 40), max_size=6))
    def holds(days: set[int]) -> None:
        begun = date(2026, 3, 2)
        item = timed_item(session, agreement, begun.isoformat(), "list")
        swept = [begun + timedelta(days=number) for number in sorted(days)]
        for day in swept:
            with sessions(session.get_bind())() as own:
                assert sweep(own, at=at_noon(day.isoformat())).failures == ()
        due = date(2026, 3, 16)
        expected = {
            mark.name
            for mark in marks(LIMIT, due, Calendar())
            if any(day >= mark.on and (day <= due or not mark.name.startswith("remind:")) for day in swept)
        }
        assert Counter(mark for mark, _ in told(session, item)) == dict.fromkeys(expected, 1)
        move(session, item, "end", "2026-04-20")

    holds()


def test_a_limit_that_passes_moves_the_subject_by_itself(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list", "begin", "lend")
    assert sweep(session, at=at_noon("2026-03-07")) == sweeping.SweepResult(0, 0, 0)
    assert sweep(session, at=at_noon("2026-03-08")) == sweeping.SweepResult(1, 1, 1)
    assert sweep(session, at=at_noon("2026-03-08")) == sweeping.SweepResult(0, 0, 0)
    steps = session.scalars(sa.select(Step.transition).where(Step.subject_id == item.id).order_by(Step.position)).all()
    assert steps[-1] == "lapse"
    assert clocks(session, item)["review"].due_on == "2026-04-08"
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["subject"], entry["actor"]["post"]) == ("deadline.sweep", ["item", item.id], "register")


def test_silence_is_heard_once(session: Session, cast: Cast, agreement: Agreement) -> None:
    """Where the procedure says that it agrees, it does, and the round is decided."""
    item = timed_item(session, agreement, "2026-03-02", "list", "begin")
    propose(session, cast.officer_wuhai, Propose("item", item.number, "finish"), at=at_noon("2026-03-03"))
    move(session, item, "pause", "2026-03-04")
    sweep(session, at=at_noon("2026-03-20"))
    assert (
        clocks(session, item)["answer"].stopped_on == "2026-03-04"
    )  # a suspended subject's rounds sleep, clock and all
    move(session, item, "go_on", "2026-03-24")
    assert clocks(session, item)["answer"].due_on == "2026-03-30"
    for day in ("2026-03-30", "2026-03-31", "2026-04-01"):
        sweep(session, at=at_noon(day))
        session.rollback()
        votes = session.scalars(sa.select(Vote)).all()
        assert [vote.tacit for vote in votes] == ([] if day == "2026-03-30" else [True, True])
    assert session.scalars(sa.select(Proposal.outcome)).one() == "carried"
    assert "answer" not in clocks(session, item)


def test_a_subject_that_fails_holds_nobody_up(session: Session, cast: Cast, agreement: Agreement) -> None:
    items = [timed_item(session, agreement, "2026-03-02", "list") for _ in range(3)]
    with atomic(session) as book:
        bad = session.scalars(
            sa.select(Deadline).where(Deadline.subject_id == items[1].id, Deadline.purpose == "stay")
        ).one()
        bad.due_on, bad.begun_on = "2026-03-16", "soon"
        book.record(act="deadline.sweep", actor=HOST, subject=("item", items[1].id), at=at_noon("2026-03-02"))
    result = sweep(session, at=at_noon("2026-03-17"), batch=1)
    assert (result.looked_at, result.notices) == (3, 4)
    assert [(failure.subject, failure.why.split(":")[0]) for failure in result.failures] == [
        (("item", items[1].id), "ValueError")
    ]
    assert [len(told(session, item)) for item in items] == [2, 0, 2]
    before = contents(session)
    assert len(sweep(session, at=at_noon("2026-03-17")).failures) == 1  # tried again, and nothing of it half done
    assert contents(session) == before


def test_several_sweepers_at_once_tell_each_thing_once(
    session: Session, database_url: str, cast: Cast, agreement: Agreement
) -> None:
    items = [timed_item(session, agreement, "2026-03-02", "list") for _ in range(12)]
    pipes, children = [], []
    for _ in range(3):
        here, there = PROCESSES.Pipe(duplex=False)
        children.append(PROCESSES.Process(target=sweep_in_process, args=(database_url, "2026-03-17", there)))
        pipes.append(here)
    for child in children:
        child.start()
    results = [(pipe.recv(), pipe.recv())[1] for pipe in pipes]
    for child in children:
        child.join(30)
    assert [result.failures for result in results] == [(), (), ()]
    assert sum(result.notices for result in results) == 24
    for item in items:
        assert sorted(mark for mark, _ in told(session, item)) == ["due", "escalate:P0D:office"]


def test_killed_in_the_middle_nothing_is_told_twice_or_never(
    session: Session, database_url: str, cast: Cast, agreement: Agreement
) -> None:
    items = [timed_item(session, agreement, "2026-03-02", "list") for _ in range(12)]
    chance, part_way = random.Random(3), set()
    for _ in range(4):
        here, there = PROCESSES.Pipe(duplex=False)
        child = PROCESSES.Process(target=sweep_in_process, args=(database_url, "2026-03-17", there))
        child.start()
        there.close()
        here.recv()
        time.sleep(chance.uniform(0.005, 0.06))
        assert child.pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        child.join(30)
        part_way.add(sum(len(told(session, item)) == 2 for item in items))
    assert sweep(session, at=at_noon("2026-03-17")).failures == ()
    for item in items:
        assert sorted(mark for mark, _ in told(session, item)) == ["due", "escalate:P0D:office"]
    assert part_way != {12}  # some were really killed before the end
    check_registry(session)


def test_what_was_left_while_the_sweep_waited_is_not_told(
    session: Session, engine: sa.Engine, cast: Cast, agreement: Agreement
) -> None:
    """The sweep finds a subject due, an officer holds it, and moves it on: under the lock all is read again."""
    item = timed_item(session, agreement, "2026-03-02", "list")
    number = item.number
    held, found = threading.Event(), threading.Event()
    results: list[sweeping.SweepResult] = []

    def move_on() -> None:
        with sessions(engine)() as own, atomic(own):
            move(own, item, "begin", "2026-03-17")
            held.set()
            found.wait(30)
            time.sleep(0.3)  # the sweep has begun to wait for its lock

    def sweep_meanwhile() -> None:
        with sessions(engine)() as own:
            held.wait(30)
            waiting = sweeping._waiting(own, date(2026, 3, 17), 500)
            subject = next(waiting)
            found.set()
            told_now, steps = sweeping._sweep_one(own, HOST, subject, date(2026, 3, 17), at=at_noon("2026-03-17"))
            results.append(sweeping.SweepResult(1, told_now, steps))

    session.expunge_all()
    threads = [threading.Thread(target=move_on), threading.Thread(target=sweep_meanwhile)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [sweeping.SweepResult(1, 0, 0)]
    item = session.scalars(sa.select(Item).where(Item.number == number)).one()
    assert told(session, item) == []


def test_the_database_itself_keeps_a_mark_single(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list")
    same = {
        "subject_kind": "item",
        "subject_id": item.id,
        "kind": "step",
        "mark": "step:1>body:1",
        "recorded_at": at_noon("2026-03-02"),
    }
    with pytest.raises(IntegrityError, match=r"notice[._]mark"), atomic(session):
        session.add_all([Notice(**same), Notice(**same)])
        session.flush()


def test_only_the_register_sweeps(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list")
    for actor in cast.actors.values():
        with pytest.raises(NotPermitted):
            sweeping._sweep_one(session, actor, ("item", item.id), date(2026, 3, 17), at=at_noon("2026-03-17"))
