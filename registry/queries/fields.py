"""Fields of cooperation by their exact name, over the agreements that name them. Fields belong to their documents: the same name
in two agreements is shown together, and nothing says that both mean the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import Agreement, AgreementField, Change, Item
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item
from registry.queries.items import ItemCount, ItemFilter, ItemList, item_list
from registry.queries.lamps import lamps
from registry.queries.rows import Named
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class FieldName:
    """A name of a field. agreements: how many name it, that the reader may see. counts: their items, as `item_counts` counts
    them. sample: only sample agreements name it."""

    title_zh: str
    title_en: str | None
    agreements: int
    counts: tuple[ItemCount, ...]
    sample: bool

    @property
    def total(self) -> int:
        """Its items: sample items only where only sample agreements name it."""
        return sum(each.count for each in self.counts if each.sample == self.sample)


@dataclass(frozen=True, slots=True)
class Naming:
    """An agreement that names the field. position: of the field in it; items: those under it that the reader may see."""

    agreement: Named
    stage: str
    state: str
    position: int
    items: int


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One name. items: what needs attention first."""

    name: FieldName
    agreements: tuple[Naming, ...]
    items: ItemList


def field_names(snapshot: Snapshot, actor: Actor) -> tuple[FieldName, ...]:
    """Every name of a field that an agreement has which the reader may see, by name, those of samples last. Two statements."""
    agreement, field = snapshot.of(Agreement), snapshot.of(AgreementField)
    rows = snapshot.session.execute(
        sa.select(
            field.c.name_zh,
            sa.func.min(field.c.name_en).label("name_en"),
            sa.func.count(sa.distinct(agreement.c.id)).label("agreements"),
            sa.func.min(sa.case((agreement.c.sample, 1), else_=0)).label("sample"),
        )
        .join(agreement, agreement.c.id == field.c.agreement_id)
        .where(may_see_agreement(snapshot, actor))
        .group_by(field.c.name_zh)
    ).all()
    counts = _counts(snapshot, actor)
    found = (
        FieldName(row.name_zh, row.name_en, row.agreements, counts.get(row.name_zh, ()), bool(row.sample))
        for row in rows
    )
    return tuple(sorted(found, key=lambda each: (each.sample, each.title_zh)))


def field_page(snapshot: Snapshot, actor: Actor, name: str, *, page: int = 1, size: int = 50) -> FieldPage:
    """One name of a field, exactly as an agreement has it, in Chinese. Raises NotFound."""
    agreement, field = snapshot.of(Agreement), snapshot.of(AgreementField)
    item = snapshot.of(Item)
    under = sa.select(sa.func.count()).where(item.c.field_id == field.c.id, may_see_item(snapshot, actor))
    rows = snapshot.session.execute(
        sa.select(
            *(agreement.c[each] for each in ("number", "title_zh", "title_en", "sample", "stage", "state")),
            *(field.c[each] for each in ("position", "name_zh", "name_en")),
            under.correlate(field).scalar_subquery().label("items"),
        )
        .join(agreement, agreement.c.id == field.c.agreement_id)
        .where(field.c.name_zh == name, may_see_agreement(snapshot, actor))
        .order_by(agreement.c.sample, agreement.c.number, field.c.position)
    ).all()
    if not rows:
        raise NotFound("field", name)
    items = item_list(snapshot, actor, ItemFilter(field_name=name), page=page, size=size, urgent=True)
    english = next((row.name_en for row in rows if row.name_en), None)
    named = FieldName(
        name,
        english,
        len({row.number for row in rows}),
        items.counts,
        all(row.sample for row in rows),
    )
    return FieldPage(
        named,
        tuple(
            Naming(
                Named("agreement", row.number, row.title_zh, row.title_en, row.sample),
                row.stage,
                row.state,
                row.position,
                row.items,
            )
            for row in rows
        ),
        items,
    )


def _counts(snapshot: Snapshot, actor: Actor) -> Mapping[str, tuple[ItemCount, ...]]:
    """Name of a field → its items by stage, lamp and sample mark."""
    item, field = snapshot.of(Item), snapshot.of(AgreementField)
    lit = (
        sa.select(field.c.name_zh, item.c.stage, lamps(snapshot).colour.label("lamp"), item.c.sample)
        .join(field, field.c.id == item.c.field_id)
        .where(may_see_item(snapshot, actor))
        .subquery("lit")
        .c
    )
    found: dict[str, list[ItemCount]] = {}
    for row in snapshot.session.execute(sa.select(*lit, sa.func.count().label("items")).group_by(*lit).order_by(*lit)):
        found.setdefault(row.name_zh, []).append(ItemCount(row.stage, row.lamp, bool(row.sample), row.items))
    return {name: tuple(counts) for name, counts in found.items()}


def changes_in(snapshot: Snapshot, name: str) -> Condition:
    """Condition on changes: of the items that stand under this name of a field."""
    item, field = snapshot.whenever.of(Item), snapshot.whenever.of(AgreementField)
    named = sa.select(item.c.id).join(field, field.c.id == item.c.field_id).where(field.c.name_zh == name)
    return sa.and_(Change.subject_kind == "item", Change.subject_id.in_(named))
