"""Who belongs to which grouping on the reader's day."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import Body, Grouping, Membership
from registry.queries.access import Condition
from registry.queries.rows import Named, dated, named_party, party_columns
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Member:
    """A party in a grouping. until: None while no end is recorded. current: as far as is known, it belongs today."""

    grouping: Named
    party: Named
    role: str
    position: int
    since: PartialDate
    until: PartialDate | None
    current: bool


def members_of(snapshot: Snapshot, groupings: Collection[int]) -> dict[int, tuple[Member, ...]]:
    """Who belongs to these groupings (ids) today, in printed order, by grouping. One statement."""
    rows = _memberships(snapshot, snapshot.of(Membership).c.grouping_id.in_(sorted(groupings)))
    found: dict[int, list[Member]] = {}
    for grouping_id, member in rows:
        if member.current:
            found.setdefault(grouping_id, []).append(member)
    return {grouping_id: tuple(members) for grouping_id, members in found.items()}


def former_and_current(
    snapshot: Snapshot, *, grouping: int | None = None, party: int | None = None
) -> tuple[Member, ...]:
    """Every membership of a grouping or of a party (id), ended ones too. One statement."""
    membership = snapshot.of(Membership)
    asked = membership.c.grouping_id == grouping if grouping is not None else membership.c.body_id == party
    return tuple(member for _, member in _memberships(snapshot, asked))


def belongs(since: PartialDate, until: PartialDate | None, today: date) -> bool:
    """Whether a membership holds on a day as far as is known: it ends only when its last possible day has passed."""
    begins = since.first_day()
    if begins is not None and begins > today:
        return False
    if until is None:
        return True
    ends = until.last_day()
    return ends is not None and ends >= today


def _memberships(snapshot: Snapshot, asked: Condition) -> list[tuple[int, Member]]:
    membership, body, grouping = (snapshot.of(model) for model in (Membership, Body, Grouping))
    rows = snapshot.session.execute(
        sa.select(
            membership,
            *party_columns(body),
            grouping.c.code,
            grouping.c.name_zh,
            grouping.c.name_en,
            grouping.c.sample,
        )
        .select_from(membership)
        .join(body, body.c.id == membership.c.body_id)
        .join(grouping, grouping.c.id == membership.c.grouping_id)
        .where(asked)
        .order_by(grouping.c.code, membership.c.position, membership.c.id)
    )
    found = []
    for row in rows:
        since = dated(row.since, row.since_precision)
        until = None if row.until_precision is None else dated(row.until, row.until_precision)
        member = Member(
            Named("grouping", row.code, row.name_zh, row.name_en, row.sample),
            named_party(row),
            row.role,
            row.position,
            since,
            until,
            belongs(since, until, snapshot.today),
        )
        found.append((row.grouping_id, member))
    return found
