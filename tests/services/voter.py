"""A process that answers rounds of consent, thinks again and takes the step, at the same moment as others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

from sqlalchemy.orm import Session

from registry.db import open_engine, sessions
from registry.errors import Refused
from registry.permissions import Actor
from registry.services.consent import Answer, answer
from registry.services.moves import TakeStep, take_step
from tests.cast import BEGIN

STEP = "step"
"""What one does instead of answering."""


@dataclass(frozen=True)
class Round:
    """An item and the round that its step waits for."""

    item: str
    proposal: int


def act(session: Session, actor: Actor, one: Round, what: str) -> str:
    """Answer, or take the step; how that ended: counted, late, taken, or the code of the refusal."""
    try:
        if what == STEP:
            take_step(session, actor, TakeStep("item", one.item, "institutionalise"), at=BEGIN)
            return "taken"
        return answer(session, actor, Answer(one.proposal, actor.body_code or "", what), at=BEGIN).standing
    except Refused as refused:
        return refused.reasons[0].code


def work(
    url: str, actor: Actor, rounds: Sequence[Round], plan: Sequence[str], together: Barrier, told: Connection
) -> None:
    """Carry out the plan in every round, each begun together with the others; tell how often each ending came."""
    engine = open_engine(url)
    ended: Counter[str] = Counter()
    with sessions(engine)() as session:
        for one in rounds:
            together.wait(60)
            ended.update(act(session, actor, one, what) for what in plan)
    engine.dispose()
    told.send(ended)
