"""What a definition may name: the guards, the effects, and the facts that somebody gathers for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from workflows.facts import FactType
from workflows.guards import GuardSet


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names of one register.

    facts: (subject, name, type) of every fact that is gathered; None: whatever a definition declares is gathered.
    """

    guards: GuardSet
    effects: frozenset[str] = frozenset()
    facts: frozenset[tuple[str, str, FactType]] | None = None

    def facts_of(self, subject: str) -> Mapping[str, FactType] | None:
        """Name and type of the facts that are gathered for a sort of subject; None: any."""
        if self.facts is None:
            return None
        return {name: kind for of, name, kind in sorted(self.facts) if of == subject}
