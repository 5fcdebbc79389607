"""Share links: chosen pages, open without sign-in until a moment, as their maker's party may read them on the day of reading."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.db import begin_write
from registry.domain.addresses import ROOMS, Address
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.ledger.canonical import dumps
from registry.models import ShareLink, ShareVisit
from registry.permissions import Actor, allowed, allowed_anywhere
from registry.queries.shares import may_revoke
from registry.services import subjects
from registry.services.people import digest

DAYS, MOST_DAYS = 14, 366
MOST_PAGES = 50
TOKEN_BYTES = 20
"""160 bits."""
PATIENCE = 200
"""Milliseconds that counting a visit waits for other writes."""


@dataclass(frozen=True, slots=True)
class MakeShare:
    """A link. pages: addresses of record and list pages, with or without host and language. days: until it expires."""

    label: str
    pages: tuple[str, ...]
    days: int = DAYS


@dataclass(frozen=True, slots=True)
class Made:
    """A link just made. token: told once, and kept nowhere."""

    share: ShareLink
    token: str


def make_share(session: Session, actor: Actor, ask: MakeShare, *, at: datetime) -> Made:
    """Make a link to chosen pages; of its token only the SHA-256 is kept.

    Raises NotPermitted; Refused label-missing, pages-missing, pages-too-many, not-a-page, days-out-of-range.
    """
    if actor.person_id is None or not allowed_anywhere(actor, "share:make"):
        raise NotPermitted("share:make")
    if not ask.label.strip():
        raise Refused(Reason("label-missing", field="label"))
    if not 1 <= ask.days <= MOST_DAYS:
        raise Refused(Reason("days-out-of-range", {"least": 1, "most": MOST_DAYS}, field="days"))
    pages = _pages(ask.pages)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with atomic(session) as book:
        body_id = _body_of(actor)
        share = ShareLink(
            digest=digest(token), label=ask.label.strip(), pages=dumps([str(each) for each in pages]),
            person_id=actor.person_id, body_id=body_id, made_at=at, expires_at=at + timedelta(days=ask.days),
        )  # fmt: skip
        session.add(share)
        session.flush()
        behalf = None if body_id is None else subjects.code_of(session, body_id)
        book.record(act="share.make", actor=actor, subject=("share", share.id), at=at, on_behalf_of=behalf)
    return Made(share, token)


def revoke_share(session: Session, actor: Actor, share_id: int, *, at: datetime) -> ShareLink:
    """End a link now: by its maker, an officer of that party, or the secretariat that its maker belongs to.

    Raises NotPermitted; NotFound; Refused already-revoked.
    """
    if not allowed_anywhere(actor, "share:make"):
        raise NotPermitted("share:make")
    with atomic(session) as book:
        query = sa.select(ShareLink).where(ShareLink.id == share_id, may_revoke(actor))
        share = session.execute(query.with_for_update(key_share=True)).scalar_one_or_none()
        if share is None:
            raise NotFound("share")
        if share.revoked_at is not None:
            raise Refused(Reason("already-revoked"))
        share.revoked_at = at
        behalf = None if share.body_id is None else subjects.code_of(session, share.body_id)
        book.record(act="share.revoke", actor=actor, subject=("share", share.id), at=at, on_behalf_of=behalf)
    return share


def count_visit(session: Session, share_id: int, day: date) -> bool:
    """Count that a link was opened on a day; no reader. Not part of the history.

    False where others write for longer than `PATIENCE`: a count may be lost, a reader may not be kept waiting.
    """
    try:
        connection = begin_write(session, patience=PATIENCE)
        insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(ShareVisit)
        once_more = {"count": ShareVisit.__table__.c.count + 1}
        row = insert.values(share_id=share_id, day=day, count=1)
        session.execute(row.on_conflict_do_update(index_elements=["share_id", "day"], set_=once_more))
        session.commit()
    except (DBAPIError, sqlite3.OperationalError):  # SQLAlchemy does not wrap what BEGIN raises
        session.rollback()
        return False
    return True


def _pages(typed: Iterable[str]) -> tuple[Address, ...]:
    """The pages that are meant, each once, in their order."""
    found: dict[Address, None] = {}
    for text in typed:
        if text.strip():
            try:
                found[Address.read(text)] = None
            except ValueError:
                values = {"value": text.strip()[:120], "rooms": "、".join(f"/{room}" for room in ROOMS)}
                raise Refused(Reason("not-a-page", values, field="pages")) from None
    if not found:
        raise Refused(Reason("pages-missing", field="pages"))
    if len(found) > MOST_PAGES:
        raise Refused(Reason("pages-too-many", {"most": MOST_PAGES}, field="pages"))
    return tuple(found)


def _body_of(actor: Actor) -> int | None:
    """The party for which the actor shares: his own, or the first he may share for; None of a secretariat."""
    scopes = [held.body_id for held in actor.held if held.body_id is not None]
    mine = [each for each in scopes if allowed(actor, "share:make", body_id=each)]
    return actor.body_id if actor.body_id in mine else mine[0] if mine else None
