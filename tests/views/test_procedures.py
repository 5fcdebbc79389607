"""Procedures on pages: read by everybody, drafted by officers, published by administrators; hostile files are harmless."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from registry.domain.guards import VOCABULARY
from registry.queries.definitions import definition_of
from registry.services.procedures import current_procedure, draft_procedure, publish_procedure
from registry.views.procedures import DefinitionForm
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import HOST, contents
from tests.services.test_procedures import ITEM, NEXT, SLUG
from tests.views.conftest import Visitor
from workflows.check import examine

PAGE = f"/procedures/{SLUG}/2"
DRAFT = f"/procedures/{SLUG}/3"
OWN = NEXT.replace("id: cooperation-item", "id: city-item").replace("migrate: {from_version: 2, states: {}}", "")
"""A procedure of a city's own, whose words are its own, too."""


def test_everybody_reads_what_is_published(anybody: Visitor) -> None:
    for path in ("/procedures", PAGE, f"{PAGE}/simulate", "/procedures/supervision/1"):
        for prefix in ("", "/en"):
            assert "{" not in anybody.text(prefix + path).partition("<main")[2].partition('id="text"')[0], path
    page = anybody.text(PAGE)
    for said in (
        "由谁办理",
        "牵头方联络员",
        "全部同意",
        "15 个工作日内不答复的",
        "60 个工作日内",
        "佐证“长效机制文件”（牵头方提交） 1 份",
        "建立长效机制",
    ):
        assert said in page, said
    assert "Every" not in page and "within 60 working days" in anybody.text(f"/en{PAGE}").lower()


def test_who_runs_on_it_is_cut_to_the_reader(
    visit: Callable[[str], Visitor], anybody: Visitor, session: Session, cast: Cast, at: datetime
) -> None:
    number = an_item(session, cast, at, an_agreement(session, cast, at)).number
    assert number in visit("ordos").text(PAGE)
    assert number not in anybody.text(PAGE)
    assert "没有您能看到的办理中记录" in visit("yulin").text(PAGE)


def test_a_draft_is_for_those_who_draft(
    visit: Callable[[str], Visitor], anybody: Visitor, session: Session, cast: Cast, at: datetime
) -> None:
    draft_procedure(session, cast.officer_ordos, NEXT.replace("合作事项", "尚未公布的流程"), at=at)
    for login in ("wuhai", "yulin", "secretariat", "administrator"):
        assert "尚未公布的流程" in visit(login).text("/procedures")
        assert visit(login).get(DRAFT).status_code == 200
    for visitor in (anybody, visit("viewer"), visit("auditor")):
        assert "尚未公布的流程" not in visitor.text("/procedures")
        for path in (DRAFT, f"{DRAFT}/simulate"):
            assert visitor.get(path).status_code == 404


def test_a_definition_is_drafted_published_and_retired(visit: Callable[[str], Visitor], session: Session) -> None:
    officer, administrator = visit("ordos"), visit("administrator")
    sent = officer.send("/procedures/new", source=NEXT)
    assert (sent.status_code, sent.location) == (303, DRAFT)
    assert officer.get(f"{DRAFT}/publish").status_code == 403
    read = administrator.token(f"{DRAFT}/publish")
    form = administrator.get(f"{DRAFT}/publish").text
    seen = form.partition('name="sha256"')[2].partition('value="')[2][:64]
    officer.send("/procedures/new", source=NEXT.replace("zh: 启动推进", "zh: 启动"))
    stale = administrator.client.post(f"{DRAFT}/publish", data={"csrf_token": read, "sha256": seen})
    assert stale.status_code == 409 and "草案在您阅读之后改过" in stale.text
    current = administrator.get(f"{DRAFT}/publish").text.partition('name="sha256"')[2].partition('value="')[2][:64]
    assert administrator.send(f"{DRAFT}/publish", sha256=current).status_code == 303
    session.rollback()
    assert current_procedure(session, SLUG)[0].version == 3
    refused = officer.send("/procedures/new", source=NEXT)
    assert refused.status_code == 409 and "已经发布" in refused.text
    assert administrator.send(f"{DRAFT}/retire").status_code == 303
    session.rollback()
    assert current_procedure(session, SLUG)[0].version == 2


def test_running_items_are_moved_after_a_dry_run_was_shown(
    visit: Callable[[str], Visitor], session: Session, cast: Cast, at: datetime
) -> None:
    number = an_item(session, cast, at, an_agreement(session, cast, at)).number
    publish_procedure(session, HOST, NEXT, at=at)
    administrator = visit("administrator")
    page = administrator.text(f"{DRAFT}/migrate")
    assert number in page and "从第 2 版转入的" in page
    assert administrator.send(f"{DRAFT}/migrate").status_code == 303
    assert number in visit("ordos").text(DRAFT)
    nothing = administrator.get(f"{PAGE}/migrate")
    assert nothing.status_code == 409 and "没有可以接续的旧版" in nothing.text


