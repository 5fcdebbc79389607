"""Consent: a step is put to others before it is taken, every party answers once, and the answers decide.

One who puts a step forward is also the first of the two persons that some steps need.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.guards import GUARDS
from registry.errors import NotFound, NotPermitted, Reason, Refused, Stale
from registry.ledger import atomic, seal
from registry.models import Body, Item, Proposal, Vote
from registry.permissions import Actor, allowed, require
from registry.queries.content import content_of, grounds_of
from registry.queries.definitions import definition_of
from registry.queries.facts import Standing, standing_of
from registry.queries.rounds import electorate_of, keepers_of, tallies
from registry.services import items, moves, proposals, rounds, steps, subjects
from registry.services.moves import TakeStep
from registry.services.proposals import LIVE, refresh
from registry.services.rounds import hear_silence, recount
from registry.services.steps import Grounds
from registry.services.subjects import Moved
from workflows import Definition, Transition
from workflows.consent import can_carry
from workflows.definition import Consent
from workflows.engine import explain

__all__ = [
    "Answer",
    "Propose",
    "WithdrawProposal",
    "answer",
    "hear_silence",
    "propose",
    "recount",
    "refresh",
    "withdraw",
]

EXPLAINED = frozenset({"object", "request_change"})
"""Answers that say why."""
WAITS_FOR_OTHERS = frozenset(
    {
        "consent-not-asked", "consent-open", "consent-refused", "consent-change-requested", "second-person-missing",
        "field-missing",
    }
)  # fmt: skip
"""What may still be missing when a step is put forward: the others themselves, and what is filled in when it is taken."""


@dataclass(frozen=True, slots=True)
class Propose:
    """A step put forward. kind: agreement, item or matter; number: of the record. basis: number of a registered document.

    merge_into: number of the item it goes into. Whoever takes the step takes it on these grounds.
    """

    kind: str
    number: str
    trigger: str
    basis: str | None = None
    basis_note: str | None = None
    reason: str | None = None
    effective: PartialDate | None = None
    merge_into: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one party says to a step put forward. proposal: its id. party: code. answer: agree, object, abstain, request_change.

    reason: the party's note, for itself and auditors alone. content: SHA-256 of what the officer saw, as the round told it.
    """

    proposal: int
    party: str
    answer: str
    reason: str | None = None
    content: str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawProposal:
    """A step is put forward no longer. proposal: its id."""

    proposal: int


def propose(session: Session, actor: Actor, ask: Propose, *, at: datetime) -> Proposal:
    """Put a step before those whose consent it needs, or before a second person.

    Raises NotPermitted; NotFound; Refused with every unmet condition of the step but those that others meet, and
    nothing-to-propose, proposal-open, out-of-reach, merge-only, unknown-document, unknown-item, unknown-trigger.
    """
    with atomic(session) as book:
        subject = moves.locked(session, actor, ask.kind, ask.number, ask.trigger)
        identity = (ask.kind, subject.id)
        step = TakeStep(
            ask.kind, ask.number, ask.trigger, ask.basis, ask.basis_note, ask.reason, ask.effective, ask.merge_into
        )
        grounds = moves.asked_grounds(session, actor, step, at)
        target = None
        if ask.merge_into and isinstance(subject, Item):
            target = items.merge_target(session, actor, subject, ask.merge_into)
        standing = _imagined(session, actor, subject, grounds, target)
        arrow = _to_be_asked(session, standing, ask, at)
        proposal = Proposal(
            subject_kind=ask.kind,
            subject_id=subject.id,
            procedure_id=subject.procedure_id,
            transition=arrow.id,
            basis_id=grounds.basis_id,
            basis_note=grounds.basis_note,
            reason=grounds.reason,
            effective=grounds.effective.value,
            effective_precision=str(grounds.effective.precision),
            merge_into_id=target,
            person_id=actor.person_id,
            body_id=actor.body_id,
        )
        proposals.put(session, standing.definition, proposal, at=at)
        subject.revision += 1
        book.record(
            act="consent.propose", actor=actor, subject=identity, at=at, on_behalf_of=actor.body_code,
            reason=grounds.reason, basis=moves.cited(session, grounds.basis_id), effective=grounds.effective,
        )  # fmt: skip
    return proposal


