"""Subscriptions: changes as Atom, of the register, an agreement, an item, a party, a grouping or a field; what falls due as iCalendar.

No person and no reason stands in them: what a reader's program has fetched cannot be called back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.documents.feeds import Dated, Subscription, Told, atom, calendar
from registry.domain.addresses import ROOM_OF_TABLE, ROOMS
from registry.domain.dates import PartialDate
from registry.queries.choices import record_of
from registry.queries.due import Due, due_until
from registry.queries.fields import changes_in, field_page
from registry.queries.history import Event, latest
from registry.queries.rows import Named
from registry.queries.since import belonging
from registry.views import here
from registry.views.drawn import due_kinds
from registry.views.guards import public
from registry.words import label

blueprint = Blueprint("feeds", __name__)

AHEAD = timedelta(days=400)
"""How far a calendar looks."""


@blueprint.get("/feed.atom")
@public
def register_feed() -> ResponseReturnValue:
    """The last changes of the whole register."""
    events = latest(here.snapshot(), here.actor(), belonging(here.snapshot(), "register", 0))
    return _atom(_("登记簿的变更"), "/", events)


@blueprint.get("/<any(agreements, items, parties, groupings, meetings):room>/<key>/feed.atom")
@public
def record_feed(room: str, key: str) -> ResponseReturnValue:
    """The last changes of one record and of what belongs to it."""
    snapshot, actor = here.snapshot(), here.actor()
    identity, named = record_of(snapshot, actor, ROOMS[room], key)
    events = latest(snapshot, actor, belonging(snapshot, ROOMS[room], identity))
    return _atom(here.title(named), f"/{room}/{quote(key)}", events)


@blueprint.get("/fields/<name>/feed.atom")
@public
def field_feed(name: str) -> ResponseReturnValue:
    """The last changes of the items of one field."""
    snapshot, actor = here.snapshot(), here.actor()
    title = here.title(field_page(snapshot, actor, name, size=1).name)
    return _atom(title, f"/fields/{quote(name)}", latest(snapshot, actor, changes_in(snapshot, name)))


@blueprint.get("/calendar.ics")
@public
def register_calendar() -> ResponseReturnValue:
    """What falls due in the whole register."""
    return _calendar(_("登记簿的期限与会议"), "/", None)


@blueprint.get("/parties/<code>/calendar.ics")
@public
def party_calendar(code: str) -> ResponseReturnValue:
    """What falls due for one party, and the meetings of its groupings."""
    _id, party = record_of(here.snapshot(), here.actor(), "party", code)
    return _calendar(_("%(party)s的期限与会议", party=here.title(party)), f"/parties/{quote(code)}", party)


def _subscription(title: str, page: str) -> Subscription:
    zh, en = here.names()
    register = (en if here.language() == "en" else zh) or zh or ""
    return Subscription(
        f"{title} · {register}", _address(page), request.base_url, register, "en" if here.language() == "en" else "zh-Hans",
        here.day_began(),
    )  # fmt: skip


def _atom(title: str, page: str, events: tuple[Event, ...]) -> Response:
    told = (Told(_of(event), _what(event), _who(event), event.recorded) for event in events)
    return Response(atom(_subscription(title, page), told), mimetype="application/atom+xml")


def _calendar(title: str, page: str, party: Named | None) -> Response:
    snapshot = here.snapshot()
    code = party.key if party else None
    due = due_until(snapshot, here.actor(), here.today() + AHEAD, party=code, sample=bool(party and party.sample))
    days = calendar(_subscription(title, page), _days(due, page))
    answer = Response(days, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{code or "register"}.ics"'
    return answer


def _days(due: tuple[Due, ...], page: str) -> Iterator[Dated]:
    says = due_kinds()
    for each in due:
        span = _span(each.on)
        if span is None:
            continue
        about = _("%(n)s 件", n=each.count) if each.what is None else here.title(each.what)
        said = says[each.kind] + _("：") + about
        if each.provisional:
            said += _("（暂定）")
        address = page if each.what is None else f"/{ROOM_OF_TABLE[each.what.kind]}/{quote(each.what.key)}"
        key = f"{each.kind}-{each.why}-{span[0]}-{each.what.key if each.what else page.strip('/') or 'register'}"
        yield Dated(f"{key}@{request.host}", said, *span, _address(address))


def _span(on: PartialDate | None) -> tuple[date, date] | None:
    first, last = (on.first_day(), on.last_day()) if on else (None, None)
    return (first, last) if first and last and (last - first).days < 32 else None


def _what(event: Event) -> str:
    said = label("act", event.act, here.language())
    return said + _("：") + here.title(event.subject) if event.subject else said


def _who(event: Event) -> str:
    party = here.title(event.party) if event.party else ""
    behalf = _("代表%(party)s", party=here.title(event.on_behalf_of)) if event.on_behalf_of else ""
    entry = _("登记第 %(n)s 号", n=event.entry)
    return " · ".join(part for part in (party, event.post and here.word("role", event.post), behalf, entry) if part)


def _of(event: Event) -> str:
    if event.subject and event.subject.kind in ROOM_OF_TABLE:
        return _address(f"/{ROOM_OF_TABLE[event.subject.kind]}/{quote(event.subject.key)}/history#entry-{event.entry}")
    return _address(f"/#entry-{event.entry}")


def _address(path: str) -> str:
    return f"{request.host_url.rstrip('/')}{request.script_root}{path}"
