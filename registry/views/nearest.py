"""The nearest path of a subject as people read it: each step with who takes it and what it asks, and the first day of arrival."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from registry.domain.guards import GUARDS
from registry.queries.deadlines import calendar_of
from registry.queries.facts import Standing
from registry.services.steps import reason_of
from registry.views import clauses, here
from registry.views.limits import Limit
from registry.views.steps import title
from registry.views.told import Told, all_told
from workflows import Definition, Facts
from workflows.calendar import Calendar
from workflows.definition import SYSTEM
from workflows.paths import Arrival, Leg, earliest, nearest
from workflows.replay import Place


@dataclass(frozen=True, slots=True)
class LegTold:
    """One step of the path: its title, where it leads, who takes it, what it still asks. waits: a time limit has to pass."""

    title: str
    to: str
    who: str
    reasons: tuple[Told, ...]
    waits: bool


@dataclass(frozen=True, slots=True)
class PathTold:
    """The steps in order, none where the goal is reached, and the first day on which the last one can be taken."""

    legs: tuple[LegTold, ...]
    arrival: Arrival


def path_on(standing: Standing, limits: Iterable[Limit]) -> PathTold | None:
    """The nearest path of a subject as it stands, whoever reads it; None where there is none, or none is left to go."""
    definition, facts = standing.definition, standing.facts
    days = {limit.row.purpose: limit.row.due_on for limit in limits}
    anybody = replace(facts, actor_roles=frozenset(definition.roles) | {SYSTEM})
    place = Place(standing.state, facts.before_suspension, facts.steps_taken)
    found = nearest_path(definition, place, anybody, due=days.get("stay"), answers_due=days.get("answer"))
    return found if found and found.legs else None


def nearest_path(
    definition: Definition, place: Place, facts: Facts, *, due: date | None = None, answers_due: date | None = None
) -> PathTold | None:
    """The nearest path from a place; None: there is none. due, answers_due: as `workflows.paths.earliest` takes them."""
    path = nearest(definition, GUARDS, place, facts)
    if path is None:
        return None
    counts = definition.calendar if any(_counts_days(leg) for leg in path.legs) else None
    calendar = calendar_of(here.database(), counts) if counts else Calendar()
    legs = tuple(
        LegTold(
            title(leg.transition.title),
            title(leg.target.title),
            clauses.who(definition, leg.transition),
            all_told(reason_of(unmet, definition) for unmet in leg.unmet),
            leg.waits,
        )
        for leg in path.legs
    )
    return PathTold(legs, earliest(path, here.today(), calendar, due=due, answers_due=answers_due))


def _counts_days(leg: Leg) -> bool:
    """Whether a span of days decides when this step can be taken: one that has to pass, or after which silence agrees."""
    silence = leg.transition.consent and leg.transition.consent.silence
    return leg.waits or bool(silence and silence.counts_as == "agree")
