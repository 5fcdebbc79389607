"""What every act of a party shares: who may log it, on which text, its dates and its row, what it does to the list of parties,
and that the parties are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import NotPermitted, Reason
from registry.models import Act, Agreement, AgreementParty, AgreementText, Body, Document, Notice, StoredFile
from registry.models.agreements import AUTHORITIES
from registry.permissions import Actor, allowed
from registry.queries.facts import agreement_facts
from registry.services import leads, notices, rounds, steps, subjects
from registry.services.days import day_of
from registry.services.notices import Readers
from registry.services.steps import Grounds

BINDING = ("signature", "ratification", "acceptance", "approval", "accession", "succession")
"""Acts by which a party binds itself to a text; one of them must stand before it can leave, or be succeeded to."""


def who_logs(actor: Actor, agreement: Agreement, party: Body, permission: str, *, keepers: bool = False) -> str:
    """party: the party's own officer; host: the depositary. keepers: the agreement's secretariat, too, in the host's place.

    Raises NotPermitted for anybody else.
    """
    if allowed(actor, permission, body_id=party.id):
        return "party"
    if agreement.host_id is not None and allowed(actor, permission, body_id=agreement.host_id):
        return "host"
    if keepers and allowed(actor, permission, grouping_id=agreement.grouping_id):
        return "host"
    raise NotPermitted(permission)


def text_of(session: Session, agreement: Agreement, version: int | None = None) -> AgreementText | None:
    """The text or amendment of this version; without one, the settled text of the agreement. None where there is none."""
    query = sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id)
    if version is None:
        query = query.where(AgreementText.kind == "text").order_by(AgreementText.version.desc()).limit(1)
    else:
        query = query.where(AgreementText.version == version)
    return session.execute(query).scalar_one_or_none()


def is_party(session: Session, agreement: Agreement, body_id: int, *, ever: bool = False) -> bool:
    """Whether a body is a party now. ever: or has been one."""
    query = sa.select(AgreementParty.id).where(
        AgreementParty.agreement_id == agreement.id, AgreementParty.body_id == body_id
    )
    return session.execute(query if ever else query.where(AgreementParty.until_precision.is_(None))).first() is not None


def not_a_party(session: Session, agreement: Agreement, party: Body, *, ever: bool = False) -> list[Reason]:
    """The refusal of a body that is no party. ever: one that has left is not refused."""
    if is_party(session, agreement, party.id, ever=ever):
        return []
    return [Reason("not-a-party", {"party": party.name_zh, "agreement": agreement.number}, field="party")]


def standing(session: Session, text: AgreementText, body_id: int, kinds: Collection[str]) -> Act | None:
    """The body's earliest act of these kinds on a text that was not annulled."""
    query = sa.select(Act).where(
        Act.text_id == text.id, Act.body_id == body_id, Act.kind.in_(kinds), Act.annulled_at.is_(None)
    )
    return session.execute(query.order_by(Act.id).limit(1)).scalar_one_or_none()


def no_future(session: Session, at: datetime, **dates: PartialDate) -> list[Reason]:
    """The refusal of each date that certainly lies after the day of recording, by the input that it came from."""
    today = day_of(session, at)
    return [
        Reason("in-the-future", {"value": on.value or ""}, field=field)
        for field, on in dates.items()
        if today.certainly_before(on)
    ]


def no_scan(logged_by: str, evidence: StoredFile | None) -> list[Reason]:
    """The refusal of what the host logs for another party without showing it."""
    return [Reason("scan-missing", field="evidence")] if logged_by == "host" and evidence is None else []


def no_such_authority(authority: str | None) -> list[Reason]:
    """The refusal of an authority that is none of those known."""
    if authority is None or authority in AUTHORITIES:
        return []
    return [Reason("unknown-choice", {"value": authority}, field="authority")]


def row(
    agreement: Agreement,
    party: Body,
    text: AgreementText,
    kind: str,
    done: PartialDate,
    logged_by: str,
    at: datetime,
    *,
    evidence: StoredFile | None = None,
    received: PartialDate = UNKNOWN,
    registered: PartialDate = UNKNOWN,
    takes_effect: PartialDate = UNKNOWN,
    valid_until: PartialDate = UNKNOWN,
    ordinal: int | None = None,
    authority: str | None = None,
    signer_post: str | None = None,
    basis: Document | None = None,
) -> Act:
    """The row of an act, not yet in the session. What the host logged awaits the party's word."""
    return Act(
        agreement_id=agreement.id, text_id=text.id, body_id=party.id, kind=kind,
        done_on=done.value, done_precision=str(done.precision),
        received_on=received.value, received_precision=str(received.precision),
        registered_on=registered.value, registered_precision=str(registered.precision),
        takes_effect_on=takes_effect.value, takes_effect_precision=str(takes_effect.precision),
        valid_until=valid_until.value, valid_precision=str(valid_until.precision),
        ordinal=ordinal, authority=authority, signer_post=signer_post or None, basis_id=subjects.id_of(basis),
        evidence_id=subjects.id_of(evidence), logged_by=logged_by, confirmation="awaited" if logged_by == "host" else None,
        recorded_at=at,
    )  # fmt: skip


