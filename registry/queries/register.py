"""The whole register on one page: where agreements and items stand, what needs attention, whose page is where, what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from registry.models import Body, Document, Grouping, Meeting, Register
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.agreements import FIRST, AgreementCount, AgreementList, agreement_list
from registry.queries.claims import ClaimRow, claim_list
from registry.queries.history import Event, recent
from registry.queries.items import ItemCount, ItemRow, attention, item_counts
from registry.queries.parties import BodyRow, party_list
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Totals:
    """Rows of the register that this reader may see, sample rows left out. parties: bodies that sign."""

    agreements: int
    items: int
    parties: int
    groupings: int
    meetings: int
    documents: int


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The register. Counts with sample=True are of sample rows and stand in no total; lists show these rows last, marked.

    attention: the first red and yellow items; parties: all that sign, by code.
    """

    title_zh: str | None
    title_en: str | None
    totals: Totals
    agreement_counts: tuple[AgreementCount, ...]
    item_counts: tuple[ItemCount, ...]
    attention: tuple[ItemRow, ...]
    parties: tuple[BodyRow, ...]
    agreements: AgreementList
    changes: tuple[Event, ...]
    claims: tuple[ClaimRow, ...]


def register_page(snapshot: Snapshot, actor: Actor, *, now: datetime, days: int = 7, first: int = 6) -> RegisterPage:
    """The front page. now: moment of reading, UTC; days: how far back recent changes reach, from it or from the stamp
    of a page of the past; first: how many items that need attention are named."""
    title_zh, title_en = names_of_register(snapshot)
    agreements, items = agreement_list(snapshot, actor, size=FIRST), item_counts(snapshot, actor)
    until = now if snapshot.known is None else snapshot.stamp.at or now
    return RegisterPage(
        title_zh=title_zh,
        title_en=title_en,
        totals=_totals(snapshot, actor, agreements.counts, items),
        agreement_counts=agreements.counts,
        item_counts=items,
        attention=attention(snapshot, actor, first),
        parties=party_list(snapshot),
        agreements=agreements,
        changes=recent(snapshot, actor, until - timedelta(days=days)),
        claims=claim_list(snapshot, actor),
    )


def names_of_register(snapshot: Snapshot) -> tuple[str | None, str | None]:
    """What the register is called, in Chinese and English; None before it is founded."""
    register = snapshot.of(Register)
    row = snapshot.session.execute(sa.select(register.c.name_zh, register.c.name_en)).one_or_none()
    return (row.name_zh, row.name_en) if row else (None, None)


def _totals(
    snapshot: Snapshot, actor: Actor, agreements: tuple[AgreementCount, ...], items: tuple[ItemCount, ...]
) -> Totals:
    body, grouping, meeting, document = (snapshot.of(model) for model in (Body, Grouping, Meeting, Document))
    counted = [
        sa.select(sa.func.count()).where(table.c.sample.is_(False), *where).scalar_subquery()
        for table, where in (
            (body, [body.c.signs.is_(True)]),
            (grouping, []),
            (meeting, []),
            (document, [may_see_document(snapshot, actor)]),
        )
    ]
    return Totals(
        sum(count.count for count in agreements if not count.sample),
        sum(count.count for count in items if not count.sample),
        *snapshot.session.execute(sa.select(*counted)).one(),
    )
