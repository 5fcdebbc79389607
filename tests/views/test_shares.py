"""Share links on pages: what they open, for whom, how they end, and that they lead and tell no further."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Grant, Person, ShareVisit
from registry.services.people import end_grant
from registry.services.shares import MakeShare, make_share, revoke_share
from registry.views.guards import PUBLIC
from registry.views.shares import PAGES
from tests.cast import Cast, Clock
from tests.queries.world import World, the_world
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
OURS, CLOSED = "/agreements/mxsmy-2026-02", "/agreements/mxsmy-2026-03"
CHOSEN = ("/items?agreement=mxsmy-2026-02", OURS, CLOSED, "/parties/150600", "/items")


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    return the_world(session, cast, clock.at)


@pytest.fixture
def root(session: Session, world: World, cast: Cast, clock: Clock) -> str:
    """The address of a link that the viewer of 鄂尔多斯 made: a member of the grouping, no party of the closed agreement."""
    return f"/s/{make_share(session, cast.viewer, MakeShare('七月会议', CHOSEN[:4]), at=clock.at).token}"


def test_pages_to_share_are_public_pages(app: Flask) -> None:
    """A record or a list, read without a form; every name is that of a view."""
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there >= PAGES, PAGES - there
    for rule in (rule for rule in app.url_map.iter_rules() if rule.endpoint in PAGES):
        assert app.view_functions[rule.endpoint].who_may == (PUBLIC,), rule
        assert "." not in rule.rule.rpartition("/")[2], rule
        assert not {"POST"} & (rule.methods or set()), rule


def test_a_link_opens_its_pages_as_its_makers_party_reads_them(anybody: Visitor, root: str) -> None:
    listed = anybody.text(root)
    assert "七月会议" in listed
    assert CLOSED not in listed  # nor is it told that there is one
    assert anybody.get(OURS).status_code == 404
    assert "示例合作框架协议" in anybody.text(root + OURS)
    assert "mxsmy-2026-02-001" in anybody.text(f"{root}/items?agreement=mxsmy-2026-02&stage=intent")
    assert "示例合作框架协议" in anybody.text(f"{root}/en{OURS}")
    assert '<html lang="en"' in anybody.text(f"{root}/en/")


@pytest.mark.parametrize(
    "path",
    [
        CLOSED, "/agreements/mxsmy-2026-01", "/items", "/items?agreement=mxsmy-2026-01", "/items/mxsmy-2026-02-001", "/desk",
        f"{OURS}?known=1", f"{OURS}?on=2020-01-01", f"{OURS}/history", f"{OURS}/acts.csv", f"{OURS}/texts", f"{OURS}/sign", "/history.csv",
        "/agreements/new", "/static/theme.css", "/differences?from=0", "/shares", "/snapshots", "/sign-in", "/people", "/files/" + "a" * 64,
    ],
)  # fmt: skip
def test_it_opens_nothing_else(anybody: Visitor, root: str, path: str) -> None:
    for prefix in (root, f"{root}/en"):
        assert anybody.get(prefix + path).status_code == 404, path
    assert anybody.client.post(root + path.partition("?")[0]).status_code in (400, 404)


def test_it_opens_no_more_to_who_is_signed_in(visit: Visit, root: str) -> None:
    """A signed-in browser reads through a link what everybody reads through it, without its own name and forms."""
    page = visit("wuhai").text(root + OURS)
    assert "csrf_token" not in page
    assert "/desk" not in page
    assert visit("wuhai").get(root + CLOSED).status_code == 404
    assert visit("wuhai").get(CLOSED).status_code == 200


def test_its_links_lead_to_chosen_pages_inside_and_to_others_in_the_open(anybody: Visitor, root: str) -> None:
    for prefix in ("", "/en"):
        page = anybody.text(f"{root}{prefix}{OURS}")
        links = set(re.findall(r'(?:href|src|action)="([^"]*)"', page))
        inside = {link.removeprefix(root) for link in links if link.startswith(root)}
        assert inside, prefix
        assert all(anybody.get(root + link).status_code == 200 for link in inside)
        assert f"{root}{prefix}/parties/150600" in links
        assert f"{prefix}/parties/150300" in links  # not chosen: the plain public address
        assert any(link.startswith(f"{prefix}/static/theme.css") for link in links)


def test_nobody_indexes_keeps_or_passes_on(anybody: Visitor, root: str) -> None:
    for path, status in ((OURS, 200), ("", 200), ("/desk", 404), ("/en" + OURS, 200)):
        answer = anybody.get(root + path)
        assert answer.status_code == status
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert not {"ETag", "Set-Cookie"} & set(answer.headers.keys())
        assert ('name="robots" content="noindex, nofollow"' in answer.text) == (status == 200 or path == "/desk")
    assert "X-Robots-Tag" not in anybody.get("/agreements").headers


def test_a_page_says_who_shared_it_and_until_when(anybody: Visitor, root: str) -> None:
    html = anybody.text(root + OURS)
    page = re.sub(r"<[^>]*>", "", html)
    assert "鄂尔多斯市 viewer of a test 分享，有效至 2026-03-16 09:00。只读。" in page
    assert "赵六" not in page
    assert "截至 2026-03-02" in page
    assert root.removeprefix("/s/") not in re.sub(r'(href|action)="[^"]*"', "", html)


def test_visits_are_counted_and_bots_are_not(anybody: Visitor, visit: Visit, root: str, session: Session) -> None:
    for path in (OURS, OURS, "", "/desk"):
        anybody.get(root + path)
    anybody.client.head(root + OURS).close()
    session.rollback()
    assert session.scalars(sa.select(ShareVisit.count)).all() == [3]
    assert re.search(r'<td class="num">\s*3\s*</td>', visit("viewer").text("/shares"))


def _revoked(session: Session, cast: Cast, clock: Clock) -> None:
    revoke_share(session, cast.officer_ordos, 1, at=clock.at)


def _expired(session: Session, cast: Cast, clock: Clock) -> None:
    clock.advance(days=14)


def _grant_ended(session: Session, cast: Cast, clock: Clock) -> None:
    grant = session.scalars(sa.select(Grant.id).where(Grant.person_id == cast.viewer.person_id)).one()
    end_grant(session, cast.administrator, grant, at=clock.at)
    clock.advance(seconds=1)


def _deactivated(session: Session, cast: Cast, clock: Clock) -> None:
    with atomic(session) as book:
        session.get_one(Person, cast.viewer.person_id).active = False
        book.record(
            act="person.reset", actor=cast.administrator, subject=("person", cast.viewer.person_id or 0), at=clock.at
        )


@pytest.mark.parametrize(
    ("ends", "says"),
    [(_revoked, "撤回"), (_expired, "到期"), (_grant_ended, "不再担任"), (_deactivated, "不再担任")],
)
def test_a_link_ends(
    anybody: Visitor, root: str, session: Session, cast: Cast, clock: Clock, ends: Callable[..., None], says: str
) -> None:
    assert anybody.get(root + OURS).status_code == 200
    ends(session, cast, clock)
    for path in (OURS, "", "/desk"):
        answer = anybody.get(root + path)
        assert answer.status_code == 410, path
        assert says in answer.text
        assert "示例合作" not in answer.text
    assert anybody.get("/s/unknown").status_code == anybody.get("/s/unknown" + OURS).status_code == 404


def test_a_link_shows_what_its_makers_party_may_read_today(
    anybody: Visitor, root: str, session: Session, world: World, cast: Cast, clock: Clock
) -> None:
    with atomic(session) as book:
        session.merge(world.ours).level = "parties"
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", world.ours.id), at=clock.at)
    assert anybody.get(root + OURS).status_code == 200  # 鄂尔多斯 is a party of it
    with atomic(session) as book:
        session.merge(world.ours).stage = "preparation"
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", world.ours.id), at=clock.at)
    assert anybody.get(root + OURS).status_code == 404  # a draft
    assert OURS not in anybody.text(root)


def test_making_and_revoking_by_the_pages(app: Flask, visit: Visit, world: World, clock: Clock) -> None:
    viewer = visit("viewer")
    assert "/shares/new?page=%2Fagreements%2Fmxsmy-2026-02" in viewer.get(OURS).text
    assert "/shares/new" not in Visitor(app).get("/agreements").text
    assert OURS in viewer.text(f"/shares/new?page={OURS}")
    wrong = viewer.send("/shares/new", label="x", pages="/desk", days="14")
    assert wrong.status_code == 422
    assert "不是可以分享" in wrong.text
    made = viewer.send("/shares/new", label="七月会议", pages=f"http://localhost{OURS}\n", days="3")
    assert made.status_code == 200
    link = re.search(r"http://localhost(/s/[\w-]{27,})", made.text)
    assert link
    assert made.headers["Cache-Control"] == "private, no-store"
    assert Visitor(app).get(link[1] + OURS).status_code == 200
    listed = viewer.text("/shares")
    assert "七月会议" in listed
    assert link[1] not in listed
    assert visit("wuhai").get("/shares/1/revoke").status_code == 404
    assert viewer.send("/shares/1/revoke").status_code == 303
    assert "已撤回" in viewer.text("/shares")
    clock.advance(seconds=1)
    assert Visitor(app).get(link[1] + OURS).status_code == 410


def test_a_count_that_fails_fails_no_read(anybody: Visitor, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.views.shares.count_visit", lambda *args: False)
    assert anybody.get(root + OURS).status_code == 200
