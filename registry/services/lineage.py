"""Lineage: an item carries on what an earlier one began, so that no promise is dropped unseen when agreements change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Item, Lineage
from registry.models.items import LINEAGES
from registry.permissions import Actor
from registry.queries.access import may_see_item
from registry.queries.snapshot import Snapshot
from registry.services import subjects
from registry.services.items import require_for_item


@dataclass(frozen=True, slots=True)
class LinkItems:
    """A later item and an earlier one that it carries on, both by number. kind: one of `LINEAGES`, read from the later item."""

    item: str
    earlier: str
    kind: str
    basis: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class UnlinkItems:
    """An item does not carry on the other. reason: what was found."""

    item: str
    earlier: str
    reason: str


def link_items(session: Session, actor: Actor, ask: LinkItems, *, at: datetime) -> Lineage:
    """Record that an item carries on an earlier one. By who may work on the later item.

    Raises NotPermitted; NotFound; Refused unknown-choice (kind), unknown-earlier, lineage-to-itself, sample-mixed,
    lineage-known, lineage-circle, unknown-document.
    """
    with atomic(session) as book:
        subjects.locked_register(session)  # or two links that close a circle only together both pass
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "lineage:link")
        if ask.kind not in LINEAGES:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        earlier = _earlier(session, actor, ask.earlier)
        _check(session, item, earlier)
        basis = subjects.basis_document(session, actor, ask.basis)
        line = Lineage(
            item_id=item.id, earlier_id=earlier.id, kind=ask.kind, basis_id=subjects.id_of(basis),
            note=(ask.note or "").strip() or None, recorded_at=at,
        )  # fmt: skip
        session.add(line)
        item.revision += 1
        book.record(
            act="lineage.link", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis),
        )  # fmt: skip
    return line


def unlink_items(session: Session, actor: Actor, ask: UnlinkItems, *, at: datetime) -> None:
    """Take a link back, with the reason; the history keeps it. By who may record one.

    Raises NotPermitted; NotFound; Refused unknown-earlier, reason-missing.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        item = subjects.locked_item(session, actor, ask.item)
        require_for_item(actor, session, item, "lineage:link")
        line = _found(session, item, _earlier(session, actor, ask.earlier))
        if line is None:
            raise NotFound("lineage")
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        session.delete(line)
        item.revision += 1
        book.record(
            act="lineage.unlink", actor=actor, subject=("item", item.id), at=at, on_behalf_of=actor.body_code,
            reason=seal(session, ask.reason.strip(), body_id=actor.body_id),
        )  # fmt: skip


def earlier_ids(session: Session, items: Collection[int]) -> dict[int, frozenset[int]]:
    """Ids of items → ids of all the items that each carries on, directly or through others. One statement."""
    first, line = sa.orm.aliased(Lineage), sa.orm.aliased(Lineage)
    before = (
        sa.select(first.item_id.label("item"), first.earlier_id.label("earlier"))
        .where(first.item_id.in_(sorted(items)))
        .cte("before", recursive=True)
    )
    before = before.union(
        sa.select(before.c.item, line.earlier_id).join_from(before, line, line.item_id == before.c.earlier)
    )
    found: dict[int, set[int]] = {item: set() for item in items}
    for item, earlier in session.execute(sa.select(before.c.item, before.c.earlier)):
        found[item].add(earlier)
    return {item: frozenset(each) for item, each in found.items()}


def _earlier(session: Session, actor: Actor, number: str) -> Item:
    visible = may_see_item(Snapshot(session, None, date.min), actor)
    found = session.execute(sa.select(Item).where(Item.number == number, visible)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-earlier", {"value": number}, field="earlier"))
    return found


def _found(session: Session, item: Item, earlier: Item) -> Lineage | None:
    query = sa.select(Lineage).where(Lineage.item_id == item.id, Lineage.earlier_id == earlier.id)
    return session.execute(query).scalar_one_or_none()


def _check(session: Session, item: Item, earlier: Item) -> None:
    if earlier.id == item.id:
        raise Refused(Reason("lineage-to-itself", field="earlier"))
    if earlier.sample != item.sample:
        raise Refused(Reason("sample-mixed", {"table": "item", "value": earlier.number}, field="earlier"))
    if _found(session, item, earlier) is not None:
        raise Refused(Reason("lineage-known", {"earlier": earlier.number}, field="earlier"))
    if item.id in earlier_ids(session, [earlier.id])[earlier.id]:
        raise Refused(Reason("lineage-circle", {"item": item.number, "earlier": earlier.number}, field="earlier"))
