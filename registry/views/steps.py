"""Next steps of a subject and why each is not yet possible; the forms of a step; its procedure as a picture and in sentences."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import StringField, TextAreaField

from registry.domain.guards import GUARDS
from registry.errors import NotFound, NotPermitted
from registry.queries.facts import Standing
from registry.queries.rounds import RoundRow
from registry.services.moves import arrow_of
from registry.services.proposals import LIVE
from registry.services.steps import reason_of
from registry.views import here
from registry.views.chinese import marked_svg
from registry.views.forms import ActForm, PartialDateField, demand, required
from registry.views.told import Told, all_told, told
from workflows import Definition, Title, Transition
from workflows.definition import SYSTEM
from workflows.diagram import describe, svg
from workflows.engine import Option, Unmet, explain, possible

NOT_YOUR_ROLE = "not-your-role"
"""The engine's code for a reader who may not take the step: no want of the step itself."""
BY_FORM = frozenset({"field-missing", "merge-target-named"})
"""Wants that the form of a step takes care of."""


class StepForm(ActForm):
    """A step that is taken as it was proposed: nothing is asked again."""

    def given(self) -> dict[str, Any]:
        """What was filled in, by the names that the services ask for."""
        return {name: field.data or None for name, field in self._fields.items() if name != "csrf_token"}


class GroundsForm(StepForm):
    """What a step rests on."""

    basis = StringField(_("依据文件"), description=_("登记编号或发文字号，如 东政发〔2017〕66号。"))
    basis_note = StringField(_("依据条款"))
    effective = PartialDateField(_("自何时起"), description=_("不填就是今天。"))
    reason = TextAreaField(_("事由"), description=_("只给本方与有权的人看；要让各方看到的，写明依据条款。"))


class MergeForm(GroundsForm):
    """What a step that merges an item into another rests on."""

    merge_into = StringField(
        _("并入哪一事项"), description=_("事项编号，如 mxsmy-2026-01-003。"), validators=[required()]
    )


@dataclass(frozen=True, slots=True)
class NextStep:
    """A step that leaves the present state. title, to: in the reader's language. by: who may take it, where this reader may not.

    reasons: what else it lacks. round: what was put to others and may still lead to the step. href: the form for this
    reader, if there is one now: to propose the step, or to take it.
    """

    trigger: str
    title: str
    to: str
    by: str | None
    reasons: tuple[Told, ...]
    round: RoundRow | None
    proposes: bool
    href: str | None


def next_steps(
    standing: Standing,
    rounds: Iterable[RoundRow],
    form_of: Callable[[str, str], str | None],
    *,
    beside: frozenset[str] = frozenset(),
) -> tuple[NextStep, ...]:
    """Every step from here that people take, with all that it lacks; the register's own come by themselves.

    form_of: what to do (propose, step) and trigger → address of its form; asked only where the reader's role may.
    beside: triggers that stand beside the act that they take back. The facts should promise what comes with the form.
    """
    alive = {each.transition: each for each in rounds if each.outcome in LIVE}
    return tuple(
        _next_step(standing, option, alive.get(option.transition.id), form_of)
        for option in possible(standing.definition, GUARDS, standing.state, standing.facts)
        if option.trigger not in beside and option.transition.roles != (SYSTEM,)
    )


def _next_step(
    standing: Standing, option: Option, round: RoundRow | None, form_of: Callable[[str, str], str | None]
) -> NextStep:
    arrow = option.transition
    role = next((unmet for unmet in option.unmet if unmet.code == NOT_YOUR_ROLE), None)
    proposes = asks_others(arrow) and round is None
    others_turn = any(unmet.code in ("consent-open", "second-person-missing") for unmet in option.unmet)
    mine = role is None and (proposes or not others_turn)
    return NextStep(
        option.trigger,
        title(arrow.title),
        title(standing.definition.states[option.to_state].title),
        told(reason_of(role, standing.definition)).who if role else None,
        _told(standing.definition, option.unmet, {NOT_YOUR_ROLE, *BY_FORM}),
        round,
        proposes,
        form_of("propose" if proposes else "step", option.trigger) if mine else None,
    )


def _told(definition: Definition, unmet: Iterable[Unmet], but: Collection[str]) -> tuple[Told, ...]:
    return all_told(reason_of(each, definition) for each in unmet if each.code not in but)


def asks_others(arrow: Transition) -> bool:
    """Whether a step is put to others before it is taken."""
    return arrow.consent is not None or arrow.two_person


def living(rounds: Iterable[RoundRow], arrow: Transition) -> RoundRow | None:
    """The round that may still lead to this step."""
    return next((each for each in rounds if each.transition == arrow.id and each.outcome in LIVE), None)


def arrow_for(standing: Standing, trigger: str, permission: str) -> Transition:
    """The arrow that this trigger takes from here; where it does not leave this state, its first.

    Raises NotFound where the procedure has none that a form takes; NotPermitted where the reader's roles may take none.
    """
    of_trigger = [each for each in standing.definition.transitions if each.trigger == trigger]
    found = [each for each in of_trigger if each.kind not in ("entry", "system")]
    if not found:
        raise NotFound("trigger", trigger)
    if not any(standing.facts.actor_roles.intersection(each.roles) for each in found):
        raise NotPermitted(permission)
    return arrow_of(standing, trigger) or found[0]


def form_for(arrow: Transition) -> GroundsForm:
    """The form of a step: it asks for the basis and the reason that its arrow needs."""
    form = MergeForm() if arrow.kind == "merge" else GroundsForm()
    if arrow.needs_basis:
        demand(form.basis)
    if arrow.needs_reason:
        demand(form.reason)
    return form


def what_blocks(standing: Standing, trigger: str, *, but: Collection[str] = ()) -> tuple[Told, ...]:
    """Why a step is not yet possible. but: codes of wants that the form itself takes care of."""
    return _told(
        standing.definition, explain(standing.definition, GUARDS, standing.state, trigger, standing.facts), but
    )


def picture(standing: Standing, options: Iterable[NextStep] = ()) -> tuple[Markup, tuple[str, ...]]:
    """The procedure with today's place and the steps whose conditions are met, as SVG and in sentences."""
    open_now = tuple(each.trigger for each in options if not each.reasons)
    of = (standing.definition, standing.state, open_now)
    drawn = marked_svg(svg(*of, lang=here.language()))
    return drawn, describe(*of, lang=here.language())


def title(named: Title) -> str:
    """A title of a procedure in the reader's language."""
    return in_words(named.zh, named.en)


def in_words(zh: str, en: str | None) -> str:
    """Chinese or, for an English reader, English where there is one."""
    return en if here.language() == "en" and en else zh
