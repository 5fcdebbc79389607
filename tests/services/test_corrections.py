"""Corrections: proposed, told, objected to, withdrawn, applied exactly once; both values stay."""

from __future__ import annotations

import multiprocessing
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.ledger import atomic
from registry.models import (
    Act,
    Agreement,
    Audited,
    Claim,
    Correction,
    CorrectionObjection,
    Edition,
    Meeting,
    MeetingSeries,
    Notice,
    Proposal,
)
from registry.permissions import Actor
from registry.services.consent import Propose
from registry.services.consent import propose as put_forward
from registry.services.corrections import (
    ObjectToCorrection,
    ProposeCorrection,
    WithdrawCorrection,
    apply_correction,
    object_to_correction,
    propose_correction,
    withdraw_correction,
)
from registry.services.policies import SetPolicy, set_first_policies, set_policy
from registry.services.sweep import sweep
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import (
    HOST,
    OUTSIDE,
    a_document,
    answered,
    contents,
    entries,
    fresh,
    refused,
    sign,
    told,
    who_may,
)
from tests.services.rounds import an_item_to_institutionalise
from tests.services.timed import at_noon, sweep_in_process

PROCESSES = multiprocessing.get_context("forkserver")
LAST_DAY, AFTER = "2026-03-12", "2026-03-13"
"""Of a window of ten days that begins on 2 March."""


@pytest.fixture(autouse=True)
def window(session: Session, cast: Cast, at: datetime) -> None:
    set_first_policies(session, HOST, at=at)


def title(number: str, value: str = "示例合作协议", reason: str = "多印了“框架”二字") -> ProposeCorrection:
    return ProposeCorrection("agreement", number, "title_zh", value, reason)


