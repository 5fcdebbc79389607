"""What each kind of page asks the database: as many statements for many rows as for few, and no more than docs/statements.md says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import (
    Act,
    AgreementField,
    AgreementParty,
    Assignment,
    Body,
    Claim,
    Document,
    Edition,
    Grouping,
    Item,
    Meeting,
    MeetingSeries,
    Membership,
    Report,
    Target,
)
from registry.permissions import the_register
from registry.services.shares import MakeShare, make_share
from tests.cast import Cast, Clock, an_agreement, procedure
from tests.queries.world import World, a_signature, fields, the_world
from tests.views.conftest import Visitor, statements
from tests.views.test_lists import a_list

TABLE = Path(__file__).parents[2] / "docs" / "statements.md"
ROW = re.compile(r"\| [^|]+ \| `([^`]+)` \| (\d+|—) \| (\d+|—) \|")
MANY = 30


def stated() -> dict[str, tuple[int | None, int | None]]:
    """Address → the most statements for everybody, and for an officer; None where nobody reads it so."""
    return {path: (_number(open_), _number(officer)) for path, open_, officer in ROW.findall(TABLE.read_text("utf-8"))}


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    """A few rows of each kind."""
    built = the_world(session, cast, clock.at)
    fields(session, clock.at, built.open, "医疗")
    a_signature(session, cast, clock.at, built.open, cast.wuhai)
    with atomic(session) as book:
        session.add(MeetingSeries(code="series", name_zh="联席会议", grouping_id=cast.grouping.id, sample=False))
        book.record(act="meeting.add", actor=the_register("import"), subject=("meeting", 1), at=clock.at)
    grow(session, cast, clock.at, built, 2, "a")
    a_list(session, cast, clock.at, 2026, f"{built.open.number}-001", f"{built.open.number}-002")
    return built


def grow(session: Session, cast: Cast, at: datetime, world: World, many: int, mark: str) -> None:
    """So many more rows of each kind, most of them on the records whose pages are counted."""
    open_ = {"sample": False, "level": "public"}
    runs = {"backfilled": False, "revision": 1, "sample": False}
    told = {"as_of": "2026-01", "as_of_precision": "month", "recorded_at": at, "released_at": at}
    wanted = {"unit": "公里", "comparator": ">=", "year": 2026, "period": "year"}
    stated_ = {"what_zh": "口径", "stated": 1, "counts": "items"}
    item_procedure = procedure(session, "cooperation-item")
    series = session.query(MeetingSeries).one()
    first = session.query(Item).count() + 100
    looked_at = session.query(Item).filter_by(number=f"{world.open.number}-001").one()
    for place in range(many):
        an_agreement(session, cast, at, number=f"mxsmy-2025-{mark}{place:02}", level="public")
    with atomic(session) as book:
        for place in range(many):
            body = Body(code=f"{mark}{place}", name_zh=f"第{mark}{place}市", kind="city", signs=True, sample=False)
            document = Document(
                number=f"doc-2025-{mark}{place}",
                title=f"示例文件{place}",
                kind="plan",
                issuer_id=cast.ordos.id,
                **open_,
            )
            meeting = Meeting(
                number=f"meeting-2025-{mark}{place}", name_zh=f"示例会议{place}", held=True, held_on="2025-06-01",
                held_precision="day", sample=False,
            )  # fmt: skip
            item = Item(
                number=f"{world.open.number}-{mark}{place:03}", title_zh=f"示例事项{place}", agreement_id=world.open.id,
                position=first + place, state="intent", stage="intent", procedure_id=item_procedure, grade="not_reported", **runs,
            )  # fmt: skip
            grouping = Grouping(code=f"g{mark}{place}", name_zh=f"第{mark}{place}城市群", kind="cities", sample=False)
            session.add_all((body, document, meeting, item, grouping))
            session.flush()
            done = {"done_on": "2026-02-01", "done_precision": "day", "logged_by": "party", "recorded_at": at}
            session.add_all(
                (
                    AgreementParty(agreement_id=world.open.id, body_id=body.id, position=first + place),
                    AgreementField(agreement_id=world.open.id, position=first + place, name_zh=f"领域{mark}{place}"),
                    Act(agreement_id=world.open.id, text_id=world.open.id, body_id=body.id, kind="signature", **done),
                    Assignment(item_id=item.id, body_id=cast.ordos.id, role="lead", position=1),
                    Assignment(item_id=item.id, body_id=body.id, role="join", position=2),
                    Report(item_id=item.id, body_id=cast.ordos.id, grade="on_track", **told),
                    Report(item_id=looked_at.id, body_id=body.id, grade="slow", **told),
                    Assignment(item_id=looked_at.id, body_id=body.id, role="join", position=first + place),
                    Target(item_id=looked_at.id, position=first + place, metric_zh="里程", number="10", **wanted),
                    Claim(code=f"c{mark}{place}", document_id=document.id, agreement_id=world.open.id, **stated_, **open_),
                    Edition(meeting_id=meeting.id, series_id=series.id, ordinal=first + place),
                    Membership(grouping_id=cast.grouping.id, body_id=body.id, role="member", position=first + place),
                )
            )  # fmt: skip
        book.record(act="bundle.import", actor=the_register("import"), subject=("agreement", world.open.id), at=at)


def test_as_many_statements_for_many_rows_as_for_few(
    app: Flask, visit: Callable[[str], Visitor], session: Session, cast: Cast, clock: Clock, world: World
) -> None:
    pages, shared = (
        stated(),
        make_share(session, cast.officer_ordos, MakeShare("会议", ("/agreements/mxsmy-2026-01",)), at=clock.at),
    )
    readers = (Visitor(app), visit("ordos"))
    turn = count()

    def asked() -> dict[str, tuple[int | None, ...]]:
        found = {}
        for path, most in pages.items():
            address = path.replace("<token>", shared.token)
            numbers: list[int | None] = []
            for reader, limit in zip(readers, most, strict=True):
                if limit is None:
                    numbers.append(None)
                    continue
                reader.text(_anew(address, next(turn)))  # definitions are read once for each process
                regrade(session, clock.at)  # what is kept is led on, which costs most
                with statements(app) as ran:
                    reader.text(_anew(address, next(turn)))
                numbers.append(len(ran))
            found[path] = tuple(numbers)
        return found

    few = asked()
    grow(session, cast, clock.at, world, MANY, "b")
    many = asked()
    told = "\n".join(f"{path}: {few[path]} {many[path]}" for path in pages)
    grown = {path for path in pages for a, b in zip(few[path], many[path], strict=True) if (a or 0) < (b or 0)}
    assert not grown, told
    over = {path for path in pages for a, b in zip(few[path], pages[path], strict=True) if (a or 0) > (b or 0)}
    assert not over, told
    assert len(pages) >= 28


def regrade(session: Session, at: datetime) -> None:
    """An act on one item."""
    with atomic(session) as book:
        item = session.scalars(sa.select(Item).order_by(Item.id).limit(1)).one()
        item.grade = "slow" if item.grade == "on_track" else "on_track"
        book.record(act="report.file", actor=the_register("import"), subject=("item", item.id), at=at)


def _anew(address: str, turn: int) -> str:
    """An address that was not asked yet: its model is not kept."""
    return f"{address}{'&' if '?' in address else '?'}read={turn}"
