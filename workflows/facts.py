"""What a step is decided on: facts, gathered by the caller, never fetched here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from workflows.consent import Tally

Value: TypeAlias = str | int | bool
FactType: TypeAlias = Literal["integer", "boolean", "text"]
FACT_TYPES: Mapping[FactType, type] = MappingProxyType({"integer": int, "boolean": bool, "text": str})


class FactMissing(LookupError):
    """A declared fact was not gathered, or has another type: a fault of the caller, never of the person who asks."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision may look at; the same facts always give the same answer.

    actor_roles: the roles that the acting person holds for this subject now, by the names of the definition; the
        register itself acts as `system`.
    values: the facts that the definition declares.
    evidence: number of files by the key of the evidence need (`Evidence.key`).
    basis, reason: whether a basis document and a written reason come with this step.
    given: names of the fields that come with this step.
    second_person: ids of the transitions that somebody else than the actor proposed.
    consents: by transition id, how its round of consent stands; the round binds to what was voted on.
    before_suspension: the state from which the subject was suspended.
    steps_taken: number of steps so far by transition id.
    """

    actor_roles: frozenset[str] = frozenset()
    values: Mapping[str, Value] = field(default_factory=dict)
    evidence: Mapping[str, int] = field(default_factory=dict)
    basis: bool = False
    reason: bool = False
    given: frozenset[str] = frozenset()
    second_person: frozenset[str] = frozenset()
    consents: Mapping[str, Tally] = field(default_factory=dict)
    before_suspension: str | None = None
    steps_taken: Mapping[str, int] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """The boolean fact of this name. Raises FactMissing."""
        value = self.values.get(name)
        if not isinstance(value, bool):
            raise FactMissing(f"fact {name}: a boolean is needed, not {value!r}")
        return value

    def number(self, name: str) -> int:
        """The integer fact of this name. Raises FactMissing, also for a boolean."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FactMissing(f"fact {name}: an integer is needed, not {value!r}")
        return value

    def text(self, name: str) -> str:
        """The text fact of this name. Raises FactMissing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            raise FactMissing(f"fact {name}: a text is needed, not {value!r}")
        return value


def is_of_type(value: object, kind: FactType) -> bool:
    """Whether a value is exactly of this type; true is not an integer here."""
    return type(value) is FACT_TYPES[kind]