def answer(session: Session, actor: Actor, ask: Answer, *, at: datetime) -> Vote:
    """Record what a party says to a step put forward, and decide the round if that decides it. An earlier answer of the party
    stays, replaced; one that comes after the decision is kept as late and changes nothing: see the vote's `standing`.

    Raises NotPermitted; NotFound; Stale where something else is put forward by now; Refused with reasons among unknown-party,
    not-a-voter, answer-unknown, reason-missing, round-asleep, not-your-turn, not-your-answer.
    """
    vote: Vote | None = None
    with atomic(session) as book:
        subject, proposal = _locked_round(session, actor, ask.proposal)
        party = subjects.party(session, ask.party, field="party")
        require(actor, "consent:give", body_id=party.id)
        if party.id not in actor.reader_bodies:
            raise NotPermitted("consent:give")  # not even the register itself answers for a party
        identity = (proposal.subject_kind, proposal.subject_id)
        if proposal.outcome in LIVE and _outdated(session, subject, proposal):
            refresh(session, identity, at=at)
        elif ask.content not in (None, proposal.content):
            raise Stale("proposal", proposal.id)
        else:
            vote = _vote(session, actor, subject, proposal, party, ask, at)
        subject.revision += 1
        book.record(
            act="consent.answer" if vote else "consent.renew", actor=actor, subject=identity, at=at,
            on_behalf_of=party.code, reason=vote.reason if vote else None,
        )  # fmt: skip
    if vote is None:
        raise Stale("proposal", ask.proposal)
    return vote


def withdraw(session: Session, actor: Actor, ask: WithdrawProposal, *, at: datetime) -> Proposal:
    """Take back a step put forward that was not taken yet; those who were asked are told.

    The party that put it forward may, and the secretariat of the grouping. Raises NotPermitted; NotFound; Refused proposal-closed.
    """
    with atomic(session) as book:
        subject, proposal = _locked_round(session, actor, ask.proposal)
        identity = (proposal.subject_kind, proposal.subject_id)
        permission, own = f"{proposal.subject_kind}:step", proposal.body_id
        grouping_id = keepers_of(session, identity)[1]
        if not (own and allowed(actor, permission, body_id=own)):
            require(actor, permission, grouping_id=grouping_id)
        if proposal.outcome not in LIVE:
            raise Refused(Reason("proposal-closed", {"outcome": proposal.outcome}))
        proposals.close(session, proposal, "void", at=at)
        proposals.tell_outcome(session, definition_of(session, proposal.procedure_id), proposal, at=at)
        subject.revision += 1
        book.record(act="consent.withdraw", actor=actor, subject=identity, at=at, on_behalf_of=actor.body_code)
    return proposal


def _imagined(session: Session, actor: Actor, subject: Moved, grounds: Grounds, target: int | None) -> Standing:
    """Where the subject would stand if the step were taken on these grounds now."""
    identity = (subject.__tablename__, subject.id)
    before = subject.merged_into_id if isinstance(subject, Item) else None
    if isinstance(subject, Item) and target is not None:
        subject.merged_into_id = target
    session.flush()
    standing = standing_of(
        session, identity, actor, basis=grounds.basis_id is not None, reason=grounds.reason is not None
    )
    if isinstance(subject, Item):
        subject.merged_into_id = before
    return standing


def _to_be_asked(session: Session, standing: Standing, ask: Propose, at: datetime) -> Transition:
    """The step that is put forward, if others are to be asked for it and none of them in vain."""
    arrow = moves.arrow_of(standing, ask.trigger)
    if arrow and not (arrow.consent or arrow.two_person):
        raise Refused(Reason("nothing-to-propose", {"trigger": ask.trigger}, definition=standing.definition))
    unmet = explain(standing.definition, GUARDS, standing.state, ask.trigger, standing.facts)
    reasons = [steps.reason_of(each, standing.definition) for each in unmet if each.code not in WAITS_FOR_OTHERS]
    if ask.merge_into and arrow and arrow.kind != "merge":
        reasons.append(Reason("merge-only", field="merge_into"))
    if arrow is None or reasons:
        raise Refused(*reasons)
    if proposals.living(session, standing, arrow):
        raise Refused(Reason("proposal-open", {"trigger": ask.trigger}, definition=standing.definition))
    if arrow.consent:
        electorate = electorate_of(session, standing.subject)
        voters = len(electorate.voters(arrow.consent))
        if not can_carry(arrow.consent, voters, len(electorate.holders(arrow.consent))):
            raise Refused(Reason("out-of-reach", {"voters": voters}))
    for each in proposals.live(session, standing.subject):
        if each.transition == arrow.id:  # bound to what it was once
            proposals.close(session, each, "superseded", at=at)
    return arrow


