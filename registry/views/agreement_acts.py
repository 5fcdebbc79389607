"""The forms about an agreement: created, given a text; signed, declined, answered, annulled; given an item."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from registry.errors import NotPermitted
from registry.permissions import Actor, allowed
from registry.queries.choices import (
    AgreementChoices,
    Choice,
    act_choice,
    agreement_choices,
    all_groupings,
    all_meetings,
    all_parties,
)
from registry.services.agreements import (
    AddText,
    CreateAgreement,
    add_text,
    create_agreement,
)
from registry.services.items import AddItem, add_item
from registry.services.signatures import (
    AnnulAct,
    AnswerAct,
    DeclineSignature,
    LogSignature,
    annul_act,
    answer_act,
    decline_signature,
    log_signature,
)
from registry.views import here
from registry.views.acting import act_page, keep, with_upload
from registry.views.agreements import address
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
    upload,
)
from registry.views.guards import permitted

blueprint = Blueprint("agreement_acts", __name__)

KINDS = ("framework_agreement", "sector_agreement", "sector_framework_agreement", "institutional_agreements")
LEVELS = ("members", "public", "parties")
LANGUAGES = ("zh-Hans", "mn-Mong", "en")


class CreateForm(ActForm):
    """A new agreement, planned."""

    title_zh = StringField(_("名称"), validators=[required()])
    title_en = StringField(_("英文名称"))
    kind = SelectField(_("类别"), validators=[required()])
    grouping = SelectField(_("区域组织"), description=_("编号以它开头，以后不变。"), validate_choice=False)
    year = WholeNumberField(
        _("年份"), description=_("编号中的年份；不知道就不填。"), validators=[Optional(), at_least(1900, 2199)]
    )
    parties = SelectMultipleField(_("签署方"), description=_("按签署顺序；可选多个。"), validate_choice=False)
    host = SelectField(_("主办方"), description=_("保存正本，可替其他方登记签署。"), validate_choice=False)
    meeting = SelectField(_("签订会议"), validate_choice=False)
    level = SelectField(_("公开范围"), validators=[required()])
    declared_parties = WholeNumberField(_("文件所称签署方数"), validators=[Optional(), at_least(1, 999)])
    declared_fields = WholeNumberField(_("文件所称领域数"), validators=[Optional(), at_least(1, 99)])
    fields = TextAreaField(_("合作领域"), description=_("每行一个；需要英文时写在竖线后：交通 | Transport。"))


class TextForm(ActForm):
    """A version of the text, by its file or by the file's hash."""

    evidence = upload(_("文本文件"), _("上传文件，由系统计算 SHA-256；或在下面直接填写。最大 50 MB。"))
    sha256 = StringField("SHA-256", description=_("64 位十六进制数字；已上传文件则不填。"))
    language = SelectField(_("作准语言"), validators=[required()])


class SignForm(ActForm):
    """One party signed one exact text."""

    party = SelectField(_("签署方"), validators=[required()], validate_choice=False)
    signed_on = PartialDateField(_("签署日期"), description=DATE_HINT, validators=[required()])
    text_sha256 = SelectField(_("签署的文本"), validators=[required()], validate_choice=False)
    signer = StringField(_("签字人"), description=_("按文本落款填写；只给本方与有权的人看。"))
    signer_post = StringField(_("签字人职务"), description=_("签署当日的职务。"))
    evidence = upload(_("签字页扫描件"), _("主办方替其他方登记时必须有。PDF、OFD、JPG、PNG 等，最大 50 MB。"))


class DeclineForm(ActForm):
    """One party will not sign."""

    party = SelectField(_("签署方"), validators=[required()], validate_choice=False)
    declined_on = PartialDateField(_("表明不签署的日期"), description=DATE_HINT, validators=[required()])
    reason = TextAreaField(_("理由"), validators=[required()])
    evidence = upload(_("函件扫描件"), _("主办方替其他方登记时必须有。PDF、OFD、JPG、PNG 等，最大 50 MB。"))


class AnswerForm(ActForm):
    """The party's own word on what the host logged for it."""

    answer = RadioField(_("本方的答复"), validators=[required()])
    reason = TextAreaField(_("事由"), description=_("提出异议时必须写明。"))


class ReasonForm(ActForm):
    """Why."""

    reason = TextAreaField(_("登记错在哪里"), validators=[required()])


