"""The definitions that the tests of the engine read."""

from pathlib import Path

import pytest

from tests.workflows.guards import VOCABULARY
from workflows import SHIPPED, Definition, engine, load
from workflows.check import load_published

FULL = Path(__file__).parent / "full.yaml"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Each test reads and builds anew, so that it is known which test runs which code: mutation tries a mutant on those."""
    for remembers in (load, load_published, engine._machine):
        remembers.cache_clear()


@pytest.fixture(scope="session")
def agreement() -> Definition:
    """The agreement's first procedure: small, and it never changes."""
    return load((SHIPPED / "earlier" / "agreement-1.yaml").read_bytes(), VOCABULARY)


@pytest.fixture(scope="session")
def item() -> Definition:
    """The item's first procedure: small, and it never changes."""
    return load((SHIPPED / "earlier" / "item-1.yaml").read_bytes(), VOCABULARY)


@pytest.fixture(scope="session")
def full() -> Definition:
    """A definition that uses every key of the format."""
    return load(FULL.read_bytes(), VOCABULARY)
