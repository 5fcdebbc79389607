"""The English pages are English: what is Chinese on them is a record's own, and marked as Chinese (WCAG 3.1.2, language of parts)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from tests.cast import Cast, Clock, an_agreement, an_item
from tests.generated import Life
from tests.numbers import VOID
from tests.queries.world import a_claim, a_document, a_report, fields
from tests.views.conftest import Visitor
from tests.views.test_lists import a_list

Visit = Callable[[str], Visitor]

HAN = "\u2e80-\u2fff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
MARKS = "\u3001-\u3004\u3008-\u303f\uff01-\uff65"
CHINESE = re.compile(rf"[{HAN}{MARKS}]+")
NOT_READ = frozenset(
    {"id", "for", "name", "class", "action", "href", "d", "datetime", "content", "lang", "hreflang", "value", "list"}
)
"""Attributes that nobody hears or sees; a button's value is told apart."""


class Reader(HTMLParser):
    """Reads a page as a screen reader does: in which language is each word?

    stray: Chinese, and marks of Chinese punctuation, that pass for English. A title and an attribute cannot be marked in parts: a
    record may stand there by its Chinese name, with no Chinese punctuation around it.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open = [("", "en")]
        self.stray: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.said = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Into an element, which may say its language."""
        about = {name: value or "" for name, value in attrs}
        language = about.get("lang", self.open[-1][1])
        if tag not in VOID:
            self.open.append((tag, language))
        if tag == "a" and "href" in about:
            self.links.append(about["href"])
        if not language.startswith("zh"):
            for name, value in about.items():
                if name not in NOT_READ or (name == "value" and about.get("type") in ("submit", "button")):
                    self._name(f"{tag} {name}", value)

    def handle_endtag(self, tag: str) -> None:
        """Out of it, and of those that nobody closed."""
        place = max((n for n, (each, _) in enumerate(self.open) if each == tag), default=0)
        if place:
            del self.open[place:]

    def handle_data(self, data: str) -> None:
        """Words."""
        tag, language = self.open[-1]
        self.said += data
        if tag == "title":
            self._name(tag, data)
        elif tag not in ("script", "textarea") and language.startswith("zh"):
            if data.strip() and CHINESE.fullmatch(data.strip()) and not re.search(f"[{HAN}]", data):
                self.stray.append(("marked, without a word", data))
        elif tag not in ("script", "textarea") and CHINESE.search(data):
            self.stray.append((tag, data))

    def _name(self, where: str, said: str) -> None:
        for part in re.split(r" · |: |, |“|”|\(|\)", said):
            if re.search(f"[{MARKS}]", part) and not re.match(f"[《〔（\\d]*[{HAN}].*[{HAN}》〕）]$", part):
                self.stray.append((where, said))


def pages(visitor: Visitor, adapter: MapAdapter) -> Iterator[tuple[str, str]]:
    """One page of each kind that this reader is led to from the front page and the desk: address and HTML."""
    waiting, seen = ["/en/", "/en/desk", "/en/no-such-page", "/en/people"], set()
    while waiting:
        address = waiting.pop()
        answer = visitor.get(address)
        assert answer.status_code < 500, (address, answer.status_code)
        if answer.mimetype != "text/html" or answer.location:
            continue
        yield address, answer.text
        for href in Reader(answer.text).links:
            linked = urldefrag(urljoin(address, href)).url
            kind = _kind(adapter, linked)
            if kind and kind not in seen:
                seen.add(kind)
                waiting.append(linked)


def _kind(adapter: MapAdapter, address: str) -> tuple[str, str] | None:
    parts = urlsplit(address)
    if parts.query or not parts.path.startswith("/en"):
        return None
    try:
        endpoint, about = adapter.match(parts.path.removeprefix("/en") or "/", method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return endpoint, str(about.get("trigger") or about.get("kind") or about.get("room") or "")


class InChinese(Life):
    """A life in which every text that is entered is Chinese."""

    @property
    def mark(self) -> str:
        """What is entered now."""
        return self._mark

    @mark.setter
    def mark(self, said: str) -> None:
        self._mark = f"文{said}"


def reader_of(app: Flask, visit: Visit, login: str) -> Visitor:
    """Somebody of the cast, or nobody."""
    return Visitor(app) if login == "nobody" else visit(login)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_is_chinese_on_an_english_page_is_marked(
    app: Flask, session: Session, cast: Cast, clock: Clock, visit: Visit
) -> None:
    InChinese(session, cast, clock, seed=3).go_on(150)
    session.rollback()
    adapter = app.url_map.bind("localhost")
    wrong: dict[tuple[str, str], str] = {}
    read = 0
    for login in ("nobody", "wuhai", "auditor", "administrator"):
        for address, html in pages(reader_of(app, visit, login), adapter):
            assert '<html lang="en"' in html, address
            read += 1
            wrong |= {(where, said[:60]): f"{login}: {address}" for where, said in Reader(html).stray}
    assert wrong == {}
    assert read > 120, read


ONE_OF_MANY = re.compile(
    r"\b(?<![–.,-])1 (?!(?:as|is|has|was|does|differs|agrees|stays|class|status|previous|address|basis)\b)[a-z]+(?<!s)s\b(?! [a-z]+s\b)"
    r"|\b1 (?:items|parties|agreements|cities|are|have|were|do|stay|agree)\b"
)
"""A plural, or the verb of one, after a one."""


@pytest.mark.parametrize("login", ["nobody", "wuhai"])
def test_one_is_said_as_one(app: Flask, session: Session, cast: Cast, clock: Clock, visit: Visit, login: str) -> None:
    """A register with one of each."""
    agreement = an_agreement(session, cast, clock.at, level="public")
    fields(session, clock.at, agreement, "医疗")
    item = an_item(session, cast, clock.at, agreement)
    document = a_document(session, cast, clock.at, "doc-2026-01", "public", issuer=cast.ordos)
    a_claim(session, clock.at, "claim-2026-01", document, agreement_id=agreement.id, counts="items", stated=2)
    a_report(session, cast, clock.at, item, cast.wuhai, "示例问题", released=True)
    a_list(session, cast, clock.at, 2026, item.number)
    session.rollback()
    wrong = {}
    ones = 0
    for address, html in pages(reader_of(app, visit, login), app.url_map.bind("localhost")):
        said = " ".join(Reader(html).said.split())
        ones += len(re.findall(r"\b1 [a-z]+", said))
        wrong |= {found[0]: address for found in ONE_OF_MANY.finditer(said)}
    assert wrong == {}
    assert ones > 20, "or this test could not fail"
