"""Claims beside counts."""

from decimal import Decimal

import pytest

from registry.domain.tallies import Gap, Tally, gap

TALLIES = (
    Tally("items-on-track", "进展顺利的事项", "Items on track", 33),
    Tally("colleges", "签约院校", "Colleges", 34),
    Tally("items", "合作事项", "Items", 0),
)


@pytest.mark.parametrize(
    ("claimed", "approx", "of_set", "counted", "difference"),
    [
        ("34", None, "items-on-track", 33, Decimal(-1)),
        ("34", None, "colleges", 34, Decimal(0)),
        ("70", "近", "items", 0, Decimal(-70)),
        ("1.5", None, "colleges", 34, Decimal("32.5")),
        ("22", None, "buses", None, None),
        ("34", None, None, None, None),
    ],
)
def test_a_claim_stands_beside_the_set_it_names(
    claimed: str, approx: str | None, of_set: str | None, counted: int | None, difference: Decimal | None
) -> None:
    beside = gap(claimed, approx, of_set, TALLIES)
    assert (beside, beside.difference) == (Gap(claimed, approx, counted), difference)


def test_two_tallies_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tallies are called 'items'"):
        gap("70", None, "items", (*TALLIES, Tally("items", "事项", "Items", 3)))
