"""The one strict YAML reader, for definitions and for bundles.

PyYAML's own constructors make `on` and `yes` true, `0151` 105 and `10:30` 630, keep the last of two equal keys, and
let a file of 271 bytes grow to 170 MB by aliases. So nothing is constructed or composed here: the event stream is
walked once, and the first event that is not allowed stops the reading.
"""

import re
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import yaml

BYTES_AT_MOST = 1_000_000
DEPTH_AT_MOST = 40
NODES_AT_MOST = 100_000

Plain: TypeAlias = "str | int | bool | list[Plain] | dict[str, Plain]"
Path: TypeAlias = tuple[str | int, ...]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
# A directive is looked for before the parser sees it: libyaml compares each %TAG with all earlier ones.
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class YamlError(ValueError):
    """A text that the strict reader refuses.

    line: 1 for the first line. zh, en: what is wrong and what to write instead.
    """

    def __init__(self, line: int, zh: str, en: str) -> None:
        super().__init__(f"line {line}: {en}")
        self.line, self.zh, self.en = line, zh, en


@dataclass(slots=True)
class _Mark:
    """Where a collection begins, and where each of its parts begins."""

    line: int
    parts: "dict[str, _Mark | int] | list[_Mark | int]"


@dataclass(frozen=True, slots=True)
class Document:
    """What one YAML file says, with the line of each part.

    data: strings, integers (64 bits), true and false, in lists and in dictionaries whose keys are always strings.
    """

    data: Plain
    _mark: _Mark | int = field(repr=False, compare=False)

    def line(self, path: Path) -> int:
        """The line (from 1) of the part at path, or of the nearest part above it that is there."""
        mark = self._mark
        for step in path:
            if not isinstance(mark, _Mark):
                break
            if isinstance(mark.parts, dict):
                below = mark.parts.get(str(step))
            else:
                below = mark.parts[step] if isinstance(step, int) and 0 <= step < len(mark.parts) else None
            if below is None:
                break
            mark = below
        return mark.line if isinstance(mark, _Mark) else mark


def read(text: str | bytes) -> Document:
    """Read one YAML document strictly.

    text: at most 1,000,000 bytes of UTF-8, collections at most 40 deep, at most 100,000 nodes.
    Only `true`, `false` and plain integers without a leading zero are more than text: dates, codes such as 0151,
    `yes`, `1.5` and `10:30` stay the strings that were written. Keys are always strings.
    Raises YamlError, naming the line, for duplicate keys, empty values, anchors, aliases, tags, directives, keys that
    are not scalars, a second document, and whatever is not YAML.
    """
    lines = _decode(text)
    builder = _Builder()
    try:
        # libyaml and nothing else: PyYAML's own parser accepts other texts (`>#`), and one file must have one meaning.
        for event in yaml.parse(lines, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or "cannot be read"
        raise YamlError(mark.line + 1 if mark else 1, f"不是合格的 YAML：{why}", f"this is not YAML: {why}") from error
    return builder.document()


def _decode(text: str | bytes) -> str:
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > BYTES_AT_MOST:
        raise YamlError(1, "文件超过 1 MB，请拆分", "the file is larger than 1 MB; split it")
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise YamlError(line, "不是 UTF-8 编码，请另存为 UTF-8", "this is not UTF-8; save it as UTF-8") from error
    if found := _DIRECTIVE.search(decoded):
        line = decoded.count("\n", 0, found.start()) + 1
        raise YamlError(line, "不允许 % 指令，请删去此行", "directives (%) are not allowed; delete this line")
    if found := _UNPRINTABLE.search(decoded):
        line = decoded.count("\n", 0, found.start()) + 1
        raise YamlError(line, "含有控制字符，请删去", "there is a control character; delete it")
    return decoded


class _Builder:
    """Builds plain data and marks from events, without recursion."""

    def __init__(self) -> None:
        self._open: list[tuple[list[Plain] | dict[str, Plain], _Mark]] = []
        self._keys: list[tuple[str, int] | None] = []
        self._done: Document | None = None
        self._nodes = 0

    def take(self, event: yaml.Event) -> None:
        """Take one event; refuse it at once if it is not allowed."""
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise YamlError(
                line, "不允许锚点和别名（& *），请写全", "anchors and aliases (& *) are not allowed; write it out"
            )
        if getattr(event, "tag", None) is not None:
            raise YamlError(line, "不允许标签（!），请删去", "tags (!) are not allowed; delete it")
        if isinstance(event, yaml.DocumentStartEvent) and self._done is not None:
            raise YamlError(
                line, "只允许一个文档，请删去 --- 之后的内容", "only one document is allowed; delete what follows ---"
            )
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent):
            self._enter({}, _Mark(line, {}))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._enter([], _Mark(line, []))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._leave()

    def document(self) -> Document:
        """What has been built. Raises YamlError for a text without content."""
        if self._done is None:
            raise YamlError(1, "文件是空的", "the file is empty")
        return self._done

    def _enter(self, value: list[Plain] | dict[str, Plain], mark: _Mark) -> None:
        if self._awaits_key():
            raise YamlError(mark.line, "键必须是一个词", "a key must be a single word")
        if len(self._open) == DEPTH_AT_MOST:
            raise YamlError(mark.line, f"嵌套超过 {DEPTH_AT_MOST} 层", f"nested deeper than {DEPTH_AT_MOST}")
        self._count(mark.line)
        self._open.append((value, mark))
        self._keys.append(None)

    def _leave(self) -> None:
        value, mark = self._open.pop()
        self._keys.pop()
        self._place(value, mark)

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        self._count(line)
        if self._awaits_key():
            self._key(event.value, line)
            return
        plain = event.style == ""
        if plain and event.value in _EMPTY:
            raise YamlError(
                line, '没有值：请填写，或写 ""，或删去这个键', 'no value: fill it in, write "", or leave the key out'
            )
        self._place(_plain(event.value, line) if plain else event.value, line)

    def _key(self, key: str, line: int) -> None:
        holder, _ = self._open[-1]
        if isinstance(holder, dict) and key in holder:
            raise YamlError(line, f"键 {key} 重复，请只留一个", f"the key {key} stands twice; keep one")
        self._keys[-1] = (key, line)

    def _place(self, value: Plain, mark: _Mark | int) -> None:
        if not self._open:
            self._done = Document(value, mark)
            return
        holder, around = self._open[-1]
        key = self._keys[-1]
        if isinstance(holder, dict) and key:
            name, line = key
            holder[name] = value
            if isinstance(mark, _Mark):
                mark.line = line
            cast(dict[str, _Mark | int], around.parts)[name] = mark if isinstance(mark, _Mark) else line
            self._keys[-1] = None
        else:
            cast(list[Plain], holder).append(value)
            cast(list[_Mark | int], around.parts).append(mark)

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1][0], dict) and self._keys[-1] is None

    def _count(self, line: int) -> None:
        self._nodes += 1
        if self._nodes > NODES_AT_MOST:
            raise YamlError(
                line, f"内容超过 {NODES_AT_MOST} 项，请拆分", f"more than {NODES_AT_MOST} parts; split the file"
            )


def _plain(written: str, line: int) -> str | int | bool:
    if written in ("true", "false"):
        return written == "true"
    if _INTEGER.fullmatch(written):
        return int(written)
    if written.isdecimal() and len(written) > 18 and written[0] != "0":
        raise YamlError(line, "整数太长；编号请加引号", "the integer is too long; quote it if it is a code")
    return written
