"""Files: a scan or paper becomes known to the register by its hash."""

from __future__ import annotations

from datetime import datetime
from typing import IO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotPermitted
from registry.files import FileStore
from registry.ledger import atomic
from registry.models import StoredFile
from registry.permissions import Actor, allowed_anywhere
from registry.services import subjects


def store_file(session: Session, actor: Actor, store: FileStore, stream: IO[bytes], *, at: datetime) -> StoredFile:
    """Keep a file; the same content twice is one file. The content is durable before the register names it.

    Raises NotPermitted; Refused file-empty, file-too-large.
    """
    if not allowed_anywhere(actor, "file:store"):
        raise NotPermitted("file:store")
    kept = store.keep(stream)
    with atomic(session) as book:
        subjects.locked_register(session)  # or two who store one content at once both find it new
        known = session.execute(sa.select(StoredFile).where(StoredFile.sha256 == kept.sha256)).scalar_one_or_none()
        if known is not None:
            return known
        file = StoredFile(sha256=kept.sha256, size=kept.size, media_type=kept.media_type, stored_at=at)
        session.add(file)
        session.flush()
        book.record(act="file.store", actor=actor, subject=("file", file.id), at=at, on_behalf_of=actor.body_code)
    return file
