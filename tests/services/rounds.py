"""What the tests of consent share: an item that only waits for consent, a matter whose steps each count in another way, officers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger import atomic
from registry.models import (
    Agreement,
    Assignment,
    Body,
    Document,
    Evidence,
    Item,
    Matter,
    MatterParty,
    Proposal,
    Vote,
)
from registry.permissions import Actor, Held
from registry.services.consent import Answer, Propose, answer, propose
from registry.services.items import RecordMechanism, record_mechanism
from registry.services.procedures import publish_procedure
from tests.cast import Cast, an_item
from tests.services.acts import HOST

PROCEDURE = """
schema: workflow/1
id: rounds
version: 1
title: {zh: 表态, en: Rounds}
subject: matter
initial: waiting
calendar: cn-workdays
parties: {at_least: 2}
roles:
  lead_officer: {of: lead_party}
  joining_officer: {of: each_party}
  secretariat: {of: grouping}
states:
  waiting: {title: {zh: 待定, en: Waiting}, stage: opened, review_every: P1M}
  resting: {title: {zh: 暂缓, en: Resting}, stage: as_before, review_every: P1M}
  done: {title: {zh: 办结, en: Done}, stage: closed, final: true}
transitions:
  - {id: rest, title: {zh: 暂缓, en: Rest}, from: [waiting], to: resting, kind: suspend, actor: {roles: [secretariat]}}
  - {id: wake, title: {zh: 恢复, en: Wake}, from: [resting], to: before_suspension, kind: resume, actor: {roles: [secretariat]}}
  - {id: plain, title: {zh: 直办, en: Plain}, from: [waiting], to: done, kind: forward, actor: {roles: [secretariat]}}
  - id: in_turn
    title: {zh: 依次, en: In turn}
    from: [waiting]
    to: done
    kind: forward
    actor: {roles: [secretariat]}
    consent:
      voters: each_party
      method: all
      order: sequential
      silence: {after: P5D, counts_as: agree}
  - id: most
    title: {zh: 过半, en: Most}
    from: [waiting]
    to: done
    kind: forward
    actor: {roles: [secretariat, lead_officer, joining_officer]}
    consent:
      voters: each_party
      method: majority
      answers: [agree, object, abstain, request_change]
      on_request_change: {to: waiting, invalidate: [any_one]}
      silence: {after: P5D, counts_as: object}
      delegate: {allow: same_party}
  - id: any_one
    title: {zh: 任一, en: Any}
    from: [waiting]
    to: done
    kind: forward
    actor: {roles: [secretariat]}
    consent:
      voters: each_party
      method: any
      answers: [agree, object, abstain]
      abstain_counts: as_object
      decide: after_all_answered
      silence: {after: P5D, counts_as: abstain}
  - id: two
    title: {zh: 两方, en: Two}
    from: [waiting]
    to: done
    kind: forward
    two_person: true
    actor: {roles: [secretariat, lead_officer]}
    consent:
      voters: each_party
      method: {at_least: 2}
      silence: {after: P5D, counts_as: escalate}
"""


def officer(like: Actor, body: Body) -> Actor:
    """The same person as an officer of another party."""
    return replace(like, body_id=body.id, body_code=body.code, held=(Held("officer", body.id),))


def colleague(cast: Cast) -> Actor:
    """A second officer of 鄂尔多斯."""
    return replace(cast.officer_ordos, person_id=cast.viewer.person_id)


def officers(cast: Cast) -> dict[str, Actor]:
    """One officer of each of the three parties, by code."""
    third = replace(officer(cast.officer_ordos, cast.yinchuan), person_id=cast.auditor.person_id)
    return {"150300": cast.officer_wuhai, "150600": cast.officer_ordos, "640100": third}


def an_item_to_institutionalise(
    session: Session, cast: Cast, at: datetime, agreement: Agreement, basis: Document, position: int = 1
) -> Item:
    """An item that lacks nothing but the consent of its three parties; 乌海 leads."""
    item = an_item(session, cast, at, agreement, position=position, state="achieved", stage="in_progress")
    with atomic(session) as book:
        session.add(Assignment(item_id=item.id, body_id=cast.yinchuan.id, role="join", position=3))
        session.add(
            Evidence(item_id=item.id, type="mechanism", body_id=cast.wuhai.id, document_id=basis.id, recorded_at=at)
        )
        book.record(act="item.evidence", actor=HOST, subject=("item", item.id), at=at)
    keep(session, cast, item, at)
    return item


def keep(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    """Record one more mechanism of the item: what is voted on changes."""
    ask = RecordMechanism(item.number, "rule", "联席会议制度", "150300", PartialDate.of("2027-03-01", "day"))
    record_mechanism(session, cast.officer_wuhai, ask, at=at)


def a_matter(session: Session, cast: Cast, at: datetime, number: int = 1) -> Matter:
    """A matter of the three cities on the procedure above, led by 乌海, kept by the grouping's secretariat."""
    procedure = publish_procedure(session, HOST, PROCEDURE, at=at)
    with atomic(session) as book:
        matter = Matter(
            number=f"rounds-2026-{number:03}", title_zh="表态", procedure_id=procedure.id, state="waiting", stage="opened",
            grouping_id=cast.grouping.id, host_id=cast.wuhai.id, level="members", opened_on="2026-03-02",
            opened_precision="day", revision=0, sample=False,
        )  # fmt: skip
        session.add(matter)
        session.flush()
        for position, body in enumerate((cast.wuhai, cast.ordos, cast.yinchuan), 1):
            role = "join" if position > 1 else "lead"
            session.add(MatterParty(matter_id=matter.id, body_id=body.id, role=role, position=position))
        book.record(act="matter.open", actor=HOST, subject=("matter", matter.id), at=at)
    return matter


def put(
    session: Session, actor: Actor, subject: Item | Matter, trigger: str, at: datetime, basis: str | None = None
) -> Proposal:
    """Put a step of the subject forward."""
    return propose(session, actor, Propose(subject.__tablename__, subject.number, trigger, basis), at=at)


def say(
    session: Session, actor: Actor, proposal: Proposal, said: str, at: datetime, reason: str | None = None, **more: str
) -> Vote:
    """Answer for the actor's party; what asks for a reason has one."""
    words = reason or ("有不同意见" if said in ("object", "request_change") else None)
    ask = Answer(proposal.id, more.pop("party", actor.body_code or ""), said, words, **more)
    return answer(session, actor, ask, at=at)


def counted(session: Session, proposal: Proposal) -> dict[str, str]:
    """The answers that count, by code."""
    session.rollback()
    rows = sa.select(Body.code, Vote.answer).join(Body, Body.id == Vote.body_id)
    return dict(
        session.execute(rows.where(Vote.proposal_id == proposal.id, Vote.standing == "counted").order_by(Vote.id)).all()
    )
