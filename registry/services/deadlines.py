"""The clocks of a subject: begun and ended by its steps, standing still while it is suspended.

What a clock shows is always worked out from its first day, the suspensions since, and the calendar: nothing is added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Deadline, MatterValue, Notice, Proposal, Step
from registry.queries.deadlines import calendar_of
from registry.queries.definitions import definition_of
from registry.queries.rounds import Subject
from registry.services.days import date_of, zone_of
from registry.services.subjects import MODELS
from workflows import Definition
from workflows.calendar import Calendar, Due, after, working_days
from workflows.deadlines import Mark, happening, marks, next_day, resumed, reviews
from workflows.definition import AS_BEFORE, Consent, Duration, Silence
from workflows.definition import Deadline as Limit
from workflows.replay import MIGRATE


def follow(session: Session, definition: Definition, step: Step, *, at: datetime) -> None:
    """After a step: the clocks of the state that was left end, those of the new one begin; while suspended all stand still.

    A step that stays in its state leaves them as they are; 补录 starts none: today's procedure did not run then.
    """
    moved = step.from_state != step.to_state or step.kind == MIGRATE
    if not moved or step.kind == "entry":
        return
    subject = (step.subject_kind, step.subject_id)
    calendar, today = calendar_for(session, definition), date_of(session, at)
    going_on = set()
    for each in running(session, subject):
        if _over(session, each):
            _end(each, at)
        elif step.kind == "suspend":
            each.stopped_on, each.next_on = today.isoformat(), None
        elif each.stopped_on and _goes_on(definition, each, step):
            each.stopped_on = None
            reckon(session, definition, each, calendar, today)
            going_on.add(each.purpose)
        elif each.purpose != "answer":
            _end(each, at)
    _begin(session, definition, subject, step.to_state, calendar, today, without=going_on)
    session.flush()


def begin(session: Session, definition: Definition, subject: Subject, state: str, *, at: datetime) -> None:
    """Start the clocks of the state that a new subject begins in."""
    _begin(session, definition, subject, state, calendar_for(session, definition), date_of(session, at))
    session.flush()


def await_answers(session: Session, definition: Definition, proposal: Proposal, *, at: datetime) -> None:
    """Start the clock of a round of consent, where its procedure says what silence counts as."""
    consent = definition.transition(proposal.transition).consent
    if consent is None or consent.silence is None:
        return
    subject = (proposal.subject_kind, proposal.subject_id)
    model = MODELS[proposal.subject_kind]
    state = session.execute(sa.select(model.state).where(model.id == proposal.subject_id)).scalar_one()
    session.flush()
    calendar, today = calendar_for(session, definition), date_of(session, at)
    _add(session, definition, subject, "answer", state, calendar, today, proposal_id=proposal.id)
    session.flush()


def answers_end(session: Session, proposal: Proposal, *, at: datetime) -> None:
    """End the clock of a round that needs no more answers."""
    of_it = sa.select(Deadline).where(Deadline.proposal_id == proposal.id, Deadline.ended_at.is_(None))
    for each in session.execute(of_it).scalars():
        _end(each, at)
    session.flush()


def restart(session: Session, subject: Subject, *, at: datetime) -> None:
    """The day that a matter must be done by was filled in, or named anew: then all that is told of it is told anew."""
    session.flush()
    definition = definition_for(session, subject)
    calendar, today = calendar_for(session, definition), date_of(session, at)
    for each in running(session, subject):
        limit = definition.states[each.state].deadline if each.purpose == "stay" else None
        if limit is None or limit.by is None:
            continue
        named = _named(session, subject, limit.by)
        if each.due_on is None:
            reckon(session, definition, each, calendar, today)
        elif named is None or named.isoformat() != each.due_on:
            _end(each, at)
            _add(session, definition, subject, "stay", each.state, calendar, today, stopped_on=each.stopped_on)
    session.flush()


def reckon(
    session: Session,
    definition: Definition,
    deadline: Deadline,
    calendar: Calendar,
    today: date,
    *,
    telling: bool = False,
) -> tuple[Mark, ...]:
    """Work out a deadline anew: its last day, and when it has to be looked at. Returns what should have happened by today and
    has not. Whoever was told that it has passed is not told otherwise: then the day stays.

    telling: it happens in this transaction, so that the next look is for what comes after it.
    """
    told = _told(session, deadline)
    due, found = _shown(session, definition, deadline, calendar, today, told)
    happened = happening(found, told, today)
    day = next_day(found, told.union(each.name for each in happened) if telling else told)
    if deadline.purpose == "review":
        due = _next_review(definition, deadline, calendar, cast(date, day))
    deadline.due_on = due.on.isoformat() if due else None
    deadline.provisional = due is not None and due.provisional
    deadline.next_on = day.isoformat() if day and not deadline.stopped_on else None
    return happened


def running(session: Session, subject: Subject) -> list[Deadline]:
    """The deadlines of a subject that have not ended, also those that stand still."""
    query = sa.select(Deadline).where(
        Deadline.subject_kind == subject[0], Deadline.subject_id == subject[1], Deadline.ended_at.is_(None)
    )
    return list(session.execute(query.order_by(Deadline.id)).scalars())


def definition_for(session: Session, subject: Subject) -> Definition:
    """The version of the procedure that a subject runs on."""
    model = MODELS[subject[0]]
    return definition_of(
        session, session.execute(sa.select(model.procedure_id).where(model.id == subject[1])).scalar_one()
    )


def calendar_for(session: Session, definition: Definition) -> Calendar:
    """The calendar of a procedure, unchanged until the end of the act: whoever loads a year waits, or is waited for.

    Asked for before a deadline is read, so that both meet here and nowhere else.
    """
    return calendar_of(session, definition.calendar, held=True) if definition.calendar else Calendar()


def consent_of(session: Session, deadline: Deadline) -> Consent:
    """The consent whose answers a deadline waits for, as the proposal's own version of the procedure has it."""
    proposal = session.get_one(Proposal, deadline.proposal_id)
    return cast(Consent, definition_of(session, proposal.procedure_id).transition(proposal.transition).consent)


