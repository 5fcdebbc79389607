"""The forms of new records: document, meeting, party, grouping, and a member of a grouping."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from registry.domain.dates import UNKNOWN
from registry.permissions import require
from registry.queries.choices import all_bodies, all_parties, all_series, record_of
from registry.services import documents
from registry.services.bodies import (
    GROUPING_KINDS,
    MEMBER_ROLES,
    PARTY_KINDS,
    AddGrouping,
    AddMember,
    AddParty,
    add_grouping,
    add_member,
    add_party,
)
from registry.services.documents import AddDocument, add_document
from registry.services.meetings import AddMeeting, add_meeting
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import (
    DATE_HINT,
    ActForm,
    PartialDateField,
    WholeNumberField,
    at_least,
    offer,
    offer_or_none,
    offer_words,
    required,
)
from registry.views.guards import holds, permitted

blueprint = Blueprint("record_acts", __name__)

LEVELS = ("members", "public", "parties")
OFFERED = {
    "documents": ("document:add", "document:add"),
    "meetings": ("meeting:add", "meeting:add"),
    "parties": ("body:add", "body:add"),
    "groupings": ("grouping:add", "body:add"),
}
"""Room → the words of its form, and the permission that it needs."""


def new_in(room: str) -> list[dict[str, str]]:
    """The form of a new record that the list of this room offers to those who may."""
    act, permission = OFFERED[room]
    return [{"act": act, "href": f"{request.script_root}/{room}/new"}] if holds(permission) else []


class DocumentForm(ActForm):
    """The facts of a document."""

    title = StringField(_("标题"), validators=[required(), Length(max=500)])
    kind = SelectField(_("类别"), validators=[required()])
    document_number = StringField(_("发文字号"), description=_("如 东政发〔2017〕66号；没有就不填。"))
    issuer = SelectField(_("发文机关"), validate_choice=False)
    issuer_name = StringField(_("登记簿以外的发文机关"), description=_("照原文填写；上面一项选“不选”。"))
    signed_on = PartialDateField(_("成文日期"), description=DATE_HINT)
    level = SelectField(_("公开范围"), validators=[required()])
    note = TextAreaField(_("附注"))


class MeetingForm(ActForm):
    """A meeting, held or planned."""

    name_zh = StringField(_("名称"), validators=[required(), Length(max=500)])
    name_en = StringField(_("英文名称"))
    held = RadioField(_("是否已经举行"), validators=[required()])
    held_on = PartialDateField(_("日期"), description=DATE_HINT)
    venue = SelectField(_("地点"), validate_choice=False)
    series = SelectField(_("会议系列"), validate_choice=False)
    ordinal = WholeNumberField(_("第几届（次）"), validators=[Optional(), at_least(1, 999)])
    series_too = SelectField(_("同时属于的会议系列（暨）"), validate_choice=False)
    ordinal_too = WholeNumberField(_("在该系列中第几届（次）"), validators=[Optional(), at_least(1, 999)])


class PartyForm(ActForm):
    """A body that can sign."""

    code = StringField(
        _("代码"),
        description=_("有六位区划代码的填区划代码；没有的，用小写字母、数字和连字符。"),
        validators=[required()],
    )
    name_zh = StringField(_("名称"), validators=[required(), Length(max=500)])
    name_en = StringField(_("英文名称"))
    kind = SelectField(_("类别"), validators=[required()])
    province = StringField(_("省级单位"))
    gb_code = StringField(_("区划代码"), description=_("GB/T 2260，六位数字。"))
    aliases = TextAreaField(_("别名"), description=_("每行一个；在任何文件中都指它的名称。"))


class GroupingForm(ActForm):
    """A standing body of cities."""

    code = StringField(
        _("代码"), description=_("小写字母和数字，字母开头；协议编号以它开头，以后不变。"), validators=[required()]
    )
    name_zh = StringField(_("名称"), validators=[required(), Length(max=500)])
    name_en = StringField(_("英文名称"))
    kind = SelectField(_("类别"), validators=[required()])
    declared_members = WholeNumberField(_("文件所称成员数"), validators=[Optional(), at_least(1, 999)])
    aliases = TextAreaField(_("别名"), description=_("每行一个；在任何文件中都指它的名称。"))


class MemberForm(ActForm):
    """A party joins the grouping."""

    party = SelectField(_("成员"), validators=[required()], validate_choice=False)
    role = SelectField(_("角色"), validators=[required()])
    since = PartialDateField(_("自何时起"), description=DATE_HINT)


@blueprint.route("/documents/new", methods=["GET", "POST"])
@permitted("document:add")
def document() -> ResponseReturnValue:
    """A document; an officer finds the own party chosen as its issuer."""
    form = DocumentForm()
    form.kind.choices = offer_words("document.kind", documents.KINDS)
    form.level.choices = offer_words("level", LEVELS)
    form.issuer.choices = offer_or_none(all_bodies(here.snapshot()))
    if not form.is_submitted():
        form.issuer.data = here.actor().body_code or ""

    def perform() -> str:
        typed = form.document_number.data
        ask = AddDocument(
            form.title.data, form.kind.data, typed or None, form.issuer.data or None, form.issuer_name.data or None,
            form.signed_on.data or UNKNOWN, form.level.data, form.note.data or None,
        )  # fmt: skip
        added = add_document(here.database(), here.actor(), ask, at=here.at())
        if added.document_number and added.document_number != typed:
            flash(gettext("“%(typed)s”读作%(meant)s。", typed=typed, meant=added.document_number), "done")
        return f"{request.script_root}/documents/{added.number}"

    return act_page(form, perform, act="document:add", cancel=f"{request.script_root}/documents")


@blueprint.route("/meetings/new", methods=["GET", "POST"])
@permitted("meeting:add")
def meeting() -> ResponseReturnValue:
    """A meeting, held or planned, with its editions."""
    snapshot, form = here.snapshot(), MeetingForm()
    form.held.choices = [SelectChoice("held", gettext("已经举行")), SelectChoice("planned", gettext("计划中"))]
    form.venue.choices = offer_or_none(all_bodies(snapshot))
    form.series.choices = form.series_too.choices = offer_or_none(all_series(snapshot))

    def perform() -> str:
        editions = ((form.series.data, form.ordinal.data), (form.series_too.data, form.ordinal_too.data))
        ask = AddMeeting(
            form.name_zh.data, form.name_en.data or None, form.held.data == "held", form.held_on.data or UNKNOWN,
            form.venue.data or None, tuple((series, ordinal) for series, ordinal in editions if series),
        )  # fmt: skip
        added = add_meeting(here.database(), here.actor(), ask, at=here.at())
        return f"{request.script_root}/meetings/{added.number}"

    return act_page(form, perform, act="meeting:add", cancel=f"{request.script_root}/meetings")


@blueprint.route("/parties/new", methods=["GET", "POST"])
@permitted("body:add")
def party() -> ResponseReturnValue:
    """A party."""
    form = PartyForm()
    form.kind.choices = offer_words("body.kind", PARTY_KINDS)

    def perform() -> str:
        ask = AddParty(
            form.code.data.strip(), form.name_zh.data, form.name_en.data or None, form.kind.data, form.province.data or None,
            form.gb_code.data or None, tuple((form.aliases.data or "").splitlines()),
        )  # fmt: skip
        added = add_party(here.database(), here.actor(), ask, at=here.at())
        return f"{request.script_root}/parties/{added.code}"

    return act_page(form, perform, act="body:add", cancel=f"{request.script_root}/parties")


@blueprint.route("/groupings/new", methods=["GET", "POST"])
@permitted("body:add")
def grouping() -> ResponseReturnValue:
    """A grouping, without members."""
    form = GroupingForm()
    form.kind.choices = offer_words("grouping.kind", GROUPING_KINDS)

    def perform() -> str:
        ask = AddGrouping(
            form.code.data.strip(), form.name_zh.data, form.name_en.data or None, form.kind.data, form.declared_members.data,
            tuple((form.aliases.data or "").splitlines()),
        )  # fmt: skip
        added = add_grouping(here.database(), here.actor(), ask, at=here.at())
        return f"{request.script_root}/groupings/{added.code}"

    return act_page(form, perform, act="grouping:add", cancel=f"{request.script_root}/groupings")


@blueprint.route("/groupings/<code>/members/new", methods=["GET", "POST"])
@permitted("body:add")
def member(code: str) -> ResponseReturnValue:
    """A member of a grouping, by its own secretariat."""
    snapshot, reader = here.snapshot(), here.actor()
    grouping_id, named = record_of(snapshot, reader, "grouping", code)
    require(reader, "body:add", grouping_id=grouping_id)
    form = MemberForm()
    form.party.choices = offer(all_parties(snapshot))
    form.role.choices = offer_words("membership.role", MEMBER_ROLES)
    address = f"{request.script_root}/groupings/{code}"

    def perform() -> str:
        ask = AddMember(code, form.party.data, form.role.data, form.since.data or UNKNOWN)
        add_member(here.database(), reader, ask, at=here.at())
        return f"{address}#members"

    return act_page(form, perform, act="grouping:member", subject=named, cancel=address)
