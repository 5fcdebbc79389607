"""Whom a name in a document means on a day: one body, or the members of a grouping as they were then."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from registry.domain import Reading, Reason, asked
from registry.domain.names import AliasRow, resolve
from registry.models import Alias, Body, Grouping, Membership, SameAs
from registry.queries.access import stands
from registry.queries.held import begun, ended
from registry.queries.rows import Named, named_party, party_columns
from registry.queries.snapshot import Snapshot

MEMBERS = ("member", "host")
"""Roles of those that 各成员城市 means; observers look on."""


def members_on(snapshot: Snapshot, grouping: str, on: date) -> tuple[Named, ...]:
    """The members and the host of a grouping (code) on a day, in printed order; nobody of one that is not there."""
    member, body, whose = (snapshot.whenever.of(model) for model in (Membership, Body, Grouping))
    day = on.isoformat()
    query = (
        sa.select(*party_columns(body))
        .select_from(member)
        .join(whose, whose.c.id == member.c.grouping_id)
        .join(body, body.c.id == member.c.body_id)
        .where(whose.c.code == grouping, member.c.role.in_(MEMBERS))
        .where(
            begun(member.c.since, member.c.since_precision, day), ~ended(member.c.until, member.c.until_precision, day)
        )
        .order_by(member.c.position, member.c.id)
    )
    return tuple(dict.fromkeys(named_party(row) for row in snapshot.session.execute(query)))


def expand(
    snapshot: Snapshot, name: str, on: date, *, issuer: str | None = None, grouping: str | None = None
) -> Reading[tuple[Named, ...]]:
    """The bodies that a name means in a document: itself, or the members of a grouping on that day.

    issuer: code of the body that issued the document. grouping: code of the grouping whose document it is.
    Outcomes: as `registry.domain.names.resolve`; also ask for a grouping that had no known member on that day. At most five
    statements.
    """
    body, whose = snapshot.whenever.of(Body), snapshot.whenever.of(Grouping)
    kind = snapshot.session.scalar(sa.select(body.c.kind).where(body.c.code == issuer)) if issuer else None
    reading = resolve(name, alias_rows(snapshot), issuer, issuer_kind=kind, grouping=grouping)
    if reading.value is None:
        return asked(reading.reason or Reason.UNKNOWN_NAME)
    if snapshot.session.scalar(sa.select(whose.c.id).where(whose.c.code == reading.value)) is None:
        row = snapshot.session.execute(sa.select(*party_columns(body)).where(body.c.code == reading.value)).one()
        return Reading(reading.outcome, (named_party(row),), reading.reason)
    members = members_on(snapshot, reading.value, on)
    return Reading(reading.outcome, members, reading.reason) if members else asked(Reason.UNKNOWN_NAME)


def alias_rows(snapshot: Snapshot) -> tuple[AliasRow, ...]:
    """Every name of every body and grouping: the official ones, and the aliases with where they hold. One statement."""
    body, whose, alias = (snapshot.whenever.of(model) for model in (Body, Grouping, Alias))
    issuer = snapshot.whenever.of(Body, "issuer")
    nobody = (sa.null(), sa.null())
    query = sa.union_all(
        sa.select(body.c.name_zh, body.c.code, *nobody).where(stands(snapshot, Body, body)),
        sa.select(whose.c.name_zh, whose.c.code, *nobody).where(stands(snapshot, Grouping, whose)),
        sa.select(alias.c.text, sa.func.coalesce(body.c.code, whose.c.code), issuer.c.code, alias.c.issuer_kind)
        .select_from(alias)
        .outerjoin(body, body.c.id == alias.c.body_id)
        .outerjoin(whose, whose.c.id == alias.c.grouping_id)
        .outerjoin(issuer, issuer.c.id == alias.c.issuer_id),
        *(_names_of_others(snapshot, model, kind) for model, kind in ((Body, "party"), (Grouping, "grouping"))),
    )
    return tuple(AliasRow(*row) for row in snapshot.session.execute(query))


def _names_of_others(snapshot: Snapshot, model: type[Body] | type[Grouping], kind: str) -> sa.Select[tuple[str, ...]]:
    """The names of records that turned out to be another mean that one."""
    decided, kept, other = (
        snapshot.of(SameAs),
        snapshot.whenever.of(model, "kept"),
        snapshot.whenever.of(model, "other"),
    )
    return (
        sa.select(other.c.name_zh, kept.c.code, sa.null(), sa.null())
        .select_from(decided)
        .join(kept, kept.c.id == decided.c.subject_id)
        .join(other, other.c.id == decided.c.other_id)
        .where(decided.c.subject_kind == kind, decided.c.undone_at.is_(None))
    )
