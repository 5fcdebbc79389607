"""Answers to alerts: somebody looked into what does not agree, and says what was found. Nothing else makes an alert silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import AlertAnswer
from registry.permissions import Actor
from registry.queries.alerts import alerts, alerts_on
from registry.queries.concerned import concerned
from registry.queries.snapshot import Snapshot
from registry.services import subjects
from registry.services.corrections import locked_record
from registry.services.days import date_of


@dataclass(frozen=True, slots=True)
class AnswerAlert:
    """What was found about an alert. mark: of the alert as it was read. basis: number of the document that shows it."""

    mark: str
    reason: str
    basis: str | None = None


def answer_alert(session: Session, actor: Actor, ask: AnswerAlert, *, at: datetime) -> AlertAnswer:
    """Answer an alert: it stays answered while the facts that raised it stay as they were; other facts raise it again.

    Raises NotFound; NotPermitted; Refused alert-gone, alert-answered, reason-missing, unknown-document.
    """
    with atomic(session) as book:
        code, kind, number = read_mark(ask.mark)
        subject = locked_record(session, actor, kind, number)
        who = concerned(session, subject)
        if not who.may(actor, "alert:answer"):
            raise NotPermitted("alert:answer")
        now = Snapshot(session, None, date_of(session, at))
        found = alerts_on(now, actor, subject[1]) if kind == "agreement" else alerts(now, actor)
        alert = next((each for each in found if each.mark == ask.mark), None)
        if alert is None:
            raise Refused(Reason("alert-gone"))
        if alert.answer is not None:
            raise Refused(Reason("alert-answered"))
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        basis = subjects.basis_document(session, actor, ask.basis)
        party = who.speaker(actor, "alert:answer")
        answer = AlertAnswer(
            subject_kind=kind, subject_id=subject[1], code=code, mark=ask.mark, body_id=party,
            basis_id=subjects.id_of(basis), reason=seal(session, ask.reason, body_id=party), recorded_at=at,
        )  # fmt: skip
        session.add(answer)
        book.record(
            act="alert.answer", actor=actor, subject=subject, at=at, reason=answer.reason, basis=subjects.cited_as(basis),
            on_behalf_of=subjects.code_of(session, party) if party is not None else None,
        )  # fmt: skip
    return answer


def read_mark(mark: str) -> tuple[str, str, str]:
    """Code, kind and number of the record that a mark names. Raises Refused alert-gone of what is no mark."""
    parts = mark.split(":")
    if len(parts) != 4 or parts[1] not in ("agreement", "claim"):
        raise Refused(Reason("alert-gone"))
    return parts[0], parts[1], parts[2]
