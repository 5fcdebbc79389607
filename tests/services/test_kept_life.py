"""Lives of matters under random definitions, through the services and in the database: what must hold after every act.

The register's rows are asked after each act, never the objects that the act worked with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.domain.guards import GUARDS, VOCABULARY
from registry.errors import NotPermitted, Refused, RegistryError, Stale
from registry.ledger import atomic, seal
from registry.models import (
    Body,
    Deadline,
    Grant,
    LedgerEntry,
    Matter,
    MatterParty,
    Notice,
    Person,
    Proposal,
    Step,
    Vote,
)
from registry.permissions import Actor, Held, the_register
from registry.queries.facts import Standing, standing_of
from registry.services import consent, moves
from registry.services.consent import Answer, Propose, WithdrawProposal
from registry.services.documents import AddDocument, add_document
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.matter_values import at_opening
from registry.services.matters import OpenMatter, open_matter
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import publish_procedure
from registry.services.proposals import living
from registry.services.sweep import sweep
from tests.cast import BEGIN, Cast, the_cast
from tests.conftest import EXAMPLES, check_registry
from tests.workflows.strategies import sound_data
from workflows import Definition, Transition, check, load_published
from workflows.engine import explain

LIVES = 100
"""Lives kept in CI, by `make test-long`."""
CLOSED = frozenset({"refused", "change_requested", "superseded", "void", "left", "taken"})
VALUES = {"note": "只有本单位可见", "due_on": "2026-06-30", "grade": "甲"}


def without_guards(data: dict[str, Any]) -> dict[str, Any]:
    """A random definition that asks only for what the register gathers."""
    arrows = [
        {name: part for name, part in each.items() if name != "guards"}
        for each in data["transitions"]
        if "when" not in each
    ]
    return {**data, "facts": {}, "transitions": arrows}


DEFINITIONS = (
    sound_data()
    .filter(lambda data: data["subject"] == "matter" and data.get("parties", {}).get("at_least", 1) <= 3)
    .map(without_guards)
    .filter(lambda data: any(each.get("consent") or each.get("two_person") for each in data["transitions"]))
    .map(lambda data: json.dumps(data, ensure_ascii=False))
    .filter(lambda text: not any(each.refuses for each in check(text, VOCABULARY)))
)


class Kept(RuleBasedStateMachine):
    """One matter: stepped, put to others, answered, swept, left by parties; and the rows that must tell one story."""

    make_database: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.engine = open_engine(self.make_database())
        self.session: Session = sessions(self.engine)()
        self.at: datetime = BEGIN

    def teardown(self) -> None:
        check_registry(self.session)
        self.session.close()
        self.engine.dispose()

    @initialize(source=DEFINITIONS)
    def begin(self, source: str) -> None:
        session, at = self.session, self.at
        cast = self.cast = the_cast(session, at)
        publish_procedure(session, the_register("command"), source, at=at)
        self.officers = {
            cast.wuhai.code: cast.officer_wuhai,
            cast.ordos.code: cast.officer_ordos,
            cast.yinchuan.code: officer(session, cast, cast.yinchuan, at),
        }
        self.actors = [
            *self.officers.values(),
            cast.secretariat,
            second_secretary(session, cast, at),
            cast.officer_outsider,
        ]
        self.basis = add_document(
            session, cast.secretariat, AddDocument("依据", "reply", "蒙联发〔2026〕9号", issuer=cast.wuhai.code), at=at
        ).number
        offered = at_opening(load_published(source, VOCABULARY))
        asked = OpenMatter(
            "random", "随机事项", grouping=cast.grouping.code, host=cast.wuhai.code, leads=(cast.wuhai.code,),
            joins=(cast.ordos.code, cast.yinchuan.code), values={each.id: VALUES[each.id] for each in offered},
        )  # fmt: skip
        self.number = open_matter(session, cast.secretariat, asked, at=at).number
        self.subject = ("matter", session.execute(sa.select(Matter.id)).scalar_one())
        self.outcomes: dict[int, str] = {}
        self.opened = self.standing().definition.initial

    # ---- what is asked of the rows

    def standing(self, actor: Actor | None = None, **more: Any) -> Standing:
        self.session.rollback()
        self.session.expire_all()
        return standing_of(self.session, self.subject, actor or self.cast.nobody, **more)

    @property
    def definition(self) -> Definition:
        return self.standing().definition

    def world(self) -> tuple[Any, ...]:
        """Whatever an act may change, as a few numbers: entries, and the content of the rows that count."""
        self.session.rollback()
        asked = (
            (Matter.state, Matter.revision),
            (Step.id,),
            (Vote.id, Vote.standing),
            (Proposal.id, Proposal.outcome),
            (Notice.id,),
        )
        rows = [tuple(map(tuple, self.session.execute(sa.select(*columns).order_by(*columns)))) for columns in asked]
        return self.session.execute(sa.select(sa.func.count(LedgerEntry.index))).scalar_one(), *rows

    def try_it(self, act: Callable[[], object]) -> BaseException | None:
        """Do it; what is refused leaves the world as it was, but for a round that is asked anew because its content changed."""
        before = self.world()
        try:
            act()
        except Stale as stale:
            return stale
        except RegistryError as refused:
            assert self.world() == before
            return refused
        return None

    # ---- acts

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """A step succeeds exactly when `explain` has nothing to say, and leaves exactly its own step rows."""
        trigger = self.some_trigger(data, lambda each: each.kind != "entry")
        actor = data.draw(st.sampled_from(self.actors))
        self.take(actor, trigger)

    def some_trigger(self, data: st.DataObject, fits: Callable[[Transition], bool]) -> str:
        """A trigger, mostly one that leaves the present state; the empty one where none fits."""
        standing = self.standing()
        fitting = [each for each in standing.definition.transitions if fits(each)]
        near = [each for each in fitting if standing.state in each.sources]
        pool = near if near and data.draw(st.integers(0, 4)) else fitting
        return data.draw(st.sampled_from(sorted({each.trigger for each in pool}))) if pool else ""

    def take(self, actor: Actor, trigger: str) -> None:
        standing = self.standing(actor, basis=True, reason=True, given=VALUES)
        arrow = moves.arrow_of(standing, trigger)
        if arrow and (arrow.consent or arrow.two_person) and (proposal := living(self.session, standing, arrow)):
            standing = self.standing(
                actor, basis=proposal.basis_id is not None, reason=proposal.reason is not None, given=VALUES
            )
        unmet = explain(standing.definition, GUARDS, standing.state, trigger, standing.facts)
        values = {name: VALUES[name] for name in (arrow.asks if arrow else ())}
        ask = TakeStep("matter", self.number, trigger, self.basis, None, "因为", values=values)
        steps = self.count(Step)
        refused = self.try_it(lambda: take_step(self.session, actor, ask, at=self.at))
        assert (refused is None) == (not unmet) or isinstance(refused, NotPermitted)
        if refused is None:
            row = self.session.execute(sa.select(Step).order_by(Step.id.desc()).limit(1)).scalar_one()
            assert self.count(Step) > steps
            assert self.standing().state == row.to_state
        elif isinstance(refused, Refused):
            assert {reason.code for reason in refused.reasons} == {each.code for each in unmet}

    @rule(data=st.data())
    def put_forward(self, data: st.DataObject) -> None:
        actor = data.draw(st.sampled_from(self.actors))
        trigger = self.some_trigger(data, lambda each: bool(each.consent or each.two_person))
        if trigger:
            ask = Propose("matter", self.number, trigger, self.basis, reason="因为")
            self.try_it(lambda: consent.propose(self.session, actor, ask, at=self.at))

    @rule(data=st.data())
    def go_through_with_it(self, data: st.DataObject) -> None:
        """Papers are shown, the step is put forward, all agree, and somebody else takes it."""
        trigger = self.some_trigger(data, lambda each: bool(each.consent or each.two_person))
        arrow = moves.arrow_of(self.standing(), trigger)
        if arrow is None:
            return
        for need in arrow.evidence:
            for actor in self.actors[:4] * need.min:
                ask = ShowEvidence("matter", self.number, need.type, self.basis)
                self.try_it(partial(show_evidence, self.session, actor, ask, at=self.at))
        for actor in self.actors[:5]:
            self.try_it(
                partial(
                    consent.propose,
                    self.session,
                    actor,
                    Propose("matter", self.number, trigger, self.basis, reason="因为"),
                    at=self.at,
                )
            )
        for each in self.rounds()[-1:]:
            for code, actor in self.officers.items():
                ask_them = Answer(each.id, code, "agree", content=each.content)
                self.try_it(partial(consent.answer, self.session, actor, ask_them, at=self.at))
        for actor in (self.actors[4], self.actors[0]):
            self.take(actor, trigger)

    @precondition(lambda self: self.count(Proposal) > 0)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """An officer answers for the own party alone; what comes after the decision is kept and changes nothing."""
        proposal = self.session.get_one(Proposal, data.draw(st.integers(1, self.count(Proposal))))
        code = data.draw(st.sampled_from(sorted(self.officers)))
        actor = data.draw(st.sampled_from([self.officers[code], *self.actors]))
        said = data.draw(st.sampled_from(["agree", "agree", "object", "abstain", "request_change"]))
        ask = Answer(proposal.id, code, said, "本单位意见", content=proposal.content)
        decided, state = proposal.outcome in CLOSED | {"carried"}, self.standing().state
        refused = self.try_it(lambda: consent.answer(self.session, actor, ask, at=self.at))
        if actor is not self.officers[code]:
            assert isinstance(refused, RegistryError)
        if refused is None and decided:
            vote = self.session.execute(sa.select(Vote).order_by(Vote.id.desc()).limit(1)).scalar_one()
            assert vote.standing == "late"
            assert self.standing().state == state

    @precondition(lambda self: self.count(Proposal) > 0)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        ask = WithdrawProposal(data.draw(st.integers(1, self.count(Proposal))))
        actor = data.draw(st.sampled_from(self.actors))
        self.try_it(lambda: consent.withdraw(self.session, actor, ask, at=self.at))

    @rule(data=st.data())
    def show_a_paper(self, data: st.DataObject) -> None:
        """Changed content: what was open or carried for the old one counts no longer."""
        actor = data.draw(st.sampled_from(self.actors))
        ask = ShowEvidence("matter", self.number, data.draw(st.sampled_from(["paper", "scan"])), self.basis)
        asked = {each.id for each in self.rounds() if each.outcome in ("open", "carried")}
        if self.try_it(lambda: show_evidence(self.session, actor, ask, at=self.at)) is None:
            assert not asked & {each.id for each in self.rounds() if each.outcome in ("open", "carried")}

    @rule(days=st.sampled_from([0, 1, 3, 10, 40]), again=st.booleans())
    def the_sweep_comes(self, days: int, again: bool) -> None:
        self.at += timedelta(days=days)
        result = sweep(self.session, at=self.at)
        assert result.failures == ()
        if again:
            before = self.world()
            repeated = sweep(self.session, at=self.at)
            assert (repeated.notices, repeated.steps) == (0, 0)
            assert self.world() == before

    @rule(data=st.data())
    def a_party_leaves(self, data: st.DataObject) -> None:
        """Its vote counts no longer in an open round; what is decided stays."""
        rows = self.session.execute(sa.select(MatterParty).where(MatterParty.role == "join")).scalars().all()
        if len(rows) + 1 <= self.definition.parties.at_least or not rows:
            return
        row = data.draw(st.sampled_from(rows))
        with atomic(self.session) as book:
            self.session.delete(self.session.get_one(MatterParty, row.id))
            consent.recount(self.session, self.subject, at=self.at)
            book.record(act="matter.leave", actor=the_register("command"), subject=self.subject, at=self.at)

    # ---- what always holds

    def count(self, model: Any) -> int:
        return int(self.session.execute(sa.select(sa.func.count(model.id))).scalar_one())

    def rounds(self) -> list[Proposal]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.execute(sa.select(Proposal).order_by(Proposal.id)).scalars())

    @invariant()
    def no_decision_flips(self) -> None:
        for each in self.rounds():
            was = self.outcomes.get(each.id, "open")
            assert was == each.outcome or was == "open" or (was == "carried" and each.outcome in CLOSED)
            assert (each.decided_at is None) == (each.outcome == "open")
            self.outcomes[each.id] = each.outcome

    @invariant()
    def one_counted_vote_of_each_party_that_may_vote(self) -> None:
        counted = sa.select(Vote.proposal_id, Vote.body_id).where(Vote.standing == "counted")
        pairs = list(self.session.execute(counted))
        assert len(pairs) == len(set(pairs))
        own = sa.select(Vote.id).where(
            Vote.tacit.is_(False), ~sa.exists().where(Person.id == Vote.person_id, Person.body_id == Vote.body_id)
        )
        assert self.session.execute(own).all() == []

    @invariant()
    def a_step_rests_on_its_own_consent(self) -> None:
        definition = self.definition
        taken = self.session.execute(sa.select(Step.transition, sa.func.count()).group_by(Step.transition)).all()
        carried = (
            sa.select(Proposal.transition, sa.func.count())
            .where(Proposal.outcome == "taken")
            .group_by(Proposal.transition)
        )
        rounds = dict(list(self.session.execute(carried)))
        for name, times in taken:
            arrow = definition.transition(name)
            if arrow.consent or arrow.two_person:
                assert rounds.get(name) == times

    @invariant()
    def a_time_limit_runs_only_in_its_state(self) -> None:
        standing = self.standing()
        asleep = standing.definition.states[standing.state].stage == "as_before"
        running = self.session.execute(
            sa.select(Deadline).where(Deadline.ended_at.is_(None), Deadline.purpose != "answer")
        ).scalars()
        for each in running:
            assert each.state == standing.state or (asleep and each.stopped_on is not None)


def officer(session: Session, cast: Cast, body: Body, at: datetime) -> Actor:
    return _person(session, cast, f"officer-{body.code}", Held("officer", body.id), body, at)


def second_secretary(session: Session, cast: Cast, at: datetime) -> Actor:
    return _person(session, cast, "second-secretary", Held("secretariat", None, cast.grouping.id), None, at)


def _person(session: Session, cast: Cast, login: str, held: Held, body: Body | None, at: datetime) -> Actor:
    with atomic(session) as book:
        person = Person(
            login=login, name=seal(session, login, body_id=body.id if body else None), post="test", body_id=body.id if body else None,
            active=True, language="zh", session_key=hashlib.sha256(login.encode()).hexdigest()[:32],
        )  # fmt: skip
        session.add(person)
        session.flush()
        session.add(
            Grant(person_id=person.id, role=held.role, body_id=held.body_id, grouping_id=held.grouping_id, since=at)
        )
        book.record(act="person.add", actor=the_register("command"), subject=("person", person.id), at=at)
    return Actor(
        person_id=person.id, name=person.name, post="test", body_id=person.body_id, body_code=body.code if body else None,
        held=(held,), groupings=frozenset({cast.grouping.id}),
    )  # fmt: skip


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("lives", [6, pytest.param(max(LIVES, EXAMPLES), marks=pytest.mark.long)])
def test_lives_of_matters_are_kept(make_database: Callable[[], str], lives: int) -> None:
    machine = type("Lives", (Kept,), {"make_database": staticmethod(make_database)})
    # Not shrunk: a life is slow, and the acts that failed are told anyway.
    rare = [
        hypothesis.HealthCheck.filter_too_much,
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ]
    played = settings(
        max_examples=lives,
        stateful_step_count=12,
        phases=[hypothesis.Phase.generate],
        deadline=None,
        suppress_health_check=rare,
    )
    run_state_machine_as_test(machine, settings=played)
