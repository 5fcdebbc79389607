"""The history on the command line: tallies, verification, export."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import BinaryIO

import click

from registry.commands.root import Desk, acting, told
from registry.db import begin_write
from registry.documents.changes_csv import changes_csv
from registry.ledger.search import rebuild
from registry.ledger.verify import verify as verify_ledger
from registry.permissions import require, the_register
from registry.queries.history import changes_of_period
from registry.queries.snapshot import Snapshot, day_asked, known_entry
from registry.queries.tallies import check as tally
from registry.services.days import date_of

DAY = click.DateTime(["%Y-%m-%d"])
known = click.option("--known", help="截至何时已登记：日期、时刻或登记号 as recorded by: date, moment or entry")
on = click.option("--on", help="哪一天的情况 as things were on a day")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@known
@on
@told
def check(desk: Desk, as_json: bool, known: str | None, on: str | None) -> None:
    """清点登记内容（不含示例），并与文件所称数字对照。Count the records, samples left out, beside what documents claim."""
    with desk.session() as session:
        entry = known_entry(session, known, desk.config.zone)
        snapshot = Snapshot(session, entry, date_of(session, desk.at), day_asked(on))
        found = tally(snapshot, the_register("command"))
    if as_json:
        click.echo(json.dumps({each.key: each.count for each in found.tallies}, ensure_ascii=False, indent=2))
        return
    for each in found.tallies:
        click.echo(f"{each.count:>8}  {each.zh} · {each.en}")
    for claim in found.claims:
        counted = "—" if claim.gap.counted is None else claim.gap.counted
        click.echo(
            f"{claim.code}  {claim.gap.approx or ''}{claim.gap.claimed} / {counted}  {claim.what_zh} · {claim.what_en or ''}"
        )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
@click.option("--expect", help="曾见过的 SIZE:ROOT，核对日志仍以它开头 a size and root seen before")
@told
def verify(desk: Desk, as_json: bool, expect: str | None) -> None:
    """重放全部变更并与现有数据逐行比对。Replay the history and compare it with the register, row by row."""
    size, _, root = (expect or "").partition(":")
    if expect and not (size.isdigit() and len(root) == 64):
        raise click.BadParameter("SIZE:ROOT", param_hint="--expect")
    with desk.session() as session:
        verdict = verify_ledger(session, size=int(size) if expect else None, root=root or None)
    if as_json:
        click.echo(json.dumps(asdict(verdict), ensure_ascii=False, indent=2))
    else:
        for finding in verdict.findings:
            click.echo(f"✗ {finding.table} {finding.key} {finding.column}: {finding.what}")
        mark = "✗" if verdict.findings else "✓"
        click.echo(f"{mark} {verdict.size}:{verdict.root}  {len(verdict.findings)} 处不符 differences")
    if verdict.findings:
        raise SystemExit(1)


@click.group()
def history() -> None:
    """变更史。The history of changes."""


@history.command("export")
@click.option("--from", "first", type=DAY, required=True, help="第一天 first day")
@click.option("--until", "last", type=DAY, required=True, help="最后一天 last day")
@click.option("--out", type=click.File("wb"), default="-", help="文件 file")
@known
@on
@acting
@told
def history_export(
    desk: Desk, first: datetime, last: datetime, out: BinaryIO, known: str | None, on: str | None, login_as: str
) -> None:
    """导出一段时期的全部变更（CSV）。Export all changes of a period as CSV."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        require(actor, "history:export")
        entry, day = known_entry(session, known, desk.config.zone), day_asked(on)
        rows = changes_of_period(session, actor, first.date(), last.date(), zone=desk.config.zone, known=entry, on=day)
        for piece in changes_csv(rows, desk.language):
            out.write(piece)


@click.command()
@told
def reindex(desk: Desk) -> None:
    """重建检索索引。Make the search index anew from the records."""
    with desk.session() as session:
        count = rebuild(begin_write(session))
        session.commit()
    click.echo(f"✓ {count} 行 rows")
