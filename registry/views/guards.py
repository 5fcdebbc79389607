"""Who may come to an address, and which HTTP status each refusal becomes. Each view carries exactly one guard."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import ParamSpec, Protocol, cast

from flask import Response, current_app, g, make_response, redirect, request
from flask.typing import ResponseReturnValue

from registry.errors import NotFound, NotPermitted, Refused, RegistryError, Stale
from registry.permissions import PERMISSIONS, allowed_anywhere
from registry.views import here

P = ParamSpec("P")

PUBLIC, SIGNED_IN = "public", "signed_in"
STATUS: dict[type[RegistryError], int] = {NotPermitted: 403, NotFound: 404, Stale: 409}
"""Refusal → status; `Refused` is 422 where each reason names a field, else 409."""


class Guarded(Protocol[P]):
    """A view that says who may come: public, signed_in, or the permissions of which one is needed."""

    who_may: tuple[str, ...]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        """The view itself."""
        ...


def status_of(error: RegistryError) -> int:
    """The status that this refusal becomes."""
    if isinstance(error, Refused):
        return 422 if all(reason.field for reason in error.reasons) else 409
    return STATUS[type(error)]


def public(view: Callable[P, ResponseReturnValue]) -> Guarded[P]:
    """Everybody may come; what a reader may not see is cut in the query. Anonymous pages without a form can be kept."""

    def answer(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if request.method not in ("GET", "HEAD") or here.GUEST in request.environ or here.account() is not None:
            return view(*args, **kwargs)
        tag = entity_tag()
        if request.if_none_match.contains_weak(tag):
            return _kept(make_response("", 304), tag)
        response = make_response(view(*args, **kwargs))
        # A page with a CSRF token belongs to one browser: Flask-WTF leaves the token in `g` when it was asked for.
        if response.status_code == 200 and "csrf_token" not in g:
            return _kept(response, tag)
        return response

    return _guarded(view, answer, PUBLIC)


def signed_in(view: Callable[P, ResponseReturnValue]) -> Guarded[P]:
    """Who is signed in may come; who is not is asked to sign in first."""

    def answer(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return ask_to_sign_in() if here.account() is None else view(*args, **kwargs)

    return _guarded(view, answer, SIGNED_IN)


def permitted(*permissions: str) -> Callable[[Callable[P, ResponseReturnValue]], Guarded[P]]:
    """Who holds one of these permissions in any scope may come; the service asks again, in the scope of the act."""
    unknown = set(permissions) - PERMISSIONS
    if unknown or not permissions:
        raise ValueError(f"no permissions of the register: {sorted(unknown)}")

    def guard(view: Callable[P, ResponseReturnValue]) -> Guarded[P]:
        def answer(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if here.account() is None:
                return ask_to_sign_in()
            if not any(holds(permission) for permission in permissions):
                raise NotPermitted(permissions[0])
            return view(*args, **kwargs)

        return _guarded(view, answer, *permissions)

    return guard


def holds(permission: str) -> bool:
    """Whether a role of the reader grants the permission in some scope."""
    return allowed_anywhere(here.actor(), permission)


def ask_to_sign_in() -> ResponseReturnValue:
    """The sign-in page, and from there back to this address; what was sent without a session is not permitted."""
    if request.method not in ("GET", "HEAD"):
        raise NotPermitted("signed_in")
    return redirect(f"{request.script_root}/sign-in?next={request.path}", 303)


def entity_tag() -> str:
    """ETag of an anonymous page: the same history, build, date, language, address and query give the same page."""
    parts = (
        str(here.frame().entries),
        current_app.extensions["build"],
        here.today().isoformat(),
        here.language(),
        request.path,
        request.query_string.decode("latin-1"),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _kept(response: Response, tag: str) -> Response:
    g.kept = True
    response.set_etag(tag, weak=True)  # compressed or not, the same page
    response.cache_control.public = True
    response.cache_control.no_cache = True  # keep it, and ask before each use
    return response


def _guarded(
    view: Callable[P, ResponseReturnValue], answer: Callable[P, ResponseReturnValue], *who_may: str
) -> Guarded[P]:
    guarded = cast("Guarded[P]", functools.wraps(view)(answer))
    guarded.who_may = who_may
    return guarded
