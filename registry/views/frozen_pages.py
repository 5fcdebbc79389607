"""/snapshots: pages frozen as they were, each checked against its hash whenever it is read, and the form to freeze one."""

from __future__ import annotations

import hashlib
from html import unescape
from urllib.parse import urlencode

from flask import Blueprint, current_app, flash, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder
from wtforms import RadioField, SelectChoice, StringField

from registry.domain.addresses import Address
from registry.domain.frozen_html import as_file, content_of, main_of
from registry.errors import NotFound, Reason, Refused
from registry.permissions import ANONYMOUS, Actor, Held, guest_of
from registry.queries.choices import record_of
from registry.queries.frozen_pages import FrozenRow, frozen_list, frozen_page
from registry.queries.people import groupings_of
from registry.queries.snapshot import Snapshot
from registry.services import frozen_pages
from registry.services.frozen_pages import FreezePage
from registry.views import asked, here
from registry.views.acting import act_page
from registry.views.forms import ActForm, required
from registry.views.guards import permitted, public
from registry.views.shares import PAGES
from registry.views.since import SinceShown, since_on

blueprint = Blueprint("frozen_pages", __name__)

HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}


class FreezeForm(ActForm):
    """Which page, and as whom it is read."""

    page = StringField(_("页面"), validators=[required()], description=_("记录页或列表页的网址。"))
    level = RadioField(_("照谁看到的样子"), validators=[required()])


@blueprint.get("/snapshots")
@public
def snapshots() -> ResponseReturnValue:
    """The frozen pages that the reader may see, the last first."""
    return render_template("frozen/list.html", page=frozen_list(_present(), here.actor(), page=asked.page()))


@blueprint.get("/snapshots/<number>")
@public
def snapshot(number: str) -> ResponseReturnValue:
    """A frozen page within the frame, with what changed since; of a file that is not as it was nothing is shown."""
    present = _present()
    frozen = frozen_page(present, here.actor(), number)
    file = _file(frozen)
    answer = make_response(
        render_template(
            "frozen/page.html",
            frozen=frozen,
            content=Markup(content_of(file)) if file else None,  # noqa: S704  # our own page, proved by its hash
            since=_since(present, frozen),
        )
    )
    answer.status_code = 200 if file else 409
    return answer


@blueprint.get("/snapshots/<number>.html")
@public
def download(number: str) -> ResponseReturnValue:
    """The file itself, byte by byte. Raises NotFound where it is not as it was."""
    file = _file(frozen_page(_present(), here.actor(), number))
    if file is None:
        raise NotFound("frozen_page", number)
    answer = make_response(file)
    answer.headers["Content-Type"] = "text/html; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{number}.html"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.route("/snapshots/new", methods=["GET", "POST"])
@permitted("page:freeze")
def freeze() -> ResponseReturnValue:
    """Freeze a page as it is now."""
    form, reader = FreezeForm(), here.actor()
    form.level.choices = [SelectChoice("public", gettext("所有人看到的样子，公开"))]
    if reader.body_code is not None and reader.body_id in reader.reader_bodies:
        form.level.choices.append(SelectChoice("parties", gettext("本方查看者看到的样子，只给本方")))
    if not form.is_submitted():
        form.page.data, form.level.data = request.args.get("page", ""), "public"

    def perform() -> str:
        ask = _rendered(form.page.data, form.level.data, reader)
        frozen = frozen_pages.freeze_page(here.database(), reader, here.store(), ask, at=here.at())
        flash(gettext("定版编号 %(number)s。", number=frozen.number), "done")
        return f"{request.script_root}/snapshots/{frozen.number}"

    cancel = request.script_root + (request.args.get("page") or "/snapshots")
    return act_page(form, perform, act="page:freeze", cancel=cancel)


def _rendered(typed: str, level: str, actor: Actor) -> FreezePage:
    """The page as the application itself renders it for somebody else: everybody, or a reader of the actor's party."""
    try:
        address = Address.read(typed)
    except ValueError:
        raise Refused(Reason("not-a-page", {"value": typed[:120], "rooms": "/items/…"}, field="page")) from None
    party = actor.body_code if level == "parties" else None
    guest = _guest(here.database(), actor) if party else ANONYMOUS
    english = here.language() == "en"
    environ = EnvironBuilder(
        path=address.path, query_string=urlencode(address.query), base_url=request.host_url
    ).get_environ()
    environ |= {here.GUEST: guest, "SCRIPT_NAME": "/en" if english else ""} | (
        {"registry.language": "en"} if english else {}
    )
    with current_app.request_context(environ):
        answer = current_app.full_dispatch_request()
        entry = g.snapshot.stamp.entry if "snapshot" in g else None
        shown = request.endpoint in PAGES and answer.status_code == 200 and entry is not None
        html = answer.get_data(as_text=True)
    if not shown or entry is None:
        raise Refused(Reason("page-not-shown", {"value": str(address)}, field="page"))
    title, main = main_of(html)
    language = here.language()
    content = as_file(HTML_LANGUAGE[language], title, main)
    return FreezePage(address, language, unescape(title), content, entry, level, party)


def _since(present: Snapshot, frozen: FrozenRow) -> SinceShown | None:
    """What changed on the record of the page since; None of a list."""
    if frozen.address.record is None:
        return None
    kind, key = frozen.address.record
    identity = None if kind == "field" else record_of(present, here.actor(), kind, key)[0]
    return since_on(kind, identity, key, entry=frozen.entry)


def _guest(session: Session, actor: Actor) -> Actor:
    """A reader of the actor's own party, whatever other roles he has."""
    own = Actor(held=(Held("viewer", actor.body_id),), groupings=groupings_of(session, actor.body_id))
    return guest_of(own)


def _file(frozen: FrozenRow) -> bytes | None:
    """The stored page; None where it is gone or is not what was frozen."""
    path = here.store().path(frozen.sha256)
    file = path.read_bytes() if path.exists() else b""
    return file if hashlib.sha256(file).hexdigest() == frozen.sha256 else None


def _present() -> Snapshot:
    return Snapshot(here.database(), None, here.today())
