"""The papers of a city for a meeting, on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import BinaryIO

import click

from registry.commands.history import DAY
from registry.commands.root import Desk, told
from registry.permissions import ANONYMOUS
from registry.queries.definitions import published_definitions
from registry.queries.meetings import meeting_page
from registry.queries.register import names_of_register
from registry.queries.since import entry_since
from registry.queries.snapshot import Snapshot
from registry.services.days import date_of, zone_of
from registry.views.meeting_package import Occasion, meeting_package
from registry.views.stamping import Desk as Table
from registry.views.tongue import speaking


@click.command()
@click.argument("party")
@click.argument("file", type=click.File("wb", lazy=True))
@click.option("--meeting", help="哪次会议（编号） for which meeting")
@click.option("--day", type=DAY, help="会议日期 day of the meeting")
@click.option("--since", help="列出自何时以来的变化：日期、登记号或会议编号 changes since a date, entry or meeting")
@click.option(
    "--as", "login_as", envvar="REGISTRY_AS", help="以谁的权限；不写则只含公开内容 whose rights; none: public only"
)
@told
def package(
    desk: Desk,
    party: str,
    file: BinaryIO,
    meeting: str | None,
    day: datetime | None,
    since: str | None,
    login_as: str | None,
) -> None:
    """一个城市的会议材料（ZIP）。The papers of one city for a meeting: PDF, DOCX, workbook, CSV."""
    with desk.session() as session:
        actor = desk.actor(session, login_as) if login_as else ANONYMOUS
        snapshot = Snapshot(session, None, date_of(session, desk.at))
        zh, en = names_of_register(snapshot)
        zone = zone_of(session)
        t = speaking(desk.language, zone, published_definitions(session))
        table = Table(t, snapshot, actor, t.title(zh or "", en))
        occasion = Occasion(
            meeting_page(snapshot, actor, meeting).row if meeting else None,
            day.date() if day else None,
            entry_since(snapshot, since, zone.key) if since else None,
        )
        made = meeting_package(table, party, occasion, address=f"/parties/{party}")
    file.write(made.content)
