"""Procedures, on the command line: checked, listed, drafted, published, retired, moved to, and tried on imagined facts."""

from __future__ import annotations

import json
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from registry.commands.root import Desk, finding_line, told
from registry.domain.guards import GUARDS, VOCABULARY
from registry.permissions import Actor, the_register
from registry.queries.procedures import procedure_list, procedure_page
from registry.queries.snapshot import Snapshot
from registry.services.days import date_of
from registry.services.migrations import Migrate, migrate_subjects
from registry.services.procedures import (
    RetireProcedure,
    draft_procedure,
    earlier_versions,
    publish_procedure,
    retire_procedure,
    shipped_earlier,
)
from registry.services.steps import reason_of
from registry.words import LANGUAGES, label
from registry.words.refusals import sentence, who
from workflows import Definition, Facts, Finding, load
from workflows.check import examine
from workflows.consent import Tally
from workflows.diagram import describe, dot, mermaid
from workflows.engine import possible, simulate
from workflows.facts import FACT_TYPES, FactType, Value
from workflows.replay import Place

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
acting = click.option(
    "--as", "login_as", envvar="REGISTRY_AS", help="以谁的账号办理 account to act as; default: the register"
)


def _actor(desk: Desk, session: Session, login: str | None) -> Actor:
    return desk.actor(session, login) if login else the_register("command")


@click.group()
def procedures() -> None:
    """办理流程。Procedures."""


@procedures.command("check")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="机器可读 as JSON")
@told
def procedures_check(desk: Desk, file: Path, as_json: bool) -> None:
    """检查一个流程定义文件；有 E 就以 1 结束，W 只是提醒。Check a definition; status 1 where something refuses it."""

    def earlier(slug: str, version: int) -> Definition | None:
        try:
            with desk.session() as session:
                return earlier_versions(session)(slug, version)
        except DatabaseError:  # no register here yet
            return shipped_earlier(slug, version)

    definition, findings = examine(file.read_bytes(), VOCABULARY, earlier)
    sound = definition if not any(each.refuses for each in findings) else None
    if as_json:
        named = sound and {"id": sound.id, "version": sound.version, "sha256": sound.sha256}
        data = {"definition": named, "findings": [_as_data(each) for each in findings]}
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        for each in findings:
            click.echo(finding_line(each, desk.language), err=each.refuses)
        if sound:
            click.echo(f"✓ {sound.id} {sound.version} {sound.sha256}")
    if sound is None:
        raise SystemExit(1)


def _as_data(each: Finding) -> dict[str, str | int]:
    return {
        "code": each.code, "line": each.line, "culprit": each.culprit, "zh": each.remedy_zh, "en": each.remedy_en,
    }  # fmt: skip


