"""Matters in lists, on the pages of what they are about, and by procedure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.models import Body, Deadline, Grouping, Matter, MatterParty, Procedure
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_matter
from registry.queries.definitions import loaded
from registry.queries.names import names_of
from registry.queries.rounds import Subject
from registry.queries.rows import Named, Paging, Query, Row, named_party, party_columns, still
from registry.queries.snapshot import Snapshot
from workflows import Title

STAGES = ("opened", "under_way", "closed", "ended")
"""Stages of a matter, in their order."""


@dataclass(frozen=True, slots=True)
class MatterFilter:
    """Which matters: each condition that is given holds. procedure: its code; state, stage: as stored; grouping, party: code."""

    procedure: str | None = None
    state: str | None = None
    stage: str | None = None
    grouping: str | None = None
    party: str | None = None


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter in a list. procedure, state_title: in the words of its procedure. about: the agreement, item or document, where
    this reader may see it. due: the last day in time of its present state."""

    id: int
    number: str
    title_zh: str
    title_en: str | None
    slug: str
    procedure: Title
    state: str
    state_title: Title
    stage: str
    about: Named | None
    leads: tuple[Named, ...]
    due: date | None
    sample: bool


@dataclass(frozen=True, slots=True)
class MatterList:
    """A page of matters. paging.total counts them all; samples: how many of them are sample rows, which stand last."""

    rows: tuple[MatterRow, ...]
    paging: Paging
    samples: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A procedure that matters run on. count: matters that the reader may see, of all its versions; opens: whether new ones can
    begin, because a version is published."""

    slug: str
    title: Title
    count: int
    opens: bool


def matter_list(
    snapshot: Snapshot, actor: Actor, which: MatterFilter = MatterFilter(), *, page: int = 1, size: int = 50
) -> MatterList:
    """A page of the matters that the filter means: open ones first, the soonest due first, sample ones last. Four statements."""
    matter = snapshot.of(Matter)
    conditions = [may_see_matter(snapshot, actor), *_conditions(snapshot, which)]
    counts = sa.select(matter.c.sample, sa.func.count()).where(*conditions).group_by(matter.c.sample)
    counted = {bool(sample): count for sample, count in snapshot.session.execute(_procedures(snapshot, counts))}
    over = sa.case({name: place for place, name in enumerate(STAGES)}, value=matter.c.stage, else_=0)
    due = _due(snapshot)
    query = (
        _query(snapshot)
        .where(*conditions)
        .order_by(matter.c.sample, over >= STAGES.index("closed"), due.is_(None), due, matter.c.id.desc())
        .limit(size)
        .offset((max(page, 1) - 1) * size)
    )
    rows = _rows(snapshot, actor, snapshot.session.execute(query).all())
    return MatterList(rows, Paging(page, size, sum(counted.values())), counted.get(True, 0))


def matters_on(snapshot: Snapshot, actor: Actor, subject: Subject) -> tuple[MatterRow, ...]:
    """The matters about an agreement, an item or a document, the last opened first. subject: its kind and id."""
    kind, identity = subject
    matter = snapshot.of(Matter)
    query = _query(snapshot).where(matter.c[f"{kind}_id"] == identity, may_see_matter(snapshot, actor))
    return _rows(snapshot, actor, snapshot.session.execute(query.order_by(matter.c.id.desc())).all())


def kinds_of_matters(snapshot: Snapshot, actor: Actor) -> tuple[Kind, ...]:
    """The procedures that matters run on, by title: published ones, and others while matters run on them. Two statements."""
    procedure, matter = snapshot.of(Procedure), snapshot.of(Matter)
    known = sa.select(procedure.c.id, procedure.c.slug, procedure.c.status, procedure.c.sha256)
    counts = (
        sa.select(procedure.c.slug, sa.func.count())
        .join(matter, matter.c.procedure_id == procedure.c.id)
        .where(may_see_matter(snapshot, actor))
        .group_by(procedure.c.slug)
    )
    counted: dict[str, int] = dict(snapshot.session.execute(counts).all())
    kinds: dict[str, Kind] = {}
    versions = known.where(procedure.c.status != "draft").order_by(procedure.c.slug, procedure.c.version)
    for row in snapshot.session.execute(versions):
        definition = loaded(snapshot.session, row.id, row.sha256)
        if definition.subject == "matter":
            before = kinds.get(row.slug)
            opens = row.status == "published" or (before is not None and before.opens)
            kinds[row.slug] = Kind(row.slug, definition.title, counted.get(row.slug, 0), opens)
    return tuple(kind for kind in kinds.values() if kind.opens or kind.count)


def matter_row(snapshot: Snapshot, actor: Actor, number: str) -> tuple[Row, MatterRow] | None:
    """One matter as stored and as lists show it; None where this reader finds none of that number."""
    matter = snapshot.of(Matter)
    query = _query(snapshot).where(matter.c.number == number, may_see_matter(snapshot, actor))
    found = snapshot.session.execute(query).one_or_none()
    return (found, _rows(snapshot, actor, [found])[0]) if found else None


def _query(snapshot: Snapshot) -> Query:
    """Matters with their procedure and due day, uncut: add `may_see_matter`."""
    matter, procedure = snapshot.of(Matter), snapshot.of(Procedure)
    columns = (matter, procedure.c.slug, procedure.c.sha256, _due(snapshot).label("due"))
    return _procedures(snapshot, sa.select(*columns))


def _procedures(snapshot: Snapshot, query: Query) -> Query:
    matter, procedure = snapshot.of(Matter), snapshot.of(Procedure)
    return query.select_from(matter).join(procedure, procedure.c.id == matter.c.procedure_id)


def _due(snapshot: Snapshot) -> sa.ScalarSelect[str]:
    matter, deadline = snapshot.of(Matter), snapshot.of(Deadline)
    query = sa.select(sa.func.min(deadline.c.due_on)).where(
        deadline.c.subject_kind == "matter",
        deadline.c.subject_id == matter.c.id,
        deadline.c.purpose == "stay",
        deadline.c.ended_at.is_(None),
    )
    return query.scalar_subquery()


def _conditions(snapshot: Snapshot, which: MatterFilter) -> list[Condition]:
    matter, procedure = snapshot.of(Matter), snapshot.of(Procedure)
    found: list[Condition] = [
        matter.c[name] == value for name in ("state", "stage") if (value := getattr(which, name)) is not None
    ]
    if which.procedure is not None:
        found.append(procedure.c.slug == which.procedure)
    if which.grouping is not None:
        grouping = snapshot.of(Grouping, "asked")
        found.append(matter.c.grouping_id.in_(sa.select(grouping.c.id).where(grouping.c.code == which.grouping)))
    if which.party is not None:
        body, party = snapshot.of(Body, "asked"), snapshot.of(MatterParty, "asked")
        taken = sa.select(party.c.matter_id).where(
            party.c.body_id == body.c.id, body.c.code == which.party, still(snapshot, party)
        )
        found.append(matter.c.id.in_(taken))
    return found


def _rows(snapshot: Snapshot, actor: Actor, rows: Sequence[Row]) -> tuple[MatterRow, ...]:
    """Rows of `_query`. Two statements, whatever their number."""
    leads = _leads(snapshot, [row.id for row in rows])
    names = names_of(snapshot, actor, [about for row in rows if (about := _about(row))])
    return tuple(_row(snapshot, row, names, leads.get(row.id, ())) for row in rows)


def _row(snapshot: Snapshot, row: Row, names: Mapping[tuple[str, int], Named], leads: tuple[Named, ...]) -> MatterRow:
    definition = loaded(snapshot.session, row.procedure_id, row.sha256)
    about = _about(row)
    return MatterRow(
        row.id,
        row.number,
        row.title_zh,
        row.title_en,
        row.slug,
        definition.title,
        row.state,
        definition.states[row.state].title,
        row.stage,
        names.get(about) if about else None,
        leads,
        date.fromisoformat(row.due) if row.due else None,
        row.sample,
    )


def _about(row: Row) -> tuple[str, int] | None:
    """What it is about, the nearest first: item, agreement, document."""
    subjects = (("item", row.item_id), ("agreement", row.agreement_id), ("document", row.document_id))
    return next(((kind, identity) for kind, identity in subjects if identity is not None), None)


def _leads(snapshot: Snapshot, matters: Iterable[int]) -> dict[int, tuple[Named, ...]]:
    party, body = snapshot.of(MatterParty), snapshot.of(Body)
    query = (
        sa.select(party.c.matter_id, *party_columns(body))
        .join(body, body.c.id == party.c.body_id)
        .where(party.c.matter_id.in_(list(matters)), party.c.role == "lead", still(snapshot, party))
        .order_by(party.c.position)
    )
    found: dict[int, tuple[Named, ...]] = {}
    for row in snapshot.session.execute(query):
        found[row.matter_id] = (*found.get(row.matter_id, ()), named_party(row))
    return found
