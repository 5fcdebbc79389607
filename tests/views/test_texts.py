"""The page of texts: what each is, who keeps it, which of them a file is; the forms of texts and relations."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.models import Agreement
from tests.cast import TEXT, Cast, an_agreement
from tests.services.acts import SETTLED, a_document
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
A = "/agreements/mxsmy-2026-01"
T = f"{A}/texts"
TRANSLATION = b"%PDF- English"
CLAUSE = "schema: force/1\nacts: {signature: done}\nwhen: {kind: all}\n"


def upload(content: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), "file.pdf"


def test_texts_from_amendment_to_custody(
    visit: Visit, agreement: Agreement, session: Session, cast: Cast, at: datetime
) -> None:
    a_document(session, at)
    wuhai, ordos = visit("wuhai"), visit("ordos")
    for path, fields in (
        ("amend", {"title_zh": "关于第三条的修订", "language": "zh-Hans", "evidence": upload(b"%PDF- amendment")}),
        ("1/clause", {"clause": CLAUSE, "place": "第九条", "stated": "2026年5月1日", "stated_basis": "doc-2026-01"}),
        ("1/files", {"kind": "translation", "language": "en", "evidence": upload(TRANSLATION)}),
        ("1/files", {"kind": "certified_copy", "language": "zh-Hans", "sha256": "E" * 64, "certified": "2026-03-01"}),
        ("1/custody", {"what": "original", "body": "150300", "place": "档案馆 2-17", "since": "2026年2月"}),
        ("1/custody", {"what": "original", "body": "640100", "since": "2026-03-01"}),
    ):
        answer = wuhai.send(f"{T}/{path}", **fields)
        assert answer.status_code == 303, answer.text
        assert answer.location.startswith(f"{T}#text-")
    assert ordos.send(f"{T}/1/custody", what="copy", body="150600").status_code == 303
    page = ordos.text(T)
    for said in (
        "关于第三条的修订", "第九条", '"kind":"all"', "2026年5月1日", "示例会议纪要", "英文", "e" * 64, "档案馆 2-17", "现仍保管",
        "还差 3 方",
    ):  # fmt: skip
        assert said in page, said
    on_a_day = visit("viewer").text(f"{T}?on=2026-02-15")
    assert ("档案馆 2-17" in on_a_day, on_a_day.count("现仍保管"), "/parties/640100" in on_a_day) == (True, 2, False)
    assert f'href="/files/{hashlib.sha256(TRANSLATION).hexdigest()}"' in page
    assert ordos.get(f"/files/{hashlib.sha256(TRANSLATION).hexdigest()}").status_code == 200
    on_agreement = visit("viewer").text(A)
    assert f'href="{T}"' in on_agreement
    assert "关于第三条的修订" in on_agreement
    assert on_agreement.count("定稿</span>") == 1
    assert "Certified copy" in visit("viewer").text(f"/en{T}")


def test_a_file_is_told_and_a_changed_file_too(visit: Visit, agreement: Agreement, session: Session) -> None:
    wuhai, viewer = visit("wuhai"), visit("viewer")
    wuhai.send(f"{T}/1/files", kind="translation", language="en", evidence=upload(TRANSLATION))
    written = session.connection().exec_driver_sql("SELECT size FROM ledger_head").scalar_one()
    session.rollback()
    for content, said in (
        (TEXT, "是这份协议的文本：第 1 版 定稿"),
        (TRANSLATION, "是这份协议的文本：第 1 版 定稿 · 译本 · 英文"),
        (TEXT + b" ", "不是这份协议的任何文本。"),
    ):
        answer = viewer.send(f"{T}/check", evidence=upload(content))
        digest = hashlib.sha256(content).hexdigest()
        assert answer.location == f"{T}?sha256={digest}#check"
        assert said in told(viewer, f"{T}?sha256={digest.upper()}")
    assert "不是 SHA-256" in told(viewer, f"{T}?sha256=abc")
    assert 'id="evidence-error"' in viewer.send(f"{T}/check").text
    assert session.connection().exec_driver_sql("SELECT size FROM ledger_head").scalar_one() == written


def told(visitor: Visitor, path: str) -> str:
    """What the page says of the file, as words."""
    notice = visitor.text(path).partition('id="check"')[2].partition('role="status"')[2].partition("</div>")[0]
    words, inside = "", False
    for sign in notice:
        inside = (inside or sign == "<") and sign != ">"
        words += "" if inside or sign == ">" else sign
    return " ".join(words.split())


def test_a_page_of_the_past_knows_nothing_later(visit: Visit, agreement: Agreement, session: Session) -> None:
    wuhai = visit("wuhai")
    last = session.connection().exec_driver_sql("SELECT size FROM ledger_head").scalar_one() - 1
    session.rollback()
    for path, fields in (
        ("texts/amend", {"title_zh": "后来的修订", "language": "zh-Hans", "sha256": "b" * 64}),
        ("texts/1/clause", {"place": "后来的条"}),
        ("texts/1/files", {"kind": "translation", "language": "en", "sha256": "c" * 64}),
        ("texts/1/custody", {"what": "original", "body": "150300", "place": "后来的馆"}),
    ):
        assert wuhai.send(f"{A}/{path}", **fields).status_code == 303
    past = wuhai.text(f"{T}?known={last}")
    assert SETTLED in past
    assert not [word for word in ("后来", "c" * 64, "b" * 64, "amend", "custody") if word in past]
    assert "不是这份协议的任何文本" in told(wuhai, f"{T}?known={last}&sha256={'b' * 64}")
    answer = wuhai.send(f"{T}/check?known={last}", evidence=upload(TEXT))
    assert f"known={last}" in answer.location


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("texts/amend", {"title_zh": "修订", "language": "zh-Hans", "sha256": SETTLED}, "sha256"),
        ("texts/amend", {"title_zh": " ", "language": "zh-Hans", "sha256": "b" * 64}, "title_zh"),
        ("texts/1/clause", {"clause": "when: soon"}, "clause"),
        ("texts/1/clause", {"place": "第九条", "stated": "2026-05-01"}, "stated_basis"),
        ("texts/1/files", {"kind": "authentic", "language": "zh-Hans", "sha256": "b" * 64}, "language"),
        ("texts/1/files", {"kind": "certified_copy", "language": "en", "sha256": "b" * 64}, "certified"),
        ("texts/1/custody", {"what": "original", "body": "999999"}, "body"),
        ("texts/1/custody", {"what": "original", "body": "150300", "since": "2027-01-01"}, "since"),
        ("relations/add", {"kind": "amends", "other": "nowhere"}, "other"),
        ("relations/add", {"kind": "amends", "other": ""}, "other"),
    ],
)
def test_wrong_input(visit: Visit, agreement: Agreement, path: str, fields: dict[str, str], field: str) -> None:
    for language, tag in (("", "zh-Hans"), ("/en", "en")):
        answer = visit("wuhai").send(f"{language}{A}/{path}", **fields)
        assert answer.status_code == 422, answer.text
        assert f'<html lang="{tag}"' in answer.text
        assert f'id="{field}-error"' in answer.text


def test_forms_are_offered_to_those_who_may(visit: Visit, agreement: Agreement) -> None:
    offered = {
        login: [part for part in ("texts/amend", "texts/1/clause", "texts/1/files", "texts/1/custody", "relations/add")
                if f'href="{A}/{part}"' in (page := visit(login)).text(T) + page.text(A)]
        for login in ("wuhai", "ordos", "secretariat", "viewer")
    }  # fmt: skip
    everything = ["texts/amend", "texts/1/clause", "texts/1/files", "texts/1/custody", "relations/add"]
    assert offered == {
        "wuhai": everything, "ordos": ["texts/1/custody"], "secretariat": [each for each in everything if "custody" not in each],
        "viewer": [],
    }  # fmt: skip
    ordos, secretariat = visit("ordos"), visit("secretariat")
    for part in ("texts/amend", "texts/1/clause", "texts/1/files", "relations/add", "relations/unclear/x/end"):
        assert ordos.get(f"{A}/{part}").status_code == 403, part
    assert "核正副本" not in secretariat.text(f"{T}/1/files")
    assert "正本</option>" not in ordos.text(f"{T}/1/custody")
    for path in (f"{T}/9/clause", f"{T}/9/files", f"{T}/9/custody", f"{A}/relations/likes/x/end"):
        assert visit("wuhai").get(path).status_code == 404, path


def test_relations_with_the_parties_of_a_sub_accord(
    visit: Visit, agreement: Agreement, session: Session, cast: Cast, at: datetime
) -> None:
    an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.wuhai, cast.ordos])
    sub, wuhai = "/agreements/mxsmy-2026-02", visit("wuhai")
    refused = wuhai.send(f"{A}/relations/add", kind="sub_accord", other="mxsmy-2026-02")
    assert (refused.status_code, "银川市不是框架协议" in refused.text) == (422, True)
    for kind in ("sub_accord", "possibly_same"):
        assert wuhai.send(f"{sub}/relations/add", kind=kind, other="mxsmy-2026-01").status_code == 303
    for path in (A, sub):
        assert "框架协议 3 方中的 2 方：" in wuhai.text(path)
    assert f'href="{A}/relations/sub_accord' not in wuhai.text(A)
    answer = wuhai.send(f"{A}/relations/possibly_same/mxsmy-2026-02/end", reason="经核对是两份协议")
    assert (answer.status_code, answer.location) == (303, f"{A}#relations")
    assert "可能与另一份协议是同一份" not in wuhai.text(A) + wuhai.text(sub)
    assert "经核对是两份协议" in wuhai.text(f"{A}/history")
