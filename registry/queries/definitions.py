"""Definitions as the register keeps them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.guards import VOCABULARY
from registry.errors import NotFound
from registry.models import Procedure
from workflows import Definition, load_published

_LOADED: dict[str, Definition] = {}
"""Definitions by their hash: a published version never changes, so it is read once for each process."""


def definition_of(session: Session, procedure_id: int) -> Definition:
    """The definition of a procedure of the register. Raises NotFound."""
    row = session.execute(sa.select(Procedure.id, Procedure.sha256).where(Procedure.id == procedure_id)).one_or_none()
    if row is None:
        raise NotFound("procedure", procedure_id)
    return loaded(session, row.id, row.sha256)


def loaded(session: Session, procedure_id: int, sha256: str) -> Definition:
    """The same, by its hash, without a statement once it is known. sha256: of that procedure, 64 hex digits."""
    if sha256 not in _LOADED:
        source = session.execute(sa.select(Procedure.source).where(Procedure.id == procedure_id)).scalar_one()
        _LOADED[sha256] = load_published(source, VOCABULARY)
    return _LOADED[sha256]


def published_definitions(session: Session, known: sa.FromClause | None = None) -> tuple[Definition, ...]:
    """Every version that was published, the newest first. known: the procedures of a snapshot; None: as they are."""
    rows = Procedure.__table__ if known is None else known
    query = sa.select(rows.c.id, rows.c.sha256).where(rows.c.status != "draft").order_by(rows.c.id.desc())
    return tuple(loaded(session, row.id, row.sha256) for row in session.execute(query).all())
