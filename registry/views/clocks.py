"""The two clocks on pages: a page of the past leads to pages of the same past, and says how late a fact was recorded."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlencode

from flask import g, request
from markupsafe import Markup, escape

from registry.domain.dates import PartialDate
from registry.views import here

ROOMS = (
    "",
    "agreements",
    "items",
    "matters",
    "parties",
    "groupings",
    "meetings",
    "documents",
    "claims",
    "procedures",
    "lists",
    "fields",
    "policies",
    "pictures",
)
"""First parts of the addresses that take `known=` and `on=`."""
LATE = 30
"""Days between a fact and its recording from which on the page says so."""

_LINK = re.compile(r'\b(?P<name>(?:data-)?href)="(?P<address>[^"]*)"')
_SEARCH = re.compile(r'<form\b[^>]*\bmethod="get"[^>]*>')
_SAID = re.compile(r"[?&;](?:known|on)=")


def asked() -> dict[str, str]:
    """`known=` and `on=` of a page of the past, as they were asked for."""
    if "snapshot" not in g or g.snapshot.present:
        return {}
    return {name: request.args[name] for name in ("known", "on") if request.args.get(name)}


def in_time(html: Markup) -> Markup:
    """The same with every link and search of a page of the past leading to the same past, unless it names its own."""
    clocks = asked()
    if not clocks:
        return html
    query, hidden = (
        escape(urlencode(clocks)),
        Markup("").join(Markup('<input type="hidden" name="{}" value="{}">').format(*each) for each in clocks.items()),
    )

    def link(found: re.Match[str]) -> str:
        address = found["address"]
        if not _takes_clocks(address) or _SAID.search(address):
            return found[0]
        base, mark, anchor = address.partition("#")
        return f'{found["name"]}="{base}{"&amp;" if "?" in base else "?"}{query}{mark}{anchor}"'

    return Markup(_SEARCH.sub(lambda form: form[0] + hidden, _LINK.sub(link, html)))  # noqa: S704  # escaped above


def days_late(effective: PartialDate | None, recorded: datetime) -> int | None:
    """Whole days from the last day that a fact can be of until it was recorded, in the register's zone; None if that is not
    known, or not late."""
    last = effective.last_day() if effective else None
    late = (recorded.astimezone(here.zone()).date() - last).days if last else 0
    return late if late >= LATE else None


def _takes_clocks(address: str) -> bool:
    root = f"{escape(request.script_root)}/"
    return address.startswith("?") or (address.startswith(root) and _room(address.removeprefix(root)) in ROOMS)


def _room(path: str) -> str:
    return re.split(r"[/?#]", path, maxsplit=1)[0]
