"""From plain data to frozen records: a dataclass declares its own shape, field by field.

Every fault of a file is reported, not only the first. `plain` is the way back, which the canonical form is made of.
"""

import dataclasses
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar, cast

from workflows.finding import Finding, finding
from workflows.strict_yaml import Document, Path

PARTS_AT_MOST = 500
SHOWN_AT_MOST = 80

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Bad(Exception):
    """A part whose fault has been reported already."""


class Reader:
    """One reading of a document; collects the findings."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def report(self, path: Path, remedy: str, code: str = "E1", **values: str) -> Bad:
        """Report a fault at path; returns the exception to raise."""
        shown = {name: value[:SHOWN_AT_MOST] if name in ("key", "name") else value for name, value in values.items()}
        self.findings.append(finding(code, remedy, spell(path), self.document.line(path), **shown))
        return Bad()


class Shape(Protocol[T_co]):
    """Reads one part of the data. Raises Bad after reporting."""

    def __call__(self, reader: Reader, path: Path, data: object) -> T_co: ...


def spell(path: Path) -> str:
    """A path as people write it: transitions[3].to."""
    written = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return written.removeprefix(".")[:200] or "."


def text(pattern: str, zh: str, en: str) -> Shape[str]:
    """A string that matches the whole pattern; zh and en say what it should be."""
    compiled = re.compile(pattern)

    def shape(reader: Reader, path: Path, data: object) -> str:
        if not isinstance(data, str) or not compiled.fullmatch(data):
            raise reader.report(path, "wrong-type", zh=zh, en=en)
        return data

    return shape


def whole(at_least: int) -> Shape[int]:
    """An integer of at least this much; true is not an integer."""

    def shape(reader: Reader, path: Path, data: object) -> int:
        if not isinstance(data, int) or isinstance(data, bool) or data < at_least:
            raise reader.report(
                path, "wrong-type", zh=f"不小于 {at_least} 的整数", en=f"an integer of at least {at_least}"
            )
        return data

    return shape


def flag(reader: Reader, path: Path, data: object) -> bool:
    """true or false."""
    if not isinstance(data, bool):
        raise reader.report(path, "wrong-type", zh="true 或 false", en="true or false")
    return data


def literal(reader: Reader, path: Path, data: object) -> str | int | bool:
    """A text, an integer, true or false."""
    if not isinstance(data, str | int):
        raise reader.report(path, "wrong-type", zh="文字、整数、true 或 false", en="a text, an integer, true or false")
    return data


def choice(*allowed: str) -> Shape[Any]:
    """One of these words."""

    def shape(reader: Reader, path: Path, data: object) -> str:
        if not isinstance(data, str) or data not in allowed:
            words = " | ".join(allowed)
            raise reader.report(path, "wrong-type", zh=f"其中之一：{words}", en=f"one of: {words}")
        return data

    return shape


def listing(of: Shape[T], at_least: int = 0) -> Shape[tuple[T, ...]]:
    """A list without repetition of one shape."""

    def shape(reader: Reader, path: Path, data: object) -> tuple[T, ...]:
        if not isinstance(data, list) or not at_least <= len(data) <= PARTS_AT_MOST:
            size = f"{at_least}–{PARTS_AT_MOST}"
            raise reader.report(path, "wrong-type", zh=f"{size} 项的列表", en=f"a list of {size} parts")
        read = _each(reader, [((*path, place), part, of) for place, part in enumerate(data)])
        for place, part in enumerate(read):
            if part in read[:place]:
                raise reader.report((*path, place), "twice", name=str(data[place]))
        return tuple(read)

    return shape


def mapping(of: Shape[T], key: Shape[str], at_least: int = 0) -> Shape[Mapping[str, T]]:
    """Names and parts of one shape, in the order of the file."""

    def shape(reader: Reader, path: Path, data: object) -> Mapping[str, T]:
        if not isinstance(data, dict) or not at_least <= len(data) <= PARTS_AT_MOST:
            size = f"{at_least}–{PARTS_AT_MOST}"
            raise reader.report(path, "wrong-type", zh=f"{size} 项的映射", en=f"a mapping of {size} parts")
        _each(reader, [((*path, name), name, key) for name in data])
        parts = _each(reader, [((*path, name), part, of) for name, part in data.items()])
        return MappingProxyType(dict(zip(data, parts, strict=True)))

    return shape


def one_or_more(of: Shape[T]) -> Shape[tuple[T, ...]]:
    """One part, or a list of at least one."""
    several = listing(of, at_least=1)

    def shape(reader: Reader, path: Path, data: object) -> tuple[T, ...]:
        return several(reader, path, data) if isinstance(data, list) else (of(reader, path, data),)

    return shape


def _each(reader: Reader, parts: list[tuple[Path, object, Shape[T]]]) -> list[T]:
    """Read all the parts, so that every fault is reported. Raises Bad if one was bad."""
    read = []
    for path, data, of in parts:
        try:
            read.append(of(reader, path, data))
        except Bad:
            continue
    if len(read) < len(parts):
        raise Bad
    return read


# ---- records -------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class _Key(Generic[T]):
    """How a field of a record stands in the file."""

    shape: Shape[T]
    name: str | None
    default: object


def key(shape: Shape[Any], default: Any = dataclasses.MISSING, name: str | None = None) -> Any:
    """A field of a record: its shape, its default when it may be left out, its key when the name is not that."""
    metadata = {"key": _Key(shape, name, default)}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: MappingProxyType({}), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def named() -> Any:
    """The field that takes the name under which the record stands in its mapping."""
    return dataclasses.field(metadata={"named": True})


def record(cls: type[T]) -> Shape[T]:
    """The frozen dataclass cls, whose fields are declared with `key` and `named`."""
    fields = dataclasses.fields(cast(Any, cls))
    keys = {(at.name or each.name): (each.name, at) for each in fields if (at := each.metadata.get("key"))}
    names = [each.name for each in fields if "named" in each.metadata]

    def shape(reader: Reader, path: Path, data: object) -> T:
        if not isinstance(data, dict):
            raise reader.report(path, "wrong-type", zh="映射", en="a mapping")
        faults = len(reader.findings)
        for unknown in data.keys() - keys.keys():
            reader.report((*path, unknown), "unknown-key", key=unknown, known=", ".join(keys))
        values: dict[str, object] = dict(zip(names, path[-1:], strict=False))
        for name, (attribute, declared) in keys.items():
            if name in data:
                try:
                    values[attribute] = declared.shape(reader, (*path, name), data[name])
                except Bad:
                    continue
            elif declared.default is dataclasses.MISSING:
                reader.report(path, "missing-key", key=name)
        if len(reader.findings) > faults:
            raise Bad
        return cls(**values)

    return shape


def plain(value: object) -> Any:
    """The way back from a record to plain data. What equals its default is left out, so that a later key of the format,
    with a default of its own, leaves the identity of every old definition as it is."""
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    if not dataclasses.is_dataclass(value):
        return value
    if hasattr(value, "written"):
        return value.written
    return {
        (at.name or each.name): plain(part)
        for each in dataclasses.fields(value)
        if (at := each.metadata.get("key")) and (part := getattr(value, each.name)) != at.default
    }
