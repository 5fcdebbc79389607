"""Replay the entries and hold the register against them: what a superuser changed with triggers off is named here.

Reads in one snapshot. Names table, key and column of every row that differs; an empty list means that the live tables, the
version tables, the searchable changes and the entries all tell one story.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.guards import VOCABULARY
from registry.ledger import search
from registry.ledger.book import change_rows
from registry.ledger.canonical import Image, canonical, dumps
from registry.ledger.schema import ImageChange, migrated_image
from registry.ledger.seal import digest_of
from registry.ledger.tree import leaf_hash, root_hash
from registry.models import (
    VERSIONS,
    Base,
    Change,
    LedgerEntry,
    LedgerHead,
    RowChange,
    SealedValue,
    audited_tables,
    logged_columns,
)
from registry.models.steps import SUBJECTS
from workflows import Definition, DefinitionError, load_published
from workflows.check import examine
from workflows.replay import BrokenHistory
from workflows.replay import replay as fold

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the register and its history differ: table, key of the row, column (empty: the whole row), what is wrong."""

    table: str
    key: str
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome: number of entries, root of their tree (hex), and every finding."""

    size: int
    root: str
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Replayed:
    """The register as its entries tell it: current images, all versions, and what is wrong in the entries themselves."""

    now: dict[Key, Image] = field(default_factory=dict)
    versions: dict[Key, list[tuple[int, int | None, Image]]] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def verify(session: Session, *, size: int | None = None, root: str | None = None) -> Verdict:
    """Check everything; with size and root (hex), also that the log still begins with the tree once seen.

    Entries are never trusted through anything stored beside them: each leaf is hashed again.
    """
    told = replay(session)
    filled = set(session.execute(_tables_with_rows()).scalars())
    findings = [
        *told.findings,
        *_head(session, told),
        *_live(session, told, filled),
        *_versions(session, told, filled),
        *_sealed(session),
        *_steps(session),
    ]
    findings += _search(session, {(found.table, found.key) for found in findings})
    if root is not None and size is not None and root_hash(told.leaves[:size]).hex() != root:
        findings.append(
            Finding("ledger_entry", f"0..{size - 1}", "", "the log does not begin with the tree seen before")
        )
    return Verdict(len(told.leaves), root_hash(told.leaves).hex(), tuple(findings))


def replay(session: Session) -> Replayed:
    """Read all entries in order, check each, apply it, and compare the searchable changes on the way."""
    told = Replayed()
    found = told.findings.append
    changes = _grouped_changes(session)
    waiting = next(changes, None)
    columns = [column for column in LedgerEntry.__table__.columns if column.name != "index"]
    query = sa.select(LedgerEntry.index.label("number"), *columns).order_by(LedgerEntry.index)
    entries = session.execute(query, execution_options={"yield_per": 500})
    for expected, row in enumerate(entries):
        leaf = leaf_hash(row.body.encode())
        told.leaves.append(leaf)
        if row.number != expected:
            found(Finding("ledger_entry", str(row.number), "index", f"expected {expected}: an entry is missing"))
        if row.leaf != leaf.hex():
            found(Finding("ledger_entry", str(row.number), "leaf", "is not the hash of the body"))
        body = _read(row, found)
        if body is None:
            continue
        try:
            projected = _apply(told, row.number, body)
        except (KeyError, TypeError, ValueError) as error:  # an entry before it is gone, or was forged
            found(Finding("ledger_entry", str(row.number), "changes", f"cannot be replayed: {error!r}"))
            continue
        while waiting and waiting[0] < row.number:
            found(Finding("change", str(waiting[0]), "", "belongs to no entry"))
            waiting = next(changes, None)
        stored: list[dict[str, Any]] = []
        if waiting and waiting[0] == row.number:
            stored, waiting = waiting[1], next(changes, None)
        if stored != projected:
            told.findings.extend(_differing_changes(row.number, stored, projected))
    while waiting:
        found(Finding("change", str(waiting[0]), "", "belongs to no entry"))
        waiting = next(changes, None)
    return told


def _read(row: Any, found: Any) -> dict[str, Any] | None:
    """The body of an entry, after comparing the columns beside it."""
    try:
        body: dict[str, Any] = json.loads(row.body)
        beside = {"at": canonical(row.at), "act": row.act, "subject": [row.subject_kind, row.subject_id]}
        for name, value in beside.items():
            if body[name] != value:
                found(Finding("ledger_entry", str(row.number), name, f"{value!r} stands beside {body[name]!r}"))
        if dumps(body) != row.body:
            found(Finding("ledger_entry", str(row.number), "body", "is not canonical JSON"))
        return body
    except (ValueError, KeyError, TypeError) as error:
        found(Finding("ledger_entry", str(row.number), "body", f"cannot be read: {error}"))
        return None


def _apply(told: Replayed, index: int, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Apply one entry to the replayed register; the change rows it should have left."""
    for migration in body.get("images", []):
        _migrate(told, migration)
    projected: list[dict[str, Any]] = []
    for change in body.get("changes", []):
        key, old, new = (change["t"], change["id"]), change["from"], change["to"]
        before = told.now.get(key)
        if (before is None) != (old is None) or any(
            before[name] != value for name, value in (old or {}).items() if before
        ):
            told.findings.append(
                Finding(
                    change["t"], str(change["id"]), "", f"entry {index} starts from values the history does not hold"
                )
            )
        after = None if new is None else {**(before or {}), **new}
        projected += change_rows(index, change)
        versions = told.versions.setdefault(key, [])
        if versions and versions[-1][1] is None:
            versions[-1] = (versions[-1][0], index, versions[-1][2])
        if after is None:
            told.now.pop(key, None)
        else:
            told.now[key] = after
            versions.append((index, None, after))
    return projected


