"""The static checks of a definition: what `transitions` accepts at build, and would only show in a meeting.

Three rounds, each only when the one before found nothing: the shape (E1, E15), the names (E2), the graph (E3 to E7).
A check is a function that yields findings; further ones are added to NAMES or GRAPH.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

from workflows.definition import (
    AS_BEFORE,
    BEFORE_SUSPENSION,
    STAGES,
    Definition,
    GuardUse,
    Transition,
    definition_of,
)
from workflows.facts import Value, is_of_type
from workflows.finding import DefinitionError, Finding, finding
from workflows.guards import Guard, GuardSet
from workflows.shape import Bad, Reader, spell
from workflows.strict_yaml import Document, Path, YamlError, read


@dataclass(frozen=True)
class Subject:
    """What the checks look at: a definition of sound shape, its file, and what its names may refer to."""

    definition: Definition
    document: Document
    guards: GuardSet
    effects: frozenset[str]

    def fault(self, code: str, remedy: str, path: Path, **values: str) -> Finding:
        """A finding at a path of the file."""
        return finding(code, remedy, spell(path), self.document.line(path), **values)

    def transitions(self) -> Iterator[tuple[Path, Transition]]:
        """Each transition with its path."""
        for place, each in enumerate(self.definition.transitions):
            yield ("transitions", place), each

    @cached_property
    def exits(self) -> Mapping[str, frozenset[str]]:
        """For each state the states that an arrow leads to from it."""
        exits: dict[str, set[str]] = {state: set() for state in self.definition.states}
        for _, at, to in self.definition.arrows():
            exits[at].add(to)
        return {state: frozenset(targets) for state, targets in exits.items()}

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The states that can be reached from the initial one, guards taken as possible. Entries do not count, or a state
        that no work can lead to would pass; `before_suspension` is no state, for it leads only to where a subject has been."""
        ahead: dict[str, set[str]] = {}
        for each in self.definition.transitions:
            for source in each.sources:
                ahead.setdefault(source, set()).update(each.targets)
        return _closure({self.definition.initial}, ahead)


Check: TypeAlias = Callable[[Subject], Iterator[Finding]]


def check(text: str | bytes, guards: GuardSet, effects: frozenset[str]) -> tuple[Finding, ...]:
    """All that is wrong with a definition, in the order of its lines; empty when nothing is."""
    return examine(text, guards, effects)[1]


@lru_cache(maxsize=256)
def load(text: str | bytes, guards: GuardSet, effects: frozenset[str]) -> Definition:
    """Read a definition that may be used; the same text again is not read again, for a definition never changes.

    text: YAML as `strict_yaml` reads it; canonical JSON is such a text, too.
    guards, effects: what the definition may name.
    Raises DefinitionError with every finding when one of them refuses.
    """
    definition, findings = examine(text, guards, effects)
    if definition is None or any(each.refuses for each in findings):
        raise DefinitionError(findings)
    return definition


def examine(
    text: str | bytes, guards: GuardSet, effects: frozenset[str]
) -> tuple[Definition | None, tuple[Finding, ...]]:
    """The definition, when its shape is sound, and the findings in the order of the file's lines."""
    try:
        reader = Reader(read(text))
    except YamlError as error:
        return None, (finding("E1", "yaml", ".", error.line, zh=error.zh, en=error.en),)
    try:
        definition = definition_of(reader)
    except Bad:
        return None, _in_order(reader.findings)
    subject = Subject(definition, reader.document, guards, effects)
    findings = [each for one in NAMES for each in one(subject)] or [each for one in GRAPH for each in one(subject)]
    return definition, _in_order(findings)


def _in_order(findings: Collection[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (each.line, each.code, each.culprit)))


def _closure(begin: Collection[str], forward: Mapping[str, Collection[str]]) -> frozenset[str]:
    seen = set(begin)
    ahead = list(begin)
    while ahead:
        fresh = set(forward.get(ahead.pop(), ())) - seen
        seen |= fresh
        ahead += fresh
    return frozenset(seen)


