"""A reader's way through all pages, with the number beside each link and the rows that it opens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

ROOMS = (
    "agreements|items|parties|groupings|meetings|documents|claims|lists|fields|matters|alerts|corrections|procedures"
)
PAGE = re.compile(rf"/(?:(?:{ROOMS})(?:/(?!new|check)[^/?#.]+(?:/matrix)?)?)?")
"""Pages that are read: the front page, lists, records, matrices. Not their forms, files and histories."""
FIRST = re.compile(r'data-total="(\d+)"(?: data-samples="(\d+)")?')
VOID = frozenset({"input", "img", "link", "meta", "br", "hr", "rect", "path", "line", "circle"})


class Element:
    """An element of a page, with what it holds."""

    def __init__(self, tag: str, about: dict[str, str]) -> None:
        self.tag, self.about = tag, about
        self.inside: list[Element | str] = []

    def all(self) -> Iterator[Element]:
        """Itself and all elements under it, in the order of the page."""
        yield self
        for each in self.inside:
            if isinstance(each, Element):
                yield from each.all()

    @property
    def text(self) -> str:
        """The words in it."""
        return "".join(each if isinstance(each, str) else each.text for each in self.inside)

    def has(self, name: str) -> bool:
        """Whether it is of this class."""
        return name in self.about.get("class", "").split()


class Page(HTMLParser):
    """A page as a tree."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open = [Element("", {})]
        self.feed(html)
        self.main = next(each for each in self.open[0].all() if each.about.get("id") == "main")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Into the element, unless it is empty by nature."""
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        """Out of the element of this name, and of those that nobody closed."""
        place = max((n for n, each in enumerate(self.open) if each.tag == tag), default=0)
        if place:
            del self.open[place:]

    def handle_data(self, data: str) -> None:
        """Words."""
        self.open[-1].inside.append(data)

    def numbers(self) -> Iterator[tuple[str, int]]:
        """Each number that opens something: its address and itself."""
        for each in self.main.all():
            if each.has("figures") or each.has("glance-head"):
                for link in each.all():
                    if "href" in link.about and (found := re.match(r"\d+", link.text.strip())):
                        yield link.about["href"], int(found[0])
            elif each.has("tally") and "href" in each.about:
                yield each.about["href"], int(each.text)

    def totals(self, anchor: str) -> list[int]:
        """How many rows the page, or the part of it with this id, says that it shows: of real ones and, where it tells them apart,
        of sample ones. Where a part says nothing, its rows."""
        part = self.main
        if anchor:
            part = next(each for each in self.main.all() if each.about.get("id") == anchor)
        for each in part.all():
            if "data-total" in each.about:
                return [int(each.about[name]) for name in ("data-total", "data-samples") if name in each.about]
        bodies = [each for each in part.all() if each.tag == "tbody"]
        return [sum(each.tag == "tr" for each in bodies[0].all())] if anchor and bodies else []

    def links(self) -> Iterator[str]:
        """Addresses on the page."""
        return (each.about["href"] for each in self.open[0].all() if "href" in each.about)


class Walk:
    """One reader's way through all pages that are linked from the front page. text: the page at an address, as they read it."""

    def __init__(self, text: Callable[[str], str]) -> None:
        self.text = text
        self.read: dict[str, Page] = {}
        self.wrong: list[str] = []
        self.checked = 0

    def page(self, address: str) -> Page:
        """A page, read once."""
        if address not in self.read:
            self.read[address] = Page(self.text(address))
        return self.read[address]

    def rows_of(self, path: str, anchor: str) -> list[int]:
        """What stands behind a number. A list is not read through, only its first total."""
        if anchor or path in self.read:
            return self.page(path).totals(anchor)
        _, _, main = self.text(path).partition('id="main"')
        found = FIRST.search(main)
        return [int(each) for each in found.groups() if each] if found else []

    def through(self) -> None:
        """Open each page, and behind each number its rows."""
        waiting, seen = ["/"], {"/"}
        opened: dict[str, list[int]] = {}
        while waiting:
            address = waiting.pop()
            for href in self.page(address).links():
                linked = urldefrag(urljoin(address, href)).url
                if linked not in seen and PAGE.fullmatch(linked):
                    seen.add(linked)
                    waiting.append(linked)
            for href, number in self.page(address).numbers():
                target = urljoin(address, href)
                if target not in opened:
                    path, anchor = urldefrag(target)
                    opened[target] = self.rows_of(path, anchor)
                self.checked += 1
                if not _agrees(number, opened[target]):
                    self.wrong.append(f"{address}: {number} → {target}: {opened[target]}")


def _agrees(number: int, totals: list[int]) -> bool:
    """A number counts real rows; on the pages of sample records, where nothing is real, sample rows."""
    return bool(totals) and (number == totals[0] or (totals[0] == 0 and number == totals[-1]))
