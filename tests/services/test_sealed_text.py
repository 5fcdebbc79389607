"""Marked values in every sealed and never column: none stands in an entry, a version, a change or a log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import Refused
from registry.ledger import atomic
from registry.models import VERSIONS, Agreement, Base, Change, LedgerEntry, Person, SealedValue
from registry.permissions import Actor, the_register
from registry.queries.alerts import alerts
from registry.queries.snapshot import Snapshot
from registry.services.alert_answers import AnswerAlert, answer_alert
from registry.services.consent import Answer, Propose, answer, propose
from registry.services.corrections import (
    ObjectToCorrection,
    ProposeCorrection,
    object_to_correction,
    propose_correction,
)
from registry.services.lamps import OverrideLamp, RestoreLamp, override_lamp, restore_lamp
from registry.services.matters import OpenMatter, open_matter
from registry.services.moves import TakeStep, take_step
from registry.services.people import (
    AddPerson,
    RedeemToken,
    add_person,
    change_password,
    redeem_token,
    reset_password,
    sign_in,
)
from registry.services.policies import set_first_policies
from registry.services.procedures import publish_procedure
from registry.services.register import InitRegister, init_register
from registry.services.reports import FileReport, ReleaseReport, file_report, release_report
from registry.services.same_as import DecideSame, decide_same
from registry.services.signatures import AnnulAct, AnswerAct, DeclineSignature, annul_act, answer_act, decline_signature
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import a_document, a_scan, day, sign

SEALED_PLANTED = {
    "person.name": "张MARK姓名",
    "act.signer": "签MARK字人",
    "act.reason": "不签MARK理由",
    "act.annulled_reason": "撤销MARK理由",
    "step.reason": "暂缓MARK理由",
    "report.progress": "进展MARK一",
    "report.problem": "问题MARK二",
    "report.next_step": "下步MARK三",
    "proposal.reason": "提请MARK理由",
    "vote.reason": "异议MARK附言",
    "matter_value.kept": "提出MARK者",
    "correction.reason": "更正MARK事由",
    "correction_objection.reason": "不同意更正MARK事由",
    "same_as.reason": "同一MARK事由",
    "alert_answer.reason": "提醒MARK查明",
    "lamp_override.reason": "亮灯MARK缘由",
}
SEALING = """
schema: workflow/1
id: sealing
version: 1
title: {zh: 示例, en: Example}
subject: matter
initial: begun
roles: {lead_officer: {of: lead_party}, party_officer: {of: each_party}}
fields: {proposers: {type: text, class: sealed, required: true, title: {zh: 提出者, en: Proposers}}}
states:
  begun: {title: {zh: 已开始, en: Begun}, stage: opened}
  done: {title: {zh: 已完成, en: Done}, stage: ended, final: true}
transitions:
  - id: finish
    title: {zh: 完成, en: Finish}
    from: [begun]
    to: done
    kind: forward
    actor: {roles: [lead_officer]}
    consent: {voters: each_party, method: all, answers: [agree, object]}
