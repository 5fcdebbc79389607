"""Policies: set from a day on by the administrator, never edited; a new register has its first ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Refused
from registry.models import Policy
from registry.services.policies import FIRST, SetPolicy, policy_for, set_first_policies, set_policy
from tests.cast import Cast
from tests.services.acts import HOST, contents, entries, refused, told, who_may

WINDOW = "correction_window"
TODAY = date(2026, 3, 2)


def test_the_one_in_force_on_the_day_counts(session: Session, cast: Cast, at: datetime) -> None:
    for since, days in ((TODAY, 10), (date(2026, 4, 1), 20)):
        set_policy(session, cast.administrator, SetPolicy(WINDOW, since, days, note="试行"), at=at)
    asked = {TODAY: 10, date(2026, 3, 31): 10, date(2026, 4, 1): 20, date(2030, 1, 1): 20}
    assert {day: policy_for(session, WINDOW, day).days for day in asked} == asked
    with pytest.raises(Refused, match="no-policy"):
        policy_for(session, WINDOW, TODAY - timedelta(days=1))
    entry = entries(session, 1)[0]
    assert (entry["act"], entry["subject"][0]) == ("policy.set", "policy")


@pytest.mark.parametrize(
    ("ask", "codes"),
    [
        (SetPolicy("window", TODAY, 10), [("unknown-choice", "policy")]),
        (SetPolicy(WINDOW, TODAY, 0), [("policy-days", "length")]),
        (SetPolicy(WINDOW, TODAY, 367), [("policy-days", "length")]),
        (SetPolicy(WINDOW, date(2026, 3, 1), 10), [("policy-reaches-back", "since")]),
        (SetPolicy(WINDOW, date(2026, 4, 1), 11), [("policy-known", "since")]),
        (SetPolicy("window", date(2026, 3, 1), 0), [
            ("unknown-choice", "policy"), ("policy-days", "length"), ("policy-reaches-back", "since")]),
    ],
)  # fmt: skip
def test_what_cannot_be_set(
    session: Session, cast: Cast, at: datetime, ask: SetPolicy, codes: list[tuple[str, str]]
) -> None:
    set_policy(session, cast.administrator, SetPolicy(WINDOW, date(2026, 4, 1), 10), at=at)
    with refused(session, *codes):
        set_policy(session, cast.administrator, ask, at=at)


def test_who_may_set_one(session: Session, cast: Cast, at: datetime) -> None:
    said = who_may(
        session, cast, lambda number: TODAY + timedelta(days=number),
        lambda actor, since: set_policy(session, actor, SetPolicy(WINDOW, since, 10), at=at),
    )  # fmt: skip
    assert said == told(
        "administrator", "officer_wuhai officer_ordos officer_outsider viewer auditor secretariat nobody"
    )


def test_the_first_ones_are_set_once(session: Session, cast: Cast, at: datetime) -> None:
    set_first_policies(session, HOST, at=at)
    assert dict(session.execute(sa.select(Policy.name, Policy.days)).all()) == FIRST
    before = contents(session)
    set_first_policies(session, HOST, at=at + timedelta(days=400))
    assert contents(session) == before
