"""A page that arrives piece by piece, as over a poor line: its head and its foot stand where they first stood."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.faults import SHIFT, Look, reading
from tests.demo import Demo

pytestmark = pytest.mark.browser
PIECE, APART = 400, 0.02
"""Bytes that arrive together, and the seconds between them."""
MOVED = """() => new Promise(done => {
    const ends = "header.site-head, footer.site-foot", moved = {};
    const end = node => (node?.nodeType === 1 ? node : node?.parentElement)?.closest(ends)?.className;
    new PerformanceObserver(list => {
        for (const each of list.getEntries())
            for (const which of new Set(each.sources.map(source => end(source.node)).filter(Boolean)))
                moved[which] = (moved[which] ?? 0) + each.value;
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(moved), 100);
})"""
"""By how much the two moved, or what is in them (web-vitals, CLS)."""


@pytest.fixture(scope="module")
def slow(demo: Demo) -> Iterator[Demo]:
    """The demo behind a line that passes a piece at a time."""
    host, port = urlsplit(demo.url).hostname, urlsplit(demo.url).port
    line = socket.create_server(("127.0.0.1", 0))

    def pass_on(come: socket.socket, go: socket.socket, pause: float) -> None:
        with come, suppress(OSError):  # the browser hung up
            while piece := come.recv(PIECE):
                go.sendall(piece)
                time.sleep(pause)
            go.shutdown(socket.SHUT_WR)

    def listen() -> None:
        while True:
            try:
                browser, _ = line.accept()
            except OSError:  # closed
                return
            browser.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server = socket.create_connection((host, port))
            threading.Thread(target=pass_on, args=(browser, server, 0), daemon=True).start()
            threading.Thread(target=pass_on, args=(server, browser, APART), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    yield replace(demo, url=f"http://127.0.0.1:{line.getsockname()[1]}")
    line.close()


@pytest.mark.parametrize("login", [None, "office"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_head_and_foot_stand_still_while_a_page_arrives(
    browser: Browser, slow: Demo, login: str | None, width: int
) -> None:
    look = Look("zh" if login else "en", dark=False, width=width)
    with reading(browser, slow, look, login) as reader:
        for address in (
            ("/agreements/new", "/groupings/sample/members/x-a/role")
            if login
            else ("/sign-in", "/corrections", "/matters")
        ):
            reader.open(address)
            assert reader.page.locator("footer.site-foot").count() == 1
            moved = reader.page.evaluate(MOVED)
            assert not moved or max(moved.values()) < SHIFT / 2, (address, moved)
