"""Rows of an annual list as people paste them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.domain.list_lines import Line, read_lines, write_lines

A = "hbyy-2019-01-003"


@pytest.mark.parametrize(("text", "lines"), [
    ("", ()),
    (f"{A}\n\n  \n", (Line(A),)),
    (f"{A} 基础设施", (Line(A, "基础设施"),)),
    (f"{A}\t基础 设施\tlist-2018-01", (Line(A, "基础 设施", "list-2018-01"),)),
    (f"{A}，产业；list-2018-01", (Line(A, "产业", "list-2018-01"),)),
    (f"{A},,list-2018-01", (Line(A, None, "list-2018-01"),)),
    ("ＨＢＹＹ－２０１９－０１－００３　产业", (Line(A, "产业"),)),
    (f"hbyy–2019–01–003\t交通、能源\r\n{A}", (Line(A, "交通、能源"), Line(A))),
])  # fmt: skip
def test_rows_as_pasted(text: str, lines: tuple[Line, ...]) -> None:
    assert read_lines(text) == lines


WORDS = st.text("产业交通能源 、,;|ab", min_size=1, max_size=8).map(lambda text: " ".join(text.split())).filter(bool)
NUMBERS = st.from_regex(r"[a-z]{1,5}-20[0-9]{2}-[0-9]{2}", fullmatch=True)


@given(st.lists(st.builds(Line, NUMBERS, WORDS, st.none() | NUMBERS), max_size=5))
def test_what_is_written_reads_as_the_same(lines: list[Line]) -> None:
    assert read_lines(write_lines(tuple(lines))) == tuple(lines)
