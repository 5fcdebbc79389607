"""A search among 100,000 items, rare words and words that stand everywhere, for everybody and for a reader who sees all.

    python -m benchmarks.search [RECORDS] [URL OF AN EMPTY DATABASE]

The items are laid down by SQL, past triggers and history, which no search reads; the index is made by `registry.ledger.search`.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import sqlalchemy as sa

from benchmarks.clocks import emptied
from registry.db import open_engine, sessions
from registry.ledger.search import rebuild
from registry.models import Base
from registry.permissions import ANONYMOUS, the_register
from registry.queries.search import search
from registry.queries.snapshot import Snapshot

RECORDS, ROUNDS, BAR = 100_000, 15, 50.0
"""Items; rounds of measuring; milliseconds."""
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


def main(records: int = RECORDS, url: str = "") -> str:
    """Run and report."""
    with tempfile.TemporaryDirectory() as folder:
        url = url or f"sqlite:///{Path(folder) / 'register.db'}"
        with emptied(url) as connection:
            lay(connection, records)
            rebuild(connection)
        engine = open_engine(url)
        lines = [f"search: {records} items on {engine.dialect.name}, bar {BAR:.0f} ms"]
        with sessions(engine)() as session:
            for reader, actor in (("everybody", ANONYMOUS), ("who sees all", the_register("command"))):
                for name, query in QUERIES.items():
                    taken = []
                    for _ in range(ROUNDS):
                        snapshot = Snapshot(session, None, date(2026, 3, 2))
                        start = time.perf_counter()
                        found = search(snapshot, actor, query)
                        taken.append((time.perf_counter() - start) * 1000)
                    middle = statistics.median(taken[1:])
                    lines.append(
                        f"  {reader}, {name}: {middle:.1f} ms ({min(taken):.1f}-{max(taken[1:]):.1f}), {found.total} listed"
                    )
        engine.dispose()
    return "\n".join(lines)


if __name__ == "__main__":
    print(main(*(int(each) if each.isdigit() else each for each in sys.argv[1:])))  # type: ignore[arg-type]  # noqa: T201  # a report
