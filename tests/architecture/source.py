"""The source as trees: what the tests of the house's shape read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import registry

HOUSE = Path(registry.__file__).parent.parent


def modules(*rooms: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module of these folders or files, by its path in the house."""
    for room in rooms:
        place = HOUSE / room
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield str(path.relative_to(HOUSE)), ast.parse(path.read_text("utf-8"))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Every call of a function or method of one of these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.id
                if isinstance(called, ast.Name)
                else called.attr
                if isinstance(called, ast.Attribute)
                else None
            )
            if name in names:
                yield node
