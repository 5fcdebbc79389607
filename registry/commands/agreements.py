"""Agreements and signatures, on the command line."""

from __future__ import annotations

from pathlib import Path

import click

from registry.commands.next import tell_next_of
from registry.commands.root import DATED, Desk, acting, kept_file, told
from registry.domain.dates import PartialDate
from registry.services.agreements import (
    AddText,
    CreateAgreement,
    add_text,
    create_agreement,
)
from registry.services.moves import TakeStep, take_step
from registry.services.signatures import (
    AnnulAct,
    AnswerAct,
    DeclineSignature,
    LogSignature,
    annul_act,
    answer_act,
    decline_signature,
    log_signature,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def agreement() -> None:
    """协议。Agreements."""


@agreement.command("create")
@click.argument("title")
@click.option("--title-en", help="英文题名 title in English")
@click.option("--kind", default="framework_agreement", help="类别 kind")
@click.option("--grouping", help="区域组织代码 grouping")
@click.option("--year", type=click.IntRange(1900, 2999), help="年份 year of its number")
@click.option("--party", "parties", multiple=True, help="签署方代码，可重复 party, may be repeated")
@click.option("--host", help="主办方（保存方）代码 host and depositary")
@click.option("--level", type=click.Choice(["public", "members", "parties"]), default="members", help="公开范围 level")
@acting
@told
def agreement_create(
    desk: Desk, title: str, title_en: str | None, kind: str, grouping: str | None, year: int | None,
    parties: tuple[str, ...], host: str | None, level: str, login_as: str,
) -> None:  # fmt: skip
    """登记一份拟签协议。Enter an agreement that is planned."""
    with desk.session() as session:
        ask = CreateAgreement(title, kind, parties, title_en, grouping, year, host, level=level)
        click.echo(create_agreement(session, desk.actor(session, login_as), ask, at=desk.at).number)


@agreement.command("text")
@click.argument("number")
@click.argument("file", type=FILE)
@click.option("--language", default="zh-Hans", help="作准语言 authentic language, BCP 47")
@acting
@told
def agreement_text(desk: Desk, number: str, file: Path, language: str, login_as: str) -> None:
    """登记文本版本，以文件哈希为准。Register a version of the text by the hash of its file."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        sha256 = kept_file(desk, session, actor, file)
        add_text(session, actor, AddText(number, sha256, language), at=desk.at)
    click.echo(sha256)


@agreement.command("next")
@click.argument("number")
@acting
@told
def agreement_next(desk: Desk, number: str, login_as: str) -> None:
    """下一步可办什么、为什么还不能办。What can come next, and why not yet."""
    tell_next_of(desk, "agreement", number, login_as)


@agreement.command("move")
@click.argument("number")
@click.argument("trigger")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--reason", help="理由 reason")
@click.option("--effective", type=DATED, help="生效日期 when it took effect")
@acting
@told
def agreement_move(
    desk: Desk,
    number: str,
    trigger: str,
    basis: str | None,
    reason: str | None,
    effective: PartialDate | None,
    login_as: str,
) -> None:
    """办理一步：起草、征求意见、商定文本、开放签署、生效等。Take a step: draft, consult, settle, open, enter into force …"""
    with desk.session() as session:
        ask = TakeStep("agreement", number, trigger, basis, reason=reason, effective=effective)
        click.echo(take_step(session, desk.actor(session, login_as), ask, at=desk.at).state)


@click.group()
def signature() -> None:
    """签署。Signatures."""


@signature.command("log")
@click.argument("number")
@click.argument("party")
@click.option("--on", "signed_on", type=DATED, required=True, help="签署日期 date of signature")
@click.option("--text", required=True, help="所签文本的 SHA-256 hash of the text that was signed")
@click.option("--signer", help="签字人 signer")
@click.option("--post", help="签字人职务 post of the signer")
@click.option("--scan", type=FILE, help="扫描件 scan")
@acting
@told
def signature_log(
    desk: Desk, number: str, party: str, signed_on: PartialDate, text: str, signer: str | None, post: str | None,
    scan: Path | None, login_as: str,
) -> None:  # fmt: skip
    """登记一方的签署。Log the signature of one party."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        evidence = kept_file(desk, session, actor, scan) if scan else None
        ask = LogSignature(number, party, signed_on, text, signer, post, evidence)
        click.echo(f"✓ {log_signature(session, actor, ask, at=desk.at).id}")


@signature.command("decline")
@click.argument("number")
@click.argument("party")
@click.option("--on", "declined_on", type=DATED, required=True, help="日期 date")
@click.option("--reason", required=True, help="理由 reason")
@acting
@told
def signature_decline(
    desk: Desk, number: str, party: str, declined_on: PartialDate, reason: str, login_as: str
) -> None:
    """登记一方不签署及其理由。Record that a party declines, and why."""
    with desk.session() as session:
        ask = DeclineSignature(number, party, declined_on, reason)
        click.echo(f"✓ {decline_signature(session, desk.actor(session, login_as), ask, at=desk.at).id}")


@signature.command("answer")
@click.argument("number")
@click.argument("act", type=int)
@click.option("--confirm/--object", "confirmed", required=True, help="确认或提出异议 confirm or object")
@click.option("--reason", help="异议理由 reason of an objection")
@acting
@told
def signature_answer(desk: Desk, number: str, act: int, confirmed: bool, reason: str | None, login_as: str) -> None:
    """对主办方代登的签署表示确认或异议。Confirm, or object to, what the host logged."""
    with desk.session() as session:
        ask = AnswerAct(number, act, confirmed, reason)
        click.echo(f"✓ {answer_act(session, desk.actor(session, login_as), ask, at=desk.at).confirmation}")


@signature.command("annul")
@click.argument("number")
@click.argument("act", type=int)
@click.option("--reason", required=True, help="错在哪里 what was wrong")
@acting
@told
def signature_annul(desk: Desk, number: str, act: int, reason: str, login_as: str) -> None:
    """撤销一条错误登记；原记录保留。Annul a wrong entry; it stays, marked."""
    with desk.session() as session:
        annul_act(session, desk.actor(session, login_as), AnnulAct(number, act, reason), at=desk.at)
        click.echo("✓")
