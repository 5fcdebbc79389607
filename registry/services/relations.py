"""Relations between agreements: implements, sub-accord, amends, supersedes; and the open questions possibly the same, unclear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, AgreementParty, Body, Relation
from registry.models.agreements import RELATIONS
from registry.permissions import Actor
from registry.queries.access import may_see_agreement
from registry.queries.snapshot import Snapshot
from registry.services import subjects
from registry.services.agreements import require_keeper
from registry.services.days import day_of

QUESTIONS = ("possibly_same", "unclear")
"""Kinds that say the same of both agreements, until a person decides."""


@dataclass(frozen=True, slots=True)
class AddRelation:
    """How an agreement stands to another one, both by number. kind: one of `RELATIONS`, read from `agreement` to `other`."""

    agreement: str
    other: str
    kind: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class EndRelation:
    """A relation does not hold, or its question is answered. reason: what was found, e.g. that they are two agreements."""

    agreement: str
    other: str
    kind: str
    reason: str


def add_relation(session: Session, actor: Actor, ask: AddRelation, *, at: datetime) -> Relation:
    """Record how an agreement stands to another one.

    Raises NotPermitted; NotFound; Refused unknown-choice (kind), unknown-agreement, relation-to-itself, sample-mixed,
    relation-known, relation-circle, not-of-framework (with the names of those who are no party of it).
    """
    with atomic(session) as book:
        subjects.locked_register(session)  # or two relations that close a circle only together both pass
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        require_keeper(actor, agreement, "relation:add")
        if ask.kind not in RELATIONS:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        other = _other(session, actor, ask.other)
        if other.id == agreement.id:
            raise Refused(Reason("relation-to-itself", field="other"))
        if other.sample != agreement.sample:
            raise Refused(Reason("sample-mixed", {"table": "agreement", "value": other.number}, field="other"))
        if _found(session, agreement, other, ask.kind) is not None:
            raise Refused(Reason("relation-known", {"kind": ask.kind, "other": other.number}, field="other"))
        if ask.kind not in QUESTIONS:
            _require_no_circle(session, actor, agreement, other)
        if ask.kind == "sub_accord":
            _require_parties_of(session, agreement, other, at)
        relation = Relation(
            agreement_id=agreement.id, other_id=other.id, kind=ask.kind, note=(ask.note or "").strip() or None
        )
        session.add(relation)
        agreement.revision += 1
        book.record(
            act="relation.add", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code
        )
    return relation


def end_relation(session: Session, actor: Actor, ask: EndRelation, *, at: datetime) -> None:
    """End a relation, with the reason; the history keeps it. A question may be answered from the side of either agreement.

    Raises NotPermitted; NotFound; Refused unknown-agreement, reason-missing.
    """
    with atomic(session) as book:
        subjects.locked_register(session)  # or two that lock the same two agreements wait for each other
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        require_keeper(actor, agreement, "relation:end")
        relation = _found(session, agreement, _other(session, actor, ask.other), ask.kind)
        if relation is None:
            raise NotFound("relation")
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        session.delete(relation)
        agreement.revision += 1
        book.record(
            act="relation.end", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code,
            reason=seal(session, ask.reason, body_id=actor.body_id),
        )  # fmt: skip


def _other(session: Session, actor: Actor, number: str) -> Agreement:
    try:
        return subjects.locked_agreement(session, actor, number)
    except NotFound:
        raise Refused(Reason("unknown-agreement", {"value": number}, field="other")) from None


def _found(session: Session, agreement: Agreement, other: Agreement, kind: str) -> Relation | None:
    """The relation of this kind; a question is the same from either side."""
    this_way = sa.and_(Relation.agreement_id == agreement.id, Relation.other_id == other.id)
    that_way = sa.and_(Relation.agreement_id == other.id, Relation.other_id == agreement.id)
    ways = sa.or_(this_way, that_way) if kind in QUESTIONS else this_way
    return session.execute(sa.select(Relation).where(Relation.kind == kind, ways)).scalars().first()


def _require_no_circle(session: Session, actor: Actor, agreement: Agreement, other: Agreement) -> None:
    """Every relation but a question says that the first agreement came after the second; so no way leads back."""
    query = sa.select(Relation.agreement_id, Relation.other_id).where(Relation.kind.not_in(QUESTIONS))
    after: dict[int, list[int]] = {}
    for later, earlier in session.execute(query):
        after.setdefault(later, []).append(earlier)
    ways = [[agreement.id, other.id]]
    seen = {other.id}
    while ways:
        way = ways.pop(0)
        if way[-1] == agreement.id:
            raise Refused(Reason("relation-circle", {"path": _numbers(session, actor, way)}, field="other"))
        fresh = [each for each in after.get(way[-1], []) if each not in seen]
        seen.update(fresh)
        ways += [[*way, each] for each in fresh]


def _numbers(session: Session, actor: Actor, way: list[int]) -> str:
    """The agreements of a way, first to last; one that the actor may not see is not named."""
    visible = may_see_agreement(Snapshot(session, None, date.min), actor)
    query = sa.select(Agreement.id, Agreement.number).where(Agreement.id.in_(way), visible)
    numbers = {row.id: row.number for row in session.execute(query)}
    return " → ".join(numbers.get(each, "…") for each in way)


def _require_parties_of(session: Session, agreement: Agreement, framework: Agreement, at: datetime) -> None:
    """Who is a party of the sub-accord is one of the framework, on the day of the sub-accord, or today where that is unknown.

    Who is missing from a list that is not complete may yet be a party: nothing is said of them.
    """
    if framework.party_list != "complete":
        return
    dated = PartialDate.of(agreement.dated_on, agreement.dated_precision)
    on = dated if dated.value else day_of(session, at)
    theirs, of_framework = _parties_on(session, agreement, on), _parties_on(session, framework, on)
    missing = [name for body, name in theirs.items() if body not in of_framework]
    if missing:
        values = {"parties": "、".join(missing), "framework": framework.number}
        raise Refused(Reason("not-of-framework", values, field="other"))


def _parties_on(session: Session, agreement: Agreement, on: PartialDate) -> dict[int, str]:
    """Id and name of each party, in order, that had not certainly joined later or left earlier."""
    query = sa.select(AgreementParty, Body.name_zh).join(Body, Body.id == AgreementParty.body_id)
    rows = session.execute(query.where(AgreementParty.agreement_id == agreement.id).order_by(AgreementParty.position))
    return {
        party.body_id: name
        for party, name in rows
        if not on.certainly_before(PartialDate.of(party.since, party.since_precision))
        and not (
            party.until_precision is not None
            and PartialDate.of(party.until, party.until_precision).certainly_before(on)
        )
    }
