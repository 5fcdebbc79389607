"""Same-as: one record stays, references move, what was known stays known, and all of it moves back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotPermitted
from registry.ledger import atomic
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    AgreementText,
    Alias,
    Assignment,
    Body,
    Citation,
    Grant,
    Grouping,
    Item,
    LedgerEntry,
    Meeting,
    Membership,
    MovedReference,
    Relation,
    audited_tables,
)
from registry.permissions import Held
from registry.queries.agreements import agreement_list
from registry.queries.expansion import alias_rows
from registry.queries.facts import agreement_facts
from registry.queries.items import ItemFilter, item_list
from registry.queries.parties import party_list
from registry.queries.same_as import decisions_on, leads_to
from registry.queries.snapshot import Snapshot
from registry.services.same_as import MODELS, STAY, DecideSame, decide_same, places, undo_same
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import TODAY
from tests.services.acts import HOST, a_document, answered, entries, refused, sign, told, who_may

OTHERS = "officer_wuhai officer_ordos viewer auditor"
OUTSIDE = "officer_outsider administrator nobody"


def images(session: Session, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every audited table."""
    session.rollback()
    return {
        table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(table.c.id))]
        for table in audited_tables()
        if table.name not in without
    }


def two(session: Session, cast: Cast, at: datetime) -> tuple[Agreement, Agreement]:
    """Two records of one agreement: each with a text, the second with an item, a party more, and a tie to the first."""
    kept = an_agreement(session, cast, at, number="mxsmy-2026-01", parties=[cast.wuhai, cast.ordos])
    other = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.ordos, cast.yinchuan])
    an_item(session, cast, at, other)
    with atomic(session) as book:
        session.add(Relation(agreement_id=other.id, other_id=kept.id, kind="possibly_same"))
        document = a_document(session, at)
        session.add(Citation(subject_kind="agreement", subject_id=other.id, document_id=document.id, line=7))
        book.record(act="bundle.import", actor=HOST, subject=("agreement", other.id), at=at)
    sign(session, cast.officer_ordos, other, cast.ordos, at)
    return kept, other


def same(session: Session, cast: Cast, at: datetime, kept: str, other: str, kind: str = "agreement") -> Any:
    return decide_same(session, cast.secretariat, DecideSame(kind, kept, other, "同一协议的两份记录"), at=at)


def test_what_refers_to_the_other_moves_and_what_is_there_already_stays(
    session: Session, cast: Cast, at: datetime
) -> None:
    kept, other = two(session, cast, at)
    decided = same(session, cast, at, kept.number, other.number)
    session.rollback()
    assert session.scalars(sa.select(Item.agreement_id)).all() == [kept.id]
    assert session.scalars(sa.select(Citation.subject_id)).all() == [kept.id]
    parties = (
        sa.select(AgreementParty.body_id).where(AgreementParty.agreement_id == kept.id).order_by(AgreementParty.id)
    )
    assert session.scalars(parties).all() == [cast.wuhai.id, cast.ordos.id, cast.yinchuan.id]
    # its text has the place of the other's text, and the act stays with its text; the tie would be one to itself
    for model in (AgreementText, Act):
        assert other.id in session.scalars(sa.select(model.agreement_id)).all(), model
    assert session.scalars(sa.select(Relation.agreement_id)).all() == [other.id]
    assert (decided.moved, decided.left) == (3, 4)
    moved = session.execute(
        sa.select(MovedReference.table_name, MovedReference.column_name).order_by(MovedReference.id)
    )
    assert [tuple(row) for row in moved] == [
        ("agreement_party", "agreement_id"), ("item", "agreement_id"), ("citation", "subject_id"),
    ]  # fmt: skip
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["subject"]) == ("same.decide", ["agreement", kept.id])
    assert "两份" not in str(entry)
    assert agreement_facts(session, kept.id, cast.nobody).facts.values["party_count"] == 3


def test_a_text_that_moves_takes_its_acts_along(session: Session, cast: Cast, at: datetime) -> None:
    kept = an_agreement(session, cast, at, number="mxsmy-2026-01", text=None)
    other = an_agreement(session, cast, at, number="mxsmy-2026-02")
    sign(session, cast.officer_ordos, other, cast.ordos, at)
    same(session, cast, at, kept.number, other.number)
    session.rollback()
    assert session.scalars(sa.select(Act.agreement_id)).all() == [kept.id]
    assert agreement_facts(session, kept.id, cast.nobody).facts.values["any_signed"] is True


