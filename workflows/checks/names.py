"""E2: names that refer to nothing. E1: what is there twice or too often."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from workflows.checks.subject import Check, Subject, shown
from workflows.definition import AS_BEFORE, BEFORE_SUSPENSION, STAGES, GuardUse
from workflows.facts import FactType, is_of_type
from workflows.finding import Finding
from workflows.guards import Guard
from workflows.strict_yaml import Path

ARROWS_AT_MOST = 5_000

_KNOWN_AS = MappingProxyType(
    {
        "state": ("状态", "state"),
        "role": ("角色", "role"),
        "evidence type": ("材料类型", "evidence type"),
        "guard": ("条件", "guard"),
        "effect": ("后续动作", "effect"),
        "fact": ("事实", "fact"),
        "field": ("字段", "field"),
        "transition": ("步骤", "transition"),
    }
)


def _unknown(subject: Subject, sort: str, name: str, known: Collection[str], path: Path) -> Iterator[Finding]:
    if name not in known:
        zh, en = _KNOWN_AS[sort]
        yield subject.fault("E2", "unknown-name", path, name=name, zh=zh, en=en, known=shown(known))


def not_too_many_arrows(subject: Subject) -> Iterator[Finding]:
    """E1: more single arrows than any procedure has; a small file can write millions of them."""
    definition = subject.definition
    back = max((len(definition.suspended_from(state)) for state in definition.states), default=0)
    wide = sum(len(each.sources) * (back if each.goes_back else 1) for each in definition.ways)
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
    if definition.migrate:
        for old, new in definition.migrate.states.items():
            yield from _unknown(subject, "state", new, states, ("migrate", "states", old))


def known_in_changes(subject: Subject) -> Iterator[Finding]:
    """E2: a request for changes that leads to no state, or makes the consent to no step void."""
    ids = {each.id: None for each in subject.definition.transitions}
    for path, each in subject.transitions():
        if each.consent and each.consent.on_request_change:
            change, at = each.consent.on_request_change, (*path, "consent", "on_request_change")
            yield from _unknown(subject, "state", change.to, subject.definition.states, (*at, "to"))
            for place, voided in enumerate(change.invalidate):
                yield from _unknown(subject, "transition", voided, ids, (*at, "invalidate", place))


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
            yield from _unknown(subject, "effect", effect, sorted(subject.words.effects), (*path, "effects", place))


def known_fields(subject: Subject) -> Iterator[Finding]:
    """E2: a field that is not there, a time limit until the day that a field of another type names."""
    fields = subject.definition.fields
    for path, each in subject.transitions():
        for place, name in enumerate(each.asks):
            yield from _unknown(subject, "field", name, fields, (*path, "asks", place))
    for state in subject.definition.states.values():
        if state.deadline and state.deadline.by is not None:
            name, at = state.deadline.by, ("states", state.id, "deadline", "by")
            yield from _unknown(subject, "field", name, fields, at)
            if name in fields and fields[name].type != "date":
                yield subject.fault("E2", "by-a-date", at, name=name, type=fields[name].type)


def known_guards(subject: Subject) -> Iterator[Finding]:
    """E2: a guard that is not there, a wrong parameter, a fact that it reads and nobody declares."""
    for path, each in subject.transitions():
        for place, use in enumerate(each.guards):
            at = (*path, "guards", place)
            guard = subject.words.guards.get(use.use)
            if guard is None:
                yield from _unknown(subject, "guard", use.use, sorted(subject.words.guards), (*at, "use"))
            else:
                yield from _parameters(subject, guard, use, at)
                yield from _facts_read(subject, guard, at)


def _parameters(subject: Subject, guard: Guard, use: GuardUse, at: Path) -> Iterator[Finding]:
    for name, value in use.params.items():
        parameter = guard.parameters.get(name)
        if parameter is None:
            values = {"guard": guard.name, "name": name, "known": shown(guard.parameters)}
            yield subject.fault("E2", "no-parameter", (*at, "with", name), **values)
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


_TESTABLE: Mapping[str, FactType] = MappingProxyType({"choice": "text", "number": "integer"})
"""Type of a field → type of the fact of its name."""


def gathered_facts(subject: Subject) -> Iterator[Finding]:
    """E2: a fact that nobody gathers. Gathered are those of the register, and of a matter its own fields whose type can
    be tested."""
    known = subject.words.facts_of(subject.definition.subject)
    if known is None:
        return
    fields = subject.definition.fields.values()
    known = {**known, **{each.id: _TESTABLE[each.type] for each in fields if each.type in _TESTABLE}}
    for name, kind in subject.definition.facts.items():
        at: Path = ("facts", name)
        yield from _unknown(subject, "fact", name, known, at)
        if known.get(name, kind) != kind:
            yield subject.fault("E2", "fact-type", at, name=name, kind=known[name])


NAMES: tuple[Check, ...] = (
    not_too_many_arrows,
    unique_ids,
    known_states,
    known_in_changes,
    known_stages,
    known_roles,
    known_evidence_and_effects,
    known_fields,
    known_guards,
    known_facts,
)
"""What the engine stands on."""
