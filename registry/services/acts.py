"""Acts of parties on a text: ratification, accession, reservation, objection, withdrawal, succession and all the others.

One door for all kinds. Signing the settled text takes a step of the agreement's procedure and is `signatures.log_signature`,
to which this door leads; declining to sign has its own, as it needs a reason. Whether acts contradict each other or their
dates is not refused here: that is shown as an alert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.domain.force import read
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Act, Agreement, AgreementText, Body
from registry.models.agreements import ACT_KINDS, ONCE
from registry.permissions import Actor
from registry.queries.force import forces
from registry.queries.snapshot import Snapshot
from registry.services import deeds, subjects
from registry.services.days import date_of, day_of
from registry.services.signatures import LogSignature, log_signature

KINDS = tuple(kind for kind in ACT_KINDS if kind != "decline")
"""Kinds of acts that this door records."""
TAKES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "answers": ("objection", "confirmation", "correction"),
        "predecessor": ("succession",),
        "clause": ("declaration", "reservation", "objection"),
        "valid_until": ("provisional_application", "declaration", "reservation"),
    }
)
"""Input → the only kinds that take it."""
NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "declaration": ("content",),
        "reservation": ("content",),
        "objection": ("answers", "content"),
        "confirmation": ("answers",),
        "correction": ("answers", "content"),
        "succession": ("predecessor",),
    }
)
"""Kind → inputs that it cannot do without; an objection may give its reason instead of content."""


@dataclass(frozen=True, slots=True)
class RecordAct:
    """One party did something to one text.

    agreement: its number. kind: one of KINDS. party: its code. text: version of the text or amendment; None: the settled text,
    or that of the act answered. done, received, registered, takes_effect: calendar dates with their precision. evidence: SHA-256
    of a stored scan. basis: number of the document that tells of it. answers: id of an act. predecessor: code of a party.
    ordinal: place among acts of its kind, as printed. late: entered from a table after the fact: no step, no scan, and
    `act:import` instead of `act:record`.
    """

    agreement: str
    kind: str
    party: str
    done: PartialDate
    text: int | None = None
    received: PartialDate = UNKNOWN
    registered: PartialDate = UNKNOWN
    takes_effect: PartialDate = UNKNOWN
    signer: str | None = None
    signer_post: str | None = None
    authority: str | None = None
    evidence: str | None = None
    basis: str | None = None
    clause: str | None = None
    content: str | None = None
    valid_until: PartialDate = UNKNOWN
    answers: int | None = None
    predecessor: str | None = None
    ordinal: int | None = None
    reason: str | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """What the act would be: all that its refusals are found in."""

    session: Session
    ask: RecordAct
    at: datetime
    agreement: Agreement
    party: Body
    text: AgreementText
    answered: Act | None
    predecessor: Body | None


def record_act(session: Session, actor: Actor, ask: RecordAct, *, at: datetime) -> Act:
    """Record one act of a party and tell all parties of it; accession and succession make the body a party, withdrawal ends it.

    By the party's own officer; by the host as depositary, with a scan, the party's word then awaited; late also by the
    secretariat. A signature of the settled text goes to `log_signature`.
    Returns the stored act. Raises NotPermitted; NotFound; Refused with reasons among unknown-party, unknown-choice, unknown-text,
    text-settled, unknown-document, unknown-file, not-a-party, date-missing, in-the-future, scan-missing, not-of-this-kind,
    content-missing, answers-missing, predecessor-missing, unknown-act, already-done, and those of `_OWN`.
    Source: docs/decisions/0019.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        if ask.kind not in KINDS:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        party = subjects.party(session, ask.party, field="party")
        answered = _answered(session, agreement, ask.answers)
        text = _text(session, agreement, ask, answered)
        if ask.kind == "signature" and text.kind == "text" and not ask.late:
            return log_signature(session, actor, _as_signature(ask, text), at=at)
        permission = "act:import" if ask.late else "act:record"
        logged_by = deeds.who_logs(actor, agreement, party, permission, keepers=ask.late)
        evidence = subjects.stored_file(session, ask.evidence, field="evidence")
        basis = subjects.basis_document(session, actor, ask.basis)
        predecessor = subjects.party(session, ask.predecessor, field="predecessor") if ask.predecessor else None
        case = _Case(session, ask, at, agreement, party, text, answered, predecessor)
        reasons = [*_wrong(case), *(() if ask.late else deeds.no_scan(logged_by, evidence))]
        if reasons:
            raise Refused(*reasons)
        act = deeds.row(
            agreement, party, text, ask.kind, ask.done, logged_by, at, evidence=evidence, received=ask.received,
            registered=ask.registered, takes_effect=ask.takes_effect, valid_until=ask.valid_until, ordinal=ask.ordinal,
            authority=ask.authority, signer_post=ask.signer_post, basis=basis,
        )  # fmt: skip
        act.clause, act.content = ask.clause or None, ask.content or None
        act.answers_id, act.predecessor_id = subjects.id_of(answered), subjects.id_of(predecessor)
        act.signer = seal(session, ask.signer, body_id=party.id)
        act.reason = seal(session, ask.reason, body_id=party.id)
        session.add(act)
        _follow(case, actor, act)
        agreement.revision += 1
        book.record(
            act="act.record", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=party.code,
            reason=act.reason, basis=subjects.cited_as(basis), effective=ask.done,
        )  # fmt: skip
    return act


