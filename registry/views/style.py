"""The development page /style: every macro of the pages in every state. Registered only when Config.development is set."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired

from registry.domain.dates import OPEN, UNKNOWN, PartialDate
from registry.domain.force import Deed, Name, derive, read
from registry.domain.tallies import Gap
from registry.queries.acts import ActRow, PartyRow
from registry.queries.agreements import AgreementCount, AgreementRow
from registry.queries.changes import FieldChange, RowChange
from registry.queries.claims import ClaimRow, Opens
from registry.queries.deadlines import DeadlineRow
from registry.queries.force import TextForce
from registry.queries.history import Event
from registry.queries.item_page import TargetRow
from registry.queries.items import ItemCount, ItemRow, Lead
from registry.queries.matters import MatterRow
from registry.queries.members import Member
from registry.queries.parties import BodyRow
from registry.queries.proceedings import SpineStage
from registry.queries.rounds import RoundRow, VoteRow
from registry.queries.rows import Cited, Named, Sealed
from registry.queries.snapshot import Stamp
from registry.views.guards import public
from registry.views.limits import Limit
from registry.views.nearest import LegTold, PathTold
from registry.views.style_pictures import sample_pictures
from registry.views.told import Told
from workflows import Finding, Title
from workflows.finding import finding
from workflows.paths import Arrival

blueprint = Blueprint("style", __name__)

NOW = datetime(2025, 11, 22, 1, 34, tzinfo=UTC)
DAY, MONTH, YEAR = (
    PartialDate.of("2017-07-06", "day"),
    PartialDate.of("2017-07", "month"),
    PartialDate.of("2017", "year"),
)
DATES = (DAY, MONTH, YEAR, PartialDate.of("2019", "year_end"), PartialDate.of("2020", "before_year"), OPEN, UNKNOWN)

AGREEMENT = Named(
    "agreement", "shili-2024-01", "三江六市协同发展框架协议", "Framework agreement of six cities on three rivers", True
)
DOCUMENT = Named("document", "doc-2024-01", "关于印发三江六市协同发展实施方案的通知", None, True)
GROUPING = Named("grouping", "shili", "三江六市", "Six cities on three rivers", True)
PARTIES = tuple(Named("body", f"shili-{n}", f"{name}市", None, True) for n, name in enumerate("甲乙丙丁", 1))
HASH = "5f" * 32


class Sampler(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One field of each kind that the forms use."""

    party = SelectField(
        _("签署方"), choices=[SelectChoice(named.key, named.title_zh) for named in PARTIES], validators=[DataRequired()]
    )
    signer = StringField(_("签字人"), description=_("按文本落款填写。"), validators=[DataRequired()])
    done_on = StringField(_("签署日期"), description=_("知道多少写多少：2017-07-06、2017年7月、2017年。"))
    seen_on = DateField(_("核对日期"))
    text = TextAreaField(_("事由"))
    scan = FileField(_("签字页扫描件"), description=_("PDF、OFD、JPG、PNG 等，最大 50 MB"))
    grade = RadioField(
        _("进展"), choices=[SelectChoice("on_track", _("确认无误")), SelectChoice("blocked", _("提出异议"))]
    )
    sure = BooleanField(_("我已核对原件"))
    password = PasswordField(_("密码"), validators=[DataRequired()], render_kw={"autocomplete": "new-password"})


@blueprint.get("/style")
@public
def style() -> ResponseReturnValue:
    """Every macro in every state, on made-up values."""
    empty = Sampler(formdata=None, prefix="empty")
    wrong = Sampler(formdata=None, prefix="wrong", data={"done_on": "2017-02-30"})
    wrong.signer.errors = [_("请填写签字人。")]
    wrong.done_on.errors = [_("2017年2月没有30日。请写实际的日期，或只写到月。")]
    wrong.grade.errors = [_("请选择一项。")]
    return render_template(
        "style.html",
        dates=DATES,
        now=NOW,
        past=Stamp(1208, NOW),
        empty=empty,
        wrong=wrong,
        cited=(Cited(DOCUMENT, "三江发〔2024〕1号", 33),),
        places=_places(),
        reasons=_reasons(),
        steps=_steps(),
        claims=_claims(),
        parties=_parties(),
        agreements=_agreements(),
        items=_items(),
        counts=_counts(),
        targets=_targets(),
        members=tuple(Member(GROUPING, party, "member", n, DAY, None, True) for n, party in enumerate(PARTIES, 1)),
        events=_events(),
        procedure=SimpleNamespace(id="cooperation-item", version=2, title=Title("合作事项", "Cooperation item")),
        limits=_limits(),
        forces=_forces(),
        rounds=_rounds(),
        matters=_matters(),
        findings=_findings(),
        paths=_paths(),
        cities=_cities(),
        pictures=sample_pictures(),
        codes=(PARTIES[0], AGREEMENT, DOCUMENT, GROUPING, None),
    )


