"""One demo for all tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.prepared import prepare
from tests.demo import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, served until the last test."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def prepared(demo: Demo) -> Demo:
    """The demo after people did on it what a fresh register lacks."""
    prepare(demo)
    return demo
