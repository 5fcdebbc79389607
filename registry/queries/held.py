"""What held on a day, as SQL: which rows of a table had begun and not ended, and what state, grade and name they had then.

A date known only to the month or year counts from its first possible day and ends after its last possible day; an unknown
begin counts as always begun. ISO text compares as the days do on both databases, whatever their collation: digits and hyphens
only. A test holds every form to `PartialDate.first_day` and `last_day`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from registry.models import VERSIONS, Base, LedgerEntry, logged_columns

Condition: TypeAlias = sa.ColumnElement[bool]
Value: TypeAlias = sa.ColumnElement[Any]
Stages: TypeAlias = tuple[tuple[tuple[int, ...], tuple[tuple[str, str], ...], tuple[str, ...]], ...]
"""Ids of procedures with the same stages; (state, stage) of each state that has one; states in which a subject keeps its own."""


class Day(NamedTuple):
    """A day as one entry knew it. known: index of the entry, None: now; on: ISO date; ends: the first moment after it, UTC."""

    known: int | None
    on: str
    ends: datetime | None = None
    stages: Stages = ()


class Held(NamedTuple):
    """What a day makes of a table: conditions on its rows, columns that were other then, what they are read from beside it."""

    where: tuple[Condition, ...] = ()
    columns: Mapping[str, Value] = MappingProxyType({})
    source: sa.FromClause | None = None


Rule: TypeAlias = Callable[[sa.FromClause, Day], Held]


def known_by(version: sa.FromClause, known: int) -> Condition:
    """Condition on rows of a version table: as they stood after this entry."""
    until = version.c.entry_until
    return sa.and_(version.c.entry_from <= known, sa.or_(until.is_(None), until > known))


class _Begun(FunctionElement[bool]):
    """Value, precision, ISO date: one small node where CASE would be thirty, of which a page has hundreds."""

    inherit_cache = True
    type = sa.Boolean()


class _Ended(FunctionElement[bool]):
    """The same."""

    inherit_cache = True
    type = sa.Boolean()


def begun(value: Value, precision: Value, on: str) -> Condition:
    """Condition that a partial date has come by a day: its first possible day is not later, or there is no such bound."""
    return _Begun(value, precision, sa.literal(on, sa.String()))


def ended(value: Value, precision: Value, on: str) -> Condition:
    """Condition that a partial end is over on a day: its last possible day was earlier, or it is not known when.

    precision: null where there is no end.
    """
    return _Ended(value, precision, sa.literal(on, sa.String()))


@compiles(_Begun)
def _say_begun(element: _Begun, compiler: SQLCompiler, **how: Any) -> str:
    value, precision, on = (compiler.process(each, **how) for each in element.clauses)
    first = f"WHEN 'quarter' THEN {_quarter(value, '01', '04', '07', '10')} WHEN 'year_end' THEN {value} || '-12'"
    early = f"{value} IS NULL OR {precision} IN ('by_month_end', 'before_year')"
    return f"({early} OR CASE {precision} {first} ELSE substr({value}, 1, 10) END <= {on})"


@compiles(_Ended)
def _say_ended(element: _Ended, compiler: SQLCompiler, **how: Any) -> str:
    value, precision, on = (compiler.process(each, **how) for each in element.clauses)
    long = " ".join(f"WHEN '{each}' THEN {value} || '-99'" for each in ("month", "year", "year_end"))
    quarter = f"WHEN 'quarter' THEN {_quarter(value, '03-99', '06-99', '09-99', '12-99')}"
    last = f"CASE {precision} {long} {quarter} WHEN 'before_year' THEN {value} || '-00' ELSE substr({value}, 1, 10) END"
    return f"({precision} IS NOT NULL AND ({value} IS NULL OR {last} < {on}))"


def _quarter(value: str, *parts: str) -> str:
    months = " ".join(f"WHEN '{number}' THEN '{part}'" for number, part in enumerate(parts, 1))
    return f"substr({value}, 1, 5) || CASE substr({value}, 7, 1) {months} END"


def rows_of(table: sa.Table, day: Day) -> sa.Select[Any]:
    """The rows of one of TABLES as they were on a day: the logged columns, some of them as of then."""
    rows, known = _source(table.name, day.known, "held")
    held = TABLES[table.name](rows, day)
    columns = (
        held.columns.get(column.name, rows.c[column.name]).label(column.name) for column in logged_columns(table)
    )
    return sa.select(*columns).select_from(rows if held.source is None else held.source).where(*known, *held.where)


def _source(name: str, known: int | None, role: str) -> tuple[sa.FromClause, list[Condition]]:
    """A table under a name of its own, live or as known, and the conditions that make it so."""
    if known is None:
        return Base.metadata.tables[name].alias(f"{name}_{role}"), []
    version = VERSIONS[name].alias(f"{name}_{role}")
    return version, [known_by(version, known)]


# ---- table by table


def _from(value: str, precision: str) -> Rule:
    """Rows that begin with a partial date."""
    return lambda rows, day: Held((begun(rows.c[value], rows.c[precision], day.on),))


def _by_day(since: str) -> Rule:
    """Rows that begin with a whole day."""
    return lambda rows, day: Held((rows.c[since] <= day.on,))


def _during(rows: sa.FromClause, day: Day) -> Held:
    return Held(
        (
            begun(rows.c.since, rows.c.since_precision, day.on),
            ~ended(rows.c.until, rows.c.until_precision, day.on),
        )
    )


def _document(rows: sa.FromClause, day: Day) -> Held:
    """Signed by then; where that is not known, published by then."""
    signed, published = rows.c.signed_on, begun(rows.c.published_at, rows.c.published_precision, day.on)
    return Held((begun(signed, rows.c.signed_precision, day.on), sa.or_(signed.is_not(None), published)))


def _body(rows: sa.FromClause, day: Day) -> Held:
    """With the name that the first event after that day ended; absent while the split that made it was to come."""
    former, known = _source("body_name", day.known, "then")
    other, known_other = _source("body_name", day.known, "former")
    first = (
        sa.select(other.c.id)
        .where(other.c.body_id == rows.c.id, ~begun(other.c.until, other.c.until_precision, day.on), *known_other)
        .order_by(other.c.id)
        .limit(1)
        .correlate(rows)
        .scalar_subquery()
    )
    part, part_known = _source("body_event_part", day.known, "made")
    event, event_known = _source("body_event", day.known, "made")
    to_come = sa.exists().where(
        part.c.body_id == rows.c.id,
        event.c.id == part.c.event_id,
        event.c.kind == "split",
        ~begun(event.c.on, event.c.on_precision, day.on),
        *part_known,
        *event_known,
    )
    over = ended(rows.c.ended_on, rows.c.ended_precision, day.on)
    columns: dict[str, Value] = {
        name: sa.case((former.c.id.is_not(None), former.c[name]), else_=rows.c[name])
        for name in ("name_zh", "name_en", "kind", "gb_code")
    }
    columns |= {name: sa.case((over, rows.c[name])) for name in ("ended_on", "ended_precision")}
    return Held((~to_come,), columns, rows.outerjoin(former, sa.and_(former.c.id == first, *known)))


def _step_by(kind: str, identity: Value, day: Day, role: str) -> tuple[sa.FromClause, list[Condition]]:
    """The steps of a subject that had taken effect by the day."""
    step, known = _source("step", day.known, role)
    of_it = (step.c.subject_kind == kind, step.c.subject_id == identity)
    return step, [*of_it, begun(step.c.effective, step.c.effective_precision, day.on), *known]


def _placed(kind: str, rows: sa.FromClause, day: Day) -> dict[str, Value]:
    """Procedure, state and stage by the last step that had taken effect; before the first, as the subject was entered."""
    first = VERSIONS[kind].alias(f"{kind}_entered")

    def placed(
        name: str, value: Callable[[sa.FromClause], Value], *where: Callable[[sa.FromClause], Condition]
    ) -> Value:
        step, taken = _step_by(kind, rows.c.id, day, name)
        last = sa.select(value(step)).where(*taken, *(each(step) for each in where)).order_by(step.c.position.desc())
        entered = sa.select(first.c[name]).where(first.c.id == rows.c.id).order_by(first.c.entry_from)
        return sa.func.coalesce(*(each.limit(1).correlate(rows).scalar_subquery() for each in (last, entered)))

    return {
        "procedure_id": placed("procedure_id", lambda step: step.c.procedure_id),
        "state": placed("state", lambda step: step.c.to_state),
        "stage": placed("stage", lambda step: _stage(step, day), lambda step: ~_held_up(step, day)),
    }


def _stage(step: sa.FromClause, day: Day) -> Value:
    """The stage of the state that a step led to."""
    by_version = [
        (_among(step.c.procedure_id, versions), sa.case(dict(stages), value=step.c.to_state))
        for versions, stages, _ in day.stages
    ]
    return sa.case(*by_version) if by_version else sa.null()


def _held_up(step: sa.FromClause, day: Day) -> Condition:
    """The step led to a state in which a subject keeps the stage it had."""
    held_up = (
        sa.and_(_among(step.c.procedure_id, versions), _among(step.c.to_state, names))
        for versions, _, names in day.stages
        if names
    )
    return sa.or_(sa.false(), *held_up)


def _among(column: Value, values: tuple[Any, ...]) -> Condition:
    """IN, without the list that is written into the text anew each time a statement runs."""
    return sa.or_(*(column == value for value in values))


def _entered(kind: str, identity: Value, day: Day) -> Condition:
    """A step had taken effect by the day; or the subject began without an entry of an older record, and was there by then."""
    _, taken = _step_by(kind, identity, day, "taken")
    older, known = _source("step", day.known, "older")
    backfilled = sa.exists().where(
        older.c.subject_kind == kind, older.c.subject_id == identity, older.c.kind == "entry", *known
    )
    version, entry = VERSIONS[kind].alias(f"{kind}_first"), LedgerEntry.__table__.alias("entry_first")
    came = sa.select(entry.c.at).where(version.c.id == identity, entry.c.index == version.c.entry_from)
    first = came.order_by(version.c.entry_from).limit(1).correlate_except(version, entry).scalar_subquery()
    return sa.or_(sa.exists().where(*taken), sa.and_(first < day.ends, ~backfilled))


def _agreement(rows: sa.FromClause, day: Day) -> Held:
    """Undated before its date."""
    come = begun(rows.c.dated_on, rows.c.dated_precision, day.on)
    columns = _placed("agreement", rows, day) | {
        "dated_on": sa.case((come, rows.c.dated_on)),
        "dated_precision": sa.case((come, rows.c.dated_precision), else_="unknown"),
    }
    return Held((_entered("agreement", rows.c.id, day),), columns)


def _item(rows: sa.FromClause, day: Day) -> Held:
    """With the last grade recorded whose day had come; under what was there itself."""
    graded = VERSIONS["item"].alias("item_graded")
    known = [] if day.known is None else [graded.c.entry_from <= day.known]
    by_then = sa.and_(
        graded.c.id == rows.c.id,
        graded.c.grade != "not_reported",
        begun(graded.c.graded_as_of, graded.c.graded_precision, day.on),
        *known,
    )

    own = sa.or_(rows.c.grade == "not_reported", begun(rows.c.graded_as_of, rows.c.graded_precision, day.on))

    def last(name: str, none: str | None) -> Value:
        query = sa.select(graded.c[name]).where(by_then).order_by(graded.c.entry_from.desc()).limit(1)
        return sa.case((own, rows.c[name]), else_=sa.func.coalesce(query.correlate(rows).scalar_subquery(), none))

    columns = _placed("item", rows, day) | {
        "grade": last("grade", "not_reported"),
        "graded_as_of": last("graded_as_of", None),
        "graded_precision": last("graded_precision", "unknown"),
        "lane": _lane(rows, day),
    }
    document, as_known = _source("document", day.known, "above")
    stated = sa.exists().where(document.c.id == rows.c.document_id, *as_known, *_document(document, day).where)
    above = (
        sa.or_(rows.c.agreement_id.is_(None), _entered("agreement", rows.c.agreement_id, day)),
        sa.or_(rows.c.document_id.is_(None), stated),
    )
    return Held((_entered("item", rows.c.id, day), *above), columns)


def _lane(rows: sa.FromClause, day: Day) -> Value:
    """The lane that was last recorded of those whose day had come; before the first, the one the item was entered with."""
    change, known = _source("lane_change", day.known, "moved")
    of_it = (change.c.item_id == rows.c.id, *known)
    come = begun(change.c.effective, change.c.effective_precision, day.on)
    first = VERSIONS["item"].alias("item_laned")
    last = sa.select(change.c.lane).where(*of_it, come).order_by(change.c.id.desc())
    entered = sa.select(first.c.lane).where(first.c.id == rows.c.id).order_by(first.c.entry_from)
    then = sa.func.coalesce(*(each.limit(1).correlate(rows).scalar_subquery() for each in (last, entered)))
    return sa.case((sa.exists().where(*of_it), then), else_=rows.c.lane)


def _matter(rows: sa.FromClause, day: Day) -> Held:
    return Held((begun(rows.c.opened_on, rows.c.opened_precision, day.on),), _placed("matter", rows, day))


def _meeting(rows: sa.FromClause, day: Day) -> Held:
    """Held by then, or still only planned: since when, no row tells."""
    return Held((sa.or_(~rows.c.held, begun(rows.c.held_on, rows.c.held_precision, day.on)),))


def _matter_value(rows: sa.FromClause, day: Day) -> Held:
    """Filled in at the opening, or with a step that had taken effect."""
    step, known = _source("step", day.known, "with")
    with_step = sa.exists().where(
        step.c.subject_kind == "matter",
        step.c.subject_id == rows.c.matter_id,
        step.c.position == rows.c.position,
        begun(step.c.effective, step.c.effective_precision, day.on),
        *known,
    )
    return Held((sa.or_(rows.c.position == 0, with_step),))


def _evidence(rows: sa.FromClause, day: Day) -> Held:
    """Shown by then, or a paper that was there by then."""
    document, known = _source("document", day.known, "shown")
    there = sa.exists().where(document.c.id == rows.c.document_id, *known, *_document(document, day).where)
    return Held((sa.or_(rows.c.recorded_at < day.ends, there),))


def _deadline(rows: sa.FromClause, day: Day) -> Held:
    running = sa.case((rows.c.ended_at < day.ends, rows.c.ended_at))
    return Held((rows.c.begun_on <= day.on,), {"ended_at": running})


TABLES: dict[str, Rule] = {
    "act": _from("done_on", "done_precision"),
    "agreement": _agreement,
    "agreement_party": _during,
    "assignment": _during,
    "body": _body,
    "body_event": _from("on", "on_precision"),
    "body_name": _from("until", "until_precision"),
    "custody": _during,
    "deadline": _deadline,
    "document": _document,
    "event": _from("on", "on_precision"),
    "evidence": _evidence,
    "item": _item,
    "lamp_override": _by_day("since"),
    "lamp_policy": _by_day("since"),
    "lane_change": _from("effective", "effective_precision"),
    "list_version": _from("adopted_on", "adopted_precision"),
    "matter": _matter,
    "matter_party": _during,
    "matter_value": _matter_value,
    "meeting": _meeting,
    "membership": _during,
    "observation": _from("as_of", "as_of_precision"),
    "opt_out": _during,
    "report": _from("as_of", "as_of_precision"),
    "step": _from("effective", "effective_precision"),
}
"""Tables whose rows have dates of their own, or follow from rows that have; the others hold on every day. Of a body, the names
before the one of that day."""
NEED_MORE = frozenset({"agreement", "deadline", "evidence", "item", "matter"})
"""Tables that also need the last moment of the day, or the stages of states."""
