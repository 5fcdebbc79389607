"""Corrections: a wrong fact is put right in the open. Proposed, told to those it concerns, open to objection, then applied.

One objection lets a correction fall at once; its proposer may propose again. The value before and the one proposed stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import Outcome, dates, half_width
from registry.domain.correctable import CORRECTABLE, Field, field_at
from registry.domain.dates import PartialDate
from registry.domain.names import tidy
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import (
    Act,
    Agreement,
    Audited,
    Correction,
    CorrectionObjection,
    Document,
    Item,
    Notice,
)
from registry.permissions import Actor, allowed, require
from registry.queries.access import sees
from registry.queries.choices import record_of
from registry.queries.concerned import Concerned, concerned
from registry.queries.corrections import MODELS
from registry.queries.rounds import Subject
from registry.queries.snapshot import Snapshot
from registry.services import notices, proposals, subjects
from registry.services.days import date_of, day_of
from registry.services.documents import free_document_number
from registry.services.notices import Readers
from registry.services.policies import policy_for

WINDOW = "correction_window"
LARGEST = 1_000_000
"""Of a corrected number."""


@dataclass(frozen=True, slots=True)
class ProposeCorrection:
    """One fact of one record is wrong.

    kind, number: of the record, as the history calls it; its number or code. target: the field by its stable name, as
    `registry.domain.correctable` has it: title_zh, act:17.done_on. value: the right one as people write it; empty: none, or
    not known. reason: what was wrong. basis: number of the document that shows it.
    """

    kind: str
    number: str
    target: str
    value: str
    reason: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectToCorrection:
    """A party of the record objects to a correction (id), and says why. party: its code."""

    correction: int
    party: str
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawCorrection:
    """Whoever proposed a correction (id) takes it back."""

    correction: int


@dataclass(frozen=True, slots=True)
class Value:
    """A value as corrections keep it: text, and the precision of a date; None where there is none."""

    text: str | None
    precision: str | None


def propose_correction(session: Session, actor: Actor, ask: ProposeCorrection, *, at: datetime) -> Correction:
    """Propose to correct one fact. Those it concerns are told, and may object until the last day of the window.

    The window is as long as the policy says that is in force on the day of proposing.
    Raises NotFound; NotPermitted; Refused not-correctable, reason-missing, value-missing, same-value, bad-count, in-the-future,
    document-known, correction-open, unknown-document, no-policy, and what dates and document numbers ask or reject.
    """
    with atomic(session) as book:
        subject = locked_record(session, actor, ask.kind, ask.number)
        who = concerned(session, subject)
        if not who.may(actor, "correction:propose"):
            raise NotPermitted("correction:propose")
        field, row = _target(session, subject, ask.target)
        old = _value_of(field, row)
        new = _read(session, actor, field, ask.value, at)
        reasons = [*_unfit(session, field, old, new, at), *_open(session, field, row)]
        if not ask.reason.strip():
            reasons.append(Reason("reason-missing", field="reason"))
        if reasons:
            raise Refused(*reasons)
        basis = subjects.basis_document(session, actor, ask.basis)
        today = date_of(session, at)
        policy = policy_for(session, WINDOW, today)
        proposer = who.speaker(actor, "correction:propose")
        correction = Correction(
            subject_kind=subject[0], subject_id=subject[1], number=_next_number(session, subject),
            table_name=field.table, row_id=row.id, field=field.column,
            old=old.text, old_precision=old.precision, new=new.text, new_precision=new.precision,
            body_id=proposer, basis_id=subjects.id_of(basis), reason=seal(session, ask.reason, body_id=proposer),
            policy_id=policy.id, proposed_at=at, window_until=(today + timedelta(days=policy.days)).isoformat(),
            outcome="open",
        )  # fmt: skip
        session.add(correction)
        session.flush()
        _tell(session, correction, who, at)
        book.record(
            act="correction.propose", actor=actor, subject=subject, at=at, on_behalf_of=_code(session, proposer),
            reason=correction.reason, basis=subjects.cited_as(basis),
        )  # fmt: skip
    return correction


def object_to_correction(
    session: Session, actor: Actor, ask: ObjectToCorrection, *, at: datetime
) -> CorrectionObjection:
    """Record that a party of the record objects, within the window: the correction falls, and everybody is told.

    Raises NotFound; NotPermitted; Refused unknown-party, not-concerned, correction-closed, reason-missing.
    """
    with atomic(session) as book:
        correction = _locked(session, actor, ask.correction)
        subject = (correction.subject_kind, correction.subject_id)
        party = subjects.party(session, ask.party, field="party")
        require(actor, "correction:object", body_id=party.id)
        who = concerned(session, subject)
        if party.id not in who.bodies:
            raise Refused(Reason("not-concerned", {"party": party.name_zh}, field="party"))
        if correction.outcome != "open" or date_of(session, at).isoformat() > correction.window_until:
            raise Refused(_closed(correction))
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        objection = CorrectionObjection(
            subject_kind=subject[0], subject_id=subject[1], correction_id=correction.id, body_id=party.id,
            reason=seal(session, ask.reason, body_id=party.id), recorded_at=at,
        )  # fmt: skip
        session.add(objection)
        _decide(session, correction, "fallen", who, at)
        book.record(
            act="correction.object",
            actor=actor,
            subject=subject,
            at=at,
            on_behalf_of=party.code,
            reason=objection.reason,
        )
    return objection


def withdraw_correction(session: Session, actor: Actor, ask: WithdrawCorrection, *, at: datetime) -> Correction:
    """Take back a correction that is not decided: by the party, or the secretariat, that proposed it.

    Raises NotFound; NotPermitted; Refused correction-closed.
    """
    with atomic(session) as book:
        correction = _locked(session, actor, ask.correction)
        subject = (correction.subject_kind, correction.subject_id)
        who = concerned(session, subject)
        if not may_withdraw(actor, correction.body_id, who):
            raise NotPermitted("correction:propose")
        if correction.outcome != "open":
            raise Refused(_closed(correction))
        _decide(session, correction, "withdrawn", who, at)
        book.record(
            act="correction.withdraw",
            actor=actor,
            subject=subject,
            at=at,
            on_behalf_of=_code(session, correction.body_id),
        )
    return correction


def due_corrections(session: Session, today: date) -> list[int]:
    """Ids of the open corrections whose window has passed, the oldest first; a glance, for under the lock all is read again."""
    query = sa.select(Correction.id).where(Correction.outcome == "open", Correction.window_until < today.isoformat())
    return list(session.execute(query.order_by(Correction.id)).scalars())


def apply_correction(session: Session, actor: Actor, correction_id: int, *, at: datetime) -> str | None:
    """Apply a correction whose window passed without objection; where the value is another meanwhile, it falls.

    Returns applied or fallen; None where there is nothing (more) to decide. Raises NotPermitted; NotFound.
    """
    with atomic(session) as book:
        require(actor, "deadline:sweep")
        correction = _locked(session, actor, correction_id)
        if correction.outcome != "open" or date_of(session, at).isoformat() <= correction.window_until:
            return None
        subject = (correction.subject_kind, correction.subject_id)
        field, row = _corrected(session, correction)
        fits = row is not None and _value_of(field, row) == Value(correction.old, correction.old_precision)
        if row is not None and fits:
            _write(field, row, Value(correction.new, correction.new_precision))
        _decide(session, correction, "applied" if fits else "fallen", concerned(session, subject), at)
        if fits and correction.subject_kind in subjects.MODELS:
            proposals.refresh(session, subject, at=at)
        basis = session.get(Document, correction.basis_id) if correction.basis_id is not None else None
        book.record(
            act="correction.apply" if fits else "correction.lapse", actor=actor, subject=subject, at=at,
            on_behalf_of=_code(session, correction.body_id), reason=correction.reason, basis=subjects.cited_as(basis),
        )  # fmt: skip
        return correction.outcome


def may_withdraw(actor: Actor, proposer: int | None, who: Concerned) -> bool:
    """Whether the actor speaks for whoever proposed. proposer: id of the party; None: a secretariat of the record."""
    if proposer is not None:
        return allowed(actor, "correction:propose", body_id=proposer)
    return Concerned((), who.groupings).may(actor, "correction:propose")


def locked_record(session: Session, actor: Actor, kind: str, number: str) -> Subject:
    """The record of this kind and number, if the actor sees it, locked to the end of the act. Raises NotFound."""
    if kind not in MODELS:
        raise NotFound(kind)
    identity, _ = record_of(Snapshot(session, None, date.min), actor, kind, number)
    _lock(session, (kind, identity))
    return kind, identity


def _locked(session: Session, actor: Actor, correction_id: int) -> Correction:
    """A correction of a record that the actor sees; the record is locked to the end of the act."""
    about = sa.select(Correction.subject_kind, Correction.subject_id).where(Correction.id == correction_id)
    found = session.execute(about).one_or_none()
    if found is None or not session.scalar(sa.select(sees(actor, MODELS[found[0]], sa.literal(found[1])))):
        raise NotFound("correction", correction_id)
    _lock(session, (found[0], found[1]))
    return session.get_one(Correction, correction_id, populate_existing=True)


def _lock(session: Session, subject: Subject) -> None:
    """Acts on one record queue: two corrections of one fact, a correction and its objection, two sweeps."""
    model = MODELS[subject[0]]
    query = sa.select(model).where(model.id == subject[1]).with_for_update(of=model, key_share=True)
    session.execute(query).one()


def _target(session: Session, subject: Subject, place: str) -> tuple[Field, Audited]:
    """The field of this stable name, and the row that holds it. Raises Refused not-correctable."""
    found = field_at(subject[0], place)
    row = found and _row(session, subject, *found)
    if not found or row is None:
        raise Refused(Reason("not-correctable", {"value": place}, field="target"))
    return found[0], row


def _row(session: Session, subject: Subject, field: Field, row_id: int | None) -> Audited | None:
    """The row of the record itself, or one that stands under it: an act that was not annulled."""
    if row_id is None:
        return session.get(MODELS[subject[0]], subject[1])
    return session.execute(
        sa.select(Act).where(Act.id == row_id, Act.agreement_id == subject[1], Act.annulled_at.is_(None))
    ).scalar_one_or_none()


def _corrected(session: Session, correction: Correction) -> tuple[Field, Audited | None]:
    """The field of a correction, and its row as it stands; None where the row stands no more."""
    subject = (correction.subject_kind, correction.subject_id)
    fields = CORRECTABLE[correction.subject_kind]
    field = next(each for each in fields if (each.table, each.column) == (correction.table_name, correction.field))
    return field, _row(session, subject, field, None if field.table == fields[0].table else correction.row_id)


def _value_of(field: Field, row: Audited) -> Value:
    held = getattr(row, field.column)
    return Value(None if held is None else str(held), getattr(row, field.precision) if field.precision else None)


def _write(field: Field, row: Audited, value: Value) -> None:
    number = field.reads == "number" and value.text is not None
    setattr(row, field.column, int(value.text or "") if number else value.text)
    if field.precision:
        setattr(row, field.precision, value.precision)


def _read(session: Session, actor: Actor, field: Field, typed: str, at: datetime) -> Value:
    """What was typed, as its column holds it. Raises Refused with what cannot be read."""
    if field.reads == "text":
        return Value(tidy(typed) or None, None)
    if field.reads == "document_number":
        return Value(free_document_number(session, actor, typed, field="value"), None)
    if field.reads == "number":
        text = half_width(typed)
        if text and not (text.isascii() and text.isdigit() and int(text) <= LARGEST):
            raise Refused(Reason("bad-count", {"value": typed, "most": LARGEST}, field="value"))
        return Value(str(int(text)) if text else None, None)
    reading = dates.read(typed, today=date_of(session, at))
    if reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
        raise Refused(Reason(str(reading.reason), {"value": typed}, field="value"))
    return Value(reading.value.value, str(reading.value.precision))


def _unfit(session: Session, field: Field, old: Value, new: Value, at: datetime) -> list[Reason]:
    """Why the value proposed cannot stand there."""
    if new == old:
        return [Reason("same-value", field="value")]
    if field.required and new.text is None:
        return [Reason("value-missing", field="value")]
    if field.past and new.precision and day_of(session, at).certainly_before(PartialDate.of(new.text, new.precision)):
        return [Reason("in-the-future", {"value": new.text or ""}, field="value")]
    return []


def _open(session: Session, field: Field, row: Audited) -> list[Reason]:
    """The correction of the same field that is open: one at a time."""
    same = sa.select(Correction.window_until).where(
        Correction.table_name == field.table, Correction.row_id == row.id, Correction.field == field.column,
        Correction.outcome == "open",
    )  # fmt: skip
    until = session.execute(same).scalar_one_or_none()
    return [] if until is None else [Reason("correction-open", {"until": until}, field="target")]


def _closed(correction: Correction) -> Reason:
    return Reason("correction-closed", {"outcome": correction.outcome, "until": correction.window_until})


def _next_number(session: Session, subject: Subject) -> int:
    query = sa.select(sa.func.coalesce(sa.func.max(Correction.number), 0) + 1).where(
        Correction.subject_kind == subject[0], Correction.subject_id == subject[1]
    )
    return session.execute(query).scalar_one()


def _decide(session: Session, correction: Correction, outcome: str, who: Concerned, at: datetime) -> None:
    correction.outcome, correction.decided_at = outcome, at
    session.flush()
    _tell(session, correction, who, at)


def _tell(session: Session, correction: Correction, who: Concerned, at: datetime) -> None:
    """Count the act on the record, and tell those whom it concerns how the correction stands, once for each outcome."""
    record = session.get_one(MODELS[correction.subject_kind], correction.subject_id)
    if isinstance(record, Agreement | Item):
        record.revision += 1
    notice = Notice(
        subject_kind=correction.subject_kind, subject_id=correction.subject_id, kind="correction",
        mark=f"correction:{correction.id}:{correction.outcome}", correction_id=correction.id,
        due_on=correction.window_until if correction.outcome == "open" else None, recorded_at=at,
    )  # fmt: skip
    notices.tell(session, notice, Readers(who.bodies, next(iter(who.groupings), None)))
    session.flush()


def _code(session: Session, body_id: int | None) -> str | None:
    return subjects.code_of(session, body_id) if body_id is not None else None
