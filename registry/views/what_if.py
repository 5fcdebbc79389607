"""/agreements/<number>/what-if: imagined acts and days, and what would then be in force, for whom. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.domain import Outcome, dates
from registry.domain.dates import Precision
from registry.errors import Reason, Refused
from registry.queries.what_if import Imagined, what_if
from registry.views import asked, here
from registry.views.guards import public
from registry.views.told import all_told

blueprint = Blueprint("what_if", __name__)

ACTS_AT_MOST = 2_000
"""Acts that one address may imagine: 200 parties, ten kinds."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query imagines. days: `party:kind` → its own day as typed; common: the day of all others as typed."""

    acts: tuple[Imagined, ...]
    days: Mapping[str, str]
    common: str
    reasons: tuple[Reason, ...]


@blueprint.get("/agreements/<number>/what-if")
@public
def imagine(number: str) -> ResponseReturnValue:
    """The force of one text now, and with the acts that are ticked."""
    snapshot, wanted = here.snapshot(), _asked(here.snapshot().today)
    page = what_if(snapshot, here.actor(), number, wanted.acts, version=asked.number("text"), zone=here.zone().key)
    answer = render_template(
        "agreements/what_if.html",
        page=page,
        ticked={(each.party, each.kind) for each in page.imagined},
        days=wanted.days,
        common=wanted.common,
        reasons=all_told(wanted.reasons),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )
    return answer, 422 if wanted.reasons else 200


def _asked(today: date) -> Asked:
    """`act=party:kind`, as often as wanted; `date=` for all of them, `party:kind=` for one. A blank day is today."""
    pairs = dict.fromkeys(request.args.getlist("act")[:ACTS_AT_MOST])
    common = request.args.get("date", "").strip()
    days = {pair: request.args.get(pair, "").strip() for pair in pairs}
    acts, reasons = [], {}
    for pair in pairs:
        party, _, kind = pair.rpartition(":")
        typed = days[pair] or common
        try:
            acts.append(Imagined(party, kind, _day(typed, today)))
        except Refused as refused:
            reasons[typed] = refused.reasons[0]
    return Asked(() if reasons else tuple(acts), days, common, tuple(reasons.values()))


def _day(typed: str, today: date) -> date:
    """The day that was typed. Raises Refused with what is wrong with it."""
    if not typed:
        return today
    reading = dates.read(typed, today=today)
    if reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
        raise Refused(Reason(str(reading.reason), {"value": typed}, field="date"))
    if reading.value.precision is not Precision.DAY:
        raise Refused(Reason("day-missing", {"value": typed}, field="date"))
    return date.fromisoformat(reading.value.value or "")
