"""What waits for a party and what others report on its items: for each reader only what that reader may see."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Deadline, Item
from registry.permissions import Actor, the_register
from registry.queries.awaited import Waiting, side_by_side, waiting_for
from registry.queries.items import ItemFilter, item_list
from registry.services.consent import Answer, Propose, answer, propose
from registry.services.corrections import ProposeCorrection, propose_correction
from registry.services.matters import OpenMatter, open_matter
from registry.services.policies import set_first_policies
from registry.services.procedures import publish_procedure
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import World, a_report, a_signature, now, statements, the_world
from tests.services.acts import sign
from tests.services.test_sealed_text import SEALING


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    return the_world(session, cast, clock.at)


def waits(session: Session, actor: Actor, cast: Cast) -> Waiting:
    """What waits for 鄂尔多斯."""
    session.rollback()
    return waiting_for(now(session), actor, cast.ordos.id, cast.ordos.code, sample=False)


def test_signatures_and_corrections_that_are_awaited(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    def unsigned(actor: Actor) -> list[str]:
        return [each.agreement.key for each in waits(session, actor, cast).unsigned]

    assert unsigned(cast.officer_ordos) == unsigned(cast.officer_wuhai) == ["mxsmy-2026-01", "mxsmy-2026-02"]
    assert unsigned(cast.nobody) == ["mxsmy-2026-01"]
    sign(session, cast.officer_ordos, world.open, cast.ordos, clock.at)
    assert unsigned(cast.nobody) == []
    set_first_policies(session, the_register("command"), at=clock.at)
    for number in ("mxsmy-2026-01", "mxsmy-2026-02"):
        wrong = ProposeCorrection("agreement", number, "title_zh", "示例协议", "写错")
        propose_correction(session, cast.officer_wuhai, wrong, at=clock.at)
    for actor, there in ((cast.officer_ordos, 2), (cast.nobody, 1), (cast.officer_outsider, 1)):
        found = waits(session, actor, cast)
        assert len(found.corrections) == there
        assert found.total == sum(
            map(len, (found.asked, found.unsigned, found.unanswered, found.corrections, found.overdue))
        )


def test_consent_that_is_not_given(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    publish_procedure(session, the_register("command"), SEALING, at=clock.at)
    opened = OpenMatter(
        "sealing", "示例事务", host=cast.wuhai.code, leads=(cast.wuhai.code,), joins=(cast.ordos.code,), level="parties",
        values={"proposers": "某某"},
    )  # fmt: skip
    number = open_matter(session, cast.officer_wuhai, opened, at=clock.at).number
    round_ = propose(session, cast.officer_wuhai, Propose("matter", number, "finish"), at=clock.at)
    assert [each.subject.key for each in waits(session, cast.viewer, cast).asked] == [number]
    assert waits(session, cast.nobody, cast).asked == ()
    answer(session, cast.officer_ordos, Answer(round_.id, cast.ordos.code, "object", "不"), at=clock.at)
    assert waits(session, cast.viewer, cast).asked == ()


def test_time_limits_that_have_passed_and_items_never_reported(
    session: Session, cast: Cast, clock: Clock, world: World
) -> None:
    item = session.scalars(sa.select(Item).where(Item.number == "mxsmy-2026-02-001")).one()
    with atomic(session) as book:
        for due_on in ("2026-03-01", "2026-03-02"):
            session.add(
                Deadline(
                    subject_kind="item", subject_id=item.id, purpose="stay", state="intent", begun_on="2026-01-01", due_on=due_on,
                    provisional=False,
                )
            )  # fmt: skip
        book.record(act="item.add", actor=cast.secretariat, subject=("item", item.id), at=clock.at)
    assert [each.what.key for each in waits(session, cast.viewer, cast).overdue] == ["mxsmy-2026-02-001"]
    assert waits(session, cast.nobody, cast).overdue == ()
    an_item(session, cast, clock.at, world.ours, position=2, state="in_progress", stage="in_progress", lead=cast.ordos)
    for actor in (cast.viewer, cast.nobody):
        asked = ItemFilter(party=cast.ordos.code, role="lead", stage="in_progress", grade="not_reported")
        assert waits(session, actor, cast).unreported == item_list(now(session), actor, asked).paging.total
    assert waits(session, cast.viewer, cast).unreported == 1


def test_what_others_report_stands_beside(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    items = session.scalars(
        sa.select(Item).where(Item.number.like("mxsmy-2026-02-%") | (Item.number == "mxsmy-2026-01-001"))
    ).all()
    ours = {each.number: each for each in items}
    a_report(session, cast, clock.at, ours["mxsmy-2026-02-001"], cast.wuhai, "乌海的秘密")
    a_report(session, cast, clock.at, ours["mxsmy-2026-01-001"], cast.wuhai, "旧的", released=True)
    with atomic(session) as book:
        report = a_report(session, cast, clock.at, ours["mxsmy-2026-01-001"], cast.wuhai, "已公开", released=True)
        report.grade = "slow"
        book.record(act="report.file", actor=cast.officer_wuhai, subject=("item", report.item_id), at=clock.at)
    a_report(session, cast, clock.at, ours["mxsmy-2026-01-001"], cast.ordos, "本方的秘密")
    session.rollback()
    found = side_by_side(now(session), cast.viewer, cast.ordos.id)
    assert [(each.item.key, each.differ) for each in found] == [
        ("mxsmy-2026-01-001", True),
        ("mxsmy-2026-02-001", False),
    ]
    assert [(each.party.key, each.grade, each.problem) for each in found[0].others] == [("150300", "slow", "已公开")]
    assert found[0].own is not None
    assert (found[0].own.grade, found[0].own.problem) == ("blocked", None)
    assert found[1].others[0].problem is None
    public = side_by_side(now(session), cast.nobody, cast.ordos.id)
    assert [(each.item.key, each.own) for each in public] == [
        ("mxsmy-2026-01-001", None)
    ]  # 鄂尔多斯's own is not released
    assert [each.item.key for each in side_by_side(now(session), cast.viewer, cast.ordos.id, size=1)] == [
        "mxsmy-2026-01-001"
    ]


def test_it_costs_the_same_for_one_and_for_many(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    costs = []
    for many in (1, 2, 8):
        for place in range(many):
            agreement = an_agreement(
                session, cast, clock.at, number=f"mxsmy-20{many + 30}-{place + 1:02}", level="public"
            )
            a_signature(session, cast, clock.at, agreement, cast.yinchuan)
            a_report(
                session, cast, clock.at, an_item(session, cast, clock.at, agreement), cast.wuhai, "x", released=True
            )
        session.rollback()
        snapshot = now(session)
        with statements(session) as ran:
            waiting_for(snapshot, cast.viewer, cast.ordos.id, cast.ordos.code, sample=False)
            side_by_side(snapshot, cast.viewer, cast.ordos.id)
        costs.append(len(ran))
    assert costs[1] == costs[2] <= 20  # after an act: what was kept by the first reading is led on
