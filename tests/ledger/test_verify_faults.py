"""Faults that verify must name one by one, each made on purpose with the triggers off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger.book import ENTRY_LIMIT, RowMove, split
from registry.ledger.canonical import canonical
from registry.ledger.schema import migrated_image
from registry.ledger.verify import Replayed, _migrate, verify
from tests.ledger.test_verify import change_table, entry_table, forged_entry, grown, superuser

__all__ = ["grown", "superuser"]  # fixtures

Fault = Callable[[sa.Connection], None]


def missing_entry(connection: sa.Connection) -> None:
    """An entry out of the middle is gone."""
    connection.execute(sa.delete(entry_table).where(entry_table.c.index == 3))


def unreadable_changes(connection: sa.Connection) -> None:
    """An entry says something that cannot be replayed."""
    forged_entry(connection, 5, changes=[{"t": "body"}])


def other_beginning(connection: sa.Connection) -> None:
    """An entry changes a value that was never there."""
    change = {"t": "body", "id": 1, "s": ["party", 1], "from": {"note": "never"}, "to": {"note": "x"}}
    forged_entry(connection, 5, changes=[change])


def unreadable_procedure(connection: sa.Connection) -> None:
    """The text of a published procedure is no definition."""
    connection.execute(sa.text("UPDATE procedure SET source = 'nonsense' WHERE id = 1"))


def other_procedure(connection: sa.Connection) -> None:
    """A published procedure has another hash."""
    connection.execute(sa.text("UPDATE procedure SET sha256 = :hash WHERE id = 1"), {"hash": "0" * 64})


def step_from_nowhere(connection: sa.Connection) -> None:
    """A step begins where the last one did not end."""
    connection.execute(sa.text("UPDATE step SET from_state = 'achieved' WHERE position = 2"))


def doubled_changes(connection: sa.Connection) -> None:
    """The searchable changes of an entry stand twice: of the first that has any."""
    names = [column.name for column in change_table.columns if column.name != "id"]
    one = sa.select(*(change_table.c[name] for name in names)).where(
        change_table.c.entry == sa.select(sa.func.min(change_table.c.entry)).scalar_subquery()
    )
    connection.execute(sa.insert(change_table).from_select(names, one))


@pytest.mark.parametrize(
    ("fault", "place", "words"),
    [
        (missing_entry, ("ledger_entry", "4", "index"), "an entry is missing"),
        (unreadable_changes, ("ledger_entry", "5", "changes"), "cannot be replayed"),
        (other_beginning, ("body", "1", ""), "starts from values"),
        (unreadable_procedure, ("procedure", "1", "source"), "cannot be read"),
        (other_procedure, ("procedure", "1", "source"), "does not have this hash"),
        (step_from_nowhere, ("step", None, ""), ""),
        (doubled_changes, ("change", None, "id"), "stand twice"),
    ],
)
def test_the_fault_is_named(
    superuser: sa.Connection, fault: Fault, place: tuple[str, str | None, str], words: str
) -> None:
    fault(superuser)
    findings = verify(Session(superuser, join_transaction_mode="create_savepoint")).findings
    table, key, column = place
    assert [
        each
        for each in findings
        if (each.table, each.column) == (table, column) and key in (None, each.key) and words in each.what
    ]


def test_a_renamed_table_keeps_its_rows_and_versions() -> None:
    told = Replayed(now={("old", 1): {"id": 1}}, versions={("old", 1): [(0, None, {"id": 1})]})
    _migrate(told, {"op": "rename_table", "table": "old", "to": "new"})
    assert told.now == {("new", 1): {"id": 1}}
    assert told.versions == {("new", 1): [(0, None, {"id": 1})]}
    assert migrated_image({"op": "rename_table", "table": "old", "to": "new"}, {"id": 1}) == {"id": 1}


def test_a_row_larger_than_an_entry_is_refused_whole() -> None:
    row = {f"text{number}": "字" * 1300 for number in range(20)}
    move = RowMove("body", 1, None, row | {"id": 1})
    assert sum(len(text.encode()) for text in row.values()) > ENTRY_LIMIT
    with pytest.raises(ValueError, match="larger than an entry"):
        split({}, [move])


def test_a_row_of_no_record_is_refused() -> None:
    with pytest.raises(ValueError, match="without a subject"):
        RowMove("alias", 1, None, {"body_id": None, "grouping_id": None}).subject()


def test_a_type_without_a_form_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical(1.5)
