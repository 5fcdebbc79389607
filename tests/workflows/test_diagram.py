# ruff: noqa: S314 - the pictures parsed here are our own
"""The picture: present state and open arrows marked, the same in words, nothing that a title could break."""

import html
import re
import xml.etree.ElementTree as ET

import pytest

from tests.workflows.bad_definitions import BASE, WORDS
from tests.workflows.guards import VOCABULARY
from workflows import Definition, load
from workflows.diagram import describe, dot, edges, layers, mermaid, svg

SVG = "{http://www.w3.org/2000/svg}"


def test_the_spine_runs_down_and_the_rest_stands_aside(item: Definition) -> None:
    places = layers(item)
    assert [places[state] for state in ("intent", "listed", "in_progress", "achieved", "long_term_mechanism")] == [
        (row, 0) for row in range(5)
    ]
    assert {places[state][1] for state in ("suspended", "merged", "terminated")} == {1}


def test_forward_steps_that_share_a_row_stand_side_by_side() -> None:
    text = BASE.replace("  end:", "  c: {title: {zh: 丙}, stage: under_way}\n  end:")
    go = "  - {id: left, title: {zh: 左}, from: [a], to: c, kind: forward, actor: {roles: [officer]}}\n"
    on = "  - {id: right, title: {zh: 右}, from: [c], to: end, kind: forward, actor: {roles: [officer]}}\n"
    back = "  - {id: again, title: {zh: 回}, from: [b], to: a, kind: forward, actor: {roles: [officer]}}\n"
    places = layers(load(text + go + on + back, VOCABULARY))
    assert (places["b"][0], places["c"][0], places["end"][0]) == (1, 1, 2)
    assert places["b"][1] != places["c"][1]


def test_present_state_and_open_arrows_are_marked(item: Definition) -> None:
    root = ET.fromstring(svg(item, "in_progress", {"achieve"}))
    states = {each.get("data-state"): each for each in root.iter(f"{SVG}g") if each.get("data-state")}
    assert set(states) == set(item.states)
    assert [name for name, each in states.items() if "current" in str(each.get("class")).split()] == ["in_progress"]
    assert "".join(states["in_progress"].itertext()) == "● 推进中"
    opened = [each for each in root.iter(f"{SVG}g") if each.get("class") == "arrow open"]
    assert [(each.get("data-from"), each.get("data-to")) for each in opened] == [("in_progress", "achieved")]
    assert "确认成果" in "".join(opened[0].itertext())
    assert root.get("role") == "img"
    assert root.get("aria-label") == "合作事项 · 推进中"


def test_nothing_is_marked_without_a_state(item: Definition) -> None:
    picture = svg(item)
    assert "current" not in picture.replace("currentColor", "")
    assert "arrow open" not in picture
    assert 'aria-label="合作事项"' in picture


def test_everything_lies_inside_the_picture(item: Definition, agreement: Definition, full: Definition) -> None:
    for definition in (item, agreement, full):
        for lang in ("zh", "en"):
            root = ET.fromstring(svg(definition, definition.initial, [], "zh" if lang == "zh" else "en"))
            width, height = int(root.get("width", "0")), int(root.get("height", "0"))
            for box in root.iter(f"{SVG}rect"):
                assert 0 <= int(box.get("x", "-1")) <= width - int(box.get("width", "0"))
                assert 0 <= int(box.get("y", "-1")) <= height - int(box.get("height", "0"))


def test_no_two_labels_on_the_left_lie_on_one_another(agreement: Definition) -> None:
    root = ET.fromstring(svg(agreement, "partly_signed", {"sign", "annul"}))
    places = [each.get("y") for each in root.iter(f"{SVG}text") if each.get("text-anchor") == "end"]
    assert len(places) == len(set(places)) == 3


def test_the_picture_carries_no_style_and_no_script(item: Definition) -> None:
    picture = svg(item, "intent", {"list"})
    assert "style=" not in picture
    assert "<style" not in picture
    assert "<script" not in picture
    assert " id=" not in picture


