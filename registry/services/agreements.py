"""Agreements: created, given a text, drafted, opened for signature, abandoned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.numbers import NO_GROUPING, next_record
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Agreement, AgreementField, AgreementParty, AgreementText, Meeting, TextFile
from registry.models.base import LEVELS
from registry.permissions import Actor, allowed, require
from registry.services import deadlines, proposals, subjects
from registry.services.procedures import current_procedure

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


PERMISSIONS = {"draft": "agreement:draft", "open": "agreement:open", "abandon": "agreement:abandon"}
"""Trigger of the procedure → permission it needs, where that is a narrower one than agreement:step."""


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
        deadlines.begin(session, definition, ("agreement", agreement.id), agreement.state, at=at)
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
        require_keeper(actor, agreement, "text:add")
        if agreement.stage != "preparation":
            raise Refused(Reason("text-fixed", field="sha256"))
        require_new_file(session, agreement, ask.sha256)
        texts = sa.select(sa.func.count()).where(AgreementText.agreement_id == agreement.id)
        text = AgreementText(
            agreement_id=agreement.id,
            version=session.execute(texts).scalar_one() + 1,
            sha256=ask.sha256,
            language=ask.language,
        )
        session.add(text)
        agreement.revision += 1
        proposals.refresh(session, ("agreement", agreement.id), at=at)
        book.record(
            act="agreement.text", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code
        )
    return text


def require_keeper(actor: Actor, agreement: Agreement, permission: str) -> None:
    """An officer of the host, or the secretariat of the grouping."""
    if agreement.host_id is not None and allowed(actor, permission, body_id=agreement.host_id):
        return
    if not allowed(actor, permission, grouping_id=agreement.grouping_id):
        raise NotPermitted(permission)


def require_new_file(session: Session, agreement: Agreement, sha256: str) -> None:
    """A hash by which no text of the agreement, and no other file of one, is known yet: a file then has one answer.

    Raises Refused bad-hash, same-text.
    """
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Refused(Reason("bad-hash", {"value": sha256}, field="sha256"))
    for model in (AgreementText, TextFile):
        if session.execute(
            sa.select(model.id).where(model.agreement_id == agreement.id, model.sha256 == sha256)
        ).first():
            raise Refused(Reason("same-text", field="sha256"))


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
