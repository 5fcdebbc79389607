"""Where a subject stands, from its step rows alone: the state is the fold of its steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from workflows.definition import AS_BEFORE, Definition

MIGRATE = "migrate"
"""The kind of the step that moves a subject to a newer version of its procedure; no definition writes it."""


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


class Unplaced(ValueError):
    """A subject that a newer version has no place for. state: the one that is missing there, or of another sort."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


def placed(definition: Definition, place: Place) -> Place:
    """Where a subject of an earlier version stands in this one: `migrate` maps its states, others keep their names.

    Raises Unplaced where the state is not there, or a suspended subject would come to a state that is no suspension.
    """
    names = definition.migrate.states if definition.migrate else {}
    now = [names.get(each, each) for each in (place.state, place.before_suspension) if each is not None]
    for state, was in zip(now, (place.state, place.before_suspension), strict=False):
        if state not in definition.states:
            raise Unplaced(str(was))
    suspended = definition.states[now[0]].stage == AS_BEFORE
    if suspended != (len(now) > 1) or (suspended and now[1] not in definition.suspended_from(now[0])):
        raise Unplaced(place.state)
    return Place(now[0], now[1] if suspended else None, place.steps_taken)


def replay(definition: Definition, steps: Iterable[Step], earlier: Mapping[int, Definition] | None = None) -> Place:
    """Fold the steps of one subject, oldest first; without a step it stands in the initial state.

    definition: the version that it runs on now. earlier: the versions that it ran on before, by number; a step of kind
    `migrate` leads from one to the next.
    Raises BrokenHistory at the first row that does not begin where the last one ended, or is no arrow of its definition.
    """
    versions = {**(earlier or {}), definition.version: definition}
    rows = list(steps)
    running = _first(definition, versions, rows)
    place = Place(running.initial)
    for index, step in enumerate(rows):
        if step.kind == MIGRATE:
            running, place = _migrated(versions, running, place, step, index)
            continue
        why = _fault(running, place, step, first=index == 0)
        if why:
            raise BrokenHistory(index, why)
        place = moved(place, step)
    if running != definition:
        raise BrokenHistory(len(rows) - 1, f"ends in {running.id}/{running.version}")
    return place


def _first(definition: Definition, versions: Mapping[int, Definition], rows: Sequence[Step]) -> Definition:
    """The version that the subject began with: that of its first step, or the one before a move that came first."""
    if not rows:
        return definition
    number = rows[0].definition_version
    if rows[0].kind != MIGRATE:
        return versions.get(number, definition)
    into = versions.get(number, definition).migrate
    return versions.get(into.from_version, definition) if into else definition


def _migrated(
    versions: Mapping[int, Definition], running: Definition, place: Place, step: Step, index: int
) -> tuple[Definition, Place]:
    """The version and the place after a subject was moved to a newer version."""
    to = versions.get(step.definition_version)
    if to is None or step.definition_id != running.id or not to.migrate or to.migrate.from_version != running.version:
        raise BrokenHistory(index, f"no move from {running.id}/{running.version} to version {step.definition_version}")
    try:
        there = placed(to, place)
    except Unplaced as error:
        raise BrokenHistory(index, f"{to.id}/{to.version} has no place for {error.state}") from error
    if step.from_state != place.state:
        raise BrokenHistory(index, f"leaves {place.state}, not {step.from_state}")
    if step.to_state != there.state:
        raise BrokenHistory(index, f"leads to {there.state}, not to {step.to_state}")
    return to, there


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
