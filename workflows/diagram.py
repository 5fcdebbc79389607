"""A procedure drawn: SVG with labels in Chinese or English, Mermaid and DOT as text, and the same in sentences.

The SVG is laid out in layers by the forward steps, from top to bottom, so that it fits a phone; what leads aside or to
an end stands in a column of its own. Colours are left to the page (`currentColor` and classes, no inline style): the
present state and the open arrows are told by shape and weight, too.
"""

import html
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workflows.definition import Definition, Title

Language: TypeAlias = Literal["zh", "en"]

_FONT = 14
_BOX_HEIGHT = 36
_ROW = 84
_COLUMN_GAP = 110
_MARGIN = 16
_BULGE = 26


@dataclass(frozen=True, slots=True)
class Edge:
    """One line of the picture: all the arrows from one state to another."""

    source: str
    target: str
    label: str
    forward: bool
    open: bool


def words(title: Title, lang: Language) -> str:
    """A title in the reader's language; Chinese where nobody has written the English."""
    return title.en if lang == "en" and title.en else title.zh


def edges(
    definition: Definition, state: str | None = None, triggers: Collection[str] = (), lang: Language = "zh"
) -> tuple[Edge, ...]:
    """The lines of the picture in the order of the definition.

    state: where the subject stands; triggers: those that may be taken now, whose arrows from there are open.
    """
    joined: dict[tuple[str, str], list[Edge]] = {}
    for each, source, target in definition.arrows():
        is_open = source == state and each.trigger in triggers
        one = Edge(source, target, words(each.title, lang), each.kind == "forward", is_open)
        joined.setdefault((source, target), []).append(one)
    return tuple(
        Edge(
            source,
            target,
            " / ".join(dict.fromkeys(one.label for one in several)),
            any(one.forward for one in several),
            any(one.open for one in several),
        )
        for (source, target), several in joined.items()
    )


def describe(
    definition: Definition, state: str | None = None, triggers: Collection[str] = (), lang: Language = "zh"
) -> tuple[str, ...]:
    """The picture in sentences, one for each line: its text alternative."""
    names = {each.id: words(each.title, lang) for each in definition.states.values()}
    now, may = ("当前：", "（可办）") if lang == "zh" else ("Now: ", " (open)")
    standing = (now + names[state],) if state else ()
    return standing + tuple(
        f"{names[each.source]} → {names[each.target]}：{each.label}{may if each.open else ''}"
        if lang == "zh"
        else f"{names[each.source]} → {names[each.target]}: {each.label}{may if each.open else ''}"
        for each in edges(definition, state, triggers, lang)
    )


def mermaid(definition: Definition, state: str | None = None, lang: Language = "zh") -> str:
    """The procedure as a Mermaid state diagram; titles are escaped, so that none can add a line of its own."""
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_escaped(words(each.title, lang))}" as {each.id}' for each in definition.states.values()]
    lines.append(f"    [*] --> {definition.initial}")
    lines += [f"    {each.source} --> {each.target}: {_escaped(each.label)}" for each in edges(definition, lang=lang)]
    lines += [f"    {each.id} --> [*]" for each in definition.states.values() if each.final]
    if state:
        lines += ["    classDef current stroke-width:4px", f"    class {state} current"]
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return re.sub(r"[^\w \-/（）()，、。]", lambda found: f"#{ord(found[0])};", label)


def dot(definition: Definition, state: str | None = None, lang: Language = "zh") -> str:
    """The procedure in the DOT language; every name is quoted, so that a state may be called `node` and no title can add
    a line or a field of its own."""
    lines = ["digraph procedure {", "    node [shape=box, style=rounded]", '    "[*]" [shape=point]']
    for each in definition.states.values():
        marks = (", peripheries=2" if each.final else "") + (", penwidth=3" if each.id == state else "")
        lines.append(f'    "{each.id}" [label={_quoted(words(each.title, lang))}{marks}]')
    lines.append(f'    "[*]" -> "{definition.initial}"')
    for line in edges(definition, lang=lang):
        dashes = "" if line.forward else ", style=dashed"
        lines.append(f'    "{line.source}" -> "{line.target}" [label={_quoted(line.label)}{dashes}]')
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(label: str) -> str:
    """A quoted string of DOT: a backslash and an ampersand would be read as more than themselves."""
    return '"' + label.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') + '"'


