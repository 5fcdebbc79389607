"""Entry into force on the agreement's page: derivation, what is missing, each party; the same words as command and library."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from sqlalchemy.orm import Session

from registry.commands import root
from registry.domain.force import Force, as_json, canonical, read
from registry.ledger import atomic
from registry.models import Act, Agreement, AgreementText
from registry.permissions import the_register
from registry.queries.force import TextForce, forces
from tests.cast import Cast
from tests.queries.world import now
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
CLAUSE = """
schema: force/1
acts: {ratification: received}
when: {kind: acts, at_least: 2}
period: {kind: days, count: 20}
withdrawal: {period: {kind: months, count: 6}}
"""
DEEDS = [("150300", "2026-01-05", 1), ("150600", "2026-02-01", 2)]
DATES = ("done", "received", "registered", "takes_effect")


@pytest.fixture
def ruled(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Agreement:
    """Two of three cities have ratified; thirty days are running since."""
    with atomic(session) as book:
        text = session.scalars(sa.select(AgreementText)).one()
        text.clause, text.clause_place = canonical(read(CLAUSE)), "第九条"
        for code, day, ordinal in DEEDS:
            body = cast.wuhai if code == cast.wuhai.code else cast.ordos
            session.add(
                Act(
                    agreement_id=agreement.id, text_id=text.id, body_id=body.id, kind="ratification", ordinal=ordinal,
                    done_on=day, done_precision="day", received_on=day, received_precision="day", logged_by="party",
                    recorded_at=at,
                )
            )  # fmt: skip
        book.record(act="clause.set", actor=the_register("command"), subject=("agreement", agreement.id), at=at)
    return agreement


def by_command(text: TextForce, tmp_path: Path, language: str) -> tuple[dict[str, Any], str]:
    """What `registry force` makes of the same clause and acts: as data, and as text."""
    file = tmp_path / "force.json"
    data = {
        "clause": json.loads(canonical(text.clause)) if text.clause else "not stated",
        "parties": [{"code": code, "zh": each.zh, **({"en": each.en} if each.en else {})} for code, each in text.names.items()],
        "acts": [
            {"party": deed.party, "kind": deed.kind, "ordinal": deed.ordinal}
            | {name: date.value for name in DATES if (date := getattr(deed, name)).value}
            for deed in text.deeds
        ],
    }  # fmt: skip
    file.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    words = ["--lang", language, "force", str(file), "--on", "2026-03-02"]
    ran = [CliRunner().invoke(root, [*words, *more]) for more in (["--json"], [])]
    assert [each.exit_code for each in ran] == [0, 0], ran[0].output
    return json.loads(ran[0].stdout), ran[1].stdout


def all_words(force: Force, language: str) -> list[str]:
    every = (force.derivation, *(each.words for each in force.remaining), *(each.derivation for each in force.parties))
    return [getattr(each, language) for each in every]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_page_command_and_library_say_the_same(
    visit: Visit, ruled: Agreement, session: Session, tmp_path: Path, language: str
) -> None:
    (text,) = forces(now(session), (ruled.id,))[ruled.id]
    data, told = by_command(text, tmp_path, language)
    assert data == as_json(text.force)
    assert (data["status"], data["date"], data["trigger"]) == ("in_force", "2026-02-21", ["2026-02-01", "150600"])
    page = visit("viewer").text(f"{'/en' if language == 'en' else ''}/agreements/{ruled.number}")
    shown = unescape(re.sub("<[^>]+>", "", page))
    for words in all_words(text.force, language):
        assert words in told
        assert words in shown
    assert "（2 份中的第 2 份），加 20 天，2026年2月21日生效" in text.force.derivation.zh
    assert "(2nd of 2), + 20 days = 21 Feb 2026" in text.force.derivation.en


def test_the_day_stands_in_the_head_and_each_party_in_the_table(visit: Visit, ruled: Agreement) -> None:
    page = visit("viewer").text(f"/agreements/{ruled.number}")
    head, section = page.partition("<section")[0], page.partition('<section id="force">')[2].partition("</section>")[0]
    assert "2026年2月21日" in head
    assert "已生效" in head
    assert section.count("<tr>") == 4
    assert "还没有行为" in section
    assert "第九条" in section


def test_without_a_clause_it_is_not_stated(visit: Visit, agreement: Agreement) -> None:
    page = visit("viewer").text(f"/agreements/{agreement.number}")
    assert re.search('生效日期</dt><dd><span class="unknown">未载明</span>', page)
    assert '<section id="force">' not in page
    assert "not stated" in visit("viewer").text(f"/en/agreements/{agreement.number}")


def test_a_page_of_the_past_counts_what_was_known_then(
    visit: Visit, ruled: Agreement, session: Session, cast: Cast, at: datetime
) -> None:
    known = now(session).stamp.entry
    path = f"/agreements/{ruled.number}"
    with atomic(session) as book:
        session.scalars(sa.select(Act).where(Act.body_id == cast.ordos.id)).one().annulled_at = at
        book.record(act="act.annul", actor=cast.officer_ordos, subject=("agreement", ruled.id), at=at)
    reader = visit("viewer")
    assert "还差 1 份（已有 1 份，需 2 份）" in reader.text(path)
    assert "2026年2月21日生效" in reader.text(f"{path}?known={known}")
    assert "还差 1 份（已有 1 份，需 2 份）" in reader.text(f"{path}?known={known}&on=2026-01-31")
