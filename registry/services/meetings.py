"""Meetings: held or planned, each perhaps an edition of several series at once (暨)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.numbers import MEETING, next_record
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Body, Edition, Meeting, MeetingSeries
from registry.permissions import Actor, allowed_anywhere
from registry.services import subjects
from registry.services.days import day_of


@dataclass(frozen=True, slots=True)
class AddMeeting:
    """One meeting. held: false while it is planned. venue: code of a body.

    editions: code of each series with its ordinal from 1, None where it is not known; two series for 暨.
    """

    name_zh: str
    name_en: str | None = None
    held: bool = True
    held_on: PartialDate = UNKNOWN
    venue: str | None = None
    editions: tuple[tuple[str, int | None], ...] = ()


def add_meeting(session: Session, actor: Actor, ask: AddMeeting, *, at: datetime) -> Meeting:
    """Register a meeting; its number is given under the lock of the register.

    Raises NotPermitted; Refused name-missing, held-in-the-future, unknown-body, unknown-series, same-series-twice,
    bad-ordinal, edition-known, sample-mixed.
    """
    if not allowed_anywhere(actor, "meeting:add"):
        raise NotPermitted("meeting:add")
    with atomic(session) as book:
        subjects.locked_register(session)
        if not ask.name_zh.strip():
            raise Refused(Reason("name-missing", field="name_zh"))
        if ask.held and day_of(session, at).certainly_before(ask.held_on):
            raise Refused(Reason("held-in-the-future", {"value": ask.held_on.value or ""}, field="held_on"))
        venue = subjects.body(session, ask.venue, field="venue") if ask.venue else None
        series = _series(session, ask.editions)
        meeting = Meeting(
            number=_next_number(session, ask.held_on),
            name_zh=ask.name_zh.strip(),
            name_en=ask.name_en,
            held=ask.held,
            held_on=ask.held_on.value,
            held_precision=str(ask.held_on.precision),
            venue_id=subjects.id_of(venue),
            sample=_sample(venue, *series),
        )
        session.add(meeting)
        session.flush()
        for each, (_code, ordinal) in zip(series, ask.editions, strict=True):
            session.add(Edition(meeting_id=meeting.id, series_id=each.id, ordinal=ordinal))
        book.record(
            act="meeting.add", actor=actor, subject=("meeting", meeting.id), at=at, on_behalf_of=actor.body_code
        )
    return meeting


def _series(session: Session, editions: tuple[tuple[str, int | None], ...]) -> list[MeetingSeries]:
    """The series of the editions, in their order; none of the editions is there yet."""
    codes = [code for code, _ordinal in editions]
    if len(set(codes)) < len(codes):
        raise Refused(Reason("same-series-twice", field="editions"))
    return [_free(session, code, ordinal) for code, ordinal in editions]


def _free(session: Session, code: str, ordinal: int | None) -> MeetingSeries:
    series = session.execute(sa.select(MeetingSeries).where(MeetingSeries.code == code)).scalar_one_or_none()
    if series is None:
        raise Refused(Reason("unknown-series", {"value": code}, field="editions"))
    if ordinal is not None and not 1 <= ordinal <= 999:
        raise Refused(Reason("bad-ordinal", {"value": ordinal}, field="editions"))
    query = sa.select(Meeting.number).join(Edition, Edition.meeting_id == Meeting.id)
    same = query.where(Edition.series_id == series.id, Edition.ordinal == ordinal, Edition.ordinal.is_not(None))
    taken = session.execute(same).scalars().first()
    if taken is not None:
        values = {"series": series.name_zh, "ordinal": str(ordinal), "number": taken}
        raise Refused(Reason("edition-known", values, field="editions"))
    return series


def _sample(*named: Body | MeetingSeries | None) -> bool:
    """Whether what the meeting names is fictional: all of it or nothing."""
    there = [each for each in named if each is not None]
    for each in there:
        if each.sample != there[0].sample:
            raise Refused(Reason("sample-mixed", {"table": each.__tablename__, "value": each.code}))
    return there[0].sample if there else False


def _next_number(session: Session, held_on: PartialDate) -> str:
    day = held_on.first_day()
    existing = session.execute(sa.select(Meeting.number)).scalars()
    return str(next_record(MEETING, day.year if day else None, existing))
