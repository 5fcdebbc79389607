"""Sealed values: the history holds a digest, the value lies apart and can be erased without breaking a proof."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger.chance import random_bytes
from registry.models import SealedValue
from registry.permissions import Actor, allowed


def digest_of(salt: bytes, value: str) -> str:
    """SHA-256(salt ‖ value), hex."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def seal(session: Session, value: str | None, *, body_id: int | None) -> str | None:
    """Put a value under seal for its owner party (None: the register's own) and return its digest; nothing stays nothing.

    Call inside `atomic`; the digest goes into a `sealed` column or an entry.
    """
    if not value:
        return None
    salt = random_bytes(session, 16)
    digest = digest_of(salt, value)
    session.add(SealedValue(digest=digest, salt=salt, value=value, body_id=body_id))
    return digest


def opens_seals(actor: Actor) -> bool:
    """Whether this reader may open any seal at all."""
    return not actor.guest and (bool(actor.reader_bodies) or allowed(actor, "sealed:read"))


def open_sealed(session: Session, actor: Actor, digests: Collection[str | None]) -> dict[str, str]:
    """The values this reader may see, by digest: those of a party the reader acts or reads for, or all with sealed:read.

    A digest that is missing from the answer is under seal for this reader, or erased. To guests none is opened.
    """
    asked = {digest for digest in digests if digest}
    if not asked or not opens_seals(actor):
        return {}
    readable = sa.true() if allowed(actor, "sealed:read") else SealedValue.body_id.in_(actor.reader_bodies)
    query = sa.select(SealedValue.digest, SealedValue.value).where(SealedValue.digest.in_(asked), readable)
    return dict(session.execute(query).all())


def erase(session: Session, digest: str) -> bool:
    """Erase the value behind a digest, for ever; true if there was one. Call inside `atomic` and record the act."""
    return bool(session.execute(sa.delete(SealedValue).where(SealedValue.digest == digest)).rowcount)  # type: ignore[attr-defined]  # CursorResult of a DELETE
