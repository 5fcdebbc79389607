"""Procedures on pages: the versions there are, what their checks say, and who runs on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from registry.domain.guards import VOCABULARY
from registry.errors import NotFound
from registry.models import Agreement, Item, Matter, Procedure
from registry.permissions import Actor, allowed_anywhere
from registry.queries.access import Condition, may_see_agreement, may_see_item, may_see_matter
from registry.queries.rows import Named, Paging, Row
from registry.queries.snapshot import Snapshot
from workflows import Definition, Finding, check, load_published

SUBJECTS: dict[str, tuple[type[Agreement] | type[Item] | type[Matter], Callable[[Snapshot, Actor], Condition]]] = {
    "agreement": (Agreement, may_see_agreement),
    "item": (Item, may_see_item),
    "matter": (Matter, may_see_matter),
}
"""Kind of subject → its model, and which of them a reader may see."""


@dataclass(frozen=True, slots=True)
class ProcedureRow:
    """One version. running: how many that this reader may see have not come to an end; warnings: how many its checks gave."""

    definition: Definition
    status: str
    running: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Running:
    """A subject that runs on a version, and the id of its state."""

    subject: Named
    state: str


@dataclass(frozen=True, slots=True)
class ProcedurePage:
    """One version with its source, its warnings, and a page of what runs on it. newest: whether new work begins with it."""

    row: ProcedureRow
    source: str
    findings: tuple[Finding, ...]
    newest: bool
    subjects: tuple[Running, ...]
    paging: Paging


def procedure_list(snapshot: Snapshot, actor: Actor) -> tuple[ProcedureRow, ...]:
    """Every version that the reader may see: agreements, items, matters; newest first within each procedure."""
    rows = snapshot.session.execute(_query(snapshot, actor)).all()
    counts: dict[int, dict[str, int]] = {}
    for model, may_see in SUBJECTS.values():
        table = snapshot.of(model)
        by = (table.c.procedure_id, table.c.state)
        query = sa.select(*by, sa.func.count()).where(may_see(snapshot, actor)).group_by(*by)
        for identity, state, count in snapshot.session.execute(query):
            counts.setdefault(identity, {})[state] = count
    found = [_row(row, counts.get(row.id, {})) for row in rows]
    kinds = list(SUBJECTS)
    return tuple(
        sorted(found, key=lambda row: (kinds.index(row.definition.subject), row.definition.id, -row.definition.version))
    )


def procedure_page(
    snapshot: Snapshot, actor: Actor, slug: str, version: int, *, page: int = 1, size: int = 50
) -> ProcedurePage:
    """One version. Raises NotFound where there is none, or it is a draft that is not for this reader."""
    procedure = snapshot.of(Procedure)
    rows = snapshot.session.execute(_query(snapshot, actor).where(procedure.c.slug == slug)).all()
    row = next((row for row in rows if row.version == version), None)
    if row is None:
        raise NotFound(f"procedure {slug}/{version}")
    definition = load_published(row.source, VOCABULARY)
    model, may_see = SUBJECTS[definition.subject]
    table = snapshot.of(model)
    final = [state.id for state in definition.states.values() if state.final]
    running = sa.and_(may_see(snapshot, actor), table.c.procedure_id == row.id, table.c.state.not_in(final))
    counted = sa.select(table.c.state, sa.func.count().label("number")).where(running).group_by(table.c.state)
    by_state = {row.state: int(row.number) for row in snapshot.session.execute(counted)}
    query = sa.select(table.c.number, table.c.title_zh, table.c.title_en, table.c.sample, table.c.state).where(running)
    query = query.order_by(table.c.sample, table.c.number).limit(size).offset((max(page, 1) - 1) * size)
    subjects = tuple(
        Running(Named(definition.subject, each.number, each.title_zh, each.title_en, bool(each.sample)), each.state)
        for each in snapshot.session.execute(query)
    )
    newest = max((each.version for each in rows if each.status == "published"), default=None)
    told = _row(row, by_state)
    return ProcedurePage(
        told, row.source, findings_of(row.source), version == newest, subjects, Paging(page, size, told.running)
    )


@lru_cache(maxsize=256)
def findings_of(source: str) -> tuple[Finding, ...]:
    """What the checks say of a definition by itself; it is not held against the version that it takes over from."""
    return check(source, VOCABULARY)


def _query(snapshot: Snapshot, actor: Actor) -> sa.Select[int, str, int, str, str]:
    procedure = snapshot.of(Procedure)
    query = sa.select(procedure.c.id, procedure.c.slug, procedure.c.version, procedure.c.status, procedure.c.source)
    return query if allowed_anywhere(actor, "procedure:draft") else query.where(procedure.c.status != "draft")


def _row(row: Row, by_state: dict[str, int]) -> ProcedureRow:
    definition = load_published(row.source, VOCABULARY)
    running = sum(count for state, count in by_state.items() if not definition.states[state].final)
    return ProcedureRow(definition, row.status, running, len(findings_of(row.source)))
