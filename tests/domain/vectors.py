"""The list of typed texts beside this file, one test parameter a row."""

from pathlib import Path
from typing import Any

import pytest
import yaml

_VECTORS = yaml.safe_load(Path(__file__).with_name("vectors.yaml").read_text(encoding="utf-8"))


def rows(section: str) -> list[Any]:
    """The rows of a section, each named by what was typed."""
    return [pytest.param(*row, id=repr(row[0])) for row in _VECTORS[section]]
