"""What changed on a record, and on what belongs to it, as a table; nothing that is under seal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from registry.domain.sheets import Sheet
from registry.queries.changes import text_of
from registry.queries.differences import Difference, differences
from registry.queries.since import belonging
from registry.queries.snapshot import Snapshot
from registry.views.stamping import Desk
from registry.views.tongue import Cells, Tongue
from registry.words import label

CHANGES_AT_MOST = 200


def changes_sheet(desk: Desk, kind: str, record_id: int, since: int) -> Sheet:
    """What differs between an entry and what the reader knows, one line for each field. kind: as histories call it."""
    snapshot, t = desk.snapshot, desk.t
    until = max(snapshot.stamp.entry, since)
    within = belonging(snapshot, kind, record_id)
    found = differences(snapshot.session, desk.actor, since, until, snapshot.today, within=within, opened=False)
    lines = (line for each in found for line in _lines(t, each))
    rows = tuple(islice(lines, CHANGES_AT_MOST + 1))
    notes = [t.say("since", since=_since(desk, since), n=len(rows[:CHANGES_AT_MOST]))]
    if len(rows) > CHANGES_AT_MOST:
        notes.append(t.say("more_changes", n=CHANGES_AT_MOST))
    columns = (
        t.head("number", width=20),
        t.head("record", "title", 26),
        t.head("moved", width=8),
        t.head("part", width=20),
        t.head("old", width=20),
        t.head("new", width=20),
    )
    return Sheet("changes", t.sheet("changes"), columns, rows[:CHANGES_AT_MOST], notes=tuple(notes))


def _since(desk: Desk, entry: int) -> str:
    stamp = Snapshot(desk.snapshot.session, entry, desk.snapshot.today).stamp
    at = desk.t.moment(stamp.at)
    return (
        desk.t.say("since_none")
        if at is None
        else desk.t.say("since_entry", entry=stamp.entry, at=f"{at:%Y-%m-%d %H:%M}")
    )


def _lines(t: Tongue, found: Difference) -> Iterator[Cells]:
    named = t.named(found.named) if found.named else ""
    key = found.named.key if found.named else str(found.id)
    for row in found.rows:
        move = label("move", row.move, t.language)
        for change in row.fields:
            if not change.withheld:
                column = f"{row.table}.{change.field}"
                old, new = (label(column, text_of(value), t.language) for value in (change.old, change.new))
                part = f"{label('table', row.table, t.language)} · {label('field', change.field, t.language)}"
                yield key, named, move, part, old, new