def test_undone_every_row_is_as_it_was(session: Session, cast: Cast, at: datetime) -> None:
    kept, other = two(session, cast, at)
    more = ("same_as", "moved_reference", "document")
    before = images(session, *more)
    decided = same(session, cast, at, kept.number, other.number)
    assert images(session, *more) != before
    undone = undo_same(session, cast.secretariat, decided.same_as.id, "并非同一协议", at=at)
    assert images(session, *more) == before
    assert undone.undone_at == at
    assert entries(session, 1)[0]["act"] == "same.undo"
    with refused(session, ("already-undone", None)):
        undo_same(session, cast.secretariat, decided.same_as.id, "再次", at=at)
    assert same(session, cast, at, kept.number, other.number).moved == decided.moved


def test_the_other_is_neither_listed_nor_counted_and_what_was_known_stays(
    session: Session, cast: Cast, at: datetime
) -> None:
    kept, other = two(session, cast, at)
    last = session.scalar(sa.select(sa.func.max(LedgerEntry.index)))

    def seen(known: int | None) -> tuple[object, ...]:
        session.rollback()
        snapshot = Snapshot(session, known, TODAY)
        found = []
        for actor in (cast.officer_wuhai, cast.auditor):
            found.append([(row.number, row.parties, row.items) for row in agreement_list(snapshot, actor).rows])
            found.append([row.number for row in item_list(snapshot, actor, ItemFilter(agreement=kept.number)).rows])
        return tuple(found)

    before = seen(last)
    assert seen(None) == before
    same(session, cast, at, kept.number, other.number)
    after = seen(None)
    assert after == ([(kept.number, 3, 1)], [f"{other.number}-001"]) * 2  # its number stays with the item
    assert seen(last) == before
    snapshot = Snapshot(session, None, TODAY)
    assert leads_to(snapshot, cast.officer_wuhai, "agreement", other.number) == kept.number
    assert leads_to(snapshot, cast.officer_outsider, "agreement", other.number) is None
    assert leads_to(Snapshot(session, last, TODAY), cast.officer_wuhai, "agreement", other.number) is None
    (decision,) = decisions_on(snapshot, cast.officer_wuhai, "agreement", kept.id)
    assert (decision.other.key, decision.moved) == (other.number, 3)


def test_two_records_of_one_city_are_one_party_once(session: Session, cast: Cast, at: datetime) -> None:
    an_agreement(session, cast, at, number="mxsmy-2026-01", parties=[cast.wuhai, cast.outsider])
    alone = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.outsider])
    item = an_item(session, cast, at, alone, lead=cast.outsider)
    with atomic(session) as book:
        session.add_all([Alias(body_id=body.id, text="乌市") for body in (cast.wuhai, cast.outsider)])
        session.add(Membership(grouping_id=cast.grouping.id, body_id=cast.outsider.id, role="member", position=4))
        book.record(act="alias.add", actor=HOST, subject=("party", cast.outsider.id), at=at)
    grants = images(session)["grant"]
    same(session, cast, at, "150300", "610800", "party")
    session.rollback()
    assert session.scalars(sa.select(AgreementParty.body_id).order_by(AgreementParty.id)).all() == [
        cast.wuhai.id, cast.outsider.id, cast.wuhai.id,
    ]  # fmt: skip
    leads = sa.select(Assignment.body_id).where(Assignment.item_id == item.id, Assignment.role == "lead")
    assert session.scalars(leads).all() == [cast.wuhai.id]
    assert session.scalars(sa.select(Membership.body_id).order_by(Membership.id)).all()[-1] == cast.outsider.id
    assert images(session)["grant"] == grants  # roles are given by the administrator alone
    snapshot = Snapshot(session, None, TODAY)
    assert "610800" not in {row.code for row in party_list(snapshot)}
    meant = {(row.text, row.party_code) for row in alias_rows(snapshot)}
    assert {("榆林市", "150300"), ("乌市", "150300")} <= meant
    assert not {row for row in meant if row[0] == "榆林市" and row[1] != "150300"}


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_each_kind_can_be_one_and_be_two_again(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, kind: str
) -> None:
    """Two bare records of each kind; whoever keeps both groupings decides."""
    keys = made(session, cast, at, agreement, kind)
    before = images(session, "same_as", "moved_reference", "document")
    decided = decide_same(session, HOST, DecideSame(kind, *keys, "同一"), at=at)
    snapshot = Snapshot(session, None, TODAY)
    assert leads_to(snapshot, HOST, kind, keys[1]) == keys[0]
    session.rollback()
    undo_same(session, HOST, decided.same_as.id, "不同", at=at)
    assert images(session, "same_as", "moved_reference", "document") == before


