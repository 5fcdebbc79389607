"""Claims of documents beside the tally of the rows that stand for the same set, with the gap and the way to the rows.

Which rows stand for a claim is what the claim itself says (`counts` and its scope); numbers are never compared to find
a set: one source document has 34 items, and 34 colleges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.tallies import Gap
from registry.models import Agreement, AgreementField, AgreementParty, Claim, Document, Grouping, Item, Meeting
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_claim, may_see_item
from registry.queries.members import members_of
from registry.queries.rows import Named, Query, Row, dated, document_columns, named_columns, named_in
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Opens:
    """The rows that a number counts. list: items, agreements, agreement or grouping.

    scope: the filter of the list and its value, e.g. ("agreement", "hbyy-2017-05"), or of a page its key and the part
    to look at, e.g. ("hbyy-2017-05", "fields").
    """

    list: str
    scope: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A count that a document states, beside what the register holds.

    gap: the claim and the tally; its `counted` is None where no rows stand for the set. opens: those rows.
    """

    id: int
    code: str
    what_zh: str
    what_en: str | None
    unit: str | None
    named: int | None
    as_of: PartialDate
    document: Named
    document_number: str | None
    part_of: str | None
    agreement: Named | None
    meeting: Named | None
    grouping: Named | None
    gap: Gap
    opens: Opens | None
    level: str
    sample: bool
    note: str | None


def claim_list(snapshot: Snapshot, actor: Actor) -> tuple[ClaimRow, ...]:
    """All claims that this reader may see, by code, sample ones last."""
    return claim_rows(snapshot, actor)


def claim_rows(
    snapshot: Snapshot,
    actor: Actor,
    *,
    agreement: int | None = None,
    meeting: int | None = None,
    grouping: int | None = None,
    document: int | None = None,
) -> tuple[ClaimRow, ...]:
    """The claims on these records (ids) that the reader may see; all without any. One statement, and one more where
    members of groupings are to be counted."""
    claim = snapshot.of(Claim)
    given = {"agreement_id": agreement, "meeting_id": meeting, "grouping_id": grouping, "document_id": document}
    asked = [claim.c[name] == value for name, value in given.items() if value is not None]
    rows = snapshot.session.execute(
        _query(snapshot, actor).where(may_see_claim(snapshot, actor), *asked).order_by(claim.c.sample, claim.c.code)
    ).all()
    groupings = {row.grouping_id for row in rows if row.counts == "members" and row.grouping_id is not None}
    members = members_of(snapshot, groupings) if groupings else {}
    return tuple(_row(row, len(members.get(row.grouping_id, ()))) for row in rows)


def _query(snapshot: Snapshot, actor: Actor) -> Query:
    claim, document, other = snapshot.of(Claim), snapshot.of(Document), snapshot.of(Claim, "whole")
    agreement, meeting, grouping = (snapshot.of(model) for model in (Agreement, Meeting, Grouping))
    part = sa.and_(other.c.id == claim.c.part_of_id, may_see_claim(snapshot, actor, other))
    about = sa.and_(agreement.c.id == claim.c.agreement_id, may_see_agreement(snapshot, actor, agreement))
    return (
        sa.select(
            claim,
            *document_columns(document),
            document.c.document_number,
            other.c.code.label("part_of"),
            *named_columns(agreement, "agreement", "number", "title"),
            *named_columns(meeting, "meeting", "number"),
            *named_columns(grouping, "grouping"),
            _counted(snapshot, actor, claim).label("counted"),
        )
        .select_from(claim)
        .join(document, document.c.id == claim.c.document_id)
        .outerjoin(other, part)
        .outerjoin(agreement, about)
        .outerjoin(meeting, meeting.c.id == claim.c.meeting_id)
        .outerjoin(grouping, grouping.c.id == claim.c.grouping_id)
    )


