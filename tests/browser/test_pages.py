"""Every page as people meet it: phone and desk, Chinese and English, light and dark, real data at its real size."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.demo import Demo

pytestmark = pytest.mark.browser

PUBLIC = (
    "/", "/agreements", "/agreements?known=2020-01-01", "/agreements/mxsm-2017-01", "/agreements/x-0000-01", "/agreements/sample-2023-01",
    "/agreements/sample-2023-01?page=2", "/agreements/sample-2023-01/history", "/items", "/items?stage=intent", "/items/doc-2017-01-001",
    "/items/sample-2023-01-001", "/parties", "/parties/150300", "/parties/x-a", "/groupings", "/groupings/mxsm", "/meetings",
    "/meetings/meeting-2017-01", "/documents", "/documents/doc-2017-01", "/claims", "/alerts", "/corrections",
    "/sign-in", "/begin", "/style", "/no-such-page",
)  # fmt: skip
SIGNED_IN = (
    "/desk", "/agreements/sample-2025-01", "/items/sample-2023-01-001", "/people/password", "/consents",
    "/items/sample-2023-01-003/propose/terminate", "/items/sample-2023-01-003/step/suspend",
    "/agreements/sample-2025-01/correct",
)  # fmt: skip
CHECKS = {"color-contrast", "label", "html-has-lang", "region"}
"""Some of the rules that must have run: an engine that checks nothing finds nothing."""


def visit(
    browser: Browser, demo: Demo, address: str, *, width: int, dark: bool, language: str, login: str | None = None
) -> list[str]:
    """Open a page and say everything that is wrong with it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", locale="zh-CN"
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith(demo.url) else wrong.append(f"asks {request.url}")
    )
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    if login:
        demo.sign_in(page, login)
    page.goto(demo.url + ("/en" if language == "en" else "") + address)
    wrong = [fault for fault in wrong if "404" not in fault or address != "/no-such-page"]
    wrong += faults_of(page, width)
    context.close()
    return wrong


def faults_of(page: Page, width: int) -> list[str]:
    """Accessibility, sideways scrolling."""
    result = Axe().run(page)
    ran = {rule["id"] for rule in result.response["passes"] + result.response["violations"]}
    assert ran & CHECKS, "axe checked nothing"
    wrong = [f"axe {rule['id']}: {rule['nodes'][0]['html'][:160]}" for rule in result.response["violations"]]
    scroll = page.evaluate("document.documentElement.scrollWidth")
    return wrong + ([f"{scroll} px wide at {width}"] if scroll > width else [])


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_page_has_no_fault(browser: Browser, demo: Demo, address: str) -> None:
    """At the desk in Chinese by day, on the phone in English by night."""
    assert visit(browser, demo, address, width=1280, dark=False, language="zh") == []
    assert visit(browser, demo, address, width=360, dark=True, language="en") == []


@pytest.mark.parametrize("address", SIGNED_IN)
def test_an_officer_page_has_no_fault(browser: Browser, demo: Demo, address: str) -> None:
    """The same for the officer of the host."""
    assert visit(browser, demo, address, width=1280, dark=False, language="zh", login="jia") == []
    assert visit(browser, demo, address, width=360, dark=True, language="en", login="jia") == []


@pytest.mark.long  # a minute; each page alone is opened in every run
def test_every_link_of_every_page_leads_somewhere(browser: Browser, demo: Demo) -> None:
    """Crawl what an anonymous reader can reach; each address answers 200."""
    context = browser.new_context(java_script_enabled=False)
    seen, waiting, broken = set(), ["/"], []
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = context.request.get(demo.url + address, max_redirects=3)
        if answer.status != 200:
            broken.append((address, answer.status))
        if "text/html" in answer.headers.get("content-type", "") and address.count("?") <= 1:
            waiting += links_of(answer.text())
    context.close()
    assert broken == []
    assert len(seen) > 250, "the crawl must reach items, documents and people's numbers"


def links_of(html: str) -> list[str]:
    """Addresses of this register that a page links to, in Chinese only: every page has its English twin."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            address = dict(attrs).get("href") or ""
            if tag == "a" and address.startswith("/") and "lang=" not in address:
                found.append(address.partition("#")[0])

    Reader().feed(html)
    return found
