"""What changed since a date, an entry or a meeting: on a record and on what belongs to it, for each reader, the last first."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Refused
from registry.ledger import atomic
from registry.models import Agreement, Item, Meeting
from registry.permissions import Actor
from registry.queries.since import belonging, changes_since, entry_since, meetings_held
from registry.queries.snapshot import NOTHING_KNOWN
from tests.cast import Cast, Clock, an_item
from tests.queries.world import World, now, statements, the_world

ZONE = "Asia/Shanghai"


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    return the_world(session, cast, clock.at)


def rename(session: Session, cast: Cast, clock: Clock, record: Agreement | Item, *titles: str) -> None:
    """One act for each title, an hour after the other."""
    for title in titles:
        with atomic(session) as book:
            session.merge(record).title_zh = title
            kind = "item" if isinstance(record, Item) else "agreement"
            book.record(
                act="agreement.create", actor=cast.secretariat, subject=(kind, record.id), at=clock.advance(hours=1)
            )


def changed(session: Session, actor: Actor, kind: str, record_id: int, since: int, size: int = 10) -> list[str]:
    """Numbers of the records that changed."""
    session.rollback()
    found = changes_since(now(session), actor, since, belonging(now(session), kind, record_id), size=size)
    return [each.named.key for each in found.rows if each.named]


def test_what_belongs_to_a_record_the_last_first(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    since = now(session).stamp.entry
    first = session.scalars(sa.select(Item).where(Item.number == "mxsmy-2026-02-001")).one()
    rename(session, cast, clock, world.ours, "一")
    rename(session, cast, clock, first, "甲", "乙")
    rename(session, cast, clock, world.open, "二")
    officer = cast.officer_ordos
    assert changed(session, officer, "agreement", world.ours.id, since) == ["mxsmy-2026-02-001", "mxsmy-2026-02"]
    assert changed(session, officer, "grouping", cast.grouping.id, since) == ["mxsmy-2026-01", "mxsmy-2026-02"]
    assert changed(session, officer, "party", cast.ordos.id, since) == ["mxsmy-2026-02-001"]
    assert changed(session, officer, "register", 1, since) == ["mxsmy-2026-01", "mxsmy-2026-02-001", "mxsmy-2026-02"]
    assert changed(session, officer, "register", 1, since, size=1) == ["mxsmy-2026-01"]
    assert changed(session, cast.nobody, "register", 1, since) == ["mxsmy-2026-01"]
    assert changed(session, cast.nobody, "agreement", world.ours.id, since) == []


def test_a_field_is_folded_and_what_came_back_is_no_change(
    session: Session, cast: Cast, clock: Clock, world: World
) -> None:
    since, title = now(session).stamp.entry, world.open.title_zh
    rename(session, cast, clock, world.open, "一", "二", "三")
    session.rollback()
    found = changes_since(now(session), cast.nobody, since, belonging(now(session), "agreement", world.open.id))
    ((row,),) = (each.rows for each in found.rows)
    assert [(each.field, each.old, each.new) for each in row.fields] == [("title_zh", title, "三")]
    assert found.stamp.entry == since
    rename(session, cast, clock, world.open, title)
    assert changed(session, cast.nobody, "agreement", world.open.id, since) == []


def test_since_a_meeting_counts_from_its_first_day(session: Session, cast: Cast, clock: Clock) -> None:
    with atomic(session) as book:
        for number, held_on, precision, held in (
            ("meeting-2026-01", "2026-03-10", "day", True),
            ("meeting-2026-02", "2026-03", "month", True),
            ("meeting-2026-03", None, "unknown", True),
            ("meeting-2026-04", "2026-09-01", "day", False),
        ):
            meeting = Meeting(
                number=number, name_zh="示例会议", held=held, held_on=held_on, held_precision=precision, sample=False
            )
            session.add(meeting)
        session.flush()
        book.record(act="meeting.add", actor=cast.secretariat, subject=("meeting", meeting.id), at=clock.at)
    last = now(session).stamp.entry
    session.rollback()
    assert [each.number for each in meetings_held(now(session))] == ["meeting-2026-01", "meeting-2026-02"]
    assert entry_since(now(session), "meeting-2026-01", ZONE) == last
    assert entry_since(now(session), "meeting-2026-02", ZONE) == NOTHING_KNOWN  # everything was recorded on 2 March
    assert entry_since(now(session), "2026-03-01", ZONE) == NOTHING_KNOWN
    assert entry_since(now(session), "0", ZONE) == 0
    for text, code in (
        ("meeting-2026-03", "meeting-undated"), ("meeting-2020-01", "unknown-meeting"), ("yesterday", "bad-known"), ("99999", "bad-known"),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            entry_since(now(session), text, ZONE)
        assert [(reason.code, reason.field) for reason in refused.value.reasons] == [(code, "since")]


def test_it_costs_the_same_for_one_record_and_for_many(
    session: Session, cast: Cast, clock: Clock, world: World
) -> None:
    since, costs = now(session).stamp.entry, []
    for many in (1, 9):
        for position in range(10 * many, 11 * many):
            an_item(session, cast, clock.advance(hours=1), world.open, position=position)
        session.rollback()
        snapshot = now(session)
        with statements(session) as ran:
            found = changes_since(snapshot, cast.officer_ordos, since, belonging(snapshot, "agreement", world.open.id))
        assert len(found.rows) >= many
        costs.append(len(ran))
    assert costs[0] == costs[1] <= 6