def _cities() -> tuple[BodyRow, ...]:
    """Two of one province, one without, and made-up ones."""
    where = (("东江省", False), ("东江省", False), (None, False), (None, True), (None, True))
    return tuple(
        BodyRow(f"shili-{n}", None, f"{name}市", None, "prefecture_city", province, None, True, sample)
        for n, (name, (province, sample)) in enumerate(zip("甲乙丙丁戊", where, strict=True), 1)
    )


def _forces() -> tuple[TextForce, ...]:
    """A text in force, and an amendment that waits."""
    clause = read(
        '{"schema": "force/1", "acts": {"ratification": "received"}, "when": {"kind": "acts", "at_least": 2}}'
    )
    names = {party.key: Name(party.title_zh) for party in PARTIES}
    deeds = tuple(Deed(party.key, "ratification", DAY, received=DAY) for party in PARTIES[:2])
    return tuple(
        TextForce(
            version,
            version,
            kind,
            title,
            clause,
            "第九条",
            DAY,
            done,
            names,
            derive(clause, done, on=NOW.date(), names=names),
        )
        for version, kind, title, done in (
            (1, "text", None, deeds),
            (2, "amendment", Name("关于第三条的修订", None), deeds[:1]),
        )
    )


def _findings() -> tuple[Finding, ...]:
    """Two that refuse and one that warns, which is not shown any more."""
    return tuple(
        finding(code, remedy, f"transitions[{line}].to", line, **values)
        for code, remedy, line, values in (
            ("E2", "unknown-name", 12, {"name": "nowhere", "zh": "状态", "en": "state", "known": "intent, listed"}),
            ("W2", "forgotten", 30, {"state": "listed"}),
            ("W4", "english-missing", 31, {"title": "已纳入清单"}),
        )
    )


def _paths() -> tuple[PathTold | None, ...]:
    """None, at the goal, with every day, and without one."""
    legs = (
        LegTold("截止", "已征求", "登记系统", _reasons()[:1], waits=True),
        LegTold("同意", "完成", "联络员", (), waits=False),
    )
    day = NOW.date()
    return (
        None,
        PathTold((), Arrival(day, None, provisional=False)),
        PathTold(legs, Arrival(day, day + timedelta(days=20), provisional=True)),
        PathTold(legs[1:], Arrival(None, None, provisional=False)),
    )


def _places() -> tuple[tuple[str, bool, tuple[SpineStage, ...]], ...]:
    """A state, whether it rests, and its spine: one for each look that the spine can have."""
    stages = ("intent", "in_progress", "long_term_mechanism")
    looks = (
        ("listed", False, 0),
        ("in_progress", False, 1),
        ("suspended", True, 1),
        ("long_term_mechanism", False, 2),
        ("terminated", False, None),
    )
    return tuple(
        (
            state,
            held,
            tuple(
                SpineStage(name, DAY if n <= (1 if at is None else at) else None, n == at)
                for n, name in enumerate(stages)
            ),
        )
        for state, held, at in looks
    )


def _reasons() -> tuple[Told, ...]:
    return (
        Told("还没有登记长效机制文件。请先登记。", "牵头方联络员", "三江发〔2024〕1号 三(一)"),
        Told("至少要有 2 个具名的签署方，现有 0 个。", None, None),
    )


