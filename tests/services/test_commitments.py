"""What a reply promises: entered under it, and made items that are reported on like any other."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.models import Assignment, Body, Commitment, Deadline, Document, Item
from registry.queries.facts import matter_facts
from registry.services.commitments import AdoptCommitment, RecordCommitment, adopt_commitment, record_commitment
from tests.cast import Cast
from tests.matters import a_matter, publish_city_case
from tests.services.acts import HOST, a_document, answered, entries, fresh, refused, told, who_may


def a_reply(session: Session, cast: Cast, at: datetime, issuer: Body | None, number: str = "doc-2026-01") -> Document:
    """A reply that a matter of the grouping, led by 乌海, brought forth."""
    document = a_document(session, at, number, document_number=None, issuer=issuer)
    a_matter(session, cast, at, document=document.number)
    return document


@pytest.fixture
def reply(session: Session, cast: Cast, at: datetime) -> Document:
    publish_city_case(session, at)
    return a_reply(session, cast, at, cast.wuhai)


def promise(session: Session, cast: Cast, at: datetime, reply: Document) -> Commitment:
    return record_commitment(session, cast.officer_wuhai, RecordCommitment(reply.number, "增开公交线路"), at=at)


def test_promises_are_numbered_and_become_items_under_their_reply(
    session: Session, cast: Cast, reply: Document, at: datetime
) -> None:
    first = record_commitment(
        session, cast.officer_wuhai, RecordCommitment(reply.number, " 增开公交线路 ", "More buses", "二(二)"), at=at
    )
    second = promise(session, cast, at, reply)
    assert [each.code for each in (first, second)] == ["commitment-0000-01", "commitment-0000-02"]
    assert (first.position, first.title_zh, second.position) == (1, "增开公交线路", 2)
    item = adopt_commitment(session, cast.secretariat, AdoptCommitment(second.code, ("150300",), ("150600",)), at=at)
    assert (item.number, item.document_id, item.state, item.title_zh) == (
        f"{reply.number}-001",
        reply.id,
        "intent",
        "增开公交线路",
    )
    assert fresh(session, second).item_id == item.id
    assigned = session.execute(sa.select(Assignment.body_id, Assignment.role).order_by(Assignment.id))
    assert [tuple(row) for row in assigned] == [(cast.wuhai.id, "lead"), (cast.ordos.id, "join")]
    assert [entry["act"] for entry in entries(session, 2)] == ["commitment.record", "commitment.adopt"]
    clocks = session.scalars(sa.select(Deadline.purpose).where(Deadline.subject_kind == "item")).all()
    assert clocks == ["review"]
    assert (
        adopt_commitment(session, cast.officer_wuhai, AdoptCommitment(first.code), at=at).number
        == f"{reply.number}-002"
    )


def test_an_open_item_is_seen_by_the_matter(session: Session, cast: Cast, reply: Document, at: datetime) -> None:
    commitment = promise(session, cast, at, reply)
    assert matter_facts(session, 1, HOST).facts.number("items_open") == 0
    adopt_commitment(session, cast.secretariat, AdoptCommitment(commitment.code), at=at)
    assert matter_facts(session, 1, HOST).facts.number("items_open") == 1


def test_a_promise_becomes_one_item(session: Session, cast: Cast, reply: Document, at: datetime) -> None:
    commitment = promise(session, cast, at, reply)
    with refused(session, ("unknown-party", "leads")):
        adopt_commitment(session, cast.secretariat, AdoptCommitment(commitment.code, ("999999",)), at=at)
    adopt_commitment(session, cast.secretariat, AdoptCommitment(commitment.code), at=at)
    with refused(session, ("already-adopted", None)):
        adopt_commitment(session, cast.secretariat, AdoptCommitment(commitment.code), at=at)
    assert len(session.scalars(sa.select(Item)).all()) == 1


def test_what_cannot_be_entered(session: Session, cast: Cast, reply: Document, at: datetime) -> None:
    with refused(session, ("title-missing", "title_zh")):
        record_commitment(session, cast.officer_wuhai, RecordCommitment(reply.number, " "), at=at)
    for missing in ("doc-2026-99", "commitment-2026-99"):
        with answered(session, NotFound):
            adopt_commitment(session, HOST, AdoptCommitment(missing), at=at)
    with answered(session, NotFound):
        record_commitment(session, HOST, RecordCommitment("doc-2026-99", "承诺"), at=at)


def test_only_its_issuer_and_the_secretariat_of_its_matter_speak_for_a_reply(
    session: Session, cast: Cast, reply: Document, at: datetime
) -> None:
    said = who_may(
        session,
        cast,
        lambda _: RecordCommitment(reply.number, "承诺"),
        lambda actor, ask: record_commitment(session, actor, ask, at=at),
    )
    others = "officer_ordos officer_outsider viewer auditor administrator nobody"
    assert said == told("officer_wuhai secretariat", others)
    code = promise(session, cast, at, reply).code
    # A matter of one's own about another's reply gives no say in it.
    own = {"host": "150600", "document": reply.number, "leads": ("150600",), "joins": ("150300",)}
    a_matter(session, cast, at, cast.officer_ordos, **own)
    with answered(session, NotPermitted):
        adopt_commitment(session, cast.officer_ordos, AdoptCommitment(code), at=at)


def test_where_no_body_of_the_register_issued_it_the_parties_of_its_matter_speak(
    session: Session, cast: Cast, reply: Document, at: datetime
) -> None:
    outside = a_reply(session, cast, at, None, "doc-2026-02")
    said = who_may(
        session,
        cast,
        lambda _: RecordCommitment(outside.number, "承诺"),
        lambda actor, ask: record_commitment(session, actor, ask, at=at),
    )
    assert said == told(
        "officer_wuhai officer_ordos secretariat", "officer_outsider viewer auditor administrator nobody"
    )