def _text(session: Session, agreement: Agreement, ask: RecordAct, answered: Act | None) -> AgreementText:
    """The text that the act is about. Raises Refused unknown-text, text-settled."""
    if ask.text is None and answered is not None:
        return session.get_one(AgreementText, answered.text_id)
    found = deeds.text_of(session, agreement, ask.text)
    if found is not None:
        return found
    if ask.text is None:
        raise Refused(Reason("text-settled", who=("host_officer",)))
    raise Refused(Reason("unknown-text", {"agreement": agreement.number, "value": ask.text}, field="text"))


def _answered(session: Session, agreement: Agreement, act_id: int | None) -> Act | None:
    """The standing act that is answered. Raises Refused unknown-act."""
    if act_id is None:
        return None
    query = sa.select(Act).where(Act.id == act_id, Act.agreement_id == agreement.id, Act.annulled_at.is_(None))
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-act", {"value": act_id}, field="answers"))
    return found


def _as_signature(ask: RecordAct, text: AgreementText) -> LogSignature:
    return LogSignature(
        ask.agreement, ask.party, ask.done, text.sha256, ask.signer, ask.signer_post, ask.evidence, ask.authority,
        ask.received, ask.registered, ask.takes_effect, ask.ordinal, ask.basis,
    )  # fmt: skip


def _follow(case: _Case, actor: Actor, act: Act) -> None:
    """What the act changes beside its own row: the list of parties, and what they are told. A listed party that accedes while
    the agreement is open for signature does so instead of signing, and the agreement moves as if it had."""
    session, agreement, at, late = case.session, case.agreement, case.at, case.ask.late
    ours = case.text.kind == "text"
    listed = deeds.is_party(session, agreement, act.body_id)
    session.flush()
    if ours:
        deeds.let_in(session, agreement, act, at=at)
    deeds.tell(session, agreement, act, "act", at=at, late=late)
    if ours:
        deeds.let_out(session, agreement, act, _effect(case, act), at=at)
    if ours and listed and act.kind == "accession" and agreement.stage == "signing" and not late:
        deeds.move(session, actor, agreement, "sign", at=at, effective=case.ask.done, body_id=act.body_id)


def _effect(case: _Case, act: Act) -> PartialDate:
    """The day on which who leaves by the act has left: as it says itself, as the clause counts from a notice, or the day it was
    done."""
    counted = act.kind == "withdrawal" and act.takes_effect_on is None and _asks_notice(case.text)
    day = _counted_from_notice(case) if counted else None
    return PartialDate(day.isoformat(), Precision.DAY) if day else deeds.effect_of(act)


def _wrong(case: _Case) -> list[Reason]:
    """Every reason why the act cannot be; those of the kind's own last."""
    ask = case.ask
    dates = {"done": ask.done, "received": ask.received, "registered": ask.registered}
    return [
        *_foreign(ask),
        *_missing(ask),
        *([Reason("date-missing", field="done")] if ask.done.value is None else []),
        *deeds.no_future(case.session, case.at, **dates),
        *deeds.no_such_authority(ask.authority),
        *_already_done(case),
        *_OWN.get(ask.kind, _party_only)(case),
    ]


def _foreign(ask: RecordAct) -> list[Reason]:
    given = {
        "answers": ask.answers,
        "predecessor": ask.predecessor,
        "clause": ask.clause,
        "valid_until": None if ask.valid_until == UNKNOWN else ask.valid_until,
    }
    return [
        Reason("not-of-this-kind", {"kind": ask.kind}, field=name)
        for name, value in given.items()
        if value and ask.kind not in TAKES[name]
    ]


def _missing(ask: RecordAct) -> list[Reason]:
    needed = NEEDS.get(ask.kind, ())
    reasons = []
    if "answers" in needed and ask.answers is None:
        reasons.append(Reason("answers-missing", {"kind": ask.kind}, field="answers"))
    if "predecessor" in needed and not ask.predecessor:
        reasons.append(Reason("predecessor-missing", field="predecessor"))
    said = (ask.content or "").strip() or (ask.kind == "objection" and (ask.reason or "").strip())
    if "content" in needed and not said:
        reasons.append(Reason("content-missing", {"kind": ask.kind}, field="content"))
    return reasons


