"""Lamps as SQL: the same colour and reason as the rules give in Python, for generated items, under every shipped policy."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import hypothesis
import hypothesis.strategies as st
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.lamps import GRADES, Seen, canonical, lamp, read_policy, shipped
from registry.domain.schedule import order, short
from registry.ledger import atomic
from registry.models import Agreement, Deadline, Item, LampOverride, LampPolicy, Observation, Step, Target
from registry.models.items import LAMPS
from registry.permissions import the_register
from registry.queries.lamps import lamps, seen_of, told
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, Clock, procedure
from tests.queries.world import TODAY, a_document

IMPORT = the_register("import")
DAYS_OFF = st.sampled_from(
    (-400, -366, -365, -364, -93, -92, -91, -90, -89, -31, -30, -29, -2, -1, 0, 1, 6, 7, 8, 13, 14, 15, 40)
)
"""Days from the day of the page, about every border of the shipped rules."""
AS_OF = st.sampled_from(
    (
        ("2025-03-01", "day"), ("2025-03-02", "day"), ("2025-03-03", "day"), ("2025-02", "month"), ("2025-03", "month"),
        ("2025-Q1", "quarter"), ("2024-Q4", "quarter"), ("2024", "year"), ("2025", "year"), ("2025", "year_end"),
        ("2026", "before_year"), ("2025-02-28", "by_month_end"), ("2025-03-02T10:00:00", "second"), (None, "unknown"),
    )
)  # fmt: skip
SHARES = st.none() | st.sampled_from((0, 1, 4165, 4166, 4167, 5332, 5333, 5334, 7332, 7333, 7334, 8333, 10_000, 12_000))
DUE = st.none() | st.sampled_from((0, 1, 8333, 10_000))


@dataclass(frozen=True)
class Made:
    """One observation of a generated item. target: 0 or 1."""

    target: int
    as_of: tuple[str, str]
    share: int | None
    due: int | None
    annulled: bool


@dataclass(frozen=True)
class Case:
    """One generated item. due, decided: in days from the day of the page."""

    grade: str
    as_of: tuple[str | None, str]
    observed: Sequence[Made]
    limits: Sequence[tuple[int, bool]]
    decided: tuple[str, int, int | None] | None
    over: bool


OBSERVED = st.builds(
    Made, st.integers(0, 1), st.sampled_from([("2025-06-30", "day"), ("2025-06", "month"), ("2025-Q2", "quarter"), ("2025", "year")]),
    SHARES, DUE, st.booleans(),
)  # fmt: skip
CASES = st.builds(
    Case, st.sampled_from((*GRADES, "not_reported")), AS_OF, st.lists(OBSERVED, max_size=4),
    st.lists(st.tuples(DAYS_OFF, st.booleans()), max_size=2),
    st.none() | st.none() | st.tuples(st.sampled_from(LAMPS), st.sampled_from((-3, -1, 0)), st.sampled_from((None, -4, -1, 0, 2))),
    st.sampled_from((False, False, False, True)),
)  # fmt: skip


def moved(by: int) -> str:
    return (TODAY + timedelta(days=by)).isoformat()


def seen(case: Case, today: date) -> Seen:
    """What decides the lamp of a case on a day, worked out without SQL."""
    standing = [(place, one) for place, one in enumerate(case.observed) if not one.annulled]
    last = {}
    for _, one in sorted(standing, key=lambda each: (order(PartialDate.of(*each[1].as_of)), each[0])):
        last[one.target] = one
    compared = [(one.share, one.due) for one in last.values() if one.share is not None and one.due is not None]
    running = [due for due, stopped in case.limits if not stopped]
    since, until = case.decided[1:] if case.decided else (None, None)
    decided = (
        since is not None and moved(since) <= today.isoformat() and (until is None or today.isoformat() <= moved(until))
    )
    return Seen(
        case.over, case.grade, PartialDate.of(*case.as_of).last_day(), bool(standing),
        max((due - share for share, due in compared), default=None), max((short(*pair) for pair in compared), default=None),
        TODAY + timedelta(days=min(running)) if running else None, case.decided[0] if case.decided and decided else None,
    )  # fmt: skip


def add(session: Session, at: datetime, agreement: Agreement, basis_id: int, number: int, case: Case) -> int:
    item = Item(
        number=f"{agreement.number}-{number:03}", title_zh=f"示例事项{number}", agreement_id=agreement.id, position=number,
        state="terminated" if case.over else "in_progress", stage="ended" if case.over else "in_progress",
        procedure_id=procedure(session, "cooperation-item"), grade=case.grade, graded_as_of=case.as_of[0],
        graded_precision=case.as_of[1], backfilled=False, revision=1, sample=False,
    )  # fmt: skip
    session.add(item)
    session.flush()
    session.add(
        Step(subject_kind="item", subject_id=item.id, position=1, procedure_id=item.procedure_id, transition="enter", kind="entry",
             from_state=None, to_state=item.state, recorded_at=at)
    )  # fmt: skip
    targets = [
        Target(
            item_id=item.id,
            position=place,
            metric_zh="产量",
            comparator=">=",
            number="100",
            period="by_year",
            year=2025,
        )
        for place in (1, 2)
    ]
    session.add_all(targets)
    session.flush()
    for one in case.observed:
        session.add(
            Observation(item_id=item.id, target_id=targets[one.target].id, as_of=one.as_of[0], as_of_precision=one.as_of[1], number="1",
                        share=one.share, scheduled=one.due, recorded_at=at, annulled_at=at if one.annulled else None)
        )  # fmt: skip
        session.flush()
    for due, stopped in case.limits:
        session.add(
            Deadline(subject_kind="item", subject_id=item.id, purpose="stay", state=item.state, begun_on="2024-01-01", due_on=moved(due),
                     provisional=False, stopped_on="2024-02-01" if stopped else None)
        )  # fmt: skip
    if case.decided:
        colour, since, until = case.decided
        session.add(
            LampOverride(item_id=item.id, colour=colour, since=moved(since), until=None if until is None else moved(until),
                         basis_id=basis_id, recorded_at=at)
        )  # fmt: skip
    return item.id


def rules(session: Session, at: datetime, chosen: dict[date, str]) -> None:
    """The rules that hold from each of these days on."""
    with atomic(session) as book:
        for day, slug in chosen.items():
            session.add(LampPolicy(slug=slug, since=day.isoformat(), rules=canonical(shipped()[slug])))
        session.flush()
        book.record(act="lamp.choose", actor=IMPORT, subject=("lamp_policy", 1), at=at)


def test_sql_says_what_the_rules_say(session: Session, cast: Cast, agreement: Agreement, clock: Clock) -> None:
    basis_id = a_document(session, cast, clock.at, "doc-2026-09", "public", issuer=cast.wuhai).id
    numbers = itertools.count(1)
    said: Counter[str] = Counter()
    days = {slug: TODAY + timedelta(days=place) for place, slug in enumerate(shipped())}
    rules(session, clock.at, {day: slug for slug, day in days.items()})

    @hypothesis.settings(max_examples=6, database=None, phases=(hypothesis.Phase.generate,))
    @hypothesis.given(st.lists(CASES, min_size=16, max_size=24))
    def agree(cases: list[Case]) -> None:
        with atomic(session) as book:
            made = {add(session, clock.at, agreement, basis_id, next(numbers), case): case for case in cases}
            book.record(act="bundle.import", actor=IMPORT, subject=("agreement", agreement.id), at=clock.at)
        for slug, today in days.items():
            policy, snapshot = read_policy(shipped()[slug]), Snapshot(session, None, today)
            expected = {identity: lamp(policy, seen(case, today), today) for identity, case in made.items()}
            columns, item = lamps(snapshot), snapshot.of(Item)
            query = sa.select(item.c.id, columns.colour, columns.both).where(item.c.id.in_(made))
            found = {identity: (colour, told(both)) for identity, colour, both in session.execute(query)}
            assert found == {identity: (shown.colour, shown[:2]) for identity, shown in expected.items()}, slug
            facts = seen_of(snapshot, item.c.id.in_(made))
            assert {identity: lamp(policy, each, today) for identity, each in facts.items()} == expected, slug
            said.update(f"{shown.colour} {shown.why}" for shown in expected.values())

    agree()
    assert len(said) >= 15, said
