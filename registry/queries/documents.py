"""Documents: the list, and what one document says, cites, promises and carries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.models import Body, Citation, Commitment, Document, Item
from registry.permissions import Actor
from registry.queries.access import may_see_document, may_see_item
from registry.queries.claims import ClaimRow, claim_rows
from registry.queries.history import Event, entries_on, headlines
from registry.queries.items import ItemCount, ItemFilter, ItemList, item_list
from registry.queries.names import names_of
from registry.queries.rows import (
    Cited,
    Named,
    Query,
    Row,
    dated,
    document_columns,
    named_columns,
    named_document,
    named_in,
    named_party,
    party_columns,
)
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document in a list. issuer_name: as printed, where the issuer is no body of the register."""

    number: str
    title: str
    kind: str
    document_number: str | None
    issuer: Named | None
    issuer_name: str | None
    state: str | None
    signed: PartialDate
    published: PartialDate
    level: str
    sample: bool


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A promise in a reply. document: its number. adopted: it became an item; item: that, where this reader may see it."""

    code: str
    position: int
    section: str | None
    title_zh: str
    title_en: str | None
    item: Named | None
    adopted: bool
    document: str


@dataclass(frozen=True, slots=True)
class CitedBy:
    """A record whose facts stand in this document, and at which lines."""

    record: Named
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """One document: its facts, what cites it, the items under it, its claims and promises.

    Lists as printed (addressees, proposers) are tuples. counts and items: of the items that stand under it.
    """

    id: int
    row: DocumentRow
    class_mark: str | None
    period_from: int | None
    period_until: int | None
    approved_by: str | None
    approving_signer: str | None
    addressees: tuple[str, ...]
    proposal_number: str | None
    proposal_title: str | None
    proposal_session: str | None
    proposers: tuple[str, ...]
    implements: Named | None
    implemented_by: tuple[Named, ...]
    note: str | None
    cited_by: tuple[CitedBy, ...]
    commitments: tuple[CommitmentRow, ...]
    claims: tuple[ClaimRow, ...]
    counts: tuple[ItemCount, ...]
    items: ItemList
    history: tuple[Event, ...]


def document_list(snapshot: Snapshot, actor: Actor) -> tuple[DocumentRow, ...]:
    """The documents that this reader may see, by number; sample ones last."""
    document = snapshot.of(Document)
    query = _query(snapshot).where(may_see_document(snapshot, actor)).order_by(document.c.sample, document.c.number)
    return tuple(_row(row) for row in snapshot.session.execute(query))


def document_page(snapshot: Snapshot, actor: Actor, number: str, *, page: int = 1, size: int = 50) -> DocumentPage:
    """One document. Raises NotFound."""
    document = snapshot.of(Document)
    row = snapshot.session.execute(
        _query(snapshot).where(document.c.number == number, may_see_document(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("document", number)
    items = item_list(snapshot, actor, ItemFilter(document=number), page=page, size=size)
    implements, implemented_by = _implementing(snapshot, actor, row.id, row.implements_id)
    return DocumentPage(
        id=row.id,
        row=_row(row),
        class_mark=row.class_mark,
        period_from=row.period_from,
        period_until=row.period_until,
        approved_by=row.approved_by,
        approving_signer=row.approving_signer,
        addressees=_listed(row.addressees),
        proposal_number=row.proposal_number,
        proposal_title=row.proposal_title,
        proposal_session=row.proposal_session,
        proposers=_listed(row.proposers),
        implements=implements,
        implemented_by=implemented_by,
        note=row.note,
        cited_by=_cited_by(snapshot, actor, row.id),
        commitments=commitments_of(snapshot, actor, [row.id]),
        claims=claim_rows(snapshot, actor, document=row.id),
        counts=items.counts,
        items=items,
        history=headlines(snapshot, actor, entries_on(snapshot, actor, "document", row.id)),
    )


def _query(snapshot: Snapshot) -> Query:
    document, body = snapshot.of(Document), snapshot.of(Body)
    return (
        sa.select(document, *party_columns(body))
        .select_from(document)
        .outerjoin(body, body.c.id == document.c.issuer_id)
    )


def _row(row: Row) -> DocumentRow:
    return DocumentRow(
        row.number,
        row.title,
        row.kind,
        row.document_number,
        named_party(row) if row.party_code else None,
        row.issuer_name,
        row.state,
        dated(row.signed_on, row.signed_precision),
        dated(row.published_at, row.published_precision),
        row.level,
        row.sample,
    )


def _listed(printed: str | None) -> tuple[str, ...]:
    return tuple(printed.split("、")) if printed else ()


def _implementing(
    snapshot: Snapshot, actor: Actor, document_id: int, implements_id: int | None
) -> tuple[Named | None, tuple[Named, ...]]:
    document = snapshot.of(Document)
    above = document.c.id == implements_id if implements_id is not None else sa.false()
    rows = snapshot.session.execute(
        sa.select(document.c.id, *document_columns(document))
        .where(sa.or_(above, document.c.implements_id == document_id), may_see_document(snapshot, actor))
        .order_by(document.c.number)
    ).all()
    named = [(row.id, named_document(row)) for row in rows]
    return (
        next((one for identity, one in named if identity == implements_id), None),
        tuple(one for identity, one in named if one is not None and identity != implements_id),
    )


def _cited_by(snapshot: Snapshot, actor: Actor, document_id: int) -> tuple[CitedBy, ...]:
    citation = snapshot.of(Citation)
    query = (
        sa.select(citation.c.subject_kind, citation.c.subject_id, citation.c.line)
        .where(citation.c.document_id == document_id)
        .order_by(citation.c.line, citation.c.id)
    )
    lines: dict[tuple[str, int], list[int]] = {}
    for kind, record, line in snapshot.session.execute(query):
        lines.setdefault((kind, record), []).append(line)
    names = names_of(snapshot, actor, lines)
    return tuple(CitedBy(names[record], tuple(at)) for record, at in lines.items() if record in names)


def commitments_of(snapshot: Snapshot, actor: Actor, documents: Collection[int]) -> tuple[CommitmentRow, ...]:
    """The promises of documents that the reader was found to see, in their order. documents: ids."""
    commitment, item, document = snapshot.of(Commitment), snapshot.of(Item), snapshot.of(Document)
    rows = snapshot.session.execute(
        sa.select(
            commitment,
            *named_columns(item, "item", "number", "title"),
            document.c.number.label("document_number"),
        )
        .select_from(commitment)
        .join(document, document.c.id == commitment.c.document_id)
        .outerjoin(item, sa.and_(item.c.id == commitment.c.item_id, may_see_item(snapshot, actor)))
        .where(commitment.c.document_id.in_(sorted(documents)))
        .order_by(commitment.c.document_id, commitment.c.position)
    )
    return tuple(
        CommitmentRow(
            row.code,
            row.position,
            row.section,
            row.title_zh,
            row.title_en,
            named_in(row, "item", "item"),
            row.item_id is not None,
            row.document_number,
        )
        for row in rows
    )


def citations_of(snapshot: Snapshot, actor: Actor, table: str, record_id: int) -> tuple[Cited, ...]:
    """Where a record's facts stand, in documents that the reader may see. table: name of the record's table."""
    citation, document = snapshot.of(Citation), snapshot.of(Document)
    rows = snapshot.session.execute(
        sa.select(citation.c.line, document.c.document_number, *document_columns(document))
        .select_from(citation)
        .join(document, document.c.id == citation.c.document_id)
        .where(citation.c.subject_kind == table, citation.c.subject_id == record_id, may_see_document(snapshot, actor))
        .order_by(document.c.number, citation.c.line)
    )
    return tuple(Cited(named, row.document_number, row.line) for row in rows if (named := named_document(row)))
