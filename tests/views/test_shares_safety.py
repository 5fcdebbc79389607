"""Marked values in every sealed and never column, and in every text of records that the maker may not see: no page of a link shows one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.addresses import ROOMS
from registry.ledger import atomic, seal
from registry.models import AnnualList, Document, Item, LampOverride, Meeting, audited_tables
from registry.queries.access import sees
from registry.queries.changes import LEVELLED
from registry.queries.choices import _RECORDS
from registry.services.shares import MOST_PAGES, MakeShare, make_share
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.matters import a_matter, publish_city_case
from tests.queries.world import a_claim, a_document, a_report, a_signature, under
from tests.services.test_sealed_text import plant
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
SEALED, NEVER, HIDDEN = "加封MARK", "NEVERMARK", "他人MARK"
HIDDEN_PAGES = (
    "/agreements/mxsmy-2026-50", "/items/mxsmy-2026-50-001", "/items/mxsmy-2026-51-001", "/documents/doc-2026-50", "/lists/list-2026-02",
)  # fmt: skip
CODED = {("agreement_text", "clause"), ("act", "clause")}
"""Texts that are JSON."""


def _hidden(session: Session, cast: Cast, at: datetime) -> None:
    """Records of every level and kind that 鄂尔多斯 may not see: of parties that it is none of, an item under an open agreement too."""
    closed = an_agreement(
        session, cast, at, number="mxsmy-2026-50", level="parties", parties=[cast.wuhai, cast.outsider]
    )
    a_signature(session, cast, at, closed, cast.wuhai)
    item = an_item(session, cast, at, closed, lead=cast.outsider)
    a_report(session, cast, at, item, cast.wuhai, "x", released=True)
    open_ = an_agreement(session, cast, at, number="mxsmy-2026-51", level="public", parties=[cast.wuhai, cast.yinchuan])
    an_item(session, cast, at, open_, level="parties")
    an_item(session, cast, at, open_, position=2)
    document = a_document(session, cast, at, "doc-2026-50", "parties", issuer=cast.outsider)
    a_claim(session, at, "claim-2026-50", document, level="parties")
    publish_city_case(session, at)
    a_matter(session, cast, at, cast.officer_wuhai, host=cast.wuhai.code, joins=(cast.yinchuan.code,), level="parties")
    a_matter(session, cast, at, level="members")
    with atomic(session) as book:
        for place, (level, issuer) in enumerate((("public", cast.ordos), ("parties", cast.outsider)), 1):
            listed = AnnualList(
                number=f"list-2026-0{place}",
                title_zh="示例年度表",
                year=2026,
                issuer_id=issuer.id,
                level=level,
                revision=1,
                sample=False,
            )
            session.add(listed)
            session.flush()
            book.record(act="list.add", actor=cast.secretariat, subject=("list", listed.id), at=at)
        meeting = Meeting(
            number="meeting-2026-01",
            name_zh="示例会议",
            held=True,
            held_on="2026-01-05",
            held_precision="day",
            sample=False,
        )
        session.add(meeting)
        session.flush()
        book.record(act="meeting.add", actor=cast.secretariat, subject=("meeting", meeting.id), at=at)
    under(session, cast, at, a_document(session, cast, at, "doc-2026-51", "members", issuer=cast.ordos))


def _decided(session: Session, cast: Cast, at: datetime) -> None:
    """A lamp that was decided, with its reason: no act of the other planted ones."""
    with atomic(session) as book:
        item = session.scalars(sa.select(Item).where(Item.number == "mxsmy-2026-01-001")).one()
        basis = session.scalars(sa.select(Document.id).limit(1)).one()
        session.add(LampOverride(item_id=item.id, colour="red", since="2026-01-01", basis_id=basis, recorded_at=at))
        book.record(act="lamp.override", actor=cast.secretariat, subject=("item", item.id), at=at)


def _mark(session: Session, cast: Cast, at: datetime) -> set[str]:
    """Mark every sealed and never column, and every open text whose record the viewer may not see. The columns that were marked."""
    marked = set()
    hidden = {
        kind: set(session.scalars(sa.select(model.id).where(~sees(cast.viewer, model, model.id))))
        for kind, model in LEVELLED.items()
    }
    with atomic(session) as book:
        for table in audited_tables():
            for row in session.execute(sa.select(table)).all():
                kind, column = next(pair for pair in table.info["subject"] if getattr(row, pair[1]) is not None)
                subject = (row.subject_kind if kind == "*" else kind, getattr(row, column))
                of_others = subject[1] in hidden.get(subject[0], set())
                for each in table.c:
                    name = f"{table.name}.{each.name}"
                    if name == "matter_value.kept" and row.text is not None:
                        continue  # an open field holds its text
                    if each.info["log"] == "sealed":
                        value = seal(session, f"{SEALED}{name}", body_id=cast.ordos.id)
                    elif each.info["log"] == "never" and isinstance(each.type, sa.String):
                        value = f"{NEVER}{row.id}"
                    elif of_others and isinstance(each.type, sa.Text) and (table.name, each.name) not in CODED:
                        value = f"{HIDDEN}{name}"
                    else:
                        continue
                    session.execute(sa.update(table).where(table.c.id == row.id).values({each.name: value}))
                    marked.add(name)
        book.record(act="person.reset", actor=cast.administrator, subject=("register", 1), at=at)
    return marked


def _pages(session: Session) -> list[str]:
    """Every list and every record page that the register has."""
    session.rollback()
    found = [f"/{room}" for room in ROOMS]
    for room, kind in ROOMS.items():
        if kind in _RECORDS and kind != "claim":
            model, key = _RECORDS[kind][:2]
            found += [f"/{room}/{each}" for each in session.scalars(sa.select(getattr(model, key)))]
    return [*found, *(f"{each}/matrix" for each in found if each.startswith("/agreements/"))]


@pytest.fixture
def roots(session: Session, cast: Cast, clock: Clock, tmp_path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Links of the viewer of 鄂尔多斯 to every page there is, with the pages of each."""
    plant(session, cast, clock.at, tmp_path)
    _hidden(session, cast, clock.at)
    _decided(session, cast, clock.at)
    marked = _mark(session, cast, clock.at)
    unmarked = {
        f"{table.name}.{column.name}"
        for table in audited_tables()
        for column in table.c
        if column.info["log"] == "sealed"
    } - marked
    assert unmarked == set(), "a sealed column without a row: plant one"
    assert {
        "person.password_hash",
        "person.session_key",
        "item.title_zh",
        "matter.title_zh",
        "claim.note",
        "document.title",
    } <= marked
    pages = _pages(session)
    assert len(pages) > 30
    batches = [tuple(pages[start : start + MOST_PAGES]) for start in range(0, len(pages), MOST_PAGES)]
    return [
        (f"/s/{make_share(session, cast.viewer, MakeShare('链接', batch), at=clock.at).token}", batch)
        for batch in batches
    ]


