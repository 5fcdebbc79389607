"""/policies/lamps: the rules by which lamps are lit, every border of them; and why an item's lamp is what it is, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import format_date, gettext

from registry.domain.lamps import Border, Rule, Words, read_policy, shipped
from registry.permissions import allowed
from registry.queries.item_figures import LampShown, keepers_of, lamp_policies
from registry.queries.lamps import chosen_rules
from registry.views import here
from registry.views.counted import counted as _n
from registry.views.guards import public
from registry.words import label

blueprint = Blueprint("lamps", __name__)


@dataclass(frozen=True, slots=True)
class LampTold:
    """Why a lamp is what it is. figure: what was found; rule: the rule that took it; None where no rule was asked."""

    figure: str
    rule: str | None


@blueprint.get("/policies/lamps")
@public
def lamps() -> ResponseReturnValue:
    """The rules in force, what was chosen before, and all that come with the register, with every border."""
    snapshot = here.snapshot()
    chosen = chosen_rules(snapshot)
    others = (read_policy(each) for each in shipped().values())
    policies = [chosen.policy, *(policy for policy in others if policy.slug != chosen.policy.slug)]
    return render_template(
        "lamps/page.html",
        chosen=chosen,
        policies=policies,
        choices=lamp_policies(snapshot, here.actor()),
        condition=condition_told,
        said=said,
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


def said(words: Words) -> str:
    """A text of the rules in the reader's language."""
    return words.en if here.language() == "en" else words.zh


def lamp_told(shown: LampShown) -> LampTold:
    """What the rules found of an item, and the rule that took it."""
    rule = shown.rule
    return LampTold(_figure(shown), None if rule is None else condition_told(rule))


def keeps_lamp(number: str) -> bool:
    """Whether the reader may decide the lamp of an item."""
    keeper, grouping = keepers_of(here.snapshot(), number)
    own = keeper is not None and allowed(here.actor(), "lamp:override", body_id=keeper)
    return own or (grouping is not None and allowed(here.actor(), "lamp:override", grouping_id=grouping))


def condition_told(rule: Rule) -> str:
    """A rule's condition with its borders: 落后序时进度超过 10、至多 30 个百分点."""
    name = label("lamp_why", rule.when, here.language())
    if rule.when == "grade":
        grades = [label("grade", grade, here.language()) for grade in rule.is_]
        return str(gettext("填报为“%(grades)s”", grades=gettext("”或“").join(grades)))
    borders = [
        _border(way, border) for way in ("over", "at_least", "under", "at_most") if (border := getattr(rule, way))
    ]
    if not borders:
        return str(gettext("其余情形") if rule.when == "otherwise" else name)
    return str(gettext("%(name)s：%(borders)s", name=name, borders=gettext("，").join(borders)) + _unit(rule))


def _border(way: str, border: Border) -> str:
    n = border.shown
    if way == "over":
        return str(gettext("超过 %(n)s", n=n))
    if way == "at_least":
        return str(gettext("达到 %(n)s", n=n))
    return str(gettext("不足 %(n)s", n=n) if way == "under" else gettext("至多 %(n)s", n=n))


def _unit(rule: Rule) -> str:
    if rule.when == "behind":
        return str(gettext(" 个百分点"))
    if rule.when == "short":
        return " %"
    border = rule.upper or rule.lower
    if border is None:
        return ""
    return _n(" 个月", border.shown) if border.unit == "months" else _n(" 天", border.shown)


def _figure(shown: LampShown) -> str:
    seen, why = shown.seen, shown.computed.why
    if why == "ended":
        return str(gettext("事项已经结束，不亮灯。"))
    if why == "never_reported":
        return str(gettext("从未填报，也没有观测值。"))
    if why == "behind" and seen.behind is not None:
        if seen.behind < 0:
            return str(gettext("最近的观测超前序时进度 %(n)s 个百分点。", n=points(-seen.behind)))
        return str(gettext("最近的观测落后序时进度 %(n)s 个百分点。", n=points(seen.behind)))
    if why == "short" and seen.short is not None:
        return str(gettext("最近的观测比应完成数短缺 %(n)s %%。", n=points(seen.short)))
    if why in ("overdue", "due") and seen.due_on is not None:
        day = _day(seen.due_on)
        return str(
            gettext("本阶段的时限 %(day)s 已过。", day=day)
            if why == "overdue"
            else gettext("本阶段的时限是 %(day)s。", day=day)
        )
    if why == "stale" and seen.reported_on is not None:
        return str(gettext("上一次填报截至 %(day)s。", day=_day(seen.reported_on)))
    if why == "otherwise":
        return str(gettext("已有填报或观测，没有需要提醒的情形。"))
    return str(gettext("最近一次填报为“%(grade)s”。", grade=label("grade", why, here.language())))


def _day(on: date) -> str:
    return str(format_date(on, "d MMMM yyyy" if here.language() == "en" else "long"))


def points(hundredths: int) -> str:
    """1/100 points or percent with one decimal, rounded half up: 587 is 5.9."""
    tenths = (abs(hundredths) + 5) // 10
    return f"{'-' if hundredths < 0 and tenths else ''}{tenths // 10}.{tenths % 10}"