def test_the_words_say_what_the_picture_shows(agreement: Definition, full: Definition) -> None:
    sentences = describe(agreement, "open", {"sign"})
    assert sentences[0] == "当前：开放签署"
    assert "开放签署 → 部分签署：签署（可办）" in sentences
    assert "拟签 → 起草中：开始起草" in sentences
    assert len(sentences) == 1 + len(edges(agreement))
    english = describe(full, "intent", {"list"}, "en")
    assert english[:2] == ("Now: Intent", "Intent → Listed: List (open)")
    assert "Listed → In progress: 启动" in english


@pytest.mark.parametrize(
    "title", ["<script>alert(1)</script>", 'a"b', "a&b", "a: b; c %% d", "x]] --> y", "a\\b \\N &amp; \\"]
)
def test_a_title_stays_a_title(title: str) -> None:
    quoted = "'" + title.replace("'", "''") + "'"
    definition = load(BASE.replace("{zh: 乙, en: B}", f"{{zh: {quoted}}}"), VOCABULARY)
    root = ET.fromstring(svg(definition, "b", {"stop"}))
    assert f"● {title}" in ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert "<script" not in svg(definition)
    lines = mermaid(definition, "b").splitlines()
    assert len(lines) == 1 + len(definition.states) + 1 + len(edges(definition)) + 1 + 2
    written = next(line for line in lines if line.endswith(" as b"))
    assert written.count('"') == 2
    assert "<" not in written
    assert written.count(";") == written.count("#")
    assert _labels(dot(definition, "b"))["b"] == title


def test_mermaid(agreement: Definition) -> None:
    lines = mermaid(agreement, "open").splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert '    state "拟签" as planned' in lines
    assert "    [*] --> planned" in lines
    assert "    planned --> drafting: 开始起草" in lines
    assert "    terminated --> [*]" in lines
    assert lines[-1] == "    class open current"


def _labels(drawn: str) -> dict[str, str]:
    """Labels of the states of a DOT text, read back as Graphviz reads them; each line is one statement."""
    statement = re.compile(r'    "([^"]+)" (-> "[^"]+" )?\[label="((?:[^"\\]|\\.)*)"(?:, \w+=\w+)*\]')
    lines = drawn.splitlines()
    assert lines[:3] == ["digraph procedure {", "    node [shape=box, style=rounded]", '    "[*]" [shape=point]']
    assert lines[-1] == "}"
    found = {}
    for line in lines[3:-1]:
        match = statement.fullmatch(line)
        assert match or re.fullmatch(r'    "\[\*\]" -> "\w+"', line), line
        if match and not match[2]:
            found[match[1]] = html.unescape(re.sub(r"\\(.)", r"\1", match[3]))
    return found


def test_dot(agreement: Definition) -> None:
    drawn = dot(agreement, "open")
    assert _labels(drawn) == {each.id: each.title.zh for each in agreement.states.values()}
    lines = drawn.splitlines()
    assert '    "open" [label="开放签署", penwidth=3]' in lines
    assert '    "terminated" [label="终止", peripheries=2]' in lines
    assert '    "[*]" -> "planned"' in lines
    assert '    "planned" -> "drafting" [label="开始起草"]' in lines
    assert '    "planned" -> "terminated" [label="终止", style=dashed]' in lines
    assert sum(" -> " in line for line in lines) == 1 + len(edges(agreement))
    assert '    "drafting" [label="Drafting"]' in dot(agreement, lang="en").splitlines()
    assert "penwidth" not in dot(agreement)


@pytest.mark.parametrize("name", ["node", "graph", "strict"])
def test_a_state_may_be_called_as_dot_calls_its_own(name: str) -> None:
    definition = load(
        BASE.replace("  b:", f"  {name}:").replace("to: b,", f"to: {name},").replace("b]", f"{name}]"), WORDS
    )
    assert _labels(dot(definition))[name] == "乙"
