"""A small register in which every level occurs, and a counter of SQL statements. Invented records, each by a recorded act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic, seal
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    Assignment,
    Body,
    Citation,
    Claim,
    Document,
    Item,
    Relation,
    Report,
    Step,
)
from registry.permissions import the_register
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, an_agreement, an_item, procedure

TODAY = date(2026, 3, 2)


@dataclass(frozen=True)
class World:
    """Three agreements and three documents, one of each level, with items, claims, reports and ties between them.

    open, ours, closed: agreements of level public, members (of the three cities) and parties (乌海 and the outsider).
    """

    open: Agreement
    ours: Agreement
    closed: Agreement


def now(session: Session) -> Snapshot:
    """The register as it is."""
    return Snapshot(session, None, TODAY)


def the_world(session: Session, cast: Cast, at: datetime) -> World:
    """Build it in the order of the fields, items and documents after the agreements."""
    world = World(
        an_agreement(session, cast, at, number="mxsmy-2026-01", level="public"),
        an_agreement(session, cast, at, number="mxsmy-2026-02", level="members"),
        an_agreement(session, cast, at, number="mxsmy-2026-03", level="parties", parties=[cast.wuhai, cast.outsider]),
    )
    for position, level in enumerate((None, "members", "parties"), 1):
        an_item(session, cast, at, world.open, position=position, level=level)
    an_item(session, cast, at, world.ours)
    an_item(session, cast, at, world.closed)
    documents = {
        level: a_document(session, cast, at, f"doc-2026-0{place}", level, issuer=cast.ordos)
        for place, level in enumerate(("public", "members", "parties"), 1)
    }
    for document in documents.values():
        under(session, cast, at, document)
    a_claim(session, at, "claim-2026-01", documents["public"], agreement_id=world.open.id, counts="items", stated=70)
    a_claim(session, at, "claim-2026-02", documents["public"], agreement_id=world.closed.id, counts="items", stated=5)
    a_claim(
        session,
        at,
        "claim-2026-03",
        documents["public"],
        level="members",
        grouping_id=cast.grouping.id,
        counts="agreements",
    )
    a_claim(session, at, "claim-2026-04", documents["parties"], counts="items", stated=3)
    with atomic(session) as book:
        session.add(Relation(agreement_id=world.open.id, other_id=world.closed.id, kind="unclear"))
        session.add(Relation(agreement_id=world.ours.id, other_id=world.open.id, kind="implements"))
        for document, line in zip(documents.values(), (3, 5, 7), strict=True):
            session.add(
                Citation(subject_kind="agreement", subject_id=world.open.id, document_id=document.id, line=line)
            )
        session.add(
            Citation(subject_kind="agreement", subject_id=world.closed.id, document_id=documents["public"].id, line=9)
        )
        book.record(act="bundle.import", actor=the_register("import"), subject=("agreement", world.open.id), at=at)
    return world


def a_document(session: Session, cast: Cast, at: datetime, number: str, level: str, *, issuer: Body) -> Document:
    """A document with hardly any facts."""
    with atomic(session) as book:
        document = Document(
            number=number, title=f"示例文件{number}", kind="plan", issuer_id=issuer.id, level=level, sample=False
        )
        session.add(document)
        session.flush()
        book.record(act="document.add", actor=cast.secretariat, subject=("document", document.id), at=at)
    return document


def under(session: Session, cast: Cast, at: datetime, document: Document) -> Item:
    """An item under a document, led by 鄂尔多斯."""
    with atomic(session) as book:
        item = Item(
            number=f"{document.number}-001",
            title_zh="示例任务",
            document_id=document.id,
            position=1,
            state="listed",
            stage="intent",
            procedure_id=procedure(session, "cooperation-item"),
            grade="not_reported",
            backfilled=True,
            revision=1,
            sample=False,
        )
        session.add(item)
        session.flush()
        session.add(Assignment(item_id=item.id, body_id=cast.ordos.id, role="lead", position=1))
        session.add(
            Step(
                subject_kind="item",
                subject_id=item.id,
                position=1,
                procedure_id=item.procedure_id,
                transition="enter",
                kind="entry",
                from_state=None,
                to_state="listed",
                recorded_at=at,
            )
        )
        book.record(act="item.add", actor=cast.secretariat, subject=("item", item.id), at=at)
    return item


def a_claim(
    session: Session,
    at: datetime,
    code: str,
    document: Document,
    *,
    level: str = "public",
    stated: int = 9,
    counts: str | None = None,
    agreement_id: int | None = None,
    meeting_id: int | None = None,
    grouping_id: int | None = None,
    part_of_id: int | None = None,
) -> Claim:
    """A count that a document states."""
    with atomic(session) as book:
        claim = Claim(
            code=code,
            what_zh="示例口径",
            stated=stated,
            document_id=document.id,
            agreement_id=agreement_id,
            meeting_id=meeting_id,
            grouping_id=grouping_id,
            part_of_id=part_of_id,
            counts=counts,
            level=level,
            sample=False,
        )
        session.add(claim)
        session.flush()
        book.record(act="claim.add", actor=the_register("import"), subject=("claim", claim.id), at=at)
    return claim


def a_signature(
    session: Session,
    cast: Cast,
    at: datetime,
    agreement: Agreement,
    body: Body,
    *,
    signer: str = "张三丰",
    reason: str | None = None,
) -> Act:
    """A signature that the party's officer logged."""
    with atomic(session) as book:
        act = Act(
            agreement_id=agreement.id,
            text_id=agreement.id,
            body_id=body.id,
            kind="signature",
            done_on="2026-03-01",
            done_precision="day",
            signer=seal(session, signer, body_id=body.id),
            signer_post="市长",
            logged_by="party",
            recorded_at=at,
        )
        session.add(act)
        why = seal(session, reason, body_id=body.id)
        actor = cast.officer_wuhai if body is cast.wuhai else cast.officer_ordos
        book.record(
            act="signature.log",
            actor=actor,
            subject=("agreement", agreement.id),
            at=at,
            on_behalf_of=body.code,
            reason=why,
        )
    return act


def a_report(
    session: Session, cast: Cast, at: datetime, item: Item, body: Body, problem: str, *, released: bool = False
) -> Report:
    """A report with one sealed text; released: for every reader."""
    with atomic(session) as book:
        report = Report(
            item_id=item.id,
            body_id=body.id,
            as_of="2026-Q1",
            as_of_precision="quarter",
            grade="blocked",
            problem=seal(session, problem, body_id=body.id),
            recorded_at=at,
            released_problem=problem if released else None,
            released_at=at if released else None,
        )
        session.add(report)
        item.grade = "blocked"
        book.record(
            act="report.file", actor=cast.officer_ordos, subject=("item", item.id), at=at, on_behalf_of=body.code
        )
    return report


def fields(session: Session, at: datetime, agreement: Agreement, *names: str) -> list[AgreementField]:
    """Named fields of an agreement, in this order."""
    found = [
        AgreementField(agreement_id=agreement.id, position=place, name_zh=name) for place, name in enumerate(names, 1)
    ]
    with atomic(session) as book:
        session.add_all(found)
        book.record(act="agreement.create", actor=the_register("import"), subject=("agreement", agreement.id), at=at)
    return found


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """The SQL statements sent while inside."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
