"""The state is the fold of the step rows, and no other rows pass."""

from dataclasses import dataclass, replace

import pytest

from tests.workflows.guards import GUARDS, VOCABULARY
from tests.workflows.test_engine import READY
from workflows import Definition, Facts, load
from workflows.engine import Decision, enter, simulate
from workflows.replay import MIGRATE, BrokenHistory, Place, Step, Unplaced, placed, replay


@dataclass(frozen=True)
class StepRow:
    """A step as a table would hold it."""

    definition_id: str
    definition_version: int
    transition_id: str
    kind: str
    from_state: str | None
    to_state: str


def row(decision: Decision) -> StepRow:
    return StepRow(
        decision.definition_id,
        decision.definition_version,
        decision.transition_id,
        decision.kind,
        decision.from_state,
        decision.to_state,
    )


@pytest.fixture
def rows(item: Definition) -> list[StepRow]:
    first = enter(item, "listed", Facts(frozenset({"secretariat"}), basis=True))
    script = [(trigger, READY) for trigger in ("begin", "suspend", "resume", "achieve", "reopen", "suspend")]
    return [row(first), *map(row, simulate(item, GUARDS, Place("listed"), script).steps)]


def test_without_a_step_a_subject_stands_at_its_beginning(item: Definition) -> None:
    assert replay(item, []) == Place("intent")


def test_the_place_is_the_fold(item: Definition, rows: list[StepRow]) -> None:
    assert replay(item, rows) == Place(
        "suspended",
        "in_progress",
        {"enter": 1, "begin": 1, "suspend": 2, "resume": 1, "achieve": 1, "reopen": 1},
    )
    assert replay(item, rows[:4]).before_suspension is None


@pytest.mark.parametrize(
    ("index", "change", "why"),
    [
        (0, {"to_state": "suspended"}, "enter cannot be taken here"),
        (0, {"from_state": "intent"}, "enter cannot be taken here"),
        (1, {"definition_version": 2}, "made by cooperation-item/2"),
        (1, {"definition_id": "other"}, "made by other/1"),
        (1, {"transition_id": "skip"}, "no transition skip"),
        (1, {"kind": "reopen"}, "begin is of kind forward"),
        (1, {"from_state": "intent"}, "cannot leave intent"),
        (1, {"to_state": "achieved"}, "leads to in_progress, not to achieved"),
        (2, {"from_state": "listed"}, "the subject stands in in_progress"),
        (3, {"to_state": "listed"}, "resume leads to in_progress"),
        (4, {"transition_id": "institutionalise"}, "institutionalise cannot leave in_progress"),
    ],
)
def test_a_changed_row_breaks_the_history(
    item: Definition, rows: list[StepRow], index: int, change: dict[str, str], why: str
) -> None:
    rows[index] = replace(rows[index], **change)  # type: ignore[arg-type]  # one of its fields
    with pytest.raises(BrokenHistory) as broken:
        replay(item, rows)
    assert broken.value.index == index
    assert why in broken.value.why


def test_rows_left_out_doubled_or_out_of_order_break_it(item: Definition, rows: list[StepRow]) -> None:
    for broken in (rows[1:], rows[:2] + rows[3:], [rows[0], *rows], [rows[0], rows[2], rows[1]]):
        steps: list[Step] = list(broken)
        with pytest.raises(BrokenHistory):
            replay(item, steps)


# ---- moved to a newer version --------------------------------------------------------------------------------------

