"""Notices: rows that tell a party or a secretariat something, once, in the transaction in which it happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Notice, Step
from registry.queries.rounds import Subject, electorate_of, keepers_of
from workflows import Definition
from workflows.definition import SYSTEM

RELATIONS = {
    "notify_parties": "each_party",
    "notify_lead": "lead_party",
    "notify_secretariat": "grouping",
    "notify_host": "host",
}
"""Effect of a procedure → whom it tells, as a relation to the subject."""


@dataclass(frozen=True, slots=True)
class Readers:
    """Who is told: ids of parties, and the id of the grouping whose secretariat is told."""

    bodies: tuple[int, ...] = ()
    grouping_id: int | None = None


def readers_of(session: Session, subject: Subject, relation: str) -> Readers:
    """Those who stand in a relation to the subject: each_party, lead_party, host, grouping; register: nobody here."""
    if relation in ("each_party", "lead_party"):
        electorate = electorate_of(session, subject)
        parties = electorate.each_party if relation == "each_party" else electorate.lead_party
        return Readers(tuple(parties.values()))
    host_id, grouping_id = keepers_of(session, subject)
    if relation == "grouping":
        return Readers(grouping_id=grouping_id)
    return Readers((host_id,) if relation == "host" and host_id is not None else ())


def readers_who_act(session: Session, subject: Subject, definition: Definition, state: str) -> Readers:
    """Those who can take the steps that lead on from a state; where none does, any step."""
    leaving = [each for each in definition.ways if state in each.sources and each.roles != (SYSTEM,)]
    onward = [each for each in leaving if each.kind == "forward"] or leaving
    roles = dict.fromkeys(role for each in onward for role in each.roles)
    found = [
        readers_of(session, subject, relation)
        for relation in dict.fromkeys(definition.roles[role].of for role in roles)
    ]
    bodies = dict.fromkeys(body for each in found for body in each.bodies)
    return Readers(tuple(bodies), next((each.grouping_id for each in found if each.grouping_id is not None), None))


def tell(session: Session, notice: Notice, readers: Readers) -> int:
    """Write the notice once for each reader, and once for nobody where there is none, so that it happened; how many are new.

    notice: without reader; its mark names what happened. What was told before is passed over.
    """
    to: dict[str, tuple[int | None, int | None]] = {f"body:{body}": (body, None) for body in readers.bodies}
    if readers.grouping_id is not None:
        to[f"grouping:{readers.grouping_id}"] = (None, readers.grouping_id)
    wanted = {f"{notice.mark}>{name}": reader for name, reader in (to or {"nobody": (None, None)}).items()}
    known = set(session.execute(sa.select(Notice.mark).where(Notice.mark.in_(wanted))).scalars())
    fields = (
        "subject_kind", "subject_id", "kind", "deadline_id", "proposal_id", "step_id", "act_id", "correction_id", "party_id",
        "due_on", "recorded_at",
    )  # fmt: skip
    said = {name: getattr(notice, name) for name in fields}
    fresh = [
        Notice(**said, mark=mark, body_id=body, grouping_id=grouping)
        for mark, (body, grouping) in wanted.items()
        if mark not in known
    ]
    session.add_all(fresh)
    return len(fresh)


def tell_step(session: Session, step: Step, effects: Iterable[str], *, at: datetime) -> None:
    """Tell of a step whoever its effects name."""
    subject = (step.subject_kind, step.subject_id)
    for effect in effects:
        notice = Notice(
            subject_kind=step.subject_kind, subject_id=step.subject_id, kind="step", mark=f"step:{step.id}", step_id=step.id,
            recorded_at=at,
        )  # fmt: skip
        tell(session, notice, readers_of(session, subject, RELATIONS[effect]))
        session.flush()
