"""Acts of parties: who records which kind, what each kind needs, what it changes in the list of parties, and that all are told."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.domain.dates import OPEN, UNKNOWN, PartialDate
from registry.domain.force import canonical, read
from registry.ledger import atomic, open_sealed
from registry.models import Act, Agreement, AgreementParty, AgreementText, Assignment, Body, Notice, Step
from registry.models.agreements import AGAIN, ONCE
from registry.permissions import Actor
from registry.queries.deadlines import notices_for
from registry.queries.rounds import electorate_of
from registry.services.acts import KINDS, RecordAct, record_act
from registry.services.days import date_of
from registry.services.signatures import AnnulAct, AnswerAct, DeclineSignature, annul_act, answer_act, decline_signature
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.services.acts import (
    HOST,
    OUTSIDE,
    SETTLED,
    a_document,
    a_scan,
    day,
    entries,
    fresh,
    refused,
    sign,
    told,
    who_may,
)
from tests.services.test_races import apart, at_once, codes, unbroken

ON = "2026-03-01"


CLAUSE = """
schema: force/1
acts: {signature: done}
when: {kind: all}
withdrawal: {period: {kind: months, count: 3}}
"""


def the_act(agreement: Agreement, kind: str, party: Body, on: str = ON, **more: Any) -> RecordAct:
    """What is asked for, with what its kind needs."""
    needed = {
        "declaration": {"content": "本市据此办理。"},
        "reservation": {"clause": "第五条", "content": "第二款不适用。"},
    }
    return RecordAct(agreement.number, kind, party.code, day(on), **(needed.get(kind, {}) | more))


def record(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    kind: str,
    party: Body,
    at: datetime,
    on: str = ON,
    **more: Any,
) -> Act:
    return record_act(session, actor, the_act(agreement, kind, party, on, **more), at=at)


@pytest.fixture
def concluded(session: Session, cast: Cast, at: datetime) -> Agreement:
    """An agreement of 乌海 and 鄂尔多斯 that both have signed."""
    agreement = an_agreement(session, cast, at, parties=[cast.wuhai, cast.ordos], level="public")
    for actor, party in ((cast.officer_wuhai, cast.wuhai), (cast.officer_ordos, cast.ordos)):
        sign(session, actor, agreement, party, at)
    return agreement


def amended(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> int:
    """The version of an amendment to it."""
    with atomic(session) as book:
        session.add(
            AgreementText(
                agreement_id=agreement.id,
                version=2,
                kind="amendment",
                sha256="cd" * 32,
                language="zh-Hans",
                title_zh="修订一",
            )
        )
        book.record(act="text.amend", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    return 2


def parties(session: Session, agreement: Agreement) -> list[tuple[str, str | None, str | None]]:
    """Code, since and until of each party, in their order; until "?" where the day is not known."""
    session.rollback()
    rows = session.execute(
        sa.select(Body.code, AgreementParty.since, AgreementParty.until, AgreementParty.until_precision)
        .join(Body, Body.id == AgreementParty.body_id)
        .where(AgreementParty.agreement_id == agreement.id)
        .order_by(AgreementParty.position)
    )
    return [(row.code, row.since, row.until or (row.until_precision and "?")) for row in rows]


ANSWERING = ("signature", "accession", "objection", "confirmation", "succession", "correction")
"""Kinds that need more than the others."""


def test_a_partys_officer_records_its_acts(session: Session, cast: Cast, concluded: Agreement, at: datetime) -> None:
    revision = fresh(session, concluded).revision
    basis = a_document(session, at)
    plain = (kind for kind in KINDS if kind not in ANSWERING)
    for kind in sorted(plain, key=lambda kind: kind == "withdrawal"):
        act = record(
            session, cast.officer_ordos, concluded, kind, cast.ordos, at, received=PartialDate.of("2026-02", "month"),
            registered=day("2026-03-02"), signer="李四", signer_post="市长", authority="full_powers", basis=basis.number, ordinal=2,
        )  # fmt: skip
        stored = fresh(session, act)
        assert (stored.kind, stored.done_on, stored.received_on, stored.received_precision) == (
            kind,
            ON,
            "2026-02",
            "month",
        )
        assert (stored.registered_on, stored.takes_effect_on, stored.authority) == ("2026-03-02", None, "full_powers")
        assert (stored.signer_post, stored.basis_id, stored.ordinal) == ("市长", basis.id, 2)
        assert (stored.logged_by, stored.confirmation) == ("party", None)
        assert open_sealed(session, cast.officer_ordos, [stored.signer]) == {stored.signer: "李四"}
        assert open_sealed(session, cast.officer_wuhai, [stored.signer]) == {}
        (entry,) = entries(session, 1)
        assert (entry["act"], entry["for"], entry["effective"]["value"]) == ("act.record", "150600", ON)
    assert fresh(session, concluded).state == "signed"
    assert concluded.revision > revision


def test_kinds_done_once_stand_once_and_others_may_be_several(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    for kind in ("reservation", "reservation", "declaration", "declaration"):
        record(session, cast.officer_ordos, concluded, kind, cast.ordos, at)
    first = record(session, cast.officer_ordos, concluded, "ratification", cast.ordos, at)
    with refused(session, ("already-done", "party")) as reasons:
        record(session, cast.officer_ordos, concluded, "ratification", cast.ordos, at, on="2026-03-02")
    assert reasons[0].values == {"kind": "ratification", "party": "鄂尔多斯市", "date": ON}
    record(session, cast.officer_ordos, concluded, "approval", cast.ordos, at)
    record(session, cast.officer_wuhai, concluded, "ratification", cast.wuhai, at)
    annul_act(session, cast.officer_ordos, AnnulAct(concluded.number, first.id, "登错"), at=at)
    record(session, cast.officer_ordos, concluded, "ratification", cast.ordos, at, on="2026-03-02")


def test_the_index_has_the_last_word(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    text = session.scalars(sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id)).one()
    agreement_id, text_id, body_id = agreement.id, text.id, cast.ordos.id

    def twice(kind: str) -> None:
        with atomic(session) as book:
            for _ in range(2):
                session.add(
                    Act(
                        agreement_id=agreement_id, text_id=text_id, body_id=body_id, kind=kind, done_precision="unknown",
                        logged_by="party", recorded_at=at,
                    )
                )  # fmt: skip
                session.flush()
            book.record(act="act.record", actor=cast.officer_ordos, subject=("agreement", agreement_id), at=at)

    for kind in ONCE:
        with pytest.raises(IntegrityError):
            twice(kind)
    for kind in AGAIN:
        twice(kind)


def test_two_at_once_record_one(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    apart(session, cast.ordos)
    for number in range(1, 6):
        agreement = an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")
        apart(session, agreement)
        both = [
            lambda own, agreement=agreement: record(own, cast.officer_ordos, agreement, "ratification", cast.ordos, at)
            for _ in range(2)
        ]
        assert codes(at_once(engine, both)) == {"done": 1, "already-done": 1}
    session.rollback()
    assert session.scalars(sa.select(sa.func.count()).select_from(Act).group_by(Act.agreement_id)).all() == [1] * 5
    unbroken(session)


def test_who_may_record(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}"),
        lambda actor, agreement: record(session, actor, agreement, "approval", cast.ordos, at, evidence=scan),
    ) == told(may="officer_wuhai officer_ordos", may_not="viewer auditor secretariat", not_found=OUTSIDE)


def test_who_may_enter_late(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}"),
        lambda actor, agreement: record(session, actor, agreement, "approval", cast.ordos, at, late=True),
    ) == told(may="officer_wuhai officer_ordos secretariat", may_not="viewer auditor", not_found=OUTSIDE)


def test_who_may_accede(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    """Of an agreement that everybody reads, the officer of a body that is no party, for that body."""
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}", level="public"),
        lambda actor, agreement: record(session, actor, agreement, "accession", cast.outsider, at, evidence=scan),
    ) == told(
        may="officer_wuhai officer_outsider", may_not="officer_ordos viewer auditor secretariat administrator nobody"
    )


REFUSED: tuple[tuple[str, dict[str, Any], tuple[str, str]], ...] = (
    ("decline", {}, ("unknown-choice", "kind")),
    ("treason", {}, ("unknown-choice", "kind")),
    ("approval", {"authority": "friendship"}, ("unknown-choice", "authority")),
    ("approval", {"text": 7}, ("unknown-text", "text")),
    ("approval", {"basis": "没有〔2026〕1号"}, ("unknown-document", "basis")),
    ("approval", {"evidence": "ab" * 32}, ("unknown-file", "evidence")),
    ("approval", {"on": "2026-03-03"}, ("in-the-future", "done")),
    ("approval", {"received": day("2026-03-03")}, ("in-the-future", "received")),
    ("approval", {"registered": PartialDate.of("2027", "year")}, ("in-the-future", "registered")),
    ("approval", {"answers": 1}, ("not-of-this-kind", "answers")),
    ("approval", {"predecessor": "150300"}, ("not-of-this-kind", "predecessor")),
    ("approval", {"clause": "第一条"}, ("not-of-this-kind", "clause")),
    ("approval", {"valid_until": OPEN}, ("not-of-this-kind", "valid_until")),
    ("reservation", {"content": " "}, ("content-missing", "content")),
    ("declaration", {"content": None}, ("content-missing", "content")),
    ("objection", {"answers": 99, "content": "不同意"}, ("unknown-act", "answers")),
    ("objection", {"answers": None, "content": "不同意"}, ("answers-missing", "answers")),
    ("objection", {"answers": 1, "content": "不同意"}, ("not-objectionable", "answers")),
    ("confirmation", {}, ("answers-missing", "answers")),
    ("correction", {"answers": 1}, ("content-missing", "content")),
    ("succession", {}, ("predecessor-missing", "predecessor")),
    ("succession", {"predecessor": "999999"}, ("unknown-party", "predecessor")),
    ("succession", {"predecessor": "150600"}, ("own-predecessor", "predecessor")),
    ("succession", {"predecessor": "610800"}, ("not-a-party", "predecessor")),
    ("accession", {}, ("already-done", "party")),
    ("withdrawal", {"takes_effect": day("2026-03-03")}, ("not-yet", "takes_effect")),
)


def test_what_is_refused(session: Session, cast: Cast, concluded: Agreement, at: datetime) -> None:
    """Act 1 is the signature of 乌海."""
    for kind, more, expected in REFUSED:
        with refused(session, expected):
            record(session, cast.officer_ordos, concluded, kind, cast.ordos, at, **more)


def test_an_act_has_a_date(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    for date, late in itertools.product((UNKNOWN, OPEN), (False, True)):
        ask = RecordAct(agreement.number, "approval", cast.ordos.code, date, late=late)
        with refused(session, ("date-missing", "done")):
            record_act(session, cast.officer_ordos, ask, at=at)


def test_who_is_no_party_only_accedes_or_succeeds(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    for kind in ("ratification", "reservation", "withdrawal_notice", "withdrawal"):
        with refused(session, ("not-a-party", "party")):
            record(session, cast.officer_outsider, concluded, kind, cast.outsider, at)
    bare = an_agreement(session, cast, at, number="mxsmy-2026-02", text=None)
    with refused(session, ("text-settled", None)):
        record(session, cast.officer_ordos, bare, "ratification", cast.ordos, at)


def test_all_that_is_wrong_is_said_at_once(session: Session, cast: Cast, concluded: Agreement, at: datetime) -> None:
    with refused(
        session,
        ("content-missing", "content"),
        ("in-the-future", "done"),
        ("not-a-party", "party"),
        ("scan-missing", "evidence"),
    ):
        record(session, cast.officer_wuhai, concluded, "reservation", cast.outsider, at, on="2026-03-03", content=None)


def test_what_the_host_records_awaits_the_partys_word(
    session: Session, cast: Cast, concluded: Agreement, at: datetime, tmp_path: Path
) -> None:
    with refused(session, ("scan-missing", "evidence")):
        record(session, cast.officer_wuhai, concluded, "ratification", cast.ordos, at)
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    for kind, confirmed, reason in (("ratification", True, None), ("reservation", False, "本市没有保留")):
        act = record(session, cast.officer_wuhai, concluded, kind, cast.ordos, at, evidence=scan)
        assert (fresh(session, act).logged_by, act.confirmation) == ("host", "awaited")
        answer_act(session, cast.officer_ordos, AnswerAct(concluded.number, act.id, confirmed, reason), at=at)
        assert fresh(session, act).confirmation == ("confirmed" if confirmed else "objected")
    annul_act(session, cast.officer_wuhai, AnnulAct(concluded.number, act.id, "没有这份文书"), at=at)
    assert fresh(session, act).annulled_at == at


def test_an_objection_answers_the_reservation_of_another_party(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    version = amended(session, cast, concluded, at)
    reserved = record(session, cast.officer_ordos, concluded, "reservation", cast.ordos, at, text=version)
    with refused(session, ("not-objectionable", "answers")):
        record(session, cast.officer_ordos, concluded, "objection", cast.ordos, at, answers=reserved.id, content="自反")
    with refused(session, ("content-missing", "content")):
        record(session, cast.officer_wuhai, concluded, "objection", cast.wuhai, at, answers=reserved.id)
    objection = record(
        session, cast.officer_wuhai, concluded, "objection", cast.wuhai, at, answers=reserved.id, reason="范围过宽"
    )
    stored = fresh(session, objection)
    assert (stored.answers_id, stored.text_id, stored.content) == (reserved.id, fresh(session, reserved).text_id, None)
    assert open_sealed(session, cast.officer_wuhai, [stored.reason]) == {stored.reason: "范围过宽"}
    annul_act(session, cast.officer_ordos, AnnulAct(concluded.number, reserved.id, "登错"), at=at)
    with refused(session, ("unknown-act", "answers")):
        record(session, cast.officer_wuhai, concluded, "objection", cast.wuhai, at, answers=reserved.id, content="再反")


def test_confirmations_and_corrections_answer_any_act(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    for kind, more in (("confirmation", {}), ("correction", {"content": "签字人职务应为代市长。"})):
        act = record(session, cast.officer_ordos, concluded, kind, cast.ordos, at, answers=2, **more)
        assert (fresh(session, act).answers_id, act.content) == (2, more.get("content"))


def test_a_signature_goes_through_the_one_door(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    act = record(
        session, cast.officer_ordos, agreement, "signature", cast.ordos, at, signer="李四", authority="delegated", ordinal=1,
        received=day("2026-03-02"),
    )  # fmt: skip
    stored = fresh(session, act)
    assert (stored.authority, stored.ordinal, stored.received_on) == ("delegated", 1, "2026-03-02")
    assert fresh(session, agreement).state == "partly_signed"
    assert entries(session, 1)[0]["act"] == "signature.log"
    with refused(session, ("already-signed", "party")):
        record(session, cast.officer_ordos, agreement, "signature", cast.ordos, at)


def test_signing_an_amendment_takes_no_step(session: Session, cast: Cast, concluded: Agreement, at: datetime) -> None:
    version = amended(session, cast, concluded, at)
    steps = session.scalar(sa.select(sa.func.count()).select_from(Step))
    for actor, party in ((cast.officer_ordos, cast.ordos), (cast.officer_wuhai, cast.wuhai)):
        act = record(session, actor, concluded, "signature", party, at, text=version)
        with refused(session, ("already-done", "party")):
            record(session, actor, concluded, "signature", party, at, text=version)
    annul_act(session, cast.officer_wuhai, AnnulAct(concluded.number, act.id, "登错"), at=at)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Step)) == steps
    assert fresh(session, concluded).state == "signed"


def test_the_signature_of_an_amendment_does_not_conclude_the_text(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    version = amended(session, cast, agreement, at)
    for party in (cast.wuhai, cast.ordos, cast.yinchuan):
        record(session, HOST, agreement, "signature", party, at, text=version)
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert fresh(session, agreement).state == "partly_signed"


def test_what_is_entered_late_takes_no_step_and_needs_no_scan(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    old = PartialDate.of("1998", "year")
    ask = RecordAct(agreement.number, "signature", cast.ordos.code, old, late=True)
    act = record_act(session, cast.secretariat, ask, at=clock.at)
    assert (fresh(session, act).done_on, act.logged_by, act.confirmation) == ("1998", "host", "awaited")
    assert fresh(session, agreement).state == "open"
    readers = session.scalars(sa.select(Notice.body_id).where(Notice.act_id == act.id)).all()
    assert readers == [cast.ordos.id]  # the party whose word is awaited; a table of 60 years is not told row by row
    with refused(session, ("already-done", "party")):
        record_act(session, cast.secretariat, ask, at=clock.at)
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "查无此事"), at=clock.advance(days=1))
    assert fresh(session, agreement).state == "open"


def test_accession_makes_the_body_a_party(session: Session, cast: Cast, concluded: Agreement, at: datetime) -> None:
    act = record(
        session, cast.officer_outsider, concluded, "accession", cast.outsider, at, takes_effect=day("2026-03-31")
    )
    assert parties(session, concluded) == [("150300", None, None), ("150600", None, None), ("610800", ON, None)]
    assert fresh(session, concluded).state == "signed"
    assert "610800" in electorate_of(session, ("agreement", concluded.id)).each_party
    record(session, cast.officer_outsider, concluded, "declaration", cast.outsider, at)
    annul_act(session, cast.officer_outsider, AnnulAct(concluded.number, act.id, "尚未决定"), at=at)
    assert parties(session, concluded)[2] == ("610800", ON, ON)
    assert fresh(session, concluded).state == "signed"
    record(session, cast.officer_outsider, concluded, "accession", cast.outsider, at, on="2026-03-02")
    assert parties(session, concluded)[2] == ("610800", "2026-03-02", None)


def test_a_listed_party_may_accede_instead_of_signing(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, parties=[cast.wuhai, cast.ordos])
    sign(session, cast.officer_wuhai, agreement, cast.wuhai, at)
    act = record(session, cast.officer_ordos, agreement, "accession", cast.ordos, at)
    assert fresh(session, agreement).state == "signed"
    assert parties(session, agreement) == [("150300", None, None), ("150600", None, None)]
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "改为签署"), at=at)
    assert fresh(session, agreement).state == "partly_signed"
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert fresh(session, agreement).state == "signed"


@pytest.mark.parametrize(("state", "stage"), [("drafting", "preparation"), ("terminated", "ended")])
def test_accession_has_its_time(session: Session, cast: Cast, at: datetime, state: str, stage: str) -> None:
    agreement = an_agreement(session, cast, at, state=state, stage=stage, level="public")
    with refused(session, ("accession-closed", None)):
        record(session, cast.officer_outsider, agreement, "accession", cast.outsider, at)
    record(session, HOST, agreement, "accession", cast.outsider, at, late=True)


def test_withdrawal_ends_the_party_on_its_day_of_effect(
    session: Session, cast: Cast, concluded: Agreement, clock: Clock
) -> None:
    item = an_item(session, cast, clock.at, concluded, lead=cast.ordos)
    record(
        session,
        cast.officer_ordos,
        concluded,
        "withdrawal_notice",
        cast.ordos,
        clock.at,
        takes_effect=day("2026-06-01"),
    )
    effect: dict[str, Any] = {"takes_effect": day("2026-06-01")}
    with refused(session, ("not-yet", "takes_effect")) as reasons:
        record(session, cast.officer_ordos, concluded, "withdrawal", cast.ordos, clock.at, **effect)
    assert reasons[0].values == {"kind": "withdrawal", "date": "2026-06-01"}
    later = clock.advance(days=91)
    assert date_of(session, later).isoformat() == "2026-06-01"
    act = record(session, cast.officer_ordos, concluded, "withdrawal", cast.ordos, later, **effect)
    assert parties(session, concluded)[1] == ("150600", None, "2026-06-01")
    leads = sa.select(Assignment.body_id).where(
        Assignment.item_id == item.id, Assignment.role == "lead", Assignment.until_precision.is_(None)
    )
    assert session.scalars(leads).all() == []
    assert cast.ordos.id in session.scalars(sa.select(Notice.body_id).where(Notice.act_id == act.id)).all()
    with refused(session, ("not-a-party", "party")):
        record(session, cast.officer_ordos, concluded, "declaration", cast.ordos, later)
    annul_act(session, cast.officer_ordos, AnnulAct(concluded.number, act.id, "没有退出"), at=later)
    assert parties(session, concluded)[1] == ("150600", None, None)


def test_where_the_clause_asks_for_notice_its_day_counts(
    session: Session, cast: Cast, concluded: Agreement, clock: Clock
) -> None:
    with atomic(session) as book:
        text = session.scalars(sa.select(AgreementText)).one()
        text.clause = canonical(read(CLAUSE))
        book.record(act="clause.set", actor=cast.officer_wuhai, subject=("agreement", concluded.id), at=clock.at)
    officer, ordos = cast.officer_ordos, cast.ordos

    def withdraw(at: datetime, **more: Any) -> Act:
        return record(session, officer, concluded, "withdrawal", ordos, at, **more)

    with refused(session, ("notice-missing", "party")):
        withdraw(clock.at)
    record(session, officer, concluded, "withdrawal_notice", ordos, clock.at, received=day("2026-03-02"))
    with refused(session, ("not-yet", "done")) as reasons:
        withdraw(clock.at)
    assert reasons[0].values == {"kind": "withdrawal", "date": "2026-06-02"}
    withdraw(clock.advance(days=100))
    assert parties(session, concluded)[1] == ("150600", None, "2026-06-02")


def test_who_has_bound_itself_to_nothing_does_not_withdraw(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    with refused(session, ("not-bound", "party")):
        record(session, cast.officer_ordos, agreement, "withdrawal", cast.ordos, at)
    with refused(session, ("not-bound", "predecessor")):
        record(session, HOST, agreement, "succession", cast.outsider, at, predecessor=cast.ordos.code)


def test_succession_takes_the_predecessors_place(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    act = record(
        session, cast.officer_outsider, concluded, "succession", cast.outsider, at, predecessor=cast.ordos.code
    )
    assert fresh(session, act).predecessor_id == cast.ordos.id
    assert parties(session, concluded) == [("150300", None, None), ("150600", None, ON), ("610800", ON, None)]
    assert fresh(session, concluded).state == "signed"
    with refused(session, ("already-done", "party")):
        record(session, cast.officer_outsider, concluded, "accession", cast.outsider, at)
    annul_act(session, cast.officer_outsider, AnnulAct(concluded.number, act.id, "登错"), at=at)
    assert parties(session, concluded) == [("150300", None, None), ("150600", None, None), ("610800", ON, ON)]


def test_late_acts_in_any_order_leave_the_same_parties(
    session: Session, cast: Cast, concluded: Agreement, at: datetime
) -> None:
    """An old accession does not bring back who left later, an old withdrawal does not end who joined again later."""
    first = {"kind": "accession", "on": "1990-05-01"}
    left = {"kind": "withdrawal", "on": "2001-05-01"}
    again = {"kind": "accession", "on": "2010-05-01"}

    def enter(agreement: Agreement, act: dict[str, str]) -> Act:
        return record(session, HOST, agreement, act["kind"], cast.outsider, at, on=act["on"], late=True)

    old = enter(concluded, first)
    enter(concluded, left)
    assert parties(session, concluded)[2] == ("610800", "1990-05-01", "2001-05-01")
    annul_act(session, HOST, AnnulAct(concluded.number, old.id, "另行登记"), at=at)
    assert parties(session, concluded)[2] == ("610800", "1990-05-01", "2001-05-01")
    enter(concluded, first)
    assert parties(session, concluded)[2] == ("610800", "1990-05-01", "2001-05-01")
    other = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.wuhai, cast.ordos])
    enter(other, again)
    enter(other, left)
    assert parties(session, other)[2] == ("610800", "2010-05-01", None)


def test_all_parties_are_told_once(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    def readers(mark: str) -> list[int]:
        session.rollback()
        told_of = sa.select(Notice.body_id).where(Notice.mark.startswith(f"{mark}>"), Notice.kind == "act")
        return sorted(body for body in session.scalars(told_of) if body is not None)

    def decline() -> Act:
        ask = DeclineSignature(agreement.number, cast.yinchuan.code, day(ON), "条件尚不具备")
        return decline_signature(session, HOST, ask, at=at)

    everybody = sorted((cast.wuhai.id, cast.ordos.id, cast.yinchuan.id))
    doing: tuple[Callable[[], Act], ...] = (
        lambda: record(session, cast.officer_ordos, agreement, "reservation", cast.ordos, at),
        lambda: sign(session, cast.officer_ordos, agreement, cast.ordos, at),
        decline,
    )
    for do in doing:
        act = do()
        assert readers(f"act:{act.id}") == everybody
    annul_act(session, HOST, AnnulAct(agreement.number, act.id, "改变主意"), at=at)
    assert readers(f"annul:{act.id}") == everybody
    desk = notices_for(session, cast.officer_wuhai, today=date_of(session, at))
    assert [(row.act.kind, row.act.party.title_zh, row.act.annulled, row.subject.key) for row in desk if row.act] == [
        ("decline", "银川市", True, agreement.number),
        ("decline", "银川市", False, agreement.number),
        ("signature", "鄂尔多斯市", False, agreement.number),
        ("reservation", "鄂尔多斯市", False, agreement.number),
    ]


def test_a_late_signature_of_a_concluded_agreement_goes_back_where_it_can(
    session: Session, cast: Cast, at: datetime
) -> None:
    agreement = an_agreement(session, cast, at, state="signed", stage="concluded", parties=[cast.wuhai, cast.ordos])
    acts = [record(session, HOST, agreement, "signature", party, at, late=True) for party in (cast.wuhai, cast.ordos)]
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, acts[1].id, "登错"), at=at)
    assert fresh(session, agreement).state == "partly_signed"
    sign(session, cast.officer_ordos, agreement, cast.ordos, at, text_sha256=SETTLED)
    assert fresh(session, agreement).state == "signed"
