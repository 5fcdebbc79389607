"""People and their roles, on the command line."""

from __future__ import annotations

import secrets
from datetime import datetime

import click

from registry.commands.root import Desk, acting, told
from registry.models.people import ROLES
from registry.services.people import (
    AddPerson,
    GrantRole,
    RedeemToken,
    add_person,
    grant_role,
    redeem_token,
    reset_password,
)


@click.group()
def person() -> None:
    """人员账号。Accounts."""


@person.command("first")
@click.argument("login")
@click.option("--token", required=True, help="registry init 给出的一次性口令 token that init printed")
@click.option("--name", required=True, help="姓名 name")
@click.option("--post", default="系统管理员", help="职务 post")
@told
def person_first(desk: Desk, login: str, token: str, name: str, post: str) -> None:
    """用一次性口令设立首位管理员。Make the first administrator."""
    password = secrets.token_urlsafe(12)
    with desk.session() as session:
        redeem_token(session, RedeemToken(token, login, name, post, password), at=desk.at)
    _show_password(login, password)


@person.command("add")
@click.argument("login")
@click.option("--name", required=True, help="姓名 name")
@click.option("--post", required=True, help="职务 post")
@click.option("--party", help="所属成员代码 code of the party")
@click.option("--person-lang", default="zh", type=click.Choice(["zh", "en"]), help="界面语言 language of the pages")
@acting
@told
def person_add(
    desk: Desk, login: str, name: str, post: str, party: str | None, person_lang: str, login_as: str
) -> None:
    """新增账号；口令只显示这一次。Add an account; its password is shown once."""
    password = secrets.token_urlsafe(12)
    with desk.session() as session:
        ask = AddPerson(login, name, post, password, party, person_lang)
        add_person(session, desk.actor(session, login_as), ask, at=desk.at)
    _show_password(login, password)


@person.command("reset")
@click.argument("login")
@acting
@told
def person_reset(desk: Desk, login: str, login_as: str) -> None:
    """重设口令并结束其会话。Set a new password and end the person's sessions."""
    password = secrets.token_urlsafe(12)
    with desk.session() as session:
        reset_password(session, desk.actor(session, login_as), login, password, at=desk.at)
    _show_password(login, password)


@click.command()
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--party", help="联络员、查看者的成员代码 code of the party of an officer or viewer")
@click.option("--grouping", help="秘书处的区域组织代码 code of the grouping of a secretariat")
@click.option("--until", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="截止时刻 end, with its zone")
@acting
@told
def grant(
    desk: Desk, login: str, role: str, party: str | None, grouping: str | None, until: datetime | None, login_as: str
) -> None:
    """授予角色。Give a role."""
    with desk.session() as session:
        grant_role(
            session,
            desk.actor(session, login_as),
            GrantRole(login, role, party, grouping, until),
            at=desk.at,
        )
    click.echo(f"✓ {login}: {role} {party or grouping or ''}".rstrip())


def _show_password(login: str, password: str) -> None:
    click.echo(f"✓ {login}")
    click.echo(f"口令 password: {password}")
