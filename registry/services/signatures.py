"""Signatures and declined signatures: logged, confirmed or objected to, annulled by a later act, never erased.

A party's own officer logs its signature. The host, as depositary, may log it with a scan; it then counts with its own
date and shows 主办方登记，待本方确认 until the party confirms or objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.guards import GUARDS
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Act, Agreement, AgreementParty, AgreementText, Body, Step, StoredFile
from registry.permissions import Actor, allowed, require
from registry.queries.facts import agreement_facts
from registry.services import steps, subjects
from registry.services.days import day_of
from registry.services.steps import Grounds
from workflows.engine import explain


@dataclass(frozen=True, slots=True)
class LogSignature:
    """One party signed one exact text.

    agreement: its number. party: its code. signed_on: calendar date at the place of signature, with its precision.
    text_sha256: 64 hex digits of the text that was signed. evidence: SHA-256 of a stored scan.
    """

    agreement: str
    party: str
    signed_on: PartialDate
    text_sha256: str
    signer: str | None = None
    signer_post: str | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class DeclineSignature:
    """One party will not sign the settled text, and says why."""

    agreement: str
    party: str
    declined_on: PartialDate
    reason: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerAct:
    """The party's own word on an act that the host logged for it. act: its id."""

    agreement: str
    act: int
    confirmed: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AnnulAct:
    """An act was entered wrongly. act: its id; reason: what was wrong."""

    agreement: str
    act: int
    reason: str


def log_signature(session: Session, actor: Actor, ask: LogSignature, *, at: datetime) -> Act:
    """Record that one party signed one exact text; the agreement moves on when this was the act it waited for.

    Returns the stored act. Raises NotPermitted; NotFound; Refused with reasons among unknown-party, not-a-party,
    already-signed, already-declined, text-settled, other-text, before-opened, signed-too-early, in-the-future, date-missing,
    scan-missing, unknown-file, wrong-state.
    Source: the agreement's own clause on signature; docs/decisions/0003.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        party = subjects.party(session, ask.party, field="party")
        logged_by = _who_logs(actor, agreement, party, "signature:log")
        text = _settled_text(session, agreement)
        evidence = subjects.stored_file(session, ask.evidence, field="evidence")
        reasons = [
            *_not_a_party(session, agreement, party),
            *_already(session, agreement, party),
            *_wrong_text(text, ask.text_sha256),
            *_wrong_date(session, agreement, ask.signed_on, at, field="signed_on"),
            *_no_scan(logged_by, evidence),
        ]
        if reasons or text is None:
            raise Refused(*reasons)
        act = _act(agreement, party, text, "signature", ask.signed_on, logged_by, evidence, at)
        act.signer = seal(session, ask.signer, body_id=party.id)
        act.signer_post = ask.signer_post or None
        session.add(act)
        _move(session, actor, agreement, "sign", at=at, effective=ask.signed_on, body_id=party.id)
        book.record(
            act="signature.log", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=party.code, effective=ask.signed_on,
        )  # fmt: skip
    return act


def decline_signature(session: Session, actor: Actor, ask: DeclineSignature, *, at: datetime) -> Act:
    """Record that one party declines to sign, with its reason. The agreement stays open for the others.

    Raises as `log_signature`, and Refused reason-missing.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        party = subjects.party(session, ask.party, field="party")
        logged_by = _who_logs(actor, agreement, party, "signature:decline")
        text = _settled_text(session, agreement)
        evidence = subjects.stored_file(session, ask.evidence, field="evidence")
        reasons = [
            *_not_a_party(session, agreement, party),
            *_already(session, agreement, party),
            *_no_text(text),
            *_wrong_date(session, agreement, ask.declined_on, at, field="declined_on"),
            *_no_scan(logged_by, evidence),
            *_no_reason(ask.reason),
        ] or _not_signing(session, agreement, actor)
        if reasons or text is None:
            raise Refused(*reasons)
        act = _act(agreement, party, text, "decline", ask.declined_on, logged_by, evidence, at)
        act.reason = seal(session, ask.reason, body_id=party.id)
        session.add(act)
        agreement.revision += 1
        book.record(
            act="signature.decline", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=party.code, reason=act.reason, effective=ask.declined_on,
        )  # fmt: skip
    return act


def answer_act(session: Session, actor: Actor, ask: AnswerAct, *, at: datetime) -> Act:
    """The party confirms, or objects to, what the host logged for it. An objection marks the act; only annulling removes it.

    Raises NotPermitted; NotFound; Refused nothing-to-confirm, reason-missing (of an objection).
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        act = _standing_act(session, agreement, ask.act)
        require(actor, "signature:confirm", body_id=act.body_id)
        if act.confirmation != "awaited":
            raise Refused(Reason("nothing-to-confirm"))
        if not ask.confirmed and not (ask.reason or "").strip():
            raise Refused(Reason("reason-missing", field="reason"))
        act.confirmation = "confirmed" if ask.confirmed else "objected"
        agreement.revision += 1
        book.record(
            act="signature.confirm" if ask.confirmed else "signature.object",
            actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=subjects.code_of(session, act.body_id), reason=seal(session, ask.reason, body_id=act.body_id),
        )  # fmt: skip
    return act


def annul_act(session: Session, actor: Actor, ask: AnnulAct, *, at: datetime) -> Act:
    """Annul an act that was entered wrongly: it stays in the table, marked, and the party may then act rightly.

    The party's own officer may annul its act; the host may annul what the host logged and the party has not confirmed.
    Raises NotPermitted; NotFound; Refused reason-missing, already-annulled, wrong-state.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        act = _standing_act(session, agreement, ask.act)
        if not allowed(actor, "act:annul", body_id=act.body_id):
            if act.logged_by != "host" or act.confirmation == "confirmed" or agreement.host_id is None:
                raise NotPermitted("act:annul")
            require(actor, "act:annul", body_id=agreement.host_id)
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        act.annulled_at = at
        act.annulled_reason = seal(session, ask.reason, body_id=act.body_id)
        if act.kind == "signature":
            _move(
                session,
                actor,
                agreement,
                "annul",
                at=at,
                effective=day_of(session, at),
                body_id=act.body_id,
                reason=act.annulled_reason,
            )
        else:
            agreement.revision += 1
        book.record(
            act="act.annul", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=subjects.code_of(session, act.body_id), reason=act.annulled_reason,
        )  # fmt: skip
    return act


