"""Several at once: each signature once, the last two conclude, an import and officers lose nothing and never lock each other out."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import sessions
from registry.errors import Refused
from registry.files import FileStore
from registry.ledger import atomic
from registry.models import Act, Agreement, Body, Item, LedgerEntry, LedgerHead, SignInFailure, Step, StoredFile
from registry.permissions import Actor
from registry.services import people
from registry.services.files import store_file
from registry.services.items import AddItem, add_item
from registry.services.people import AddPerson, RedeemToken, add_person, redeem_token
from registry.services.register import InitRegister, init_register
from registry.services.signatures import AnnulAct, annul_act
from tests.cast import PASSWORD, Cast, an_agreement
from tests.conftest import EXAMPLES
from tests.services.acts import HOST, sign

SHORT = 20
LONG = EXAMPLES * 2 if EXAMPLES >= 500 else EXAMPLES
"""Races of a long run: 1,000 in a drill, 100 in CI."""


def at_once(engine: sa.Engine, acts: Sequence[Callable[[Session], object]]) -> list[object]:
    """Each act in a thread with a session of its own, begun together; what each returned, or the error it raised."""
    answers: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[Session], object]) -> None:
        with sessions(engine)() as session:
            start.wait(30)
            try:
                answers[place] = act(session)
            except Exception as error:
                answers[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return answers


def apart(session: Session, *records: Agreement | Body) -> None:
    """Read the records whole and let go of them: threads may read them, and none may read through the test's session."""
    for record in records:
        session.refresh(record)
        session.expunge(record)


def codes(answers: Sequence[object]) -> Counter[str]:
    """How often each answer came: the code of a refusal, the kind of an error, or done."""
    return Counter(
        answer.reasons[0].code
        if isinstance(answer, Refused)
        else type(answer).__name__
        if isinstance(answer, Exception)
        else "done"
        for answer in answers
    )


def unbroken(session: Session) -> int:
    """Number of entries; asserts that they are numbered without gaps."""
    session.rollback()
    size = session.scalars(sa.select(LedgerHead.size)).one()
    assert session.execute(
        sa.select(sa.func.count(), sa.func.min(LedgerEntry.index), sa.func.max(LedgerEntry.index))
    ).one() == (size, 0, size - 1)
    return size


def race_double_signatures(engine: sa.Engine, session: Session, cast: Cast, at: datetime, times: int) -> None:
    """One party signs one text twice at the same moment, again and again: it has signed once each time."""
    apart(session, cast.ordos)
    for number in range(1, times + 1):
        agreement = an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")
        apart(session, agreement)
        log = [
            lambda own, agreement=agreement: sign(own, cast.officer_ordos, agreement, cast.ordos, at) for _ in range(2)
        ]
        assert codes(at_once(engine, log)) == {"done": 1, "already-signed": 1}
    session.rollback()
    per_agreement = session.scalars(sa.select(sa.func.count()).select_from(Act).group_by(Act.agreement_id)).all()
    assert per_agreement == [1] * times
    unbroken(session)


