"""Fetch what an act is about, with the permission to see it built in, and lock it for the act.

Locks are FOR NO KEY UPDATE (`key_share`): acts on one subject queue, but rows of other acts may still refer to it. With FOR
UPDATE two items merged into each other at once would wait for each other's foreign keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, Reason, Refused
from registry.models import Agreement, AnnualList, Audited, Body, Document, Grouping, Item, Matter, Register, StoredFile
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_document, may_see_item, may_see_list, may_see_matter
from registry.queries.snapshot import Snapshot

Subject = TypeVar("Subject", Agreement, AnnualList, Document, Item, Matter)
Moved: TypeAlias = Agreement | Item | Matter
MODELS: Mapping[str, type[Moved]] = MappingProxyType({"agreement": Agreement, "item": Item, "matter": Matter})
"""Kind of what a procedure runs on → its model."""


def locked_agreement(session: Session, actor: Actor, number: str) -> Agreement:
    """The agreement of this number, locked to the end of the act, so that two last signers meet one after the other.

    Raises NotFound where there is none or the actor may not see it.
    """
    return _locked(session, Agreement, Agreement.number == number, may_see_agreement(_now(session), actor))


def locked_item(session: Session, actor: Actor, number: str) -> Item:
    """The item of this number, locked to the end of the act. Raises NotFound as above."""
    return _locked(session, Item, Item.number == number, may_see_item(_now(session), actor))


def locked_matter(session: Session, actor: Actor, number: str) -> Matter:
    """The matter of this number, locked to the end of the act. Raises NotFound as above."""
    return _locked(session, Matter, Matter.number == number, may_see_matter(_now(session), actor))


def locked_numbered(session: Session, actor: Actor, kind: str, number: str) -> Moved:
    """The subject of this kind and number, locked to the end of the act. Raises NotFound as above, and for an unknown kind."""
    by_number: Mapping[str, Callable[[Session, Actor, str], Moved]] = {
        "agreement": locked_agreement, "item": locked_item, "matter": locked_matter,
    }  # fmt: skip
    if kind not in by_number:
        raise NotFound(kind)
    return by_number[kind](session, actor, number)


def locked_subject(session: Session, actor: Actor, subject: tuple[str, int]) -> Moved:
    """The subject of this kind and id, locked to the end of the act. Raises NotFound as above."""
    kind, identity = subject
    if kind == "agreement":
        return _locked(session, Agreement, Agreement.id == identity, may_see_agreement(_now(session), actor))
    if kind == "item":
        return _locked(session, Item, Item.id == identity, may_see_item(_now(session), actor))
    return _locked(session, Matter, Matter.id == identity, may_see_matter(_now(session), actor))


def locked_document(session: Session, actor: Actor, number: str) -> Document:
    """The document of this register number, locked: what stands under it is numbered under the lock. Raises NotFound as above."""
    return _locked(session, Document, Document.number == number, may_see_document(_now(session), actor))


def locked_list(session: Session, actor: Actor, number: str) -> AnnualList:
    """The annual list of this number, locked: its versions are numbered under the lock. Raises NotFound as above."""
    return _locked(session, AnnualList, AnnualList.number == number, may_see_list(_now(session), actor))


def locked_register(session: Session) -> Register:
    """The one row of the register, locked: what has no other parent is numbered under it. First in the order of locks:
    register, grouping, agreement, document or list, item, matter, head of the ledger."""
    return session.execute(sa.select(Register).with_for_update(key_share=True)).scalar_one()


def locked_grouping(session: Session, code: str, *, field: str) -> Grouping:
    """The grouping of this code, locked: its agreements are numbered under the lock. Raises Refused unknown-grouping."""
    found = session.execute(
        sa.select(Grouping).where(Grouping.code == code).with_for_update(key_share=True)
    ).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-grouping", {"value": code}, field=field))
    return found


def party(session: Session, code: str, *, field: str) -> Body:
    """The body of this code, if it can sign. Raises Refused unknown-party."""
    found = session.execute(sa.select(Body).where(Body.code == code, Body.signs)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-party", {"value": code}, field=field))
    return found


def body(session: Session, code: str, *, field: str) -> Body:
    """The body of this code, a party or only a name. Raises Refused unknown-body."""
    found = session.execute(sa.select(Body).where(Body.code == code)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-body", {"value": code}, field=field))
    return found


def basis_document(session: Session, actor: Actor, number: str | None, *, field: str = "basis") -> Document | None:
    """The document that gives authority, by its register number or its 发文字号; nothing for nothing.

    Raises Refused unknown-document where the actor sees none of that number.
    """
    if not number:
        return None
    named = sa.or_(Document.number == number, Document.document_number == number)
    visible = may_see_document(_now(session), actor)
    found = session.execute(sa.select(Document).where(named, visible).order_by(Document.id)).scalars().first()
    if found is None:
        raise Refused(Reason("unknown-document", {"value": number}, field=field))
    return found


def stored_file(session: Session, sha256: str | None, *, field: str) -> StoredFile | None:
    """The stored file of this hash; nothing for nothing. Raises Refused unknown-file."""
    if not sha256:
        return None
    found = session.execute(sa.select(StoredFile).where(StoredFile.sha256 == sha256)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-file", {"value": sha256}, field=field))
    return found


def code_of(session: Session, body_id: int) -> str:
    """The code of a body that is there."""
    return session.execute(sa.select(Body.code).where(Body.id == body_id)).scalar_one()


def cited_as(document: Document | None) -> str | None:
    """The number by which people cite a document: its 发文字号, or else its number in the register."""
    return (document.document_number or document.number) if document else None


def id_of(record: Audited | None) -> int | None:
    """The id of a record; nothing for nothing."""
    return record.id if record else None


def _now(session: Session) -> Snapshot:
    """The live tables; no condition of access asks for the day."""
    return Snapshot(session, None, date.min)


def _locked(session: Session, model: type[Subject], *conditions: sa.ColumnElement[bool]) -> Subject:
    found = session.execute(
        sa.select(model).where(*conditions).with_for_update(of=model, key_share=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(model.__name__)
    return found
