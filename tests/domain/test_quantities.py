"""Numbers as documents state them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import Outcome
from registry.domain.quantities import Quantity, chinese_integer, digits, read
from tests.domain.vectors import rows

NUMBERS = st.decimals(0, 10**12, allow_nan=False, places=3)
UNITS = st.sampled_from([None, "项", "%", "万台", "亿元", "小时"])


@pytest.mark.parametrize(("typed", "outcome", "fields", "reason"), rows("quantities"))
def test_typed_quantities(typed: str, outcome: str, fields: dict[str, Any] | None, reason: str | None) -> None:
    reading = read(typed)
    assert (reading.outcome, reading.value, reading.reason) == (outcome, fields and Quantity(**fields), reason)


@given(number=NUMBERS, unit=UNITS, approx=st.sampled_from([None, "近", "约", "超过", "不足"]))
def test_a_number_is_kept_to_its_last_digit(number: Decimal, unit: str | None, approx: str | None) -> None:
    reading = read(f"{approx or ''}{number:,f}{unit or ''}")
    assert reading.outcome is Outcome.ACCEPT
    assert reading.value == Quantity(number=f"{number:f}", approx=approx, unit=unit)


@given(ends=st.tuples(NUMBERS, NUMBERS).map(sorted), unit=UNITS, to=st.sampled_from(["至", "到", "-", "—", "~"]))
def test_both_ends_of_a_range_are_kept(ends: list[Decimal], unit: str | None, to: str) -> None:
    low, high = (f"{end:f}" for end in ends)
    assert read(f"{low}{to}{high}{unit or ''}").value == Quantity(minimum=low, maximum=high, unit=unit)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十", 10), ("一十", 10), ("十九", 19), ("两", 2), ("二十一", 21), ("一百零二", 102), ("一百一十", 110),
        ("一千零一十", 1010), ("两千〇一", 2001), ("九千九百九十九", 9999),
        ("", None), ("零", None), ("百", None), ("百二", None), ("一百二", None), ("三五", None), ("十十", None),
        ("一千零零一", None), ("九千千", None), ("一万", None), ("5", None),
    ],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int | None) -> None:
    assert chinese_integer(text) == number


def test_signs_of_a_year() -> None:
    assert digits("二〇一九○O") == "201900"
