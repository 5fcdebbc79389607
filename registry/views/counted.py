"""Sentences with a number: Chinese has one form for every number, other languages have theirs in their catalogue."""

from __future__ import annotations

from flask_babel import ngettext

SEVERAL = 2
"""What is no whole number, such as the range 3-5, is said as several are."""


def counted(message: str, n: int | str, **values: object) -> str:
    """A sentence in the form that its number asks for. message: the Chinese, %(n)s in it; values: what else it names.

    Called `_n`: by that name the messages are found for the catalogue.
    """
    form = int(n) if str(n).isdecimal() else SEVERAL
    said: str = ngettext(message, message, form, n=n, **values)
    return said
