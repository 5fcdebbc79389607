"""What any subject went through: the steps it took, its place on the spine, the papers shown of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.models import Body, Document, Evidence, Step, StoredFile
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.rows import (
    Named,
    Row,
    Sealed,
    dated,
    document_columns,
    named_document,
    named_party,
    opened,
    party_columns,
)
from registry.queries.snapshot import Snapshot
from workflows import Definition
from workflows.definition import AS_BEFORE


@dataclass(frozen=True, slots=True)
class SpineStage:
    """A stage of the spine. since: when it was last entered, None if it never was; here: the subject stands in it now."""

    stage: str
    since: PartialDate | None
    here: bool


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A paper shown. file: SHA-256 of the stored file."""

    type: str
    party: Named | None
    document: Named | None
    file: str | None
    note: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step taken. from_state: None for an entry. basis: the document, where this reader may see it."""

    position: int
    transition: str
    kind: str
    from_state: str | None
    to_state: str
    party: Named | None
    basis: Named | None
    basis_note: str | None
    reason: Sealed | None
    effective: PartialDate
    recorded_at: datetime


def steps_taken(snapshot: Snapshot, actor: Actor, kind: str, subject_id: int) -> Sequence[Row]:
    """The steps of a subject, the first first: as stored, with their party and, where this reader may see it, their basis."""
    step, body, document = snapshot.of(Step), snapshot.of(Body), snapshot.of(Document)
    visible = sa.and_(document.c.id == step.c.basis_id, may_see_document(snapshot, actor))
    return snapshot.session.execute(
        sa.select(step, *party_columns(body), *document_columns(document))
        .select_from(step)
        .outerjoin(body, body.c.id == step.c.body_id)
        .outerjoin(document, visible)
        .where(step.c.subject_kind == kind, step.c.subject_id == subject_id)
        .order_by(step.c.position)
    ).all()


def step_row(row: Row, texts: Mapping[str, str]) -> StepRow:
    """A row of `steps_taken`. texts: opened values by digest."""
    return StepRow(
        row.position,
        row.transition,
        row.kind,
        row.from_state,
        row.to_state,
        named_party(row) if row.party_code else None,
        named_document(row),
        row.basis_note if row.basis_id is None or row.document_key else None,
        opened(row.reason, texts),
        dated(row.effective, row.effective_precision),
        row.recorded_at,
    )


def spine_of(
    definition: Definition,
    stages: Sequence[str],
    here: str,
    steps: Sequence[Row],
    begun: tuple[str, PartialDate] | None = None,
) -> tuple[SpineStage, ...]:
    """When a subject last came into each stage; a step within a stage is no new entry into it.

    here: the stage it stands in. begun: the stage that it began in without a step, and when.
    """
    since: dict[str, PartialDate] = {}
    stage = None
    if begun is not None:
        stage = begun[0]
        since[stage] = begun[1]
    for step in steps:
        state = definition.states.get(step.to_state)
        if state is not None and state.stage not in (AS_BEFORE, stage):
            stage = state.stage
            since[stage] = dated(step.effective, step.effective_precision)
    return tuple(SpineStage(name, since.get(name), name == here) for name in stages)


def evidence_of(snapshot: Snapshot, actor: Actor, kind: str, subject_id: int) -> tuple[EvidenceRow, ...]:
    """The papers shown of a subject, in the order in which they were. kind: agreement, item or matter."""
    paper, body, document, file = (snapshot.of(model) for model in (Evidence, Body, Document, StoredFile))
    rows = snapshot.session.execute(
        sa.select(
            paper.c.type,
            paper.c.note,
            paper.c.recorded_at,
            file.c.sha256,
            *party_columns(body),
            *document_columns(document),
        )
        .select_from(paper)
        .outerjoin(body, body.c.id == paper.c.body_id)
        .outerjoin(document, sa.and_(document.c.id == paper.c.document_id, may_see_document(snapshot, actor)))
        .outerjoin(file, file.c.id == paper.c.file_id)
        .where(paper.c[f"{kind}_id"] == subject_id)
        .order_by(paper.c.id)
    )
    return tuple(
        EvidenceRow(
            row.type,
            named_party(row) if row.party_code else None,
            named_document(row),
            row.sha256,
            row.note,
            row.recorded_at,
        )
        for row in rows
    )
