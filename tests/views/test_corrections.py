"""Corrections on pages: proposed from the record, told on the desk, objected to, shown with both values; a claim, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Agreement, Correction
from registry.services.policies import set_first_policies
from registry.services.sweep import sweep
from tests.cast import Cast, Clock, an_item
from tests.queries.world import a_claim
from tests.services.acts import HOST, a_document, sign
from tests.views.conftest import Visitor, statements

Visit = Callable[[str], Visitor]
REASON = "多印了框架二字"


@pytest.fixture
def proposed(visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime) -> str:
    """A correction of the title, proposed on the page of the agreement; the number of the agreement."""
    set_first_policies(session, HOST, at=at)
    page = f"/agreements/{agreement.number}"
    officer = visit("wuhai")
    assert f'href="{page}/correct"' in officer.text(page)
    form = officer.text(f"{page}/correct")
    assert "标题（现为：示例合作框架协议）" in form
    sent = officer.send(f"{page}/correct", target="title_zh", value="示例合作协议", reason=REASON)
    assert (sent.status_code, sent.location) == (303, "/corrections#c1")
    return agreement.number


def test_both_values_stand_on_the_record_and_in_the_list(visit: Visit, proposed: str) -> None:
    for path in (f"/agreements/{proposed}", "/corrections", "/corrections?outcome=open"):
        page = visit("ordos").text(path)
        assert "示例合作框架协议" in page and "示例合作协议" in page, path
        assert "异议截止日：" in page and "2026年3月12日" in page
        assert "乌海市" in page
        assert REASON not in page  # under the seal of who proposed
        assert "/corrections/1/object" in page and "/corrections/1/withdraw" not in page
    own = visit("wuhai").text("/corrections")
    assert REASON in own and "/corrections/1/withdraw" in own
    assert "异议期 10 天。" in own
    assert 'href="/en/corrections' in visit("ordos").text("/en/corrections")


def test_the_parties_are_told_on_their_desk(visit: Visit, proposed: str) -> None:
    for login in ("wuhai", "ordos", "secretariat"):
        desk = visit(login).text("/desk")
        assert "更正事宜" in desk and '/corrections#c1">可提异议</a>' in desk, login


def test_those_who_may_not_see_the_record_see_no_correction(visit: Visit, anybody: Visitor, proposed: str) -> None:
    for visitor in (anybody, visit("yulin")):
        page = visitor.text("/corrections")
        assert "示例合作框架协议" not in page and "没有这样的更正" in page
        assert ">全部 0</a>" in page
    assert visit("yulin").get("/corrections/1/object").status_code == 404
    assert visit("viewer").get("/corrections/1/object").status_code == 403
    assert visit("yulin").get(f"/agreements/{proposed}/correct").status_code == 404
    assert visit("wuhai").get("/corrections?outcome=none").status_code in (409, 422)


def test_an_objection_lets_it_fall(visit: Visit, proposed: str) -> None:
    officer = visit("ordos")
    sent = officer.send("/corrections/1/object", party="150600", reason="原件如此")
    assert (sent.status_code, sent.location) == (303, "/corrections#c1")
    page = officer.text("/corrections?outcome=fallen")
    assert "未更正" in page and "鄂尔多斯市" in page and "原件如此" in page
    assert "原件如此" not in visit("wuhai").text("/corrections")
    again = officer.send("/corrections/1/object", party="150600", reason="再说一遍")
    assert again.status_code == 409 and "再说一遍" in again.text


def test_it_is_withdrawn_by_who_proposed(visit: Visit, proposed: str) -> None:
    assert visit("ordos").get("/corrections/1/withdraw").status_code == 403
    assert visit("wuhai").send("/corrections/1/withdraw").status_code == 303
    assert "已撤回" in visit("wuhai").text(f"/agreements/{proposed}")


def test_a_page_of_the_past_knows_nothing_of_what_came_later(
    visit: Visit, session: Session, proposed: str, clock: Clock
) -> None:
    session.rollback()
    before = session.scalar(sa.select(Correction.proposed_at))
    assert sweep(session, at=clock.advance(days=11)).corrections == 1
    now = visit("ordos").text(f"/agreements/{proposed}")
    assert "<title>示例合作协议" in now and "已更正" in now
    moment = quote((before + timedelta(seconds=1)).isoformat())
    then = visit("ordos").text(f"/agreements/{proposed}?known={moment}")
    assert "<title>示例合作框架协议" in then and "可提异议" in then and "已更正" not in then
    assert "/corrections/1/object" not in then
    earlier = quote((before - timedelta(seconds=1)).isoformat())
    assert "示例合作协议<" not in visit("ordos").text(f"/corrections?known={earlier}")


def test_dates_of_acts_and_fields_of_other_records(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    set_first_policies(session, HOST, at=at)
    act = sign(session, cast.officer_wuhai, agreement, cast.wuhai, at, signer_post="市长")
    item = an_item(session, cast, at, agreement)
    document = a_document(session, at, issuer=cast.wuhai)
    a_claim(session, at, "claim-2026-01", document, stated=70, agreement_id=agreement.id)
    officer = visit("wuhai")
    form = officer.text(f"/agreements/{agreement.number}/correct?target=act:{act.id}.done_on")
    assert f'<option selected value="act:{act.id}.done_on">乌海市 · 签署 · 日期（现为：2026年3月1日）</option>' in form
    wrong = officer.send(
        f"/agreements/{agreement.number}/correct", target=f"act:{act.id}.done_on", value="2026年2月30日", reason="错"
    )
    assert wrong.status_code == 422 and 'id="value-error"' in wrong.text and "2026年2月30日" in wrong.text
    typed = {
        f"/agreements/{agreement.number}": (f"act:{act.id}.done_on", "2026年2月28日"),
        f"/items/{item.number}": ("title_en", "Sample item"),
        "/parties/150300": ("name_en", "Wuhai"),
        "/groupings/mxsmy": ("name_en", "Four"),
        "/documents/doc-2026-01": ("title", "示例纪要"),
        "/claims/claim-2026-01": ("stated", "71"),
    }
    for path, (target, value) in typed.items():
        assert officer.send(f"{path}/correct", target=target, value=value, reason="核对原件").status_code == 303, path
        if not path.startswith("/claims"):
            assert value in officer.text(path), path
    assert 'href="/claims/claim-2026-01/correct"' in officer.text("/claims")
    listed = officer.text("/corrections")
    assert listed.count("异议截止日") == len(typed)
    with statements(officer.app) as ran:
        officer.text("/corrections")
    assert len(ran) <= 14, ran
