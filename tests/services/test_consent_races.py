"""Four processes answer, think again and take the step at once: no vote is lost, none counts twice, each step is taken once."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Agreement, Item, Proposal, Step, Vote
from registry.permissions import Actor
from tests.cast import Cast
from tests.conftest import DATABASES, EXAMPLES
from tests.services.acts import a_document
from tests.services.rounds import an_item_to_institutionalise, officers, put
from tests.services.voter import STEP, Round, act, work

LONG = 300 if EXAMPLES >= 500 else 60
"""Items of a long run: 300 in a drill, 60 in CI."""
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.services.voter"])  # imported once, not in every child
PLANS = {
    "lead": ("agree", "agree", STEP),
    "join": ("abstain", "agree"),
    "other": ("abstain", "agree"),
    "again": ("agree", STEP, STEP),
}
"""What each process does in every round; the last one acts for the lead, too."""


def at_once(url: str, actors: dict[str, Actor], rounds: list[Round]) -> Counter[str]:
    """Every plan in a process of its own; how often each ending came."""
    together = PROCESSES.Barrier(len(actors))
    running, ended = [], Counter[str]()
    for name, actor in actors.items():
        here, there = PROCESSES.Pipe(duplex=False)
        child = PROCESSES.Process(target=work, args=(url, actor, rounds, PLANS[name], together, there))
        child.start()
        there.close()  # or its end would never be seen
        running.append((child, here))
    for child, here in running:
        ended += here.recv()
        child.join(30)
        here.close()
        assert child.exitcode == 0
    return ended


@pytest.mark.parametrize("make_database", [name for name in DATABASES if name == "postgresql"], indirect=True)
@pytest.mark.parametrize("items", [8, pytest.param(LONG, marks=pytest.mark.long)])
def test_all_parties_answer_and_step_at_once(
    session: Session, cast: Cast, agreement: Agreement, database_url: str, at: datetime, items: int
) -> None:
    basis = a_document(session, at)
    rounds = []
    for position in range(1, items + 1):
        item = an_item_to_institutionalise(session, cast, at, agreement, basis, position)
        proposal = put(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
        rounds.append(Round(item.number, proposal.id))
    own = officers(cast)
    actors = {"lead": own["150300"], "join": own["150600"], "other": own["640100"], "again": own["150300"]}
    session.rollback()
    ended = at_once(database_url, actors, rounds)
    for one in rounds:  # whoever tried too early tries again
        ended.update([act(session, cast.officer_wuhai, one, STEP)])

    answers = sum(word != STEP for plan in PLANS.values() for word in plan)
    assert ended["counted"] + ended["late"] == answers * items
    assert ended["taken"] == items
    assert set(ended) <= {"counted", "late", "taken", "consent-open", "wrong-state"}
    session.rollback()
    votes = Counter(session.execute(sa.select(Vote.standing)).scalars())
    assert votes.total() == answers * items
    per_party = sa.select(sa.func.count()).where(Vote.standing == "counted").group_by(Vote.proposal_id, Vote.body_id)
    assert session.scalars(per_party).all() == [1] * 3 * items
    assert set(session.scalars(sa.select(Proposal.outcome))) == {"taken"}
    assert set(session.scalars(sa.select(Item.state))) == {"long_term_mechanism"}
    steps = sa.select(sa.func.count()).where(Step.transition == "institutionalise").group_by(Step.subject_id)
    assert session.scalars(steps).all() == [1] * items
