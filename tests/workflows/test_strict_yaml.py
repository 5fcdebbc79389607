"""The strict reader: only what is written, each part with its line, hostile text refused at once."""

import json
import subprocess
import sys
from typing import cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.workflows.hostile import TEXTS
from workflows.strict_yaml import BYTES_AT_MOST, DEPTH_AT_MOST, NODES_AT_MOST, YamlError, read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("42", 42),
        ("-7", -7),
        ("150600", 150600),
        ("999999999999999999", 999999999999999999),
        ("on", "on"),
        ("yes", "yes"),
        ("True", "True"),
        ("0151", "0151"),
        ("007", "007"),
        ("-0", "-0"),
        ("+5", "+5"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1.5", "1.5"),
        (".inf", ".inf"),
        ("1e3", "1e3"),
        ("10:30", "10:30"),
        ("2019-06-30", "2019-06-30"),
        ('"true"', "true"),
        ("'42'", "42"),
        ('""', ""),
        ("<<", "<<"),
        ("合作意向", "合作意向"),
    ],
)
def test_only_plain_integers_true_and_false_are_more_than_text(written: str, value: object) -> None:
    read_back = read(f"key: {written}\n").data
    assert read_back == {"key": value}
    assert isinstance(read_back, dict)
    assert type(read_back["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ('a: 1\n"a": 3\n', 2, "twice"),
        ("1: x\n'1': y\n", 2, "twice"),
        ("a: &x 1\n", 1, "anchors"),
        ("a: 1\nb: *x\n", 2, "anchors"),
        ("a: [1]\nb: &x {c: 1}\n", 2, "anchors"),
        ("a: !!str 1\n", 1, "tags"),
        ("a: ! 1\n", 1, "tags"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "tags"),
        ("a: 1\nb:\n", 2, "no value"),
        ("a: ~\n", 1, "no value"),
        ("a: null\n", 1, "no value"),
        ("- a\n-\n", 2, "no value"),
        ("? [a]\n: 1\n", 1, "single word"),
        ("? {a: 1}\n: 1\n", 1, "single word"),
        ("%YAML 1.2\n---\na: 1\n", 1, "directives"),
        ("a: 1\n---\nb: 1\n", 2, "one document"),
        ("", 1, "empty"),
        ("# nothing\n", 1, "empty"),
        ("a: [1\n", 2, "not YAML"),
        ("a: 1\n b: 2\n", 2, "not YAML"),
        ("a: 1\nb: x\0y\n", 2, "control character"),
        ("a: 1\nb: x\x1by\n", 2, "control character"),
        (b"a: 1\nb: \xff\n", 2, "UTF-8"),
        ("a: \ud800\n", 1, "UTF-8"),
        ("a: 1234567890123456789\n", 1, "too long"),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_line(text: str | bytes, line: int, word: str) -> None:
    with pytest.raises(YamlError) as refusal:
        read(text)
    assert refusal.value.line == line
    assert word in refusal.value.en
    assert refusal.value.zh


def test_a_byte_order_mark_is_no_content() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_lines_of_parts() -> None:
    document = read("a: 1\nb:\n  - x\n  - c: 2\n    d:\n      e: f\n")
    assert [document.line(path) for path in [(), ("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "d", "e")]] == [
        1,
        1,
        2,
        3,
        4,
        6,
    ]
    assert document.line(("b", 1, "missing", "deeper")) == 4
    assert document.line(("b", 9)) == 2
    assert document.line(("a", "below a word")) == 1
    assert read("just a word").line(("a",)) == 1


def test_depth_of_forty_is_the_limit() -> None:
    assert read("[" * DEPTH_AT_MOST + "1" + "]" * DEPTH_AT_MOST).line((0, 0)) == 1
    with pytest.raises(YamlError, match="nested deeper"):
        read("[" * (DEPTH_AT_MOST + 1) + "1" + "]" * (DEPTH_AT_MOST + 1))


def test_size_limits() -> None:
    room = BYTES_AT_MOST - len('a: ""')
    assert read(f'a: "{"x" * room}"').data == {"a": "x" * room}
    with pytest.raises(YamlError, match="1 MB"):
        read(f'a: "{"x" * (room + 1)}"')
    with pytest.raises(YamlError, match="1 MB"):
        read("字" * (BYTES_AT_MOST // 3 + 1))
    fits = NODES_AT_MOST - 1
    assert len(str(read("[" + "1," * fits + "]").data)) == fits * 3
    with pytest.raises(YamlError, match="parts"):
        read("[" + "1," * (fits + 1) + "]")


@pytest.fixture(scope="module")
def hostile() -> dict[str, str | float]:
    """What came of each hostile text, in a process of its own that may take 100 MB."""
    told = subprocess.run([sys.executable, "-m", "tests.workflows.hostile"], capture_output=True, text=True, check=True)
    return cast(dict[str, str | float], json.loads(told.stdout))


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_text_is_refused_within_a_second_and_100_mb(hostile: dict[str, str | float], name: str) -> None:
    took = hostile[name]
    assert isinstance(took, float), took
    assert took < 1


_PRINTABLE = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
_DATA = st.recursive(
    st.booleans() | st.integers(-(10**17), 10**17) | _PRINTABLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_PRINTABLE, inner, max_size=4),
    max_leaves=12,
)


@given(_DATA)
def test_json_reads_as_it_was_written(data: object) -> None:
    assert read(json.dumps(data, ensure_ascii=False)).data == data


@given(_DATA)
def test_yaml_reads_as_it_was_written(data: object) -> None:
    assert read(yaml.safe_dump(json.loads(json.dumps(data)), allow_unicode=True)).data == data


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        document = read(text)
    except YamlError as refusal:
        line = refusal.line
    else:
        line = document.line(("nowhere",))
    assert line >= 1