# ---- E1, E2: names -------------------------------------------------------------------------------------------------

ARROWS_AT_MOST = 5_000

_KNOWN_AS = {
    "state": ("状态", "state"),
    "role": ("角色", "role"),
    "evidence type": ("材料类型", "evidence type"),
    "guard": ("条件", "guard"),
    "effect": ("后续动作", "effect"),
    "fact": ("事实", "fact"),
    "transition": ("步骤", "transition"),
}


def _unknown(subject: Subject, sort: str, name: str, known: Collection[str], path: Path) -> Iterator[Finding]:
    if name not in known:
        zh, en = _KNOWN_AS[sort]
        shown = ", ".join(known) or "—"
        yield subject.fault("E2", "unknown-name", path, name=name, zh=zh, en=en, known=shown)


def not_too_many_arrows(subject: Subject) -> Iterator[Finding]:
    """E1: more single arrows than any procedure has; a small file can write millions of them."""
    definition = subject.definition
    back = max((len(definition.suspended_from(state)) for state in definition.states), default=0)
    wide = sum(len(each.sources) * (back if each.goes_back else 1) for each in definition.transitions)
    if wide > ARROWS_AT_MOST:
        yield subject.fault("E1", "too-many-arrows", ("transitions",), most=str(ARROWS_AT_MOST))


def unique_ids(subject: Subject) -> Iterator[Finding]:
    """E1: two transitions with one id."""
    ids = [each.id for each in subject.definition.transitions]
    for path, each in subject.transitions():
        if each.id in ids[: int(path[-1])]:
            yield subject.fault("E1", "twice", (*path, "id"), name=each.id)


def known_states(subject: Subject) -> Iterator[Finding]:
    """E2: a state that is not there; E5: an initial state that cannot be one."""
    definition = subject.definition
    states = definition.states
    initial = states.get(definition.initial)
    if initial is None or initial.final or initial.stage == AS_BEFORE:
        yield subject.fault("E5", "bad-initial", ("initial",), state=definition.initial)
    for path, each in subject.transitions():
        for place, state in enumerate(each.sources):
            yield from _unknown(subject, "state", state, states, (*path, "from", place))
        for place, state in enumerate(each.targets):
            if state != BEFORE_SUSPENSION:
                yield from _unknown(subject, "state", state, states, (*path, "to", place))
        if each.consent and each.consent.on_request_change:
            change, at = each.consent.on_request_change, (*path, "consent", "on_request_change")
            yield from _unknown(subject, "state", change.to, states, (*at, "to"))
            ids = [one.id for one in definition.transitions]
            for place, voided in enumerate(change.invalidate):
                yield from _unknown(subject, "transition", voided, ids, (*at, "invalidate", place))
    if definition.migrate:
        for old, new in definition.migrate.states.items():
            yield from _unknown(subject, "state", new, states, ("migrate", "states", old))


def known_stages(subject: Subject) -> Iterator[Finding]:
    """E2: a stage that this subject does not have."""
    known = STAGES[subject.definition.subject]
    for state in subject.definition.states.values():
        if state.stage not in known:
            values = {"subject": subject.definition.subject, "stage": state.stage, "known": ", ".join(known)}
            yield subject.fault("E2", "stage-of-subject", ("states", state.id, "stage"), **values)


def known_roles(subject: Subject) -> Iterator[Finding]:
    """E2: a role that is not there."""
    roles = subject.definition.roles
    for path, each in subject.transitions():
        for place, role in enumerate(each.actor.roles if each.actor else ()):
            yield from _unknown(subject, "role", role, roles, (*path, "actor", "roles", place))
        for place, use in enumerate(each.guards):
            for number, role in enumerate(use.who):
                yield from _unknown(subject, "role", role, roles, (*path, "guards", place, "who", number))
    for state in subject.definition.states.values():
        for place, escalation in enumerate(state.deadline.escalate if state.deadline else ()):
            at: Path = ("states", state.id, "deadline", "escalate", place, "to")
            yield from _unknown(subject, "role", escalation.to, roles, at)