def _locked_round(session: Session, actor: Actor, proposal_id: int) -> tuple[Moved, Proposal]:
    """A proposal and its subject, which is locked first: what is read of the round afterwards is the last word."""
    about = sa.select(Proposal.subject_kind, Proposal.subject_id).where(Proposal.id == proposal_id)
    found = session.execute(about).one_or_none()
    if found is None:
        raise NotFound("proposal", proposal_id)
    subject = subjects.locked_subject(session, actor, (found.subject_kind, found.subject_id))
    return subject, session.get_one(Proposal, proposal_id, populate_existing=True)


def _outdated(session: Session, subject: Moved, proposal: Proposal) -> bool:
    """Whether the round asks for something else than what would be done now."""
    identity = (proposal.subject_kind, proposal.subject_id)
    definition = definition_of(session, subject.procedure_id)
    return proposal.content != content_of(session, definition, identity, grounds_of(proposal))


def _vote(
    session: Session, actor: Actor, subject: Moved, proposal: Proposal, party: Body, ask: Answer, at: datetime
) -> Vote:
    """Write the answer of a party, and count: after the decision it is late."""
    definition = definition_of(session, proposal.procedure_id)
    arrow = definition.transition(proposal.transition)
    consent = _asked(session, arrow, proposal, party, ask)
    counts = proposal.outcome == "open"
    earlier = _earlier(session, proposal, party) if counts else None
    if counts:
        reasons = [
            *_asleep(subject, arrow),
            *_not_your_turn(session, definition, proposal, party, earlier),
            *_not_your_answer(actor, consent, earlier),
        ]
        if reasons:
            raise Refused(*reasons)
    if earlier is not None:
        earlier.standing = "replaced"
        session.flush()  # one counted vote of a party: the database's own key
    vote = Vote(
        subject_kind=proposal.subject_kind,
        subject_id=proposal.subject_id,
        proposal_id=proposal.id,
        body_id=party.id,
        person_id=actor.person_id,
        answer=ask.answer,
        standing="counted" if counts else "late",
        tacit=False,
        reason=seal(session, (ask.reason or "").strip(), body_id=party.id),
        recorded_at=at,
    )
    session.add(vote)
    if counts:
        rounds.go_on(session, subject, definition, proposal, at=at)
    return vote


def _asked(session: Session, arrow: Transition, proposal: Proposal, party: Body, ask: Answer) -> Consent:
    """The consent that the party is asked for. Raises Refused where it is not asked, or does not answer what may be answered."""
    electorate = electorate_of(session, (proposal.subject_kind, proposal.subject_id))
    if arrow.consent is None or party.code not in electorate.voters(arrow.consent):
        raise Refused(Reason("not-a-voter", {"party": party.name_zh}, field="party"))
    if ask.answer not in arrow.consent.answers:
        raise Refused(
            Reason("answer-unknown", {"value": ask.answer, "answers": ",".join(arrow.consent.answers)}, field="answer")
        )
    if ask.answer in EXPLAINED and not (ask.reason or "").strip():
        raise Refused(Reason("reason-missing", field="reason"))
    return arrow.consent


def _earlier(session: Session, proposal: Proposal, party: Body) -> Vote | None:
    """The party's answer that counts so far."""
    query = sa.select(Vote).where(Vote.proposal_id == proposal.id, Vote.body_id == party.id, Vote.standing == "counted")
    return session.execute(query).scalar_one_or_none()


def _asleep(subject: Moved, arrow: Transition) -> list[Reason]:
    return [] if subject.state in arrow.sources else [Reason("round-asleep")]


def _not_your_turn(
    session: Session, definition: Definition, proposal: Proposal, party: Body, earlier: Vote | None
) -> list[Reason]:
    """One after the other: whoever has answered may think again, and of the others only the next may answer."""
    identity = (proposal.subject_kind, proposal.subject_id)
    turn = tallies(session, definition, identity, [proposal])[proposal.transition].turn
    if earlier is not None or party.code in turn:
        return []
    return [Reason("not-your-turn", {"waiting": ",".join(turn)}, field="party", who=turn)]


def _not_your_answer(actor: Actor, consent: Consent, earlier: Vote | None) -> list[Reason]:
    """Where the procedure allows no substitute, only who gave an answer replaces it; silence was nobody's."""
    own = earlier is None or earlier.tacit or earlier.person_id == actor.person_id
    return [] if own or consent.delegate else [Reason("not-your-answer")]
