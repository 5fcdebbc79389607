"""Targets of items, and what they were observed to have reached. What was observed is annulled where it was wrong, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import Outcome, quantities
from registry.domain.dates import PartialDate
from registry.domain.names import tidy
from registry.domain.schedule import COMPARATORS, KNOWN, PERIODS, Found, Goal, scheduled, share
from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic
from registry.models import Item, Observation, Target
from registry.permissions import Actor, require
from registry.services import subjects
from registry.services.deeds import no_future
from registry.services.items import require_for_item

YEARS = range(1949, 2101)
"""Years that a target can be due in."""


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target of an item. number, number_until: as people write them, 5500, 1.5, of a range both ends; a milestone has none.

    year: to reach it by; period, horizon_from, horizon_years: see models.Target. base: what the unit is measured against.
    """

    item: str
    metric_zh: str
    comparator: str
    number: str | None = None
    number_until: str | None = None
    unit: str | None = None
    period: str = "unspecified"
    year: int | None = None
    horizon_from: int | None = None
    horizon_years: str | None = None
    base: str | None = None
    force: str | None = None
    metric_en: str | None = None
    note: str | None = None
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class AddObservation:
    """What a target had reached. target: its position. number, number_until: in the target's unit; reached: of a milestone.

    source: place in the basis document, or what the source is.
    """

    item: str
    target: int
    as_of: PartialDate
    number: str | None = None
    number_until: str | None = None
    reached: bool | None = None
    basis: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AnnulObservation:
    """An observation that was wrong. observation: its id."""

    item: str
    observation: int


def set_target(session: Session, actor: Actor, ask: SetTarget, *, at: datetime) -> Target:
    """Give an item a target.

    Raises NotPermitted; NotFound; Refused metric-missing, unknown-choice, number-missing, number-not-wanted, year-not-stated,
    year-out-of-range, horizon-missing, unknown-document, and what `quantities.read` asks or rejects.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "target:set")
        reasons, number, until = _read(ask.comparator, ask.number, ask.number_until)
        reasons += _incomplete(ask)
        if reasons:
            raise Refused(*reasons)
        basis = subjects.basis_document(session, actor, ask.basis)
        same = ("comparator", "period", "year", "horizon_from")
        texts = ("unit", "horizon_years", "base", "force", "metric_en", "note")
        target = Target(
            item_id=item.id, position=_next_position(session, item), metric_zh=tidy(ask.metric_zh), number=number, number_until=until,
            **{name: getattr(ask, name) for name in same}, **{name: tidy(getattr(ask, name) or "") or None for name in texts},
        )  # fmt: skip
        session.add(target)
        item.revision += 1
        session.flush()
        book.record(
            act="target.set", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis),
        )  # fmt: skip
    return target


def add_observation(session: Session, actor: Actor, ask: AddObservation, *, at: datetime) -> Observation:
    """Record what a target had reached as of a day, with the share reached and the share due by schedule.

    One that lies before an earlier recorded one is taken, too: pages flag it.
    Raises NotPermitted; NotFound; Refused unknown-target, date-missing, day-unclear, in-the-future, number-missing,
    number-not-wanted, reached-missing, reached-not-wanted, unknown-document, and what `quantities.read` asks or rejects.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "observation:add")
        target = _target(session, item, ask.target)
        reasons, number, until = _observed(target, ask)
        reasons += _day(session, ask.as_of, at)
        if reasons:
            raise Refused(*reasons)
        basis = subjects.basis_document(session, actor, ask.basis)
        goal, found = goal_of(target), Found(ask.as_of, number, until, ask.reached)
        observation = Observation(
            item_id=item.id, target_id=target.id, as_of=ask.as_of.value, as_of_precision=str(ask.as_of.precision), number=number,
            number_until=until, reached=ask.reached, share=share(goal, found), scheduled=scheduled(goal, ask.as_of),
            body_id=actor.body_id, basis_id=subjects.id_of(basis), source=tidy(ask.source or "") or None, recorded_at=at,
        )  # fmt: skip
        session.add(observation)
        item.revision += 1
        session.flush()
        book.record(
            act="observation.add", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis), effective=ask.as_of,
        )  # fmt: skip
    return observation


