"""The page of one matter: its fields in the order of its procedure, its parties, steps, papers and promises, and every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.domain import dates
from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import Body, Document, Matter, MatterParty, MatterValue
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.definitions import definition_of, loaded
from registry.queries.documents import CommitmentRow, commitments_of
from registry.queries.history import Event, codes_of, digests_of, entries_on, headline
from registry.queries.matters import MatterRow, matter_row
from registry.queries.names import bodies_by_code, names_of
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
    Named,
    Row,
    Sealed,
    dated,
    document_columns,
    named_document,
    named_party,
    party_columns,
    still,
)
from registry.queries.snapshot import Snapshot
from workflows import Definition, Title

SPINE = ("opened", "under_way", "closed")
"""The stages that every matter goes through: 立项 → 办理 → 办结."""


@dataclass(frozen=True, slots=True)
class PartyOf:
    """A party of a matter. role: lead or join."""

    party: Named
    role: str


@dataclass(frozen=True, slots=True)
class ValueRow:
    """What was filled into a field once: a record, a date, or a text (None inside: not for this reader).

    sealed: the text is under seal. step: the step that it came with, None at the opening.
    """

    named: Named | None
    day: PartialDate | None
    text: Sealed | None
    sealed: bool
    step: Title | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field. sealed: open to its own party only. values: the last first; the last one counts."""

    id: str
    title: Title
    sealed: bool
    values: tuple[ValueRow, ...]


@dataclass(frozen=True, slots=True)
class TitledStep:
    """A step in the words of the version that it was taken under. from_state: None for an entry."""

    row: StepRow
    title: Title
    from_state: Title | None
    to_state: Title


@dataclass(frozen=True, slots=True)
class MatterPage:
    """One matter. agreement, item, document: what it is about, where this reader may see it. documents: all that its fields name.

    Next steps and why each is not yet possible: `workflows.engine.possible` on `facts.matter_facts`.
    """

    id: int
    row: MatterRow
    level: str
    note: str | None
    definition: Definition
    opened: PartialDate
    grouping: Named | None
    host: Named | None
    agreement: Named | None
    item: Named | None
    document: Named | None
    spine: tuple[SpineStage, ...]
    parties: tuple[PartyOf, ...]
    fields: tuple[FieldRow, ...]
    steps: tuple[TitledStep, ...]
    evidence: tuple[EvidenceRow, ...]
    documents: tuple[Named, ...]
    commitments: tuple[CommitmentRow, ...]
    history: tuple[Event, ...]


def matter_page(snapshot: Snapshot, actor: Actor, number: str) -> MatterPage:
    """Everything of one matter that this reader may see. As many statements whatever the number of its rows.

    Raises NotFound.
    """
    found = matter_row(snapshot, actor, number)
    if found is None:
        raise NotFound("matter", number)
    stored, row = found
    definition = loaded(snapshot.session, stored.procedure_id, stored.sha256)
    steps, values = steps_taken(snapshot, actor, "matter", row.id), _values(snapshot, actor, row.id)
    raw = entries_on(snapshot, actor, "matter", row.id)
    sealed = [*(step.reason for step in steps), *(value.kept for value in values), *digests_of(raw)]
    texts = open_sealed(snapshot.session, actor, sealed)
    bodies = bodies_by_code(snapshot, codes_of(raw))
    names = names_of(snapshot, actor, _beside(stored))
    opened = dated(stored.opened_on, stored.opened_precision)
    versions = _versions(snapshot, steps)
    titled = tuple(_titled(step, texts, versions) for step in steps)
    documents = _documents(stored, names, values)
    return MatterPage(
        id=row.id,
        row=row,
        level=stored.level,
        note=stored.note,
        definition=definition,
        opened=opened,
        grouping=names.get(("grouping", stored.grouping_id)),
        host=names.get(("body", stored.host_id)),
        agreement=names.get(("agreement", stored.agreement_id)),
        item=names.get(("item", stored.item_id)),
        document=names.get(("document", stored.document_id)),
        spine=spine_of(definition, SPINE, row.stage, steps, (definition.states[definition.initial].stage, opened)),
        parties=_parties(snapshot, row.id),
        fields=_fields(definition, values, texts, {each.row.position: each.title for each in titled}),
        steps=titled,
        evidence=evidence_of(snapshot, actor, "matter", row.id),
        documents=tuple(documents.values()),
        commitments=commitments_of(snapshot, actor, documents),
        history=tuple(headline(event, bodies, texts) for event in raw),
    )


