"""The lists of items, agreements, parties, documents, matters and claims as tables: their filters, and their rows read in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from registry.domain.sheets import Column, Sheet
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.claims import claim_list
from registry.queries.documents import document_list
from registry.queries.items import ItemFilter, item_list
from registry.queries.matters import MatterFilter, matter_list
from registry.queries.parties import party_list
from registry.views import asked
from registry.views.sheets import (
    agreement_columns,
    agreement_rows,
    body_columns,
    body_rows,
    claim_columns,
    claim_rows,
    document_columns,
    document_rows,
    item_columns,
    item_rows,
    matter_columns,
    matter_rows,
)
from registry.views.stamping import Desk
from registry.views.tongue import Cells, Tongue

BATCH = 1_000
"""Rows read at a time."""
ROWS_AT_MOST = {"xlsx": 20_000, "docx": 1_000, "pdf": 2_000}
"""Of a list in each form; a CSV has no limit."""


@dataclass(frozen=True, slots=True)
class ListTable:
    """A list. name: of its title; filter: what the query asks for; rows: all that it means, in the order of the page."""

    name: str
    filter: Callable[[], Any]
    columns: Callable[[Tongue], tuple[Column, ...]]
    rows: Callable[[Desk, Any], Iterator[Cells]]
    total: Callable[[Desk, Any], int]

    def sheet(self, desk: Desk, which: Any, form: str) -> Sheet:
        """As many rows as the form takes, and the count of all."""
        most, total = ROWS_AT_MOST[form], self.total(desk, which)
        rows = tuple(islice(self.rows(desk, which), most))
        said = ("total", {"n": total}) if total <= most else ("cut", {"n": most, "total": total})
        return Sheet(
            self.name, desk.t.sheet(self.name), self.columns(desk.t), rows, notes=(desk.t.say(said[0], **said[1]),)
        )


def item_filter() -> ItemFilter:
    """Which items the query asks for. Raises Refused bad-number."""
    texts = (name for name in ItemFilter.__dataclass_fields__ if name != "field")
    return ItemFilter(**{name: asked.text(name) for name in texts}, field=asked.number("field"))


def agreement_filter() -> AgreementFilter:
    """Which agreements the query asks for."""
    return AgreementFilter(**{name: asked.text(name) for name in AgreementFilter.__dataclass_fields__})


def matter_filter() -> MatterFilter:
    """Which matters the query asks for."""
    return MatterFilter(**{name: asked.text(name) for name in MatterFilter.__dataclass_fields__})


def _items(desk: Desk, which: ItemFilter) -> Iterator[Cells]:
    for page in count(1):
        found = item_list(desk.snapshot, desk.actor, which, page=page, size=BATCH, urgent=True)
        yield from item_rows(desk.t, found.rows)
        if page >= found.paging.pages:
            return


def _agreements(desk: Desk, which: AgreementFilter) -> Iterator[Cells]:
    for page in count(1):
        found = agreement_list(desk.snapshot, desk.actor, which, page=page, size=BATCH)
        yield from agreement_rows(desk.t, found.rows)
        if page >= found.paging.pages:
            return


def _matters(desk: Desk, which: MatterFilter) -> Iterator[Cells]:
    for page in count(1):
        found = matter_list(desk.snapshot, desk.actor, which, page=page, size=BATCH)
        yield from matter_rows(desk.t, found.rows)
        if page >= found.paging.pages:
            return


LISTS = {
    "items": ListTable(
        "items",
        item_filter,
        item_columns,
        _items,
        lambda desk, which: item_list(desk.snapshot, desk.actor, which, size=1).paging.total,
    ),
    "agreements": ListTable(
        "agreements",
        agreement_filter,
        agreement_columns,
        _agreements,
        lambda desk, which: agreement_list(desk.snapshot, desk.actor, which, size=1).paging.total,
    ),
    "parties": ListTable(
        "parties",
        lambda: None,
        body_columns,
        lambda desk, _: body_rows(desk.t, party_list(desk.snapshot, signing=None)),
        lambda desk, _: len(party_list(desk.snapshot, signing=None)),
    ),
    "documents": ListTable(
        "documents",
        lambda: None,
        document_columns,
        lambda desk, _: document_rows(desk.t, document_list(desk.snapshot, desk.actor)),
        lambda desk, _: len(document_list(desk.snapshot, desk.actor)),
    ),
    "matters": ListTable(
        "matters",
        matter_filter,
        matter_columns,
        _matters,
        lambda desk, which: matter_list(desk.snapshot, desk.actor, which, size=1).paging.total,
    ),
    "claims": ListTable(
        "claims",
        lambda: None,
        claim_columns,
        lambda desk, _: claim_rows(desk.t, claim_list(desk.snapshot, desk.actor)),
        lambda desk, _: len(claim_list(desk.snapshot, desk.actor)),
    ),
}
"""First part of an address → its list."""