class ItemForm(ActForm):
    """A cooperation intent under the agreement."""

    title_zh = StringField(_("名称"), validators=[required(), Length(max=500)])
    title_en = StringField(_("英文名称"))
    field = SelectField(_("领域"), validate_choice=False)
    leads = SelectMultipleField(_("牵头方"), description=_("第一牵头方的填报决定评价。"), validate_choice=False)
    joins = SelectMultipleField(_("参加方"), validate_choice=False)
    level = SelectField(_("公开范围"), description=_("只能比协议更窄。"), validate_choice=False)


@blueprint.route("/agreements/new", methods=["GET", "POST"])
@permitted("agreement:create")
def create() -> ResponseReturnValue:
    """A new agreement of a grouping, by its secretariat."""
    snapshot, reader = here.snapshot(), here.actor()
    form = CreateForm()
    form.kind.choices = offer_words("agreement.kind", KINDS)
    form.level.choices = offer_words("level", LEVELS)
    form.grouping.choices = offer(_own_groupings(reader, all_groupings(snapshot)))
    form.parties.choices = offer(everybody := all_parties(snapshot))
    form.host.choices, form.meeting.choices = offer_or_none(everybody), offer_or_none(all_meetings(snapshot))

    def perform() -> str:
        ask = CreateAgreement(
            form.title_zh.data, form.kind.data, tuple(form.parties.data), form.title_en.data or None, form.grouping.data or None,
            form.year.data, form.host.data or None, form.meeting.data or None, form.level.data, form.declared_parties.data,
            form.declared_fields.data, tuple(_fields(form.fields.data or "")),
        )  # fmt: skip
        return address(create_agreement(here.database(), reader, ask, at=here.at()).number)

    return act_page(form, perform, act="agreement:create", cancel=f"{request.script_root}/agreements")


@blueprint.route("/agreements/<number>/text", methods=["GET", "POST"])
@permitted("text:add")
def text(number: str) -> ResponseReturnValue:
    """A version of the text, by the host or the secretariat."""
    about = _about(number, "text:add", keepers=True)
    form = TextForm()
    form.language.choices = offer_words("agreement_text.language", LANGUAGES)

    def perform() -> str:
        with with_upload(form.evidence.data):
            sha256 = keep(form.evidence.data) or (form.sha256.data or "").strip().lower()
            add_text(here.database(), here.actor(), AddText(number, sha256, form.language.data), at=here.at())
        return address(number)

    return act_page(form, perform, act="text:add", subject=about.named, cancel=address(number))


