"""What of a page is frozen: its title and the content of <main>, without anything that asks, sends or runs."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

DROPPED = frozenset({"form", "button", "script", "style", "template", "iframe", "object", "dialog"})
"""Elements that are left out with all that they hold; so is what is not printed, or says that it only lives (data-live)."""
LONE = frozenset({"input", "link", "meta", "base", "embed", "source", "track"})
"""Elements without an end that are left out."""
VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_BEGIN, _END = "<main>\n", "\n</main>"


class _Reader(HTMLParser):
    """Gathers the title and the kept parts of <main>."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.title: list[str] = []
        self.parts: list[str] = []
        self.inside = ""
        self.dropping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that opens."""
        if not self.inside and (tag == "main" or (tag == "title" and not self.title)):
            self.inside = tag
        elif self.inside == "main" and (self.dropping or _left_out(tag, attrs)):
            self.dropping += [tag] if tag not in VOID | LONE else []
        elif self.inside == "main":
            self.parts.append(f"<{tag}{''.join(map(_attribute, attrs))}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as in SVG."""
        if self.inside == "main" and not self.dropping and not _left_out(tag, attrs):
            self.parts.append(f"<{tag}{''.join(map(_attribute, attrs))}/>")

    def handle_endtag(self, tag: str) -> None:
        """A tag that closes."""
        if self.dropping:
            if tag in self.dropping:
                while self.dropping.pop() != tag:
                    pass
        elif tag == self.inside:
            self.inside = "after" if tag == "main" else ""
        elif self.inside == "main":
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        """Text, and references as they stand."""
        if self.inside == "title":
            self.title.append(data)
        elif self.inside == "main" and not self.dropping:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        """A reference by name."""
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A reference by number."""
        self.handle_data(f"&#{name};")


def _left_out(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    said = dict(attrs)
    return tag in DROPPED | LONE or "data-live" in said or "no-print" in (said.get("class") or "").split()


def _attribute(pair: tuple[str, str | None]) -> str:
    name, value = pair
    if name.startswith("on") or name in ("data-href", "autofocus", "srcdoc"):
        return ""
    return f" {name}" if value is None else f' {name}="{escape(value)}"'


def main_of(html: str) -> tuple[str, str]:
    """Title (plain text, before the name of the register) and kept content of a page. Raises ValueError without <main>."""
    from_page = _Reader()
    from_page.feed(html)
    from_page.close()
    if from_page.inside != "after":
        raise ValueError("a page without <main>")
    return "".join(from_page.title).rpartition(" · ")[0].strip(), "".join(from_page.parts).strip()


def as_file(language: str, title: str, main: str) -> bytes:
    """The frozen page as a file of its own, UTF-8. language: of the page, as HTML names it; title: escaped already."""
    head = f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n'
    return f"{head}{_BEGIN}{main}{_END}\n</body>\n</html>\n".encode()


def content_of(file: bytes) -> str:
    """The content of <main> of such a file. Raises ValueError for any other."""
    _, begin, rest = file.decode().partition(_BEGIN)
    main, end, _ = rest.rpartition(_END)
    if not begin or not end:
        raise ValueError("not a frozen page")
    return main
