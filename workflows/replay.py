"""Where a subject stands, from its step rows alone: the state is the fold of its steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from workflows.definition import Definition


class Step(Protocol):
    """A step as it was recorded; a stored row and a Decision both are one."""

    @property
    def definition_id(self) -> str: ...

    @property
    def definition_version(self) -> int: ...

    @property
    def transition_id(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def from_state(self) -> str | None: ...

    @property
    def to_state(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject stands: its state, the one from which it was suspended, its steps so far by transition id."""

    state: str
    before_suspension: str | None = None
    steps_taken: Mapping[str, int] = field(default_factory=dict)


class BrokenHistory(ValueError):
    """Step rows that cannot have been made by the engine. index: of the first bad row, from 0."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(f"step {index}: {why}")
        self.index, self.why = index, why


def moved(place: Place, step: Step) -> Place:
    """The place after one step."""
    before = place.before_suspension if step.from_state == step.to_state else None
    taken = {**place.steps_taken, step.transition_id: place.steps_taken.get(step.transition_id, 0) + 1}
    return Place(step.to_state, step.from_state if step.kind == "suspend" else before, MappingProxyType(taken))


def replay(definition: Definition, steps: Iterable[Step]) -> Place:
    """Fold the steps of one subject, oldest first; without a step it stands in the initial state.

    Raises BrokenHistory at the first row that does not begin where the last one ended, or is no arrow of the definition.
    """
    place = Place(definition.initial)
    for index, step in enumerate(steps):
        why = _fault(definition, place, step, first=index == 0)
        if why:
            raise BrokenHistory(index, why)
        place = moved(place, step)
    return place


def _fault(definition: Definition, place: Place, step: Step, first: bool) -> str | None:
    if (step.definition_id, step.definition_version) != (definition.id, definition.version):
        return f"made by {step.definition_id}/{step.definition_version}"
    try:
        arrow = definition.transition(step.transition_id)
    except KeyError:
        return f"there is no transition {step.transition_id}"
    if step.kind != arrow.kind:
        return f"{arrow.id} is of kind {arrow.kind}, not {step.kind}"
    if arrow.kind == "entry":
        sound = first and step.from_state is None and step.to_state in arrow.targets
        return None if sound else f"{arrow.id} cannot be taken here"
    if step.from_state != place.state or step.from_state not in arrow.sources:
        return f"{arrow.id} cannot leave {step.from_state}; the subject stands in {place.state}"
    target = place.before_suspension if arrow.goes_back else arrow.targets[0]
    return None if step.to_state == target else f"{arrow.id} leads to {target}, not to {step.to_state}"
