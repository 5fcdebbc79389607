"""Reports: what one party says of an item; graded in clear, worded under its own seal until it releases the words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic, open_sealed, seal
from registry.models import Assignment, Body, Item, Report
from registry.models.items import GRADES
from registry.permissions import Actor, require
from registry.services import subjects
from registry.services.items import parties_of

REPORTED = tuple(grade for grade in GRADES if grade != "not_reported")


@dataclass(frozen=True, slots=True)
class FileReport:
    """One party's report. party: its code. as_of: the day it speaks of. grade: on_track, slow or blocked.

    release: whether its words may be read by everybody who may see the item.
    """

    item: str
    party: str
    as_of: PartialDate
    grade: str
    progress: str
    problem: str | None = None
    next_step: str | None = None
    release: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """Release the words of a report. report: its id."""

    item: str
    report: int


def file_report(session: Session, actor: Actor, ask: FileReport, *, at: datetime) -> Report:
    """File a party's report; the grade of the item follows the report of its first lead, or of anybody where none leads.

    Earlier reports stay. Raises NotPermitted; NotFound; Refused unknown-party, not-assigned, bad-grade, date-missing,
    progress-missing, problem-missing (slow or blocked without saying why).
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        party = subjects.party(session, ask.party, field="party")
        require(actor, "report:file", body_id=party.id)
        reasons = [*_not_assigned(session, item, party), *_incomplete(ask)]
        if reasons:
            raise Refused(*reasons)
        report = Report(
            item_id=item.id,
            body_id=party.id,
            as_of=ask.as_of.value,
            as_of_precision=str(ask.as_of.precision),
            grade=ask.grade,
            progress=seal(session, ask.progress, body_id=party.id),
            problem=seal(session, ask.problem, body_id=party.id),
            next_step=seal(session, ask.next_step, body_id=party.id),
            recorded_at=at,
        )
        session.add(report)
        if ask.release:
            _release(report, ask.progress, ask.problem, ask.next_step, at)
        if _speaks_for(session, item, party):
            item.grade, item.graded_as_of, item.graded_precision = ask.grade, ask.as_of.value, str(ask.as_of.precision)
        item.revision += 1
        book.record(
            act="report.file",
            actor=actor,
            subject=("item", item.id),
            at=at,
            on_behalf_of=party.code,
            effective=ask.as_of,
        )
    return report


def release_report(session: Session, actor: Actor, ask: ReleaseReport, *, at: datetime) -> Report:
    """Take the words of a report from under seal. Raises NotPermitted; NotFound; Refused already-released."""
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        report = session.execute(
            sa.select(Report).where(Report.id == ask.report, Report.item_id == item.id)
        ).scalar_one_or_none()
        if report is None:
            raise NotFound("report")
        require(actor, "report:release", body_id=report.body_id)
        if report.released_at is not None:
            raise Refused(Reason("already-released"))
        words = open_sealed(session, actor, [report.progress, report.problem, report.next_step])
        progress, problem, next_step = (
            words.get(digest or "") for digest in (report.progress, report.problem, report.next_step)
        )
        _release(report, progress, problem, next_step, at)
        item.revision += 1
        code = subjects.code_of(session, report.body_id)
        book.record(act="report.release", actor=actor, subject=("item", item.id), at=at, on_behalf_of=code)
    return report


def _release(report: Report, progress: str | None, problem: str | None, next_step: str | None, at: datetime) -> None:
    report.released_progress, report.released_problem, report.released_next_step = progress, problem, next_step
    report.released_at = at


def _not_assigned(session: Session, item: Item, party: Body) -> list[Reason]:
    assigned = session.execute(
        sa.select(Assignment.id).where(
            Assignment.item_id == item.id, Assignment.body_id == party.id, Assignment.until_precision.is_(None)
        )
    ).first()
    if assigned or (item.agreement_id and party.id in parties_of(session, item.agreement_id)):
        return []
    return [Reason("not-assigned", {"party": party.name_zh, "item": item.number}, field="party")]


def _incomplete(ask: FileReport) -> list[Reason]:
    reasons = []
    if ask.grade not in REPORTED:
        reasons.append(Reason("bad-grade", {"value": ask.grade}, field="grade"))
    if ask.as_of.value is None:
        reasons.append(Reason("date-missing", field="as_of"))
    if not ask.progress.strip():
        reasons.append(Reason("progress-missing", field="progress"))
    if ask.grade in ("slow", "blocked") and not (ask.problem or "").strip():
        reasons.append(Reason("problem-missing", {"grade": ask.grade}, field="problem"))
    return reasons


def _speaks_for(session: Session, item: Item, party: Body) -> bool:
    query = sa.select(Assignment.body_id).where(
        Assignment.item_id == item.id, Assignment.role == "lead", Assignment.until_precision.is_(None)
    )
    first = session.execute(query.order_by(Assignment.position).limit(1)).scalar_one_or_none()
    return first is None or first == party.id
