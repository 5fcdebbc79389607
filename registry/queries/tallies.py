"""The tallies of the whole register, as `registry check` prints them: sample rows are left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.tallies import Tally
from registry.models import (
    Agreement,
    AgreementField,
    Assignment,
    Audited,
    Body,
    Claim,
    Commitment,
    Department,
    Document,
    Edition,
    Event,
    Grouping,
    Item,
    Meeting,
    MeetingSeries,
    Membership,
    Partner,
    Target,
)
from registry.permissions import Actor
from registry.queries.access import (
    Condition,
    may_see_agreement,
    may_see_claim,
    may_see_document,
    may_see_item,
    stands,
)
from registry.queries.claims import ClaimRow, claim_list
from registry.queries.rows import still
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Check:
    """The tallies, and the claims of documents beside them, each with its gap."""

    tallies: tuple[Tally, ...]
    claims: tuple[ClaimRow, ...]


def check(snapshot: Snapshot, actor: Actor) -> Check:
    """What the register holds and what documents claim, among what the reader may see, without any sample row."""
    return Check(tallies(snapshot, actor), tuple(row for row in claim_list(snapshot, actor) if not row.sample))


def tallies(snapshot: Snapshot, actor: Actor) -> tuple[Tally, ...]:
    """How many rows each set has, in the order in which people read them. One statement."""
    sets = tuple(_sets(snapshot, actor))
    counts = snapshot.session.execute(sa.select(*(count.scalar_subquery() for _, _, _, count in sets))).one()
    return tuple(Tally(key, zh, en, found) for (key, zh, en, _), found in zip(sets, counts, strict=True))


def _sets(snapshot: Snapshot, actor: Actor) -> Iterator[tuple[str, str, str, sa.Select[int]]]:
    """Key, titles and count of each set."""
    body, agreement, item, duty = (snapshot.of(model) for model in (Body, Agreement, Item, Assignment))
    agreements, items = may_see_agreement(snapshot, actor), may_see_item(snapshot, actor)
    documents = may_see_document(snapshot, actor)

    def plain(model: type[Audited], *where: Condition) -> sa.Select[int]:
        rows = snapshot.of(model)
        return _count(rows, rows.c.sample.is_(False), stands(snapshot, model), *where)

    def of_items(model: type[Audited], *where: Condition, each: str = "id") -> sa.Select[int]:
        rows = snapshot.of(model)
        joined = rows.join(item, item.c.id == rows.c.item_id)
        return _count(joined, item.c.sample.is_(False), items, *where, each=rows.c[each])

    def of(model: type[Audited], parent: type[Audited], key: str, *where: Condition) -> sa.Select[int]:
        rows, above = snapshot.of(model), snapshot.of(parent)
        return _count(rows.join(above, above.c.id == rows.c[key]), above.c.sample.is_(False), *where)

    by_department = sa.and_(duty.c.role == "lead", duty.c.department_id.is_not(None), still(snapshot, duty))
    yield "bodies", "主体", "Bodies", plain(Body)
    yield "parties", "可签署的主体", "Bodies that can sign", plain(Body, body.c.signs)
    yield "departments", "部门", "Departments", plain(Department)
    yield "groupings", "区域合作组织", "Groupings", plain(Grouping)
    yield "memberships", "已列名的成员", "Members named", of(Membership, Grouping, "grouping_id")
    yield "series", "会议系列", "Series of meetings", plain(MeetingSeries)
    yield "meetings", "会议", "Meetings", plain(Meeting)
    yield "editions", "届次", "Editions", of(Edition, Meeting, "meeting_id")
    yield "documents", "文件", "Documents", plain(Document, documents)
    yield "agreements", "协议", "Agreements", plain(Agreement, agreements)
    yield (
        "fields",
        "协议列名的领域",
        "Fields named by agreements",
        of(AgreementField, Agreement, "agreement_id", agreements),
    )
    yield (
        "declared_fields",
        "协议声明的领域",
        "Fields declared by agreements",
        _sum(agreement, "declared_fields", agreements),
    )
    yield "claims", "文件中的数字", "Claims of documents", plain(Claim, may_see_claim(snapshot, actor))
    yield "events", "事件", "Events", plain(Event)
    yield "commitments", "答复中的承诺", "Commitments of replies", of(Commitment, Document, "document_id", documents)
    yield "items", "合作事项", "Items", plain(Item, items)
    yield "lead_departments", "牵头部门", "Lead departments", of_items(Assignment, by_department, each="department_id")
    yield "lead_mentions", "牵头部门出现次数", "Mentions of lead departments", of_items(Assignment, by_department)
    yield "items_with_partners", "写明合作方的事项", "Items that name partners", of_items(Partner, each="item_id")
    yield "targets", "量化目标", "Quantified targets", of_items(Target)
    yield "items_with_targets", "有量化目标的事项", "Items with targets", of_items(Target, each="item_id")


def _count(rows: sa.FromClause, *where: Condition, each: sa.ColumnElement[int] | None = None) -> sa.Select[int]:
    counted = sa.func.count() if each is None else sa.func.count(each.distinct())
    return sa.select(counted).select_from(rows).where(*where)


def _sum(rows: sa.FromClause, column: str, *where: Condition) -> sa.Select[int]:
    return sa.select(sa.func.coalesce(sa.func.sum(rows.c[column]), 0)).where(rows.c.sample.is_(False), *where)
