"""Answers to alerts: what was found stays beside the facts that raised it; other facts raise it again."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.ledger import atomic, open_sealed
from registry.models import Agreement, AlertAnswer
from registry.permissions import Actor
from registry.queries.alerts import alerts, alerts_on
from registry.services.alert_answers import AnswerAlert, answer_alert
from tests.cast import Cast, an_agreement
from tests.queries.world import a_claim, now
from tests.services.acts import HOST, OUTSIDE, a_document, answered, entries, refused, told, who_may

FOUND = "文件原文即列七个"


def declares(session: Session, agreement: Agreement, at: datetime, fields: int | None = 9) -> str:
    """The mark of the alert that the agreement declares so many fields and names none; empty where there is none."""
    with atomic(session) as book:
        session.get_one(Agreement, agreement.id).declared_fields = fields
        book.record(act="bundle.import", actor=HOST, subject=("agreement", agreement.id), at=at)
    return next((each.mark for each in alerts_on(now(session), HOST, agreement.id)), "")


def test_it_stays_answered_while_the_facts_stay(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    a_document(session, at)
    mark = declares(session, agreement, at)
    answer = answer_alert(session, cast.officer_ordos, AnswerAlert(mark, FOUND, "蒙联发〔2026〕1号"), at=at)
    assert (answer.code, answer.body_id) == ("fields-declared", cast.ordos.id)
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["subject"], entry["for"], entry["basis"]) == (
        "alert.answer", ["agreement", agreement.id], "150600", "蒙联发〔2026〕1号",
    )  # fmt: skip
    assert open_sealed(session, cast.officer_wuhai, [answer.reason]) == {}
    (shown,) = alerts(now(session), cast.officer_ordos)
    assert shown.answer is not None
    assert shown.answer.party is not None and shown.answer.party.key == "150600"
    assert shown.answer.reason is not None and shown.answer.reason.text == FOUND
    with refused(session, ("alert-answered", None)):
        answer_alert(session, cast.officer_wuhai, AnswerAlert(mark, "再答"), at=at)
    other = declares(session, agreement, at, 8)
    assert other != mark
    (shown,) = alerts(now(session), cast.officer_ordos)
    assert shown.answer is None
    with refused(session, ("alert-gone", None)):
        answer_alert(session, cast.officer_wuhai, AnswerAlert(mark, "晚了"), at=at)
    assert declares(session, agreement, at) == mark  # as it was when it was answered
    (shown,) = alerts(now(session), cast.officer_ordos)
    assert shown.answer is not None
    assert declares(session, agreement, at, None) == ""


def test_what_is_no_alert_cannot_be_answered(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    mark = declares(session, agreement, at)
    with refused(session, ("reason-missing", "reason")):
        answer_alert(session, cast.officer_wuhai, AnswerAlert(mark, " "), at=at)
    for wrong in (
        "",
        "fields-declared",
        mark + "0",
        mark.replace("agreement", "item"),
        mark.replace("fields", "parties"),
    ):
        with refused(session, ("alert-gone", None)):
            answer_alert(session, cast.officer_wuhai, AnswerAlert(wrong, FOUND), at=at)
    with answered(session, NotFound):
        answer_alert(session, cast.officer_wuhai, AnswerAlert(mark.replace("mxsmy", "hbyy"), FOUND), at=at)


def test_a_claim_is_answered_by_whom_it_concerns(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    document = a_document(session, at)
    a_claim(session, at, "claim-2026-01", document, stated=9, counts="parties", agreement_id=agreement.id)
    (alert,) = alerts(now(session), cast.secretariat)
    answer = answer_alert(session, cast.secretariat, AnswerAlert(alert.mark, FOUND), at=at)
    assert (answer.subject_kind, answer.code, answer.body_id) == ("claim", "count-claimed", None)


def test_the_database_itself_keeps_one_answer(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    answer_alert(session, cast.officer_wuhai, AnswerAlert(declares(session, agreement, at), FOUND), at=at)
    held = session.scalars(sa.select(AlertAnswer)).one()
    same = {column.name: getattr(held, column.name) for column in AlertAnswer.__table__.columns if column.name != "id"}
    with pytest.raises(sa.exc.IntegrityError), atomic(session):
        session.add(AlertAnswer(**same))
        session.flush()


def test_who_may_answer(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> str:
        return declares(session, an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}"), at)

    def act(actor: Actor, mark: str) -> object:
        return answer_alert(session, actor, AnswerAlert(mark, FOUND), at=at)

    assert who_may(session, cast, make, act) == told(
        "officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE
    )
