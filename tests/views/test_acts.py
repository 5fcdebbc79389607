"""Every other form, by those who may: from an idea to a signed agreement, from an intent to a mechanism, from a person to a role."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement, Document, Grant, Item, Person, Report
from registry.permissions import the_register
from tests.cast import Cast, Clock, an_item
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
A, I = "/agreements/mxsmy-2026-01", "/items/mxsmy-2026-01-001"  # noqa: E741  # I: the item's address


@pytest.fixture
def item(agreement: Agreement, session: Session, cast: Cast, clock: Clock) -> Item:
    """An item led by 乌海, joined by 鄂尔多斯."""
    return an_item(session, cast, clock.at, agreement)


@pytest.fixture
def basis(session: Session, cast: Cast, clock: Clock) -> str:
    """The number of a document that gives authority."""
    with atomic(session) as book:
        session.add(
            Document(
                number="doc-2026-01",
                title="示例文件",
                kind="plan",
                document_number="示政发〔2026〕1号",
                level="public",
                sample=False,
            )
        )
        session.flush()
        book.record(act="document.add", actor=the_register("command"), subject=("document", 1), at=clock.at)
    return "示政发〔2026〕1号"


def test_from_an_idea_to_open_for_signature(visit: Visit) -> None:
    secretariat = visit("secretariat")
    created = secretariat.send(
        "/agreements/new", title_zh="新的示例协议", title_en="A new accord", kind="framework_agreement", grouping="mxsmy", year="2026",
        parties=["150300", "150600"], host="150300", meeting="", level="members", declared_fields="2", fields="交通 | Transport\n\n医疗",
    )  # fmt: skip
    assert (created.status_code, created.location) == (303, "/agreements/mxsmy-2026-01")
    text = "全文".encode()
    assert (
        secretariat.send(f"{A}/text", language="zh-Hans", evidence=(io.BytesIO(text), "全文.docx")).status_code == 303
    )
    assert secretariat.send(f"{A}/step/draft").status_code == 303
    assert visit("wuhai").send(f"{A}/step/open", effective="2026-03-01").status_code == 303
    page = visit("ordos").text(A)
    assert "开放签署" in page
    assert hashlib.sha256(text).hexdigest() in page
    assert "Transport" in visit("ordos").text(f"/en{A}")


def test_an_agreement_is_not_opened_before_it_has_a_text(visit: Visit) -> None:
    secretariat = visit("secretariat")
    secretariat.send(
        "/agreements/new",
        title_zh="新的示例协议",
        kind="framework_agreement",
        grouping="mxsmy",
        parties=["150300"],
        level="public",
    )
    number = "/agreements/mxsmy-0000-01"
    secretariat.send(f"{number}/step/draft")
    answer = secretariat.send(f"{number}/step/open")
    assert answer.status_code == 409
    assert 'id="error-summary"' in answer.text
    assert answer.text.count("<li>", answer.text.index('id="error-summary"')) >= 2


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title_zh": " "}, "title_zh"),
        ({"kind": "nothing"}, "kind"),
        ({"parties": ["150300", "999999"]}, "parties"),
        ({"host": "999999"}, "host"),
        ({"meeting": "meeting-0000-77"}, "meeting"),
        ({"year": "两千"}, "year"),
        ({"year": "12"}, "year"),
        ({"grouping": "nowhere"}, "grouping"),
        ({"declared_parties": "0"}, "declared_parties"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    visit: Visit, language: str, fields: dict[str, object], field: str
) -> None:
    asked = {
        "title_zh": "新的示例协议",
        "title_en": "Kept",
        "kind": "framework_agreement",
        "grouping": "mxsmy",
        "level": "members",
        **fields,
    }
    answer = visit("secretariat").send(f"{language}/agreements/new", **asked)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert f'<a href="#{field}">' in answer.text
    assert 'value="Kept"' in answer.text


def test_a_text_is_a_file_or_its_hash(visit: Visit) -> None:
    secretariat = visit("secretariat")
    secretariat.send(
        "/agreements/new", title_zh="协议", kind="framework_agreement", grouping="mxsmy", year="2026", level="members"
    )
    wrong = secretariat.send(f"{A}/text", language="zh-Hans", sha256="not a hash")
    assert wrong.status_code == 422
    assert 'value="not a hash"' in wrong.text
    assert secretariat.send(f"{A}/text", language="zh-Hans", sha256="A" * 64).status_code == 303
    assert "a" * 64 in secretariat.text(A)


def test_declining_carries_a_reason_for_those_who_may_read_it(visit: Visit, agreement: Agreement) -> None:
    ordos = visit("ordos")
    empty = ordos.send(f"{A}/decline", party="150600", declined_on="2026-03-02", reason="  ")
    assert empty.status_code == 422
    assert 'id="reason-error"' in empty.text
    assert ordos.send(f"{A}/decline", party="150600", declined_on="2026-03-02", reason="财力不足").status_code == 303
    assert "财力不足" in ordos.text(A)
    assert "财力不足" not in visit("wuhai").text(A)


def test_an_item_goes_its_way(visit: Visit, agreement: Agreement, basis: str, clock: Clock) -> None:
    wuhai = visit("wuhai")
    added = wuhai.send(f"{A}/items/new", title_zh="共建铁路", leads=["150300"], joins=["150600"], field="", level="")
    assert (added.status_code, added.location) == (303, I)
    early = wuhai.send(f"{I}/step/list", basis=basis)
    assert early.status_code == 409
    assert f'value="{basis}"' in early.text
    for shown in ("consensus", "conditions"):
        assert wuhai.send(f"{I}/evidence", type=shown, document="doc-2026-01").status_code == 303
    for trigger in ("list", "begin"):
        assert wuhai.send(f"{I}/step/{trigger}", basis=basis, basis_note="三(一)").status_code == 303, trigger
    assert (
        wuhai.send(
            f"{I}/evidence", type="result", evidence=(io.BytesIO(b"%PDF- result"), "r.pdf"), note="验收"
        ).status_code
        == 303
    )
    assert wuhai.send(f"{I}/step/achieve", basis=basis).status_code == 303
    fields = {"name_zh": "联席会议办法", "kind": "rule", "keeper": "150300", "review_on": "2028年底"}
    assert wuhai.send(f"{I}/mechanism", **fields).status_code == 303
    assert wuhai.send(f"{I}/evidence", type="mechanism", document="doc-2026-01").status_code == 303
    assert wuhai.send(f"{I}/propose/institutionalise", basis=basis).status_code == 303
    for party, officer in (("150600", visit("ordos")), ("150300", wuhai)):
        assert officer.send("/consents/1", party=party, answer="agree").status_code == 303
    assert wuhai.send(f"{I}/step/institutionalise").status_code == 303
    page = visit("viewer").text(I)
    assert "长效机制" in page
    assert "联席会议办法" in page
    assert "2028年底" in page


def test_an_item_is_merged_into_another(
    visit: Visit, item: Item, agreement: Agreement, session: Session, cast: Cast, clock: Clock, basis: str
) -> None:
    an_item(session, cast, clock.at, agreement, position=2)
    wuhai = visit("wuhai")
    wrong = wuhai.send(f"{I}/step/merge", basis=basis, merge_into="mxsmy-2026-01-009", reason="同一件事")
    assert wrong.status_code == 422
    assert 'id="merge_into-error"' in wrong.text
    done = wuhai.send(f"{I}/step/merge", basis=basis, merge_into="mxsmy-2026-01-002", reason="同一件事")
    assert done.status_code == 303, done.text
    assert "本事项已并入" in wuhai.text(I)


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        (f"{I}/step/suspend", {"basis": ""}, "basis"),
        (f"{I}/step/suspend", {"basis": "doc-2026-01", "reason": ""}, "reason"),
        (f"{I}/step/suspend", {"basis": "无此文件", "reason": "某事"}, "basis"),
        (f"{I}/step/suspend", {"basis": "doc-2026-01", "reason": "某事", "effective": "去去年"}, "effective"),
        (f"{I}/evidence", {"type": "consensus"}, "document"),
        (f"{I}/evidence", {"type": "guess"}, "type"),
        (f"{I}/evidence", {"type": "consensus", "document": "无此文件"}, "document"),
        (f"{I}/mechanism", {"name_zh": "办法", "kind": "rule", "keeper": "150300", "review_on": "不详"}, "review_on"),
        (f"{I}/mechanism", {"name_zh": "", "kind": "rule", "keeper": "150300", "review_on": "2028"}, "name_zh"),
        (f"{I}/report", {"party": "150300", "as_of": "2026-03", "grade": "blocked", "progress": "某处"}, "problem"),
        (f"{I}/report", {"party": "150300", "as_of": "  ", "grade": "on_track", "progress": "某处"}, "as_of"),
        (f"{I}/report", {"party": "150300", "as_of": "2026-03", "grade": "fine", "progress": "某处"}, "grade"),
        (f"{I}/release", {"report": "99"}, "report"),
        (f"{A}/items/new", {"title_zh": "新", "leads": ["999999"]}, "leads"),
        (f"{A}/items/new", {"title_zh": "新", "field": "7"}, "field"),
        (f"{A}/items/new", {"title_zh": "新", "level": "public"}, "level"),
    ],
)
def test_wrong_input_on_items(
    visit: Visit, item: Item, basis: str, path: str, fields: dict[str, object], field: str
) -> None:
    for language, tag in (("", "zh-Hans"), ("/en", "en")):
        answer = visit("wuhai").send(language + path, **fields)
        assert answer.status_code == 422, answer.text
        assert f'<html lang="{tag}"' in answer.text
        assert f'id="{field}-error"' in answer.text


def test_a_report_is_the_partys_own_until_released(visit: Visit, item: Item, session: Session) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    fields = {
        "party": "150300",
        "as_of": "2026年3月",
        "grade": "blocked",
        "progress": "桥墩完成",
        "problem": "资金未到",
        "next_step": "争取资金",
    }
    assert wuhai.send(f"{I}/report", **fields).status_code == 303
    assert "桥墩完成" in wuhai.text(I)
    assert "桥墩完成" not in ordos.text(I)
    assert "受阻" in ordos.text(I)
    report = session.query(Report).one()
    assert ordos.send(f"{I}/report", **{**fields, "party": "150300"}).status_code == 403
    assert wuhai.send(f"{I}/release", report=str(report.id)).status_code == 303
    assert "桥墩完成" in ordos.text(I)


def test_who_leads_and_who_joins_are_both_offered_to_report(visit: Visit, item: Item) -> None:
    """By what their role is in the procedure, not by what it calls it."""
    offered = {
        login: f'href="{I}/report"' in visit(login).text(I) for login in ("wuhai", "ordos", "secretariat", "viewer")
    }
    assert offered == {"wuhai": True, "ordos": True, "secretariat": False, "viewer": False}


def test_a_step_that_no_procedure_knows(visit: Visit, item: Item) -> None:
    assert visit("wuhai").get(f"{I}/step/enter").status_code == 404
    assert visit("wuhai").get(f"{I}/step/fly").status_code == 404


def test_a_person_is_added_given_a_role_and_signed_out(visit: Visit, app: Flask, session: Session) -> None:
    administrator = visit("administrator")
    fields = {
        "login": "new",
        "name": "吴十",
        "post": "联络员",
        "party": "640100",
        "language": "en",
        "password": "a long password",
    }
    added = administrator.send("/people/new", **fields)
    assert (added.status_code, added.location) == (303, "/people/new/grant")
    assert (
        administrator.send("/people/new/grant", role="officer", party="640100", until="2026-12-31").status_code == 303
    )
    officer = Visitor(app)
    entered = officer.send("/sign-in", login="new", password="a long password")
    assert entered.location == "/en/desk"
    assert "Liaison officer" in officer.text("/en/desk")
    grant = session.query(Grant).join(Person, Person.id == Grant.person_id).filter(Person.login == "new").one()
    assert grant.until is not None
    assert grant.until.isoformat() == "2026-12-31T16:00:00+00:00"
    session.rollback()
    assert administrator.send(f"/people/new/grants/{grant.id}/end").status_code == 303
    assert officer.get("/agreements/new").status_code == 403
    assert administrator.send("/people/new/reset", password="another long one").status_code == 303
    assert officer.get("/desk").status_code == 303
    assert administrator.get(f"/people/ordos/grants/{grant.id}/end").status_code == 404
    page = administrator.text("/people")
    assert "吴十" not in page


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        (
            "/people/new",
            {"login": "wuhai", "name": "某", "post": "某", "language": "zh", "password": "a long password"},
            "login",
        ),
        (
            "/people/new",
            {"login": "two words", "name": "某", "post": "某", "language": "zh", "password": "a long password"},
            "login",
        ),
        (
            "/people/new",
            {"login": "new", "name": "某", "post": "某", "language": "zh", "password": "short"},
            "password",
        ),
        ("/people/ordos/grant", {"role": "officer"}, "party"),
        ("/people/ordos/grant", {"role": "auditor", "party": "150300"}, "party"),
        ("/people/ordos/grant", {"role": "officer", "party": "150600"}, "role"),
        ("/people/ordos/grant", {"role": "officer", "party": "150300", "until": "2026"}, "until"),
        ("/people/administrator/grant", {"role": "auditor"}, ""),
        ("/people/ordos/reset", {"password": "short"}, "password"),
    ],
)
def test_wrong_input_on_people(visit: Visit, path: str, fields: dict[str, str], field: str) -> None:
    answer = visit("administrator").send(path, **fields)
    assert answer.status_code == 422, answer.text
    assert f'id="{field}-error"' in answer.text if field else 'id="error-summary"' in answer.text
    assert 'value="short"' not in answer.text
