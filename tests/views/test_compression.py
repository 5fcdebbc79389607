"""What holds no secret goes compressed; what holds one only where nothing was put into it."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from registry.models import Agreement
from tests.cast import Cast, Clock, an_agreement
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]
TAKES = {"Accept-Encoding": "gzip, deflate, br"}
CSS = "/static/theme.css"


@pytest.fixture
def public(session: Session, cast: Cast, clock: Clock) -> Agreement:
    """An agreement that everybody may see."""
    return an_agreement(session, cast, clock.at, level="public")


@pytest.mark.parametrize("path", ["/", "/items", "/agreements/mxsmy-2026-01", "/en/agreements/mxsmy-2026-01", CSS])
def test_what_everybody_gets_is_compressed_where_it_is_wanted(anybody: Visitor, public: Agreement, path: str) -> None:
    plain, small = anybody.get(path), anybody.get(path, headers=TAKES)
    assert plain.content_encoding is None and small.content_encoding == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 2
    assert int(small.headers["Content-Length"]) == len(small.data)
    for answer in (plain, small):
        assert {"Accept-Encoding", "Cookie"} <= set(answer.headers["Vary"].split(", "))
        again = anybody.get(path, headers={**TAKES, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
    assert anybody.get(path, headers={"Accept-Encoding": "gzip;q=0"}).content_encoding is None


def test_what_holds_a_secret_is_only_without_words_of_others(visit: Visit, anybody: Visitor, public: Agreement) -> None:
    """A page with a CSRF token and every page of somebody signed in: not with a query, not as the answer to a form."""
    reader, page = visit("ordos"), "/agreements/mxsmy-2026-01"
    for who, path in ((anybody, "/sign-in"), (reader, "/"), (reader, "/items"), (reader, page), (reader, "/desk")):
        small, asked = who.get(path, headers=TAKES), who.get(f"{path}?q=123", headers=TAKES)
        assert small.status_code == 200 and small.content_encoding == "gzip", path
        assert "no-store" in small.headers["Cache-Control"], path
        assert asked.status_code == 200 and asked.content_encoding is None, path
    refused = anybody.client.post(
        "/sign-in", data={"csrf_token": anybody.token("/sign-in"), "login": "x"}, headers=TAKES
    )
    assert refused.content_encoding is None
    assert reader.get(CSS, headers=TAKES).content_encoding == "gzip"
