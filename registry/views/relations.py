"""/agreements/<number>/relations: how an agreement stands to another one, added and ended."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField, TextAreaField

from registry.errors import NotFound, NotPermitted
from registry.models.agreements import RELATIONS
from registry.queries.choices import AgreementChoices, agreement_choices
from registry.services.relations import AddRelation, EndRelation, add_relation, end_relation
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import ActForm, offer_words, required
from registry.views.guards import permitted
from registry.views.texts import keeps

blueprint = Blueprint("relations", __name__)


class RelationForm(ActForm):
    """How this agreement stands to another one."""

    kind = SelectField(
        _("关系"), description=_("从本协议看：本协议落实、修订、取代另一份，或是其框架下的部分方协议。"), validators=[required()]
    )  # fmt: skip
    other = StringField(_("另一份协议的编号"), validators=[required()])
    note = TextAreaField(_("附注"))


class EndForm(ActForm):
    """Why the relation does not hold."""

    relation = StringField(_("关系"), render_kw={"readonly": True})
    reason = TextAreaField(
        _("为何解除"), description=_("查明的结果，如“经核对是两份协议”，或登记错在哪里。"), validators=[required()]
    )


@blueprint.route("/agreements/<number>/relations/add", methods=["GET", "POST"])
@permitted("relation:add")
def add(number: str) -> ResponseReturnValue:
    """A relation to another agreement, by the host or the secretariat of the one that carries it."""
    about, form = _kept_by_reader(number, "relation:add"), RelationForm()
    form.kind.choices = offer_words("relation.kind", RELATIONS)

    def perform() -> str:
        ask = AddRelation(number, form.other.data.strip(), form.kind.data, form.note.data or None)
        add_relation(here.database(), here.actor(), ask, at=here.at())
        return _place(number)

    return act_page(form, perform, act="relation:add", subject=about.named, cancel=_place(number))


@blueprint.route("/agreements/<number>/relations/<kind>/<other>/end", methods=["GET", "POST"])
@permitted("relation:end")
def end(number: str, kind: str, other: str) -> ResponseReturnValue:
    """End a relation, or answer the question that it asks."""
    about, form = _kept_by_reader(number, "relation:end"), EndForm()
    if kind not in RELATIONS:
        raise NotFound("relation")
    form.relation.data = f"{here.word('relation', kind)} · {other}"

    def perform() -> str:
        ask = EndRelation(number, other, kind, form.reason.data)
        end_relation(here.database(), here.actor(), ask, at=here.at())
        return _place(number)

    return act_page(form, perform, act="relation:end", subject=about.named, cancel=_place(number))


def _kept_by_reader(number: str, permission: str) -> AgreementChoices:
    about = agreement_choices(here.snapshot(), here.actor(), number)
    if not keeps(about, permission):
        raise NotPermitted(permission)
    return about


def _place(number: str) -> str:
    return f"{request.script_root}/agreements/{number}#relations"
