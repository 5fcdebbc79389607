"""What is led on from entry to entry is what is read anew: for readers of different rights, over any acts, and not by reading all."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import sessions
from registry.domain.lamps import canonical, shipped
from registry.ledger import atomic
from registry.models import (
    Agreement,
    AgreementField,
    AgreementParty,
    Assignment,
    Audited,
    Body,
    Deadline,
    Document,
    Item,
    LampOverride,
    LampPolicy,
    Membership,
    OptOut,
    SameAs,
    Step,
)
from registry.models.items import LANES
from registry.permissions import Actor, the_register
from registry.queries import standing as standings
from registry.queries.figures import by_stage_and_lamp, common_of
from registry.queries.items import ItemFilter, attention, item_counts, item_list
from registry.queries.snapshot import Snapshot
from registry.queries.standing import Held, Place, Standing
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.conftest import EXAMPLES
from tests.queries.world import a_report, fields, now, statements, the_world

QUESTIONS = (
    ItemFilter(), ItemFilter(party="150600"), ItemFilter(party="150300", role="lead"), ItemFilter(party="150600", role="opted_out"),
    ItemFilter(role="none"), ItemFilter(grouping="mxsmy"), ItemFilter(lamp="red"), ItemFilter(lane=LANES[0]),
    ItemFilter(field_name="医疗"),
)  # fmt: skip
READERS = ("nobody", "officer_ordos", "officer_outsider", "auditor")
LEVELS = ("public", "members", "parties")


class Hand:
    """Somebody who changes any row that decides who sees an item where: each change one recorded act on the record it belongs to."""

    def __init__(self, session: Session, cast: Cast, clock: Clock, seed: int) -> None:
        self.session, self.cast, self.clock, self.chance = session, cast, clock, random.Random(seed)

    def some(self, model: type[Audited], *where: sa.ColumnElement[bool]) -> Audited | None:
        """A row, if there is one."""
        rows = self.session.scalars(sa.select(model).where(*where).order_by(model.id)).all()
        return self.chance.choice(rows) if rows else None

    def act(self, name: str = "") -> str:
        """One act, any one unless named; its name."""
        name = name or self.chance.choice(list(DEEDS))
        self.session.rollback()
        with atomic(self.session) as book:
            subject = DEEDS[name](self) or ("register", 1)
            book.record(
                act="bundle.import", actor=the_register("import"), subject=subject, at=self.clock.advance(hours=1)
            )
        return name

    def body(self) -> Body:
        """One of three."""
        return self.chance.choice([self.cast.wuhai, self.cast.ordos, self.cast.outsider])


Deed = Callable[[Hand], tuple[str, int] | None]


def _grade(hand: Hand) -> tuple[str, int]:
    item = hand.some(Item)
    item.grade = hand.chance.choice(["on_track", "slow", "blocked", "not_reported"])
    return "item", item.id


def _item_level(hand: Hand) -> tuple[str, int]:
    item = hand.some(Item)
    item.level = hand.chance.choice([None, *LEVELS])
    return "item", item.id


def _place(hand: Hand) -> tuple[str, int]:
    item = hand.some(Item, Item.agreement_id.is_not(None))
    field = hand.some(AgreementField, AgreementField.agreement_id == item.agreement_id)
    item.position, item.field_id = hand.chance.randint(1, 9), field and field.id
    item.lane = hand.chance.choice([None, LANES[0]])
    return "item", item.id


def _agreement_level(hand: Hand) -> tuple[str, int]:
    agreement = hand.some(Agreement)
    agreement.level = hand.chance.choice(LEVELS)
    return "agreement", agreement.id


def _document_level(hand: Hand) -> tuple[str, int]:
    document = hand.some(Document)
    document.level = hand.chance.choice(LEVELS)
    return "document", document.id


def _party(hand: Hand) -> tuple[str, int]:
    agreement, body = hand.some(Agreement), hand.body()
    party = hand.some(AgreementParty, AgreementParty.agreement_id == agreement.id, AgreementParty.body_id == body.id)
    if party is None:
        hand.session.add(AgreementParty(agreement_id=agreement.id, body_id=body.id, position=9))
    else:
        party.until_precision = None if party.until_precision else "unknown"
    return "agreement", agreement.id


def _part(hand: Hand) -> tuple[str, int]:
    item, body = hand.some(Item), hand.body()
    part = hand.some(Assignment, Assignment.item_id == item.id, Assignment.body_id == body.id)
    if part is None:
        role = hand.chance.choice(["lead", "join"])
        hand.session.add(Assignment(item_id=item.id, body_id=body.id, role=role, position=9))
    else:
        part.until_precision = None if part.until_precision else "unknown"
    return "item", item.id


def _opt_out(hand: Hand) -> tuple[str, int]:
    item, body = hand.some(Item), hand.body()
    out = hand.some(OptOut, OptOut.item_id == item.id, OptOut.body_id == body.id)
    if out is None:
        hand.session.add(OptOut(item_id=item.id, body_id=body.id))
    else:
        out.until_precision = None if out.until_precision else "unknown"
    return "item", item.id


def _limit(hand: Hand) -> tuple[str, int]:
    item = hand.some(Item)
    hand.session.add(
        Deadline(subject_kind="item", subject_id=item.id, purpose="stay", state=item.state, begun_on="2026-01-01",
                 due_on=hand.chance.choice(["2026-02-01", "2026-03-05", "2027-01-01"]), provisional=False)
    )  # fmt: skip
    return "item", item.id


def _decide(hand: Hand) -> tuple[str, int]:
    item, document = hand.some(Item), hand.some(Document)
    decided = hand.some(LampOverride, LampOverride.item_id == item.id, LampOverride.until.is_(None))
    if decided is None:
        hand.session.add(
            LampOverride(item_id=item.id, colour=hand.chance.choice(["red", "green"]), since="2026-01-01", basis_id=document.id,
                         recorded_at=hand.clock.at)
        )  # fmt: skip
    else:
        decided.until = "2026-02-01"
    return "item", item.id


def _new_item(hand: Hand) -> tuple[str, int]:
    document, count = hand.some(Document), len(hand.session.scalars(sa.select(Item.id)).all())
    item = Item(
        number=f"{document.number}-{count:03}", title_zh="示例任务", document_id=document.id, position=count, state="listed",
        stage="intent", procedure_id=hand.some(Item).procedure_id, grade="not_reported", backfilled=True, revision=1,
        sample=hand.chance.random() < 0.3,
    )  # fmt: skip
    hand.session.add(item)
    hand.session.flush()
    hand.session.add(
        Step(subject_kind="item", subject_id=item.id, position=1, procedure_id=item.procedure_id, transition="enter", kind="entry",
             from_state=None, to_state="listed", recorded_at=hand.clock.at)
    )  # fmt: skip
    return "item", item.id


def _rules(hand: Hand) -> None:
    if hand.some(LampPolicy) is None:
        name = hand.chance.choice(sorted(shipped()))
        rules = canonical(shipped()[name])
        hand.session.add(LampPolicy(slug=name, since="2026-01-01", rules=rules))


def _member(hand: Hand) -> tuple[str, int]:
    membership = hand.some(Membership)
    membership.until_precision = None if membership.until_precision else "unknown"
    return "grouping", membership.grouping_id


def _code(hand: Hand) -> tuple[str, int]:
    body = hand.body()
    body.code = {"150600": "150699", "150699": "150600"}.get(body.code, body.code)
    return "party", body.id


def _same(hand: Hand) -> tuple[str, int]:
    one, other = hand.some(Item), hand.some(Item)
    said = hand.some(SameAs, SameAs.other_id == other.id, SameAs.undone_at.is_(None))
    if said is not None:
        said.undone_at = hand.clock.at
    elif one is not other:
        hand.session.add(SameAs(subject_kind="item", subject_id=one.id, other_id=other.id, recorded_at=hand.clock.at))
    return "item", one.id


DEEDS: dict[str, Deed] = {
    name: deed
    for name, deed in list(globals().items())
    if name.startswith("_") and getattr(deed, "__module__", "") == __name__
}
"""Every way to change where an item stands, or who sees it."""


@pytest.fixture
def world(session: Session, cast: Cast, at: datetime) -> None:
    """Agreements and documents of each level, with items."""
    built = the_world(session, cast, at)
    fields(session, at, built.open, "医疗", "旅游")


Question = Callable[[Snapshot, Actor], object]
ASKED: tuple[Question, ...] = (
    *(lambda snapshot, actor, which=which: _list(snapshot, actor, which) for which in QUESTIONS),
    lambda snapshot, actor: attention(snapshot, actor, 3),
    lambda snapshot, actor: by_stage_and_lamp(snapshot, actor, "city", ItemFilter()),
    lambda snapshot, actor: by_stage_and_lamp(snapshot, actor, "field", ItemFilter(grouping="mxsmy")),
    lambda snapshot, actor: by_stage_and_lamp(snapshot, actor, "city", ItemFilter(), sample=True),
    lambda snapshot, actor: common_of(snapshot, actor, party="150600"),
    lambda snapshot, actor: common_of(snapshot, actor, grouping="mxsmy"),
)
"""Everything that is led on."""


def _list(snapshot: Snapshot, actor: Actor, which: ItemFilter) -> object:
    found = item_list(snapshot, actor, which, size=100, urgent=True)
    return [row.number for row in found.rows], found.counts, item_counts(snapshot, actor, which)


def led_on(session: Session, actor: Actor, question: Question) -> object:
    """As pages read it."""
    session.rollback()
    return question(now(session), actor)


def anew(session: Session, actor: Actor, question: Question) -> object:
    """By statements alone, with nothing kept."""
    engine = session.get_bind()
    kept, standings._OF[engine] = standings._OF[engine], Held(most=0)
    found = led_on(session, actor, question)
    standings._OF[engine] = kept
    return found


@pytest.mark.parametrize("examples", [20, pytest.param(EXAMPLES, marks=pytest.mark.long)])
@pytest.mark.timeout(20 * EXAMPLES)
def test_it_is_what_is_read_anew_after_any_acts(
    session: Session, cast: Cast, clock: Clock, world: None, examples: int
) -> None:
    hand = Hand(session, cast, clock, examples)
    asked = [(cast.actors[reader], question) for reader in READERS for question in ASKED]
    done = [hand.act("_new_item") for _ in range(6)]
    for _ in range(examples):
        done.append(hand.act())
        for actor, question in hand.chance.sample(asked, 4):
            assert led_on(session, actor, question) == anew(session, actor, question), (actor.post, done)
    assert len(set(done)) > 8


def test_an_act_on_an_item_does_not_read_the_others(session: Session, cast: Cast, at: datetime, world: None) -> None:
    agreement = an_agreement(session, cast, at, number="mxsmy-2026-09", level="public")
    item = an_item(session, cast, at, agreement)
    led_on(session, cast.nobody, ASKED[0])
    order = only(session).order
    a_report(session, cast, at, item, cast.ordos, "缺资金", released=True)
    with statements(session) as sent:
        found = led_on(session, cast.nobody, ASKED[0])
    assert only(session).order is order
    assert sum("item.id IN" in each for each in sent) >= 2
    assert found == anew(session, cast.nobody, ASKED[0])


def only(session: Session) -> Standing:
    """What is kept of the only question."""
    (found,) = standings._OF[session.get_bind()].found.values()
    return found


def test_a_transaction_is_shown_what_it_knows_itself(session: Session, cast: Cast, at: datetime, world: None) -> None:
    """One that began before an act still counts without it, though what is kept has gone on."""
    session.rollback()
    old = now(session)
    before = item_list(old, cast.nobody, urgent=True)
    with sessions(session.get_bind())() as writing:
        an_agreement(writing, cast, at, number="mxsmy-2026-09", level="public")
        agreement = writing.scalars(sa.select(Agreement).where(Agreement.number == "mxsmy-2026-09")).one()
        an_item(writing, cast, at, agreement)
        writing.rollback()
        fresh = item_list(now(writing), cast.nobody, urgent=True)
    assert item_list(old, cast.nobody, urgent=True).paging == before.paging
    assert fresh.paging.total == before.paging.total + 1


def test_no_more_is_held_than_may_be() -> None:
    held = Held(most=3)
    made = {}
    for name, size in (("a", 2), ("b", 1), ("c", 1)):
        made[name] = Standing(0)
        made[name].fill((each, Place(False, 0, 1, 0, each, each, "intent", "grey")) for each in range(size))
        held.get(name, lambda name=name: made[name])
    assert list(held.found) == ["b", "c"]
    assert held.get("b", lambda: Standing(1)) is made["b"]
    assert list(held.found) == ["c", "b"]
