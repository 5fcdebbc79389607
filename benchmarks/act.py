"""An act with everything against the same act without history: same reads, same business writes, same durability (SQLite)."""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from benchmarks.ground import AT, BASIS, OFFICER, interleaved, listed_items, ratio, without_history
from registry.services.moves import TakeStep, take_step

ITEMS, WARM = 60, 10


def steps(factory: sessionmaker[Session], numbers: list[str]) -> float:
    """Median microseconds of one committed step, two for each item, each in a session of its own as in a request."""
    times = []
    for number in numbers:
        for trigger in ("begin", "achieve"):
            with factory() as session:
                start = time.perf_counter_ns()
                take_step(session, OFFICER, TakeStep("item", number, trigger, BASIS), at=AT)
                times.append((time.perf_counter_ns() - start) / 1000)
    return statistics.median(times[2 * WARM :])


def measure(*, history: bool) -> float:
    """One round on a fresh file."""
    with tempfile.TemporaryDirectory() as folder:
        factory, numbers = listed_items(f"sqlite:///{Path(folder) / 'register.db'}", ITEMS + WARM)
        with contextlib.nullcontext() if history else without_history(factory):
            return steps(factory, numbers)


def main(rounds: int = 9) -> str:
    """Run and report."""
    results = interleaved(rounds, {"full": lambda: measure(history=True), "plain": lambda: measure(history=False)})
    low, middle, high = ratio(results, "full", "plain")
    return (
        f"act: full {statistics.median(results['full']):.0f} us, plain {statistics.median(results['plain']):.0f} us, "
        f"ratio {middle:.2f} ({low:.2f}-{high:.2f}), bar 2.5"
    )


if __name__ == "__main__":
    print(main())  # noqa: T201  # a report
