"""Every address × role × own, other and no party: what is open, what is forbidden, what is not to be found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.addresses import RECORDS
from registry.models import Agreement
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import now
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
A, I = "/agreements/mxsmy-2026-01", "/items/mxsmy-2026-01-001"  # noqa: E741  # I: the item's address
EVERYBODY = ("wuhai", "ordos", "yulin", "viewer", "auditor", "secretariat", "administrator", "nobody")
"""Officers of the host, of a party and of a city outside; a viewer of a party; the three offices; nobody."""
MEMBERS = frozenset({"wuhai", "ordos", "viewer", "auditor", "secretariat"})
"""Who sees an agreement at level members."""
OFFICERS = frozenset({"wuhai", "ordos"})
KEEPERS = frozenset({"wuhai", "secretariat"})

OPEN = {
    **dict.fromkeys(
        ("/", "/agreements", "/items", "/matters", "/parties", "/groupings", "/meetings", "/documents", "/claims"),
        frozenset(EVERYBODY),
    ),
    **dict.fromkeys(
        ("/parties/150300", "/groupings/mxsmy", "/sign-in", "/begin", "/parties/150300/history"), frozenset(EVERYBODY)
    ),
    **dict.fromkeys((A, I, f"{A}/history", f"{I}/history"), MEMBERS),
    **dict.fromkeys(("/alerts", "/corrections"), frozenset(EVERYBODY)),
    **dict.fromkeys((f"{A}/correct", f"{I}/correct", "/groupings/mxsmy/correct"), OFFICERS | KEEPERS),
    **dict.fromkeys(("/desk", "/people/password"), frozenset(EVERYBODY) - {"nobody"}),
    **dict.fromkeys((f"{A}/text", f"{A}/step/draft", f"{A}/step/open", f"{A}/step/abandon"), KEEPERS),
    **dict.fromkeys((f"{A}/sign", f"{A}/decline", f"{I}/report", f"{I}/release"), OFFICERS),
    f"{A}/acts/new?kind=ratification": OFFICERS,
    **dict.fromkeys((f"{A}/acts.csv", f"{A}/texts", f"{A}/what-if"), MEMBERS),
    **dict.fromkeys((f"{A}/acts/import", f"{A}/texts/amend", f"{A}/texts/1/clause", f"{A}/relations/add"), KEEPERS),
    f"{A}/texts/1/files": KEEPERS,
    f"{A}/texts/1/custody": OFFICERS,
    f"{A}/texts/check": MEMBERS,
    **dict.fromkeys((f"{A}/items/new", f"{I}/evidence", f"{I}/mechanism"), OFFICERS | KEEPERS),
    **dict.fromkeys((f"{I}/step/list", f"{I}/step/merge", f"{I}/propose/terminate"), KEEPERS),
    "/consents": OFFICERS | {"yulin"},
    **dict.fromkeys(
        ("/procedures", "/procedures/cooperation-item/2", "/procedures/cooperation-item/2/simulate"),
        frozenset(EVERYBODY),
    ),
    **dict.fromkeys(("/procedures/check", "/procedures/new"), OFFICERS | {"yulin", "secretariat", "administrator"}),
    **dict.fromkeys(
        (f"/procedures/cooperation-item/2/{act}" for act in ("publish", "retire")),
        frozenset({"administrator"}),
    ),
    **dict.fromkeys(("/matters/new", "/matters/new/supervision"), OFFICERS | {"yulin", "secretariat"}),
    "/agreements/new": {"secretariat"},
    **dict.fromkeys(("/documents/new", "/meetings/new"), OFFICERS | {"yulin", "secretariat"}),
    **dict.fromkeys(("/parties/new", "/groupings/new", "/groupings/mxsmy/members/new"), frozenset({"secretariat"})),
    **dict.fromkeys(
        (
            *(f"/parties/150300/{act}" for act in ("alter", "merge", "split", "end", "aliases/new")),
            *(f"/groupings/mxsmy/{part}" for part in ("aliases/new", "members/150600/end", "members/150600/role")),
            "/same/party/150300",
        ),
        frozenset({"secretariat"}),
    ),
    f"{I}/lead": OFFICERS | KEEPERS,
    **dict.fromkeys(
        ("/people", "/people/new", "/people/ordos/grant", "/people/ordos/reset", "/people/ordos/grants/2/end"),
        frozenset({"administrator"}),
    ),
    "/history.csv?from=2026-01-01&until=2026-12-31": {"auditor"},
    **dict.fromkeys(
        (
            *(
                "/policies/lamps",
                "/snapshots",
                "/lists",
                "/fields",
                "/search",
                "/feed.atom",
                "/calendar.ics",
                "/pictures/cities.csv",
            ),
            *("/items.csv", "/agreements.csv", "/parties.csv", "/parties/150300.csv", "/groupings/mxsmy.csv"),
            *("/documents.csv", "/matters.csv", "/claims.csv"),
            *(f"/parties/150300/{part}" for part in ("calendar.ics", "feed.atom", "package")),
        ),
        frozenset(EVERYBODY),
    ),
    **dict.fromkeys(
        (f"{A}/matrix", f"{A}.csv", f"{I}.csv", f"{A}/acts.xlsx", f"{A}/matrix.csv", f"{A}/feed.atom"), MEMBERS
    ),
    **dict.fromkeys((f"{I}/observation", f"{I}/annul-observation", f"{I}/join", f"{I}/opt-out"), OFFICERS),
    **dict.fromkeys((f"{I}/target", f"{I}/lane", f"{I}/lineage/link"), OFFICERS | KEEPERS),
    **dict.fromkeys((f"{I}/lamp", f"{I}/lamp-restore"), KEEPERS),
    "/lists/new": OFFICERS | {"yulin", "secretariat"},
    **dict.fromkeys(
        ("/shares", "/shares/new", "/snapshots/new?page=/items"), OFFICERS | {"yulin", "viewer", "secretariat"}
    ),
    "/differences?from=0": frozenset(EVERYBODY),
    "/differences.csv?from=0": frozenset(EVERYBODY) - {"nobody"},
}
"""Address → who gets it; everybody else is answered as `_refusal` says."""


@pytest.fixture
def item(agreement: Agreement, session: Session, cast: Cast, clock: Clock) -> object:
    """An item led by 乌海, joined by 鄂尔多斯, under the agreement of three cities that members see."""
    return an_item(session, cast, clock.at, agreement)


@pytest.mark.parametrize("login", EVERYBODY)
def test_who_gets_which_page(app: Flask, visit: Visit, item: object, login: str) -> None:
    visitor = Visitor(app) if login == "nobody" else visit(login)
    found = {path: visitor.get(path).status_code for path in OPEN}
    assert found == {path: 200 if login in who else _refusal(path, login) for path, who in OPEN.items()}


def _refusal(path: str, login: str) -> int:
    """303 to the sign-in page; 403 where the role is missing, or the scope on a record that is seen; else 404."""
    record = path.startswith((A, I))
    form = path not in (A, I) and not path.endswith(
        ("/history", ".csv", ".xlsx", ".atom", "/texts", "/what-if", "/matrix")
    )
    if login == "nobody":
        return 303 if form or not record else 404
    if not record or login in MEMBERS:
        return 403
    if login == "administrator" and form and not path.endswith("/check"):  # which asks for no role
        return 403
    return 404


def test_every_address_is_declared(app: Flask) -> None:
    declared = {path.partition("?")[0] for path in OPEN}
    elsewhere = {"/sign-out", "/style", "/files/<sha256>", "/procedures/<slug>/<int:version>/migrate"}
    acts = {
        "/consents/<int:number>",
        "/consents/<int:number>/withdraw",
        "/agreements/<number>/acts/<int:act>/answer",
        "/agreements/<number>/acts/<int:act>/annul",
        "/same/<kind>/<key>/<int:decision>/undo",
        "/corrections/<int:number>/object",
        "/corrections/<int:number>/withdraw",
        "/alerts/<mark>/answer",
        "/agreements/<number>/relations/<kind>/<other>/end",
        "/people/language",
        "/shares/<int:share_id>/revoke",
        "/snapshots/<number>",
        "/snapshots/<number>.html",
        "/lists/<number>",
        "/lists/<number>/adopt",
        "/items/<number>/lineage/<earlier>/unlink",
        "/fields/<path:name>",
        "/fields/<name>/feed.atom",
        "/parties/<code>/package.zip",
        "/lists/<key>.<any(csv, xlsx, docx, pdf):form>",
        "/meetings/<key>.<any(csv, xlsx, docx, pdf):form>",
        "/documents/<key>.<any(csv, xlsx, docx, pdf):form>",
        "/matters/<key>.<any(csv, xlsx, docx, pdf):form>",
        "/pictures/<any(cities, fields, calendar, partners, matrix, flow, timeline, targets):name>.svg",
    }  # tests/views/test_consents.py, test_signature.py, test_corrections.py, test_alerts.py, test_party_acts.py, test_texts.py
    missing = []
    for rule in app.url_map.iter_rules():
        if rule.rule in elsewhere | acts or rule.rule.startswith(("/static", "/bootstrap")):
            continue
        adapter = app.url_map.bind("localhost")
        if not any(_leads_to(adapter, path, rule.endpoint) for path in declared) and rule.rule not in UNUSED:
            missing.append(rule.rule)
    assert missing == []


UNUSED = {
    "/meetings/<number>",
    "/documents/<number>",
    "/matters/<number>",
    "/matters/<number>/step/<trigger>",
    "/matters/<number>/evidence",
    "/matters/<number>/commitments/new",
    "/matters/<number>/commitments/<code>/item",
}
"""Pages of records that the cast has none of: read on the bundled register, and in tests/views/test_matters.py."""


def _leads_to(adapter, path: str, endpoint: str) -> bool:  # type: ignore[no-untyped-def]  # a MapAdapter
    return bool(adapter.test(path, method="GET") and adapter.match(path, method="GET")[0] == endpoint)


@pytest.mark.parametrize("level", ["members", "parties"])
def test_what_one_may_not_see_is_not_found_and_not_counted(
    app: Flask, visit: Visit, session: Session, cast: Cast, clock: Clock, level: str
) -> None:
    agreement = an_agreement(session, cast, clock.at, parties=[cast.wuhai, cast.yinchuan], level=level)
    an_item(session, cast, clock.at, agreement)
    sees = {"wuhai", "auditor"} | ({"ordos", "viewer", "secretariat"} if level == "members" else set())
    for login in EVERYBODY:
        visitor = Visitor(app) if login == "nobody" else visit(login)
        expected = 200 if login in sees else 404
        known = now(session).stamp.entry
        for path in (A, I, f"{A}/history", f"{A}?known={known}"):
            assert visitor.get(path).status_code == expected, (login, path)
        for path in ("/", "/agreements", "/items", "/parties/150300", "/groupings/mxsmy"):
            assert ("示例合作框架协议" in visitor.text(path)) is (login in sees), (login, path)


@pytest.mark.parametrize("room", RECORDS)
def test_no_record_no_page(anybody: Visitor, room: str) -> None:
    assert anybody.get(f"/{room}/x-0000-99/history").status_code == 404
    assert anybody.get(f"/{room}/x-0000-99").status_code == 404


@pytest.mark.parametrize("sha256", ["0" * 64, "nothing", "..%2f..%2fsecret_key", hashlib.sha256(b"").hexdigest()])
def test_no_file_without_a_record(visit: Visit, sha256: str) -> None:
    assert visit("auditor").get(f"/files/{sha256}").status_code == 404


def test_next_steps_say_why_not_to_everybody_who_sees_the_record(visit: Visit, item: object) -> None:
    page = visit("viewer").text(I)
    assert "尚不能办" in page
    assert "可由谁满足" in page
    assert "由谁办理" in page
    assert "办理</a>" not in page
    assert "您的角色不能办理这一步" not in page


def test_who_may_take_the_next_step_is_said_to_who_may_not(visit: Visit, item: object) -> None:
    page = visit("viewer").text(A)
    assert "条件已具备" in page
    assert "签署方联络员" in page
    assert "办理</a>" not in page


def test_what_the_register_does_by_itself_is_offered_to_nobody(
    visit: Visit, session: Session, cast: Cast, clock: Clock
) -> None:
    signed = an_agreement(session, cast, clock.at, number="mxsmy-2026-07", state="signed", stage="concluded")
    page = visit("wuhai").text(f"/agreements/{signed.number}")
    assert "come_into_force" not in page
    assert "无路可走" not in page
    assert f"/agreements/{signed.number}/propose/enter_into_force" in page


def test_an_officer_finds_the_forms_on_the_pages(visit: Visit, item: object) -> None:
    officer = visit("wuhai")
    for path, links in ((A, (f"{A}/sign", f"{A}/decline", f"{A}/items/new")), (I, (f"{I}/report", f"{I}/step/list"))):
        page = officer.text(path)
        assert all(f'href="{link}"' in page for link in links), path
    assert f'href="{A}/step/abandon"' in visit("secretariat").text(A)
    assert f'href="{A}/step/abandon"' not in visit("ordos").text(A)
    assert 'href="/en/items/mxsmy-2026-01-001/report"' in officer.text(f"/en{I}")


def test_the_past_offers_nothing_to_do(visit: Visit, item: object) -> None:
    page = visit("wuhai").text(f"{A}?known=2026-03-02")
    assert "这是过去的样子" in page
    assert f"{A}/sign" not in page


@pytest.mark.parametrize("path", ["/agreements", A, "/items", "/"])
@pytest.mark.parametrize("known", ["yesterday", "999999", "2026-13-01", "-1", "1e3", "２０２６"])
def test_a_moment_that_cannot_be_is_told_and_kept(visit: Visit, item: object, path: str, known: str) -> None:
    answer = visit("wuhai").get(path, query_string={"known": known})
    assert answer.status_code == 422
    assert f'value="{known}"' in answer.text
    assert 'id="known-error"' in answer.text


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=-1", "page=" + "9" * 40])
def test_a_page_number_that_cannot_be_is_told(anybody: Visitor, query: str) -> None:
    assert anybody.get(f"/items?{query}").status_code == 422
    assert anybody.get("/items?page=7&state=&stage=nothing").status_code == 200