def known_evidence_and_effects(subject: Subject) -> Iterator[Finding]:
    """E2: an evidence type or an effect that is not there."""
    for path, each in subject.transitions():
        for place, evidence in enumerate(each.evidence):
            known = subject.definition.evidence_types
            yield from _unknown(subject, "evidence type", evidence.type, known, (*path, "evidence", place, "type"))
        for place, effect in enumerate(each.effects):
            yield from _unknown(subject, "effect", effect, sorted(subject.effects), (*path, "effects", place))


def known_guards(subject: Subject) -> Iterator[Finding]:
    """E2: a guard that is not there, a wrong parameter, a fact that it reads and nobody declares."""
    for path, each in subject.transitions():
        for place, use in enumerate(each.guards):
            at = (*path, "guards", place)
            guard = subject.guards.get(use.use)
            if guard is None:
                yield from _unknown(subject, "guard", use.use, sorted(subject.guards), (*at, "use"))
            else:
                yield from _parameters(subject, guard, use, at)
                yield from _facts_read(subject, guard, at)


def _parameters(subject: Subject, guard: Guard, use: GuardUse, at: Path) -> Iterator[Finding]:
    for name, value in use.params.items():
        parameter = guard.parameters.get(name)
        if parameter is None:
            known = ", ".join(guard.parameters) or "—"
            yield subject.fault("E2", "no-parameter", (*at, "with", name), guard=guard.name, name=name, known=known)
        elif not is_of_type(value, parameter.kind):
            values = {"guard": guard.name, "name": name, "kind": parameter.kind}
            yield subject.fault("E2", "parameter-type", (*at, "with", name), **values)
    for name, parameter in guard.parameters.items():
        if parameter.required and name not in use.params:
            yield subject.fault("E2", "parameter-missing", at, guard=guard.name, name=name)


def _facts_read(subject: Subject, guard: Guard, at: Path) -> Iterator[Finding]:
    for name, kind in guard.reads.items():
        if subject.definition.facts.get(name) != kind:
            yield subject.fault("E2", "fact-undeclared", (*at, "use"), guard=guard.name, name=name, kind=kind)


def known_facts(subject: Subject) -> Iterator[Finding]:
    """E2: `when` on a fact that is not declared, or against a value of another type."""
    facts = subject.definition.facts
    for path, each in subject.transitions():
        for name, values in each.when.items():
            at = (*path, "when", name)
            yield from _unknown(subject, "fact", name, facts, at)
            kind = facts.get(name)
            if kind and not all(is_of_type(value, kind) for value in values):
                yield subject.fault("E2", "literal-type", at, name=name, kind=kind)


def forms(subject: Subject) -> Iterator[Finding]:
    """E1: keys that do not go together with the kind of the step."""
    for path, each in subject.transitions():
        if each.kind == "entry":
            for key in _not_of_an_entry(each):
                yield subject.fault("E1", "entry-form", (*path, key), key=key)
            if not each.needs_basis:
                yield subject.fault("E1", "entry-basis", path)
        else:
            if not each.sources:
                yield subject.fault("E1", "from-missing", path)
            if len(each.targets) > 1:
                yield subject.fault("E1", "one-target", (*path, "to"))
        if each.kind == "system" and each.actor:
            yield subject.fault("E1", "system-actor", (*path, "actor"))
        if each.kind != "system" and not each.actor:
            yield subject.fault("E1", "actor-missing", path)


def _not_of_an_entry(each: Transition) -> list[str]:
    steps = {"from": each.sources, "when": each.when, "guards": each.guards, "evidence": each.evidence}
    return [key for key, value in {**steps, "consent": each.consent, "limit": each.limit}.items() if value]


