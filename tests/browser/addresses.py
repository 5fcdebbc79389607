"""The addresses that are looked at in a browser: found by following links, and those that no link leads to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit
from zoneinfo import ZoneInfo

from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter, Map, Rule

from registry.domain.addresses import without_language
from tests.browser.visitor import Visitor
from tests.demo import Demo

DOZEN = (
    "/", "/agreements/mxsm-2017-01", "/agreements/sample-2023-01", "/agreements?known=2020-01-01", "/items?stage=intent",
    "/items/sample-2023-01-001", "/agreements/sample-2023-01/matrix", "/fields", "/lists", "/search?q=%E5%8C%BB%E4%BF%9D",
    "/parties/x-a?since=2020-01-01", "/meetings/meeting-2017-01", "/documents/doc-2017-01", "/claims", "/sign-in", "/no-such-page",
)  # fmt: skip
"""What every run opens; the long run opens all."""
NOT_THERE = ("/no-such-page", "/agreements/sample-2023-01?known=2020-01-01")
"""What answers 404: nothing, and a record of today in the register of then."""
THIS_YEAR = datetime.now(ZoneInfo("Asia/Shanghai")).year
UNLINKED = (
    "/begin", "/style", *NOT_THERE, "/search?q=%E5%8C%BB%E4%BF%9D", "/agreements?known=2020-01-01", "/parties/x-a?on=2019-06-30",
    "/?since=2020-01-01",
)  # fmt: skip
"""Pages that no page leads an anonymous reader to."""
FINDING, PROPOSAL, OPINIONS = (
    f"/matters/{each}-{THIS_YEAR}-001" for each in ("finding", "proposal-reply", "opinion-round")
)
"""The matters of `tests/browser/prepared.py`."""
ALERT = "fields-declared:agreement:mxsm-2017-01:b31c1a698e147d70579bfa7d6d42d808bbfb8976b44878c316d90ceb4a97d842"
"""The mark of one, made from its facts."""
SIGNED_IN: Mapping[str, tuple[str, ...]] = {
    "jia": (
        "/", "/desk", "/agreements", "/agreements/sample-2023-01", "/agreements/sample-2023-01/matrix",
        "/agreements/sample-2023-01/history", "/agreements/sample-2025-01", "/agreements/sample-2025-01/sign",
        "/agreements/sample-2025-01/decline", "/agreements/sample-2025-01/correct", "/agreements/sample-2023-01/text",
        "/agreements/sample-2025-01/texts", "/agreements/sample-2023-01/texts/1/clause",
        "/agreements/sample-2025-01/texts/1/custody", "/agreements/sample-2023-01/texts/1/files",
        "/agreements/sample-2025-01/texts/check", "/agreements/sample-2023-01/relations/add",
        "/agreements/sample-2023-01/items/new", "/agreements/sample-2023-01/acts/1/annul",
        "/agreements/sample-2023-01/acts/import", "/agreements/sample-2021-01",
        "/agreements/sample-2021-01/acts/new?kind=objection", "/agreements/sample-2021-01/acts/new?kind=declaration",
        "/agreements/sample-2023-01/step/abandon", "/agreements/sample-2023-01/propose/expire",
        "/items", "/items/sample-2023-01-001", "/items/sample-2023-01-003", "/items/sample-2023-01-001/report",
        "/items/sample-2023-01-001/release", "/items/sample-2023-01-001/correct", "/items/sample-2023-01-008/evidence",
        "/items/sample-2023-01-008/join", "/items/sample-2023-01-008/lamp", "/items/sample-2023-01-008/lane",
        "/items/sample-2023-01-008/lead", "/items/sample-2023-01-008/lineage/link", "/items/sample-2023-01-008/mechanism",
        "/items/sample-2023-01-008/opt-out", "/items/sample-2023-01-008/target", "/items/sample-2023-01-017/observation",
        "/items/sample-2023-01-017/annul-observation", "/items/sample-2023-01-018/lamp-restore",
        "/items/sample-2023-01-051/step/suspend", "/items/sample-2023-01-051/step/merge",
        "/items/sample-2023-01-051/propose/institutionalise", "/items/sample-2023-01-051/propose/terminate",
        "/matters", "/matters/new", "/matters/new/finding", "/matters/new/opinion-round", "/matters/new/proposal-reply",
        "/matters/new/supervision", FINDING, f"{FINDING}/evidence",
        PROPOSAL, f"{PROPOSAL}/commitments/new",
        f"{PROPOSAL}/commitments/commitment-2024-01/item",
        "/parties/x-a", "/parties/x-a/correct", "/parties/x-a/package", "/documents", "/documents/doc-2024-01", "/documents/new",
        "/meetings", "/meetings/new", "/lists/new", "/consents", "/consents/1",
        "/corrections", "/corrections/1/withdraw", "/alerts",
        "/shares", "/shares/new", "/shares/1/revoke", "/snapshots",
        "/snapshots/new", "/procedures/check", "/procedures/new", "/people/password", "/differences",
    ),
    "yi": ("/corrections/1/object", "/items/sample-2023-01-049/step/resume", "/documents/doc-2025-03/correct"),
    "bing": ("/consents", "/consents/1", "/agreements/sample-2021-01/propose/terminate"),
    "wuhai": (f"/alerts/{ALERT}/answer", "/desk", "/claims", "/claims/claim-2019-02/correct", "/meetings/meeting-2017-01/correct"),
    "ding": ("/desk", "/agreements/sample-2023-01"),
    "office": (
        "/desk", "/agreements/new", "/lists/list-2024-01/adopt", "/agreements/sample-2023-01", "/agreements/sample-2021-01/texts/amend",
        "/agreements/sample-2025-01/relations/implements/sample-2023-01/end", "/items/sample-2023-01-018/step/list",
        "/items/sample-2023-01-004/lineage/sample-2023-01-003/unlink", "/groupings/sample", "/groupings/new",
        "/groupings/sample/aliases/new", "/groupings/sample/correct", "/groupings/sample/members/new",
        "/groupings/sample/members/x-a/end", "/groupings/sample/members/x-a/role", "/parties/new",
        "/parties/x-a/aliases/new", "/parties/x-a/alter", "/parties/x-a/end", "/parties/x-a/merge", "/parties/x-a/split",
        OPINIONS, f"{FINDING}/step/assign", f"{FINDING}/propose/terminate",
        "/consents/1/withdraw", "/same/agreement/sample-2023-01", "/same/item/sample-2023-01-008",
        "/same/item/sample-2023-01-060/1/undo",
    ),
    "audit": ("/desk", "/differences", "/agreements/sample-2023-01/history"),
    "admin": (
        "/desk", "/people", "/people/new", "/people/admin/grant", "/people/jia/grants/1/end", "/people/admin/reset",
        "/procedures/finding/2", "/procedures/finding/2/migrate", "/procedures/finding/2/publish",
        "/procedures/finding/1/retire",
    ),
}  # fmt: skip
"""Pages of the cast, by login: on the demo as `tests/browser/prepared.py` leaves it."""
NOT_OPENED: Mapping[str, str] = {
    "/agreements/<number>/acts/<int:act>/answer": "an act that waits for its party; looked at in test_journey.py",
    "/files/<sha256>": "a file",
}
"""Rules of addresses that no look opens, and why."""
FILES = re.compile(r"/(\w+)[^?]*\.(pdf|docx|xlsx|csv|zip|svg|atom|ics|html)(?:\?|$)")
"""Room and form of an address that is no page."""
SAMPLES = ("sample-", "x-")
"""How numbers and codes of made-up records begin."""


def links_of(html: str, at: str = "/") -> list[str]:
    """Addresses of this register that the page at this address links to, in its own language: every page has its twin."""
    found: list[str] = []
    language = at != without_language(at)

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            link = urldefrag(urljoin(at, dict(attrs).get("href") or "")).url
            if tag == "a" and link.startswith("/") and language == (link != without_language(link)):
                found.append(link)

    Reader().feed(html)
    return found


def discovered(demo: Demo) -> tuple[str, ...]:
    """Every list, and one record of each kind and each page of it, real and sample: what an anonymous reader can reach."""
    reader = Visitor(demo)
    kinds: dict[tuple[str, bool], str] = {}
    waiting, opened = ["/"], {kind_of("/")}
    while waiting:
        address = waiting.pop(0)
        answer = reader.get(address)
        if answer.html and unquote(answer.address) == address:  # not the page to sign in
            kinds[kind_of(address)] = address
        for link in links_of(answer.html):
            if "?" not in link and not FILES.search(link) and kind_of(link) not in opened:
                opened.add(kind_of(link))
                waiting.append(unquote(link))
    return (*kinds.values(), *UNLINKED)


def kind_of(address: str) -> tuple[str, bool]:
    """What kind of page it is, and whether of a sample record: numbers and codes count as one."""
    room, *rest = urlsplit(address).path.strip("/").split("/")
    shape = [part if place and not part.isdigit() else "*" for place, part in enumerate(rest)]
    return "/".join((room, *shape)), bool(rest) and rest[0].startswith(SAMPLES)


Place = tuple[str, tuple[str, ...]]
"""The rule of an address, and what it has in the places where the rule names all that may stand."""


def places(rules: Map) -> set[Place]:
    """All pages that the register answers to GET. What ends in a form of file is none."""
    pages = (
        rule for rule in rules.iter_rules() if "GET" in (rule.methods or ()) and not rule.endpoint.endswith("static")
    )
    return {place for rule in pages if "." not in rule.rule.rpartition("/")[2] for place in _each(rule)}


def place_of(rules: Map, address: str) -> Place | None:
    """Where this address leads; None where nothing answers it."""
    try:
        rule, found = rules.bind("localhost").match(urlsplit(unquote(address)).path, "GET", return_rule=True)
    except HTTPException:
        return None
    return rule.rule, tuple(str(found[name]) for name in _named(rule))


def _each(rule: Rule) -> Iterator[Place]:
    choices = [sorted(rule._converters[name].items) for name in _named(rule)]  # type: ignore[attr-defined]  # AnyConverter
    return ((rule.rule, chosen) for chosen in itertools.product(*choices))


def _named(rule: Rule) -> list[str]:
    return sorted(name for name in rule.arguments if isinstance(rule._converters[name], AnyConverter))
