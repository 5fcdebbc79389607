"""Everything that can be wrong with a page as a browser shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.demo import Demo

CHECKS = {"color-contrast", "label", "html-has-lang", "region", "target-size"}
"""Some of the rules that must have run: an engine that checks nothing finds nothing."""
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


@contextmanager
def opened(
    browser: Browser, demo: Demo, address: str, *, width: int, dark: bool, language: str, login: str | None = None
) -> Iterator[tuple[Page, list[str]]]:
    """A page in a context of its own, and what was wrong on the way to it."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",  # a page that scrolls smoothly is not yet where it will be when it is looked at
        locale="zh-CN",
    )
    page, wrong = context.new_page(), list[str]()
    page.on(
        "request", lambda request: None if request.url.startswith(demo.url) else wrong.append(f"asks {request.url}")
    )
    if login:
        demo.sign_in(page, login)
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.goto(demo.url + ("/en" if language == "en" else "") + address)
    wrong[:] = [fault for fault in wrong if "404" not in fault or address != "/no-such-page"]
    yield page, wrong
    context.close()


def faults_of(
    browser: Browser, demo: Demo, address: str, *, width: int, dark: bool, language: str, login: str | None = None
) -> list[str]:
    """Accessibility, sideways scrolling, labels that overflow, movement while loading, weight, requests elsewhere, errors."""
    with opened(browser, demo, address, width=width, dark=dark, language=language, login=login) as (page, wrong):
        # What is signed in goes uncompressed (BREACH); /style is for those who build the pages.
        wrong += [] if login or address == "/style" else weight(page)
        moved = page.evaluate(MOVED)
        wrong += [f"moves by {moved:.3f}"] if moved > SHIFT else []
        scroll = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{scroll} px wide at {width}"] if scroll > width else []
        wrong += [f"overflows {each}" for each in page.evaluate(OVERFLOWING)]
        wrong += violations(page)
    return [f"{'/en' if language == 'en' else ''}{address} at {width}: {fault}" for fault in wrong]


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
    result = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
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
