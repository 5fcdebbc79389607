"""Who may see which rows, as conditions of queries: what a reader may not see is neither found nor counted.

Rights are those of today, also on pages of the past: a record that was narrowed since does not open through `known=`.

public     everybody.
members    readers of a grouping that the record belongs to, and its parties.
parties    readers of its parties: of an agreement its parties, of a document its issuer and whom its items name, of an annual
           list its issuer and who has a part in its items, of a matter its host and its parties.
A matter on an agreement or an item is never wider than that record. Guests see no agreement that is still prepared.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import sqlalchemy as sa

from registry.models import (
    Agreement,
    AgreementParty,
    AnnualList,
    Assignment,
    Audited,
    Body,
    Claim,
    Document,
    Grouping,
    Item,
    ListRow,
    Matter,
    MatterParty,
    Meeting,
    Membership,
    Report,
    SameAs,
)
from registry.permissions import Actor
from registry.queries.snapshot import Snapshot, live

Condition: TypeAlias = sa.ColumnElement[bool]


class Audience(Enum):
    """Of a record: those who may see it at its level, its members, or its parties."""

    READERS = "readers"
    MEMBERS = "members"
    PARTIES = "parties"


class Reader(NamedTuple):
    """What of an actor decides what may be seen: readers with the same rights share their conditions."""

    bodies: frozenset[int]
    groupings: frozenset[int]
    guest: bool = False


Rule: TypeAlias = Callable[[sa.FromClause, Reader], Condition]


def may_see_agreement(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on agreements. rows: an alias of `snapshot.of(Agreement)`, if not that itself."""
    return _cut(snapshot, actor, Agreement, rows)


