"""/procedures/…/simulate: imagined facts, step by step, why not, and the nearest path from there. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectChoice, SelectField, StringField

from registry.domain.guards import GUARDS
from registry.queries.procedures import procedure_page
from registry.services.steps import reason_of
from registry.views import clauses, here
from registry.views.forms import WholeNumberField
from registry.views.guards import public
from registry.views.nearest import nearest_path
from registry.views.steps import title
from registry.views.told import Told, all_told
from workflows import Definition, Facts
from workflows.consent import Tally
from workflows.engine import Decision, Option, possible, simulate
from workflows.facts import Value
from workflows.replay import Place

blueprint = Blueprint("simulations", __name__)

STEPS_AT_MOST = 40
OUTCOMES = ("carried", "refused", "change_requested")
"""How an imagined round of consent may have ended."""
NOT_ASKED = "not_asked"
_NOTHING: dict[str, Value] = {"boolean": False, "integer": 0, "text": ""}


class Imagined(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What is imagined; its fields stand in the definition. A reading form: no token, and its address can be passed on."""

    class Meta:
        """No session is needed to imagine."""

        csrf = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was imagined, in words."""

    title: str
    from_state: str
    to_state: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A step that leaves the imagined place: what it lacks, and the address that takes it."""

    title: str
    to: str
    who: str
    reasons: tuple[Told, ...]
    href: str


@blueprint.get("/procedures/<slug>/<int:version>/simulate")
@public
def imagine(slug: str, version: int) -> ResponseReturnValue:
    """The form of imagined facts, and what follows from them."""
    snapshot = here.snapshot()
    definition = procedure_page(snapshot, here.actor(), slug, version).row.definition
    form = _form(definition)
    script = request.args.getlist("step")[:STEPS_AT_MOST]
    found = _ran(definition, form, script) if form.validate() else {}
    return render_template(
        "procedures/simulate.html", definition=definition, form=form, script=script, groups=_groups(form), **found
    )


def _form(definition: Definition) -> Imagined:
    """The fields that a definition's steps can depend on; before anything was asked every role is there, and nothing else."""
    fields: dict[str, Field] = {
        "from": SelectField(
            gettext("从哪个状态开始"), choices=_states(definition, definition.states), default=definition.initial
        )
    }
    before = dict.fromkeys(state for each in definition.states for state in definition.suspended_from(each))
    if before:
        choices = _states(definition, before)
        fields["before"] = SelectField(gettext("暂缓之前的状态"), choices=choices, default=choices[0].value)
    for role in definition.roles:
        fields[f"role-{role}"] = BooleanField(clauses.role(definition, role), default=True)
    for name, kind in definition.facts.items():
        fields[f"fact-{name}"] = _fact_field(definition, name, kind)
    for arrow in definition.transitions:
        for each in arrow.evidence:
            fields[f"evidence-{each.key}"] = WholeNumberField(clauses.evidence(definition, each), default=0)
        if arrow.consent:
            fields[f"consent-{arrow.id}"] = _consent_field(title(arrow.title))
    for name, label in (
        ("basis", gettext("有依据文件")),
        ("reason", gettext("有书面事由")),
        ("given", gettext("该填的字段都填写")),
        ("second", gettext("由另一人提出")),
    ):
        fields[name] = BooleanField(label)
    form = type("ImaginedOfOne", (Imagined,), fields)(request.args if "from" in request.args else None)
    for field in form:
        field.flags.required = field.type in ("SelectField", "WholeNumberField")  # each begins with a value
    return cast(Imagined, form)


def _states(definition: Definition, states: Any) -> list[SelectChoice]:
    return [SelectChoice(state, title(definition.states[state].title)) for state in states]


def _fact_field(definition: Definition, name: str, kind: str) -> Field:
    label = clauses.fact(definition, name)
    if kind == "boolean":
        return BooleanField(label)
    if kind == "integer":
        return WholeNumberField(label, default=0)
    field = definition.fields.get(name)
    choices = [SelectChoice(each, each) for each in field.choices] if field else []
    if not choices:
        return StringField(label)
    return SelectField(label, choices=choices, default=choices[0].value)


