"""/s/<token>: chosen pages for whoever holds the link; /shares: the links of one's own, and the forms to make and revoke them.

The middleware takes /s/<token> off the address and leaves it in the script root, as the language is; so links stay inside. The
gate then lends the right to read of the maker's party, opens the chosen pages and nothing else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from urllib.parse import parse_qsl, unquote, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Blueprint, Flask, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from registry.domain.addresses import Address, opening, without_language
from registry.errors import NotFound
from registry.permissions import ANONYMOUS, guest_of
from registry.queries.rows import Named
from registry.queries.shares import pages_of, share_of, shares_of
from registry.queries.snapshot import Snapshot
from registry.services.people import digest
from registry.services.shares import DAYS, MOST_DAYS, MakeShare, count_visit, make_share, revoke_share
from registry.views import here
from registry.views.acting import act_page, send
from registry.views.forms import ActForm, WholeNumberField, at_least, required
from registry.views.guards import holds, permitted

blueprint = Blueprint("shares", __name__)
logger = logging.getLogger(__name__)

UNDER = "registry.share"
"""In the environ of a request under a link: its token."""
PAGES = frozenset(
    f"{room}.{view}"
    for room, *views in (
        ("agreements", "agreements", "agreement"), ("items", "items", "item"), ("matters", "matters", "matter"),
        ("parties", "parties", "party"), ("groupings", "groupings", "grouping"), ("meetings", "meetings", "meeting"),
        ("documents", "documents", "document"), ("claims", "claims"), ("lists", "index", "one"), ("fields", "fields", "field"),
        ("matrix", "matrix"),
    )
    for view in views
)  # fmt: skip
"""Endpoints of the pages that can be shared and frozen: records and their lists, no form, no file, no history."""
HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}

_PREFIX = re.compile(r"/s/([A-Za-z0-9_-]{1,100})(?=/|$)")
_LINK = re.compile(r'\b(href|data-href|action|src)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Shared:
    """The link through which a page is read. root: its own address. party, post: of who made it."""

    id: int
    label: str
    root: str
    pages: tuple[Address, ...]
    party: Named | None
    post: str
    expires_at: datetime


class ShareInAddress:
    """/s/<token>/items is /items read through a link: the prefix becomes part of the script root. Outermost, so that the language
    stands behind it."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Take the prefix off, name the link, and let go of whoever is signed in."""
        found = _PREFIX.match(environ.get("PATH_INFO", ""))
        if found:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found[0]
            environ["PATH_INFO"] = environ["PATH_INFO"][found.end() :] or "/"
            environ[UNDER], environ[here.GUEST] = found[1], ANONYMOUS
        return self.application(environ, start_response)


def register_gate(app: Flask) -> None:
    """Stand before and behind every request under a link. Call after the app's own `before_request`."""
    app.before_request(_gate)
    app.after_request(_seal_off)

    @app.context_processor
    def shared() -> dict[str, object]:
        return {"shared": g.get("share"), "offers": offers_on_page()}


def _gate() -> ResponseReturnValue | None:
    """Nothing for requests that come by no link and for its pages; the list of them at its own address. Raises NotFound."""
    token = request.environ.get(UNDER)
    if token is None:
        return None
    found = share_of(here.database(), digest(token), at=here.at())
    if found is None or request.method not in ("GET", "HEAD"):
        raise NotFound("share")
    row = found.row
    if row.over is not None or found.maker is None:
        return make_response(render_template("shares/over.html", over=row.over), 410)
    request.environ[here.GUEST] = guest_of(found.maker)
    root = request.script_root.removesuffix("/en") if here.language() == "en" else request.script_root
    g.share = Shared(row.id, row.label, root, row.pages, row.party, row.post, row.expires_at)
    if request.path == "/":
        snapshot = Snapshot(here.database(), None, here.today())
        pages = pages_of(snapshot, here.actor(), row.pages)
        return render_template("shares/pages.html", pages=pages, stamp=snapshot.stamp)
    if request.endpoint not in PAGES or not opening(row.pages, request.path, list(request.args.items(multi=True))):
        raise NotFound("share")
    return None


