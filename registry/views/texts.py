"""/agreements/<number>/texts: versions, amendments, files and keepers; their forms; and which text a file is."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectField, StringField, TextAreaField

from registry.domain.dates import UNKNOWN, Precision
from registry.errors import NotPermitted, Reason
from registry.models.agreements import FILE_KINDS
from registry.permissions import allowed
from registry.queries.choices import AgreementChoices, Choice, agreement_choices, all_bodies
from registry.queries.force import forces
from registry.queries.texts import TextPage, text_page
from registry.services.texts import (
    KEPT,
    AddAmendment,
    AddTextFile,
    RecordCustody,
    SetClause,
    add_amendment,
    add_text_file,
    record_custody,
    set_clause,
)
from registry.views import asked, clocks, here
from registry.views.acting import act_page, keep, send, with_upload
from registry.views.agreement_acts import LANGUAGES
from registry.views.agreements import Form, address
from registry.views.forms import DATE_HINT, ActForm, PartialDateField, demand, offer, offer_words, required, upload
from registry.views.guards import holds, permitted, public, signed_in
from registry.views.told import told

blueprint = Blueprint("texts", __name__)

HASH_HINT = _("64 位十六进制数字；已上传文件则不填。")
TEXT_HINT = _("上传文件，由系统计算 SHA-256；或在下面直接填写。最大 50 MB。")


class AmendForm(ActForm):
    """An amendment to the settled text."""

    title_zh = StringField(_("名称"), validators=[required()])
    title_en = StringField(_("英文名称"))
    evidence = upload(_("文本文件"), TEXT_HINT)
    sha256 = StringField("SHA-256", description=HASH_HINT)
    language = SelectField(_("作准语言"), validators=[required()])


class ClauseForm(ActForm):
    """How a text says that it enters into force."""

    place = StringField(_("所在条文"), description=_("如 第九条；条款不能照录为数据的，只填这一项。"))
    clause = TextAreaField(
        _("生效条款（数据）"), description=_("YAML 或 JSON，格式见条款格式说明。"), render_kw={"rows": 12}
    )
    stated = PartialDateField(_("文件所载生效日期"), description=_("照文件填写，与算出的日期分开记；两者不符会提醒。"))
    stated_basis = StringField(_("载明生效日期的文件"), description=_("登记编号或发文字号。"))
    reason = TextAreaField(_("为何更改"), description=_("已有登记的，写明为何更改。"))


class FileForm(ActForm):
    """Another file of a text."""

    kind = SelectField(_("类别"), validators=[required()])
    language = SelectField(_("语言"), validators=[required()])
    evidence = upload(_("文本文件"), TEXT_HINT)
    sha256 = StringField("SHA-256", description=HASH_HINT)
    certified = PartialDateField(_("核正日期"), description=_("核正副本必须填写，由保存方核正。"))


class CustodyForm(ActForm):
    """Who keeps a text."""

    what = SelectField(_("正本或副本"), validators=[required()])
    body = SelectField(_("保管单位"), validators=[required()], validate_choice=False)
    place = StringField(_("保管地点"), description=_("档案馆与档号。"))
    since = PartialDateField(_("自何时起"), description=DATE_HINT)


class CheckForm(ActForm):
    """A file to be compared."""

    evidence = upload(_("文件"), _("只计算 SHA-256 并与登记的比对；文件不保存。最大 50 MB。"))


@blueprint.get("/agreements/<number>/texts")
@public
def texts(number: str) -> ResponseReturnValue:
    """The texts of an agreement; `sha256=` asks which of them a file is."""
    snapshot = here.snapshot()
    page = text_page(snapshot, here.actor(), number)
    typed = (asked.text("sha256") or "").strip().lower()
    return render_template(
        "agreements/texts.html",
        page=page,
        typed=typed,
        wrong=_wrong(typed),
        found=page.with_hash(typed),
        forces={each.version: each.force for each in forces(snapshot, [page.id]).get(page.id, ())},
        acts=_acts(page) if snapshot.present else (),
        text_acts=_forms(page) if snapshot.present else {},
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.route("/agreements/<number>/texts/check", methods=["GET", "POST"])
@signed_in
def check(number: str) -> ResponseReturnValue:
    """Compute the hash of a file and ask which text it is; nothing is kept, nothing is written."""
    page, form = text_page(here.snapshot(), here.actor(), number), CheckForm()
    demand(form.evidence)

    def perform() -> str:
        sha256 = hashlib.file_digest(form.evidence.data.stream, "sha256").hexdigest()
        return f"{address(number, 'texts')}?{urlencode({'sha256': sha256, **clocks.asked()})}#check"

    sent, reasons = send(form, perform, gettext("文件已比对，什么都没有保存。"))
    if sent is not None:
        return redirect(sent, 303)
    answer = render_template(
        "desk/act.html", act="text:check", subject=page.named, what=None, round=None, form=form, blocked=(), reasons=reasons,
        cancel=address(number, "texts"),
    )  # fmt: skip
    return answer, form.status


@blueprint.route("/agreements/<number>/texts/amend", methods=["GET", "POST"])
@permitted("text:amend")
def amend(number: str) -> ResponseReturnValue:
    """An amendment, by the host or the secretariat."""
    page, form = _kept_by_reader(number, "text:amend"), AmendForm()
    form.language.choices = offer_words("agreement_text.language", LANGUAGES)

    def perform() -> str:
        with with_upload(form.evidence.data):
            ask = AddAmendment(number, form.title_zh.data, _hash(form), form.language.data, form.title_en.data or None)
            added = add_amendment(here.database(), here.actor(), ask, at=here.at())
        return _place(number, added.version)

    return act_page(form, perform, act="text:amend", subject=page.named, cancel=address(number, "texts"))


@blueprint.route("/agreements/<number>/texts/<int:version>/clause", methods=["GET", "POST"])
@permitted("clause:set")
def clause(number: str, version: int) -> ResponseReturnValue:
    """The clause on entry into force, by the host or the secretariat; what is recorded stands in the form."""
    page, form = _kept_by_reader(number, "clause:set"), ClauseForm()
    text = page.of_version(version)
    if not form.is_submitted():
        form.place.data, form.clause.data = text.place or "", text.clause or ""
        form.stated.data = None if text.stated.precision is Precision.UNKNOWN else text.stated
        form.stated_basis.data = text.basis.key if text.basis else ""

    def perform() -> str:
        ask = SetClause(
            number, version, form.clause.data or None, form.place.data or None, form.stated.data or UNKNOWN,
            form.stated_basis.data or None, form.reason.data or None,
        )  # fmt: skip
        set_clause(here.database(), here.actor(), ask, at=here.at())
        return _place(number, version)

    return act_page(form, perform, act="clause:set", subject=page.named, cancel=_place(number, version))


@blueprint.route("/agreements/<number>/texts/<int:version>/files", methods=["GET", "POST"])
@permitted("text:file")
def file(number: str, version: int) -> ResponseReturnValue:
    """Another language, a translation, or (by the depositary) a certified copy."""
    page, form = _kept_by_reader(number, "text:file"), FileForm()
    page.of_version(version)
    depositary = page.host_id is not None and allowed(here.actor(), "text:file", body_id=page.host_id)
    form.kind.choices = offer_words(
        "text_file.kind", (kind for kind in FILE_KINDS if depositary or kind != "certified_copy")
    )
    form.language.choices = offer_words("text_file.language", LANGUAGES)

    if not depositary:
        del form.certified

    def perform() -> str:
        certified = form.certified.data if "certified" in form else None
        with with_upload(form.evidence.data):
            ask = AddTextFile(number, version, form.kind.data, form.language.data, _hash(form), certified or UNKNOWN)
            add_text_file(here.database(), here.actor(), ask, at=here.at())
        return _place(number, version)

    return act_page(form, perform, act="text:file", subject=page.named, cancel=_place(number, version))


@blueprint.route("/agreements/<number>/texts/<int:version>/custody", methods=["GET", "POST"])
@permitted("custody:record")
def custody(number: str, version: int) -> ResponseReturnValue:
    """Who keeps the original, by the depositary; a party's own copy, by its officer, too."""
    page, form = text_page(here.snapshot(), here.actor(), number), CustodyForm()
    page.of_version(version)
    depositary, keepers = _may_record(page)
    if not keepers:
        raise NotPermitted("custody:record")
    form.what.choices = offer_words("custody.what", KEPT if depositary else KEPT[1:])
    form.body.choices = offer(keepers)

    def perform() -> str:
        ask = RecordCustody(
            number, version, form.body.data, form.what.data, form.place.data or None, form.since.data or UNKNOWN
        )
        record_custody(here.database(), here.actor(), ask, at=here.at())
        return _place(number, version)

    return act_page(form, perform, act="custody:record", subject=page.named, cancel=_place(number, version))


