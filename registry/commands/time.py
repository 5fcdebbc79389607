"""Time, on the command line: calendars of working days, and the sweep that makes time limits happen."""

from __future__ import annotations

import select
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from registry.commands.root import Desk, acting, told
from registry.db import sessions
from registry.documents.calendars import CALENDAR, SOURCE, Days, DaysUnreadable, announced, library, read_days
from registry.errors import Reason, Refused
from registry.permissions import Actor
from registry.queries.deadlines import YearRow, years_of
from registry.queries.names import names_of
from registry.queries.snapshot import Snapshot
from registry.services import sweep as sweeping
from registry.services.calendars import LoadCalendar, Loaded, load_calendar

MINUTE = 60.0
"""Seconds between two sweeps beside a served register."""


@click.group()
def calendar() -> None:
    """工作日历。Calendars of working days."""


@calendar.command("load")
@click.argument("year", type=click.IntRange(1950, 9998))
@click.option("--calendar", "slug", default=CALENDAR, help="日历代号 calendar")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="CSV: day,working,name; 缺省取自 holidays 程序库 default: the library `holidays`")  # fmt: skip
@click.option("--source", default="", help="--file 的来源 where the days of --file come from")
@click.option("--basis", help="通知的编号 number of the notice, where it is registered")
@acting
@told
def calendar_load(
    desk: Desk, year: int, slug: str, path: Path | None, source: str, basis: str | None, login_as: str
) -> None:
    """载入一年的放假调休安排，并重算受影响的期限。Load the announced days of a year; what was counted without them is counted anew."""
    with desk.session() as session:
        actor = desk.actor(session, login_as)
        if path is None:
            loaded = load_announced(session, actor, year, slug=slug, basis=basis, at=desk.at)
        else:
            ask = LoadCalendar(slug, year, _days(path), source, basis)
            loaded = [load_calendar(session, actor, ask, at=desk.at)]
        for each in loaded:
            _tell(desk, session, actor, each)


@calendar.command("list")
@told
def calendar_list(desk: Desk) -> None:
    """列出已载入的年份。The years that are loaded."""
    with desk.session() as session:
        for row in years_of(session):
            click.echo(f"{row.calendar} {row.year}  休 free {row.free}  调休上班 worked {row.worked}  {row.source}")


def load_announced(
    session: Session, actor: Actor, year: int, *, at: datetime, slug: str = CALENDAR, basis: str | None = None
) -> list[Loaded]:
    """Load a year from the library; and the year before anew where the notice moved its last days, as that for 2019 did.

    Raises Refused year-not-announced, and as `load_calendar`.
    """
    days = announced(year)
    if days is None:
        raise Refused(Reason("year-not-announced", {"year": year}, field="year"))
    before = next((row for row in years_of(session) if (row.calendar, row.year) == (slug, year - 1)), None)
    asks = [LoadCalendar(slug, year, days, library(), basis)]
    if before is not None and _from_library(before) and announced(year - 1) not in (None, before.days):
        asks.append(LoadCalendar(slug, year - 1, announced(year - 1) or (), library(), before.basis))
    return [load_calendar(session, actor, ask, at=at) for ask in asks]


def load_known_years(session: Session, actor: Actor, *, at: datetime) -> None:
    """Load the announced years, from last year on, that are not loaded yet; a year that somebody loaded stays as it is."""
    there = {row.year for row in years_of(session) if row.calendar == CALENDAR}
    year = at.year - 1
    while announced(year) is not None:
        if year not in there:
            load_announced(session, actor, year, at=at)
        year += 1


@click.command()
@click.option("--beside", is_flag=True, hidden=True)
@told
def sweep(desk: Desk, beside: bool) -> None:
    """办理到期的时限：提醒、逾期、上报、回访；重复运行不产生任何变化。Do what time limits make happen; twice changes nothing."""
    if beside:
        return _every_minute(desk)
    with desk.session() as session:
        result = sweeping.sweep(session, at=desk.at)
    click.echo(
        f"查看 looked at {result.looked_at}  通知 notices {result.notices}  自动步骤 steps {result.steps}"
        f"  更正 corrections {result.corrections}  生效 entries into force {result.forces}"
    )
    _report(result)
    if result.failures:
        raise SystemExit(1)
    return None


def _every_minute(desk: Desk) -> None:
    """Sweep each minute until standard input is closed: `serve` holds the other end, and it closes with the last of its processes."""
    with desk.engine() as engine:
        while True:
            try:
                with sessions(engine)() as session:
                    _report(sweeping.sweep(session, at=datetime.now(UTC)))
            except Exception as error:  # a database that is away now may be back in a minute
                click.echo(f"✗ registry sweep: {type(error).__name__}: {error}", err=True)
            if select.select([sys.stdin], [], [], MINUTE)[0]:
                return


def _report(result: sweeping.SweepResult) -> None:
    for failure in result.failures:
        click.echo(f"✗ {failure.subject[0]} {failure.subject[1]}: {failure.why}", err=True)


def _days(path: Path) -> Days:
    try:
        return read_days(path.read_text("utf-8-sig"))
    except DaysUnreadable as error:
        raise click.BadParameter(
            f"第 {error.line} 行读不懂 · line {error.line} cannot be read: {error.text}"
        ) from error


def _from_library(row: YearRow) -> bool:
    return row.source.startswith(SOURCE.partition("{")[0])


def _tell(desk: Desk, session: Session, actor: Actor, loaded: Loaded) -> None:
    """What the loading changed; deadlines of records that this person may not see are only counted."""
    year = loaded.year
    click.echo(f"✓ {year.calendar} {year.year}" + ("" if loaded.changed else "  未变 unchanged"))
    names = names_of(Snapshot(session, None, desk.at.date()), actor, {each.subject for each in loaded.moved})
    for each in loaded.moved:
        if each.subject in names:
            click.echo(
                f"  {names[each.subject].key}: {each.before} → {each.now}{'（暂定 provisional）' if each.provisional else ''}"
            )
    hidden = sum(each.subject not in names for each in loaded.moved)
    if hidden:
        click.echo(f"  另有无权查看的 {hidden} 条 · and {hidden} of records that you may not see")
