"""Signatures and declined signatures: logged, confirmed or objected to, annulled by a later act, never erased.

A party's own officer logs its signature. The host, as depositary, may log it with a scan; it then counts with its own
date and shows 主办方登记，待本方确认 until the party confirms or objects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.guards import GUARDS
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Act, Agreement, AgreementText, Body, Step
from registry.permissions import Actor, allowed, require
from registry.queries.facts import agreement_facts
from registry.services import deeds, steps, subjects
from registry.services.days import day_of
from workflows.engine import explain


@dataclass(frozen=True, slots=True)
class LogSignature:
    """One party signed one exact text.

    agreement: its number. party: its code. signed_on: calendar date at the place of signature, with its precision.
    text_sha256: 64 hex digits of the text that was signed. evidence: SHA-256 of a stored scan. authority: office, full_powers,
    delegated or acting. received, registered, takes_effect: when it was deposited, entered by the depositary, and has effect.
    ordinal: place among the signatures, as printed. basis: number of the document that tells of it.
    """

    agreement: str
    party: str
    signed_on: PartialDate
    text_sha256: str
    signer: str | None = None
    signer_post: str | None = None
    evidence: str | None = None
    authority: str | None = None
    received: PartialDate = UNKNOWN
    registered: PartialDate = UNKNOWN
    takes_effect: PartialDate = UNKNOWN
    ordinal: int | None = None
    basis: str | None = None


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

    All parties are told. Returns the stored act. Raises NotPermitted; NotFound; Refused with reasons among unknown-party,
    not-a-party, already-signed, already-declined, text-settled, other-text, before-opened, signed-too-early, in-the-future,
    date-missing, scan-missing, unknown-file, unknown-document, unknown-choice, wrong-state.
    Source: the agreement's own clause on signature; docs/decisions/0003.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        party = subjects.party(session, ask.party, field="party")
        logged_by = deeds.who_logs(actor, agreement, party, "signature:log")
        text = deeds.text_of(session, agreement)
        evidence = subjects.stored_file(session, ask.evidence, field="evidence")
        basis = subjects.basis_document(session, actor, ask.basis)
        reasons = [
            *deeds.not_a_party(session, agreement, party),
            *_already(session, text, party),
            *_wrong_text(text, ask.text_sha256),
            *_wrong_date(session, agreement, ask.signed_on, at, field="signed_on"),
            *deeds.no_future(session, at, received=ask.received, registered=ask.registered),
            *deeds.no_such_authority(ask.authority),
            *deeds.no_scan(logged_by, evidence),
        ]
        if reasons or text is None:
            raise Refused(*reasons)
        act = deeds.row(
            agreement, party, text, "signature", ask.signed_on, logged_by, at, evidence=evidence, received=ask.received,
            registered=ask.registered, takes_effect=ask.takes_effect, ordinal=ask.ordinal, authority=ask.authority,
            signer_post=ask.signer_post, basis=basis,
        )  # fmt: skip
        act.signer = seal(session, ask.signer, body_id=party.id)
        session.add(act)
        deeds.move(session, actor, agreement, "sign", at=at, effective=ask.signed_on, body_id=party.id)
        deeds.tell(session, agreement, act, "act", at=at)
        agreement.revision += 1
        book.record(
            act="signature.log", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=party.code, basis=subjects.cited_as(basis), effective=ask.signed_on,
        )  # fmt: skip
    return act


def decline_signature(session: Session, actor: Actor, ask: DeclineSignature, *, at: datetime) -> Act:
    """Record that one party declines to sign, with its reason; all parties are told. The agreement stays open for the others.

    Raises as `log_signature`, and Refused reason-missing.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        party = subjects.party(session, ask.party, field="party")
        logged_by = deeds.who_logs(actor, agreement, party, "signature:decline")
        text = deeds.text_of(session, agreement)
        evidence = subjects.stored_file(session, ask.evidence, field="evidence")
        reasons = [
            *deeds.not_a_party(session, agreement, party),
            *_already(session, text, party),
            *_no_text(text),
            *_wrong_date(session, agreement, ask.declined_on, at, field="declined_on"),
            *deeds.no_scan(logged_by, evidence),
            *_no_reason(ask.reason),
        ] or _wrong_state(session, agreement, actor, "sign")
        if reasons or text is None:
            raise Refused(*reasons)
        act = deeds.row(agreement, party, text, "decline", ask.declined_on, logged_by, at, evidence=evidence)
        act.reason = seal(session, ask.reason, body_id=party.id)
        session.add(act)
        deeds.tell(session, agreement, act, "act", at=at)
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

    What it did is undone with it: the step of a signature, joining or leaving the agreement. All parties are told.
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
        if session.get_one(AgreementText, act.text_id).kind == "text":
            deeds.take_back(session, agreement, act, at=at)
        if _goes_back(session, actor, agreement, act):
            today, why = day_of(session, at), act.annulled_reason
            deeds.move(session, actor, agreement, "annul", at=at, effective=today, body_id=act.body_id, reason=why)
        deeds.tell(session, agreement, act, "annul", at=at)
        agreement.revision += 1
        book.record(
            act="act.annul", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=subjects.code_of(session, act.body_id), reason=act.annulled_reason,
        )  # fmt: skip
    return act


