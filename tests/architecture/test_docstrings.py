"""Every public name says what it is. A comment that promises later work is no docstring."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import HOUSE, modules


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Public functions and classes of a module, and public methods of its public classes, but not what overrides."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                )


def test_public_names_have_docstrings() -> None:
    bare = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules("registry", "workflows", "migrations", "wsgi.py")
        for node in public(tree)
        if not ast.get_docstring(node) and not only_a_shape(node)
    ]
    assert bare == []


def only_a_shape(node: ast.FunctionDef | ast.ClassDef) -> bool:
    """A member of a Protocol, `...`: its class says what it is."""
    return (
        isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
        and node.body[0].value.value is ...
    )


def test_every_module_says_what_it_is() -> None:
    bare = [
        path
        for path, tree in modules("registry", "workflows", "migrations", "wsgi.py")
        if tree.body and not ast.get_docstring(tree)
    ]
    assert bare == []


def test_nothing_waits_to_be_done() -> None:
    waiting = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    found = [
        f"{path.relative_to(HOUSE)}:{number}"
        for room in ("registry", "workflows", "migrations", "templates")
        for path in sorted((HOUSE / room).rglob("*"))
        if path.suffix in (".py", ".html", ".yaml", ".css", ".js")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if waiting.search(line)
    ]
    assert found == []


def test_no_file_is_a_giant() -> None:
    """About 500 lines; a frozen migration holds every table at once."""
    lengths = {
        path.relative_to(HOUSE): len(path.read_text("utf-8").splitlines())
        for room in ("registry", "workflows")
        for path in (HOUSE / room).rglob("*.py")
    }
    assert {str(path): length for path, length in lengths.items() if length > 550} == {}


def test_no_room_is_called_after_nothing() -> None:
    vague = re.compile(r"util|helper|manager|misc|common")
    assert [path for path, _ in modules("registry", "workflows") if vague.search(path)] == []
