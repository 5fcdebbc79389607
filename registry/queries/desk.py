"""The desk: for the parties that a person acts for, the signatures that are awaited, what waits for their word, their items."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.models import Act, Agreement, AgreementParty, AgreementText, Assignment, Body, Item
from registry.permissions import Actor
from registry.queries.access import may_see_agreement
from registry.queries.items import ItemRow, item_rows
from registry.queries.lamps import lamps
from registry.queries.rows import Named, named_party, party_columns, still
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Awaited:
    """One party's signature or answer on one agreement. act: id of the act that waits for the party's word, else None."""

    agreement: Named
    party: Named
    act: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What waits for a person. roles: codes of the roles held now.

    unsigned: agreements open for signature without a standing act of the party; unanswered: acts that the host logged;
    items: those that the parties lead or join and that are not ended, what needs attention first.
    """

    roles: tuple[str, ...]
    unsigned: tuple[Awaited, ...]
    unanswered: tuple[Awaited, ...]
    items: tuple[ItemRow, ...]


def desk_of(snapshot: Snapshot, actor: Actor, *, size: int = 50) -> Desk:
    """The desk of this actor. size: items at most."""
    mine = sorted(each.body_id for each in actor.held if each.role == "officer" and each.body_id is not None)
    roles = tuple(dict.fromkeys(each.role for each in actor.held))
    if not mine:
        return Desk(roles, (), (), ())
    return Desk(
        roles,
        unsigned_by(snapshot, actor, mine),
        unanswered_by(snapshot, actor, mine),
        _items(snapshot, actor, mine, size),
    )


def unsigned_by(snapshot: Snapshot, actor: Actor, mine: list[int]) -> tuple[Awaited, ...]:
    """Agreements open for signature without a standing act of one of these bodies."""
    agreement, party, act, text, body = (
        snapshot.of(model) for model in (Agreement, AgreementParty, Act, AgreementText, Body)
    )
    done = sa.exists().where(
        act.c.agreement_id == agreement.c.id,
        act.c.body_id == party.c.body_id,
        act.c.kind.in_(("signature", "decline", "accession", "succession")),
        act.c.annulled_at.is_(None),
        text.c.id == act.c.text_id,
        text.c.kind == "text",
    )
    query = (
        sa.select(
            agreement.c.number, agreement.c.title_zh, agreement.c.title_en, agreement.c.sample, *party_columns(body)
        )
        .select_from(agreement)
        .join(party, party.c.agreement_id == agreement.c.id)
        .join(body, body.c.id == party.c.body_id)
        .where(agreement.c.stage == "signing", party.c.body_id.in_(mine), still(snapshot, party), ~done)
        .where(may_see_agreement(snapshot, actor))
        .order_by(agreement.c.number)
    )
    return tuple(Awaited(_agreement(row), named_party(row), None) for row in snapshot.session.execute(query))


def unanswered_by(snapshot: Snapshot, actor: Actor, mine: list[int]) -> tuple[Awaited, ...]:
    """Acts that the host logged for one of these bodies, and that it has neither confirmed nor objected to."""
    agreement, act, body = (snapshot.of(model) for model in (Agreement, Act, Body))
    query = (
        sa.select(
            agreement.c.number,
            agreement.c.title_zh,
            agreement.c.title_en,
            agreement.c.sample,
            act.c.id,
            *party_columns(body),
        )
        .select_from(act)
        .join(agreement, agreement.c.id == act.c.agreement_id)
        .join(body, body.c.id == act.c.body_id)
        .where(
            act.c.confirmation == "awaited",
            act.c.annulled_at.is_(None),
            act.c.body_id.in_(mine),
            may_see_agreement(snapshot, actor),
        )
        .order_by(agreement.c.number, act.c.id)
    )
    return tuple(Awaited(_agreement(row), named_party(row), row.id) for row in snapshot.session.execute(query))


def _items(snapshot: Snapshot, actor: Actor, mine: list[int], size: int) -> tuple[ItemRow, ...]:
    item, assigned = snapshot.of(Item), snapshot.of(Assignment).alias()
    own = item.c.id.in_(sa.select(assigned.c.item_id).where(assigned.c.body_id.in_(mine), still(snapshot, assigned)))
    where = [own, item.c.stage != "ended"]
    return item_rows(snapshot, actor, where, (item.c.sample, lamps(snapshot, where).urgency), size=size)


def _agreement(row: sa.Row[tuple[object, ...]]) -> Named:
    return Named("agreement", row.number, row.title_zh, row.title_en, row.sample)
