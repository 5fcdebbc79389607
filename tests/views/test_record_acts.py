"""Forms of new records: who finds them, what they make, and what is said where they are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Alias, Document, Edition, Grouping, MeetingSeries, Membership
from registry.permissions import the_register
from tests.cast import Cast
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.fixture
def series(session: Session, cast: Cast, at: datetime) -> None:
    """Two series of meetings."""
    with atomic(session) as book:
        session.add_all(
            [MeetingSeries(code=code, name_zh=code, sample=False) for code in ("joint-conference", "forum")]
        )
        book.record(act="bundle.import", actor=the_register("command"), subject=("series", 1), at=at)


@pytest.mark.parametrize(
    ("room", "who"),
    [
        ("documents", {"wuhai", "secretariat"}),
        ("meetings", {"wuhai", "secretariat"}),
        ("parties", {"secretariat"}),
        ("groupings", {"secretariat"}),
    ],
)
def test_lists_offer_the_form_to_those_who_may(visit: Visit, anybody: Visitor, room: str, who: set[str]) -> None:
    for login in ("wuhai", "secretariat", "viewer"):
        visitor = visit(login)
        assert (f'href="/{room}/new"' in visitor.text(f"/{room}")) is (login in who), login
        assert visitor.get(f"/{room}/new").status_code == (200 if login in who else 403), login
    assert "/new" not in anybody.text(f"/{room}")
    assert f'href="/en/{room}/new"' in visit("secretariat").text(f"/en/{room}")


def test_an_officer_registers_a_document_of_the_own_party(visit: Visit, session: Session) -> None:
    officer = visit("wuhai")
    assert '<option selected value="150300">乌海市</option>' in officer.text("/documents/new")
    sent = officer.send(
        "/documents/new", title="示例会议纪要", kind="minutes", document_number="乌海政发[2026]01号", issuer="150300",
        signed_on="2026年2月", level="members",
    )  # fmt: skip
    assert (sent.status_code, sent.location) == (303, "/documents/doc-2026-01")
    page = officer.text("/documents/doc-2026-01")
    assert "“乌海政发[2026]01号”读作乌海政发〔2026〕1号。" in page
    assert "2026年2月" in page
    assert visit("yulin").get("/documents/doc-2026-01").status_code == 404


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"title": ""}, 422, "请填写这一项。"),
        ({"document_number": "59号"}, 422, 'id="document_number-error"'),
        ({"issuer_name": "某局"}, 422, "发文机关填了两次"),
        ({"issuer": "", "issuer_name": "某局"}, 422, "您自己将看不到这份文件"),
        ({"signed_on": "2026年2月30日"}, 422, 'id="signed_on-error"'),
        ({"kind": "letter"}, 422, 'id="kind-error"'),
    ],
)
def test_a_refused_document_is_told_and_what_was_typed_stays(
    visit: Visit, session: Session, more: dict[str, str], status: int, said: str
) -> None:
    typed = {
        "title": "示例纪要",
        "kind": "minutes",
        "issuer": "150300",
        "level": "members",
        "note": "手写的附注",
        **more,
    }
    answer = visit("wuhai").send("/documents/new", **typed)
    assert answer.status_code == status
    assert said in answer.text
    assert "手写的附注" in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


def test_a_meeting_of_two_series(visit: Visit, session: Session, series: None) -> None:
    sent = visit("secretariat").send(
        "/meetings/new", name_zh="第三次联席会议暨合作论坛", held="held", held_on="2026-02-20", venue="150300",
        series="joint-conference", ordinal="3", series_too="forum",
    )  # fmt: skip
    assert (sent.status_code, sent.location) == (303, "/meetings/meeting-2026-01")
    rows = session.execute(sa.select(Edition.series_id, Edition.ordinal).order_by(Edition.id))
    assert [tuple(row) for row in rows] == [(1, 3), (2, None)]
    assert "第三次联席会议暨合作论坛" in visit("wuhai").text("/meetings/meeting-2026-01")


def test_a_planned_meeting_and_a_second_one_of_its_ordinal(visit: Visit, series: None) -> None:
    officer = visit("wuhai")
    planned = {"name_zh": "第四次联席会议", "held": "planned", "series": "joint-conference", "ordinal": "4"}
    assert officer.send("/meetings/new", **planned).location == "/meetings/meeting-0000-01"
    assert "计划中" in officer.text("/meetings")
    again = officer.send("/meetings/new", **planned)
    assert again.status_code == 422
    assert "meeting-0000-01" in again.text


def test_a_new_party_joins_a_new_name_and_a_grouping(visit: Visit, session: Session, cast: Cast) -> None:
    secretariat = visit("secretariat")
    party = secretariat.send(
        "/parties/new", code="150800", name_zh="巴彦淖尔市", kind="city", gb_code="150800", aliases="巴市\n\n巴彦淖尔"
    )
    assert (party.status_code, party.location) == (303, "/parties/150800")
    assert session.scalars(sa.select(Alias.text).order_by(Alias.id)).all() == ["巴市", "巴彦淖尔"]
    assert 'href="/groupings/mxsmy/members/new"' in secretariat.text("/groupings/mxsmy")
    joined = secretariat.send("/groupings/mxsmy/members/new", party="150800", role="member", since="2026-01-01")
    assert (joined.status_code, joined.location) == (303, "/groupings/mxsmy#members")
    session.rollback()
    last = session.scalars(sa.select(Membership).order_by(Membership.id.desc())).first()
    assert last is not None
    assert (last.grouping_id, last.position, last.since) == (cast.grouping.id, 4, "2026-01-01")
    assert "巴彦淖尔市" in secretariat.text("/groupings/mxsmy")
    twice = secretariat.send("/groupings/mxsmy/members/new", party="150800", role="member")
    assert twice.status_code == 422
    assert "已经是这一组织的成员" in twice.text


def test_a_new_grouping_awaits_its_own_secretariat(visit: Visit, session: Session) -> None:
    secretariat = visit("secretariat")
    sent = secretariat.send(
        "/groupings/new", code="hbyy", name_zh="呼包银榆经济区", kind="economic_zone", declared_members="13"
    )
    assert (sent.status_code, sent.location) == (303, "/groupings/hbyy")
    assert session.scalars(sa.select(Grouping.declared_members).where(Grouping.code == "hbyy")).one() == 13
    assert "members/new" not in secretariat.text("/groupings/hbyy")
    assert secretariat.get("/groupings/hbyy/members/new").status_code == 403
    assert secretariat.get("/groupings/nowhere/members/new").status_code == 404


@pytest.mark.parametrize("path", ["/parties/new", "/groupings/new"])
def test_a_code_that_cannot_be_is_told_beside_its_field(visit: Visit, path: str) -> None:
    kind = {"/parties/new": "city", "/groupings/new": "cities"}[path]
    for code in ("new", "A/b"):
        answer = visit("secretariat").send(path, code=code, name_zh="示例", kind=kind)
        assert answer.status_code == 422, code
        assert f"“{code}”不能作" in answer.text
        assert 'id="code-error"' in answer.text