NEWER = """
schema: workflow/1
id: cooperation-item
version: 2
title: {zh: 合作事项, en: Cooperation item}
subject: item
initial: intent
roles: {lead_officer: {of: lead_party}}
states:
  intent: {title: {zh: 意向}, stage: intent}
  queued: {title: {zh: 在册}, stage: intent}
  in_progress: {title: {zh: 推进中}, stage: in_progress, goal: true}
  on_hold: {title: {zh: 暂缓}, stage: as_before}
  terminated: {title: {zh: 终止}, stage: ended, final: true}
transitions:
  - {id: list, title: {zh: 纳入}, from: [intent], to: queued, kind: forward, actor: {roles: [lead_officer]}}
  - {id: begin, title: {zh: 启动}, from: [queued], to: in_progress, kind: forward, actor: {roles: [lead_officer]}}
  - {id: pause, title: {zh: 暂缓}, from: [queued, in_progress], to: on_hold, kind: suspend, actor: {roles: [lead_officer]}}
  - {id: resume, title: {zh: 恢复}, from: [on_hold], to: before_suspension, kind: resume, actor: {roles: [lead_officer]}}
  - {id: terminate, title: {zh: 终止}, from: [queued, in_progress], to: terminated, kind: terminate, actor: {roles: [lead_officer]}}
migrate: {from_version: 1, states: {listed: queued, suspended: on_hold, achieved: in_progress}}
"""


@pytest.fixture
def newer() -> Definition:
    return load(NEWER, VOCABULARY)


def migrated(from_state: str, to_state: str, version: int = 2) -> StepRow:
    return StepRow("cooperation-item", version, "migrate", MIGRATE, from_state, to_state)


def test_a_subject_keeps_its_place_in_the_next_version(newer: Definition) -> None:
    assert placed(newer, Place("listed", None, {"list": 1})) == Place("queued", None, {"list": 1})
    assert placed(newer, Place("in_progress")) == Place("in_progress")
    assert placed(newer, Place("suspended", "achieved")) == Place("on_hold", "in_progress")


@pytest.mark.parametrize(
    ("place", "state"),
    [
        (Place("long_term_mechanism"), "long_term_mechanism"),
        (Place("suspended", "long_term_mechanism"), "long_term_mechanism"),
        (
            Place("suspended", "intent"),
            "suspended",
        ),  # this version suspends nothing from intent: nothing could go back there
        (Place("suspended"), "suspended"),
    ],
)
def test_a_subject_without_a_place_is_named(newer: Definition, place: Place, state: str) -> None:
    with pytest.raises(Unplaced) as unplaced:
        placed(newer, place)
    assert unplaced.value.state == state


def test_the_fold_goes_on_across_a_migration(item: Definition, newer: Definition, rows: list[StepRow]) -> None:
    """Suspended in version 1 from in_progress, moved, resumed in version 2."""
    moved_on = [*rows, migrated("suspended", "on_hold")]
    assert replay(newer, moved_on, {1: item}) == Place("on_hold", "in_progress", replay(item, rows).steps_taken)
    resumed = StepRow("cooperation-item", 2, "resume", "resume", "on_hold", "in_progress")
    assert replay(newer, [*moved_on, resumed], {1: item}).state == "in_progress"
    assert replay(newer, [migrated("intent", "intent")], {1: item}) == Place("intent")


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (migrated("suspended", "queued"), "leads to on_hold, not to queued"),
        (migrated("listed", "on_hold"), "leaves suspended, not listed"),
        (migrated("suspended", "on_hold", 3), "no move from cooperation-item/1 to version 3"),
        (StepRow("cooperation-item", 2, "resume", "resume", "suspended", "in_progress"), "made by cooperation-item/2"),
    ],
)
def test_a_forged_migration_is_named(
    item: Definition, newer: Definition, rows: list[StepRow], last: StepRow, why: str
) -> None:
    with pytest.raises(BrokenHistory) as broken:
        replay(newer, [*rows, last], {1: item})
    assert (broken.value.index, broken.value.why) == (len(rows), why)


def test_a_subject_that_was_never_moved_does_not_stand_in_the_newer_version(
    item: Definition, newer: Definition, rows: list[StepRow]
) -> None:
    with pytest.raises(BrokenHistory, match="ends in cooperation-item/1"):
        replay(newer, rows, {1: item})
    gone = load(NEWER.replace(", achieved: in_progress", ""), VOCABULARY)
    achieved = StepRow("cooperation-item", 1, "achieve", "forward", "in_progress", "achieved")
    with pytest.raises(BrokenHistory, match="has no place for achieved"):
        replay(gone, [*rows[:4], achieved, migrated("achieved", "in_progress")], {1: item})
