"""Lamps: a decision needs a basis and is not the leader's own, rules are chosen from a day on and never edited."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry.domain.lamps import Lamp
from registry.models import Agreement, Item, LampOverride
from registry.queries.item_figures import item_figures, lamp_policies
from registry.queries.items import ItemFilter, item_counts, item_list
from registry.queries.lamps import chosen_rules
from registry.queries.snapshot import Snapshot
from registry.services.lamps import (
    ChooseLampPolicy,
    OverrideLamp,
    RestoreLamp,
    choose_lamp_policy,
    override_lamp,
    restore_lamp,
)
from tests.cast import Cast, Clock, an_item
from tests.queries.world import a_document, now
from tests.services.acts import OUTSIDE, entries, refused, told, who_may

NUMBER = "mxsmy-2026-01-001"
BASIS = "doc-2026-01"
TODAY = date(2026, 3, 2)


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    a_document(session, cast, at, BASIS, "public", issuer=cast.ordos)
    return an_item(session, cast, at, agreement, lead=cast.ordos)


def shown(session: Session, cast: Cast, on: date) -> tuple[str, str]:
    session.rollback()
    (row,) = item_list(Snapshot(session, None, on), cast.viewer).rows
    return row.lamp, row.lamp_why


def test_a_decision_holds_from_its_day_until_the_rules_are_followed_again(
    session: Session, cast: Cast, item: Item, clock: Clock
) -> None:
    assert shown(session, cast, TODAY) == ("grey", "never_reported")
    override_lamp(session, cast.officer_wuhai, OverrideLamp(NUMBER, "red", BASIS, "现场核查"), at=clock.at)
    assert shown(session, cast, TODAY) == ("red", "overridden")
    assert [(count.lamp, count.count) for count in item_counts(now(session), cast.viewer)] == [("red", 1)]
    assert item_list(now(session), cast.viewer, ItemFilter(lamp="grey")).paging.total == 0
    figures = item_figures(now(session), cast.viewer, item.id)
    assert (figures.lamp.lamp, figures.lamp.computed.colour) == (Lamp("red", "overridden"), "grey")
    assert [(row.basis and row.basis.key, row.until) for row in figures.overrides] == [(BASIS, None)]
    override_lamp(session, cast.secretariat, OverrideLamp(NUMBER, "yellow", BASIS, "已整改"), at=clock.advance(days=5))
    restore_lamp(session, cast.secretariat, RestoreLamp(NUMBER, BASIS), at=clock.advance(days=5))
    days = {0: "red", 4: "red", 5: "yellow", 9: "yellow", 10: "grey"}
    for after, colour in days.items():
        on = TODAY + timedelta(days=after)
        session.rollback()
        there = Snapshot(session, None, clock.at.date(), on)
        assert [row.lamp for row in item_list(there, cast.viewer).rows] == [colour], on
    assert [entry["act"] for entry in entries(session, 3)] == ["lamp.override", "lamp.override", "lamp.restore"]
    assert entries(session, 1)[0]["basis"] == BASIS


@pytest.mark.parametrize(
    ("ask", "codes"),
    [
        (OverrideLamp(NUMBER, "red", "", "现场核查"), [("basis-missing", "basis")]),
        (OverrideLamp(NUMBER, "red", "  ", "现场核查"), [("basis-missing", "basis")]),
        (OverrideLamp(NUMBER, "red", "doc-9", "现场核查"), [("unknown-document", "basis")]),
        (OverrideLamp(NUMBER, "pink", BASIS, " "), [("unknown-choice", "colour"), ("reason-missing", "reason")]),
    ],
)
def test_a_decision_that_is_refused(
    session: Session, cast: Cast, item: Item, at: datetime, ask: OverrideLamp, codes: list[tuple[str, str]]
) -> None:
    with refused(session, *codes):
        override_lamp(session, cast.officer_wuhai, ask, at=at)


def test_what_cannot_be_followed_again(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    with refused(session, ("lamp-not-overridden", None)):
        restore_lamp(session, cast.officer_wuhai, RestoreLamp(NUMBER, BASIS), at=at)
    override_lamp(session, cast.officer_wuhai, OverrideLamp(NUMBER, "red", BASIS, "现场核查"), at=at)
    with refused(session, ("basis-missing", "basis")):
        restore_lamp(session, cast.officer_wuhai, RestoreLamp(NUMBER, ""), at=at)
    restore_lamp(session, cast.officer_wuhai, RestoreLamp(NUMBER, BASIS), at=at)
    assert shown(session, cast, TODAY) == ("grey", "never_reported")


def test_what_has_ended_has_no_lamp_to_decide(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    a_document(session, cast, at, BASIS, "public", issuer=cast.ordos)
    an_item(session, cast, at, agreement, state="terminated", stage="ended")
    with refused(session, ("lamp-of-ended", None)):
        override_lamp(session, cast.officer_wuhai, OverrideLamp(NUMBER, "red", BASIS, "现场核查"), at=at)
    assert shown(session, cast, TODAY) == ("none", "ended")


def test_who_may_decide(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    """The host of the agreement and the secretariat; not the party that leads the item."""
    ask = OverrideLamp(NUMBER, "green", BASIS, "现场核查")
    said = who_may(session, cast, lambda number: ask, lambda actor, ask: override_lamp(session, actor, ask, at=at))
    assert said == told("officer_wuhai secretariat", "officer_ordos viewer auditor", OUTSIDE)

    def decided(number: int) -> RestoreLamp:
        override_lamp(session, cast.secretariat, ask, at=at)
        return RestoreLamp(NUMBER, BASIS)

    said = who_may(session, cast, decided, lambda actor, ask: restore_lamp(session, actor, ask, at=at))
    assert said == told("officer_wuhai secretariat", "officer_ordos viewer auditor", OUTSIDE)
    assert session.query(LampOverride).filter(LampOverride.until.is_(None)).count() <= 1


def test_the_rules_of_the_day_hold(session: Session, cast: Cast, at: datetime) -> None:
    for slug, since in (("yinchuan-2025", TODAY), ("suqian-2025", date(2026, 4, 1))):
        choose_lamp_policy(session, cast.administrator, ChooseLampPolicy(slug, since, note="试行"), at=at)
    asked = {
        date(2026, 3, 1): "own-1",
        TODAY: "yinchuan-2025",
        date(2026, 3, 31): "yinchuan-2025",
        date(2026, 4, 1): "suqian-2025",
    }
    session.rollback()
    assert {day: chosen_rules(Snapshot(session, None, day)).policy.slug for day in asked} == asked
    assert {day: chosen_rules(Snapshot(session, None, date(2030, 1, 1), day)).policy.slug for day in asked} == asked
    assert [row.slug for row in lamp_policies(now(session), cast.viewer)] == ["suqian-2025", "yinchuan-2025"]
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["subject"][0]) == ("lamp.choose", "lamp_policy")


def test_rules_that_cannot_be_chosen(session: Session, cast: Cast, at: datetime) -> None:
    choose_lamp_policy(session, cast.administrator, ChooseLampPolicy("own-1", TODAY), at=at)
    with refused(session, ("unknown-lamp-policy", "slug"), ("lamp-policy-known", "since")):
        choose_lamp_policy(session, cast.administrator, ChooseLampPolicy("moon-1", TODAY), at=at)
    with refused(session, ("policy-reaches-back", "since")):
        choose_lamp_policy(session, cast.administrator, ChooseLampPolicy("own-1", date(2026, 3, 1)), at=at)


def test_who_may_choose_rules(session: Session, cast: Cast, at: datetime) -> None:
    said = who_may(
        session, cast, lambda number: TODAY + timedelta(days=number),
        lambda actor, since: choose_lamp_policy(session, actor, ChooseLampPolicy("own-1", since), at=at),
    )  # fmt: skip
    assert said == told(
        "administrator", "officer_wuhai officer_ordos officer_outsider viewer auditor secretariat nobody"
    )
