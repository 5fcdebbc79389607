"""The nine traps of `transitions` 0.9.3. Each test shows the trap in the library itself and that the engine is out of it."""

import logging
import threading
from dataclasses import replace
from typing import Any, cast

import pytest
from transitions import Machine

from tests.workflows.bad_definitions import BASE, GO
from tests.workflows.guards import EFFECTS, GUARDS, VOCABULARY
from tests.workflows.test_engine import READY
from workflows import Answer, Definition, DefinitionError, Facts, GuardSet, Vocabulary, check, guard, load
from workflows.engine import NotPossible, _machine, decide, explain, possible


class Row:
    """A stored row, as an ORM would hand it over."""

    def __init__(self, state: str) -> None:
        self.state = state


def test_1_no_row_is_ever_made_a_model(item: Definition, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row("signed")
    Machine(model=None, states=["planned", "signed"], initial="planned").add_model(row)
    assert row.state == "planned"

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("add_model")

    monkeypatch.setattr(Machine, "add_model", refuse)
    assert decide(item, GUARDS, "listed", "begin", READY).to_state == "in_progress"
    machine = _machine(item, GUARDS)
    assert machine.models == []
    assert machine.initial is None


def test_2_no_trigger_walks_past_the_guards(item: Definition) -> None:
    machine = _machine(item, GUARDS)
    assert not [name for name in machine.events if name.startswith("to_")]
    assert set(machine.events) == {each.trigger for each in item.transitions if each.kind != "entry"}
    for state in item.states:
        for target in item.states:
            with pytest.raises(NotPossible):
                decide(item, GUARDS, state, f"to_{target}", READY)


def test_3_a_string_of_a_definition_is_never_called(item: Definition) -> None:
    called: list[str] = []

    @guard()
    def text_settled(facts: Facts) -> Answer:
        called.append("guard")
        return True

    for name in ("os.system", "subprocess.run", "tests.workflows.test_traps.Row", "text_settled()"):
        for place in (f"guards: [{{use: {name}}}]", f"effects: [{name}]", f"trigger: {name}"):
            text = BASE.replace(GO, GO.replace("}}\n", f"}}, {place}}}\n"))
            with pytest.raises(DefinitionError):
                load(text, Vocabulary(GuardSet(text_settled), EFFECTS))
    assert called == []
    for event in _machine(item, GUARDS).events.values():
        for arrows in event.transitions.values():
            for arrow in arrows:
                assert not (arrow.before)
                assert not (arrow.after)
                assert not (arrow.prepare)
                assert not [each for each in arrow.conditions if isinstance(each.func, str)]


@pytest.mark.parametrize("answer", [2, "yes", None, 1.0, object()])
def test_4_an_unclear_answer_is_loud_on_both_paths(answer: object) -> None:
    machine = Machine(model=None, states=["a", "b"], initial="a", auto_transitions=False)
    machine.add_transition("go", "a", "b", conditions=[cast(Any, lambda: answer)])
    if answer != 1.0:
        assert machine.events["go"].trigger(Row("a")) is False

    @guard()
    def text_settled(facts: Facts) -> Any:
        return answer

    guards = GuardSet(text_settled)
    definition = load(
        BASE.replace(GO, GO.replace("}}\n", "}, guards: [{use: text_settled}]}\n")), Vocabulary(guards, EFFECTS)
    )
    for act in (decide, explain):
        with pytest.raises(TypeError, match="text_settled answered"):
            act(definition, guards, "a", "go", Facts(frozenset({"officer"})))


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_5_no_error_is_swallowed_and_no_callback_is_set(error: type[BaseException], item: Definition) -> None:
    machine = _machine(item, GUARDS)
    callbacks = (
        machine.prepare_event,
        machine.before_state_change,
        machine.after_state_change,
        machine.finalize_event,
        machine.on_exception,
        machine.on_final,
    )
    assert not any(callbacks)
    assert not [state for state in machine.states.values() if state.on_enter or state.on_exit]

    @guard()
    def text_settled(facts: Facts) -> Answer:
        raise error("in the guard")

    guards = GuardSet(text_settled)
    definition = load(
        BASE.replace(GO, GO.replace("}}\n", "}, guards: [{use: text_settled}]}\n")), Vocabulary(guards, EFFECTS)
    )
    with pytest.raises(error):
        decide(definition, guards, "a", "go", Facts(frozenset({"officer"})))


def test_6_a_step_is_decided_in_its_own_thread() -> None:
    """While one request waits inside a guard, another one is decided, in its own thread and at once."""
    inside, go_on = threading.Event(), threading.Event()
    seen: dict[str, str] = {}

    @guard(route="text")
    def text_settled(facts: Facts) -> Answer:
        name = facts.text("route")
        seen[name] = threading.current_thread().name
        if name == "first":
            inside.set()
            assert go_on.wait(20)
        return True

    guards = GuardSet(text_settled)
    definition = load(
        BASE.replace(GO, GO.replace("}}\n", "}, guards: [{use: text_settled}]}\n")), Vocabulary(guards, EFFECTS)
    )
    assert not _machine(definition, guards).has_queue

    def ask(name: str) -> None:
        facts = Facts(frozenset({"officer"}), {"route": name})
        assert decide(definition, guards, "a", "go", facts).to_state == "b"
        seen[f"{name} done"] = "yes"

    first = threading.Thread(target=ask, args=("first",), name="first thread")
    second = threading.Thread(target=ask, args=("second",), name="second thread")
    first.start()
    assert inside.wait(20)
    second.start()
    second.join(20)
    assert seen == {"first": "first thread", "second": "second thread", "second done": "yes"}
    go_on.set()
    first.join(20)
    assert seen["first done"] == "yes"


def test_7_a_bad_graph_cannot_be_built() -> None:
    lazy = Machine(model=None, states=["a", "unreachable"], initial="a", auto_transitions=False)
    lazy.add_transition("go", "a", "nowhere")
    lazy.add_transition("go", "a", "unreachable")
    for change in (
        ("to: b", "to: nowhere"),
        ("  b: {", "  c: {title: {zh: 丙}, stage: ended, final: true}\n  b: {"),
        ("id: stop, title: {zh: 完, en: Stop}, from: [b]", "id: stop, trigger: go, title: {zh: 完}, from: [b, a]"),
    ):
        assert [each.code for each in check(BASE.replace(*change, 1), VOCABULARY) if each.refuses] in (
            ["E2"],
            ["E3"],
            ["E7"],
        )


def test_8_a_state_is_one_word_and_consent_is_counted_elsewhere(full: Definition) -> None:
    machine = _machine(full, GUARDS)
    assert type(machine) is Machine
    assert set(machine.states) == set(full.states)


def test_9_steps_are_quiet_when_the_root_logger_is_at_info(item: Definition) -> None:
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler, root = Keep(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        decide(item, GUARDS, "intent", "list", READY)
        possible(item, GUARDS, "intent", READY)
        assert not logging.getLogger("transitions.core").isEnabledFor(logging.INFO)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert records == []


def test_reading_leaves_the_shared_machine_as_it_is(item: Definition) -> None:
    """Its tables are defaultdicts: reading one with [] adds the state, and a wrong state would no longer be told."""
    machine = _machine(item, GUARDS)
    before = {name: dict(event.transitions) for name, event in machine.events.items()}
    for state in item.states:
        possible(item, GUARDS, state, READY)
        for trigger in machine.events:
            explain(item, GUARDS, state, trigger, READY)
            try:
                decide(item, GUARDS, state, trigger, replace(READY, before_suspension="intent"))
            except NotPossible:
                continue
    assert {name: dict(event.transitions) for name, event in machine.events.items()} == before
    assert _machine(item, GUARDS) is machine
    assert _machine(load(item.canonical(), VOCABULARY), GUARDS) is machine


def test_a_trigger_may_be_called_state() -> None:
    """`transitions` refuses a trigger that is called like its model attribute, by default `state`."""
    text = BASE.replace("id: go", "id: state")
    facts = Facts(frozenset({"officer"}))
    assert decide(load(text, VOCABULARY), GUARDS, "a", "state", facts).to_state == "b"
