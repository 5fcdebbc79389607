"""Take a step: the one place where a state is assigned, on a decision of the engine or a placing in a newer version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.guards import GUARDS
from registry.errors import Reason, Refused
from registry.models import Agreement, Item, Matter, Step
from registry.permissions import the_register
from registry.queries.facts import Standing, standing_of
from registry.services import deadlines, notices, proposals
from registry.services.days import day_of
from workflows import Definition
from workflows.definition import AS_BEFORE, SYSTEM
from workflows.engine import Decision, NotPossible, Unmet, decide, possible
from workflows.replay import MIGRATE, Place

AT_MOST_AUTOMATIC = 40
"""Automatic steps in a row; no sound definition has a circle of them."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a step rests on. body_id: the party it is done for; reason: digest of the sealed reason."""

    effective: PartialDate
    body_id: int | None = None
    basis_id: int | None = None
    basis_note: str | None = None
    reason: str | None = None


def advance(
    session: Session,
    subject: Agreement | Item | Matter,
    standing: Standing,
    trigger: str,
    grounds: Grounds,
    *,
    at: datetime,
) -> Decision:
    """Ask the engine and take the step it decides, then whatever the register itself can do from there.

    Raises Refused with every unmet condition.
    """
    try:
        decision = decide(standing.definition, GUARDS, standing.state, trigger, standing.facts)
    except NotPossible as error:
        raise Refused(*(reason_of(unmet, standing.definition) for unmet in error.unmet)) from error
    take(session, subject, standing.definition, decision, grounds, at=at)
    settle(session, subject, standing.definition, at=at)
    return decision


def settle(
    session: Session, subject: Agreement | Item | Matter, definition: Definition, *, at: datetime
) -> tuple[Decision, ...]:
    """Take the automatic steps that are possible now, one after the other. The caller holds the subject's lock."""
    taken: list[Decision] = []
    while any(each.roles == (SYSTEM,) and subject.state in each.sources for each in definition.ways):
        standing = standing_of(session, (subject.__tablename__, subject.id), the_register("command"))
        able = (
            each.trigger
            for each in possible(definition, GUARDS, standing.state, standing.facts)
            if each.transition.roles == (SYSTEM,) and not each.unmet
        )
        trigger = next(able, None)
        if trigger is None or len(taken) == AT_MOST_AUTOMATIC:
            break
        decision = decide(definition, GUARDS, standing.state, trigger, standing.facts)
        take(session, subject, definition, decision, Grounds(day_of(session, at)), at=at)
        taken.append(decision)
    return tuple(taken)


def take(
    session: Session,
    subject: Agreement | Item | Matter,
    definition: Definition,
    decision: Decision,
    grounds: Grounds,
    *,
    at: datetime,
) -> Step:
    """Move the subject where the decision says and write its step; both belong to the caller's transaction and entry.

    The caller holds the subject's lock. Returns the step.
    """
    step = _written(
        session, subject, decision.transition_id, decision.kind, decision.from_state, decision.to_state, grounds, at=at
    )
    _stand(subject, definition, decision.to_state)
    session.flush()
    proposals.follow(session, definition, step, at=at)
    deadlines.follow(session, definition, step, at=at)
    notices.tell_step(session, step, decision.effects, at=at)
    return step


def migrate(
    session: Session,
    subject: Agreement | Item | Matter,
    definition: Definition,
    procedure_id: int,
    place: Place,
    grounds: Grounds,
    *,
    at: datetime,
) -> Step:
    """Move the subject to the place that a newer version of its procedure has for it, and write that as a step.

    place: as `workflows.replay.placed` found it. The caller holds the subject's lock. Returns the step.
    """
    subject.procedure_id = procedure_id
    step = _written(session, subject, MIGRATE, MIGRATE, subject.state, place.state, grounds, at=at)
    _stand(subject, definition, place.state, place.before_suspension)
    session.flush()
    return step


def _written(
    session: Session,
    subject: Agreement | Item | Matter,
    transition: str,
    kind: str,
    from_state: str | None,
    to_state: str,
    grounds: Grounds,
    *,
    at: datetime,
) -> Step:
    of_it = (Step.subject_kind == subject.__tablename__, Step.subject_id == subject.id)
    position = sa.select(sa.func.coalesce(sa.func.max(Step.position), 0) + 1).where(*of_it)
    step = Step(
        subject_kind=subject.__tablename__,
        subject_id=subject.id,
        position=session.execute(position).scalar_one(),
        procedure_id=subject.procedure_id,
        transition=transition,
        kind=kind,
        from_state=from_state,
        to_state=to_state,
        body_id=grounds.body_id,
        basis_id=grounds.basis_id,
        basis_note=grounds.basis_note,
        reason=grounds.reason,
        effective=grounds.effective.value,
        effective_precision=str(grounds.effective.precision),
        recorded_at=at,
    )
    session.add(step)
    return step


def _stand(
    subject: Agreement | Item | Matter, definition: Definition, state: str, before_suspension: str | None = None
) -> None:
    """Let the subject stand in a state. Suspended, it shows the stage of before: that of `before_suspension`, or its own."""
    stage = definition.states[before_suspension or state].stage
    subject.state = state
    subject.stage = subject.stage if stage == AS_BEFORE else stage


def reason_of(unmet: Unmet, definition: Definition) -> Reason:
    """One unmet condition of the engine as a reason of the register: same code, same values, the clause as its source.

    definition: the procedure whose titles its sentence shows.
    """
    clause = [unmet.source.document, unmet.source.place or ""] if unmet.source else []
    source = " ".join(clause).strip() or None
    return Reason(unmet.code, unmet.values, who=unmet.who, source=source, definition=definition)
