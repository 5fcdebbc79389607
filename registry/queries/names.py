"""The names of records that a page mentions, all in one statement, cut to what the reader may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason
from registry.models import (
    Agreement,
    AgreementField,
    AgreementText,
    AnnualList,
    Audited,
    Body,
    Claim,
    Commitment,
    Department,
    Document,
    Event,
    Grouping,
    Item,
    ListVersion,
    Matter,
    Meeting,
    MeetingSeries,
    Procedure,
    StoredFile,
    Target,
)
from registry.permissions import Actor
from registry.queries.access import sees
from registry.queries.rows import Named, Query, named_party, party_columns
from registry.queries.snapshot import Snapshot
from registry.words import Language

_SHAPES: dict[str, tuple[type[Audited], str, str, str | None, bool]] = {
    "agreement": (Agreement, "number", "title_zh", "title_en", True),
    "agreement_field": (AgreementField, "position", "name_zh", "name_en", False),
    "agreement_text": (AgreementText, "version", "sha256", None, False),
    "annual_list": (AnnualList, "number", "title_zh", "title_en", True),
    "body": (Body, "code", "name_zh", "name_en", True),
    "claim": (Claim, "code", "what_zh", "what_en", True),
    "commitment": (Commitment, "code", "title_zh", "title_en", False),
    "department": (Department, "name_zh", "name_zh", "name_en", True),
    "document": (Document, "number", "title", None, True),
    "event": (Event, "code", "what_zh", "what_en", True),
    "grouping": (Grouping, "code", "name_zh", "name_en", True),
    "item": (Item, "number", "title_zh", "title_en", True),
    "list_version": (ListVersion, "version", "version", None, False),
    "matter": (Matter, "number", "title_zh", "title_en", True),
    "meeting": (Meeting, "number", "name_zh", "name_en", True),
    "meeting_series": (MeetingSeries, "code", "name_zh", "name_en", True),
    "procedure": (Procedure, "slug", "slug", None, False),
    "stored_file": (StoredFile, "sha256", "media_type", None, False),
    "target": (Target, "position", "metric_zh", "metric_en", False),
}
"""Table → model, columns of key and titles, whether it can be a sample."""

_UNDER: dict[str, tuple[type[Audited], str]] = {
    "agreement_field": (Agreement, "agreement_id"),
    "agreement_text": (Agreement, "agreement_id"),
    "commitment": (Document, "document_id"),
    "list_version": (AnnualList, "list_id"),
    "target": (Item, "item_id"),
}
"""Records that are seen with another: table → model and column of the other."""


def names_of(snapshot: Snapshot, actor: Actor, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Named]:
    """The names of records by table and id. Absent from the answer: what this reader may not see, and tables without names."""
    identities: dict[str, set[int]] = {}
    for table, identity in wanted:
        if table in _SHAPES:
            identities.setdefault(table, set()).add(identity)
    if not identities:
        return {}
    parts = [_part(snapshot, actor, table, identities[table]) for table in sorted(identities)]
    rows = snapshot.session.execute(sa.union_all(*parts) if len(parts) > 1 else parts[0])
    return {(kind, identity): Named(kind, key, zh, en, bool(sample)) for kind, identity, key, zh, en, sample in rows}


def _part(snapshot: Snapshot, actor: Actor, table: str, identities: set[int]) -> Query:
    model, key, zh, en, marked = _SHAPES[table]
    rows = snapshot.of(model)
    seen = sees(actor, model, rows.c.id)
    if table in _UNDER:
        other, column = _UNDER[table]
        seen = sees(actor, other, rows.c[column])
    return sa.select(
        sa.literal(table, sa.String()),
        rows.c.id,
        sa.cast(rows.c[key], sa.String()),
        sa.cast(rows.c[zh], sa.Text()),
        rows.c[en] if en else sa.null(),
        rows.c.sample if marked else sa.false(),
    ).where(rows.c.id.in_(sorted(identities)), seen)


def bodies_by_code(snapshot: Snapshot, codes: Collection[str]) -> dict[str, Named]:
    """The names of bodies by code, in one statement; none for no codes."""
    if not codes:
        return {}
    body = snapshot.of(Body)
    query = sa.select(*party_columns(body)).where(body.c.code.in_(sorted(codes)))
    return {row.party_code: named_party(row) for row in snapshot.session.execute(query)}


def with_names(session: Session, reasons: Collection[Reason], language: Language) -> tuple[Reason, ...]:
    """The reasons with the names of the parties that they wait for in place of their codes; one statement, none where none waits."""
    codes = {code for each in reasons if _WAITING in each.values for code in _waited_for(each)}
    found = bodies_by_code(Snapshot(session, None, date.min), codes)
    names = {code: (body.title_en if language == "en" else None) or body.title_zh for code, body in found.items()}
    return tuple(_with_names(each, names) if _WAITING in each.values else each for each in reasons)


_WAITING = "waiting"
"""The value of a reason that holds codes of parties."""


def _waited_for(reason: Reason) -> list[str]:
    return [*str(reason.values[_WAITING]).split(","), *reason.who]


def _with_names(reason: Reason, names: Mapping[str, str]) -> Reason:
    waiting = ",".join(names.get(code, code) for code in str(reason.values[_WAITING]).split(","))
    who = tuple(names.get(code, code) for code in reason.who)
    return replace(reason, values={**reason.values, _WAITING: waiting}, who=who)
