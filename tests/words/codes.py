"""Every code that the source can raise, with what is given beside it: read from the source itself, so that none is forgotten."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True)
class Site:
    """One place that raises a code. values: names given beside it, None where the place does not say; field: constant, if one."""

    place: str
    code: str
    values: frozenset[str] | None
    field: str | None


def sites() -> list[Site]:
    """Every `Reason(…)` and `Unmet(…)` of the source, and every call of the engine's `need`."""
    found: list[Site] = []
    for path in sorted([*ROOT.glob("registry/**/*.py"), *ROOT.glob("workflows/*.py")]):
        tree = ast.parse(path.read_text("utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in _calls(function):
                found += _site(f"{path.relative_to(ROOT)}:{call.lineno}", call, function)
    return found


def fields() -> set[str]:
    """Every input that is named as a constant where something is called: by a refusal, or by what leads to one."""
    trees = (ast.parse(path.read_text("utf-8")) for path in ROOT.glob("registry/**/*.py"))
    words = (word for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords)
    return {str(word.value.value) for word in words if word.arg == "field" and isinstance(word.value, ast.Constant)}


def _calls(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("Reason", "Unmet", "need")
            and node.args
        ):
            yield node


def _site(place: str, call: ast.Call, function: ast.FunctionDef) -> Iterator[Site]:
    field = next(
        (word.value.value for word in call.keywords if word.arg == "field" and isinstance(word.value, ast.Constant)),
        None,
    )
    for code in _codes(call.args[0], function):
        yield Site(place, code, _values(call, function), field)


def _codes(first: ast.expr, function: ast.FunctionDef) -> list[str]:
    """A literal code; else the values of the dictionary in the same function that the code is looked up in."""
    if isinstance(first, ast.Constant):
        return [str(first.value)]
    dictionaries = [node for node in ast.walk(function) if isinstance(node, ast.Dict)]
    looked_up = isinstance(first, ast.Subscript)
    values = (
        [value.value for each in dictionaries for value in each.values if isinstance(value, ast.Constant)]
        if looked_up
        else []
    )
    return [value for value in values if isinstance(value, str) and CODE.fullmatch(value)]


def _values(call: ast.Call, function: ast.FunctionDef) -> frozenset[str] | None:
    if isinstance(call.func, ast.Name) and call.func.id == "need":
        return frozenset(word.arg for word in call.keywords if word.arg and word.arg != "who")
    if len(call.args) < 2:
        return frozenset()
    given = call.args[1]
    if isinstance(given, ast.Call) and given.args:  # MappingProxyType({…})
        given = given.args[0]
    if isinstance(given, ast.Name):
        assigned = (
            node.value for node in ast.walk(function) if isinstance(node, ast.Assign) and _named(node, given.id)
        )
        given = next((value for value in assigned if isinstance(value, ast.Dict)), given)
    if isinstance(given, ast.Dict):
        return frozenset(str(key.value) for key in given.keys if isinstance(key, ast.Constant))
    return None


def _named(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
