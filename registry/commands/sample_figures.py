"""Figures of the fictional accord of seventy items: new reports, a target of every year, a lane, a lamp that was decided."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger import atomic
from registry.models import Agreement, Assignment, Body, Item, LampOverride
from registry.permissions import Actor, the_register
from registry.services.days import date_of, day_of
from registry.services.lamps import OverrideLamp, override_lamp
from registry.services.lanes import SetLane, set_lane
from registry.services.reports import FileReport, file_report
from registry.services.targets import AddObservation, SetTarget, add_observation, set_target

ACCORD = "sample-2023-01"
OBSERVED = {"sample-2023-01-017": ("70", "120"), "sample-2023-01-019": ("48", "96")}
"""Item → what was reached by June and by December of last year, of 120: one ahead of schedule, one behind."""
LANE = SetLane("sample-2023-01-002", "continued", PartialDate.of("2025-01-18", "day"), "doc-2025-01")
DECIDED = OverrideLamp("sample-2023-01-018", "red", "doc-2025-03", "虚构：现场核查发现停工 · fictional")


def sample_figures(session: Session, *, at: datetime) -> None:
    """Enter them once, after the import of the sample; what people did since stays."""
    if session.execute(sa.select(LampOverride.id)).first() is not None:
        return
    actor, last_year = the_register("command"), date_of(session, at).year - 1
    with atomic(session):
        _report(session, actor, at)
        for item, numbers in OBSERVED.items():
            target = SetTarget(
                item, "示例监测次数", ">=", "120", unit="次", period="annual_recurring", metric_en="Sample measurements"
            )
            position = set_target(session, actor, target, at=at).position
            for month, number in zip(("06", "12"), numbers, strict=True):
                as_of = PartialDate.of(f"{last_year}-{month}", "month")
                ask = AddObservation(item, position, as_of, number, source="虚构 · fictional")
                add_observation(session, actor, ask, at=at)
        set_lane(session, actor, LANE, at=at)
        override_lamp(session, actor, DECIDED, at=at)


def _report(session: Session, actor: Actor, at: datetime) -> None:
    """A new report of every second item that goes well, by its first lead."""
    query = (
        sa.select(Item.number, Body.code)
        .join(Agreement, Agreement.id == Item.agreement_id)
        .join(Assignment, sa.and_(Assignment.item_id == Item.id, Assignment.role == "lead", Assignment.position == 1))
        .join(Body, Body.id == Assignment.body_id)
        .where(Agreement.number == ACCORD, Item.grade == "on_track", Item.stage != "ended", Item.position % 2 == 1)
        .order_by(Item.position)
    )
    for number, party in session.execute(query).all():
        words = FileReport(
            number, party, day_of(session, at), "on_track", "虚构：按计划推进。· fictional", release=True
        )
        file_report(session, actor, words, at=at)
