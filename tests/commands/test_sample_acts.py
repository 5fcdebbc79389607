"""The fictional accord on water: what its clause and its acts come to, once and not twice."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.commands.sample_acts import STATED, WATER, sample_acts
from registry.documents.bundles import SAMPLE
from registry.models import Act, Agreement, LedgerEntry
from registry.permissions import ANONYMOUS
from registry.queries.alerts import alerts
from registry.queries.force import forces
from registry.queries.snapshot import Snapshot
from tests.bundled import begun, imported


def test_the_accord_on_water_shows_what_law_needs(session: Session, at: datetime) -> None:
    begun(session, at)
    imported(session, SAMPLE, at)
    sample_acts(session, at=at)
    session.rollback()
    before = session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one()
    assert all(each.created == () for each in imported(session, SAMPLE, at))  # who joined since is no conflict
    sample_acts(session, at=at)
    session.rollback()
    assert session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one() == before

    kinds = set(session.scalars(sa.select(Act.kind)))
    assert kinds >= {
        "signature",
        "ratification",
        "accession",
        "reservation",
        "objection",
        "withdrawal_notice",
        "acceptance",
    }
    water = session.scalars(sa.select(Agreement).where(Agreement.number == WATER)).one()
    (told,) = [each for each in alerts(Snapshot(session, None, at.date()), ANONYMOUS) if each.record.key == WATER]
    assert (told.code, told.reason.values["computed"]) == ("computed-differs", "2021-11-21")
    text, amendment = forces(Snapshot(session, None, at.date()), (water.id,))[water.id]
    assert (text.force.status, text.force.date, text.stated) == ("in_force", date(2021, 11, 21), STATED)
    assert text.force.trigger == (date(2021, 10, 22), "x-c")
    parties = {each.party: (each.status, each.date, each.until) for each in text.force.parties}
    assert parties["x-f"] == ("in_force", date(2023, 5, 20), None)  # the later accession
    assert parties["x-e"] == ("in_force", date(2022, 6, 10), date(2027, 2, 10))  # its notice of withdrawal
    assert (amendment.force.status, set(amendment.force.remaining[0].parties)) == (
        "pending",
        {"x-c", "x-d", "x-e", "x-f"},
    )