def _kept_by_reader(number: str, permission: str) -> TextPage:
    """The texts of an agreement that the reader keeps, as its host or secretariat; who may not is told so before the form."""
    page = text_page(here.snapshot(), here.actor(), number)
    if not keeps(page, permission):
        raise NotPermitted(permission)
    return page


def keeps(agreement: TextPage | AgreementChoices, permission: str) -> bool:
    """Whether the reader may do this to an agreement as its host's officer or as its secretariat."""
    reader = here.actor()
    as_host = agreement.host_id is not None and allowed(reader, permission, body_id=agreement.host_id)
    return as_host or allowed(reader, permission, grouping_id=agreement.grouping_id)


def _may_record(page: TextPage) -> tuple[bool, tuple[Choice, ...]]:
    """Whether the reader is the depositary's, and the bodies whose keeping of a text the reader may record."""
    reader = here.actor()
    if page.host_id is not None and allowed(reader, "custody:record", body_id=page.host_id):
        return True, all_bodies(here.snapshot())
    parties = agreement_choices(here.snapshot(), reader, page.named.key).parties
    return False, tuple(party for party in parties if allowed(reader, "custody:record", body_id=party.id))


def _acts(page: TextPage) -> list[Form]:
    settled = page.stage != "preparation" and any(text.settled for text in page.texts)
    offered = (("text:amend", "amend", settled and keeps(page, "text:amend")),)
    return [{"act": act, "href": address(page.named.key, "texts", part)} for act, part, may in offered if may]


def _text_acts(page: TextPage) -> list[tuple[str, str]]:
    """The forms that the reader may open for each text: act, and last part of the address."""
    offered = (
        ("clause:set", "clause", keeps(page, "clause:set")),
        ("text:file", "files", keeps(page, "text:file")),
        ("custody:record", "custody", holds("custody:record") and _may_record(page)[1]),
    )
    return [(act, part) for act, part, may in offered if may]


def _forms(page: TextPage) -> dict[int, list[Form]]:
    """Version of each text → the forms that the reader may open for it."""
    may = _text_acts(page)
    return {
        text.version: [
            {"act": act, "href": address(page.named.key, "texts", str(text.version), part)} for act, part in may
        ]
        for text in page.texts
    }


def _hash(form: AmendForm | FileForm) -> str:
    return keep(form.evidence.data) or (form.sha256.data or "").strip().lower()


def _wrong(typed: str) -> str | None:
    """Why what was typed is no hash; None where it is one, or nothing."""
    if not typed or (len(typed) == 64 and set(typed) <= set("0123456789abcdef")):
        return None
    return told(Reason("bad-hash", {"value": typed})).sentence


def _place(number: str, version: int) -> str:
    return f"{address(number, 'texts')}#text-{version}"
