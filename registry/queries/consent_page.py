"""One round of consent: what was put forward, what each party said, and what this reader may say to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import Proposal
from registry.permissions import Actor, allowed
from registry.queries.choices import Choice
from registry.queries.definitions import definition_of
from registry.queries.names import bodies_by_code, names_of
from registry.queries.rounds import RoundRow, Subject, electorate_of, rounds_on, tallies
from registry.queries.rows import Named
from registry.queries.snapshot import Snapshot
from workflows import Definition


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """One round. about: what its step moves. successor: the round that took its place when what was put forward changed.

    parties: for which the reader may answer. turn: where they answer one after the other, codes of those whose turn it is.
    proposed_for: id of the party that put it forward.
    """

    about: Named
    subject: Subject
    definition: Definition
    round: RoundRow
    successor: RoundRow | None
    parties: tuple[Choice, ...]
    turn: tuple[str, ...]
    proposed_for: int | None


def consent_page(snapshot: Snapshot, actor: Actor, proposal_id: int) -> ConsentPage:
    """One round, if the reader may see what it is about. Raises NotFound."""
    session = snapshot.session
    proposal = session.execute(sa.select(Proposal).where(Proposal.id == proposal_id)).scalar_one_or_none()
    if proposal is None:
        raise NotFound("proposal", proposal_id)
    subject = (proposal.subject_kind, proposal.subject_id)
    about = names_of(snapshot, actor, [subject]).get(subject)
    if about is None:
        raise NotFound("proposal", proposal_id)
    definition = definition_of(session, proposal.procedure_id)
    consent = definition.transition(proposal.transition).consent
    rounds = rounds_on(session, actor, subject)
    shown = next(each for each in rounds if each.id == proposal_id)
    later = [each for each in rounds if each.transition == shown.transition and each.number > shown.number]
    turn: tuple[str, ...] = ()
    if consent and consent.order == "sequential" and proposal.outcome == "open":
        turn = tallies(session, definition, subject, [proposal])[proposal.transition].turn
    return ConsentPage(
        about,
        subject,
        definition,
        shown,
        later[0] if later and shown.outcome == "superseded" else None,
        _own(snapshot, actor, electorate_of(session, subject).voters(consent)) if consent else (),
        turn,
        proposal.body_id,
    )


def _own(snapshot: Snapshot, actor: Actor, voters: Mapping[str, int]) -> tuple[Choice, ...]:
    """The voters for which this actor may answer."""
    mine = {code: identity for code, identity in voters.items() if allowed(actor, "consent:give", body_id=identity)}
    named = bodies_by_code(snapshot, mine)
    return tuple(Choice(identity, code, named[code].title_zh, named[code].title_en) for code, identity in mine.items())