def _who_logs(actor: Actor, agreement: Agreement, party: Body, permission: str) -> str:
    """The party itself, or the host as depositary. Raises NotPermitted for anybody else."""
    if allowed(actor, permission, body_id=party.id):
        return "party"
    if agreement.host_id is not None and allowed(actor, permission, body_id=agreement.host_id):
        return "host"
    raise NotPermitted(permission)


def _settled_text(session: Session, agreement: Agreement) -> AgreementText | None:
    query = sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id)
    return session.execute(query.order_by(AgreementText.version.desc()).limit(1)).scalar_one_or_none()


def _not_a_party(session: Session, agreement: Agreement, party: Body) -> list[Reason]:
    listed = sa.select(AgreementParty.id).where(
        AgreementParty.agreement_id == agreement.id, AgreementParty.body_id == party.id
    )
    if session.execute(listed).first():
        return []
    return [Reason("not-a-party", {"party": party.name_zh, "agreement": agreement.number}, field="party")]


def _already(session: Session, agreement: Agreement, party: Body) -> list[Reason]:
    query = sa.select(Act.kind, Act.done_on).where(
        Act.agreement_id == agreement.id, Act.body_id == party.id, Act.annulled_at.is_(None)
    )
    codes = {"signature": "already-signed", "decline": "already-declined"}
    return [
        Reason(codes[kind], {"party": party.name_zh, "date": on or "—"}, field="party")
        for kind, on in session.execute(query)
    ]


def _wrong_text(text: AgreementText | None, sha256: str) -> list[Reason]:
    if text is None:
        return [Reason("text-settled", field="text_sha256", who=("host_officer",))]
    if text.sha256 != sha256:
        return [Reason("other-text", {"settled": text.sha256, "value": sha256}, field="text_sha256")]
    return []


def _no_text(text: AgreementText | None) -> list[Reason]:
    return [Reason("text-settled", who=("host_officer",))] if text is None else []


def _not_signing(session: Session, agreement: Agreement, actor: Actor) -> list[Reason]:
    """Declining takes no step, but has its place where signing has: the engine knows where that is."""
    standing = agreement_facts(session, agreement.id, actor)
    unmet = explain(standing.definition, GUARDS, standing.state, "sign", standing.facts)
    return [steps.reason_of(each, standing.definition) for each in unmet if each.code == "wrong-state"]


def _wrong_date(session: Session, agreement: Agreement, on: PartialDate, at: datetime, *, field: str) -> list[Reason]:
    """A signature has a date, not before its text was opened for signature, and not after today."""
    if on.value is None:
        return [Reason("date-missing", field=field)]
    if day_of(session, at).certainly_before(on):
        return [Reason("in-the-future", {"value": on.value or ""}, field=field)]
    query = sa.select(Step.effective, Step.effective_precision).where(
        Step.subject_kind == "agreement", Step.subject_id == agreement.id, Step.to_state == "open"
    )
    opened = session.execute(query.order_by(Step.position).limit(1)).first()
    if opened is None and agreement.stage == "preparation":
        return [
            Reason("before-opened", {"agreement": agreement.number}, field=field, who=("host_officer", "secretariat"))
        ]
    if opened and on.certainly_before(PartialDate.of(*opened)):
        return [Reason("signed-too-early", {"opened": opened[0] or "", "value": on.value or ""}, field=field)]
    return []


def _no_scan(logged_by: str, evidence: StoredFile | None) -> list[Reason]:
    return [Reason("scan-missing", field="evidence")] if logged_by == "host" and evidence is None else []


def _no_reason(reason: str) -> list[Reason]:
    return [] if reason.strip() else [Reason("reason-missing", field="reason")]


def _act(
    agreement: Agreement, party: Body, text: AgreementText, kind: str, on: PartialDate, logged_by: str,
    evidence: StoredFile | None, at: datetime,
) -> Act:  # fmt: skip
    return Act(
        agreement_id=agreement.id,
        text_id=text.id,
        body_id=party.id,
        kind=kind,
        done_on=on.value,
        done_precision=str(on.precision),
        logged_by=logged_by,
        confirmation="awaited" if logged_by == "host" else None,
        evidence_id=subjects.id_of(evidence),
        recorded_at=at,
    )


def _standing_act(session: Session, agreement: Agreement, act_id: int) -> Act:
    act = session.execute(sa.select(Act).where(Act.id == act_id, Act.agreement_id == agreement.id)).scalar_one_or_none()
    if act is None:
        raise NotFound("act")
    if act.annulled_at is not None:
        raise Refused(Reason("already-annulled"))
    return act


def _move(
    session: Session, actor: Actor, agreement: Agreement, trigger: str, *, at: datetime, effective: PartialDate,
    body_id: int, reason: str | None = None,
) -> None:  # fmt: skip
    """Ask the engine on the facts as they are after the act, and take the step it decides."""
    session.flush()
    standing = agreement_facts(session, agreement.id, actor, reason=reason is not None)
    steps.advance(session, agreement, standing, trigger, Grounds(effective, body_id, reason=reason), at=at)
    agreement.revision += 1
