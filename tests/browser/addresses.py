"""The addresses that are looked at in a browser: found by following links, and those that no link leads to."""

from __future__ import annotations

import urllib.request
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlsplit

DOZEN = (
    "/", "/agreements/mxsm-2017-01", "/agreements/sample-2023-01", "/agreements?known=2020-01-01", "/items?stage=intent",
    "/items/sample-2023-01-001", "/agreements/sample-2023-01/matrix", "/fields", "/lists", "/search?q=%E5%8C%BB%E4%BF%9D",
    "/parties/x-a?since=2020-01-01", "/meetings/meeting-2017-01", "/documents/doc-2017-01", "/claims", "/sign-in", "/no-such-page",
)  # fmt: skip
"""What every run opens; the long run opens all."""
UNLINKED = (
    "/begin", "/style", "/no-such-page", "/search?q=%E5%8C%BB%E4%BF%9D", "/agreements?known=2020-01-01", "/parties/x-a?on=2019-06-30",
    "/?since=2020-01-01",
)  # fmt: skip
"""Pages that no page leads an anonymous reader to."""
OFFICER = (
    "/desk", "/agreements/sample-2025-01", "/agreements/sample-2025-01/sign", "/agreements/sample-2025-01/correct",
    "/items/sample-2023-01-001", "/items/sample-2023-01-001/report", "/items/sample-2023-01-003/propose/terminate",
    "/items/sample-2023-01-003/step/suspend", "/people/password", "/consents",
)  # fmt: skip
"""Pages of an officer of the host, `jia`."""
SAMPLES = ("sample-", "x-")
"""How numbers and codes of made-up records begin."""


def links_of(html: str) -> list[str]:
    """Addresses of this register that a page links to, in Chinese only: every page has its English twin."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            address = dict(attrs).get("href") or ""
            if tag == "a" and address.startswith("/") and not address.startswith(("//", "/en/")) and address != "/en":
                found.append(address.partition("#")[0])

    Reader().feed(html)
    return found


def discovered(url: str) -> tuple[str, ...]:
    """Every list, and one record of each kind and each page of it, real and sample: what an anonymous reader can reach."""
    kinds: dict[tuple[str, bool], str] = {}
    waiting, opened = ["/"], {"/"}
    while waiting:
        address = waiting.pop(0)
        with urllib.request.urlopen(url + quote(unquote(address), safe="/?=&"), timeout=30) as answer:
            if answer.headers.get_content_type() != "text/html":
                continue
            kinds[kind_of(address)] = address
            html = answer.read().decode()
        for link in links_of(html):
            if "?" not in link and kind_of(link) not in map(kind_of, opened):
                opened.add(link)
                waiting.append(link)
    return (*kinds.values(), *UNLINKED)


def kind_of(address: str) -> tuple[str, bool]:
    """What kind of page it is, and whether of a sample record: numbers and codes count as one."""
    room, *rest = urlsplit(address).path.strip("/").split("/")
    shape = [part if place and not part.isdigit() else "*" for place, part in enumerate(rest)]
    return "/".join((room, *shape)), bool(rest) and rest[0].startswith(SAMPLES)
