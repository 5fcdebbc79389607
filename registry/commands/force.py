"""`registry force`: entry into force from a file with a clause and acts. It needs no register."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from registry.commands.root import Desk, told
from registry.domain.force import ClauseError, Force, Words, as_json, derive
from registry.domain.force_file import read_file
from registry.words import Language, label


@click.command("force")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="到哪一天为止 as of which day; default: today")
@click.option("--json", "plain", is_flag=True, help="机器可读 as JSON")
@told
def force(desk: Desk, file: Path, on: datetime | None, plain: bool) -> None:
    """依文件里的条款与行为推算生效。Entry into force from a clause and acts in a file (docs/force-clauses.md)."""
    try:
        asked = read_file(file.read_bytes())
    except ClauseError as error:
        for place, zh, en in error.findings:
            click.echo(f"✗ {place}: {zh if desk.language == 'zh' else en}", err=True)
        raise SystemExit(1) from error
    zone = asked.zone or desk.config.zone
    day = on.date() if on else asked.on or desk.at.astimezone(ZoneInfo(zone)).date()
    result = derive(asked.clause, asked.deeds, on=day, names=asked.names, before=asked.before, zone=zone)
    click.echo(json.dumps(as_json(result), ensure_ascii=False, indent=2) if plain else _told(result, desk.language))


def _told(result: Force, language: Language) -> str:
    lines = [
        f"{label('force', result.status, language)}  {result.date or ''}".rstrip(),
        _said(result.derivation, language),
    ]
    lines += [f"  · {_said(each.words, language)}" for each in result.remaining]
    for each in result.parties:
        days = " – ".join(str(day) for day in (each.date, each.until) if day)
        lines.append(
            f"{each.party}\t{label('party_force', each.status, language)}\t{days}\t{_said(each.derivation, language)}"
        )
    return "\n".join(lines)


def _said(words: Words, language: Language) -> str:
    return words.zh if language == "zh" else words.en
