"""Dispatch lanes: which one an item is in, and since when. The item's row has the last; every change stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import Item, LaneChange
from registry.models.items import LANES
from registry.permissions import Actor
from registry.services import subjects
from registry.services.days import day_of
from registry.services.deeds import no_future
from registry.services.items import require_for_item


@dataclass(frozen=True, slots=True)
class SetLane:
    """The lane of an item from a date on; none: from the day of recording. basis: the document that says so."""

    item: str
    lane: str
    effective: PartialDate | None = None
    basis: str | None = None


def set_lane(session: Session, actor: Actor, ask: SetLane, *, at: datetime) -> LaneChange:
    """Put an item into a lane.

    Raises NotPermitted; NotFound; Refused unknown-choice, lane-unchanged, in-the-future, lane-reaches-back, unknown-document.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "lane:set")
        effective = ask.effective or day_of(session, at)
        reasons = [*_wrong(session, item, ask.lane, effective), *no_future(session, at, effective=effective)]
        if reasons:
            raise Refused(*reasons)
        basis = subjects.basis_document(session, actor, ask.basis)
        change = LaneChange(
            item_id=item.id, lane=ask.lane, effective=effective.value, effective_precision=str(effective.precision),
            basis_id=subjects.id_of(basis), recorded_at=at,
        )  # fmt: skip
        session.add(change)
        item.lane = ask.lane
        item.revision += 1
        session.flush()
        book.record(
            act="lane.set", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis), effective=effective,
        )  # fmt: skip
    return change


def _wrong(session: Session, item: Item, lane: str, effective: PartialDate) -> list[Reason]:
    if lane not in LANES:
        return [Reason("unknown-choice", {"value": lane}, field="lane")]
    if item.lane == lane:
        return [Reason("lane-unchanged", field="lane")]
    changes = sa.select(LaneChange).where(LaneChange.item_id == item.id).order_by(LaneChange.id.desc()).limit(1)
    last = session.execute(changes).scalar_one_or_none()
    since = PartialDate.of(last.effective, last.effective_precision) if last else None
    if since and effective.certainly_before(since):
        return [Reason("lane-reaches-back", {"value": since.value or ""}, field="effective")]
    return []
