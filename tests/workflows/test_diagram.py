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


# ---- where everything stands ---------------------------------------------------------------------------------------


LADDER = """\
schema: workflow/1
id: ladder
version: 1
title: {zh: 梯, en: Ladder}
subject: matter
initial: a
roles: {officer: {of: each_party}}
states:
  a: {title: {zh: 甲, en: First}, stage: opened}
  b: {title: {zh: 乙丙, en: Second}, stage: under_way}
  c: {title: {zh: 丁}, stage: under_way, goal: true}
  d: {title: {zh: 戊}, stage: under_way}
  out: {title: {zh: 撤}, stage: ended, final: true}
transitions:
  - {id: ab, title: {zh: 上, en: Up}, from: [a], to: b, kind: forward, actor: {roles: [officer]}}
  - {id: ad, title: {zh: 旁, en: Beside}, from: [a], to: d, kind: forward, actor: {roles: [officer]}}
  - {id: bc, title: {zh: 再上, en: On}, from: [b], to: c, kind: forward, actor: {roles: [officer]}}
  - {id: dc, title: {zh: 归, en: Join}, from: [d], to: c, kind: forward, actor: {roles: [officer]}}
  - {id: ac, title: {zh: 跃, en: Leap}, from: [a], to: c, kind: forward, actor: {roles: [officer]}}
  - {id: ca, title: {zh: 退, en: Back}, from: [c], to: a, kind: return, actor: {roles: [officer]}}
  - {id: quit, title: {zh: 撤, en: Quit}, from: [b], to: out, kind: terminate, actor: {roles: [officer]}}
"""


@pytest.fixture(scope="module")
def ladder() -> Definition:
    """Three rows with a second column beside the second row, a leap, a way back and an end aside."""
    return load(LADDER, VOCABULARY)


def _drawn(picture: str) -> dict[tuple[str, str], ET.Element]:
    groups = ET.fromstring(picture).iter(f"{SVG}g")
    return {(str(each.get("data-from")), str(each.get("data-to"))): each for each in groups if each.get("data-from")}


def _line_of(arrow: ET.Element) -> dict[str, str]:
    """Everything that is drawn of one arrow, with the place of its words, if it has any."""
    line, head = arrow.findall(f"{SVG}path")
    text = arrow.find(f"{SVG}text")
    said = {} if text is None else {"text": f"{text.get('x')} {text.get('y')} {text.get('text-anchor')} {text.text}"}
    drawn = {key: str(line.get(key)) for key in ("d", "stroke-width", "stroke-dasharray", "opacity") if line.get(key)}
    faint = {"faint head": str(head.get("opacity"))} if head.get("opacity") else {}
    assert (line.get("fill"), line.get("stroke"), head.get("fill")) == ("none", "currentColor", None)
    return drawn | {"head": str(head.get("d"))} | faint | said


def test_boxes_stand_in_rows_of_84_and_columns_of_their_width_and_110(ladder: Definition) -> None:
    assert layers(ladder) == {"a": (0, 0), "b": (1, 0), "d": (1, 1), "c": (2, 0), "out": (2, 2)}
    root = ET.fromstring(svg(ladder, "b"))
    boxes = {}
    for group in root.iter(f"{SVG}g"):
        if state := group.get("data-state"):
            (box,), (name,) = group.findall(f"{SVG}rect"), group.findall(f"{SVG}text")
            assert (box.get("width"), box.get("height"), box.get("stroke"), box.get("fill")) == (
                *("68", "36", "currentColor", "none"),
            )
            assert name.get("text-anchor") == "middle"
            marks = (group.get("class"), box.get("rx"), box.get("stroke-width"), name.get("font-weight"))
            boxes[state] = (
                *(int(str(each)) for each in (box.get("x"), box.get("y"), name.get("x"), name.get("y"))),
                marks,
            )
    plain = ("state", "18", "1", None)
    # The margin is 16; left of it the leap bulges by 26 for each of two rows, and its one word is 14 wide.
    assert boxes == {
        "a": (82, 16, 116, 39, plain),
        "b": (82, 100, 116, 123, ("state current", "18", "3", "bold")),
        "d": (260, 100, 294, 123, plain),
        "c": (82, 184, 116, 207, plain),
        "out": (438, 184, 472, 207, ("state final", "4", "1", None)),
    }
    assert (root.get("viewBox"), root.get("width"), root.get("height")) == ("0 0 522 236", "522", "236")
    assert (root.get("font-size"), root.get("fill"), root.get("class")) == ("14", "currentColor", "procedure")


def test_lines_go_down_across_and_round_the_left(ladder: Definition) -> None:
    arrows = {pair: _line_of(arrow) for pair, arrow in _drawn(svg(ladder)).items()}
    thin, aside = {"stroke-width": "1"}, {"stroke-width": "1", "stroke-dasharray": "4 3", "opacity": "0.5"}
    assert arrows == {
        ("a", "b"): thin | {"d": "M116 52V100", "head": "M116 100l-4 -8h8z", "text": "124 81 start 上"},
        ("b", "c"): thin | {"d": "M116 136V184", "head": "M116 184l-4 -8h8z", "text": "124 165 start 再上"},
        ("a", "d"): thin | {"d": "M150 39C205 39 205 123 260 123", "head": "M260 123l-8 -4v8z"},
        ("d", "c"): thin | {"d": "M260 113C205 113 205 197 150 197", "head": "M150 197l8 -4v8z"},
        ("a", "c"): thin
        | {"d": "M82 25C30 25 30 211 82 211", "head": "M82 211l-8 -4v8z", "text": "39 123 end 跃"},
        ("c", "a"): aside
        | {"d": "M82 211C30 211 30 25 82 25", "head": "M82 25l-8 -4v8z", "faint head": "0.5"},
        ("b", "out"): aside
        | {"d": "M150 123C205 123 383 207 438 207", "head": "M438 207l-8 -4v8z", "faint head": "0.5"},
    }  # fmt: skip


def test_an_open_line_is_heavy_and_says_its_words(ladder: Definition) -> None:
    arrows = {pair: _line_of(arrow) for pair, arrow in _drawn(svg(ladder, "a", {"ab", "ad", "ca"}, "en")).items()}
    assert arrows["a", "d"]["stroke-width"] == "2.5"
    assert arrows["a", "d"]["text"].endswith("middle Beside")
    assert arrows["a", "b"]["stroke-width"] == "2.5"
    assert arrows["c", "a"]["stroke-width"] == "1", "open arrows leave the present state only"
    held = {pair: _line_of(arrow) for pair, arrow in _drawn(svg(ladder, "c", {"ca"})).items()}
    assert held["c", "a"]["stroke-width"] == "2.5"
    assert "stroke-dasharray" not in held["c", "a"]
    assert "faint head" not in held["c", "a"]