def _begin(
    session: Session, definition: Definition, subject: Subject, state: str, calendar: Calendar, today: date,
    *, without: Iterable[str] = (),
) -> None:  # fmt: skip
    here = definition.states[state]
    wanted = [("stay", here.deadline), ("review", here.review_every)]
    for purpose in [name for name, rule in wanted if rule is not None and name not in without]:
        _add(session, definition, subject, purpose, state, calendar, today)


def _add(
    session: Session, definition: Definition, subject: Subject, purpose: str, state: str, calendar: Calendar, today: date,
    *, proposal_id: int | None = None, stopped_on: str | None = None,
) -> None:  # fmt: skip
    deadline = Deadline(
        subject_kind=subject[0], subject_id=subject[1], purpose=purpose, state=state, begun_on=today.isoformat(),
        proposal_id=proposal_id, stopped_on=stopped_on,
    )  # fmt: skip
    reckon(session, definition, deadline, calendar, today)
    session.add(deadline)


def _end(deadline: Deadline, at: datetime) -> None:
    deadline.ended_at, deadline.next_on = at, None


def _over(session: Session, deadline: Deadline) -> bool:
    """Whether it waits for answers that nobody needs any more."""
    return deadline.purpose == "answer" and session.get_one(Proposal, deadline.proposal_id).outcome != "open"


def _goes_on(definition: Definition, deadline: Deadline, step: Step) -> bool:
    """Whether a clock that stood still runs again: that of the state in which the subject goes on, and of rounds that slept."""
    if deadline.purpose == "answer":
        return definition.states[step.to_state].stage != AS_BEFORE
    return step.kind != MIGRATE and deadline.state == step.to_state


