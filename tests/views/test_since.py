"""`?since=` on the pages of documents, matters, annual lists and fields: what changed there and below, as far as the reader may see
it and the page knows it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN
from registry.domain.list_lines import Line
from registry.ledger import atomic
from registry.models import Item, Matter
from registry.permissions import the_register
from registry.services.lists import AdoptVersion, adopt_version
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.matters import a_matter, publish_city_case
from tests.queries.world import a_document, fields, now, under
from tests.views.conftest import Visitor
from tests.views.test_lists import a_list

Visit = Callable[[str], Visitor]
LIST, FIELD, PAPER, CASE = (
    "/lists/list-2026-01",
    "/fields/生态环保/水",
    "/documents/doc-2026-01",
    "/matters/city-case-2026-001",
)


@pytest.fixture
def changed(session: Session, cast: Cast, clock: Clock) -> tuple[int, int]:
    """An open and a hidden item in the same field and list, one under a document, a matter, all renamed later: the last entry
    before anything was, and the one before the second names."""
    before = now(session).stamp.entry
    publish_city_case(session, clock.at)
    public, members = (
        an_agreement(session, cast, clock.at, number=f"mxsmy-2026-0{place}", level=level)
        for place, level in enumerate(("public", "members"), 1)
    )
    shown, hidden = (an_item(session, cast, clock.at, each) for each in (public, members))
    dropped = an_item(session, cast, clock.at, public, position=2)
    with atomic(session) as book:
        for agreement, item in ((public, shown), (members, hidden)):
            (field,) = fields(session, clock.at, agreement, "生态环保/水")
            session.merge(item).field_id = field.id
        book.record(act="item.add", actor=the_register("import"), subject=("item", shown.id), at=clock.at)
    number = a_list(session, cast, clock.at, 2026, shown.number, hidden.number, dropped.number)
    lines = (Line(shown.number, "交通"), Line(hidden.number, "内部大类"))
    adopt_version(session, cast.secretariat, AdoptVersion(number, UNKNOWN, lines), at=clock.advance(hours=1))
    task = under(
        session, cast, clock.at, a_document(session, cast, clock.at, "doc-2026-01", "public", issuer=cast.ordos)
    )
    matter = a_matter(session, cast, clock.at)
    between = now(session).stamp.entry
    for record, title in ((shown, "可见的"), (hidden, "隐藏的"), (dropped, "去掉的"), (task, "任务"), (matter, "个案")):
        model = Matter if isinstance(record, Matter) else Item
        with atomic(session) as book:
            session.execute(sa.update(model).where(model.id == record.id).values(title_zh=f"{title}新名"))
            kind = model.__tablename__
            book.record(act="item.add", actor=cast.secretariat, subject=(kind, record.id), at=clock.advance(hours=1))
    session.rollback()
    return before, between


def told(reader: Visitor, path: str, since: str) -> str:
    """What the section of changes says."""
    return reader.text(f"{path}?since={since}").partition('id="since"')[2].partition('id="history"')[0]


@pytest.mark.parametrize(("path", "names"), [
    (LIST, ("可见的新名", "隐藏的新名")), (FIELD, ("可见的新名", "隐藏的新名")), (PAPER, ("任务新名",)), (CASE, ("个案新名",)),
])  # fmt: skip
def test_each_reader_is_told_what_he_may_see(
    anybody: Visitor, visit: Visit, changed: tuple[int, int], path: str, names: tuple[str, ...]
) -> None:
    before, between = changed
    officer = visit("ordos")
    assert 'id="since"' in officer.text(path)
    everything = told(officer, path, str(between))
    assert [name in everything for name in names] == [True] * len(names)
    assert "去掉的新名" not in everything, "an item of an earlier version alone"
    every = everything.partition('href="/differences?')[2].partition('"')[0].replace("&amp;", "&")
    assert every.startswith(f"from={between}&subject=")
    assert names[0] in officer.text(f"/differences?{every}")
    assert names[0] not in told(officer, path, f"{between}&known={between}")
    assert "新名" not in told(officer, path, f"{before}&known={between}"), "nothing that was recorded later"
    assert officer.get(f"{path}?since=yesterday").status_code == 422
    if path == CASE:  # which only members see
        assert anybody.get(f"{path}?since=0").status_code == 404
        return
    for since in (before, between):
        public = told(anybody, path, str(since))
        assert names[0] in public
        assert "隐藏" not in public
        assert "mxsmy-2026-02" not in public
        assert "内部大类" not in public
    assert "隐藏" not in anybody.text(f"/differences?{every}")


def test_a_frozen_page_of_a_field_tells_what_changed_since(
    anybody: Visitor, visit: Visit, changed: tuple[int, int], session: Session, cast: Cast, clock: Clock
) -> None:
    assert visit("wuhai").send("/snapshots/new", page=FIELD, level="public").status_code == 303
    shown = session.scalars(sa.select(Item).where(Item.number == "mxsmy-2026-01-001")).one()
    with atomic(session) as book:
        session.merge(shown).title_zh = "更后来的名"
        book.record(act="item.add", actor=cast.secretariat, subject=("item", shown.id), at=clock.advance(hours=1))
    assert "更后来的名" in anybody.text("/snapshots/snap-2026-0001")