def _seal_off(response: Response) -> Response:
    """Nobody indexes or keeps what came through a link, its address goes to nobody, and its links lead no further than it opens."""
    if UNDER not in request.environ:
        return response
    response.headers.update(HEADERS)
    share: Shared | None = g.get("share")
    opens = share.pages if share else ()
    if response.location:
        response.location = _within(response.location, opens)
    if response.mimetype == "text/html" and not response.direct_passthrough:
        html = response.get_data(as_text=True)
        response.set_data(_LINK.sub(lambda link: f'{link[1]}="{_within(link[2], opens)}"', html))
    if share and response.status_code == 200 and request.method == "GET":
        response.call_on_close(_counting(here.session_of_stream(), share.id, here.today()))
    return response


def _within(link: str, pages: tuple[Address, ...]) -> str:
    """A link of a page as it stands there; what leads to a page that the link does not open, at its plain address."""
    found = _PREFIX.match(link)
    if not found:
        return link
    parts = urlsplit(unescape(link[found.end() :]))
    path = without_language(unquote(parts.path)) or "/"
    inside = pages and (path == "/" or opening(pages, path, parse_qsl(parts.query)))
    return link if inside else link[found.end() :] or "/"


def _counting(session: Session, share_id: int, day: date) -> Callable[[], None]:
    """Counts one visit when the answer has been sent. A count that finds no time is lost: reading goes before counting."""

    def count() -> None:
        with session:
            if not count_visit(session, share_id, day):
                logger.info("a visit of share %s was not counted", share_id)

    return count


class ShareForm(ActForm):
    """What to share, and for how long."""

    label = StringField(
        _("用途"), validators=[required(), Length(max=200)], description=_("给自己看的名字，如“七月联席会议”。")
    )
    pages = TextAreaField(
        _("打开的页面"), validators=[required()],
        description=_("每行一个网址：记录页（如 /items/…）或列表页（如 /items?party=…）。没有列出的页面打不开。"),
    )  # fmt: skip
    days = WholeNumberField(
        _("有效天数"), validators=[at_least(1, MOST_DAYS)], description=_("到期自动失效，最长 366 天。"), default=DAYS
    )


class RevokeForm(ActForm):
    """A link is ended; nothing is asked."""


def offers_on_page() -> list[dict[str, str]]:
    """What can be done with the page that is read, by whoever may: share it, freeze it."""
    if request.endpoint not in PAGES or here.GUEST in request.environ or here.account() is None:
        return []
    query = request.query_string.decode("latin-1")
    page = request.path + (f"?{query}" if query else "")
    offered = (("share:make", "shares/new"), ("page:freeze", "snapshots/new"))
    root = request.script_root
    return [{"act": act, "href": f"{root}/{part}", "page": page} for act, part in offered if holds(act)]


@blueprint.get("/shares")
@permitted("share:make")
def shares() -> ResponseReturnValue:
    """The links that the reader made or may revoke, with their visits."""
    return render_template("shares/list.html", shares=shares_of(here.database(), here.actor(), at=here.at()))


@blueprint.route("/shares/new", methods=["GET", "POST"])
@permitted("share:make")
def make() -> ResponseReturnValue:
    """A new link. Its address is shown once."""
    form = ShareForm()
    if not form.is_submitted() and request.args.get("page"):
        form.pages.data = request.args["page"]
    tokens: list[str] = []

    def perform() -> str:
        ask = MakeShare(form.label.data, tuple(form.pages.data.splitlines()), form.days.data or DAYS)
        tokens.append(make_share(here.database(), here.actor(), ask, at=here.at()).token)
        return f"{request.script_root}/shares"

    sent, reasons = send(form, perform)
    if sent is not None:
        plain = request.script_root.removesuffix("/en") if here.language() == "en" else request.script_root
        return render_template("shares/made.html", link=f"{request.host_url.rstrip('/')}{plain}/s/{tokens[0]}")
    page = render_template(
        "desk/act.html", act="share:make", subject=None, what=None, round=None, form=form, blocked=(), reasons=reasons,
        cancel=f"{request.script_root}/shares",
    )  # fmt: skip
    return page, form.status


@blueprint.route("/shares/<int:share_id>/revoke", methods=["GET", "POST"])
@permitted("share:make")
def revoke(share_id: int) -> ResponseReturnValue:
    """End a link now."""
    mine = shares_of(here.database(), here.actor(), at=here.at())
    found = next((each for each in mine if each.id == share_id), None)
    if found is None:
        raise NotFound("share")
    cancel = f"{request.script_root}/shares"

    def perform() -> str:
        revoke_share(here.database(), here.actor(), share_id, at=here.at())
        return cancel

    subject = Named("share", str(found.id), found.label, None)
    return act_page(RevokeForm(), perform, act="share:revoke", subject=subject, cancel=cancel)
