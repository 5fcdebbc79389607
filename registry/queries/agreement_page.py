"""The page of one agreement: status table of parties and their acts, texts, fields, items, relations, claims, history.

At most nine statements with the stamp, whatever the number of its items, parties or acts (a test counts them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.ledger import open_sealed
from registry.models import (
    Agreement,
    AgreementField,
    AgreementText,
    Body,
    Citation,
    Document,
    Grouping,
    Item,
    Meeting,
    Relation,
)
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_document, may_see_item
from registry.queries.acts import PartyRow, act_rows, digests_in, parties_of
from registry.queries.claims import ClaimRow, claim_rows
from registry.queries.history import Event, digests_of, entries_on, headline
from registry.queries.items import ItemRow, item_rows
from registry.queries.rows import (
    Cited,
    Named,
    Paging,
    Row,
    dated,
    named_columns,
    named_in,
    named_party,
)
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class TextRow:
    """A version of the text, or an amendment to it; the highest text is the settled one. title: of an amendment."""

    kind: str
    version: int
    sha256: str
    language: str
    title_zh: str | None
    title_en: str | None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field and its items by stage. position 0: items under no field. counts: (stage, items), stages without items left out."""

    position: int
    title_zh: str | None
    title_en: str | None
    counts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All its items that the reader may see."""
        return sum(count for _, count in self.counts)


@dataclass(frozen=True, slots=True)
class RelationRow:
    """How another agreement stands to this one. inverse: the other is the one that implements, amends … this one."""

    kind: str
    other: Named
    inverse: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """One agreement. What is not known is None, or a date of precision unknown.

    declared_parties, declared_fields: the numbers that the document states, beside the named ones. paging: of items.
    Next steps and why each is not yet possible: `workflows.engine.possible` on `facts.agreement_facts`.
    """

    id: int
    number: str
    title_zh: str
    title_en: str | None
    kind: str
    level: str
    state: str
    stage: str
    procedure_id: int
    grouping: Named | None
    meeting: Named | None
    host: Named | None
    venue: Named | None
    dated: PartialDate
    party_list: str
    declared_parties: int | None
    declared_fields: int | None
    instruments: int
    backfilled: bool
    sample: bool
    revision: int
    note: str | None
    parties: tuple[PartyRow, ...]
    texts: tuple[TextRow, ...]
    fields: tuple[FieldRow, ...]
    items: tuple[ItemRow, ...]
    paging: Paging
    relations: tuple[RelationRow, ...]
    citations: tuple[Cited, ...]
    claims: tuple[ClaimRow, ...]
    history: tuple[Event, ...]


def agreement_page(snapshot: Snapshot, actor: Actor, number: str, *, page: int = 1, size: int = 50) -> AgreementPage:
    """One agreement with a page of its items. Raises NotFound."""
    header, texts = _header(snapshot, actor, number)
    acts = act_rows(snapshot, actor, header.id)
    raw = entries_on(snapshot, actor, "agreement", header.id)
    words = open_sealed(snapshot.session, actor, [*digests_in(acts), *digests_of(raw)])
    fields = _fields(snapshot, actor, header.id)
    relations, citations = _links(snapshot, actor, header.id)
    under = snapshot.of(Item).c.agreement_id == header.id
    bodies = _bodies(header, acts)
    return AgreementPage(
        id=header.id,
        number=header.number,
        title_zh=header.title_zh,
        title_en=header.title_en,
        kind=header.kind,
        level=header.level,
        state=header.state,
        stage=header.stage,
        procedure_id=header.procedure_id,
        grouping=named_in(header, "grouping", "grouping"),
        meeting=named_in(header, "meeting", "meeting"),
        host=named_in(header, "host", "body"),
        venue=named_in(header, "venue", "body"),
        dated=dated(header.dated_on, header.dated_precision),
        party_list=header.party_list,
        declared_parties=header.declared_parties,
        declared_fields=header.declared_fields,
        instruments=header.instruments,
        backfilled=header.backfilled,
        sample=header.sample,
        revision=header.revision,
        note=header.note,
        parties=parties_of(acts, words),
        texts=texts,
        fields=fields,
        items=item_rows(snapshot, actor, [under], page=page, size=size),
        paging=Paging(page, size, sum(field.total for field in fields)),
        relations=relations,
        citations=citations,
        claims=claim_rows(snapshot, actor, agreement=header.id),
        history=tuple(headline(event, bodies, words) for event in raw),
    )


def _header(snapshot: Snapshot, actor: Actor, number: str) -> tuple[Row, tuple[TextRow, ...]]:
    """The agreement's own row, once for each version of its text."""
    agreement, text = snapshot.of(Agreement), snapshot.of(AgreementText)
    grouping, meeting = snapshot.of(Grouping), snapshot.of(Meeting)
    host, venue = snapshot.of(Body, "host"), snapshot.of(Body, "venue")
    rows = snapshot.session.execute(
        sa.select(
            agreement,
            text.c.version.label("text_version"),
            text.c.sha256.label("text_sha256"),
            text.c.language.label("text_language"),
            text.c.kind.label("text_kind"),
            text.c.title_zh.label("text_title_zh"),
            text.c.title_en.label("text_title_en"),
            *named_columns(grouping, "grouping"),
            *named_columns(meeting, "meeting", "number"),
            *named_columns(host, "host"),
            *named_columns(venue, "venue"),
        )
        .select_from(agreement)
        .outerjoin(text, text.c.agreement_id == agreement.c.id)
        .outerjoin(grouping, grouping.c.id == agreement.c.grouping_id)
        .outerjoin(meeting, meeting.c.id == agreement.c.meeting_id)
        .outerjoin(host, host.c.id == agreement.c.host_id)
        .outerjoin(venue, venue.c.id == agreement.c.venue_id)
        .where(agreement.c.number == number, may_see_agreement(snapshot, actor))
        .order_by(text.c.version)
    ).all()
    if not rows:
        raise NotFound("agreement", number)
    texts = (
        TextRow(
            row.text_kind, row.text_version, row.text_sha256, row.text_language, row.text_title_zh, row.text_title_en
        )
        for row in rows
        if row.text_version is not None
    )
    return rows[0], tuple(texts)


