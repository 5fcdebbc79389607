"""The item's page: spine, reports side by side, steps with their basis, evidence, targets, lineage."""

from __future__ import annotations

import itertools
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.errors import NotFound
from registry.ledger import atomic, seal
from registry.models import Agreement, Commitment, Department, Evidence, Item, Mechanism, Partner, Step, Target
from registry.queries.item_page import item_page
from registry.queries.items import ItemFilter, Lead, item_list
from registry.queries.proceedings import SpineStage
from registry.queries.rows import Named, Sealed
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, Clock, an_item
from tests.queries.world import TODAY, a_document, a_report, now, statements

NUMBER = "mxsmy-2026-01-001"
UNKNOWN = PartialDate(None, Precision.UNKNOWN)
TRANSITIONS = {"listed": "list", "in_progress": "begin", "achieved": "achieve"}


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    return an_item(session, cast, at, agreement)


def a_step(
    session: Session,
    cast: Cast,
    at: datetime,
    item: Item,
    position: int,
    kind: str,
    from_: str,
    to: str,
    **more: object,
) -> None:
    with atomic(session) as book:
        step = Step(
            subject_kind="item",
            subject_id=item.id,
            position=position,
            procedure_id=item.procedure_id,
            transition=TRANSITIONS[to] if kind == "forward" else kind,
            kind=kind,
            from_state=from_,
            to_state=to,
            recorded_at=at,
            **more,
        )
        session.add(step)
        session.merge(item).state = to
        book.record(act="item.step", actor=cast.officer_wuhai, subject=("item", item.id), at=at)


