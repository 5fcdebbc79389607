"""From the form to the verified page, as a person does it: with scripts off, and with the keyboard alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.faults import Look, faults_of
from tests.demo import Demo

pytestmark = pytest.mark.browser

OPEN = "/agreements/sample-2025-01"


def officer(browser: Browser, demo: Demo, login: str, *, scripts: bool = False) -> Page:
    """Somebody signed in, in a context of their own."""
    page = browser.new_context(java_script_enabled=scripts, locale="zh-CN").new_page()
    demo.sign_in(page, login)
    return page


def registry(demo: Demo, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line on the same register."""
    command = [sys.executable, "-c", "from registry.commands import main; main()", *words]
    environment = {"REGISTRY_FOLDER": str(demo.folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_signature_from_form_to_verified_page(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    """Bad input is answered beside its field and kept; good input shows at once; the history still replays."""
    page = officer(browser, demo, "jia")
    page.goto(f"{demo.url}{OPEN}/sign")
    page.fill("input[name=signed_on]", "2999-01-01")
    page.fill("input[name=signer_post]", "示例甲市 市长")
    page.click("main button[type=submit]")
    expect(page.locator("main")).to_contain_text("2999")
    assert page.input_value("input[name=signer_post]") == "示例甲市 市长"
    assert page.get_attribute("input[name=signed_on]", "aria-invalid") == "true"

    page.fill("input[name=signed_on]", "2026年11月20日")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(re.escape(OPEN) + "(#.*)?$"))
    expect(page.locator("main")).to_contain_text("2026年11月20日")
    page.goto(f"{demo.url}{OPEN}/sign")
    assert registry(demo, "verify").returncode == 0


def test_what_the_host_logs_waits_for_the_party(browser: Browser, demo: Demo, tmp_path: Path) -> None:
    """The host logs for another with a scan; the page says so until that party confirms."""
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4 signed page")
    host = officer(browser, demo, "yi")
    host.goto(f"{demo.url}{OPEN}/sign")
    host.select_option("select[name=party]", value="x-c")
    host.fill("input[name=signed_on]", "2026-11-19")
    host.set_input_files("input[type=file]", str(scan))
    host.click("main button[type=submit]")
    host.goto(demo.url + OPEN)
    expect(host.locator("main")).to_contain_text("待本方确认")

    party = officer(browser, demo, "bing")
    party.goto(demo.url + OPEN)
    answer = str(party.locator("a[href*='/answer']").first.get_attribute("href"))
    assert faults_of(browser, demo, Look("en", dark=True, width=320), [answer], "bing") == []
    party.goto(demo.url + answer)
    party.locator("input[value=confirm], input[value='1'], input[value=yes]").first.check()
    party.click("main button[type=submit]")
    party.goto(demo.url + OPEN)
    expect(party.locator("main")).not_to_contain_text("待本方确认")
    assert registry(demo, "verify").returncode == 0


def test_the_keyboard_alone(browser: Browser, demo: Demo) -> None:
    """The first Tab skips to the content, every stop shows its focus, and a person signs in without a mouse."""
    page = browser.new_context(locale="zh-CN").new_page()
    page.goto(f"{demo.url}/sign-in")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')").startswith("#")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        ring = page.evaluate(
            "(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none')"
            "(getComputedStyle(document.activeElement))"
        )
        assert ring, page.evaluate("document.activeElement.outerHTML")
    page.focus("input[name=login]")
    page.keyboard.type("yi")
    page.keyboard.press("Tab")
    page.keyboard.type(demo.passwords["yi"])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/sign-in" not in address)


def test_report_step_search_and_files_without_scripts(browser: Browser, demo: Demo) -> None:
    """What an officer does in a period, with scripts off: report on an item, take a step, look it up, take it away."""
    page = officer(browser, demo, "jia")
    item = f"{demo.url}/items/sample-2023-01-003"
    page.goto(f"{item}/report")
    page.fill("input[name=as_of]", "2026年10月")
    page.check("input[name=grade][value=blocked]")
    page.fill("textarea[name=progress]", "两市系统已对接")
    page.click("main .form button[type=submit]")
    assert page.get_attribute("textarea[name=problem]", "aria-invalid") == "true", "blocked needs its problem"
    assert page.input_value("textarea[name=progress]") == "两市系统已对接"
    page.fill("textarea[name=problem]", "结算口径不一")
    page.click("main .form button[type=submit]")
    page.wait_for_url(re.compile("/items/sample-2023-01-003(#.*)?$"))
    expect(page.locator("main")).to_contain_text("结算口径不一")

    page.goto(f"{item}/step/suspend")
    page.fill("input[name=basis]", "doc-2023-01")
    page.fill("textarea[name=reason]", "等待结算口径")
    page.click("main .form button[type=submit]")
    page.wait_for_url(re.compile("/items/sample-2023-01-003(#.*)?$"))
    expect(page.locator(".spine .here")).to_contain_text("暂缓")

    page.goto(f"{demo.url}/items")
    page.select_option("select[name=stage]", value="in_progress")
    page.click(".filters button[type=submit]")
    expect(page.locator("main table").first).to_contain_text("暂缓")
    page.fill(".site-search input", "公交")
    page.press(".site-search input", "Enter")
    expect(page.locator("main")).to_contain_text("城际公交一卡通")
    answer = page.request.get(f"{demo.url}/agreements/sample-2021-01/acts.csv")
    assert answer.status == 200 and answer.body().startswith(b"\xef\xbb\xbf")
    assert registry(demo, "verify").returncode == 0
