"""What pictures show: the same numbers as the lists they open, for every reader, on every day, in as many statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.ledger import atomic
from registry.models import Deadline, Item, Mechanism, Step
from registry.permissions import Actor
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.due import due_until
from registry.queries.figures import by_stage_and_lamp, common_of, flow_of
from registry.queries.items import ItemCount, ItemFilter, item_counts
from registry.queries.life import life_of
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import TODAY, World, a_signature, fields, now, statements, the_world

READERS = ("officer_wuhai", "officer_ordos", "officer_outsider", "viewer", "auditor", "secretariat", "nobody")


@pytest.fixture
def world(session: Session, cast: Cast, at: datetime) -> World:
    """Three agreements of three levels; those items of the open one that have a field; a sample agreement with an item."""
    world = the_world(session, cast, at)
    own = fields(session, at, world.open, "交通互通", "生态共保")
    for position, field in enumerate((own[0], own[1], own[1]), 7):
        item = an_item(
            session,
            cast,
            at,
            world.open,
            position=position,
            state="in_progress",
            stage="in_progress",
            lead=cast.yinchuan,
        )
        with atomic(session) as book:
            item.field_id = field.id
            book.record(act="item.add", actor=cast.secretariat, subject=("item", item.id), at=at)
    an_item(session, cast, at, an_agreement(session, cast, at, number="mxsmy-2026-08", level="public", sample=True))
    return world


def total(counts: tuple[ItemCount, ...]) -> int:
    return sum(each.count for each in counts if not each.sample)


@pytest.mark.parametrize("reader", READERS)
def test_each_number_is_that_of_its_list(session: Session, cast: Cast, world: World, reader: str) -> None:
    snapshot, actor = now(session), cast.actors[reader]
    seen = 0
    for row in by_stage_and_lamp(snapshot, actor, "city", ItemFilter()):
        for stage, lamp, count in row.counts:
            role = "lead" if row.party else "none"
            which = ItemFilter(party=row.party.key if row.party else None, role=role, stage=stage, lamp=lamp)
            assert total(item_counts(snapshot, actor, which)) == count, (row, stage, lamp)
            seen += count
    assert seen == total(item_counts(snapshot, actor)), "each item has one lead here"
    for row in by_stage_and_lamp(snapshot, actor, "field", ItemFilter(agreement=world.open.number)):
        which = ItemFilter(agreement=world.open.number, field=row.field)
        assert total(item_counts(snapshot, actor, which)) == row.total
    for row in by_stage_and_lamp(snapshot, actor, "field", ItemFilter()):
        which = ItemFilter(field_name=row.title_zh) if row.title_zh else ItemFilter(field=0)
        assert total(item_counts(snapshot, actor, which)) == row.total
    for pair in common_of(snapshot, actor, grouping=cast.grouping.code):
        party, beside, grouping = pair.one.key, pair.other.key, cast.grouping.code
        asked = AgreementFilter(party=party, beside=beside, grouping=grouping)
        signed = agreement_list(snapshot, actor, asked).counts
        assert pair.agreements == sum(each.count for each in signed if not each.sample)
        assert pair.items == total(
            item_counts(snapshot, actor, ItemFilter(party=party, beside=beside, grouping=grouping))
        )
    for pair in common_of(snapshot, actor, party=cast.ordos.code):
        both = ItemFilter(party=cast.ordos.code, beside=pair.other.key)
        assert pair.items == total(item_counts(snapshot, actor, both))


def test_who_sees_less_is_counted_less(session: Session, cast: Cast, world: World) -> None:
    def items(actor: Actor) -> int:
        return sum(row.total for row in by_stage_and_lamp(now(session), actor, "city", ItemFilter()))

    assert items(cast.nobody) < items(cast.officer_ordos) < items(cast.auditor)


def test_what_falls_due(session: Session, cast: Cast, at: datetime, world: World) -> None:
    """Running limits alone, those that passed apart, those of hidden records only for who may see these."""
    late, soon = (TODAY - timedelta(40)).isoformat(), (TODAY + timedelta(20)).isoformat()
    shown, hidden = (
        an_item(session, cast, at, each, position=40, lead=cast.wuhai) for each in (world.open, world.closed)
    )
    rows = [
        Deadline(subject_kind="item", subject_id=item.id, purpose=purpose, state="listed", begun_on="2026-01-01", due_on=due,
                 provisional=False, stopped_on=stopped, ended_at=ended)
        for item in (shown, hidden)
        for purpose, due, stopped, ended in (
            ("stay", late, None, None), ("review", soon, None, None), ("stay", soon, "2026-02-01", None), ("stay", soon, None, at),
            ("review", "2099-01-01", None, None),
        )
    ]  # fmt: skip
    with atomic(session) as book:
        session.add_all(rows)
        session.add(Mechanism(item_id=shown.id, kind="rule", name_zh="制度", keeper_id=cast.wuhai.id, review_on="2026-05",
                              review_precision="month", lapsed=False))  # fmt: skip
        book.record(act="deadline.sweep", actor=cast.secretariat, subject=("item", shown.id), at=at)
    last = TODAY + timedelta(300)
    found = due_until(now(session), cast.nobody, last)
    assert [(each.kind, each.why, each.on and each.on.value, each.count) for each in found] == [
        ("overdue", "stay", None, 1),
        ("review", "review", soon, 1),
        ("review", "mechanism", "2026-05", 1),
    ]
    assert found[1].what is not None and found[1].what.key == shown.number
    every = due_until(now(session), cast.auditor, last)
    assert [each.count for each in every] == [2, 2, 1] and every[1].what is None
    assert due_until(now(session), cast.auditor, last, party=cast.yinchuan.code) == ()


def test_the_flow_of_a_year_adds_up(session: Session, cast: Cast, at: datetime, world: World) -> None:
    """Begin and moves make the end, and both are what the lists of these days count."""
    lives = (
        [("list", "listed", "2025-03-01"), ("begin", "in_progress", "2025-09-01")],
        [("suspend", "suspended", "2025-12-31")],
        [("list", "listed", "2026-02-01")],
        [("terminate", "terminated", "2024-05-01")],
    )
    placed = [*((world.open, taken) for taken in lives), (world.closed, lives[0])]
    for position, (agreement, taken) in enumerate(placed, 61):
        item = an_item(session, cast, at, agreement, position=position)
        with atomic(session) as book:
            for place, (transition, state, day) in enumerate(taken, 2):
                session.add(a_step(item, place, transition, state, day, at))
                item.state = state
                item.stage = {"in_progress": "in_progress", "terminated": "ended"}.get(state, "intent")
            book.record(act="item.step", actor=cast.secretariat, subject=("item", item.id), at=at)
    whole = ItemFilter(grouping=cast.grouping.code)
    assert ("listed", "in_progress", 2) in flow_of(now(session), cast.auditor, 2025, whole).moves
    for actor, which in ((cast.nobody, whole), (cast.auditor, ItemFilter(agreement=world.open.number))):
        found = flow_of(now(session), actor, 2025, which)
        assert found.last == date(2025, 12, 31) and found.whole
        assert [move for move in found.moves if move[0]] == [
            ("intent", "listed", 1),
            ("intent", "suspended", 1),
            ("listed", "in_progress", 1),
        ]
        assert (found.begin["terminated"], found.end["terminated"]) == (1, 1), "it had dropped out before"
        for key in {*found.begin, *found.end}:
            came = sum(count for _, target, count in found.moves if target == key)
            left = sum(count for source, _, count in found.moves if source == key)
            assert found.begin.get(key, 0) + came - left == found.end.get(key, 0), key
            for on, counts in ((date(2024, 12, 31), found.begin), (found.last, found.end)):
                listed = item_counts(Snapshot(session, None, on, on), actor, replace(which, state=key))
                assert counts.get(key, 0) == total(listed), (key, on)
    this_year = flow_of(now(session), cast.nobody, 2026, which)
    assert this_year.last == TODAY and ("intent", "listed", 1) in this_year.moves


def a_step(item: Item, position: int, transition: str, state: str, day: str, at: datetime) -> Step:
    return Step(
        subject_kind="item", subject_id=item.id, position=position, procedure_id=item.procedure_id, transition=transition,
        kind={"suspend": "suspend", "terminate": "terminate"}.get(transition, "forward"),
        from_state=item.state, to_state=state, effective=day, effective_precision="day", recorded_at=at,
    )  # fmt: skip


def test_the_life_of_an_agreement(session: Session, cast: Cast, at: datetime, world: World) -> None:
    signed = a_signature(session, cast, at, world.open, cast.wuhai)
    found = life_of(now(session), cast.nobody, world.open.number)
    assert [party.key for party in found.parties] == [cast.wuhai.code, cast.ordos.code, cast.yinchuan.code]
    acts = [each for each in found.events if each.party is not None]
    assert [(each.kind, each.party.key, each.on.value) for each in acts if each.party] == [
        ("signature", cast.wuhai.code, signed.done_on)
    ]
    assert {each.kind for each in found.events} == {"text", "signature", "step"}
    with pytest.raises(NotFound):
        life_of(now(session), cast.nobody, world.closed.number)


def test_as_many_statements_whatever_the_rows(session: Session, cast: Cast, at: datetime, world: World) -> None:
    number, party, grouping = world.open.number, cast.wuhai.code, cast.grouping.code

    def counted() -> list[int]:
        found = []
        for ask in (
            lambda one: by_stage_and_lamp(one, cast.officer_wuhai, "city", ItemFilter()),
            lambda one: by_stage_and_lamp(one, cast.officer_wuhai, "field", ItemFilter(agreement=number)),
            lambda one: due_until(one, cast.officer_wuhai, date(2027, 1, 1), party=party),
            lambda one: common_of(one, cast.officer_wuhai, grouping=grouping),
            lambda one: flow_of(one, cast.officer_wuhai, 2026, ItemFilter(grouping=grouping)),
            lambda one: life_of(one, cast.officer_wuhai, number),
        ):
            with statements(session) as sent:
                ask(Snapshot(session, None, TODAY))
            found.append(len(sent))
        return found

    counted()
    an_item(session, cast, at, world.open, position=19, lead=cast.ordos)
    session.rollback()
    before = counted()  # the first reading after an act: what is kept is led on
    for position in range(20, 32):
        an_item(session, cast, at, world.open, position=position, lead=cast.ordos)
    session.rollback()
    assert counted() == before == [5, 2, 6, 4, 8, 6]
