"""Accounts and their roles, for those who administer them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import Body, Grant, Grouping, Person
from registry.permissions import Actor, require
from registry.queries.rows import Named, Sealed, named_columns, named_in, opened
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A role of a person. scope: the party or grouping it is for, None: the whole register. since, until: UTC.

    holds: whether it holds at the moment of reading.
    """

    id: int
    role: str
    scope: Named | None
    since: datetime
    until: datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account with all its roles, ended ones too. name: under the seal of the person's party."""

    id: int
    login: str
    name: Sealed | None
    post: str
    party: Named | None
    active: bool
    language: str
    grants: tuple[GrantRow, ...]


def account_list(snapshot: Snapshot, actor: Actor, *, at: datetime) -> tuple[AccountRow, ...]:
    """All accounts by login. Raises NotPermitted without person:add."""
    require(actor, "person:add")
    return _accounts(snapshot, actor, at)


def account(snapshot: Snapshot, actor: Actor, login: str, *, at: datetime) -> AccountRow:
    """One account. Raises NotPermitted without person:add; NotFound."""
    require(actor, "person:add")
    found = _accounts(snapshot, actor, at, login)
    if not found:
        raise NotFound("person", login)
    return found[0]


def _accounts(snapshot: Snapshot, actor: Actor, at: datetime, login: str | None = None) -> tuple[AccountRow, ...]:
    person, body = snapshot.of(Person), snapshot.of(Body)
    query = (
        sa.select(
            *(person.c[name] for name in ("id", "login", "name", "post", "active", "language")),
            *named_columns(body, "body"),
        )
        .select_from(person)
        .outerjoin(body, body.c.id == person.c.body_id)
        .order_by(person.c.login)
    )
    rows = snapshot.session.execute(query if login is None else query.where(person.c.login == login)).all()
    names = open_sealed(snapshot.session, actor, [row.name for row in rows])
    grants = _grants(snapshot, [row.id for row in rows], at)
    return tuple(
        AccountRow(
            row.id,
            row.login,
            opened(row.name, names),
            row.post,
            named_in(row, "body", "body"),
            row.active,
            row.language,
            tuple(grants.get(row.id, ())),
        )
        for row in rows
    )


def _grants(snapshot: Snapshot, people: list[int], at: datetime) -> dict[int, list[GrantRow]]:
    grant, body, grouping = snapshot.of(Grant), snapshot.of(Body), snapshot.of(Grouping)
    rows = snapshot.session.execute(
        sa.select(
            grant,
            *named_columns(body, "body"),
            *named_columns(grouping, "grouping"),
        )
        .select_from(grant)
        .outerjoin(body, body.c.id == grant.c.body_id)
        .outerjoin(grouping, grouping.c.id == grant.c.grouping_id)
        .where(grant.c.person_id.in_(people))
        .order_by(grant.c.id)
    )
    found: dict[int, list[GrantRow]] = {}
    for row in rows:
        holds = row.since <= at and (row.until is None or row.until > at)
        scope = named_in(row, "body", "body") or named_in(row, "grouping", "grouping")
        found.setdefault(row.person_id, []).append(GrantRow(row.id, row.role, scope, row.since, row.until, holds))
    return found
