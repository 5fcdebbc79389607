"""One act of a party on the command line: the same door as the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from registry.commands.act_tables import acts
from registry.commands.root import DATED, Desk, acting, kept_file, told
from registry.domain.dates import UNKNOWN, PartialDate
from registry.models.agreements import AUTHORITIES
from registry.services.acts import KINDS, RecordAct, record_act

__all__ = ["acts"]


@acts.command("record")
@click.argument("agreement")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("party")
@click.option("--on", "done", type=DATED, required=True, help="作出日期 date of the act")
@click.option("--text", type=int, help="文本版本；不写：商定文本 version; default: the settled text")
@click.option("--received", type=DATED, default=UNKNOWN, help="交存日期 date of deposit")
@click.option("--registered", type=DATED, default=UNKNOWN, help="登记日期 date of registration")
@click.option("--takes-effect", type=DATED, default=UNKNOWN, help="起效日期 date of effect")
@click.option("--signer", help="签字人 signer")
@click.option("--post", "signer_post", help="签字人职务 post of the signer")
@click.option("--authority", type=click.Choice(AUTHORITIES), help="签字权限 authority")
@click.option("--basis", help="依据文件编号 document that tells of it")
@click.option("--clause", help="所涉条款 part of the text")
@click.option("--content", help="内容 its text")
@click.option("--valid-until", type=DATED, default=UNKNOWN, help="有效期至 valid until")
@click.option("--answers", type=int, help="所针对的行为 act answered")
@click.option("--predecessor", help="被继承方 predecessor")
@click.option("--ordinal", type=int, help="次序 order among acts of its kind")
@click.option("--reason", help="理由 reason")
@click.option("--scan", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="扫描件 scan")
@acting
@told
def acts_record(
    desk: Desk, agreement: str, kind: str, party: str, done: PartialDate, scan: Path | None, login_as: str, **more: Any
) -> None:
    """登记一方的缔约行为：批准、加入、保留、退出等。Record an act of a party: ratification, accession, reservation …"""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        evidence = kept_file(desk, session, actor, scan) if scan else None
        ask = RecordAct(agreement, kind, party, done, evidence=evidence, **more)
        click.echo(f"✓ {record_act(session, actor, ask, at=desk.at).id}")
