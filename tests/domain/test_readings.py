"""What all readers share: the four answers, the folding of widths, and that no text makes a reader fall over."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain import (
    Outcome,
    Reading,
    Reason,
    accepted,
    asked,
    dates,
    document_numbers,
    even_spaces,
    half_width,
    names,
    normalised,
    quantities,
    rejected,
)

READERS = (dates.read, document_numbers.read, quantities.read, names.split, names.lead_departments)
TYPED = st.text() | st.text(
    "0123456789〇二十年月日第季度底前号〔〕()（）、,至-—./ :近%以上牵头部门:区政府\u00a0\u3000２", max_size=24
)


def test_each_answer_carries_what_it_promises() -> None:
    assert accepted(1) == Reading(Outcome.ACCEPT, 1, None)
    assert normalised(1) == Reading(Outcome.NORMALISE, 1, Reason.TIDIED)
    assert normalised(1, Reason.BLANK) == Reading(Outcome.NORMALISE, 1, Reason.BLANK)
    assert asked(Reason.AMBIGUOUS) == Reading(Outcome.ASK, None, Reason.AMBIGUOUS)
    assert asked(Reason.AMBIGUOUS, 1) == Reading(Outcome.ASK, 1, Reason.AMBIGUOUS)
    assert rejected(Reason.NO_SUCH_DAY) == Reading(Outcome.REJECT, None, Reason.NO_SUCH_DAY)


def test_reason_codes_are_kebab_case() -> None:
    assert [reason for reason in Reason if not re.fullmatch("[a-z]+(-[a-z]+)*", reason.value)] == []


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("２０１９（Ａ）％", "2019(A)%"),
        ("\u3000甲\u00a0 乙\t", "甲 乙"),
        ("甲\u200b乙\ufeff", "甲乙"),
        ("10km²①〔〕", "10km²①〔〕"),
    ],
)
def test_only_full_width_ascii_and_spaces_are_folded(typed: str, folded: str) -> None:
    assert half_width(typed) == folded


def test_even_spaces_leave_widths_alone() -> None:
    assert even_spaces("\u3000（甲）\u00a0\u2003乙\u2060 ") == "（甲） 乙"


@pytest.mark.parametrize("reader", READERS)
@given(typed=TYPED)
def test_any_text_gets_an_answer(reader: object, typed: str) -> None:
    assert callable(reader)
    reading = reader(typed)
    assert (reading.outcome is Outcome.ACCEPT) == (reading.reason is None)
    assert reading.value is not None or reading.outcome in (Outcome.ASK, Outcome.REJECT)
    assert reading.value is None or reading.outcome is not Outcome.REJECT


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("unit", ["号1", "1至", "0", "十", "(", "、", "年", "近", "(牵头部门:"])
@pytest.mark.timeout(10)
def test_a_very_long_text_is_answered_at_once(reader: object, unit: str) -> None:
    assert callable(reader)
    assert isinstance(reader(unit * 20_000).outcome, Outcome)
