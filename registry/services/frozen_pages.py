"""Frozen pages (定版): a page as it was after one entry, numbered, kept as a file under its hash."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.addresses import Address
from registry.errors import NotPermitted, Reason, Refused
from registry.files import FileStore
from registry.ledger import atomic
from registry.models import FrozenPage
from registry.models.shares import FROZEN_LEVELS
from registry.permissions import Actor, allowed, allowed_anywhere
from registry.services import subjects
from registry.services.days import day_of

SERIES = "snap"


@dataclass(frozen=True, slots=True)
class FreezePage:
    """A page as it was rendered. content: the file to keep; entry: index of the last entry that it knows; level: public, as
    everybody reads it, or parties, as a reader of `party` (code) does."""

    address: Address
    language: str
    title: str
    content: bytes
    entry: int
    level: str
    party: str | None = None


def freeze_page(session: Session, actor: Actor, store: FileStore, ask: FreezePage, *, at: datetime) -> FrozenPage:
    """Keep a page under the next number snap-<year>-<nnnn>; what happens later does not alter it.

    Raises NotPermitted; Refused unknown-choice, party-missing, unknown-party.
    """
    if not allowed_anywhere(actor, "page:freeze"):
        raise NotPermitted("page:freeze")
    if ask.level not in FROZEN_LEVELS:
        raise Refused(Reason("unknown-choice", {"value": ask.level}, field="level"))
    kept = store.keep(io.BytesIO(ask.content))
    with atomic(session) as book:
        subjects.locked_register(session)  # its number is given under this lock
        body_id = _body_of(session, actor, ask)
        today = day_of(session, at).value or ""
        frozen = FrozenPage(
            number=_next_number(session, today[:4]), address=str(ask.address), language=ask.language, title=ask.title,
            entry=ask.entry, on=today, sha256=kept.sha256, level=ask.level, body_id=body_id, made_at=at,
        )  # fmt: skip
        session.add(frozen)
        session.flush()
        book.record(act="page.freeze", actor=actor, subject=("frozen_page", frozen.id), at=at, on_behalf_of=ask.party)
    return frozen


def _body_of(session: Session, actor: Actor, ask: FreezePage) -> int | None:
    """Id of the party as whose reader the page was rendered: one that the actor may freeze pages for."""
    if ask.party is None:
        if ask.level == "parties":
            raise Refused(Reason("party-missing", field="level"))
        return None
    body = subjects.party(session, ask.party, field="party")
    if not allowed(actor, "page:freeze", body_id=body.id):
        raise NotPermitted("page:freeze")
    return body.id


def _next_number(session: Session, year: str) -> str:
    """The number after the highest of the year; the caller holds the lock of the register."""
    series = f"{SERIES}-{year}-"
    given = session.scalars(sa.select(FrozenPage.number).where(FrozenPage.number.startswith(series)))
    return f"{series}{max((int(each.removeprefix(series)) for each in given), default=0) + 1:04d}"
