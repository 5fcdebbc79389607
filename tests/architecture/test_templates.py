"""No request leaves the server: pages, styles and scripts load nothing from elsewhere."""

import re

from tests.architecture.source import HOUSE

LOADS = re.compile(
    r"""(?:src|href|action|srcset|data|poster)\s*=\s*["']\s*(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|\b(?:fetch|import)\(\s*["']https?:"""
)
INLINE = re.compile(r"""\son[a-z]+\s*=\s*["']|javascript:|<style\b|\sstyle\s*=|<script(?![^>]*\bsrc=)""")


def found(pattern: re.Pattern[str]) -> list[str]:
    files = [
        path
        for room in ("templates", "registry/static")
        for path in sorted((HOUSE / room).rglob("*"))
        if path.suffix in (".html", ".css", ".js", ".svg")
    ]
    assert len(files) > 5
    return [
        f"{path.relative_to(HOUSE)}:{number} {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert found(LOADS) == []


def test_nothing_needs_an_unsafe_policy() -> None:
    """No inline style, script or handler: the Content-Security-Policy forbids them, and they would fail silently."""
    assert found(INLINE) == []
