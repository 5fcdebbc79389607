"""Steps that were put to others: which proposals live, who is asked, and what becomes of them when their subject changes or moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Notice, Proposal, Step
from registry.queries.content import content_of, grounds_of
from registry.queries.definitions import definition_of
from registry.queries.facts import Standing
from registry.queries.rounds import Subject, electorate_of, keepers_of, tallies
from registry.services import deadlines, notices
from registry.services.notices import Readers
from registry.services.subjects import MODELS
from workflows import Definition, Transition
from workflows.definition import AS_BEFORE

LIVE = ("open", "carried")
"""Outcomes of a proposal that can still lead to its step."""
_TAKEN_OVER = (
    "subject_kind", "subject_id", "transition", "basis_id", "basis_note", "reason", "effective", "effective_precision",
    "merge_into_id", "person_id", "body_id",
)  # fmt: skip


def living(session: Session, standing: Standing, arrow: Transition) -> Proposal | None:
    """The proposal of a step that can still lead to it: open or carried, and bound to the content as it is now."""
    found = next((each for each in live(session, standing.subject) if each.transition == arrow.id), None)
    if found is None:
        return None
    current = content_of(session, standing.definition, standing.subject, grounds_of(found))
    return found if found.content == current else None


def live(session: Session, subject: Subject) -> Sequence[Proposal]:
    """The open and the carried proposals of a subject, in their order."""
    kind, identity = subject
    query = sa.select(Proposal).where(
        Proposal.subject_kind == kind, Proposal.subject_id == identity, Proposal.outcome.in_(LIVE)
    )
    return session.execute(query.order_by(Proposal.number)).scalars().all()


def put(session: Session, definition: Definition, proposal: Proposal, *, at: datetime) -> None:
    """Put a proposal before its voters as the next of its subject, bound to what it puts forward now; they are told, and the
    clock of their answers begins. The caller holds the subject's lock.

    proposal: with its subject, step and grounds.
    """
    kind, identity = proposal.subject_kind, proposal.subject_id
    number = sa.select(sa.func.coalesce(sa.func.max(Proposal.number), 0) + 1).where(
        Proposal.subject_kind == kind, Proposal.subject_id == identity
    )
    proposal.number = session.execute(number).scalar_one()
    proposal.content = content_of(session, definition, (kind, identity), grounds_of(proposal))
    proposal.outcome, proposal.asked_at = "open", at
    session.add(proposal)
    session.flush()
    if definition.transition(proposal.transition).consent:
        ask(session, definition, proposal, at=at)
        deadlines.await_answers(session, definition, proposal, at=at)


def ask(session: Session, definition: Definition, proposal: Proposal, *, at: datetime) -> int:
    """Tell those whose turn it is to answer; how many had not been told."""
    subject = (proposal.subject_kind, proposal.subject_id)
    turn = tallies(session, definition, subject, [proposal])[proposal.transition].turn
    parties = electorate_of(session, subject).each_party
    return _tell(session, proposal, "asked", Readers(tuple(parties[code] for code in turn)), at=at)


def refresh(session: Session, subject: Subject, *, at: datetime) -> None:
    """After a change of what was put forward: a round of consent is superseded by another with the same grounds, which asks
    everybody anew. The first of two persons must propose again: nobody stands for what he has not seen.

    The caller holds the subject's lock.
    """
    session.flush()
    found = live(session, subject)
    if not found:
        return
    model = MODELS[subject[0]]
    procedure_id = session.execute(sa.select(model.procedure_id).where(model.id == subject[1])).scalar_one()
    definition = definition_of(session, procedure_id)
    for old in found:
        if old.content == content_of(session, definition, subject, grounds_of(old)):
            continue
        close(session, old, "superseded", at=at)
        session.flush()  # at most one proposal of a step lives: the database's own key
        arrow = definition.transition(old.transition)
        if arrow.two_person or not arrow.consent:
            tell_outcome(session, definition, old, at=at)
            continue
        same = {name: getattr(old, name) for name in _TAKEN_OVER}
        put(session, definition, Proposal(**same, procedure_id=procedure_id), at=at)


def follow(session: Session, definition: Definition, step: Step, *, at: datetime) -> None:
    """After a step: its own proposal is taken, and one whose step no longer leaves the new state is left; a suspended
    subject keeps its proposals asleep."""
    asleep = definition.states[step.to_state].stage == AS_BEFORE
    for proposal in live(session, (step.subject_kind, step.subject_id)):
        if proposal.transition == step.transition:
            close(session, proposal, "taken", at=at)
        elif not asleep and step.to_state not in definition.transition(proposal.transition).sources:
            close(session, proposal, "left", at=at)


def close(session: Session, proposal: Proposal, outcome: str, *, at: datetime) -> None:
    """End a proposal, or decide it; its answers are awaited no longer."""
    proposal.outcome = outcome
    proposal.decided_at = proposal.decided_at or at
    deadlines.answers_end(session, proposal, at=at)


def tell_outcome(session: Session, definition: Definition, proposal: Proposal, *, at: datetime) -> None:
    """Tell those who were asked, and whoever proposed: a party, or the secretariat and with it the host or the lead."""
    subject = (proposal.subject_kind, proposal.subject_id)
    electorate = electorate_of(session, subject)
    consent = definition.transition(proposal.transition).consent
    bodies = list(electorate.voters(consent).values()) if consent else []
    if proposal.body_id is not None:
        readers = Readers((*bodies, proposal.body_id))
    else:
        host, grouping = keepers_of(session, subject)
        readers = Readers((*bodies, *([host] if host else electorate.lead_party.values())), grouping)
    _tell(session, proposal, "decided", readers, at=at)


def _tell(session: Session, proposal: Proposal, kind: str, readers: Readers, *, at: datetime) -> int:
    mark = f"{'asked' if kind == 'asked' else proposal.outcome}:{proposal.id}"
    notice = Notice(
        subject_kind=proposal.subject_kind, subject_id=proposal.subject_id, kind=kind, mark=mark, proposal_id=proposal.id,
        recorded_at=at,
    )  # fmt: skip
    told = notices.tell(session, notice, readers)
    session.flush()
    return told
