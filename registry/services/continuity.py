"""What befalls bodies: other names, levels and codes; mergers, splits, the end. Each is an event with its day and its basis.

A body keeps its code in the register through all of it, so that every address and every earlier count stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.names import tidy
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Alias, Body, BodyEvent, BodyEventPart, BodyName, Document
from registry.permissions import Actor, allowed_anywhere
from registry.services import subjects
from registry.services.bodies import GB_CODE, PARTY_KINDS
from registry.services.days import day_of
from registry.services.succession import Successor, end_bodies


@dataclass(frozen=True, slots=True)
class Happened:
    """When it took effect, and on what basis: the number of a document, a place in it or what else it is, or both."""

    on: PartialDate = UNKNOWN
    basis: str | None = None
    basis_note: str | None = None


@dataclass(frozen=True, slots=True)
class AlterBody:
    """Another official name, level (kind) or GB/T 2260 code of a body; what is None stays. party: its code in the register."""

    party: str
    happened: Happened
    name_zh: str | None = None
    name_en: str | None = None
    kind: str | None = None
    gb_code: str | None = None


@dataclass(frozen=True, slots=True)
class MergeBodies:
    """Bodies go into one that remains; all by code."""

    into: str
    others: tuple[str, ...]
    happened: Happened


@dataclass(frozen=True, slots=True)
class SplitBody:
    """Bodies are made out of one; all by code. ends: whether that one ceases to be."""

    party: str
    into: tuple[str, ...]
    ends: bool
    happened: Happened


@dataclass(frozen=True, slots=True)
class EndBody:
    """A body ceases to be, and nobody takes its place."""

    party: str
    happened: Happened


def alter_body(session: Session, actor: Actor, ask: AlterBody, *, at: datetime) -> BodyEvent:
    """Record another name, level or code of a body. What it bore before is kept with its dates; the old name stays an alias.

    A change of level goes before a change of name, that before one of the code: one event is told.
    Raises NotPermitted; Refused unknown-body, body-ended, date-missing, in-the-future, event-out-of-order, basis-missing,
    unknown-document, unknown-choice (kind), gb-code-bad, nothing-changed.
    """
    _require(actor)
    with atomic(session) as book:
        subjects.locked_register(session)
        body = subjects.body(session, ask.party, field="party")
        basis = _check(session, actor, [body], ask.happened, at)
        kind, now = _altered(body, ask)
        event = _event(session, body, kind, ask.happened, basis, at)
        _keep_what_was(session, body, event)
        for name, value in now.items():
            setattr(body, name, value)
        book.record(
            act={"rename": "party.rename", "level_change": "party.level", "code_change": "party.code"}[kind], actor=actor,
            subject=("party", body.id), at=at, on_behalf_of=actor.body_code, basis=_cited(basis, ask.happened),
            effective=ask.happened.on,
        )  # fmt: skip
    return event


def merge_bodies(session: Session, actor: Actor, ask: MergeBodies, *, at: datetime) -> BodyEvent:
    """Record that bodies went into one. They end that day; where they were a party or a member, had a duty or were host, the
    one that remains takes their place; their officers read only.

    Raises as `alter_body` and Refused part-missing, same-body, sample-mixed.
    """
    _require(actor)
    with atomic(session) as book:
        subjects.locked_register(session)
        remains = subjects.party(session, ask.into, field="into")
        others = _parts(session, remains, ask.others, field="others")
        basis = _check(session, actor, [remains, *others], ask.happened, at)
        event = _event(session, remains, "merger", ask.happened, basis, at)
        _name_parts(session, event, others)
        end_bodies(session, others, Successor(remains, basis), ask.happened.on, at=at)
        book.record(
            act="party.merge", actor=actor, subject=("party", remains.id), at=at, on_behalf_of=actor.body_code,
            basis=_cited(basis, ask.happened), effective=ask.happened.on,
        )  # fmt: skip
    return event


def split_body(session: Session, actor: Actor, ask: SplitBody, *, at: datetime) -> BodyEvent:
    """Record that bodies, entered before, were made out of one. Who takes the place of one that ends is not presumed: it leaves
    its agreements and groupings, and its items show no lead.

    Raises as `merge_bodies`.
    """
    _require(actor)
    with atomic(session) as book:
        subjects.locked_register(session)
        body = subjects.party(session, ask.party, field="party")
        parts = _parts(session, body, ask.into, field="into")
        basis = _check(session, actor, [body, *parts], ask.happened, at)
        event = _event(session, body, "split", ask.happened, basis, at)
        _name_parts(session, event, parts)
        if ask.ends:
            end_bodies(session, [body], None, ask.happened.on, at=at)
        book.record(
            act="party.split", actor=actor, subject=("party", body.id), at=at, on_behalf_of=actor.body_code,
            basis=_cited(basis, ask.happened), effective=ask.happened.on,
        )  # fmt: skip
    return event


def end_body(session: Session, actor: Actor, ask: EndBody, *, at: datetime) -> BodyEvent:
    """Record that a body ceased to be. It leaves its agreements and groupings; its officers read only. Raises as `alter_body`."""
    _require(actor)
    with atomic(session) as book:
        subjects.locked_register(session)
        body = subjects.body(session, ask.party, field="party")
        basis = _check(session, actor, [body], ask.happened, at)
        event = _event(session, body, "end", ask.happened, basis, at)
        end_bodies(session, [body], None, ask.happened.on, at=at)
        book.record(
            act="party.end", actor=actor, subject=("party", body.id), at=at, on_behalf_of=actor.body_code,
            basis=_cited(basis, ask.happened), effective=ask.happened.on,
        )  # fmt: skip
    return event


def _require(actor: Actor) -> None:
    if not allowed_anywhere(actor, "body:change"):
        raise NotPermitted("body:change")


def _check(session: Session, actor: Actor, bodies: Sequence[Body], happened: Happened, at: datetime) -> Document | None:
    """The basis document, if all is well with the bodies, the day and the basis. Raises Refused with every reason."""
    reasons = [Reason("body-ended", {"party": body.name_zh}) for body in bodies if body.ended_precision is not None]
    if len({body.sample for body in bodies}) > 1:
        reasons.append(Reason("sample-mixed", {"table": "body", "value": bodies[-1].code}))
    if happened.on.value is None:
        reasons.append(Reason("date-missing", field="on"))
    elif day_of(session, at).certainly_before(happened.on):
        reasons.append(Reason("in-the-future", {"value": happened.on.value}, field="on"))
    else:
        reasons += _out_of_order(session, bodies, happened.on)
    if not (happened.basis or tidy(happened.basis_note or "")):
        reasons.append(Reason("basis-missing", field="basis"))
    if reasons:
        raise Refused(*reasons)
    return subjects.basis_document(session, actor, happened.basis)


def _out_of_order(session: Session, bodies: Sequence[Body], on: PartialDate) -> list[Reason]:
    """The rows of a body show the state after its last event: an earlier one cannot be written under them."""
    events = sa.select(BodyEvent.on, BodyEvent.on_precision).where(BodyEvent.body_id.in_([each.id for each in bodies]))
    last = [PartialDate.of(*row) for row in session.execute(events)]
    later = [each for each in last if on.certainly_before(each)]
    return [Reason("event-out-of-order", {"value": later[0].value or ""}, field="on")] if later else []


def _altered(body: Body, ask: AlterBody) -> tuple[str, dict[str, str | None]]:
    """The kind of the event, and the columns that change. Raises Refused unknown-choice, gb-code-bad, nothing-changed."""
    if ask.kind is not None and ask.kind not in PARTY_KINDS:
        raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
    if ask.gb_code and not GB_CODE.fullmatch(ask.gb_code):
        raise Refused(Reason("gb-code-bad", {"value": ask.gb_code}, field="gb_code"))
    asked = {
        "kind": ask.kind,
        "name_zh": tidy(ask.name_zh or ""),
        "name_en": tidy(ask.name_en or ""),
        "gb_code": ask.gb_code,
    }
    now: dict[str, str | None] = {
        name: value for name, value in asked.items() if value and value != getattr(body, name)
    }
    if "name_zh" in now:
        now.setdefault("name_en", None)  # the old name's translation is not that of the new one
    if not now:
        raise Refused(Reason("nothing-changed", field="name_zh"))
    kinds = {"kind": "level_change", "name_zh": "rename", "name_en": "rename", "gb_code": "code_change"}
    return next(event for name, event in kinds.items() if name in now), now


def _keep_what_was(session: Session, body: Body, event: BodyEvent) -> None:
    """The name, level and code until the event; the name stays an alias, once."""
    last = sa.select(BodyName.until, BodyName.until_precision).where(BodyName.body_id == body.id)
    since = session.execute(last.order_by(BodyName.id.desc()).limit(1)).one_or_none() or (None, "unknown")
    was = BodyName(
        body_id=body.id, name_zh=body.name_zh, name_en=body.name_en, kind=body.kind, gb_code=body.gb_code,
        since=since[0], since_precision=since[1], until=event.on, until_precision=event.on_precision, event_id=event.id,
    )  # fmt: skip
    session.add(was)
    known = sa.select(Alias.id).where(
        Alias.body_id == body.id, Alias.text == body.name_zh, Alias.issuer_id.is_(None), Alias.issuer_kind.is_(None)
    )
    if session.execute(known).first() is None:
        session.add(Alias(body_id=body.id, text=body.name_zh))


def _parts(session: Session, body: Body, codes: Iterable[str], *, field: str) -> list[Body]:
    """The other bodies of an event, each once. Raises Refused part-missing, unknown-party, same-body."""
    parts = [subjects.party(session, code, field=field) for code in dict.fromkeys(codes)]
    if not parts:
        raise Refused(Reason("part-missing", field=field))
    if body.id in {part.id for part in parts}:
        raise Refused(Reason("same-body", {"party": body.name_zh}, field=field))
    return parts


def _event(
    session: Session, body: Body, kind: str, happened: Happened, basis: Document | None, at: datetime
) -> BodyEvent:
    event = BodyEvent(
        body_id=body.id, kind=kind, on=happened.on.value, on_precision=str(happened.on.precision),
        basis_id=subjects.id_of(basis), basis_note=tidy(happened.basis_note or "") or None, recorded_at=at,
    )  # fmt: skip
    session.add(event)
    session.flush()
    return event


def _name_parts(session: Session, event: BodyEvent, parts: Iterable[Body]) -> None:
    session.add_all(BodyEventPart(event_id=event.id, body_id=part.id) for part in parts)
    session.flush()


def _cited(basis: Document | None, happened: Happened) -> str | None:
    return subjects.cited_as(basis) or happened.basis_note
