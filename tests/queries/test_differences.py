"""What differs between two moments is what the two snapshots differ in: nothing more, nothing less, nothing that is hidden."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import VERSIONS, Agreement, AgreementField, audited_tables
from registry.permissions import the_register
from registry.queries.changes import FieldChange
from registry.queries.differences import Difference, differences
from registry.queries.held import known_by
from registry.queries.since import belonging
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.generated import Life
from tests.queries.world import TODAY, now

Place = tuple[str, int, str]
"""Table, row, and added, changed or removed."""


def found(session: Session, actor: Any, since: int, until: int, **more: Any) -> list[Difference]:
    """All differences, as one reader sees them."""
    session.rollback()
    return list(differences(session, actor, since, until, TODAY, **more))


def expected(session: Session, since: int, until: int) -> dict[Place, set[str]]:
    """The same from the version tables: which fields of which rows differ."""
    different: dict[Place, set[str]] = {}
    for table in audited_tables():
        version, sides = VERSIONS[table.name], []
        for known in (since, until):
            rows = session.execute(sa.select(version).where(known_by(version, known))).mappings()
            columns = [column.name for column in version.columns if not column.name.startswith("entry_")]
            sides.append({row["id"]: {name: row[name] for name in columns} for row in rows})
        before, after = sides
        for identity in before.keys() | after.keys():
            old, new = before.get(identity, {}), after.get(identity, {})
            fields = {name for name in old.keys() | new.keys() if name != "id" and old.get(name) != new.get(name)}
            if fields:
                move = "added" if not old else "removed" if not new else "changed"
                different[table.name, identity, move] = fields
    return different


def test_two_moments_differ_as_their_snapshots_do(session: Session, cast: Cast, clock: Clock) -> None:
    life, chance = Life(session, cast, clock, seed=5), random.Random(5)
    life.go_on(140)
    for since, until in [(-1, life.entries - 1), *(sorted(chance.sample(range(20, 140), 2)) for _ in range(8))]:
        rows = [row for each in found(session, cast.auditor, since, until) for row in each.rows]
        told = {(row.table, row.row_id, row.move): {change.field for change in row.fields} for row in rows}
        assert len(told) == len(rows), "no row twice"
        assert told == expected(session, since, until), (since, until)


def changed(session: Session, clock: Clock, agreement: Agreement, **values: Any) -> None:
    """One act that changes an agreement."""
    with atomic(session) as book:
        row = session.get_one(Agreement, agreement.id)
        for name, value in values.items():
            setattr(row, name, value)
        book.record(
            act="agreement.draft",
            actor=the_register("command"),
            subject=("agreement", row.id),
            at=clock.advance(days=1),
        )


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        (["甲", "乙"], [FieldChange("title_zh", "示例合作框架协议", "乙", withheld=False)]),
        (["甲", "示例合作框架协议"], []),
    ],
)
def test_several_changes_are_one_and_what_came_back_is_none(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock, titles: list[str], told: list[FieldChange]
) -> None:
    since = now(session).stamp.entry
    for title in titles:
        changed(session, clock, agreement, title_zh=title)
    until = now(session).stamp.entry
    fields = [
        change for each in found(session, cast.auditor, since, until) for row in each.rows for change in row.fields
    ]
    assert fields == told


def test_a_row_that_came_and_went_is_no_difference(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    since = now(session).stamp.entry
    for act in (session.add, session.delete):
        with atomic(session) as book:
            field = session.query(AgreementField).one_or_none() or AgreementField(
                agreement_id=agreement.id, position=1, name_zh="一时"
            )
            act(field)
            book.record(
                act="agreement.draft", actor=the_register("command"), subject=("agreement", agreement.id), at=clock.at
            )
    assert found(session, cast.auditor, since, now(session).stamp.entry) == []
    (there,) = found(session, cast.auditor, since, since + 1)
    assert [(row.table, row.move) for row in there.rows] == [("agreement_field", "added")]


def test_each_reader_is_told_of_what_they_may_see(session: Session, cast: Cast, clock: Clock) -> None:
    since = now(session).stamp.entry
    hidden = an_agreement(session, cast, clock.at, number="mxsmy-2026-02", level="parties", parties=[cast.wuhai])
    an_item(session, cast, clock.at, hidden)
    an_agreement(session, cast, clock.at, level="public")
    until = now(session).stamp.entry

    def keys(actor: Any, **more: Any) -> list[str]:
        return [each.named.key for each in found(session, actor, since, until, **more) if each.named]

    assert keys(cast.auditor) == keys(cast.officer_wuhai) == ["mxsmy-2026-02", "mxsmy-2026-01", "mxsmy-2026-02-001"]
    assert keys(cast.nobody) == keys(cast.officer_outsider) == ["mxsmy-2026-01"]
    alone = belonging(now(session), "agreement", hidden.id, alone=True)
    assert keys(cast.auditor, within=alone) == ["mxsmy-2026-02"]
    assert keys(cast.nobody, within=alone) == []
    assert keys(cast.auditor, after=("agreement", hidden.id)) == ["mxsmy-2026-01", "mxsmy-2026-02-001"]
