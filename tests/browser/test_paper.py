"""Pages on paper, printed by Chromium and read back: each sheet says what it is of, heads are repeated, no row is cut or lost."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.faults import Look, reading
from tests.conftest import absent
from tests.demo import Demo

pytestmark = pytest.mark.browser


def printed(browser: Browser, demo: Demo, address: str, file: Path, language: str = "zh") -> list[str]:
    """The text of each sheet."""
    if not shutil.which("pdftotext"):
        absent("pdftotext (poppler-utils) is not installed: no page was printed")
    with reading(browser, demo, Look(language, dark=True, width=1280)) as reader:
        reader.open(address)
        reader.page.pdf(path=str(file), prefer_css_page_size=True)
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    return text.split("\f")[:-1]


SAID = {
    "zh": ("第 {} 页，共 {} 页", r"截至 \d+年\d+月\d+日 · 末条登记 \d+", "续表", "事项 "),
    "en": ("Page {} of {}", r"As of \d+ \w+ \d+ · last entry \d+", "continued", "Items "),
}
"""Page of pages, the stamp, what stands above a repeated head, and how that head begins."""


@pytest.mark.parametrize("language", SAID)
def test_each_sheet_says_what_it_is_of(browser: Browser, demo: Demo, tmp_path: Path, language: str) -> None:
    """Page x of y, moment and entry number on each; the head of a table wherever its rows go on; every item once."""
    page_of, stamp, again, head = SAID[language]
    sheets = printed(browser, demo, "/agreements/sample-2023-01", tmp_path / "sheets.pdf", language)
    items = [re.findall(r"sample-2023-01-\d{3}", sheet) for sheet in sheets]
    assert len(sheets) > 3
    for n, sheet in enumerate(sheets, 1):
        assert page_of.format(n, len(sheets)) in sheet
        assert re.search(stamp, sheet)
        assert "打印本页" not in sheet and "Print this page" not in sheet
    listed = [number for sheet in items for number in sheet]
    assert len(listed) == len(set(listed)) >= 50
    for before, sheet, numbers in zip(items, sheets[1:], items[1:], strict=False):
        if before and numbers:
            top = sheet[: sheet.index(numbers[0])]
            assert again in top and head in top
    assert f"{demo.url}{'/en' if language == 'en' else ''}/agreements/sample-2023-01" in sheets[-1]


def test_a_broad_table_lies_across(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    """The matrix of cities and items is printed in landscape, other pages upright."""
    for address, lying in (("/agreements/sample-2023-01/matrix", True), ("/agreements/sample-2023-01", False)):
        file = tmp_path / "sheets.pdf"
        printed(browser, demo, address, file)
        told = subprocess.run(["pdfinfo", "-f", "1", "-l", "99", str(file)], capture_output=True, text=True, check=True)
        sizes = re.findall(r"size:\s+([\d.]+) x ([\d.]+) pts", told.stdout)
        assert {float(wide) > float(high) for wide, high in sizes} == {lying}