def _migrate(told: Replayed, change: ImageChange) -> None:
    """Read every image of a table through one change of a migration."""
    table, renamed = change["table"], change["to"] if change["op"] == "rename_table" else change["table"]
    for key in [key for key in told.versions if key[0] == table]:
        told.versions[renamed, key[1]] = [
            (since, until, migrated_image(change, image)) for since, until, image in told.versions.pop(key)
        ]
    for key in [key for key in told.now if key[0] == table]:
        told.now[renamed, key[1]] = migrated_image(change, told.now.pop(key))


def _grouped_changes(session: Session) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The stored change rows, entry by entry, in the order they were written."""
    names = ["entry", "subject_kind", "subject_id", "table_name", "row_id", "field", "old", "new"]
    columns = [Change.__table__.c[name] for name in names]
    rows = session.execute(sa.select(*columns).order_by(Change.entry, Change.id), execution_options={"yield_per": 2000})
    entry, group = None, list[dict[str, Any]]()
    for row in rows:
        if row.entry != entry and entry is not None:
            yield entry, group
            group = []
        entry = row.entry
        group.append(row._asdict())
    if entry is not None:
        yield entry, group


def _differing_changes(index: int, stored: list[dict[str, Any]], projected: list[dict[str, Any]]) -> Iterator[Finding]:
    """Name each searchable change that the entry does not tell, or tells otherwise."""
    for row in [row for row in stored if row not in projected]:
        yield Finding(
            "change", str(index), row["field"], f"{row['table_name']} {row['row_id']}: the entry does not say so"
        )
    for row in [row for row in projected if row not in stored]:
        yield Finding("change", str(index), row["field"], f"{row['table_name']} {row['row_id']}: missing or altered")
    if all(row in projected for row in stored) and all(row in stored for row in projected):
        yield Finding("change", str(index), "id", "the rows stand twice, or in another order")


def _head(session: Session, told: Replayed) -> Iterator[Finding]:
    size = session.scalar(sa.select(LedgerHead.size))
    if size != len(told.leaves):
        yield Finding("ledger_head", "1", "size", f"{size} beside {len(told.leaves)} entries")
    if count := session.scalar(sa.select(sa.func.count()).select_from(RowChange)):
        yield Finding("row_change", "", "", f"{count} changes without an entry")


@cache
def _tables_with_rows() -> sa.CompoundSelect[str]:
    """The names of audited and version tables that hold a row. Most hold none in a young register."""
    tables = [*audited_tables(), *VERSIONS.values()]
    return sa.union_all(
        *(sa.select(sa.literal(table.name)).where(sa.exists(sa.select(table.c.id))) for table in tables)
    )


def _images(session: Session, table: sa.Table, columns: list[sa.Column[Any]]) -> Iterator[dict[str, Any]]:
    """Canonical images of all rows of a table."""
    for row in session.execute(sa.select(*columns), execution_options={"yield_per": 2000}):
        yield {name: canonical(value) for name, value in row._mapping.items()}


def _live(session: Session, told: Replayed, filled: set[str]) -> Iterator[Finding]:
    """Live tables against the replayed images."""
    seen: set[Key] = set()
    for table in [table for table in audited_tables() if table.name in filled]:
        for image in _images(session, table, logged_columns(table)):
            key = (table.name, int(image["id"]))
            seen.add(key)
            yield from _differences(table.name, str(key[1]), image, told.now.get(key))
    for name, row_id in told.now.keys() - seen:
        yield Finding(name, str(row_id), "", "the row is gone, the history holds it")


def _versions(session: Session, told: Replayed, filled: set[str]) -> Iterator[Finding]:
    """Version tables against the replayed versions."""
    expected = {
        (name, row_id, since): image | {"entry_from": since, "entry_until": until}
        for (name, row_id), versions in told.versions.items()
        for since, until, image in versions
    }
    for table in [table for table in VERSIONS.values() if table.name in filled]:
        live = table.info["version_of"]
        for image in _images(session, table, list(table.columns)):
            known = expected.pop((live, int(image["id"]), int(image["entry_from"])), None)
            yield from _differences(table.name, f"{image['id']}@{image['entry_from']}", image, known)
    for live, row_id, since in expected:
        yield Finding(VERSIONS[live].name, f"{row_id}@{since}", "", "the row is gone, the history holds it")


def _differences(table: str, key: str, stored: dict[str, Any], told: dict[str, Any] | None) -> Iterator[Finding]:
    if told is None:
        yield Finding(table, key, "", "no entry made this row")
        return
    for name, value in stored.items():
        if told.get(name) != value:
            yield Finding(table, key, name, f"{value!r} is stored, the history holds {told.get(name)!r}")


def _sealed(session: Session) -> Iterator[Finding]:
    """Sealed values against their digests. An erased value is no finding: its digest stands for it."""
    for row in session.execute(sa.select(SealedValue.digest, SealedValue.salt, SealedValue.value)):
        if digest_of(row.salt, row.value) != row.digest:
            yield Finding("sealed", row.digest, "value", "does not have this digest")


def _search(session: Session, named: set[tuple[str, str]]) -> list[Finding]:
    """The search index against the live rows, but for rows that are named already."""
    wrong = ((table, str(row_id)) for table, row_id in search.differing(session.connection()))
    return [
        Finding("search_text", f"{table} {row_id}", "words", "are not those of the row")
        for table, row_id in wrong
        if (table, row_id) not in named
    ]


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A stored step in the shape that `workflows.replay` folds."""

    id: int
    definition_id: str
    definition_version: int
    transition_id: str
    kind: str
    from_state: str | None
    to_state: str


