"""A step put to the parties: proposed, answered, changed under their hands, answered late, taken, on pages alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger.verify import verify
from registry.models import Agreement, Item, Proposal, Vote
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.items import RecordMechanism, record_mechanism
from tests.cast import Cast, Clock, an_item
from tests.services.acts import a_document, fresh
from tests.views.conftest import Visitor, statements

Visit = Callable[[str], Visitor]
I = "/items/mxsmy-2026-01-001"  # noqa: E741  # the item's address
BASIS = "蒙联发〔2026〕1号"


def a_mechanism(session: Session, cast: Cast, item: Item, clock: Clock, name: str) -> None:
    ask = RecordMechanism(item.number, "rule", name, "150300", PartialDate.of("2027", "year"), document="doc-2026-01")
    record_mechanism(session, cast.officer_wuhai, ask, at=clock.at)


@pytest.fixture
def item(agreement: Agreement, session: Session, cast: Cast, clock: Clock) -> Item:
    """An item that 乌海 leads and 鄂尔多斯 joins, its result confirmed, its mechanism recorded and shown."""
    a_document(session, clock.at)
    item = an_item(session, cast, clock.at, agreement, state="achieved", stage="in_progress")
    a_mechanism(session, cast, item, clock, "联席规则")
    shown = ShowEvidence("item", item.number, "mechanism", "doc-2026-01")
    show_evidence(session, cast.officer_wuhai, shown, at=clock.at)
    return item


def propose(visitor: Visitor, trigger: str = "institutionalise", **grounds: str) -> None:
    answer = visitor.send(f"{I}/propose/{trigger}", **({"basis": BASIS} | grounds))
    assert (answer.status_code, answer.location) == (303, f"{I}#rounds"), answer.text


def say(visitor: Visitor, party: str, answer: str, reason: str = "", number: int = 1) -> None:
    path = f"/consents/{number}"
    said = visitor.send(path, party=party, answer=answer, reason=reason, content=seen(visitor, path))
    assert said.status_code == 303, said.text


def seen(visitor: Visitor, path: str) -> str:
    """The hash of what the page shows, as its form carries it."""
    return visitor.text(path).partition('name="content"')[2].partition('value="')[2].partition('"')[0]


def test_a_step_is_put_to_the_parties_answered_and_taken(visit: Visit, item: Item, session: Session) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    page = wuhai.text(I)
    assert f'href="{I}/propose/institutionalise"' in page
    assert "须经各方同意，尚未提请" in page
    assert wuhai.get(f"{I}/step/institutionalise").location == f"{I}/propose/institutionalise"
    assert ordos.get(f"{I}/propose/institutionalise").status_code == 403
    unfounded = wuhai.send(f"{I}/propose/institutionalise", basis="", basis_note="第三条")
    assert unfounded.status_code == 422
    assert 'id="basis-error"' in unfounded.text
    assert 'value="第三条"' in unfounded.text
    propose(wuhai, basis_note="第三条")

    page = wuhai.text(I)
    assert "乌海市、鄂尔多斯市尚未表态" in page
    assert page.count("尚未表态</span>") == 2
    assert f'href="{I}/propose/institutionalise"' not in page
    assert f'href="{I}/step/institutionalise"' not in page
    assert 'href="/consents"' in ordos.text("/desk")
    assert 'href="/consents/1"' in ordos.text("/consents")
    silent = ordos.send("/consents/1", party="150600", answer="object", reason=" ")
    assert silent.status_code == 422
    assert 'id="reason-error"' in silent.text
    say(ordos, "150600", "object", "经费没有着落")
    say(ordos, "150600", "agree")
    say(wuhai, "150300", "agree")

    page = wuhai.text(I)
    assert "改前的表态 1 次" in page
    assert "经费没有着落" in ordos.text(I)
    assert "经费没有着落" not in page
    assert "<strong>已获同意</strong>" in ordos.text("/desk")
    form = wuhai.text(f"{I}/step/institutionalise")
    assert "第三条" in form
    assert 'name="basis"' not in form
    assert wuhai.send(f"{I}/step/institutionalise").status_code == 303
    assert "已结束的提请 1 次" in wuhai.text(I)
    assert fresh(session, item).state == "long_term_mechanism"
    assert verify(session).findings == ()


def test_an_answer_to_what_has_changed_meanwhile_is_shown_both_worlds(
    visit: Visit, item: Item, session: Session, cast: Cast, clock: Clock
) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    propose(wuhai)
    read, token = seen(ordos, "/consents/1"), ordos.token("/consents/1")
    a_mechanism(session, cast, item, clock, "另一套规则")
    fields = {"csrf_token": token, "party": "150600", "answer": "object", "reason": "不合适", "content": read}
    answer = ordos.client.post("/consents/1", data=fields)
    assert answer.status_code == 409
    assert "您读到的内容已经变更" in answer.text
    assert answer.text.count('id="round-') == 2
    assert "不合适</textarea>" in answer.text
    assert 'action="/consents/2"' in answer.text
    session.rollback()
    assert session.query(Vote).count() == 0
    assert seen(ordos, "/consents/2") != read
    assert "另开了一轮" in ordos.text("/consents/1")
    session.rollback()
    say(ordos, "150600", "abstain", number=2)
    assert session.query(Vote).one().proposal_id == 2


def test_a_late_answer_is_said_to_have_no_effect(visit: Visit, item: Item, session: Session) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    propose(wuhai)
    say(ordos, "150600", "agree")
    say(wuhai, "150300", "agree")
    assert "不影响结果" in ordos.text("/consents/1")
    say(ordos, "150600", "object", "反悔")
    page = ordos.text("/consents/1")
    assert "逾期，不计" in page
    session.rollback()
    assert session.query(Proposal).one().outcome == "carried"


def test_two_persons(visit: Visit, item: Item, session: Session) -> None:
    wuhai, secretariat = visit("wuhai"), visit("secretariat")
    propose(wuhai, "terminate", reason="条件消失")
    page = wuhai.text(I)
    assert "目前没有他人提请的" in page
    assert f'href="{I}/step/terminate"' not in page
    assert wuhai.send(f"{I}/step/terminate").status_code == 409
    assert f'href="{I}/step/terminate"' in secretariat.text(I)
    assert secretariat.send(f"{I}/step/terminate").status_code == 303
    assert fresh(session, item).state == "terminated"


def test_a_proposal_is_taken_back_by_its_proposer(visit: Visit, item: Item, session: Session) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    propose(wuhai)
    assert 'href="/consents/1/withdraw"' not in ordos.text("/consents/1")
    assert ordos.get("/consents/1/withdraw").status_code == 403
    assert wuhai.send("/consents/1/withdraw").status_code == 303
    assert wuhai.get("/consents/1/withdraw").status_code == 403
    assert f'href="{I}/propose/institutionalise"' in wuhai.text(I)
    assert "没有等本方表态的提请" in ordos.text("/consents")


def test_nobody_answers_for_another(visit: Visit, item: Item, session: Session, anybody: Visitor) -> None:
    propose(visit("wuhai"))
    for login, status in (("secretariat", 200), ("viewer", 403), ("administrator", 403), ("yulin", 404)):
        assert visit(login).get("/consents/1").status_code == status, login
    assert anybody.get("/consents/1").status_code == 303
    ordos, secretariat = visit("ordos"), visit("secretariat")
    assert ordos.send("/consents/1", party="150300", answer="agree").status_code == 403
    token = {"csrf_token": secretariat.token("/desk"), "party": "150300", "answer": "agree"}
    assert secretariat.client.post("/consents/1", data=token).status_code == 403
    assert ordos.send("/consents/1", party="150600", answer="maybe").status_code == 422
    assert ordos.get("/consents/99").status_code == 404
    assert session.query(Vote).count() == 0


@pytest.mark.parametrize("path", [I, "/consents", "/desk"])
def test_a_page_costs_the_same_for_one_round_and_for_many(app: Flask, visit: Visit, item: Item, path: str) -> None:
    wuhai, ordos = visit("wuhai"), visit("ordos")
    costs = []
    for number in range(1, 5):
        propose(wuhai)
        say(ordos, "150600", "agree", number=number)
        ordos.text(path)
        with statements(app) as ran:
            ordos.text(path)
        costs.append(len(ran))
        wuhai.send(f"/consents/{number}/withdraw")
    assert len(set(costs)) == 1, costs
