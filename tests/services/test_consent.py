"""Consent as acts: put forward, answered once by each party, decided once; bound to what was put forward; nobody's note is read."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted, Stale
from registry.ledger import atomic
from registry.models import (
    Agreement,
    Assignment,
    Deadline,
    Document,
    Item,
    LedgerEntry,
    Matter,
    MatterParty,
    Mechanism,
    Notice,
    Proposal,
    Step,
    Vote,
)
from registry.permissions import Actor
from registry.queries.definitions import definition_of
from registry.services.consent import (
    Propose,
    WithdrawProposal,
    hear_silence,
    propose,
    recount,
    withdraw,
)
from registry.services.moves import TakeStep, take_step
from tests.cast import Cast, an_item
from tests.services.acts import HOST, OUTSIDE, a_document, answered, fresh, refused, told, who_may
from tests.services.rounds import (
    a_matter,
    an_item_to_institutionalise,
    colleague,
    counted,
    keep,
    officer,
    officers,
    put,
    say,
)
from workflows.consent import tally


@pytest.fixture
def basis(session: Session, cast: Cast, at: datetime) -> Document:
    return a_document(session, at)


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, basis: Document, at: datetime) -> Item:
    return an_item_to_institutionalise(session, cast, at, agreement, basis)


@pytest.fixture
def matter(session: Session, cast: Cast, at: datetime) -> Matter:
    return a_matter(session, cast, at)


def asks(session: Session, cast: Cast, item: Item, basis: Document, at: datetime) -> Proposal:
    return put(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)


def take(session: Session, actor: Actor, subject: Item | Matter, trigger: str, at: datetime, basis: str | None = None):  # type: ignore[no-untyped-def]  # the subject
    return take_step(session, actor, TakeStep(subject.__tablename__, subject.number, trigger, basis), at=at)


def outcome(session: Session, proposal: Proposal) -> str:
    return str(fresh(session, proposal).outcome)


def told_of(session: Session, proposal: Proposal) -> list[tuple[str, int | None, int | None]]:
    """Kind and reader of each notice of a round, in order."""
    session.rollback()
    rows = sa.select(Notice.kind, Notice.body_id, Notice.grouping_id).where(Notice.proposal_id == proposal.id)
    return [tuple(row) for row in session.execute(rows.order_by(Notice.id))]


def inside(session: Session, subject: Item | Matter, act: Callable[[], object], at: datetime) -> None:
    """Do what belongs into somebody's act, with an entry of its own."""
    with atomic(session) as book:
        act()
        book.record(act="deadline.sweep", actor=HOST, subject=(subject.__tablename__, subject.id), at=at)


# ---- a round, from the question to the step


