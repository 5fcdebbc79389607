"""Every address says who may come, and every role is held to it."""

import dataclasses
from collections.abc import Iterator
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, Rule
from werkzeug.routing.converters import NumberConverter

from registry.app import ROOMS, create_app
from registry.config import Config
from registry.permissions import PERMISSIONS, ROLE_GRANTS
from registry.views.guards import PUBLIC, SIGNED_IN
from tests.cast import PASSWORD, Cast, Clock, an_agreement

ROLES = (
    "officer_wuhai",
    "officer_ordos",
    "officer_outsider",
    "viewer",
    "auditor",
    "secretariat",
    "administrator",
    "nobody",
)
LOGINS = {"officer_wuhai": "wuhai", "officer_ordos": "ordos", "officer_outsider": "yulin"}
"""Where the account is not named after the role."""


@pytest.fixture
def app(config: Config, engine: sa.Engine, clock: Clock) -> Iterator[Flask]:
    app = create_app(dataclasses.replace(config, development=False))
    app.config["CLOCK"] = lambda: clock.at
    yield app
    app.extensions["engine"].dispose()


def rules(app: Flask) -> list[Rule]:
    """Every address but the static files."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.rpartition(".")[2] != "static"]


def test_every_view_has_exactly_one_guard(app: Flask) -> None:
    declared = {rule.endpoint: getattr(app.view_functions[rule.endpoint], "who_may", ()) for rule in rules(app)}
    assert {name for name, who in declared.items() if not who} == set()
    for name, who in declared.items():
        assert set(who) <= PERMISSIONS or who in ((PUBLIC,), (SIGNED_IN,)), name


def test_every_room_has_addresses(app: Flask) -> None:
    served = {rule.endpoint.partition(".")[0] for rule in rules(app)}
    assert {room.blueprint.name for room in ROOMS} <= served


def test_a_write_is_never_public_but_to_sign_in(app: Flask) -> None:
    writes = {rule.endpoint for rule in rules(app) if rule.methods - {"GET", "HEAD", "OPTIONS"}}
    public = {name for name in writes if app.view_functions[name].who_may == (PUBLIC,)}
    assert public <= {"sign_in.enter", "sign_in.begin", "sign_in.leave"}


def filled(rule: Rule) -> str:
    """An address of this rule, about records of the cast, or about none where it asks for another kind."""

    def value(argument: str) -> str:
        converter = rule._converters[argument]
        if isinstance(converter, AnyConverter):
            return sorted(converter.items)[-1]
        return "1" if isinstance(converter, NumberConverter) else "mxsmy-2026-01"

    return str(rule.build({argument: value(argument) for argument in rule.arguments}, append_unknown=False)[1])


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_held_to_what_each_address_declares(app: Flask, cast: Cast, agreement: object, role: str) -> None:
    """Who may not come is asked to sign in (303) or refused (403). Who may comes in, but for another party's records."""
    client = app.test_client()
    if role != "nobody":
        sign_in(client, LOGINS.get(role, role))
    held = {permission for held in cast.actors[role].held for permission in ROLE_GRANTS[held.role]}
    other_party = role in ("officer_ordos", "officer_outsider")
    wrong = []
    for rule in (rule for rule in rules(app) if "GET" in rule.methods):
        who = app.view_functions[rule.endpoint].who_may
        welcome = who == (PUBLIC,) or (role != "nobody" and (who == (SIGNED_IN,) or bool(held & set(who))))
        answer = client.get(filled(rule))
        kept_out = answer.status_code == 403 or (answer.status_code == 303 and "/sign-in" in answer.location)
        if answer.status_code >= 500 or (kept_out if welcome and not other_party else not kept_out and not welcome):
            wrong.append((rule.rule, who, answer.status_code))
    assert wrong == []


def test_a_draft_of_others_is_not_found(app: Flask, session: Session, cast: Cast, at: datetime) -> None:
    """404, not 403: that it exists is already more than others may know."""
    hidden = an_agreement(session, cast, at, number="mxsmy-2026-09", level="parties", parties=[cast.wuhai])
    for login, status in (("wuhai", 200), ("ordos", 404), ("yulin", 404), ("auditor", 200), (None, 404)):
        client = app.test_client()
        if login:
            sign_in(client, login)
        assert client.get(f"/agreements/{hidden.number}").status_code == status, login


def sign_in(client, login: str) -> None:  # type: ignore[no-untyped-def]  # Flask's test client
    page = client.get("/sign-in").text
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert client.post("/sign-in", data={"csrf_token": token, "login": login, "password": PASSWORD}).status_code == 303