# ---- layout --------------------------------------------------------------------------------------------------------


def layers(definition: Definition) -> Mapping[str, tuple[int, int]]:
    """Row and column of each state, from 0: the row is the longest way of forward steps from the initial state; states of
    one row stand in the definition's order; the last column is for states that no forward step leads to."""
    forward: dict[str, list[str]] = {state: [] for state in definition.states}
    for each, source, target in definition.arrows():
        if each.kind == "forward" and source != target:
            forward[source].append(target)
    rows = _longest(definition.initial, forward)
    places: dict[str, tuple[int, int]] = {}
    taken: dict[int, int] = {}
    for state in definition.states:
        if state in rows:
            row = rows[state]
            places[state] = (row, taken.get(row, 0))
            taken[row] = taken.get(row, 0) + 1
    aside = [state for state in definition.states if state not in rows]
    column, last = max(taken.values()), max(rows.values())
    for number, state in enumerate(aside):
        places[state] = (max(1, last - len(aside) + 1) + number if last else number, column)
    return places


def _longest(initial: str, forward: Mapping[str, Collection[str]]) -> dict[str, int]:
    """The longest way from the initial state; an arrow back into the way that led here is left out, so that circles end."""
    order: list[str] = []
    back: set[tuple[str, str]] = set()
    on_way = {initial: iter(forward[initial])}
    seen = {initial}
    while on_way:
        state = next(reversed(on_way))
        for target in on_way[state]:
            if target in on_way:
                back.add((state, target))
            elif target not in seen:
                seen.add(target)
                on_way[target] = iter(forward[target])
                break
        else:
            del on_way[state]
            order.insert(0, state)
    rows = dict.fromkeys(order, 0)
    for state in order:
        for target in forward[state]:
            if (state, target) not in back:
                rows[target] = max(rows[target], rows[state] + 1)
    return rows


def _width(label: str) -> int:
    return sum(_FONT if unicodedata.east_asian_width(sign) in "WFA" else _FONT * 6 // 10 for sign in label)


# ---- drawing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where everything stands: boxes of one width in rows and columns, curves in the margin on the left."""

    places: Mapping[str, tuple[int, int]]
    box: int
    left: int

    def x(self, state: str) -> int:
        return self.left + self.places[state][1] * (self.box + _COLUMN_GAP)

    def y(self, state: str) -> int:
        return _MARGIN + self.places[state][0] * _ROW

    @property
    def size(self) -> tuple[int, int]:
        rows = 1 + max(row for row, _ in self.places.values())
        columns = 1 + max(column for _, column in self.places.values())
        width = self.left + columns * self.box + (columns - 1) * _COLUMN_GAP + _MARGIN
        return width, _MARGIN * 2 + (rows - 1) * _ROW + _BOX_HEIGHT


def svg(definition: Definition, state: str | None = None, triggers: Collection[str] = (), lang: Language = "zh") -> str:
    """The procedure as one SVG element, to be put into a page.

    state: marked as the present one; triggers: those that may be taken now; their arrows are drawn heavy.
    Labels stand at forward steps and at open ones; every line carries its words as a tooltip.
    """
    lines = edges(definition, state, triggers, lang)
    names = {each.id: words(each.title, lang) for each in definition.states.values()}
    sheet = _sheet(layers(definition), lines, list(names.values()))
    width, height = sheet.size
    label = words(definition.title, lang) + (f" · {names[state]}" if state else "")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="procedure" role="img" aria-label="{html.escape(label)}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-size="{_FONT}" fill="currentColor">'
    ]
    taken: set[tuple[str, int]] = set()
    for each in lines:
        parts.append(_line(sheet, each, taken))
    parts += [_box(sheet, each, names[each], each == state, definition.states[each].final) for each in names]
    return "".join(parts) + "</svg>"


def _sheet(places: Mapping[str, tuple[int, int]], lines: Collection[Edge], names: Collection[str]) -> _Sheet:
    """Room on the left for the widest curve and the widest words beside it."""
    round_left = [each for each in lines if _way(places, each) == "round"]
    bulge = max((_rise(places, each) for each in round_left), default=0)
    beside = max((_width(each.label) for each in round_left if each.open or each.forward), default=0)
    return _Sheet(places, max(map(_width, names)) + 40, _MARGIN + bulge + beside)