def test_the_parties_consent_and_the_step_is_taken_on_what_they_saw(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    with refused(session, ("consent-not-asked", None)):
        take(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
    proposal = asks(session, cast, item, basis, at)
    cities = [cast.wuhai.id, cast.ordos.id, cast.yinchuan.id]
    assert told_of(session, proposal) == [("asked", city, None) for city in cities]
    waits = sa.select(Deadline.ended_at, Deadline.due_on).where(Deadline.proposal_id == proposal.id)
    assert session.execute(waits).one().ended_at is None
    say(session, cast.officer_ordos, proposal, "agree", at)
    say(session, cast.officer_wuhai, proposal, "agree", at)
    with refused(session, ("consent-open", None)) as reasons:
        take(session, cast.officer_wuhai, item, "institutionalise", at)
    assert (reasons[0].values["needed"], reasons[0].values["waiting"], reasons[0].who) == (1, "640100", ("640100",))
    say(session, officers(cast)["640100"], proposal, "agree", at)
    assert outcome(session, proposal) == "carried"
    assert told_of(session, proposal)[3:] == [("decided", city, None) for city in cities]
    assert session.execute(waits).one().ended_at == at
    take(session, cast.officer_wuhai, item, "institutionalise", at)
    step = session.scalars(sa.select(Step).where(Step.transition == "institutionalise")).one()
    assert (step.basis_id, step.body_id) == (basis.id, cast.wuhai.id)
    assert (fresh(session, item).state, outcome(session, proposal)) == ("long_term_mechanism", "taken")
    late = say(session, cast.officer_ordos, proposal, "object", at)
    assert (late.standing, outcome(session, proposal)) == ("late", "taken")
    assert counted(session, proposal) == {"150300": "agree", "150600": "agree", "640100": "agree"}


def test_a_request_for_changes_sends_back_in_the_same_act(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    proposal = asks(session, cast, item, basis, at)
    say(session, cast.officer_ordos, proposal, "request_change", at)
    assert (outcome(session, proposal), fresh(session, item).state) == ("change_requested", "in_progress")
    back = session.scalars(sa.select(Step).order_by(Step.id.desc())).first()
    assert back is not None
    assert (back.transition, back.kind, back.from_state) == ("institutionalise/change", "return", "achieved")
    last = session.scalars(sa.select(LedgerEntry.act).order_by(LedgerEntry.index.desc()).limit(2)).all()
    assert list(last) == ["consent.answer", "consent.propose"]


def test_a_refused_round_is_closed_and_another_may_be_asked_for(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    proposal = asks(session, cast, item, basis, at)
    for code, said in (("150600", "object"), ("150300", "agree"), ("640100", "agree")):
        say(session, officers(cast)[code], proposal, said, at)
    assert (outcome(session, proposal), fresh(session, item).state) == ("refused", "achieved")
    with refused(session, ("consent-refused", None)):
        take(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
    assert say(session, cast.officer_ordos, proposal, "agree", at).standing == "late"
    assert outcome(session, proposal) == "refused"
    again = asks(session, cast, item, basis, at)
    assert (again.number, counted(session, again)) == (2, {})


def test_every_round_follows_the_pure_count_and_no_decision_flips(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    """Random answers, replaced at random: the register decides exactly when the pure count of the last answers does."""
    chance = random.Random(3)
    definition = definition_of(session, matter.procedure_id)
    own = officers(cast)
    for place, trigger in enumerate(("most", "any_one", "two") * 2):
        subject = matter if place == 0 else a_matter(session, cast, at, place + 1)
        consent = definition.transition(trigger).consent
        assert consent is not None
        proposal = put(session, cast.secretariat, subject, trigger, at)
        said: dict[str, str] = {}
        decided = "open"
        for _ in range(8):
            code = chance.choice(list(own))
            if trigger != "most" and code in said:
                continue  # no substitute: replaced below
            word = chance.choice(consent.answers)
            vote = say(session, own[code], proposal, word, at)
            assert vote.standing == ("counted" if decided == "open" else "late")
            if decided == "open":
                said[code] = word
                decided = tally(consent, tuple(own), (), said).outcome
            assert (outcome(session, proposal), counted(session, proposal) == said) == (decided, True)


# ---- what an answer is refused for


def test_what_an_answer_is_refused_for(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    most, in_turn = (put(session, cast.secretariat, matter, trigger, at) for trigger in ("most", "in_turn"))
    stranger = officer(cast.officer_ordos, cast.outsider)
    with refused(session, ("not-a-voter", "party")):
        say(session, stranger, most, "agree", at)
    with refused(session, ("answer-unknown", "answer")):
        say(session, cast.officer_wuhai, in_turn, "abstain", at)
    with refused(session, ("reason-missing", "reason")):
        say(session, cast.officer_wuhai, most, "object", at, reason=" ")
    with refused(session, ("not-your-turn", "party")) as reasons:
        say(session, cast.officer_ordos, in_turn, "agree", at)
    assert reasons[0].who == ("150300",)
    with refused(session, ("unknown-party", "party")):
        say(session, cast.officer_wuhai, most, "agree", at, party="999999")
    before = session.scalar(sa.select(sa.func.count()).select_from(Vote))
    with pytest.raises(Stale):
        say(session, cast.officer_wuhai, most, "agree", at, content="0" * 64)
    with pytest.raises(NotFound):
        say(session, cast.officer_outsider, most, "agree", at)
    assert session.scalar(sa.select(sa.func.count()).select_from(Vote)) == before
    assert say(session, cast.officer_wuhai, most, "agree", at, content=most.content).standing == "counted"


def test_nobody_answers_for_another_party(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    proposal = put(session, cast.secretariat, matter, "most", at)
    for actor in (cast.officer_wuhai, cast.viewer, cast.auditor, cast.secretariat, HOST):
        with answered(session, NotPermitted):
            say(session, actor, proposal, "agree", at, party="150600")


def test_a_party_thinks_again_and_both_answers_stay(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    proposal = put(session, cast.secretariat, matter, "most", at)
    say(session, cast.officer_ordos, proposal, "object", at)
    say(session, colleague(cast), proposal, "agree", at)  # another officer of the same party: no vote is added
    rows = session.execute(sa.select(Vote.answer, Vote.standing).order_by(Vote.id)).all()
    assert [tuple(row) for row in rows] == [("object", "replaced"), ("agree", "counted")]
    alone = put(session, cast.secretariat, matter, "two", at)
    say(session, cast.officer_ordos, alone, "agree", at)
    with refused(session, ("not-your-answer", None)):
        say(session, colleague(cast), alone, "object", at)
    assert say(session, cast.officer_ordos, alone, "object", at).standing == "counted"


def test_the_database_itself_keeps_one_counted_vote_of_a_party(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    proposal = put(session, cast.secretariat, matter, "most", at)
    first = say(session, cast.officer_ordos, proposal, "agree", at)
    same = {column.name: getattr(first, column.name) for column in sa.inspect(Vote).columns if column.name != "id"}
    with pytest.raises(IntegrityError, match="(?i)unique"), atomic(session):
        session.add(Vote(**same))
        session.flush()


# ---- what it binds to


def test_changed_content_asks_everybody_anew(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    """An open round, and one that carried already: old votes do not count."""
    first = asks(session, cast, item, basis, at)
    say(session, cast.officer_ordos, first, "agree", at)
    keep(session, cast, item, at)
    second = session.scalars(sa.select(Proposal).where(Proposal.number == 2)).one()
    assert (outcome(session, first), outcome(session, second)) == ("superseded", "open")
    assert (second.basis_id, second.person_id, counted(session, second)) == (basis.id, cast.officer_wuhai.person_id, {})
    assert [kind for kind, _, _ in told_of(session, second)] == ["asked"] * 3
    for actor in officers(cast).values():
        say(session, actor, second, "agree", at)
    keep(session, cast, item, at)
    assert outcome(session, second) == "superseded"
    assert say(session, cast.officer_wuhai, first, "agree", at).standing == "late"
    with refused(session, ("consent-open", None)):
        take(session, cast.officer_wuhai, item, "institutionalise", at)


def test_an_answer_to_what_is_no_longer_put_forward_is_stale(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    """Even where an act forgot to ask anew: the round is renewed, the answer is not taken."""
    proposal = asks(session, cast, item, basis, at)

    def lapse() -> None:
        session.scalars(sa.select(Mechanism)).one().review_precision = "month"

    inside(session, item, lapse, at)
    with pytest.raises(Stale):
        say(session, cast.officer_ordos, proposal, "agree", at, content=proposal.content)
    assert outcome(session, proposal) == "superseded"
    assert session.scalars(sa.select(Vote)).all() == []
    with refused(session, ("proposal-open", None)):
        asks(session, cast, item, basis, at)


# ---- silence, order, parties


def test_silence_counts_as_the_procedure_says(session: Session, cast: Cast, at: datetime) -> None:
    cases = [
        ("in_turn", 0, "open", 1),
        ("most", 1, "refused", 2),
        ("any_one", 1, "carried", 2),
        ("any_one", 0, "refused", 3),
    ]
    for number, (trigger, spoke, ends, silent) in enumerate(cases, 1):
        matter = a_matter(session, cast, at, number)
        proposal = put(session, cast.secretariat, matter, trigger, at)
        if spoke:
            say(session, cast.officer_wuhai, proposal, "agree", at)
        inside(session, matter, partial(hear_silence, session, fresh_in(session, proposal), at=at), at)
        tacit = session.scalars(sa.select(Vote).where(Vote.tacit, Vote.proposal_id == proposal.id)).all()
        assert (outcome(session, proposal), len(tacit), {vote.person_id for vote in tacit}) == (ends, silent, {None})


def fresh_in(session: Session, proposal: Proposal) -> Proposal:
    return session.get_one(Proposal, proposal.id, populate_existing=True)


def test_silence_that_escalates_tells_the_secretariat_and_the_host_once(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    proposal = put(session, cast.secretariat, matter, "two", at)
    for _ in range(2):
        inside(session, matter, lambda: hear_silence(session, fresh_in(session, proposal), at=at), at)
    told = [row for row in told_of(session, proposal) if row[0] == "silence"]
    assert sorted(told, key=str) == sorted(
        [("silence", cast.wuhai.id, None), ("silence", None, cast.grouping.id)], key=str
    )
    assert (outcome(session, proposal), counted(session, proposal)) == ("open", {})


def test_one_after_the_other_each_has_the_whole_time(
    session: Session, cast: Cast, matter: Matter, at: datetime, clock
) -> None:  # type: ignore[no-untyped-def]  # the fixture
    proposal = put(session, cast.secretariat, matter, "in_turn", at)
    assert [row[1] for row in told_of(session, proposal)] == [cast.wuhai.id]
    say(session, cast.officer_wuhai, proposal, "agree", clock.advance(days=3))
    assert [row[1] for row in told_of(session, proposal)] == [cast.wuhai.id, cast.ordos.id]
    clocks = session.execute(
        sa.select(Deadline.due_on, Deadline.ended_at.is_(None))
        .where(Deadline.purpose == "answer")
        .order_by(Deadline.id)
    )
    assert [tuple(row) for row in clocks] == [("2026-03-07", False), ("2026-03-10", True)]
    inside(session, matter, lambda: hear_silence(session, fresh_in(session, proposal), at=at), at)
    assert told_of(session, proposal)[-1][1] == cast.yinchuan.id
    say(session, cast.officer_ordos, proposal, "agree", at)  # silence was nobody's answer: it may be replaced
    assert counted(session, proposal) == {"150300": "agree", "150600": "agree"}


def test_parties_that_leave_or_join_are_counted_anew(
    session: Session, cast: Cast, item: Item, basis: Document, at: datetime
) -> None:
    proposal = asks(session, cast, item, basis, at)
    say(session, cast.officer_wuhai, proposal, "agree", at)
    say(session, officers(cast)["640100"], proposal, "object", at)

    def gone() -> None:
        session.execute(sa.delete(Assignment).where(Assignment.body_id == cast.yinchuan.id))
        recount(session, ("item", item.id), at=at)

    inside(session, item, gone, at)
    assert outcome(session, proposal) == "open"

    def comes() -> None:
        session.add(Assignment(item_id=item.id, body_id=cast.outsider.id, role="join", position=4))
        recount(session, ("item", item.id), at=at)

    inside(session, item, comes, at)
    assert told_of(session, proposal)[-1] == ("asked", cast.outsider.id, None)
    say(session, cast.officer_ordos, proposal, "agree", at)

    def leaves() -> None:
        session.execute(sa.delete(Assignment).where(Assignment.body_id == cast.outsider.id))
        recount(session, ("item", item.id), at=at)

    inside(session, item, leaves, at)
    assert outcome(session, proposal) == "carried"
    assert counted(session, proposal) == {"150300": "agree", "640100": "object", "150600": "agree"}  # kept, not counted


def test_a_suspended_subject_keeps_its_rounds_asleep(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    proposal = put(session, cast.secretariat, matter, "most", at)
    say(session, cast.officer_wuhai, proposal, "agree", at)
    take_step(session, cast.secretariat, TakeStep("matter", matter.number, "rest", reason="等待"), at=at)
    with refused(session, ("round-asleep", None)):
        say(session, cast.officer_ordos, proposal, "agree", at)
    inside(session, matter, lambda: hear_silence(session, fresh_in(session, proposal), at=at), at)
    assert outcome(session, proposal) == "open"
    take(session, cast.secretariat, matter, "wake", at)
    say(session, cast.officer_ordos, proposal, "agree", at)
    assert outcome(session, proposal) == "carried"
    other = put(session, cast.secretariat, matter, "any_one", at)
    take(session, cast.secretariat, matter, "plain", at)
    assert (outcome(session, proposal), outcome(session, other)) == ("left", "left")


def test_a_request_for_changes_makes_other_consent_void(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    other, kept = (put(session, cast.secretariat, matter, trigger, at) for trigger in ("any_one", "two"))
    proposal = put(session, cast.secretariat, matter, "most", at)
    say(session, cast.officer_wuhai, proposal, "object", at)
    assert [outcome(session, each) for each in (proposal, other, kept)] == ["open", "open", "open"]
    say(session, cast.officer_ordos, proposal, "request_change", at)
    assert [outcome(session, each) for each in (proposal, other, kept)] == ["change_requested", "void", "open"]


# ---- two persons


def test_two_persons(session: Session, cast: Cast, agreement: Agreement, basis: Document, at: datetime) -> None:
    item = an_item(session, cast, at, agreement)
    end = Propose("item", item.number, "terminate", basis.number, reason="不再需要")
    take_alone = TakeStep("item", item.number, "terminate", basis.number, reason="不再需要")
    with refused(session, ("second-person-missing", None)):
        take_step(session, cast.officer_wuhai, take_alone, at=at)
    first = propose(session, cast.officer_wuhai, end, at=at)
    assert told_of(session, first) == []
    with refused(session, ("second-person-missing", None)):
        take_step(session, cast.officer_wuhai, take_alone, at=at)
    keep(session, cast, item, at)  # what he proposed is no longer what would be done
    assert outcome(session, first) == "superseded"
    with refused(session, ("second-person-missing", None)):
        take_step(session, cast.secretariat, take_alone, at=at)
    second = propose(session, cast.officer_wuhai, end, at=at)
    with refused(session, ("not-a-voter", "party")):
        say(session, cast.officer_ordos, second, "agree", at)
    take_step(session, cast.secretariat, TakeStep("item", item.number, "terminate"), at=at)
    assert (fresh(session, item).state, outcome(session, second)) == ("terminated", "taken")


def test_consent_and_a_second_person(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    proposal = put(session, cast.officer_wuhai, matter, "two", at)
    for code in ("150300", "150600"):
        say(session, officers(cast)[code], proposal, "agree", at)
    with refused(session, ("second-person-missing", None)):
        take(session, cast.officer_wuhai, matter, "two", at)
    take(session, cast.secretariat, matter, "two", at)
    assert fresh(session, matter).state == "done"


# ---- putting forward and taking back


def test_nobody_is_asked_in_vain(
    session: Session, cast: Cast, agreement: Agreement, item: Item, basis: Document, matter: Matter, at: datetime
) -> None:
    bare = an_item(session, cast, at, agreement, position=2, state="achieved", stage="in_progress")
    with refused(session, ("mechanism-recorded", None), ("evidence-missing", None), ("basis-missing", None)):
        put(session, cast.officer_wuhai, bare, "institutionalise", at)
    with refused(session, ("not-your-role", None)):
        put(session, cast.officer_ordos, item, "institutionalise", at, basis.number)
    with refused(session, ("nothing-to-propose", None)):
        put(session, cast.secretariat, matter, "plain", at)
    with refused(session, ("wrong-state", None)):
        put(session, cast.officer_wuhai, item, "begin", at, basis.number)
    with refused(session, ("merge-only", "merge_into")):
        ask = Propose("item", item.number, "institutionalise", basis.number, merge_into=bare.number)
        propose(session, cast.officer_wuhai, ask, at=at)
    asks(session, cast, item, basis, at)
    with refused(session, ("proposal-open", None)):
        asks(session, cast, item, basis, at)

    def alone() -> None:
        session.execute(sa.delete(MatterParty).where(MatterParty.role == "join"))

    inside(session, matter, alone, at)
    with refused(session, ("out-of-reach", None)):
        put(session, cast.secretariat, matter, "two", at)


def test_who_may_put_forward_and_take_back(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> Matter:
        return a_matter(session, cast, at, number)

    assert who_may(session, cast, make, lambda actor, one: put(session, actor, one, "most", at)) == told(
        may="officer_wuhai officer_ordos secretariat", may_not="viewer auditor", not_found=OUTSIDE
    )

    def proposed(number: int) -> Proposal:
        return put(session, cast.officer_wuhai, make(100 + number), "most", at)

    assert who_may(
        session, cast, proposed, lambda actor, one: withdraw(session, actor, WithdrawProposal(one.id), at=at)
    ) == told(may="officer_wuhai secretariat", may_not="officer_ordos viewer auditor", not_found=OUTSIDE)


def test_what_was_taken_back_is_void(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    proposal = put(session, cast.officer_wuhai, matter, "most", at)
    withdraw(session, cast.secretariat, WithdrawProposal(proposal.id), at=at)
    assert (outcome(session, proposal), told_of(session, proposal)[-1][0]) == ("void", "decided")
    assert say(session, cast.officer_ordos, proposal, "agree", at).standing == "late"
    with refused(session, ("proposal-closed", None)):
        withdraw(session, cast.secretariat, WithdrawProposal(proposal.id), at=at)
    with answered(session, NotFound):
        withdraw(session, cast.secretariat, WithdrawProposal(proposal.id + 1), at=at)
    assert put(session, cast.officer_wuhai, matter, "most", at).number == 2
