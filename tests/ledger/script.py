"""A register that grows by a script: the same seed gives the same acts, whatever database they are written to."""

import hashlib
from collections.abc import Callable
from datetime import UTC, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic, seal
from registry.ledger.book import Book
from registry.models import (
    Act,
    Agreement,
    AgreementText,
    Alias,
    Body,
    Department,
    Item,
    Membership,
    Report,
    Step,
    StoredFile,
)
from tests.cast import Cast, Clock, an_agreement, an_item, the_cast

NOTES = (
    "一",
    "'; DROP TABLE body; --",
    '{"json": [1, 1.50]}',
    'emoji 🏙 \\ " / \u2028',
    "x" * 5000,
    "乌" * 1366,
    "",
    None,
)


class Script:
    """The acts of one seed."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session = session
        self.random = Random(seed)  # a script, no secret
        self.clock = Clock()
        self.cast: Cast = the_cast(session, self.clock.at)
        self.agreements = [
            an_agreement(session, self.cast, self.clock.at, number=f"mxsmy-2026-{number:02}").id for number in (1, 2)
        ]
        for agreement in self.agreements:
            for position in (1, 2):
                an_item(session, self.cast, self.clock.at, session.get(Agreement, agreement), position=position)

    def play(self, acts: int) -> None:
        """So many transactions; now and then two acts in one, and now and then one that fails."""
        for _ in range(acts):
            self.clock.advance(seconds=self.random.uniform(0, 5000))
            with atomic(self.session) as book:
                for _ in range(self.random.choice((1, 1, 1, 2))):
                    self.random.choice(ACTS)(self, book)
            if self.random.random() < 0.1:
                self._fail()

    def _fail(self) -> None:
        """Changes a row, then fails: nothing of it may be left. Inserts nothing, for PostgreSQL's keys do not come back."""
        try:
            with atomic(self.session):
                self.session.get(Body, 1).note = "lost"
                self.session.flush()
                raise KeyError
        except KeyError:
            pass

    def record(self, book: Book, act: str, kind: str, subject_id: int) -> None:
        """The entry, in the name of somebody."""
        actor = self.random.choice([*self.cast.actors.values()])
        book.record(act=act, actor=actor, subject=(kind, subject_id), at=self.clock.at)

    def some(self, model: type) -> object:
        """Any row of a table, or None."""
        ids = self.session.scalars(sa.select(model.id).order_by(model.id)).all()
        return self.session.get(model, self.random.choice(ids)) if ids else None


def correct_body(script: Script, book: Book) -> None:
    body = script.some(Body)
    body.note, body.name_en = script.random.choice(NOTES), script.random.choice(NOTES[:4])
    body.sample = script.random.random() < 0.5
    script.record(book, "body.correct", "party", body.id)


def add_body(script: Script, book: Book) -> None:
    code = f"b{script.session.scalar(sa.select(sa.func.count()).select_from(Body))}"
    script.session.add(
        body := Body(
            code=code, name_zh=f"示例市{code}", kind="city", signs=True, sample=True, note=script.random.choice(NOTES)
        )
    )
    script.session.flush()
    script.session.add_all(
        [
            Department(body_id=body.id, name_zh=f"部门{number}", sample=True)
            for number in range(script.random.randrange(4))
        ]
    )
    script.session.add(Alias(text="我市", body_id=body.id, issuer_id=body.id))
    script.record(book, "body.add", "party", body.id)


def drop_alias(script: Script, book: Book) -> None:
    if alias := script.some(Alias):
        script.session.delete(alias)
        script.record(book, "alias.drop", "party", alias.body_id)


def move_members(script: Script, book: Book) -> None:
    """A Core update and delete of many rows."""
    script.session.execute(sa.update(Membership).values(position=Membership.position + 1))
    script.session.execute(sa.delete(Membership).where(Membership.position > 6))
    script.record(book, "membership.change", "grouping", 1)


def sign(script: Script, book: Book) -> None:
    agreement, body_id = script.some(Agreement), script.random.choice((1, 2, 3))
    text = script.session.scalar(sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id))
    standing = sa.select(Act).where(Act.text_id == text.id, Act.body_id == body_id, Act.annulled_at.is_(None))
    act = script.session.scalar(standing)
    if act:
        act.annulled_at, act.annulled_reason = script.clock.at, seal(script.session, "登错了", body_id=body_id)
    else:
        script.session.add(
            Act(
                agreement_id=agreement.id,
                text_id=text.id,
                body_id=body_id,
                kind="signature",
                done_on="2026-03-01",
                done_precision="day",
                signer=seal(script.session, "某人", body_id=body_id),
                signer_post="市长",
                logged_by="party",
                recorded_at=script.clock.at.astimezone(UTC) + timedelta(microseconds=7),
            )
        )
    agreement.revision += 1
    script.record(book, "act.annul" if act else "signature.log", "agreement", agreement.id)


MOVES = {
    "intent": ("list", "forward", "listed", "intent"),
    "listed": ("begin", "forward", "in_progress", "in_progress"),
    "in_progress": ("achieve", "forward", "achieved", "in_progress"),
    "achieved": ("reopen", "reopen", "in_progress", "in_progress"),
}
"""From each state of an item: a transition of its procedure, its kind, the state and the stage after it."""


def step(script: Script, book: Book) -> None:
    item = script.some(Item)
    transition, kind, to_state, stage = MOVES[item.state]
    position = script.session.scalar(
        sa.select(sa.func.max(Step.position)).where(Step.subject_kind == "item", Step.subject_id == item.id)
    )
    script.session.add(
        Step(
            subject_kind="item",
            subject_id=item.id,
            position=position + 1,
            procedure_id=item.procedure_id,
            transition=transition,
            kind=kind,
            from_state=item.state,
            to_state=to_state,
            body_id=1,
            recorded_at=script.clock.at,
            reason=seal(script.session, "理由", body_id=1),
        )
    )
    item.state, item.stage = to_state, stage
    script.record(book, "item.step", "item", item.id)


def report(script: Script, book: Book) -> None:
    item, grade = script.some(Item), script.random.choice(("on_track", "slow", "blocked"))
    texts = {
        name: seal(script.session, script.random.choice(NOTES), body_id=1)
        for name in ("progress", "problem", "next_step")
    }
    script.session.add(Report(item_id=item.id, body_id=1, grade=grade, recorded_at=script.clock.at, **texts))
    item.grade = grade
    script.record(book, "report.file", "item", item.id)


def store(script: Script, book: Book) -> None:
    """A size beyond what every JSON reader keeps exact."""
    digest = hashlib.sha256(str(script.clock.at).encode() + script.random.randbytes(8)).hexdigest()
    script.session.add(
        file := StoredFile(sha256=digest, size=2**53 + 1, media_type="application/pdf", stored_at=script.clock.at)
    )
    script.session.flush()
    script.record(book, "file.store", "file", file.id)


def nothing(script: Script, book: Book) -> None:
    script.record(book, "person.reset", "person", 1)


ACTS: tuple[Callable[[Script, Book], None], ...] = (
    correct_body, add_body, drop_alias, move_members, sign, step, report, store, nothing,
)  # fmt: skip
