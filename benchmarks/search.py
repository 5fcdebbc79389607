"""A search among 100,000 items, rare words and words that stand everywhere, for everybody and for a reader who sees all.

    python -m benchmarks.search [RECORDS] [URL OF AN EMPTY DATABASE, or: postgresql]

`postgresql` starts a server of its own, as the tests do. The items are laid down by SQL, past triggers and history, which no
search reads; the index is made by `registry.ledger.search`. Beside the time of the wall stands the processor time: of this
process, and of the server where it runs on this machine.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.clocks import emptied
from registry.db import open_engine, sessions
from registry.ledger.search import rebuild
from registry.models import Base
from registry.permissions import ANONYMOUS, Actor, the_register
from registry.queries.search import search
from registry.queries.snapshot import Snapshot
from tests import postgres

RECORDS, ROUNDS, BAR = 100_000, 15, 50.0
"""Items; rounds of measuring; milliseconds."""
DAY = date(2026, 3, 2)
WORDS = (
    "交通",
    "水利",
    "大气",
    "旅游",
    "医保",
    "教育",
    "物流",
    "能源",
    "口岸",
    "人才",
    "应急",
    "园区",
    "林草",
    "环保",
    "养老",
    "金融",
)
QUERIES = {
    "a rare word": "医保 养老 口岸",
    "a common word": "合作",
    "one character": "水",
    "a number": "x-2020-01-07",
    "nothing": "不存在的词",
}


def lay(connection: sa.Connection, records: int) -> None:
    """One public agreement for each hundred items, with titles of a few words each."""
    chance, tables = random.Random(5), Base.metadata.tables  # noqa: S311  # titles
    ids = dict(connection.execute(sa.text("SELECT slug, id FROM procedure WHERE status = 'published'")).all())
    common = {"state": "intent", "stage": "intent", "backfilled": False, "revision": 1, "sample": False}
    agreements = [
        common
        | {"id": n, "number": f"x-2020-{n:05}", "title_zh": f"第{n}号合作框架协议", "kind": "framework_agreement", "level": "public",
           "procedure_id": ids["cooperation-agreement"], "party_list": "complete", "dated_precision": "unknown"}
        for n in range(1, records // 100 + 1)
    ]  # fmt: skip
    items = [
        common
        | {"id": n, "number": f"x-2020-{1 + n % len(agreements):05}-{n:06}", "agreement_id": 1 + n % len(agreements), "position": n,
           "title_zh": f"{''.join(chance.sample(WORDS, 4))}合作第{n}项", "procedure_id": ids["cooperation-item"],
           "grade": "not_reported", "graded_precision": "unknown"}
        for n in range(1, records + 1)
    ]  # fmt: skip
    for name, rows in (("agreement", agreements), ("item", items)):
        for start in range(0, len(rows), 5_000):
            connection.execute(sa.insert(tables[name]), rows[start : start + 5_000])


@contextmanager
def database(url: str) -> Iterator[str]:
    """The URL of the database to fill: the one that is given, one on a server of its own, or a file."""
    with tempfile.TemporaryDirectory() as folder:
        if url != "postgresql":
            yield url or f"sqlite:///{Path(folder) / 'register.db'}"
        elif (programs := postgres.programs()) is None:
            raise RuntimeError("PostgreSQL: no programs")
        else:
            with postgres.running(programs) as own:
                yield own


def in_server(session: Session) -> Callable[[], float]:
    """What tells the milliseconds of processor time that a PostgreSQL on this machine has spent on the session so far; else 0."""
    server = None
    if session.get_bind().dialect.name == "postgresql":
        server = session.scalar(sa.text("SELECT pg_backend_pid() WHERE inet_server_addr() IS NULL"))

    def spent() -> float:
        if server is None:
            return 0.0
        told = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()  # proc(5): utime and stime in ticks
        return sum(map(int, told[11:13])) * 1000 / os.sysconf("SC_CLK_TCK")

    return spent


def measured(session: Session, actor: Actor, query: str, spent: Callable[[], float]) -> str:
    """The times of one query, in words; the first search is not counted, which compiles. The server counts in ticks: its mean."""
    found = search(Snapshot(session, None, DAY), actor, query)
    wall, own, begun = [], [], spent()
    for _ in range(ROUNDS):
        start, worked = time.perf_counter(), time.process_time()
        search(Snapshot(session, None, DAY), actor, query)
        wall.append((time.perf_counter() - start) * 1000)
        own.append((time.process_time() - worked) * 1000)
    processor = f"{statistics.median(own):.1f} + {(spent() - begun) / ROUNDS:.1f} ms of processor time"
    return f"{statistics.median(wall):.1f} ms ({min(wall):.1f}-{max(wall):.1f}), {processor}, {found.total} listed"


def main(records: int = RECORDS, url: str = "") -> str:
    """Run and report."""
    with database(url) as where:
        with emptied(where) as connection:
            lay(connection, records)
            rebuild(connection)
        engine = open_engine(where)
        load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        lines = [f"search: {records} items on {engine.dialect.name}, bar {BAR:.0f} ms; {load}"]
        with sessions(engine)() as session:
            spent = in_server(session)
            for reader, actor in (("everybody", ANONYMOUS), ("who sees all", the_register("command"))):
                for name, query in QUERIES.items():
                    lines.append(f"  {reader}, {name}: {measured(session, actor, query, spent)}")
        engine.dispose()
    return "\n".join(lines)


if __name__ == "__main__":
    print(main(*(int(each) if each.isdigit() else each for each in sys.argv[1:])))  # type: ignore[arg-type]  # noqa: T201  # a report
