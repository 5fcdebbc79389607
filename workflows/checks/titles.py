"""W4: what nobody has written in English yet."""

from collections.abc import Iterator

from workflows.checks.subject import Check, Subject
from workflows.definition import Title
from workflows.finding import Finding
from workflows.strict_yaml import Path


def _titles(subject: Subject) -> Iterator[tuple[Path, Title | None]]:
    definition = subject.definition
    yield (), definition.title
    for path, step in subject.transitions():
        yield path, step.title
    for state in definition.states.values():
        yield ("states", state.id), state.title
    for role in definition.roles.values():
        yield ("roles", role.id), role.title
    for field in definition.fields.values():
        yield ("fields", field.id), field.title
    for sort in definition.evidence_types.values():
        yield ("evidence_types", sort.id), sort.title


def every_title_in_english(subject: Subject) -> Iterator[Finding]:
    """W4: a title without its English."""
    for path, title in _titles(subject):
        if title and title.en is None:
            yield subject.fault("W4", "english-missing", (*path, "title"), title=title.zh)


TITLES: tuple[Check, ...] = (every_title_in_english,)
