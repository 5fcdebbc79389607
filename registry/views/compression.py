"""Answers made small on their way: static files, and pages that hold no secret.

A page of somebody signed in, or with a CSRF token, or read through a link that must not become known, stays as it is: the
length of a compressed answer tells what its secrets share with what an address can put into it (BREACH)."""

from __future__ import annotations

import gzip
from functools import lru_cache

from flask import Response, g, request

TYPES = ("text/html", "text/css", "text/csv", "text/javascript", "image/svg+xml", "application/atom+xml")
"""What gets smaller; workbooks and PDF are compressed already."""
SMALLEST = 512
"""Bytes from which on it is worth it."""


def compress(response: Response, *, static: bool) -> Response:
    """The same with its content gzipped, where the browser takes that and nothing in it is secret. static: a file of the
    application, which is compressed once and then kept."""
    if response.mimetype not in TYPES or not (static or "kept" in g):
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
