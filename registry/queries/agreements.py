"""Agreements in lists: the filters, the rows, and the counts that open exactly those rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import Act, Agreement, AgreementParty, AgreementText, Body, Grouping, Item, Meeting
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item
from registry.queries.rows import Named, Paging, Query, Row, counted, dated, still
from registry.queries.snapshot import Snapshot

FIRST = 12
"""Agreements that a page of something else names; its number opens them all."""


@dataclass(frozen=True, slots=True)
class AgreementFilter:
    """Which agreements: each condition that is given holds. state, stage, kind: as stored; grouping, party: code; meeting: number.

    beside: code of another party; both still are parties.
    """

    state: str | None = None
    stage: str | None = None
    kind: str | None = None
    grouping: str | None = None
    meeting: str | None = None
    party: str | None = None
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """An agreement in a list.

    parties: how many are named; declared_parties: how many the document states, None if it does not. signed: how many
    of them have a signature that stands. items: those that this reader may see.
    """

    number: str
    title_zh: str
    title_en: str | None
    kind: str
    grouping: Named | None
    state: str
    stage: str
    dated: PartialDate
    level: str
    party_list: str
    parties: int
    declared_parties: int | None
    signed: int
    items: int
    instruments: int
    backfilled: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class AgreementCount:
    """How many agreements stand in a state; sample agreements are counted apart."""

    state: str
    stage: str
    sample: bool
    count: int


@dataclass(frozen=True, slots=True)
class AgreementList:
    """A page of agreements. paging.total counts them all; samples: how many of them are sample rows, which stand last. counts: of
    exactly those that the list means."""

    rows: tuple[AgreementRow, ...]
    paging: Paging
    samples: int
    counts: tuple[AgreementCount, ...]


def agreement_list(
    snapshot: Snapshot, actor: Actor, which: AgreementFilter = AgreementFilter(), *, page: int = 1, size: int = 50
) -> AgreementList:
    """A page of the agreements that the filter means, by number, sample ones last. Two statements."""
    agreement = snapshot.of(Agreement)
    columns = (agreement.c[name] for name in ("id", "state", "stage", "sample", "number"))
    listed = sa.select(*columns).where(may_see_agreement(snapshot, actor), *conditions_of(snapshot, which))

    def order(rows: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
        return rows.c.sample, rows.c.number

    found, ids = counted(snapshot, listed, ("state", "stage", "sample"), order, page, size)
    counts = tuple(AgreementCount(*each) for each in found)
    query = _row_query(snapshot, actor, agreement).where(agreement.c.id.in_(ids))
    rows = {row.id: _row(row) for row in snapshot.session.execute(query)}
    return AgreementList(
        tuple(rows[identity] for identity in ids),
        Paging(page, size, sum(count.count for count in counts)),
        sum(count.count for count in counts if count.sample),
        counts,
    )


def conditions_of(snapshot: Snapshot, which: AgreementFilter) -> list[Condition]:
    """The filter as conditions on `snapshot.of(Agreement)`; the levels are apart, in `may_see_agreement`."""
    agreement = snapshot.of(Agreement)
    found: list[Condition] = [
        agreement.c[name] == value for name in ("state", "stage", "kind") if (value := getattr(which, name)) is not None
    ]
    if which.grouping is not None:
        grouping = snapshot.of(Grouping, "asked")
        found.append(agreement.c.grouping_id.in_(sa.select(grouping.c.id).where(grouping.c.code == which.grouping)))
    if which.meeting is not None:
        meeting = snapshot.of(Meeting, "asked")
        found.append(agreement.c.meeting_id.in_(sa.select(meeting.c.id).where(meeting.c.number == which.meeting)))
    if which.party is not None:
        party, body = snapshot.of(AgreementParty, "asked"), snapshot.of(Body, "asked")
        taken = sa.select(party.c.agreement_id).where(party.c.body_id == body.c.id, body.c.code == which.party)
        found.append(agreement.c.id.in_(taken if which.beside is None else taken.where(still(snapshot, party))))
    if which.beside is not None:
        party, body = snapshot.of(AgreementParty, "beside"), snapshot.of(Body, "beside")
        taken = sa.select(party.c.agreement_id).where(party.c.body_id == body.c.id, body.c.code == which.beside)
        found.append(agreement.c.id.in_(taken.where(still(snapshot, party))))
    return found


def _row_query(snapshot: Snapshot, actor: Actor, rows: sa.FromClause) -> Query:
    agreement, grouping = snapshot.of(Agreement), snapshot.of(Grouping)
    party, act, text, item = (snapshot.of(model, "counted") for model in (AgreementParty, Act, AgreementText, Item))
    of_it = sa.and_(party.c.agreement_id == agreement.c.id, still(snapshot, party))
    named = sa.select(sa.func.count()).select_from(party).where(of_it)
    left = sa.exists().where(
        party.c.agreement_id == act.c.agreement_id, party.c.body_id == act.c.body_id, ~still(snapshot, party)
    )
    signed = sa.select(sa.func.count(sa.distinct(act.c.body_id))).where(
        act.c.agreement_id == agreement.c.id, act.c.kind == "signature", act.c.annulled_at.is_(None), ~left,
        sa.exists().where(text.c.id == act.c.text_id, text.c.kind == "text"),
    )  # fmt: skip
    items = sa.select(sa.func.count()).where(item.c.agreement_id == agreement.c.id, may_see_item(snapshot, actor, item))
    return (
        sa.select(
            agreement,
            grouping.c.code.label("grouping_code"),
            grouping.c.name_zh.label("grouping_zh"),
            grouping.c.name_en.label("grouping_en"),
            grouping.c.sample.label("grouping_sample"),
            *(each.correlate(agreement).scalar_subquery().label(name) for name, each in
              (("parties", named), ("signed", signed), ("items", items))),
        )
        .select_from(rows)
        .outerjoin(grouping, grouping.c.id == agreement.c.grouping_id)
    )  # fmt: skip


def _row(row: Row) -> AgreementRow:
    grouping = None
    if row.grouping_code is not None:
        grouping = Named("grouping", row.grouping_code, row.grouping_zh, row.grouping_en, row.grouping_sample)
    return AgreementRow(
        row.number,
        row.title_zh,
        row.title_en,
        row.kind,
        grouping,
        row.state,
        row.stage,
        dated(row.dated_on, row.dated_precision),
        row.level,
        row.party_list,
        row.parties,
        row.declared_parties,
        row.signed,
        row.items,
        row.instruments,
        row.backfilled,
        row.sample,
    )
