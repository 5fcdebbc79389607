"""The static checks of a definition: what `transitions` accepts at build, and would only show in a meeting.

Three rounds, each only when the one before refused nothing: the shape; the names and which keys go together (E1, E2);
the graph, consent, time, the version before and the titles (E3 to E15, W1 to W4).
A check is a function that yields findings; further ones are added to the list of their module in `workflows.checks`.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from itertools import chain, islice
from typing import TypeAlias

from workflows.checks.consent import CONSENT
from workflows.checks.forms import FORMS, steps, suspensions
from workflows.checks.graph import GRAPH
from workflows.checks.names import NAMES, gathered_facts
from workflows.checks.subject import Check, Subject
from workflows.checks.time import TIME
from workflows.checks.titles import TITLES
from workflows.checks.versions import VERSIONS
from workflows.definition import Definition, definition_of
from workflows.finding import DefinitionError, Finding, finding
from workflows.shape import Bad, Reader
from workflows.strict_yaml import Document, YamlError, read
from workflows.vocabulary import Vocabulary

Earlier: TypeAlias = Callable[[str, int], Definition | None]

FINDINGS_AT_MOST = 2_000
"""How many findings of one round are told: nobody reads more, and a hostile file makes a hundred thousand."""

_BEFORE_THE_GRAPH: tuple[Check, ...] = (*NAMES, gathered_facts, *FORMS)
_WITH_THE_GRAPH: tuple[Check, ...] = (*GRAPH, *CONSENT, *TIME, *VERSIONS, *TITLES)
_OF_A_PUBLISHED_ONE: tuple[Check, ...] = (*NAMES, steps, suspensions)
"""What the engine stands on; a check that came later stays out."""


def check(text: str | bytes, words: Vocabulary, earlier: Earlier | None = None) -> tuple[Finding, ...]:
    """All that is wrong with a definition, in the order of its lines; empty when nothing is."""
    return examine(text, words, earlier)[1]


@lru_cache(maxsize=256)
def load(text: str | bytes, words: Vocabulary) -> Definition:
    """Read a definition that may be used; the same text again is not read again, for a definition never changes.

    text: YAML as `strict_yaml` reads it; canonical JSON is such a text, too.
    Raises DefinitionError with every finding when one of them refuses.
    """
    definition, findings = examine(text, words)
    if definition is None or any(each.refuses for each in findings):
        raise DefinitionError(findings)
    return definition


@lru_cache(maxsize=256)
def load_published(text: str | bytes, words: Vocabulary) -> Definition:
    """Read a definition that was published once: its shape and its names must be sound, and no check that came later
    can take it out of use.

    Raises DefinitionError.
    """
    definition, findings = _read(text)
    if definition is not None:
        findings = _found(_OF_A_PUBLISHED_ONE, Subject(*definition, words))
    if definition is None or findings:
        raise DefinitionError(_in_order(findings))
    return definition[0]


def examine(
    text: str | bytes, words: Vocabulary, earlier: Earlier | None = None
) -> tuple[Definition | None, tuple[Finding, ...]]:
    """The definition, when its shape is sound, and the findings in the order of the file's lines.

    earlier: finds the version (id, number) that this one takes subjects over from; None: that is not looked at.
    """
    found, findings = _read(text)
    if found is None:
        return None, _in_order(findings)
    definition, document = found
    source = definition.migrate and earlier and earlier(definition.id, definition.migrate.from_version)
    subject = Subject(definition, document, words, source or None, looks_back=earlier is not None)
    return definition, _in_order(_found(_BEFORE_THE_GRAPH, subject) or _found(_WITH_THE_GRAPH, subject))


def _read(text: str | bytes) -> tuple[tuple[Definition, Document] | None, list[Finding]]:
    """The definition with its file, or what is wrong with its shape."""
    try:
        reader = Reader(read(text))
    except YamlError as error:
        return None, [finding("E1", "yaml", ".", error.line, zh=error.zh, en=error.en)]
    try:
        return (definition_of(reader), reader.document), []
    except Bad:
        return None, reader.findings


def _found(checks: Iterable[Check], subject: Subject) -> list[Finding]:
    return list(islice(chain.from_iterable(one(subject) for one in checks), FINDINGS_AT_MOST))


def _in_order(findings: Collection[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (each.line, each.code, each.culprit)))