def test_checks_name_line_culprit_and_remedy(visit: Callable[[str], Visitor], session: Session) -> None:
    officer = visit("ordos")
    before = contents(session)
    bad = officer.send("/procedures/check", source=NEXT.replace("to: listed", "to: nowhere")).text
    for said in ("E2", "transitions[0].to", "nowhere", "有 1 处必须改"):
        assert said in bad
    assert "可以发布" in officer.send("/procedures/check", file=(io.BytesIO(NEXT.encode()), "item.yaml")).text
    assert "E2" in officer.send("/procedures/new", source=NEXT.replace("to: listed", "to: nowhere")).text
    assert contents(session) == before


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (b"a: &a [x]\nb: [" + b"*a, " * 50_000 + b"]", "E1"),
        (b"!!python/object/apply:os.system [id]", "E1"),
        (b"[" * 100_000, "E1"),
        (b"\xff\xfe\x00", "E1"),
        (b"- \xe5\n", "E1"),
        (NEXT.replace("合作事项", "<script>alert(1)</script>").encode(), "<script>alert(1)</script>"),
        (NEXT.replace("to: listed", 'to: "<b>x</b>"').encode(), "E1"),
    ],
)
def test_a_hostile_definition_is_refused_fast_and_shown_escaped(
    visit: Callable[[str], Visitor], hostile: bytes, said: str
) -> None:
    officer = visit("ordos")
    token = officer.token("/procedures/check")
    for path in ("/procedures/check", "/procedures/new"):
        began = time.perf_counter()
        data = {"csrf_token": token, "file": (io.BytesIO(hostile), "x.yaml")}
        answer = officer.client.post(path, data=data, follow_redirects=True, buffered=True)
        assert time.perf_counter() - began < 2
        assert answer.status_code in (200, 422)
        assert "<script>alert" not in answer.text and "<b>x" not in answer.text
        if path.endswith("check") and said.startswith("E"):
            assert said in answer.text


def test_a_file_that_is_too_large_is_read_no_further(app: Flask) -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert 0 <= size <= 1_000_001
            return b"x" * size

    with app.test_request_context(method="POST"):
        form = DefinitionForm(meta={"csrf": False})
        form.file.data = FileStorage(Endless(), "x.yaml")
        assert [each.code for each in examine(form.text(), VOCABULARY)[1]] == ["E1"]


def test_what_is_imagined_is_answered_with_clause_and_who_and_writes_nothing(
    anybody: Visitor, session: Session, cast: Cast
) -> None:
    before = contents(session)
    first = anybody.text(f"{PAGE}/simulate")
    for said in ("东政发〔2017〕66号 三(一)", "可由谁满足：牵头方联络员", "最近的路", "最早可于"):
        assert said in first, said
    told = "from=intent&role-lead_officer=y&fact-consensus_recorded=y&fact-conditions_met=y&basis=y"
    after = anybody.text(f"{PAGE}/simulate?{told}&step=list&step=begin")
    assert "现在到了“推进中”" in after
    refused = anybody.text(f"{PAGE}/simulate?{told}&step=list&step=begin&step=achieve")
    assert "这一步尚不能办" in refused
    arrived = (
        "from=achieved&role-lead_officer=y&fact-mechanism_recorded=y&basis=y&evidence-mechanism%2Flead_party=1"
        "&consent-institutionalise=carried&step=institutionalise"
    )
    assert "已经到达目标或终点" in anybody.text(f"{PAGE}/simulate?{arrived}")
    resumed = anybody.text(f"{PAGE}/simulate?from=suspended&before=listed&role-secretariat=y&basis=y&step=resume")
    assert "现在到了“已纳入清单”" in resumed
    assert "请填写整数" in anybody.text(f"{PAGE}/simulate?from=intent&evidence-mechanism%2Flead_party=x")
    assert contents(session) == before


@pytest.mark.parametrize(
    "query", ["from=nowhere", "from=intent&step=nothing", "from=suspended&before=intent&step=resume", "step=x"]
)
def test_whatever_is_imagined_is_answered(anybody: Visitor, query: str) -> None:
    assert anybody.get(f"{PAGE}/simulate?{query}").status_code == 200


def test_a_city_s_own_words_are_shown_not_its_codes(
    visit: Callable[[str], Visitor], session: Session, cast: Cast, at: datetime
) -> None:
    """On pages and in refusals, also where a shipped procedure has other words for the same id."""
    item = an_item(session, cast, at, an_agreement(session, cast, at))
    words = NEXT.replace("{zh: 合作意向, en: Intent}", "{zh: 初步意向, en: First intent}")
    words = words.replace(
        "zh: 牵头方联络员, en: Liaison officer of the lead party", "zh: 牵头市联络人, en: Lead contact"
    )
    words = words.replace("listed:\n", "queued:\n").replace("to: listed", "to: queued").replace("[listed]", "[queued]")
    words = words.replace("intent, listed,", "intent, queued,").replace(
        "zh: 已纳入清单, en: Listed", "zh: 排队中, en: Queued"
    )
    publish_procedure(session, HOST, words.replace("states: {}", "states: {listed: queued}"), at=at)
    visit("administrator").send(f"{DRAFT}/migrate")
    page = visit("ordos").text(f"/items/{item.number}")
    assert "牵头市联络人" in page and "排队中" in page
    assert ">queued" not in page and " queued" not in page
    assert definition_of(session, current_procedure(session, SLUG)[1]).states["queued"].title.en == "Queued"


def test_nothing_but_the_definition_changes_the_page(anybody: Visitor, session: Session, at: datetime) -> None:
    """A procedure of another id stands beside the shipped ones."""
    publish_procedure(session, HOST, OWN, at=at)
    assert "city-item" in anybody.text("/procedures")
    assert ITEM.count("\n") > 100 and anybody.get("/procedures/city-item/2").status_code == 404
