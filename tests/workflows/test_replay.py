"""The state is the fold of the step rows, and no other rows pass."""

from dataclasses import dataclass, replace

import pytest

from tests.workflows.guards import GUARDS
from tests.workflows.test_engine import READY
from workflows import Definition, Facts
from workflows.engine import Decision, enter, simulate
from workflows.replay import BrokenHistory, Place, Step, replay


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
