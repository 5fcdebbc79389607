"""The page of one item: its place on the spine, who leads, what was reported, shown and reached, and every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.schedule import Goal
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import (
    Assignment,
    Body,
    Commitment,
    Department,
    Document,
    Item,
    Mechanism,
    Partner,
    Report,
    Target,
)
from registry.permissions import Actor
from registry.queries.access import may_see_document, may_see_item, may_see_report
from registry.queries.definitions import definition_of
from registry.queries.documents import citations_of
from registry.queries.history import Event, codes_of, digests_of, entries_on, headline
from registry.queries.items import ItemRow, Lead, item_row, row_query
from registry.queries.names import bodies_by_code
from registry.queries.proceedings import (
    EvidenceRow,
    SpineStage,
    StepRow,
    evidence_of,
    spine_of,
    step_row,
    steps_taken,
)
from registry.queries.rows import (
    Cited,
    Named,
    Row,
    Sealed,
    dated,
    document_columns,
    named_document,
    named_party,
    opened,
    party_columns,
    still,
)
from registry.queries.snapshot import Snapshot

SPINE = ("intent", "in_progress", "long_term_mechanism")
"""The three stages everybody speaks of: 意向 → 推进中 → 长效机制."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One report. Texts: released ones for every reader, others only under the party's own seal."""

    as_of: PartialDate
    grade: str
    progress: Sealed | None
    problem: Sealed | None
    next_step: Sealed | None
    released_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class PartyReports:
    """What one party reported, the last first."""

    party: Named
    reports: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A quantified target, as stored; see models.Target for the units."""

    position: int
    metric_zh: str
    metric_en: str | None
    comparator: str
    number: str | None
    number_until: str | None
    unit: str | None
    year: int | None
    period: str
    horizon_from: int | None
    horizon_years: str | None
    force: str | None
    note: str | None
    base: str | None = None

    @property
    def goal(self) -> Goal:
        """What it asks, as it is compared with what was observed."""
        return Goal(*(getattr(self, name) for name in Goal.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner as the document prints it."""

    names: str
    relation: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class MechanismRow:
    """What keeps the result alive."""

    kind: str
    title_zh: str
    title_en: str | None
    document: Named | None
    keeper: Named
    review: PartialDate
    lapsed: bool


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item. level: its own, narrower than the parent's, or None. reports: one entry for each party that reported.

    The next steps and why each is not yet possible are `workflows.engine.possible` on `facts.item_facts`.
    """

    id: int
    row: ItemRow
    level: str | None
    note: str | None
    procedure_id: int
    spine: tuple[SpineStage, ...]
    assignments: tuple[Lead, ...]
    partners: tuple[PartnerRow, ...]
    targets: tuple[TargetRow, ...]
    reports: tuple[PartyReports, ...]
    evidence: tuple[EvidenceRow, ...]
    mechanisms: tuple[MechanismRow, ...]
    steps: tuple[StepRow, ...]
    merged_into: Named | None
    merged_from: tuple[Named, ...]
    commitments: tuple[Named, ...]
    citations: tuple[Cited, ...]
    history: tuple[Event, ...]


def item_page(snapshot: Snapshot, actor: Actor, number: str) -> ItemPage:
    """Everything of one item that this reader may see. As many statements whatever the number of its rows.

    Raises NotFound.
    """
    item = snapshot.of(Item)
    row = snapshot.session.execute(
        row_query(snapshot, item.c.number == number, may_see_item(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("item", number)
    steps, reports = steps_taken(snapshot, actor, "item", row.id), _reports(snapshot, actor, row.id)
    raw = entries_on(snapshot, actor, "item", row.id)
    texts = open_sealed(snapshot.session, actor, [*_digests(steps, reports), *digests_of(raw)])
    bodies = bodies_by_code(snapshot, codes_of(raw))
    into, from_ = _merged(snapshot, actor, row)
    return ItemPage(
        id=row.id,
        row=item_row(row),
        level=row.level,
        note=row.note,
        procedure_id=row.procedure_id,
        spine=spine_of(definition_of(snapshot.session, row.procedure_id), SPINE, row.stage, steps),
        assignments=_assignments(snapshot, row.id),
        partners=_partners(snapshot, row.id),
        targets=targets_of(snapshot, row.id),
        reports=_side_by_side(reports, texts),
        evidence=evidence_of(snapshot, actor, "item", row.id),
        mechanisms=_mechanisms(snapshot, actor, row.id),
        steps=tuple(step_row(step, texts) for step in steps),
        merged_into=into,
        merged_from=from_,
        commitments=_commitments(snapshot, actor, row.id),
        citations=citations_of(snapshot, actor, "item", row.id),
        history=tuple(headline(event, bodies, texts) for event in raw),
    )


def _reports(snapshot: Snapshot, actor: Actor, item_id: int) -> Sequence[Row]:
    report, body = snapshot.of(Report), snapshot.of(Body)
    return snapshot.session.execute(
        sa.select(report, *party_columns(body))
        .select_from(report)
        .join(body, body.c.id == report.c.body_id)
        .where(report.c.item_id == item_id, may_see_report(snapshot, actor))
        .order_by(body.c.code, report.c.recorded_at.desc(), report.c.id.desc())
    ).all()


def _side_by_side(rows: Sequence[Row], texts: Mapping[str, str]) -> tuple[PartyReports, ...]:
    by_party: dict[Named, list[ReportRow]] = {}
    for row in rows:
        by_party.setdefault(named_party(row), []).append(
            ReportRow(
                dated(row.as_of, row.as_of_precision),
                row.grade,
                _told(row.released_progress, row.progress, texts),
                _told(row.released_problem, row.problem, texts),
                _told(row.released_next_step, row.next_step, texts),
                row.released_at,
                row.recorded_at,
            )
        )
    return tuple(PartyReports(party, tuple(reports)) for party, reports in by_party.items())


def _told(released: str | None, digest: str | None, texts: Mapping[str, str]) -> Sealed | None:
    return opened(digest, texts) if released is None else Sealed(released)


def _digests(steps: Iterable[Row], reports: Iterable[Row]) -> list[str | None]:
    found = [step.reason for step in steps]
    for report in reports:
        found += [report.progress, report.problem, report.next_step]
    return found


def _assignments(snapshot: Snapshot, item_id: int) -> tuple[Lead, ...]:
    assigned, body, department = snapshot.of(Assignment), snapshot.of(Body), snapshot.of(Department)
    role = sa.case({"lead": 0, "join": 1}, value=assigned.c.role, else_=2)
    rows = snapshot.session.execute(
        sa.select(
            assigned.c.role,
            assigned.c.position,
            department.c.name_zh.label("department_zh"),
            department.c.name_en.label("department_en"),
            *party_columns(body),
        )
        .select_from(assigned)
        .join(body, body.c.id == assigned.c.body_id)
        .outerjoin(department, department.c.id == assigned.c.department_id)
        .where(assigned.c.item_id == item_id, still(snapshot, assigned))
        .order_by(role, assigned.c.position, assigned.c.id)
    )
    return tuple(Lead(named_party(row), row.department_zh, row.department_en, row.role, row.position) for row in rows)


def _partners(snapshot: Snapshot, item_id: int) -> tuple[PartnerRow, ...]:
    partner = snapshot.of(Partner)
    query = sa.select(partner).where(partner.c.item_id == item_id).order_by(partner.c.position, partner.c.id)
    return tuple(PartnerRow(row.names, row.relation, row.kind) for row in snapshot.session.execute(query))


def targets_of(snapshot: Snapshot, item_id: int) -> tuple[TargetRow, ...]:
    """The targets of an item, as printed. One statement."""
    target = snapshot.of(Target)
    query = (
        sa.select(*(target.c[name] for name in TargetRow.__dataclass_fields__))
        .where(target.c.item_id == item_id)
        .order_by(target.c.position)
    )
    return tuple(TargetRow(*row) for row in snapshot.session.execute(query))


def _mechanisms(snapshot: Snapshot, actor: Actor, item_id: int) -> tuple[MechanismRow, ...]:
    mechanism, body, document = snapshot.of(Mechanism), snapshot.of(Body), snapshot.of(Document)
    rows = snapshot.session.execute(
        sa.select(mechanism, *party_columns(body), *document_columns(document))
        .select_from(mechanism)
        .join(body, body.c.id == mechanism.c.keeper_id)
        .outerjoin(document, sa.and_(document.c.id == mechanism.c.document_id, may_see_document(snapshot, actor)))
        .where(mechanism.c.item_id == item_id)
        .order_by(mechanism.c.id)
    )
    return tuple(
        MechanismRow(
            row.kind,
            row.name_zh,
            row.name_en,
            named_document(row),
            named_party(row),
            dated(row.review_on, row.review_precision),
            row.lapsed,
        )
        for row in rows
    )


def _merged(snapshot: Snapshot, actor: Actor, row: Row) -> tuple[Named | None, tuple[Named, ...]]:
    """The item that this one went into, and those that came into it."""
    item = snapshot.of(Item)
    into = item.c.id == row.merged_into_id if row.merged_into_id is not None else sa.false()
    query = (
        sa.select(item.c.id, item.c.number, item.c.title_zh, item.c.title_en, item.c.sample)
        .where(sa.or_(into, item.c.merged_into_id == row.id), may_see_item(snapshot, actor))
        .order_by(item.c.number)
    )
    found = [
        (one.id, Named("item", one.number, one.title_zh, one.title_en, one.sample))
        for one in snapshot.session.execute(query)
    ]
    into_named = next((named for identity, named in found if identity == row.merged_into_id), None)
    return into_named, tuple(named for identity, named in found if identity != row.merged_into_id)


def _commitments(snapshot: Snapshot, actor: Actor, item_id: int) -> tuple[Named, ...]:
    commitment, document = snapshot.of(Commitment), snapshot.of(Document)
    query = (
        sa.select(commitment.c.code, commitment.c.title_zh, commitment.c.title_en, document.c.sample)
        .select_from(commitment)
        .join(document, document.c.id == commitment.c.document_id)
        .where(commitment.c.item_id == item_id, may_see_document(snapshot, actor))
        .order_by(commitment.c.code)
    )
    return tuple(
        Named("commitment", row.code, row.title_zh, row.title_en, row.sample) for row in snapshot.session.execute(query)
    )
