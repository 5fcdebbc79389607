"""What the query of an address asks for: filters, page of a list."""

from __future__ import annotations

from flask import request

from registry.errors import Reason, Refused

LAST_PAGE = 100_000


def text(name: str) -> str | None:
    """A filter as given; None where it is absent or empty."""
    return request.args.get(name) or None


def number(name: str) -> int | None:
    """A filter that is a whole number from 0. Raises Refused bad-number."""
    given = request.args.get(name, "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise Refused(Reason("bad-number", {"value": given}, field=name))
    return int(given)


def page() -> int:
    """Which page of a long list, from 1. Raises Refused bad-number."""
    asked = number("page")
    if asked is not None and not 1 <= asked <= LAST_PAGE:
        raise Refused(Reason("bad-number", {"value": asked}, field="page"))
    return asked or 1
