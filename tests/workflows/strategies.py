"""Random sound definitions, and random facts for them.

Sound by construction: a chain of forward steps runs from the initial state to a final one, so that every state is
reached and leads on; whatever is added leaves that chain as it is.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.workflows.guards import EFFECTS
from workflows import Answer, Definition, Facts, GuardSet, Missing, guard, load
from workflows.facts import Value


@guard(flag_a="boolean")
def flag_a_set(facts: Facts) -> Answer:
    return facts.flag("flag_a")


@guard(flag_b="boolean")
def flag_b_set(facts: Facts) -> Answer:
    return facts.flag("flag_b")


@guard(count_a="integer")
def enough_a(facts: Facts, *, at_least: int, strictly: bool = False) -> Answer:
    found = facts.number("count_a")
    return found >= at_least + strictly or Missing(found=found)


RANDOM_GUARDS = GuardSet(flag_a_set, flag_b_set, enough_a)
ROUTES = ("north", "south", "east")
FACTS = {"flag_a": "boolean", "flag_b": "boolean", "count_a": "integer", "route": "text", "fork": "boolean"}
ROLES = ("lead_officer", "party_officer", "secretariat")
STAGES = {"item": "intent", "agreement": "signing", "matter": "under_way"}

_GUARD_USES = st.lists(
    st.sampled_from(
        [
            {"use": "flag_a_set"},
            {"use": "flag_b_set", "who": ["secretariat"]},
            {"use": "enough_a", "with": {"at_least": 2}},
            {"use": "enough_a", "with": {"at_least": 3, "strictly": True}},
        ]
    ),
    max_size=2,
    unique_by=str,
)
_EVIDENCE = st.lists(
    st.sampled_from([{"type": "paper"}, {"type": "scan", "min": 2}, {"type": "scan", "from": "lead_party"}]),
    max_size=2,
    unique_by=str,
)


@st.composite
def _extras(draw: st.DrawFn) -> dict[str, Any]:
    """Conditions that any arrow but an entry may have."""
    optional: dict[str, Any] = {
        "guards": draw(_GUARD_USES),
        "evidence": draw(_EVIDENCE),
        "basis": draw(st.sampled_from([None, None, "required"])),
        "two_person": draw(st.sampled_from([None, None, None, True])),
        "limit": draw(st.sampled_from([None, None, 1, 3])),
        "consent": draw(st.sampled_from([None, None, None, {"voters": "each_party", "method": "all"}])),
        "effects": draw(st.sampled_from([None, None, ["notify_parties"]])),
        "source": draw(st.sampled_from([None, {"document": "东政发〔2017〕66号", "place": "三(一)"}])),
    }
    return {key: value for key, value in optional.items() if value}


@st.composite
def _arrow(draw: st.DrawFn, /, name: str, kind: str, sources: list[str], target: str, **more: Any) -> dict[str, Any]:
    arrow = {"id": name, "title": {"zh": f"步骤 {name}", "en": name}, "from": sources, "to": target, "kind": kind}
    if kind != "system":
        arrow["actor"] = {"roles": draw(st.lists(st.sampled_from(ROLES), min_size=1, unique=True))}
    return {**arrow, **draw(_extras()), **more}


def _some(states: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(states), min_size=1, unique=True)


@st.composite
def sound_data(draw: st.DrawFn) -> dict[str, Any]:
    """A sound definition as plain data."""
    subject = draw(st.sampled_from(sorted(STAGES)))
    live = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    states: dict[str, Any] = {
        state: {"title": {"zh": f"状态 {state}"}, "stage": STAGES[subject], "goal": draw(st.booleans())}
        for state in live
    }
    states["done"] = {"title": {"zh": "完成", "en": "Done"}, "stage": "ended", "final": True}
    chain = [*live, "done"]
    arrows = [draw(_arrow(f"on{n}", "forward", [at], to)) for n, (at, to) in enumerate(pairwise(chain))]
    for n in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["forward", "return", "reopen", "system", "merge", "terminate"]))
        arrows.append(draw(_arrow(f"extra{n}", kind, draw(_some(live)), draw(st.sampled_from(chain)))))
    if draw(st.booleans()):
        fork = draw(st.sampled_from(["route", "fork"]))
        ways: list[Any] = [[ROUTES[0], ROUTES[1]], ROUTES[2]] if fork == "route" else [True, False]
        sources = draw(_some(live))
        for n, way in enumerate(ways[: draw(st.integers(1, 2))]):
            target = draw(st.sampled_from(chain))
            arrows.append(draw(_arrow(f"way{n}", "forward", sources, target, trigger="choose", when={fork: way})))
    if draw(st.booleans()):
        states["held"] = {"title": {"zh": "暂缓"}, "stage": "as_before"}
        arrows.append(draw(_arrow("hold", "suspend", draw(_some(live)), "held")))
        arrows.append(draw(_arrow("resume", "resume", ["held"], "before_suspension")))
        if draw(st.booleans()):
            arrows.append(draw(_arrow("give_up", "terminate", ["held"], "done")))
    if draw(st.booleans()):
        entry = {"id": "enter", "title": {"zh": "补录"}, "to": draw(_some(chain)), "kind": "entry", "basis": "required"}
        arrows.append({**entry, "actor": {"roles": [draw(st.sampled_from(ROLES))]}})
    return {
        "schema": "workflow/1",
        "id": "random",
        "version": draw(st.integers(1, 9)),
        "title": {"zh": "随机流程"},
        "subject": subject,
        "initial": "s0",
        "roles": {role: {"of": "each_party"} for role in ROLES},
        "facts": FACTS,
        "evidence_types": {name: {"title": {"zh": name}, "files": ["pdf"]} for name in ("paper", "scan")},
        "states": states,
        "transitions": draw(st.permutations(arrows)),
    }


def sound_texts() -> st.SearchStrategy[str]:
    """A sound definition as text."""
    return sound_data().map(lambda data: json.dumps(data, ensure_ascii=False, indent=1))


def sound_definitions() -> st.SearchStrategy[Definition]:
    """A sound definition, loaded with RANDOM_GUARDS."""
    return sound_texts().map(lambda text: load(text, RANDOM_GUARDS, EFFECTS))


@st.composite
def facts_for(draw: st.DrawFn, definition: Definition) -> Facts:
    """Any facts, true and false conditions in a fair mixture."""
    ids = [each.id for each in definition.transitions]
    keys = sorted({each.key for arrow in definition.transitions for each in arrow.evidence})
    values: Mapping[str, Value] = {
        "flag_a": draw(st.booleans()),
        "flag_b": draw(st.booleans()),
        "count_a": draw(st.integers(0, 5)),
        "route": draw(st.sampled_from([*ROUTES, "nowhere"])),
        "fork": draw(st.booleans()),
    }
    return Facts(
        actor_roles=frozenset(draw(st.lists(st.sampled_from([*ROLES, "system", "stranger"])))),
        values=values,
        evidence={key: draw(st.integers(0, 3)) for key in keys},
        basis=draw(st.booleans()),
        reason=draw(st.booleans()),
        second_person=draw(st.booleans()),
        consents=frozenset(draw(st.lists(st.sampled_from(ids)))),
        before_suspension=draw(st.sampled_from([None, *definition.states])),
        steps_taken={
            name: draw(st.integers(0, 3)) for name in draw(st.lists(st.sampled_from(ids), max_size=2, unique=True))
        },
    )


def willing(definition: Definition, facts: Facts) -> Facts:
    """The same route, with every condition met that somebody could meet."""
    return Facts(
        actor_roles=frozenset([*ROLES, "system"]),
        values={**facts.values, "flag_a": True, "flag_b": True, "count_a": 9},
        evidence={each.key: each.min for arrow in definition.transitions for each in arrow.evidence},
        basis=True,
        reason=True,
        second_person=True,
        consents=frozenset(each.id for each in definition.transitions),
        before_suspension=facts.before_suspension,
        steps_taken=facts.steps_taken,
    )
