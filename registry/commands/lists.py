"""Annual lists, what items carry on, and who takes part in them, on the command line."""

from __future__ import annotations

from typing import TextIO

import click

from registry.commands.items import item
from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.list_lines import read_lines
from registry.models.base import LEVELS
from registry.models.items import LINEAGES
from registry.services.lineage import LinkItems, UnlinkItems, link_items, unlink_items
from registry.services.lists import AddList, AdoptVersion, add_list, adopt_version
from registry.services.participation import JoinItem, LeaveItem, join_item, opt_out


@click.group("list")
def list_() -> None:
    """年度重点项目表。Annual lists of key projects."""


@list_.command("add")
@click.argument("year", type=int)
@click.argument("title")
@click.option("--title-en", help="英文名称 title in English")
@click.option("--grouping", help="区域组织代码 grouping")
@click.option("--issuer", help="编制单位代码 party that keeps it")
@click.option("--level", type=click.Choice(LEVELS), default="members", show_default=True, help="公开范围 level")
@click.option("--note", help="附注 note")
@acting
@told
def list_add(
    desk: Desk, year: int, title: str, title_en: str | None, grouping: str | None, issuer: str | None, level: str,
    note: str | None, login_as: str,
) -> None:  # fmt: skip
    """新建一张年度表。Enter a list of one year."""
    with desk.session() as session:
        ask = AddList(title, year, grouping, issuer, title_en, level, note)
        click.echo(add_list(session, desk.actor(session, login_as), ask, at=desk.at).number)


@list_.command("adopt")
@click.argument("number")
@click.argument("rows", type=click.File(encoding="utf-8"))
@click.option("--adopted", type=DATED, default=UNKNOWN, help="通过日期 date of adoption")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--declared", type=int, help="文件称有几项 number of items that the document states")
@acting
@told
def list_adopt(
    desk: Desk, number: str, rows: TextIO, adopted: PartialDate, basis: str | None, declared: int | None, login_as: str
) -> None:
    """通过一版：ROWS 一行一个事项编号，可带大类和结转来源。Adopt a version; ROWS: one item a line, - reads standard input."""
    with desk.session() as session:
        ask = AdoptVersion(number, adopted, read_lines(rows.read()), basis, declared)
        click.echo(f"✓ {adopt_version(session, desk.actor(session, login_as), ask, at=desk.at).version}")


@item.command("link")
@click.argument("number")
@click.argument("earlier")
@click.argument("kind", type=click.Choice(LINEAGES))
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--note", help="附注 note")
@acting
@told
def item_link(
    desk: Desk, number: str, earlier: str, kind: str, basis: str | None, note: str | None, login_as: str
) -> None:
    """登记承接此前的哪一事项。Record which earlier item it carries on."""
    with desk.session() as session:
        link_items(session, desk.actor(session, login_as), LinkItems(number, earlier, kind, basis, note), at=desk.at)
        click.echo("✓")


@item.command("unlink")
@click.argument("number")
@click.argument("earlier")
@click.option("--reason", required=True, help="为何解除 reason")
@acting
@told
def item_unlink(desk: Desk, number: str, earlier: str, reason: str, login_as: str) -> None:
    """解除承接。Take such a link back."""
    with desk.session() as session:
        unlink_items(session, desk.actor(session, login_as), UnlinkItems(number, earlier, reason), at=desk.at)
        click.echo("✓")


@item.command("join")
@click.argument("number")
@click.argument("party")
@click.option("--since", type=DATED, default=UNKNOWN, help="自何时起，不写是今天 since; default: today")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@acting
@told
def item_join(desk: Desk, number: str, party: str, since: PartialDate, basis: str | None, login_as: str) -> None:
    """一方参加事项。Let a party join an item, or come back to it."""
    with desk.session() as session:
        join_item(session, desk.actor(session, login_as), JoinItem(number, party, since, basis), at=desk.at)
        click.echo("✓")


@item.command("opt-out")
@click.argument("number")
@click.argument("party")
@click.option("--reason", required=True, help="事由 reason")
@click.option("--since", type=DATED, default=UNKNOWN, help="自何时起，不写是今天 since; default: today")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@acting
@told
def item_opt_out(
    desk: Desk, number: str, party: str, reason: str, since: PartialDate, basis: str | None, login_as: str
) -> None:
    """一方不参加事项。Let a party take no part in an item."""
    with desk.session() as session:
        opt_out(session, desk.actor(session, login_as), LeaveItem(number, party, reason, since, basis), at=desk.at)
        click.echo("✓")