def written_by(snapshot: Snapshot, actor: Actor, page: MatterPage) -> tuple[Named, ...]:
    """The documents of the matter whose promises the reader may enter and make items: as an officer of their issuer, for the
    secretariat of the matter's grouping, or, where no body of the register issued them, as an officer of its parties."""
    own = [held.body_id for held in actor.held if held.role == "officer" and held.body_id is not None]
    kept = [held.grouping_id for held in actor.held if held.role == "secretariat" and held.grouping_id is not None]
    if not page.documents or not (own or kept):
        return ()
    document, matter, party = snapshot.of(Document), snapshot.of(Matter), snapshot.of(MatterParty)
    takes_part = sa.exists().where(party.c.matter_id == page.id, party.c.body_id.in_(own), still(snapshot, party))
    here = sa.select(matter.c.id).where(matter.c.id == page.id)
    may = sa.or_(
        document.c.issuer_id.in_(own),
        here.where(matter.c.grouping_id.in_(kept)).exists(),
        sa.and_(document.c.issuer_id.is_(None), sa.or_(takes_part, here.where(matter.c.host_id.in_(own)).exists())),
    )
    numbers = [each.key for each in page.documents]
    query = sa.select(document.c.number).where(document.c.number.in_(numbers), may)
    found = set(snapshot.session.scalars(query))
    return tuple(each for each in page.documents if each.key in found)


def _beside(stored: Row) -> list[tuple[str, int]]:
    """The records that the matter itself names, by table and id."""
    named = (
        ("grouping", stored.grouping_id),
        ("body", stored.host_id),
        ("agreement", stored.agreement_id),
        ("item", stored.item_id),
        ("document", stored.document_id),
    )
    return [(table, identity) for table, identity in named if identity is not None]


def _values(snapshot: Snapshot, actor: Actor, matter_id: int) -> Sequence[Row]:
    value, body, document = snapshot.of(MatterValue), snapshot.of(Body), snapshot.of(Document)
    visible = sa.and_(document.c.id == value.c.document_id, may_see_document(snapshot, actor))
    return snapshot.session.execute(
        sa.select(value, *party_columns(body), *document_columns(document))
        .select_from(value)
        .outerjoin(body, body.c.id == value.c.body_id)
        .outerjoin(document, visible)
        .where(value.c.matter_id == matter_id)
        .order_by(value.c.position.desc(), value.c.id.desc())
    ).all()


def _fields(
    definition: Definition, values: Sequence[Row], texts: Mapping[str, str], steps: Mapping[int, Title]
) -> tuple[FieldRow, ...]:
    """The fields of the procedure in its order; then those that an earlier version had, as far as they were filled in."""
    filled: dict[str, list[Row]] = {name: [] for name in definition.fields}
    for row in values:
        filled.setdefault(row.name, []).append(row)
    found = []
    for name, rows in filled.items():
        field = definition.fields.get(name)
        title = field.title if field else Title(name)
        sealed = field.log_class == "sealed" if field else any(row.kept for row in rows)
        is_date = field is not None and field.type == "date"
        shown = tuple(_value(row, texts, steps.get(row.position), is_date=is_date) for row in rows)
        found.append(FieldRow(name, title, sealed, shown))
    return tuple(found)


def _value(row: Row, texts: Mapping[str, str], step: Title | None, *, is_date: bool) -> ValueRow:
    named = named_party(row) if row.party_code else named_document(row)
    day = dates.read(row.text).value if is_date and row.text else None
    text = None if named or day else Sealed(texts.get(row.kept) if row.kept else row.text)
    return ValueRow(named, day, text, row.kept is not None, step, row.recorded_at)


def _versions(snapshot: Snapshot, steps: Iterable[Row]) -> dict[int, Definition]:
    return {each: definition_of(snapshot.session, each) for each in sorted({step.procedure_id for step in steps})}


def _titled(row: Row, texts: Mapping[str, str], versions: Mapping[int, Definition]) -> TitledStep:
    definition = versions[row.procedure_id]
    arrow = next((each for each in definition.ways if each.id == row.transition), None)

    def state(name: str) -> Title:
        return definition.states[name].title if name in definition.states else Title(name)

    return TitledStep(
        step_row(row, texts),
        arrow.title if arrow else Title(row.transition),
        state(row.from_state) if row.from_state else None,
        state(row.to_state),
    )


def _parties(snapshot: Snapshot, matter_id: int) -> tuple[PartyOf, ...]:
    party, body = snapshot.of(MatterParty), snapshot.of(Body)
    query = (
        sa.select(party.c.role, *party_columns(body))
        .join(body, body.c.id == party.c.body_id)
        .where(party.c.matter_id == matter_id, still(snapshot, party))
        .order_by(party.c.position)
    )
    return tuple(PartyOf(named_party(row), row.role) for row in snapshot.session.execute(query))


def _documents(stored: Row, names: Mapping[tuple[str, int], Named], values: Sequence[Row]) -> dict[int, Named]:
    """The documents that it comes from or that its fields name, by id, as far as this reader may see them."""
    found: dict[int, Named] = {}
    if stored.document_id is not None and ("document", stored.document_id) in names:
        found[stored.document_id] = names["document", stored.document_id]
    for row in reversed(values):
        if row.document_id is not None and (named := named_document(row)):
            found.setdefault(row.document_id, named)
    return found
