"""/same: the forms by which two records are decided to be one, and two again."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField

from registry.domain.addresses import ROOM_OF
from registry.errors import NotFound
from registry.queries.choices import record_of
from registry.queries.same_as import MODELS, Decision, decisions_on
from registry.services.same_as import DecideSame, decide_same, undo_same
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import ActForm, required
from registry.views.guards import holds, permitted

blueprint = Blueprint("same_as", __name__)


class SameForm(ActForm):
    """Which record is the same as this one."""

    duplicate = StringField(
        _("另一记录"), description=_("它的编号或代码；它的网址以后转到这一记录。"), validators=[required()]
    )
    reason = TextAreaField(_("为什么是同一个"), validators=[required()])
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))


class UndoForm(ActForm):
    """Why the two are not one."""

    reason = TextAreaField(_("事由"), validators=[required()])


@dataclass(frozen=True, slots=True)
class Doubles:
    """The records whose addresses lead to one. undo: where each decision is undone (its id follows), for those who may."""

    decisions: tuple[Decision, ...]
    undo: str | None


def same_in(kind: str, key: str, keeps: bool = True) -> list[dict[str, str]]:
    """The form by which another record is decided to be the same as this one, for those who may. keeps: whether the reader keeps
    the record, where its own secretariat decides."""
    may = keeps and here.snapshot().present and holds("same:decide")
    return [{"act": "same:decide", "href": f"{request.script_root}/same/{kind}/{key}"}] if may else []


def doubles(kind: str, record_id: int, key: str, keeps: bool = True) -> Doubles:
    """What a record's page shows of it."""
    found = decisions_on(here.snapshot(), here.actor(), kind, record_id)
    return Doubles(found, next((each["href"] for each in same_in(kind, key, keeps)), None) if found else None)


@blueprint.route("/same/<kind>/<key>", methods=["GET", "POST"])
@permitted("same:decide")
def decide(kind: str, key: str) -> ResponseReturnValue:
    """Another record is the same as this one, which stays."""
    if kind not in MODELS:
        raise NotFound(kind)
    _, named = record_of(here.snapshot(), here.actor(), kind, key)
    form = SameForm()
    address = f"{request.script_root}/{ROOM_OF[kind]}/{key}"

    def perform() -> str:
        ask = DecideSame(kind, key, form.duplicate.data.strip(), form.reason.data, form.basis.data or None)
        decided = decide_same(here.database(), here.actor(), ask, at=here.at())
        said = gettext("移转 %(moved)s 处引用；%(left)s 处留在原记录。", moved=decided.moved, left=decided.left)
        flash(said, "done")
        return address

    return act_page(form, perform, act="same:decide", subject=named, cancel=address)


@blueprint.route("/same/<kind>/<key>/<int:decision>/undo", methods=["GET", "POST"])
@permitted("same:decide")
def undo(kind: str, key: str, decision: int) -> ResponseReturnValue:
    """The two are not one: what moved moves back."""
    if kind not in MODELS:
        raise NotFound(kind)
    record_id, named = record_of(here.snapshot(), here.actor(), kind, key)
    if decision not in {each.id for each in decisions_on(here.snapshot(), here.actor(), kind, record_id)}:
        raise NotFound("same_as")
    form = UndoForm()
    address = f"{request.script_root}/{ROOM_OF[kind]}/{key}"

    def perform() -> str:
        undo_same(here.database(), here.actor(), decision, form.reason.data, at=here.at())
        return address

    return act_page(form, perform, act="same:undo", subject=named, cancel=address)
