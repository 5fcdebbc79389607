"""Accounts and their roles, for those who administer them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import Body, Grant, Grouping, Person
from registry.permissions import Actor, require
from registry.queries.rows import Named, Sealed, opened
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
            body.c.code,
            body.c.name_zh,
            body.c.name_en,
            body.c.sample,
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
            Named("body", row.code, row.name_zh, row.name_en, row.sample) if row.code else None,
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
            *(body.c[name].label(f"body_{name}") for name in ("code", "name_zh", "name_en", "sample")),
            *(grouping.c[name].label(f"grouping_{name}") for name in ("code", "name_zh", "name_en", "sample")),
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
        found.setdefault(row.person_id, []).append(GrantRow(row.id, row.role, _scope(row), row.since, row.until, holds))
    return found


def _scope(row: sa.Row[tuple[object, ...]]) -> Named | None:
    if row.body_code:
        return Named("body", row.body_code, row.body_name_zh, row.body_name_en, row.body_sample)
    if row.grouping_code:
        return Named("grouping", row.grouping_code, row.grouping_name_zh, row.grouping_name_en, row.grouping_sample)
    return None
