"""Levels × readers: what a reader may not see is not found, not listed and not counted, on every page."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.ledger import atomic
from registry.models import Item, Report
from registry.permissions import Actor
from registry.queries.agreement_page import agreement_page
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.claims import claim_list
from registry.queries.documents import document_list, document_page
from registry.queries.groupings import grouping_page
from registry.queries.item_page import item_page
from registry.queries.items import ItemFilter, item_counts, item_list
from registry.queries.parties import party_page
from registry.queries.register import register_page
from registry.queries.snapshot import Snapshot
from tests.cast import Cast
from tests.queries.world import TODAY, World, a_report, now, the_world

OPEN, OURS, CLOSED = "mxsmy-2026-01", "mxsmy-2026-02", "mxsmy-2026-03"
DOC, DOC_OURS, DOC_CLOSED = "doc-2026-01", "doc-2026-02", "doc-2026-03"
EVERYTHING = {
    "agreements": {OPEN, OURS, CLOSED},
    "items": {
        f"{OPEN}-001",
        f"{OPEN}-002",
        f"{OPEN}-003",
        f"{OURS}-001",
        f"{CLOSED}-001",
        *(f"{d}-001" for d in (DOC, DOC_OURS, DOC_CLOSED)),
    },
    "documents": {DOC, DOC_OURS, DOC_CLOSED},
    "claims": {"claim-2026-01", "claim-2026-02", "claim-2026-03", "claim-2026-04"},
}
PUBLIC = {
    "agreements": {OPEN},
    "items": {f"{OPEN}-001", f"{DOC}-001"},
    "documents": {DOC},
    "claims": {"claim-2026-01"},
}
MEMBER = {
    "agreements": {OPEN, OURS},
    "items": {f"{OPEN}-001", f"{OPEN}-002", f"{OURS}-001", f"{DOC}-001", f"{DOC_OURS}-001"},
    "documents": {DOC, DOC_OURS},
    "claims": {"claim-2026-01", "claim-2026-03"},
}
ISSUER = {
    "agreements": MEMBER["agreements"],
    "items": MEMBER["items"] | {f"{OPEN}-003", f"{DOC_CLOSED}-001"},
    "documents": EVERYTHING["documents"],
    "claims": {"claim-2026-01", "claim-2026-03", "claim-2026-04"},
}
SEEN = {
    "nobody": PUBLIC,
    "administrator": PUBLIC,
    "secretariat": MEMBER,
    "viewer": ISSUER,  # 鄂尔多斯, party of the first two, issuer of the documents
    "officer_ordos": ISSUER,
    "officer_wuhai": {
        "agreements": EVERYTHING["agreements"],
        "items": MEMBER["items"] | {f"{OPEN}-003", f"{CLOSED}-001"},
        "documents": {DOC, DOC_OURS},
        "claims": {"claim-2026-01", "claim-2026-02", "claim-2026-03"},
    },
    "officer_outsider": {
        "agreements": {OPEN, CLOSED},
        "items": {f"{OPEN}-001", f"{CLOSED}-001", f"{DOC}-001"},
        "documents": {DOC},
        "claims": {"claim-2026-01", "claim-2026-02"},
    },
    "auditor": EVERYTHING,
}


@pytest.fixture
def world(session: Session, cast: Cast, at: datetime) -> World:
    return the_world(session, cast, at)


def listed(snapshot: Snapshot, actor: Actor) -> dict[str, set[str]]:
    return {
        "agreements": {row.number for row in agreement_list(snapshot, actor).rows},
        "items": {row.number for row in item_list(snapshot, actor).rows},
        "documents": {row.number for row in document_list(snapshot, actor)},
        "claims": {row.code for row in claim_list(snapshot, actor)},
    }


def test_each_reader_finds_exactly_what_the_levels_open(session: Session, cast: Cast, world: World) -> None:
    for known in (None, Snapshot(session, None, TODAY).stamp.entry):
        snapshot = Snapshot(session, known, TODAY)
        assert {name: listed(snapshot, actor) for name, actor in cast.actors.items()} == SEEN


def test_a_page_that_may_not_be_seen_is_not_found(session: Session, cast: Cast, world: World) -> None:
    pages = {"agreements": agreement_page, "items": item_page, "documents": document_page}
    for name, actor in cast.actors.items():
        for kind, page in pages.items():
            for number in EVERYTHING[kind]:
                if number in SEEN[name][kind]:
                    page(now(session), actor, number)
                else:
                    with pytest.raises(NotFound):
                        page(now(session), actor, number)


def test_every_count_is_of_the_rows_it_opens(session: Session, cast: Cast, world: World, at: datetime) -> None:
    for name, actor in cast.actors.items():
        snapshot, seen = now(session), SEEN[name]
        assert sum(count.count for count in agreement_list(snapshot, actor).counts) == len(seen["agreements"])
        assert sum(count.count for count in item_counts(snapshot, actor)) == len(seen["items"])
        totals = register_page(snapshot, actor, now=at).totals
        assert (totals.agreements, totals.items, totals.documents) == tuple(
            len(seen[kind]) for kind in ("agreements", "items", "documents")
        )
        grouping = grouping_page(snapshot, actor, "mxsmy")
        assert grouping.agreements.paging.total == len(grouping.agreements.rows) == len(seen["agreements"])
        assert (
            sum(count.count for count in grouping.items)
            == item_list(snapshot, actor, ItemFilter(grouping="mxsmy")).paging.total
        )
        for row in agreement_list(snapshot, actor).rows:
            page = agreement_page(snapshot, actor, row.number)
            rows = item_list(snapshot, actor, ItemFilter(agreement=row.number))
            assert row.items == page.paging.total == rows.paging.total == len(rows.rows) == len(page.items)
            for field in page.fields:
                for stage, count in field.counts:
                    opened = item_list(
                        snapshot, actor, ItemFilter(agreement=row.number, field=field.position, stage=stage)
                    )
                    assert count == len(opened.rows)


def test_a_partys_page_counts_only_what_the_reader_may_see(session: Session, cast: Cast, world: World) -> None:
    of_ordos = {
        "nobody": 2,
        "secretariat": 5,
        "officer_ordos": 7,
        "officer_wuhai": 7,
        "officer_outsider": 3,
        "auditor": 8,
    }
    for name, expected in of_ordos.items():
        page = party_page(now(session), cast.actors[name], "150600")
        assert page.items.paging.total == len(page.items.rows) == expected, name
        assert sum(count.count for count in (*page.leads, *page.joins)) == expected
        assert {row.number for row in page.agreements.rows} == SEEN[name]["agreements"] - {CLOSED}


def test_ties_to_what_may_not_be_seen_are_not_shown(session: Session, cast: Cast, world: World) -> None:
    def ties(actor: Actor) -> tuple[set[str], set[str]]:
        page = agreement_page(now(session), actor, OPEN)
        return {relation.other.key for relation in page.relations}, {cited.document.key for cited in page.citations}

    assert ties(cast.nobody) == (set(), {DOC})
    assert ties(cast.secretariat) == ({OURS}, {DOC, DOC_OURS})
    assert ties(cast.officer_wuhai) == ({OURS, CLOSED}, {DOC, DOC_OURS})
    assert ties(cast.auditor) == ({OURS, CLOSED}, {DOC, DOC_OURS, DOC_CLOSED})
    cited_by = {
        name: {record.record.key for record in document_page(now(session), actor, DOC).cited_by}
        for name, actor in cast.actors.items()
    }
    assert cited_by["nobody"] == cited_by["officer_ordos"] == {OPEN}
    assert cited_by["officer_wuhai"] == cited_by["officer_outsider"] == cited_by["auditor"] == {OPEN, CLOSED}


def test_a_report_is_for_members_until_it_is_released(session: Session, cast: Cast, world: World, at: datetime) -> None:
    number = f"{OPEN}-001"
    item_id = item_page(now(session), cast.auditor, number).id
    a_report(session, cast, at, session.get_one(Item, item_id), cast.ordos, "征地未完成")

    def shown(actor: Actor) -> list[str | None]:
        reports = item_page(now(session), actor, number).reports
        return [report.problem and report.problem.text for party in reports for report in party.reports]

    assert shown(cast.nobody) == shown(cast.officer_outsider) == []
    assert shown(cast.secretariat) == shown(cast.officer_wuhai) == [None]
    assert shown(cast.viewer) == shown(cast.auditor) == ["征地未完成"]
    with atomic(session) as book:
        report = session.query(Report).one()
        report.released_problem, report.released_at = "征地未完成", at
        book.record(act="report.release", actor=cast.officer_ordos, subject=("item", item_id), at=at)
    assert shown(cast.nobody) == shown(cast.officer_wuhai) == ["征地未完成"]


def test_rights_are_todays_also_on_pages_of_the_past(session: Session, cast: Cast, world: World, at: datetime) -> None:
    before = now(session).stamp.entry
    with atomic(session) as book:
        session.merge(world.open).level = "parties"
        book.record(act="agreement.draft", actor=cast.secretariat, subject=("agreement", world.open.id), at=at)
    past = Snapshot(session, before, TODAY)
    assert agreement_page(past, cast.auditor, OPEN).level == "public"
    with pytest.raises(NotFound):
        agreement_page(past, cast.nobody, OPEN)
    assert agreement_list(past, cast.nobody, AgreementFilter()).paging.total == 0
    assert item_list(past, cast.nobody, ItemFilter(agreement=OPEN)).paging.total == 0
