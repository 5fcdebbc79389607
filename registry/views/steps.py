"""Next steps of a subject and why each is not yet possible; its procedure as a picture and in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from registry.domain.guards import GUARDS
from registry.errors import NotFound
from registry.queries.facts import Standing
from registry.services.steps import reason_of
from registry.views import here
from registry.views.forms import ActForm, demand
from registry.views.told import Told, all_told, told
from workflows import Title, Transition
from workflows.diagram import describe, svg
from workflows.engine import Option, explain, possible

NOT_YOUR_ROLE = "not-your-role"
"""The engine's code for a reader who may not take the step: no want of the step itself."""


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that leaves the present state. title, to: in the reader's language. by: who may take it, where this reader may not.
    reasons: what else it lacks. href: its form, if this reader has one."""

    trigger: str
    title: str
    to: str
    by: str | None
    reasons: tuple[Told, ...]
    href: str | None


def next_steps(standing: Standing, form_of: Callable[[str], str | None]) -> tuple[NextStep, ...]:
    """Every step from here with all that it lacks. form_of: trigger → address of its form; asked only where the reader's role may take it.

    The facts should promise basis and reason: they come with the form, so that their want blocks nobody.
    """
    return tuple(
        _next_step(standing, option, form_of)
        for option in possible(standing.definition, GUARDS, standing.state, standing.facts)
        if option.transition.kind != "return"  # what takes an act back stands beside that act
    )


def _next_step(standing: Standing, option: Option, form_of: Callable[[str], str | None]) -> NextStep:
    lacking = {unmet.code: told(reason_of(unmet)) for unmet in option.unmet}
    role = lacking.pop(NOT_YOUR_ROLE, None)
    return NextStep(
        option.trigger,
        title(option.transition.title),
        title(standing.definition.states[option.to_state].title),
        role.who if role else None,
        tuple(lacking.values()),
        None if role else form_of(option.trigger),
    )


def arrows_of(standing: Standing, trigger: str) -> tuple[Transition, ...]:
    """The arrows of a trigger. Raises NotFound where its procedure has none; entering is no step of a form."""
    found = tuple(each for each in standing.definition.transitions if each.trigger == trigger and each.kind != "entry")
    if not found:
        raise NotFound("trigger", trigger)
    return found


def ask_for_grounds(form: ActForm, arrows: tuple[Transition, ...]) -> None:
    """The form of a step asks for the basis and the reason that its arrows need."""
    for needed, field in (
        (any(each.needs_basis for each in arrows), form.basis),
        (any(each.needs_reason for each in arrows), form.reason),
    ):
        if needed:
            demand(field)


def what_blocks(standing: Standing, trigger: str) -> tuple[Told, ...]:
    """Why a step is not yet possible."""
    unmet = explain(standing.definition, GUARDS, standing.state, trigger, standing.facts)
    return all_told(reason_of(each) for each in unmet)


def picture(standing: Standing) -> tuple[Markup, tuple[str, ...]]:
    """The procedure with today's place, as SVG and in sentences."""
    of = (standing.definition, standing.state)
    drawn = Markup(svg(*of, lang=here.language()))  # noqa: S704  # drawn by the engine, which escapes every title
    return drawn, describe(*of, lang=here.language())


def title(named: Title) -> str:
    """A title of a procedure in the reader's language."""
    return named.en if here.language() == "en" and named.en else named.zh
