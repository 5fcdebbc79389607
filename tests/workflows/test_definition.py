"""The format: every key read, frozen, in one canonical form whose hash is the identity."""

import copy
import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # no stubs in the lock
import pytest

import workflows
from tests.conftest import EXAMPLES
from tests.workflows.conftest import FULL
from tests.workflows.guards import EFFECTS, GUARDS
from workflows import SHIPPED, Definition, load
from workflows.check import examine
from workflows.definition import AtLeast, Consent, Duration, Ratio
from workflows.strict_yaml import read

SCHEMA = json.loads((Path(workflows.__file__).parent / "definition.schema.json").read_text("utf-8"))
FILES = [SHIPPED / "agreement.yaml", SHIPPED / "item.yaml", FULL]


def test_every_key_of_the_format_is_carried(full: Definition) -> None:
    listed = full.states["listed"]
    assert listed.deadline is not None
    assert listed.deadline.after == Duration("P60WD", 60, "WD")
    assert [each.written for each in listed.deadline.remind] == ["P10WD", "P3WD"]
    assert [(each.after.written, each.to) for each in listed.deadline.escalate] == [("P0D", "secretariat")]
    assert full.states["long_term_mechanism"].review_every == Duration("P1Y", 1, "Y")
    step = full.transition("institutionalise")
    assert [(each.use, dict(each.params)) for each in step.guards] == [
        ("mechanism_recorded", {}),
        ("targets_met", {"at_least": 1}),
    ]
    assert [(each.key, each.min) for each in step.evidence] == [("mechanism/lead_party", 1), ("basis", 2)]
    assert isinstance(step.consent, Consent)
    assert (step.consent.voters, step.consent.method, step.consent.veto) == ("each_party", "all", ("lead_party",))
    assert step.consent.on_request_change is not None
    assert step.consent.on_request_change.invalidate == ("institutionalise",)
    assert step.consent.silence is not None
    assert step.consent.silence.after.count == 15
    assert step.effects == ("notify_parties",)
    assert step.source is not None
    assert step.source.place == "三(一)"
    methods = [full.transition(name).consent for name in ("return", "suspend")]
    assert [each.method for each in methods if each] == [Ratio("2/3"), AtLeast(2)]
    assert full.fields["grade"].log_class == "sealed"
    assert full.fields["grade"].choices == ("A", "B", "C")
    assert full.migrate is not None
    assert dict(full.migrate.states) == {"negotiating": "listed"}
    assert full.calendar == "cn-workdays"
    assert full.transition("begin").trigger == "begin"


def test_roles_and_needs_follow_the_kind(full: Definition) -> None:
    assert full.transition("lapse").roles == ("system",)
    assert full.transition("list").roles == ("lead_officer",)
    needs = {each.id: (each.needs_basis, each.needs_reason) for each in full.transitions}
    assert needs["merge"] == (True, True)
    assert needs["return"] == (False, True)
    assert needs["begin"] == (False, False)
    assert needs["enter"] == (True, False)


def test_a_definition_is_frozen(item: Definition) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.version = 2  # type: ignore[misc]  # this is what is tested
    with pytest.raises(TypeError):
        item.states["intent"] = item.states["listed"]  # type: ignore[index]  # this is what is tested
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.states["intent"].final = True  # type: ignore[misc]  # this is what is tested


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.stem))
def test_the_canonical_form_reads_back_as_the_same_definition(path: Path) -> None:
    definition = load(path.read_bytes(), GUARDS, EFFECTS)
    again = load(definition.canonical(), GUARDS, EFFECTS)
    assert again == definition
    assert hash(again) == hash(definition)
    assert again.canonical() == definition.canonical()
    assert definition.sha256 == hashlib.sha256(definition.canonical()).hexdigest()
    assert definition != "something else"


def test_writing_a_default_out_changes_nothing_and_writing_another_value_does(item: Definition) -> None:
    text = (SHIPPED / "item.yaml").read_text("utf-8")
    written_out = text.replace("kind: forward\n", "kind: forward\n    two_person: false\n    effects: []\n", 1)
    written_out = written_out.replace("- id: list\n", "- id: list\n    trigger: list\n", 1)
    assert written_out != text
    assert load(written_out, GUARDS, EFFECTS).sha256 == item.sha256
    for old, new in (("version: 1", "version: 2"), ("kind: forward\n", "kind: forward\n    two_person: true\n")):
        assert load(text.replace(old, new, 1), GUARDS, EFFECTS).sha256 != item.sha256


def test_the_identity_of_the_shipped_versions_never_changes(agreement: Definition, item: Definition) -> None:
    """A published version is immutable. A change of the procedure is a new version with a hash of its own."""
    assert (agreement.version, item.version) == (1, 1)
    assert agreement.sha256 == "c01ed6076507eeb9f899c8f44f24929d74152c2afc1a7dda6f2e158d2e6a73c7"
    assert item.sha256 == "aafbcda988fbf48a6e79ae83688097c45a0ff54723e2b38f05ba76471bfe1ec1"


def test_the_published_schema_is_a_schema_and_accepts_the_files() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for path in FILES:
        jsonschema.validate(read(path.read_bytes()).data, SCHEMA)
        jsonschema.validate(json.loads(load(path.read_bytes(), GUARDS, EFFECTS).canonical()), SCHEMA)


def _paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(deeper for name, part in parts for deeper in _paths(part, (*path, name)))]


def _changed(data: Any, path: tuple[Any, ...], change: Any) -> Any:
    copied = copy.deepcopy(data)
    holder = copied
    for step in path[:-1]:
        holder = holder[step]
    change(holder, path[-1])
    return copied


def _replaced_by(value: object) -> Any:
    return lambda holder, step: holder.__setitem__(step, value)


def _with_an_unknown_key(holder: Any, step: Any) -> None:
    if isinstance(holder[step], dict):
        holder[step]["surplus-key"] = 1


CHANGES = {
    "zero": _replaced_by(0),
    "words": _replaced_by("Ä b"),
    "true": _replaced_by(True),
    "list": _replaced_by([]),
    "mapping": _replaced_by({}),
    "twice": _replaced_by([1, 1]),
    "unknown": _with_an_unknown_key,
    "left out": lambda holder, step: holder.pop(step),
}
EVERY = 3 if EXAMPLES <= 40 else 1  # in a short run each change takes its third of the parts


@pytest.mark.parametrize(("turn", "name"), list(enumerate(CHANGES)))
def test_the_schema_and_the_loader_refuse_the_same_shapes(turn: int, name: str) -> None:
    """Every single part of the full definition, changed in turn: the two agree on whether its shape is sound."""
    data = json.loads(json.dumps(read(FULL.read_bytes()).data))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    refused = 0
    for path in _paths(data)[1 + turn % EVERY :: EVERY]:
        changed = _changed(data, path, CHANGES[name])
        definition, findings = examine(json.dumps(changed), GUARDS, EFFECTS)
        assert (definition is None) == (not validator.is_valid(changed)), (path, findings)
        refused += definition is None
    assert refused > 50 / EVERY
