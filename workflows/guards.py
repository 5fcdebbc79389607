"""Guards: pure functions of facts, known to a definition by their bare names only.

`transitions` imports and calls any dotted string that it is given as a condition, so that a definition file could run
a shell command. A definition therefore never reaches it with a string: a name is looked up here, or refused.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from workflows.facts import FACT_TYPES, Facts, FactType, Value


class Missing:
    """A guard's answer "not met", with the values that its sentence needs: `Missing(found=1)`."""

    __slots__ = ("values",)

    def __init__(self, **values: str | int) -> None:
        self.values: Mapping[str, str | int] = MappingProxyType(values)


Answer: TypeAlias = bool | Missing


@dataclass(frozen=True, slots=True)
class Parameter:
    """One typed parameter of a guard, given in the definition under `with`."""

    kind: FactType
    required: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: its bare name, the facts that it reads, its parameters and the function itself."""

    name: str
    reads: Mapping[str, FactType]
    parameters: Mapping[str, Parameter]
    function: Callable[..., Answer]

    @property
    def code(self) -> str:
        """The code of the refusal, as the words for people know it: text_settled is text-settled."""
        return self.name.replace("_", "-")

    def answer(self, facts: Facts, values: Mapping[str, Value]) -> Literal[True] | Missing:
        """Ask the guard. Raises TypeError for any answer but True, False and Missing: `transitions` would compare 2 or
        "yes" with True and block without a word, and a forgotten `return` must not open a gate."""
        given = self.function(facts, **values)
        if given is True:
            return True
        if given is False:
            return Missing()
        if isinstance(given, Missing):
            return given
        raise TypeError(f"guard {self.name} answered {given!r}; a guard answers True, False or Missing")


def guard(**reads: FactType) -> Callable[[Callable[..., Answer]], Guard]:
    """Make a function a guard; the keywords name the facts that it reads and their types.

    The function takes the Facts, then only keyword parameters annotated int, bool or str:

        @guard(party_count="integer")
        def parties_named(facts: Facts, *, at_least: int) -> Answer:
            found = facts.number("party_count")
            return found >= at_least or Missing(found=found)

    Raises TypeError for any other signature.
    """

    def make(function: Callable[..., Answer]) -> Guard:
        _, *rest = inspect.signature(function, eval_str=True).parameters.values()
        return Guard(
            name=function.__name__,
            reads=MappingProxyType(reads),
            parameters=MappingProxyType({each.name: _parameter(function.__name__, each) for each in rest}),
            function=function,
        )

    return make


def _parameter(name: str, given: inspect.Parameter) -> Parameter:
    for kind, python in FACT_TYPES.items():
        if given.kind is inspect.Parameter.KEYWORD_ONLY and given.annotation is python:
            return Parameter(kind, given.default is inspect.Parameter.empty)
    raise TypeError(f"guard {name}: {given.name} must be a keyword parameter annotated int, bool or str")


class GuardSet(Mapping[str, Guard]):
    """The guards that definitions may use, by name. Raises ValueError when two have one name."""

    def __init__(self, *guards: Guard) -> None:
        self._guards = {each.name: each for each in guards}
        if len(self._guards) != len(guards):
            raise ValueError("two guards have one name")

    def __getitem__(self, name: str) -> Guard:
        return self._guards[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._guards)

    def __len__(self) -> int:
        return len(self._guards)

    # A set is a thing, not its contents: engines are remembered per definition and set.
    __hash__ = object.__hash__
    __eq__ = object.__eq__
