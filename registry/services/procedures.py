"""Procedures: a definition is published once and never changes; running work keeps the version it began with."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.guards import EFFECTS, GUARDS
from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import Procedure
from registry.permissions import Actor, require
from workflows import SHIPPED, load


def publish_procedure(session: Session, actor: Actor, source: str, *, at: datetime) -> Procedure:
    """Check a definition and publish it as it is; publishing the same bytes of meaning again changes nothing.

    Raises NotPermitted; workflows.DefinitionError with every finding; Refused version-published where this version of it
    says something else.
    """
    require(actor, "procedure:publish")
    definition = load(source, GUARDS, EFFECTS)
    with atomic(session) as book:
        known = session.execute(
            sa.select(Procedure).where(Procedure.slug == definition.id, Procedure.version == definition.version)
        ).scalar_one_or_none()
        if known is not None:
            if known.sha256 != definition.sha256:
                raise Refused(Reason("version-published", {"procedure": definition.id, "version": definition.version}))
            return known
        procedure = Procedure(
            slug=definition.id, version=definition.version, status="published", sha256=definition.sha256, source=source
        )
        session.add(procedure)
        session.flush()
        book.record(act="procedure.publish", actor=actor, subject=("procedure", procedure.id), at=at)
    return procedure


def publish_shipped(session: Session, actor: Actor, *, at: datetime) -> list[Procedure]:
    """Publish the procedures that come with the engine, all in one transaction."""
    with atomic(session):
        return [
            publish_procedure(session, actor, path.read_text("utf-8"), at=at) for path in sorted(SHIPPED.glob("*.yaml"))
        ]
