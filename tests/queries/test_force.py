"""Entry into force of stored texts: settled text and amendments, agreements that wait for others, few statements for many."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain.force import canonical, read
from registry.ledger import atomic
from registry.models import Act, Agreement, AgreementParty, AgreementText, Body
from registry.permissions import the_register
from registry.queries.force import TextForce, forces
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, an_agreement
from tests.queries.world import TODAY, now, statements

ALL = "{schema: force/1, acts: {signature: done}, when: {kind: all}, joining: {acts: {accession: done}}}"
AFTER = "{schema: force/1, acts: {signature: done}, when: {kind: all_of, of: [{kind: all}, {kind: agreement, number: NUMBER}]}}"


def a_text(session: Session, at: datetime, agreement: Agreement, version: int, kind: str, clause: str | None) -> int:
    """A text of the agreement with its clause; its id."""
    with atomic(session) as book:
        text = AgreementText(
            agreement_id=agreement.id, version=version, kind=kind, sha256=f"{agreement.id:032x}{version:032x}",
            language="zh-Hans", title_zh="修订" if kind == "amendment" else None,
            clause=canonical(read(clause)) if clause else None,
        )  # fmt: skip
        session.add(text)
        session.flush()
        book.record(act="clause.set", actor=the_register("command"), subject=("agreement", agreement.id), at=at)
        return text.id


def acted(session: Session, at: datetime, agreement: Agreement, text: int, *acts: tuple[Body, str, str]) -> None:
    with atomic(session) as book:
        for body, kind, day in acts:
            session.add(
                Act(
                    agreement_id=agreement.id, text_id=text, body_id=body.id, kind=kind, done_on=day,
                    done_precision="day", logged_by="party", recorded_at=at,
                )
            )  # fmt: skip
        book.record(act="act.record", actor=the_register("command"), subject=("agreement", agreement.id), at=at)


def bare(session: Session, cast: Cast, at: datetime, number: str) -> Agreement:
    return an_agreement(session, cast, at, number=number, parties=[cast.wuhai, cast.ordos], text=None)


def told(texts: tuple[TextForce, ...]) -> list[tuple[int, str, str, date | None]]:
    return [(each.version, each.kind, each.force.status, each.force.date) for each in texts]


def test_the_settled_text_and_each_amendment_have_acts_of_their_own(session: Session, cast: Cast, at: datetime) -> None:
    agreement = bare(session, cast, at, "mxsmy-2026-01")
    old = a_text(session, at, agreement, 1, "text", ALL)
    settled = a_text(session, at, agreement, 2, "text", ALL)
    amendment = a_text(session, at, agreement, 3, "amendment", ALL)
    a_text(session, at, agreement, 4, "amendment", None)
    acted(session, at, agreement, old, (cast.wuhai, "signature", "2025-12-01"))
    both = (cast.wuhai, "signature", "2026-01-05"), (cast.ordos, "signature", "2026-01-06")
    acted(session, at, agreement, settled, *both)
    acted(session, at, agreement, amendment, (cast.wuhai, "signature", "2026-02-01"))
    texts = forces(now(session), [agreement.id])[agreement.id]
    assert told(texts) == [
        (2, "text", "in_force", date(2026, 1, 6)),
        (3, "amendment", "pending", None),
        (4, "amendment", "not_stated", None),
    ]
    assert texts[1].force.remaining[0].parties == ("150600",)
    assert (texts[1].title and texts[1].title.zh, texts[0].title) == ("修订", None)
    earlier = forces(Snapshot(session, None, TODAY, date(2026, 1, 5)), [agreement.id])[agreement.id]
    assert told(earlier)[0] == (2, "text", "pending", None)
    assert told(forces(now(session), [agreement.id], on=date(2026, 1, 5))[agreement.id])[0] == told(earlier)[0]


def test_who_joined_later_was_no_party_before_and_who_left_unheard_is_none(
    session: Session, cast: Cast, at: datetime
) -> None:
    agreement = bare(session, cast, at, "mxsmy-2026-01")
    text = a_text(session, at, agreement, 1, "text", ALL)
    with atomic(session) as book:
        session.add_all(
            [
                AgreementParty(
                    agreement_id=agreement.id, body_id=cast.yinchuan.id, position=3, since="2026-02-01",
                    since_precision="day",
                ),
                AgreementParty(
                    agreement_id=agreement.id, body_id=cast.outsider.id, position=4, until="2025-12-31",
                    until_precision="day",
                ),
            ]
        )  # fmt: skip
        book.record(act="act.record", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    both = (cast.wuhai, "signature", "2026-01-05"), (cast.ordos, "signature", "2026-01-06")
    acted(session, at, agreement, text, *both, (cast.yinchuan, "accession", "2026-02-01"))
    (then,) = forces(now(session), [agreement.id], on=date(2026, 1, 31))[agreement.id]
    (today,) = forces(now(session), [agreement.id])[agreement.id]
    assert list(then.names) == ["150300", "150600"]
    assert list(today.names) == ["150300", "150600", "640100"]
    assert {each.party: each.date for each in today.force.parties} == {
        "150300": date(2026, 1, 6),
        "150600": date(2026, 1, 6),
        "640100": date(2026, 2, 1),
    }


def test_an_agreement_waits_for_another_that_waits_for_a_third(session: Session, cast: Cast, at: datetime) -> None:
    numbers = ["mxsmy-2026-01", "mxsmy-2026-02", "mxsmy-2026-03"]
    chain = [bare(session, cast, at, number) for number in numbers]
    clauses = [AFTER.replace("NUMBER", numbers[1]), AFTER.replace("NUMBER", numbers[2]), ALL]
    for agreement, clause, day in zip(chain, clauses, ("2026-01-05", "2026-01-06", "2026-02-01"), strict=True):
        text = a_text(session, at, agreement, 1, "text", clause)
        acted(session, at, agreement, text, (cast.wuhai, "signature", day), (cast.ordos, "signature", day))
    assert told(forces(now(session), [chain[0].id])[chain[0].id]) == [(1, "text", "in_force", date(2026, 2, 1))]
    (text,) = forces(now(session), [chain[0].id], on=date(2026, 1, 31))[chain[0].id]
    assert [each.kind for each in text.force.remaining] == ["agreement"]


@pytest.mark.parametrize("other", ["mxsmy-2026-01", "mxsmy-2026-02", "mxsmy-2099-01"], ids=["itself", "each other", "no such"])  # fmt: skip
def test_what_never_comes_is_waited_for(session: Session, cast: Cast, at: datetime, other: str) -> None:
    for number, waits in (("mxsmy-2026-01", other), ("mxsmy-2026-02", "mxsmy-2026-01")):
        agreement = bare(session, cast, at, number)
        text = a_text(session, at, agreement, 1, "text", AFTER.replace("NUMBER", waits))
        acted(
            session,
            at,
            agreement,
            text,
            (cast.wuhai, "signature", "2026-01-05"),
            (cast.ordos, "signature", "2026-01-05"),
        )
        (found,) = forces(now(session), [agreement.id])[agreement.id]
        assert found.force.status == "pending"


def test_as_many_statements_for_one_as_for_twenty(session: Session, cast: Cast, at: datetime) -> None:
    agreements = [bare(session, cast, at, f"mxsmy-2026-{number:02}") for number in range(20)]
    for agreement in agreements:
        text = a_text(session, at, agreement, 1, "text", ALL)
        acted(session, at, agreement, text, (cast.wuhai, "signature", "2026-01-05"))

    ids = [agreement.id for agreement in agreements]

    def sent(count: int) -> int:
        with statements(session) as found:
            assert len(forces(now(session), ids[:count])) == count
        return len([statement for statement in found if statement.startswith("SELECT")])

    assert sent(1) == sent(20) == 2