def propose(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Correction:
    return propose_correction(session, cast.officer_wuhai, title(agreement.number), at=at)


def test_a_correction_is_told_and_applied_when_nobody_objects(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    a_document(session, at)
    ask = ProposeCorrection("agreement", agreement.number, "title_zh", " 示例合作协议 ", "印错", "蒙联发〔2026〕1号")
    correction = propose_correction(session, cast.officer_wuhai, ask, at=at)
    assert (correction.old, correction.new, correction.number, correction.window_until) == (
        "示例合作框架协议", "示例合作协议", 1, LAST_DAY,
    )  # fmt: skip
    told_to = sa.select(Notice.body_id, Notice.grouping_id).where(Notice.correction_id == correction.id)
    everybody = {(cast.wuhai.id, None), (cast.ordos.id, None), (cast.yinchuan.id, None), (None, cast.grouping.id)}
    assert {tuple(row) for row in session.execute(told_to)} == everybody
    assert sweep(session, at=at_noon(LAST_DAY)).corrections == 0
    assert fresh(session, agreement).title_zh == "示例合作框架协议"
    assert sweep(session, at=at_noon(AFTER)).corrections == 1
    assert fresh(session, agreement).title_zh == "示例合作协议"
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["subject"], entry["actor"]["post"], entry["for"], entry["basis"]) == (
        "correction.apply", ["agreement", agreement.id], "register", "150300", "蒙联发〔2026〕1号",
    )  # fmt: skip
    moved = {(change["t"], *change["to"]) for change in entry["changes"] if change["t"] in ("agreement", "correction")}
    assert moved == {("agreement", "revision", "title_zh"), ("correction", "decided_at", "outcome")}
    assert session.scalars(sa.select(sa.func.count()).where(Notice.kind == "correction")).one() == 8
    before = contents(session)
    assert sweep(session, at=at_noon("2026-03-14")).corrections == 0
    assert contents(session) == before


def test_the_window_is_that_of_the_day_of_proposing(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    first = propose(session, cast, agreement, at)
    set_policy(session, cast.administrator, SetPolicy("correction_window", date(2026, 3, 3), 30), at=at)
    ask = ProposeCorrection("agreement", agreement.number, "declared_fields", "9", "漏登")
    second = propose_correction(session, cast.officer_ordos, ask, at=at + timedelta(days=1))
    assert [each.window_until for each in (fresh(session, first), second)] == [LAST_DAY, "2026-04-02"]


def test_one_objection_lets_it_fall_and_it_may_be_proposed_again(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    correction = propose(session, cast, agreement, at)
    ask = ObjectToCorrection(correction.id, "150600", "原件如此")
    objection = object_to_correction(session, cast.officer_ordos, ask, at=at_noon(LAST_DAY))
    assert (objection.body_id, fresh(session, correction).outcome) == (cast.ordos.id, "fallen")
    assert entries(session, 1)[0]["for"] == "150600"
    with refused(session, ("correction-closed", None)):
        object_to_correction(session, cast.officer_wuhai, ObjectToCorrection(correction.id, "150300", "也"), at=at)
    again = propose(session, cast, agreement, at_noon("2026-03-20"))
    assert (again.number, again.outcome) == (2, "open")
    sweep(session, at=at_noon("2026-03-31"))
    assert fresh(session, agreement).title_zh == "示例合作协议"
    assert [each.outcome for each in session.scalars(sa.select(Correction).order_by(Correction.id))] == [
        "fallen", "applied",
    ]  # fmt: skip


def test_an_objection_after_the_last_day_comes_too_late(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    correction = propose(session, cast, agreement, at)
    late = ObjectToCorrection(correction.id, "150600", "来晚了")
    with refused(session, ("correction-closed", None)):
        object_to_correction(session, cast.officer_ordos, late, at=at_noon(AFTER))
    with refused(session, ("reason-missing", "reason")):
        object_to_correction(session, cast.officer_ordos, ObjectToCorrection(correction.id, "150600", " "), at=at)
    assert session.scalars(sa.select(CorrectionObjection)).all() == []


def test_who_proposed_takes_it_back(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    correction = propose(session, cast, agreement, at)
    with answered(session, NotPermitted):
        withdraw_correction(session, cast.officer_ordos, WithdrawCorrection(correction.id), at=at)
    with answered(session, NotPermitted):  # a secretariat takes back what a secretariat proposed
        withdraw_correction(session, cast.secretariat, WithdrawCorrection(correction.id), at=at)
    assert (
        withdraw_correction(session, cast.officer_wuhai, WithdrawCorrection(correction.id), at=at).outcome
        == "withdrawn"
    )
    with refused(session, ("correction-closed", None)):
        withdraw_correction(session, cast.officer_wuhai, WithdrawCorrection(correction.id), at=at)
    own = propose_correction(session, cast.secretariat, title(agreement.number), at=at)
    assert own.body_id is None
    withdraw_correction(session, cast.secretariat, WithdrawCorrection(own.id), at=at)
    assert sweep(session, at=at_noon(AFTER)).corrections == 0


def test_it_falls_where_the_value_changed_meanwhile(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    """Nobody stands for a change of what he has not seen."""
    correction = propose(session, cast, agreement, at)
    with atomic(session) as book:
        session.get_one(Agreement, agreement.id).title_zh = "另一标题"
        book.record(act="bundle.import", actor=HOST, subject=("agreement", agreement.id), at=at)
    assert sweep(session, at=at_noon(AFTER)).corrections == 1
    assert (fresh(session, agreement).title_zh, fresh(session, correction).outcome) == ("另一标题", "fallen")
    assert entries(session, 1)[0]["act"] == "correction.lapse"


def test_dates_of_an_act_and_an_act_that_was_annulled(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    first, second = (
        sign(session, actor, agreement, party, at)
        for actor, party in ((cast.officer_wuhai, cast.wuhai), (cast.officer_ordos, cast.ordos))
    )
    asks = {
        "done_on": "2026年2月", "received_on": "2026-02-27", "signer_post": "市长",
    }  # fmt: skip
    for column, value in asks.items():
        for act in (first, second):
            ask = ProposeCorrection("agreement", agreement.number, f"act:{act.id}.{column}", value, "与原件不符")
            propose_correction(session, cast.officer_ordos, ask, at=at)
    with atomic(session) as book:
        session.get_one(Act, second.id).annulled_at = at
        book.record(act="act.annul", actor=HOST, subject=("agreement", agreement.id), at=at)
    assert sweep(session, at=at_noon(AFTER)).corrections == 6
    act = fresh(session, first)
    assert (act.done_on, act.done_precision, act.received_on, act.signer_post) == (
        "2026-02",
        "month",
        "2026-02-27",
        "市长",
    )
    assert fresh(session, second).signer_post is None
    assert dict(session.execute(sa.select(Correction.outcome, sa.func.count()).group_by(Correction.outcome)).all()) == {
        "applied": 3, "fallen": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "value", "code", "field"),
    [
        ("number", "x-0000-01", "not-correctable", "target"),
        ("agreement:1.title_zh", "别的", "not-correctable", "target"),
        ("done_on", "2026-03-01", "not-correctable", "target"),
        ("act:99999.done_on", "2026-03-01", "not-correctable", "target"),
        ("act:1.recorded_at", "2026-03-01", "not-correctable", "target"),
        ("title_zh", "示例合作框架协议", "same-value", "value"),
        ("title_zh", " ", "value-missing", "value"),
        ("dated_on", "", "same-value", "value"),
        ("dated_on", "2026年13月", "no-such-month", "value"),
        ("dated_on", "17-7-6", "two-digit-year", "value"),
        ("declared_fields", "九", "bad-count", "value"),
        ("declared_fields", "-1", "bad-count", "value"),
        ("declared_fields", "1000001", "bad-count", "value"),
    ],
)
def test_what_cannot_be_proposed(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, place: str, value: str, code: str, field: str
) -> None:
    ask = ProposeCorrection("agreement", agreement.number, place, value, "不对")
    with refused(session, (code, field)):
        propose_correction(session, cast.officer_wuhai, ask, at=at)


def test_one_open_correction_of_a_field_and_a_reason_for_each(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    propose(session, cast, agreement, at)
    with refused(session, ("correction-open", "target"), ("reason-missing", "reason")):
        propose_correction(session, cast.officer_ordos, title(agreement.number, "又一标题", " "), at=at)
    held = session.scalars(sa.select(Correction)).one()
    same = {column.name: getattr(held, column.name) for column in Correction.__table__.columns if column.name != "id"}
    with pytest.raises(sa.exc.IntegrityError), atomic(session):
        session.add(Correction(**same | {"number": 2}))
        session.flush()


def test_an_act_cannot_be_moved_into_the_future(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    act = sign(session, cast.officer_wuhai, agreement, cast.wuhai, at)
    ask = ProposeCorrection("agreement", agreement.number, f"act:{act.id}.done_on", "2026-03-03", "不对")
    with refused(session, ("in-the-future", "value")):
        propose_correction(session, cast.officer_wuhai, ask, at=at)


def test_without_a_policy_nobody_knows_how_long_to_wait(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    with refused(session, ("no-policy", None)):
        propose_correction(session, cast.officer_wuhai, title(agreement.number), at=at - timedelta(days=1))


def records(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> dict[str, Audited]:
    """One record of each kind that can be corrected, by kind."""
    item = an_item(session, cast, at, agreement)
    document = a_document(session, at, issuer=cast.ordos)
    with atomic(session) as book:
        series = MeetingSeries(code="joint", name_zh="联席会议", grouping_id=cast.grouping.id, sample=False)
        meeting = Meeting(number="meeting-2026-01", name_zh="第一次联席会议", held=True, sample=False)
        claim = Claim(
            code="claim-2026-01", what_zh="事项", stated=70, document_id=document.id, agreement_id=agreement.id,
            level="public", sample=False,
        )  # fmt: skip
        session.add_all([series, meeting, claim])
        session.flush()
        session.add(Edition(meeting_id=meeting.id, series_id=series.id, ordinal=1))
        book.record(act="bundle.import", actor=HOST, subject=("meeting", meeting.id), at=at)
    return {
        "agreement": agreement, "item": item, "party": cast.ordos, "grouping": cast.grouping, "meeting": meeting,
        "document": document, "claim": claim,
    }  # fmt: skip


MEMBERS = {"wuhai", "ordos", "yinchuan"}
CASES = {
    "agreement": ("dated_on", "2026年", {"dated_on": "2026", "dated_precision": "year"}, MEMBERS),
    "item": ("title_zh", "示例事项一", {"title_zh": "示例事项一"}, {"wuhai", "ordos"}),
    "party": ("name_en", "Ordos", {"name_en": "Ordos"}, {"ordos"}),
    "grouping": ("name_zh", "蒙西（四盟市）", {"name_zh": "蒙西（四盟市）"}, MEMBERS),
    "meeting": ("held_on", "2026-02-20", {"held_on": "2026-02-20", "held_precision": "day"}, MEMBERS),
    "document": ("document_number", "蒙联发[2026]02号", {"document_number": "蒙联发〔2026〕2号"}, {"ordos"}),
    "claim": ("stated", "71", {"stated": 71}, MEMBERS),
}
"""Kind → field, value as typed, columns as they are then, and the parties that are told."""


def test_each_kind_of_record_tells_its_parties_and_is_put_right(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    found = records(session, cast, agreement, at)
    ids = {getattr(cast, name).id: name for name in MEMBERS}
    for kind, (place, value, _, parties) in CASES.items():
        record = found[kind]
        number = getattr(record, "number", None) or record.code  # type: ignore[attr-defined]  # bodies and claims have codes
        actor = cast.officer_ordos
        correction = propose_correction(session, actor, ProposeCorrection(kind, number, place, value, "错"), at=at)
        readers = sa.select(Notice.body_id).where(Notice.correction_id == correction.id, Notice.body_id.is_not(None))
        assert {ids[body] for body in session.scalars(readers)} == parties, kind
    assert sweep(session, at=at_noon(AFTER)).corrections == len(CASES)
    for kind, (_, _, columns, _) in CASES.items():
        record = fresh(session, found[kind])
        assert {name: getattr(record, name) for name in columns} == columns, kind


def test_what_concerns_nobody_may_be_put_right_by_whoever_may_anywhere(
    session: Session, cast: Cast, at: datetime
) -> None:
    a_document(session, at)
    ask = ProposeCorrection("document", "doc-2026-01", "title", "示例纪要", "多字")
    with answered(session, NotPermitted):
        propose_correction(session, cast.viewer, ask, at=at)
    assert propose_correction(session, cast.officer_outsider, ask, at=at).body_id is None


def agreement_for(session: Session, cast: Cast, at: datetime, number: int) -> Agreement:
    return an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")


def test_who_may_propose(session: Session, cast: Cast, at: datetime) -> None:
    def act(actor: Actor, made: Agreement) -> object:
        return propose_correction(session, actor, title(made.number), at=at)

    said = who_may(session, cast, lambda number: agreement_for(session, cast, at, number), act)
    assert said == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)


def test_who_may_object(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> Correction:
        return propose_correction(
            session, cast.officer_wuhai, title(agreement_for(session, cast, at, number).number), at=at
        )

    def act(actor: Actor, made: Correction) -> object:
        return object_to_correction(session, actor, ObjectToCorrection(made.id, "150600", "不同意"), at=at)

    said = who_may(session, cast, make, act)
    assert said == told("officer_ordos", "officer_wuhai viewer auditor secretariat", OUTSIDE)


def test_a_city_that_the_record_does_not_concern_cannot_object(session: Session, cast: Cast, at: datetime) -> None:
    public = an_agreement(session, cast, at, level="public")
    correction = propose(session, cast, public, at)
    with refused(session, ("not-concerned", "party")):
        object_to_correction(session, cast.officer_outsider, ObjectToCorrection(correction.id, "610800", "不"), at=at)


def test_who_may_withdraw(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> Correction:
        return propose(session, cast, agreement_for(session, cast, at, number), at)

    said = who_may(
        session, cast, make, lambda actor, made: withdraw_correction(session, actor, WithdrawCorrection(made.id), at=at)
    )
    assert said == told("officer_wuhai", "officer_ordos viewer auditor secretariat", OUTSIDE)


def test_only_the_register_applies(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    correction = propose(session, cast, agreement, at)
    said = who_may(
        session, cast, lambda number: correction.id,
        lambda actor, made: apply_correction(session, actor, made, at=at_noon(AFTER)),
    )  # fmt: skip
    assert said == told("", " ".join(cast.actors))
    with answered(session, NotFound):
        apply_correction(session, HOST, 999, at=at_noon(AFTER))


def test_two_sweepers_apply_each_correction_once(session: Session, database_url: str, cast: Cast, at: datetime) -> None:
    corrections = [propose(session, cast, agreement_for(session, cast, at, number), at) for number in range(1, 9)]
    pipes, children = [], []
    for _ in range(2):
        here, there = PROCESSES.Pipe(duplex=False)
        children.append(PROCESSES.Process(target=sweep_in_process, args=(database_url, AFTER, there)))
        pipes.append(here)
    for child in children:
        child.start()
    results = [(pipe.recv(), pipe.recv())[1] for pipe in pipes]
    for child in children:
        child.join(30)
    assert [result.failures for result in results] == [(), ()]
    assert sum(result.corrections for result in results) == len(corrections)
    applied = [entry for entry in entries(session, 20) if entry["act"] == "correction.apply"]
    assert len(applied) == len(corrections)
    assert {entry["subject"][1] for entry in applied} == {each.subject_id for each in corrections}


def test_a_round_of_consent_begins_anew_when_what_was_put_forward_is_put_right(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    basis = a_document(session, at)
    item = an_item_to_institutionalise(session, cast, at, agreement, basis)
    ask = Propose("item", item.number, "institutionalise", basis=basis.number)
    put_forward(session, cast.officer_wuhai, ask, at=at)
    right = ProposeCorrection("item", item.number, "title_zh", "示例事项一", "错字")
    propose_correction(session, cast.officer_wuhai, right, at=at)
    sweep(session, at=at_noon(AFTER))
    session.rollback()
    outcomes = [each.outcome for each in session.scalars(sa.select(Proposal).order_by(Proposal.id))]
    assert outcomes == ["superseded", "open"]
