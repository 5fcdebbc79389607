"""Which facts of which records can be corrected, and under which names people ask for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Reads: TypeAlias = Literal["text", "date", "number", "document_number"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column that can be corrected.

    table: its own record's, or one of rows that stand under the record. reads: how a new value is read.
    required: it cannot become empty or unknown. past: a date later than today is refused.
    """

    table: str
    column: str
    reads: Reads = "text"
    required: bool = False
    past: bool = False

    @property
    def precision(self) -> str | None:
        """The column of the precision that goes with a date; None of other fields."""
        if self.reads != "date":
            return None
        return f"{self.column if self.column == 'as_of' else self.column.rpartition('_')[0]}_precision"


def _names(table: str) -> tuple[Field, Field]:
    return Field(table, "name_zh", required=True), Field(table, "name_en")


def _titles(table: str) -> tuple[Field, Field]:
    return Field(table, "title_zh", required=True), Field(table, "title_en")


CORRECTABLE: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "agreement": (
            *_titles("agreement"),
            Field("agreement", "dated_on", "date"),
            Field("agreement", "declared_parties", "number"),
            Field("agreement", "declared_fields", "number"),
            Field("act", "done_on", "date", past=True),
            Field("act", "received_on", "date", past=True),
            Field("act", "registered_on", "date", past=True),
            Field("act", "takes_effect_on", "date"),
            Field("act", "signer_post"),
            Field("act", "clause"),
            Field("act", "content"),
        ),
        "item": _titles("item"),
        "party": _names("body"),
        "grouping": _names("grouping"),
        "meeting": (*_names("meeting"), Field("meeting", "held_on", "date")),
        "document": (
            Field("document", "title", required=True),
            Field("document", "document_number", "document_number"),
            Field("document", "signed_on", "date", past=True),
            Field("document", "published_at", "date", past=True),
        ),
        "claim": (
            Field("claim", "what_zh", required=True),
            Field("claim", "what_en"),
            Field("claim", "stated", "number", required=True),
            Field("claim", "named", "number"),
            Field("claim", "as_of", "date"),
        ),
    }
)
"""Kind of record, as the history calls it → its correctable facts, in the order in which people are offered them.

A new name of a party or a grouping is an event of its own; here its spelling is put right. Numbers, codes, levels, states
and everything under seal have acts of their own.
"""

_PLACE = re.compile(r"(?:(?P<table>[a-z_]+):(?P<row>[1-9][0-9]{0,17})\.)?(?P<column>[a-z_]+)")


def place_of(field: Field, row_id: int, own_table: bool) -> str:
    """The stable name of a field: `title_zh` of the record itself, `act:17.done_on` of a row under it."""
    return field.column if own_table else f"{field.table}:{row_id}.{field.column}"


def field_at(kind: str, place: str) -> tuple[Field, int | None] | None:
    """The field that a name means, and the id of the row under the record, None for the record itself; None for no such field."""
    found = _PLACE.fullmatch(place)
    fields = CORRECTABLE.get(kind, ())
    if found is None or not fields:
        return None
    table = found["table"] or fields[0].table
    under = found["table"] is not None
    if under == (table == fields[0].table):
        return None
    field = next((each for each in fields if (each.table, each.column) == (table, found["column"])), None)
    return (field, int(found["row"]) if under else None) if field else None
