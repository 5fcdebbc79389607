"""Items and reports, on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from registry.commands.next import tell_next_of
from registry.commands.root import DATED, Desk, acting, kept_file, told
from registry.domain.dates import PartialDate
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.items import AddItem, RecordMechanism, add_item, record_mechanism
from registry.services.moves import TakeStep, take_step
from registry.services.reports import REPORTED, FileReport, ReleaseReport, file_report, release_report


@click.group()
def item() -> None:
    """合作事项。Items."""


@item.command("add")
@click.argument("agreement")
@click.argument("title")
@click.option("--title-en", help="英文题名 title in English")
@click.option("--field", type=int, help="合作领域序号 position of the field")
@click.option("--lead", "leads", multiple=True, help="牵头方代码，可重复 lead, may be repeated")
@click.option("--join", "joins", multiple=True, help="参与方代码，可重复 joining party, may be repeated")
@acting
@told
def item_add(
    desk: Desk, agreement: str, title: str, title_en: str | None, field: int | None,
    leads: tuple[str, ...], joins: tuple[str, ...], login_as: str,
) -> None:  # fmt: skip
    """登记一项合作意向。Enter an item as intent."""
    with desk.session() as session:
        ask = AddItem(agreement, title, title_en, field, leads, joins)
        click.echo(add_item(session, desk.actor(session, login_as), ask, at=desk.at).number)


@item.command("next")
@click.argument("number")
@acting
@told
def item_next(desk: Desk, number: str, login_as: str) -> None:
    """下一步可办什么、为什么还不能办。What can come next, and why not yet."""
    tell_next_of(desk, "item", number, login_as)


@item.command("step")
@click.argument("number")
@click.argument("trigger")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--place", help="在依据中的位置 place in it")
@click.option("--reason", help="理由 reason")
@click.option("--effective", type=DATED, help="生效日期 when it took effect")
@click.option("--into", help="并入的事项编号 item it is merged into")
@acting
@told
def item_step(
    desk: Desk, number: str, trigger: str, basis: str | None, place: str | None, reason: str | None,
    effective: PartialDate | None, into: str | None, login_as: str,
) -> None:  # fmt: skip
    """推进一步。Take one step."""
    with desk.session() as session:
        ask = TakeStep("item", number, trigger, basis, place, reason, effective, into)
        click.echo(take_step(session, desk.actor(session, login_as), ask, at=desk.at).state)


@item.command("evidence")
@click.argument("number")
@click.argument("type")
@click.option("--document", help="文件编号或发文字号 document")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="文件 file")
@click.option("--note", help="说明 note")
@acting
@told
def item_evidence(
    desk: Desk, number: str, type: str, document: str | None, file: Path | None, note: str | None, login_as: str
) -> None:
    """提交佐证材料，类别见其流程，如 consensus、conditions、result。Show a paper of a type that its procedure names."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        sha256 = kept_file(desk, session, actor, file) if file else None
        show_evidence(session, actor, ShowEvidence("item", number, type, document, sha256, note), at=desk.at)
        click.echo("✓")


@item.command("mechanism")
@click.argument("number")
@click.argument("name")
@click.option("--kind", required=True, help="机制类别 kind")
@click.option("--keeper", required=True, help="维护方代码 keeper")
@click.option("--review", "review_on", type=DATED, required=True, help="复核日期 review date")
@click.option("--document", help="依据文书 instrument")
@acting
@told
def item_mechanism(
    desk: Desk,
    number: str,
    name: str,
    kind: str,
    keeper: str,
    review_on: PartialDate,
    document: str | None,
    login_as: str,
) -> None:
    """登记长效机制。Record the long-term mechanism."""
    with desk.session() as session:
        ask = RecordMechanism(number, kind, name, keeper, review_on, document=document)
        record_mechanism(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo("✓")


@click.group()
def report() -> None:
    """进展报告。Reports."""


@report.command("file")
@click.argument("number")
@click.argument("party")
@click.argument("grade", type=click.Choice(REPORTED))
@click.option("--as-of", type=DATED, required=True, help="截至 day it speaks of")
@click.option("--progress", required=True, help="进展情况 progress")
@click.option("--problem", help="存在问题 problem")
@click.option("--next-step", help="下一步计划 next step")
@click.option("--release", is_flag=True, help="同时公开文字 release the words, too")
@acting
@told
def report_file(
    desk: Desk, number: str, party: str, grade: str, as_of: PartialDate, progress: str, problem: str | None,
    next_step: str | None, release: bool, login_as: str,
) -> None:  # fmt: skip
    """报送进展、问题和下一步。Report progress, problem and next step."""
    with desk.session() as session:
        ask = FileReport(number, party, as_of, grade, progress, problem, next_step, release)
        click.echo(f"✓ {file_report(session, desk.actor(session, login_as), ask, at=desk.at).id}")


@report.command("release")
@click.argument("number")
@click.argument("report_id", type=int)
@acting
@told
def report_release(desk: Desk, number: str, report_id: int, login_as: str) -> None:
    """公开一份报告的文字。Release the words of a report."""
    with desk.session() as session:
        release_report(session, desk.actor(session, login_as), ReleaseReport(number, report_id), at=desk.at)
        click.echo("✓")
