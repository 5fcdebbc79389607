"""Claims beside tallies: by the scope the claim names, never by value, cut to the reader, and opening the rows counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement, Meeting
from registry.permissions import the_register
from registry.queries.agreement_page import agreement_page
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.claims import ClaimRow, Opens, claim_list
from registry.queries.groupings import grouping_page
from registry.queries.items import ItemFilter, item_list
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import a_claim, a_document, fields, now, the_world


def counted(session: Session, actor, opens: Opens) -> int:  # type: ignore[no-untyped-def]
    """The rows behind a number, by the page that shows them."""
    name, value = opens.scope
    if opens.list == "items":
        return len(item_list(now(session), actor, replace(ItemFilter(), **{name: value})).rows)
    if opens.list == "agreements":
        return len(agreement_list(now(session), actor, replace(AgreementFilter(), **{name: value})).rows)
    if opens.list == "grouping":
        return len(grouping_page(now(session), actor, name).members)
    page = agreement_page(now(session), actor, name)
    return len([field for field in page.fields if field.position]) if value == "fields" else len(page.parties)


def test_each_tally_is_of_the_rows_it_opens_for_each_reader(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    document = a_document(session, cast, at, "doc-2026-09", "public", issuer=cast.wuhai)
    fields(session, at, world.open, "医疗", "旅游")
    with atomic(session) as book:
        meeting = Meeting(number="meeting-2026-01", name_zh="示例会议", held=True, sample=False)
        session.add(meeting)
        session.flush()
        session.merge(world.open).meeting_id = session.merge(world.closed).meeting_id = meeting.id
        book.record(act="meeting.add", actor=cast.secretariat, subject=("meeting", meeting.id), at=at)
    scopes: tuple[dict[str, int], ...] = (
        {"agreement_id": world.open.id},
        {"meeting_id": meeting.id},
        {"grouping_id": cast.grouping.id},
        {},
    )
    for place, scope in enumerate(scopes):
        for number, counts in enumerate(("items", "agreements", "fields", "parties", "members")):
            a_claim(session, at, f"claim-2027-{place}{number}", document, counts=counts, stated=9, **scope)
    found: dict[str, dict[str, int | None]] = {}
    for name, actor in cast.actors.items():
        for row in claim_list(now(session), actor):
            if row.opens is None:
                assert row.gap.counted is row.gap.difference is None
            else:
                assert row.gap.counted == counted(session, actor, row.opens), (name, row.code)
                assert row.gap.difference == row.gap.counted - int(row.gap.claimed)
            found.setdefault(row.code, {})[name] = row.gap.counted
    assert found["claim-2027-00"] == {
        "nobody": 1,
        "administrator": 1,
        "officer_outsider": 1,
        "secretariat": 2,
        "viewer": 3,
        "officer_ordos": 3,
        "officer_wuhai": 3,
        "auditor": 3,
    }
    by_nobody = [found[f"claim-2027-{place}{number}"]["nobody"] for place in range(4) for number in range(5)]
    assert by_nobody == [
        1,
        None,
        2,
        3,
        None,  # of the agreement: its items, fields and parties
        1,
        1,
        None,
        None,
        None,  # of the meeting
        1,
        1,
        None,
        None,
        3,  # of the grouping
        0,
        None,
        None,
        None,
        None,  # of the document: only items can stand under it
    ]


def test_a_claim_is_never_matched_by_its_number(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    document = a_document(session, cast, at, "doc-2026-09", "public", issuer=cast.wuhai)
    for position in range(1, 4):
        an_item(session, cast, at, agreement, position=position)
    a_claim(session, at, "claim-2026-01", document, stated=3)
    whole = a_claim(session, at, "claim-2026-02", document, stated=70, counts="items", agreement_id=agreement.id)
    a_claim(session, at, "claim-2026-03", document, stated=3, part_of_id=whole.id)
    colleges, items, smooth = claim_list(now(session), cast.viewer)
    assert (colleges.gap.counted, colleges.opens, colleges.part_of) == (None, None, None)
    assert (items.gap.counted, items.gap.difference, items.opens) == (
        3,
        -67,
        Opens("items", ("agreement", "mxsmy-2026-01")),
    )
    assert (smooth.gap.counted, smooth.part_of) == (None, "claim-2026-02")


def test_sample_rows_count_for_sample_claims_only(session: Session, cast: Cast, at: datetime) -> None:
    document = a_document(session, cast, at, "doc-2026-09", "public", issuer=cast.wuhai)
    real = an_agreement(session, cast, at, level="public")
    sample = an_agreement(session, cast, at, number="mxsmy-2026-02", level="public", sample=True)
    an_item(session, cast, at, real)
    an_item(session, cast, at, sample)
    claim = a_claim(session, at, "claim-2026-01", document, counts="items", grouping_id=cast.grouping.id)

    def tally() -> ClaimRow:
        return claim_list(now(session), cast.nobody)[0]

    assert tally().gap.counted == 1
    with atomic(session) as book:
        session.merge(claim).sample = True
        book.record(act="bundle.import", actor=the_register("import"), subject=("claim", claim.id), at=at)
    assert tally().gap.counted == 1
    assert tally().sample
