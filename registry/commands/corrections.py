"""Corrections, alerts and policies, on the command line."""

from __future__ import annotations

from datetime import datetime

import click

from registry.commands.root import Desk, acting, told
from registry.domain.correctable import CORRECTABLE
from registry.models.decisions import CORRECTION_OUTCOMES, POLICIES
from registry.queries.alerts import alerts
from registry.queries.corrections import correction_list, policies_of
from registry.queries.snapshot import Snapshot
from registry.services.alert_answers import AnswerAlert, answer_alert
from registry.services.corrections import (
    ObjectToCorrection,
    ProposeCorrection,
    WithdrawCorrection,
    object_to_correction,
    propose_correction,
    withdraw_correction,
)
from registry.services.policies import SetPolicy, set_policy
from registry.words import label, refusals

ISO_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def correction() -> None:
    """更正。Corrections."""


@correction.command("propose")
@click.argument("kind", type=click.Choice(tuple(CORRECTABLE)))
@click.argument("number")
@click.argument("target")
@click.argument("value")
@click.option("--reason", required=True, help="错在哪里 what was wrong")
@click.option("--basis", help="依据文件编号或发文字号 document that shows it")
@acting
@told
def correction_propose(
    desk: Desk, kind: str, number: str, target: str, value: str, reason: str, basis: str | None, login_as: str
) -> None:
    """提出更正；TARGET 如 title_zh、act:17.done_on，VALUE 为空即删去。Propose a correction of one field."""
    with desk.session() as session:
        ask = ProposeCorrection(kind, number, target, value, reason, basis)
        made = propose_correction(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo(f"✓ {made.id}  {label('field', 'window_until', desk.language)} {made.window_until}")


@correction.command("object")
@click.argument("number", type=int)
@click.argument("party")
@click.option("--reason", required=True, help="理由 why")
@acting
@told
def correction_object(desk: Desk, number: int, party: str, reason: str, login_as: str) -> None:
    """代表一方提出异议，这项更正即告不成。Object for a party: the correction falls."""
    with desk.session() as session:
        ask = ObjectToCorrection(number, party, reason)
        object_to_correction(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo("✓")


@correction.command("withdraw")
@click.argument("number", type=int)
@acting
@told
def correction_withdraw(desk: Desk, number: int, login_as: str) -> None:
    """撤回更正。Withdraw a correction."""
    with desk.session() as session:
        withdraw_correction(session, desk.actor(session, login_as), WithdrawCorrection(number), at=desk.at)
        click.echo("✓")


@correction.command("list")
@click.option("--outcome", type=click.Choice(CORRECTION_OUTCOMES), help="状态 how it stands")
@acting
@told
def correction_list_(desk: Desk, outcome: str | None, login_as: str) -> None:
    """列出更正。Corrections of what one may see."""
    with desk.session() as session:
        now = Snapshot(session, None, desk.at.date())
        found = correction_list(now, desk.actor(session, login_as), outcome=outcome, size=1000)
        for named, row in found.rows:
            said = label("correction.outcome", row.outcome, desk.language)
            click.echo(f"{row.id:>5}  {row.until}  {said}  {named.key}  {label('field', row.field, desk.language)}")


@click.group()
def alert() -> None:
    """提醒：互相不符之处。Alerts: what does not agree."""


@alert.command("list")
@click.option("--all", "answered", is_flag=True, help="也列已处理的 answered ones, too")
@acting
@told
def alert_list(desk: Desk, answered: bool, login_as: str) -> None:
    """列出待处理的提醒。Alerts on what one may see."""
    with desk.session() as session:
        for each in alerts(Snapshot(session, None, desk.at.date()), desk.actor(session, login_as)):
            if answered or each.answer is None:
                click.echo(f"{each.mark}\n  {refusals.sentence(each.reason, desk.language)}")


@alert.command("answer")
@click.argument("mark")
@click.option("--reason", required=True, help="查明的情况 what was found")
@click.option("--basis", help="依据文件编号或发文字号 document that shows it")
@acting
@told
def alert_answer(desk: Desk, mark: str, reason: str, basis: str | None, login_as: str) -> None:
    """处理一条提醒；MARK 见清单。Answer an alert, by its mark in the list."""
    with desk.session() as session:
        answer_alert(session, desk.actor(session, login_as), AnswerAlert(mark, reason, basis), at=desk.at)
        click.echo("✓")


@click.group()
def policy() -> None:
    """规则参数。Policies."""


@policy.command("set")
@click.argument("name", type=click.Choice(POLICIES))
@click.argument("days", type=int)
@click.option("--since", required=True, type=ISO_DAY, help="自何日起 first day on which it holds, 2026-12-01")
@click.option("--basis", help="依据文件编号或发文字号 document that decided it")
@click.option("--note", help="附注 note")
@acting
@told
def policy_set(
    desk: Desk, name: str, days: int, since: datetime, basis: str | None, note: str | None, login_as: str
) -> None:
    """自某日起设定天数；已经开始的仍按原来的。Set a number of days from a day on."""
    with desk.session() as session:
        ask = SetPolicy(name, since.date(), days, basis, note)
        set_policy(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo("✓")


@policy.command("list")
@told
def policy_list(desk: Desk) -> None:
    """列出规则参数。The policies, the last first."""
    with desk.session() as session:
        for row in policies_of(Snapshot(session, None, desk.at.date())):
            click.echo(f"{label('policy.name', row.name, desk.language)}  {row.since}  {row.days}  {row.note or ''}")
