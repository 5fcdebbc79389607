"""Where nonces and salts come from: the system, or a source that a caller gave so that a register can be rebuilt to the same root."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from sqlalchemy.orm import Session

SOURCE = "random_bytes"
"""Key in `session.info` of a callable: number of bytes to bytes."""


def random_bytes(session: Session, count: int) -> bytes:
    """`count` bytes nobody can guess, unless the session carries a source of its own."""
    source: Callable[[int], bytes] = session.info.get(SOURCE, secrets.token_bytes)
    return source(count)
