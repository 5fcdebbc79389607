"""Who is asking: a person's roles and reading rights as they are now."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Body, Grant, Membership, Person
from registry.permissions import Actor, Held


def actor_of(session: Session, login: str, *, at: datetime, door: str, request_id: str | None = None) -> Actor | None:
    """The actor behind an account, or None of an unknown or ended one.

    at: decides which grants hold. Members' pages are open to those who hold a role for a member of the grouping now, or
    for the grouping itself. One statement.
    """
    holds = sa.and_(Grant.person_id == Person.id, Grant.since <= at, sa.or_(Grant.until.is_(None), Grant.until > at))
    member = sa.and_(Membership.body_id == Grant.body_id, Membership.until_precision.is_(None))
    rows = session.execute(
        sa.select(
            Person.id, Person.name, Person.post, Person.body_id, Body.code, Grant.role, Grant.body_id.label("for_body"),
            Grant.grouping_id, Membership.grouping_id.label("member_of"),
        )
        .outerjoin(Body, Body.id == Person.body_id)
        .outerjoin(Grant, holds)
        .outerjoin(Membership, member)
        .where(Person.login == login, Person.active)
        .order_by(Grant.id)
    ).all()  # fmt: skip
    if not rows:
        return None
    person = rows[0]
    held = dict.fromkeys(Held(row.role, row.for_body, row.grouping_id) for row in rows if row.role)
    return Actor(
        person_id=person.id,
        name=person.name,
        post=person.post,
        body_id=person.body_id,
        body_code=person.code,
        held=tuple(held),
        groupings=frozenset(group for row in rows for group in (row.grouping_id, row.member_of) if group is not None),
        door=door,
        request_id=request_id,
    )


def groupings_of(session: Session, body_id: int | None) -> frozenset[int]:
    """Ids of the groupings that a party is a member of now: whose members' pages its people may see."""
    query = sa.select(Membership.grouping_id).where(Membership.body_id == body_id, Membership.until_precision.is_(None))
    return frozenset(session.scalars(query))
