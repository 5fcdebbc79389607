"""Rounds of consent as they go on: counted after each answer, when silence has run out, and when parties join or leave."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from registry.models import Agreement, Item, Matter, Notice, Proposal, Vote
from registry.queries.definitions import definition_of
from registry.queries.rounds import Subject, electorate_of, keepers_of, tallies
from registry.services import deadlines, notices, proposals, steps
from registry.services.notices import Readers
from registry.services.subjects import MODELS
from workflows import Definition


def go_on(
    session: Session, subject: Agreement | Item | Matter, definition: Definition, proposal: Proposal, *, at: datetime
) -> None:
    """Count an open round: decide it if its answers do, else ask those whose turn has come. Asked one after the other, each
    has the whole time. A request for changes makes void what its procedure says, and the register takes the way back.

    The caller holds the subject's lock.
    """
    session.flush()
    identity = (proposal.subject_kind, proposal.subject_id)
    arrow = definition.transition(proposal.transition)
    outcome = tallies(session, definition, identity, [proposal])[arrow.id].outcome
    if outcome == "open":
        told = proposals.ask(session, definition, proposal, at=at)
        if told and arrow.consent and arrow.consent.order == "sequential":
            deadlines.answers_end(session, proposal, at=at)
            deadlines.await_answers(session, definition, proposal, at=at)
        return
    proposals.close(session, proposal, outcome, at=at)
    proposals.tell_outcome(session, definition, proposal, at=at)
    change = arrow.consent and arrow.consent.on_request_change
    if outcome == "change_requested" and change:
        for each in proposals.live(session, identity):
            if each.transition in change.invalidate:
                proposals.close(session, each, "void", at=at)
        steps.settle(session, subject, definition, at=at)


def recount(session: Session, subject: Subject, *, at: datetime) -> None:
    """Count the open rounds of a subject anew after parties joined or left it: who joined is asked, who left does not count,
    and that may decide. The caller holds the subject's lock."""
    session.flush()
    row = _row(session, subject)
    definition = definition_of(session, row.procedure_id)
    for proposal in proposals.live(session, subject):
        if proposal.outcome == "open" and definition.transition(proposal.transition).consent:
            go_on(session, row, definition, proposal, at=at)


def hear_silence(session: Session, proposal: Proposal, *, at: datetime) -> None:
    """The time to answer has run out: silence counts as the procedure says, or the secretariat and the host are told, once.

    The caller holds the subject's lock.
    """
    identity = (proposal.subject_kind, proposal.subject_id)
    row = _row(session, identity)
    definition = definition_of(session, row.procedure_id)
    arrow = definition.transition(proposal.transition)
    silence = arrow.consent and arrow.consent.silence
    if not silence or proposal.outcome != "open" or row.state not in arrow.sources:
        return
    silent = tallies(session, definition, identity, [proposal])[arrow.id].turn
    if silence.counts_as == "escalate":
        one = arrow.consent is not None and arrow.consent.order == "sequential"
        _tell_of_silence(session, proposal, silent[0] if one else "", at=at)
        return
    parties = electorate_of(session, identity).each_party
    for code in silent:
        session.add(_tacit(proposal, parties[code], silence.counts_as, at=at))
    go_on(session, row, definition, proposal, at=at)


def _tacit(proposal: Proposal, body_id: int, answer: str, *, at: datetime) -> Vote:
    """The vote that a party's silence is."""
    return Vote(
        subject_kind=proposal.subject_kind, subject_id=proposal.subject_id, proposal_id=proposal.id, body_id=body_id,
        answer=answer, standing="counted", tacit=True, recorded_at=at,
    )  # fmt: skip


def _row(session: Session, subject: Subject) -> Agreement | Item | Matter:
    return cast("Agreement | Item | Matter", session.get_one(MODELS[subject[0]], subject[1]))


def _tell_of_silence(session: Session, proposal: Proposal, whose: str, *, at: datetime) -> None:
    """whose: code of the party whose turn it is, where one answers after the other."""
    host, grouping = keepers_of(session, (proposal.subject_kind, proposal.subject_id))
    notice = Notice(
        subject_kind=proposal.subject_kind, subject_id=proposal.subject_id, kind="silence",
        mark=f"silence:{proposal.id}:{whose}", proposal_id=proposal.id, recorded_at=at,
    )  # fmt: skip
    notices.tell(session, notice, Readers((host,) if host else (), grouping))
    session.flush()
