"""The forms about bodies through time: another name, level or code, merger, split, end; other names; members that leave."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from registry.domain.addresses import ROOM_OF
from registry.permissions import require
from registry.queries.choices import all_bodies, all_parties, record_of
from registry.queries.parties import PartyPage
from registry.services.bodies import MEMBER_ROLES, PARTY_KINDS, AddAlias, add_alias
from registry.services.continuity import (
    AlterBody,
    EndBody,
    Happened,
    MergeBodies,
    SplitBody,
    alter_body,
    end_body,
    merge_bodies,
    split_body,
)
from registry.services.memberships import ChangeRole, EndMember, change_role, end_member
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import (
    DATE_HINT,
    ActForm,
    PartialDateField,
    offer,
    offer_or_none,
    offer_words,
    required,
)
from registry.views.guards import holds, permitted

blueprint = Blueprint("party_acts", __name__)


class EventForm(ActForm):
    """When something befell a body, and on what basis."""

    on = PartialDateField(_("自何时起"), description=DATE_HINT, validators=[required()])
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))
    basis_note = StringField(_("依据条款"), description=_("文件中的位置；文件没有登记的，写明是什么文件。"))

    def happened(self) -> Happened:
        """What was filled in."""
        return Happened(self.on.written, self.basis.data or None, self.basis_note.data or None)


class AlterForm(EventForm):
    """What changed; what stays is left as it is."""

    name_zh = StringField(_("新名称"), validators=[Length(max=500)])
    name_en = StringField(_("英文名称"))
    kind = SelectField(_("级别"), validate_choice=False)
    gb_code = StringField(_("区划代码"), description=_("GB/T 2260，六位数字。"))


class MergeForm(EventForm):
    """Which bodies go into this one."""

    others = SelectMultipleField(_("被合并的单位"), description=_("可选多个。"), validate_choice=False)


class SplitForm(EventForm):
    """Which bodies were made out of this one."""

    into = SelectMultipleField(
        _("分设后的单位"), description=_("可选多个；还未登记的请先登记。"), validate_choice=False
    )
    ends = BooleanField(_("原单位同时撤销"))


class AliasForm(ActForm):
    """Another name, and where it holds."""

    text = StringField(_("别名"), validators=[required(), Length(max=500)])
    issuer = SelectField(_("只在这一机关的文件中"), validate_choice=False)
    issuer_kind = SelectField(_("只在这一类机关的文件中"), validate_choice=False)
    note = StringField(_("附注"))


class LeaveForm(ActForm):
    """A member leaves its grouping."""

    until = PartialDateField(_("到何时止"), description=DATE_HINT, validators=[required()])
    reason = TextAreaField(_("事由"), validators=[required()])


class RoleForm(ActForm):
    """A member has another role."""

    role = SelectField(_("角色"), validators=[required()])
    since = PartialDateField(_("自何时起"), description=DATE_HINT, validators=[required()])


def acts_on(page: PartyPage) -> list[dict[str, str]]:
    """The forms about a body that the reader may open."""
    if not here.snapshot().present:
        return []
    lives, signs = page.ended is None, page.row.signs
    offered = (
        ("party:alter", "alter", lives and holds("body:change")),
        ("party:merge", "merge", lives and signs and holds("body:change")),
        ("party:split", "split", lives and signs and holds("body:change")),
        ("party:end", "end", lives and holds("body:change")),
        ("alias:add", "aliases/new", holds("alias:add")),
    )
    return [{"act": act, "href": _address("parties", page.row.code, part)} for act, part, may in offered if may]


@blueprint.route("/parties/<code>/alter", methods=["GET", "POST"])
@permitted("body:change")
def alter(code: str) -> ResponseReturnValue:
    """Another name, level or code."""
    form = AlterForm()
    form.kind.choices = offer_or_none([]) + offer_words("body.kind", PARTY_KINDS)

    def ask() -> object:
        changed = AlterBody(
            code, form.happened(), form.name_zh.data or None, form.name_en.data or None, form.kind.data or None,
            form.gb_code.data or None,
        )  # fmt: skip
        return alter_body(here.database(), here.actor(), changed, at=here.at())

    return _event_page(code, form, ask, "party:alter")


@blueprint.route("/parties/<code>/merge", methods=["GET", "POST"])
@permitted("body:change")
def merge(code: str) -> ResponseReturnValue:
    """Other bodies go into this one."""
    form = MergeForm()
    form.others.choices = offer(each for each in all_parties(here.snapshot()) if each.key != code)

    def ask() -> object:
        merged = MergeBodies(code, tuple(form.others.data), form.happened())
        return merge_bodies(here.database(), here.actor(), merged, at=here.at())

    return _event_page(code, form, ask, "party:merge")


@blueprint.route("/parties/<code>/split", methods=["GET", "POST"])
@permitted("body:change")
def split(code: str) -> ResponseReturnValue:
    """Bodies made out of this one."""
    form = SplitForm()
    form.into.choices = offer(each for each in all_parties(here.snapshot()) if each.key != code)

    def ask() -> object:
        parted = SplitBody(code, tuple(form.into.data), form.ends.data, form.happened())
        return split_body(here.database(), here.actor(), parted, at=here.at())

    return _event_page(code, form, ask, "party:split")


@blueprint.route("/parties/<code>/end", methods=["GET", "POST"])
@permitted("body:change")
def end(code: str) -> ResponseReturnValue:
    """The body ceases to be."""
    form = EventForm()
    return _event_page(
        code,
        form,
        lambda: end_body(here.database(), here.actor(), EndBody(code, form.happened()), at=here.at()),
        "party:end",
    )


@blueprint.route("/parties/<code>/aliases/new", methods=["GET", "POST"])
@permitted("alias:add")
def alias(code: str) -> ResponseReturnValue:
    """Another name of a body."""
    return _alias_page("party", code)


@blueprint.route("/groupings/<code>/aliases/new", methods=["GET", "POST"])
@permitted("alias:add")
def grouping_alias(code: str) -> ResponseReturnValue:
    """Another name of a grouping."""
    return _alias_page("grouping", code)


@blueprint.route("/groupings/<code>/members/<party>/end", methods=["GET", "POST"])
@permitted("membership:end")
def leave(code: str, party: str) -> ResponseReturnValue:
    """A member leaves, told by the grouping's own secretariat."""
    form = LeaveForm()

    def ask() -> object:
        left = EndMember(code, party, form.until.written, form.reason.data)
        return end_member(here.database(), here.actor(), left, at=here.at())

    return _member_page(code, party, form, ask, "membership:end", "membership:end")


