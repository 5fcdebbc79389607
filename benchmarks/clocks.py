"""Pages as known after an entry, as of a day, and both, against the same pages as they are, in a register with a long history.

    python -m benchmarks.clocks [ROW CHANGES] [URL OF AN EMPTY DATABASE]

The register is laid down by SQL, past triggers and hashes, which no page reads: agreements with their parties, fields, texts,
acts, steps and items; items with their assignments, evidence, steps and reports. Each row stands in its live table as it is now,
in its version table once for each time it changed (an agreement with every act on it, an item with every step and report), and
in `change` once for each field; each act has its entry with a body of the usual length. One row change is one version. The last
entry but one is asked for, so that pages of the past hold as much as the live ones.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.ground import AT, interleaved, ratio
from registry.app import create_app
from registry.config import Config
from registry.db import WRITE, open_engine, sessions
from registry.ledger import capture
from registry.ledger.schema import upgrade
from registry.models import VERSIONS, Base, logged_columns
from registry.permissions import the_register
from registry.queries import kept, standing
from registry.services.register import InitRegister, init_register

CHANGES = 1_000_000
CITIES, GROUPINGS, PARTIES, FIELDS, ITEMS = 200, 20, 4, 6, 20
"""Cities and groupings in all; parties, fields and items of an agreement."""
YEARS, ROUNDS = timedelta(days=3652), 11
"""How long the register was kept; rounds of measuring."""
MOVES = (
    ("listed", "intent"),
    ("in_progress", "in_progress"),
    ("achieved", "in_progress"),
    ("long_term_mechanism", "long_term_mechanism"),
)
"""States and stages that an item goes through."""
SAID = {
    "actor": {"door": "web", "party": "c0", "person": "0" * 64, "post": "发展和改革委员会 联络员"},
    "rows": "0" * 400,
}
"""What else an entry holds: as long as usual, and never read."""
BARS = {"agreement": 2.0, "item": 2.0, "party": 2.0, "agreements": 4.0, "items": 4.0, "parties": 4.0}
"""What is measured, and how many times the live page it may take."""

Columns = Mapping[str, Any]


class Laid:
    """Rows on their way into the database, with their versions, changes and entries."""

    def __init__(self, connection: sa.Connection, pace: timedelta) -> None:
        self.connection = connection
        self.pace = pace
        self.waiting: dict[str, list[dict[str, Any]]] = {}
        self.entry = int(connection.scalar(sa.text("SELECT size FROM ledger_head")) or 0)
        self.ids = {table: count(1_001) for table in VERSIONS}
        self.blank = {table: _blank(Base.metadata.tables[table]) for table in VERSIONS}
        self.changes = 0

    def act(self, name: str, kind: str, identity: int) -> int:
        """One entry; its index."""
        index, self.entry = self.entry, self.entry + 1
        body = json.dumps({"act": name, **SAID, "subject": [kind, identity]}, ensure_ascii=False)
        at = AT + index * self.pace
        self._put(
            "ledger_entry",
            index=index,
            leaf="0" * 64,
            body=body,
            at=at,
            act=name,
            subject_kind=kind,
            subject_id=identity,
        )
        return index

    def row(
        self,
        table: str,
        subject: tuple[str, int],
        came: int,
        columns: Columns,
        *later: tuple[int, Columns],
        own: int | None = None,
    ) -> int:
        """A row that came with one entry and changed with later ones; its id."""
        identity = own or next(self.ids[table])
        held, times = {**self.blank[table], **columns}, [came, *(entry for entry, _ in later), None]
        about = {"subject_kind": subject[0], "subject_id": subject[1], "table_name": table, "row_id": identity}
        self._put(
            "change", entry=came, **about, field="", old=None, new=json.dumps(columns, ensure_ascii=False, default=str)
        )
        for place, (_, changed) in enumerate([(came, {}), *later]):
            held |= changed
            for field, value in changed.items():
                self._put("change", entry=times[place], **about, field=field, old="null", new=json.dumps(value))
            self._put(
                VERSIONS[table].name,
                **{**held, "id": identity, "entry_from": times[place], "entry_until": times[place + 1]},
            )
        self._put(table, **{**held, "id": identity})
        self.changes += 1 + len(later)
        return identity

    def write(self) -> None:
        """Write all that waits, what is referred to first."""
        for table in Base.metadata.sorted_tables:
            if rows := self.waiting.pop(table.name, []):
                self.connection.execute(sa.insert(table), rows)

    def _put(self, table: str, **row: Any) -> None:
        self.waiting.setdefault(table, []).append(row)


def _blank(table: sa.Table) -> dict[str, Any]:
    """A row of which nothing is known."""
    empty: dict[type, Any] = {bool: False, int: 0, str: "", object: None}
    found: dict[str, Any] = {}
    for column in logged_columns(table):
        kind = next((each for each in (bool, int, str) if _holds(column, each)), object)
        found[column.name] = (
            None if column.nullable else "unknown" if column.name.endswith("_precision") else empty[kind]
        )
    return found


def _holds(column: sa.Column[Any], kind: type) -> bool:
    try:
        return column.type.python_type is kind
    except NotImplementedError:
        return False


def lay(
    connection: sa.Connection,
    changes: int,
    *,
    agreements: int | None = None,
    parties: int = PARTIES,
    items: Callable[[int], int] = lambda n: ITEMS,
) -> dict[str, list[str]]:
    """Lay down so many row changes, or so many agreements of so many parties, the n-th with items(n). Returns what to look at, by
    page."""
    laid = Laid(connection, YEARS / (changes * 0.416))
    versions: dict[str, int] = dict(
        connection.execute(sa.text("SELECT slug, id FROM procedure WHERE status = 'published'")).all()
    )
    founded = laid.act("body.add", "register", 1)
    cities = [
        laid.row("body", ("party", n), founded, {"code": f"c{n}", "name_zh": f"第{n}市", "kind": "city", "signs": True})
        for n in range(CITIES)
    ]
    groupings = [
        laid.row("grouping", ("grouping", n), founded, {"code": f"g{n}", "name_zh": f"第{n}城市群", "kind": "cities"})
        for n in range(GROUPINGS)
    ]
    numbers: list[str] = []
    for n in count():
        if laid.changes >= changes if agreements is None else n == agreements:
            break
        chosen = [cities[(n * 7 + place * 31) % CITIES] for place in range(parties)]
        numbers.append(_agreement(laid, n, chosen, groupings[n % GROUPINGS], versions, items(n)))
        if n % 40 == 0:
            laid.write()
    laid.write()
    connection.execute(sa.text("UPDATE ledger_head SET size = :size"), {"size": laid.entry})
    some = [numbers[len(numbers) * place // 12] for place in range(1, 12)]
    return {
        "agreement": [f"/agreements/{number}" for number in some],
        "item": [f"/items/{number}-007" for number in some],
        "party": [f"/parties/c{place * 13}" for place in range(1, 12)],
        "agreements": ["/agreements"],
        "items": ["/items"],
        "parties": ["/parties"],
    }


def _agreement(laid: Laid, n: int, parties: list[int], grouping: int, procedures: Mapping[str, int], items: int) -> str:
    """One agreement from its planning to its conclusion, with its items; its number."""
    identity, number, year = next(laid.ids["agreement"]), f"g{n % GROUPINGS}-{2000 + n % 25}-{n:05}", 2000 + n % 25
    of = ("agreement", identity)
    acts = [laid.act("agreement.create", *of)]
    planned = {
        "number": number, "title_zh": f"第{n}号区域合作框架协议", "kind": "framework_agreement", "grouping_id": grouping, "level": "public",
        "state": "planned", "stage": "preparation", "procedure_id": procedures["cooperation-agreement"], "party_list": "complete",
        "instruments": 1, "host_id": parties[0],
    }  # fmt: skip
    for place, body in enumerate(parties, 1):
        laid.row("agreement_party", of, acts[0], {"agreement_id": identity, "body_id": body, "position": place})
    fields = [
        laid.row(
            "agreement_field", of, acts[0], {"agreement_id": identity, "position": place, "name_zh": f"领域{place}"}
        )
        for place in range(1, FIELDS + 1)
    ]
    later: list[tuple[int, Columns]] = []
    for position, (state, stage) in enumerate(
        (("drafting", "preparation"), ("open", "signing"), ("signed", "concluded")), 1
    ):
        entry = laid.act("agreement.step", *of)
        _step(laid, of, position, entry, state, procedures["cooperation-agreement"], f"{year}-0{position}-10")
        later.append((entry, {"state": state, "stage": stage, "revision": position}))
    text = laid.row(
        "agreement_text", of, later[0][0],
        {"agreement_id": identity, "kind": "text", "version": 1, "sha256": f"{n:064}", "language": "zh-Hans"},
    )  # fmt: skip
    for place, body in enumerate(parties, 4):
        entry = laid.act("signature.log", *of)
        signed = {
            "agreement_id": identity,
            "text_id": text,
            "body_id": body,
            "kind": "signature",
            "done_on": f"{year}-02-11",
        }
        laid.row("act", of, entry, {**signed, "done_precision": "day", "logged_by": "party", "recorded_at": AT})
        later.append((entry, {"revision": place}))
    for place in range(1, items + 1):
        later.append((laid.act("item.add", *of), {"revision": len(parties) + 3 + place}))
        _item(
            laid,
            f"{number}-{place:03}",
            identity,
            place,
            fields[place % FIELDS],
            parties,
            procedures["cooperation-item"],
            year,
        )
    laid.row("agreement", of, acts[0], planned, *later, own=identity)
    return number


def _item(
    laid: Laid, number: str, agreement: int, place: int, field: int, parties: list[int], procedure: int, year: int
) -> None:
    """One item from intent as far as its place brings it, with a report after each step."""
    identity = next(laid.ids["item"])
    of = ("item", identity)
    came = laid.act("item.add", *of)
    intent = {
        "number": number, "title_zh": f"共建区域一体化重点项目{number}", "agreement_id": agreement, "position": place, "field_id": field,
        "state": "intent", "stage": "intent", "procedure_id": procedure, "grade": "not_reported",
    }  # fmt: skip
    for order, (body, role) in enumerate(
        ((parties[place % len(parties)], "lead"), (parties[(place + 1) % len(parties)], "join")), 1
    ):
        laid.row("assignment", of, came, {"item_id": identity, "body_id": body, "role": role, "position": order})
    later: list[tuple[int, Columns]] = []
    for position, (state, stage) in enumerate(MOVES[: 1 + place % len(MOVES)], 1):
        day = f"{year + position}-03-{1 + (place - 1) % 28:02}"
        entry = laid.act("item.step", *of)
        _step(laid, of, position, entry, state, procedure, day)
        laid.row(
            "evidence", of, entry, {"item_id": identity, "type": "result", "body_id": parties[0], "recorded_at": AT}
        )
        later.append((entry, {"state": state, "stage": stage, "revision": 2 * position}))
        entry, grade = laid.act("report.file", *of), ("on_track", "slow", "blocked")[place % 3]
        said = {
            "item_id": identity,
            "body_id": parties[place % len(parties)],
            "as_of": day,
            "as_of_precision": "day",
            "grade": grade,
        }
        laid.row("report", of, entry, {**said, "recorded_at": AT})
        later.append(
            (entry, {"grade": grade, "graded_as_of": day, "graded_precision": "day", "revision": 2 * position + 1})
        )
    laid.row("item", of, came, intent, *later, own=identity)


def _step(laid: Laid, of: tuple[str, int], position: int, entry: int, state: str, procedure: int, day: str) -> None:
    laid.row("step", of, entry, {
        "subject_kind": of[0], "subject_id": of[1], "position": position, "procedure_id": procedure, "transition": "x", "kind": "forward",
        "from_state": "x", "to_state": state, "effective": day, "effective_precision": "day", "recorded_at": AT,
    })  # fmt: skip


@contextmanager
def emptied(url: str) -> Iterator[sa.Connection]:
    """A founded register at the URL whose triggers are gone, and the connection to fill it by."""
    engine = open_engine(url)
    upgrade(engine, at=AT)
    with sessions(engine)() as session:
        ask = InitRegister("登记", "Register", "bench", "key", "Asia/Shanghai", "token")
        init_register(session, the_register("command"), ask, at=AT)
    options: dict[str, Any] = {WRITE: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "READ COMMITTED", "postgresql_readonly": False}
    with engine.connect() as connection:
        writing = connection.execution_options(**options)
        with writing.begin():
            capture.remove(writing)
            yield writing
    if engine.dialect.name == "postgresql":  # as autovacuum does; nobody does it for SQLite
        with engine.connect() as connection, connection.execution_options(**options).begin():
            connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def measure(
    client: FlaskClient, pages: Mapping[str, list[str]], known: int, rounds: int = ROUNDS
) -> dict[str, dict[str, list[float]]]:
    """Seconds of each page by name: live, known, on, both; another record in each round."""
    day = (AT + YEARS).date()
    clocks = {"live": "", "known": f"?known={known}", "on": f"?on={day}", "both": f"?known={known}&on={day}"}
    return {
        name: interleaved(rounds, {of: _reading(client, paths, query) for of, query in clocks.items()})
        for name, paths in pages.items()
    }


def _reading(client: FlaskClient, paths: list[str], query: str) -> Callable[[], float]:
    turn = count()

    def read() -> float:
        path = paths[next(turn) % len(paths)]
        start = time.perf_counter()
        answer = client.get(f"{path}{query}")
        taken = time.perf_counter() - start
        if answer.status_code != 200:
            raise RuntimeError(f"{path}{query}: {answer.status_code}")
        return taken

    for _ in paths[:2]:  # statements are compiled once for each process
        read()
    return read


def main(changes: int = CHANGES, url: str = "") -> str:
    """Run and report."""
    with tempfile.TemporaryDirectory() as folder:
        url = url or f"sqlite:///{Path(folder) / 'register.db'}"
        start = time.perf_counter()
        with emptied(url) as connection:
            pages = lay(connection, changes)
            entries = connection.scalar(sa.text("SELECT size FROM ledger_head"))
        laid = time.perf_counter() - start
        key = "nothing is signed with it"
        app = create_app(Config(database_url=url, folder=Path(folder), secret_key=key, secure_cookies=False))
        app.config["CLOCK"] = lambda: AT + YEARS  # about the day of the last entry
        engine = app.extensions["engine"]  # each page is read from the tables, nothing is remembered
        kept._OF[engine], standing._OF[engine] = kept.Kept(most=0), standing.Held(most=0)
        found = measure(app.test_client(), pages, int(entries or 0) - 1)
        engine.dispose()
    lines = [
        f"clocks: {changes} row changes in {entries} entries on {sa.make_url(url).get_backend_name()}, laid in {laid:.0f} s"
    ]
    for name, times in found.items():
        told = " · ".join("{} {:.2f} ({:.2f}-{:.2f})".format(of, *_middle(times, of)) for of in ("known", "on", "both"))
        lines.append(f"  {name:<10} live {statistics.median(times['live']) * 1000:.0f} ms · {told}, bar {BARS[name]}")
    return "\n".join(lines)


def _middle(times: Mapping[str, list[float]], of: str) -> tuple[float, float, float]:
    low, middle, high = ratio(times, of, "live")
    return middle, low, high


if __name__ == "__main__":
    print(main(*(int(each) if each.isdigit() else each for each in sys.argv[1:])))  # type: ignore[arg-type]  # noqa: T201  # a report