def _steps() -> tuple[SimpleNamespace, ...]:
    return (
        SimpleNamespace(title="确认成果", to="取得成果", by=None, reasons=(), round=None, proposes=False, href="#next"),
        SimpleNamespace(title="终止", to="终止", by=None, reasons=_reasons(), round=None, proposes=True, href="#next"),
        SimpleNamespace(
            title="建立长效机制",
            to="长效机制",
            by="牵头方联络员",
            reasons=_reasons(),
            round=_rounds()[0],
            proposes=False,
            href=None,
        ),
    )


def _rounds() -> tuple[RoundRow, ...]:
    """One round in each state that looks different: open with every kind of answer, carried, refused, of two persons."""

    def said(party: Named, answer: str, standing: str = "counted", *, tacit: bool = False) -> VoteRow:
        return VoteRow(
            party, answer, standing, tacit, Sealed("第五条要改") if answer == "request_change" else None, NOW
        )

    votes = (
        said(PARTIES[1], "object", "replaced"),
        said(PARTIES[1], "agree"),
        said(PARTIES[2], "abstain", tacit=True),
        said(PARTIES[3], "request_change", "late"),
    )
    looks = (
        ("open", ("agree", "object"), votes, PARTIES[:1]),
        ("open", (), (), ()),
        ("refused", ("agree",), votes, ()),
    )
    title = Title("建立长效机制", "Turn into a long-term mechanism")
    return tuple(
        RoundRow(
            n, n, "institutionalise", title, PARTIES[0] if answers else None, NOW, outcome, None if outcome == "open" else NOW,
            DOCUMENT, "第三条", Sealed(None), DAY, answers, len(waiting), said_so, waiting, waiting, HASH,
        )
        for n, (outcome, answers, said_so, waiting) in enumerate(looks, 1)
    )  # fmt: skip


def _limits() -> tuple[Limit, ...]:
    """A limit in each of its looks: in time, on its last day, over, provisional, its clock stopped, without a day."""

    def limit(purpose: str, due: date | None, days: int | None, **more: Any) -> Limit:
        row = DeadlineRow(
            purpose, "listed", NOW.date(), due, more.get("provisional", False), more.get("stopped"), False,
            1 if purpose == "answer" else None,
        )  # fmt: skip
        return Limit(row, more.get("overdue", False), days, more.get("working", True))

    today = NOW.date()
    return (
        limit("stay", today + timedelta(days=30), 21, provisional=True),
        limit("stay", today, 0),
        limit("stay", today - timedelta(days=3), 1, overdue=True),
        limit("review", today + timedelta(days=90), 90, working=False),
        limit("stay", today, None, stopped=today),
        limit("stay", None, None),
        limit("answer", today + timedelta(days=20), 15),
    )


def _matters() -> tuple[MatterRow, ...]:
    state = Title("征求意见", "Asked")
    return (
        MatterRow(1, "opinion-round-2025-001", "对送审稿的意见", None, "opinion-round", Title("意见征求", "Round of opinions"), "asked",
                  state, "under_way", AGREEMENT, PARTIES[:1], NOW.date() - timedelta(days=1), True),
    )  # fmt: skip


def _claims() -> tuple[ClaimRow, ...]:
    gaps = (Gap("4", None, 4), Gap("70", "近", 12), Gap("9", None, 7), Gap("28", None, 30), Gap("34", "余", None))
    opens = Opens("items", ("agreement", AGREEMENT.key))
    return tuple(
        ClaimRow(
            n, f"claim-2024-0{n}", "合作事项", "Cooperation items", "项", None, DAY, DOCUMENT, "三江发〔2024〕1号", None, AGREEMENT,
            None, None, gap, None if gap.counted is None else opens, "public", True, None,
        )
        for n, gap in enumerate(gaps, 1)
    )  # fmt: skip


