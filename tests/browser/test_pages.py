"""Every page as people meet it: phone and desk, Chinese and English, light and dark, by mouse and by keyboard, at its real size."""

from __future__ import annotations

import itertools

import pytest
from _pytest.mark.structures import ParameterSet
from playwright.sync_api import Browser

from tests.browser.addresses import DOZEN, SIGNED_IN, discovered
from tests.browser.faults import Look, faults_of, out_of_reach, reading
from tests.demo import Demo

pytestmark = pytest.mark.browser
OFFICER = (
    "/desk",
    "/agreements/sample-2025-01",
    "/agreements/sample-2025-01/sign",
    "/agreements/sample-2025-01/correct",
)
"""Pages of the officer `jia` that every run opens; the long run opens all of everybody."""
DESK_BY_DAY, PHONE_BY_NIGHT = Look("zh", dark=False, width=1280), Look("en", dark=True, width=320)
"""At the desk in Chinese by day; in English by night on the narrowest phone, which is a desk at 400 % (WCAG 1.4.10)."""
IN_CI = (DESK_BY_DAY, Look("zh", dark=True, width=768), Look("en", dark=False, width=1280), PHONE_BY_NIGHT)
"""Both languages by day and by night: of every public page in `make test-long`, two of them of the pages of the cast."""


def looks(in_ci: tuple[Look, ...]) -> list[ParameterSet]:
    """All twelve: these in `make test-long`, the others in `make drill`."""
    return [
        pytest.param(look, id=str(look), marks=pytest.mark.long if look in in_ci else pytest.mark.drill)
        for look in itertools.starmap(Look, itertools.product(("zh", "en"), (False, True), (320, 768, 1280)))
    ]


@pytest.mark.parametrize("look", [DESK_BY_DAY, PHONE_BY_NIGHT], ids=str)
def test_a_page_has_no_fault(browser: Browser, demo: Demo, look: Look) -> None:
    assert faults_of(browser, demo, look, DOZEN) == []


@pytest.mark.parametrize("look", [Look("zh", dark=True, width=1280), Look("en", dark=False, width=320)], ids=str)
def test_an_officer_page_has_no_fault(browser: Browser, demo: Demo, look: Look) -> None:
    """The same for the officer of the host."""
    assert faults_of(browser, demo, look, OFFICER, "jia") == []


@pytest.mark.parametrize("address", ["/", "/items/sample-2023-01-001"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, demo: Demo, address: str) -> None:
    """Tab by Tab through the page."""
    with reading(browser, demo, DESK_BY_DAY) as reader:
        reader.open(address)
        assert out_of_reach(reader.page) == []


@pytest.mark.parametrize("look", looks(IN_CI))
@pytest.mark.timeout(3600)  # minutes: every page
def test_no_public_page_has_a_fault(browser: Browser, prepared: Demo, look: Look) -> None:
    """All that an anonymous reader can reach."""
    public = discovered(prepared)
    assert len(public) > 45
    assert faults_of(browser, prepared, look, public) == []


@pytest.mark.parametrize("look", looks((DESK_BY_DAY, PHONE_BY_NIGHT)))
@pytest.mark.timeout(3600)
def test_no_page_of_the_cast_has_a_fault(browser: Browser, prepared: Demo, look: Look) -> None:
    """Every page of everybody who is signed in."""
    wrong = []
    for login, addresses in SIGNED_IN.items():
        wrong += [f"{login}: {fault}" for fault in faults_of(browser, prepared, look, addresses, login)]
    assert wrong == []


@pytest.mark.parametrize(
    "login",
    [
        pytest.param(None, marks=pytest.mark.long),
        *(pytest.param(login, marks=pytest.mark.long if login == "jia" else pytest.mark.drill) for login in SIGNED_IN),
    ],
)
@pytest.mark.timeout(3600)  # minutes: some pages have hundreds of links
def test_the_keyboard_reaches_everything_on_every_page(browser: Browser, prepared: Demo, login: str | None) -> None:
    """Every page, in English on the phone, where the head is tallest."""
    wrong = []
    with reading(browser, prepared, Look("en", dark=False, width=360), login) as reader:
        for address in SIGNED_IN[login] if login else discovered(prepared):
            reader.open(address)
            wrong += [f"{address}: {fault}" for fault in out_of_reach(reader.page)]
    assert wrong == []
