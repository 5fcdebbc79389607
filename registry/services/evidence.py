"""Evidence: papers put before an agreement, an item or a matter, of the types that its procedure names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.files import TYPES, UNTYPED
from registry.ledger import atomic
from registry.models import Evidence, StoredFile
from registry.permissions import Actor
from registry.queries.definitions import definition_of
from registry.services import matters, proposals, subjects
from workflows import Definition

OF_ITEMS = ("consensus", "conditions", "result")
"""Types of evidence of an item whose procedure names none."""
ACTS = {"agreement": "agreement.evidence", "item": "item.evidence", "matter": "matter.evidence"}


@dataclass(frozen=True, slots=True)
class ShowEvidence:
    """A paper that shows something: a registered document, a stored file (SHA-256), or both.

    kind: agreement, item or matter; number: of the record. type: an evidence type of its procedure.
    """

    kind: str
    number: str
    type: str
    document: str | None = None
    file: str | None = None
    note: str | None = None


def show_evidence(session: Session, actor: Actor, ask: ShowEvidence, *, at: datetime) -> Evidence:
    """Put a paper before a subject; open rounds of consent on it begin anew, for what is voted on has changed.

    Raises NotPermitted; NotFound; Refused unknown-evidence-type, nothing-shown, unknown-document, unknown-file, wrong-file-type.
    """
    with atomic(session) as book:
        subject = subjects.locked_numbered(session, actor, ask.kind, ask.number)
        matters.require_for(actor, session, subject, "evidence:show")
        definition = definition_of(session, subject.procedure_id)
        if ask.type not in types_of(definition):
            raise Refused(Reason("unknown-evidence-type", {"value": ask.type}, field="type"))
        document = subjects.basis_document(session, actor, ask.document, field="document")
        file = subjects.stored_file(session, ask.file, field="file")
        if document is None and file is None:
            raise Refused(Reason("nothing-shown", field="document"))
        if file is not None:
            _require_type(definition, ask.type, file)
        evidence = Evidence(
            type=ask.type,
            body_id=actor.body_id,
            document_id=subjects.id_of(document),
            file_id=subjects.id_of(file),
            note=ask.note or None,
            recorded_at=at,
            **{f"{ask.kind}_id": subject.id},
        )
        session.add(evidence)
        subject.revision += 1
        session.flush()
        proposals.refresh(session, (ask.kind, subject.id), at=at)
        book.record(
            act=ACTS[ask.kind], actor=actor, subject=(ask.kind, subject.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(document),
        )  # fmt: skip
    return evidence


def types_of(definition: Definition) -> tuple[str, ...]:
    """The types of evidence that may be shown of a subject of this procedure."""
    return tuple(definition.evidence_types) or (OF_ITEMS if definition.subject == "item" else ())


def _require_type(definition: Definition, type: str, file: StoredFile) -> None:
    """The file is of one of the types that the procedure allows, as far as its content shows."""
    named = definition.evidence_types.get(type)
    if named is None:
        return
    if file.media_type not in {TYPES.get(each, UNTYPED) for each in named.files}:
        raise Refused(
            Reason("wrong-file-type", {"value": file.media_type, "files": ", ".join(named.files)}, field="file")
        )
