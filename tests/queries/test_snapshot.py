"""What `known=` means, and that a snapshot holds what was known then and nothing later."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from registry.errors import Refused
from registry.ledger import atomic
from registry.models import Agreement, Grouping
from registry.permissions import the_register
from registry.queries.snapshot import Snapshot, bounds_of_days, known_entry
from tests.cast import Cast, Clock, an_agreement
from tests.queries.world import TODAY, now

ZONE = "Asia/Shanghai"


def rename(session: Session, grouping: Grouping, name: str, at: datetime) -> int:
    """An act; its entry."""
    with atomic(session) as book:
        session.merge(grouping).name_zh = name
        book.record(act="body.add", actor=the_register("command"), subject=("grouping", grouping.id), at=at)
    return now(session).stamp.entry


def test_a_name_as_it_was_known(session: Session, cast: Cast, clock: Clock) -> None:
    first = now(session).stamp.entry
    second = rename(session, cast.grouping, "甲", clock.advance(days=1))
    third = rename(session, cast.grouping, "乙", clock.advance(days=1))
    assert (second, third) == (first + 1, first + 2)

    def name(known: int | None) -> str | None:
        snapshot = Snapshot(session, known, TODAY)
        return session.execute(sa.select(snapshot.of(Grouping).c.name_zh)).scalar_one_or_none()

    assert [name(known) for known in (-1, 0, first, second, third, None)] == [
        None,
        None,
        "蒙西四盟市",
        "甲",
        "乙",
        "乙",
    ]


def test_the_stamp_is_the_entry_known_and_its_moment(session: Session, cast: Cast, at: datetime, clock: Clock) -> None:
    last = rename(session, cast.grouping, "甲", clock.advance(days=1))
    assert (now(session).stamp.entry, now(session).stamp.at) == (last, at + timedelta(days=1))
    earlier = Snapshot(session, last - 1, TODAY).stamp
    assert (earlier.entry, earlier.at) == (last - 1, at)
    assert Snapshot(session, -1, TODAY).stamp == type(earlier)(-1, None)


def test_a_table_twice_in_one_query_is_two_tables(session: Session, cast: Cast, at: datetime) -> None:
    an_agreement(session, cast, at)
    for known in (None, now(session).stamp.entry):
        snapshot = Snapshot(session, known, TODAY)
        one, other = snapshot.of(Agreement), snapshot.of(Agreement, "other")
        assert snapshot.of(Agreement) is one
        assert snapshot.of(Agreement, "other") is other is not one
        assert (
            session.execute(
                sa.select(sa.func.count()).select_from(one.join(other, one.c.id == other.c.id))
            ).scalar_one()
            == 1
        )


@pytest.fixture
def three_days(session: Session, cast: Cast, clock: Clock) -> tuple[int, int, int]:
    """Entries of the evening of 2 March, of 3 March 00:00 and of 4 March 09:00, in Shanghai."""
    moments = (
        datetime.fromisoformat(text)
        for text in ("2026-03-02T23:59:59.999999+08:00", "2026-03-03T00:00+08:00", "2026-03-04T09:00+08:00")
    )
    return tuple(rename(session, cast.grouping, f"第{day}日", at) for day, at in enumerate(moments, 2))  # type: ignore[return-value]


def test_a_date_is_the_end_of_that_day_in_the_registers_zone(
    session: Session, three_days: tuple[int, int, int]
) -> None:
    evening, midnight, morning = three_days
    assert known_entry(session, "2026-03-02", ZONE) == evening
    assert known_entry(session, "2026-03-02", "UTC") == midnight
    assert known_entry(session, " 2026-03-03 ", ZONE) == midnight
    assert known_entry(session, "2026-03-04", ZONE) == known_entry(session, "9999-12-30", ZONE) == morning
    assert known_entry(session, "2024-03-01", ZONE) == -1


def test_a_moment_is_in_its_own_zone_or_the_registers(session: Session, three_days: tuple[int, int, int]) -> None:
    evening, midnight, morning = three_days
    assert known_entry(session, "2026-03-03T00:00:00", ZONE) == midnight
    assert known_entry(session, "2026-03-02T16:00:00Z", ZONE) == midnight
    assert known_entry(session, "2026-03-02T15:59:59.999999+00:00", ZONE) == evening
    assert known_entry(session, "2026-03-04 09:00+08:00", ZONE) == morning


def test_a_number_is_an_entry_that_is_written(session: Session, three_days: tuple[int, int, int]) -> None:
    assert known_entry(session, "0", ZONE) == 0
    assert known_entry(session, str(three_days[2]), ZONE) == three_days[2]
    assert known_entry(session, None, ZONE) is known_entry(session, "", ZONE) is None


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-02-30",
        "2026-3-4",
        "２０２６-03-04",
        "-1",
        "1e3",
        "2026-03-04T25:00",
        "9999-12-31",
        "0001-01-01T00:00+14:00",
        "99999999999999999999999",
        "100000",
        "2026年3月4日",
        "\x00",
    ],
)
def test_anything_else_is_refused_with_the_field_and_the_value(
    session: Session, three_days: tuple[int, int, int], text: str
) -> None:
    with pytest.raises(Refused) as refusal:
        known_entry(session, text, ZONE)
    (reason,) = refusal.value.reasons
    assert (reason.code, reason.field, reason.values) == ("bad-known", "known", {"value": text})


def test_entries_of_disagreeing_clocks_never_bring_a_later_one(session: Session, cast: Cast, clock: Clock) -> None:
    slow = clock.advance(days=3)
    fast = rename(session, cast.grouping, "快", slow + timedelta(days=5))
    rename(session, cast.grouping, "慢", slow)
    assert known_entry(session, slow.isoformat(), ZONE) == fast - 1


@given(
    st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)),
    st.sampled_from([ZONE, "Europe/Berlin", "UTC"]),
)
def test_days_follow_each_other_without_gap_or_overlap(day, zone) -> None:  # type: ignore[no-untyped-def]
    from zoneinfo import ZoneInfo

    first, after = bounds_of_days(day, day, ZoneInfo(zone))
    assert first < after == bounds_of_days(day + timedelta(days=1), day + timedelta(days=1), ZoneInfo(zone))[0]
    assert first.astimezone(ZoneInfo(zone)).date() == day