def _way(places: Mapping[str, tuple[int, int]], edge: Edge) -> Literal["across", "down", "round"]:
    (row, column), (to_row, to_column) = places[edge.source], places[edge.target]
    if column != to_column:
        return "across"
    return "down" if to_row == row + 1 else "round"


def _rise(places: Mapping[str, tuple[int, int]], edge: Edge) -> int:
    return _BULGE * max(1, abs(places[edge.target][0] - places[edge.source][0]))


def _box(sheet: _Sheet, state: str, name: str, current: bool, final: bool) -> str:
    x, y = sheet.x(state), sheet.y(state)
    classes = "state" + (" current" if current else "") + (" final" if final else "")
    shown = html.escape(("● " if current else "") + name)
    frame = f'height="{_BOX_HEIGHT}" rx="{4 if final else 18}" stroke="currentColor"'
    bold = ' font-weight="bold"' if current else ""
    return (
        f'<g class="{classes}" data-state="{state}">'
        f'<rect x="{x}" y="{y}" width="{sheet.box}" {frame} stroke-width="{3 if current else 1}" fill="none"/>'
        f'<text x="{x + sheet.box // 2}" y="{y + 23}" text-anchor="middle"{bold}>{shown}</text></g>'
    )


def _curve(sheet: _Sheet, edge: Edge) -> tuple[str, str, tuple[int, int, str]]:
    """The line, its head, and where its words stand: across between columns, down to the next row, else round the
    left side."""
    x, y, to_x, to_y = sheet.x(edge.source), sheet.y(edge.source), sheet.x(edge.target), sheet.y(edge.target)
    half, box, way = _BOX_HEIGHT // 2, sheet.box, _way(sheet.places, edge)
    if way == "across":
        right = x < to_x
        begin, end = (x + box, to_x) if right else (x, to_x + box)
        bend = _COLUMN_GAP // 2 if right else -_COLUMN_GAP // 2
        shift = 5 if right else -5  # the way there and the way back must not lie on one another
        y, to_y = y + half + shift, to_y + half + shift
        line = f"M{begin} {y}C{begin + bend} {y} {end - bend} {to_y} {end} {to_y}"
        return line, f"M{end} {to_y}l{-8 if right else 8} -4v8z", ((begin + end) // 2, (y + to_y) // 2 - 5, "middle")
    if way == "down":
        middle, y = x + box // 2, y + _BOX_HEIGHT
        return f"M{middle} {y}V{to_y}", f"M{middle} {to_y}l-4 -8h8z", (middle + 8, (y + to_y) // 2 + 5, "start")
    rise = _rise(sheet.places, edge)
    shift = 9 if to_y < y else -9
    y, to_y = y + half + shift, to_y + half - shift
    line = f"M{x} {y}C{x - rise} {y} {x - rise} {to_y} {x} {to_y}"
    return line, f"M{x} {to_y}l-8 -4v8z", (x - rise * 3 // 4 - 4, (y + to_y) // 2 + 5, "end")


def _line(sheet: _Sheet, edge: Edge, taken: set[tuple[str, int]]) -> str:
    """One line with its head and words; taken: the places of words on the left, so that none lie on one another."""
    path, head, (x, y, anchor) = _curve(sheet, edge)
    text = ""
    if edge.open or (edge.forward and anchor != "middle"):
        while (anchor, y) in taken:
            y += _FONT + 4
        taken.add((anchor, y))
        text = f'<text x="{x}" y="{y}" text-anchor="{anchor}">{html.escape(edge.label)}</text>'
    weight = 'stroke-width="2.5"' if edge.open else 'stroke-width="1"'
    dashes = "" if edge.open or edge.forward else ' stroke-dasharray="4 3" opacity="0.5"'
    faint = "" if edge.open or edge.forward else ' opacity="0.5"'
    return (
        f'<g class="arrow{" open" if edge.open else ""}" data-from="{edge.source}" data-to="{edge.target}">'
        f"<title>{html.escape(edge.label)}</title>"
        f'<path d="{path}" fill="none" stroke="currentColor" {weight}{dashes}/><path d="{head}"{faint}/>{text}</g>'
    )
