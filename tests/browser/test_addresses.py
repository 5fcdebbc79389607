"""The addresses that are looked at are all that there are, and every link leads somewhere."""

from __future__ import annotations

from collections import Counter, deque
from urllib.parse import parse_qs, urlsplit

import pytest

from registry.domain.addresses import without_language
from tests.browser.addresses import FILES, NOT_OPENED, SIGNED_IN, discovered, kind_of, links_of, place_of, places
from tests.browser.visitor import Visitor
from tests.demo import Demo
from tests.views.conftest import the_app

TWICE = 2
"""How often one kind of page is opened with the same questions, or by somebody signed in."""


def guarded() -> set[str]:
    """Rules that ask who comes."""
    app = the_app()
    return {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "who_may", ("public",)) != ("public",)
    }


def test_every_form_and_page_of_the_signed_in_is_looked_at() -> None:
    """What a person may open only after signing in has its address among those of the cast."""
    rules, asking = the_app().url_map, guarded()
    opened = {place_of(rules, address) for addresses in SIGNED_IN.values() for address in addresses}
    there = {place for place in places(rules) if place[0] in asking and place[0] not in NOT_OPENED}
    assert there - opened == set()
    assert None not in opened
    assert {place[0] for place in places(rules)} >= set(NOT_OPENED), "these rules are gone"


@pytest.mark.long
def test_every_public_page_is_looked_at(prepared: Demo) -> None:
    """What the crawl does not find is missing in `UNLINKED`, or nothing leads to it."""
    rules = the_app().url_map
    looked_at = (*discovered(prepared), *(address for addresses in SIGNED_IN.values() for address in addresses))
    opened = {place_of(rules, address) for address in looked_at}
    assert {place for place in places(rules) if place[0] not in NOT_OPENED} - opened == set()


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("login", "least"), [(None, 500), ("jia", 150), ("office", 150), ("admin", 80)])
@pytest.mark.parametrize("language", ["", "/en"], ids=["zh", "en"])
def test_every_link_of_every_page_leads_somewhere(prepared: Demo, login: str | None, least: int, language: str) -> None:
    """Crawl from the front page; each address answers 200. Every page without a question by everybody; of each kind two by
    somebody signed in, and with each set of questions; of files one of each room and form."""
    reader, times = Visitor(prepared, login), Counter[object]()
    waiting, seen = deque([(f"{language}/", "")]), {f"{language}/"}
    broken, opened = [], 0
    while waiting:
        address, linked_on = waiting.popleft()
        kind, most = crawled_as(without_language(address), signed_in=login is not None)
        times[kind] += 1
        if times[kind] > most:
            continue
        answer = reader.get(address)
        opened += 1
        if answer.status != 200 and not excused(answer.status, linked_on):
            broken.append((answer.status, address, linked_on))
        for link in links_of(answer.html, address):
            if link not in seen:
                seen.add(link)
                waiting.append((link, address))
    assert broken == [], "\n".join(map(str, broken))
    assert opened > least, "the crawl must reach items, documents and forms"


def excused(status: int, linked_on: str) -> bool:
    """What may not open: from a page of the past, a record that was not there or not known."""
    return status == 404 and bool({"known", "on"} & set(parse_qs(urlsplit(linked_on).query)))


def crawled_as(address: str, *, signed_in: bool) -> tuple[object, int]:
    """What an address is taken for, and how many of its like are opened."""
    path, _, query = address.partition("?")
    file = FILES.search(address)
    if file:
        return file.groups(), 1
    questions = tuple(sorted({pair.partition("=")[0] for pair in query.split("&")}))
    return ((kind_of(path), questions), TWICE) if query or signed_in else (path, 1)
