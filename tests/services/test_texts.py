"""Texts after they are settled: amendments, other files, the clause on entry into force, who keeps the original."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import OPEN, PartialDate
from registry.ledger import atomic
from registry.models import Act, Agreement, AgreementText, Body, Custody, TextFile
from registry.permissions import Actor
from registry.queries.facts import agreement_facts
from registry.queries.snapshot import Snapshot
from registry.queries.texts import text_page
from registry.services.texts import (
    AddAmendment,
    AddTextFile,
    RecordCustody,
    SetClause,
    add_amendment,
    add_text_file,
    record_custody,
    set_clause,
)
from tests.cast import Cast, an_agreement
from tests.services.acts import HOST, OUTSIDE, SETTLED, a_document, day, entries, fresh, refused, sign, told, who_may

CLAUSE = '{"schema": "force/1", "acts": {"signature": "done"}, "when": {"kind": "all"}}'
WAITING = "schema: force/1\nacts: {signature: done}\nwhen: {kind: agreement, number: mxsmy-2020-01}"
NUMBER = "mxsmy-2026-01"


def an_amendment(session: Session, actor: Actor, at: datetime, **more: Any) -> AgreementText:
    given = {"agreement": NUMBER, "title_zh": "关于修改第三条的修订", "sha256": "b" * 64} | more
    return add_amendment(session, actor, AddAmendment(**given), at=at)


def a_file(**more: Any) -> AddTextFile:
    given = {"agreement": NUMBER, "version": 1, "kind": "authentic", "language": "mn-Mong", "sha256": "c" * 64} | more
    return AddTextFile(**given)


def kept(**more: Any) -> RecordCustody:
    given = {"agreement": NUMBER, "version": 1, "body": "150300", "what": "original"} | more
    return RecordCustody(**given)


def a_clause(**more: Any) -> SetClause:
    given = {"agreement": NUMBER, "version": 1, "clause": CLAUSE, "place": "第九条"} | more
    return SetClause(**given)


def test_an_amendment_stands_beside_the_settled_text(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    amendment = an_amendment(session, cast.officer_wuhai, at, title_en="Amendment of article 3")
    second = an_amendment(session, cast.secretariat, at, sha256="d" * 64, title_en="  ")
    assert [(text.kind, text.version, text.title_en) for text in (amendment, second)] == [
        ("amendment", 2, "Amendment of article 3"), ("amendment", 3, None),
    ]  # fmt: skip
    assert entries(session, 1)[0]["act"] == "text.amend"
    act = sign(session, cast.officer_ordos, agreement, cast.ordos, at, text_sha256=SETTLED)
    assert session.get_one(AgreementText, act.text_id).version == 1


def test_signatures_of_an_amendment_do_not_move_the_agreement(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    amendment = an_amendment(session, cast.officer_wuhai, at)
    with atomic(session) as book:
        for body in (cast.wuhai, cast.ordos, cast.yinchuan):
            act = Act(
                agreement_id=agreement.id,
                text_id=amendment.id,
                body_id=body.id,
                kind="signature",
                logged_by="host",
                recorded_at=at,
            )
            session.add(act)  # fmt: skip
        book.record(act="act.import", actor=HOST, subject=("agreement", agreement.id), at=at)
    values = agreement_facts(session, agreement.id, cast.officer_wuhai).facts.values
    assert (values["all_signed"], values["any_signed"], values["text_settled"]) == (False, False, True)
    sign(session, cast.officer_ordos, agreement, cast.ordos, at)
    assert fresh(session, agreement).state == "partly_signed"
    counted = {each.version: each.acts for each in text_page(_now(session, at), cast.officer_ordos, NUMBER).texts}
    assert {version: [(act.key, act.count) for act in acts] for version, acts in counted.items()} == {
        1: [("signature", 1)], 2: [("signature", 3)],
    }  # fmt: skip


def test_a_clause_is_kept_as_data_and_replaced_with_a_reason(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    basis = a_document(session, at)
    stated: dict[str, Any] = {"stated": PartialDate.of("2026-05", "month"), "stated_basis": basis.number}
    text = set_clause(session, cast.officer_wuhai, a_clause(), at=at)
    first = text.clause
    assert (text.clause_place, text.stated_precision) == ("第九条", "unknown")
    with refused(session, ("clause-unchanged", "clause")):
        set_clause(session, cast.officer_wuhai, a_clause(), at=at)
    with refused(session, ("reason-missing", "reason")):
        set_clause(session, cast.officer_wuhai, a_clause(**stated), at=at)
    text = set_clause(session, cast.secretariat, a_clause(clause=None, reason="依公报补录", **stated), at=at)
    assert (first is not None, text.clause, text.stated_on, text.stated_basis_id) == (True, None, "2026-05", basis.id)
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["basis"]) == ("clause.set", "蒙联发〔2026〕1号")
    assert entry["reason"]


@pytest.mark.parametrize(
    ("more", "reasons"),
    [
        ({"version": 9}, [("unknown-text", "version")]),
        ({"stated": day("2026-05-01")}, [("basis-missing", "stated_basis")]),
        ({"stated_basis": "doc-2026-01"}, [("date-missing", "stated")]),
        ({"stated": OPEN, "stated_basis": "doc-2026-01"}, [("date-missing", "stated")]),
        ({"stated": day("2026-05-01"), "stated_basis": "doc-2026-09"}, [("unknown-document", "stated_basis")]),
        ({"clause": " ", "place": " "}, [("clause-unchanged", "clause")]),
        ({"clause": "schema: force/1\nacts: {signature: done}\nwhen: {kind: moon}"}, [("clause-wrong", "clause")]),
        ({"clause": WAITING}, [("prerequisite-not-public", "clause")]),
        ({"clause": WAITING.replace("2020", "2026")}, [("prerequisite-not-public", "clause")]),  # members read it
    ],
)
def test_what_a_clause_is_refused_for(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, more: dict[str, Any], reasons: list[tuple[str, str]]
) -> None:  # fmt: skip
    a_document(session, at)
    with refused(session, *reasons):
        set_clause(session, cast.officer_wuhai, a_clause(**more), at=at)


def test_a_clause_may_wait_for_public_agreements_only(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    an_agreement(session, cast, at, number="mxsmy-2020-01", level="public")
    assert "mxsmy-2020-01" in str(set_clause(session, cast.officer_wuhai, a_clause(clause=WAITING), at=at).clause)
    waited = "[{kind: agreement, number: mxsmy-2020-01}, {kind: agreement, number: mxsmy-2026-01}]"
    both = f"schema: force/1\nacts: {{signature: done}}\nwhen: {{kind: all_of, of: {waited}}}"
    with refused(session, ("prerequisite-not-public", "clause")) as reasons:
        set_clause(session, cast.officer_wuhai, a_clause(clause=both, reason="更正"), at=at)
    assert reasons[0].values == {"value": NUMBER}


def test_other_files_of_a_text(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    add_text_file(session, cast.officer_wuhai, a_file(), at=at)
    add_text_file(session, cast.secretariat, a_file(kind="translation", language="en", sha256="d" * 64), at=at)
    copy = a_file(kind="certified_copy", language="zh-Hans", sha256="e" * 64, certified=day("2026-03-01"))
    certified = add_text_file(session, cast.officer_wuhai, copy, at=at)
    assert (certified.certified_by_id, certified.certified_on) == (cast.wuhai.id, "2026-03-01")
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["effective"]) == ("text.file", {"value": "2026-03-01", "precision": "day"})
    others = session.execute(sa.select(TextFile.certified_by_id, TextFile.certified_precision).limit(2)).all()
    assert [tuple(row) for row in others] == [(None, "unknown")] * 2


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"version": 2}, "unknown-text", "version"),
        ({"kind": "summary"}, "unknown-choice", "kind"),
        ({"sha256": "c" * 63}, "bad-hash", "sha256"),
        ({"sha256": SETTLED}, "same-text", "sha256"),
        ({"sha256": "f" * 64}, "same-text", "sha256"),
        ({"language": "Chinese!"}, "bad-language", "language"),
        ({"language": "en-" + "a" * 14}, "bad-language", "language"),
        ({"language": "zh-Hans"}, "language-known", "language"),
        ({"language": "ru"}, "language-known", "language"),
        ({"kind": "certified_copy"}, "date-missing", "certified"),
        ({"kind": "certified_copy", "certified": day("2026-03-03")}, "in-the-future", "certified"),
    ],
)
def test_what_a_file_is_refused_for(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, more: dict[str, Any], code: str, field: str
) -> None:
    add_text_file(session, cast.officer_wuhai, a_file(language="ru", sha256="f" * 64), at=at)
    with refused(session, (code, field)):
        add_text_file(session, cast.officer_wuhai, a_file(**more), at=at)


@pytest.mark.parametrize(
    ("more", "state", "code", "field"),
    [
        ({"title_zh": " "}, "open", "title-missing", "title_zh"),
        ({"sha256": SETTLED}, "open", "same-text", "sha256"),
        ({"language": ""}, "open", "bad-language", "language"),
        ({}, "drafting", "amended-too-early", None),
        ({}, None, "text-settled", None),
    ],
)
def test_what_an_amendment_is_refused_for(
    session: Session, cast: Cast, at: datetime, more: dict[str, Any], state: str | None, code: str, field: str | None
) -> None:
    stage = "preparation" if state == "drafting" else "signing"
    text: dict[str, Any] = {"text": None} if state is None else {}
    an_agreement(session, cast, at, state=state or "open", stage=stage, **text)
    with refused(session, (code, field)):
        an_amendment(session, cast.officer_wuhai, at, **more)


def test_a_new_keeper_of_the_original_ends_the_former(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    record_custody(session, cast.officer_wuhai, kept(place="档案馆 2-17"), at=at)
    record_custody(session, cast.officer_ordos, kept(body="150600", what="copy", since=day("2026-02-01")), at=at)
    moved = kept(body="640100", since=day("2026-03-01"))
    record_custody(session, cast.officer_wuhai, moved, at=at)
    elsewhere = kept(body="150600", what="copy", place="办公室", since=day("2026-03-02"))
    record_custody(session, cast.officer_ordos, elsewhere, at=at)
    assert session.execute(
        sa.select(Body.name_zh, Custody.what, Custody.place, Custody.since, Custody.until)
        .join(Custody, Custody.body_id == Body.id)
        .order_by(Custody.id)
    ).all() == [
        ("乌海市", "original", "档案馆 2-17", None, "2026-03-01"),
        ("鄂尔多斯市", "copy", None, "2026-02-01", "2026-03-02"),
        ("银川市", "original", None, "2026-03-01", None),
        ("鄂尔多斯市", "copy", "办公室", "2026-03-02", None),
    ]
    assert entries(session, 1)[0]["act"] == "custody.record"


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"version": 2}, "unknown-text", "version"),
        ({"body": "999999"}, "unknown-body", "body"),
        ({"what": "rumour"}, "unknown-choice", "what"),
        ({}, "already-kept", "body"),
        ({"body": "150600"}, "date-missing", "since"),
        ({"body": "150600", "since": day("2026-03-03")}, "in-the-future", "since"),
        ({"body": "150600", "since": day("2026-01-31")}, "kept-too-early", "since"),
        ({"body": "150600", "what": "copy", "since": day("2026-03-03")}, "in-the-future", "since"),
        ({"body": "150600", "what": "copy", "since": OPEN}, "date-missing", "since"),
    ],
)
def test_what_custody_is_refused_for(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, more: dict[str, Any], code: str, field: str
) -> None:
    record_custody(session, cast.officer_wuhai, kept(since=day("2026-02-01")), at=at)
    with refused(session, (code, field)):
        record_custody(session, cast.officer_wuhai, kept(**more), at=at)


def test_a_party_records_the_copy_of_an_agreement_that_is_its_own(session: Session, cast: Cast, at: datetime) -> None:
    an_agreement(session, cast, at, parties=[cast.wuhai, cast.yinchuan])
    with refused(session, ("not-a-party", "body")):
        record_custody(session, cast.officer_ordos, kept(body="150600", what="copy"), at=at)


ACTS: dict[str, tuple[Callable[[Session, Actor, str, datetime], object], str]] = {
    "amendment": (
        lambda session, actor, number, at: an_amendment(session, actor, at, agreement=number),
        "officer_wuhai secretariat",
    ),
    "clause": (
        lambda session, actor, number, at: set_clause(session, actor, a_clause(agreement=number), at=at),
        "officer_wuhai secretariat",
    ),
    "translation": (
        lambda session, actor, number, at: add_text_file(
            session, actor, a_file(agreement=number, kind="translation"), at=at
        ),
        "officer_wuhai secretariat",
    ),
    "certified copy": (
        lambda session, actor, number, at: add_text_file(
            session, actor, a_file(agreement=number, kind="certified_copy", certified=day("2026-03-01")), at=at
        ),
        "officer_wuhai",
    ),
    "original": (
        lambda session, actor, number, at: record_custody(session, actor, kept(agreement=number), at=at),
        "officer_wuhai",
    ),
    "the original with 鄂尔多斯": (
        lambda session, actor, number, at: record_custody(session, actor, kept(agreement=number, body="150600"), at=at),
        "officer_wuhai",
    ),
    "a copy of 鄂尔多斯": (
        lambda session, actor, number, at: record_custody(
            session, actor, kept(agreement=number, body="150600", what="copy"), at=at
        ),
        "officer_wuhai officer_ordos",
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may(session: Session, cast: Cast, at: datetime, act: str) -> None:
    do, may = ACTS[act]
    said = who_may(
        session,
        cast,
        lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number:02}").number,
        lambda actor, number: do(session, actor, number, at),
    )
    inside = {"officer_wuhai", "officer_ordos", "viewer", "auditor", "secretariat"} - set(may.split())
    assert said == told(may=may, may_not=" ".join(inside), not_found=OUTSIDE)


def _now(session: Session, at: datetime) -> Snapshot:
    return Snapshot(session, None, at.date())