def _consent_field(label: str) -> SelectField:
    words = [SelectChoice(outcome, here.word("proposal.outcome", outcome)) for outcome in OUTCOMES]
    choices = [SelectChoice(NOT_ASKED, gettext("尚未征求")), *words]
    return SelectField(gettext("“%(step)s”的征求同意", step=label), choices=choices, default=NOT_ASKED)


def _groups(form: Imagined) -> list[tuple[str, list[Field]]]:
    """The fields under their headings."""
    headings = {
        "": gettext("起点"), "role": gettext("由谁办理"), "fact": gettext("设想的情况"), "evidence": gettext("设想的佐证"),
        "consent": gettext("设想的答复"), "with": gettext("随这一步提交"),
    }  # fmt: skip
    found: dict[str, list[Field]] = {name: [] for name in headings}
    for field in form:
        kind, dash, _ = field.name.partition("-")
        found[kind if dash else "" if kind in ("from", "before") else "with"].append(field)
    return [(headings[kind], fields) for kind, fields in found.items() if fields]


def _imagined(definition: Definition, form: Imagined) -> Facts:
    """The facts as the form tells them."""
    data = {field.name: field.data for field in form}
    values: dict[str, Value] = {name: data[f"fact-{name}"] or _NOTHING[kind] for name, kind in definition.facts.items()}
    keys = {each.key for arrow in definition.transitions for each in arrow.evidence}
    asked = {arrow.id: data[f"consent-{arrow.id}"] for arrow in definition.transitions if arrow.consent}
    return Facts(
        actor_roles=frozenset([*(role for role in definition.roles if data[f"role-{role}"]), "system"]),
        values=values,
        evidence={key: data[f"evidence-{key}"] or 0 for key in keys},
        basis=data["basis"],
        reason=data["reason"],
        given=frozenset(definition.fields) if data["given"] else frozenset(),
        second_person=frozenset(each.id for each in definition.transitions if data["second"]),
        consents={name: Tally(outcome, (), (), (), 0, ()) for name, outcome in asked.items() if outcome != NOT_ASKED},
    )


def _ran(definition: Definition, form: Imagined, script: list[str]) -> dict[str, Any]:
    """What the imagined steps come to: those taken, the refusal, the place, its choices, and the nearest path."""
    facts, begin = _imagined(definition, form), form["from"].data
    sources = definition.suspended_from(begin)
    before = form["before"].data if "before" in form else None
    begun = Place(begin, before if before in sources else next(iter(sources), None))
    ran = simulate(definition, GUARDS, begun, [(trigger, facts) for trigger in script])
    facts = replace(facts, before_suspension=ran.place.before_suspension, steps_taken=ran.place.steps_taken)
    query = [*_query(form), *(("step", step.trigger) for step in ran.steps)]
    return {
        "taken": [_taken(definition, step) for step in ran.steps],
        "refused": all_told(reason_of(unmet, definition) for unmet in ran.unmet),
        "place": definition.states[ran.place.state],
        "choices": [
            _choice(definition, option, query) for option in possible(definition, GUARDS, ran.place.state, facts)
        ],
        "path": nearest_path(definition, ran.place, facts),
        "again": "?" + urlencode(_query(form)),
    }


def _taken(definition: Definition, step: Decision) -> Taken:
    return Taken(
        title(definition.transition(step.transition_id).title),
        title(definition.states[step.from_state or step.to_state].title),
        title(definition.states[step.to_state].title),
    )


def _choice(definition: Definition, option: Option, query: list[tuple[str, str]]) -> Choice:
    return Choice(
        title(option.transition.title),
        title(definition.states[option.to_state].title),
        clauses.who(definition, option.transition),
        all_told(reason_of(unmet, definition) for unmet in option.unmet),
        "?" + urlencode([*query, ("step", option.trigger)]),
    )


def _query(form: Imagined) -> list[tuple[str, str]]:
    """What is imagined, as an address holds it."""
    return [
        (field.name, "y" if field.data is True else str(field.data))
        for field in form
        if field.data not in (None, False, "")
    ]
