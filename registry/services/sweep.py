"""The sweep: whatever a time limit makes happen, once, however often and by however many it is swept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Deadline, Notice, Proposal
from registry.permissions import Actor, require, the_register
from registry.queries.definitions import definition_of
from registry.queries.rounds import Subject
from registry.services import consent, corrections, deadlines, force, notices
from registry.services.days import date_of
from registry.services.notices import Readers
from registry.services.steps import AT_MOST_AUTOMATIC, settle
from registry.services.subjects import locked_subject
from workflows import Definition
from workflows.calendar import Calendar
from workflows.deadlines import Mark

KINDS = {"remind": "reminder", "due": "passed", "escalate": "escalation", "review": "review"}
"""First word of a mark → kind of the notice that tells it; of a round of consent it is `silence`."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A subject that could not be swept: nothing of it was done, and the next sweep tries again."""

    subject: Subject
    why: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep did: subjects looked at, notices written, automatic steps taken, subjects that failed; corrections decided,
    agreements that entered into force."""

    looked_at: int
    notices: int
    steps: int
    failures: tuple[Failure, ...] = ()
    corrections: int = 0
    forces: int = 0


def sweep(session: Session, *, at: datetime, batch: int = 500) -> SweepResult:
    """Do what every time limit, clause and window whose day has come makes happen, each subject in a transaction of its own.

    batch: subjects that are looked for at a time. One that fails holds nobody up. Raises only where the database is gone.
    """
    actor, today = the_register("command"), date_of(session, at)
    looked_at = told = steps = 0
    failures: list[Failure] = []
    for subject in _waiting(session, today, batch):
        looked_at += 1
        try:
            more_told, more_steps = _sweep_one(session, actor, subject, today, at=at)
        except Exception as error:  # whatever is wrong with this one is not wrong with the next
            failures.append(Failure(subject, f"{type(error).__name__}: {error}"))
        else:
            told, steps = told + more_told, steps + more_steps
    decided = _done(
        "correction", corrections.due_corrections(session, today), failures,
        lambda identity: corrections.apply_correction(session, actor, identity, at=at),
    )  # fmt: skip
    entered = _done(
        "agreement", force.due_forces(session, today), failures,
        lambda identity: force.come_into_force(session, actor, identity, at=at),
    )  # fmt: skip
    return SweepResult(looked_at, told, steps, tuple(failures), decided, entered)


def _done(kind: str, identities: Iterable[int], failures: list[Failure], act: Callable[[int], object | None]) -> int:
    """For how many of these the act did something; what is wrong with one is noted, and is not wrong with the next."""
    done = 0
    for identity in identities:
        try:
            done += act(identity) is not None
        except Exception as error:
            failures.append(Failure((kind, identity), f"{type(error).__name__}: {error}"))
    return done


def _waiting(session: Session, today: date, batch: int) -> Iterator[Subject]:
    """The subjects whose day has come, each once, the oldest first; a glance, for under the lock all is read again."""
    query = (
        sa.select(Deadline.next_on, Deadline.id, Deadline.subject_kind, Deadline.subject_id)
        .where(Deadline.next_on <= today.isoformat())
        .order_by(Deadline.next_on, Deadline.id)
        .limit(batch)
    )
    seen: set[Subject] = set()
    found = session.execute(query).all()
    while found:
        for row in found:
            subject = (row.subject_kind, row.subject_id)
            if subject not in seen:
                seen.add(subject)
                yield subject
        last = sa.tuple_(sa.literal(found[-1].next_on), sa.literal(found[-1].id))
        found = session.execute(query.where(sa.tuple_(Deadline.next_on, Deadline.id) > last)).all()


def _sweep_one(session: Session, actor: Actor, subject: Subject, today: date, *, at: datetime) -> tuple[int, int]:
    """How many notices were written and automatic steps taken; a step may bring on the next deadline that is due already."""
    require(actor, "deadline:sweep")
    with atomic(session) as book:
        row = locked_subject(session, actor, subject)  # acts on it and other sweeps wait, and see what was done here
        definition = definition_of(session, row.procedure_id)
        calendar = deadlines.calendar_for(session, definition)
        told = steps = 0
        while due := _due(session, subject, today):
            told += sum(_happen(session, definition, each, calendar, today, at) for each in due)
            taken = settle(session, row, definition, at=at)
            steps += len(taken)
            row.revision += 1
            book.record(act="deadline.sweep", actor=actor, subject=subject, at=at)
            if not taken or steps >= AT_MOST_AUTOMATIC:
                break
    return told, steps


def _due(session: Session, subject: Subject, today: date) -> list[Deadline]:
    """The deadlines of a locked subject whose day has come."""
    waiting = deadlines.running(session, subject)
    return [each for each in waiting if each.next_on is not None and each.next_on <= today.isoformat()]


def _happen(
    session: Session, definition: Definition, deadline: Deadline, calendar: Calendar, today: date, at: datetime
) -> int:
    """Tell what has come to pass of one deadline, and set the day on which to look again; how many notices are new."""
    happened = deadlines.reckon(session, definition, deadline, calendar, today, telling=True)
    told = sum(_tell(session, definition, deadline, mark, at) for mark in happened)
    session.flush()
    if deadline.purpose == "answer" and happened:
        consent.hear_silence(session, session.get_one(Proposal, deadline.proposal_id), at=at)
    return told


def _tell(session: Session, definition: Definition, deadline: Deadline, mark: Mark, at: datetime) -> int:
    notice = Notice(
        subject_kind=deadline.subject_kind,
        subject_id=deadline.subject_id,
        kind="silence" if deadline.purpose == "answer" else KINDS[mark.name.partition(":")[0]],
        mark=f"deadline:{deadline.id}:{mark.name}",
        deadline_id=deadline.id,
        proposal_id=deadline.proposal_id,
        due_on=mark.on.isoformat() if deadline.purpose == "review" else deadline.due_on,
        recorded_at=at,
    )
    return notices.tell(session, notice, _readers(session, definition, deadline, mark))


def _readers(session: Session, definition: Definition, deadline: Deadline, mark: Mark) -> Readers:
    subject = (deadline.subject_kind, deadline.subject_id)
    if deadline.purpose == "answer":
        return Readers()  # that it happened: whom silence concerns is for the round to say
    if mark.to is None:
        return notices.readers_who_act(session, subject, definition, deadline.state)
    return notices.readers_of(session, subject, definition.roles[mark.to].of)
