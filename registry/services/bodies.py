"""Bodies: parties and groupings entered, and who belongs to which grouping."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.names import tidy
from registry.domain.numbers import DOCUMENT, LIST, MEETING, NO_GROUPING
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Alias, Body, Grouping, Membership
from registry.permissions import Actor, allowed_anywhere, require
from registry.services import subjects

PARTY_KINDS = (
    "city", "league", "district", "government", "department", "park", "institution", "autonomous_region", "municipality",
)  # fmt: skip
GROUPING_KINDS = (
    "economic_zone", "leagues_and_cities", "adjacent_region", "city_cluster", "cities", "cooperation_area", "area",
)  # fmt: skip
MEMBER_ROLES = ("member", "observer", "host")

GB_CODE = re.compile("[0-9]{6}")
_PARTY_CODE = re.compile("[a-z0-9][a-z0-9-]{0,39}")
# It begins the numbers of agreements and items, whose columns hold 40 characters.
_GROUPING_CODE = re.compile("[a-z][a-z0-9]{0,23}")
_TAKEN_PARTY_CODES = frozenset({"new"})
"""Addresses of the house under /parties."""
_TAKEN_GROUPING_CODES = frozenset({DOCUMENT, LIST, MEETING, NO_GROUPING, "claim", "event", "commitment", "new"})
"""What begins the numbers of other records, and addresses of the house under /groupings."""


@dataclass(frozen=True, slots=True)
class AddParty:
    """A body that can sign.

    code: the GB/T 2260 code where there is one, else a key of lower-case letters, digits and hyphens. kind: one of
    `PARTY_KINDS`. province: name of the province-level unit. gb_code: six digits. aliases: names that hold everywhere.
    """

    code: str
    name_zh: str
    name_en: str | None = None
    kind: str = "city"
    province: str | None = None
    gb_code: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddGrouping:
    """A standing body of cities. code: lower-case letters and digits; it begins the numbers of its agreements.

    kind: one of `GROUPING_KINDS`. declared_members: the number of members that a document states.
    """

    code: str
    name_zh: str
    name_en: str | None = None
    kind: str = "cities"
    declared_members: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddMember:
    """A party joins a grouping; both by code. role: one of `MEMBER_ROLES`."""

    grouping: str
    party: str
    role: str = "member"
    since: PartialDate = UNKNOWN


@dataclass(frozen=True, slots=True)
class AddAlias:
    """Another name of a party or a grouping (by code, one of them).

    issuer: code of a body in whose papers alone it holds; issuer_kind: or the kind of the bodies, one of `PARTY_KINDS`.
    """

    text: str
    party: str | None = None
    grouping: str | None = None
    issuer: str | None = None
    issuer_kind: str | None = None
    note: str | None = None


def add_party(session: Session, actor: Actor, ask: AddParty, *, at: datetime) -> Body:
    """Enter a party. Raises NotPermitted; Refused party-code-bad, code-taken, gb-code-bad, name-missing, unknown-choice."""
    if not allowed_anywhere(actor, "body:add"):
        raise NotPermitted("body:add")
    with atomic(session) as book:
        subjects.locked_register(session)  # or two who enter one code at once both find it free
        if not _PARTY_CODE.fullmatch(ask.code) or ask.code in _TAKEN_PARTY_CODES:
            raise Refused(Reason("party-code-bad", {"value": ask.code}, field="code"))
        if ask.gb_code and not GB_CODE.fullmatch(ask.gb_code):
            raise Refused(Reason("gb-code-bad", {"value": ask.gb_code}, field="gb_code"))
        _check(session, ask, Body, PARTY_KINDS)
        party = Body(
            code=ask.code,
            gb_code=ask.gb_code or None,
            name_zh=tidy(ask.name_zh),
            name_en=ask.name_en,
            kind=ask.kind,
            province=ask.province,
            signs=True,
            sample=False,
        )
        session.add(party)
        session.flush()
        session.add_all(Alias(body_id=party.id, text=name) for name in _names(ask.aliases))
        book.record(act="party.add", actor=actor, subject=("party", party.id), at=at, on_behalf_of=actor.body_code)
    return party


def add_grouping(session: Session, actor: Actor, ask: AddGrouping, *, at: datetime) -> Grouping:
    """Enter a grouping, without members. Raises NotPermitted; Refused grouping-code-bad, code-taken, name-missing, unknown-choice."""
    if not allowed_anywhere(actor, "body:add"):
        raise NotPermitted("body:add")
    with atomic(session) as book:
        subjects.locked_register(session)
        if not _GROUPING_CODE.fullmatch(ask.code) or ask.code in _TAKEN_GROUPING_CODES:
            raise Refused(Reason("grouping-code-bad", {"value": ask.code}, field="code"))
        _check(session, ask, Grouping, GROUPING_KINDS)
        grouping = Grouping(
            code=ask.code,
            name_zh=tidy(ask.name_zh),
            name_en=ask.name_en,
            kind=ask.kind,
            declared_members=ask.declared_members,
            sample=False,
        )
        session.add(grouping)
        session.flush()
        session.add_all(Alias(grouping_id=grouping.id, text=name) for name in _names(ask.aliases))
        book.record(
            act="grouping.add", actor=actor, subject=("grouping", grouping.id), at=at, on_behalf_of=actor.body_code
        )
    return grouping


def add_member(session: Session, actor: Actor, ask: AddMember, *, at: datetime) -> Membership:
    """Enter a party as the last member of a grouping; its people read the members' pages from now on.

    Raises NotPermitted; Refused unknown-grouping, unknown-party, unknown-choice, sample-mixed, already-member.
    """
    with atomic(session) as book:
        grouping = subjects.locked_grouping(session, ask.grouping, field="grouping")
        require(actor, "body:add", grouping_id=grouping.id)
        party = subjects.party(session, ask.party, field="party")
        if ask.role not in MEMBER_ROLES:
            raise Refused(Reason("unknown-choice", {"value": ask.role}, field="role"))
        if party.sample != grouping.sample:
            raise Refused(Reason("sample-mixed", {"table": "body", "value": party.code}, field="party"))
        there = session.execute(sa.select(Membership).where(Membership.grouping_id == grouping.id)).scalars().all()
        if any(each.body_id == party.id and each.until_precision is None for each in there):
            raise Refused(Reason("already-member", {"party": party.name_zh}, field="party"))
        member = Membership(
            grouping_id=grouping.id,
            body_id=party.id,
            role=ask.role,
            position=max((each.position for each in there), default=0) + 1,
            since=ask.since.value,
            since_precision=str(ask.since.precision),
        )
        session.add(member)
        book.record(
            act="grouping.member", actor=actor, subject=("grouping", grouping.id), at=at, on_behalf_of=actor.body_code
        )
    return member


def add_alias(session: Session, actor: Actor, ask: AddAlias, *, at: datetime) -> Alias:
    """Enter another name of a party or a grouping.

    Raises NotPermitted; Refused name-missing, owner-missing, unknown-body, unknown-grouping, unknown-choice (issuer_kind),
    scope-twice, alias-known.
    """
    if not allowed_anywhere(actor, "alias:add"):
        raise NotPermitted("alias:add")
    with atomic(session) as book:
        subjects.locked_register(session)
        text, owner = tidy(ask.text), _owner(session, ask)
        if not text:
            raise Refused(Reason("name-missing", field="text"))
        if ask.issuer and ask.issuer_kind:
            raise Refused(Reason("scope-twice", field="issuer_kind"))
        if ask.issuer_kind and ask.issuer_kind not in PARTY_KINDS:
            raise Refused(Reason("unknown-choice", {"value": ask.issuer_kind}, field="issuer_kind"))
        scope = {
            "issuer_id": subjects.body(session, ask.issuer, field="issuer").id if ask.issuer else None,
            "issuer_kind": ask.issuer_kind or None,
        }
        place = {"grouping_id" if isinstance(owner, Grouping) else "body_id": owner.id}
        if session.execute(sa.select(Alias.id).filter_by(text=text, **place, **scope)).first() is not None:
            raise Refused(Reason("alias-known", {"value": text}, field="text"))
        alias = Alias(text=text, note=ask.note or None, **place, **scope)
        session.add(alias)
        kind = "grouping" if isinstance(owner, Grouping) else "party"
        book.record(act="alias.add", actor=actor, subject=(kind, owner.id), at=at, on_behalf_of=actor.body_code)
    return alias


def _owner(session: Session, ask: AddAlias) -> Body | Grouping:
    if bool(ask.party) == bool(ask.grouping):
        raise Refused(Reason("owner-missing", field="party"))
    if ask.party:
        return subjects.body(session, ask.party, field="party")
    return subjects.locked_grouping(session, ask.grouping or "", field="grouping")


def _check(session: Session, ask: AddParty | AddGrouping, model: type[Body | Grouping], kinds: tuple[str, ...]) -> None:
    if not tidy(ask.name_zh):
        raise Refused(Reason("name-missing", field="name_zh"))
    if ask.kind not in kinds:
        raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
    if session.execute(sa.select(model.id).where(model.code == ask.code)).first() is not None:
        raise Refused(Reason("code-taken", {"value": ask.code}, field="code"))


def _names(typed: Iterable[str]) -> list[str]:
    """The names, tidied, each once."""
    return list(dict.fromkeys(name for name in map(tidy, typed) if name))
