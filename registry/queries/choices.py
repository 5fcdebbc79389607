"""What a form about a record offers: its parties, texts, fields and reports, and the names to choose from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    AgreementText,
    AnnualList,
    Assignment,
    Audited,
    Body,
    Claim,
    Document,
    Grouping,
    Item,
    Matter,
    Meeting,
    MeetingSeries,
    Membership,
    Report,
)
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_item, sees, stands
from registry.queries.changes import TABLES
from registry.queries.rows import Named, dated, still
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Choice:
    """One record to choose. id: for `permissions.allowed`; key: its code or number, which the form sends."""

    id: int
    key: str
    title_zh: str
    title_en: str | None


@dataclass(frozen=True, slots=True)
class AgreementChoices:
    """An agreement as its forms need it.

    texts: (version, SHA-256), the settled one first, without amendments. fields: (position, zh, en).
    """

    id: int
    named: Named
    stage: str
    level: str
    grouping_id: int | None
    host_id: int | None
    parties: tuple[Choice, ...]
    texts: tuple[tuple[int, str], ...]
    fields: tuple[tuple[int, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class ItemChoices:
    """An item as its forms need it. parties: those assigned to it and those of its agreement, or the issuer of its document."""

    id: int
    named: Named
    grouping_id: int | None
    parties: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class ActChoice:
    """An act that stands or was annulled, as its forms need it."""

    id: int
    body_id: int
    kind: str
    logged_by: str
    confirmation: str | None


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """A report whose words are not released."""

    id: int
    party: Choice
    as_of: PartialDate
    grade: str


def agreement_choices(snapshot: Snapshot, actor: Actor, number: str) -> AgreementChoices:
    """What the forms about an agreement offer. Raises NotFound."""
    agreement = snapshot.of(Agreement)
    row = snapshot.session.execute(
        sa.select(agreement).where(agreement.c.number == number, may_see_agreement(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("agreement", number)
    text, field = snapshot.of(AgreementText), snapshot.of(AgreementField)
    texts = sa.select(text.c.version, text.c.sha256).where(text.c.agreement_id == row.id, text.c.kind == "text")
    fields = sa.select(field.c.position, field.c.name_zh, field.c.name_en).where(field.c.agreement_id == row.id)
    return AgreementChoices(
        row.id,
        Named("agreement", row.number, row.title_zh, row.title_en, row.sample),
        row.stage,
        row.level,
        row.grouping_id,
        row.host_id,
        _parties_of(snapshot, row.id),
        tuple(snapshot.session.execute(texts.order_by(text.c.version.desc()))),
        tuple(snapshot.session.execute(fields.order_by(field.c.position))),
    )


def item_choices(snapshot: Snapshot, actor: Actor, number: str) -> ItemChoices:
    """What the forms about an item offer. Raises NotFound."""
    item, agreement, document = snapshot.of(Item), snapshot.of(Agreement), snapshot.of(Document)
    row = snapshot.session.execute(
        sa.select(item, agreement.c.grouping_id, document.c.issuer_id)
        .select_from(item)
        .outerjoin(agreement, agreement.c.id == item.c.agreement_id)
        .outerjoin(document, document.c.id == item.c.document_id)
        .where(item.c.number == number, may_see_item(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("item", number)
    body, assigned = snapshot.of(Body), snapshot.of(Assignment)
    query = (
        sa.select(body.c.id, body.c.code, body.c.name_zh, body.c.name_en)
        .where(
            sa.or_(
                body.c.id.in_(
                    sa.select(assigned.c.body_id).where(assigned.c.item_id == row.id, still(snapshot, assigned))
                ),
                body.c.id == row.issuer_id if row.issuer_id is not None else sa.false(),
            )
        )
        .order_by(body.c.code)
    )
    taking_part = [Choice(*each) for each in snapshot.session.execute(query)]
    others = _parties_of(snapshot, row.agreement_id) if row.agreement_id is not None else ()
    return ItemChoices(
        row.id,
        Named("item", row.number, row.title_zh, row.title_en, row.sample),
        row.grouping_id,
        tuple(dict.fromkeys((*taking_part, *others))),
    )


def act_choice(snapshot: Snapshot, agreement_id: int, act_id: int) -> ActChoice:
    """An act of an agreement that the reader was found to see. Raises NotFound."""
    act = snapshot.of(Act)
    row = snapshot.session.execute(
        sa.select(act.c.id, act.c.body_id, act.c.kind, act.c.logged_by, act.c.confirmation).where(
            act.c.id == act_id, act.c.agreement_id == agreement_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound("act", act_id)
    return ActChoice(*row)


def sealed_reports(snapshot: Snapshot, item_id: int, bodies: frozenset[int]) -> tuple[ReportChoice, ...]:
    """The reports of these bodies on an item whose words are not released, the last first."""
    report, body = snapshot.of(Report), snapshot.of(Body)
    query = (
        sa.select(
            report.c.id.label("report_id"),
            report.c.as_of,
            report.c.as_of_precision,
            report.c.grade,
            *(body.c[name] for name in ("id", "code", "name_zh", "name_en")),
        )
        .select_from(report)
        .join(body, body.c.id == report.c.body_id)
        .where(report.c.item_id == item_id, report.c.released_at.is_(None), report.c.body_id.in_(sorted(bodies)))
        .order_by(report.c.recorded_at.desc(), report.c.id.desc())
    )
    return tuple(
        ReportChoice(
            row.report_id,
            Choice(row.id, row.code, row.name_zh, row.name_en),
            dated(row.as_of, row.as_of_precision),
            row.grade,
        )
        for row in snapshot.session.execute(query)
    )


def amendments_of(snapshot: Snapshot, agreement_id: int) -> tuple[tuple[int, str, str | None], ...]:
    """The amendments to the text of an agreement: version and titles."""
    text = snapshot.of(AgreementText)
    query = sa.select(text.c.version, text.c.title_zh, text.c.title_en).where(
        text.c.agreement_id == agreement_id, text.c.kind == "amendment"
    )
    rows = snapshot.session.execute(query.order_by(text.c.version))
    return tuple((version, zh or str(version), en) for version, zh, en in rows)


def all_parties(snapshot: Snapshot, near: frozenset[int] = frozenset()) -> tuple[Choice, ...]:
    """Every body that can sign, by code, sample ones last. near: ids of groupings whose members stand first."""
    body, membership = snapshot.of(Body), snapshot.of(Membership)
    member = sa.exists().where(
        membership.c.body_id == body.c.id,
        membership.c.grouping_id.in_(sorted(near)),
        membership.c.until_precision.is_(None),
    )
    order = (member.desc(), body.c.sample, body.c.code) if near else (body.c.sample, body.c.code)
    query = sa.select(body.c.id, body.c.code, body.c.name_zh, body.c.name_en).where(
        body.c.signs, stands(snapshot, Body)
    )
    return tuple(Choice(*row) for row in snapshot.session.execute(query.order_by(*order)))


def all_bodies(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Every body, parties first, each by code, sample ones last."""
    body = snapshot.of(Body)
    query = sa.select(body.c.id, body.c.code, body.c.name_zh, body.c.name_en).where(stands(snapshot, Body))
    order = (body.c.sample, body.c.signs.desc(), body.c.code)
    return tuple(Choice(*row) for row in snapshot.session.execute(query.order_by(*order)))