def _bodies(header: Row, acts: Sequence[Row]) -> dict[str, Named]:
    """The bodies that the page knows, so that its history costs no statement for their names; others show their code."""
    found = [named for name in ("host", "venue") if (named := named_in(header, name, "body"))]
    return {named.key: named for named in (*found, *(named_party(row) for row in acts))}


def _fields(snapshot: Snapshot, actor: Actor, agreement_id: int) -> tuple[FieldRow, ...]:
    """Named fields with their items by stage, in one statement; then the items under no field."""
    field, item = snapshot.of(AgreementField), snapshot.of(Item)
    none = (sa.null(), sa.null(), sa.null())
    named = sa.select(
        field.c.id.label("field_id"),
        *(field.c.position, field.c.name_zh, field.c.name_en),
        *(sa.null().label("stage"), sa.literal(0).label("items")),
    ).where(field.c.agreement_id == agreement_id)
    counted = (
        sa.select(item.c.field_id, *none, item.c.stage, sa.func.count())
        .where(item.c.agreement_id == agreement_id, may_see_item(snapshot, actor))
        .group_by(item.c.field_id, item.c.stage)
    )
    rows = snapshot.session.execute(sa.union_all(named, counted)).all()
    counts: dict[int | None, list[tuple[str, int]]] = {}
    for row in rows:
        if row.stage is not None:
            counts.setdefault(row.field_id, []).append((row.stage, row.items))
    fields = [
        FieldRow(row.position, row.name_zh, row.name_en, tuple(sorted(counts.get(row.field_id, ()))))
        for row in sorted((row for row in rows if row.stage is None), key=lambda row: row.position)
    ]
    if None in counts:
        fields.append(FieldRow(0, None, None, tuple(sorted(counts[None]))))
    return tuple(fields)


def _links(snapshot: Snapshot, actor: Actor, agreement_id: int) -> tuple[tuple[RelationRow, ...], tuple[Cited, ...]]:
    """Related agreements and cited documents: what this record is tied to, in one statement."""
    relation, agreement = snapshot.of(Relation), snapshot.of(Agreement)
    citation, document = snapshot.of(Citation), snapshot.of(Document)
    inverse = relation.c.other_id == agreement_id
    related = (
        sa.select(
            relation.c.kind,
            agreement.c.number,
            agreement.c.title_zh,
            agreement.c.title_en,
            agreement.c.sample,
            sa.case((inverse, 1), else_=0).label("place"),
            relation.c.note,
        )
        .select_from(relation)
        .join(agreement, agreement.c.id == sa.case((inverse, relation.c.agreement_id), else_=relation.c.other_id))
        .where(sa.or_(relation.c.agreement_id == agreement_id, inverse), may_see_agreement(snapshot, actor))
    )
    cited = (
        sa.select(
            *(sa.literal("", sa.String()), document.c.number, document.c.title, sa.null(), document.c.sample),
            *(citation.c.line, document.c.document_number),
        )
        .select_from(citation)
        .join(document, document.c.id == citation.c.document_id)
        .where(
            citation.c.subject_kind == "agreement",
            citation.c.subject_id == agreement_id,
            may_see_document(snapshot, actor),
        )
    )
    relations, citations = [], []
    for kind, number, zh, en, sample, place, words in sorted(
        snapshot.session.execute(sa.union_all(related, cited)), key=lambda row: (row[0], row[1], row[5])
    ):
        if kind:
            relations.append(RelationRow(kind, Named("agreement", number, zh, en, bool(sample)), bool(place), words))
        else:
            citations.append(Cited(Named("document", number, zh, None, bool(sample)), words, place))
    return tuple(relations), tuple(citations)