def _parties() -> SimpleNamespace:
    """What the party × act table reads of an agreement: signed, annulled and logged by the host, awaited, declined."""

    def act(number: int, kind: str, confirmation: str | None = None, annulled: bool = False) -> ActRow:
        by = "host" if confirmation else "party"
        gone = (NOW, Sealed("日期有误")) if annulled else (None, None)
        reason = Sealed(None) if kind == "decline" else None
        return ActRow(number, kind, DAY, Sealed(None), "市长", 1, HASH, HASH, reason, by, confirmation, NOW, *gone)

    others = (
        replace(act(6, "reservation"), clause="第五条", content="第二款不适用于本市。", valid_until=YEAR),
        replace(
            act(7, "objection"), text_kind="amendment", answers=6, received=DAY, registered=DAY, authority="full_powers"
        ),
    )
    acts = (
        (act(1, "signature"), others[1]),
        (act(2, "signature", annulled=True), act(3, "signature", "awaited")),
        (),
        (
            act(4, "decline"),
            act(5, "signature", "objected"),
            others[0],
            replace(act(8, "succession"), predecessor=PARTIES[0]),
        ),
    )
    rows = tuple(PartyRow(party, n, done) for n, (party, done) in enumerate(zip(PARTIES, acts, strict=True), 1))
    return SimpleNamespace(parties=rows, stage="signing", backfilled=False, sample=True)


def _agreements() -> tuple[AgreementRow, ...]:
    def row(state: str, stage: str, named: int, declared: int | None, dated: PartialDate) -> AgreementRow:
        return AgreementRow(
            AGREEMENT.key, AGREEMENT.title_zh, AGREEMENT.title_en, "framework_agreement", GROUPING, state, stage, dated, "public",
            "partial", named, declared, named, 70, 1, True, True,
        )  # fmt: skip

    return (
        row("partly_signed", "signing", 4, None, DAY),
        row("signed", "concluded", 0, 31, UNKNOWN),
        row("planned", "preparation", 0, None, YEAR),
    )


def _items() -> tuple[ItemRow, ...]:
    looks = (
        ("blocked", "in_progress", "in_progress", "red", "blocked"),
        ("slow", "in_progress", "in_progress", "yellow", "behind"),
        ("on_track", "long_term_mechanism", "long_term_mechanism", "green", "otherwise"),
        ("not_reported", "intent", "intent", "grey", "never_reported"),
        ("not_reported", "terminated", "ended", "none", "ended"),
    )
    lead = Lead(PARTIES[0], "生态环境局", None, "lead", 1)
    return tuple(
        ItemRow(
            f"{AGREEMENT.key}-{n:03}", "三江水质联合监测", None, AGREEMENT, "生态环境", None, None, state, stage, grade,
            MONTH if grade != "not_reported" else UNKNOWN, None, None if n == 4 else lead, n % 4, False, True, lamp, why,
        )
        for n, (grade, state, stage, lamp, why) in enumerate(looks, 1)
    )  # fmt: skip


def _counts() -> tuple[tuple[ItemCount, ...], tuple[AgreementCount, ...]]:
    items = (
        ("intent", "grey", 40),
        ("in_progress", "red", 2),
        ("in_progress", "green", 18),
        ("long_term_mechanism", "blue", 4),
    )
    return (
        tuple(ItemCount(stage, lamp, False, count) for stage, lamp, count in items),
        (AgreementCount("signed", "concluded", False, 7), AgreementCount("open", "signing", False, 1)),
    )


def _targets() -> tuple[TargetRow, ...]:
    kinds = (
        (">=", "85", None, "%", 2020, "by_year", None, None),
        ("range", "200", "300", "万人次", None, "relative_horizon", 2017, "3-5"),
        ("~=", "12", None, "亿元", None, "annual_recurring", None, None),
        ("milestone", None, None, None, None, "unspecified", None, None),
    )
    return tuple(TargetRow(n, "指标", None, *kind, None, None) for n, kind in enumerate(kinds, 1))


def _events() -> tuple[Event, ...]:
    changes = (
        RowChange("agreement", 5, "changed", (FieldChange("state", "open", "partly_signed", False), FieldChange("revision", 3, 4, False))),
        RowChange(
            "act", 9, "added",
            (
                FieldChange("body_id", None, PARTIES[1], False),
                FieldChange("signer", None, None, True),
                FieldChange("done_on", None, "2017-07-06", False),
            ),
        ),
    )  # fmt: skip
    return (
        Event(1284, NOW, "signature.log", "agreement", 5, AGREEMENT, PARTIES[0], "发展和改革委员会 联络员", Sealed(None), "web", PARTIES[1],
              Sealed("补登会上的签署"), "三江发〔2024〕1号", DAY, changes),
        Event(1201, NOW, "agreement.create", "agreement", 5, AGREEMENT, None, "", None, "import", None, None, None, None, ()),
    )  # fmt: skip
