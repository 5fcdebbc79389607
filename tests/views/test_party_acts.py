"""Bodies through time, on pages: the forms, what they make, who finds them, and the addresses of records that turned out to be one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement, Alias, Body, Department, Meeting
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import HOST, a_document
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
FORMS = (
    "/parties/150300/alter", "/parties/150300/merge", "/parties/150300/split", "/parties/150300/end",
    "/parties/150300/aliases/new", "/groupings/mxsmy/aliases/new", "/groupings/mxsmy/members/150600/end",
    "/groupings/mxsmy/members/150600/role", "/same/party/150300",
)  # fmt: skip


def test_the_forms_are_for_the_secretariat(visit: Visit, anybody: Visitor) -> None:
    for login in ("secretariat", "wuhai", "viewer"):
        visitor, may = visit(login), login == "secretariat"
        for address in FORMS:
            assert visitor.get(address).status_code == (200 if may else 403), (login, address)
        party, grouping = visitor.text("/parties/150300"), visitor.text("/groupings/mxsmy")
        for address in FORMS:
            page = party if "/150300" in address else grouping
            assert (f'href="{address}"' in page) is may, (login, address)
    assert "/alter" not in anybody.text("/parties/150300")
    assert visit("secretariat").get("/parties/000000/alter").status_code == 404


def test_a_rename_shows_both_names_and_the_event(visit: Visit, anybody: Visitor) -> None:
    secretariat = visit("secretariat")
    late = secretariat.send("/parties/150600/alter", on="2027-01-01", name_zh="东胜市", basis_note="批复")
    assert late.status_code == 422
    assert "东胜市" in late.text
    missing = secretariat.send("/parties/150600/alter", on="2026-02-01", name_zh="东胜市")
    assert (missing.status_code, 'id="basis-error"' in missing.text) == (422, True)
    sent = secretariat.send("/parties/150600/alter", on="2026-02-01", name_zh="东胜市", basis_note="国务院批复")
    assert (sent.status_code, sent.location) == (303, "/parties/150600#continuity")
    page = anybody.text("/parties/150600")
    assert "<h1>东胜市" in page.replace("\n", "")
    for said in ("沿革", "更名", "国务院批复", "2026年2月1日", "鄂尔多斯市"):
        assert said in page
    assert "鄂尔多斯市" in anybody.text("/parties/150600?on=2026-01-31")
    assert "History of the body" in anybody.text("/en/parties/150600")


def test_a_merger_a_split_and_an_end(visit: Visit, session: Session) -> None:
    secretariat = visit("secretariat")
    happened = {"on": "2026-02-01", "basis_note": "批复"}
    nobody = secretariat.send("/parties/150300/merge", **happened)
    assert (nobody.status_code, 'id="others-error"' in nobody.text) == (422, True)
    assert secretariat.send("/parties/150300/merge", others=["150600"], **happened).status_code == 303
    assert secretariat.send("/parties/640100/split", into=["610800"], ends="y", **happened).status_code == 303
    again = secretariat.send("/parties/640100/end", **happened)
    assert (again.status_code, "已经撤销或并入" in again.text) == (409, True)
    assert "/alter" not in secretariat.text("/parties/640100")
    assert secretariat.send("/parties/610800/end", **happened).status_code == 303
    session.rollback()
    ended = session.scalars(sa.select(Body.code).where(Body.ended_precision.is_not(None)).order_by(Body.code))
    assert ended.all() == ["150600", "610800", "640100"]


def test_other_names_and_where_they_hold(visit: Visit, session: Session, anybody: Visitor) -> None:
    secretariat = visit("secretariat")
    assert secretariat.send("/parties/150300/aliases/new", text="我市", issuer="150300").status_code == 303
    assert secretariat.send("/parties/150300/aliases/new", text="全市", issuer_kind="city").status_code == 303
    assert secretariat.send("/groupings/mxsmy/aliases/new", text="四盟市").status_code == 303
    assert secretariat.send("/groupings/mxsmy/aliases/new", text="四盟市").status_code == 422
    both = secretariat.send("/parties/150300/aliases/new", text="本市", issuer="150300", issuer_kind="city")
    assert (both.status_code, 'id="issuer_kind-error"' in both.text) == (422, True)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Alias)) == 3
    page = anybody.text("/parties/150300")
    assert "我市" in page
    assert "全市" in page
    assert "四盟市" in anybody.text("/groupings/mxsmy")


def test_a_member_that_left_stands_among_the_former(visit: Visit, anybody: Visitor) -> None:
    secretariat = visit("secretariat")
    sent = secretariat.send("/groupings/mxsmy/members/150600/role", role="observer", since="2026-01-01")
    assert (sent.status_code, sent.location) == (303, "/groupings/mxsmy#members")
    assert secretariat.send("/groupings/mxsmy/members/150600/end", until="2026-02-01").status_code == 422
    sent = secretariat.send("/groupings/mxsmy/members/150600/end", until="2026-02-01", reason="退出")
    assert sent.status_code == 303
    page = anybody.text("/groupings/mxsmy")
    assert "曾经的成员" in page
    assert "退出</a>" not in page
    assert "2025年12月31日" in anybody.text("/parties/150600")


def test_the_lead_passes_on_a_page(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement)
    with atomic(session) as book:
        session.add(Department(body_id=cast.ordos.id, name_zh="发展和改革委员会", sample=False))
        book.record(act="bundle.import", actor=HOST, subject=("party", cast.ordos.id), at=at)
    address = f"/items/{item.number}"
    officer = visit("wuhai")
    assert f'href="{address}/lead"' in officer.text(address)
    assert officer.send(f"{address}/lead", leads=[]).status_code == 422
    sent = officer.send(f"{address}/lead", leads=["150600"], department="发展和改革委员会", reason="职能调整")
    assert (sent.status_code, sent.location) == (303, address)
    assert "发展和改革委员会" in officer.text(address)
    assert item.number not in officer.text("/items?role=none")
    assert visit("ordos").get(f"{address}/lead").status_code == 200
    assert visit("viewer").get(f"{address}/lead").status_code == 403


@pytest.mark.parametrize("kind", ["agreement", "document", "grouping", "item", "meeting", "party"])
def test_the_address_of_the_other_leads_to_the_one_that_stays(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime, kind: str
) -> None:
    room, kept, other = {
        "agreement": ("agreements", agreement.number, "mxsmy-2026-02"),
        "document": ("documents", "doc-2026-01", "doc-2026-02"),
        "grouping": ("groupings", "mxsmy", "mxsmy"),
        "item": ("items", f"{agreement.number}-001", f"{agreement.number}-002"),
        "meeting": ("meetings", "meeting-2026-01", "meeting-2026-02"),
        "party": ("parties", "150300", "610800"),
    }[kind]
    an_agreement(session, cast, at, number="mxsmy-2026-02")
    for position in (1, 2):
        an_item(session, cast, at, agreement, position=position)
        a_document(session, at, f"doc-2026-0{position}", document_number=None)
    with atomic(session) as book:
        session.add_all(Meeting(number=f"meeting-2026-0{n}", name_zh="会议", held=True, sample=False) for n in (1, 2))
        book.record(act="meeting.add", actor=HOST, subject=("meeting", 1), at=at)
    secretariat = visit("secretariat")
    form = f"/same/{kind}/{kept}"
    assert f'href="{form}"' in secretariat.text(f"/{room}/{kept}")
    if kind == "grouping":  # nobody of the cast keeps two
        assert secretariat.send(form, duplicate=other, reason="同一").status_code == 422
        return
    sent = secretariat.send(form, duplicate=other, reason="同一记录")
    assert (sent.status_code, sent.location) == (303, f"/{room}/{kept}")
    led = secretariat.get(f"/{room}/{other}")
    assert (led.status_code, led.location) == (302, f"/{room}/{kept}")
    assert secretariat.get(f"/en/{room}/{other}?page=1").location == f"/en/{room}/{kept}?page=1"
    assert f'"/{room}/{other}"' not in secretariat.text(f"/{room}")
    undo = secretariat.text(f"/{room}/{kept}").partition(f'href="{form}/')[2].partition('"')[0]
    assert undo.endswith("/undo")
    assert secretariat.send(f"{form}/{undo}", reason="不是同一个").status_code == 303
    assert secretariat.get(f"/{room}/{other}").status_code == 200


def test_who_may_not_see_the_one_that_stays_is_not_led_there(
    visit: Visit, session: Session, cast: Cast, at: datetime
) -> None:
    for number in ("mxsmy-2026-01", "mxsmy-2026-02"):
        an_agreement(session, cast, at, number=number)
    secretariat = visit("secretariat")
    assert (
        secretariat.send("/same/agreement/mxsmy-2026-01", duplicate="mxsmy-2026-02", reason="同一").status_code == 303
    )
    assert visit("yulin").get("/agreements/mxsmy-2026-02").status_code == 404
    assert visit("wuhai").get("/agreements/mxsmy-2026-02").status_code == 302
