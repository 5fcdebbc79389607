"""What the tests of services share: an act refused leaves nothing, who may do it, and the papers that acts need."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.files import FileStore
from registry.ledger import atomic
from registry.models import Act, Agreement, Base, Body, Document, Item, LedgerEntry
from registry.permissions import Actor, the_register
from registry.services.files import store_file
from registry.services.signatures import LogSignature, log_signature
from registry.words import LANGUAGES
from registry.words.refusals import answers
from tests.cast import TEXT, Cast

SETTLED = hashlib.sha256(TEXT).hexdigest()
"""SHA-256 of the text that the built agreements settle on."""
HOST = the_register("command")
OUTSIDE = "officer_outsider administrator nobody"
"""Those of the cast who find no record of the grouping's members."""
Thing = TypeVar("Thing")


def day(value: str) -> PartialDate:
    """A date of day precision."""
    return PartialDate.of(value, "day")


def contents(session: Session) -> dict[str, int]:
    """How many rows each table holds, and the sums that every act moves: nothing half-written may change them."""
    session.rollback()
    return {name: int(count) for name, count in session.execute(_counts())}


@cache
def _counts() -> sa.CompoundSelect[tuple[str, int]]:
    counts = [
        sa.select(sa.literal(table.name), sa.func.count()).select_from(table)
        for table in Base.metadata.sorted_tables
        if table.name != "sign_in_failure"
    ]
    sums = [
        sa.select(sa.literal(f"{model.__tablename__} acts"), sa.func.coalesce(sa.func.sum(model.revision), 0))
        for model in (Agreement, Item)
    ]
    head = sa.select(sa.literal("entries"), sa.column("size")).select_from(sa.table("ledger_head"))
    return sa.union_all(*counts, *sums, head)


@contextmanager
def refused(session: Session, *expected: tuple[str, str | None]) -> Iterator[list[Reason]]:
    """The act inside is refused for exactly these codes with their fields, each is said in words, and nothing is left of it.

    Yields a list that holds the reasons afterwards.
    """
    before = contents(session)
    reasons: list[Reason] = []
    with pytest.raises(Refused) as caught:
        yield reasons
    reasons += caught.value.reasons
    assert [(reason.code, reason.field) for reason in caught.value.reasons] == list(expected)
    for language in LANGUAGES:
        assert all(answer.sentence and answer.remedy for answer in answers(caught.value, language))
    assert contents(session) == before


@contextmanager
def answered(session: Session, error: type[NotFound] | type[NotPermitted]) -> Iterator[None]:
    """The act inside is answered so, and nothing is left of it."""
    before = contents(session)
    with pytest.raises(error):
        yield
    assert contents(session) == before


def who_may(
    session: Session, cast: Cast, make: Callable[[int], Thing], act: Callable[[Actor, Thing], object]
) -> dict[str, str]:
    """What each of the cast is answered when doing the act on a thing made for that: may, may not, or not found.

    make: builds the thing, from a number of its own. Who may not leaves nothing; a refusal comes through.
    """
    said = {}
    for number, (name, actor) in enumerate(cast.actors.items(), 1):
        thing = make(number)
        before = contents(session)
        try:
            act(actor, thing)
            said[name] = "may"
            continue
        except NotPermitted:
            said[name] = "may not"
        except NotFound:
            said[name] = "not found"
        assert contents(session) == before
    return said


def told(may: str, may_not: str = "", not_found: str = "") -> dict[str, str]:
    """The answers of `who_may`, written as lists of names."""
    pairs = (("may", may), ("may not", may_not), ("not found", not_found))
    return {name: answer for answer, names in pairs for name in names.split()}


def entries(session: Session, last: int) -> list[dict[str, Any]]:
    """Bodies of the last entries, oldest first."""
    session.rollback()
    query = sa.select(LedgerEntry.body).order_by(LedgerEntry.index.desc()).limit(last)
    return [json.loads(body) for body in reversed(session.scalars(query).all())]


def fresh(session: Session, row: Any) -> Any:
    """The row as it stands in the database."""
    session.rollback()
    return session.get(type(row), row.id, populate_existing=True)


def a_document(
    session: Session, at: datetime, number: str = "doc-2026-01", *, document_number: str | None = "蒙联发〔2026〕1号",
    level: str = "public", issuer: Body | None = None,
) -> Document:  # fmt: skip
    """A registered document."""
    with atomic(session) as book:
        document = Document(
            number=number, title="示例会议纪要", kind="minutes", document_number=document_number, level=level, sample=False,
            issuer_id=issuer.id if issuer else None,
        )  # fmt: skip
        session.add(document)
        session.flush()
        book.record(act="document.add", actor=HOST, subject=("document", document.id), at=at)
    return document


def a_scan(session: Session, actor: Actor, folder: Path, at: datetime, content: bytes = b"%PDF-1.7 scan") -> str:
    """A stored scan; its SHA-256."""
    return store_file(session, actor, FileStore(folder / "files"), io.BytesIO(content), at=at).sha256


def sign(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    party: Body,
    at: datetime,
    *,
    on: str = "2026-03-01",
    **more: Any,
) -> Act:
    """Log a signature of the settled text."""
    ask = LogSignature(agreement.number, party.code, day(on), more.pop("text_sha256", SETTLED), **more)
    return log_signature(session, actor, ask, at=at)
