"""Matters, on the command line."""

from __future__ import annotations

import click

from registry.commands.next import tell_next
from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import PartialDate
from registry.queries.facts import matter_facts
from registry.queries.matter_page import FieldRow, matter_page
from registry.queries.matters import MatterFilter, matter_list
from registry.queries.snapshot import Snapshot
from registry.services.matters import OpenMatter, open_matter
from registry.services.moves import TakeStep, take_step
from registry.words import Language
from workflows import Title

VALUE = "填写内容，可重复：字段=内容 value of a field, may be repeated: name=text"


class Value(click.ParamType[tuple[str, str]]):
    """What is filled into one field: name=text."""

    name = "name=text"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split at the first sign of equality."""
        name, sign, text = str(value).partition("=")
        if not sign:
            raise click.BadParameter(f"{value}: 须写作 字段=内容 · write name=text", ctx, param)
        return name.strip(), text


@click.group()
def matter() -> None:
    """事务：督查、问题、提案、征求意见等。Matters of any procedure."""


@matter.command("open")
@click.argument("procedure")
@click.argument("title")
@click.option("--title-en", help="英文题名 title in English")
@click.option("--grouping", help="区域组织代码 grouping whose secretariat keeps it")
@click.option("--host", help="发起方代码 party that opens it")
@click.option("--lead", "leads", multiple=True, help="牵头方代码，可重复 lead, may be repeated")
@click.option("--join", "joins", multiple=True, help="参与方代码，可重复 joining party, may be repeated")
@click.option("--agreement", help="所涉协议编号 agreement it is about")
@click.option("--item", help="所涉事项编号 item it is about")
@click.option("--document", help="来源文件 document it comes from")
@click.option("--level", type=click.Choice(["public", "members", "parties"]), default="members", help="公开范围 level")
@click.option("--value", "values", type=Value(), multiple=True, help=VALUE)
@acting
@told
def matter_open(
    desk: Desk, procedure: str, title: str, title_en: str | None, grouping: str | None, host: str | None,
    leads: tuple[str, ...], joins: tuple[str, ...], agreement: str | None, item: str | None, document: str | None,
    level: str, values: tuple[tuple[str, str], ...], login_as: str,
) -> None:  # fmt: skip
    """按一个已发布的流程发起。Open a matter on a published procedure."""
    with desk.session() as session:
        ask = OpenMatter(
            procedure, title, title_en, grouping, host, leads, joins, agreement, item, document, level, dict(values)
        )
        click.echo(open_matter(session, desk.actor(session, login_as), ask, at=desk.at).number)


@matter.command("step")
@click.argument("number")
@click.argument("trigger")
@click.option("--value", "values", type=Value(), multiple=True, help=VALUE)
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--place", help="在依据中的位置 place in it")
@click.option("--reason", help="理由 reason")
@click.option("--effective", type=DATED, help="生效日期 when it took effect")
@acting
@told
def matter_step(
    desk: Desk, number: str, trigger: str, values: tuple[tuple[str, str], ...], basis: str | None, place: str | None,
    reason: str | None, effective: PartialDate | None, login_as: str,
) -> None:  # fmt: skip
    """办理一步。Take one step."""
    with desk.session() as session:
        ask = TakeStep("matter", number, trigger, basis, place, reason, effective, values=dict(values))
        click.echo(take_step(session, desk.actor(session, login_as), ask, at=desk.at).state)


@matter.command("show")
@click.argument("number")
@acting
@told
def matter_show(desk: Desk, number: str, login_as: str) -> None:
    """填写内容、下一步、为什么还不能办。Its fields, what can come next, and why not yet."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        page = matter_page(Snapshot(session, None, desk.at.date()), actor, number)
        titles = (page.row.procedure, page.row.state_title)
        click.echo(f"{number} {page.row.title_zh} · {' · '.join(_said(each, desk.language) for each in titles)}")
        for field in page.fields:
            click.echo(f"    {_said(field.title, desk.language)}: {_value(field, desk.language)}")
        tell_next(
            desk, session, matter_facts(session, page.id, actor, basis=True, reason=True, given=page.definition.fields)
        )


@matter.command("list")
@click.option("--procedure", help="流程代码 code of a procedure")
@click.option("--stage", type=click.Choice(["opened", "under_way", "closed", "ended"]), help="阶段 stage")
@click.option("--party", help="参与方代码 party")
@click.option("--page", type=click.IntRange(1), default=1, help="第几页，每页五十件 page of fifty")
@acting
@told
def matter_list_(
    desk: Desk, procedure: str | None, stage: str | None, party: str | None, page: int, login_as: str
) -> None:
    """列出事务。List matters."""
    with desk.session() as session:
        which = MatterFilter(procedure=procedure, stage=stage, party=party)
        found = matter_list(Snapshot(session, None, desk.at.date()), desk.actor(session, login_as), which, page=page)
        for row in found.rows:
            due = row.due.isoformat() if row.due else "—"
            click.echo(f"{row.number:<28} {_said(row.state_title, desk.language):<12} {due:<10} {row.title_zh}")


def _said(title: Title, language: Language) -> str:
    return title.en if language == "en" and title.en else title.zh


def _value(field: FieldRow, language: Language) -> str:
    if not field.values:
        return "—"
    last = field.values[0]
    if last.named:
        return f"{last.named.key} {last.named.title_zh}"
    if last.day:
        return last.day.en() if language == "en" else last.day.zh()
    hidden = "不公开" if language == "zh" else "not open to you"
    return (last.text.text if last.text else None) or hidden
