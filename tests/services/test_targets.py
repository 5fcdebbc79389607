"""Targets and observations: what is computed when they are recorded, what is refused, who may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound, NotPermitted
from registry.models import Agreement, Item, Observation, Target
from registry.queries.item_figures import item_figures
from registry.services.targets import (
    AddObservation,
    AnnulObservation,
    SetTarget,
    add_observation,
    annul_observation,
    set_target,
)
from tests.cast import Cast, an_item
from tests.queries.world import a_document, now
from tests.services.acts import OUTSIDE, answered, day, entries, refused, told, who_may

NUMBER = "mxsmy-2026-01-001"
TONNES = SetTarget(NUMBER, "年产量", ">=", "5500", unit="万吨", period="by_year", year=2025)
OPENED = SetTarget(NUMBER, "通车", "milestone", period="by_year", year=2025)


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    return an_item(session, cast, at, agreement)


def test_an_observation_keeps_its_share_and_what_was_due(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    a_document(session, cast, at, "doc-2026-01", "public", issuer=cast.ordos)
    target = set_target(session, cast.secretariat, TONNES, at=at)
    assert (target.position, target.number, entries(session, 1)[0]["act"]) == (1, "5500", "target.set")
    ask = AddObservation(NUMBER, 1, PartialDate.of("2025-10", "month"), "4,906", basis="doc-2026-01", source="第三页")
    made = add_observation(session, cast.officer_ordos, ask, at=at)
    assert (made.number, made.share, made.scheduled, made.body_id) == ("4906", 8920, 8333, cast.ordos.id)
    assert item.revision == 3
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["for"], entry["basis"]) == ("observation.add", "150600", "doc-2026-01")


def test_the_page_flags_what_falls_jumps_and_comes_late(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    set_target(session, cast.officer_wuhai, TONNES, at=at)
    ids = [
        add_observation(session, cast.officer_wuhai, AddObservation(NUMBER, 1, day(on), number), at=at).id
        for on, number in (("2025-06-30", "1000"), ("2025-12-31", "5000"), ("2025-09-30", "900"))
    ]
    rows = item_figures(now(session), cast.viewer, item.id).observations[1]
    assert [(row.id, row.flags) for row in rows] == [(ids[1], ("jump",)), (ids[2], ("fall", "back")), (ids[0], ())]
    annul_observation(session, cast.officer_wuhai, AnnulObservation(NUMBER, ids[2]), at=at)
    rows = item_figures(now(session), cast.viewer, item.id).observations[1]
    assert [(row.id, row.flags) for row in rows] == [(ids[1], ("jump",)), (ids[0], ())]


def wrong(**more: object) -> SetTarget:
    return SetTarget(**{"item": NUMBER, "metric_zh": "年产量", "comparator": ">=", "number": "1", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ask", "codes"),
    [
        (wrong(metric_zh=" "), [("metric-missing", "metric_zh")]),
        (wrong(comparator=">", period="soon"), [("unknown-choice", "comparator"), ("unknown-choice", "period")]),
        (wrong(number=None), [("number-missing", "number")]),
        (wrong(number="约5万"), [("not-a-number", "number")]),
        (wrong(number_until="2"), [("number-not-wanted", "number_until")]),
        (wrong(comparator="range", number="3", number_until="2"), [("range-reversed", "number_until")]),
        (wrong(comparator="milestone"), [("number-not-wanted", "number")]),
        (wrong(period="by_year"), [("year-not-stated", "year")]),
        (wrong(period="relative_horizon", horizon_from=17), [
            ("horizon-missing", "horizon_years"), ("year-out-of-range", "horizon_from")]),
        (wrong(basis="doc-9"), [("unknown-document", "basis")]),
    ],
)  # fmt: skip
def test_a_target_that_is_refused(
    session: Session, cast: Cast, item: Item, at: datetime, ask: SetTarget, codes: list[tuple[str, str]]
) -> None:
    with refused(session, *codes):
        set_target(session, cast.officer_wuhai, ask, at=at)


OCTOBER = PartialDate.of("2025-10", "month")
BAD: tuple[tuple[Mapping[str, object], list[tuple[str, str]]], ...] = (
    ({"target": 9}, [("unknown-target", "target")]),
    ({"number": None}, [("number-missing", "number")]),
    ({"number": "多数"}, [("not-a-number", "number")]),
    ({"number": "5", "number_until": "4"}, [("range-reversed", "number_until")]),
    ({"reached": True}, [("reached-not-wanted", "reached")]),
    ({"target": 2}, [("number-not-wanted", "number"), ("reached-missing", "reached")]),
    ({"as_of": PartialDate.of(None, "unknown")}, [("date-missing", "as_of")]),
    ({"as_of": PartialDate.of("2025", "before_year")}, [("day-unclear", "as_of")]),
    ({"as_of": day("2026-03-03")}, [("in-the-future", "as_of")]),
    ({"basis": "doc-9"}, [("unknown-document", "basis")]),
)


def test_an_observation_that_is_refused(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    for target in (TONNES, OPENED):
        set_target(session, cast.officer_wuhai, target, at=at)
    for more, codes in BAD:
        ask = AddObservation(**{"item": NUMBER, "target": 1, "as_of": OCTOBER, "number": "1", **more})  # type: ignore[arg-type]
        with refused(session, *codes):
            add_observation(session, cast.officer_wuhai, ask, at=at)
    made = add_observation(session, cast.officer_wuhai, AddObservation(NUMBER, 2, OCTOBER, reached=True), at=at)
    assert (made.share, made.scheduled) == (10_000, 0)


def test_an_observation_is_annulled_once_by_the_party_that_recorded_it(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    set_target(session, cast.officer_wuhai, TONNES, at=at)
    made = add_observation(session, cast.officer_ordos, AddObservation(NUMBER, 1, OCTOBER, "1"), at=at)
    with answered(session, NotPermitted):
        annul_observation(session, cast.officer_wuhai, AnnulObservation(NUMBER, made.id), at=at)
    with answered(session, NotFound):
        annul_observation(session, cast.officer_ordos, AnnulObservation(NUMBER, made.id + 1), at=at)
    annul_observation(session, cast.officer_ordos, AnnulObservation(NUMBER, made.id), at=at)
    with refused(session, ("already-annulled", "observation")):
        annul_observation(session, cast.officer_ordos, AnnulObservation(NUMBER, made.id), at=at)


def test_who_may(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    said = who_may(session, cast, lambda number: TONNES, lambda actor, ask: set_target(session, actor, ask, at=at))
    assert said == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)
    observe = AddObservation(NUMBER, 1, OCTOBER, "1")
    said = who_may(
        session, cast, lambda number: observe, lambda actor, ask: add_observation(session, actor, ask, at=at)
    )
    assert said == told("officer_wuhai officer_ordos", "secretariat viewer auditor", OUTSIDE)

    def made(number: int) -> AnnulObservation:
        return AnnulObservation(NUMBER, add_observation(session, cast.officer_wuhai, observe, at=at).id)

    said = who_may(session, cast, made, lambda actor, ask: annul_observation(session, actor, ask, at=at))
    assert said == told("officer_wuhai", "officer_ordos secretariat viewer auditor", OUTSIDE)
    assert session.query(Observation).count() > 2 and session.query(Target).count() > 2
