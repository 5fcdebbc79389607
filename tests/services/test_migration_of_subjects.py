"""Running subjects are moved to a newer version of their procedure: all or none, each by one step, rounds and clocks with them."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.ledger import atomic
from registry.ledger.verify import verify
from registry.models import Item, Proposal, Step, Vote
from registry.queries.definitions import definition_of
from registry.queries.rounds import tallies
from registry.services import proposals
from registry.services.migrations import Migrate, migrate_subjects
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import RetireProcedure, publish_procedure, retire_procedure
from registry.words.refusals import sentence
from tests.cast import Cast, an_agreement, an_item
from tests.ledger.test_capture import triggers_off
from tests.services.acts import HOST, a_document, answered, contents, entries, refused
from tests.services.test_procedures import NEXT, SLUG

RENAMED = (
    NEXT.replace("  listed:\n", "  queued:\n").replace("to: listed\n", "to: queued\n").replace("[listed]", "[queued]")
    .replace("intent, listed,", "intent, queued,").replace("states: {}", "states: {listed: queued}")
)  # fmt: skip
"""A next version in which `listed` has another name."""
NO_SUSPENSION = RENAMED.replace(
    "from: [intent, queued, in_progress, achieved, long_term_mechanism]\n    to: suspended",
    "from: [intent, queued, in_progress, long_term_mechanism]\n    to: suspended",
)
"""The same, and what is achieved cannot be suspended."""


@pytest.fixture
def items(session: Session, cast: Cast, at: datetime) -> dict[str, Item]:
    """One item in each of several states; the suspended one was achieved before."""
    agreement = an_agreement(session, cast, at)
    made = {
        state: an_item(session, cast, at, agreement, position=number, state=state, stage=stage)
        for number, (state, stage) in enumerate(
            (("listed", "intent"), ("achieved", "in_progress"), ("suspended", "in_progress"), ("terminated", "ended")), 1
        )
    }  # fmt: skip
    with atomic(session) as book:
        entered = session.execute(
            sa.select(Step).where(Step.subject_kind == "item", Step.subject_id == made["suspended"].id)
        ).scalar_one()
        entered.to_state = "achieved"
        session.add(
            Step(
                subject_kind="item",
                subject_id=made["suspended"].id,
                position=2,
                procedure_id=entered.procedure_id,
                transition="suspend",
                kind="suspend",
                from_state="achieved",
                to_state="suspended",
                recorded_at=at,
            )
        )
        book.record(act="item.suspend", actor=HOST, subject=("item", made["suspended"].id), at=at)
    return made


def a_round(session: Session, cast: Cast, item: Item, at: datetime) -> Proposal:
    """A round of consent on an achieved item, in which 鄂尔多斯 has agreed."""
    with atomic(session) as book:
        proposal = Proposal(
            subject_kind="item", subject_id=item.id, procedure_id=item.procedure_id, transition="institutionalise",
            body_id=cast.wuhai.id, effective_precision="unknown",
        )  # fmt: skip
        proposals.put(session, definition_of(session, item.procedure_id), proposal, at=at)
        session.add(
            Vote(
                subject_kind="item",
                subject_id=item.id,
                proposal_id=proposal.id,
                body_id=cast.ordos.id,
                answer="agree",
                standing="counted",
                tacit=False,
                recorded_at=at,
            )
        )
        book.record(act="consent.ask", actor=HOST, subject=("item", item.id), at=at)
    return proposal


def migrated_steps(session: Session) -> list[tuple[str | None, str]]:
    rows = session.execute(sa.select(Step.from_state, Step.to_state).where(Step.kind == "migrate").order_by(Step.id))
    return [(row.from_state, row.to_state) for row in rows]


def test_a_dry_run_says_all_and_writes_nothing(
    session: Session, cast: Cast, items: dict[str, Item], at: datetime
) -> None:
    """What is final is not asked about; what has no place is named with its reason, in the titles of its own version."""
    publish_procedure(
        session, HOST, NO_SUSPENSION.replace("{zh: 暂缓, en: Suspended}", "{zh: 停一停, en: Halted}"), at=at
    )
    before = contents(session)
    told = migrate_subjects(session, cast.administrator, Migrate(SLUG, 3, dry_run=True), at=at)
    assert [(each.number[-3:], each.state, each.to_state) for each in told.placed] == [
        ("001", "listed", "queued"),
        ("002", "achieved", "achieved"),
    ]
    (stuck,) = told.unplaced
    assert (stuck.number[-3:], stuck.state, stuck.to_state) == ("003", "suspended", None)
    assert stuck.reason and sentence(stuck.reason, "zh") == "“暂缓、取得成果”在第 3 版中没有去处。"
    assert contents(session) == before


def test_one_without_a_place_and_nobody_is_moved(
    session: Session, cast: Cast, items: dict[str, Item], at: datetime
) -> None:
    publish_procedure(session, HOST, NO_SUSPENSION, at=at)
    with refused(session, ("migration-unplaced", None)) as reasons:
        migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    assert reasons[0].values == {"count": 1, "numbers": items["suspended"].number}
    assert migrated_steps(session) == []


def test_all_are_moved_each_by_one_step_and_one_entry(
    session: Session, cast: Cast, items: dict[str, Item], at: datetime
) -> None:
    """And go on by the newer version, also from a suspension; a second time there is nobody left to move."""
    third = publish_procedure(session, HOST, RENAMED, at=at)
    migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    assert [(entry["act"], entry["subject"]) for entry in entries(session, 3)] == [
        ("procedure.migrate", ["item", items[state].id]) for state in ("listed", "achieved", "suspended")
    ]
    assert migrated_steps(session) == [("listed", "queued"), ("achieved", "achieved"), ("suspended", "suspended")]
    rows = session.execute(sa.select(Item.state, Item.procedure_id, Item.stage).order_by(Item.id)).all()
    assert [(row.state, row.procedure_id == third.id) for row in rows] == [
        ("queued", True), ("achieved", True), ("suspended", True), ("terminated", False),
    ]  # fmt: skip
    assert rows[2].stage == "in_progress"
    basis = a_document(session, at).number
    for state, trigger, becomes in (("listed", "begin", "in_progress"), ("suspended", "resume", "achieved")):
        moved = take_step(
            session, cast.officer_wuhai, TakeStep("item", items[state].number, trigger, basis=basis), at=at
        )
        assert moved.state == becomes
    before = contents(session)
    assert migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at).placed == ()
    assert contents(session) == before


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (("", ""), True),
        (("open_rounds: keep", "open_rounds: restart"), False),
        (("method: all\n", "method: majority\n"), False),  # another rule: who agreed did not agree to that
    ],
)
def test_votes_stay_where_only_the_version_changed(
    session: Session, cast: Cast, items: dict[str, Item], at: datetime, change: tuple[str, str], kept: bool
) -> None:
    item = items["achieved"]
    asked = a_round(session, cast, item, at)
    text = RENAMED.replace("states: {listed: queued}}", "states: {listed: queued}, open_rounds: keep}").replace(*change)
    third = publish_procedure(session, HOST, text, at=at)
    migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    (live,) = proposals.live(session, ("item", item.id))
    assert (live.id == asked.id, live.procedure_id) == (kept, third.id)
    session.refresh(asked)
    assert asked.outcome == ("open" if kept else "superseded")
    definition = definition_of(session, third.id)
    tally = tallies(session, definition, ("item", item.id), [live])["institutionalise"]
    assert tally.agreed == (("150600",) if kept else ())


def test_a_round_whose_step_is_gone_is_left(session: Session, cast: Cast, items: dict[str, Item], at: datetime) -> None:
    asked = a_round(session, cast, items["achieved"], at)
    publish_procedure(session, HOST, RENAMED.replace("institutionalise", "make_lasting"), at=at)
    migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    session.refresh(asked)
    assert asked.outcome == "left"
    assert proposals.live(session, ("item", items["achieved"].id)) == []


def test_who_may_and_into_what(session: Session, cast: Cast, items: dict[str, Item], at: datetime) -> None:
    for name, actor in cast.actors.items():
        if name != "administrator":
            for dry in (True, False):
                with answered(session, NotPermitted):
                    migrate_subjects(session, actor, Migrate(SLUG, 2, dry_run=dry), at=at)
    with answered(session, NotFound):
        migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    with refused(session, ("nothing-to-migrate", None)):  # this register never had version 1
        migrate_subjects(session, cast.administrator, Migrate(SLUG, 2), at=at)
    publish_procedure(session, HOST, RENAMED, at=at)
    retire_procedure(session, HOST, RetireProcedure(SLUG, 3), at=at)
    with refused(session, ("not-published", None)):
        migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)


@pytest.mark.tampers
def test_a_forged_move_is_named(
    session: Session, cast: Cast, items: dict[str, Item], at: datetime, engine: sa.Engine
) -> None:
    publish_procedure(session, HOST, RENAMED, at=at)
    migrate_subjects(session, cast.administrator, Migrate(SLUG, 3), at=at)
    item = items["listed"].id
    of_it = sa.and_(Step.subject_kind == "item", Step.subject_id == item, Step.kind == "migrate")
    step = session.execute(sa.select(Step.id).where(of_it)).scalar_one()
    session.rollback()
    with triggers_off(engine) as connection:
        connection.execute(sa.update(Step).where(Step.id == step).values(to_state="in_progress"))
        connection.execute(sa.update(Item).where(Item.id == item).values(state="in_progress"))
    findings = verify(session).findings
    assert ("step", str(step), "", "leads to queued, not to in_progress") in {
        (each.table, each.key, each.column, each.what) for each in findings
    }
