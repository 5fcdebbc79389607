"""Pages that browsers may keep, what a page costs, and that no page of one reader is another's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement, Assignment, Item, Step
from tests.cast import Cast, Clock, an_agreement, an_item, procedure
from tests.queries.world import now
from tests.views.conftest import Visitor, statements

Visit = Callable[[str], Visitor]
READING = ("/", "/agreements", "/items", "/parties", "/groupings", "/meetings", "/documents", "/claims")
PAGE = "/agreements/mxsmy-2026-01"


@pytest.fixture
def public(session: Session, cast: Cast, clock: Clock) -> Agreement:
    """An agreement that everybody may see, open for signature."""
    return an_agreement(session, cast, clock.at, level="public")


@pytest.mark.parametrize("path", [*READING, PAGE])
def test_an_anonymous_page_is_kept_until_something_changes(
    anybody: Visitor, public: Agreement, session: Session, cast: Cast, clock: Clock, path: str
) -> None:
    first = anybody.get(path)
    tag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache, public" or first.headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in first.headers
    with statements(anybody.app) as ran:
        again = anybody.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert len(ran) <= 2, ran
    an_item(session, cast, clock.at, public)
    assert anybody.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_tag_is_of_one_query_one_language_one_day_one_address(
    anybody: Visitor, public: Agreement, session: Session, clock: Clock
) -> None:
    known = now(session).stamp.entry
    tags = [
        anybody.get(path).headers["ETag"]
        for path in (PAGE, f"{PAGE}?page=1", f"/en{PAGE}", f"{PAGE}?known={known}", "/agreements")
    ]
    clock.advance(days=1)
    tags.append(anybody.get(PAGE).headers["ETag"])
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("path", [*READING, PAGE, "/desk"])
def test_a_page_of_somebody_signed_in_is_never_kept(visit: Visit, public: Agreement, path: str) -> None:
    answer = visit("ordos").get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers
    assert "Cookie" in answer.headers["Vary"]


def test_the_tag_of_an_anonymous_page_opens_nothing_to_who_signs_in(
    visit: Visit, anybody: Visitor, public: Agreement
) -> None:
    tag = anybody.get(PAGE).headers["ETag"]
    assert visit("ordos").get(PAGE, headers={"If-None-Match": tag}).status_code == 200


def test_a_page_with_a_token_is_not_kept(anybody: Visitor) -> None:
    answer = anybody.get("/sign-in")
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_what_is_not_there_is_not_kept(anybody: Visitor) -> None:
    answer = anybody.get("/agreements/x-2026-99")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "private, no-store"


def _many_items(session: Session, cast: Cast, agreement: Agreement, number: int, clock: Clock) -> None:
    with atomic(session) as book:
        for position in range(1, number + 1):
            item = Item(
                number=f"{agreement.number}-{position:03}", title_zh=f"示例事项{position}", agreement_id=agreement.id, position=position,
                state="intent", stage="intent", procedure_id=procedure(session, "cooperation-item"),
                grade="not_reported", backfilled=False, revision=1, sample=False,
            )  # fmt: skip
            session.add(item)
            session.flush()
            session.add(Assignment(item_id=item.id, body_id=cast.wuhai.id, role="lead", position=1))
            session.add(
                Step(
                    subject_kind="item", subject_id=item.id, position=1, procedure_id=item.procedure_id, transition="enter", kind="entry",
                    from_state=None, to_state="intent", recorded_at=clock.at,
                )
            )  # fmt: skip
        book.record(act="item.add", actor=cast.secretariat, subject=("agreement", agreement.id), at=clock.at)


@pytest.mark.parametrize("login", [None, "ordos"])
def test_the_page_of_an_agreement_costs_the_same_for_7_and_for_700_items(
    app: Flask, session: Session, cast: Cast, clock: Clock, visit: Visit, login: str | None
) -> None:
    costs = []
    for year, number in ((2025, 7), (2026, 700)):
        agreement = an_agreement(session, cast, clock.at, number=f"mxsmy-{year}-01", level="public")
        _many_items(session, cast, agreement, number, clock)
        visitor = visit(login) if login else Visitor(app)
        visitor.text("/agreements")  # definitions are read once for each process
        visitor.text(f"/agreements/{agreement.number}")
        with statements(app) as ran:  # of another address, so that nothing of it is kept
            assert f"示例事项{min(number, 50)}" in visitor.text(f"/agreements/{agreement.number}?page=1")
        costs.append(len(ran))
        if login is None:
            with statements(app) as ran:
                visitor.text(f"/agreements/{agreement.number}?page=1")
            assert len(ran) == 2  # who reads, and how long the history is
    assert costs[0] == costs[1]
