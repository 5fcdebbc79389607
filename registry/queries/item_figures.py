"""The figures of one item: its lamp and what it follows from, what its targets were observed to have reached, its lanes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.lamps import Lamp, Policy, Rule, Seen, lamp
from registry.domain.schedule import Found, Goal, flags, order
from registry.ledger import open_sealed
from registry.models import (
    Agreement,
    Body,
    Document,
    Item,
    LampOverride,
    LampPolicy,
    LaneChange,
    Observation,
    Target,
)
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.lamps import chosen_rules, last_first, seen_of
from registry.queries.rows import (
    Named,
    Query,
    Row,
    Sealed,
    dated,
    document_columns,
    named_document,
    named_party,
    opened,
    party_columns,
)
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ObservationRow:
    """What a target had reached; see models.Observation for the units. flags: what is odd about it: fall, jump, or back, where
    it was recorded after one of a later day."""

    id: int
    as_of: PartialDate
    number: str | None
    number_until: str | None
    reached: bool | None
    share: int | None
    scheduled: int | None
    party: Named | None
    basis: Named | None
    source: str | None
    recorded_at: datetime
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LaneRow:
    """The lane from a date on."""

    lane: str
    effective: PartialDate
    basis: Named | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """A colour that was decided. until: the last day; None: it still holds. basis: None where this reader may not see it."""

    colour: str
    since: date
    until: date | None
    party: Named | None
    basis: Named | None
    reason: Sealed | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class LampShown:
    """A lamp with what it follows from. computed: what the rules alone would show; of an item without a decision, the same."""

    lamp: Lamp
    computed: Lamp
    seen: Seen
    policy: Policy

    @property
    def rule(self) -> Rule | None:
        """The rule that decided, or would have; None of an item that has ended."""
        return None if self.computed.rule is None else self.policy.rules[self.computed.rule]


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """observations: as `observations_of` has them. lanes, overrides: the last first."""

    lamp: LampShown
    observations: Mapping[int, tuple[ObservationRow, ...]]
    lanes: tuple[LaneRow, ...]
    overrides: tuple[OverrideRow, ...]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """Rules that were chosen. since: the first day on which they hold."""

    slug: str
    since: date
    basis: Named | None
    note: str | None


def item_figures(snapshot: Snapshot, actor: Actor, item_id: int) -> ItemFigures:
    """The figures of an item that the reader was found to see. Five statements, whatever the number of rows."""
    chosen, item = chosen_rules(snapshot), snapshot.of(Item)
    seen = seen_of(snapshot, item.c.id == item_id)[item_id]
    alone = seen._replace(override=None)
    shown = LampShown(
        lamp(chosen.policy, seen, chosen.day), lamp(chosen.policy, alone, chosen.day), seen, chosen.policy
    )
    return ItemFigures(
        shown, observations_of(snapshot, actor, item_id), _lanes(snapshot, actor, item_id), _overrides(snapshot, actor, item_id)
    )  # fmt: skip


def observations_of(snapshot: Snapshot, actor: Actor, item_id: int) -> Mapping[int, tuple[ObservationRow, ...]]:
    """What the targets of an item that the reader was found to see had reached, without what was annulled: of each that was
    observed, by its position, the last first. One statement."""
    observation, target, body = snapshot.of(Observation), snapshot.of(Target), snapshot.of(Body)
    goal = [target.c[name].label(f"goal_{name}") for name in Goal.__slots__]
    query = (
        sa.select(observation, target.c.position, *goal, *party_columns(body))
        .join_from(observation, target, target.c.id == observation.c.target_id)
        .outerjoin(body, body.c.id == observation.c.body_id)
        .where(observation.c.item_id == item_id, observation.c.annulled_at.is_(None))
        .order_by(target.c.position, *last_first(observation))
    )
    rows = snapshot.session.execute(_with_basis(snapshot, actor, query, observation, snapshot.of(Document))).all()
    found: dict[int, tuple[ObservationRow, ...]] = {}
    for position in dict.fromkeys(row.position for row in rows):
        of_it = [row for row in rows if row.position == position]
        found[position] = tuple(
            _observation(row, before, of_it) for row, before in zip(of_it, [*of_it[1:], None], strict=True)
        )
    return found


def lamp_policies(snapshot: Snapshot, actor: Actor) -> tuple[PolicyRow, ...]:
    """Every choice of rules, the last first."""
    policy, document = snapshot.of(LampPolicy), snapshot.of(Document)
    query = sa.select(policy.c.slug, policy.c.since, policy.c.note).select_from(policy).order_by(policy.c.since.desc())
    rows = snapshot.session.execute(_with_basis(snapshot, actor, query, policy, document))
    return tuple(PolicyRow(row.slug, date.fromisoformat(row.since), named_document(row), row.note) for row in rows)


def keepers_of(snapshot: Snapshot, number: str) -> tuple[int | None, int | None]:
    """Whose officers decide an item's lamp: the host of its agreement or issuer of its document, and its grouping."""
    item, agreement, document = snapshot.of(Item), snapshot.of(Agreement), snapshot.of(Document)
    query = (
        sa.select(sa.func.coalesce(agreement.c.host_id, document.c.issuer_id), agreement.c.grouping_id)
        .select_from(item)
        .outerjoin(agreement, agreement.c.id == item.c.agreement_id)
        .outerjoin(document, document.c.id == item.c.document_id)
        .where(item.c.number == number)
    )
    keeper, grouping = snapshot.session.execute(query).one()
    return keeper, grouping


