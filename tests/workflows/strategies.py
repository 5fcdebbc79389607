"""Random sound definitions, and random facts for them.

Sound by construction: a chain of forward steps runs from the initial state to a final one, so that every state is
reached and leads on; whatever is added leaves that chain as it is.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, permutations, product
from typing import Any

from hypothesis import strategies as st

from tests.workflows.guards import EFFECTS
from workflows import Answer, Definition, Facts, GuardSet, Missing, Vocabulary, guard, load
from workflows.consent import Outcome, Tally
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
RANDOM_WORDS = Vocabulary(RANDOM_GUARDS, EFFECTS)
ROUTES = ("north", "south", "east")
FACTS = {"flag_a": "boolean", "flag_b": "boolean", "count_a": "integer", "route": "text", "fork": "boolean"}
ROLES = ("lead_officer", "party_officer", "secretariat")
FIELDS = {
    "note": {"type": "text", "class": "sealed", "title": {"zh": "说明", "en": "Note"}},
    "due_on": {"type": "date", "class": "open", "required": True, "title": {"zh": "期限"}},
    "grade": {"type": "choice", "class": "open", "title": {"zh": "级别"}, "choices": ["甲", "乙"]},
}
STAGES = {"item": "intent", "agreement": "signing", "matter": "under_way"}
_SPANS = {True: ("P20D", "P4W", "P15WD", "P2M", "P1Y"), False: ("P20D", "P4W", "P2M", "P1Y")}
"""Spans of time with a calendar and without; every reminder is shorter than the shortest of them."""


def _up_to_two(parts: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [list(some) for size in range(3) for some in permutations(parts, size)]


_GUARD_USES = _up_to_two(
    [
        {"use": "flag_a_set"},
        {"use": "flag_b_set", "who": ["secretariat"]},
        {"use": "enough_a", "with": {"at_least": 2}},
        {"use": "enough_a", "with": {"at_least": 3, "strictly": True}},
    ]
)
_EVIDENCE = _up_to_two(
    [
        {"type": "paper"},
        {"type": "scan", "min": 2},
        *({"type": "scan", "from": giver} for giver in ("lead_party", "each_party", "grouping")),
    ]
)
_SOME_ROLES = [list(some) for size in (1, 2, 3) for some in permutations(ROLES, size)]
_SMALL = [
    {"basis": basis, "two_person": two, "limit": limit, "effects": effects, "source": source}
    for basis, two, limit, effects, source in product(
        (None, None, "required"),
        (None, None, None, True),
        (None, None, 1, 3),
        (None, None, ["notify_parties"]),
        (None, {"document": "东政发〔2017〕66号", "place": "三(一)"}),
    )
]
_WHAT_A_PERSON_GIVES = frozenset({"evidence", "basis", "asks"})


@cache
def _votes(parties: int) -> list[dict[str, Any]]:
    """Who votes, how many must agree, who holds a veto: every way that some number of parties can meet."""
    methods = ["all", "any", "majority", *({"ratio": ratio} for ratio in ("1/3", "1/2", "2/3", "1/1"))]
    found = []
    for voters, most in (("each_party", parties), ("lead_party", 1)):
        vetoes = (
            [[], ["lead_party"], ["each_party"], ["each_party", "lead_party"]]
            if voters == "each_party"
            else [[], ["lead_party"]]
        )
        numbers = [{"at_least": number} for number in range(1, most + 1)]
        found += [
            {"voters": voters, "method": method, "veto": veto} for method, veto in product([*methods, *numbers], vetoes)
        ]
    return found


_ANSWERS = [
    ["agree", *more]
    for more in (
        [],
        ["object"],
        ["abstain"],
        ["object", "abstain"],
        ["object", "abstain", "request_change"],
        ["request_change"],
    )
]
_COUNTING = [
    {"order": order, "abstain_counts": abstain, "decide": decide, "delegate": {"allow": "same_party"}}
    for order, abstain, decide in product(
        ("parallel", "sequential"), ("as_absent", "as_agree", "as_object"), ("as_soon_as_known", "after_all_answered")
    )
]


@st.composite
def _consent(draw: st.DrawFn, parties: int, live: list[str], spans: tuple[str, ...]) -> dict[str, Any]:
    consent = {
        **draw(st.sampled_from(_votes(parties))),
        **draw(st.sampled_from(_COUNTING)),
        "answers": draw(st.sampled_from(_ANSWERS)),
    }
    silent = draw(st.sampled_from([None, None, "escalate", "agree", "object", "abstain"]))
    if silent:
        consent["silence"] = {"after": draw(st.sampled_from(spans)), "counts_as": silent}
    if "request_change" in consent["answers"] and draw(st.booleans()):
        voided = draw(st.sampled_from([[], ["on0"]]))
        consent["on_request_change"] = {"to": draw(st.sampled_from(live)), "invalidate": voided}
    return consent


@st.composite
def _extras(draw: st.DrawFn, frame: "_Frame") -> dict[str, Any]:
    """Conditions that any arrow but an entry may have."""
    optional: dict[str, Any] = {
        **draw(st.sampled_from(_SMALL)),
        "guards": draw(st.sampled_from(_GUARD_USES)),
        "evidence": draw(st.sampled_from(_EVIDENCE)),
        "consent": draw(_consent(*frame.rounds)) if draw(st.integers(0, 3)) == 0 else None,
        "asks": draw(st.sampled_from([None, None, ["note"], ["due_on", "note"]])) if frame.matter else None,
    }
    return {key: value for key, value in optional.items() if value}


@dataclass(frozen=True)
class _Frame:
    """What the parts of one definition must agree on."""

    matter: bool
    parties: int
    live: list[str]
    calendar: bool

    @property
    def spans(self) -> tuple[str, ...]:
        return _SPANS[self.calendar]

    @property
    def rounds(self) -> tuple[int, list[str], tuple[str, ...]]:
        return self.parties, self.live, self.spans


@st.composite
def _arrow(
    draw: st.DrawFn, /, frame: _Frame, name: str, kind: str, sources: list[str], target: str, **more: Any
) -> dict[str, Any]:
    arrow = {"id": name, "title": {"zh": f"步骤 {name}", "en": name}, "from": sources, "to": target, "kind": kind}
    extras = draw(_extras(frame))
    if kind == "system":
        extras = {key: value for key, value in extras.items() if key not in _WHAT_A_PERSON_GIVES}
    else:
        arrow["actor"] = {"roles": draw(st.sampled_from(_SOME_ROLES))}
    return {**arrow, **extras, **more}


def _some(states: list[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(states), min_size=1, unique=True)


@st.composite
def _further(draw: st.DrawFn, frame: _Frame, number: int) -> dict[str, Any]:
    """An arrow beside the chain; a system step leads forward, so that none stand in a circle."""
    chain = [*frame.live, "done"]
    kind = draw(st.sampled_from(["forward", "return", "reopen", "system", "merge", "terminate"]))
    target = draw(st.integers(1 if kind == "system" else 0, len(chain) - 1))
    sources = draw(_some(frame.live[:target] if kind == "system" else frame.live))
    return draw(_arrow(frame, f"extra{number}", kind, sources, chain[target]))


@st.composite
def _fork(draw: st.DrawFn, frame: _Frame) -> list[dict[str, Any]]:
    """One trigger, two arrows that test one fact."""
    fact = draw(st.sampled_from(["route", "fork"]))
    ways: list[Any] = [[ROUTES[0], ROUTES[1]], ROUTES[2]] if fact == "route" else [True, False]
    sources = draw(_some(frame.live))
    return [
        draw(
            _arrow(
                frame,
                f"way{n}",
                "forward",
                sources,
                draw(st.sampled_from([*frame.live, "done"])),
                trigger="choose",
                when={fact: way},
            )
        )
        for n, way in enumerate(ways[: draw(st.integers(1, 2))])
    ]


@st.composite
def _arrows(draw: st.DrawFn, frame: _Frame, held: bool) -> list[dict[str, Any]]:
    chain = [*frame.live, "done"]
    arrows = [draw(_arrow(frame, f"on{n}", "forward", [at], to)) for n, (at, to) in enumerate(pairwise(chain))]
    arrows += [draw(_further(frame, number)) for number in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        arrows += draw(_fork(frame))
    if held:
        arrows.append(draw(_arrow(frame, "hold", "suspend", draw(_some(frame.live)), "held")))
        arrows.append(draw(_arrow(frame, "resume", "resume", ["held"], "before_suspension")))
        if draw(st.booleans()):
            arrows.append(draw(_arrow(frame, "give_up", "terminate", ["held"], "done")))
    if draw(st.booleans()):
        entry = {"id": "enter", "title": {"zh": "补录"}, "to": draw(_some(chain)), "kind": "entry", "basis": "required"}
        arrows.append({**entry, "actor": {"roles": [draw(st.sampled_from(ROLES))]}})
    return arrows


@st.composite
def _limits(draw: st.DrawFn, frame: _Frame, awaited: set[str]) -> dict[str, Any]:
    """A time limit, a review, both or neither; awaited: the roles whose step is overdue, of whom one alone is not told."""
    limits: dict[str, Any] = {}
    if draw(st.booleans()):
        by = frame.matter and draw(st.booleans())
        deadline: dict[str, Any] = {"by": "due_on"} if by else {"after": draw(st.sampled_from(frame.spans))}
        deadline["remind"] = draw(st.sampled_from([[], ["P3D"], ["P3D", "P1W"], ["P0D"]]))
        told = [role for role in ROLES if awaited != {role}]
        if draw(st.booleans()):
            deadline["escalate"] = [{"after": draw(st.sampled_from(["P0D", "P3D"])), "to": draw(st.sampled_from(told))}]
        limits["deadline"] = deadline
    if draw(st.booleans()):
        limits["review_every"] = draw(st.sampled_from(frame.spans))
    return limits


@st.composite
def _states(draw: st.DrawFn, frame: _Frame, stage: str, arrows: list[dict[str, Any]]) -> dict[str, Any]:
    states: dict[str, Any] = {}
    for state in frame.live:
        leaving = [each for each in arrows if state in each.get("from", ()) and each["kind"] in ("forward", "return")]
        awaited = {role for each in leaving for role in each["actor"]["roles"]}
        title = {"zh": f"状态 {state}"}
        states[state] = {"title": title, "stage": stage, "goal": draw(st.booleans()), **draw(_limits(frame, awaited))}
    return {**states, "done": {"title": {"zh": "完成", "en": "Done"}, "stage": "ended", "final": True}}


@st.composite
def sound_data(draw: st.DrawFn) -> dict[str, Any]:
    """A sound definition as plain data."""
    subject = draw(st.sampled_from(sorted(STAGES)))
    live = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    frame = _Frame(subject == "matter", draw(st.integers(1, 4)), live, draw(st.booleans()))
    held = draw(st.booleans())
    arrows = draw(_arrows(frame, held))
    states = draw(_states(frame, STAGES[subject], arrows))
    if held:
        states["held"] = {"title": {"zh": "暂缓"}, "stage": "as_before"}
    optional = {
        "calendar": "cn-workdays" if frame.calendar else None,
        "fields": FIELDS if frame.matter else None,
        "parties": {"at_least": frame.parties} if frame.parties > 1 else None,
    }
    return {
        "schema": "workflow/1",
        "id": "random",
        "version": draw(st.integers(1, 9)),
        "title": {"zh": "随机流程"},
        "subject": subject,
        "initial": "s0",
        "roles": {
            "lead_officer": {"of": "lead_party"},
            "party_officer": {"of": "each_party"},
            "secretariat": {"of": "grouping", "title": {"zh": "秘书处"}},
        },
        **{key: value for key, value in optional.items() if value},
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
    return sound_texts().map(lambda text: load(text, RANDOM_WORDS))


OUTCOMES: tuple[Outcome, ...] = ("open", "carried", "refused", "change_requested")


def tally_of(outcome: Outcome) -> Tally:
    """A round that has come so far."""
    waiting = ("150300",) if outcome == "open" else ()
    return Tally(outcome, agreed=(), waiting=waiting, turn=waiting, needed=len(waiting), vetoes=())


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
        given=frozenset(draw(st.lists(st.sampled_from(["note", "due_on"])))),
        second_person=frozenset(draw(st.lists(st.sampled_from(ids)))),
        consents={name: tally_of(draw(st.sampled_from(OUTCOMES))) for name in draw(st.lists(st.sampled_from(ids)))},
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
        given=frozenset(["note", "due_on"]),
        second_person=frozenset(each.id for each in definition.transitions),
        consents={each.id: tally_of("carried") for each in definition.transitions},
        before_suspension=facts.before_suspension,
        steps_taken=facts.steps_taken,
    )
