"""Dispatch lanes: the item's row has the last, every change stays, and on an earlier day the earlier one holds."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from registry.models import Agreement, Item
from registry.queries.item_figures import item_figures
from registry.queries.items import ItemFilter, item_list
from registry.queries.snapshot import Snapshot
from registry.services.lanes import SetLane, set_lane
from tests.cast import Cast, Clock, an_item
from tests.queries.world import a_document, now
from tests.services.acts import OUTSIDE, day, entries, refused, told, who_may

NUMBER = "mxsmy-2026-01-001"


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    return an_item(session, cast, at, agreement)


def test_the_last_lane_stands_on_the_item_and_earlier_ones_stay(
    session: Session, cast: Cast, item: Item, clock: Clock
) -> None:
    a_document(session, cast, clock.at, "doc-2026-01", "public", issuer=cast.ordos)
    clock.advance(days=60)
    set_lane(session, cast.secretariat, SetLane(NUMBER, "preparatory", day("2026-03-20"), "doc-2026-01"), at=clock.at)
    set_lane(session, cast.officer_ordos, SetLane(NUMBER, "new"), at=clock.at)
    assert (item.lane, entries(session, 1)[0]["act"]) == ("new", "lane.set")
    rows = item_figures(now(session), cast.viewer, item.id).lanes
    assert [(row.lane, row.effective.value, row.basis and row.basis.key) for row in rows] == [
        ("new", "2026-05-01", None),
        ("preparatory", "2026-03-20", "doc-2026-01"),
    ]
    for on, lane in ((date(2026, 3, 19), None), (date(2026, 3, 20), "preparatory"), (date(2026, 5, 1), "new")):
        there = Snapshot(session, None, clock.at.date(), on)
        assert [row.lane for row in item_list(there, cast.viewer).rows] == [lane], on
        assert item_list(there, cast.viewer, ItemFilter(lane="new")).paging.total == (lane == "new")


@pytest.mark.parametrize(
    ("ask", "codes"),
    [
        (SetLane(NUMBER, "fast"), [("unknown-choice", "lane")]),
        (SetLane(NUMBER, "new"), [("lane-unchanged", "lane")]),
        (SetLane(NUMBER, "continued", day("2026-03-03")), [("in-the-future", "effective")]),
        (SetLane(NUMBER, "continued", day("2026-02-28")), [("lane-reaches-back", "effective")]),
        (SetLane(NUMBER, "continued", basis="doc-9"), [("unknown-document", "basis")]),
    ],
)
def test_a_lane_that_is_refused(
    session: Session, cast: Cast, item: Item, at: datetime, ask: SetLane, codes: list[tuple[str, str]]
) -> None:
    set_lane(session, cast.officer_wuhai, SetLane(NUMBER, "new", day("2026-03-01")), at=at)
    with refused(session, *codes):
        set_lane(session, cast.officer_wuhai, ask, at=at)


def test_who_may(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    def made(number: int) -> SetLane:
        return SetLane(an_item(session, cast, at, agreement, position=number + 10).number, "new")

    said = who_may(session, cast, made, lambda actor, ask: set_lane(session, actor, ask, at=at))
    assert said == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)
