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
from tests.workflows.guards import VOCABULARY
from workflows import SHIPPED, Definition, load
from workflows.check import examine
from workflows.definition import AtLeast, Consent, Duration, Ratio
from workflows.finding import REMEDIES
from workflows.strict_yaml import read

SCHEMA = json.loads((Path(workflows.__file__).parent / "definition.schema.json").read_text("utf-8"))
FILES = [*sorted(SHIPPED.rglob("*.yaml")), FULL]


def shaped(text: bytes) -> Definition:
    """The definition in a text, whatever its names refer to."""
    definition, _ = examine(text, VOCABULARY)
    assert definition is not None
    return definition


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
    assert full.parties.at_least == 2
    achieved = full.states["achieved"].deadline
    assert achieved is not None
    assert (achieved.after, achieved.by, [each.written for each in achieved.remind]) == (None, "due", ["P1M"])
    assert full.transition("begin").asks == ("grade",)
    assert [each.id for each in full.fields.values() if each.required] == ["due"]
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
    definition, again = shaped(path.read_bytes()), shaped(shaped(path.read_bytes()).canonical())
    assert again == definition
    assert hash(again) == hash(definition)
    assert again.canonical() == definition.canonical()
    assert definition.sha256 == hashlib.sha256(definition.canonical()).hexdigest()
    assert definition != "something else"


def test_writing_a_default_out_changes_nothing_and_writing_another_value_does(item: Definition) -> None:
    text = (SHIPPED / "earlier" / "item-1.yaml").read_text("utf-8")
    written_out = text.replace("kind: forward\n", "kind: forward\n    two_person: false\n    effects: []\n", 1)
    written_out = written_out.replace("- id: list\n", "- id: list\n    trigger: list\n", 1)
    assert written_out != text
    assert load(written_out, VOCABULARY).sha256 == item.sha256
    for old, new in (("version: 1", "version: 2"), ("kind: forward\n", "kind: forward\n    two_person: true\n")):
        assert load(text.replace(old, new, 1), VOCABULARY).sha256 != item.sha256


def test_the_published_schema_is_a_schema_and_accepts_the_files() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for path in FILES:
        validator.validate(read(path.read_bytes()).data)
        validator.validate(json.loads(shaped(path.read_bytes()).canonical()))


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
EVERY = 6 if EXAMPLES <= 40 else 1  # in a short run each change takes its sixth of the parts
ACROSS = {REMEDIES[sort][1] for sort in ("suspend-form", "resume-form")}
"""What no schema can say: it looks from a step at a state."""


def _refused(data: Any) -> bool:
    """Whether the loader finds fault with the shape, or with keys that do not go together."""
    definition, findings = examine(json.dumps(data), VOCABULARY)
    return definition is None or any(each.code == "E1" and each.remedy_en not in ACROSS for each in findings)


@pytest.mark.parametrize(("turn", "name"), list(enumerate(CHANGES)))
def test_the_schema_and_the_loader_refuse_the_same_shapes(turn: int, name: str) -> None:
    """Every single part of the full definition, changed in turn: the two agree on whether its shape is sound."""
    data = json.loads(json.dumps(read(FULL.read_bytes()).data))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    refused = 0
    for path in _paths(data)[1 + turn % EVERY :: EVERY]:
        changed = _changed(data, path, CHANGES[name])
        unfit = not validator.is_valid(changed)
        assert _refused(changed) == unfit, path
        refused += unfit
    assert refused > 50 / EVERY


BEGIN, ENTER = ("transitions", 1), ("transitions", 11)
BY = ("states", "achieved", "deadline")
ITEM = {("subject",): "item", ("fields",): None, BY: None, (*BEGIN, "asks"): None}
"""The same as an item. None: the key is left out."""
AS_A_SYSTEM_STEP = {(*BEGIN, "kind"): "system", (*BEGIN, "asks"): None}


@pytest.mark.parametrize(
    ("sound", "edits"),
    [
        (True, ITEM),
        (True, ITEM | {("fields",): {}, (*BEGIN, "asks"): []}),
        (False, ITEM | {("fields",): {"due": {"type": "date", "class": "open", "title": {"zh": "期"}}}}),
        (False, ITEM | {(*BEGIN, "asks"): ["due"]}),
        (False, ITEM | {BY: {"by": "due"}}),
        (True, {BY: {"after": "P3D"}}),
        (False, {BY: {"after": "P3D", "by": "due"}}),
        (False, {BY: {"remind": ["P3D"]}}),
        (False, {("fields", "grade", "choices"): None}),
        (False, {("fields", "due", "choices"): ["A"]}),
        (False, {("parties", "at_least"): None}),
        (True, {(*ENTER, "asks"): [], (*ENTER, "guards"): [], (*ENTER, "evidence"): [], (*ENTER, "when"): {}}),
        *(
            (False, {(*ENTER, key): value})
            for key, value in {
                "asks": ["grade"],
                "basis": None,
                "consent": {"voters": "each_party", "method": "all"},
                "evidence": [{"type": "basis"}],
                "from": ["intent"],
                "guards": [{"use": "text_settled"}],
                "limit": 1,
                "when": {"route": "x"},
            }.items()
        ),
        (True, {(*BEGIN, "to"): ["in_progress"]}),
        (False, {(*BEGIN, "to"): ["in_progress", "achieved"]}),
        (False, {(*BEGIN, "from"): None}),
        (False, {(*BEGIN, "actor"): None}),
        (False, AS_A_SYSTEM_STEP),
        (True, AS_A_SYSTEM_STEP | {(*BEGIN, "actor"): None}),
    ],
)
def test_the_schema_and_the_loader_know_which_keys_go_together(sound: bool, edits: dict[tuple[Any, ...], Any]) -> None:
    data = json.loads(json.dumps(read(FULL.read_bytes()).data))
    for path, value in edits.items():
        change = _replaced_by(value) if value is not None else lambda holder, step: holder.pop(step)
        data = _changed(data, path, change)
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(data) == (not _refused(data)) == sound
