"""The forms about an item: shown evidence, given a mechanism, reported on, its words released."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField

from registry.errors import NotPermitted, Reason
from registry.permissions import allowed
from registry.queries.choices import Choice, ItemChoices, ReportChoice, item_choices, sealed_reports
from registry.queries.facts import item_facts
from registry.services.evidence import ShowEvidence, show_evidence, types_of
from registry.services.items import RecordMechanism, record_mechanism
from registry.services.leads import PassLead, pass_lead
from registry.services.reports import REPORTED, FileReport, ReleaseReport, file_report, release_report
from registry.views import here
from registry.views.acting import act_page, keep, with_upload
from registry.views.forms import DATE_HINT, ActForm, PartialDateField, offer, offer_words, required, upload
from registry.views.guards import permitted
from registry.views.items import address
from registry.views.told import all_told
from registry.words import label

blueprint = Blueprint("item_acts", __name__)

MECHANISMS = ("rule", "joint_body", "platform", "budget", "accord", "mutual_recognition")


class EvidenceForm(ActForm):
    """A paper that shows something."""

    type = RadioField(_("说明什么"), validators=[required()])
    document = StringField(_("已登记的文件"), description=_("登记编号或发文字号；或在下面上传。"))
    evidence = upload(_("文件"))
    note = StringField(_("附注"))


class LeadForm(ActForm):
    """Who leads the item."""

    leads = SelectMultipleField(
        _("牵头方"), description=_("可选多个；第一牵头方的填报决定评价。"), validate_choice=False
    )
    department = StringField(_("第一牵头方的部门"), description=_("照登记的全称填写；没有就不填。"))
    basis = StringField(_("依据文件"), description=_("登记编号或发文字号。"))
    reason = TextAreaField(_("事由"))


class MechanismForm(ActForm):
    """What keeps the result alive."""

    name_zh = StringField(_("名称"), validators=[required()])
    name_en = StringField(_("英文名称"))
    kind = SelectField(_("形式"), validators=[required()])
    keeper = SelectField(_("维护方"), validators=[required()], validate_choice=False)
    review_on = PartialDateField(_("下次复核"), description=DATE_HINT, validators=[required()])
    document = StringField(_("机制文件"), description=_("登记编号或发文字号。"))


class ReportForm(ActForm):
    """One party's report."""

    party = SelectField(_("填报方"), validators=[required()], validate_choice=False)
    as_of = PartialDateField(_("截至"), description=DATE_HINT, validators=[required()])
    grade = RadioField(_("进展评价"), validators=[required()])
    progress = TextAreaField(_("进展情况"), validators=[required()])
    problem = TextAreaField(_("存在问题"), description=_("推进缓慢或受阻时必须写明。"))
    next_step = TextAreaField(_("下一步计划"))
    release = BooleanField(_("现在就公开以上文字"))


class ReleaseForm(ActForm):
    """Which report is released."""

    report = RadioField(_("公开哪一份填报"), validators=[required()])


@blueprint.route("/items/<number>/evidence", methods=["GET", "POST"])
@permitted("evidence:show")
def evidence(number: str) -> ResponseReturnValue:
    """A paper of one of the types that the item's procedure names."""
    about = about_item(number, "evidence:show")
    form = EvidenceForm()
    definition = item_facts(here.database(), about.id, here.actor()).definition
    form.type.choices = offer_words("evidence", types_of(definition))

    def perform() -> str:
        with with_upload(form.evidence.data):
            shown = keep(form.evidence.data)
            ask = ShowEvidence(
                "item", number, form.type.data, form.document.data or None, shown, form.note.data or None
            )
            show_evidence(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#evidence"

    return act_page(form, perform, act="evidence:show", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/lead", methods=["GET", "POST"])
@permitted("lead:pass")
def lead(number: str) -> ResponseReturnValue:
    """Who leads the item from now on."""
    about = item_choices(here.snapshot(), here.actor(), number)
    form = LeadForm()
    form.leads.choices = offer(about.parties)

    def perform() -> str:
        ask = PassLead(
            number,
            tuple(form.leads.data),
            form.department.data or None,
            form.basis.data or None,
            form.reason.data or None,
        )
        pass_lead(here.database(), here.actor(), ask, at=here.at())
        return address(number)

    return act_page(form, perform, act="lead:pass", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/mechanism", methods=["GET", "POST"])
@permitted("mechanism:record")
def mechanism(number: str) -> ResponseReturnValue:
    """What keeps the result alive."""
    about = about_item(number, "mechanism:record")
    form = MechanismForm()
    form.kind.choices = offer_words("mechanism", MECHANISMS)
    form.keeper.choices = offer(about.parties)

    def perform() -> str:
        ask = RecordMechanism(
            number, form.kind.data, form.name_zh.data, form.keeper.data, form.review_on.written, form.name_en.data or None,
            form.document.data or None,
        )  # fmt: skip
        record_mechanism(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#mechanism"

    return act_page(form, perform, act="mechanism:record", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/report", methods=["GET", "POST"])
@permitted("report:file")
def report(number: str) -> ResponseReturnValue:
    """What one party says of the item."""
    about = about_item(number, "report:file")
    form = ReportForm()
    form.party.choices = offer(_own(about, "report:file"))
    form.grade.choices = offer_words("grade", REPORTED)

    def perform() -> str:
        ask = FileReport(
            number, form.party.data, form.as_of.written, form.grade.data, form.progress.data, form.problem.data or None,
            form.next_step.data or None, form.release.data,
        )  # fmt: skip
        file_report(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#reports"

    return act_page(form, perform, act="report:file", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/release", methods=["GET", "POST"])
@permitted("report:release")
def release(number: str) -> ResponseReturnValue:
    """Release the words of one of the party's own reports."""
    about = about_item(number, "report:release")
    own = frozenset(party.id for party in _own(about, "report:release"))
    sealed = sealed_reports(here.snapshot(), about.id, own)
    form = ReleaseForm()
    form.report.choices = [SelectChoice(str(each.id), _named(each)) for each in sealed]

    def perform() -> str:
        ask = ReleaseReport(number, int(form.report.data))
        release_report(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#reports"

    return act_page(
        form,
        perform,
        act="report:release",
        subject=about.named,
        blocked=() if sealed else all_told([Reason("already-released")]),
        cancel=address(number),
    )


def about_item(number: str, permission: str) -> ItemChoices:
    """The item, if the reader may do this to it; who sees it and may not is told so before filling in a form."""
    about = item_choices(here.snapshot(), here.actor(), number)
    own = _own(about, permission)
    if not own and (about.grouping_id is None or not allowed(here.actor(), permission, grouping_id=about.grouping_id)):
        raise NotPermitted(permission)
    return about


def _own(about: ItemChoices, permission: str) -> list[Choice]:
    return [party for party in about.parties if allowed(here.actor(), permission, body_id=party.id)]


def _named(sealed: ReportChoice) -> str:
    when = sealed.as_of.en() if here.language() == "en" else sealed.as_of.zh()
    who = here.title(sealed.party)
    grade = label("grade", sealed.grade, here.language())
    return str(gettext("%(who)s · 截至 %(when)s · %(grade)s", who=who, when=when, grade=grade))
