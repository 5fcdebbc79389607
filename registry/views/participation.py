"""/items/<number>/join and /opt-out: a party joins an item, takes no part in it, comes back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField, TextAreaField

from registry.domain.dates import UNKNOWN
from registry.errors import NotPermitted
from registry.permissions import allowed
from registry.queries.choices import item_choices
from registry.services.participation import JoinItem, LeaveItem, join_item, opt_out
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import DATE_HINT, ActForm, PartialDateField, offer, required
from registry.views.guards import permitted
from registry.views.items import address

blueprint = Blueprint("participation", __name__)


class JoinForm(ActForm):
    """Who joins, from when on."""

    party = SelectField(_("哪一方"), validators=[required()], validate_choice=False)
    since = PartialDateField(_("自何时起"), description=_("不填就是今天。"))
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))


class LeaveForm(ActForm):
    """Who takes no part, from when on, and why."""

    party = SelectField(_("哪一方"), validators=[required()], validate_choice=False)
    reason = TextAreaField(_("事由"), description=_("只给本方与有权的人看。"), validators=[required()])
    since = PartialDateField(_("自何时起"), description=DATE_HINT)
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))


@blueprint.route("/items/<number>/join", methods=["GET", "POST"])
@permitted("item:join")
def join(number: str) -> ResponseReturnValue:
    """A party joins the item, or comes back to it."""
    form = JoinForm()

    def perform() -> None:
        ask = JoinItem(number, form.party.data, form.since.data or UNKNOWN, form.basis.data or None)
        join_item(here.database(), here.actor(), ask, at=here.at())

    return _page(number, form, perform, "item:join")


@blueprint.route("/items/<number>/opt-out", methods=["GET", "POST"])
@permitted("item:opt-out")
def leave(number: str) -> ResponseReturnValue:
    """A party takes no part in the item."""
    form = LeaveForm()

    def perform() -> None:
        since, basis = form.since.data or UNKNOWN, form.basis.data or None
        opt_out(
            here.database(),
            here.actor(),
            LeaveItem(number, form.party.data, form.reason.data, since, basis),
            at=here.at(),
        )

    return _page(number, form, perform, "item:opt-out")


def _page(number: str, form: JoinForm | LeaveForm, perform: Callable[[], None], permission: str) -> ResponseReturnValue:
    """The form for the reader's own parties of the item's agreement. Raises NotPermitted where there is none."""
    about = item_choices(here.snapshot(), here.actor(), number)
    own = [party for party in about.parties if allowed(here.actor(), permission, body_id=party.id)]
    if not own:
        raise NotPermitted(permission)
    form.party.choices = offer(own)

    def and_back() -> str:
        perform()
        return address(number)

    return act_page(form, and_back, act=permission, subject=about.named, cancel=address(number))
