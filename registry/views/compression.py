"""Answers made small on their way: static files, pages that hold no secret, and pages into which nobody else puts words.

The length of a compressed answer tells what its secrets share with what an address or a form put into it (BREACH). So a page
with secrets (of somebody signed in, with a CSRF token, read through a link that must not become known) is compressed only when
it was asked for without a query: its path then names a record or it would not be 200. What another officer wrote into a record
stands in the history under their name; to guess so would take an entry for each guess."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Response, g, request

TYPES = ("text/html", "text/css", "text/csv", "text/javascript", "image/svg+xml", "application/atom+xml")
"""What gets smaller; workbooks and PDF are compressed already."""
SMALLEST = 512
"""Bytes from which on it is worth it."""


def compress(response: Response, *, static: bool) -> Response:
    """The same with its content gzipped, where the browser takes that and its length tells nothing. static: a file of the
    application, which is compressed once and then kept."""
    if response.mimetype not in TYPES or not (static or "kept" in g or _says_only_its_own()):
        return response
    response.vary.add("Accept-Encoding")
    if not _wanted(response):
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if len(content) < SMALLEST:
        return response
    response.set_data(_once(content) if static else gzip.compress(content, 5, mtime=0))
    response.content_encoding = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # not the same bytes as uncompressed
    response.headers.pop("Accept-Ranges", None)
    return response


def _says_only_its_own() -> bool:
    return request.method == "GET" and not request.query_string


def _wanted(response: Response) -> bool:
    return (
        response.status_code == 200
        and (response.direct_passthrough or not response.is_streamed)
        and not response.content_encoding
        and request.accept_encodings.quality("gzip") > 0
    )


@lru_cache(maxsize=64)
def _once(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
