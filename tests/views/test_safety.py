"""Headers, CSRF tokens and guards, over every address that the application has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.app import STATIC, create_app
from registry.config import Config
from registry.ledger.verify import verify
from registry.models import Agreement
from registry.permissions import PERMISSIONS
from registry.views.guards import PUBLIC, SIGNED_IN
from tests.cast import Cast
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
NOT_ON_PAGES = {
    "file:store",
    "sealed:read",
    "register:init",
    "bundle:import",
    "calendar:load",
    "deadline:sweep",
    "policy:set",
}
"""Permissions of acts that have no page: file:store goes with other acts, the rest by command, import or reading."""


def test_every_address_says_who_may_come(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC or rule.endpoint == "style.style":  # made-up values, and in development only
            continue
        who = getattr(app.view_functions[rule.endpoint], "who_may", None)
        assert who, f"{rule} has no guard"
        assert who in ((PUBLIC,), (SIGNED_IN,)) or set(who) <= PERMISSIONS, f"{rule}: {who}"


def test_every_permission_opens_a_page(app: Flask) -> None:
    asked = {who for view in app.view_functions.values() for who in getattr(view, "who_may", ())}
    assert PERMISSIONS - asked == NOT_ON_PAGES


def test_forms_are_never_public_but_for_signing_in(app: Flask) -> None:
    writing = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    public = {rule.rule for rule in writing if app.view_functions[rule.endpoint].who_may == (PUBLIC,)}
    assert public == {"/sign-in", "/sign-out", "/begin"}


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/nothing-here", "/agreements?known=tomorrow", "/desk", "/static/theme.css", "/en/items"]
)
def test_strict_headers_everywhere(anybody: Visitor, path: str) -> None:
    answer = anybody.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert "Strict-Transport-Security" not in answer.headers
    assert len(answer.headers["X-Request-ID"]) == 32


def test_over_https_only(config: Config, cast: Cast) -> None:
    app = create_app(replace(config, secure_cookies=True))
    answer = app.test_client().get("/sign-in", base_url="https://register.test")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    cookie = answer.headers["Set-Cookie"]
    assert len(answer.headers.getlist("Set-Cookie")) == 1
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    app.extensions["engine"].dispose()


def test_a_form_from_another_site_is_not_carried_out(config: Config, cast: Cast, session: Session) -> None:
    app = create_app(replace(config, secure_cookies=True))
    visitor = Visitor(app)
    page = visitor.get("/sign-in", base_url="https://register.test").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = visitor.client.post(
        "/sign-in",
        base_url="https://register.test",
        headers={"Referer": "https://elsewhere.test/"},
        data={"csrf_token": token, "login": "wuhai", "password": "correct horse battery staple"},
    )
    assert answer.status_code == 400
    app.extensions["engine"].dispose()


def _forms(app: Flask) -> Iterator[str]:
    known = {
        "number": "mxsmy-2026-01", "act": 1, "trigger": "open", "login": "ordos", "grant_id": 1, "code": "mxsmy",
        "room": "agreements", "slug": "supervision", "version": 1, "kind": "agreement", "key": "mxsmy-2026-01", "party": "150600",
        "share_id": 1, "earlier": "mxsmy-2026-01-001", "decision": 1, "other": "mxsmy-2026-02", "mark": "none",
    }  # fmt: skip
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "POST" in (rule.methods or ()):
                values = {name: known[name] for name in rule.arguments}
                if rule.rule.startswith("/parties/"):
                    values["code"] = "150300"
                if rule.rule.startswith(("/consents/", "/corrections/")):
                    values["number"] = 1
                if rule.rule.startswith("/items/"):
                    values |= {"number": "mxsmy-2026-01-001"} | ({"trigger": "list"} if "trigger" in values else {})
                yield rule.build(values)[1]  # type: ignore[index]  # every argument is given


@pytest.mark.parametrize("login", ["wuhai", "administrator", "secretariat"])
@pytest.mark.parametrize("token", [{}, {"csrf_token": "forged"}])
def test_nothing_is_written_without_a_token(
    app: Flask, visit: Visit, agreement: Agreement, session: Session, login: str, token: dict[str, str]
) -> None:
    visitor = visit(login)
    before = verify(session).size
    session.rollback()
    tried = 0
    for path in _forms(app):
        answer = visitor.client.post(path, data=token)
        assert answer.status_code in (400, 403, 404, 409), (path, answer.status_code)
        tried += 1
    assert tried >= 20
    assert verify(session).size == before
    assert visitor.get("/desk").status_code == 200  # sign-out, too, asked for its token


def test_an_expired_token_keeps_what_was_typed(visit: Visit, agreement: Agreement) -> None:
    answer = visit("wuhai").client.post(
        "/agreements/mxsmy-2026-01/sign", data={"signer": "某甲乙丙", "csrf_token": "old"}
    )
    assert answer.status_code == 400
    assert 'value="某甲乙丙"' in answer.text
    assert "安全标记已过期" in answer.text


def test_the_language_is_part_of_the_address(anybody: Visitor) -> None:
    assert '<html lang="zh-Hans"' in anybody.text("/agreements")
    english = anybody.text("/en/agreements")
    assert '<html lang="en"' in english
    assert 'href="/en/items"' in english
    assert anybody.get("/agreements?lang=en&stage=ended").location == "/en/agreements?stage=ended"
    assert anybody.get("/en/agreements?lang=zh").location == "/agreements"
    assert anybody.get("/en//elsewhere.test?lang=zh").location in (None, "/elsewhere.test")


def test_too_large_a_request_is_told(visit: Visit, agreement: Agreement, app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    visitor = visit("wuhai")
    answer = visitor.client.post("/agreements/mxsmy-2026-01/sign", data={"signer": "x" * 2000})
    assert answer.status_code == 413


def test_a_fault_tells_nothing_of_itself(anybody: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("marked secret")

    monkeypatch.setattr("registry.views.claims.claim_list", broken)
    answer = anybody.get("/claims")
    assert answer.status_code == 500
    assert "marked secret" not in answer.text
    assert "系统出了差错" in answer.text


def test_a_failing_database_still_gets_an_answer(anybody: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr("registry.views.here.frame_of", broken)
    answer = anybody.get("/claims")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
