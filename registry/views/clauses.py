"""The rules of a procedure in sentences: what a step asks, how consent is counted, how long a state may last."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask_babel import gettext

from registry.domain.guards import GUARDS
from registry.views import here
from registry.views.counted import counted as _n
from registry.words import label
from workflows import Definition, State, Transition
from workflows.definition import AtLeast, Consent, Deadline, Duration, Evidence, GuardUse, Ratio

_: Callable[..., str] = gettext


def span(duration: Duration) -> str:
    """A span of time: 15 个工作日."""
    n = duration.count
    return {
        "D": _n("%(n)s 天", n),
        "WD": _n("%(n)s 个工作日", n),
        "W": _n("%(n)s 周", n),
        "M": _n("%(n)s 个月", n),
        "Y": _n("%(n)s 年", n),
    }[duration.unit]


def who(definition: Definition, arrow: Transition) -> str:
    """Whoever may take a step; nobody's hand is needed where the register takes it."""
    if arrow.kind == "system" or arrow.sends_back:
        return _("登记系统，条件具备时自动办理")
    return _all(role(definition, name) for name in arrow.roles)


def role(definition: Definition, name: str) -> str:
    """A role by its title."""
    return label("role", name, here.language(), definition)


def conditions(definition: Definition, arrow: Transition) -> tuple[str, ...]:
    """What a step asks beside the right hands and consent, one sentence each."""
    found = [
        _("“%(fact)s”为%(values)s", fact=fact(definition, name), values=_all(map(_value, values)))
        for name, values in arrow.when.items()
    ]
    found += [_guard(use) for use in arrow.guards]
    found += [_("%(what)s %(n)s 份", what=evidence(definition, each), n=each.min) for each in arrow.evidence]
    if arrow.needs_basis:
        found.append(_("依据文件"))
    if arrow.needs_reason:
        found.append(_("书面事由"))
    if arrow.asks:
        found.append(_("填写：%(fields)s", fields=_all(_field(definition, name) for name in arrow.asks)))
    if arrow.two_person:
        found.append(_("一人提出，另一人办理"))
    if arrow.limit is not None:
        found.append(_n("最多 %(n)s 次", arrow.limit))
    return tuple(found)


def fact(definition: Definition, name: str) -> str:
    """What a fact is about; a matter's own field has its title."""
    return _field(definition, name) if name in definition.fields else label("fact", name, here.language())


def consent(definition: Definition, arrow: Transition) -> tuple[str, ...]:
    """How the consent that a step needs is asked and counted, one sentence each; none where none is needed."""
    rule = arrow.consent
    if rule is None:
        return ()
    found = [f"{_voters(rule.voters)}{_('：')}{_method(rule)}"]
    if rule.veto:
        found.append(_("%(who)s必须同意", who=_all(_voters(each) for each in rule.veto)))
    if rule.order == "sequential":
        found.append(_("依次答复"))
    if "abstain" in rule.answers and rule.abstain_counts != "as_absent":
        found.append(_("弃权算同意") if rule.abstain_counts == "as_agree" else _("弃权算反对"))
    if rule.decide == "after_all_answered":
        found.append(_("各方都答复以后才有结果"))
    if rule.on_request_change:
        state = definition.states[rule.on_request_change.to].id
        found.append(_("要求修改的，退回“%(state)s”", state=label("state", state, here.language(), definition)))
    if rule.silence:
        after = span(rule.silence.after)
        counts = rule.silence.counts_as
        if counts == "escalate":
            found.append(_("%(span)s内不答复的，告知联席会议办公室和主办方", span=after))
        else:
            said = label("vote.answer", counts, here.language())
            found.append(_("%(span)s内不答复的，视为“%(answer)s”", span=after, answer=said))
    return tuple(found)


def limits(definition: Definition, state: State) -> tuple[str, ...]:
    """How long a subject may stay in a state and when it is looked at again, one sentence each."""
    found = list(_limit(definition, state.deadline)) if state.deadline else []
    if state.review_every:
        found.append(_("每 %(span)s复查", span=span(state.review_every)))
    return tuple(found)


def _limit(definition: Definition, limit: Deadline) -> tuple[str, ...]:
    until = span(limit.after) if limit.after else _field(definition, limit.by or "")
    found = [_("%(span)s内", span=until) if limit.after else _("至“%(field)s”那天", field=until)]
    if limit.remind:
        found.append(_("提前%(spans)s提醒", spans=_all(span(each) for each in limit.remind)))
    for each in limit.escalate:
        told = role(definition, each.to)
        if each.after.count:
            found.append(_("逾期%(span)s告知%(role)s", span=span(each.after), role=told))
        else:
            found.append(_("逾期即告知%(role)s", role=told))
    return tuple(found)


def _guard(use: GuardUse) -> str:
    sentence = label("guard", use.use, here.language())
    return sentence.format(**use.params) if use.use in GUARDS else sentence


def evidence(definition: Definition, each: Evidence) -> str:
    """A sort of paper, and who gives it."""
    name = label("evidence", each.type, here.language(), definition)
    if each.source is None:
        return _("佐证“%(name)s”", name=name)
    return _("佐证“%(name)s”（%(who)s提交）", name=name, who=_voters(each.source))


def _method(rule: Consent) -> str:
    if isinstance(rule.method, AtLeast):
        return _n("至少 %(n)s 方同意", rule.method.at_least)
    if isinstance(rule.method, Ratio):
        return _("至少 %(ratio)s 同意", ratio=rule.method.ratio)
    return {"all": _("全部同意"), "any": _("一方同意即可"), "majority": _("过半数同意")}[rule.method]


def _voters(relation: str) -> str:
    return label("relation_to_subject", relation, here.language())


def _field(definition: Definition, name: str) -> str:
    return label("matter_field", name, here.language(), definition)


def _value(value: str | int | bool) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return str(value)


def _all(words: Iterable[str]) -> str:
    return _("、").join(words)
