"""What changed on a record, and on what belongs to it, since a date, an entry or a meeting: each field once, from and to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import Reason, Refused
from registry.models import Agreement, Assignment, Change, Item, ListRow, ListVersion, Meeting
from registry.permissions import Actor
from registry.queries.access import Condition, stands
from registry.queries.differences import Difference, last_differences
from registry.queries.rows import Query, dated, still
from registry.queries.snapshot import NOTHING_KNOWN, Snapshot, Stamp, bounds_of_days, known_entry

SIZE = 10
"""Records shown at most."""
MEETINGS = 12
"""Meetings offered at most."""


@dataclass(frozen=True, slots=True)
class MeetingSince:
    """A meeting that was held, to ask what changed since."""

    number: str
    title_zh: str
    title_en: str | None
    on: PartialDate


@dataclass(frozen=True, slots=True)
class Since:
    """What changed after an entry. rows: those that changed last first; more: whether there are others."""

    stamp: Stamp
    rows: tuple[Difference, ...]
    more: bool


def changes_since(snapshot: Snapshot, actor: Actor, since: int, within: Condition, *, size: int = SIZE) -> Since:
    """What differs between an entry and what the snapshot knows, as far as the reader may see it. within: `belonging`."""
    earlier = Snapshot(snapshot.session, since, snapshot.today).stamp
    return Since(earlier, *last_differences(snapshot, actor, since, within, size=size))


def belonging(snapshot: Snapshot, kind: str, record_id: int, *, alone: bool = False) -> Condition:
    """Condition on changes: of a record, and of what belongs to it: the items of an agreement, a document, a party and the last
    version of a list, the agreements of a grouping and of a meeting; of the register everything. alone: of the record only."""
    if kind == "register":
        return sa.true()
    item, agreement, assigned, listed, version = (
        snapshot.whenever.of(model) for model in (Item, Agreement, Assignment, ListRow, ListVersion)
    )
    ours = sa.select(assigned.c.item_id).where(assigned.c.body_id == record_id, still(snapshot.whenever, assigned))
    last = sa.select(version.c.id).where(version.c.list_id == record_id).order_by(version.c.version.desc()).limit(1)
    others: dict[str, tuple[str, Query]] = {
        "agreement": ("item", sa.select(item.c.id).where(item.c.agreement_id == record_id)),
        "document": ("item", sa.select(item.c.id).where(item.c.document_id == record_id)),
        "party": ("item", ours),
        "list": ("item", sa.select(listed.c.item_id).where(listed.c.version_id == last.scalar_subquery())),
        "grouping": ("agreement", sa.select(agreement.c.id).where(agreement.c.grouping_id == record_id)),
        "meeting": ("agreement", sa.select(agreement.c.id).where(agreement.c.meeting_id == record_id)),
    }
    own = sa.and_(Change.subject_kind == kind, Change.subject_id == record_id)
    if alone or kind not in others:
        return own
    belongs, ids = others[kind]
    return sa.or_(own, sa.and_(Change.subject_kind == belongs, Change.subject_id.in_(ids)))


def meetings_held(snapshot: Snapshot) -> tuple[MeetingSince, ...]:
    """The last meetings that were held on a known date, the latest first. Everybody sees them."""
    meeting = snapshot.of(Meeting)
    query = (
        sa.select(meeting)
        .where(meeting.c.held, meeting.c.held_on.is_not(None), stands(snapshot, Meeting))
        .order_by(meeting.c.sample, meeting.c.held_on.desc(), meeting.c.number)
        .limit(MEETINGS)
    )
    rows = snapshot.session.execute(query)
    return tuple(
        MeetingSince(row.number, row.name_zh, row.name_en, dated(row.held_on, row.held_precision)) for row in rows
    )


def entry_since(snapshot: Snapshot, text: str, zone: str) -> int:
    """The entry after which `since=` asks: of a day its last one, of a meeting the last one before its first possible day.

    text: 2019-06-30, the number of an entry, or of a meeting. Raises Refused bad-known, unknown-meeting, meeting-undated.
    """
    moment = text.strip()
    if moment.startswith("meeting-"):
        moment = _before_meeting(snapshot, moment, zone)
    found = known_entry(snapshot.session, moment, zone, field="since")
    return NOTHING_KNOWN if found is None else found


def _before_meeting(snapshot: Snapshot, text: str, zone: str) -> str:
    """The last moment before the first day on which a meeting can have been, ISO 8601."""
    meeting = snapshot.whenever.of(Meeting)
    row = snapshot.session.execute(
        sa.select(meeting.c.held_on, meeting.c.held_precision).where(meeting.c.number == text)
    ).one_or_none()
    if row is None:
        raise Refused(Reason("unknown-meeting", {"value": text}, field="since"))
    day = dated(row.held_on, row.held_precision).first_day()
    if day is None:
        raise Refused(Reason("meeting-undated", {"value": text}, field="since"))
    return (bounds_of_days(day, day, ZoneInfo(zone))[0] - timedelta(microseconds=1)).isoformat()
