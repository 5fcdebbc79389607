"""Everything that can be wrong with a page as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from registry.domain.addresses import without_language
from tests.browser.addresses import NOT_THERE
from tests.demo import Demo

CHECKS = {"color-contrast", "label", "html-has-lang", "region", "target-size"}
"""Some of the rules that must have run: an engine that checks nothing finds nothing."""
RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
"""Only what is wrong is described to its last node: it takes a third of the time."""
PAGE_BYTES, SCRIPT_BYTES = 120 * 1024, 10 * 1024
"""What a first visit may transfer, as sent."""
SHIFT = 0.02
"""How much a page may move while it loads: the score of the Layout Instability draft."""

MOVED = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => { for (const each of list.getEntries()) moved += each.value; })
        .observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => setTimeout(() => done(moved), 60));
})"""
SENT = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .map(each => [each.name, each.encodedBodySize])"""
LABELS = "button, .btn, nav a, .tabs a, .tag, .state, .lamp, summary, th, label, dt, h1, h2, h3, figcaption, option"
OVERFLOWING = f"""() => [...document.querySelectorAll("{LABELS}")].filter(each =>
        each.clientWidth && getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1
        && !each.closest(".visually-hidden, .skip"))
    .map(each => `${{each.scrollWidth}} > ${{each.clientWidth}}: ${{each.outerHTML.slice(0, 140)}}`)"""
STOPS = """() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(each =>
        each.type !== "hidden" && !each.disabled && each.getClientRects().length && each.checkVisibility({visibilityProperty: true}));
    const group = each => each.type === "radio" && all.find(other => other.name === each.name && other.checked) || all.find(other =>
        other.type === "radio" && other.name === each.name);
    for (const each of all) if (each.type !== "radio" || each === group(each)) each.dataset.stop = "waiting";
    return document.querySelectorAll("[data-stop]").length;
}"""
STOP = """() => {
    const at = document.activeElement;
    if (at === document.body) return null;
    at.removeAttribute("data-stop");
    const style = getComputedStyle(at), box = at.getBoundingClientRect();
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return seen && box.width && box.bottom > 0 && box.top < innerHeight ? "" : at.outerHTML.slice(0, 140);
}"""


@dataclass(frozen=True)
class Look:
    """How a page is met. language: zh or en; dark: by night; width: of the window, px."""

    language: str
    dark: bool
    width: int

    def __str__(self) -> str:
        return f"{self.language} {'dark' if self.dark else 'light'} {self.width}"


class Reading:
    """Somebody who opens page after page, and what was wrong with the last one."""

    def __init__(self, demo: Demo, page: Page, look: Look) -> None:
        self.demo, self.page, self.look = demo, page, look
        self.wrong: list[str] = []
        page.on("request", lambda asked: self._note(f"asks {asked.url}", unless=asked.url.startswith(demo.url)))
        page.on("console", lambda said: self._note(f"console: {said.text}", unless=said.type != "error"))
        page.on("pageerror", lambda error: self._note(f"script: {error}"))

    def _note(self, fault: str, *, unless: bool = False) -> None:
        self.wrong += [] if unless else [fault]

    def open(self, address: str) -> None:
        """Go there. A page that is not there, or is another, is a fault."""
        self.wrong = []
        answer = self.page.goto(self.demo.url + ("/en" if self.look.language == "en" else "") + address)
        if address in NOT_THERE:
            self.wrong = [fault for fault in self.wrong if "404" not in fault]
        elif answer is None or answer.status != 200:
            self.wrong.append(f"answers {answer and answer.status}")
        elif without_language(unquote(urlsplit(self.page.url).path)) != urlsplit(unquote(address)).path:
            self.wrong.append(f"leads to {self.page.url}")

    def faults(self, address: str) -> list[str]:
        """Accessibility, sideways scrolling, labels that overflow, movement while loading, weight, requests elsewhere, errors."""
        self.open(address)
        # /style is for those who build the pages.
        wrong = [] if address == "/style" else weight(self.page)
        moved = self.page.evaluate(MOVED)
        wrong += [f"moves by {moved:.3f}"] if moved > SHIFT else []
        scroll = self.page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{scroll} px wide"] if scroll > self.look.width else []
        wrong += [f"overflows {each}" for each in self.page.evaluate(OVERFLOWING)]
        wrong += violations(self.page)
        return [f"{self.look} {address}: {fault}" for fault in self.wrong + wrong]


@contextmanager
def reading(browser: Browser, demo: Demo, look: Look, login: str | None = None) -> Iterator[Reading]:
    """A reader in a context of their own, signed in once."""
    context = browser.new_context(
        viewport={"width": look.width, "height": 800},
        color_scheme="dark" if look.dark else "light",
        reduced_motion="reduce",  # a page that scrolls smoothly is not yet where it will be when it is looked at
        locale="zh-CN",
    )
    page = context.new_page()
    if login:
        demo.sign_in(page, login)
    yield Reading(demo, page, look)
    context.close()


def faults_of(
    browser: Browser, demo: Demo, look: Look, addresses: Iterable[str], login: str | None = None
) -> list[str]:
    """What is wrong with each of these pages."""
    with reading(browser, demo, look, login) as reader:
        return [fault for address in addresses for fault in reader.faults(address)]


def weight(page: Page) -> list[str]:
    """What a first visit transferred too much."""
    sent = page.evaluate(SENT)
    total, scripts = sum(size for _, size in sent), sum(size for name, size in sent if ".js" in name)
    assert total > 10_000, "nothing was measured"
    return [
        f"{what} {size} bytes"
        for what, size, most in (("page", total, PAGE_BYTES), ("scripts", scripts, SCRIPT_BYTES))
        if size > most
    ]


def violations(page: Page) -> list[str]:
    """What axe finds, with its rule for the size of targets (WCAG 2.2, 2.5.8) switched on."""
    result = Axe().run(page, options=RULES).response
    ran = {rule["id"] for rule in result["passes"] + result["violations"]}
    assert {"color-contrast", "target-size"} <= ran and ran & CHECKS, "axe checked nothing"
    return [f"axe {rule['id']}: {node['html'][:160]}" for rule in result["violations"] for node in rule["nodes"][:3]]


def out_of_reach(page: Page) -> list[str]:
    """What the Tab key does not reach, or reaches without showing it."""
    count = page.evaluate(STOPS)
    unseen: list[str] = []
    page.locator(".skip").focus()  # not from where the page put the focus
    for place in range(4 * count):  # a field for a date has several stops
        if place:
            page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        unseen += [f"focus is not seen: {stop}"] if stop else []
    left = page.evaluate("[...document.querySelectorAll('[data-stop]')].map(each => each.outerHTML.slice(0, 140))")
    return unseen + [f"Tab passes by {each}" for each in left]
