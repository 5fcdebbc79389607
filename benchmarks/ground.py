"""What the benchmarks stand on: a fresh register with items, and interleaved rounds."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

import registry.services.items
from registry.db import WRITE, begin_write, open_engine, sessions
from registry.ledger import atomic, capture
from registry.ledger.schema import upgrade
from registry.models import Body, Document
from registry.permissions import Actor, Held, the_register
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.items import AddItem, add_item
from registry.services.moves import TakeStep, take_step
from registry.services.register import InitRegister, init_register

AT = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
OFFICER = Actor(
    person_id=1,
    name="0" * 64,
    post="呼和浩特市发展和改革委员会 联络员",
    body_id=1,
    body_code="150100",
    held=(Held("officer", 1),),
)
BASIS = "东政发〔2017〕66号"


def listed_items(url: str, count: int) -> tuple[sessionmaker[Session], list[str]]:
    """A new register at the URL with one agreement of two parties and `count` listed items, each with a result to show."""
    engine = open_engine(url)
    upgrade(engine, at=AT)
    register = the_register("command")
    with sessions(engine)() as session:
        init_register(
            session, register, InitRegister("登记", "Register", "bench", "key", "Asia/Shanghai", "token"), at=AT
        )
        with atomic(session) as book:
            for code, name in (("150100", "呼和浩特市"), ("150200", "包头市")):
                session.add(Body(code=code, name_zh=name, kind="city", signs=True, sample=False))
            session.flush()
            session.add(
                Document(
                    number="doc-2017-01",
                    title="实施方案",
                    kind="plan",
                    document_number=BASIS,
                    level="public",
                    sample=False,
                )
            )
            book.record(act="body.add", actor=register, subject=("party", 1), at=AT)
        agreement = create_agreement(
            session,
            register,
            CreateAgreement("合作框架协议", "framework_agreement", ("150100", "150200"), year=2017),
            at=AT,
        )
        with atomic(session):
            numbers = [_listed(session, register, agreement.number, place) for place in range(1, count + 1)]
    return sessions(engine), numbers


def _listed(session: Session, actor: Actor, agreement: str, place: int) -> str:
    title = f"共建区域一体化综合交通运输网络重点项目第{place}项，由牵头城市会同各成员城市研究提出实施方案，报联席会议审定后组织实施"
    item = add_item(session, actor, AddItem(agreement, title, leads=("150100",), joins=("150200",)), at=AT)
    for kind in ("consensus", "conditions", "result"):
        show_evidence(session, actor, ShowEvidence("item", item.number, kind, BASIS), at=AT)
    take_step(session, actor, TakeStep("item", item.number, "list", BASIS), at=AT)
    return item.number


class NoBook:
    """Stands where the history stands: writes the act's own rows and keeps no trace."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, **_: Any) -> None:
        """Flush, as the history does before it gathers."""
        self._session.flush()


@contextmanager
def plain(session: Session) -> Iterator[NoBook]:
    """The same transaction without history: same BEGIN, same durability, same reads, same business writes."""
    begin_write(session)
    try:
        yield NoBook(session)
        session.flush()
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def without_history(factory: sessionmaker[Session]) -> Iterator[None]:
    """No triggers on this database, and item services that write plainly."""
    engine: sa.Engine = factory.kw["bind"]
    with engine.connect() as connection:
        writing = connection.execution_options(**{WRITE: True})
        with writing.begin():
            capture.remove(writing)
    kept = registry.services.items.atomic
    registry.services.items.atomic = plain  # type: ignore[assignment]  # a stand-in on purpose
    try:
        yield
    finally:
        registry.services.items.atomic = kept


def interleaved(rounds: int, measures: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Results by name, a round after the other; another name begins each round, so that no place in the order favours anybody."""
    names = list(measures)
    results: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            results[name].append(measures[name]())
    return results


def ratio(results: Mapping[str, list[float]], above: str, below: str) -> tuple[float, float, float]:
    """Lower quartile, median and upper quartile of the ratio within each round."""
    ratios = [a / b for a, b in zip(results[above], results[below], strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return low, middle, high
