"""Bodies: parties, groupings, and who belongs to which."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotPermitted
from registry.ledger import atomic
from registry.models import Alias, Body, Membership
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.bodies import AddGrouping, AddMember, AddParty, add_grouping, add_member, add_party
from tests.cast import Cast
from tests.services.acts import HOST, answered, day, entries, refused, told, who_may
from tests.services.test_races import at_once, codes

OTHERS = "officer_wuhai officer_ordos officer_outsider viewer auditor administrator nobody"


def a_party(**more: object) -> AddParty:
    given: dict[str, object] = {"code": "150800", "name_zh": "巴彦淖尔市", "gb_code": "150800"}
    return AddParty(**(given | more))  # type: ignore[arg-type]  # names of fields


def a_grouping(**more: object) -> AddGrouping:
    given: dict[str, object] = {"code": "hbyy", "name_zh": "呼包银榆经济区", "kind": "economic_zone"}
    return AddGrouping(**(given | more))  # type: ignore[arg-type]  # names of fields


def names(session: Session) -> list[str]:
    return list(session.scalars(sa.select(Alias.text).order_by(Alias.id)))


def test_a_party_can_sign_from_now_on(session: Session, cast: Cast, at: datetime) -> None:
    ask = a_party(name_en="Bayannur", province="内蒙古自治区", aliases=("巴市", " 巴彦淖尔 ", "", "巴市"))
    party = add_party(session, cast.secretariat, ask, at=at)
    assert (party.code, party.kind, party.signs, party.sample) == ("150800", "city", True, False)
    assert (party.name_en, party.province, party.gb_code) == ("Bayannur", "内蒙古自治区", "150800")
    assert names(session) == ["巴市", "巴彦淖尔"]
    (entry,) = entries(session, 1)
    assert (entry["act"], {change["t"] for change in entry["changes"]}) == ("party.add", {"body", "alias"})
    accord = CreateAgreement("示例协议", "framework_agreement", ("150300", "150800"), grouping="mxsmy")
    assert create_agreement(session, cast.secretariat, accord, at=at).party_list == "complete"


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name_zh": "　"}, "name-missing", "name_zh"),
        ({"kind": "village"}, "unknown-choice", "kind"),
        ({"gb_code": "15080"}, "gb-code-bad", "gb_code"),
        ({"gb_code": "１５０８００"}, "gb-code-bad", "gb_code"),
        ({"code": "150300"}, "code-taken", "code"),
        *(
            ({"code": bad}, "party-code-bad", "code")
            for bad in ("", "new", "-a", "A1", "a/b", "乌海", "a" * 41, "150800\n")
        ),
    ],
)
def test_what_is_no_party(
    session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        add_party(session, cast.secretariat, a_party(**more), at=at)


def test_who_may_enter_a_party(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: a_party(code=f"own-{number}"),
        lambda actor, ask: add_party(session, actor, ask, at=at),
    ) == told(may="secretariat", may_not=OTHERS)


def test_a_grouping_begins_the_numbers_of_its_agreements(session: Session, cast: Cast, at: datetime) -> None:
    ask = a_grouping(name_en="Hohhot–Baotou–Yinchuan–Yulin", declared_members=13, aliases=("呼包银榆",))
    grouping = add_grouping(session, cast.secretariat, ask, at=at)
    assert (grouping.code, grouping.kind, grouping.declared_members) == ("hbyy", "economic_zone", 13)
    assert (grouping.sample, names(session)) == (False, ["呼包银榆"])
    (entry,) = entries(session, 1)
    assert (entry["act"], {change["t"] for change in entry["changes"]}) == ("grouping.add", {"grouping", "alias"})
    accord = CreateAgreement("示例协议", "framework_agreement", ("150300",), grouping="hbyy", year=2026)
    assert create_agreement(session, HOST, accord, at=at).number == "hbyy-2026-01"


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name_zh": ""}, "name-missing", "name_zh"),
        ({"kind": "club"}, "unknown-choice", "kind"),
        ({"code": "mxsmy"}, "code-taken", "code"),
        *(
            ({"code": bad}, "grouping-code-bad", "code")
            for bad in ("", "hb-yy", "1hb", "HB", "doc", "list", "meeting", "x", "claim", "new", "a" * 25)
        ),
    ],
)
def test_what_is_no_grouping(
    session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        add_grouping(session, cast.secretariat, a_grouping(**more), at=at)


def test_who_may_enter_a_grouping(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: a_grouping(code=f"own{number}"),
        lambda actor, ask: add_grouping(session, actor, ask, at=at),
    ) == told(may="secretariat", may_not=OTHERS)


def test_a_member_comes_last(session: Session, cast: Cast, at: datetime) -> None:
    member = add_member(session, cast.secretariat, AddMember("mxsmy", "610800", "observer", day("2026-01-01")), at=at)
    assert (member.body_id, member.role, member.position) == (cast.outsider.id, "observer", 4)
    assert (member.since, member.since_precision, member.until_precision) == ("2026-01-01", "day", None)
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["subject"]) == ("grouping.member", ["grouping", cast.grouping.id])


def test_who_left_may_come_back(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        session.execute(
            sa.update(Membership)
            .where(Membership.body_id == cast.ordos.id)
            .values(until="2025-12-31", until_precision="day")
        )
        book.record(act="grouping.member", actor=HOST, subject=("grouping", cast.grouping.id), at=at)
    assert add_member(session, cast.secretariat, AddMember("mxsmy", "150600"), at=at).position == 4


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        (AddMember("nowhere", "610800"), "unknown-grouping", "grouping"),
        (AddMember("mxsmy", "000000"), "unknown-party", "party"),
        (AddMember("mxsmy", "610800", "guest"), "unknown-choice", "role"),
        (AddMember("mxsmy", "150300"), "already-member", "party"),
        (AddMember("mxsmy", "x-a"), "sample-mixed", "party"),
    ],
)
def test_who_is_no_member(session: Session, cast: Cast, at: datetime, ask: AddMember, code: str, field: str) -> None:
    with atomic(session) as book:
        city = Body(code="x-a", name_zh="示例市", kind="city", signs=True, sample=True)
        session.add(city)
        session.flush()
        book.record(act="party.add", actor=HOST, subject=("party", city.id), at=at)
    with refused(session, (code, field)):
        add_member(session, cast.secretariat, ask, at=at)


def test_who_may_enter_a_member(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: AddMember("mxsmy", add_party(session, HOST, a_party(code=f"own-{number}"), at=at).code),
        lambda actor, ask: add_member(session, actor, ask, at=at),
    ) == told(may="secretariat", may_not=OTHERS)


def test_members_are_entered_by_the_secretariat_of_the_grouping(session: Session, cast: Cast, at: datetime) -> None:
    add_grouping(session, cast.secretariat, a_grouping(), at=at)
    with answered(session, NotPermitted):
        add_member(session, cast.secretariat, AddMember("hbyy", "150300"), at=at)
    assert add_member(session, HOST, AddMember("hbyy", "150300"), at=at).position == 1


def test_one_code_at_once_is_one_body_and_one_party_at_once_one_member(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    for serial in range(1, 6):
        code = f"own{serial}"
        enter = [lambda own, code=code: add_party(own, cast.secretariat, a_party(code=code), at=at)] * 2
        assert codes(at_once(engine, enter)) == {"done": 1, "code-taken": 1}
        found = [lambda own, code=code: add_grouping(own, cast.secretariat, a_grouping(code=code), at=at)] * 2
        assert codes(at_once(engine, found)) == {"done": 1, "code-taken": 1}
        join = [lambda own, code=code: add_member(own, cast.secretariat, AddMember("mxsmy", code), at=at)] * 2
        assert codes(at_once(engine, join)) == {"done": 1, "already-member": 1}
