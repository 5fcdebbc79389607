"""Documents: registered with their facts, so that steps can cite them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import Outcome, document_numbers
from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.numbers import DOCUMENT, next_record
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic
from registry.models import Body, Document
from registry.models.base import LEVELS
from registry.permissions import Actor, allowed_anywhere
from registry.queries.access import sees
from registry.services import subjects
from registry.services.days import day_of

KINDS = ("plan", "reply", "opinion", "rules", "draft", "list", "minutes", "instrument", "other")


@dataclass(frozen=True, slots=True)
class AddDocument:
    """The facts of an official document.

    kind: one of `KINDS`. document_number: 发文字号 as people write it. issuer: code of a body; issuer_name: as printed, where
    the issuer is no body of the register. level: public, members or parties.
    """

    title: str
    kind: str
    document_number: str | None = None
    issuer: str | None = None
    issuer_name: str | None = None
    signed_on: PartialDate = UNKNOWN
    level: str = "members"
    note: str | None = None


def add_document(session: Session, actor: Actor, ask: AddDocument, *, at: datetime) -> Document:
    """Register a document; its number is given under the lock of the register.

    Raises NotPermitted; Refused title-missing, unknown-choice, issuer-twice, unknown-body, in-the-future, document-known,
    document-unseen, and what `document_numbers.read` asks or rejects.
    """
    if not allowed_anywhere(actor, "document:add"):
        raise NotPermitted("document:add")
    with atomic(session) as book:
        subjects.locked_register(session)
        _check(session, ask, at)
        issuer = subjects.body(session, ask.issuer, field="issuer") if ask.issuer else None
        document = Document(
            number=_next_number(session, ask.signed_on),
            title=ask.title.strip(),
            kind=ask.kind,
            document_number=free_document_number(session, actor, ask.document_number, field="document_number"),
            issuer_id=subjects.id_of(issuer),
            issuer_name=ask.issuer_name,
            signed_on=ask.signed_on.value,
            signed_precision=str(ask.signed_on.precision),
            level=ask.level,
            sample=_is_sample(session, actor, issuer),
            note=ask.note,
        )
        session.add(document)
        session.flush()
        # A document of members or parties is found through its issuer; one that its registrar loses could not be cited.
        if not session.execute(sa.select(sees(actor, Document, sa.literal(document.id)))).scalar_one():
            raise Refused(Reason("document-unseen", field="level"))
        book.record(
            act="document.add", actor=actor, subject=("document", document.id), at=at, on_behalf_of=actor.body_code
        )
    return document


def free_document_number(session: Session, actor: Actor, typed: str | None, *, field: str) -> str | None:
    """The normal form of a typed 发文字号 that no document has yet which the actor may see: others are not given away.

    field: the input that refusals name. Raises Refused document-known, and what `document_numbers.read` asks or rejects.
    """
    if not typed or not typed.strip():
        return None
    reading = document_numbers.read(typed)
    if reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
        raise Refused(Reason(str(reading.reason), {"value": typed}, field=field))
    same = sa.select(Document.number).where(
        Document.document_number == reading.value, sees(actor, Document, Document.id)
    )
    known = session.execute(same.order_by(Document.id)).scalars().first()
    if known is not None:
        values = {"value": reading.value, "number": known}
        raise Refused(Reason("document-known", values, field=field))
    return reading.value


def _check(session: Session, ask: AddDocument, at: datetime) -> None:
    if not ask.title.strip():
        raise Refused(Reason("title-missing", field="title"))
    for field, value, choices in (("kind", ask.kind, KINDS), ("level", ask.level, LEVELS)):
        if value not in choices:
            raise Refused(Reason("unknown-choice", {"value": value}, field=field))
    if ask.issuer and ask.issuer_name:
        raise Refused(Reason("issuer-twice", field="issuer_name"))
    if day_of(session, at).certainly_before(ask.signed_on):
        raise Refused(Reason("in-the-future", {"value": ask.signed_on.value or ""}, field="signed_on"))


def _is_sample(session: Session, actor: Actor, issuer: Body | None) -> bool:
    """A fictional city's papers are fictional, whoever is said to have issued them."""
    own = session.get(Body, actor.body_id) if actor.body_id is not None else None
    decides = issuer or own
    return decides.sample if decides else False


def _next_number(session: Session, signed_on: PartialDate) -> str:
    day = signed_on.first_day()
    existing = session.execute(sa.select(Document.number)).scalars()
    return str(next_record(DOCUMENT, day.year if day else None, existing))
