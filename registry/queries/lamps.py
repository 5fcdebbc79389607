"""Lamps as SQL: the colour of every item of a snapshot, as a column, a filter or a group, by the rules of the day.

The same rules decide in `domain/lamps.py`; a test holds the two together. A page of what was known after an entry shows the
lamps of that entry's day: on another day nobody saw them so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from registry.domain.lamps import COLOURS, FIGURES, NONE, OWN, Policy, Rule, Seen, read_policy, shipped
from registry.domain.schedule import WHOLE
from registry.models import Deadline, Item, LampOverride, LampPolicy, Observation, Register
from registry.queries.access import Condition
from registry.queries.held import ended
from registry.queries.rows import dated
from registry.queries.snapshot import ZONE, Snapshot

Value: TypeAlias = sa.ColumnElement[Any]
RANK = {colour: place for place, colour in enumerate((*COLOURS, NONE))}
"""What needs attention first."""
_CHOSEN: WeakKeyDictionary[Snapshot, Chosen] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rules of a day. since: the day from which they hold, ISO 8601; None: none were chosen, and the register's own hold."""

    policy: Policy
    day: date
    since: str | None = None


@dataclass(frozen=True)
class LampColumns:
    """The lamp of each item as columns. decided: the colour that a leader decided; rules: whether each takes an item, in their order."""

    item: sa.FromClause
    overridden: Condition
    decided: Value
    rules: Sequence[tuple[Condition, Rule]]

    @cached_property
    def colour(self) -> Value:
        """The colour; none of what has ended."""
        taken = ((condition, rule.colour) for condition, rule in self.rules)
        return sa.case((self.item.c.stage == "ended", NONE), (self.overridden, self.decided), *taken)

    @cached_property
    def both(self) -> Value:
        """Colour and reason in one text, which `told` takes apart."""
        taken = ((condition, _why(rule, self.item)) for condition, rule in self.rules)
        decided = self.decided.concat(" overridden")
        return sa.case((self.item.c.stage == "ended", f"{NONE} ended"), (self.overridden, decided), *taken)

    @property
    def urgency(self) -> Value:
        """To order by: what needs attention first."""
        return sa.case(RANK, value=self.colour)


def chosen_rules(snapshot: Snapshot) -> Chosen:
    """The rules by which the snapshot's lamps are computed, and their day. One statement, once; two of what was known."""
    found = _CHOSEN.get(snapshot)
    if found is None:
        found = _CHOSEN[snapshot] = _rules_of(snapshot, _day(snapshot))
    return found


def told(both: str) -> tuple[str, str]:
    """Colour and reason of a `LampColumns.both`."""
    colour, _, why = both.partition(" ")
    return colour, why


def lamps(snapshot: Snapshot, among: Sequence[Condition] = (), rows: sa.FromClause | None = None) -> LampColumns:
    """The lamps of `snapshot.of(Item)`. among: conditions on it that the query has, too, so that only the figures of those items
    are looked at; none: of all. rows: what was read of it under them, if not that itself: id, stage, grade and its day."""
    chosen, item = chosen_rules(snapshot), snapshot.of(Item) if rows is None else rows
    figures = _figures(snapshot, sa.select(item.c.id).where(*(among if rows is None else ())) if among else None)
    override = _in_force(snapshot, chosen.day)
    its = sa.select(override.c.colour).where(override.c.item_id == item.c.id).order_by(override.c.id.desc()).limit(1)
    return LampColumns(
        item,
        item.c.id.in_(sa.select(override.c.item_id)),
        its.correlate(item).scalar_subquery(),
        tuple((_taken(rule, item, figures, chosen.day), rule) for rule in chosen.policy.rules),
    )


def seen_of(snapshot: Snapshot, *where: Condition) -> Mapping[int, Seen]:
    """What the lamp of each of these items follows from, by id. where: conditions on `snapshot.of(Item)`."""
    item, chosen = snapshot.of(Item), chosen_rules(snapshot)
    them, override = sa.select(item.c.id).where(*where) if where else None, _in_force(snapshot, chosen.day)
    figures = _figures(snapshot, them)
    query = (
        sa.select(
            item.c.id, item.c.stage, item.c.grade, item.c.graded_as_of, item.c.graded_precision,
            figures.observed.c.item_id.label("observed"), figures.observed.c.behind, figures.observed.c.short,
            figures.limited.c.due_on, override.c.colour,
        )
        .select_from(item)
        .outerjoin(figures.observed, figures.observed.c.item_id == item.c.id)
        .outerjoin(figures.limited, figures.limited.c.item_id == item.c.id)
        .outerjoin(override, override.c.item_id == item.c.id)
        .where(*where)
        .order_by(override.c.id)
    )  # fmt: skip
    return {
        row.id: Seen(
            row.stage == "ended", row.grade, dated(row.graded_as_of, row.graded_precision).last_day(), row.observed is not None,
            row.behind, row.short, date.fromisoformat(row.due_on) if row.due_on else None, row.colour,
        )
        for row in snapshot.session.execute(query)
    }  # fmt: skip


