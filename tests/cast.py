"""The fixed cast, and builders of what they act on. Rows of invented people and accords; each builder is one recorded act."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from registry.ledger import atomic, seal
from registry.models import (
    Agreement,
    AgreementParty,
    AgreementText,
    Assignment,
    Body,
    Grant,
    Grouping,
    Item,
    Membership,
    Person,
    Register,
    Step,
)
from registry.permissions import ANONYMOUS, Actor, Held, the_register
from registry.services.procedures import current_procedure, publish_shipped

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""The moment at which every test begins: a Monday, nine in the morning in Shanghai."""
PASSWORD = "correct horse battery staple"
"""Of everybody in the cast."""
SECRET = "only for tests"
"""What cookies and forms are signed with."""
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes a thousand times as fast as the register's own: what tests hash protects nobody."""
TEXT = "示例协议文本".encode()
"""The text that the built agreements settle on."""


class Clock:
    """A clock that moves only when told."""

    def __init__(self, at: datetime = BEGIN) -> None:
        self.at = at

    def advance(self, **by: float) -> datetime:
        """Move by a timedelta's arguments (days=1) and tell the new time."""
        self.at += timedelta(**by)
        return self.at


class Chance:
    """Random bytes that are the same in every run: SHA-256 of a counter."""

    def __init__(self, seed: str = "") -> None:
        self.seed = seed
        self.drawn = 0

    def __call__(self, count: int) -> bytes:
        """The next `count` bytes, 32 at most."""
        self.drawn += 1
        return hashlib.sha256(f"{self.seed}{self.drawn}".encode()).digest()[:count]


ACTORS = (
    "officer_wuhai", "officer_ordos", "officer_outsider", "viewer", "auditor", "secretariat", "administrator", "nobody",
)  # fmt: skip
"""Everybody of the cast whom a question is asked of, by role."""


@dataclass(frozen=True)
class Cast:
    """Same people, same questions for each act.

    Three cities of one grouping; 乌海 hosts. `outsider` is a city that belongs to no grouping.
    """

    wuhai: Body
    ordos: Body
    yinchuan: Body
    outsider: Body
    grouping: Grouping
    officer_wuhai: Actor
    officer_ordos: Actor
    officer_outsider: Actor
    viewer: Actor  # of 鄂尔多斯
    auditor: Actor
    secretariat: Actor  # of the grouping
    administrator: Actor
    nobody: Actor = field(default=ANONYMOUS)

    @property
    def actors(self) -> dict[str, Actor]:
        """Everybody by role: for questions that are asked of each."""
        return {name: getattr(self, name) for name in ACTORS}


@functools.cache
def hash_of(password: str) -> str:
    """Argon2 hash as the register stores it, but weak."""
    return HASHER.hash(password)


def the_cast(session: Session, at: datetime) -> Cast:
    """The register, its three cities, one outsider, one grouping, seven people with their grants, and the procedures."""
    host = the_register("command")
    with atomic(session) as book:
        session.add(
            Register(
                id=1,
                name_zh="示例登记簿",
                name_en="Sample register",
                origin="example.test/register",
                public_key="",
                zone="Asia/Shanghai",
            )
        )
        book.record(act="register.init", actor=host, subject=("register", 1), at=at)
        publish_shipped(session, host, at=at)

        cities = [
            Body(code=code, gb_code=code, name_zh=name, kind="city", signs=True, sample=False)
            for code, name in (
                ("150300", "乌海市"),
                ("150600", "鄂尔多斯市"),
                ("640100", "银川市"),
                ("610800", "榆林市"),
            )
        ]
        wuhai, ordos, yinchuan, outsider = cities
        grouping = Grouping(code="mxsmy", name_zh="蒙西四盟市", kind="city_cluster", sample=False)
        session.add_all([*cities, grouping])
        session.flush()
        for position, (body, role) in enumerate(((wuhai, "host"), (ordos, "member"), (yinchuan, "member")), 1):
            session.add(Membership(grouping_id=grouping.id, body_id=body.id, role=role, position=position))
        book.record(act="body.add", actor=host, subject=("grouping", grouping.id), at=at)

        members = frozenset({grouping.id})

        def person(login: str, name: str, role: str, body: Body | None = None, *, of_grouping: bool = False) -> Actor:
            digest = seal(session, name, body_id=body.id if body else None)
            body_id, grouping_id = body.id if body else None, grouping.id if of_grouping else None
            somebody = Person(
                login=login, name=digest, post=f"{role} of a test", body_id=body_id, active=True, language="zh",
                password_hash=hash_of(PASSWORD), session_key=hashlib.sha256(login.encode()).hexdigest()[:32],
            )  # fmt: skip
            session.add(somebody)
            session.flush()
            session.add(Grant(person_id=somebody.id, role=role, body_id=body_id, grouping_id=grouping_id, since=at))
            book.record(act="person.add", actor=host, subject=("person", somebody.id), at=at)
            return Actor(
                person_id=somebody.id, name=digest, post=somebody.post, body_id=body_id, body_code=body.code if body else None,
                held=(Held(role, body_id, grouping_id),),
                groupings=members if of_grouping or (body and body is not outsider) else frozenset(),
            )  # fmt: skip

        return Cast(
            *cities,
            grouping,
            officer_wuhai=person("wuhai", "张三", "officer", wuhai),
            officer_ordos=person("ordos", "李四", "officer", ordos),
            officer_outsider=person("yulin", "王五", "officer", outsider),
            viewer=person("viewer", "赵六", "viewer", ordos),
            auditor=person("auditor", "钱七", "auditor"),
            secretariat=person("secretariat", "孙八", "secretariat", of_grouping=True),
            administrator=person("administrator", "周九", "administrator"),
        )


