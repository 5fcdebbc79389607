"""The pictures: README's own in docs/pictures/; every page at three widths, light, dark and on paper, in build/pictures/."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.addresses import SIGNED_IN, discovered
from tests.browser.prepared import prepare
from tests.conftest import CHROMIUM, CHROMIUM_ALONE
from tests.demo import Demo, running_demo

README = {
    "register": ("/", None, 1280, 1000),
    "agreement": ("/agreements/mxsm-2017-01", None, 1280, 1500),
    "item": ("/items/sample-2023-01-001", "jia", 1280, 1100),
    "sign": ("/agreements/sample-2025-01/sign", "jia", 1280, 1100),
}
"""File name → address, account, width and height of the picture."""
EVERY = Path("build/pictures")


def visitor(browser: Browser, demo: Demo, login: str | None, scheme: Literal["light", "dark"]) -> Page:
    """A page of somebody, in a context of its own."""
    page = browser.new_context(color_scheme=scheme, locale="zh-CN").new_page()
    if login:
        demo.sign_in(page, login)
    return page


def readme(browser: Browser, demo: Demo) -> None:
    """The pictures that are committed: the top of each page."""
    for name, (address, login, width, height) in README.items():
        page = visitor(browser, demo, login, "light")
        page.set_viewport_size({"width": width, "height": height})
        page.goto(demo.url + address)
        page.screenshot(path=f"docs/pictures/{name}.png")
        page.context.close()


def every(browser: Browser, demo: Demo) -> None:
    """All that an anonymous reader can reach, and the pages of the cast."""
    prepare(demo)
    EVERY.mkdir(parents=True, exist_ok=True)
    for login, addresses in ((None, discovered(demo)), *SIGNED_IN.items()):
        for scheme in ("light", "dark"):
            page = visitor(browser, demo, login, scheme)
            for address in addresses:
                for language in ("", "/en") if scheme == "light" else ("",):
                    page.goto(demo.url + language + address)
                    _take(page, f"{language}{address}", f"{login}-" if login else "", dark=scheme == "dark")
            page.context.close()


def _take(page: Page, address: str, whose: str, *, dark: bool) -> None:
    """One page at each width; by day on paper, too."""
    name = whose + (address.strip("/").translate(str.maketrans("/?=", "--.")) or "register")
    for width in (360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=str(EVERY / f"{name}-{width}{'-dark' if dark else ''}.png"), full_page=True)
    if not dark:
        page.pdf(path=str(EVERY / f"{name}.pdf"), prefer_css_page_size=True)


def main(all_: bool) -> None:
    """Take them from a fresh demo."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*CHROMIUM_ALONE])
        readme(browser, demo)
        if all_:
            every(browser, demo)
        browser.close()


if __name__ == "__main__":
    main(all_="--readme" not in sys.argv)
