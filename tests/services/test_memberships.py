"""Members of groupings: other roles from a day on, and what a party that leaves may read."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Agreement, Membership
from registry.queries.access import may_see_agreement
from registry.queries.expansion import members_on
from registry.queries.people import actor_of
from registry.queries.snapshot import Snapshot
from registry.services.bodies import AddGrouping, AddMember, AddParty, add_grouping, add_member, add_party
from registry.services.memberships import ChangeRole, EndMember, change_role, end_member
from tests.cast import Cast, an_agreement
from tests.queries.world import TODAY
from tests.services.acts import HOST, day, entries, refused, told, who_may

OTHERS = "officer_wuhai officer_ordos officer_outsider viewer auditor administrator nobody"


def rows(session: Session) -> list[tuple[object, ...]]:
    session.rollback()
    query = sa.select(Membership.body_id, Membership.role, Membership.position, Membership.since, Membership.until)
    return [tuple(row) for row in session.execute(query.order_by(Membership.position, Membership.id))]


def test_who_leaves_reads_what_it_is_party_to_and_no_more(session: Session, cast: Cast, at: datetime) -> None:
    ours = an_agreement(session, cast, at, number="mxsmy-2026-01")
    theirs = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.wuhai, cast.yinchuan])

    def read() -> set[str]:
        session.rollback()
        actor = actor_of(session, "ordos", at=at, door="web")
        assert actor is not None
        snapshot = Snapshot(session, None, TODAY)
        return set(session.scalars(sa.select(Agreement.number).where(may_see_agreement(snapshot, actor))))

    assert read() == {ours.number, theirs.number}
    end_member(session, cast.secretariat, EndMember("mxsmy", "150600", day("2026-02-01"), "退出"), at=at)
    assert read() == {ours.number}
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["effective"]["value"]) == ("grouping.leave", "2026-02-01")
    assert "退出" not in str(entry)
    assert add_member(session, cast.secretariat, AddMember("mxsmy", "150600"), at=at).position == 4
    assert read() == {ours.number, theirs.number}


def test_the_host_changes_on_a_day(session: Session, cast: Cast, at: datetime) -> None:
    on = day("2026-01-01")
    change_role(session, cast.secretariat, ChangeRole("mxsmy", "150300", "observer", on), at=at)
    change_role(session, cast.secretariat, ChangeRole("mxsmy", "150600", "host", on), at=at)
    assert rows(session) == [
        (cast.wuhai.id, "host", 1, None, "2025-12-31"),
        (cast.wuhai.id, "observer", 1, "2026-01-01", None),
        (cast.ordos.id, "member", 2, None, "2025-12-31"),
        (cast.ordos.id, "host", 2, "2026-01-01", None),
        (cast.yinchuan.id, "member", 3, None, None),
    ]
    snapshot = Snapshot(session, None, TODAY)
    codes = {
        on: [each.key for each in members_on(snapshot, "mxsmy", on)] for on in (date(2025, 12, 31), date(2026, 1, 1))
    }
    assert list(codes.values()) == [["150300", "150600", "640100"], ["150600", "640100"]]


@pytest.mark.parametrize(
    ("party", "on", "code"),
    [
        ("000000", "2026-02-01", "unknown-party"),
        ("610800", "2026-02-01", "not-a-member"),
        ("150800", "2024-12-31", "ends-before-it-began"),
        ("150300", "2026-03-03", "in-the-future"),
    ],
)
def test_a_membership_that_cannot_end_or_change(
    session: Session, cast: Cast, at: datetime, party: str, on: str, code: str
) -> None:
    from_2025 = AddMember("mxsmy", party, since=day("2025-01-01"))
    if party == "150800":
        add_party(session, HOST, AddParty("150800", "巴彦淖尔市"), at=at)
        add_member(session, cast.secretariat, from_2025, at=at)
    dated = code in ("ends-before-it-began", "in-the-future")
    with refused(session, (code, "until" if dated else "party")):
        end_member(session, cast.secretariat, EndMember("mxsmy", party, day(on), "退出"), at=at)
    with refused(session, (code, "since" if dated else "party")):
        change_role(session, cast.secretariat, ChangeRole("mxsmy", party, "observer", day(on)), at=at)


def test_what_else_must_be_said(session: Session, cast: Cast, at: datetime) -> None:
    on = day("2026-02-01")
    with refused(session, ("reason-missing", "reason")):
        end_member(session, cast.secretariat, EndMember("mxsmy", "150600", on, " "), at=at)
    with refused(session, ("unknown-choice", "role")):
        change_role(session, cast.secretariat, ChangeRole("mxsmy", "150600", "guest", on), at=at)
    with refused(session, ("same-role", "role")):
        change_role(session, cast.secretariat, ChangeRole("mxsmy", "150600", "member", on), at=at)


def test_who_may_end_a_membership_or_change_a_role(session: Session, cast: Cast, at: datetime) -> None:
    def joins(number: int) -> str:
        code = f"g{number}"
        add_grouping(session, HOST, AddGrouping(code, f"示例组织{number}"), at=at)
        add_member(session, HOST, AddMember(code, "150300"), at=at)
        return code

    on = day("2026-02-01")
    # the secretariat of one grouping keeps no other
    assert who_may(
        session,
        cast,
        joins,
        lambda actor, code: end_member(session, actor, EndMember(code, "150300", on, "退出"), at=at),
    ) == told(may="", may_not=f"{OTHERS} secretariat")

    assert who_may(
        session, cast, lambda number: "150600",
        lambda actor, code: change_role(session, actor, ChangeRole("mxsmy", code, "observer", on), at=at),
    ) == told(may="secretariat", may_not=OTHERS)  # fmt: skip
    assert who_may(
        session, cast, lambda number: "150600",
        lambda actor, code: end_member(session, actor, EndMember("mxsmy", code, on, "退出"), at=at),
    ) == told(may="secretariat", may_not=OTHERS)  # fmt: skip
