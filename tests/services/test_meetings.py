"""Meetings: held or planned, with their editions of one series or of two."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN
from registry.ledger import atomic
from registry.models import Edition, MeetingSeries
from registry.services.meetings import AddMeeting, add_meeting
from tests.cast import Cast
from tests.services.acts import HOST, day, entries, refused, told, who_may
from tests.services.test_races import at_once, codes


@pytest.fixture(autouse=True)
def series(session: Session, cast: Cast, at: datetime) -> dict[str, int]:
    """Two series of the grouping and a fictional one: code → id."""
    with atomic(session) as book:
        rows = [
            MeetingSeries(code=code, name_zh=name, sample=sample)
            for code, name, sample in (
                ("joint", "联席会议", False), ("forum", "合作论坛", False), ("fiction", "虚构会议", True),
            )
        ]  # fmt: skip
        session.add_all(rows)
        session.flush()
        book.record(act="bundle.import", actor=HOST, subject=("series", rows[0].id), at=at)
    return {row.code: row.id for row in rows}


def an_ask(**more: object) -> AddMeeting:
    given: dict[str, object] = {
        "name_zh": "第三次联席会议", "held_on": day("2026-02-20"), "venue": "150300", "editions": (("joint", 3),),
    }  # fmt: skip
    return AddMeeting(**(given | more))  # type: ignore[arg-type]  # names of fields


def test_a_meeting_of_two_series(session: Session, cast: Cast, at: datetime, series: dict[str, int]) -> None:
    ask = an_ask(name_zh="第三次联席会议暨合作论坛", name_en="Third meeting", editions=(("joint", 3), ("forum", None)))
    meeting = add_meeting(session, cast.officer_wuhai, ask, at=at)
    assert (meeting.number, meeting.held, meeting.venue_id, meeting.sample) == (
        "meeting-2026-01", True, cast.wuhai.id, False,
    )  # fmt: skip
    rows = session.execute(sa.select(Edition.series_id, Edition.ordinal).order_by(Edition.id))
    assert [tuple(row) for row in rows] == [(series["joint"], 3), (series["forum"], None)]
    (entry,) = entries(session, 1)
    assert (entry["act"], {change["t"] for change in entry["changes"]}) == ("meeting.add", {"meeting", "edition"})


def test_a_planned_meeting_needs_no_date_and_may_have_one_to_come(session: Session, cast: Cast, at: datetime) -> None:
    planned = add_meeting(
        session, cast.secretariat, an_ask(held=False, held_on=UNKNOWN, venue=None, editions=(("joint", 4),)), at=at
    )
    assert (planned.number, planned.held, planned.held_on, planned.venue_id) == ("meeting-0000-01", False, None, None)
    dated = add_meeting(session, cast.secretariat, an_ask(held=False, held_on=day("2027-05-01"), editions=()), at=at)
    assert (dated.number, dated.held_on) == ("meeting-2027-01", "2027-05-01")


def test_who_may_register_a_meeting(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_ask(editions=(("joint", number),)),
        lambda actor, ask: add_meeting(session, actor, ask, at=at),
    ) == told(
        may="officer_wuhai officer_ordos officer_outsider secretariat", may_not="viewer auditor administrator nobody"
    )


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name_zh": "　"}, "name-missing", "name_zh"),
        ({"held_on": day("2026-03-03")}, "held-in-the-future", "held_on"),
        ({"venue": "000000"}, "unknown-body", "venue"),
        ({"editions": (("nowhere", 1),)}, "unknown-series", "editions"),
        ({"editions": (("joint", 3), ("joint", 4))}, "same-series-twice", "editions"),
        ({"editions": (("joint", 0),)}, "bad-ordinal", "editions"),
        ({"editions": (("joint", 1000),)}, "bad-ordinal", "editions"),
        ({"editions": (("joint", 3), ("fiction", 1))}, "sample-mixed", None),
        ({"editions": (("fiction", 1),)}, "sample-mixed", None),
    ],
)
def test_what_cannot_be_registered(
    session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str, field: str | None
) -> None:
    with refused(session, (code, field)):
        add_meeting(session, cast.officer_wuhai, an_ask(**more), at=at)


def test_an_edition_is_there_once(session: Session, cast: Cast, at: datetime) -> None:
    add_meeting(session, cast.officer_wuhai, an_ask(), at=at)
    with refused(session, ("edition-known", "editions")) as reasons:
        add_meeting(session, cast.officer_ordos, an_ask(editions=(("forum", 3), ("joint", 3))), at=at)
    assert reasons[0].values == {"series": "联席会议", "ordinal": "3", "number": "meeting-2026-01"}


def test_editions_whose_ordinal_is_not_known_are_not_the_same(session: Session, cast: Cast, at: datetime) -> None:
    numbers = [add_meeting(session, HOST, an_ask(editions=(("joint", None),)), at=at).number for _ in range(2)]
    assert numbers == ["meeting-2026-01", "meeting-2026-02"]


def test_an_edition_of_a_fictional_series_is_fictional(session: Session, cast: Cast, at: datetime) -> None:
    assert add_meeting(session, HOST, an_ask(venue=None, editions=(("fiction", 1),)), at=at).sample


def test_an_edition_registered_twice_at_once_is_one(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    for ordinal in range(1, 6):
        acts = [
            lambda own, ordinal=ordinal: add_meeting(
                own, cast.officer_wuhai, an_ask(editions=(("joint", ordinal),)), at=at
            )
        ] * 2
        assert codes(at_once(engine, acts)) == {"done": 1, "edition-known": 1}
