"""What changed, as the register keeps it for searching: who may see which changes, and one field from and to in words.

A field that names a record the reader may not see is withheld; sealed values open only where they were opened for the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from registry.models import (
    VERSIONS,
    Agreement,
    AnnualList,
    Audited,
    Change,
    Citation,
    Claim,
    Document,
    Item,
    Matter,
    Relation,
    Report,
    audited_tables,
)
from registry.permissions import Actor, allowed
from registry.queries.access import Condition, sees
from registry.queries.rows import Named, Query, Row
from registry.queries.snapshot import Snapshot, live

Value: TypeAlias = bool | int | str | Named | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, from and to. A reference is the record it names. withheld: something is there that this reader may not see."""

    field: str
    old: Value
    new: Value
    withheld: bool


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of one table. move: added, changed or removed; of a row that came or went, the fields that held something."""

    table: str
    row_id: int
    move: str
    fields: tuple[FieldChange, ...]


LEVELLED: dict[str, type[Audited]] = {
    "agreement": Agreement,
    "item": Item,
    "list": AnnualList,
    "document": Document,
    "claim": Claim,
    "matter": Matter,
}
"""Kinds of records with a level."""
OPEN_KINDS = ("party", "grouping", "series", "meeting", "event", "procedure", "register")
"""Kinds of records that everybody sees; of the others (person, file) only those who see all read the history."""
TABLES = {"party": "body", "series": "meeting_series", "file": "stored_file", "list": "annual_list"}
"""Table of a kind, where it has another name."""

SEALED = {
    (table.name, column.name)
    for table in audited_tables()
    for column in table.columns
    if column.info["log"] == "sealed"
}
"""Table and column of every value that stands there by its digest."""
REFERENCES = {
    (table.name, column.name): key.column.table.name
    for table in audited_tables()
    for column in table.columns
    for key in column.foreign_keys
}
"""Table and column → table that the column refers to."""


def reads_all(actor: Actor) -> bool:
    """Whether no change is hidden from this reader."""
    return actor.sees_all or allowed(actor, "history:export")


def visible(actor: Actor) -> Condition:
    """Condition on changes: they belong to a record that the reader may see."""
    if actor.sees_all:
        return sa.true()
    # Joined to nothing, so that no index is chosen for it: whoever asks has a narrower condition than a level.
    kind, record = Change.subject_kind.concat(""), Change.subject_id
    own = sa.and_(kind == "person", record == actor.person_id) if actor.person_id is not None else sa.false()
    return sa.or_(
        kind.in_(OPEN_KINDS),
        own,
        *(sa.and_(kind == name, sees(actor, model, record)) for name, model in LEVELLED.items()),
    )


def shown_by(snapshot: Snapshot, actor: Actor) -> Condition:
    """Condition on changes: known by then, and no row that ties a visible record to one that is not to be found."""
    known = sa.true() if snapshot.known is None else Change.entry <= snapshot.known
    if actor.sees_all:
        return known
    citation, relation = live(Citation, "seen"), live(Relation, "seen")
    cited = sa.exists().where(
        citation.c.id == Change.row_id,
        sa.or_(
            citation.c.subject_kind.not_in(tuple(LEVELLED)),
            *(
                sa.and_(citation.c.subject_kind == name, sees(actor, model, citation.c.subject_id))
                for name, model in LEVELLED.items()
            ),
        ),
    )
    related = sa.exists().where(relation.c.id == Change.row_id, sees(actor, Agreement, relation.c.other_id))
    listed, line = VERSIONS["list_row"].alias("list_row_seen"), VERSIONS["lineage"].alias("lineage_seen")
    in_list = sa.exists().where(listed.c.id == Change.row_id, sees(actor, Item, listed.c.item_id))
    carried_on = sa.exists().where(line.c.id == Change.row_id, sees(actor, Item, line.c.earlier_id))
    table = Change.table_name
    return sa.and_(
        known,
        sa.or_(table != "report", sees(actor, Report, Change.row_id)),
        sa.or_(table != "citation", cited),
        sa.or_(table != "relation", related),
        sa.or_(table != "list_row", in_list),
        sa.or_(table != "lineage", carried_on),
    )


def change_rows() -> Query:
    """The change rows, in the order in which they were made; add conditions."""
    return sa.select(
        Change.entry,
        Change.subject_kind,
        Change.subject_id,
        Change.table_name,
        Change.row_id,
        Change.field,
        Change.old,
        Change.new,
    ).order_by(Change.entry, Change.id)


def fields_of(row: Row) -> Iterator[tuple[str, str, Any, Any]]:
    """Move, field, old and new value of one change row; of a whole row each field that held something."""
    old, new = (json.loads(text) if text is not None else None for text in (row.old, row.new))
    if row.field:
        yield "changed", row.field, old, new
    elif new is not None:
        yield from (("added", name, None, value) for name, value in new.items() if value is not None and name != "id")
    else:
        yield from (
            ("removed", name, value, None) for name, value in (old or {}).items() if value is not None and name != "id"
        )


def field_change(
    table: str,
    name: str,
    old: Any,
    new: Any,
    names: Mapping[tuple[str, int], Named],
    texts: Mapping[str, str],
    everything: bool,
) -> FieldChange:
    """One field from and to as the reader sees it. names: records by table and id; texts: opened values by digest; everything:
    whether a record without a name shows its id."""
    target = REFERENCES.get((table, name))

    def shown(value: Any) -> Value:
        if value is None:
            return None
        if (table, name) in SEALED:
            return texts.get(value)
        if target:
            return names.get((target, value), value if everything else None)
        return f"sha256:{value['sha256']}" if isinstance(value, dict) else value  # long texts stand by their hash

    from_, to = shown(old), shown(new)
    return FieldChange(name, from_, to, (from_ is None) != (old is None) or (to is None) != (new is None))


def text_of(value: Value) -> str:
    """A value as a cell of a file; a record by its number or code."""
    if isinstance(value, Named):
        return value.key
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
