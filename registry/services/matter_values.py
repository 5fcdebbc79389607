"""What is filled into the fields of a matter: read as its field's type, refused in words, kept in clear or under seal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import Outcome, dates, quantities
from registry.domain.dates import PartialDate, Precision
from registry.errors import Reason, Refused
from registry.ledger import seal
from registry.models import Matter, MatterValue, Step
from registry.permissions import Actor
from registry.services import subjects
from registry.services.days import date_of
from workflows import Definition
from workflows.definition import Field

OPENING = 0
"""Position of what is filled in when a matter is opened; what comes with a step has the step's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as it was read. text: its normal form; body_id, document_id: the record that it names."""

    text: str
    body_id: int | None = None
    document_id: int | None = None


def at_opening(definition: Definition) -> tuple[Field, ...]:
    """The fields that may be filled in when a matter is opened: those required, and those that no step asks for."""
    asked = {name for each in definition.transitions for name in each.asks}
    return tuple(field for field in definition.fields.values() if field.required or field.id not in asked)


def asked_by(definition: Definition, state: str, trigger: str) -> tuple[Field, ...]:
    """The fields that the arrows of this trigger ask for in this state, in the definition's order."""
    arrows = [each for each in definition.transitions if each.trigger == trigger and state in each.sources]
    asked = {name for each in arrows for name in each.asks}
    return tuple(field for field in definition.fields.values() if field.id in asked)


def needed_by(definition: Definition, state: str, trigger: str) -> frozenset[str]:
    """Names of the fields that every arrow of this trigger asks for in this state."""
    arrows = [each for each in definition.transitions if each.trigger == trigger and state in each.sources]
    return frozenset.intersection(*(frozenset(each.asks) for each in arrows)) if arrows else frozenset()


def input_of(name: str) -> str:
    """The name of a field's input on a form, by which refusals find it."""
    return f"value-{name}"


def fill_in(
    session: Session,
    actor: Actor,
    matter: Matter,
    definition: Definition,
    fields: Collection[Field],
    typed: Mapping[str, str],
    *,
    at: datetime,
    opening: bool = False,
) -> frozenset[str]:
    """Read what was typed for these fields and keep it; blanks count as not filled in. The caller holds the matter's lock.

    Returns the names of the fields that were filled in. Raises Refused field-not-asked, and for each value that cannot be
    what its field asks for: unknown-choice, not-a-number, day-missing, unknown-party, unknown-document, or what a reader
    of dates says.
    """
    written = {name: text.strip() for name, text in typed.items() if text.strip()}
    reasons = [
        Reason("field-not-asked", {"field": name}, field=input_of(name), definition=definition)
        for name in written.keys() - {field.id for field in fields}
    ]
    position = OPENING if opening else _coming(session, matter)
    rows = []
    for field in fields:
        if field.id not in written:
            continue
        try:
            reading = read(session, actor, definition, field, written[field.id], at=at)
        except Refused as refused:
            reasons += refused.reasons
            continue
        rows.append(_row(session, actor, matter, field, reading, position, at))
    if reasons:
        raise Refused(*reasons)
    session.add_all(rows)
    session.flush()
    return frozenset(row.name for row in rows)


def read(session: Session, actor: Actor, definition: Definition, field: Field, typed: str, *, at: datetime) -> Reading:
    """One value in the normal form of its type. Raises Refused as `fill_in`."""
    place = input_of(field.id)
    if field.type == "choice" and typed not in field.choices:
        raise Refused(Reason("unknown-choice", {"value": typed}, field=place))
    if field.type == "date":
        to_the_day = any(each.deadline and each.deadline.by == field.id for each in definition.states.values())
        return Reading(_date(session, typed, place, to_the_day=to_the_day, at=at))
    if field.type == "number":
        return Reading(_number(typed, place, whole=definition.facts.get(field.id) == "integer"))
    if field.type == "party":
        body = subjects.party(session, typed, field=place)
        return Reading(body.code, body_id=body.id)
    if field.type == "document":
        document = subjects.basis_document(session, actor, typed, field=place)
        return Reading(document.number if document else "", document_id=subjects.id_of(document))
    return Reading(typed)


def _date(session: Session, typed: str, place: str, *, to_the_day: bool, at: datetime) -> str:
    reading = dates.read(typed, today=date_of(session, at))
    if reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
        raise Refused(Reason(str(reading.reason), {"value": typed}, field=place))
    if to_the_day and reading.value.precision is not Precision.DAY:
        raise Refused(Reason("day-missing", {"value": typed}, field=place))
    return written(reading.value)


def written(day: PartialDate) -> str:
    """A date so that `dates.read` finds the same one: ISO 8601 where that says it all, else in words (2019年底)."""
    plain = day.precision in (Precision.SECOND, Precision.DAY, Precision.MONTH, Precision.YEAR)
    return (day.value or "") if plain else day.zh()


def _number(typed: str, place: str, *, whole: bool) -> str:
    """A decimal as text, exact: no estimate, no range, no unit."""
    stated = quantities.read(typed).value
    number = stated.number if stated and not (stated.approx or stated.unit) else None
    if number is None or (whole and "." in number):
        raise Refused(Reason("not-a-number", {"value": typed}, field=place))
    return number


def _row(
    session: Session, actor: Actor, matter: Matter, field: Field, reading: Reading, position: int, at: datetime
) -> MatterValue:
    """Under seal nothing stands in clear. A record that a value names stands by its id alone: who may not see it is not told
    its number."""
    row = MatterValue(matter_id=matter.id, name=field.id, position=position, recorded_at=at)
    if field.log_class == "sealed":
        row.kept = seal(session, reading.text, body_id=actor.body_id)
    elif field.type == "party":
        row.body_id = reading.body_id
    elif field.type == "document":
        row.document_id = reading.document_id
    else:
        row.text = reading.text
    return row


def _coming(session: Session, matter: Matter) -> int:
    taken = sa.select(sa.func.coalesce(sa.func.max(Step.position), 0)).where(
        Step.subject_kind == "matter", Step.subject_id == matter.id
    )
    return int(session.execute(taken).scalar_one()) + 1
