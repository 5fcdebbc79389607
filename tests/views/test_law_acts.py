"""The forms of acts of parties, from the list on the agreement's page to the row that everybody reads, and refusals in words."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from registry.ledger.verify import verify
from registry.models import Act, Agreement
from registry.services.acts import KINDS
from registry.services.signatures import AnnulAct, annul_act
from tests.cast import Cast, Clock, an_agreement
from tests.services.acts import HOST, a_document, a_scan, sign
from tests.services.test_acts import amended, record
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
PAGE = "/agreements/mxsmy-2026-01"


def form(kind: str) -> str:
    return f"{PAGE}/acts/new?kind={kind}"


def offered(page: str) -> list[str]:
    """The kinds that a page offers, in their order."""
    return re.findall(r"/acts/new\?kind=(\w+)", page)


@pytest.fixture
def concluded(session: Session, cast: Cast, at: datetime) -> Agreement:
    """An agreement that everybody reads, signed by 乌海 and 鄂尔多斯."""
    agreement = an_agreement(session, cast, at, parties=[cast.wuhai, cast.ordos], level="public")
    sign(session, cast.officer_wuhai, agreement, cast.wuhai, at)
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    return agreement


def test_the_page_offers_to_each_what_it_may(visit: Visit, anybody: Visitor, concluded: Agreement) -> None:
    joining = ["accession", "succession"]
    own = [kind for kind in KINDS if kind not in (*joining, "signature")]
    assert offered(visit("ordos").text(PAGE)) == own
    assert offered(visit("wuhai").text(PAGE)) == [*own, *joining]
    assert offered(visit("yulin").text(PAGE)) == joining
    for nobody in (anybody, visit("viewer"), visit("secretariat")):
        assert offered(nobody.text(PAGE)) == []


def test_from_the_list_to_the_row_and_the_desk(
    visit: Visit, anybody: Visitor, concluded: Agreement, session: Session, at: datetime
) -> None:
    basis, ordos = a_document(session, at), visit("ordos")
    answer = ordos.send(
        form("reservation"), party="150600", done="2026年3月2日", received="2026.3.2", registered="2026-03-02", clause="第五条",
        content="第二款不适用于本市。", valid_until="2030年", signer="李四", signer_post="市长", authority="full_powers", ordinal="1",
        basis=basis.document_number, text="", takes_effect="",
    )  # fmt: skip
    act = session.query(Act).filter_by(kind="reservation").one()
    assert (answer.status_code, answer.location) == (303, f"{PAGE}#act-{act.id}")
    for words in (
        "保留",
        "第五条：第二款不适用于本市。",
        "收到日期",
        "2030年",
        "市长",
        "全权证书",
        "次序 1",
        "示例会议纪要",
    ):
        assert words in anybody.text(PAGE)
    assert "李四" not in anybody.text(PAGE)
    assert "李四" in ordos.text(PAGE)
    english = anybody.text(f"/en{PAGE}")
    for words in ("Reservation", "Date of deposit", "Full powers", "2 March 2026"):
        assert words in english
    desk = visit("wuhai").text("/desk")
    assert "鄂尔多斯市：保留" in desk
    assert f'{PAGE}#act-{act.id}"' in desk
    objection = visit("wuhai").send(
        form("objection"), party="150300", done="2026-03-02", answers=str(act.id), reason="范围过宽", text=""
    )
    assert objection.status_code == 303
    assert f'针对 <a href="#act-{act.id}">鄂尔多斯市 · 保留</a>' in anybody.text(PAGE)
    assert verify(session).findings == ()


def test_what_still_waits_for_a_signature_stays_on_the_desk(
    visit: Visit, agreement: Agreement, session: Session, cast: Cast, at: datetime
) -> None:
    record(session, cast.officer_ordos, agreement, "reservation", cast.ordos, at)
    assert f'{PAGE}/sign"' in visit("ordos").text("/desk")
    record(session, cast.officer_ordos, agreement, "accession", cast.ordos, at)
    assert f'{PAGE}/sign"' not in visit("ordos").text("/desk")


def test_every_kind_has_its_form(
    visit: Visit, concluded: Agreement, session: Session, cast: Cast, at: datetime
) -> None:
    amended(session, cast, concluded, at)
    host = visit("wuhai")
    for kind in KINDS:
        page = host.text(form(kind))
        fields = set(re.findall(r'name="(\w+)"', page))
        assert {"party", "done", "received", "registered", "takes_effect", "evidence", "authority"} <= fields
        assert ("predecessor" in fields, "answers" in fields, "valid_until" in fields) == (
            kind == "succession",
            kind in ("objection", "confirmation", "correction"),
            kind in ("provisional_application", "declaration", "reservation"),
        )
        assert ("content" in fields) == (kind in ("declaration", "reservation", "objection", "correction"))
    assert visit("wuhai").get(form("decline")).status_code == 404
    assert visit("ordos").get(form("accession")).status_code == 200  # for itself; the service knows that it has signed


def test_refusals_stand_beside_their_fields_in_words(visit: Visit, concluded: Agreement) -> None:
    ordos = visit("ordos")
    filled = {"party": "150600", "text": "", "valid_until": "", "received": "", "registered": "", "takes_effect": ""}
    blank = ordos.send(form("reservation"), **filled, done="", content="")
    assert blank.status_code == 422
    assert {"done-error", "content-error"} <= set(re.findall(r'id="([\w-]+-error)"', blank.text))
    early = ordos.send(form("withdrawal"), **{**filled, "takes_effect": "2026-06-01"}, done="2026-03-02")
    assert early.status_code == 422
    assert "“退出”到2026年6月1日才有效。" in early.text
    assert 'value="2026-06-01"' in early.text
    english = ordos.send(f"/en{form('withdrawal')}", **{**filled, "takes_effect": "2026-06-01"}, done="2026-03-02")
    assert "This takes effect on 1 June 2026 only: Withdrawal." in english.text
    twice = {"party": "150600", "done": "2026-03-02", "text": ""}
    assert ordos.send(form("ratification"), **twice).status_code == 303
    assert "鄂尔多斯市已于2026年3月2日就这一文本作出“批准”" in ordos.send(form("ratification"), **twice).text


def test_the_host_needs_a_scan_and_the_party_answers(
    visit: Visit, concluded: Agreement, session: Session, anybody: Visitor
) -> None:
    host, said = visit("wuhai"), {"party": "150600", "done": "2026-03-02", "text": ""}
    assert "须附签署页扫描件" in host.send(form("approval"), **said).text
    scan = (io.BytesIO(b"%PDF-1.7 approval"), "核准书.pdf")
    assert host.send(form("approval"), **said, evidence=scan).status_code == 303
    act = session.query(Act).filter_by(kind="approval").one()
    assert "主办方登记，待本方确认" in anybody.text(PAGE)
    ordos = visit("ordos")
    assert ordos.send(f"{PAGE}/acts/{act.id}/answer", answer="object", reason="没有核准").status_code == 303
    assert "主办方登记，本方有异议" in anybody.text(PAGE)
    assert host.send(f"{PAGE}/acts/{act.id}/annul", reason="没有这份文书").status_code == 303
    page = ordos.text(PAGE)
    assert "撤销" in page
    assert "登记已撤销" in ordos.text("/desk")


def test_accession_and_withdrawal_stand_in_the_list_of_parties(
    visit: Visit, anybody: Visitor, concluded: Agreement, session: Session
) -> None:
    answer = visit("yulin").send(form("accession"), party="610800", done="2026-03-02", text="")
    assert answer.status_code == 303
    assert "2026年3月2日</time> 加入" in anybody.text(PAGE)
    assert visit("yulin").send(form("withdrawal"), party="610800", done="2026-03-02", text="").status_code == 303
    assert "2026年3月2日</time> 退出" in anybody.text(PAGE)
    assert offered(visit("yulin").text(PAGE)) == ["accession", "succession"]


def test_late_acts_are_marked_and_annulled_ones_struck(
    visit: Visit, anybody: Visitor, concluded: Agreement, session: Session, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    record(session, cast.officer_ordos, concluded, "declaration", cast.ordos, clock.advance(days=365), on="2026-03-02")
    act = record(session, cast.officer_ordos, concluded, "ratification", cast.ordos, clock.at, on="2027-03-01",
                 evidence=a_scan(session, cast.officer_ordos, tmp_path, clock.at))  # fmt: skip
    annul_act(session, HOST, AnnulAct(concluded.number, act.id, "登错"), at=clock.at)
    page = anybody.text(PAGE).partition('<section id="history"')[0]
    assert page.count("晚 365 天") == 1
    assert page.count('<span class="done">') == 1
    assert "/files/" in page
