"""Record numbers: strict forms, and the next one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.numbers import (
    DOCUMENT,
    LIST,
    NO_GROUPING,
    ItemNumber,
    MatterNumber,
    RecordNumber,
    next_item,
    next_matter,
    next_record,
    parse_item,
    parse_matter,
    parse_record,
)

RECORDS = st.builds(
    RecordNumber,
    st.from_regex("[a-z][a-z0-9]{0,8}", fullmatch=True),
    st.none() | st.integers(1000, 9999),
    st.integers(1, 20_000),
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (RecordNumber("hbyy", 2017, 1), "hbyy-2017-01"),
        (RecordNumber(NO_GROUPING, None, 12), "x-0000-12"),
        (RecordNumber(DOCUMENT, 2019, 100), "doc-2019-100"),
        (RecordNumber(LIST, 2019, 1), "list-2019-01"),
    ],
)
def test_records_as_written(number: RecordNumber, text: str) -> None:
    assert (str(number), parse_record(text)) == (text, number)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (ItemNumber(RecordNumber("hbyy", 2017, 1), 7), "hbyy-2017-01-007"),
        (ItemNumber(RecordNumber(DOCUMENT, None, 3), 1234), "doc-0000-03-1234"),
    ],
)
def test_items_as_written(number: ItemNumber, text: str) -> None:
    assert (str(number), parse_item(text)) == (text, number)


@given(RECORDS, st.integers(1, 20_000))
def test_what_is_written_is_parsed_and_only_as_what_it_is(record: RecordNumber, number: int) -> None:
    item = ItemNumber(record, number)
    assert parse_record(str(record)) == record
    assert parse_item(str(item)) == item
    with pytest.raises(ValueError, match="not an item number|not a record number"):
        parse_item(str(record))
    with pytest.raises(ValueError, match="not a record number"):
        parse_record(str(item))


@pytest.mark.parametrize(
    "text",
    [
        "", "hbyy-2017-1", "hbyy-2017-001", "hbyy-2017-00", "HBYY-2017-01", "hb-yy-2017-01", "1x-2017-01", "-2017-01",
        "hbyy-17-01", "hbyy-0999-01", "hbyy-2017-01\n", "hbyy-２０１７-01", " hbyy-2017-01", "呼包-2017-01",
    ],
)  # fmt: skip
def test_no_other_form_is_a_record_number(text: str) -> None:
    with pytest.raises(ValueError, match="record number|begin at 1|four digits"):
        parse_record(text)


@pytest.mark.parametrize("text", ["", "hbyy-2017-01-07", "hbyy-2017-01-0007", "hbyy-2017-01-000", "hbyy-2017-1-001"])
def test_no_other_form_is_an_item_number(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        parse_item(text)


@pytest.mark.parametrize(
    ("series", "year", "number"), [("", 2017, 1), ("a-b", 2017, 1), ("x", 0, 1), ("x", 17, 1), ("x", 10_000, 1), ("x", None, 0)]
)  # fmt: skip
def test_a_number_that_cannot_be_written_is_not_built(series: str, year: int | None, number: int) -> None:
    with pytest.raises(ValueError, match="series|four digits|begin at 1"):
        RecordNumber(series, year, number)


def test_an_item_is_counted_from_one() -> None:
    with pytest.raises(ValueError, match="begin at 1"):
        ItemNumber(RecordNumber("x", None, 1), 0)


def test_the_next_number_follows_the_highest_of_its_own_series_and_year() -> None:
    existing = ["hbyy-2017-02", "hbyy-2017-09", "hbyy-2018-30", "x-2017-40", "hbyy-0000-50", "hbyy-2017-100"]
    assert str(next_record("hbyy", 2017, existing)) == "hbyy-2017-101"
    assert str(next_record("hbyy", None, existing)) == "hbyy-0000-51"
    assert str(next_record("doc", 2017, existing)) == "doc-2017-01"


def test_the_next_item_follows_the_highest_under_its_own_parent() -> None:
    parent = RecordNumber("hbyy", 2017, 1)
    existing = ["hbyy-2017-01-003", "hbyy-2017-01-001", "hbyy-2017-02-070"]
    assert str(next_item(parent, existing)) == "hbyy-2017-01-004"
    assert str(next_item(parent, [])) == "hbyy-2017-01-001"


def test_a_foreign_text_among_the_existing_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="'hbyy-2017'"):
        next_record("hbyy", 2017, ["hbyy-2017-01", "hbyy-2017"])


MATTERS = st.builds(
    MatterNumber, st.from_regex("[a-z][a-z0-9-]{0,12}", fullmatch=True), st.integers(1000, 9999), st.integers(1, 20_000)
)


@given(MATTERS)
def test_a_matters_number_is_parsed_as_what_it_is_whatever_its_procedure_is_called(number: MatterNumber) -> None:
    assert parse_matter(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "finding-2026", "finding-2026-01", "finding-2026-0001", "finding-2026-000", "Finding-2026-001", "1-2026-001"],
)
def test_no_other_form_is_a_matters_number(text: str) -> None:
    with pytest.raises(ValueError, match="number of a matter|begin at 1"):
        parse_matter(text)


@pytest.mark.parametrize(("slug", "year", "number"), [("", 2026, 1), ("a_b", 2026, 1), ("a", 26, 1), ("a", 2026, 0)])
def test_a_matters_number_that_cannot_be_written_is_not_built(slug: str, year: int, number: int) -> None:
    with pytest.raises(ValueError, match="code of a procedure|four digits|begin at 1"):
        MatterNumber(slug, year, number)


def test_the_next_matter_follows_the_highest_of_its_own_procedure_and_year() -> None:
    existing = ["finding-2026-002", "finding-2026-009", "finding-2025-030", "finding-2026-2026-040"]
    assert str(next_matter("finding", 2026, existing)) == "finding-2026-010"
    assert str(next_matter("finding", 2027, existing)) == "finding-2027-001"
    assert str(next_matter("finding-2026", 2026, existing)) == "finding-2026-2026-041"