def _read(visitor: Visitor, prefixes: tuple[str, ...], pages: tuple[str, ...]) -> tuple[str, set[str]]:
    """Everything that the pages show, with all that changed since the beginning; those that were there."""
    shown, there = [], set()
    for page in pages:
        for prefix in prefixes:
            answer = visitor.get(f"{prefix}{page}?since=0")
            assert answer.status_code in (200, 302, 404), (prefix, page)
            shown.append(answer.text)
            there |= {page} if answer.status_code == 200 else set()
    return "\n".join(shown), there


def test_no_page_of_a_link_shows_a_private_value(
    app: Flask, visit: Visit, roots: list[tuple[str, tuple[str, ...]]]
) -> None:
    """The officer of the same party reads the same pages first: what is kept for one reader is not another's."""
    officer, guest = visit("ordos"), Visitor(app)
    opened: set[str] = set()
    for root, pages in roots:
        own, there = _read(officer, ("",), pages)
        assert SEALED in own  # or nothing could be found
        shown, seen = _read(guest, (root, f"{root}/en"), pages)
        shown += guest.text(root) + guest.text(f"{root}/en")
        assert sorted(set(re.findall(f"(?:{SEALED}|{NEVER}|{HIDDEN})[a-z_.]*", shown))) == []
        assert seen == there
        opened |= seen
    kinds = {page.split("/")[1] for page in opened if page.count("/") > 1}
    assert kinds >= {"agreements", "items", "matters", "parties", "groupings", "meetings", "documents", "lists"}
    assert {f"/{room}" for room in ROOMS} <= opened
    assert not set(HIDDEN_PAGES) & opened


def test_the_marked_values_are_there_for_whom_they_are(visit: Visit, roots: list[tuple[str, tuple[str, ...]]]) -> None:
    """The control: 乌海 reads the texts that are hidden from 鄂尔多斯."""
    shown, there = _read(visit("wuhai"), ("",), HIDDEN_PAGES)
    assert {
        f"{HIDDEN}{column}" for column in ("agreement.title_zh", "item.title_zh", "report.released_problem")
    } <= set(re.findall(f"{HIDDEN}[a-z_.]*", shown))
    assert "/agreements/mxsmy-2026-50" in there
