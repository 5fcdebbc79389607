"""Procedures: drafted, published once, retired. A published version never changes: running work keeps the one it began with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.guards import VOCABULARY
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Procedure
from registry.permissions import Actor, allowed_anywhere, require
from registry.queries.definitions import definition_of
from workflows import SHIPPED, Definition, DefinitionError
from workflows.check import Earlier, examine, load_published

FIRST = ("agreement.yaml", "item.yaml")
"""What is published first, so that a new register gives these the same ids as ever."""


@dataclass(frozen=True, slots=True)
class PublishDraft:
    """A draft as its publisher read it. sha256: 64 hex digits of the definition."""

    slug: str
    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RetireProcedure:
    """A version with which nothing new shall begin."""

    slug: str
    version: int


def draft_procedure(session: Session, actor: Actor, source: str, *, at: datetime) -> Procedure:
    """Keep a definition as a draft; it replaces an earlier draft of its version. Warnings are no hindrance.

    Raises NotPermitted; workflows.DefinitionError with every finding; Refused version-published, procedure-other-subject.
    """
    if not allowed_anywhere(actor, "procedure:draft"):
        raise NotPermitted("procedure:draft")
    with atomic(session) as book:
        definition = _checked(session, source)
        known = _locked(session, definition.id, definition.version)
        if known and known.status != "draft":
            raise Refused(Reason("version-published", _named(definition)))
        if known and known.source == source:
            return known
        procedure = _written(session, known, definition, source, "draft")
        book.record(act="procedure.draft", actor=actor, subject=("procedure", procedure.id), at=at)
    return procedure


def publish_procedure(session: Session, actor: Actor, source: str, *, at: datetime) -> Procedure:
    """Check a definition and publish it as it is, in place of a draft of its version; publishing the same bytes of meaning
    again changes nothing.

    Raises NotPermitted; workflows.DefinitionError with every finding; Refused version-published where this version of it
    says something else, procedure-other-subject.
    """
    require(actor, "procedure:publish")
    with atomic(session) as book:
        definition = _checked(session, source)
        known = _locked(session, definition.id, definition.version)
        if known and known.status != "draft":
            if known.sha256 != definition.sha256:
                raise Refused(Reason("version-published", _named(definition)))
            return known
        procedure = _written(session, known, definition, source, "published")
        book.record(act="procedure.publish", actor=actor, subject=("procedure", procedure.id), at=at)
    return procedure


def publish_draft(session: Session, actor: Actor, ask: PublishDraft, *, at: datetime) -> Procedure:
    """Publish a draft exactly as its publisher read it.

    Raises NotPermitted; NotFound; Refused draft-changed where somebody replaced it meanwhile, and as `publish_procedure`.
    """
    require(actor, "procedure:publish")
    with atomic(session):
        draft = _present(session, ask.slug, ask.version)
        if draft.sha256 != ask.sha256:
            raise Refused(Reason("draft-changed", {"procedure": ask.slug, "version": ask.version}))
        return publish_procedure(session, actor, draft.source, at=at)


def retire_procedure(session: Session, actor: Actor, ask: RetireProcedure, *, at: datetime) -> Procedure:
    """Let nothing new begin with a version; what runs on it runs on.

    Raises NotPermitted; NotFound; Refused not-published.
    """
    require(actor, "procedure:retire")
    with atomic(session) as book:
        procedure = _present(session, ask.slug, ask.version)
        if procedure.status != "published":
            raise Refused(Reason("not-published", {"procedure": ask.slug, "version": ask.version}))
        procedure.status = "retired"
        book.record(act="procedure.retire", actor=actor, subject=("procedure", procedure.id), at=at)
    return procedure


def publish_shipped(session: Session, actor: Actor, *, at: datetime) -> list[Procedure]:
    """Publish the procedures that come with the engine, all in one transaction. What is known already stays as it is, also
    where this register published something of its own under the same number.
    """
    paths = sorted(SHIPPED.glob("*.yaml"), key=lambda path: (path.name not in FIRST, path.name))
    texts = [path.read_text("utf-8") for path in paths]
    with atomic(session):
        return [
            publish_procedure(session, actor, text, at=at)
            for text in texts
            if not _is_another(session, load_published(text, VOCABULARY))
        ]


def _is_another(session: Session, definition: Definition) -> bool:
    """Whether the version of this number that was published here says something else."""
    known = _locked(session, definition.id, definition.version)
    return known is not None and known.status != "draft" and known.sha256 != definition.sha256


def current_procedure(session: Session, slug: str) -> tuple[Definition, int]:
    """The newest published version of a procedure and its id; new subjects begin with it.

    Raises NotFound; Refused procedure-retired where every version is.
    """
    query = sa.select(Procedure.id, Procedure.status).where(Procedure.slug == slug, Procedure.status != "draft")
    rows = session.execute(query.order_by(Procedure.version.desc())).all()
    newest = next((row.id for row in rows if row.status == "published"), None)
    if newest is not None:
        return definition_of(session, newest), newest
    if rows:
        raise Refused(Reason("procedure-retired", {"procedure": slug}))
    raise NotFound(f"procedure {slug}")


def earlier_versions(session: Session) -> Earlier:
    """Finds a version that was published, in the register or with an earlier release of the engine."""

    def find(slug: str, version: int) -> Definition | None:
        query = sa.select(Procedure.id).where(
            Procedure.slug == slug, Procedure.version == version, Procedure.status != "draft"
        )
        known = session.execute(query).scalar_one_or_none()
        return shipped_earlier(slug, version) if known is None else definition_of(session, known)

    return find


@cache
def shipped_earlier(slug: str, version: int) -> Definition | None:
    """A version that an earlier release of the engine came with."""
    texts = (path.read_text("utf-8") for path in sorted((SHIPPED / "earlier").glob("*.yaml")))
    definitions = (load_published(text, VOCABULARY) for text in texts)
    return next((each for each in definitions if (each.id, each.version) == (slug, version)), None)


def _checked(session: Session, source: str) -> Definition:
    definition, findings = examine(source, VOCABULARY, earlier_versions(session))
    if definition is None or any(each.refuses for each in findings):
        raise DefinitionError(findings)
    others = sa.select(Procedure.id).where(Procedure.slug == definition.id, Procedure.status != "draft")
    other = session.execute(others.limit(1)).scalar_one_or_none()
    if other is not None and definition_of(session, other).subject != definition.subject:
        raise Refused(Reason("procedure-other-subject", {"procedure": definition.id, "subject": definition.subject}))
    return definition


def _written(session: Session, draft: Procedure | None, definition: Definition, source: str, status: str) -> Procedure:
    procedure = draft or Procedure(slug=definition.id, version=definition.version)
    procedure.status, procedure.sha256, procedure.source = status, definition.sha256, source
    session.add(procedure)
    session.flush()
    return procedure


def _locked(session: Session, slug: str, version: int) -> Procedure | None:
    query = sa.select(Procedure).where(Procedure.slug == slug, Procedure.version == version)
    return session.execute(query.with_for_update(key_share=True)).scalar_one_or_none()


def _present(session: Session, slug: str, version: int) -> Procedure:
    found = _locked(session, slug, version)
    if found is None:
        raise NotFound(f"procedure {slug}/{version}")
    return found


def _named(definition: Definition) -> dict[str, str | int]:
    return {"procedure": definition.id, "version": definition.version}
