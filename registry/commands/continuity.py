"""Bodies through time on the command line: other names, mergers, splits, ends; members that leave; leads; records that are one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from registry.commands.items import item
from registry.commands.records import grouping, party
from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import PartialDate
from registry.errors import Reason, Refused
from registry.queries.expansion import expand
from registry.queries.same_as import MODELS
from registry.queries.snapshot import Snapshot
from registry.services import bodies
from registry.services.bodies import AddAlias, add_alias
from registry.services.continuity import (
    AlterBody,
    EndBody,
    Happened,
    MergeBodies,
    SplitBody,
    alter_body,
    end_body,
    merge_bodies,
    split_body,
)
from registry.services.days import date_of
from registry.services.leads import PassLead, pass_lead
from registry.services.memberships import ChangeRole, EndMember, change_role, end_member
from registry.services.same_as import DecideSame, decide_same, undo_same

Function = Callable[..., Any]


def happening(function: Function) -> Function:
    """The options of an event: its day and its basis."""
    for option in (
        click.option("--basis-note", help="依据条款，或是什么文件 place in it, or what it is"),
        click.option("--basis", help="依据文件 number of the basis document"),
        click.option("--on", type=DATED, required=True, help="自何时起 day it took effect"),
    ):
        function = option(function)
    return function


@party.command("alter")
@click.argument("code")
@click.option("--name", help="新名称 new name")
@click.option("--name-en", help="英文名称 name in English")
@click.option("--kind", type=click.Choice(bodies.PARTY_KINDS), help="级别 level")
@click.option("--gb-code", help="六位区划代码 GB/T 2260")
@happening
@acting
@told
def party_alter(
    desk: Desk, code: str, name: str | None, name_en: str | None, kind: str | None, gb_code: str | None, on: PartialDate,
    basis: str | None, basis_note: str | None, login_as: str,
) -> None:  # fmt: skip
    """更名、变更级别或代码。Record another name, level or code."""
    with desk.session() as session:
        ask = AlterBody(code, Happened(on, basis, basis_note), name, name_en, kind, gb_code)
        click.echo(alter_body(session, desk.actor(session, login_as), ask, at=desk.at).kind)


@party.command("merge")
@click.argument("into")
@click.argument("others", nargs=-1, required=True)
@happening
@acting
@told
def party_merge(
    desk: Desk,
    into: str,
    others: tuple[str, ...],
    on: PartialDate,
    basis: str | None,
    basis_note: str | None,
    login_as: str,
) -> None:
    """其他单位并入 INTO。Record that others went into one."""
    with desk.session() as session:
        ask = MergeBodies(into, others, Happened(on, basis, basis_note))
        merge_bodies(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


@party.command("split")
@click.argument("code")
@click.argument("into", nargs=-1, required=True)
@click.option("--ends", is_flag=True, help="原单位同时撤销 it ends with that")
@happening
@acting
@told
def party_split(
    desk: Desk, code: str, into: tuple[str, ...], ends: bool, on: PartialDate, basis: str | None, basis_note: str | None,
    login_as: str,
) -> None:  # fmt: skip
    """从 CODE 分设其他单位。Record that bodies were made out of one."""
    with desk.session() as session:
        ask = SplitBody(code, into, ends, Happened(on, basis, basis_note))
        split_body(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


@party.command("end")
@click.argument("code")
@happening
@acting
@told
def party_end(desk: Desk, code: str, on: PartialDate, basis: str | None, basis_note: str | None, login_as: str) -> None:
    """单位撤销。Record that a body ceased to be."""
    with desk.session() as session:
        ask = EndBody(code, Happened(on, basis, basis_note))
        end_body(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


def scoped(function: Function) -> Function:
    """The options of where an alias holds."""
    kinds = click.Choice(bodies.PARTY_KINDS)
    kind = click.option(
        "--issuer-kind", type=kinds, help="只在这一类机关的文件中 only in papers of this kind of issuer"
    )
    return kind(click.option("--issuer", help="只在这一机关的文件中 only in this issuer's papers")(function))


@party.command("alias")
@click.argument("code")
@click.argument("text")
@scoped
@acting
@told
def party_alias(desk: Desk, code: str, text: str, issuer: str | None, issuer_kind: str | None, login_as: str) -> None:
    """登记单位的别名。Enter another name of a body."""
    with desk.session() as session:
        ask = AddAlias(text, code, None, issuer, issuer_kind)
        add_alias(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


@grouping.command("alias")
@click.argument("code")
@click.argument("text")
@scoped
@acting
@told
def grouping_alias(
    desk: Desk, code: str, text: str, issuer: str | None, issuer_kind: str | None, login_as: str
) -> None:
    """登记区域组织的别名。Enter another name of a grouping."""
    with desk.session() as session:
        ask = AddAlias(text, None, code, issuer, issuer_kind)
        add_alias(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


@party.command("named")
@click.argument("name")
@click.option("--issuer", help="文件的发文机关 code of the document's issuer")
@click.option("--grouping", help="文件所属的区域组织 code of the grouping whose document it is")
@click.option("--on", type=DATED, help="哪一天；默认今天 as of which day; today unless told")
@told
def party_named(desk: Desk, name: str, issuer: str | None, grouping: str | None, on: PartialDate | None) -> None:
    """文件中的名称指谁；各成员城市展开为当日的成员。Whom a name in a document means; a grouping's members as of a day."""
    with desk.session() as session:
        today = date_of(session, desk.at)
        day = (on.last_day() if on else None) or today
        reading = expand(Snapshot(session, None, today), name, day, issuer=issuer, grouping=grouping)
        if reading.value is None:
            raise Refused(Reason(str(reading.reason), {"value": name}))
        for each in reading.value:
            click.echo(f"{each.key}  {each.title_zh}")


