"""Every change of one record, and all changes of a period as one file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from registry.documents.changes_csv import changes_csv
from registry.domain import Outcome, dates
from registry.domain.addresses import RECORDS
from registry.domain.dates import Precision
from registry.errors import Reason, Refused
from registry.permissions import Actor
from registry.queries.choices import record_of
from registry.queries.history import changes_of_period, history_of
from registry.views import asked, here
from registry.views.guards import permitted, public
from registry.words import Language

blueprint = Blueprint("history", __name__)

SIZE = 100
"""Entries on one page."""


@blueprint.get(f"/<any({','.join(RECORDS)}):room>/<key>/history")
@public
def record(room: str, key: str) -> ResponseReturnValue:
    """Every change of one record, the last first."""
    snapshot, before = here.snapshot(), asked.number("before")
    record_id, subject = record_of(snapshot.whenever, here.actor(), RECORDS[room], key)
    events = history_of(snapshot, here.actor(), RECORDS[room], record_id, before=before, size=SIZE)
    following = events[-1].entry if len(events) == SIZE else None
    return render_template(
        "history.html", subject=subject, events=events, before=following, known=snapshot.known, stamp=snapshot.stamp
    )


@blueprint.get("/history.csv")
@permitted("history:export")
def export() -> ResponseReturnValue:
    """Every change recorded from one day to another, both whole, in the register's zone; as known, and in effect by a day."""
    first, last = _day("from"), _day("until")
    if first > last:
        raise Refused(Reason("period-reversed", {"first": first.isoformat(), "last": last.isoformat()}, field="until"))
    snapshot = here.snapshot()
    clocks = {"known": snapshot.known, "on": snapshot.on, "zone": here.zone().key}
    pieces = _pieces(here.session_of_stream(), here.actor(), first, last, here.language(), clocks)
    answer = Response(pieces, mimetype="text/csv")
    name = f"changes-{first.isoformat()}-{last.isoformat()}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _pieces(
    session: Session, actor: Actor, first: date, last: date, language: Language, clocks: dict[str, Any]
) -> Iterator[bytes]:
    with session:
        yield from changes_csv(changes_of_period(session, actor, first, last, **clocks), language)


def _day(field: str) -> date:
    """A day of the query. Raises Refused with what is wrong with it."""
    typed = request.args.get(field, "")
    reading = dates.read(typed, today=here.today())
    if not typed.strip() or reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
        code = str(reading.reason) if typed.strip() and reading.reason else "date-missing"
        raise Refused(Reason(code, {"value": typed}, field=field))
    if reading.value.precision is not Precision.DAY:
        raise Refused(Reason("day-missing", {"value": typed}, field=field))
    return date.fromisoformat(reading.value.value or "")
