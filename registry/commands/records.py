"""Documents, meetings, parties and groupings, on the command line."""

from __future__ import annotations

import click

from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import UNKNOWN, PartialDate
from registry.services import bodies, documents
from registry.services.bodies import AddGrouping, AddMember, AddParty, add_grouping, add_member, add_party
from registry.services.documents import AddDocument, add_document
from registry.services.meetings import AddMeeting, add_meeting


@click.group()
def document() -> None:
    """文件。Documents."""


@document.command("add")
@click.argument("title")
@click.option("--kind", type=click.Choice(documents.KINDS), required=True, help="类别 kind")
@click.option("--number", "document_number", help="发文字号，如 东政发〔2017〕66号 document number")
@click.option("--issuer", help="发文机关代码 code of the issuer")
@click.option("--issuer-name", help="登记簿以外的发文机关 issuer as printed, where the register has no such body")
@click.option("--signed", "signed_on", type=DATED, default=UNKNOWN, help="成文日期 date of the document")
@click.option("--level", type=click.Choice(["public", "members", "parties"]), default="members", help="公开范围 level")
@click.option("--note", help="附注 note")
@acting
@told
def document_add(
    desk: Desk, title: str, kind: str, document_number: str | None, issuer: str | None, issuer_name: str | None,
    signed_on: PartialDate, level: str, note: str | None, login_as: str,
) -> None:  # fmt: skip
    """登记一份文件的要素。Register the facts of a document."""
    with desk.session() as session:
        ask = AddDocument(title, kind, document_number, issuer, issuer_name, signed_on, level, note)
        added = add_document(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo(added.number)
        if added.document_number and added.document_number != document_number:
            click.echo(f"“{document_number}” → {added.document_number}", err=True)


@click.group()
def meeting() -> None:
    """会议。Meetings."""


class Edition(click.ParamType[tuple[str, int | None]]):
    """A series with its ordinal, hbyy-joint-conference:3, or without one where it is not known."""

    name = "series:n"

    def convert(
        self, value: str | tuple[str, int | None], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int | None]:
        """Cut at the colon."""
        if isinstance(value, tuple):
            return value
        series, _colon, ordinal = value.partition(":")
        if ordinal and not ordinal.isdecimal():
            self.fail(f"{value}: 届次须为整数 · the ordinal is a whole number", param, ctx)
        return series, int(ordinal) if ordinal else None


@meeting.command("add")
@click.argument("name")
@click.option("--name-en", help="英文名称 name in English")
@click.option("--held/--planned", default=True, help="已举行或计划中 held or planned")
@click.option("--on", "held_on", type=DATED, default=UNKNOWN, help="日期 date")
@click.option("--venue", help="地点代码 code of the place")
@click.option(
    "--edition",
    "editions",
    type=Edition(),
    multiple=True,
    help="系列代码:届次，暨可重复 series:ordinal, may be repeated",
)
@acting
@told
def meeting_add(
    desk: Desk, name: str, name_en: str | None, held: bool, held_on: PartialDate, venue: str | None,
    editions: tuple[tuple[str, int | None], ...], login_as: str,
) -> None:  # fmt: skip
    """登记一次会议。Register a meeting."""
    with desk.session() as session:
        ask = AddMeeting(name, name_en, held, held_on, venue, editions)
        click.echo(add_meeting(session, desk.actor(session, login_as), ask, at=desk.at).number)


@click.group()
def party() -> None:
    """成员。Parties."""


@party.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", help="英文名称 name in English")
@click.option("--kind", type=click.Choice(bodies.PARTY_KINDS), default="city", help="类别 kind")
@click.option("--province", help="省级单位 province-level unit")
@click.option("--gb-code", help="六位区划代码 GB/T 2260")
@click.option("--alias", "aliases", multiple=True, help="别名，可重复 another name, may be repeated")
@acting
@told
def party_add(
    desk: Desk, code: str, name: str, name_en: str | None, kind: str, province: str | None, gb_code: str | None,
    aliases: tuple[str, ...], login_as: str,
) -> None:  # fmt: skip
    """登记一个可以签署的单位。Enter a body that can sign."""
    with desk.session() as session:
        ask = AddParty(code, name, name_en, kind, province, gb_code, aliases)
        click.echo(add_party(session, desk.actor(session, login_as), ask, at=desk.at).code)


@click.group()
def grouping() -> None:
    """区域组织。Groupings."""


@grouping.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--name-en", help="英文名称 name in English")
@click.option("--kind", type=click.Choice(bodies.GROUPING_KINDS), default="cities", help="类别 kind")
@click.option("--declared", type=click.IntRange(1, 999), help="文件所称成员数 members that a document states")
@click.option("--alias", "aliases", multiple=True, help="别名，可重复 another name, may be repeated")
@acting
@told
def grouping_add(
    desk: Desk, code: str, name: str, name_en: str | None, kind: str, declared: int | None, aliases: tuple[str, ...],
    login_as: str,
) -> None:  # fmt: skip
    """登记一个区域组织，成员随后登记。Enter a grouping; its members follow."""
    with desk.session() as session:
        ask = AddGrouping(code, name, name_en, kind, declared, aliases)
        click.echo(add_grouping(session, desk.actor(session, login_as), ask, at=desk.at).code)


@grouping.command("member")
@click.argument("grouping")
@click.argument("party")
@click.option("--role", type=click.Choice(bodies.MEMBER_ROLES), default="member", help="角色 role")
@click.option("--since", type=DATED, default=UNKNOWN, help="自何时起 since when")
@acting
@told
def grouping_member(desk: Desk, grouping: str, party: str, role: str, since: PartialDate, login_as: str) -> None:
    """登记区域组织的一个成员。Enter a party as a member of a grouping."""
    with desk.session() as session:
        add_member(session, desk.actor(session, login_as), AddMember(grouping, party, role, since), at=desk.at)
    click.echo("✓")
