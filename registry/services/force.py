"""Entry into force as a step: on the day that the clause and the acts lead to, the register takes it by itself."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger import atomic
from registry.models import Agreement, AgreementText
from registry.permissions import Actor, require
from registry.queries.definitions import definition_of
from registry.queries.facts import agreement_facts
from registry.queries.force import forces
from registry.queries.snapshot import Snapshot
from registry.services.days import date_of
from registry.services.steps import Grounds, advance
from registry.services.subjects import locked_subject
from workflows import Definition

REACHED = "force_reached"
"""The fact by which a procedure has the register take the step."""


def due_forces(session: Session, today: date) -> tuple[int, ...]:
    """Ids of the agreements whose day has come and that their procedure has not yet moved; a glance, before any lock."""
    text = sa.exists().where(
        AgreementText.agreement_id == Agreement.id, AgreementText.kind == "text", AgreementText.clause.is_not(None)
    )
    rows = session.execute(sa.select(Agreement.id, Agreement.state, Agreement.procedure_id).where(text)).all()
    definitions = {each: definition_of(session, each) for each in {row.procedure_id for row in rows}}
    waiting = [row.id for row in rows if _trigger(definitions[row.procedure_id], row.state)]
    reached = _reached(session, waiting, today)
    return tuple(each for each in waiting if each in reached)


def come_into_force(session: Session, actor: Actor, agreement_id: int, *, at: datetime) -> Agreement | None:
    """Take the step into force, with effect from the day computed; nothing where another did it meanwhile.

    Raises NotPermitted for all but the register itself.
    """
    require(actor, "deadline:sweep")
    with atomic(session) as book:
        agreement = locked_subject(session, actor, ("agreement", agreement_id))
        reached = _reached(session, [agreement_id], date_of(session, at)).get(agreement_id)
        trigger = _trigger(definition_of(session, agreement.procedure_id), agreement.state)
        if not isinstance(agreement, Agreement) or reached is None or trigger is None:
            return None
        effective = PartialDate.of(reached.isoformat(), "day")
        standing = agreement_facts(session, agreement_id, actor, force_reached=True)
        advance(session, agreement, standing, trigger, Grounds(effective), at=at)
        agreement.revision += 1
        book.record(
            act="force.enter",
            actor=actor,
            subject=("agreement", agreement_id),
            at=at,
            effective=effective,
        )
        return agreement


def _trigger(definition: Definition, state: str) -> str | None:
    """The step that the register takes from this state once the day has come; none where the procedure has none."""
    waits = (each for each in definition.transitions if True in each.when.get(REACHED, ()))
    return next((each.trigger for each in waits if state in each.sources), None)


def _reached(session: Session, agreement_ids: list[int], today: date) -> dict[int, date]:
    """Id → day of force of those whose day, computed from the settled text, is today or before."""
    found = forces(Snapshot(session, None, today), agreement_ids) if agreement_ids else {}
    settled = ((id_, each.force) for id_, texts in found.items() for each in texts if each.kind == "text")
    return {id_: force.date for id_, force in settled if force.status == "in_force" and force.date is not None}
