"""What alerts are computed from: agreements with their counts and steps, acts beside their texts and parties, posts that ended.

A constant number of statements, whatever the number of agreements and acts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    AgreementText,
    Body,
    BodyEvent,
    BodyEventPart,
    Grant,
    Person,
    Register,
    Step,
)
from registry.permissions import Actor
from registry.queries.access import may_see_agreement
from registry.queries.rows import Named, Row, dated, named_party, party_columns
from registry.queries.snapshot import ZONE, Snapshot

JOINING = ("accession", "succession")
"""Kinds of acts by which a body becomes a party after the agreement was made."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One agreement. named_fields, named_parties: rows, without parties that joined later.

    opened, entered: when its text was opened for signature and when it was recorded as in force; None: no such step.
    """

    id: int
    named: Named
    grouping_id: int | None
    instruments: int
    declared_fields: int | None
    named_fields: int
    declared_parties: int | None
    named_parties: int
    opened: PartialDate | None
    entered: PartialDate | None


@dataclass(frozen=True, slots=True)
class ActFacts:
    """One act that stands. amendment: it is about one. founded, ended: of the body; since, until: of its being a party;
    None: not known, or no end."""

    id: int
    agreement_id: int
    kind: str
    party: Named
    body_id: int
    post: str | None
    done: PartialDate
    takes_effect: PartialDate
    amendment: bool
    founded: PartialDate | None
    ended: PartialDate | None
    since: PartialDate | None
    until: PartialDate | None


def agreement_facts_of(snapshot: Snapshot, actor: Actor, agreement: int | None) -> tuple[Facts, ...]:
    """The agreements that this reader may see, or one of them (id), by number. Two statements."""
    table, field, party, act = (snapshot.of(model) for model in (Agreement, AgreementField, AgreementParty, Act))
    joined = sa.exists().where(
        act.c.agreement_id == party.c.agreement_id,
        act.c.body_id == party.c.body_id,
        act.c.kind.in_(JOINING),
        act.c.annulled_at.is_(None),
    )

    def count(rows: sa.FromClause, *where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        on_it = rows.c.agreement_id == table.c.id
        return sa.select(sa.func.count()).select_from(rows).where(on_it, *where).correlate(table).scalar_subquery()

    rows = snapshot.session.execute(
        sa.select(table, count(field).label("fields"), count(party, ~joined).label("parties"))
        .where(may_see_agreement(snapshot, actor), sa.true() if agreement is None else table.c.id == agreement)
        .order_by(table.c.number)
    ).all()
    steps = _steps(snapshot, [row.id for row in rows])
    return tuple(
        Facts(
            row.id,
            Named("agreement", row.number, row.title_zh, row.title_en, row.sample),
            row.grouping_id,
            row.instruments,
            row.declared_fields,
            row.fields,
            row.declared_parties,
            row.parties,
            steps.get((row.id, "open")),
            steps.get((row.id, "in_force")),
        )
        for row in rows
    )


def acts_of(snapshot: Snapshot, agreements: Collection[int]) -> tuple[ActFacts, ...]:
    """The acts of these agreements (ids) that stand, in the order recorded. Two statements."""
    act, text, body, party = (snapshot.whenever.of(model) for model in (Act, AgreementText, Body, AgreementParty))
    as_party = sa.and_(party.c.agreement_id == act.c.agreement_id, party.c.body_id == act.c.body_id)
    done = snapshot.of(Act, "done")
    rows = snapshot.session.execute(
        sa.select(
            *(act.c[name] for name in ("id", "agreement_id", "kind", "body_id", "signer_post")),
            *(act.c[f"{name}_{part}"] for name in ("done", "takes_effect") for part in ("on", "precision")),
            *(party.c[name] for name in ("since", "since_precision", "until", "until_precision")),
            *(body.c.ended_on, body.c.ended_precision, text.c.kind.label("text_kind"), *party_columns(body)),
        )
        .join(text, text.c.id == act.c.text_id)
        .join(body, body.c.id == act.c.body_id)
        .outerjoin(party, as_party)
        .where(
            act.c.agreement_id.in_(agreements), act.c.annulled_at.is_(None), act.c.id.in_(sa.select(done.c.id))
        )
        .order_by(act.c.id)
    ).all()  # fmt: skip
    founded = _founded(snapshot, {row.body_id for row in rows})
    return tuple(_act(row, founded.get(row.body_id)) for row in rows)


def posts_ended(snapshot: Snapshot, acts: Iterable[ActFacts]) -> Mapping[int, date]:
    """Id of an act → the day on which the last account of its signer's post had lost its roles, where that lies before the act.

    A post counts by its exact name and the body of its account; a post without an account says nothing. One statement.
    """
    signed = [act for act in acts if act.post and act.done.first_day()]
    if not signed:
        return {}
    person, grant = snapshot.whenever.of(Person), snapshot.whenever.of(Grant)
    rows = snapshot.session.execute(
        sa.select(
            *(person.c.body_id, person.c.post, grant.c.until),
            sa.select(Register.zone).limit(1).scalar_subquery().label("zone"),
        )
        .join(grant, grant.c.person_id == person.c.id)
        .where(person.c.body_id.in_({act.body_id for act in signed}), person.c.post.in_({act.post for act in signed}))
    )
    ends: dict[tuple[int, str], list[date | None]] = {}
    for row in rows:
        ends.setdefault((row.body_id, row.post), []).append(_day(row.until, row.zone or ZONE))
    found = {}
    for act in signed:
        known = ends.get((act.body_id, act.post or ""), [])
        over = [day for day in known if day is not None]
        first = act.done.first_day()
        if over and len(over) == len(known) and first is not None and max(over) < first:
            found[act.id] = max(over)
    return found


def _steps(snapshot: Snapshot, agreements: Collection[int]) -> Mapping[tuple[int, str], PartialDate]:
    """Agreement (id) and state → the day on which a step first led into it."""
    step = snapshot.of(Step)
    rows = snapshot.session.execute(
        sa.select(step.c.subject_id, step.c.to_state, step.c.effective, step.c.effective_precision)
        .where(
            step.c.subject_kind == "agreement", step.c.subject_id.in_(agreements),
            step.c.to_state.in_(("open", "in_force")), sa.func.coalesce(step.c.from_state, "") != step.c.to_state,
        )
        .order_by(step.c.position.desc())
    )  # fmt: skip
    return {(row.subject_id, row.to_state): dated(row.effective, row.effective_precision) for row in rows}


def _founded(snapshot: Snapshot, bodies: Collection[int]) -> Mapping[int, PartialDate]:
    """Id of a body that a split made → when."""
    event, part = snapshot.whenever.of(BodyEvent), snapshot.whenever.of(BodyEventPart)
    rows: Sequence[Row] = snapshot.session.execute(
        sa.select(part.c.body_id, event.c.on, event.c.on_precision)
        .join(event, event.c.id == part.c.event_id)
        .where(event.c.kind == "split", part.c.body_id.in_(bodies))
    ).all()
    return {row.body_id: dated(row.on, row.on_precision) for row in rows}


def _act(row: Row, founded: PartialDate | None) -> ActFacts:
    return ActFacts(
        row.id,
        row.agreement_id,
        row.kind,
        named_party(row),
        row.body_id,
        row.signer_post,
        dated(row.done_on, row.done_precision),
        dated(row.takes_effect_on, row.takes_effect_precision),
        row.text_kind == "amendment",
        founded,
        None if row.ended_precision is None else dated(row.ended_on, row.ended_precision),
        None if row.since_precision is None else dated(row.since, row.since_precision),
        None if row.until_precision is None else dated(row.until, row.until_precision),
    )


def _day(moment: datetime | None, zone: str) -> date | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).date()
