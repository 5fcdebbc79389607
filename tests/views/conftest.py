"""The application on the test's own register, and people who use it as a browser does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from html import unescape
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from registry.app import create_app
from registry.config import Config
from registry.db import open_engine
from registry.models import Person
from registry.views.here import identity_of
from tests.cast import PASSWORD, SECRET, Cast, Clock

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Visitor:
    """One browser. `send` fills in a page's form and sends it, as a person would."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, path: str, **how: Any) -> TestResponse:
        """A page."""
        return self.client.get(path, buffered=True, **how)

    def text(self, path: str) -> str:
        """A page that must be there, as text."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return unescape(answer.text)

    def token(self, path: str) -> str:
        """The CSRF token that this page's form carries."""
        found = TOKEN.search(self.get(path).text)
        assert found, f"no form on {path}"
        return found[1]

    def send(self, path: str, /, **fields: Any) -> TestResponse:
        """Open the form at `path`, fill it in and send it."""
        return self.client.post(path, data={"csrf_token": self.token(path), **fields}, buffered=True)

    def sign_in(self, login: str, password: str = PASSWORD) -> Self:
        """Sign in by the form."""
        answer = self.send("/sign-in", login=login, password=password)
        assert answer.status_code == 303, answer.text
        return self

    def hold_session(self, login: str) -> Self:
        """Be signed in without the form and its two requests: with the session that the form would give."""
        with self.app.test_request_context(
            headers={"User-Agent": f"Werkzeug/{version('werkzeug')}"}, environ_base=HERE
        ):
            same_browser = self.app.login_manager._session_identifier_generator()  # type: ignore[attr-defined]  # of Flask-Login
            found = self.app.extensions["sessions"]().query(Person).filter_by(login=login).one()
            identity = identity_of(found.id, found.session_key)
        with self.client.session_transaction() as session:
            session.update(_user_id=identity, _fresh=True, _id=same_browser)
        return self


HERE = {"REMOTE_ADDR": "127.0.0.1"}


@cache
def the_app() -> Flask:
    """One application for all tests of a process: its routes and templates are built once, its database changes."""
    folder = Path(__file__).parent
    return create_app(
        Config(database_url="sqlite://", folder=folder, secret_key=SECRET, secure_cookies=False, development=True)
    )


@pytest.fixture
def app(config: Config, engine: sa.Engine, clock: Clock) -> Iterator[Flask]:
    """The application, on the test's register and clock."""
    app = the_app()
    settings, own = dict(app.config), open_engine(config.database_url)
    app.config["CLOCK"] = lambda: clock.at
    app.extensions.update(config=config, engine=own)
    app.extensions["sessions"].session_factory.configure(bind=own)
    yield app
    app.config.clear()
    app.config.update(settings)
    assert own.pool.checkedout() == 0, "a request kept its connection"
    own.dispose()


@pytest.fixture
def anybody(app: Flask, cast: Cast) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app)


@pytest.fixture
def visit(app: Flask, cast: Cast) -> Callable[[str], Visitor]:
    """Somebody of the cast, by login, signed in."""
    return lambda login: Visitor(app).hold_session(login)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that the application runs meanwhile."""
    ran: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        ran.append(statement)

    engine = app.extensions["engine"]
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