def _counted(snapshot: Snapshot, actor: Actor, claim: sa.FromClause) -> sa.ColumnElement[Any]:
    """The tally of the rows that stand for a claim, among those that the reader may see; sample rows count for sample
    claims only. The scope is the narrowest that the claim names."""
    item, agreement = snapshot.of(Item, "counted"), snapshot.of(Agreement, "counted")
    field, party = snapshot.of(AgreementField, "counted"), snapshot.of(AgreementParty, "counted")

    def tally(rows: sa.FromClause, *where: Condition) -> Any:
        return sa.select(sa.func.count()).select_from(rows).where(*where).correlate(claim).scalar_subquery()

    under = sa.select(agreement.c.id).where(_in_scope(claim, agreement)).correlate(claim)
    items = tally(
        item,
        may_see_item(snapshot, actor, item),
        item.c.sample == claim.c.sample,
        sa.case(
            (_scoped(claim), item.c.agreement_id.in_(under)),
            else_=sa.func.coalesce(item.c.document_id == claim.c.document_id, sa.false()),
        ),
    )
    agreements = tally(
        agreement,
        may_see_agreement(snapshot, actor, agreement),
        agreement.c.sample == claim.c.sample,
        _among_several(claim, agreement),
    )
    return sa.case(
        (claim.c.counts == "items", items),
        (sa.and_(claim.c.counts == "agreements", _of_several(claim)), agreements),
        (_on_agreement(claim, "fields"), tally(field, field.c.agreement_id == claim.c.agreement_id)),
        (_on_agreement(claim, "parties"), tally(party, party.c.agreement_id == claim.c.agreement_id)),
        else_=sa.null(),
    )


def _on_agreement(claim: sa.FromClause, counts: str) -> Condition:
    return sa.and_(claim.c.counts == counts, claim.c.agreement_id.is_not(None))


def _scoped(claim: sa.FromClause) -> Condition:
    return sa.or_(claim.c.agreement_id.is_not(None), _of_several(claim))


def _of_several(claim: sa.FromClause) -> Condition:
    return sa.or_(claim.c.meeting_id.is_not(None), claim.c.grouping_id.is_not(None))


def _in_scope(claim: sa.FromClause, agreement: sa.FromClause) -> Condition:
    """The agreement is the claim's, or of its meeting, or of its grouping: the narrowest that the claim names."""
    return sa.case(
        (claim.c.agreement_id.is_not(None), agreement.c.id == claim.c.agreement_id),
        else_=_among_several(claim, agreement),
    )


def _among_several(claim: sa.FromClause, agreement: sa.FromClause) -> Condition:
    return sa.case(
        (claim.c.meeting_id.is_not(None), sa.func.coalesce(agreement.c.meeting_id == claim.c.meeting_id, sa.false())),
        else_=sa.func.coalesce(agreement.c.grouping_id == claim.c.grouping_id, sa.false()),
    )


def _row(row: Row, members: int) -> ClaimRow:
    opens = _opens(row)
    counted = members if row.counts == "members" and row.grouping_key else row.counted
    return ClaimRow(
        row.id,
        row.code,
        row.what_zh,
        row.what_en,
        row.unit,
        row.named,
        dated(row.as_of, row.as_of_precision),
        Named("document", row.document_key, row.document_title, None, row.document_sample),
        row.document_number,
        row.part_of,
        named_in(row, "agreement", "agreement"),
        named_in(row, "meeting", "meeting"),
        named_in(row, "grouping", "grouping"),
        Gap(str(row.stated), row.approximate, counted if opens else None),
        opens,
        row.level,
        row.sample,
        row.note,
    )


def _opens(row: Row) -> Opens | None:
    found = row._mapping
    scopes = [(kind, found[f"{kind}_key"]) for kind in ("agreement", "meeting", "grouping") if found[f"{kind}_key"]]
    several = [scope for scope in scopes if scope[0] != "agreement"]
    if row.counts == "items":
        return Opens("items", scopes[0] if scopes else ("document", row.document_key))
    if row.counts == "agreements" and several:
        return Opens("agreements", several[0])
    if row.counts in ("fields", "parties") and row.agreement_key:
        return Opens("agreement", (row.agreement_key, row.counts))
    if row.counts == "members" and row.grouping_key:
        return Opens("grouping", (row.grouping_key, "members"))
    return None
