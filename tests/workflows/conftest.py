"""The definitions that the tests of the engine read."""

from pathlib import Path

import pytest

from tests.workflows.guards import EFFECTS, GUARDS
from workflows import SHIPPED, Definition, load

FULL = Path(__file__).parent / "full.yaml"


@pytest.fixture(scope="session")
def agreement() -> Definition:
    """The agreement's procedure as shipped."""
    return load((SHIPPED / "agreement.yaml").read_bytes(), GUARDS, EFFECTS)


@pytest.fixture(scope="session")
def item() -> Definition:
    """The item's procedure as shipped."""
    return load((SHIPPED / "item.yaml").read_bytes(), GUARDS, EFFECTS)


@pytest.fixture(scope="session")
def full() -> Definition:
    """A definition that uses every key of the format."""
    return load(FULL.read_bytes(), GUARDS, EFFECTS)
