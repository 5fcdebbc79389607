"""Take a step: the one place where a state is assigned, and only on a decision of the engine."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.guards import GUARDS
from registry.errors import Reason, Refused
from registry.models import Agreement, Item, Step
from registry.queries.facts import Standing
from workflows import Definition
from workflows.engine import Decision, NotPossible, Unmet, decide


def advance(
    session: Session,
    subject: Agreement | Item,
    standing: Standing,
    trigger: str,
    *,
    at: datetime,
    effective: PartialDate,
    body_id: int | None = None,
    basis_id: int | None = None,
    basis_note: str | None = None,
    reason: str | None = None,
) -> Decision:
    """Ask the engine and take the step it decides. Raises Refused with every unmet condition."""
    try:
        decision = decide(standing.definition, GUARDS, standing.state, trigger, standing.facts)
    except NotPossible as error:
        raise Refused(*(reason_of(unmet) for unmet in error.unmet)) from error
    take(
        session, subject, standing.definition, decision, at=at, effective=effective, body_id=body_id,
        basis_id=basis_id, basis_note=basis_note, reason=reason,
    )  # fmt: skip
    return decision


def take(
    session: Session,
    subject: Agreement | Item,
    definition: Definition,
    decision: Decision,
    *,
    at: datetime,
    effective: PartialDate,
    body_id: int | None = None,
    basis_id: int | None = None,
    basis_note: str | None = None,
    reason: str | None = None,
) -> Step:
    """Move the subject where the decision says and write its step; both belong to the caller's transaction and entry.

    The caller holds the subject's lock. reason: digest of the sealed reason. Returns the step.
    """
    kind = subject.__tablename__
    position = sa.select(sa.func.coalesce(sa.func.max(Step.position), 0) + 1).where(
        Step.subject_kind == kind, Step.subject_id == subject.id
    )
    step = Step(
        subject_kind=kind,
        subject_id=subject.id,
        position=session.execute(position).scalar_one(),
        procedure_id=subject.procedure_id,
        transition=decision.transition_id,
        kind=decision.kind,
        from_state=decision.from_state,
        to_state=decision.to_state,
        body_id=body_id,
        basis_id=basis_id,
        basis_note=basis_note,
        reason=reason,
        effective=effective.value,
        effective_precision=str(effective.precision),
        recorded_at=at,
    )
    session.add(step)
    stage = definition.states[decision.to_state].stage
    subject.state = decision.to_state
    subject.stage = subject.stage if stage == "as_before" else stage
    return step


def reason_of(unmet: Unmet) -> Reason:
    """One unmet condition of the engine as a reason of the register: same code, same values, the clause as its source."""
    clause = [unmet.source.document, unmet.source.place or ""] if unmet.source else []
    return Reason(unmet.code, unmet.values, who=unmet.who, source=" ".join(clause).strip() or None)