def test_the_spine_tells_when_each_stage_was_last_entered(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    a_step(session, cast, at, item, 2, "forward", "intent", "listed", effective="2026-01", effective_precision="month")
    a_step(
        session,
        cast,
        at,
        item,
        3,
        "forward",
        "listed",
        "in_progress",
        effective="2026-02-03",
        effective_precision="day",
    )
    a_step(
        session,
        cast,
        at,
        item,
        4,
        "suspend",
        "in_progress",
        "suspended",
        effective="2026-02-05",
        effective_precision="day",
    )
    a_step(
        session,
        cast,
        at,
        item,
        5,
        "resume",
        "suspended",
        "in_progress",
        effective="2026-02-09",
        effective_precision="day",
    )
    with atomic(session) as book:
        session.merge(item).stage = "in_progress"
        book.record(act="item.step", actor=cast.officer_wuhai, subject=("item", item.id), at=at)
    assert item_page(now(session), cast.viewer, NUMBER).spine == (
        SpineStage("intent", UNKNOWN, here=False),
        SpineStage("in_progress", PartialDate("2026-02-03", Precision.DAY), here=True),
        SpineStage("long_term_mechanism", None, here=False),
    )


def test_a_step_shows_its_basis_to_those_who_may_see_the_document(
    session: Session, cast: Cast, item: Item, at: datetime
) -> None:
    document = a_document(session, cast, at, "doc-2026-01", "parties", issuer=cast.ordos)
    with atomic(session):
        why = seal(session, "双方已达成一致", body_id=cast.wuhai.id)
        a_step(
            session,
            cast,
            at,
            item,
            2,
            "forward",
            "intent",
            "listed",
            basis_id=document.id,
            basis_note="第三条",
            reason=why,
            body_id=cast.wuhai.id,
        )
    seen = {}
    for name, actor in cast.actors.items():
        if name not in ("nobody", "administrator", "officer_outsider"):
            step = item_page(now(session), actor, NUMBER).steps[1]
            seen[name] = (step.basis and step.basis.key, step.basis_note, step.reason)
    assert seen["viewer"] == ("doc-2026-01", "第三条", Sealed(None))
    assert seen["officer_wuhai"] == (None, None, Sealed("双方已达成一致"))
    assert seen["secretariat"] == (None, None, Sealed(None))
    assert seen["auditor"] == ("doc-2026-01", "第三条", Sealed("双方已达成一致"))


def test_reports_of_each_party_stand_side_by_side_the_last_first(
    session: Session, cast: Cast, item: Item, clock: Clock
) -> None:
    a_report(session, cast, clock.at, item, cast.ordos, "征地")
    a_report(session, cast, clock.advance(days=90), item, cast.ordos, "资金")
    a_report(session, cast, clock.advance(days=1), item, cast.wuhai, "审批", released=True)
    page = item_page(now(session), cast.viewer, NUMBER)
    assert [(one.party.key, [report.problem for report in one.reports]) for one in page.reports] == [
        ("150300", [Sealed("审批")]),
        ("150600", [Sealed("资金"), Sealed("征地")]),
    ]
    assert (page.row.grade, page.reports[1].reports[0].as_of) == ("blocked", PartialDate("2026-Q1", Precision.QUARTER))
    assert page.reports[1].reports[0].progress is None
    of_wuhai = item_page(now(session), cast.officer_wuhai, NUMBER).reports[1].reports
    assert [report.problem for report in of_wuhai] == [Sealed(None), Sealed(None)]


def test_everything_else_of_an_item(
    session: Session, cast: Cast, item: Item, agreement: Agreement, at: datetime
) -> None:
    document = a_document(session, cast, at, "doc-2026-01", "public", issuer=cast.ordos)
    merged = an_item(session, cast, at, agreement, position=2)
    hidden = an_item(session, cast, at, agreement, position=3, level="parties")
    with atomic(session) as book:
        department = Department(body_id=cast.wuhai.id, name_zh="文旅局", sample=False)
        session.add(department)
        session.flush()
        session.query(Item).filter_by(id=merged.id).one().merged_into_id = item.id
        session.query(Item).filter_by(id=hidden.id).one().merged_into_id = item.id
        session.add_all(
            [
                Partner(item_id=item.id, position=1, names="晋陕、宁夏", relation="合作"),
                Target(
                    item_id=item.id,
                    position=1,
                    metric_zh="线路",
                    comparator=">=",
                    number="3",
                    unit="条",
                    year=2027,
                    period="by_year",
                ),
                Evidence(
                    item_id=item.id, type="result", body_id=cast.wuhai.id, document_id=document.id, recorded_at=at
                ),
                Mechanism(item_id=item.id, kind="platform", name_zh="联合平台", keeper_id=cast.wuhai.id, lapsed=False),
                Commitment(code="c-1", document_id=document.id, position=1, title_zh="开通线路", item_id=item.id),
            ]
        )
        book.record(act="bundle.import", actor=cast.secretariat, subject=("item", item.id), at=at)
    page = item_page(now(session), cast.secretariat, NUMBER)
    wuhai = Named("body", "150300", "乌海市", None)
    assert page.row.parent == Named("agreement", "mxsmy-2026-01", "示例合作框架协议", None)
    assert (page.row.lead, page.row.leads) == (Lead(wuhai, None, None, "lead", 1), 1)
    assert [(one.party.key, one.role) for one in page.assignments] == [("150300", "lead"), ("150600", "join")]
    assert [(one.names, one.relation) for one in page.partners] == [("晋陕、宁夏", "合作")]
    assert [(one.comparator, one.number, one.unit, one.year) for one in page.targets] == [(">=", "3", "条", 2027)]
    assert [(one.type, one.party, one.document and one.document.key) for one in page.evidence] == [
        ("result", wuhai, "doc-2026-01")
    ]
    assert [(one.title_zh, one.keeper, one.document, one.review) for one in page.mechanisms] == [
        ("联合平台", wuhai, None, UNKNOWN)
    ]
    assert [one.key for one in page.commitments] == ["c-1"]
    assert ([one.key for one in page.merged_from], page.merged_into) == (["mxsmy-2026-01-002"], None)
    into = item_page(now(session), cast.secretariat, "mxsmy-2026-01-002").merged_into
    assert into is not None
    assert into.key == NUMBER
    assert len(item_page(now(session), cast.viewer, NUMBER).merged_from) == 2


def test_the_page_of_the_past_and_a_fixed_number_of_statements(
    session: Session, cast: Cast, item: Item, clock: Clock
) -> None:
    known = now(session).stamp.entry
    before = item_page(now(session), cast.viewer, NUMBER)
    states = ["intent", "listed", "in_progress", "achieved"]
    for place, (from_, to) in enumerate(itertools.pairwise(states), 2):
        a_report(session, cast, clock.advance(days=30), item, cast.ordos, f"问题{place}")
        a_step(session, cast, clock.at, item, place, "forward", from_, to)
        if place == 2:
            session.rollback()
            with statements(session) as first:
                item_page(now(session), cast.viewer, NUMBER)
    session.rollback()
    with statements(session) as second:
        item_page(now(session), cast.viewer, NUMBER)
    assert len(first) == len(second) <= 20
    assert item_page(Snapshot(session, known, TODAY), cast.viewer, NUMBER) == before
    with pytest.raises(NotFound):
        item_page(Snapshot(session, known - 1, TODAY), cast.viewer, NUMBER)


def test_what_needs_attention_stands_first_and_samples_last(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    for position, grade in enumerate(("not_reported", "on_track", "blocked", "slow", "blocked"), 1):
        one = an_item(session, cast, at, agreement, position=position)
        with atomic(session) as book:
            one.grade, one.sample = grade, position == 5
            book.record(act="report.file", actor=cast.officer_ordos, subject=("item", one.id), at=at)
    found = item_list(now(session), cast.viewer, urgent=True)
    assert [row.number[-1] for row in found.rows] == ["3", "4", "2", "1", "5"]
    assert (found.paging.total, found.samples) == (5, 1)
    blocked = item_list(now(session), cast.viewer, ItemFilter(grade="blocked", party="150300", role="lead"))
    assert [row.number[-1] for row in blocked.rows] == ["3", "5"]
    assert item_list(now(session), cast.viewer, ItemFilter(party="150300", role="join")).rows == ()
    second = item_list(now(session), cast.viewer, page=2, size=2)
    assert ([row.number[-1] for row in second.rows], second.paging.pages) == (["3", "4"], 3)
