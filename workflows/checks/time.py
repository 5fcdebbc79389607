"""E12, E15, W2: deadlines, silence and reviews."""

from collections.abc import Iterator
from types import MappingProxyType

from workflows.checks.subject import Check, Subject
from workflows.definition import Duration
from workflows.finding import Finding
from workflows.strict_yaml import Path

_TOLD = frozenset({"register", "grouping", "host", "lead_party"})
"""Whose officers hear of a silence; the parties are those who were silent."""
_SMALLEST = MappingProxyType({"D": ("D", 1), "W": ("D", 7), "M": ("M", 1), "Y": ("M", 12), "WD": ("WD", 1)})
"""Units of one sort can be compared: days and weeks, months and years, working days."""


def every_escalation_helps(subject: Subject) -> Iterator[Finding]:
    """E12: an overdue step told to the very role that alone could have taken it, or a silence told to nobody."""
    for state in subject.definition.states.values():
        awaited: set[str] = set()
        for each in subject.definition.transitions:
            if state.id in each.sources and each.kind in ("forward", "return"):
                awaited.update(each.roles)
        for place, escalation in enumerate(state.deadline.escalate if state.deadline else ()):
            if awaited == {escalation.to}:
                at: Path = ("states", state.id, "deadline", "escalate", place, "to")
                yield subject.fault("E12", "escalates-round", at, role=escalation.to)
    if _TOLD.isdisjoint(role.of for role in subject.definition.roles.values()):
        for path, each in subject.transitions():
            if each.consent and each.consent.silence and each.consent.silence.counts_as == "escalate":
                yield subject.fault("E12", "escalates-to-nobody", (*path, "consent", "silence", "counts_as"))


def _spans(subject: Subject) -> Iterator[tuple[Path, Duration, bool]]:
    """Every span of time, and whether it may be nothing: a reminder on the day itself, an escalation at once."""
    for state in subject.definition.states.values():
        at: Path = ("states", state.id)
        if state.review_every:
            yield (*at, "review_every"), state.review_every, False
        if state.deadline:
            if state.deadline.after:
                yield (*at, "deadline", "after"), state.deadline.after, False
            for place, span in enumerate(state.deadline.remind):
                yield (*at, "deadline", "remind", place), span, True
            for place, escalation in enumerate(state.deadline.escalate):
                yield (*at, "deadline", "escalate", place, "after"), escalation.after, True
    for path, each in subject.transitions():
        if each.consent and each.consent.silence:
            yield (*path, "consent", "silence", "after"), each.consent.silence.after, False


def every_span_can_be_counted(subject: Subject) -> Iterator[Finding]:
    """E15: working days without a calendar, a time limit of nothing."""
    for path, span, may_be_nothing in _spans(subject):
        if span.unit == "WD" and subject.definition.calendar is None:
            yield subject.fault("E15", "calendar-missing", path, span=span.written)
        if span.count == 0 and not may_be_nothing:
            yield subject.fault("E15", "no-time", path, span=span.written)


def every_reminder_in_time(subject: Subject) -> Iterator[Finding]:
    """E15: a reminder before the time limit begins, as far as the units can be compared."""
    for state in subject.definition.states.values():
        whole = state.deadline.after if state.deadline else None
        if state.deadline and whole:
            for place, span in enumerate(state.deadline.remind):
                if _not_shorter(span, whole):
                    at: Path = ("states", state.id, "deadline", "remind", place)
                    yield subject.fault("E15", "early-reminder", at, span=span.written, whole=whole.written)


def _not_shorter(span: Duration, whole: Duration) -> bool:
    (unit, each), (of_whole, each_of_whole) = _SMALLEST[span.unit], _SMALLEST[whole.unit]
    return unit == of_whole and span.count * each >= whole.count * each_of_whole


def every_live_state_is_looked_at(subject: Subject) -> Iterator[Finding]:
    """W2: a live state in which a subject can be forgotten."""
    for state in subject.definition.states.values():
        if not state.final and not state.deadline and not state.review_every:
            yield subject.fault("W2", "forgotten", ("states", state.id), state=state.id)


TIME: tuple[Check, ...] = (
    every_escalation_helps,
    every_span_can_be_counted,
    every_reminder_in_time,
    every_live_state_is_looked_at,
)