@procedures.command("guards")
@click.option("--json", "as_json", is_flag=True, help="机器可读 as JSON")
@told
def procedures_guards(desk: Desk, as_json: bool) -> None:
    """流程可以用的条件：名称、参数、所读事实。The guards that a definition may use: parameters, facts read, sentence."""
    rows = [
        {
            "name": each.name,
            "parameters": {name: {"type": given.kind, "required": given.required} for name, given in each.parameters.items()},
            "reads": dict(each.reads),
            **{language: label("guard", each.name, language) for language in LANGUAGES},
        }
        for each in GUARDS.values()
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for each in GUARDS.values():
        given = ", ".join(f"{name}: {parameter.kind}" for name, parameter in each.parameters.items())
        reads = ", ".join(f"{name}: {kind}" for name, kind in each.reads.items())
        click.echo(f"{each.name}({given}) ← {reads}\n    {label('guard', each.name, desk.language)}")


@procedures.command("list")
@told
def procedures_list(desk: Desk) -> None:
    """各流程的各版本。Every version of every procedure."""
    with desk.session() as session:
        snapshot = Snapshot(session, None, date_of(session, desk.at))
        for row in procedure_list(snapshot, the_register("command")):
            status = label("procedure.status", row.status, desk.language)
            click.echo(f"{row.definition.id}\t{row.definition.version}\t{status}\t{row.running}\t{row.warnings}")


@procedures.command("show")
@click.argument("slug")
@click.argument("version", type=int)
@click.option("--form", type=click.Choice(["words", "yaml", "mermaid", "dot"]), default="words", help="形式 form")
@told
def procedures_show(desk: Desk, slug: str, version: int, form: str) -> None:
    """一个版本：用文字、原文或图。One version, in words, as its source, or as a diagram."""
    with desk.session() as session:
        snapshot = Snapshot(session, None, date_of(session, desk.at))
        page = procedure_page(snapshot, the_register("command"), slug, version)
    definition, language = page.row.definition, desk.language
    forms = {"words": "\n".join(describe(definition, lang=language)), "yaml": page.source,
             "mermaid": mermaid(definition, lang=language), "dot": dot(definition, lang=language)}  # fmt: skip
    click.echo(forms[form].rstrip("\n"))


@procedures.command("draft")
@click.argument("file", type=FILE)
@acting
@told
def procedures_draft(desk: Desk, file: Path, login_as: str | None) -> None:
    """把一个流程定义存为草案。Keep a definition as a draft."""
    with desk.session() as session:
        kept = draft_procedure(session, _actor(desk, session, login_as), _text(file), at=desk.at)
        click.echo(f"✓ {kept.slug} {kept.version} {kept.sha256}")


@procedures.command("publish")
@click.argument("file", type=FILE)
@acting
@told
def procedures_publish(desk: Desk, file: Path, login_as: str | None) -> None:
    """公布一个流程定义的新版本。Publish a version of a definition."""
    with desk.session() as session:
        published = publish_procedure(session, _actor(desk, session, login_as), _text(file), at=desk.at)
        click.echo(f"✓ {published.slug} {published.version} {published.sha256}")


def _text(file: Path) -> str:
    """What is no UTF-8 keeps a sign that the strict reader refuses."""
    return file.read_bytes().decode("utf-8", "surrogateescape")


@procedures.command("retire")
@click.argument("slug")
@click.argument("version", type=int)
@acting
@told
def procedures_retire(desk: Desk, slug: str, version: int, login_as: str | None) -> None:
    """停用一个版本：办理中的照常办完。Retire a version; what runs on it runs on."""
    with desk.session() as session:
        retire_procedure(session, _actor(desk, session, login_as), RetireProcedure(slug, version), at=desk.at)
        click.echo("✓")


@procedures.command("migrate")
@click.argument("slug")
@click.option("--to", "version", type=int, required=True, help="转入第几版 version to move to")
@click.option("--dry-run", is_flag=True, help="只试算，不写入 only say what would happen")
@acting
@told
def procedures_migrate(desk: Desk, slug: str, version: int, dry_run: bool, login_as: str | None) -> None:
    """把按前一版办理中的都转入这一版；有一个没有去处，就一个也不转。Move all that runs on the version before to this one."""
    with desk.session() as session:
        actor = _actor(desk, session, login_as)
        migration = migrate_subjects(session, actor, Migrate(slug, version, dry_run), at=desk.at)
    for each in migration.placed:
        click.echo(f"{'·' if dry_run else '✓'} {each.number}\t{each.state} → {each.to_state}")
    for each in migration.unplaced:
        click.echo(f"✗ {each.number}\t{each.reason and sentence(each.reason, desk.language)}", err=True)
    if migration.unplaced:
        raise SystemExit(1)


@procedures.command("simulate")
@click.argument("file", type=FILE)
@click.option("--from", "state", help="从哪个状态开始 state to begin in")
@click.option("--before", help="暂缓之前的状态 state before suspension")
@click.option("--role", "roles", multiple=True, help="由谁办理 role that acts")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="设想的情况 imagined fact")
@click.option("--evidence", multiple=True, metavar="TYPE=N", help="设想的佐证 imagined papers")
@click.option("--consent", multiple=True, metavar="STEP=carried", help="设想的答复 how consent to a step ended")
@click.option("--basis", is_flag=True, help="有依据文件 with a basis document")
@click.option("--reason", is_flag=True, help="有书面事由 with a written reason")
@click.option("--given", is_flag=True, help="该填的字段都填写 with every field filled in")
@click.option("--second", is_flag=True, help="由另一人提出 proposed by somebody else")
@click.option("--step", "steps", multiple=True, metavar="TRIGGER", help="试办的步骤，依次 steps to try, in order")
@told
def procedures_simulate(
    desk: Desk, file: Path, state: str | None, before: str | None, roles: tuple[str, ...], facts: tuple[str, ...],
    evidence: tuple[str, ...], consent: tuple[str, ...], basis: bool, reason: bool, given: bool, second: bool,
    steps: tuple[str, ...],
) -> None:  # fmt: skip
    """在设想的情况下一步一步试办；什么都不写入。Try steps on imagined facts; nothing is written. Status 1 where one is refused."""
    definition = load(file.read_bytes(), VOCABULARY)
    begin = state or definition.initial
    if begin not in definition.states:
        raise click.BadParameter(begin, param_hint="--from")
    outcomes = {name: outcome for name, _, outcome in (each.partition("=") for each in consent)}
    imagined = Facts(
        actor_roles=frozenset([*roles, "system"]),
        values=_values(definition, facts),
        evidence={kind: _number(count, "--evidence") for kind, _, count in (each.partition("=") for each in evidence)},
        basis=basis,
        reason=reason,
        given=frozenset(definition.fields) if given else frozenset(),
        second_person=frozenset(each.id for each in definition.transitions if second),
        consents={name: Tally(outcome, (), (), (), 0, ()) for name, outcome in outcomes.items()},  # type: ignore[arg-type]  # what is no outcome has not carried
        before_suspension=before,
    )
    ran = simulate(definition, GUARDS, Place(begin, before), [(trigger, imagined) for trigger in steps])
    for step in ran.steps:
        click.echo(f"✓ {step.transition_id}: {step.from_state} → {step.to_state}")
    for unmet in ran.unmet:
        told_ = reason_of(unmet, definition)
        by = who(told_, desk.language)
        click.echo(
            f"✗ {sentence(told_, desk.language)}{f' ({by})' if by else ''} {told_.source or ''}".rstrip(), err=True
        )
    if ran.unmet:
        raise SystemExit(1)
    click.echo(label("state", ran.place.state, desk.language, definition))
    for option in possible(definition, GUARDS, ran.place.state, imagined):
        lacking = "; ".join(sentence(reason_of(unmet, definition), desk.language) for unmet in option.unmet)
        click.echo(f"  {option.trigger} → {option.to_state}: {lacking or '✓'}")


def _values(definition: Definition, given: tuple[str, ...]) -> dict[str, Value]:
    """Every declared fact: as imagined, else false, 0 or nothing. Raises click.BadParameter for what was never declared."""
    values: dict[str, Value] = {name: FACT_TYPES[kind]() for name, kind in definition.facts.items()}
    for name, _, written in (each.partition("=") for each in given):
        if name not in values:
            raise click.BadParameter(name, param_hint="--fact")
        values[name] = _value(definition.facts[name], written)
    return values


def _value(kind: FactType, written: str) -> Value:
    if kind == "integer":
        return _number(written, "--fact")
    return written == "true" if kind == "boolean" else written


def _number(written: str, option: str) -> int:
    if not (written.isascii() and written.isdigit()):
        raise click.BadParameter(written, param_hint=option)
    return int(written)
