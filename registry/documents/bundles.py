"""Bundles: a register, or a part of one, as a strict YAML file that people can read, check and import.

The shapes are the format: they read files, and `registry/data/bundle.schema.json` is generated from them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import ValidationError

from registry.documents.bundle_shapes import BundleShape
from registry.domain import bundle
from registry.errors import RegistryError
from workflows import strict_yaml

DATA = Path(__file__).parent.parent / "data"
REAL = tuple(sorted((DATA / "real").glob("*.yaml")))
"""The bundled register, in the order of import: later files name records of earlier ones."""
SAMPLE = (DATA / "sample" / "sample.yaml", DATA / "sample" / "water.yaml")
"""The fictional accords of fictional parties; what was done to the second stands beside it as a table of acts."""
SCHEMA_FILE = DATA / "bundle.schema.json"


# ---- what is wrong with a file -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a file, in both languages, with the remedy.

    line: from 1. field: path of keys and places from 0, e.g. agreements.0.kind; empty where the file is no YAML.
    value: what stands there, cut to 80 characters.
    """

    file: str
    line: int
    field: str
    value: str
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


class BundleUnreadable(RegistryError):
    """A file that is no bundle. faults: everything found, in the order of lines, never empty."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{each.file}:{each.line} {each.field}: {each.en}" for each in faults))
        self.faults = faults


# code → what is wrong and what to do, in Chinese and in English; {} takes what follows the bar in a message.
WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "required": ("缺少必填项", "a required key is missing", "请补上", "add it"),
    "unknown": ("不认识的键", "this key is not known", "请改正拼写或删去；可用的键见 bundle.schema.json",
                "correct its spelling or delete it; bundle.schema.json lists the keys"),
    "mapping": ("这里应为“键: 值”", "a mapping (key: value) is needed", "请写成键和值", "write keys and values"),
    "list": ("这里应为列表", "a list is needed", "每项前加“- ”，或写成 [ ]", "put \"- \" before each, or write [ ]"),
    "text": ("这里应为文字", "a text is needed", "数字代码请加引号", "quote codes that look like numbers"),
    "integer": ("这里应为整数", "an integer is needed", "请写不带引号的整数", "write digits without quotes or point"),
    "flag": ("这里应为 true 或 false", "true or false is needed", "请写 true 或 false", "write true or false"),
    "choice": ("不在可选值之中", "this is none of the values allowed", "请用其中之一：{}", "use one of: {}"),
    "form": ("写法不对", "this is not written as it must be", "应写成：{}", "write it like this: {}"),
    "range": ("数值超出范围", "the number is out of range", "应为 {}", "it must be {}"),
    "length": ("文字太长或为空", "the text is empty or too long", "请写 {} 字", "write {} characters"),
    "date": ("不是一个确定写法的日期", "this is no date in a known form", "例：2017-07-06、2017-07、2017年、2016年底；不详则删去此键",
             "for example 2017-07-06, 2017-07, 2017年, 2016年底; leave the key out where it is not known"),
    "twice": ("同一记录出现两次", "the same record stands twice", "请只留一条", "keep one of them"),
}  # fmt: skip


# ---- reading and publishing ----------------------------------------------------------------------------------------


def read(text: bytes | str, file: str) -> bundle.Bundle:
    """Read one bundle.

    text: strict YAML, at most 1 MB. file: the name that faults show.
    Raises BundleUnreadable with every fault of the file.
    """
    try:
        document = strict_yaml.read(text)
    except strict_yaml.YamlError as error:
        remedy = ("请改正后再读入", "correct the file and read it again")
        raise BundleUnreadable((Fault(file, error.line, "", "", error.zh, error.en, *remedy),)) from error
    try:
        loaded: bundle.Bundle = BundleShape().load(document.data)  # type: ignore[arg-type]  # what is no mapping is refused there
    except ValidationError as error:
        faults = (_fault(file, document, path, message) for path, message in _messages(error.messages))
        raise BundleUnreadable(tuple(sorted(faults, key=lambda each: each.line))) from error
    return loaded


def _messages(tree: Any, path: strict_yaml.Path = ()) -> Iterator[tuple[strict_yaml.Path, str]]:
    """Each message of marshmallow's tree with the path it is about."""
    if isinstance(tree, dict):
        for key, below in tree.items():
            yield from _messages(below, path if key == "_schema" else (*path, key))
    else:
        for message in tree:
            yield path, str(message)


def _fault(file: str, document: strict_yaml.Document, path: strict_yaml.Path, message: str) -> Fault:
    code, _, detail = message.partition("|")
    zh, en, remedy_zh, remedy_en = (words.format(detail) for words in WORDS[code])
    value = document.data
    for step in path:
        value = (
            value.get(str(step), "") if isinstance(value, dict) else value[int(step)] if isinstance(value, list) else ""
        )
    shown = str(value) if not isinstance(value, bool) else str(value).lower()
    return Fault(file, document.line(path), ".".join(map(str, path)), shown[:80], zh, en, remedy_zh, remedy_en)


def schema() -> dict[str, Any]:
    """The format as JSON Schema 2020-12, which is the schema dialect of OpenAPI 3.1; generated from the shapes."""
    plugin = MarshmallowPlugin(schema_name_resolver=_plain_name)
    spec = APISpec("bundle", "1", "3.1.0", plugins=[plugin])
    spec.components.schema("Bundle", schema=BundleShape)
    definitions = _localised(spec.to_dict()["components"]["schemas"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:registry:bundle:1",
        "title": "协议登记数据包 · bundle of a register",
        "$ref": "#/$defs/Bundle",
        "$defs": dict(sorted(definitions.items())),
    }


def _plain_name(shape: Any) -> str:
    kind = shape if isinstance(shape, type) else type(shape)
    return kind.__name__.strip("_").removesuffix("Shape")


def _localised(tree: Any) -> Any:
    """The same tree with references into the file itself instead of into an OpenAPI document."""
    if isinstance(tree, dict):
        return {key: _localised(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_localised(value) for value in tree]
    return re.sub("^#/components/schemas/", "#/$defs/", tree) if isinstance(tree, str) else tree
