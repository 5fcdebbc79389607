"""Agreements: created, given a text, drafted, opened for signature, abandoned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.numbers import NO_GROUPING, next_record
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, AgreementField, AgreementParty, AgreementText, Meeting, Procedure
from registry.models.base import LEVELS
from registry.permissions import Actor, allowed, require
from registry.queries.facts import agreement_facts, definition_of
from registry.services import steps, subjects
from registry.services.days import day_of
from workflows import Definition

PROCEDURE = "cooperation-agreement"
KINDS = ("framework_agreement", "sector_agreement", "sector_framework_agreement", "institutional_agreements")


@dataclass(frozen=True, slots=True)
class CreateAgreement:
    """A new agreement, planned.

    grouping: code, or None. year: of its number, or None if unknown. parties: codes in the order printed. host: code of
    the depositary. level: public, members or parties. fields: names of the fields of cooperation, zh and en.
    """

    title_zh: str
    kind: str
    parties: tuple[str, ...]
    title_en: str | None = None
    grouping: str | None = None
    year: int | None = None
    host: str | None = None
    meeting: str | None = None
    level: str = "members"
    declared_parties: int | None = None
    declared_fields: int | None = None
    fields: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class AddText:
    """A version of the text. sha256: 64 hex digits of its file; language: BCP 47 tag."""

    agreement: str
    sha256: str
    language: str = "zh-Hans"


@dataclass(frozen=True, slots=True)
class MoveAgreement:
    """Draft, open or abandon an agreement. effective: when it took effect, if another day than today."""

    agreement: str
    trigger: str
    basis: str | None = None
    basis_note: str | None = None
    reason: str | None = None
    effective: PartialDate | None = None


PERMISSIONS = {"draft": "agreement:draft", "open": "agreement:open", "abandon": "agreement:abandon"}
"""Trigger of the procedure → permission it needs."""


def create_agreement(session: Session, actor: Actor, ask: CreateAgreement, *, at: datetime) -> Agreement:
    """Enter an agreement that is planned; its number is given under the lock of its grouping.

    Raises NotPermitted; Refused with title-missing, unknown-grouping, unknown-party, unknown-meeting, same-party-twice,
    unknown-choice (kind, level).
    """
    with atomic(session) as book:
        grouping = subjects.locked_grouping(session, ask.grouping, field="grouping") if ask.grouping else None
        if grouping is None:
            subjects.locked_register(session)
        require(actor, "agreement:create", grouping_id=subjects.id_of(grouping))
        if not ask.title_zh.strip():
            raise Refused(Reason("title-missing", field="title_zh"))
        for field, value, choices in (("kind", ask.kind, KINDS), ("level", ask.level, LEVELS)):
            if value not in choices:
                raise Refused(Reason("unknown-choice", {"value": value}, field=field))
        if len(set(ask.parties)) < len(ask.parties):
            raise Refused(Reason("same-party-twice", field="parties"))
        parties = [subjects.party(session, code, field="parties") for code in ask.parties]
        definition, procedure_id = current_procedure(session, PROCEDURE)
        agreement = Agreement(
            number=_next_number(session, grouping.code if grouping else NO_GROUPING, ask.year),
            title_zh=ask.title_zh.strip(),
            title_en=ask.title_en,
            kind=ask.kind,
            grouping_id=subjects.id_of(grouping),
            meeting_id=_meeting(session, ask.meeting),
            host_id=subjects.party(session, ask.host, field="host").id if ask.host else None,
            level=ask.level,
            state=definition.initial,
            stage=definition.states[definition.initial].stage,
            procedure_id=procedure_id,
            party_list="complete" if parties else "unknown",
            declared_parties=ask.declared_parties,
            declared_fields=ask.declared_fields,
            instruments=1,
            backfilled=False,
            revision=0,
            sample=grouping.sample if grouping else False,
        )
        session.add(agreement)
        session.flush()
        for position, party in enumerate(parties, 1):
            session.add(AgreementParty(agreement_id=agreement.id, body_id=party.id, position=position))
        for position, (zh, en) in enumerate(ask.fields, 1):
            session.add(AgreementField(agreement_id=agreement.id, position=position, name_zh=zh, name_en=en))
        book.record(
            act="agreement.create",
            actor=actor,
            subject=("agreement", agreement.id),
            at=at,
            on_behalf_of=actor.body_code,
        )
    return agreement


def add_text(session: Session, actor: Actor, ask: AddText, *, at: datetime) -> AgreementText:
    """Register a version of the text by its hash; the last one before opening is the settled text.

    Raises NotPermitted; NotFound; Refused bad-hash, same-text, text-fixed (it is open for signature already).
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        _require_keeper(actor, agreement, "text:add")
        if len(ask.sha256) != 64 or not set(ask.sha256) <= set("0123456789abcdef"):
            raise Refused(Reason("bad-hash", {"value": ask.sha256}, field="sha256"))
        if agreement.stage != "preparation":
            raise Refused(Reason("text-fixed", field="sha256"))
        texts = (
            session.execute(sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id)).scalars().all()
        )
        if any(text.sha256 == ask.sha256 for text in texts):
            raise Refused(Reason("same-text", field="sha256"))
        text = AgreementText(
            agreement_id=agreement.id, version=len(texts) + 1, sha256=ask.sha256, language=ask.language
        )
        session.add(text)
        agreement.revision += 1
        book.record(
            act="agreement.text", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code
        )
    return text


