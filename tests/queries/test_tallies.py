"""The tallies of `registry check`, counted from the database after the bundled register was imported."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.documents.bundles import REAL, SAMPLE
from registry.permissions import ANONYMOUS
from registry.queries.snapshot import Snapshot
from registry.queries.tallies import check, tallies
from tests.bundled import HOST, begun, imported

REAL_TALLIES = {
    "bodies": 29, "parties": 16, "departments": 28, "groupings": 7, "memberships": 7, "series": 6, "meetings": 6, "editions": 7,
    "documents": 8, "agreements": 9, "fields": 18, "declared_fields": 14, "claims": 16, "events": 15, "commitments": 12,
    "items": 40, "lead_departments": 28, "lead_mentions": 44, "items_with_partners": 30, "targets": 24, "items_with_targets": 12,
}  # fmt: skip
TODAY = date(2026, 3, 2)


def test_tallies_of_the_bundled_register_without_the_sample(session: Session, at: datetime) -> None:
    begun(session, at)
    imported(session, (*REAL, *SAMPLE), at)
    for actor in (HOST, ANONYMOUS):  # all of it is public
        found = tallies(Snapshot(session, None, TODAY), actor)
        assert {tally.key: tally.count for tally in found} == REAL_TALLIES
        assert all(tally.zh and tally.en for tally in found)


def test_claims_stand_beside_tallies_with_their_gap(session: Session, at: datetime) -> None:
    begun(session, at)
    imported(session, (*REAL, *SAMPLE), at)
    claims = {claim.code: claim for claim in check(Snapshot(session, None, TODAY), HOST).claims}
    assert len(claims) == 16
    gaps = {code: claim.gap.difference for code, claim in claims.items() if claim.gap.counted is not None}
    assert gaps == {"claim-2019-02": -70, "claim-2019-03": -2, "claim-2019-04": -31, "claim-2019-16": 0}
    assert claims["claim-2019-02"].gap.approx == "近"
    assert claims["claim-2019-08"].part_of == "claim-2019-07"
    assert [claims[f"claim-2019-{place:02}"].gap.claimed for place in (8, 11)] == ["34", "34"]  # items, and colleges


def test_an_empty_register_has_empty_tallies(session: Session) -> None:
    assert {tally.count for tally in tallies(Snapshot(session, None, TODAY), HOST)} == {0}


def test_tallies_as_known_before_the_import(session: Session, at: datetime) -> None:
    begun(session, at)
    known = Snapshot(session, None, TODAY).stamp.entry
    imported(session, REAL, at)
    found = {tally.key: tally.count for tally in tallies(Snapshot(session, known, TODAY), HOST)}
    assert set(found.values()) == {0}
    last = Snapshot(session, None, TODAY).stamp.entry
    found = {tally.key: tally.count for tally in tallies(Snapshot(session, last, TODAY), HOST)}
    assert found == REAL_TALLIES
