"""Frozen pages: who may make and read them, that later changes do not alter them, and that a file that was changed is not shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.addresses import Address
from registry.domain.frozen_html import content_of
from registry.errors import NotPermitted, Refused
from registry.files import FileStore
from registry.ledger import atomic
from registry.models import FrozenPage, Item
from registry.services.frozen_pages import FreezePage, freeze_page
from tests.cast import ACTORS, Cast, Clock
from tests.queries.world import World, a_report, the_world
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
OPEN, OURS, CLOSED = (f"/agreements/mxsmy-2026-0{n}" for n in (1, 2, 3))
MAY = {"officer_wuhai", "officer_ordos", "officer_outsider", "viewer", "secretariat"}


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    return the_world(session, cast, clock.at)


def frozen(visitor: Visitor, page: str, level: str = "public") -> str:
    """Freeze a page by the form; its number."""
    answer = visitor.send(f"/snapshots/new?page={page}", page=page, level=level)
    assert answer.status_code == 303, answer.text
    return str(answer.location).rpartition("/")[2]


def rename(session: Session, cast: Cast, clock: Clock, world: World) -> None:
    with atomic(session) as book:
        session.merge(world.open).title_zh = "后来的名称"
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", world.open.id), at=clock.at)


@pytest.mark.parametrize(
    "role",
    ACTORS,
)
def test_who_may_freeze(session: Session, cast: Cast, clock: Clock, config: object, role: str) -> None:
    store = FileStore(config.folder / "files")  # type: ignore[attr-defined]  # a Config
    actor = cast.actors[role]
    ask = FreezePage(Address.read("/items"), "zh", "事项", b"<p>", 3, "public")
    if role not in MAY:
        with pytest.raises(NotPermitted):
            freeze_page(session, actor, store, ask, at=clock.at)
        return
    first, second = (freeze_page(session, actor, store, ask, at=clock.at).number for _ in range(2))
    assert (first, second) == ("snap-2026-0001", "snap-2026-0002")
    with pytest.raises(NotPermitted):
        freeze_page(
            session,
            actor,
            store,
            FreezePage(ask.address, "zh", "x", b"x", 3, "parties", cast.yinchuan.code),
            at=clock.at,
        )
    with pytest.raises(Refused):
        freeze_page(session, actor, store, FreezePage(ask.address, "zh", "x", b"x", 3, "parties"), at=clock.at)


def test_later_changes_do_not_alter_it(
    anybody: Visitor, visit: Visit, world: World, session: Session, cast: Cast, clock: Clock
) -> None:
    number = frozen(visit("wuhai"), OPEN)
    assert number == "snap-2026-0001"
    before, file = anybody.text(f"/snapshots/{number}"), anybody.get(f"/snapshots/{number}.html")
    row = session.scalars(sa.select(FrozenPage)).one()
    assert hashlib.sha256(file.data).hexdigest() == row.sha256
    assert file.headers["Content-Disposition"] == f'attachment; filename="{number}.html"'
    for each in (row.sha256, number, "示例合作框架协议", f'data-stamp="{number}'):
        assert each in before
    session.rollback()
    clock.advance(hours=1)
    rename(session, cast, clock, world)
    after = anybody.text(f"/snapshots/{number}")
    article = re.compile(r"<article.*?</article>", re.S)
    assert article.findall(after) == article.findall(before)
    assert "后来的名称" in after  # what changed since
    assert anybody.get(f"/snapshots/{number}.html").data == file.data
    assert "后来的名称" in anybody.text(OPEN)


def test_what_is_kept_asks_and_sends_nothing(visit: Visit, anybody: Visitor, world: World) -> None:
    number = frozen(visit("wuhai"), OPEN)
    kept = content_of(anybody.get(f"/snapshots/{number}.html").data)
    assert not re.findall(r"<(?:form|button|input|script|select)|csrf|data-href", kept)
    assert "/desk" not in kept
    assert kept.count("<h1") == 1


def test_a_file_that_was_changed_is_not_shown(
    app: Flask, visit: Visit, anybody: Visitor, world: World, session: Session
) -> None:
    number = frozen(visit("wuhai"), OPEN)
    sha256 = session.scalars(sa.select(FrozenPage.sha256)).one()
    session.rollback()
    path = FileStore(app.extensions["config"].folder / "files").path(sha256)
    for spoil in (lambda: path.write_bytes(path.read_bytes().replace(b"2026", b"2062", 1)), path.unlink):
        spoil()
        answer = anybody.get(f"/snapshots/{number}")
        assert answer.status_code == 409
        assert "不符" in answer.text
        assert "示例合作框架协议</h1>" not in answer.text.partition("notice")[2]
        assert anybody.get(f"/snapshots/{number}.html").status_code == 404


def test_each_is_read_by_whom_it_is_for(
    app: Flask, visit: Visit, world: World, session: Session, cast: Cast, clock: Clock
) -> None:
    """A page of the party is seen by its readers and auditors, and shows nothing under seal even to them."""
    item = session.scalars(sa.select(Item).where(Item.number == "mxsmy-2026-02-001")).one()
    a_report(session, cast, clock.at, item, cast.ordos, "本方的秘密MARK")
    public = frozen(visit("ordos"), OPEN)
    ours = frozen(visit("ordos"), "/items/mxsmy-2026-02-001", "parties")
    sees = {"ordos": True, "viewer": True, "auditor": True, "wuhai": False, "secretariat": False, "yulin": False}
    for login, may in sees.items():
        assert visit(login).get(f"/snapshots/{ours}").status_code == (200 if may else 404), login
        assert visit(login).get(f"/snapshots/{ours}.html").status_code == (200 if may else 404), login
        assert (ours in visit(login).text("/snapshots")) == may
        assert visit(login).get(f"/snapshots/{public}").status_code == 200
    assert Visitor(app).get(f"/snapshots/{ours}").status_code == 404
    assert "MARK" in visit("ordos").text("/items/mxsmy-2026-02-001")
    assert "MARK" not in visit("ordos").get(f"/snapshots/{ours}.html").text


@pytest.mark.parametrize(
    ("page", "level"),
    [
        (OURS, "public"),
        (CLOSED, "parties"),
        ("/agreements/x-2026-99", "public"),
        ("/desk", "public"),
        (f"{OPEN}/sign", "public"),
    ],
)
def test_what_such_a_reader_may_not_see_is_not_frozen(visit: Visit, world: World, page: str, level: str) -> None:
    answer = visit("ordos").send("/snapshots/new", page=page, level=level)
    assert answer.status_code == 422
    assert visit("ordos").get("/snapshots/snap-2026-0001").status_code == 404


def test_a_record_that_was_narrowed_since_closes_its_frozen_pages(
    anybody: Visitor, visit: Visit, world: World, session: Session, cast: Cast, clock: Clock
) -> None:
    number = frozen(visit("wuhai"), OPEN)
    assert anybody.get(f"/snapshots/{number}").status_code == 200
    with atomic(session) as book:
        session.merge(world.open).level = "members"
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", world.open.id), at=clock.at)
    for path in (f"/snapshots/{number}", f"/snapshots/{number}.html"):
        assert anybody.get(path).status_code == 404
    assert number not in anybody.text("/snapshots")
    assert visit("ordos").get(f"/snapshots/{number}").status_code == 200


def test_a_page_in_english_is_frozen_in_english(visit: Visit, anybody: Visitor, world: World) -> None:
    answer = visit("wuhai").send("/en/snapshots/new", page=OPEN, level="public")
    assert answer.status_code == 303
    page = anybody.text("/snapshots/snap-2026-0001")
    assert '<article class="frozen" lang="en"' in page
    assert "/en/parties/150300" in page
