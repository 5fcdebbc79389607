"""The numbers of the sample register, which is larger than what a test lays: each is that of the rows it opens."""

from __future__ import annotations

import pytest

from tests.browser.addresses import SIGNED_IN
from tests.browser.visitor import Visitor
from tests.demo import Demo
from tests.numbers import Walk


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "login",
    [pytest.param(None, marks=pytest.mark.long), *(pytest.param(each, marks=pytest.mark.drill) for each in SIGNED_IN)],
)
def test_every_number_of_the_sample_register_opens_its_rows(prepared: Demo, login: str | None) -> None:
    reader = Visitor(prepared, login)
    walk = Walk(lambda address: reader.get(address).html)
    walk.through()
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.checked >= 1000, walk.checked
    assert len(walk.read) >= 240