def _already(session: Session, text: AgreementText | None, party: Body) -> list[Reason]:
    codes = {"signature": "already-signed", "decline": "already-declined"}
    found = [deeds.standing(session, text, party.id, (kind,)) for kind in codes] if text else []
    return [
        Reason(codes[act.kind], {"party": party.name_zh, "date": act.done_on or "—"}, field="party")
        for act in found
        if act is not None
    ]


def _wrong_text(text: AgreementText | None, sha256: str) -> list[Reason]:
    if text is None:
        return [Reason("text-settled", field="text_sha256", who=("host_officer",))]
    if text.sha256 != sha256:
        return [Reason("other-text", {"settled": text.sha256, "value": sha256}, field="text_sha256")]
    return []


def _no_text(text: AgreementText | None) -> list[Reason]:
    return [Reason("text-settled", who=("host_officer",))] if text is None else []


def _wrong_state(session: Session, agreement: Agreement, actor: Actor, trigger: str) -> list[Reason]:
    """Why this step has no place where the agreement stands: the engine knows where that is."""
    standing = agreement_facts(session, agreement.id, actor)
    unmet = explain(standing.definition, GUARDS, standing.state, trigger, standing.facts)
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


def _no_reason(reason: str) -> list[Reason]:
    return [] if reason.strip() else [Reason("reason-missing", field="reason")]


def _standing_act(session: Session, agreement: Agreement, act_id: int) -> Act:
    act = session.execute(sa.select(Act).where(Act.id == act_id, Act.agreement_id == agreement.id)).scalar_one_or_none()
    if act is None:
        raise NotFound("act")
    if act.annulled_at is not None:
        raise Refused(Reason("already-annulled"))
    return act


def _goes_back(session: Session, actor: Actor, agreement: Agreement, act: Act) -> bool:
    """Whether annulling the act takes a step back: the step that it took itself, or, of what was entered after the fact, that of
    an agreement which is then no longer signed by all."""
    if act.kind not in ("signature", "accession") or session.get_one(AgreementText, act.text_id).kind != "text":
        return False
    session.flush()
    taken = sa.select(Step.id).where(
        Step.subject_kind == "agreement", Step.subject_id == agreement.id, Step.body_id == act.body_id, Step.kind == "forward",
        Step.recorded_at == act.recorded_at,
    )  # fmt: skip
    if session.execute(taken).first() is not None:
        return True
    complete = agreement_facts(session, agreement.id, actor).facts.values["all_signed"]
    missing = deeds.is_party(session, agreement, act.body_id) and not complete
    return missing and not _wrong_state(session, agreement, actor, "annul")
