"""The pictures: README's own in docs/pictures/, and every page at three widths, light and dark, in build/pictures/."""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import CHROMIUM, CHROMIUM_ALONE
from tests.demo import Demo, running_demo

README = {
    "register": ("/", None, 1280, 860),
    "agreement": ("/agreements/mxsm-2017-01", None, 1280, 1500),
    "item": ("/items/sample-2023-01-001", "jia", 1280, 1100),
    "sign": ("/agreements/sample-2025-01/sign", "jia", 1280, 1100),
}
"""File name → address, account, width and height of the picture."""
EVERY = (
    "/", "/agreements", "/agreements/mxsm-2017-01", "/agreements/sample-2023-01", "/items", "/items/doc-2017-01-001",
    "/items/sample-2023-01-001", "/parties", "/parties/150300", "/groupings/mxsm", "/meetings/meeting-2017-01", "/documents/doc-2017-01",
    "/claims", "/sign-in",
)  # fmt: skip


def take(
    browser: Browser,
    demo: Demo,
    address: str,
    file: Path,
    *,
    width: int,
    height: int | None,
    dark: bool,
    login: str | None,
) -> None:
    """One picture: the top of the page down to `height`, or all of it."""
    context = browser.new_context(
        viewport={"width": width, "height": height or 900}, color_scheme="dark" if dark else "light", locale="zh-CN"
    )
    page = context.new_page()
    if login:
        demo.sign_in(page, login)
    page.goto(demo.url + address)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(file), full_page=height is None)
    context.close()


def main(every: bool) -> None:
    """Take them from a fresh demo."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*CHROMIUM_ALONE])
        for name, (address, login, width, height) in README.items():
            file = Path("docs/pictures") / f"{name}.png"
            take(browser, demo, address, file, width=width, height=height, dark=False, login=login)
        for address, width, dark in itertools.product(EVERY if every else (), (360, 768, 1280), (False, True)):
            name = address.strip("/").replace("/", "-") or "register"
            file = Path("build/pictures") / f"{name}-{width}{'-dark' if dark else ''}.png"
            take(browser, demo, address, file, width=width, height=None, dark=dark, login=None)
        browser.close()


if __name__ == "__main__":
    main(every="--readme" not in sys.argv)
