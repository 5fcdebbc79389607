"""What the search finds: a run of Chinese anywhere, other words from their beginning, the same as a plain look at the text."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.bigrams import LONGEST, MOST_TIMES, MOST_TOKENS, Phrase, normal, phrases, tokens


def found(query: str, text: str) -> bool:
    """As both databases do it: each phrase stands in the tokens one after the other, its last token as a beginning."""
    held = tokens(text)

    def at(place: int, phrase: Phrase) -> bool:
        *whole, last = phrase.tokens
        there = held[place : place + len(phrase.tokens)]
        begins = there[-1:] == [last] or (phrase.open and bool(there) and there[-1].startswith(last))
        return len(there) == len(phrase.tokens) and there[:-1] == whole and begins

    asked = phrases(query)
    return bool(asked) and all(any(at(place, phrase) for place in range(len(held))) for phrase in asked)


@pytest.mark.parametrize(
    ("query", "text", "finds"),
    [
        ("医保", "推进医保异地结算", True),
        ("医", "推进中医", True),
        ("保医", "推进医保异地结算", False),
        ("医保结算", "推进医保异地结算", False),
        ("医保 结算", "推进医保异地结算", True),
        ("59号", "乌海政字〔2019〕59号", True),
        ("乌海政字〔2019〕59号", "乌海政字〔2019〕59号", True),
        ("乌海政字[2019]59", "乌海政字〔2019〕59号", True),
        ("乌海政字2018", "乌海政字〔2019〕59号", False),
        ("2019", "ｄｏｃ－２０１９－01", True),
        ("201", "doc-2019-01", True),
        ("019", "doc-2019-01", False),
        ("FRAME", "Framework agreement", True),
        ("work", "Framework agreement", False),
        ("市政府", "乌海市，政府", False),
        ("  ", "乌海", False),
        ("，。", "乌海", False),
    ],
)
def test_what_is_found(query: str, text: str, finds: bool) -> None:
    assert found(query, text) is finds


HAN = "乌海市政合作医保共建"


@given(st.text(HAN + "，a1 ", max_size=30), st.text(HAN, min_size=1, max_size=5))
def test_chinese_is_found_where_a_plain_look_finds_it(text: str, query: str) -> None:
    assert found(query, text) is (query in text)


@given(st.text("ab1 乌海，", max_size=30), st.text("ab1", min_size=1, max_size=3))
def test_other_words_are_found_from_their_beginning(text: str, query: str) -> None:
    assert found(query, text) is any(word.startswith(query) for word in re.findall("[ab1]+", text))


@given(st.text(max_size=60), st.text(max_size=8))
def test_any_text_can_be_indexed_and_asked(text: str, query: str) -> None:
    assert all(
        re.fullmatch("[0-9a-f]+", token)
        for token in [*tokens(text), *chain(*(phrase.tokens for phrase in phrases(query)))]
    )
    if normal(query) == query and query.strip() and " " not in query and phrases(query):
        assert found(query, query)


def test_long_texts_are_cut() -> None:
    assert len(tokens("词" * 10_000)) == MOST_TIMES
    assert len(tokens(" ".join(map(str, range(10_000))))) == MOST_TOKENS
    assert tokens("x" * 5_000) == tokens("x" * LONGEST)
    assert found("x" * 5_000, "x" * 6_000)
