"""E1: keys that do not go together."""

from collections.abc import Iterator

from workflows.checks.subject import Check, Subject
from workflows.definition import AS_BEFORE, BEFORE_SUSPENSION, Transition
from workflows.finding import Finding


def steps(subject: Subject) -> Iterator[Finding]:
    """Keys that do not go together with the kind of the step."""
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
    more = {"consent": each.consent, "limit": each.limit, "asks": each.asks}
    return [key for key, value in {**steps, **more}.items() if value]


def suspensions(subject: Subject) -> Iterator[Finding]:
    """Only a suspend step leads to a state `as_before`, never twice; only a resume goes back."""
    suspended = {state.id for state in subject.definition.states.values() if state.stage == AS_BEFORE}
    for path, each in subject.transitions():
        aside = bool(suspended & set(each.targets))
        if aside != (each.kind == "suspend") or (aside and suspended & set(each.sources)):
            yield subject.fault("E1", "suspend-form", (*path, "to"))
        change = each.consent and each.consent.on_request_change
        if change and change.to in suspended:
            yield subject.fault("E1", "suspend-form", (*path, "consent", "on_request_change", "to"))
        back = BEFORE_SUSPENSION in each.targets
        if (back and each.kind != "resume") or (each.kind == "resume" and not suspended.issuperset(each.sources)):
            yield subject.fault("E1", "resume-form", (*path, "to"))


def deadlines(subject: Subject) -> Iterator[Finding]:
    """A time limit that is neither a span nor a day, or both."""
    for state in subject.definition.states.values():
        if state.deadline and (state.deadline.after is None) == (state.deadline.by is None):
            yield subject.fault("E1", "deadline-form", ("states", state.id, "deadline"))


def fields_of_a_matter(subject: Subject) -> Iterator[Finding]:
    """Fields, and what speaks of them, where the subject is no matter."""
    definition = subject.definition
    if definition.subject == "matter":
        return
    if definition.fields:
        yield subject.fault("E1", "only-matters", ("fields",), key="fields")
    for path, each in subject.transitions():
        if each.asks:
            yield subject.fault("E1", "only-matters", (*path, "asks"), key="asks")
    for state in definition.states.values():
        if state.deadline and state.deadline.by is not None:
            yield subject.fault("E1", "only-matters", ("states", state.id, "deadline", "by"), key="by")


def choices(subject: Subject) -> Iterator[Finding]:
    """A field to choose from with nothing to choose, or choices of a field that is not chosen."""
    for each in subject.definition.fields.values():
        if each.type == "choice" and not each.choices:
            yield subject.fault("E1", "choices-missing", ("fields", each.id))
        if each.type != "choice" and each.choices:
            yield subject.fault("E1", "no-choices", ("fields", each.id, "choices"), type=each.type)


FORMS: tuple[Check, ...] = (steps, suspensions, deadlines, fields_of_a_matter, choices)
