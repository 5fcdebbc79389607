"""What the tests of time stand on: a small procedure of items with clocks of every sort, and what was told of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from multiprocessing.connection import Connection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.models import Agreement, Body, Deadline, Grouping, Item, Notice, Procedure
from registry.services.items import AddItem, add_item
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import publish_procedure
from registry.services.sweep import sweep
from tests.services.acts import HOST

PROCEDURE = """
schema: workflow/1
id: cooperation-item
version: 90
title: {zh: 计时, en: Timed}
subject: item
initial: idea
calendar: cn-workdays
roles:
  lead: {of: lead_party}
  office: {of: grouping}
  party: {of: each_party}
facts: {deadline_passed: boolean}
states:
  idea: {title: {zh: 设想, en: Idea}, stage: intent, review_every: P1Y}
  listed:
    title: {zh: 列入, en: Listed}
    stage: intent
    deadline: {after: P10WD, remind: [P3WD, P1WD], escalate: [{after: P0D, to: office}, {after: P5D, to: office}]}
  doing: {title: {zh: 在办, en: Doing}, stage: in_progress, review_every: P1M}
  lent: {title: {zh: 限期, en: For a time}, stage: in_progress, deadline: {after: P5D}}
  paused: {title: {zh: 停办, en: Paused}, stage: as_before, review_every: P1Y}
  done: {title: {zh: 办成, en: Done}, stage: long_term_mechanism, goal: true, review_every: P1Y}
  ended: {title: {zh: 了结, en: Over}, stage: ended, final: true}
transitions:
  - {id: list, title: {zh: 列, en: List}, from: [idea], to: listed, kind: forward, actor: {roles: [lead]}}
  - {id: urge, title: {zh: 催, en: Urge}, from: [listed], to: listed, kind: forward, limit: 9, actor: {roles: [lead]}}
  - {id: begin, title: {zh: 办, en: Begin}, from: [listed], to: doing, kind: forward, actor: {roles: [lead]}}
  - {id: lend, title: {zh: 限, en: Lend}, from: [doing], to: lent, kind: forward, actor: {roles: [lead]}}
  - id: lapse
    title: {zh: 届满, en: Lapse}
    from: [lent]
    to: doing
    kind: system
    guards: [{use: deadline_passed}]
  - {id: pause, title: {zh: 停, en: Pause}, from: [listed, doing], to: paused, kind: suspend, actor: {roles: [office]}}
  - {id: go_on, title: {zh: 复, en: Go on}, from: [paused], to: before_suspension, kind: resume, actor: {roles: [office]}}
  - id: finish
    title: {zh: 成, en: Finish}
    from: [doing]
    to: done
    kind: forward
    actor: {roles: [lead]}
    consent: {voters: each_party, method: all, answers: [agree, object], silence: {after: P5WD, counts_as: agree}}
  - id: end
    title: {zh: 了, en: End}
    from: [idea, listed, doing, lent, paused, done]
    to: ended
    kind: terminate
    actor: {roles: [office]}
  - {id: enter, title: {zh: 补录, en: Enter}, to: [listed, doing], kind: entry, basis: required, actor: {roles: [office]}}
"""


def at_noon(day: str) -> datetime:
    """Noon of a day in Shanghai."""
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=4)


def timed_item(session: Session, agreement: Agreement, day: str, *triggers: str) -> Item:
    """An item of the procedure above that 乌海 leads and 鄂尔多斯 joins, entered that day and moved by these steps."""
    if session.scalars(sa.select(Procedure.id).where(Procedure.version == 90)).first() is None:
        publish_procedure(session, HOST, PROCEDURE, at=at_noon(day))
    item = add_item(
        session, HOST, AddItem(agreement.number, "计时", leads=("150300",), joins=("150600",)), at=at_noon(day)
    )
    for trigger in triggers:
        move(session, item, trigger, day)
    return item


def move(session: Session, item: Item, trigger: str, day: str) -> None:
    """One step, on a day."""
    take_step(session, HOST, TakeStep("item", item.number, trigger, reason="演练"), at=at_noon(day))


def clocks(session: Session, item: Item) -> dict[str, Deadline]:
    """The deadlines of an item that have not ended, by purpose; of two the younger."""
    session.rollback()
    query = sa.select(Deadline).where(Deadline.subject_id == item.id, Deadline.ended_at.is_(None))
    found = session.scalars(query.order_by(Deadline.id).execution_options(populate_existing=True))
    return {each.purpose: each for each in found}


def told(session: Session, item: Item) -> list[tuple[str, str]]:
    """What was told of the clocks of an item, in order: the mark, and to whom: code of the party or grouping."""
    session.rollback()
    query = (
        sa.select(Notice.mark, sa.func.coalesce(Body.code, Grouping.code, "nobody"))
        .outerjoin(Body, Body.id == Notice.body_id)
        .outerjoin(Grouping, Grouping.id == Notice.grouping_id)
        .where(Notice.subject_kind == "item", Notice.subject_id == item.id, Notice.deadline_id.is_not(None))
    )
    rows = session.execute(query.order_by(Notice.id)).all()
    return [(mark.partition(">")[0].split(":", 2)[2], reader) for mark, reader in rows]


def sweep_in_process(url: str, day: str, answers: Connection) -> None:
    """A sweep in a process of its own that says when it begins and what it did; it may be killed on the way."""
    with sessions(open_engine(url))() as session:
        answers.send("begun")
        answers.send(sweep(session, at=at_noon(day), batch=4))
