"""Meetings: the series with their editions, and what one meeting brought."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.models import Body, Edition, Grouping, Meeting, MeetingSeries
from registry.models import Event as EventRecord
from registry.permissions import Actor
from registry.queries.access import stands
from registry.queries.agreements import AgreementFilter, AgreementList, agreement_list
from registry.queries.claims import ClaimRow, claim_rows
from registry.queries.documents import citations_of
from registry.queries.history import Event, entries_on, headlines
from registry.queries.rows import Cited, Named, Row, dated, named_columns, named_in, named_party, party_columns
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class EditionRow:
    """A meeting as the n-th of a series; the ordinal may be unknown."""

    series: Named
    ordinal: int | None


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A meeting in a list. held: False while it is planned. editions: of each series that it belongs to."""

    number: str
    title_zh: str
    title_en: str | None
    held: bool
    on: PartialDate
    venue: Named | None
    editions: tuple[EditionRow, ...]
    sample: bool


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series and its meetings, the earliest first."""

    series: Named
    grouping: Named | None
    meetings: tuple[MeetingRow, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened at or around a meeting."""

    code: str
    kind: str
    title_zh: str
    title_en: str | None
    on: PartialDate
    sample: bool


@dataclass(frozen=True, slots=True)
class MeetingList:
    """All series with their meetings, and the meetings that belong to none."""

    series: tuple[SeriesRow, ...]
    others: tuple[MeetingRow, ...]

    @property
    def all(self) -> tuple[MeetingRow, ...]:
        """Each meeting once."""
        return tuple(dict.fromkeys((*(row for each in self.series for row in each.meetings), *self.others)))


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """One meeting. agreements: its outcome, as far as this reader may see it."""

    id: int
    row: MeetingRow
    note: str | None
    agreements: AgreementList
    events: tuple[EventRow, ...]
    claims: tuple[ClaimRow, ...]
    citations: tuple[Cited, ...]
    history: tuple[Event, ...]


def meeting_list(snapshot: Snapshot) -> MeetingList:
    """All series and meetings; a meeting of two series stands in both. Everybody sees them. Three statements."""
    meetings = {row.id: _row(row, editions) for row, editions in _meetings(snapshot)}
    ordered = sorted(meetings.values(), key=lambda row: (row.sample, row.on.value or "9999", row.number))
    series, grouping = snapshot.of(MeetingSeries), snapshot.of(Grouping)
    rows = snapshot.session.execute(
        sa.select(
            series.c.code,
            series.c.name_zh,
            series.c.name_en,
            series.c.sample,
            *named_columns(grouping, "grouping"),
        )
        .select_from(series)
        .outerjoin(grouping, grouping.c.id == series.c.grouping_id)
        .order_by(series.c.sample, series.c.code)
    )
    found = []
    for row in rows:
        named = Named("meeting_series", row.code, row.name_zh, row.name_en, row.sample)
        of_series = tuple(
            meeting for meeting in ordered if any(edition.series == named for edition in meeting.editions)
        )
        found.append(SeriesRow(named, named_in(row, "grouping", "grouping"), of_series))
    return MeetingList(tuple(found), tuple(meeting for meeting in ordered if not meeting.editions))


def meeting_page(snapshot: Snapshot, actor: Actor, number: str) -> MeetingPage:
    """One meeting. Raises NotFound."""
    found = _meetings(snapshot, number)
    if not found:
        raise NotFound("meeting", number)
    row, editions = found[0]
    return MeetingPage(
        id=row.id,
        row=_row(row, editions),
        note=row.note,
        agreements=agreement_list(snapshot, actor, AgreementFilter(meeting=number), size=100),
        events=event_rows(snapshot, meeting=row.id),
        claims=claim_rows(snapshot, actor, meeting=row.id),
        citations=citations_of(snapshot, actor, "meeting", row.id),
        history=headlines(snapshot, actor, entries_on(snapshot, actor, "meeting", row.id)),
    )


def event_rows(snapshot: Snapshot, *, meeting: int | None = None) -> tuple[EventRow, ...]:
    """What happened, the earliest first, unknown dates last. meeting: id; None: all. Everybody sees them."""
    event = snapshot.of(EventRecord)
    query = sa.select(event).order_by(event.c.sample, sa.func.coalesce(event.c.on, "9999"), event.c.code)
    if meeting is not None:
        query = query.where(event.c.meeting_id == meeting)
    return tuple(
        EventRow(row.code, row.kind, row.what_zh, row.what_en, dated(row.on, row.on_precision), row.sample)
        for row in snapshot.session.execute(query)
    )


def _meetings(snapshot: Snapshot, number: str | None = None) -> list[tuple[Row, tuple[EditionRow, ...]]]:
    """Meetings with their editions. Two statements."""
    meeting, edition, series, body = (snapshot.of(model) for model in (Meeting, Edition, MeetingSeries, Body))
    query = (
        sa.select(meeting, *party_columns(body)).select_from(meeting).outerjoin(body, body.c.id == meeting.c.venue_id)
    ).where(stands(snapshot, Meeting))
    if number is not None:
        query = query.where(meeting.c.number == number)
    rows = snapshot.session.execute(query).all()
    editions: dict[int, list[EditionRow]] = {}
    for row in snapshot.session.execute(
        sa.select(
            edition.c.meeting_id, edition.c.ordinal, series.c.code, series.c.name_zh, series.c.name_en, series.c.sample
        )
        .select_from(edition)
        .join(series, series.c.id == edition.c.series_id)
        .where(edition.c.meeting_id.in_([row.id for row in rows]))
        .order_by(series.c.code)
    ):
        named = Named("meeting_series", row.code, row.name_zh, row.name_en, row.sample)
        editions.setdefault(row.meeting_id, []).append(EditionRow(named, row.ordinal))
    return [(row, tuple(editions.get(row.id, ()))) for row in rows]


def _row(row: Row, editions: tuple[EditionRow, ...]) -> MeetingRow:
    return MeetingRow(
        row.number,
        row.name_zh,
        row.name_en,
        row.held,
        dated(row.held_on, row.held_precision),
        named_party(row) if row.party_code else None,
        editions,
        row.sample,
    )
