"""Every page as people meet it: phone and desk, Chinese and English, light and dark, by mouse and by keyboard, at its real size."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import Browser

from tests.browser.addresses import DOZEN, OFFICER, discovered, links_of
from tests.browser.faults import faults_of, opened, out_of_reach
from tests.demo import Demo

pytestmark = pytest.mark.browser
IN_CI = {("zh", False, 1280), ("en", True, 320), ("zh", True, 768)}
FILES = re.compile(r"/(\w+)[^?]*\.(pdf|docx|xlsx|csv|zip|svg|atom|ics)(?:\?|$)")


@pytest.mark.parametrize("address", DOZEN)
def test_a_page_has_no_fault(browser: Browser, demo: Demo, address: str) -> None:
    """At the desk in Chinese by day; in English by night on the narrowest phone, which is a desk at 400 % (WCAG 1.4.10)."""
    assert faults_of(browser, demo, address, width=1280, dark=False, language="zh") == []
    assert faults_of(browser, demo, address, width=320, dark=True, language="en") == []


@pytest.mark.parametrize("address", OFFICER[:4])
def test_an_officer_page_has_no_fault(browser: Browser, demo: Demo, address: str) -> None:
    """The same for the officer of the host."""
    assert faults_of(browser, demo, address, width=1280, dark=True, language="zh", login="jia") == []
    assert faults_of(browser, demo, address, width=320, dark=False, language="en", login="jia") == []


@pytest.mark.parametrize("address", ["/", "/items/sample-2023-01-001"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, demo: Demo, address: str) -> None:
    """Tab by Tab through the page."""
    with opened(browser, demo, address, width=1280, dark=False, language="zh") as (page, _):
        assert out_of_reach(page) == []


LOOKS = [
    pytest.param(*look, marks=pytest.mark.long if look in IN_CI else pytest.mark.drill)
    for look in itertools.product(("zh", "en"), (False, True), (320, 768, 1280))
]
"""Language, dark, width; a fifth of them in `make test-long`, the rest in `make drill`."""


@pytest.mark.parametrize(("language", "dark", "width"), LOOKS)
@pytest.mark.timeout(1200)  # some minutes: every page
def test_no_page_has_a_fault(browser: Browser, demo: Demo, language: str, dark: bool, width: int) -> None:
    """All that an anonymous reader can reach, and the pages of an officer."""
    public = discovered(demo.url)
    assert len(public) > 30
    look = {"width": width, "dark": dark, "language": language}
    wrong = [fault for address in public for fault in faults_of(browser, demo, address, **look)]  # type: ignore[arg-type]  # as named above
    wrong += [fault for address in OFFICER for fault in faults_of(browser, demo, address, login="jia", **look)]  # type: ignore[arg-type]
    assert wrong == []


@pytest.mark.long  # a minute: some pages have hundreds of links
def test_the_keyboard_reaches_everything_on_every_page(browser: Browser, demo: Demo) -> None:
    """Every page, in English on the phone, where the head is tallest."""
    wrong = []
    for address in discovered(demo.url):
        with opened(browser, demo, address, width=360, dark=False, language="en") as (page, _):
            wrong += [f"{address}: {fault}" for fault in out_of_reach(page)]
    assert wrong == []


@pytest.mark.drill  # too long since every number opens a page of its own; the numbers themselves are crawled in tests/views
@pytest.mark.timeout(7200)
def test_every_link_of_every_page_leads_somewhere(browser: Browser, demo: Demo) -> None:
    """Crawl what an anonymous reader can reach; each address answers 200. Of files one of each room and form."""
    context = browser.new_context(java_script_enabled=False)
    seen, waiting, broken = set(), ["/"], []
    while waiting:
        address = waiting.pop()
        file = FILES.search(address)
        key = "{1} {2}".format(*file.group(0, 1, 2)) if file else address
        if key in seen:
            continue
        seen.add(key)
        answer = context.request.get(demo.url + address, max_redirects=3)
        if answer.status != 200:
            broken.append((address, answer.status))
        if "text/html" in answer.headers.get("content-type", "") and address.count("?") <= 1:
            waiting += [link for link in links_of(answer.text()) if "lang=" not in link]
    context.close()
    assert broken == []
    assert len(seen) > 250, "the crawl must reach items, documents and people's numbers"
