"""Signing in and out, lock-out, sessions that end, and the first administrator."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Grant, Person, Register, SignInFailure
from registry.permissions import the_register
from registry.services.people import digest
from tests.cast import PASSWORD, Cast, Clock
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]


def test_signing_in_leads_to_the_desk_and_out_again(anybody: Visitor) -> None:
    answer = anybody.send("/sign-in", login="wuhai", password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/desk")
    assert "officer of a test" in anybody.text("/")
    assert anybody.client.post("/sign-out", data={"csrf_token": anybody.token("/")}).status_code == 303
    assert "officer of a test" not in anybody.text("/")


def test_the_session_is_a_new_one_after_signing_in(anybody: Visitor) -> None:
    anybody.get("/sign-in")
    with anybody.client.session_transaction() as before:
        before["planted"] = "by somebody else"
        token = before["csrf_token"]
    anybody.sign_in("wuhai")
    anybody.get("/people/password")
    with anybody.client.session_transaction() as after:
        assert "planted" not in after
        assert after["csrf_token"] != token


def test_a_signed_out_session_holds_nothing(visit: Visit) -> None:
    visitor = visit("wuhai")
    visitor.client.post("/sign-out", data={"csrf_token": visitor.token("/")})
    with visitor.client.session_transaction() as left:
        assert "_user_id" not in left


def test_back_to_the_page_that_asked(anybody: Visitor) -> None:
    asked = anybody.get("/people/password")
    assert (asked.status_code, asked.location) == (303, "/sign-in?next=/people/password")
    assert anybody.send(asked.location, login="wuhai", password=PASSWORD).location == "/people/password"


@pytest.mark.parametrize(
    "elsewhere", ["https://example.org/", "//example.org", "/\\example.org", "javascript:1", "/a\nb", ""]
)
def test_never_to_another_site(anybody: Visitor, elsewhere: str) -> None:
    answer = anybody.client.post(
        "/sign-in",
        query_string={"next": elsewhere},
        data={"csrf_token": anybody.token("/sign-in"), "login": "wuhai", "password": PASSWORD},
    )
    assert answer.location == "/desk"


def test_unknown_names_and_wrong_passwords_get_one_answer(anybody: Visitor) -> None:
    answers = [anybody.send("/sign-in", login=login, password="not the one") for login in ("wuhai", "nobody")]
    assert [answer.status_code for answer in answers] == [403, 403]
    first, second = (answer.text.replace("wuhai", "nobody") for answer in answers)
    assert _without_token(first) == _without_token(second)
    assert "not the one" not in first


@pytest.mark.parametrize("login", ["wuhai", "nobody"])
def test_five_failures_lock_the_name_for_a_while(anybody: Visitor, clock: Clock, session: Session, login: str) -> None:
    for _ in range(5):
        anybody.send("/sign-in", login=login, password="wrong wrong")
    locked = anybody.send("/sign-in", login=login, password=PASSWORD)
    assert locked.status_code == 403
    assert "15" in locked.text
    assert session.query(SignInFailure).count() == 1
    clock.advance(minutes=16)
    assert anybody.send("/sign-in", login=login, password=PASSWORD).status_code == (303 if login == "wuhai" else 403)


def test_a_changed_password_ends_every_other_session(visit: Visit, app: Flask) -> None:
    here, elsewhere = visit("wuhai"), visit("wuhai")
    answer = here.send("/people/password", old=PASSWORD, new="a new long password", again="a new long password")
    assert answer.status_code == 303
    assert here.get("/desk").status_code == 200
    assert elsewhere.get("/desk").status_code == 303
    Visitor(app).sign_in("wuhai", "a new long password")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"old": "not the old one", "new": "long enough now", "again": "long enough now"}, "old-error"),
        ({"old": PASSWORD, "new": "tooshort", "again": "tooshort"}, "new-error"),
        ({"old": PASSWORD, "new": "long enough now", "again": "another one"}, "again-error"),
    ],
)
def test_a_password_that_cannot_be(visit: Visit, fields: dict[str, str], words: str) -> None:
    answer = visit("wuhai").send("/people/password", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert not any(value in answer.text for value in fields.values())


def test_an_ended_account_is_signed_out(visit: Visit, session: Session, cast: Cast, clock: Clock) -> None:
    visitor = visit("ordos")
    with atomic(session) as book:
        person = session.query(Person).filter_by(login="ordos").one()
        person.active = False
        book.record(act="person.reset", actor=the_register("command"), subject=("person", person.id), at=clock.at)
    assert visitor.get("/desk").status_code == 303


def test_an_ended_role_ends_at_once(visit: Visit, session: Session, clock: Clock, agreement: object) -> None:
    visitor = visit("ordos")
    assert visitor.get("/agreements/mxsmy-2026-01").status_code == 200
    with atomic(session) as book:
        grant = session.query(Grant).join(Person, Person.id == Grant.person_id).filter(Person.login == "ordos").one()
        grant.until = clock.at
        book.record(act="grant.end", actor=the_register("command"), subject=("person", grant.person_id), at=clock.at)
    assert visitor.get("/agreements/mxsmy-2026-01").status_code == 404


def test_a_stolen_cookie_does_not_hold_in_another_browser(visit: Visit, app: Flask) -> None:
    cookie = visit("wuhai").client.get_cookie("register")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("register", cookie.value)
    assert thief.get("/desk", headers={"User-Agent": "another browser"}).status_code == 303


def test_a_session_ends_after_twelve_hours(visit: Visit, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = visit("wuhai")
    import itsdangerous.timed

    now = itsdangerous.timed.time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + 12 * 3600 + 5)
    assert visitor.get("/desk").status_code == 303


def test_the_token_makes_one_administrator(app: Flask, session: Session, cast: Cast, clock: Clock) -> None:
    with atomic(session) as book:
        session.get_one(Register, 1).admin_token = digest("one-time")
        book.record(act="register.init", actor=the_register("command"), subject=("register", 1), at=clock.at)
    fields = {"login": "first", "name": "某某", "post": "系统管理员", "password": "a long password"}
    visitor = Visitor(app)
    wrong = visitor.send("/begin", token="guess", **fields)
    assert wrong.status_code == 422
    assert "token-error" in wrong.text
    assert visitor.send("/begin", token="one-time", **fields).location == "/people"
    assert "first" in visitor.text("/people")
    assert Visitor(app).send("/begin", token="one-time", **{**fields, "login": "second"}).status_code == 422


def _without_token(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf_token" not in line)


def test_the_language_of_a_person(visit: Visit, app: Flask) -> None:
    here = visit("wuhai")
    sent = {"csrf_token": here.token("/desk"), "language": "en"}
    answer = here.client.post("/people/language", data=sent)
    assert (answer.status_code, answer.location) == (303, "/en/desk")
    again = Visitor(app).send("/sign-in", login="wuhai", password=PASSWORD)
    assert again.location == "/en/desk"
    assert here.client.post("/people/language", data={"language": "zh"}).status_code == 400