def annul_observation(session: Session, actor: Actor, ask: AnnulObservation, *, at: datetime) -> Observation:
    """Annul an observation, by the party that recorded it; what it said stays in the history.

    Raises NotPermitted; NotFound; Refused already-annulled.
    """
    with atomic(session) as book:
        item = subjects.locked_item(session, actor, ask.item)
        query = sa.select(Observation).where(Observation.id == ask.observation, Observation.item_id == item.id)
        observation = session.execute(query).scalar_one_or_none()
        if observation is None:
            raise NotFound("observation")
        require(actor, "observation:annul", body_id=observation.body_id)
        if observation.annulled_at is not None:
            raise Refused(Reason("already-annulled", field="observation"))
        observation.annulled_at = at
        item.revision += 1
        book.record(
            act="observation.annul", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code
        )
    return observation


def goal_of(target: Target) -> Goal:
    """What a stored target asks."""
    return Goal(**{name: getattr(target, name) for name in Goal.__slots__})


def _target(session: Session, item: Item, position: int) -> Target:
    query = sa.select(Target).where(Target.item_id == item.id, Target.position == position)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-target", {"value": position, "item": item.number}, field="target"))
    return found


def _next_position(session: Session, item: Item) -> int:
    highest = sa.select(sa.func.max(Target.position)).where(Target.item_id == item.id)
    return (session.execute(highest).scalar_one() or 0) + 1


def _incomplete(ask: SetTarget) -> list[Reason]:
    reasons = []
    if not tidy(ask.metric_zh):
        reasons.append(Reason("metric-missing", field="metric_zh"))
    for field, value, among in (("comparator", ask.comparator, COMPARATORS), ("period", ask.period, PERIODS)):
        if value not in among:
            reasons.append(Reason("unknown-choice", {"value": value}, field=field))
    if ask.period in ("by_year", "annual_by_year") and ask.year is None:
        reasons.append(Reason("year-not-stated", field="year"))
    if ask.period == "relative_horizon" and not (ask.horizon_years or "").strip():
        reasons.append(Reason("horizon-missing", field="horizon_years"))
    for field, year in (("year", ask.year), ("horizon_from", ask.horizon_from)):
        if year is not None and year not in YEARS:
            reasons.append(Reason("year-out-of-range", {"value": year}, field=field))
    return reasons


def _observed(target: Target, ask: AddObservation) -> tuple[list[Reason], str | None, str | None]:
    """The numbers of an observation, and what is wrong with them for this target."""
    milestone = target.comparator == "milestone"
    comparator = "milestone" if milestone else "range" if ask.number_until else "="
    reasons, number, until = _read(comparator, ask.number, ask.number_until)
    if milestone and ask.reached is None:
        reasons.append(Reason("reached-missing", field="reached"))
    if not milestone and ask.reached is not None:
        reasons.append(Reason("reached-not-wanted", field="reached"))
    return reasons, number, until


def _read(comparator: str, number: str | None, until: str | None) -> tuple[list[Reason], str | None, str | None]:
    """The one or two numbers that go with a comparator, as exact decimals; and what is wrong with them."""
    wanted = {"milestone": (), "range": ("number", "number_until")}.get(comparator, ("number",))
    reasons: list[Reason] = []
    read: dict[str, str | None] = {}
    for field, written in (("number", tidy(number or "")), ("number_until", tidy(until or ""))):
        if written and field not in wanted:
            reasons.append(Reason("number-not-wanted", field=field))
        elif written:
            read[field] = _exact(written, field, reasons)
        elif field in wanted:
            reasons.append(Reason("number-missing", field=field))
    low, high = read.get("number"), read.get("number_until")
    if low and high and Decimal(low) > Decimal(high):
        reasons.append(Reason("range-reversed", {"value": f"{low}–{high}"}, field="number_until"))
    return reasons, low, high


def _exact(written: str, field: str, reasons: list[Reason]) -> str | None:
    """One number without unit or approximation, as a decimal."""
    reading = quantities.read(written)
    found = reading.value if reading.outcome in (Outcome.ACCEPT, Outcome.NORMALISE) else None
    if found is not None and found.number is not None and found.approx is None and found.unit is None:
        return found.number
    reasons.append(Reason("not-a-number", {"value": written}, field=field))
    return None


def _day(session: Session, as_of: PartialDate, at: datetime) -> list[Reason]:
    if as_of.value is None:
        return [Reason("date-missing", field="as_of")]
    if as_of.precision not in KNOWN:
        return [Reason("day-unclear", {"value": as_of.zh()}, field="as_of")]
    return no_future(session, at, as_of=as_of)
