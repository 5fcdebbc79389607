"""Texts of agreements and relations between agreements, on the command line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click

from registry.commands.root import DATED, Desk, acting, kept_file, told
from registry.domain.dates import UNKNOWN, PartialDate
from registry.models.agreements import FILE_KINDS, RELATIONS
from registry.queries.snapshot import Snapshot
from registry.queries.texts import text_page
from registry.services.days import date_of
from registry.services.relations import AddRelation, EndRelation, add_relation, end_relation
from registry.services.texts import (
    KEPT,
    AddAmendment,
    AddTextFile,
    RecordCustody,
    SetClause,
    add_amendment,
    add_text_file,
    record_custody,
    set_clause,
)
from registry.words import label

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
of_version = click.option("--version", type=int, default=1, show_default=True, help="文本序号 number of the text")
in_language = click.option("--language", default="zh-Hans", help="语言 language, BCP 47")


@click.group()
def text() -> None:
    """文本：修订、生效条款、其他文件、保管。Texts: amendments, clause, other files, custody."""


@text.command("amend")
@click.argument("number")
@click.argument("title")
@click.argument("file", type=FILE)
@click.option("--title-en", help="英文名称 title in English")
@in_language
@acting
@told
def amend(desk: Desk, number: str, title: str, file: Path, title_en: str | None, language: str, login_as: str) -> None:
    """登记修订，输出它的序号。Register an amendment; tells its number."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        ask = AddAmendment(number, title, kept_file(desk, session, actor, file), language, title_en)
        click.echo(add_amendment(session, actor, ask, at=desk.at).version)


@text.command("clause")
@click.argument("number")
@click.argument("file", type=FILE, required=False)
@of_version
@click.option("--place", help="所在条文 place in the text")
@click.option("--stated", type=DATED, default=UNKNOWN, help="文件所载生效日期 date of force that a document states")
@click.option("--basis", help="载明日期的文件 document that states it")
@click.option("--reason", help="为何更改 why it is changed")
@acting
@told
def clause(
    desk: Desk, number: str, file: Path | None, version: int, place: str | None, stated: PartialDate, basis: str | None,
    reason: str | None, login_as: str,
) -> None:  # fmt: skip
    """登记生效条款（YAML 或 JSON 文件）。Record the clause on entry into force from a file of YAML or JSON."""
    with desk.session() as session:
        data = file.read_text("utf-8") if file else None
        ask = SetClause(number, version, data, place, stated, basis, reason)
        click.echo(set_clause(session, desk.actor(session, login_as), ask, at=desk.at).clause or "—")


@text.command("file")
@click.argument("number")
@click.argument("kind", type=click.Choice(FILE_KINDS))
@click.argument("file", type=FILE)
@of_version
@in_language
@click.option("--certified", type=DATED, default=UNKNOWN, help="核正日期 date of certification")
@acting
@told
def other_file(
    desk: Desk, number: str, kind: str, file: Path, version: int, language: str, certified: PartialDate, login_as: str
) -> None:
    """登记另一作准语言、译本或核正副本。Register another authentic language, a translation or a certified copy."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        ask = AddTextFile(number, version, kind, language, kept_file(desk, session, actor, file), certified)
        click.echo(add_text_file(session, actor, ask, at=desk.at).sha256)


@text.command("keep")
@click.argument("number")
@click.argument("what", type=click.Choice(KEPT))
@click.argument("body")
@of_version
@click.option("--place", help="保管地点 archive and shelf mark")
@click.option("--since", type=DATED, default=UNKNOWN, help="自何时起 since")
@acting
@told
def keep(
    desk: Desk, number: str, what: str, body: str, version: int, place: str | None, since: PartialDate, login_as: str
) -> None:
    """登记由谁保管。Record who keeps the original or a copy."""
    with desk.session() as session:
        ask = RecordCustody(number, version, body, what, place, since)
        record_custody(session, desk.actor(session, login_as), ask, at=desk.at)


@text.command("check")
@click.argument("number")
@click.argument("file", type=FILE)
@acting
@told
def check(desk: Desk, number: str, file: Path, login_as: str) -> None:
    """看一个文件是哪一份文本；不是任何一份时以 1 退出。Tell which text a file is; leaves with status 1 where it is none."""
    with file.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    with desk.session() as session:
        now = Snapshot(session, None, date_of(session, desk.at))
        found = text_page(now, desk.actor(session, login_as), number).with_hash(sha256)
    if found is None:
        click.echo(f"✗ {sha256} 不是 {number} 的任何文本 · none of its texts", err=True)
        raise SystemExit(1)
    entry, other = found
    kind = label("text_file.kind", other.kind, desk.language) if other else ""
    click.echo(
        " ".join(filter(None, (str(entry.version), label("agreement_text.kind", entry.kind, desk.language), kind)))
    )


@click.group()
def relation() -> None:
    """协议之间的关系。Relations between agreements."""


@relation.command("add")
@click.argument("number")
@click.argument("kind", type=click.Choice(RELATIONS))
@click.argument("other")
@click.option("--note", help="附注 note")
@acting
@told
def relation_add(desk: Desk, number: str, kind: str, other: str, note: str | None, login_as: str) -> None:
    """登记一份协议与另一份的关系。Record how an agreement stands to another one."""
    with desk.session() as session:
        add_relation(session, desk.actor(session, login_as), AddRelation(number, other, kind, note), at=desk.at)


@relation.command("end")
@click.argument("number")
@click.argument("kind", type=click.Choice(RELATIONS))
@click.argument("other")
@click.option("--reason", required=True, help="查明的结果或登记错在哪里 what was found, or what was wrong")
@acting
@told
def relation_end(desk: Desk, number: str, kind: str, other: str, reason: str, login_as: str) -> None:
    """解除关系。End a relation."""
    with desk.session() as session:
        end_relation(session, desk.actor(session, login_as), EndRelation(number, other, kind, reason), at=desk.at)