def found_again(session: Session, cast: Cast) -> Cast:
    """The same cast in a copy of the database that it was made in."""
    bodies = {
        name: session.get_one(Body, getattr(cast, name).id) for name in ("wuhai", "ordos", "yinchuan", "outsider")
    }
    again = replace(cast, grouping=session.get_one(Grouping, cast.grouping.id), **bodies)
    session.commit()  # ends the reading, and keeps what was read
    return again


def procedure(session: Session, slug: str) -> int:
    """Id of the newest published version of a procedure."""
    return current_procedure(session, slug)[1]


def an_agreement(
    session: Session,
    cast: Cast,
    at: datetime,
    *,
    number: str = "mxsmy-2026-01",
    state: str = "open",
    stage: str = "signing",
    parties: Sequence[Body] | None = None,
    level: str = "members",
    text: bytes | None = TEXT,
    sample: bool = False,
) -> Agreement:
    """An agreement with its parties (the three cities) and its settled text, entered in a state by one step."""
    parties = [cast.wuhai, cast.ordos, cast.yinchuan] if parties is None else parties
    with atomic(session) as book:
        agreement = Agreement(
            number=number, title_zh="示例合作框架协议", kind="framework_agreement", grouping_id=cast.grouping.id, host_id=cast.wuhai.id,
            level=level, state=state, stage=stage, procedure_id=procedure(session, "cooperation-agreement"),
            party_list="complete", backfilled=False, revision=1, sample=sample,
        )  # fmt: skip
        session.add(agreement)
        session.flush()
        for position, body in enumerate(parties, 1):
            session.add(AgreementParty(agreement_id=agreement.id, body_id=body.id, position=position))
        if text is not None:
            sha256 = hashlib.sha256(text).hexdigest()
            session.add(AgreementText(agreement_id=agreement.id, version=1, sha256=sha256, language="zh-Hans"))
        session.add(_entered("agreement", agreement.id, agreement.procedure_id, state, at))
        book.record(act="agreement.create", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    return agreement


def an_item(
    session: Session,
    cast: Cast,
    at: datetime,
    agreement: Agreement,
    *,
    position: int = 1,
    state: str = "intent",
    stage: str = "intent",
    level: str | None = None,
    lead: Body | None = None,
) -> Item:
    """An item of an agreement in a state, led by 乌海 unless told, joined by 鄂尔多斯."""
    with atomic(session) as book:
        item = Item(
            number=f"{agreement.number}-{position:03}", title_zh=f"示例事项{position}", agreement_id=agreement.id, position=position,
            state=state, stage=stage, procedure_id=procedure(session, "cooperation-item"),
            grade="not_reported",
            level=level, backfilled=False, revision=1, sample=agreement.sample,
        )  # fmt: skip
        session.add(item)
        session.flush()
        for order, (body, role) in enumerate(((lead or cast.wuhai, "lead"), (cast.ordos, "join")), 1):
            session.add(Assignment(item_id=item.id, body_id=body.id, role=role, position=order))
        session.add(_entered("item", item.id, item.procedure_id, state, at))
        book.record(act="item.add", actor=cast.secretariat, subject=("item", item.id), at=at)
    return item


def _entered(kind: str, subject_id: int, procedure_id: int, state: str, at: datetime) -> Step:
    return Step(
        subject_kind=kind, subject_id=subject_id, position=1, procedure_id=procedure_id, transition="enter", kind="entry",
        from_state=None, to_state=state, recorded_at=at,
    )  # fmt: skip


RandomBytes = Callable[[int], bytes]
"""What `session.info["random_bytes"]` holds."""
