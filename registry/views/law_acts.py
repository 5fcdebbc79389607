"""/agreements/<number>/acts/new: the form of each kind of act by which parties deal with a text, from ratification to succession."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from registry.domain.dates import UNKNOWN
from registry.errors import NotFound, NotPermitted
from registry.models.agreements import AUTHORITIES
from registry.permissions import allowed
from registry.queries.act_lines import ActLine, act_lines
from registry.queries.choices import AgreementChoices, Choice, agreement_choices, all_parties, amendments_of
from registry.services.acts import KINDS, NEEDS, TAKES, RecordAct, record_act
from registry.views import here
from registry.views.acting import act_page, keep, with_upload
from registry.views.agreements import JOINING, address
from registry.views.forms import (
    DATE_HINT,
    ActForm,
    PartialDateField,
    WholeNumberField,
    at_least,
    demand,
    offer,
    offer_words,
    required,
    upload,
)
from registry.views.guards import permitted

blueprint = Blueprint("law_acts", __name__)

ANSWERABLE: Mapping[str, tuple[str, ...]] = MappingProxyType({"objection": ("reservation", "declaration")})
"""Kind → kinds that it may answer, where not all."""
LEFT_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"content": tuple(kind for kind in KINDS if "content" not in NEEDS.get(kind, ())), **{
        name: tuple(kind for kind in KINDS if kind not in kinds) for name, kinds in TAKES.items()
    }}
)  # fmt: skip
"""Input → the kinds whose form does without it."""


class LawForm(ActForm):
    """One act of one party on one text; what its kind does not take is left out."""

    party = SelectField(_("作出行为的一方"), validators=[required()], validate_choice=False)
    predecessor = SelectField(_("被继承方"), validate_choice=False)
    text = SelectField(_("文本"), validate_choice=False)
    answers = SelectField(_("所针对的行为"), validate_choice=False)
    done = PartialDateField(_("行为日期"), description=DATE_HINT, validators=[required()])
    clause = StringField(_("所涉条款"), description=_("如 第五条第二款。"), validators=[Length(max=500)])
    content = TextAreaField(_("内容"), description=_("照交存的文书。"))
    valid_until = PartialDateField(_("有效期至"), description=DATE_HINT)
    received = PartialDateField(_("收到日期"), description=_("保存方收到文书的日期。"))
    registered = PartialDateField(_("登录日期"), description=_("保存方登录文书的日期。"))
    takes_effect = PartialDateField(_("生效日期"), description=_("文书或协议写明的；没有写明就不填。"))
    signer = StringField(_("签字人"), description=_("按文本落款填写；只给本方与有权的人看。"))
    signer_post = StringField(_("签字人职务"), description=_("行为当日的职务。"))
    authority = SelectField(_("签字权限"), validate_choice=False)
    ordinal = WholeNumberField(
        _("次序"), description=_("同类行为中的先后，照文书所印。"), validators=[Optional(), at_least(1, 9999)]
    )
    basis = StringField(_("依据文件"), description=_("编号或发文字号。"))
    reason = TextAreaField(_("理由"), description=_("只给本方与有权的人看。"))
    evidence = upload(_("扫描件"), _("主办方替其他方登记时必须有。PDF、OFD、JPG、PNG 等，最大 50 MB。"))


@blueprint.route("/agreements/<number>/acts/new", methods=["GET", "POST"])
@permitted("act:record")
def new(number: str) -> ResponseReturnValue:
    """One act of a party, by its own officer, or by the host with a scan. `kind` of the query says which."""
    kind = request.args.get("kind", "")
    if kind not in KINDS:
        raise NotFound("act", kind)
    about = agreement_choices(here.snapshot(), here.actor(), number)
    parties = _acting(about, kind)
    if not parties:
        raise NotPermitted("act:record")
    form = _form(about, kind, parties)

    def perform() -> str:
        with with_upload(form.evidence.data):
            ask = _asked(form, number, kind)
            act = record_act(here.database(), here.actor(), ask, at=here.at())
        return f"{address(number)}#act-{act.id}"

    what = gettext("登记缔约行为：%(kind)s", kind=here.word("act_kind", kind))
    return act_page(
        form, perform, act="act:record", subject=about.named, what=what, cancel=address(number) + "#parties"
    )


def _form(about: AgreementChoices, kind: str, parties: tuple[Choice, ...]) -> LawForm:
    form = LawForm()
    for name, kinds in LEFT_OUT.items():
        if kind in kinds:
            del form[name]
    for name in NEEDS.get(kind, ()):
        if (kind, name) != ("objection", "content"):
            demand(form[name])
    form.party.choices = offer(parties)
    form.text.choices = _texts(about, kind)
    form.authority.choices = [SelectChoice("", gettext("不选")), *offer_words("authority", AUTHORITIES)]
    if "predecessor" in form:
        form.predecessor.choices = offer(about.parties)
    if "answers" in form:
        wanted = ANSWERABLE.get(kind, KINDS)
        lines = [line for line in act_lines(here.snapshot(), about.id) if line.kind in wanted]
        form.answers.choices = [SelectChoice(str(line.id), _line(line)) for line in lines]
    return form


def _asked(form: LawForm, number: str, kind: str) -> RecordAct:
    def of(name: str) -> str | None:
        return (form[name].data or None) if name in form else None

    text, answers = of("text"), of("answers")
    return RecordAct(
        number, kind, form.party.data, form.done.written, int(text) if text and text.isdecimal() else None,
        form.received.data or UNKNOWN, form.registered.data or UNKNOWN, form.takes_effect.data or UNKNOWN,
        signer=of("signer"), signer_post=of("signer_post"), authority=of("authority"), evidence=keep(form.evidence.data),
        basis=(of("basis") or "").strip() or None, clause=of("clause"), content=of("content"),
        valid_until=(form.valid_until.data if "valid_until" in form else None) or UNKNOWN,
        answers=int(answers) if answers and answers.isdecimal() else None, predecessor=of("predecessor"),
        ordinal=form.ordinal.data, reason=of("reason"),
    )  # fmt: skip


def _acting(about: AgreementChoices, kind: str) -> tuple[Choice, ...]:
    """The bodies for which the reader may record an act of this kind: all of them for the host, else the reader's own."""
    reader = here.actor()
    bodies = all_parties(here.snapshot()) if kind in JOINING else about.parties
    if about.host_id is not None and allowed(reader, "act:record", body_id=about.host_id):
        return bodies
    return tuple(body for body in bodies if allowed(reader, "act:record", body_id=body.id))


def _texts(about: AgreementChoices, kind: str) -> list[SelectChoice]:
    """The settled text first, then its amendments; of a signature those alone, as the settled text is signed by its own form."""
    settled = [SelectChoice("", gettext("协议定稿"))] if kind != "signature" else []
    zh = here.language() == "zh"
    return [
        *settled,
        *(
            SelectChoice(str(version), gettext("修订：%(title)s", title=one if zh or not other else other))
            for version, one, other in amendments_of(here.snapshot(), about.id)
        ),
    ]


def _line(line: ActLine) -> str:
    zh = here.language() == "zh"
    party = line.party.title_zh if zh or not line.party.title_en else line.party.title_en
    done = line.done.zh() if zh else line.done.en()
    return f"{here.word('act_kind', line.kind)} · {party} · {done}"
