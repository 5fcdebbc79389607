"""A sweep over 100,000 items with time limits of which few are due, beyond reading the rows that are due (SQLite)."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.ground import AT, listed_items
from registry.ledger import atomic
from registry.models import Deadline, Item, Notice
from registry.permissions import the_register
from registry.services.sweep import sweep

ITEMS, DUE, DAYS = 100_000, 100, 6
"""Items; how many of them come due on each day, as with a review once in some two and a half years; days that are swept."""
PART = 2_000
FIRST = date(2026, 9, 1)


def grown(factory: sessionmaker[Session], count: int) -> None:
    """Copy the first item, with the clocks of its state, until there are so many; no clock of theirs is due before `FIRST`."""
    names = (
        "procedure_id",
        "agreement_id",
        "state",
        "stage",
        "grade",
        "graded_precision",
        "backfilled",
        "revision",
        "sample",
    )
    with factory() as session:
        first = session.scalars(sa.select(Item)).one()
        stay = sa.select(Deadline).where(Deadline.ended_at.is_(None), Deadline.purpose == "stay")
        clock = session.scalars(stay).one()
        same = {name: getattr(first, name) for name in names}
        begun, due = clock.begun_on, clock.due_on
    for start in range(0, count, PART):
        with factory() as session, atomic(session) as book:
            items = [
                Item(**same, number=f"copy-{n}", position=n + 9, title_zh="事项") for n in range(start, start + PART)
            ]
            session.add_all(items)
            session.flush()
            for place, item in enumerate(items, start):
                next_on = FIRST + timedelta(days=place // DUE)
                session.add(
                    Deadline(
                        subject_kind="item", subject_id=item.id, purpose="stay", state=item.state, begun_on=begun, due_on=due,
                        provisional=False, next_on=next_on.isoformat(),
                    )
                )  # fmt: skip
            book.record(act="item.add", actor=the_register("command"), subject=("item", items[0].id), at=AT)


def read_due(session: Session, day: date) -> int:
    """What the sweep is measured against: the rows whose day has come."""
    due = sa.select(Deadline, Item).join(Item, Item.id == Deadline.subject_id)
    return len(session.execute(due.where(Deadline.next_on <= day.isoformat())).all())


def measure(factory: sessionmaker[Session]) -> tuple[list[float], list[float], list[float]]:
    """Seconds of a day's first sweep, of reading its rows, and of the sweep after it, which finds nothing; one for each day."""
    swept, read, idle = [], [], []
    for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        with factory() as session:
            start = time.perf_counter()
            found = read_due(session, day)
            read.append(time.perf_counter() - start)
        for times in (swept, idle):
            with factory() as session:
                start = time.perf_counter()
                result = sweep(session, at=at)
                times.append(time.perf_counter() - start)
                if result.failures or result.looked_at != (found if times is swept else 0):
                    raise RuntimeError(f"not what was to be measured: {result}")
    return swept, read, idle


def main() -> str:
    """Run and report."""
    with tempfile.TemporaryDirectory() as folder:
        factory, _ = listed_items(f"sqlite:///{Path(folder) / 'register.db'}", 1)
        grown(factory, ITEMS)
        swept, read, idle = measure(factory)
        with factory() as session:
            told = session.scalar(sa.select(sa.func.count()).select_from(Notice))
    beyond = [after - before for after, before in zip(swept, read, strict=True)]
    return (
        f"sweep: {ITEMS} items, {DUE} due a day, {told} notices in {DAYS} days: {statistics.median(beyond):.2f} s beyond reading "
        f"({min(beyond):.2f}-{max(beyond):.2f}), {statistics.median(beyond) / DUE * 1000:.1f} ms for each that is due, "
        f"{statistics.median(idle) * 1000:.1f} ms where none is, bar 2 s"
    )


if __name__ == "__main__":
    print(main())  # noqa: T201  # a report
