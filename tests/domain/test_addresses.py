"""Addresses of pages that are shared and frozen: what they mean, and which requests they open."""

from __future__ import annotations

import pytest

from registry.domain.addresses import Address

CHOSEN = Address.read("/items?party=150300")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/items/hbyy-2017-01-001", "/items/hbyy-2017-01-001"),
        (" https://register.test/en/items?stage=ended&party=150300&lang=en ", "/items?party=150300&stage=ended"),
        ("/parties/150300/", "/parties/150300"),
        ("/agreements/hbyy-2017-01/matrix", "/agreements/hbyy-2017-01/matrix"),
        ("/fields/%E8%83%BD%E6%BA%90", "/fields/%E8%83%BD%E6%BA%90"),
    ],
)
def test_an_address_has_one_form(typed: str, meant: str) -> None:
    assert str(Address.read(typed)) == meant
    assert Address.read(meant) == Address.read(typed)


@pytest.mark.parametrize(
    ("page", "record"),
    [
        ("/agreements/hbyy-2017-01/matrix", ("agreement", "hbyy-2017-01")),
        ("/fields/生态环保/水", ("field", "生态环保/水")),
        ("/items", None),
    ],
)
def test_an_address_names_the_record_of_its_page(page: str, record: tuple[str, str] | None) -> None:
    assert Address.read(page).record == record


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "/",
        "/en",
        "/desk",
        "/history.csv",
        "/shares",
        "/s/abc/items",
        "/files/ab",
        "/items/a/b/c",
        "/items?" + "x" * 600,
    ],
)
def test_other_addresses_are_none(typed: str) -> None:
    with pytest.raises(ValueError, match="page|long"):
        Address.read(typed)


@pytest.mark.parametrize(
    ("path", "query", "opens"),
    [
        ("/items", {"party": "150300"}, True),
        ("/items", {"party": "150300", "page": "2", "stage": "ended", "since": "9"}, True),
        ("/items", {}, False),
        ("/items", {"party": "150600"}, False),
        ("/items", {"party": "150300", "known": "3"}, False),
        ("/items", {"party": "150300", "on": "2019-06-30"}, False),
        ("/items/x-2017-01-001", {"party": "150300"}, False),
    ],
)
def test_a_chosen_page_opens_itself_and_its_parts(path: str, query: dict[str, str], opens: bool) -> None:
    assert CHOSEN.opens(path, query.items()) is opens


def test_a_filter_given_twice_opens_nothing_more() -> None:
    assert not CHOSEN.opens("/items", [("party", "150300"), ("party", "150600")])