def _already_done(case: _Case) -> list[Reason]:
    """A kind done once stands once for each text and party; the partial unique index has the last word."""
    kind = case.ask.kind
    stands = deeds.standing(case.session, case.text, case.party.id, (kind,)) if kind in ONCE else None
    if stands is None:
        return []
    values = {"kind": kind, "party": case.party.name_zh, "date": stands.done_on or "—"}
    return [Reason("already-done", values, field="party")]


def _party_only(case: _Case) -> list[Reason]:
    return deeds.not_a_party(case.session, case.agreement, case.party, ever=case.ask.late)


def _objection(case: _Case) -> list[Reason]:
    """It answers a reservation or declaration of another party."""
    answered = case.answered
    reasons = _party_only(case)
    if answered and (answered.kind not in ("reservation", "declaration") or answered.body_id == case.party.id):
        reasons.append(Reason("not-objectionable", {"kind": answered.kind}, field="answers"))
    return reasons


def _accession(case: _Case) -> list[Reason]:
    """For who is no party yet, or has not signed, while the agreement is open or concluded; to an amendment for parties."""
    if case.text.kind != "text":
        return _party_only(case)
    reasons = []
    if not case.ask.late and case.agreement.stage not in ("signing", "concluded"):
        reasons.append(Reason("accession-closed", {"agreement": case.agreement.number}))
    bound = deeds.standing(case.session, case.text, case.party.id, ("signature", "succession"))
    if bound and deeds.is_party(case.session, case.agreement, case.party.id):
        values = {"kind": bound.kind, "party": case.party.name_zh, "date": bound.done_on or "—"}
        reasons.append(Reason("already-done", values, field="party"))
    return reasons


def _succession(case: _Case) -> list[Reason]:
    """The predecessor is another party that has bound itself; its place is taken on the day the succession takes effect."""
    if case.predecessor is None:
        return []
    if case.predecessor.id == case.party.id:
        return [Reason("own-predecessor", field="predecessor")]
    return [*_not_bound(case, case.predecessor, field="predecessor"), *_not_yet(case)]


def _withdrawal(case: _Case) -> list[Reason]:
    """Who has bound itself leaves, on the day of effect or after it; before that there is only a notice. Where the clause asks
    for notice, its day is counted from that."""
    reasons = [*_not_bound(case, case.party, field="party"), *_not_yet(case)]
    if reasons or case.ask.late or not _asks_notice(case.text):
        return reasons
    day = _counted_from_notice(case)
    if day is None:
        return [Reason("notice-missing", {"party": case.party.name_zh}, field="party")]
    return [] if day <= date_of(case.session, case.at) else [_later("withdrawal", day.isoformat(), field="done")]


def _asks_notice(text: AgreementText) -> bool:
    clause = read(text.clause) if text.clause else None
    return clause is not None and clause.withdrawal is not None


def _counted_from_notice(case: _Case) -> date | None:
    """The day from which the party is bound no more by its notice, as the clause counts it; None where no notice gives a day."""
    text = case.text
    if deeds.standing(case.session, text, case.party.id, ("withdrawal_notice",)) is None:
        return None
    snapshot = Snapshot(case.session, None, date_of(case.session, case.at))
    texts = forces(snapshot, [case.agreement.id])[case.agreement.id]
    told = (party for each in texts if each.text_id == text.id for party in each.force.parties)
    return next((party.until for party in told if party.party == case.party.code), None)


def _not_bound(case: _Case, body: Body, *, field: str) -> list[Reason]:
    values = {"party": body.name_zh, "agreement": case.agreement.number}
    if not deeds.is_party(case.session, case.agreement, body.id, ever=case.ask.late):
        return [Reason("not-a-party", values, field=field)]
    if deeds.standing(case.session, case.text, body.id, deeds.BINDING) is None:
        return [Reason("not-bound", values, field=field)]
    return []


def _not_yet(case: _Case) -> list[Reason]:
    effect = case.ask.takes_effect
    if not day_of(case.session, case.at).certainly_before(effect):
        return []
    return [_later(case.ask.kind, effect.value or "", field="takes_effect")]


def _later(kind: str, day: str, *, field: str) -> Reason:
    return Reason("not-yet", {"kind": kind, "date": day}, field=field)


_OWN: Mapping[str, Callable[[_Case], list[Reason]]] = MappingProxyType(
    {
        "objection": _objection,
        "accession": _accession,
        "succession": _succession,
        "withdrawal": _withdrawal,
    }
)
"""Kind → its own refusals: not-objectionable, accession-closed, own-predecessor, not-bound, not-yet, notice-missing."""
