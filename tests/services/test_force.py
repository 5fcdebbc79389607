"""Entry into force as a step: on the day computed, once, by the register alone."""

import hashlib
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.force import canonical, read
from registry.errors import NotPermitted
from registry.ledger import atomic
from registry.models import Agreement, AgreementText, Notice, Step
from registry.permissions import Actor, the_register
from registry.services.force import come_into_force, due_forces
from registry.services.signatures import AnnulAct, LogSignature, annul_act, log_signature
from registry.services.sweep import sweep
from tests.cast import TEXT, Cast, Clock

CLAUSE = """
schema: force/1
acts: {signature: done}
when: {kind: acts, at_least: 2}
period: {kind: days, count: 10}
"""


@pytest.fixture
def with_clause(session: Session, agreement: Agreement, at: datetime) -> Agreement:
    """The agreement, in force ten days after the second of its three parties has signed."""
    with atomic(session) as book:
        text = session.execute(sa.select(AgreementText)).scalar_one()
        text.clause = canonical(read(CLAUSE))
        book.record(act="clause.set", actor=the_register("command"), subject=("agreement", agreement.id), at=at)
    return agreement


def sign(session: Session, cast: Cast, code: str, actor: Actor, clock: Clock) -> None:
    """One party signs the text on the clock's day."""
    day = PartialDate.of(clock.at.date().isoformat(), "day")
    log_signature(
        session, actor, LogSignature("mxsmy-2026-01", code, day, hashlib.sha256(TEXT).hexdigest()), at=clock.at
    )


def test_the_register_takes_the_step_on_the_day_and_once(
    session: Session, cast: Cast, with_clause: Agreement, clock: Clock
) -> None:
    sign(session, cast, "150300", cast.officer_wuhai, clock)
    clock.advance(days=2)
    sign(session, cast, "150600", cast.officer_ordos, clock)
    second = clock.at.date()
    clock.advance(days=9)
    assert sweep(session, at=clock.at).forces == 0
    clock.advance(days=4)  # nobody swept on the day itself
    assert due_forces(session, clock.at.date()) == (with_clause.id,)
    assert sweep(session, at=clock.at).forces == 1
    assert sweep(session, at=clock.at).forces == 0
    session.expire_all()
    assert session.get_one(Agreement, with_clause.id).state == "in_force"
    step = session.execute(sa.select(Step).where(Step.to_state == "in_force")).scalar_one()
    assert (step.transition, step.effective) == ("come_into_force", (second + timedelta(days=10)).isoformat())
    told = session.execute(sa.select(Notice.body_id).where(Notice.step_id == step.id)).scalars().all()
    assert set(told) == {cast.wuhai.id, cast.ordos.id, cast.yinchuan.id}


def test_what_a_glance_saw_is_asked_again_under_the_lock(
    session: Session, cast: Cast, with_clause: Agreement, clock: Clock
) -> None:
    sign(session, cast, "150300", cast.officer_wuhai, clock)
    sign(session, cast, "150600", cast.officer_ordos, clock)
    clock.advance(days=10)
    (due,) = due_forces(session, clock.at.date())
    annul_act(session, cast.officer_ordos, AnnulAct("mxsmy-2026-01", 2, "示例：登错"), at=clock.at)
    assert come_into_force(session, the_register("command"), due, at=clock.at) is None
    session.expire_all()
    assert session.get_one(Agreement, due).state == "partly_signed"


def test_a_party_signs_after_the_entry_into_force(
    session: Session, cast: Cast, with_clause: Agreement, clock: Clock
) -> None:
    sign(session, cast, "150300", cast.officer_wuhai, clock)
    sign(session, cast, "640100", the_register("command"), clock)
    clock.advance(days=10)
    assert sweep(session, at=clock.at).forces == 1
    sign(session, cast, "150600", cast.officer_ordos, clock)
    session.expire_all()
    assert session.get_one(Agreement, with_clause.id).state == "in_force"
    last = session.execute(sa.select(Step).order_by(Step.id.desc())).scalars().first()
    assert last is not None and last.transition == "sign_later"


def test_nobody_but_the_register_takes_it(session: Session, cast: Cast, with_clause: Agreement, clock: Clock) -> None:
    for actor in cast.actors.values():
        with pytest.raises(NotPermitted):
            come_into_force(session, actor, with_clause.id, at=clock.at)


def test_an_agreement_without_a_clause_waits_for_its_officers(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    sign(session, cast, "150300", cast.officer_wuhai, clock)
    sign(session, cast, "150600", cast.officer_ordos, clock)
    assert due_forces(session, date(2999, 1, 1)) == ()
