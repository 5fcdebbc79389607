"""A step decided without a database: the engine against the machine under it, against another library, and what its reasons cost."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable
from typing import Any

from statemachine import State, StateMachine

from benchmarks.ground import interleaved, ratio
from registry.domain.guards import GUARDS, VOCABULARY
from registry.services.steps import reason_of
from registry.words.refusals import remedy, sentence, who
from workflows import SHIPPED, Facts, load
from workflows.engine import _machine, decide, possible

ITEM = load((SHIPPED / "item.yaml").read_bytes(), VOCABULARY)
STATE, TRIGGER = "listed", "begin"
READY = Facts(frozenset({"lead_officer"}), basis=True)
NOTHING = Facts(values={name: {"boolean": False, "integer": 0, "text": ""}[kind] for name, kind in ITEM.facts.items()})


class Walker:
    """What the machine is fired on."""

    __slots__ = ("_state",)


def machine() -> None:
    """The step as `transitions` takes it by itself."""
    walker = Walker()
    walker._state = STATE
    _machine(ITEM, GUARDS).events[TRIGGER].trigger(walker, READY)


def engine() -> None:
    """The step as the engine decides it: the same, and a Decision that says what to write."""
    decide(ITEM, GUARDS, STATE, TRIGGER, READY)


class Other(StateMachine):
    """A step with two conditions, and the way back on the same event, in python-statemachine."""

    listed, in_progress = State(initial=True), State()
    begin = listed.to(in_progress, cond=["role", "basis"]) | in_progress.to(listed, cond=["role", "basis"])

    def role(self, facts: Facts) -> bool:
        """The actor's role."""
        return "lead_officer" in facts.actor_roles

    def basis(self, facts: Facts) -> bool:
        """The basis document."""
        return facts.basis


OTHER = Other()


def kept() -> None:
    """The step as python-statemachine takes it on a machine that was kept for this one subject."""
    OTHER.send(TRIGGER, facts=READY)


def other() -> None:
    """The step of a stored row in python-statemachine, which binds a machine to each subject."""
    Other(start_value=STATE).send(TRIGGER, facts=READY)


def reasons() -> None:
    """Every step that leaves a state, with the sentence, remedy and helper of everything it lacks."""
    for option in possible(ITEM, GUARDS, STATE, NOTHING):
        for unmet in option.unmet:
            reason = reason_of(unmet, ITEM)
            for tell in (sentence, remedy, who):
                tell(reason, "zh")


def microseconds(act: Callable[[], Any], times: int) -> Callable[[], float]:
    """Median microseconds of an act over batches."""

    def measure() -> float:
        act()
        taken = []
        for _ in range(9):
            start = time.perf_counter_ns()
            for _ in range(times):
                act()
            taken.append((time.perf_counter_ns() - start) / 1000 / times)
        return statistics.median(taken)

    return measure


def main(rounds: int = 9) -> str:
    """Run and report."""
    logging.getLogger("statemachine").setLevel(logging.WARNING)
    acts = {
        "engine": microseconds(engine, 300),
        "machine": microseconds(machine, 300),
        "other": microseconds(other, 30),
        "kept": microseconds(kept, 60),
        "reasons": microseconds(reasons, 30),
    }
    results = interleaved(rounds, acts)
    ours, faster = ratio(results, "engine", "machine"), ratio(results, "other", "engine")
    alive = ratio(results, "kept", "engine")
    us = {name: statistics.median(values) for name, values in results.items()}
    return (
        f"step: engine {us['engine']:.1f} us, machine {us['machine']:.1f} us, ratio {ours[1]:.2f} ({ours[0]:.2f}-{ours[2]:.2f}), "
        f"bar 3; python-statemachine {us['other']:.0f} us, {faster[1]:.1f} times ({faster[0]:.1f}-{faster[2]:.1f}), bar 10; "
        f"with a machine kept for each subject {us['kept']:.0f} us, {alive[1]:.1f} times\n"
        f"explain, with sentences, all steps of an item: {us['reasons']:.0f} us, bar 1000"
    )


if __name__ == "__main__":
    print(main())  # noqa: T201  # a report
