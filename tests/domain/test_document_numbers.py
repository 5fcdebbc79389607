"""发文字号 and its normal form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import Outcome
from registry.domain.document_numbers import read
from tests.domain.vectors import rows

PARTS = (st.text("乌海政字东发内办函", min_size=1, max_size=8), st.integers(1900, 2199), st.integers(1, 999_999))


@pytest.mark.parametrize(("typed", "outcome", "value", "reason"), rows("document_numbers"))
def test_typed_document_numbers(typed: str, outcome: str, value: str | None, reason: str | None) -> None:
    reading = read(typed)
    assert (reading.outcome, reading.value, reading.reason) == (outcome, value, reason)


@given(st.tuples(*PARTS))
def test_the_normal_form_is_accepted_as_it_stands(parts: tuple[str, int, int]) -> None:
    normal = "{}〔{}〕{}号".format(*parts)
    reading = read(normal)
    assert (reading.outcome, reading.value) == (Outcome.ACCEPT, normal)


@given(st.tuples(*PARTS), st.sampled_from(["{}({}){}号", "{}（{}）第{}号", " {} [{}] {} 号", "{}【{}年】{}"]))
def test_every_other_form_becomes_the_normal_one(parts: tuple[str, int, int], form: str) -> None:
    reading = read(form.format(*parts))
    assert (reading.outcome, reading.value) == (Outcome.NORMALISE, "{}〔{}〕{}号".format(*parts))
