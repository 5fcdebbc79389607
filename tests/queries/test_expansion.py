"""Names that mean several: 各成员城市 and 四盟市 are the members of a grouping as they were on a day."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain import Outcome, Reason
from registry.domain.dates import PartialDate
from registry.queries.expansion import expand, members_on
from registry.queries.snapshot import Snapshot
from registry.services.bodies import AddAlias, AddMember, add_alias, add_member
from registry.services.continuity import AlterBody, Happened, alter_body
from registry.services.memberships import ChangeRole, EndMember, change_role, end_member
from tests.cast import Cast
from tests.queries.world import TODAY
from tests.services.acts import HOST, day

BEFORE, NOW = date(2024, 12, 31), date(2025, 6, 1)


@pytest.fixture
def snapshot(session: Session, cast: Cast, at: datetime) -> Snapshot:
    """乌海, 鄂尔多斯 and 银川 from the beginning; 榆林 from 2025 as an observer, member since March; 银川 left in May 2025."""
    add_alias(session, cast.secretariat, AddAlias("四盟市", grouping="mxsmy"), at=at)
    add_alias(session, cast.secretariat, AddAlias("我市", party="150600", issuer="150600"), at=at)
    add_alias(session, cast.secretariat, AddAlias("全市", party="150300", issuer_kind="city"), at=at)
    add_member(
        session, cast.secretariat, AddMember("mxsmy", "610800", "observer", PartialDate.of("2025", "year")), at=at
    )
    change_role(session, cast.secretariat, ChangeRole("mxsmy", "610800", "member", day("2025-07-01")), at=at)
    end_member(
        session, cast.secretariat, EndMember("mxsmy", "640100", PartialDate.of("2025-05", "month"), "退出"), at=at
    )
    session.rollback()
    return Snapshot(session, None, TODAY)


@pytest.mark.parametrize(
    ("name", "issuer", "grouping", "on", "codes"),
    [
        ("四盟市", None, None, BEFORE, ["150300", "150600", "640100"]),
        ("四盟市", None, None, date(2025, 5, 31), ["150300", "150600", "640100"]),  # to the last possible day
        ("蒙西四盟市", None, None, NOW, ["150300", "150600"]),  # the observer is none of them
        ("各成员城市", None, "mxsmy", date(2025, 7, 1), ["150300", "150600", "610800"]),
        ("我市", "150600", None, NOW, ["150600"]),
        ("全市", "640100", None, NOW, ["150300"]),
        ("乌 海市", None, None, NOW, ["150300"]),
    ],
)
def test_a_name_expands_to_those_of_that_day(
    snapshot: Snapshot, name: str, issuer: str | None, grouping: str | None, on: date, codes: list[str]
) -> None:
    reading = expand(snapshot, name, on, issuer=issuer, grouping=grouping)
    assert reading.value is not None
    assert [each.key for each in reading.value] == codes
    assert reading.outcome is (Outcome.NORMALISE if " " in name else Outcome.ACCEPT)


def test_what_nothing_says_is_asked(snapshot: Snapshot) -> None:
    for name, reason in (
        ("各成员城市", Reason.NEEDS_ISSUER),
        ("某市", Reason.UNKNOWN_NAME),
        ("我市", Reason.NEEDS_ISSUER),
    ):
        reading = expand(snapshot, name, NOW)
        assert (reading.outcome, reading.value, reading.reason) == (Outcome.ASK, None, reason)
    assert members_on(snapshot, "nowhere", NOW) == ()


def test_an_old_name_still_means_it(session: Session, snapshot: Snapshot, at: datetime) -> None:
    alter_body(session, HOST, AlterBody("150600", Happened(day("2026-01-01"), None, "批复"), "东胜市"), at=at)
    session.rollback()
    for name in ("鄂尔多斯市", "东胜市"):
        reading = expand(Snapshot(session, None, TODAY), name, NOW)
        assert [each.title_zh for each in reading.value or ()] == ["东胜市"]