def may_see_item(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on items: the level of the agreement or document, and their own where it is narrower."""
    return _cut(snapshot, actor, Item, rows)


def may_see_document(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on documents."""
    return _cut(snapshot, actor, Document, rows)


def may_see_matter(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on matters: their own level, and that the agreement and the item they are about may be seen."""
    return _cut(snapshot, actor, Matter, rows)


def may_see_claim(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on claims: their own level, and that the document and the agreement they speak of may be seen."""
    return _cut(snapshot, actor, Claim, rows)


def may_see_list(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on annual lists; which of their rows, `may_see_item` says."""
    return _cut(snapshot, actor, AnnualList, rows)


def may_see_report(snapshot: Snapshot, actor: Actor, rows: sa.FromClause | None = None) -> Condition:
    """Condition on reports of items that may be seen: members only, until the report is released."""
    return _cut(snapshot, actor, Report, rows)


def sees(actor: Actor, model: type[Audited], identity: sa.SQLColumnExpression[int]) -> Condition:
    """Condition that the record of this id is there and may be seen today; models without a level are everybody's."""
    if model not in _RULES or actor.sees_all:
        return sa.true()
    rows = live(model, "there")
    return sa.exists().where(rows.c.id == identity, _rule(_RULES[model], rows, _reader(actor)))


def stands(snapshot: Snapshot, model: type[Audited], rows: sa.FromClause | None = None) -> Condition:
    """Condition on records: the snapshot knows of no decision that they are the same as another, to which their address leads.

    rows: as above. Models of which no two can be one all stand.
    """
    if model not in _KINDS:
        return sa.true()
    return _stands(_KINDS[model], snapshot.of(model) if rows is None else rows, snapshot.of(SameAs, "led"))


def _cut(snapshot: Snapshot, actor: Actor, model: type[Audited], rows: sa.FromClause | None) -> Condition:
    rows = snapshot.of(model) if rows is None else rows
    there = stands(snapshot, model, rows)
    if actor.sees_all:
        return there
    if snapshot.known is None:
        return sa.and_(there, _rule(_RULES[model], rows, _reader(actor)))
    return sa.and_(there, sees(actor, model, rows.c.id))


def _reader(actor: Actor) -> Reader:
    return Reader(actor.reader_bodies, actor.groupings, actor.guest)


@lru_cache(maxsize=1024)
def _stands(kind: str, rows: sa.FromClause, decided: sa.FromClause) -> Condition:
    led = sa.exists().where(
        decided.c.subject_kind == kind, decided.c.other_id == rows.c.id, decided.c.undone_at.is_(None)
    )
    return ~led


@lru_cache(maxsize=4096)
def _rule(rule: Rule, rows: sa.FromClause, reader: Reader) -> Condition:
    return rule(rows, reader)


def _agreement(rows: sa.FromClause, reader: Reader, audience: Audience = Audience.READERS) -> Condition:
    party = live(AgreementParty, "reader")
    named = sa.exists().where(party.c.agreement_id == rows.c.id, _among(party.c.body_id, reader.bodies))
    is_party = named if reader.bodies else sa.false()
    is_member = sa.or_(_among(rows.c.grouping_id, reader.groupings), is_party)
    seen = _by_level(rows.c.level, audience, is_member, is_party)
    return sa.and_(seen, rows.c.stage != "preparation") if reader.guest else seen


def _document(rows: sa.FromClause, reader: Reader, audience: Audience = Audience.READERS) -> Condition:
    item, assigned = live(Item, "under"), live(Assignment, "reader")
    named = sa.exists().where(
        item.c.document_id == rows.c.id, assigned.c.item_id == item.c.id, _among(assigned.c.body_id, reader.bodies)
    )
    is_party = sa.or_(_among(rows.c.issuer_id, reader.bodies), named if reader.bodies else sa.false())
    is_member = sa.or_(is_party, _shares(rows, reader))
    return _by_level(rows.c.level, audience, is_member, is_party)


def _list(rows: sa.FromClause, reader: Reader) -> Condition:
    listed, assigned = live(ListRow, "under"), live(Assignment, "reader")
    named = sa.exists().where(
        listed.c.list_id == rows.c.id, assigned.c.item_id == listed.c.item_id, _among(assigned.c.body_id, reader.bodies)
    )
    is_party = sa.or_(_among(rows.c.issuer_id, reader.bodies), named if reader.bodies else sa.false())
    is_member = sa.or_(is_party, _among(rows.c.grouping_id, reader.groupings), _shares(rows, reader))
    return _by_level(rows.c.level, Audience.READERS, is_member, is_party)


def _shares(rows: sa.FromClause, reader: Reader) -> Condition:
    """Condition on rows with an issuer: it is a member of a grouping of the reader."""
    membership = live(Membership, "reader")
    shares = sa.exists().where(
        membership.c.body_id == rows.c.issuer_id,
        membership.c.until_precision.is_(None),
        _among(membership.c.grouping_id, reader.groupings),
    )
    return shares if reader.groupings else sa.false()


def _item(rows: sa.FromClause, reader: Reader) -> Condition:
    is_member, is_party = _under(rows, reader, Audience.MEMBERS), _under(rows, reader, Audience.PARTIES)
    own = _by_level(sa.func.coalesce(rows.c.level, "public"), Audience.READERS, is_member, is_party)
    return sa.and_(_under(rows, reader, Audience.READERS), own)


def _matter(rows: sa.FromClause, reader: Reader) -> Condition:
    party, item = live(MatterParty, "reader"), live(Item, "about")
    named = sa.exists().where(party.c.matter_id == rows.c.id, _among(party.c.body_id, reader.bodies))
    is_party = sa.or_(_among(rows.c.host_id, reader.bodies), named if reader.bodies else sa.false())
    is_member = sa.or_(_among(rows.c.grouping_id, reader.groupings), is_party)
    about_item = sa.select(item.c.id).where(_item(item, reader))
    return sa.and_(
        _by_level(rows.c.level, Audience.READERS, is_member, is_party),
        sa.or_(rows.c.agreement_id.is_(None), rows.c.agreement_id.in_(_ids(Agreement, reader, Audience.READERS))),
        sa.or_(rows.c.item_id.is_(None), rows.c.item_id.in_(about_item)),
    )


def _claim(rows: sa.FromClause, reader: Reader) -> Condition:
    is_member = sa.or_(_under(rows, reader, Audience.MEMBERS), _among(rows.c.grouping_id, reader.groupings))
    return sa.and_(
        _by_level(rows.c.level, Audience.READERS, is_member, _under(rows, reader, Audience.PARTIES)),
        rows.c.document_id.in_(_ids(Document, reader, Audience.READERS)),
        sa.or_(rows.c.agreement_id.is_(None), rows.c.agreement_id.in_(_ids(Agreement, reader, Audience.READERS))),
    )


def _report(rows: sa.FromClause, reader: Reader) -> Condition:
    item = live(Item, "reported")
    is_member = sa.exists().where(item.c.id == rows.c.item_id, _under(item, reader, Audience.MEMBERS))
    return sa.or_(rows.c.released_at.is_not(None), _among(rows.c.body_id, reader.bodies), is_member)


def _under(rows: sa.FromClause, reader: Reader, audience: Audience) -> Condition:
    """Condition on rows with an agreement, a document or both: the reader belongs to this audience of one of them."""
    return sa.or_(
        rows.c.agreement_id.in_(_ids(Agreement, reader, audience)),
        rows.c.document_id.in_(_ids(Document, reader, audience)),
    )


@lru_cache(maxsize=1024)
def _ids(model: type[Agreement] | type[Document], reader: Reader, audience: Audience) -> sa.Select[int]:
    rows = live(model, "seen")
    rule = _agreement if model is Agreement else _document
    return sa.select(rows.c.id).where(rule(rows, reader, audience))


def _among(column: sa.ColumnElement[int | None], values: frozenset[int]) -> Condition:
    return column.in_(sorted(values)) if values else sa.false()


def _by_level(level: sa.ColumnElement[str], audience: Audience, is_member: Condition, is_party: Condition) -> Condition:
    if audience is Audience.PARTIES:
        return is_party
    if audience is Audience.MEMBERS:
        return is_member
    return sa.or_(level == "public", sa.and_(level != "parties", is_member), is_party)


_KINDS: dict[type[Audited], str] = {
    Agreement: "agreement",
    Body: "party",
    Document: "document",
    Grouping: "grouping",
    Item: "item",
    Meeting: "meeting",
}
"""Models of which two records may turn out to be one, and their kinds."""

_RULES: dict[type[Audited], Rule] = {
    Agreement: _agreement,
    Item: _item,
    Document: _document,
    Matter: _matter,
    Claim: _claim,
    Report: _report,
    AnnualList: _list,
}
