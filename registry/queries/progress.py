"""The targets of one item with what was observed of each, beside what its schedule asks."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.schedule import Goal
from registry.errors import NotFound
from registry.models import Item, Observation, Target
from registry.permissions import Actor
from registry.queries.access import may_see_item
from registry.queries.lamps import last_first
from registry.queries.rows import Named, dated
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Observed:
    """What a target had reached. number, number_until: exact decimals as text, in the target's unit; reached: of a milestone.

    share, scheduled: of the target, reached and due by then, in 1/100 %; None: not comparable.
    """

    as_of: PartialDate
    number: str | None
    number_until: str | None
    reached: bool | None
    share: int | None
    scheduled: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A target. observed: the first first."""

    metric_zh: str
    metric_en: str | None
    unit: str | None
    goal: Goal
    observed: tuple[Observed, ...]


def progress_of(snapshot: Snapshot, actor: Actor, number: str) -> tuple[Named, tuple[Line, ...]]:
    """An item and its targets in their order, without observations that were annulled. Raises NotFound. Three statements."""
    item, target, observation = snapshot.of(Item), snapshot.of(Target), snapshot.of(Observation)
    asked = sa.select(*(item.c[name] for name in ("id", "number", "title_zh", "title_en", "sample")))
    row = snapshot.session.execute(asked.where(item.c.number == number, may_see_item(snapshot, actor))).one_or_none()
    if row is None:
        raise NotFound("item", number)
    observed: dict[int, list[Observed]] = {}
    standing = sa.select(observation).where(observation.c.item_id == row.id, observation.c.annulled_at.is_(None))
    for each in snapshot.session.execute(standing.order_by(*last_first(observation))):
        of_target = observed.setdefault(each.target_id, [])
        as_of = dated(each.as_of, each.as_of_precision)
        of_target.insert(0, Observed(as_of, each.number, each.number_until, each.reached, each.share, each.scheduled))
    lines = tuple(
        Line(
            each.metric_zh, each.metric_en, each.unit,
            Goal(*(getattr(each, name) for name in Goal.__dataclass_fields__)), tuple(observed.get(each.id, ())),
        )
        for each in snapshot.session.execute(
            sa.select(target).where(target.c.item_id == row.id).order_by(target.c.position)
        )
    )  # fmt: skip
    return Named("item", row.number, row.title_zh, row.title_en, bool(row.sample)), lines