def _observation(row: Row, before: Row | None, all_: list[Row]) -> ObservationRow:
    goal = Goal(**{name: getattr(row, f"goal_{name}") for name in Goal.__slots__})
    as_of = dated(row.as_of, row.as_of_precision)
    odd = flags(goal, None if before is None else _found(before), _found(row))
    later = (other for other in all_ if other.id < row.id)
    if any(order(dated(other.as_of, other.as_of_precision)) > order(as_of) for other in later):
        odd = (*odd, "back")
    return ObservationRow(
        row.id, as_of, row.number, row.number_until, row.reached, row.share, row.scheduled,
        named_party(row) if row.party_code else None, named_document(row), row.source, row.recorded_at, odd,
    )  # fmt: skip


def _found(row: Row) -> Found:
    return Found(dated(row.as_of, row.as_of_precision), row.number, row.number_until, row.reached)


def _lanes(snapshot: Snapshot, actor: Actor, item_id: int) -> tuple[LaneRow, ...]:
    change, document = snapshot.of(LaneChange), snapshot.of(Document)
    query = sa.select(change).select_from(change).where(change.c.item_id == item_id).order_by(change.c.id.desc())
    rows = snapshot.session.execute(_with_basis(snapshot, actor, query, change, document))
    return tuple(
        LaneRow(row.lane, dated(row.effective, row.effective_precision), named_document(row), row.recorded_at)
        for row in rows
    )


def _overrides(snapshot: Snapshot, actor: Actor, item_id: int) -> tuple[OverrideRow, ...]:
    override, body, document = snapshot.of(LampOverride), snapshot.of(Body), snapshot.of(Document)
    query = (
        sa.select(override, *party_columns(body))
        .outerjoin_from(override, body, body.c.id == override.c.body_id)
        .where(override.c.item_id == item_id)
        .order_by(override.c.id.desc())
    )
    rows = snapshot.session.execute(_with_basis(snapshot, actor, query, override, document)).all()
    texts = open_sealed(snapshot.session, actor, [row.reason for row in rows])
    return tuple(
        OverrideRow(
            row.colour, date.fromisoformat(row.since), date.fromisoformat(row.until) if row.until else None,
            named_party(row) if row.party_code else None, named_document(row), opened(row.reason, texts), row.recorded_at,
        )
        for row in rows
    )  # fmt: skip


def _with_basis(snapshot: Snapshot, actor: Actor, query: Query, rows: sa.FromClause, document: sa.FromClause) -> Query:
    """The same rows with their basis document, where the reader may see it."""
    seen = sa.and_(document.c.id == rows.c.basis_id, may_see_document(snapshot, actor))
    return query.outerjoin(document, seen).add_columns(*document_columns(document))
