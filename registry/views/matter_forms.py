"""Forms whose inputs stand in a procedure: the fields of a matter, each in the input of its type."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField

from registry.queries.choices import Choice, all_parties
from registry.services.matter_values import input_of
from registry.views import here
from registry.views.forms import DATE_HINT, ActForm, PartialDateField, offer, offer_or_none, required
from registry.views.steps import title
from workflows.definition import Field

Form = TypeVar("Form", bound=ActForm)

FEW = 6
"""So many choices stand side by side; more are folded into a list."""
HINTS = {
    "date": DATE_HINT,
    "number": _("确切的数字，不带单位。"),
    "document": _("登记编号或发文字号；未登记的文件请先登记。"),
}


def with_fields(
    base: type[Form], fields: Iterable[Field], needed: Collection[str], *, first: Collection[str] = ()
) -> Form:
    """A form of this base with an input for each field, before its own. needed: names of those that must be filled in.

    first: inputs of the base that stand before all.
    """
    fields = tuple(fields)
    parties = all_parties(here.snapshot()) if any(field.type == "party" for field in fields) else ()
    own = {name: getattr(base, name) for name in dir(base) if _is_input(getattr(base, name))}
    in_order = sorted(own, key=lambda name: (name not in first, own[name].creation_counter))
    before = {name: _again(own[name]) for name in in_order if name in first}
    inputs = {input_of(field.id): _input(field, parties, needed=field.id in needed) for field in fields}
    after = {name: _again(own[name]) for name in in_order if name not in first}
    form: Form = type(base.__name__, (base,), before | inputs | after)()
    return form


def values_of(form: ActForm, fields: Iterable[Field]) -> dict[str, str]:
    """What was typed for each field, by its name, as it was typed."""
    typed = {field.id: form[input_of(field.id)].raw_data for field in fields}
    return {name: str(raw[0]) for name, raw in typed.items() if raw}


def _input(field: Field, parties: Collection[Choice], *, needed: bool) -> Any:
    said: dict[str, Any] = {
        "label": title(field.title),
        "description": _hint(field),
        "validators": [required()] if needed else [],
    }
    if field.type == "date":
        return PartialDateField(**said)
    if field.type == "choice":
        choices = [SelectChoice(choice, choice) for choice in field.choices]
        if needed and len(choices) <= FEW:
            return RadioField(choices=choices, validate_choice=False, **said)
        return SelectField(choices=[SelectChoice("", gettext("不选")), *choices], validate_choice=False, **said)
    if field.type == "party":
        return SelectField(choices=offer(parties) if needed else offer_or_none(parties), validate_choice=False, **said)
    return TextAreaField(render_kw={"rows": 2}, **said) if field.type == "text" else StringField(**said)


def _hint(field: Field) -> str:
    """What is typed here, and who will read it."""
    hints = [str(HINTS[field.type])] if field.type in HINTS else []
    if field.log_class == "sealed":
        own = here.actor().body_id is not None
        hints.append(gettext("不公开：只有本单位和审计员看得到。") if own else gettext("不公开：只有审计员看得到。"))
    return ("" if here.language() == "zh" else " ").join(hints)


def _is_input(thing: object) -> bool:
    return hasattr(thing, "_formfield") and hasattr(thing, "creation_counter")


def _again(field: Any) -> Any:
    """The same input, counted anew, so that it stands behind those made before."""
    return type(field)(field.field_class, *field.args, name=field.name, **field.kwargs)
