"""What the checks look at."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from workflows.definition import Definition, Transition
from workflows.finding import Finding, finding
from workflows.shape import spell
from workflows.strict_yaml import Document, Path
from workflows.vocabulary import Vocabulary

_NAMES_SHOWN = 30


@dataclass(frozen=True)
class Subject:
    """What the checks look at: a definition of sound shape, its file, what its names may refer to, and the version that it
    takes subjects over from, if that was looked for and is there."""

    definition: Definition
    document: Document
    words: Vocabulary
    earlier: Definition | None = None
    looks_back: bool = False

    def fault(self, code: str, remedy: str, path: Path, **values: str) -> Finding:
        """A finding at a path of the file."""
        return finding(code, remedy, spell(path), self.document.line(path), **values)

    def transitions(self) -> Iterator[tuple[Path, Transition]]:
        """Each transition with its path."""
        for place, each in enumerate(self.definition.transitions):
            yield ("transitions", place), each

    @cached_property
    def reachable(self) -> frozenset[str]:
        """The states that can be reached from the initial one, guards taken as possible. Entries do not count, or a state
        that no work can lead to would pass; `before_suspension` is no state, for it leads only to where a subject has been."""
        ahead: dict[str, set[str]] = {}
        for each in self.definition.ways:
            for source in each.sources:
                ahead.setdefault(source, set()).update(each.targets)
        return closure({self.definition.initial}, ahead)


Check: TypeAlias = Callable[[Subject], Iterator[Finding]]


def closure(begin: Collection[str], forward: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The states that lie ahead of some states, those themselves among them."""
    seen = set(begin)
    ahead = list(begin)
    while ahead:
        fresh = set(forward.get(ahead.pop(), ())) - seen
        seen |= fresh
        ahead += fresh
    return frozenset(seen)


def shown(names: Collection[str]) -> str:
    """The names that there are, for a remedy: not so many that nobody would read them."""
    listed = list(names)
    return ", ".join([*listed[:_NAMES_SHOWN], *(["…"] if len(listed) > _NAMES_SHOWN else [])]) or "—"
