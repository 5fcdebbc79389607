"""What waits for one party, as its page shows it to everybody who may see what it is about; and what others report on its items."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import Assignment, Body, Item, Report
from registry.permissions import Actor
from registry.queries.access import may_see_item, may_see_report
from registry.queries.corrections import CorrectionRow, corrections_awaiting
from registry.queries.desk import Awaited, unanswered_by, unsigned_by
from registry.queries.due import Due, due_until
from registry.queries.items import ItemFilter, item_counts
from registry.queries.rounds import Asked, awaited_of
from registry.queries.rows import Named, Row, dated, named_party, party_columns, still
from registry.queries.snapshot import Snapshot

SIZE = 50
"""Items with reports of others at most."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a party. asked: consent that it has not given; unsigned, unanswered: as on the desk; corrections: open ones it
    may object to; overdue: time limits that have passed; unreported: items it leads that are in progress and were never graded.
    """

    asked: tuple[Asked, ...]
    unsigned: tuple[Awaited, ...]
    unanswered: tuple[Awaited, ...]
    corrections: tuple[tuple[Named, CorrectionRow], ...]
    overdue: tuple[Due, ...]
    unreported: int

    @property
    def total(self) -> int:
        """Everything that waits."""
        rows = (self.asked, self.unsigned, self.unanswered, self.corrections, self.overdue)
        return sum(map(len, rows)) + self.unreported


@dataclass(frozen=True, slots=True)
class Said:
    """The last report of one party on an item. progress, problem: None where they are not released."""

    party: Named
    grade: str
    as_of: PartialDate
    progress: str | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class SideBySide:
    """An item of a party with what others report on it. own: the party's own last report, None: it filed none."""

    item: Named
    own: Said | None
    others: tuple[Said, ...]

    @property
    def differ(self) -> bool:
        """Whether two of them grade it differently."""
        return len({each.grade for each in (*self.others, *((self.own,) if self.own else ()))}) > 1


def waiting_for(snapshot: Snapshot, actor: Actor, body_id: int, code: str, *, sample: bool) -> Waiting:
    """What waits for a party now, as far as the reader may see it. As many statements whatever the number of rows.

    snapshot: of the present. sample: whether the party is a fictional one.
    """
    unreported = ItemFilter(party=code, role="lead", stage="in_progress", grade="not_reported")
    due = due_until(snapshot, actor, snapshot.today, party=code, sample=sample)
    return Waiting(
        asked=awaited_of(snapshot.session, actor, body_id),
        unsigned=unsigned_by(snapshot, actor, [body_id]),
        unanswered=unanswered_by(snapshot, actor, [body_id]),
        corrections=corrections_awaiting(snapshot, actor, body_id),
        overdue=tuple(each for each in due if each.kind == "overdue"),
        unreported=sum(each.count for each in item_counts(snapshot, actor, unreported)),
    )


def side_by_side(snapshot: Snapshot, actor: Actor, body_id: int, *, size: int = SIZE) -> tuple[SideBySide, ...]:
    """The items of a party that others report on, those that are graded differently first. One statement."""
    report, item, body = snapshot.of(Report), snapshot.of(Item), snapshot.of(Body)
    every, assigned = snapshot.of(Report, "every"), snapshot.of(Assignment)
    ours = sa.select(assigned.c.item_id).where(assigned.c.body_id == body_id, still(snapshot, assigned))
    last = sa.select(sa.func.max(every.c.id)).group_by(every.c.item_id, every.c.body_id)
    rows = snapshot.session.execute(
        sa.select(report, item.c.number, item.c.title_zh, item.c.title_en, item.c.sample, *party_columns(body))
        .select_from(report)
        .join(item, item.c.id == report.c.item_id)
        .join(body, body.c.id == report.c.body_id)
        .where(
            report.c.id.in_(last.where(every.c.item_id.in_(ours))),
            may_see_item(snapshot, actor),
            may_see_report(snapshot, actor),
        )
        .order_by(item.c.sample, item.c.number, report.c.id)
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    pairs = (_pair(of_item, body_id) for of_item in found.values())
    return tuple(sorted((each for each in pairs if each.others), key=lambda each: not each.differ)[:size])


def _pair(rows: list[Row], body_id: int) -> SideBySide:
    first = rows[0]
    own = next((_said(row) for row in rows if row.body_id == body_id), None)
    others = tuple(_said(row) for row in rows if row.body_id != body_id)
    return SideBySide(Named("item", first.number, first.title_zh, first.title_en, bool(first.sample)), own, others)


def _said(row: Row) -> Said:
    as_of = dated(row.as_of, row.as_of_precision)
    return Said(named_party(row), row.grade, as_of, row.released_progress, row.released_problem)
