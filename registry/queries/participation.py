"""Who takes no part in an item, and what the reader's own parties can do about theirs."""

from __future__ import annotations

import sqlalchemy as sa

from registry.models import AgreementParty, Assignment, Body, Item, OptOut
from registry.permissions import Actor, allowed
from registry.queries.rows import Named, named_party, party_columns, still
from registry.queries.snapshot import Snapshot


def opted_out(snapshot: Snapshot, item_id: int) -> tuple[Named, ...]:
    """The parties that take no part in an item, by code. One statement."""
    out, body = snapshot.of(OptOut), snapshot.of(Body)
    query = (
        sa.select(*party_columns(body))
        .join(out, out.c.body_id == body.c.id)
        .where(out.c.item_id == item_id, still(snapshot, out))
        .order_by(body.c.code)
    )
    return tuple(named_party(row) for row in snapshot.session.execute(query))


def choices_of(snapshot: Snapshot, actor: Actor, item_id: int) -> frozenset[str]:
    """The permissions by which an officer's own parties of the item's agreement may change their part in an item that goes on:
    item:join, item:opt-out. One statement; none for other readers."""
    own = sorted(
        held.body_id
        for held in actor.held
        if held.body_id is not None and allowed(actor, "item:join", body_id=held.body_id)
    )
    if not own:
        return frozenset()
    item, party, assigned, out = (snapshot.of(model) for model in (Item, AgreementParty, Assignment, OptOut))
    part = sa.and_(assigned.c.item_id == item.c.id, assigned.c.body_id == party.c.body_id, still(snapshot, assigned))
    gone = sa.and_(out.c.item_id == item.c.id, out.c.body_id == party.c.body_id, still(snapshot, out))
    query = (
        sa.select(
            (~sa.exists().where(part)).label("joins"),
            (~sa.exists().where(gone) & ~sa.exists().where(part, assigned.c.role == "lead")).label("leaves"),
        )
        .select_from(item)
        .join(party, party.c.agreement_id == item.c.agreement_id)
        .where(item.c.id == item_id, item.c.stage != "ended", party.c.body_id.in_(own), still(snapshot, party))
    )
    rows = snapshot.session.execute(query).all()
    offered = (("item:join", any(row.joins for row in rows)), ("item:opt-out", any(row.leaves for row in rows)))
    return frozenset(permission for permission, may in offered if may)