def effect_of(act: Act) -> PartialDate:
    """When an act takes effect: its own date of effect, or the day it was done."""
    if act.takes_effect_on is None:
        return PartialDate.of(act.done_on, act.done_precision)
    return PartialDate.of(act.takes_effect_on, act.takes_effect_precision)


def tell(session: Session, agreement: Agreement, act: Act, happened: str, *, at: datetime, late: bool = False) -> None:
    """Tell all parties of an act, each once. happened: act, or annul where it was annulled.

    late: entered from a table after the fact; then the one party is told whose word is awaited, and nobody else.
    """
    session.flush()
    notice = Notice(
        subject_kind="agreement", subject_id=agreement.id, kind="act", mark=f"{happened}:{act.id}", act_id=act.id, recorded_at=at,
    )  # fmt: skip
    if not late:
        notices.tell(session, notice, notices.readers_of(session, ("agreement", agreement.id), "each_party"))
    elif act.confirmation == "awaited":
        notices.tell(session, notice, Readers((act.body_id,)))


def move(
    session: Session, actor: Actor, agreement: Agreement, trigger: str, *, at: datetime, effective: PartialDate, body_id: int,
    reason: str | None = None,
) -> None:  # fmt: skip
    """Ask the engine on the facts as they are after the act, and take the step it decides. Raises Refused."""
    session.flush()
    facts = agreement_facts(session, agreement.id, actor, reason=reason is not None)
    steps.advance(session, agreement, facts, trigger, Grounds(effective, body_id, reason=reason), at=at)


def let_in(session: Session, agreement: Agreement, act: Act, *, at: datetime) -> None:
    """What an act on the settled text does to the list of parties before they are told: accession and succession join it."""
    if act.kind == "accession":
        _join(session, agreement, act.body_id, PartialDate.of(act.done_on, act.done_precision), at=at)
    elif act.kind == "succession":
        _join(session, agreement, act.body_id, effect_of(act), at=at)


def let_out(session: Session, agreement: Agreement, act: Act, until: PartialDate, *, at: datetime) -> None:
    """And what it does when they have been told: who withdraws, or is succeeded to, leaves, unless it joined again later."""
    leaving = {"withdrawal": act.body_id, "succession": act.predecessor_id}.get(act.kind)
    if leaving is None or not is_party(session, agreement, leaving):
        return
    party = _party(session, agreement, leaving)
    if not until.certainly_before(PartialDate.of(party.since, party.since_precision)):
        leads.leave(session, agreement, leaving, until, at=at)


def take_back(session: Session, agreement: Agreement, act: Act, *, at: datetime) -> None:
    """Undo in the list of parties what an act did that is annulled: who left by it is a party again, who joined by it leaves."""
    session.flush()
    left = {"withdrawal": act.body_id, "succession": act.predecessor_id}.get(act.kind)
    if left is not None:
        party, day = _party(session, agreement, left), effect_of(act)
        if act.kind == "withdrawal" or (party.until, party.until_precision) == (day.value, str(day.precision)):
            party.until, party.until_precision = None, None
            rounds.recount(session, ("agreement", agreement.id), at=at)
    if act.kind not in ("accession", "succession"):
        return
    joined = PartialDate.of(act.done_on, act.done_precision) if act.kind == "accession" else effect_of(act)
    party = _party(session, agreement, act.body_id)
    if party.until_precision is None and (party.since, party.since_precision) == (joined.value, str(joined.precision)):
        leads.leave(session, agreement, act.body_id, joined, at=at)


def _join(session: Session, agreement: Agreement, body_id: int, since: PartialDate, *, at: datetime) -> None:
    """Put a body behind the last party; one that had left is a party again, unless it left later; one that is a party stays it."""
    query = sa.select(AgreementParty).where(AgreementParty.agreement_id == agreement.id)
    parties = session.execute(query).scalars().all()
    party = next((each for each in parties if each.body_id == body_id), None)
    if party is None:
        last = max((each.position for each in parties), default=0)
        party = AgreementParty(agreement_id=agreement.id, body_id=body_id, position=last + 1)
        session.add(party)
    elif party.until_precision is None:
        return
    party.since, party.since_precision = since.value, str(since.precision)
    if party.until_precision and since.certainly_before(PartialDate.of(party.until, party.until_precision)):
        return
    party.until, party.until_precision = None, None
    rounds.recount(session, ("agreement", agreement.id), at=at)


def _party(session: Session, agreement: Agreement, body_id: int) -> AgreementParty:
    return session.execute(
        sa.select(AgreementParty).where(AgreementParty.agreement_id == agreement.id, AgreementParty.body_id == body_id)
    ).scalar_one()
