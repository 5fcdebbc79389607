"""Chinese words on an English page, marked as such: a screen reader says them as Chinese (WCAG 3.1.2, language of parts)."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

from registry.views import here

TAG = "zh-Hans"
_HAN = "\u2e80-\u2fff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u3001-\u3003\u3008-\u301f\uff01-\uff1f"
RUN = re.compile(
    rf"(?:\d+(?=[{_HAN}])|[（《「『【〔])?[{_HAN}][{_HAN}{_MARKS}]*(?:[\dA-Z.%·-]+[{_HAN}〕][{_HAN}{_MARKS}]*)*"
)
"""Chinese words with their punctuation and the figures among them: 东政发〔2017〕66号."""


def marked(text: object) -> object:
    """A text, in which the Chinese words of an English page are marked; on a Chinese page as it is.

    text: plain, Markup without elements, or a sentence that is yet to be translated.
    """
    if here.language() != "en" or not RUN.search(str(text)):
        return text
    span = RUN.sub(rf'<span lang="{TAG}">\g<0></span>', str(escape(text)))
    return Markup(span)  # noqa: S704  # escaped above


def spoken(text: str) -> dict[str, str]:
    """The attribute of an element that can hold no others, such as an option: its language, where that is not the page's."""
    return {"lang": TAG} if here.language() == "en" and RUN.search(text) else {}


def marked_svg(svg: str) -> Markup:
    """A picture, whose writer escaped what it was given, in which the Chinese words of an English page are marked."""
    if here.language() == "en":
        svg = _WORDS.sub(rf'<text lang="{TAG}"\g<1>', svg)
    return Markup(svg)  # noqa: S704


_WORDS = re.compile(rf"<text( [^>]*>[^<]*[{_HAN}])")
