"""The forms about a matter: opened by any procedure, moved a step, shown evidence; a reply's promises entered and made items."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField, StringField

from registry.errors import NotFound, NotPermitted
from registry.permissions import allowed
from registry.queries.choices import all_groupings, all_parties, record_of
from registry.queries.facts import Standing, standing_of
from registry.queries.matter_page import MatterPage, matter_page, written_by
from registry.queries.matters import kinds_of_matters
from registry.queries.rows import Named
from registry.services.commitments import AdoptCommitment, RecordCommitment, adopt_commitment, record_commitment
from registry.services.evidence import ShowEvidence, show_evidence, types_of
from registry.services.matter_values import asked_by, at_opening, needed_by
from registry.services.matters import OpenMatter, acting_relations, open_matter
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import current_procedure
from registry.views import asked, here
from registry.views.acting import act_page, keep, with_upload
from registry.views.forms import ActForm, demand, offer, offer_or_none, offer_words, required, upload
from registry.views.guards import permitted
from registry.views.matter_forms import values_of, with_fields
from registry.views.matters import address, promised
from registry.views.moves import about
from registry.views.steps import BY_FORM, GroundsForm, StepForm, asks_others, in_words, living, title, what_blocks
from registry.words import label
from workflows import Definition

blueprint = Blueprint("matter_acts", __name__)

LEVELS = ("members", "public", "parties")
GROUNDS = ("basis", "basis_note", "effective", "reason")


class OpenForm(ActForm):
    """What every matter has, beside the fields of its procedure."""

    title_zh = StringField(_("名称"), validators=[required()])
    title_en = StringField(_("英文名称"))
    grouping = SelectField(_("区域组织"), description=_("由它的联席会议办公室办理和督促。"), validate_choice=False)
    host = SelectField(_("发起方"), validate_choice=False)
    leads = SelectMultipleField(_("牵头方"), description=_("可选多个。"), validate_choice=False)
    joins = SelectMultipleField(_("参与方"), description=_("可选多个；牵头方不用再选。"), validate_choice=False)
    agreement = StringField(_("所涉协议"), description=_("协议编号，如 mxsmy-2026-01。"))
    item = StringField(_("所涉事项"), description=_("事项编号，如 mxsmy-2026-01-003。"))
    document = StringField(_("来源文件"), description=_("登记编号或发文字号。"))
    level = SelectField(_("公开范围"), validators=[required()])


class EvidenceForm(ActForm):
    """A paper that shows something."""

    type = RadioField(_("说明什么"), validators=[required()])
    document = StringField(_("已登记的文件"), description=_("登记编号或发文字号；或在下面上传。"))
    evidence = upload(_("文件"))
    note = StringField(_("附注"))


class PromiseForm(ActForm):
    """One promise of a reply."""

    document = SelectField(_("答复文件"), validators=[required()])
    title_zh = StringField(_("承诺内容"), validators=[required()])
    title_en = StringField(_("英文内容"))
    section = StringField(_("所在标题"))


class AdoptForm(ActForm):
    """Who works on the item that a promise becomes."""

    leads = SelectMultipleField(_("牵头方"), description=_("第一牵头方的填报决定评价。"), validate_choice=False)
    joins = SelectMultipleField(_("参与方"), validate_choice=False)


@blueprint.get("/matters/new")
@permitted("matter:open")
def choose() -> ResponseReturnValue:
    """The procedures that a matter can begin with; what it is about goes along."""
    opening = [kind for kind in kinds_of_matters(here.snapshot(), here.actor()) if kind.opens]
    kinds = [(kind, current_procedure(here.database(), kind.slug)[0].version) for kind in opening]
    return render_template("matters/new.html", kinds=kinds, about=_about_given())


@blueprint.route("/matters/new/<slug>", methods=["GET", "POST"])
@permitted("matter:open")
def create(slug: str) -> ResponseReturnValue:
    """A new matter, on the form that its procedure makes."""
    definition, _version = current_procedure(here.database(), slug)
    if definition.subject != "matter":
        raise NotFound("procedure", slug)
    fields = at_opening(definition)
    form = with_fields(
        OpenForm, fields, [field.id for field in fields if field.required], first=("title_zh", "title_en")
    )
    _offer_keepers(form, definition)
    if not form.is_submitted():
        for name, number in _about_given().items():
            form[name].data = number

    def perform() -> str:
        ask = OpenMatter(slug, **_opening(form), values=values_of(form, fields))
        return address(open_matter(here.database(), here.actor(), ask, at=here.at()).number)

    cancel = f"{request.script_root}/matters?procedure={slug}"
    what = gettext("发起：%(what)s", what=title(definition.title))
    return act_page(form, perform, act="matter:open", what=what, cancel=cancel)


@blueprint.route("/matters/<number>/step/<trigger>", methods=["GET", "POST"])
@permitted("matter:step")
def step(number: str, trigger: str) -> ResponseReturnValue:
    """One step with the fields that it asks for; what was proposed is not asked again, and what it lacks stands above the form."""
    subject, standing, rounds, arrow = about("matter", number, trigger)
    proposal = living(rounds, arrow)
    if asks_others(arrow) and proposal is None and request.method == "GET":
        return redirect(address(number, "propose", trigger))
    fields = asked_by(standing.definition, standing.state, trigger)
    needed = needed_by(standing.definition, standing.state, trigger)
    form = with_fields(StepForm if proposal else GroundsForm, fields, needed)
    if isinstance(form, GroundsForm):
        _demand_grounds(form, standing, trigger)

    def perform() -> str:
        grounds = {name: form[name].data or None for name in GROUNDS if name in form}
        ask = TakeStep("matter", number, trigger, **grounds, values=values_of(form, fields))
        take_step(here.database(), here.actor(), ask, at=here.at())
        return address(number)

    return act_page(
        form, perform, act="matter:step", subject=subject, what=title(arrow.title), round=proposal,
        blocked=what_blocks(promised(standing), trigger, but=BY_FORM), cancel=address(number),
    )  # fmt: skip


@blueprint.route("/matters/<number>/evidence", methods=["GET", "POST"])
@permitted("evidence:show")
def evidence(number: str) -> ResponseReturnValue:
    """A paper of one of the types that the matter's procedure names."""
    identity, subject = record_of(here.snapshot(), here.actor(), "matter", number)
    definition = _working_on(identity, "evidence:show").definition
    form = EvidenceForm()
    form.type.choices = [
        SelectChoice(each, label("evidence", each, here.language(), definition)) for each in types_of(definition)
    ]
    if not form.type.choices:
        raise NotFound("evidence", number)
    if len(form.type.choices) == 1 and not form.is_submitted():
        form.type.data = form.type.choices[0].value
    files = sorted({name for each in definition.evidence_types.values() for name in each.files})
    form.evidence.description = gettext("%(files)s，最大 50 MB", files=gettext("、").join(files).upper())

    def perform() -> str:
        with with_upload(form.evidence.data):
            shown = keep(form.evidence.data)
            ask = ShowEvidence(
                "matter", number, form.type.data, form.document.data or None, shown, form.note.data or None
            )
            show_evidence(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#evidence"

    return act_page(form, perform, act="evidence:show", subject=subject, cancel=address(number))


@blueprint.route("/matters/<number>/commitments/new", methods=["GET", "POST"])
@permitted("document:add")
def promise(number: str) -> ResponseReturnValue:
    """A promise of a reply that the matter names."""
    page = matter_page(here.snapshot(), here.actor(), number)
    written = written_by(here.snapshot(), here.actor(), page)
    if not written:
        raise NotPermitted("document:add")
    form = PromiseForm()
    form.document.choices = [SelectChoice(each.key, each.title_zh) for each in reversed(written)]

    def perform() -> str:
        ask = RecordCommitment(
            form.document.data, form.title_zh.data, form.title_en.data or None, form.section.data or None
        )
        record_commitment(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#commitments"

    return act_page(form, perform, act="commitment:record", subject=_named(page), cancel=address(number))


@blueprint.route("/matters/<number>/commitments/<code>/item", methods=["GET", "POST"])
@permitted("item:add")
def adopt(number: str, code: str) -> ResponseReturnValue:
    """A promise of one of the matter's documents becomes an item."""
    page = matter_page(here.snapshot(), here.actor(), number)
    promised_ = next((each for each in page.commitments if each.code == code), None)
    if promised_ is None:
        raise NotFound("commitment", code)
    if promised_.document not in {each.key for each in written_by(here.snapshot(), here.actor(), page)}:
        raise NotPermitted("item:add")
    form = AdoptForm()
    form.leads.choices = form.joins.choices = offer(all_parties(here.snapshot(), here.actor().groupings))

    def perform() -> str:
        ask = AdoptCommitment(code, tuple(form.leads.data), tuple(form.joins.data))
        item = adopt_commitment(here.database(), here.actor(), ask, at=here.at())
        return f"{request.script_root}/items/{item.number}"

    what = gettext("转为事项：%(what)s", what=in_words(promised_.title_zh, promised_.title_en))
    return act_page(form, perform, act="commitment:adopt", subject=_named(page), what=what, cancel=address(number))


def _about_given() -> dict[str, str]:
    """What a new matter is about, as the address says."""
    return {name: number for name in ("agreement", "item", "document") if (number := asked.text(name))}


def _offer_keepers(form: OpenForm, definition: Definition) -> None:
    """Groupings and hosts for which the reader may open a matter, and all parties; demanded where they take steps."""
    snapshot, reader = here.snapshot(), here.actor()
    parties = all_parties(snapshot, reader.groupings)
    own = [each for each in parties if allowed(reader, "matter:open", body_id=each.id)]
    groupings = [
        each
        for each in all_groupings(snapshot)
        if each.id in reader.groupings or allowed(reader, "matter:open", grouping_id=each.id)
    ]
    form.grouping.choices, form.host.choices = offer_or_none(groupings), offer_or_none(own)
    form.leads.choices = form.joins.choices = offer(parties)
    form.level.choices = offer_words("level", LEVELS)
    if not form.is_submitted():
        form.grouping.data = groupings[0].key if len(groupings) == 1 else ""
        form.host.data = own[0].key if len(own) == 1 else ""
    needed = acting_relations(definition)
    for name, relation in (("grouping", "grouping"), ("host", "host"), ("leads", "lead_party")):
        if relation in needed:
            demand(form[name])
    if not own:
        del form.host


def _opening(form: OpenForm) -> dict[str, Any]:
    """What was filled in beside the fields of the procedure, by the names that the service asks for."""
    one = ("title_zh", "title_en", "grouping", "host", "agreement", "item", "document", "level")
    said = {name: form[name].data or None for name in one if name in form}
    return said | {name: tuple(form[name].data) for name in ("leads", "joins")}


def _demand_grounds(form: GroundsForm, standing: Standing, trigger: str) -> None:
    """Basis and reason are asked for where every arrow that the step may take needs them."""
    leaving = [
        each for each in standing.definition.transitions if each.trigger == trigger and standing.state in each.sources
    ]
    if leaving and all(each.needs_basis for each in leaving):
        demand(form.basis)
    if leaving and all(each.needs_reason for each in leaving):
        demand(form.reason)


def _working_on(matter_id: int, permission: str) -> Standing:
    """Where the matter stands, if the reader has a role in it; who sees it and has none is told so before filling in a form."""
    standing = standing_of(here.database(), ("matter", matter_id), here.actor())
    if not standing.facts.actor_roles:
        raise NotPermitted(permission)
    return standing


def _named(page: MatterPage) -> Named:
    return Named("matter", page.row.number, page.row.title_zh, page.row.title_en, page.row.sample)