@blueprint.route("/agreements/<number>/sign", methods=["GET", "POST"])
@permitted("signature:log")
def sign(number: str) -> ResponseReturnValue:
    """A party's signature, logged by its own officer, or by the host with a scan."""
    about = _about(number, "signature:log")
    form = SignForm()
    form.party.choices = offer(_acting_for(about, "signature:log"))
    form.text_sha256.choices = [SelectChoice(sha, _version(version, sha)) for version, sha in about.texts]

    def perform() -> str:
        with with_upload(form.evidence.data):
            ask = LogSignature(
                number, form.party.data, form.signed_on.written, form.text_sha256.data, form.signer.data or None,
                form.signer_post.data or None, keep(form.evidence.data),
            )  # fmt: skip
            log_signature(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#parties"

    return act_page(form, perform, act="signature:log", subject=about.named, cancel=address(number))


@blueprint.route("/agreements/<number>/decline", methods=["GET", "POST"])
@permitted("signature:decline")
def decline(number: str) -> ResponseReturnValue:
    """A party declines to sign, and says why."""
    about = _about(number, "signature:decline")
    form = DeclineForm()
    form.party.choices = offer(_acting_for(about, "signature:decline"))

    def perform() -> str:
        with with_upload(form.evidence.data):
            scan = keep(form.evidence.data)
            ask = DeclineSignature(number, form.party.data, form.declined_on.written, form.reason.data, scan)
            decline_signature(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#parties"

    return act_page(form, perform, act="signature:decline", subject=about.named, cancel=address(number))


@blueprint.route("/agreements/<number>/acts/<int:act>/answer", methods=["GET", "POST"])
@permitted("signature:confirm")
def answer(number: str, act: int) -> ResponseReturnValue:
    """The party confirms, or objects to, what the host logged for it."""
    about = agreement_choices(here.snapshot(), here.actor(), number)
    logged = act_choice(here.snapshot(), about.id, act)
    if not allowed(here.actor(), "signature:confirm", body_id=logged.body_id):
        raise NotPermitted("signature:confirm")
    form = AnswerForm()
    form.answer.choices = [SelectChoice("confirm", gettext("确认无误")), SelectChoice("object", gettext("提出异议"))]

    def perform() -> str:
        ask = AnswerAct(number, act, form.answer.data == "confirm", form.reason.data or None)
        answer_act(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#parties"

    return act_page(form, perform, act="signature:confirm", subject=about.named, cancel=address(number))


@blueprint.route("/agreements/<number>/acts/<int:act>/annul", methods=["GET", "POST"])
@permitted("act:annul")
def annul(number: str, act: int) -> ResponseReturnValue:
    """Annul an act that was entered wrongly; it stays, marked."""
    about = agreement_choices(here.snapshot(), here.actor(), number)
    logged = act_choice(here.snapshot(), about.id, act)
    if not any(
        allowed(here.actor(), "act:annul", body_id=body) for body in (logged.body_id, about.host_id) if body is not None
    ):
        raise NotPermitted("act:annul")
    form = ReasonForm()

    def perform() -> str:
        annul_act(here.database(), here.actor(), AnnulAct(number, act, form.reason.data), at=here.at())
        return address(number) + "#parties"

    return act_page(form, perform, act="act:annul", subject=about.named, cancel=address(number))


@blueprint.route("/agreements/<number>/items/new", methods=["GET", "POST"])
@permitted("item:add")
def item(number: str) -> ResponseReturnValue:
    """A new item, as intent."""
    about = _about(number, "item:add")
    form = ItemForm()
    zh = here.language() == "zh"
    named = (SelectChoice(str(at), name if zh or not en else en) for at, name, en in about.fields)
    form.field.choices = [SelectChoice("", gettext("不选")), *named]
    form.leads.choices = form.joins.choices = offer(about.parties)
    form.level.choices = [SelectChoice("", gettext("与协议相同")), *offer_words("level", LEVELS)]

    def perform() -> str:
        field = int(form.field.data) if (form.field.data or "").isdecimal() else None
        ask = AddItem(
            number, form.title_zh.data, form.title_en.data or None, field, tuple(form.leads.data), tuple(form.joins.data),
            form.level.data or None,
        )  # fmt: skip
        added = add_item(here.database(), here.actor(), ask, at=here.at())
        return f"{request.script_root}/items/{added.number}"

    return act_page(form, perform, act="item:add", subject=about.named, cancel=address(number))


def _about(number: str, permission: str, *, keepers: bool = False) -> AgreementChoices:
    """The agreement, if the reader may do this to it; who sees it and may not is told so before filling in a form.

    keepers: only its host and its secretariat; else its parties, too.
    """
    about, reader = agreement_choices(here.snapshot(), here.actor(), number), here.actor()
    bodies = {about.host_id} | (set() if keepers else {party.id for party in about.parties})
    if any(allowed(reader, permission, body_id=body) for body in bodies if body is not None):
        return about
    if not allowed(reader, permission, grouping_id=about.grouping_id):
        raise NotPermitted(permission)
    return about


def _acting_for(about: AgreementChoices, permission: str) -> tuple[Choice, ...]:
    """The parties for which the reader may log: all of them for the host, else the reader's own."""
    reader = here.actor()
    if about.host_id is not None and allowed(reader, permission, body_id=about.host_id):
        return about.parties
    return tuple(party for party in about.parties if allowed(reader, permission, body_id=party.id))


def _own_groupings(reader: Actor, groupings: Iterable[Choice]) -> list[Choice]:
    return [each for each in groupings if allowed(reader, "agreement:create", grouping_id=each.id)]


def _fields(typed: str) -> Iterable[tuple[str, str | None]]:
    for line in typed.splitlines():
        zh, _bar, en = line.partition("|")
        if zh.strip():
            yield zh.strip(), en.strip() or None


def _version(version: int, sha256: str) -> str:
    return str(gettext("第 %(n)s 版 · %(hash)s…", n=version, hash=sha256[:16]))
