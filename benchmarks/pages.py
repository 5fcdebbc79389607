"""Pages against their own templates fed from memory, a 304 against its page, and pages at a hundred times the data.

    python -m benchmarks.pages [AGREEMENTS OF THE LARGE REGISTER]

Read by everybody, on SQLite. A page that is read again finds its model kept; `first` is the page as it is read the first time after
an act on an item, one before each reading.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, render_template, template_rendered

from benchmarks.clocks import SAID, YEARS, emptied, lay
from benchmarks.ground import AT, interleaved, ratio
from registry.app import create_app
from registry.config import Config
from registry.db import WRITE
from registry.models import Change, Item, LedgerEntry
from registry.views.guards import public

PARTIES, ITEMS, LARGE, ROUNDS = 31, 70, 1000, 9
"""Of an agreement; agreements of the large register, which so has 100 times the items; rounds of measuring."""
FEW, FILLED = 2, 100
"""Items of most agreements of the small register, and its agreements: its lists fill a page, as those of the large one do."""
AGREEMENT = "/agreements/g3-2003-00003"
PAGES = (AGREEMENT, "/items/g3-2003-00003-007", "/parties/c13", "/items", "/agreements", "/")
MEMORY = "/from-memory"
OF_REQUEST = frozenset({"g", "request", "session", "config", "site", "account", "shared", "offers"})
"""What of a template's context is made for each request."""


def register(folder: Path, agreements: int, items: Callable[[int], int]) -> Flask:
    """The application on a register with so many agreements, the n-th of items(n)."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'register.db'}"
    with emptied(url) as connection:
        lay(connection, agreements * 1_400, agreements=agreements, parties=PARTIES, items=items)
        items_laid = connection.scalar(sa.text("SELECT count(*) FROM item"))
    app = create_app(Config(database_url=url, folder=folder, secret_key="nothing is signed", secure_cookies=False))  # noqa: S106
    app.config["CLOCK"] = lambda: AT + YEARS
    app.config["ITEMS"] = items_laid
    return with_memory(app)


def reading(app: Flask, path: str, *, first: bool = False, tag: str | None = None) -> Callable[[], float]:
    """Seconds of one reading of a page. first: after an act; tag: of what the reader has, so that the answer is a 304."""
    client, turn = app.test_client(), count()
    headers = {"If-None-Match": tag} if tag else {}

    def read() -> float:
        if first:
            grade_item(app, 1_001 + next(turn) % 50)
        start = time.perf_counter()
        answer = client.get(path, headers=headers)
        taken = time.perf_counter() - start
        if answer.status_code != (304 if tag else 200):
            raise RuntimeError(f"{path}: {answer.status_code}")
        return taken

    for _ in range(3):  # statements and templates are compiled once for each process
        read()
    return read


def grade_item(app: Flask, item: int) -> None:
    """An act on one item (id), recorded as the register was laid: its grade changes."""
    with app.extensions["engine"].connect() as connection, connection.execution_options(**{WRITE: True}).begin():
        entry = int(connection.scalar(sa.text("SELECT size FROM ledger_head")) or 0)
        grade = ("slow", "on_track")[entry % 2]
        of = {"entry": entry, "subject_kind": "item", "subject_id": item}
        connection.execute(sa.update(Item).where(Item.id == item).values(grade=grade))
        connection.execute(
            sa.insert(LedgerEntry).values(
                index=entry, leaf="0" * 64, body=json.dumps({"act": "report.file", **SAID, "subject": ["item", item]}), at=AT + YEARS,
                act="report.file", subject_kind="item", subject_id=item,
            )
        )  # fmt: skip
        connection.execute(
            sa.insert(Change).values(
                **of, table_name="item", row_id=item, field="grade", old=None, new=json.dumps(grade)
            )
        )
        connection.execute(sa.text("UPDATE ledger_head SET size = size + 1"))


def with_memory(app: Flask) -> Flask:
    """The application with one more address: a template with its model, as `hold` put them into memory."""

    @public
    def from_memory() -> str:
        held = app.extensions["held"]
        return render_template(held["template"], **held["model"])

    app.add_url_rule(MEMORY, view_func=from_memory)
    return app


def hold(app: Flask, path: str) -> None:
    """Take the template of a page and its model into memory."""

    def note(sender: Flask, template: Any, context: dict[str, Any], **_: Any) -> None:
        model = {name: value for name, value in context.items() if name not in OF_REQUEST}
        app.extensions["held"] = {"template": template.name, "model": model}

    with template_rendered.connected_to(note, app):
        app.test_client().get(path)


def against_memory(app: Flask) -> tuple[str, str]:
    """The agreement's page against its template fed from memory, and a 304 against the page."""
    hold(app, AGREEMENT)
    tag = app.test_client().get(AGREEMENT).headers["ETag"]
    found = interleaved(
        ROUNDS,
        {
            "page": reading(app, AGREEMENT),
            "memory": reading(app, MEMORY),
            "304": reading(app, AGREEMENT, tag=tag),
        },
    )
    rate, short = ratio(found, "memory", "page"), ratio(found, "304", "page")
    page = statistics.median(found["page"]) * 1000
    return (
        f"  agreement page, {ITEMS} items, {PARTIES} parties: {rate[1]:.0%} ({rate[0]:.0%}-{rate[2]:.0%}) of the requests/s of its "
        f"template fed from memory, bar 60 %; {page:.0f} ms",
        f"  304: {short[1]:.3f} ({short[0]:.3f}-{short[2]:.3f}) of the page's time, bar 0.1",
    )


def growth(small: Flask, large: Flask, path: str) -> str:
    """A page of the large register against the same page of the small one."""
    measures = {
        f"{name} {size}": reading(app, path, first=name == "first")
        for size, app in (("small", small), ("large", large))
        for name in ("again", "first")
    }
    found = interleaved(ROUNDS, measures)
    told = " · ".join(
        "{} {:.2f} ({:.2f}-{:.2f}), {:.0f} ms".format(
            name, middle, low, high, statistics.median(found[f"{name} large"]) * 1000
        )
        for name in ("again", "first")
        for low, middle, high in [ratio(found, f"{name} large", f"{name} small")]
    )
    return f"  {path:<28} {told}"


def main(agreements: int = LARGE) -> str:
    """Run and report."""
    with tempfile.TemporaryDirectory() as folder:
        full = agreements // 100
        small = register(Path(folder) / "small", max(full, FILLED), lambda n: ITEMS if n < full else FEW)
        large = register(Path(folder) / "large", agreements, lambda n: ITEMS)
        lines = [f"pages: {small.config['ITEMS']} items, and {large.config['ITEMS']}; 31 parties each"]
        lines += against_memory(small)
        lines.append(f"  at {large.config['ITEMS'] / small.config['ITEMS']:.0f} times the items, bar 1.3:")
        lines += [growth(small, large, path) for path in PAGES]
        for app in (small, large):
            app.extensions["engine"].dispose()
    return "\n".join(lines)


if __name__ == "__main__":
    print(main(*map(int, sys.argv[1:])))  # noqa: T201  # a report