def last_first(observation: sa.FromClause) -> tuple[Value, Value]:
    """The order of the observations of one target, the last first: as `domain.schedule.order` has it, then the later recorded."""
    value, precision = observation.c.as_of, observation.c.as_of_precision
    quarter = sa.case({str(place): f"-{3 * place:02}-99" for place in range(1, 5)}, value=sa.func.substr(value, 7, 1))
    text = sa.case(
        (precision == "quarter", sa.func.substr(value, 1, 4).concat(quarter)),
        (precision == "day", value),
        else_=value.concat("-99"),
    )
    return text.desc(), observation.c.id.desc()


class _Figures(NamedTuple):
    """By item. observed: behind and short of its last observations; limited: the last day of its soonest running limit."""

    observed: sa.CTE
    limited: sa.CTE


def _figures(snapshot: Snapshot, them: sa.Select[int] | None) -> _Figures:
    """The figures of the items of these ids; None: of all."""
    observation, deadline = snapshot.of(Observation), snapshot.of(Deadline)
    of_them = [] if them is None else [them.correlate(None)]
    places = sa.func.row_number().over(
        partition_by=(observation.c.item_id, observation.c.target_id), order_by=last_first(observation)
    )
    standing = sa.select(
        observation.c.item_id, observation.c.share, observation.c.scheduled, places.label("place")
    ).where(observation.c.annulled_at.is_(None), *(observation.c.item_id.in_(ids) for ids in of_them))
    last = standing.subquery("standing")
    behind = last.c.scheduled - last.c.share
    short = sa.case((behind > 0, (2 * behind * WHOLE + last.c.scheduled) // (2 * last.c.scheduled)), (behind <= 0, 0))
    worst = sa.select(last.c.item_id, sa.func.max(behind).label("behind"), sa.func.max(short).label("short"))
    running = sa.select(deadline.c.subject_id.label("item_id"), sa.func.min(deadline.c.due_on).label("due_on")).where(
        deadline.c.subject_kind == "item",
        deadline.c.purpose == "stay",
        deadline.c.ended_at.is_(None),
        deadline.c.stopped_on.is_(None),
        deadline.c.due_on.is_not(None),
        *(deadline.c.subject_id.in_(ids) for ids in of_them),
    )
    return _Figures(
        worst.where(last.c.place == 1).group_by(last.c.item_id).cte(),
        running.group_by(deadline.c.subject_id).cte(),
    )


def _taken(rule: Rule, item: sa.FromClause, figures: _Figures, today: date) -> Condition:
    """Whether a rule takes an item: `domain.lamps.matches` as SQL."""
    observed, limited = figures
    if rule.when == "otherwise":
        return sa.true()
    if rule.when == "never_reported":
        return sa.and_(item.c.grade == "not_reported", item.c.id.not_in(sa.select(observed.c.item_id)))
    if rule.when == "grade":
        return item.c.grade.in_(rule.is_)
    if rule.when in FIGURES:
        least, most = rule.figures()
        value = observed.c[rule.when]
        bounds = [value >= least] if least is not None else []
        bounds += [value <= most] if most is not None else []
        return item.c.id.in_(sa.select(observed.c.item_id).where(value.is_not(None), *bounds))
    first, last = rule.days(today)
    if rule.when == "stale":
        value, precision = item.c.graded_as_of, item.c.graded_precision
        bounds = [~ended(value, precision, first.isoformat())] if first else []
        bounds += [ended(value, precision, (last + timedelta(days=1)).isoformat())] if last else []
        return sa.and_(value.is_not(None), *bounds)
    bounds = [limited.c.due_on >= first.isoformat()] if first else []
    bounds += [limited.c.due_on <= last.isoformat()] if last else []
    return item.c.id.in_(sa.select(limited.c.item_id).where(*bounds))


def _why(rule: Rule, item: sa.FromClause) -> Value:
    if rule.when == "grade":
        return sa.literal(f"{rule.colour} ").concat(item.c.grade)
    return sa.literal(f"{rule.colour} {rule.when}")


def _in_force(snapshot: Snapshot, day: date) -> sa.Subquery:
    """The overrides that hold on a day."""
    override, on = snapshot.of(LampOverride), day.isoformat()
    holds = sa.or_(override.c.until.is_(None), override.c.until >= on)
    return (
        sa.select(override.c.id, override.c.item_id, override.c.colour)
        .where(override.c.since <= on, holds)
        .subquery("in_force")
    )


def _rules_of(snapshot: Snapshot, day: date) -> Chosen:
    policy = snapshot.of(LampPolicy)
    query = sa.select(policy.c.rules, policy.c.since).where(policy.c.since <= day.isoformat())
    row = snapshot.session.execute(query.order_by(policy.c.since.desc()).limit(1)).one_or_none()
    if row is None:
        return Chosen(read_policy(shipped()[OWN]), day)
    return Chosen(read_policy(row.rules), day, row.since)


def _day(snapshot: Snapshot) -> date:
    if snapshot.on is not None or snapshot.known is None or snapshot.stamp.at is None:
        return snapshot.today
    zone = snapshot.session.execute(sa.select(Register.zone)).scalar_one_or_none() or ZONE
    return snapshot.stamp.at.astimezone(ZoneInfo(zone)).date()
