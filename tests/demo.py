"""The demo register as a newcomer gets it: one command, real data, served on loopback, eight accounts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, the passwords of its cast by login, and its folder."""

    url: str
    passwords: dict[str, str]
    folder: Path

    def sign_in(self, page: Page, login: str) -> None:
        """Sign in as a person does."""
        page.goto(f"{self.url}/sign-in")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", self.passwords[login])
        page.click("main button[type=submit]")
        page.wait_for_url(lambda address: "/sign-in" not in address)


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """`registry run` in a folder of its own, until the end of the block. Raises RuntimeError with its log if it never answers."""
    port = free_port()
    environment = {**os.environ, "REGISTRY_FOLDER": str(folder), "REGISTRY_DEVELOPMENT": "true"}
    environment.pop("REGISTRY_DATABASE_URL", None)
    command = [sys.executable, "-c", "from registry.commands import main; main()", "run", "--port", str(port)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(url, process, log)
        kept = (folder / "demo_accounts").read_text("utf-8")
        yield Demo(url, dict(line.split("\t") for line in kept.splitlines()), folder)
    finally:
        process.terminate()
        process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(log.read_text("utf-8", "replace"))
