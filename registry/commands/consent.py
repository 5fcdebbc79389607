"""Consent, on the command line: put a step to others, answer for one's party, see what is asked."""

from __future__ import annotations

import click

from registry.commands.root import DATED, Desk, acting, told
from registry.domain.dates import PartialDate
from registry.models.rounds import ANSWERS
from registry.models.steps import SUBJECTS
from registry.queries.rounds import asked_of
from registry.services.consent import Answer, Propose, WithdrawProposal, answer, propose, withdraw
from registry.words import label


@click.group()
def consent() -> None:
    """征求同意。Consent."""


@consent.command("ask")
@click.argument("kind", type=click.Choice(SUBJECTS))
@click.argument("number")
@click.argument("trigger")
@click.option("--basis", help="依据文件编号或发文字号 basis document")
@click.option("--place", help="在依据中的位置 place in it")
@click.option("--reason", help="理由 reason")
@click.option("--effective", type=DATED, help="生效日期 when it takes effect")
@click.option("--into", help="并入的事项编号 item it is merged into")
@acting
@told
def consent_ask(
    desk: Desk, kind: str, number: str, trigger: str, basis: str | None, place: str | None, reason: str | None,
    effective: PartialDate | None, into: str | None, login_as: str,
) -> None:  # fmt: skip
    """提请各方同意，或提请另一人批准。Put a step to the parties, or to a second person."""
    with desk.session() as session:
        ask = Propose(kind, number, trigger, basis, place, reason, effective, into)
        click.echo(f"✓ {propose(session, desk.actor(session, login_as), ask, at=desk.at).id}")


@consent.command("answer")
@click.argument("proposal", type=int)
@click.argument("party")
@click.argument("answer_", metavar="ANSWER", type=click.Choice(ANSWERS))
@click.option("--reason", help="理由 reason")
@click.option("--content", help="所见内容的 SHA-256 what you saw, as the list tells it")
@acting
@told
def consent_answer(
    desk: Desk, proposal: int, party: str, answer_: str, reason: str | None, content: str | None, login_as: str
) -> None:
    """代表本方表态。Answer for one's party."""
    with desk.session() as session:
        ask = Answer(proposal, party, answer_, reason, content)
        vote = answer(session, desk.actor(session, login_as), ask, at=desk.at)
        click.echo(f"✓ {label('vote.standing', vote.standing, desk.language)}")


@consent.command("withdraw")
@click.argument("proposal", type=int)
@acting
@told
def consent_withdraw(desk: Desk, proposal: int, login_as: str) -> None:
    """撤回提请。Withdraw what was put forward."""
    with desk.session() as session:
        withdraw(session, desk.actor(session, login_as), WithdrawProposal(proposal), at=desk.at)
        click.echo("✓")


@consent.command("list")
@acting
@told
def consent_list(desk: Desk, login_as: str) -> None:
    """待本方表态和仍可更改的。What one's parties are asked, and what they may still answer otherwise."""
    with desk.session() as session:
        for each in asked_of(session, desk.actor(session, login_as)):
            said = label("vote.answer", each.answer, desk.language) if each.answer else "—"
            title = each.round.title.en if desk.language == "en" and each.round.title.en else each.round.title.zh
            click.echo(
                f"{each.round.id:>5}  {each.party.key}  {said}  {each.due_on or '—'}  {each.subject.key}  {title}  {each.round.content}"
            )