def move_agreement(session: Session, actor: Actor, ask: MoveAgreement, *, at: datetime) -> Agreement:
    """Take an agreement to drafting, open it for signature, or abandon it.

    Raises NotPermitted; NotFound; Refused with every unmet condition of the procedure, unknown-document, unknown-trigger.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        if ask.trigger not in PERMISSIONS:
            raise Refused(Reason("unknown-trigger", {"trigger": ask.trigger}, field="trigger"))
        _require_keeper(actor, agreement, PERMISSIONS[ask.trigger])
        basis = subjects.basis_document(session, actor, ask.basis)
        reason = seal(session, ask.reason, body_id=actor.body_id)
        standing = agreement_facts(session, agreement.id, actor, basis=basis is not None, reason=reason is not None)
        effective = ask.effective or day_of(session, at)
        steps.advance(
            session, agreement, standing, ask.trigger, at=at, effective=effective, body_id=actor.body_id,
            basis_id=subjects.id_of(basis), basis_note=ask.basis_note, reason=reason,
        )  # fmt: skip
        agreement.revision += 1
        book.record(
            act=f"agreement.{ask.trigger}", actor=actor, subject=("agreement", agreement.id), at=at,
            on_behalf_of=actor.body_code, reason=reason, basis=subjects.cited_as(basis), effective=effective,
        )  # fmt: skip
    return agreement


def current_procedure(session: Session, slug: str) -> tuple[Definition, int]:
    """The newest published version of a procedure and its id; new subjects begin with it. Raises NotFound."""
    query = sa.select(Procedure.id).where(Procedure.slug == slug, Procedure.status == "published")
    found = session.execute(query.order_by(Procedure.version.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"procedure {slug}")
    return definition_of(session, found), found


def _require_keeper(actor: Actor, agreement: Agreement, permission: str) -> None:
    """An officer of the host, or the secretariat of the grouping."""
    if agreement.host_id is not None and allowed(actor, permission, body_id=agreement.host_id):
        return
    if not allowed(actor, permission, grouping_id=agreement.grouping_id):
        raise NotPermitted(permission)


def _next_number(session: Session, series: str, year: int | None) -> str:
    existing = session.execute(sa.select(Agreement.number).where(Agreement.number.startswith(f"{series}-"))).scalars()
    return str(next_record(series, year, existing))


def _meeting(session: Session, number: str | None) -> int | None:
    if not number:
        return None
    found = session.execute(sa.select(Meeting.id).where(Meeting.number == number)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-meeting", {"value": number}, field="meeting"))
    return found
