"""Our act in the shape that a comparison with other stacks asks for: build(url, n) lays n items and returns act(i, trigger)."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.ground import AT, BASIS, OFFICER, listed_items
from registry.services.moves import TakeStep, take_step

TRIGGERS = {"begin": "begin", "settle": "achieve"}
COUNTS = {
    "done": "SELECT count(*) FROM item WHERE state = 'achieved'",
    "steps": "SELECT count(*) FROM step WHERE transition IN ('begin', 'achieve') AND recorded_at IS NOT NULL",
    "images": "SELECT (SELECT count(*) FROM item_version) + (SELECT count(*) FROM step_version)",
}


def build(url: str, count: int) -> tuple[Callable[[int, str], None], dict[str, str]]:
    """Lay `count` listed items; the act on item i takes one committed step. The last item is asked without its basis: refused."""
    factory, numbers = listed_items(url.replace("+psycopg", ""), count)

    def act(place: int, trigger: str) -> None:
        basis = None if place == count else BASIS
        with factory() as session:
            take_step(session, OFFICER, TakeStep("item", numbers[place - 1], TRIGGERS[trigger], basis), at=AT)

    return act, COUNTS
