"""Tables of acts on the command line: check a file, import it, all or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from registry.commands.root import Desk, acting, told
from registry.documents.act_tables import read_acts
from registry.domain.act_rows import CellFault, TableRefused
from registry.services.act_imports import ActsImport, ImportActs, TakenRow, import_acts
from registry.words import Language
from registry.words.refusals import remedy, sentence

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON")


@click.group()
def acts() -> None:
    """行为表：缔约方、行为、日期。Tables of acts."""


@acts.command("check")
@click.argument("file", type=FILE)
@AS_JSON
@told
def acts_check(desk: Desk, file: Path, as_json: bool) -> None:
    """只读一个表，逐格说明错在哪里；不碰登记簿。Read a table and name every fault by cell; the register is not asked."""
    try:
        rows = read_acts(file.read_bytes(), file.name)
    except TableRefused as refused:
        _refuse(desk, refused, as_json)
    else:
        click.echo(json.dumps({"file": file.name, "rows": len(rows), "faults": []}) if as_json else f"✓ {len(rows)}")


@acts.command("import")
@click.argument("agreement")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="只说会怎样 only say what would happen")
@click.option(
    "--add-parties", is_flag=True, help="补入未列的签署方（补录且名单不全的协议） list bodies that are not yet parties"
)
@AS_JSON
@acting
@told
def acts_import(
    desk: Desk, agreement: str, file: Path, dry_run: bool, add_parties: bool, as_json: bool, login_as: str
) -> None:
    """导入一份协议的行为表：全部登记，或一项也不登记；已有的不动。Import a table of acts: all of it or none; what stands stays."""
    try:
        rows = read_acts(file.read_bytes(), file.name)
        with desk.session() as session:
            ask = ImportActs(agreement, file.name, rows, add_parties, dry_run)
            done = import_acts(session, desk.actor(session, login_as), ask, at=desk.at)
        if done.faults:
            raise TableRefused(file.name, done.faults)
    except TableRefused as refused:
        _refuse(desk, refused, as_json)
        return
    if as_json:
        click.echo(json.dumps({"file": file.name, **_plain(done)}, ensure_ascii=False, indent=2))
        return
    words = "试算" if dry_run else "已登记"
    counts = (len(done.entered), len(done.known), len(done.added))
    click.echo(
        "{} {} 项，已有 {} 项，补入签署方 {} 个 · entered {}, known {}, parties added {}".format(
            words, *counts, *counts
        )
    )


def _plain(done: ActsImport) -> dict[str, Any]:
    return {
        "entered": [_row(each) for each in done.entered],
        "known": [_row(each) for each in done.known],
        "added": [named.key for named in done.added],
        "faults": [],
    }


def _row(each: TakenRow) -> dict[str, Any]:
    return {"row": each.row.row, "party": each.party.key, "act": each.row.kind, "date": each.row.done.value}


def _refuse(desk: Desk, refused: TableRefused, as_json: bool) -> None:
    """Tell every fault and leave with status 1."""
    if as_json:
        found = [_fault(fault) for fault in refused.faults]
        click.echo(json.dumps({"file": refused.file, "faults": found}, ensure_ascii=False, indent=2))
    else:
        for line in _lines(refused, desk.language):
            click.echo(line, err=True)
    raise SystemExit(1)


def _fault(fault: CellFault) -> dict[str, Any]:
    place = {
        "row": fault.row,
        "column": fault.letter,
        "head": fault.head,
        "value": fault.value,
        "code": fault.reason.code,
    }
    return place | {"zh": sentence(fault.reason, "zh"), "en": sentence(fault.reason, "en")}


def _lines(refused: TableRefused, language: Language) -> Iterator[str]:
    """表.csv:C3 日期 “6月30日” what is wrong, what to do."""
    for fault in refused.faults:
        place = f":{fault.letter}{fault.row}" if fault.row else ""
        cell = f" {fault.head} “{fault.value}”" if fault.head else ""
        sheet = f"[{refused.sheet}]" if refused.sheet else ""
        words = f"{sentence(fault.reason, language)} {remedy(fault.reason, language)}"
        yield f"✗ {refused.file}{sheet}{place}{cell} {words}"