def suspensions(subject: Subject) -> Iterator[Finding]:
    """E1: only a suspend step leads to a state `as_before`, never twice; only a resume goes back."""
    suspended = {state.id for state in subject.definition.states.values() if state.stage == AS_BEFORE}
    for path, each in subject.transitions():
        aside = bool(suspended & set(each.targets))
        if aside != (each.kind == "suspend") or (aside and suspended & set(each.sources)):
            yield subject.fault("E1", "suspend-form", (*path, "to"))
        back = BEFORE_SUSPENSION in each.targets
        if (back and each.kind != "resume") or (each.kind == "resume" and not suspended.issuperset(each.sources)):
            yield subject.fault("E1", "resume-form", (*path, "to"))


# ---- E3 to E7: the graph -------------------------------------------------------------------------------------------


def every_state_reachable(subject: Subject) -> Iterator[Finding]:
    """E3: a state that nothing leads to."""
    for state in subject.definition.states:
        if state not in subject.reachable:
            yield subject.fault("E3", "unreachable", ("states", state), state=state)


def every_state_leads_on(subject: Subject) -> Iterator[Finding]:
    """E4: a state from which only suspension or termination leads anywhere."""
    backward: dict[str, set[str]] = {}
    for each, at, to in subject.definition.arrows():
        if each.kind not in ("suspend", "terminate"):
            backward.setdefault(to, set()).add(at)
    states = subject.definition.states
    good = _closure({state.id for state in states.values() if state.final or state.goal}, backward)
    for state in states:
        if state not in good:
            yield subject.fault("E4", "no-way-out", ("states", state), state=state)


def ends_and_exits(subject: Subject) -> Iterator[Finding]:
    """E5: a final state with an exit, a live one without."""
    for state in subject.definition.states.values():
        if state.final and subject.exits[state.id]:
            yield subject.fault("E5", "final-exit", ("states", state.id), state=state.id)
        if not state.final and not subject.exits[state.id]:
            yield subject.fault("E5", "dead-end", ("states", state.id), state=state.id)


def every_arrow_takable(subject: Subject) -> Iterator[Finding]:
    """E6: an arrow that no run can take, because no run comes to its source."""
    for path, each in subject.transitions():
        for place, source in enumerate(each.sources):
            if source not in subject.reachable:
                yield subject.fault("E6", "untakable", (*path, "from", place), transition=each.id, state=source)


def no_two_ways(subject: Subject) -> Iterator[Finding]:
    """E7: two arrows on one trigger from one state, or two entries to one state, that may both be open: all of them
    must test one fact, each for values of its own."""
    leaving: dict[tuple[str, str], list[tuple[Path, Transition]]] = {}
    for path, each in subject.transitions():
        for state in each.sources or each.targets:
            leaving.setdefault((state, each.trigger if each.sources else ""), []).append((path, each))
    for (state, trigger), arrows in leaving.items():
        taken: dict[tuple[str, Value], Transition] = {}
        first = arrows[0][1]
        for path, each in arrows:
            tests = [(fact, value) for fact, values in each.when.items() for value in values]
            rival = next((taken[test] for test in tests if test in taken), None)
            if rival is None and each is not first and (not tests or each.when.keys() != first.when.keys()):
                rival = first
            if rival:
                values = {"state": state, "trigger": trigger or each.trigger, "first": rival.id, "second": each.id}
                yield subject.fault("E7", "ambiguous", path, **values)
            taken.update((test, each) for test in tests)


NAMES: tuple[Check, ...] = (
    not_too_many_arrows,
    unique_ids,
    known_states,
    known_stages,
    known_roles,
    known_evidence_and_effects,
    known_guards,
    known_facts,
    forms,
    suspensions,
)
GRAPH: tuple[Check, ...] = (
    every_state_reachable,
    every_state_leads_on,
    ends_and_exits,
    every_arrow_takable,
    no_two_ways,
)
