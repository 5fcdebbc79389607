"""What a step put forward binds to: the procedure, the grounds, and the subject with its papers as they are."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger.canonical import dumps
from registry.models import (
    Agreement,
    AgreementText,
    Evidence,
    Item,
    Matter,
    MatterValue,
    Mechanism,
    Proposal,
    Target,
)
from registry.queries.rows import Query
from workflows import Definition


def content_of(session: Session, definition: Definition, subject: tuple[str, int], grounds: Mapping[str, Any]) -> str:
    """SHA-256, hex, of what a proposal puts forward: the procedure's version, the step with its grounds, and the subject as it is.

    grounds: transition, basis_id, basis_note, reason, effective, merge_into_id. Who the parties are is no part of it.
    """
    held = {
        "definition": definition.sha256,
        "grounds": dict(grounds),
        "subject": [list(subject), *_content(session, subject)],
    }
    return sha256(dumps(held).encode()).hexdigest()


def grounds_of(proposal: Proposal) -> dict[str, Any]:
    """What a proposal says itself."""
    names = ("transition", "basis_id", "basis_note", "reason", "effective", "effective_precision", "merge_into_id")
    return {name: getattr(proposal, name) for name in names}


def _content(session: Session, subject: tuple[str, int]) -> list[list[Any]]:
    kind, identity = subject
    shown = {"item": Evidence.item_id, "agreement": Evidence.agreement_id, "matter": Evidence.matter_id}[kind]
    queries: list[Query] = [
        sa.select(sa.literal("evidence"), Evidence.id, Evidence.type, Evidence.document_id, Evidence.file_id)
        .where(shown == identity)
        .order_by(Evidence.id)
    ]
    if kind == "item":
        queries += [
            sa.select(sa.literal("item"), Item.title_zh, Item.title_en, Item.agreement_id, Item.document_id, Item.field_id, Item.level)
            .where(Item.id == identity),
            sa.select(sa.literal("target"), *(column for column in Target.__table__.columns if column.name != "item_id"))
            .where(Target.item_id == identity).order_by(Target.id),
            sa.select(sa.literal("mechanism"), *(column for column in Mechanism.__table__.columns if column.name != "item_id"))
            .where(Mechanism.item_id == identity).order_by(Mechanism.id),
        ]  # fmt: skip
    if kind == "agreement":
        queries += [
            sa.select(sa.literal("agreement"), Agreement.title_zh, Agreement.title_en, Agreement.kind, Agreement.level)
            .where(Agreement.id == identity),
            sa.select(sa.literal("text"), AgreementText.sha256)
            .where(AgreementText.agreement_id == identity, AgreementText.kind == "text").order_by(AgreementText.version),
        ]  # fmt: skip
    if kind == "matter":
        queries += [
            sa.select(sa.literal("matter"), Matter.title_zh, Matter.title_en, Matter.level).where(Matter.id == identity),
            sa.select(sa.literal("value"), MatterValue.id, MatterValue.name, MatterValue.text, MatterValue.kept)
            .where(MatterValue.matter_id == identity).order_by(MatterValue.id),
        ]  # fmt: skip
    return [list(row) for query in queries for row in session.execute(query)]