"""
OBJECTION = "异议MARK理由"
PASSWORDS = ("password MARK one", "password MARK two", "password MARK three")
TOKEN = "one-time MARK token"
RELEASED = "公开MARK进展"


def columns(log: str) -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.c
        if column.info.get("log") == log
    }


def everything_told(session: Session) -> Iterator[str]:
    """Every text of the history: entries, changes, all columns of all versions."""
    session.rollback()
    yield from session.scalars(sa.select(LedgerEntry.body))
    for old, new in session.execute(sa.select(Change.old, Change.new)):
        yield old or ""
        yield new or ""
    for table in VERSIONS.values():
        for row in session.execute(sa.select(table)):
            yield json.dumps([str(value) for value in row], ensure_ascii=False)


def plant(session: Session, cast: Cast, at: datetime, folder: Path) -> None:
    """One act for each sealed column, and every way to set a password."""
    agreement = an_agreement(session, cast, at)
    signed = sign(session, cast.officer_ordos, agreement, cast.ordos, at, signer=SEALED_PLANTED["act.signer"])
    annul_act(
        session, cast.officer_ordos, AnnulAct(agreement.number, signed.id, SEALED_PLANTED["act.annulled_reason"]), at=at
    )
    no = DeclineSignature(agreement.number, "150600", day("2026-03-01"), SEALED_PLANTED["act.reason"])
    decline_signature(session, cast.officer_ordos, no, at=at)
    scan = a_scan(session, cast.officer_wuhai, folder, at)
    logged = sign(session, cast.officer_wuhai, agreement, cast.yinchuan, at, evidence=scan)
    answer_act(session, the_register("command"), AnswerAct(agreement.number, logged.id, False, OBJECTION), at=at)
    item = an_item(session, cast, at, agreement)
    basis = a_document(session, at).number
    take_step(
        session,
        cast.officer_wuhai,
        TakeStep("item", item.number, "suspend", basis, reason=SEALED_PLANTED["step.reason"]),
        at=at,
    )
    lamp = OverrideLamp(item.number, "red", basis, SEALED_PLANTED["lamp_override.reason"])
    override_lamp(session, cast.officer_wuhai, lamp, at=at)
    restore_lamp(session, cast.officer_wuhai, RestoreLamp(item.number, basis), at=at)
    said = (SEALED_PLANTED[f"report.{name}"] for name in ("progress", "problem", "next_step"))
    file_report(
        session,
        cast.officer_wuhai,
        FileReport(item.number, "150300", PartialDate.of("2026-02", "month"), "slow", *said),
        at=at,
    )
    plant_beyond_steps(session, cast, at)
    plant_decisions(session, cast, agreement, at)
    add_person(
        session, cast.administrator, AddPerson("marked", SEALED_PLANTED["person.name"], "联络员", PASSWORDS[0]), at=at
    )
    reset_password(session, cast.administrator, "marked", PASSWORDS[1], at=at)
    person = session.scalars(sa.select(Person).where(Person.login == "marked")).one()
    change_password(session, Actor(person_id=person.id, name=person.name), PASSWORDS[1], PASSWORDS[2], at=at)
    with pytest.raises(Refused):
        sign_in(session, "typed MARK name", "x", at=at)


def plant_beyond_steps(session: Session, cast: Cast, at: datetime) -> None:
    """A step put forward with a reason, an answer with a note, and a sealed field of a matter, by two parties."""
    publish_procedure(session, the_register("command"), SEALING, at=at)
    value = {"proposers": SEALED_PLANTED["matter_value.kept"]}
    asked = OpenMatter(
        "sealing", "示例事务", host=cast.wuhai.code, leads=(cast.wuhai.code,), joins=(cast.ordos.code,), values=value
    )
    number = open_matter(session, cast.officer_wuhai, asked, at=at).number
    ask = Propose("matter", number, "finish", reason=SEALED_PLANTED["proposal.reason"])
    proposal = propose(session, cast.officer_wuhai, ask, at=at)
    note = SEALED_PLANTED["vote.reason"]
    answer(session, cast.officer_ordos, Answer(proposal.id, cast.ordos.code, "object", note), at=at)


def plant_decisions(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    """A correction and the objection to it, two records found to be one, an alert answered."""
    set_first_policies(session, the_register("command"), at=at)
    wrong = ProposeCorrection(
        "agreement", agreement.number, "title_zh", "示例协议", SEALED_PLANTED["correction.reason"]
    )
    proposed = propose_correction(session, cast.officer_wuhai, wrong, at=at)
    objection = ObjectToCorrection(proposed.id, cast.ordos.code, SEALED_PLANTED["correction_objection.reason"])
    object_to_correction(session, cast.officer_ordos, objection, at=at)
    twice = an_agreement(session, cast, at, number="mxsmy-2026-09")
    one = DecideSame("agreement", agreement.number, twice.number, SEALED_PLANTED["same_as.reason"])
    decide_same(session, cast.secretariat, one, at=at)
    with atomic(session) as book:
        session.get_one(Agreement, agreement.id).declared_parties = 9
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    session.rollback()
    marks = [each.mark for each in alerts(Snapshot(session, None, at.date()), cast.officer_ordos)]
    answer_alert(session, cast.officer_ordos, AnswerAlert(marks[0], SEALED_PLANTED["alert_answer.reason"]), at=at)


def test_every_sealed_column_has_its_marker() -> None:
    assert set(SEALED_PLANTED) == columns("sealed")


def test_no_marked_value_stands_in_the_history(
    session: Session, cast: Cast, at: datetime, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="registry")
    plant(session, cast, at, tmp_path)
    session.rollback()
    stored = set(session.scalars(sa.select(SealedValue.value)))
    assert set(SEALED_PLANTED.values()) | {OBJECTION} <= stored  # the markers were really planted
    assert [text for text in everything_told(session) if "MARK" in text] == []
    assert "MARK" not in caplog.text
    never = [
        value for row in session.execute(sa.select(Person.password_hash, Person.session_key)) for value in row if value
    ]
    assert len(never) == 16
    told = "\n".join(everything_told(session))
    assert [value for value in never if value in told] == []


def test_the_search_would_find_a_marked_value_in_clear(session: Session, cast: Cast, at: datetime) -> None:
    """The control: what is released stands in the history, under entries, changes and versions."""
    item = an_item(session, cast, at, an_agreement(session, cast, at))
    ask = FileReport(item.number, "150300", PartialDate.of("2026-02", "month"), "on_track", RELEASED)
    report = file_report(session, cast.officer_wuhai, ask, at=at)
    assert [text for text in everything_told(session) if "MARK" in text] == []
    release_report(session, cast.officer_wuhai, ReleaseReport(item.number, report.id), at=at + timedelta(hours=1))
    assert len([text for text in everything_told(session) if "MARK" in text]) == 3


def test_the_token_of_the_first_administrator_stands_nowhere(session: Session, at: datetime) -> None:
    init_register(
        session,
        the_register("command"),
        InitRegister("登记", "Register", "origin.test", "key", "Asia/Shanghai", TOKEN),
        at=at,
    )
    hashed = session.execute(sa.text("SELECT admin_token FROM register")).scalar_one()
    redeem_token(session, RedeemToken(TOKEN, "founder", "首MARK位", "系统管理员", PASSWORDS[0]), at=at)
    told = "\n".join(everything_told(session))
    assert hashed not in told
    assert "MARK" not in told