def made(session: Session, cast: Cast, at: datetime, agreement: Agreement, kind: str) -> tuple[str, str]:
    if kind == "agreement":
        return agreement.number, an_agreement(session, cast, at, number="mxsmy-2026-02").number
    if kind == "item":
        return tuple(an_item(session, cast, at, agreement, position=n).number for n in (1, 2))  # type: ignore[return-value]
    if kind == "document":
        return tuple(a_document(session, at, f"doc-2026-0{n}", document_number=None).number for n in (1, 2))  # type: ignore[return-value]
    if kind == "party":
        return "150300", "150600"
    with atomic(session) as book:
        if kind == "grouping":
            session.add(Grouping(code="hbyy", name_zh="呼包银榆", kind="cities", sample=False))
        else:
            session.add_all(
                Meeting(number=f"meeting-2026-0{n}", name_zh="联席会议", held=True, sample=False) for n in (1, 2)
            )
        book.record(act="grouping.add", actor=HOST, subject=("grouping", 2), at=at)
    return ("mxsmy", "hbyy") if kind == "grouping" else ("meeting-2026-01", "meeting-2026-02")


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        (DecideSame("claim", "a", "b", "同一"), "unknown-choice", "kind"),
        (DecideSame("party", "150300", "150300", "同一"), "same-record", "duplicate"),
        (DecideSame("party", "150300", "x-a", "同一"), "sample-mixed", "duplicate"),
        (DecideSame("party", "name", "150300", "同一"), "kept-cannot-sign", "duplicate"),
        (DecideSame("party", "150300", "150600", " "), "reason-missing", "reason"),
        (DecideSame("party", "150300", "150600", "同一", "doc-2020-01"), "unknown-document", "basis"),
    ],
)
def test_records_that_cannot_be_one(
    session: Session, cast: Cast, at: datetime, ask: DecideSame, code: str, field: str
) -> None:
    with atomic(session) as book:
        session.add(Body(code="x-a", name_zh="示例市", kind="city", signs=True, sample=True))
        session.add(Body(code="name", name_zh="某名", kind="city", signs=False, sample=False))
        book.record(act="party.add", actor=HOST, subject=("party", 9), at=at)
    with refused(session, (code, field)):
        decide_same(session, cast.secretariat, ask, at=at)


def test_decisions_are_undone_last_first(session: Session, cast: Cast, at: datetime) -> None:
    first = same(session, cast, at, "150300", "150600", "party")
    second = same(session, cast, at, "640100", "150300", "party")
    before = images(session, "same_as", "moved_reference")
    with refused(session, ("undo-later-first", None)):
        undo_same(session, cast.secretariat, first.same_as.id, "不同", at=at)
    with refused(session, ("reason-missing", "reason")):
        undo_same(session, cast.secretariat, second.same_as.id, " ", at=at)
    assert images(session, "same_as", "moved_reference") == before
    for each in (second, first):
        undo_same(session, cast.secretariat, each.same_as.id, "不同", at=at)


def test_who_may_decide_that_two_records_are_one(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    assert who_may(
        session, cast, lambda number: an_agreement(session, cast, at, number=f"mxsmy-2026-{number + 10}").number,
        lambda actor, number: decide_same(session, actor, DecideSame("agreement", agreement.number, number, "同一"), at=at),
    ) == told(may="secretariat", may_not=OTHERS, not_found=OUTSIDE)  # fmt: skip
    numbers = iter(range(20, 40))

    def decided(_: int) -> int:
        other = an_agreement(session, cast, at, number=f"mxsmy-2026-{next(numbers)}")
        return int(
            decide_same(
                session, HOST, DecideSame("agreement", agreement.number, other.number, "同一"), at=at
            ).same_as.id
        )

    assert who_may(
        session, cast, decided, lambda actor, identity: undo_same(session, actor, identity, "不同", at=at)
    ) == told(may="secretariat", may_not=f"{OTHERS} {OUTSIDE}")
    elsewhere = replace(cast.secretariat, held=(Held("secretariat", None, cast.grouping.id + 7),))
    more = an_agreement(session, cast, at, number="mxsmy-2026-50")
    ask = DecideSame("agreement", agreement.number, more.number, "同一")
    with answered(session, NotPermitted):  # it reads them, and keeps another grouping
        decide_same(session, elsewhere, ask, at=at)


def test_every_reference_is_moved_or_stays_for_a_reason() -> None:
    """A new table that refers to one of these records moves by itself; what stays is named."""
    moving = {(place.table.name, place.column) for model, _ in MODELS.values() for place in places(model)}
    targets = {model.__tablename__ for model, _ in MODELS.values()}  # type: ignore[attr-defined]
    everything = {
        (table.name, column.name)
        for table in audited_tables()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in targets
    }
    assert everything - moving == {pair for pair in everything if pair[0] in STAY}
    assert len(moving) > 70
    assert {"grant", "notice", "vote"} <= STAY
    assert Grant.__tablename__ in STAY
