"""Signatures: who logs them, what is refused and why, what the host may do, and how a wrong entry is put right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import NotFound, NotPermitted
from registry.ledger import open_sealed
from registry.models import Act, Agreement, Step
from registry.services.moves import TakeStep, take_step
from registry.services.signatures import (
    AnnulAct,
    AnswerAct,
    DeclineSignature,
    LogSignature,
    annul_act,
    answer_act,
    decline_signature,
    log_signature,
)
from tests.cast import Cast, Clock, an_agreement
from tests.services.acts import (
    HOST,
    OUTSIDE,
    SETTLED,
    a_document,
    a_scan,
    answered,
    day,
    entries,
    fresh,
    refused,
    sign,
    told,
    who_may,
)


def state(session: Session, agreement: Agreement) -> str:
    return str(fresh(session, agreement).state)


def decline(number: str, party: str, reason: str = "条件尚不具备", on: str = "2026-03-01") -> DeclineSignature:
    return DeclineSignature(number, party, day(on), reason)


def test_a_partys_officer_logs_its_signature(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    act = sign(session, cast.officer_ordos, agreement, cast.ordos, at, signer="李四", signer_post="市长")
    stored = session.get_one(Act, act.id)
    assert (stored.kind, stored.body_id, stored.done_on, stored.done_precision) == (
        "signature",
        cast.ordos.id,
        "2026-03-01",
        "day",
    )
    assert (stored.logged_by, stored.confirmation, stored.signer_post, stored.annulled_at) == (
        "party",
        None,
        "市长",
        None,
    )
    assert open_sealed(session, cast.officer_ordos, [stored.signer]) == {stored.signer: "李四"}
    assert open_sealed(session, cast.officer_wuhai, [stored.signer]) == {}
    assert state(session, agreement) == "partly_signed"


def test_one_signature_is_one_entry_with_its_step(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    before = fresh(session, agreement).revision
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["for"], entry["subject"]) == ("signature.log", "150600", ["agreement", agreement.id])
    assert entry["effective"] == {"value": "2026-03-01", "precision": "day"}
    assert {change["t"] for change in entry["changes"]} == {"act", "agreement", "deadline", "notice", "step"}
    step = session.scalars(sa.select(Step).where(Step.subject_kind == "agreement").order_by(Step.id.desc())).first()
    assert step is not None
    assert (step.from_state, step.to_state, step.transition, step.body_id) == (
        "open",
        "partly_signed",
        "sign_partly",
        cast.ordos.id,
    )
    assert fresh(session, agreement).revision == before + 1


def test_the_last_signature_concludes(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, parties=[cast.wuhai, cast.ordos])
    sign(session, cast.officer_wuhai, agreement, cast.wuhai, at)
    assert state(session, agreement) == "partly_signed"
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert (state(session, agreement), agreement.stage) == ("signed", "concluded")


def test_who_may_log_a_signature(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}"),
        lambda actor, agreement: sign(session, actor, agreement, cast.ordos, at, evidence=scan),
    ) == told(may="officer_wuhai officer_ordos", may_not="viewer auditor secretariat", not_found=OUTSIDE)


def test_a_party_signs_once(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    with refused(session, ("already-signed", "party")) as reasons:
        sign(session, cast.officer_ordos, agreement, cast.ordos, at, on="2026-03-02")
    assert reasons[0].values == {"party": "鄂尔多斯市", "date": "2026-03-01"}


def test_nothing_is_signed_before_it_is_open(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, state="drafting", stage="preparation")
    with refused(session, ("before-opened", "signed_on")) as reasons:
        sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert reasons[0].who == ("host_officer", "secretariat")


def test_a_date_before_the_opening_is_refused_and_the_day_itself_is_not(
    session: Session, cast: Cast, at: datetime
) -> None:
    agreement = an_agreement(session, cast, at, state="drafting", stage="preparation")
    take_step(
        session, cast.secretariat, TakeStep("agreement", agreement.number, "open", effective=day("2026-02-20")), at=at
    )
    with refused(session, ("signed-too-early", "signed_on")) as reasons:
        sign(session, cast.officer_ordos, agreement, cast.ordos, at, on="2026-02-19")
    assert reasons[0].values == {"opened": "2026-02-20", "value": "2026-02-19"}
    sign(session, cast.officer_ordos, agreement, cast.ordos, at, on="2026-02-20")


def test_who_is_no_party_does_not_sign(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, tmp_path: Path
) -> None:
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    with refused(session, ("not-a-party", "party")) as reasons:
        sign(session, cast.officer_wuhai, agreement, cast.outsider, at, evidence=scan)
    assert reasons[0].values == {"party": "榆林市", "agreement": agreement.number}


def test_an_unknown_party_is_named(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    with refused(session, ("unknown-party", "party")) as reasons:
        log_signature(
            session, cast.officer_wuhai, LogSignature(agreement.number, "999999", day("2026-03-01"), SETTLED), at=at
        )
    assert reasons[0].values == {"value": "999999"}


def test_only_the_settled_text_is_signed(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    with refused(session, ("other-text", "text_sha256")) as reasons:
        sign(session, cast.officer_ordos, agreement, cast.ordos, at, text_sha256="ab" * 32)
    assert reasons[0].values == {"settled": SETTLED, "value": "ab" * 32}


def test_without_a_text_nothing_is_signed_or_declined(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, text=None)
    with refused(session, ("text-settled", "text_sha256")):
        sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    with refused(session, ("text-settled", None)):
        decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600"), at=at)


def test_no_date_lies_in_the_future_of_the_registers_zone(session: Session, cast: Cast, agreement: Agreement) -> None:
    late_evening = datetime(2026, 3, 2, 16, 30, tzinfo=UTC)  # half past midnight of 3 March in Shanghai
    with refused(session, ("in-the-future", "signed_on")) as reasons:
        sign(session, cast.officer_ordos, agreement, cast.ordos, late_evening, on="2026-03-04")
    assert reasons[0].values == {"value": "2026-03-04"}
    sign(session, cast.officer_ordos, agreement, cast.ordos, late_evening, on="2026-03-03")


@pytest.mark.parametrize("date", [UNKNOWN, PartialDate.of(None, "open")], ids=["unknown", "open"])
def test_a_signature_has_a_date(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, date: PartialDate
) -> None:
    with refused(session, ("date-missing", "signed_on")):
        log_signature(session, cast.officer_ordos, LogSignature(agreement.number, "150600", date, SETTLED), at=at)


def test_all_that_is_wrong_is_said_at_once(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    with refused(
        session,
        ("not-a-party", "party"),
        ("other-text", "text_sha256"),
        ("in-the-future", "signed_on"),
        ("scan-missing", "evidence"),
    ):
        sign(session, cast.officer_wuhai, agreement, cast.outsider, at, on="2026-04-01", text_sha256="ab" * 32)


@pytest.mark.parametrize(("kept", "precision"), [("2026-02", "month"), ("2026", "year"), ("2026-Q1", "quarter")])
def test_a_date_is_kept_as_far_as_it_is_known(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, kept: str, precision: str
) -> None:
    act = log_signature(
        session,
        cast.officer_ordos,
        LogSignature(agreement.number, "150600", PartialDate.of(kept, precision), SETTLED),
        at=at,
    )
    assert (fresh(session, act).done_on, act.done_precision) == (kept, precision)


def test_a_late_signature_keeps_its_own_date(session: Session, cast: Cast, clock: Clock) -> None:
    agreement = an_agreement(session, cast, clock.at, parties=[cast.wuhai, cast.ordos])
    sign(session, cast.officer_wuhai, agreement, cast.wuhai, clock.at, on="2026-03-02")
    late = sign(session, cast.officer_ordos, agreement, cast.ordos, clock.advance(days=200), on="2026-02-11")
    assert (fresh(session, late).done_on, late.recorded_at) == ("2026-02-11", clock.at)
    assert entries(session, 1)[0]["effective"] == {"value": "2026-02-11", "precision": "day"}
    assert state(session, agreement) == "signed"


def test_the_host_needs_a_scan(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    with refused(session, ("scan-missing", "evidence")):
        sign(session, cast.officer_wuhai, agreement, cast.ordos, at)
    with refused(session, ("unknown-file", "evidence")):
        sign(session, cast.officer_wuhai, agreement, cast.ordos, at, evidence="cd" * 32)


def test_the_host_needs_no_scan_for_itself(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    assert sign(session, cast.officer_wuhai, agreement, cast.wuhai, at).logged_by == "party"


@pytest.fixture
def by_host(session: Session, cast: Cast, agreement: Agreement, at: datetime, tmp_path: Path) -> Act:
    """A signature of 鄂尔多斯 that 乌海 logged with a scan."""
    return sign(
        session,
        cast.officer_wuhai,
        agreement,
        cast.ordos,
        at,
        evidence=a_scan(session, cast.officer_wuhai, tmp_path, at),
    )


def test_what_the_host_logged_counts_and_awaits_the_party(session: Session, agreement: Agreement, by_host: Act) -> None:
    stored = fresh(session, by_host)
    assert (stored.logged_by, stored.confirmation) == ("host", "awaited")
    assert stored.evidence_id is not None
    assert state(session, agreement) == "partly_signed"


def test_the_party_confirms_once(
    session: Session, cast: Cast, agreement: Agreement, by_host: Act, at: datetime
) -> None:
    answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, by_host.id, True), at=at)
    assert fresh(session, by_host).confirmation == "confirmed"
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["for"]) == ("signature.confirm", "150600")
    with refused(session, ("nothing-to-confirm", None)):
        answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, by_host.id, False, "不符"), at=at)


def test_an_objection_has_a_reason_and_leaves_the_act_standing(
    session: Session, cast: Cast, agreement: Agreement, by_host: Act, at: datetime
) -> None:
    with refused(session, ("reason-missing", "reason")):
        answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, by_host.id, False), at=at)
    answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, by_host.id, False, "签字人不符"), at=at)
    assert fresh(session, by_host).confirmation == "objected"
    entry = entries(session, 1)[0]
    assert entry["act"] == "signature.object"
    assert open_sealed(session, cast.officer_ordos, [entry["reason"]]) == {entry["reason"]: "签字人不符"}
    assert state(session, agreement) == "partly_signed"


def test_a_blank_is_no_reason(session: Session, cast: Cast, agreement: Agreement, by_host: Act, at: datetime) -> None:
    with refused(session, ("reason-missing", "reason")):
        answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, by_host.id, False, "  "), at=at)


def test_what_the_party_logged_needs_no_word(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    act = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    with refused(session, ("nothing-to-confirm", None)):
        answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, act.id, True), at=at)


def test_who_may_confirm(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)

    def by_host_again(number: int) -> AnswerAct:
        agreement = an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")
        return AnswerAct(
            agreement.number, sign(session, cast.officer_wuhai, agreement, cast.ordos, at, evidence=scan).id, True
        )

    assert who_may(session, cast, by_host_again, lambda actor, ask: answer_act(session, actor, ask, at=at)) == told(
        may="officer_ordos", may_not="officer_wuhai viewer auditor secretariat", not_found=OUTSIDE
    )


def test_a_wrong_entry_is_annulled_and_the_party_signs_rightly(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    wrong = sign(session, cast.officer_ordos, agreement, cast.ordos, at, on="2026-02-01")
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, wrong.id, "日期登错"), at=at)
    assert state(session, agreement) == "open"
    assert fresh(session, wrong).annulled_at == at
    assert open_sealed(session, cast.officer_ordos, [wrong.annulled_reason]) == {wrong.annulled_reason: "日期登错"}
    right = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert state(session, agreement) == "partly_signed"
    session.rollback()
    rows = session.execute(sa.select(Act.id, Act.done_on, Act.annulled_at.is_(None)).order_by(Act.id)).all()
    assert [tuple(row) for row in rows] == [(wrong.id, "2026-02-01", False), (right.id, "2026-03-01", True)]


def test_annulling_takes_a_concluded_agreement_back(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, parties=[cast.wuhai, cast.ordos])
    sign(session, cast.officer_wuhai, agreement, cast.wuhai, at)
    last = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, last.id, "文本拿错"), at=at)
    assert (state(session, agreement), agreement.stage) == ("partly_signed", "signing")
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert state(session, agreement) == "signed"


def test_annulling_has_a_reason_and_happens_once(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    act = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    with refused(session, ("reason-missing", "reason")):
        annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "　 "), at=at)
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "登错"), at=at)
    with refused(session, ("already-annulled", None)):
        annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "登错"), at=at)
    with refused(session, ("already-annulled", None)):
        answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, act.id, True), at=at)


def test_the_host_annuls_only_what_it_logged_and_nobody_confirmed(
    session: Session, cast: Cast, agreement: Agreement, by_host: Act, at: datetime, tmp_path: Path
) -> None:
    annul_act(session, cast.officer_wuhai, AnnulAct(agreement.number, by_host.id, "扫错页"), at=at)
    again = sign(
        session,
        cast.officer_wuhai,
        agreement,
        cast.ordos,
        at,
        evidence=a_scan(session, cast.officer_wuhai, tmp_path, at),
    )
    answer_act(session, cast.officer_ordos, AnswerAct(agreement.number, again.id, True), at=at)
    with answered(session, NotPermitted):
        annul_act(session, cast.officer_wuhai, AnnulAct(agreement.number, again.id, "反悔"), at=at)
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, again.id, "反悔"), at=at)
    own = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    with answered(session, NotPermitted):
        annul_act(session, cast.officer_wuhai, AnnulAct(agreement.number, own.id, "代为撤销"), at=at)


def test_who_may_annul_what_the_host_logged(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)

    def by_host_again(number: int) -> AnnulAct:
        agreement = an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")
        return AnnulAct(
            agreement.number, sign(session, cast.officer_wuhai, agreement, cast.ordos, at, evidence=scan).id, "登错"
        )

    assert who_may(session, cast, by_host_again, lambda actor, ask: annul_act(session, actor, ask, at=at)) == told(
        may="officer_wuhai officer_ordos", may_not="viewer auditor secretariat", not_found=OUTSIDE
    )


def test_an_act_is_found_under_its_own_agreement_only(
    session: Session, cast: Cast, agreement: Agreement, by_host: Act, at: datetime
) -> None:
    other = an_agreement(session, cast, at, number="mxsmy-2026-02")
    for number, act in ((other.number, by_host.id), (agreement.number, 999), ("mxsmy-2026-77", by_host.id)):
        with answered(session, NotFound):
            annul_act(session, cast.officer_ordos, AnnulAct(number, act, "登错"), at=at)
        with answered(session, NotFound):
            answer_act(session, cast.officer_ordos, AnswerAct(number, act, True), at=at)


def test_a_terminated_agreement_is_neither_signed_nor_annulled_nor_declined(
    session: Session, cast: Cast, at: datetime
) -> None:
    agreement = an_agreement(session, cast, at)
    act = sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    ended = an_agreement(session, cast, at, number="mxsmy-2026-02", state="terminated", stage="ended")
    with refused(session, ("wrong-state", None)):
        sign(session, cast.officer_ordos, ended, cast.ordos, at)
    with refused(session, ("wrong-state", None)):
        decline_signature(session, cast.officer_ordos, decline(ended.number, "150600"), at=at)
    basis = a_document(session, at)
    take_step(
        session,
        cast.secretariat,
        TakeStep("agreement", agreement.number, "abandon", basis=basis.number, reason="商定"),
        at=at,
    )
    with refused(session, ("wrong-state", None)):
        annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "登错"), at=at)


def test_declining_keeps_the_agreement_open_and_its_reason_sealed(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    before = fresh(session, agreement).revision
    act = decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600"), at=at)
    assert (fresh(session, act).kind, state(session, agreement)) == ("decline", "open")
    assert open_sealed(session, cast.officer_ordos, [act.reason]) == {act.reason: "条件尚不具备"}
    assert open_sealed(session, cast.officer_wuhai, [act.reason]) == {}
    assert fresh(session, agreement).revision == before + 1
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["reason"]) == ("signature.decline", act.reason)


def test_what_declining_is_refused_for(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, tmp_path: Path
) -> None:
    with refused(session, ("reason-missing", "reason")):
        decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600", " "), at=at)
    with refused(session, ("in-the-future", "declined_on")):
        decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600", on="2026-03-03"), at=at)
    with refused(session, ("not-a-party", "party"), ("scan-missing", "evidence")):
        decline_signature(session, cast.officer_wuhai, decline(agreement.number, "610800"), at=at)
    decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600"), at=at)
    with refused(session, ("already-declined", "party")):
        decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600"), at=at)
    with refused(session, ("already-declined", "party")):
        sign(session, cast.officer_ordos, agreement, cast.ordos, at)


def test_who_declined_may_change_its_mind(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    act = decline_signature(session, cast.officer_ordos, decline(agreement.number, "150600"), at=at)
    annul_act(session, cast.officer_ordos, AnnulAct(agreement.number, act.id, "重新研究"), at=at)
    assert state(session, agreement) == "open"
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert state(session, agreement) == "partly_signed"


def test_who_may_decline(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}"),
        lambda actor, agreement: decline_signature(session, actor, decline(agreement.number, "150300"), at=at),
    ) == told(may="officer_wuhai", may_not="officer_ordos viewer auditor secretariat", not_found=OUTSIDE)


def test_the_register_itself_may_log_for_any_party(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    assert sign(session, HOST, agreement, cast.yinchuan, at).logged_by == "party"
