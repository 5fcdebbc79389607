"""Matters: whatever a published procedure of the subject `matter` runs on. Opened here; moved by `moves`, as all subjects are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.numbers import next_matter
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Agreement, Body, Document, Grouping, Item, Matter, MatterParty, Membership
from registry.models.base import LEVELS
from registry.permissions import Actor, Held, allowed
from registry.queries.access import sees
from registry.services import deadlines, items, matter_values, steps, subjects
from registry.services.days import day_of
from registry.services.procedures import current_procedure
from registry.services.subjects import Moved
from workflows import Definition

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """A new matter. procedure: its code. grouping: code of the grouping whose secretariat keeps it; host: of the party that opens
    it. leads, joins: codes of its parties. agreement, item, document: numbers of what it is about.

    level: public, members or parties. values: what is filled into the fields of its procedure, as text by name.
    """

    procedure: str
    title_zh: str
    title_en: str | None = None
    grouping: str | None = None
    host: str | None = None
    leads: tuple[str, ...] = ()
    joins: tuple[str, ...] = ()
    agreement: str | None = None
    item: str | None = None
    document: str | None = None
    level: str = "members"
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Keepers:
    """Who opens and keeps it, and for whom."""

    grouping: Grouping | None
    host: Body | None
    parties: tuple[tuple[str, Body], ...]

    @property
    def leads(self) -> tuple[Body, ...]:
        return tuple(body for role, body in self.parties if role == "lead")


@dataclass(frozen=True, slots=True)
class _About:
    """What it is about."""

    agreement: Agreement | None
    item: Item | None
    document: Document | None


def open_matter(session: Session, actor: Actor, ask: OpenMatter, *, at: datetime) -> Matter:
    """Open a matter; its number is given under the register's lock and never reused. Its time limits begin.

    An officer of the host opens it, or the secretariat of the grouping. On an agreement or item: one of those who work on that.
    Raises NotPermitted; Refused unknown-procedure, title-missing, unknown-choice (level), unknown-grouping, unknown-party,
    same-party-twice, unknown-subject, unknown-document, grouping-missing, host-missing, lead-missing, parties-too-few,
    foreign-grouping, party-outside, field-missing, and what `matter_values.fill_in` says of the values.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        definition, procedure_id = _procedure(session, ask.procedure)
        keepers = _keepers(session, ask)
        _require_opener(actor, keepers)
        about = _about(session, actor, ask)
        reasons = [*_incomplete(ask, definition), *_without_hands(definition, keepers)]
        reasons += [*_foreign(actor, keepers), *_outside(session, keepers, about)]
        if reasons:
            raise Refused(*reasons)
        matter = _new(session, ask, definition, procedure_id, keepers, about, at)
        session.add(matter)
        session.flush()
        for position, (role, body) in enumerate(keepers.parties, 1):
            session.add(MatterParty(matter_id=matter.id, body_id=body.id, role=role, position=position))
        offered = matter_values.at_opening(definition)
        matter_values.fill_in(session, actor, matter, definition, offered, ask.values, at=at, opening=True)
        deadlines.begin(session, definition, ("matter", matter.id), matter.state, at=at)
        steps.settle(session, matter, definition, at=at)
        book.record(
            act="matter.open", actor=actor, subject=("matter", matter.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(about.document),
        )  # fmt: skip
    return matter


def require_for_matter(actor: Actor, session: Session, matter: Matter, permission: str) -> None:
    """An officer of one of its parties or of its host, or the secretariat of its grouping. Raises NotPermitted."""
    items.require_any(actor, permission, bodies_of(session, matter), matter.grouping_id)


def acting_relations(definition: Definition) -> frozenset[str]:
    """Whose officers take the steps of a procedure: grouping, host, lead_party, each_party."""
    acting = {name for each in definition.transitions if each.kind != "entry" for name in each.roles}
    return frozenset(role.of for role in definition.roles.values() if role.id in acting)


def require_for(actor: Actor, session: Session, subject: Moved, permission: str) -> None:
    """Whoever works on this agreement, item or matter. Raises NotPermitted."""
    if isinstance(subject, Agreement):
        items.require_for_agreement(actor, session, subject, permission)
    elif isinstance(subject, Item):
        items.require_for_item(actor, session, subject, permission)
    else:
        require_for_matter(actor, session, subject, permission)


def bodies_of(session: Session, matter: Matter) -> frozenset[int]:
    """Ids of its parties as they are now, and its host."""
    query = sa.select(MatterParty.body_id).where(
        MatterParty.matter_id == matter.id, MatterParty.until_precision.is_(None)
    )
    host = {matter.host_id} if matter.host_id is not None else set()
    return frozenset(session.execute(query).scalars()) | host


def _procedure(session: Session, slug: str) -> tuple[Definition, int]:
    try:
        definition, procedure_id = current_procedure(session, slug)
    except NotFound:
        definition = None
    if definition is None or definition.subject != "matter":
        raise Refused(Reason("unknown-procedure", {"value": slug}, field="procedure"))
    return definition, procedure_id


def _keepers(session: Session, ask: OpenMatter) -> _Keepers:
    codes = (*ask.leads, *ask.joins)
    if len(set(codes)) < len(codes):
        raise Refused(Reason("same-party-twice", field="joins"))
    leads = tuple(("lead", subjects.party(session, code, field="leads")) for code in ask.leads)
    joins = tuple(("join", subjects.party(session, code, field="joins")) for code in ask.joins)
    return _Keepers(
        subjects.locked_grouping(session, ask.grouping, field="grouping") if ask.grouping else None,
        subjects.party(session, ask.host, field="host") if ask.host else None,
        (*leads, *joins),
    )


def _require_opener(actor: Actor, keepers: _Keepers) -> None:
    own = keepers.host is not None and allowed(actor, "matter:open", body_id=keepers.host.id)
    kept = keepers.grouping is not None and allowed(actor, "matter:open", grouping_id=keepers.grouping.id)
    if not own and not kept:
        raise NotPermitted("matter:open")


def _about(session: Session, actor: Actor, ask: OpenMatter) -> _About:
    agreement = _named(ask.agreement, "agreement", lambda number: subjects.locked_agreement(session, actor, number))
    item = _named(ask.item, "item", lambda number: subjects.locked_item(session, actor, number))
    if agreement is not None:
        items.require_for_agreement(actor, session, agreement, "matter:open")
    if item is not None and item.agreement_id is not None:  # what stands under a document is anybody's task who sees it
        items.require_for_item(actor, session, item, "matter:open")
    return _About(agreement, item, subjects.basis_document(session, actor, ask.document, field="document"))


def _named(number: str | None, place: str, fetch: Callable[[str], Record]) -> Record | None:
    if not number:
        return None
    try:
        return fetch(number)
    except NotFound:
        raise Refused(Reason("unknown-subject", {"value": number}, field=place)) from None


def _incomplete(ask: OpenMatter, definition: Definition) -> list[Reason]:
    reasons = [
        Reason("field-missing", {"field": each.id}, matter_values.input_of(each.id), definition=definition)
        for each in definition.fields.values()
        if each.required and not ask.values.get(each.id, "").strip()
    ]
    if not ask.title_zh.strip():
        reasons.append(Reason("title-missing", field="title_zh"))
    if ask.level not in LEVELS:
        reasons.append(Reason("unknown-choice", {"value": ask.level}, field="level"))
    return reasons


def _without_hands(definition: Definition, keepers: _Keepers) -> list[Reason]:
    """Steps that nobody could take: every relation whose officers take a step must have somebody."""
    relations = acting_relations(definition)
    least, found = definition.parties.at_least, len(keepers.parties)
    wanted = (
        ("grouping" in relations and keepers.grouping is None, Reason("grouping-missing", field="grouping")),
        ("host" in relations and keepers.host is None, Reason("host-missing", field="host")),
        ("lead_party" in relations and not keepers.leads, Reason("lead-missing", field="leads")),
        (found < least, Reason("parties-too-few", {"at_least": least, "found": found}, field="joins")),
    )
    return [reason for lacking, reason in wanted if lacking]


def _foreign(actor: Actor, keepers: _Keepers) -> list[Reason]:
    """A party puts a matter before a grouping that it belongs to."""
    grouping = keepers.grouping
    if grouping is None or grouping.id in actor.groupings or allowed(actor, "matter:open", grouping_id=grouping.id):
        return []
    return [Reason("foreign-grouping", {"grouping": grouping.name_zh}, field="grouping")]


def _outside(session: Session, keepers: _Keepers, about: _About) -> list[Reason]:
    """A party that may not see what the matter is about could not see the matter, and not act in it."""
    records = [record for record in (about.agreement, about.item) if record is not None]
    if not records:
        return []
    bodies = [(f"{role}s", body) for role, body in keepers.parties]
    bodies += [("host", keepers.host)] if keepers.host else []
    member = sa.select(Membership.body_id, Membership.grouping_id).where(Membership.until_precision.is_(None))
    groupings: dict[int, set[int]] = {}
    for body_id, grouping_id in session.execute(member.where(Membership.body_id.in_([body.id for _, body in bodies]))):
        groupings.setdefault(body_id, set()).add(grouping_id)
    reasons = []
    for place, body in bodies:
        reader = Actor(held=(Held("viewer", body.id),), groupings=frozenset(groupings.get(body.id, ())))
        for record in records:
            if not session.execute(sa.select(sees(reader, type(record), sa.literal(record.id)))).scalar_one():
                values = {"party": body.name_zh, "record": record.number}
                reasons.append(Reason("party-outside", values, field=place))
    return reasons


def _new(
    session: Session,
    ask: OpenMatter,
    definition: Definition,
    procedure_id: int,
    keepers: _Keepers,
    about: _About,
    at: datetime,
) -> Matter:
    opened = day_of(session, at)
    year = int((opened.value or "")[:4])
    series = sa.select(Matter.number).where(Matter.number.startswith(f"{definition.id}-{year}-"))
    named = (keepers.grouping, keepers.host, about.agreement, about.item)
    return Matter(
        number=str(next_matter(definition.id, year, session.execute(series).scalars())),
        title_zh=ask.title_zh.strip(),
        title_en=ask.title_en or None,
        procedure_id=procedure_id,
        state=definition.initial,
        stage=definition.states[definition.initial].stage,
        grouping_id=subjects.id_of(keepers.grouping),
        host_id=subjects.id_of(keepers.host),
        agreement_id=subjects.id_of(about.agreement),
        item_id=subjects.id_of(about.item),
        document_id=subjects.id_of(about.document),
        level=ask.level,
        opened_on=opened.value,
        opened_precision=str(opened.precision),
        revision=0,
        sample=any(each.sample for each in named if each is not None),
    )
