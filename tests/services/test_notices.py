"""Notices: written once for each reader, and shown to those they are for, of what they may see, while it still counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Agreement, Notice
from registry.permissions import Actor, Held
from registry.queries.deadlines import NoticeRow, notices_for
from registry.queries.facts import item_facts
from registry.services.notices import Readers, readers_of, readers_who_act, tell
from registry.services.sweep import sweep
from tests.cast import Cast, an_agreement
from tests.services.acts import HOST
from tests.services.timed import at_noon, move, timed_item

TODAY = date(2026, 3, 17)


def shown(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """Kind and record of what this actor is told."""
    return [(row.kind, row.subject.key) for row in notices_for(session, actor, today=TODAY)]


def test_each_is_told_what_is_for_him(session: Session, cast: Cast, agreement: Agreement) -> None:
    """The lead is told that the day has passed, the secretariat that it was escalated; nobody else anything."""
    item = timed_item(session, agreement, "2026-03-02", "list")
    sweep(session, at=at_noon("2026-03-17"))
    heard = {name: shown(session, actor) for name, actor in cast.actors.items()}
    assert heard == {name: [] for name in cast.actors} | {
        "officer_wuhai": [("passed", item.number)],
        "secretariat": [("escalation", item.number)],
    }
    (row,) = notices_for(session, cast.officer_wuhai, today=TODAY)
    assert isinstance(row, NoticeRow)
    assert row.title is not None
    assert (row.title.zh, row.due_on, row.provisional) == ("列入", date(2026, 3, 16), True)
    viewer = replace(cast.officer_wuhai, held=(Held("viewer", cast.wuhai.id),))
    assert shown(session, viewer) == []
    move(session, item, "begin", "2026-03-18")
    assert shown(session, cast.officer_wuhai) == []  # what an ended time limit told is gone


def test_what_may_not_be_seen_is_not_told(session: Session, cast: Cast) -> None:
    """A party that left an agreement of its parties alone finds no trace of what it was told while it was one."""
    closed = an_agreement(session, cast, at_noon("2026-03-02"), parties=[cast.ordos], level="parties")
    with atomic(session) as book:
        notice = Notice(
            subject_kind="agreement", subject_id=closed.id, kind="step", mark="trial", recorded_at=at_noon("2026-03-02")
        )
        tell(session, notice, Readers((cast.yinchuan.id, cast.ordos.id)))
        book.record(act="deadline.sweep", actor=HOST, subject=("agreement", closed.id), at=at_noon("2026-03-02"))
    outside = replace(cast.officer_wuhai, body_id=cast.yinchuan.id, held=(Held("officer", cast.yinchuan.id),))
    assert shown(session, outside) == []
    assert shown(session, cast.officer_ordos) == [("step", closed.number)]


def test_telling_again_tells_only_those_who_were_not_told(session: Session, cast: Cast, agreement: Agreement) -> None:
    def say(*readers: int, grouping: int | None = None) -> int:
        with atomic(session) as book:
            notice = Notice(
                subject_kind="agreement",
                subject_id=agreement.id,
                kind="step",
                mark="trial",
                recorded_at=at_noon("2026-03-02"),
            )
            new = tell(session, notice, Readers(readers, grouping))
            book.record(act="deadline.sweep", actor=HOST, subject=("agreement", agreement.id), at=at_noon("2026-03-02"))
        return new

    assert [say(1, 2), say(2, 1), say(1, 3, grouping=1), say(), say()] == [2, 0, 2, 1, 0]
    marks = set(session.scalars(sa.select(Notice.mark)))
    assert marks == {"trial>body:1", "trial>body:2", "trial>body:3", "trial>grouping:1", "trial>nobody"}


def test_relations_name_their_readers(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list")
    subject = ("item", item.id)
    assert {
        name: readers_of(session, subject, name)
        for name in ("each_party", "lead_party", "host", "grouping", "register")
    } == {
        "each_party": Readers((cast.wuhai.id, cast.ordos.id)),
        "lead_party": Readers((cast.wuhai.id,)),
        "host": Readers((cast.wuhai.id,)),
        "grouping": Readers((), cast.grouping.id),
        "register": Readers(),
    }
    definition = item_facts(session, item.id, HOST).definition
    assert readers_who_act(session, subject, definition, "listed") == Readers((cast.wuhai.id,))
    assert readers_who_act(session, subject, definition, "paused") == Readers(
        (), cast.grouping.id
    )  # no step leads onward
