"""E3 to E7, E13, W1, W3: the graph of states and arrows, guards taken as possible."""

from collections.abc import Iterator, Mapping
from functools import cache

from workflows.checks.subject import Check, Subject, closure
from workflows.definition import Transition
from workflows.facts import Value
from workflows.finding import Finding
from workflows.strict_yaml import Path


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
    good = closure({state.id for state in states.values() if state.final or state.goal}, backward)
    for state in states:
        if state not in good:
            yield subject.fault("E4", "no-way-out", ("states", state), state=state)


def ends_and_exits(subject: Subject) -> Iterator[Finding]:
    """E5: a final state with an exit, a live one without."""
    left = {at for _, at, _ in subject.definition.arrows()}
    for state in subject.definition.states.values():
        if state.final and state.id in left:
            yield subject.fault("E5", "final-exit", ("states", state.id), state=state.id)
        if not state.final and state.id not in left:
            yield subject.fault("E5", "dead-end", ("states", state.id), state=state.id)


def every_arrow_takable(subject: Subject) -> Iterator[Finding]:
    """E6: an arrow that no run can take: none comes to its source, or nobody may ask for the changes that take it."""
    for path, each in subject.transitions():
        for place, source in enumerate(each.sources):
            if source not in subject.reachable:
                yield subject.fault("E6", "untakable", (*path, "from", place), transition=each.id, state=source)
        if each.consent and each.consent.on_request_change and "request_change" not in each.consent.answers:
            yield subject.fault("E6", "change-never-asked", (*path, "consent", "on_request_change"))


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


def no_automatic_circle(subject: Subject) -> Iterator[Finding]:
    """E13: automatic arrows in a circle, on which the register would never come to rest."""
    ahead: dict[str, set[str]] = {}
    for _, each in subject.transitions():
        for source in each.sources if each.kind == "system" else ():
            ahead.setdefault(source, set()).update(each.targets)
    for path, each in _closing(subject, "system", ahead):
        yield subject.fault("E13", "automatic-circle", path, transition=each.id)


def every_return_ends(subject: Subject) -> Iterator[Finding]:
    """W1: a way back that can be gone again and again."""
    ahead: dict[str, set[str]] = {}
    for _, at, to in subject.definition.arrows():
        ahead.setdefault(at, set()).add(to)
    for path, each in _closing(subject, "return", ahead):
        if each.limit is None:
            yield subject.fault("W1", "endless-return", path, transition=each.id)


def _closing(subject: Subject, kind: str, ahead: Mapping[str, set[str]]) -> Iterator[tuple[Path, Transition]]:
    """The arrows of a kind from whose target one of their sources lies ahead."""
    beyond = cache(lambda state: closure({state}, ahead))
    for path, each in subject.transitions():
        if each.kind == kind and any(not beyond(target).isdisjoint(each.sources) for target in each.targets):
            yield path, each


def two_pairs_of_eyes(subject: Subject) -> Iterator[Finding]:
    """W3: one person may both propose and approve what ends the work or reaches its goal."""
    states = subject.definition.states
    for path, each in subject.transitions():
        alone = each.kind in ("forward", "merge", "terminate") and not each.consent and not each.two_person
        if alone and any(states[target].final or states[target].goal for target in each.targets):
            yield subject.fault("W3", "one-alone", path, transition=each.id)


GRAPH: tuple[Check, ...] = (
    every_state_reachable,
    every_state_leads_on,
    ends_and_exits,
    every_arrow_takable,
    no_two_ways,
    no_automatic_circle,
    every_return_ends,
    two_pairs_of_eyes,
)