def all_groupings(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Every grouping, by code, sample ones last."""
    grouping = snapshot.of(Grouping)
    query = sa.select(grouping.c.id, grouping.c.code, grouping.c.name_zh, grouping.c.name_en).where(
        stands(snapshot, Grouping)
    )
    return tuple(Choice(*row) for row in snapshot.session.execute(query.order_by(grouping.c.sample, grouping.c.code)))


def all_meetings(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Every meeting, the last number first."""
    meeting = snapshot.of(Meeting)
    query = sa.select(meeting.c.id, meeting.c.number, meeting.c.name_zh, meeting.c.name_en).where(
        stands(snapshot, Meeting)
    )
    return tuple(Choice(*row) for row in snapshot.session.execute(query.order_by(meeting.c.number.desc())))


def all_series(snapshot: Snapshot) -> tuple[Choice, ...]:
    """Every series of meetings, by code, sample ones last."""
    series = snapshot.of(MeetingSeries)
    query = sa.select(series.c.id, series.c.code, series.c.name_zh, series.c.name_en)
    return tuple(Choice(*row) for row in snapshot.session.execute(query.order_by(series.c.sample, series.c.code)))


def _parties_of(snapshot: Snapshot, agreement_id: int) -> tuple[Choice, ...]:
    party, body = snapshot.of(AgreementParty), snapshot.of(Body)
    query = (
        sa.select(body.c.id, body.c.code, body.c.name_zh, body.c.name_en)
        .join(party, party.c.body_id == body.c.id)
        .where(party.c.agreement_id == agreement_id, still(snapshot, party))
        .order_by(party.c.position)
    )
    return tuple(Choice(*row) for row in snapshot.session.execute(query))


_RECORDS: dict[str, tuple[type[Audited], str, str, str | None]] = {
    "agreement": (Agreement, "number", "title_zh", "title_en"),
    "item": (Item, "number", "title_zh", "title_en"),
    "document": (Document, "number", "title", None),
    "party": (Body, "code", "name_zh", "name_en"),
    "grouping": (Grouping, "code", "name_zh", "name_en"),
    "meeting": (Meeting, "number", "name_zh", "name_en"),
    "matter": (Matter, "number", "title_zh", "title_en"),
    "claim": (Claim, "code", "what_zh", "what_en"),
    "list": (AnnualList, "number", "title_zh", "title_en"),
}
"""Kind of record → model, and columns of key and titles."""


def record_of(snapshot: Snapshot, actor: Actor, kind: str, key: str) -> tuple[int, Named]:
    """The id and name of a record that the reader may see. kind: as histories call it. Raises NotFound."""
    model, column, zh, en = _RECORDS[kind]
    rows = snapshot.of(model)
    query = sa.select(rows.c.id, rows.c[zh], rows.c[en] if en else sa.null(), rows.c.sample)
    row = snapshot.session.execute(query.where(rows.c[column] == key, sees(actor, model, rows.c.id))).one_or_none()
    if row is None:
        raise NotFound(kind, key)
    table = TABLES.get(kind, kind)
    return row[0], Named(table, key, row[1], row[2], row[3])


def records_of(snapshot: Snapshot, actor: Actor, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Named]:
    """The names of records by kind and key, as far as the reader may see them. One statement for each kind."""
    keys: dict[str, set[str]] = {}
    for kind, key in wanted:
        if kind in _RECORDS:
            keys.setdefault(kind, set()).add(key)
    found: dict[tuple[str, str], Named] = {}
    for kind, those in sorted(keys.items()):
        model, column, zh, en = _RECORDS[kind]
        rows = snapshot.of(model)
        query = sa.select(rows.c[column], rows.c[zh], rows.c[en] if en else sa.null(), rows.c.sample)
        table = TABLES.get(kind, kind)
        for row in snapshot.session.execute(query.where(rows.c[column].in_(those), sees(actor, model, rows.c.id))):
            found[kind, row[0]] = Named(table, *row)
    return found


def codes_of_officer(snapshot: Snapshot, actor: Actor) -> frozenset[str]:
    """Codes of the parties for which the reader is an officer now."""
    held = sorted(each.body_id for each in actor.held if each.role == "officer" and each.body_id is not None)
    body = snapshot.of(Body)
    return (
        frozenset(snapshot.session.scalars(sa.select(body.c.code).where(body.c.id.in_(held)))) if held else frozenset()
    )
