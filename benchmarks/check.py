"""Checking a large definition from its text: forty states, each with a round of consent among thirty-one parties or more."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

from registry.domain.guards import VOCABULARY
from workflows import check

STATES, PARTIES = 40, 31
CONSENT = {
    "voters": "each_party",
    "method": {"at_least": PARTIES},
    "veto": ["lead_party"],
    "answers": ["agree", "object", "abstain", "request_change"],
    "on_request_change": {"to": "s0", "invalidate": ["on0"]},
    "silence": {"after": "P15WD", "counts_as": "escalate"},
}
DEADLINE = {"after": "P60WD", "remind": ["P10WD", "P3WD"], "escalate": [{"after": "P0D", "to": "secretariat"}]}


def title(words: str) -> dict[str, str]:
    """The same words twice."""
    return {"zh": words, "en": words}


def arrow(name: str, kind: str, sources: list[str], target: str, **more: Any) -> dict[str, Any]:
    """One step of a party's officer."""
    actor = {"roles": ["party_officer"]}
    return {"id": name, "title": title(name), "from": sources, "to": target, "kind": kind, "actor": actor, **more}


def definition(states: int = STATES, parties: int = PARTIES) -> str:
    """A sound matter: on by consent, back from all that follows, aside and again, an end from everywhere."""
    live = [f"s{number}" for number in range(states - 2)]
    chain = [*live, "done"]
    shown = {"evidence": [{"type": "basis", "from": "each_party"}], "asks": ["note"]}
    steps = [arrow(f"on{n}", "forward", [chain[n]], chain[n + 1], consent=CONSENT, **shown) for n in range(len(live))]
    steps += [arrow(f"back{n}", "return", live[n:], live[n - 1], limit=3) for n in range(1, len(live))]
    steps.append(arrow("hold", "suspend", live, "held"))
    steps.append(arrow("resume", "resume", ["held"], "before_suspension"))
    steps.append(arrow("end", "terminate", [*live, "held"], "done", two_person=True))
    rooms: dict[str, Any] = {each: {"title": title(each), "stage": "under_way", "deadline": DEADLINE} for each in live}
    rooms["held"] = {"title": title("held"), "stage": "as_before", "review_every": "P6M"}
    rooms["done"] = {"title": title("done"), "stage": "ended", "final": True}
    roles = {"party_officer": {"of": "each_party"}, "secretariat": {"of": "grouping"}}
    return json.dumps(
        {
            "schema": "workflow/1",
            "id": "large",
            "version": 1,
            "title": title("large"),
            "subject": "matter",
            "initial": "s0",
            "roles": roles,
            "calendar": "cn-workdays",
            "parties": {"at_least": parties},
            "fields": {"note": {"type": "text", "class": "open", "title": title("note")}},
            "evidence_types": {"basis": {"title": title("basis"), "files": ["pdf"]}},
            "states": rooms,
            "transitions": steps,
        },
        indent=1,
    )


def main(rounds: int = 25) -> str:
    """Run and report."""
    text = definition()
    if findings := check(text, VOCABULARY):
        raise ValueError(findings)
    taken = []
    for _ in range(rounds):
        start = time.perf_counter_ns()
        check(text, VOCABULARY)
        taken.append((time.perf_counter_ns() - start) / 1_000_000)
    low, middle, high = statistics.quantiles(taken, n=4)
    steps = len(json.loads(text)["transitions"])
    return (
        f"check: {STATES} states, {steps} steps, {PARTIES} parties, {len(text) // 1000} kB: "
        f"{middle:.0f} ms ({low:.0f}-{high:.0f}), bar 300"
    )


if __name__ == "__main__":
    print(main())  # noqa: T201  # a report
