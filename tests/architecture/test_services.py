"""Each act asks who may, reads no clock, and no line but one assigns a state."""

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType

import registry.services
from registry.permissions import PERMISSIONS, REGISTER, ROLE_GRANTS
from tests.architecture.source import calls, modules

WITHOUT_PERMISSION = {
    "people.redeem_token": "the token is the permission",
    "people.sign_in": "nobody is signed in yet",
}
"""Acts that need no named permission, each with its reason."""
REFUSED_WITHOUT_A_ROLE = {"person:self"}
"""Named in a refusal, granted to nobody: one's own password."""


def acts() -> Iterator[tuple[str, FunctionType]]:
    """Every public function of a service that writes: `module.name`, in the order of the house."""
    for module in pkgutil.iter_modules(registry.services.__path__):
        loaded = import_module(f"registry.services.{module.name}")
        for name, thing in inspect.getmembers(loaded, inspect.isfunction):
            if (
                thing.__module__ == loaded.__name__
                and not name.startswith("_")
                and "atomic(" in inspect.getsource(thing)
            ):
                yield f"{module.name}.{name}", thing


ACTS = dict(acts())


def test_there_are_acts() -> None:
    assert len(ACTS) > 15


def test_each_act_takes_who_and_when() -> None:
    for name, act in ACTS.items():
        parameters = inspect.signature(act).parameters
        assert "session" in parameters, name
        assert "actor" in parameters or name in WITHOUT_PERMISSION, name
        assert parameters["at"].kind is inspect.Parameter.KEYWORD_ONLY, name


def reaching(*names: str) -> set[str]:
    """Names of functions of services that call one of these, themselves or through other functions of services."""
    functions = [
        node for _, tree in modules("registry/services") for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
    ]
    found = set(names)
    while more := {
        function.name for function in functions if function.name not in found and any(calls(function, *found))
    }:
        found |= more
    return found


def test_each_act_asks_who_may() -> None:
    asking = reaching("require", "allowed", "NotPermitted")
    assert {name for name in ACTS if name.partition(".")[2] not in asking} == set(WITHOUT_PERMISSION)


def test_each_act_writes_its_entry() -> None:
    recording = reaching("record")
    silent = {name for name in ACTS if name.partition(".")[2] not in recording}
    assert silent == {"people.sign_in"}  # who came is no act of the history


def required() -> set[str]:
    """Permissions that services and queries ask for, written out at the call or handed to a `require` of the house."""
    asked: set[str] = set()
    for _, tree in modules("registry/services", "registry/queries", "registry/ledger", "registry/documents"):
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z]+:[a-z-]+", node.value)
            ):
                asked.add(node.value)
    return asked


def test_every_permission_is_required_somewhere_and_every_required_one_declared() -> None:
    assert required() - REFUSED_WITHOUT_A_ROLE == PERMISSIONS


def test_every_role_holds_only_what_the_register_knows() -> None:
    for role, granted in ROLE_GRANTS.items():
        assert granted <= REGISTER, role


def test_services_read_no_clock_and_no_request() -> None:
    for path, tree in modules("registry/services", "registry/queries", "registry/domain", "workflows"):
        assert not list(calls(tree, "now", "utcnow", "today", "monotonic", "getenv")), path
        imported = {
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not imported & {"flask", "os", "time"}, path


def test_one_line_of_the_house_assigns_a_state() -> None:
    assigned = [
        f"{path}: {ast.unparse(node)}"
        for path, tree in modules("registry")
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr == "state"
    ]
    assert assigned == ["registry/services/steps.py: subject.state = state"]


def test_only_services_record() -> None:
    """A door may join several acts in one `atomic`; what they say in the history is theirs alone."""
    recording = {
        path
        for path, tree in modules("registry")
        for call in calls(tree, "record")
        if "act" in {word.arg for word in call.keywords}
    }
    assert {path for path in recording if not path.startswith(("registry/services/", "registry/ledger/"))} == set()
