"""Matters on pages: listed by procedure, opened and moved on forms that their procedure makes, read by whoever may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from sqlalchemy.orm import Session

from registry.models import Commitment, Item, Matter
from tests.cast import Cast, an_agreement
from tests.matters import a_matter, publish_city_case, step
from tests.services.acts import a_document
from tests.views.conftest import Visitor

NEW = "/matters/new/city-case"
CASE = "/matters/city-case-2026-001"
Visit = Callable[[str], Visitor]


@pytest.fixture(autouse=True)
def procedure(session: Session, cast: Cast, at: datetime) -> None:
    publish_city_case(session, at)


def opening(**more: str) -> dict[str, object]:
    """What a form of the city's procedure must have."""
    return {
        "title_zh": "河道清理", "value-task": "清理河道", "value-sort": "甲类", "grouping": "mxsmy", "leads": ["150300"],
        "joins": ["150600"], "level": "members",
    } | more  # fmt: skip


def test_a_matter_is_opened_from_a_record_on_the_form_of_its_procedure(
    session: Session, cast: Cast, at: datetime, visit: Visit
) -> None:
    agreement = an_agreement(session, cast, at)
    office = visit("secretariat")
    assert "示例个案" in office.text(f"/matters/new?agreement={agreement.number}")
    form = office.text(f"{NEW}?agreement={agreement.number}")
    for said in ("任务", "人数", "线索", "不公开：只有审计员看得到。", f'value="{agreement.number}"'):
        assert said in form
    assert "期限" not in form  # the step of assigning asks for it
    assert form.index("任务") < form.index("牵头方")
    sent = office.send(NEW, **opening(agreement=agreement.number))
    assert (sent.status_code, sent.location) == (303, CASE)
    page = office.text(CASE)
    for said in ("清理河道", "甲类", "已收案", "分派", "乌海市", agreement.title_zh, "尚未填写"):
        assert said in page
    assert "河道清理" in office.text("/matters?procedure=city-case")
    assert "河道清理" in office.text(f"/agreements/{agreement.number}")


def test_a_refusal_stands_beside_its_field_and_what_was_typed_stays(cast: Cast, visit: Visit) -> None:
    office = visit("secretariat")
    sent = office.send(NEW, **opening(**{"value-cost": "约三万", "value-found_on": "2026-02-30", "value-task": ""}))
    assert sent.status_code == 422
    for said in ('id="value-task-error"', 'id="value-found_on-error"', "约三万", "2026-02-30"):
        assert said in sent.text
    sent = office.send(NEW, **opening(**{"value-cost": "约三万"}))
    assert (sent.status_code, 'id="value-cost-error"' in sent.text) == (422, True)


def test_the_form_of_a_step_asks_for_its_fields(session: Session, cast: Cast, at: datetime, visit: Visit) -> None:
    a_matter(session, cast, at)
    office, wuhai = visit("secretariat"), visit("wuhai")
    sent = office.send(f"{CASE}/step/assign", **{"value-due_on": "2026年5月"})
    assert (sent.status_code, 'id="value-due_on-error"' in sent.text) == (422, True)
    assert office.send(f"{CASE}/step/assign", **{"value-due_on": "2026年5月1日"}).location == CASE
    assert "不公开：只有本单位和审计员看得到。" in wuhai.text(f"{CASE}/step/tell")
    assert wuhai.send(f"{CASE}/step/tell", **{"value-told": "连夜清理完毕"}).location == CASE
    assert "连夜清理完毕" in wuhai.text(CASE)
    for page in (wuhai.text(CASE), wuhai.text(f"{CASE}/history")):  # where the city's own procedure names the act
        assert "回复" in page and "matter.tell" not in page
    assert "连夜清理完毕" not in office.text(CASE)
    assert visit("ordos").get(f"{CASE}/step/judge").status_code == 403
    form = office.text(f"{CASE}/step/judge")
    assert "结论" in form and "期限" in form and "尚不能办" not in form
    missing = office.send(f"{CASE}/step/judge", **{"value-verdict": "退回"})
    assert 'id="value-due_on-error"' in missing.text
    assert office.send(f"{CASE}/step/judge", **{"value-verdict": "通过"}).location == CASE
    assert "已评定" in office.text(CASE)


def test_a_step_of_two_persons_is_proposed_by_one_and_taken_by_another(
    session: Session, cast: Cast, at: datetime, visit: Visit
) -> None:
    matter = a_matter(session, cast, at)
    for actor, trigger, values in (
        (cast.secretariat, "assign", {"due_on": "2026-05-01"}),
        (cast.officer_wuhai, "tell", {"told": "已清理"}),
        (cast.secretariat, "judge", {"verdict": "通过"}),
    ):
        step(session, actor, matter, trigger, at, **values)
    office, wuhai = visit("secretariat"), visit("wuhai")
    assert office.get(f"{CASE}/step/close").location == f"{CASE}/propose/close"
    assert office.send(f"{CASE}/propose/close").status_code == 303
    form = wuhai.text(f"{CASE}/step/close")
    assert "结案说明" in form and "依据文件" not in form
    assert wuhai.send(f"{CASE}/step/close", **{"value-closing": "办完"}).location == CASE
    page = wuhai.text(CASE)
    assert "已结案" in page and "办完" in page


def test_papers_and_promises(session: Session, cast: Cast, at: datetime, visit: Visit) -> None:
    reply = a_document(session, at, document_number=None, issuer=cast.wuhai)
    a_matter(session, cast, at, document=reply.number)
    office = visit("secretariat")
    photo = (BytesIO(b"\x89PNG\r\n\x1a\n."), "after.png")
    wrong = (BytesIO(b"%PDF-1.7"), "after.pdf")
    assert office.send(f"{CASE}/evidence", type="photo", evidence=wrong).status_code == 422
    assert office.send(f"{CASE}/evidence", type="photo", evidence=photo).location == f"{CASE}#evidence"
    assert "照片" in office.text(CASE)
    assert office.send(f"{CASE}/commitments/new", document=reply.number, title_zh="增开公交").status_code == 303
    session.rollback()
    code = session.query(Commitment).one().code
    assert "转为事项" in office.text(CASE)
    made = office.send(f"{CASE}/commitments/{code}/item", leads=["150300"])
    session.rollback()
    item = session.query(Item).one()
    assert made.location == f"/items/{item.number}"
    assert item.number in office.text(CASE)


def test_every_reader_sees_the_page_as_far_as_the_level_goes(
    session: Session, cast: Cast, at: datetime, visit: Visit, anybody: Visitor
) -> None:
    matter = a_matter(session, cast, at, cast.officer_wuhai, host="150300", values={"tip": "匿名来信"})
    assert anybody.get(CASE).status_code == 404
    assert "示例个案" not in anybody.text("/matters").split("</nav>")[-1]
    logins = {"wuhai": True, "auditor": True, "ordos": False, "viewer": False, "secretariat": False}
    for login, reads in logins.items():
        pages = [visit(login).text(path) for path in (CASE, f"{CASE}/history")]
        assert all(("匿名来信" in page) is reads for page in pages), login
    assert visit("yulin").get(CASE).status_code == 404
    english = visit("wuhai").text(f"/en{CASE}")
    assert "Sample case" in english and "What was filled in" in english
    assert visit("wuhai").get(f"{CASE}?known=0").status_code == 404
    assert session.get_one(Matter, matter.id).state == "opened"