@blueprint.route("/groupings/<code>/members/<party>/role", methods=["GET", "POST"])
@permitted("body:add")
def role(code: str, party: str) -> ResponseReturnValue:
    """A member has another role from a day on."""
    form = RoleForm()
    form.role.choices = offer_words("membership.role", MEMBER_ROLES)

    def ask() -> object:
        changed = ChangeRole(code, party, form.role.data, form.since.written)
        return change_role(here.database(), here.actor(), changed, at=here.at())

    return _member_page(code, party, form, ask, "body:add", "membership:role")


def _address(room: str, *parts: str) -> str:
    return "/".join((f"{request.script_root}/{room}", *parts))


def _event_page(code: str, form: EventForm, ask: Callable[[], object], act: str) -> ResponseReturnValue:
    _, named = record_of(here.snapshot(), here.actor(), "party", code)
    address = _address("parties", code)

    def perform() -> str:
        ask()
        return f"{address}#continuity"

    return act_page(form, perform, act=act, subject=named, cancel=address)


def _member_page(
    code: str, party: str, form: ActForm, ask: Callable[[], object], permission: str, act: str
) -> ResponseReturnValue:
    grouping_id, named = record_of(here.snapshot(), here.actor(), "grouping", code)
    require(here.actor(), permission, grouping_id=grouping_id)
    _, member = record_of(here.snapshot(), here.actor(), "party", party)
    address = _address("groupings", code)

    def perform() -> str:
        ask()
        return f"{address}#members"

    return act_page(
        form, perform, act=act, subject=named, cancel=address,
        what=gettext("成员变更：%(party)s", party=here.title(member)),
    )  # fmt: skip


def _alias_page(kind: str, code: str) -> ResponseReturnValue:
    _, named = record_of(here.snapshot(), here.actor(), kind, code)
    form = AliasForm()
    form.issuer.choices = offer_or_none(all_bodies(here.snapshot()))
    form.issuer_kind.choices = offer_or_none([]) + offer_words("body.kind", PARTY_KINDS)
    address = _address(ROOM_OF[kind], code)

    def perform() -> str:
        party, grouping = (code, None) if kind == "party" else (None, code)
        ask = AddAlias(
            form.text.data,
            party,
            grouping,
            form.issuer.data or None,
            form.issuer_kind.data or None,
            form.note.data or None,
        )
        add_alias(here.database(), here.actor(), ask, at=here.at())
        return address

    return act_page(form, perform, act="alias:add", subject=named, cancel=address)
