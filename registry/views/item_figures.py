"""The forms about an item's figures: its targets, what they were observed to have reached, its lane, its lamp."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectChoice, SelectField, StringField, TextAreaField

from registry.domain.schedule import COMPARATORS, PERIODS
from registry.errors import NotPermitted, Reason
from registry.models.items import LAMPS, LANES
from registry.permissions import allowed
from registry.queries.choices import ItemChoices, item_choices
from registry.queries.item_figures import observations_of
from registry.queries.item_page import TargetRow, targets_of
from registry.services.lamps import OverrideLamp, RestoreLamp, override_lamp, restore_lamp
from registry.services.lanes import SetLane, set_lane
from registry.services.targets import (
    AddObservation,
    AnnulObservation,
    SetTarget,
    add_observation,
    annul_observation,
    set_target,
)
from registry.views import here
from registry.views.acting import act_page
from registry.views.forms import DATE_HINT, ActForm, PartialDateField, WholeNumberField, offer_words, required
from registry.views.guards import permitted
from registry.views.item_acts import about_item
from registry.views.items import address
from registry.views.lamps import keeps_lamp
from registry.views.told import all_told

blueprint = Blueprint("item_figures", __name__)

BASIS_HINT = _("登记编号或发文字号。")


class TargetForm(ActForm):
    """A target."""

    metric_zh = StringField(_("指标"), validators=[required()], description=_("要达到的是什么，照文件写。"))
    metric_en = StringField(_("英文指标"))
    comparator = SelectField(_("比较方式"), validators=[required()])
    number = StringField(_("数值"), description=_("如 5500、1.5；范围填下限；节点不填。"))
    number_until = StringField(_("范围上限"))
    unit = StringField(_("单位"), description=_("照文件写，如 万吨、%。"))
    base = StringField(_("比较基准"), description=_("相对什么而言，如 2015年；没有就不填。"))
    period = SelectField(_("期限"), validators=[required()])
    year = WholeNumberField(_("年份"))
    horizon_from = WholeNumberField(_("起算年"))
    horizon_years = StringField(_("年限"), description=_("如 5 或 3-5。"))
    force = StringField(_("措辞"), description=_("文件用词，如 力争、确保。"))
    note = StringField(_("附注"))
    basis = StringField(_("依据文件"), description=BASIS_HINT)


class ObservationForm(ActForm):
    """What a target had reached."""

    target = SelectField(_("量化目标"), validators=[required()], coerce=int)
    as_of = PartialDateField(_("截至"), description=DATE_HINT, validators=[required()])
    number = StringField(_("数值"), description=_("以目标的单位计；节点不填。"))
    number_until = StringField(_("范围上限"), description=_("观测到的是一个范围时填写。"))
    reached = RadioField(_("节点是否完成"), description=_("只有节点才填。"), default="")
    basis = StringField(_("来源文件"), description=BASIS_HINT)
    source = StringField(_("出处"), description=_("在文件中的位置，或来源的名称。"))


class AnnulForm(ActForm):
    """Which observation is annulled."""

    observation = RadioField(_("撤销哪一个观测值"), validators=[required()])


class LaneForm(ActForm):
    """The lane."""

    lane = RadioField(_("调度分类"), validators=[required()])
    effective = PartialDateField(_("自何时起"), description=_("不填即自今天起。"))
    basis = StringField(_("依据文件"), description=BASIS_HINT)


class LampForm(ActForm):
    """The colour."""

    colour = RadioField(_("灯色"), validators=[required()])
    basis = StringField(_("依据文件"), description=BASIS_HINT, validators=[required()])
    reason = TextAreaField(_("事由"), validators=[required()])


class RestoreForm(ActForm):
    """The end of a decision."""

    basis = StringField(_("依据文件"), description=BASIS_HINT, validators=[required()])


@blueprint.route("/items/<number>/target", methods=["GET", "POST"])
@permitted("target:set")
def target(number: str) -> ResponseReturnValue:
    """A target of the item."""
    about, form = about_item(number, "target:set"), TargetForm()
    form.comparator.choices = offer_words("comparator", COMPARATORS)
    form.period.choices = offer_words("period", PERIODS)

    def perform() -> str:
        texts = ("number", "number_until", "unit", "horizon_years", "base", "force", "metric_en", "note", "basis")
        ask = SetTarget(
            number, form.metric_zh.data, form.comparator.data, period=form.period.data, year=form.year.data,
            horizon_from=form.horizon_from.data, **{name: form[name].data or None for name in texts},
        )  # fmt: skip
        set_target(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#targets"

    return act_page(form, perform, act="target:set", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/observation", methods=["GET", "POST"])
@permitted("observation:add")
def observation(number: str) -> ResponseReturnValue:
    """What one of its targets had reached."""
    about, form = about_item(number, "observation:add"), ObservationForm()
    targets = targets_of(here.snapshot(), about.id)
    form.target.choices = [SelectChoice(each.position, _named(each)) for each in targets]
    form.reached.choices = [
        SelectChoice("", gettext("不是节点")), SelectChoice("yes", gettext("已完成")), SelectChoice("no", gettext("未完成")),
    ]  # fmt: skip

    def perform() -> str:
        ask = AddObservation(
            number, form.target.data, form.as_of.written, form.number.data or None, form.number_until.data or None,
            {"yes": True, "no": False}.get(form.reached.data), form.basis.data or None, form.source.data or None,
        )  # fmt: skip
        add_observation(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#targets"

    return act_page(
        form,
        perform,
        act="observation:add",
        subject=about.named,
        blocked=() if targets else all_told([Reason("no-target", {"item": number})]),
        cancel=address(number),
    )


@blueprint.route("/items/<number>/annul-observation", methods=["GET", "POST"])
@permitted("observation:annul")
def annul(number: str) -> ResponseReturnValue:
    """Annul one of the party's own observations."""
    about, form = about_item(number, "observation:annul"), AnnulForm()
    form.observation.choices = own_observations(about)

    def perform() -> str:
        ask = AnnulObservation(number, int(form.observation.data))
        annul_observation(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#targets"

    return act_page(form, perform, act="observation:annul", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/lane", methods=["GET", "POST"])
@permitted("lane:set")
def lane(number: str) -> ResponseReturnValue:
    """The dispatch lane of the item."""
    about, form = about_item(number, "lane:set"), LaneForm()
    form.lane.choices = offer_words("lane", LANES)

    def perform() -> str:
        ask = SetLane(number, form.lane.data, form.effective.data, form.basis.data or None)
        set_lane(here.database(), here.actor(), ask, at=here.at())
        return address(number) + "#lane"

    return act_page(form, perform, act="lane:set", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/lamp", methods=["GET", "POST"])
@permitted("lamp:override")
def lamp(number: str) -> ResponseReturnValue:
    """The colour that the item shows, whatever the rules say."""
    about, form = _kept(number), LampForm()
    form.colour.choices = offer_words("lamp", LAMPS)

    def perform() -> str:
        ask = OverrideLamp(number, form.colour.data, form.basis.data, form.reason.data)
        override_lamp(here.database(), here.actor(), ask, at=here.at())
        return address(number)

    return act_page(form, perform, act="lamp:override", subject=about.named, cancel=address(number))


@blueprint.route("/items/<number>/lamp-restore", methods=["GET", "POST"])
@permitted("lamp:override")
def restore(number: str) -> ResponseReturnValue:
    """The lamp by the rules again."""
    about, form = _kept(number), RestoreForm()

    def perform() -> str:
        restore_lamp(here.database(), here.actor(), RestoreLamp(number, form.basis.data), at=here.at())
        return address(number)

    return act_page(form, perform, act="lamp:restore", subject=about.named, cancel=address(number))


def own_observations(about: ItemChoices) -> list[SelectChoice]:
    """The observations that the reader's own parties recorded, as a form offers them."""
    own = {choice.key for choice in about.parties if allowed(here.actor(), "observation:annul", body_id=choice.id)}
    names = {each.position: _named(each) for each in targets_of(here.snapshot(), about.id)}
    rows = observations_of(here.snapshot(), here.actor(), about.id)
    return [
        SelectChoice(str(row.id), f"{names[position]} · {row.as_of.en() if here.language() == 'en' else row.as_of.zh()}")
        for position, of_it in rows.items()
        for row in of_it
        if row.party is not None and row.party.key in own
    ]  # fmt: skip


def _kept(number: str) -> ItemChoices:
    """The item, if the reader may decide its lamp; who sees it and may not is told so."""
    about = item_choices(here.snapshot(), here.actor(), number)
    if not keeps_lamp(number):
        raise NotPermitted("lamp:override")
    return about


def _named(target: TargetRow) -> str:
    english = here.language() == "en" and target.metric_en
    return f"{target.position}. {target.metric_en if english else target.metric_zh}"
