"""Answers to requests that were not carried out: every refusal, every HTTP error, as a page in the reader's language."""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from registry.errors import NotFound, NotPermitted, Refused, RegistryError, Stale
from registry.queries.same_as import leads_to
from registry.views import here
from registry.views.guards import status_of
from registry.views.told import Told, all_told, why

logger = logging.getLogger(__name__)

PAGES = (400, 403, 404, 405, 409, 413, 422, 429, 500)
"""Statuses that error.html has words for; another one shows the words of its class."""


def register_errors(app: Flask) -> None:
    """One handler for each kind of answer."""
    app.register_error_handler(RegistryError, _refused)
    app.register_error_handler(IntegrityError, _lost_race)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _refused(error: RegistryError) -> ResponseReturnValue:
    if isinstance(error, NotFound) and (elsewhere := _elsewhere(error)):
        return redirect(elsewhere, 302)
    if not isinstance(error, Refused):
        return _page(status_of(error), why(error) if isinstance(error, NotPermitted) else ())
    past = [reason for reason in error.reasons if reason.field in ("known", "on")]
    others = all_told(reason for reason in error.reasons if reason not in past)
    return _page(status_of(error), others, all_told(past)[0].sentence if past else None)


def _elsewhere(error: NotFound) -> str | None:
    """The address of the record that the asked one was decided to be the same as, with the query as it was."""
    asked = request.view_args or {}
    if request.method not in ("GET", "HEAD") or len(error.args) != 2 or request.endpoint is None:
        return None
    name = next((name for name, value in asked.items() if value == error.args[1]), None)
    kept = leads_to(here.snapshot(), here.actor(), *error.args) if name else None
    if name is None or kept is None:
        return None
    query = request.query_string.decode()
    return url_for(request.endpoint, **{**asked, name: kept}) + (f"?{query}" if query else "")


def _lost_race(error: IntegrityError) -> ResponseReturnValue:
    """A key had the last word: somebody else wrote the same first."""
    logger.info("refused by a key of the database: %s", error.orig.__class__.__name__)
    return _page(status_of(Stale()), ())


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    answer = _page(error.code, ())
    for name, value in error.get_headers():  # Allow of 405, Retry-After of 429
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _fault(error: Exception) -> ResponseReturnValue:
    # SQL parameters may be somebody's words: the driver's message, which quotes them, stays out of the log.
    quiet = isinstance(error, DBAPIError)
    logger.error("%s %s: %s", request.method, request.path, type(error).__name__, exc_info=None if quiet else error)
    try:
        return _page(500, ())
    except Exception:  # the page itself needs the database, which may be what failed
        logger.exception("the error page failed, too") if not quiet else logger.error("the error page failed, too")
        return Response(
            "系统出了差错，什么都没有写入。\nSomething went wrong; nothing was written.\n", 500, mimetype="text/plain"
        )


def _page(status: int, reasons: tuple[Told, ...], known_wrong: str | None = None) -> Response:
    shown = status if status in PAGES else 500 if status >= 500 else 400
    return make_response(render_template("error.html", code=shown, reasons=reasons, known_wrong=known_wrong), status)