def test_a_double_signature_at_once_is_one(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    race_double_signatures(engine, session, cast, at, SHORT)


@pytest.mark.long
def test_many_double_signatures_at_once_are_one_each(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    race_double_signatures(engine, session, cast, at, LONG)


def test_two_last_signers_at_once_conclude(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    apart(session, cast.wuhai, cast.ordos, cast.yinchuan)
    for number in range(1, SHORT + 1):
        agreement = an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}")
        sign(session, HOST, agreement, cast.yinchuan, at)
        apart(session, agreement)
        last = [
            lambda own, agreement=agreement: sign(own, cast.officer_wuhai, agreement, cast.wuhai, at),
            lambda own, agreement=agreement: sign(own, cast.officer_ordos, agreement, cast.ordos, at),
        ]
        assert codes(at_once(engine, last)) == {"done": 2}
    session.rollback()
    assert set(session.scalars(sa.select(Agreement.state))) == {"signed"}
    assert set(session.scalars(sa.select(sa.func.count()).select_from(Step).group_by(Step.subject_id))) == {4}


def race_import(engine: sa.Engine, session: Session, cast: Cast, at: datetime, rounds: int) -> None:
    """An import of many acts in one transaction, over several agreements, against officers who sign and annul in them."""
    agreements = [an_agreement(session, cast, at, number=f"mxsmy-2026-{n:02}") for n in range(1, 5)]
    before = unbroken(session)
    apart(session, cast.wuhai, cast.ordos, cast.yinchuan, *agreements)

    def bring_in(own: Session) -> int:
        with atomic(own):
            for agreement in agreements:
                for place in range(rounds):
                    add_item(
                        own,
                        HOST,
                        AddItem(agreement.number, f"导入{place}", leads=("150300",), joins=("640100",)),
                        at=at,
                    )
        return rounds * len(agreements)

    def officer(actor: Actor, party: Body, order: list[Agreement]) -> Callable[[Session], int]:
        def work(own: Session) -> int:
            done = 0
            for _ in range(rounds):
                for agreement in order:
                    act = sign(own, actor, agreement, party, at)
                    annul_act(own, actor, AnnulAct(agreement.number, act.id, "演练"), at=at)
                    add_item(own, actor, AddItem(agreement.number, "现场"), at=at)
                    done += 3
            return done

        return work

    answers = at_once(
        engine,
        [
            bring_in,
            officer(cast.officer_wuhai, cast.wuhai, agreements),
            officer(cast.officer_ordos, cast.ordos, agreements[::-1]),
            officer(HOST, cast.yinchuan, agreements[2:] + agreements[:2]),
            bring_in,
        ],
    )
    assert codes(answers) == {"done": 5}
    assert unbroken(session) - before == sum(answer for answer in answers if isinstance(answer, int))
    assert session.scalar(sa.select(sa.func.count()).select_from(Item)) == 5 * rounds * len(agreements)
    assert set(session.scalars(sa.select(Agreement.state))) == {"open"}
    numbers = session.scalars(sa.select(Item.number)).all()
    assert len(set(numbers)) == len(numbers)


def test_an_import_and_officers_at_once(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    race_import(engine, session, cast, at, 2)


@pytest.mark.long
def test_a_large_import_and_officers_at_once(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    race_import(engine, session, cast, at, max(5, EXAMPLES // 10))


def test_whoever_locks_in_the_wrong_order_is_thrown_out_whole(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    """Two imports in opposite order wait for each other on PostgreSQL: one ends with nothing written, the other whole.

    SQLite has one writer at a time: there the second waits before its first row.
    """
    rows = engine.dialect.name == "postgresql"
    agreements = [an_agreement(session, cast, at, number=f"mxsmy-2026-{n:02}") for n in (1, 2)]
    apart(session, *agreements)
    met = threading.Barrier(2)

    def bring_in(order: list[Agreement]) -> Callable[[Session], None]:
        def work(own: Session) -> None:
            with atomic(own):
                add_item(own, HOST, AddItem(order[0].number, "导入"), at=at)
                if rows:
                    met.wait(30)
                add_item(own, HOST, AddItem(order[1].number, "导入"), at=at)

        return work

    assert codes(at_once(engine, [bring_in(agreements), bring_in(agreements[::-1])])) == (
        {"done": 1, "OperationalError": 1} if rows else {"done": 2}
    )
    unbroken(session)
    assert session.scalar(sa.select(sa.func.count()).select_from(Item)) == (2 if rows else 4)


def test_failures_at_once_are_all_counted(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    """The first ones under a name, too, which find no row to lock; the slow check of the password is left out."""
    for n in range(SHORT // 4):
        guesses = [lambda own, n=n: people._count_failure(own, f"{n:064}", at) for _ in range(4)]
        assert codes(at_once(engine, guesses)) == {"done": 4}
    session.rollback()
    assert session.scalars(sa.select(SignInFailure.failures)).all() == [4] * (SHORT // 4)


def test_failures_at_once_are_all_answered(engine: sa.Engine, session: Session, cast: Cast, at: datetime) -> None:
    guesses = [lambda own: people.sign_in(own, "never.seen", "wrong password", at=at) for _ in range(4)]
    assert codes(at_once(engine, guesses)) == {"sign-in-failed": 4}


def test_one_name_taken_at_once_is_taken_by_one(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = people.hasher.hash(PASSWORD)
    monkeypatch.setattr(people, "_hash", lambda password: hashed)  # or the threads meet only by luck
    for n in range(SHORT // 4):
        ask = AddPerson(f"same{n}", "某", "", PASSWORD)
        takers = [lambda own, ask=ask: add_person(own, cast.administrator, ask, at=at) for _ in range(3)]
        assert codes(at_once(engine, takers)) == {"done": 1, "login-taken": 2}


def test_one_file_stored_at_once_is_one(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime, tmp_path: Path
) -> None:
    store = FileStore(tmp_path / "files")
    for n in range(SHORT // 4):
        content = b"%%PDF same %d" % n
        keepers = [
            lambda own, content=content: store_file(own, cast.officer_wuhai, store, io.BytesIO(content), at=at)
            for _ in range(4)
        ]
        assert codes(at_once(engine, keepers)) == {"done": 4}
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == SHORT // 4


def test_a_token_redeemed_at_once_makes_one_administrator(engine: sa.Engine, session: Session, at: datetime) -> None:
    init_register(
        session, HOST, InitRegister("登记", "Register", "origin.test", "key", "Asia/Shanghai", "the-token"), at=at
    )
    founders = [
        lambda own, n=n: redeem_token(own, RedeemToken("the-token", f"founder{n}", "某", "", PASSWORD), at=at)
        for n in range(3)
    ]
    assert codes(at_once(engine, founders)) == {"done": 1, "token-wrong": 2}
