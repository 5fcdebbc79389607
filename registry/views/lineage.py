"""/items/<number>/lineage: which earlier item an item carries on, recorded and taken back."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField, TextAreaField

from registry.errors import NotPermitted
from registry.models.items import LINEAGES
from registry.permissions import allowed
from registry.queries.choices import ItemChoices, item_choices
from registry.services.lineage import LinkItems, UnlinkItems, link_items, unlink_items
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import ActForm, offer_words, required
from registry.views.guards import permitted
from registry.views.items import address

blueprint = Blueprint("lineage", __name__)


class LinkForm(ActForm):
    """The earlier item that this one carries on."""

    earlier = StringField(_("此前的事项编号"), validators=[required()])
    kind = SelectField(_("怎样承接"), description=_("从本事项看。"), validators=[required()])
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))
    note = TextAreaField(_("附注"))


class UnlinkForm(ActForm):
    """Why the item does not carry on the other."""

    earlier = StringField(_("此前的事项编号"), render_kw={"readonly": True})
    reason = TextAreaField(_("为何解除"), validators=[required()])


@blueprint.route("/items/<number>/lineage/link", methods=["GET", "POST"])
@permitted("lineage:link")
def link(number: str) -> ResponseReturnValue:
    """Record that the item carries on an earlier one."""
    about, form = _about(number), LinkForm()
    form.kind.choices = offer_words("lineage", LINEAGES)

    def perform() -> str:
        ask = LinkItems(
            number, form.earlier.data.strip(), form.kind.data, form.basis.data or None, form.note.data or None
        )
        link_items(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#lineage"

    return act_page(form, perform, act="lineage:link", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/lineage/<earlier>/unlink", methods=["GET", "POST"])
@permitted("lineage:link")
def unlink(number: str, earlier: str) -> ResponseReturnValue:
    """Take such a link back."""
    about, form = _about(number), UnlinkForm()
    form.earlier.data = earlier

    def perform() -> str:
        unlink_items(here.database(), here.actor(), UnlinkItems(number, earlier, form.reason.data), at=here.at())
        return address(number) + "#lineage"

    return act_page(form, perform, act="lineage:unlink", subject=about.named, cancel=address(number))


def _about(number: str) -> ItemChoices:
    """The item, if the reader may work on it."""
    about = item_choices(here.snapshot(), here.actor(), number)
    own = any(allowed(here.actor(), "lineage:link", body_id=party.id) for party in about.parties)
    office = about.grouping_id is not None and allowed(here.actor(), "lineage:link", grouping_id=about.grouping_id)
    if not own and not office:
        raise NotPermitted("lineage:link")
    return about
