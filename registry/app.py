"""The web application: wiring only."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import jinja2
from flask import Flask, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.orm import Session, scoped_session

from registry.config import Config, from_environment, shipped
from registry.db import open_engine, sessions
from registry.domain.addresses import ROOM_OF_TABLE
from registry.views import (
    act_tables,
    agreement_acts,
    agreements,
    alerts,
    claims,
    clocks,
    consents,
    corrections,
    desk,
    differences,
    documents,
    feeds,
    fields,
    files,
    frozen_pages,
    groupings,
    here,
    history,
    item_acts,
    item_figures,
    items,
    lamps,
    law_acts,
    lineage,
    lists,
    matrix,
    matter_acts,
    matters,
    meetings,
    moves,
    participation,
    parties,
    party_acts,
    people,
    pictures,
    procedure_acts,
    procedures,
    record_acts,
    register,
    relations,
    same_as,
    search,
    shares,
    sign_in,
    simulations,
    style,
    take_away,
    texts,
    what_if,
)
from registry.views.chinese import marked, spoken
from registry.views.compression import compress
from registry.views.counted import counted
from registry.views.errors import register_errors

ROOMS = (
    register, agreements, agreement_acts, law_acts, act_tables, what_if, texts, relations, items, item_acts,
    item_figures, lamps, moves, consents, matters, matter_acts, parties, groupings, meetings, documents, claims,
    alerts, corrections, record_acts, party_acts, same_as, history, differences, procedures, procedure_acts,
    simulations, files, sign_in, people, desk, shares, frozen_pages, take_away, pictures, lists, lineage,
    participation, matrix, fields, search, feeds,
)  # fmt: skip
LARGEST_REQUEST = 51 * 1024 * 1024
"""Bytes: a file of 50 MB and the form around it."""
STATIC = ("static", "bootstrap.static")
"""Endpoints of files that everybody may keep."""
SIGNED_IN_FOR = timedelta(hours=12)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: the CSRF check over HTTPS asks which page a form came from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class LanguageInAddress:
    """/en/agreements is /agreements in English: the prefix becomes part of the script root, so that every link keeps it."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Take the prefix off and name the language."""
        path = environ.get("PATH_INFO", "")
        if path == "/en" or path.startswith("/en/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/en"
            environ["PATH_INFO"] = path[3:] or "/"
            environ["registry.language"] = "en"
        return self.application(environ, start_response)


def create_app(config: Config | None = None) -> Flask:
    """The register as a Flask application. config: settings; None: from the environment.

    `app.config["CLOCK"]` tells the moment of each request, UTC; tests put their own there.
    """
    config = config or from_environment()
    app = Flask(
        __name__, template_folder=str(shipped("templates")), static_folder=str(Path(__file__).parent / "static")
    )
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_NAME="register",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        WTF_CSRF_TIME_LIMIT=int(SIGNED_IN_FOR.total_seconds()),
        WTF_CSRF_CHECK_DEFAULT=False,  # `_begin` checks every request; a form keeps what was typed
        BOOTSTRAP_SERVE_LOCAL=True,
        BABEL_DEFAULT_LOCALE="zh_Hans",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(__file__).parent / "translations"),
        CLOCK=lambda: datetime.now(UTC),
    )
    app.extensions["config"] = config
    app.extensions["build"] = build()
    _database(app, config)
    _languages(app)
    _accounts(app)
    _templates(app)
    _requests(app, config)
    shares.register_gate(app)
    register_errors(app)
    for room in ROOMS:
        app.register_blueprint(room.blueprint)
    if config.development:
        app.register_blueprint(style.blueprint)
    # The place that Flask names for middleware; a link stands before the language.
    app.wsgi_app = shares.ShareInAddress(LanguageInAddress(app.wsgi_app))  # type: ignore[method-assign]
    return app


@cache
def build() -> str:
    """What this build is: the hash of its own code, templates, words and styles."""
    digest = hashlib.sha256()
    for folder in (Path(__file__).parent, shipped("templates")):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in (".py", ".html", ".yaml", ".css", ".js", ".svg", ".mo"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _database(app: Flask, config: Config) -> None:
    engine = open_engine(config.database_url)
    # One session for each application context; the context's own teardown gives it back.
    bound: scoped_session[Session] = scoped_session(
        sessions(engine), scopefunc=lambda: id(cast(Any, g)._get_current_object())
    )
    app.extensions["engine"] = engine
    app.extensions["sessions"] = bound
    app.teardown_appcontext(lambda error: bound.remove())


def _languages(app: Flask) -> None:
    Babel(
        app,
        locale_selector=lambda: "en" if here.language() == "en" else "zh_Hans",
        timezone_selector=lambda: here.zone().key,
    )


def _accounts(app: Flask) -> None:
    # No context processor: it would look into the session of every anonymous reader, and set a cookie.
    login = LoginManager(app, add_context_processor=False)
    login.session_protection = "strong"
    login.user_loader(here.account_of)


def _templates(app: Flask) -> None:
    Bootstrap5(app)
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(_n=counted, word=here.word, room_of_table=ROOM_OF_TABLE)
    app.jinja_env.filters.update(
        in_time=clocks.in_time, days_late=clocks.days_late, marked=marked, spoken=spoken, titled=here.title
    )

    @app.context_processor
    def frame() -> dict[str, object]:
        return {"site": _site(), "account": (known := here.account()) and known.post}

    @app.url_defaults
    def immutable(endpoint: str, values: dict[str, Any]) -> None:
        """Static files may be kept for a year: their address changes with the build."""
        if endpoint in STATIC:
            values.setdefault("v", app.extensions["build"])


def _site() -> SimpleNamespace:
    entries, (zh, en) = here.frame().entries, here.names()
    known, on = (g.snapshot.known, g.snapshot.on) if "snapshot" in g else (None, None)
    return SimpleNamespace(
        name_zh=zh or "合作协议登记簿",
        name_en=en or "Register of cooperation agreements",
        entry=(entries - 1 if entries else None) if known is None else known,
        date=on or here.today(),
        on=on,
    )


def _requests(app: Flask, config: Config) -> None:
    csrf = CSRFProtect(app)

    @app.before_request
    def begin() -> ResponseReturnValue | None:
        g.at = app.config["CLOCK"]()
        g.request_id = uuid.uuid4().hex
        g.language = here.language()
        try:
            csrf.protect()
        except CSRFError as failed:
            if not _keeps_what_was_typed():
                raise
            g.csrf_failed = failed.description
        return _to_language() if "lang" in request.args and request.method in ("GET", "HEAD") else None

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if config.secure_cookies:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headers["X-Request-ID"] = g.get("request_id", "")
        if request.endpoint not in STATIC and "kept" not in g:
            response.headers["Cache-Control"] = "private, no-store"
        response.vary.add("Cookie")
        return compress(response, static=request.endpoint in STATIC)


def _keeps_what_was_typed() -> bool:
    """A form's own view answers a failed token: nothing is carried out, and the form comes back as it was filled in."""
    return request.url_rule is not None and {"GET", "POST"} <= (request.url_rule.methods or set())


def _to_language() -> ResponseReturnValue:
    """?lang=en leads to the permanent address in that language."""
    query = request.args.to_dict(flat=False)
    asked = query.pop("lang")[0]
    root = request.script_root.removesuffix("/en") if here.language() == "en" else request.script_root
    path = quote(f"{root}{'/en' if asked == 'en' else ''}{request.path}")
    rest = urlencode(query, doseq=True)
    return redirect(f"{path}?{rest}" if rest else path, 302)
