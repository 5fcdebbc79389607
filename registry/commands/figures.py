"""Targets, observations, lanes and lamps of items, on the command line."""

from __future__ import annotations

from datetime import date, datetime

import click

from registry.commands.corrections import ISO_DAY, policy
from registry.commands.items import item
from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import PartialDate
from registry.domain.lamps import shipped
from registry.domain.schedule import COMPARATORS, PERIODS
from registry.models.items import LAMPS, LANES
from registry.services.days import date_of
from registry.services.lamps import (
    ChooseLampPolicy,
    OverrideLamp,
    RestoreLamp,
    choose_lamp_policy,
    override_lamp,
    restore_lamp,
)
from registry.services.lanes import SetLane, set_lane
from registry.services.targets import (
    AddObservation,
    AnnulObservation,
    SetTarget,
    add_observation,
    annul_observation,
    set_target,
)

__all__ = ["item"]


@item.command("target")
@click.argument("number")
@click.argument("metric")
@click.argument("comparator", type=click.Choice(COMPARATORS))
@click.argument("value", required=False)
@click.option("--until", help="范围上限 upper end of a range")
@click.option("--unit", help="单位 unit")
@click.option("--base", help="比较基准 what it is measured against")
@click.option("--period", type=click.Choice(PERIODS), default="unspecified", help="期限类型 kind of period")
@click.option("--year", type=int, help="年份 year to reach it by")
@click.option("--from", "horizon_from", type=int, help="起算年 first year of a horizon")
@click.option("--years", "horizon_years", help="年限，如 5 或 3-5 years of a horizon")
@click.option("--force", help="措辞，如 确保 force of words")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@acting
@told
def item_target(
    desk: Desk, number: str, metric: str, comparator: str, value: str | None, until: str | None, unit: str | None,
    base: str | None, period: str, year: int | None, horizon_from: int | None, horizon_years: str | None, force: str | None,
    basis: str | None, login_as: str,
) -> None:  # fmt: skip
    """登记量化目标，打印它的序号。Set a target; prints its position."""
    with desk.session() as session:
        ask = SetTarget(
            number, metric, comparator, value, until, unit, period, year, horizon_from, horizon_years, base, force, basis=basis
        )  # fmt: skip
        click.echo(set_target(session, desk.actor(session, login_as), ask, at=desk.at).position)


@item.command("observe")
@click.argument("number")
@click.argument("target", type=int)
@click.argument("value", required=False)
@click.option("--as-of", type=DATED, required=True, help="截至 day it speaks of")
@click.option("--until", help="范围上限 upper end of a range")
@click.option("--reached/--not-reached", default=None, help="节点是否完成 of a milestone")
@click.option("--basis", help="来源文件编号或发文字号 source document")
@click.option("--source", help="出处 place in it, or what it is")
@acting
@told
def item_observe(
    desk: Desk, number: str, target: int, value: str | None, as_of: PartialDate, until: str | None, reached: bool | None,
    basis: str | None, source: str | None, login_as: str,
) -> None:  # fmt: skip
    """登记目标的观测值，打印它的编号。Record what a target has reached; prints its id."""
    with desk.session() as session:
        ask = AddObservation(number, target, as_of, value, until, reached, basis, source)
        click.echo(add_observation(session, desk.actor(session, login_as), ask, at=desk.at).id)


@item.command("annul-observation")
@click.argument("number")
@click.argument("observation", type=int)
@acting
@told
def item_annul_observation(desk: Desk, number: str, observation: int, login_as: str) -> None:
    """撤销观测值。Annul an observation."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        annul_observation(session, actor, AnnulObservation(number, observation), at=desk.at)
        click.echo("✓")


@item.command("lane")
@click.argument("number")
@click.argument("lane", type=click.Choice(LANES))
@click.option("--effective", type=DATED, help="自何时起 since when; default: today")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@acting
@told
def item_lane(
    desk: Desk, number: str, lane: str, effective: PartialDate | None, basis: str | None, login_as: str
) -> None:
    """确定调度分类。Put an item into a dispatch lane."""
    with desk.session() as session:
        set_lane(session, desk.actor(session, login_as), SetLane(number, lane, effective, basis), at=desk.at)
        click.echo("✓")


@item.command("lamp")
@click.argument("number")
@click.argument("colour", type=click.Choice((*LAMPS, "rules")))
@click.option("--basis", required=True, help="依据文件编号或发文字号 basis document")
@click.option("--reason", default="", help="事由 reason")
@acting
@told
def item_lamp(desk: Desk, number: str, colour: str, basis: str, reason: str, login_as: str) -> None:
    """由人决定亮灯；rules 恢复按规则。Decide the lamp of an item; rules: follow the rules again."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        if colour == "rules":
            restore_lamp(session, actor, RestoreLamp(number, basis), at=desk.at)
        else:
            override_lamp(session, actor, OverrideLamp(number, colour, basis, reason), at=desk.at)
        click.echo("✓")


@policy.command("lamps")
@click.argument("slug", type=click.Choice(tuple(shipped())))
@click.option("--since", type=ISO_DAY, help="自何日起 first day; default: today")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--note", help="附注 note")
@acting
@told
def policy_lamps(
    desk: Desk, slug: str, since: datetime | None, basis: str | None, note: str | None, login_as: str
) -> None:
    """选用亮灯规则。Choose the rules for lamps from a day on."""
    with desk.session() as session:
        first: date = since.date() if since else date_of(session, desk.at)
        ask = ChooseLampPolicy(slug, first, basis, note)
        choose_lamp_policy(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo(f"{slug}  {first.isoformat()}")
