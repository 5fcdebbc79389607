"""What of a page is frozen: its content, nothing that asks, sends or runs, and the same again from the file."""

from __future__ import annotations

import pytest

from registry.domain.frozen_html import as_file, content_of, main_of

PAGE = """<html><head><title>甲 &amp; 乙 · 登记簿</title></head><body><header><svg><title>印</title></svg></header>
<main id="main"><h1 onclick="x()">甲 &lt;乙&gt;</h1>
<form method="post"><input type="hidden" name="csrf_token" value="SECRET"><p>填<br>写</p><button>办</button></form>
<p class="tools no-print"><a href="/x">办理<img src="/y"></a></p><section data-live><h2>以来</h2></section>
<table tabindex="0"><tr><td data-href="/z">1<br>2</td></tr></table><svg viewBox="0 0 1 1"><path d="M0 0"/></svg><script>x()</script>
</main><footer>尾</footer></body></html>"""


def test_what_is_kept() -> None:
    title, main = main_of(PAGE)
    assert title == "甲 &amp; 乙"
    kept = '<h1>甲 &lt;乙&gt;</h1><table tabindex="0"><tr><td>1<br>2</td></tr></table><svg viewbox="0 0 1 1"><path d="M0 0"/></svg>'
    assert main.replace("\n", "") == kept


def test_a_file_holds_the_content_and_nothing_else_passes_for_one() -> None:
    file = as_file("zh-Hans", *main_of(PAGE))
    assert content_of(file) == main_of(PAGE)[1]
    assert file.startswith(b'<!doctype html>\n<html lang="zh-Hans">')
    with pytest.raises(ValueError, match="frozen"):
        content_of(b"<p>something</p>")
    with pytest.raises(ValueError, match="main"):
        main_of("<p>no main</p>")