@grouping.command("role")
@click.argument("grouping")
@click.argument("party")
@click.argument("role", type=click.Choice(bodies.MEMBER_ROLES))
@click.option("--since", type=DATED, required=True, help="自何时起 since when")
@acting
@told
def grouping_role(desk: Desk, grouping: str, party: str, role: str, since: PartialDate, login_as: str) -> None:
    """变更成员的角色。Give a member another role."""
    with desk.session() as session:
        change_role(session, desk.actor(session, login_as), ChangeRole(grouping, party, role, since), at=desk.at)
    click.echo("✓")


@grouping.command("leave")
@click.argument("grouping")
@click.argument("party")
@click.option("--until", type=DATED, required=True, help="到何时止 last day")
@click.option("--reason", required=True, help="事由 reason")
@acting
@told
def grouping_leave(desk: Desk, grouping: str, party: str, until: PartialDate, reason: str, login_as: str) -> None:
    """登记成员退出。Record that a member left."""
    with desk.session() as session:
        end_member(session, desk.actor(session, login_as), EndMember(grouping, party, until, reason), at=desk.at)
    click.echo("✓")


@item.command("lead")
@click.argument("number")
@click.argument("parties", nargs=-1, required=True)
@click.option("--department", help="第一牵头方的部门 department of the first")
@click.option("--basis", help="依据文件 number of the basis document")
@click.option("--reason", help="事由 reason")
@acting
@told
def item_lead(
    desk: Desk, number: str, parties: tuple[str, ...], department: str | None, basis: str | None, reason: str | None,
    login_as: str,
) -> None:  # fmt: skip
    """移交事项牵头。Pass the lead of an item."""
    with desk.session() as session:
        ask = PassLead(number, parties, department, basis, reason)
        pass_lead(session, desk.actor(session, login_as), ask, at=desk.at)
    click.echo("✓")


@click.group()
def same() -> None:
    """同一记录的认定。Records that turn out to be one."""


@same.command("decide")
@click.argument("kind", type=click.Choice(sorted(MODELS)))
@click.argument("kept")
@click.argument("duplicate")
@click.option("--reason", required=True, help="为什么是同一个 why they are one")
@click.option("--basis", help="依据文件 number of the basis document")
@acting
@told
def same_decide(
    desk: Desk, kind: str, kept: str, duplicate: str, reason: str, basis: str | None, login_as: str
) -> None:
    """认定为同一记录：KEPT 保留，引用移过来。Decide that two records are one; KEPT stays."""
    with desk.session() as session:
        ask = DecideSame(kind, kept, duplicate, reason, basis)
        done = decide_same(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo(f"{done.same_as.id}  {done.moved}/{done.moved + done.left}")


@same.command("undo")
@click.argument("decision", type=int)
@click.option("--reason", required=True, help="事由 reason")
@acting
@told
def same_undo(desk: Desk, decision: int, reason: str, login_as: str) -> None:
    """撤销同一认定。Undo a decision."""
    with desk.session() as session:
        undo_same(session, desk.actor(session, login_as), decision, reason, at=desk.at)
    click.echo("✓")
