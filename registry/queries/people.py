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
    for the grouping itself.
    """
    person = session.execute(
        sa.select(Person.id, Person.name, Person.post, Person.body_id, Body.code)
        .outerjoin(Body, Body.id == Person.body_id)
        .where(Person.login == login, Person.active)
    ).one_or_none()
    if person is None:
        return None
    grants = session.execute(
        sa.select(Grant.role, Grant.body_id, Grant.grouping_id).where(
            Grant.person_id == person.id, Grant.since <= at, sa.or_(Grant.until.is_(None), Grant.until > at)
        ).order_by(Grant.id)
    )  # fmt: skip
    held = tuple(Held(*grant) for grant in grants)
    return Actor(
        person_id=person.id,
        name=person.name,
        post=person.post,
        body_id=person.body_id,
        body_code=person.code,
        held=held,
        groupings=_groupings(session, held),
        door=door,
        request_id=request_id,
    )


def _groupings(session: Session, held: tuple[Held, ...]) -> frozenset[int]:
    bodies = {each.body_id for each in held if each.body_id is not None}
    own = {each.grouping_id for each in held if each.grouping_id is not None}
    if not bodies:
        return frozenset(own)
    member = sa.select(Membership.grouping_id).where(
        Membership.body_id.in_(bodies), Membership.until_precision.is_(None)
    )
    return frozenset(own | set(session.execute(member).scalars()))
