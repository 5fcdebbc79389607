"""What the clocks of a subject show, what somebody is told, and the calendar that working days are counted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import (
    Act,
    Agreement,
    Body,
    CalendarDay,
    CalendarYear,
    Claim,
    Deadline,
    Document,
    Item,
    Matter,
    Notice,
    Proposal,
    Step,
)
from registry.permissions import Actor
from registry.queries.access import sees
from registry.queries.corrections import named_table
from registry.queries.definitions import definition_of
from registry.queries.names import names_of
from registry.queries.rounds import Subject
from registry.queries.rows import Named, Row, named_party, party_columns
from registry.queries.snapshot import Snapshot, live
from workflows import Definition, Title
from workflows.calendar import Calendar


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """One running time limit. purpose: stay, review or answer; state: the state it belongs to.

    due_on: the last day in time, or that of the next review; None: its field is not filled in. provisional: counted through a
    year that is not announced. stopped_on: since when the clock stands still. overdue: it was told that the day has passed.
    proposal_id: of the round whose answers are awaited.
    """

    purpose: str
    state: str
    begun_on: date
    due_on: date | None
    provisional: bool
    stopped_on: date | None
    overdue: bool
    proposal_id: int | None = None


@dataclass(frozen=True, slots=True)
class ToldAct:
    """The act of a party that a notice tells of. annulled: it tells that the act was annulled."""

    id: int
    kind: str
    party: Named
    annulled: bool


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """Something that the reader is told. kind: of the notice; due_on: the day it speaks of.

    title: of the state whose time limit it speaks of, or of the step that was taken or asked about; None where the procedure
    has no such name. provisional: that day was counted through a year that is not announced. outcome: how the round that was
    decided stands. correction: id and outcome of the correction it tells of. act: of a party. party: that joined or opted out.
    """

    id: int
    kind: str
    subject: Named
    title: Title | None
    due_on: date | None
    provisional: bool
    recorded_at: datetime
    outcome: str | None = None
    correction: tuple[int, str] | None = None
    act: ToldAct | None = None
    party: Named | None = None


@dataclass(frozen=True, slots=True)
class YearRow:
    """One loaded year of a calendar. days: those that are not as their weekday says: the day, whether it is worked, its name.

    basis: number of the notice, where it is registered.
    """

    calendar: str
    year: int
    days: tuple[tuple[date, bool, str], ...]
    source: str
    basis: str | None

    @property
    def worked(self) -> int:
        """Number of working Saturdays and Sundays (调休)."""
        return sum(working for _, working, _ in self.days)

    @property
    def free(self) -> int:
        """Number of holidays from Monday to Friday."""
        return len(self.days) - self.worked


def deadlines_on(session: Session, subject: Subject) -> tuple[DeadlineRow, ...]:
    """The time limits of a subject that have not ended; the soonest first, those without a day last."""
    passed = sa.exists().where(Notice.deadline_id == Deadline.id, Notice.kind == "passed")
    query = sa.select(Deadline, passed.label("passed")).where(
        Deadline.subject_kind == subject[0], Deadline.subject_id == subject[1], Deadline.ended_at.is_(None)
    )
    rows = session.execute(query.order_by(Deadline.due_on.is_(None), Deadline.due_on, Deadline.id))
    return tuple(
        DeadlineRow(
            each.purpose, each.state, date.fromisoformat(each.begun_on), _date(each.due_on), each.provisional,
            _date(each.stopped_on), bool(over), each.proposal_id,
        )
        for each, over in rows
    )  # fmt: skip


def notices_for(session: Session, actor: Actor, *, today: date, limit: int = 50) -> tuple[NoticeRow, ...]:
    """What the parties and groupings are told for which the actor is officer or secretariat, newest first.

    Of subjects that the actor may see; what a time limit told is gone once it has ended.
    """
    mine = sorted(held.body_id for held in actor.held if held.role == "officer" and held.body_id is not None)
    kept = sorted(
        held.grouping_id for held in actor.held if held.role == "secretariat" and held.grouping_id is not None
    )
    if not mine and not kept:
        return ()
    visible = sa.or_(
        *(
            sa.and_(Notice.subject_kind == model.__tablename__, sees(actor, model, Notice.subject_id))
            for model in (Agreement, Item, Matter, Document, Claim)
        ),
        Notice.subject_kind.in_(("party", "grouping", "meeting")),
    )
    body = live(Body)
    query = (
        sa.select(
            Notice.id, Notice.kind, Notice.mark, Notice.correction_id, Notice.subject_kind, Notice.subject_id, Notice.due_on,
            Notice.party_id, Notice.recorded_at,
            Deadline.state, Deadline.provisional, Proposal.procedure_id.label("proposed_by"), Proposal.transition.label("proposed"),
            Proposal.outcome, Step.procedure_id.label("taken_by"), Step.transition.label("taken"), _runs_on().label("runs_on"),
            Act.id.label("act_id"), Act.kind.label("act_kind"), *party_columns(body),
        )
        .outerjoin(Deadline, Deadline.id == Notice.deadline_id)
        .outerjoin(Proposal, Proposal.id == Notice.proposal_id)
        .outerjoin(Step, Step.id == Notice.step_id)
        .outerjoin(Act, Act.id == Notice.act_id)
        .outerjoin(body, body.c.id == sa.func.coalesce(Act.body_id, Notice.party_id))
        .where(sa.or_(Notice.body_id.in_(mine), Notice.grouping_id.in_(kept)), visible, Deadline.ended_at.is_(None))
        .order_by(Notice.id.desc())
        .limit(limit)
    )  # fmt: skip
    rows = session.execute(query).all()
    records = {row.id: named_table((row.subject_kind, row.subject_id)) for row in rows}
    names = names_of(Snapshot(session, None, today), actor, set(records.values()))
    spoken_of = {version for row in rows if (version := _spoken_of(row)) is not None}
    definitions: dict[int | None, Definition] = {version: definition_of(session, version) for version in spoken_of}
    return tuple(
        NoticeRow(
            row.id, row.kind, names[records[row.id]], _title(definitions.get(_spoken_of(row)), row), _date(row.due_on),
            bool(row.provisional), row.recorded_at, row.outcome if row.kind == "decided" else None, _correction(row),
            ToldAct(row.act_id, row.act_kind, named_party(row), row.mark.startswith("annul:")) if row.act_id else None,
            named_party(row) if row.party_id else None,
        )
        for row in rows
        if records[row.id] in names
    )  # fmt: skip


def calendar_of(session: Session, slug: str, *, held: bool = False) -> Calendar:
    """A calendar as it is loaded; one without years counts Monday to Friday and calls every day of it provisional.

    Read anew each time: thirty rows a year, and another process may have loaded one since.
    held: nobody loads a year of it before this transaction ends (PostgreSQL; SQLite has one writer).
    """
    query = (
        sa.select(CalendarYear.year, CalendarDay.day, CalendarDay.working)
        .outerjoin(CalendarDay, CalendarDay.year_id == CalendarYear.id)
        .where(CalendarYear.calendar == slug)
    )
    if held:
        query = query.with_for_update(read=True, key_share=True, of=CalendarYear)
    rows = session.execute(query).all()
    days = {date.fromisoformat(row.day): bool(row.working) for row in rows if row.day is not None}
    return Calendar(days, frozenset(row.year for row in rows))


def years_of(session: Session) -> tuple[YearRow, ...]:
    """The loaded years of all calendars, by name and year."""
    years = session.execute(
        sa.select(CalendarYear, Document.number)
        .outerjoin(Document, Document.id == CalendarYear.basis_id)
        .order_by(CalendarYear.calendar, CalendarYear.year)
    ).all()
    days: dict[int, list[tuple[date, bool, str]]] = {}
    for day in session.execute(sa.select(CalendarDay).order_by(CalendarDay.day)).scalars():
        days.setdefault(day.year_id, []).append((date.fromisoformat(day.day), day.working, day.name_zh))
    return tuple(
        YearRow(year.calendar, year.year, tuple(days.get(year.id, ())), year.source, basis) for year, basis in years
    )


def _runs_on() -> sa.ColumnElement[int]:
    """Id of the version of its procedure that the subject of a notice runs on."""
    found = {
        model.__tablename__: sa.select(model.procedure_id).where(model.id == Notice.subject_id).scalar_subquery()
        for model in (Agreement, Item, Matter)
    }
    return sa.case(found, value=Notice.subject_kind)


def _spoken_of(row: Row) -> int | None:
    """Id of the version of the procedure in whose words a notice is told; None of a record without a procedure."""
    version: int | None = row.taken_by or row.proposed_by or row.runs_on
    return version


def _correction(row: Row) -> tuple[int, str] | None:
    """The correction that a notice tells of, and how it stood then, as the mark has it."""
    return (row.correction_id, row.mark.split(":")[2].partition(">")[0]) if row.correction_id is not None else None


def _title(definition: Definition | None, row: Row) -> Title | None:
    if definition is None:
        return None
    if row.taken_by or row.proposed_by:
        return next((each.title for each in definition.ways if each.id == (row.taken or row.proposed)), None)
    here = definition.states.get(row.state)
    return here.title if here else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