def _steps(session: Session) -> Iterator[Finding]:
    """Every subject's state against the fold of its steps, by the versions of the procedure that it ran on."""
    step = Base.metadata.tables["step"]
    definitions = yield from _definitions(session)
    taken: dict[Key, list[TakenStep]] = {}
    for row in session.execute(sa.select(step).order_by(step.c.subject_kind, step.c.subject_id, step.c.position)):
        made_by = definitions.get(row.procedure_id)
        named = (made_by.id, made_by.version) if made_by else ("", 0)
        taken.setdefault((row.subject_kind, row.subject_id), []).append(
            TakenStep(row.id, *named, row.transition, row.kind, row.from_state, row.to_state)
        )
    versions: dict[str, dict[int, Definition]] = {}
    for definition in definitions.values():
        versions.setdefault(definition.id, {})[definition.version] = definition
    for kind in SUBJECTS:
        table = Base.metadata.tables[kind]
        for row in session.execute(sa.select(table.c.id, table.c.state, table.c.procedure_id)):
            running = definitions.get(row.procedure_id)
            if running is None:
                yield Finding(kind, str(row.id), "procedure_id", "runs on no version that was published")
                continue
            place = (running, versions[running.id])
            yield from _fold(kind, row.id, row.state, place, taken.get((kind, row.id), []))


def _definitions(session: Session) -> Generator[Finding, None, dict[int, Definition]]:
    """Every version that was published, by id. Of a draft nothing is asked but that it can be read."""
    procedure = Base.metadata.tables["procedure"]
    found: dict[int, Definition] = {}
    for row in session.execute(sa.select(procedure)):
        try:
            definition = _read_definition(row.source, row.status)
        except DefinitionError as error:
            yield Finding("procedure", str(row.id), "source", f"cannot be read: {error}")
            continue
        if definition.sha256 != row.sha256:
            yield Finding("procedure", str(row.id), "source", "does not have this hash")
        if (definition.id, definition.version) != (row.slug, row.version):
            yield Finding("procedure", str(row.id), "slug", f"is {definition.id}/{definition.version}")
        if row.status != "draft":
            found[row.id] = definition
    return found


def _read_definition(source: str, status: str) -> Definition:
    if status != "draft":
        return load_published(source, VOCABULARY)
    definition, findings = examine(source, VOCABULARY)
    if definition is None:
        raise DefinitionError(findings)
    return definition


def _fold(
    kind: str, subject_id: int, state: str, running: tuple[Definition, Mapping[int, Definition]], steps: list[TakenStep]
) -> Iterator[Finding]:
    """running: the version that the subject runs on, and all versions of its procedure by number."""
    try:
        place = fold(running[0], steps, running[1])
    except BrokenHistory as error:
        yield Finding("step", str(steps[error.index].id), "", error.why)
        return
    if place.state != state:
        yield Finding(kind, str(subject_id), "state", f"{state} is stored, its steps end in {place.state}")
