"""The look: tokens, macros, scripts, words and the development page, read as files and in headless Chromium."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from registry.app import create_app
from registry.config import Config

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "registry" / "static"
CATALOGUE = ROOT / "registry" / "translations" / "en" / "LC_MESSAGES" / "messages.po"


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty register as served: made-up values need no more."""
    folder = tmp_path_factory.mktemp("look")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'register.db')}"
    app = create_app(Config(database_url=url, folder=folder, secret_key="look", secure_cookies=False, development=True))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["engine"].dispose()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone."""
    context = browser.new_context(viewport={"width": 360, "height": 800})
    yield context.new_page()
    context.close()


# ---- files


def test_every_macro_is_on_the_page() -> None:
    page = (TEMPLATES / "style.html").read_text("utf-8")
    called = page + "".join(path.read_text("utf-8") for path in (TEMPLATES / "macros").glob("*.html"))
    for path in sorted((TEMPLATES / "macros").glob("*.html")):
        for name in re.findall(r"{%-? macro (\w+)", path.read_text("utf-8")):
            uses = len(re.findall(rf"\b{name}\(", called))
            assert uses > 1, f"macro {name} of {path.name} is shown nowhere"


def test_no_template_carries_style_or_script() -> None:
    """The policy allows neither, so what is written in a template would silently not work."""
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text), path
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), path


def test_nothing_is_asked_of_another_server() -> None:
    files = [*TEMPLATES.rglob("*.html"), *STATIC.glob("*.css"), *STATIC.glob("*.js")]
    for path in files:
        found = re.findall(r"(?:src|href|url|action)\s*[=(]\s*[\"']?(?:https?:)?//", path.read_text("utf-8"))
        assert not found, path


def test_scripts_are_small_and_only_enhance() -> None:
    assert sum(path.stat().st_size for path in STATIC.glob("*.js")) < 10_240


NEWER = (
    ":has( :is( :where( inset: aspect-ratio color-mix @layer @container padding-inline padding-block margin-inline margin-block "
    "dvh oklch &:"
)


@pytest.mark.parametrize("newer", NEWER.split())
def test_nothing_newer_than_chromium_86(newer: str) -> None:
    assert newer not in (STATIC / "theme.css").read_text("utf-8")


def test_every_class_of_the_templates_is_known() -> None:
    """A class that no style names is a slip of the pen, or a leftover."""
    styles = (STATIC / "theme.css").read_text("utf-8") + ".visually-hidden"
    for path in TEMPLATES.rglob("*.html"):
        for value in re.findall(r'class="([^"{]+)"', path.read_text("utf-8")):
            for name in value.split():
                assert re.search(rf"\.{re.escape(name)}(?![\w-])", styles), f"{path.name}: {name}"


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * sign for sign in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_tokens_have_contrast(scheme: str) -> None:
    """WCAG 2.2: text 4.5 to 1 (1.4.3), lamps and rings 3 to 1 (1.4.11), on each ground that they stand on."""
    blocks = (STATIC / "theme.css").read_text("utf-8").split(":root {")
    light = _tokens(blocks[1].split("@media")[0])
    tokens = (
        light
        | {"light": {}, "dark": _tokens(blocks[2].split("}")[0]), "print": _tokens(blocks[4].split("}")[0])}[scheme]
    )

    def ratio(one: str, other: str) -> float:
        high, low = sorted((_luminance(tokens[one]), _luminance(tokens[other])), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for text in ("ink", "ink-2", "link", "seal"):
        for ground in ("paper", "band", "hover"):
            assert ratio(text, ground) >= 4.5, f"{text} on {ground}: {ratio(text, ground):.2f}"
    for one, other in (("seal", "seal-tint"), ("on-button", "button"), ("on-button", "button-hover")):
        assert ratio(one, other) >= 4.5, f"{one} on {other}: {ratio(one, other):.2f}"
    for lamp in ("lamp-green", "lamp-red", "lamp-blue", "lamp-grey", "stage-long_term_mechanism"):
        assert ratio(lamp, "paper") >= 3, f"{lamp}: {ratio(lamp, 'paper'):.2f}"


def test_every_word_of_the_interface_has_english() -> None:
    with CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file, locale="en") if message.id]
    english = {each.id[0] if each.pluralizable else each.id: each.string for each in messages}
    said = {
        text
        for folder, method in ((TEMPLATES, "jinja2"), (ROOT / "registry" / "views", "python"))
        for _, _, text, _, _ in extract_from_dir(
            folder,
            method_map=[("**.html" if method == "jinja2" else "**.py", method)],
            options_map={
                "**.html": {
                    "extensions": "jinja2.ext.i18n,jinja2.ext.do",
                    "newstyle_gettext": "true",
                    "silent": "false",
                }
            },
            keywords={"_": None, "_n": None, "gettext": None, "lazy_gettext": None},
        )
    }
    assert len(said) > 300
    assert {text for text in said if not english.get(text)} == set()
    assert set(english) - said == set(), "a word that no page says any more"


# ---- in the browser


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(browser: Browser, address: str, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(f"{address}/style")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_no_request_leaves_and_the_policy_holds(page: Page, address: str) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/style", wait_until="networkidle")
    assert len(asked) >= 4 and all(url.startswith(address) for url in asked)
    assert said == []


def test_keyboard_finds_the_errors_the_content_and_wide_tables(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/style")
    assert page.evaluate("document.activeElement.id") == "error-summary", "the summary has focus, without scripts, too"
    regions = page.locator(".table-region").all()
    assert len(regions) > 5
    assert all(region.get_attribute("tabindex") == "0" and region.get_attribute("aria-label") for region in regions)
    page.goto(f"{address}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    context.close()


def test_each_wrong_field_is_tied_to_its_error(page: Page, address: str) -> None:
    page.goto(f"{address}/style")
    wrong = page.locator("[aria-invalid=true]").all()
    assert len(wrong) == 2
    for field in wrong:
        tied = (field.get_attribute("aria-describedby") or "").split()
        assert page.locator(f"#{tied[-1]}").inner_text().strip()
    links = page.locator("#error-summary a").all()
    assert len(links) == 3
    assert all(page.locator(link.get_attribute("href") or "").count() == 1 for link in links)


def test_targets_are_large_enough(page: Page, address: str) -> None:
    """24 by 24 px, but for links inside a sentence (WCAG 2.2, 2.5.8)."""
    page.goto(f"{address}/style")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input, select, summary")].filter(each => {
            const box = each.getBoundingClientRect();
            return box.width && (box.width < 23.5 || box.height < 23.5) && !each.closest("p, .skip, #error-summary, .choice");
        }).map(each => each.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_first_head_and_column_stay_in_sight(browser: Browser, address: str) -> None:
    """On the phone the first column stays while the table is moved; at the desk the head stays while the page is."""
    phone = browser.new_context(viewport={"width": 360, "height": 800})
    page = phone.new_page()
    page.goto(f"{address}/style")
    moved = page.evaluate(
        """() => { const region = [...document.querySelectorAll(".table-region")].find(each => each.scrollWidth > each.clientWidth + 50);
            const cell = region.querySelector("tbody th"); const before = cell.getBoundingClientRect().left;
            region.scrollLeft = 50; return [region.scrollLeft, cell.getBoundingClientRect().left - before]; }"""
    )
    assert moved[0] == 50 and abs(moved[1]) < 1
    phone.close()
    desk = browser.new_context(viewport={"width": 1280, "height": 500})
    page = desk.new_page()
    page.goto(f"{address}/style")
    top = page.evaluate(
        """() => { const row = document.querySelectorAll(".table-region.fits tbody")[1].rows[1];
            window.scrollTo({top: row.getBoundingClientRect().top + window.scrollY, behavior: "instant"});
            return row.closest("table").tHead.rows[0].cells[0].getBoundingClientRect().top; }"""
    )
    assert abs(top) < 1
    desk.close()


@pytest.mark.parametrize("path", ["/style", "/en/style"])
def test_labels_of_pictures_lie_on_nothing(page: Page, address: str, path: str) -> None:
    """With the browser's own fonts: no label meets another or leaves its picture."""
    page.goto(f"{address}{path}")
    wrong = page.evaluate(
        """() => [...document.querySelectorAll("svg.chart")].flatMap(chart => {
            const sheet = chart.getBoundingClientRect(), labels = [...chart.querySelectorAll("text")], found = [];
            const box = each => {
                const b = each.getBoundingClientRect(), up = (b.bottom - b.top) * .12, turned = each.hasAttribute("transform");
                return turned ? {l: b.left + up, r: b.right - up, t: b.top, b: b.bottom}
                              : {l: b.left, r: b.right, t: b.top + up, b: b.bottom - up};
            };
            labels.forEach((one, place) => {
                const a = box(one), inside = a.l > sheet.left - 1 && a.r < sheet.right + 1 && a.t > sheet.top - 1 && a.b < sheet.bottom + 1;
                if (!inside) found.push(one.textContent);
                labels.slice(place + 1).forEach(other => {
                    const b = box(other);
                    if (a.l < b.r && b.l < a.r && a.t < b.b && b.t < a.b) found.push(one.textContent + " / " + other.textContent);
                });
            });
            return found; })"""
    )
    assert wrong == []
    assert page.locator("svg.chart").count() == 7