def _shown(
    session: Session, definition: Definition, deadline: Deadline, calendar: Calendar, today: date, told: frozenset[str]
) -> tuple[Due | None, tuple[Mark, ...]]:
    """The last day of a deadline, and its marks; of reviews the marks alone, up to the first one after today."""
    pauses = _pauses(session, deadline)
    if deadline.purpose == "review":
        every = cast(Duration, definition.states[deadline.state].review_every)
        return None, reviews(every, _moved_on(deadline, every, pauses, calendar), today, calendar)
    if deadline.purpose == "answer":
        limit = Limit(cast(Silence, consent_of(session, deadline).silence).after)
    else:
        limit = cast(Limit, definition.states[deadline.state].deadline)
    due = _due(session, limit, deadline, pauses, calendar)
    if "due" in told:
        due = Due(date.fromisoformat(cast(str, deadline.due_on)), deadline.provisional)
    if due is None:
        return None, ()
    in_time = today <= due.on  # afterwards nobody is reminded any more
    return due, tuple(each for each in marks(limit, due.on, calendar) if in_time or not _reminds(each))


def _due(
    session: Session, limit: Limit, deadline: Deadline, pauses: list[tuple[date, date]], calendar: Calendar
) -> Due | None:
    if limit.by is not None:
        named = _named(session, (deadline.subject_kind, deadline.subject_id), limit.by)
        return Due(named, provisional=False) if named else None
    span = cast(Duration, limit.after)
    due = after(date.fromisoformat(deadline.begun_on), span, calendar)
    for stopped, again in pauses:
        later = resumed(due.on, span, stopped, again, calendar)
        due = Due(later.on, due.provisional or later.provisional)
    return due


def _moved_on(deadline: Deadline, every: Duration, pauses: list[tuple[date, date]], calendar: Calendar) -> date:
    """The day from which reviews are counted: the first one, moved on by the days that the clock stood still."""
    begun = date.fromisoformat(deadline.begun_on)
    for stopped, again in pauses:
        days = working_days(stopped, again, calendar) if every.unit == "WD" else (again - stopped).days
        begun = after(begun, Duration("", days, "WD" if every.unit == "WD" else "D"), calendar).on
    return begun


def _next_review(definition: Definition, deadline: Deadline, calendar: Calendar, day: date) -> Due:
    every = cast(Duration, definition.states[deadline.state].review_every)
    begun = date.fromisoformat(deadline.begun_on)
    return Due(day, provisional=every.unit == "WD" and not calendar.known(begun + timedelta(days=1), day))


def _pauses(session: Session, deadline: Deadline) -> list[tuple[date, date]]:
    """The days on which the subject was suspended and went on, since the deadline began."""
    if deadline not in session:
        return []
    query = sa.select(Step.kind, Step.from_state, Step.to_state, Step.recorded_at).where(
        Step.subject_kind == deadline.subject_kind, Step.subject_id == deadline.subject_id
    )
    steps = session.execute(query.order_by(Step.position)).all()
    if not any(step.kind == "suspend" for step in steps):
        return []
    zone, begun = zone_of(session), date.fromisoformat(deadline.begun_on)
    found: list[tuple[date, date]] = []
    stopped: date | None = None
    for step in steps:
        day = step.recorded_at.astimezone(zone).date()
        if step.kind == "suspend" and day >= begun:
            stopped = day
        elif stopped and step.from_state != step.to_state and step.kind != MIGRATE:
            found.append((stopped, max(stopped, day)))
            stopped = None
    return found


def _named(session: Session, subject: Subject, field: str) -> date | None:
    """The last day that was filled into a field of a matter."""
    query = sa.select(MatterValue.text).where(MatterValue.matter_id == subject[1], MatterValue.name == field)
    text = session.execute(query.order_by(MatterValue.position.desc()).limit(1)).scalar_one_or_none()
    return date.fromisoformat(text) if text else None


def _told(session: Session, deadline: Deadline) -> frozenset[str]:
    """Names of the marks that have happened."""
    if deadline not in session:
        return frozenset()
    found = session.execute(sa.select(Notice.mark).where(Notice.deadline_id == deadline.id)).scalars()
    return frozenset(mark.partition(">")[0].split(":", 2)[2] for mark in found)


def _reminds(mark: Mark) -> bool:
    return mark.name.startswith("remind:")
