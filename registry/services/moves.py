"""Move a subject one step: an agreement, an item, or a matter, each by its own procedure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.guards import GUARDS
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, Document, Item, Matter, Proposal
from registry.permissions import Actor
from registry.queries.facts import Standing, standing_of
from registry.services import agreements, deadlines, items, matter_values, matters, proposals, steps, subjects
from registry.services.days import day_of
from registry.services.steps import Grounds
from registry.services.subjects import Moved
from workflows import Transition
from workflows.engine import possible

BY_ACTS = frozenset({"sign", "annul"})
"""Triggers of an agreement that go with an act of a party, and are asked of `signatures`."""


@dataclass(frozen=True, slots=True)
class TakeStep:
    """One step of a subject. kind: agreement, item or matter; number: of the record. basis: number of a registered document.

    merge_into: number of the item it goes into. values: fields of a matter that come with the step, as text by name.
    What was proposed is taken as it was proposed: its grounds count, not these.
    """

    kind: str
    number: str
    trigger: str
    basis: str | None = None
    basis_note: str | None = None
    reason: str | None = None
    effective: PartialDate | None = None
    merge_into: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def take_step(session: Session, actor: Actor, ask: TakeStep, *, at: datetime) -> Moved:
    """Move a subject one step, if its procedure allows it now.

    Raises NotPermitted; NotFound; Refused with every unmet condition, unknown-document, unknown-item, unknown-trigger, and
    of a matter what `matter_values.fill_in` says of the values.
    """
    with atomic(session) as book:
        subject = locked(session, actor, ask.kind, ask.number, ask.trigger)
        identity = (ask.kind, subject.id)
        standing = standing_of(session, identity, actor)
        proposal = _proposed(session, standing, ask.trigger)
        grounds = _proposed_grounds(proposal) if proposal else asked_grounds(session, actor, ask, at)
        if isinstance(subject, Item) and _merge(session, actor, subject, ask, proposal):
            session.flush()
            standing = standing_of(session, identity, actor)
        standing, given = _with_values(session, actor, subject, standing, ask, grounds, at)
        decision = steps.advance(session, subject, standing, ask.trigger, grounds, at=at)
        if given:
            deadlines.restart(session, identity, at=at)
            proposals.refresh(session, identity, at=at)
        if ask.merge_into and decision.kind != "merge":
            raise Refused(Reason("merge-only", field="merge_into"))
        subject.revision += 1
        book.record(
            act=f"{ask.kind}.{ask.trigger}", actor=actor, subject=identity, at=at, on_behalf_of=actor.body_code,
            reason=grounds.reason, basis=cited(session, grounds.basis_id), effective=grounds.effective,
        )  # fmt: skip
    return subject


def locked(session: Session, actor: Actor, kind: str, number: str, trigger: str) -> Moved:
    """The subject, locked to the end of the act, if the actor may ask for this step of it.

    Raises NotPermitted; NotFound; Refused unknown-trigger.
    """
    subject = subjects.locked_numbered(session, actor, kind, number)
    if not isinstance(subject, Agreement):
        matters.require_for(actor, session, subject, "item:step" if isinstance(subject, Item) else "matter:step")
        return subject
    if trigger in BY_ACTS:
        raise Refused(Reason("unknown-trigger", {"trigger": trigger}, field="trigger"))
    agreements.require_keeper(actor, subject, agreements.PERMISSIONS.get(trigger, "agreement:step"))
    return subject


def arrow_of(standing: Standing, trigger: str) -> Transition | None:
    """The transition that this trigger would take from here, chosen by the facts; None: it does not leave this state."""
    options = possible(standing.definition, GUARDS, standing.state, standing.facts)
    return next((each.transition for each in options if each.trigger == trigger), None)


def _proposed(session: Session, standing: Standing, trigger: str) -> Proposal | None:
    """The living proposal of this step, if it was put to others."""
    arrow = arrow_of(standing, trigger)
    return proposals.living(session, standing, arrow) if arrow and (arrow.consent or arrow.two_person) else None


def _proposed_grounds(proposal: Proposal) -> Grounds:
    effective = PartialDate.of(proposal.effective, proposal.effective_precision)
    return Grounds(effective, proposal.body_id, proposal.basis_id, proposal.basis_note, proposal.reason)


def asked_grounds(session: Session, actor: Actor, ask: TakeStep, at: datetime) -> Grounds:
    """What a step would rest on, as it is asked for; its reason goes under seal. Raises Refused unknown-document."""
    basis = subjects.basis_document(session, actor, ask.basis)
    reason = seal(session, ask.reason, body_id=actor.body_id)
    effective = ask.effective or day_of(session, at)
    return Grounds(effective, actor.body_id, subjects.id_of(basis), ask.basis_note, reason)


def _with_values(
    session: Session, actor: Actor, subject: Moved, standing: Standing, ask: TakeStep, grounds: Grounds, at: datetime
) -> tuple[Standing, frozenset[str]]:
    """Where the subject stands with what comes with the step, and the names of the fields that were filled in.

    What was put to others was put without the values: their consent, and the first person's proposal, count as they stood before.
    """
    basis, reason = grounds.basis_id is not None, grounds.reason is not None
    standing = replace(standing, facts=replace(standing.facts, basis=basis, reason=reason))
    fields = matter_values.asked_by(standing.definition, standing.state, ask.trigger)
    if not isinstance(subject, Matter) or not (ask.values or fields):
        return standing, frozenset()
    given = matter_values.fill_in(session, actor, subject, standing.definition, fields, ask.values, at=at)
    after = standing_of(session, standing.subject, actor, basis=basis, reason=reason, given=given)
    before = standing.facts
    facts = replace(after.facts, consents=before.consents, second_person=before.second_person)
    return replace(after, facts=facts), given


def _merge(session: Session, actor: Actor, item: Item, ask: TakeStep, proposal: Proposal | None) -> bool:
    """Name the item that this one goes into, as proposed or as asked; whether one was named."""
    if proposal is not None and proposal.merge_into_id is not None:
        item.merged_into_id = proposal.merge_into_id
    elif ask.merge_into:
        item.merged_into_id = items.merge_target(session, actor, item, ask.merge_into)
    else:
        return False
    return True


def cited(session: Session, basis_id: int | None) -> str | None:
    """The number by which people cite the basis of a step; nothing for nothing."""
    if basis_id is None:
        return None
    return subjects.cited_as(session.execute(sa.select(Document).where(Document.id == basis_id)).scalar_one())
