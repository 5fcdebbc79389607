"""How many examples the properties of the engine run: REGISTRY_EXAMPLES is a factor, 1 by default."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.workflows.guards import EFFECTS, GUARDS
from workflows import SHIPPED, Definition, load

FACTOR = int(os.environ.get("REGISTRY_EXAMPLES", "1"))

settings.register_profile(
    "engine",
    max_examples=60 * FACTOR,
    deadline=None,
    derandomize=FACTOR == 1,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("engine")

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
