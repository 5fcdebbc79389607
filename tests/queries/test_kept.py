"""Models kept in the process are nobody else's, of no other day or question, and never older than the history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.ledger import atomic, erase
from registry.models import Act
from registry.permissions import ANONYMOUS, Actor, Held, guest_of
from registry.queries.agreement_page import AgreementPage, agreement_page
from registry.queries.kept import Kept, kept, rights
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import TODAY, a_signature, now

NUMBER = "mxsmy-2026-01"


def page_of(session: Session, actor: Actor) -> AgreementPage:
    """The page as a view reads it, in a transaction of its own."""
    session.rollback()
    snapshot = now(session)
    return kept(snapshot, actor, "agreement", lambda: agreement_page(snapshot, actor, NUMBER), NUMBER)


def test_what_an_act_changed_is_on_the_next_page(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, level="public")
    first = page_of(session, cast.nobody)
    assert page_of(session, cast.nobody) is first
    an_item(session, cast, at, agreement)
    assert len(page_of(session, cast.nobody).items) == len(first.items) + 1


def test_a_transaction_keeps_what_it_knows_itself(
    session: Session, database_url: str, cast: Cast, at: datetime
) -> None:
    """A page that is being read while something is recorded neither shows that nor leaves its own behind."""
    agreement = an_agreement(session, cast, at, level="public")
    session.rollback()
    old = now(session)
    kept(old, cast.nobody, "other", lambda: None)  # its transaction has begun
    with sessions(session.get_bind())() as writing:
        an_item(writing, cast, at, writing.merge(agreement))
        fresh = page_of(writing, cast.nobody)
    read = kept(old, cast.nobody, "agreement", lambda: agreement_page(old, cast.nobody, NUMBER), NUMBER)
    assert (len(read.items), len(fresh.items)) == (0, 1)
    assert len(page_of(session, cast.nobody).items) == 1


def test_nothing_is_kept_while_an_act_is_under_way(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, level="public")
    page_of(session, cast.nobody)
    made = []
    with atomic(session) as book:
        kept(now(session), cast.nobody, "agreement", lambda: made.append(1), NUMBER)
        book.record(act="agreement.draft", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    assert made


def test_each_part_of_the_question_is_part_of_the_key(
    session: Session, make_database: Callable[[], str], cast: Cast, agreement: object, at: datetime
) -> None:
    known = now(session).stamp.entry
    day = TODAY + timedelta(days=1)
    other = open_engine(make_database())
    with sessions(other)() as elsewhere:
        live = now(session)
        asked = [
            (live, cast.nobody, "page", ()),
            (live, cast.nobody, "page", (2,)),
            (live, cast.nobody, "list", ()),
            (live, cast.secretariat, "page", ()),
            (live, cast.administrator, "page", ()),
            (live, replace(cast.secretariat, held=()), "page", ()),
            (live, replace(cast.secretariat, groupings=frozenset()), "page", ()),
            (live, guest_of(cast.officer_ordos), "page", ()),
            (live, guest_of(cast.officer_wuhai), "page", ()),
            (Snapshot(session, None, day), cast.nobody, "page", ()),
            (Snapshot(session, None, TODAY, TODAY), cast.nobody, "page", ()),
            (Snapshot(session, None, TODAY, day), cast.nobody, "page", ()),
            (Snapshot(session, known, TODAY), cast.nobody, "page", ()),
            (Snapshot(session, known - 1, TODAY), cast.nobody, "page", ()),
            (now(elsewhere), cast.nobody, "page", ()),
        ]
        models = [kept(*each[:3], object, *each[3]) for each in asked]
        assert len(set(map(id, models))) == len(asked)
        for each, model in zip(asked, models, strict=True):
            assert kept(*each[:3], object, *each[3]) is model
    other.dispose()


@pytest.mark.parametrize("sealed", [True, False])
def test_databases_of_the_same_size_share_nothing(make_database: Callable[[], str], sealed: bool) -> None:
    engines = [open_engine(make_database()) for _ in range(2)]
    with sessions(engines[0])() as one, sessions(engines[1])() as other:
        assert now(one).stamp.entry == now(other).stamp.entry
        models = [kept(now(each), ANONYMOUS, "page", object, sealed=sealed) for each in (one, other, one, other)]
    assert models[0] is models[2] is not models[1] is models[3]
    for engine in engines:
        engine.dispose()


def test_readers_of_the_same_rights_share_what_holds_no_seal(session: Session, cast: Cast) -> None:
    snapshot = now(session)
    held = (Held("viewer", body_id=3),)
    one, twin = Actor(person_id=7, held=held), Actor(person_id=9, held=held, request_id="x")
    wider = Actor(person_id=7, held=held, groupings=frozenset({1}))
    first = kept(snapshot, one, "picture", object, sealed=False)
    assert kept(snapshot, twin, "picture", object, sealed=False) is first
    assert kept(snapshot, wider, "picture", object, sealed=False) is not first
    assert len({rights(each) for each in (one, wider, guest_of(one), cast.auditor, cast.nobody)}) == 5


@pytest.mark.parametrize("reader", ["officer_ordos", "auditor", "viewer"])
def test_an_erased_seal_is_on_no_page(session: Session, cast: Cast, at: datetime, reader: str) -> None:
    """Also where its erasure left no entry."""
    agreement = an_agreement(session, cast, at, level="public")
    a_signature(session, cast, at, agreement, cast.ordos, signer="王小明")
    assert "王小明" in repr(page_of(session, cast.actors[reader]))
    with atomic(session):
        signer = session.execute(Act.__table__.select()).one().signer
        erase(session, signer)
    assert "王小明" not in repr(page_of(session, cast.actors[reader]))


def test_the_oldest_are_forgotten() -> None:
    found = Kept(most=2)
    made: list[str] = []

    def get(key: str) -> None:
        found.get(key, lambda: made.append(key))

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]
