"""The way of one signature, from the form to a page that everybody reads and a history that holds."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from registry.ledger.verify import verify
from registry.models import Act, Agreement, StoredFile
from tests.cast import TEXT, Cast
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
SHA256 = hashlib.sha256(TEXT).hexdigest()
PAGE = "/agreements/mxsmy-2026-01"
SCAN = b"%PDF-1.7 scan of a signature page"


@pytest.fixture
def signed(visit: Visit, agreement: Agreement) -> dict[str, Visitor]:
    """乌海 has signed by its own officer, and logged 鄂尔多斯 and 银川 as host, each with a scan."""
    wuhai, ordos = visit("wuhai"), visit("ordos")
    own = wuhai.send(
        f"{PAGE}/sign", party="150300", signed_on="2026年3月2日", text_sha256=SHA256, signer="张某", signer_post="市长"
    )
    assert (own.status_code, own.location) == (303, f"{PAGE}#parties")
    for code, day in (("150600", "2026-03-02"), ("640100", "2026.3.2")):
        scan = (io.BytesIO(SCAN + code.encode()), "签字页.pdf")
        answer = wuhai.send(f"{PAGE}/sign", party=code, signed_on=day, text_sha256=SHA256, evidence=scan)
        assert answer.status_code == 303, answer.text
    return {"wuhai": wuhai, "ordos": ordos}


def test_from_the_form_to_a_signed_page(signed: dict[str, Visitor], session: Session) -> None:
    page = signed["wuhai"].text(PAGE)
    assert "已签署" in page
    assert page.count("主办方登记，待本方确认") == 2
    assert "2026年3月2日" in page
    assert verify(session).findings == ()


def test_the_party_confirms_what_the_host_logged(signed: dict[str, Visitor], session: Session) -> None:
    act = session.query(Act).filter_by(confirmation="awaited").order_by(Act.id).first()
    assert act is not None
    form = f"{PAGE}/acts/{act.id}/answer"
    assert form in signed["ordos"].text(PAGE)
    assert form in signed["ordos"].text("/desk")
    assert signed["ordos"].send(form, answer="confirm").status_code == 303
    page = signed["ordos"].text(PAGE)
    assert "主办方登记，本方已确认" in page
    assert page.count("主办方登记，待本方确认") == 1
    assert form not in signed["ordos"].text("/desk")
    assert verify(session).findings == ()


def test_an_objection_needs_its_reason(signed: dict[str, Visitor], session: Session) -> None:
    act = session.query(Act).filter_by(confirmation="awaited").order_by(Act.id).first()
    assert act is not None
    form = f"{PAGE}/acts/{act.id}/answer"
    answer = signed["ordos"].send(form, answer="object", reason="")
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert signed["ordos"].send(form, answer="object", reason="日期不对").status_code == 303
    assert "主办方登记，本方有异议" in signed["ordos"].text(PAGE)


def test_another_party_cannot_answer(signed: dict[str, Visitor], session: Session, visit: Visit) -> None:
    act = session.query(Act).filter_by(body_id=3).one()
    assert signed["ordos"].get(f"{PAGE}/acts/{act.id}/answer").status_code == 403


def test_a_wrong_entry_is_annulled_and_stays(signed: dict[str, Visitor], session: Session) -> None:
    act = session.query(Act).filter_by(logged_by="party").one()
    assert signed["wuhai"].send(f"{PAGE}/acts/{act.id}/annul", reason="签字人登错").status_code == 303
    page = signed["wuhai"].text(PAGE)
    assert "部分签署" in page
    assert "签字人登错" in page
    assert "签字人登错" not in signed["ordos"].text(PAGE)
    again = signed["wuhai"].send(f"{PAGE}/sign", party="150300", signed_on="2026-03-02", text_sha256=SHA256)
    assert again.status_code == 303
    assert "已签署" in signed["ordos"].text(PAGE)


def test_what_was_typed_loosely_is_read_back(signed: dict[str, Visitor]) -> None:
    assert "“2026.3.2”读作2026年3月2日" in signed["wuhai"].text(PAGE)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"party": "150600", "signed_on": "2026-03-02"}, "扫描件"),
        ({"party": "610800", "signed_on": "2026-03-02"}, "party-error"),
        ({"party": "150300", "signed_on": "2026-02-30"}, "signed_on-error"),
        ({"party": "150300", "signed_on": "3月2日"}, "signed_on-error"),
        ({"party": "150300", "signed_on": "2027-03-02"}, "signed_on-error"),
        ({"party": "150300", "signed_on": ""}, "signed_on-error"),
        ({"party": "150300", "signed_on": "2026-03-02", "text_sha256": "0" * 64}, "text_sha256-error"),
    ],
)
def test_wrong_input_is_kept_and_told(
    visit: Visit, agreement: Agreement, session: Session, fields: dict[str, str], words: str
) -> None:
    before = verify(session).size
    session.rollback()
    answer = visit("wuhai").send(f"{PAGE}/sign", **{"text_sha256": SHA256, "signer": "某甲乙丙", **fields})
    assert answer.status_code == 422, answer.text
    assert words in answer.text
    assert 'value="某甲乙丙"' in answer.text
    assert fields["signed_on"] in answer.text
    assert 'id="error-summary"' in answer.text
    assert verify(session).size == before


def test_nobody_signs_for_another(visit: Visit, agreement: Agreement, session: Session) -> None:
    answer = visit("ordos").send(f"{PAGE}/sign", party="150300", signed_on="2026-03-02", text_sha256=SHA256)
    assert answer.status_code == 403
    assert session.query(Act).count() == 0


def test_wrong_input_in_english(visit: Visit, agreement: Agreement) -> None:
    answer = visit("wuhai").send(f"/en{PAGE}/sign", party="150600", signed_on="2026-03-02", text_sha256=SHA256)
    assert answer.status_code == 422
    assert "scan" in answer.text
    assert '<html lang="en"' in answer.text


def test_a_refused_act_leaves_no_file_in_the_register(visit: Visit, agreement: Agreement, session: Session) -> None:
    scan = (io.BytesIO(SCAN), "a.pdf")
    answer = visit("wuhai").send(
        f"{PAGE}/sign", party="150600", signed_on="2027-03-02", text_sha256=SHA256, evidence=scan
    )
    assert answer.status_code == 422
    assert session.query(StoredFile).count() == 0


def test_a_scan_is_for_members_and_downloads(
    signed: dict[str, Visitor], visit: Visit, anybody: Visitor, cast: Cast
) -> None:
    address = f"/files/{hashlib.sha256(SCAN + b'150600').hexdigest()}"
    assert address in signed["ordos"].text(PAGE)
    answer = signed["ordos"].get(address)
    assert (answer.status_code, answer.data) == (200, SCAN + b"150600")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert visit("auditor").get(address).status_code == 200
    assert visit("yulin").get(address).status_code == 404
    assert visit("administrator").get(address).status_code == 404
    assert anybody.get(address).status_code == 303
