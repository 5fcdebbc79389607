"""What falls due: time limits and reviews of subjects, meetings, reviews of mechanisms, ends of what holds for a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from registry.domain.dates import PartialDate, Precision
from registry.models import (
    Act,
    Agreement,
    Body,
    Deadline,
    Edition,
    Item,
    Matter,
    MatterParty,
    Mechanism,
    Meeting,
    MeetingSeries,
    Membership,
)
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item, may_see_matter, stands
from registry.queries.agreements import AgreementFilter
from registry.queries.agreements import conditions_of as conditions_of_agreements
from registry.queries.items import ItemFilter, conditions_of
from registry.queries.rows import Named, dated, once, still
from registry.queries.snapshot import Snapshot

KINDS = ("overdue", "deadline", "review", "meeting", "expiry")


@dataclass(frozen=True, slots=True)
class Due:
    """What falls due on one day for one reason. kind: of KINDS; why: stay, review or answer of a time limit; meeting; mechanism; or
    the kind of the act that ends.

    on: as far as it is known; None: overdue since before the reader's month. count: how many; what: the record, where it is one alone.
    provisional: one of them was counted through a year that is not announced.
    """

    kind: str
    why: str
    on: PartialDate | None
    count: int
    what: Named | None
    provisional: bool = False


def due_until(
    snapshot: Snapshot, actor: Actor, last: date, *, party: str | None = None, sample: bool = False
) -> tuple[Due, ...]:
    """What falls due from the first of the reader's month to a day, the soonest first, and before it what is overdue.

    party: code of the one it concerns, None: all. As many rows as there are days, kinds and reasons at most. Six statements.
    """
    first = snapshot.today.replace(day=1)
    found = [
        *_limits(snapshot, actor, (first, last), party, sample),
        *_together(_meetings(snapshot, party, sample), first, last),
        *_together(_mechanisms(snapshot, actor, (first, last), party, sample), first, last),
        *_together(_ends(snapshot, actor, first, party, sample), first, last),
    ]
    return tuple(sorted(found, key=lambda each: (_day(each.on), KINDS.index(each.kind), each.why)))


def _day(on: PartialDate | None) -> date:
    return (on.last_day() if on else None) or date.min


def _together(found: Iterable[Due], first: date, last: date) -> Iterator[Due]:
    """Those of one day and one reason as one; what ends outside the two days is left out."""
    by_day: dict[tuple[PartialDate | None, str, str], list[Due]] = {}
    for each in found:
        if first <= _day(each.on) <= last:
            by_day.setdefault((each.on, each.kind, each.why), []).append(each)
    for (on, kind, why), those in by_day.items():
        yield Due(kind, why, on, len(those), those[0].what if len(those) == 1 else None)


def _limits(
    snapshot: Snapshot, actor: Actor, span: tuple[date, date], party: str | None, sample: bool
) -> Iterator[Due]:
    """Running time limits of agreements, items and matters; one statement for each."""
    deadline, today = snapshot.of(Deadline), snapshot.today.isoformat()
    first, last = (day.isoformat() for day in span)
    on = sa.case((deadline.c.due_on < first, None), else_=deadline.c.due_on).label("on")
    for model, may_see, concerns in (
        (Agreement, may_see_agreement, conditions_of_agreements(snapshot, AgreementFilter(party=party))),
        (Item, may_see_item, conditions_of(snapshot, ItemFilter(party=party))),
        (Matter, may_see_matter, _of_matter(snapshot, party)),
    ):
        subject = snapshot.of(model)
        query = (
            sa.select(
                deadline.c.purpose,
                on,
                sa.func.count().label("how_many"),
                sa.func.max(sa.case((deadline.c.provisional, 1), else_=0)).label("provisional"),
                *(sa.func.min(subject.c[name]).label(name) for name in ("number", "title_zh", "title_en")),
            )
            .join(subject, subject.c.id == deadline.c.subject_id)
            .where(
                deadline.c.subject_kind == model.__tablename__,
                deadline.c.ended_at.is_(None),
                deadline.c.stopped_on.is_(None),
                deadline.c.due_on <= last,
                subject.c.sample == sample,
                may_see(snapshot, actor),
                *concerns,
            )
            .group_by(deadline.c.purpose, sa.text('"on"'))
        )
        for row in snapshot.session.execute(query):
            kind = "review" if row.purpose == "review" else "deadline"
            if row.on is None or row.on < today:
                kind = "overdue"
            what = Named(model.__tablename__, row.number, row.title_zh, row.title_en, sample)
            day = PartialDate(row.on, Precision.DAY) if row.on else None
            yield Due(kind, row.purpose, day, row.how_many, what if row.how_many == 1 else None, bool(row.provisional))


def _of_matter(snapshot: Snapshot, party: str | None) -> list[Condition]:
    if party is None:
        return []
    matter, named, body = snapshot.of(Matter), snapshot.of(MatterParty, "asked"), snapshot.of(Body, "asked")
    taken = sa.select(named.c.matter_id).where(
        named.c.body_id == body.c.id, body.c.code == party, still(snapshot, named)
    )
    host = sa.select(body.c.id).where(body.c.code == party)
    return [sa.or_(matter.c.id.in_(taken), matter.c.host_id.in_(host))]


def _meetings(snapshot: Snapshot, party: str | None, sample: bool) -> Iterator[Due]:
    """Meetings, held or planned; of a party those of its groupings."""
    meeting = snapshot.of(Meeting)
    query = sa.select(meeting).where(
        stands(snapshot, Meeting), meeting.c.sample == sample, meeting.c.held_on.is_not(None)
    )
    if party is not None:
        edition, series, membership, body = (
            snapshot.of(model, "asked") for model in (Edition, MeetingSeries, Membership, Body)
        )
        query = query.where(
            meeting.c.id.in_(
                sa.select(edition.c.meeting_id)
                .join(series, series.c.id == edition.c.series_id)
                .join(membership, membership.c.grouping_id == series.c.grouping_id)
                .join(body, body.c.id == membership.c.body_id)
                .where(body.c.code == party, still(snapshot, membership))
            )
        )
    for row in snapshot.session.execute(query):
        named = Named("meeting", row.number, row.name_zh, row.name_en, sample)
        yield Due("meeting", "meeting", dated(row.held_on, row.held_precision), 1, named)


def _mechanisms(
    snapshot: Snapshot, actor: Actor, span: tuple[date, date], party: str | None, sample: bool
) -> Iterator[Due]:
    """Reviews of long-term mechanisms; of a party those of its items."""
    mechanism, item = snapshot.of(Mechanism), snapshot.of(Item)
    years = (mechanism.c.review_on >= str(span[0].year), mechanism.c.review_on < str(span[1].year + 1))
    # Those of the time first: SQLite, which knows no numbers of rows, would begin with all items that may be seen.
    soon = once(sa.select(mechanism).where(*years, mechanism.c.lapsed.is_(False)))
    rows = snapshot.session.execute(
        sa.select(soon.c.review_on, soon.c.review_precision, *_named(item))
        .join(item, item.c.id == soon.c.item_id)
        .where(
            item.c.sample == sample,
            may_see_item(snapshot, actor),
            *conditions_of(snapshot, ItemFilter(party=party)),
        )
    )
    for row in rows:
        named = Named("item", row.number, row.title_zh, row.title_en, sample)
        yield Due("review", "mechanism", dated(row.review_on, row.review_precision), 1, named)


def _ends(snapshot: Snapshot, actor: Actor, first: date, party: str | None, sample: bool) -> Iterator[Due]:
    """Acts that hold until a day: reservations, declarations, provisional application; of a party its own."""
    act, agreement, body = snapshot.of(Act), snapshot.of(Agreement), snapshot.of(Body, "asked")
    own = [] if party is None else [act.c.body_id.in_(sa.select(body.c.id).where(body.c.code == party))]
    rows = snapshot.session.execute(
        sa.select(act.c.kind, act.c.valid_until, act.c.valid_precision, *_named(agreement))
        .join(agreement, agreement.c.id == act.c.agreement_id)
        .where(
            act.c.valid_until >= str(first.year),
            act.c.annulled_at.is_(None),
            agreement.c.sample == sample,
            may_see_agreement(snapshot, actor),
            *own,
        )
    )
    for row in rows:
        named = Named("agreement", row.number, row.title_zh, row.title_en, sample)
        yield Due("expiry", row.kind, dated(row.valid_until, row.valid_precision), 1, named)


def _named(table: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in ("number", "title_zh", "title_en"))
