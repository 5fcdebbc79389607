"""Leads: a party that leaves takes no part any more and reads on; its items show no lead until others are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotPermitted, Refused
from registry.ledger import atomic
from registry.models import Agreement, AgreementParty, Assignment, Body, Department, Item, Notice, Proposal
from registry.queries.access import may_see_agreement
from registry.queries.facts import agreement_facts, item_facts
from registry.queries.rounds import electorate_of
from registry.queries.snapshot import Snapshot
from registry.services.items import AddItem, add_item
from registry.services.leads import PassLead, leave, pass_lead
from registry.services.notices import readers_of
from registry.services.subjects import locked_agreement
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import TODAY, now
from tests.services.acts import HOST, a_document, answered, day, entries, fresh, refused, sign, told, who_may
from tests.services.rounds import an_item_to_institutionalise, officer, officers, put, say


def goes(session: Session, agreement: Agreement, body: Body, at: datetime, on: str = "2026-03-01") -> None:
    """A party leaves, as an act of its own."""
    with atomic(session) as book:
        leave(session, locked_agreement(session, HOST, agreement.number), body.id, day(on), at=at)
        book.record(act="act.record", actor=HOST, subject=("agreement", agreement.id), at=at)


def duties(session: Session, item: Item, *, now: bool = True) -> list[tuple[str, str, str | None]]:
    """Code, role and end of the assignments of an item, leads first."""
    session.rollback()
    query = (
        sa.select(Body.code, Assignment.role, Assignment.until)
        .join(Body, Body.id == Assignment.body_id)
        .where(Assignment.item_id == item.id)
        .order_by(Assignment.role.desc(), Assignment.position, Assignment.id)
    )
    return [tuple(row) for row in session.execute(query.where(Assignment.until_precision.is_(None)) if now else query)]


def test_who_left_neither_counts_nor_acts_and_reads_on(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement, lead=cast.ordos)
    elsewhere = an_agreement(session, cast, at, number="mxsmy-2026-02")
    for body, who in ((cast.wuhai, cast.officer_wuhai), (cast.yinchuan, officers(cast)["640100"])):
        sign(session, who, agreement, body, at)
    goes(session, agreement, cast.ordos, at)

    facts = agreement_facts(session, agreement.id, cast.officer_ordos).facts
    assert (facts.values["party_count"], facts.values["all_signed"]) == (2, True)
    assert facts.actor_roles == frozenset()
    assert item_facts(session, item.id, cast.officer_ordos).facts.actor_roles == frozenset()
    assert agreement_facts(session, elsewhere.id, cast.officer_ordos).facts.actor_roles == {"party_officer"}
    assert set(electorate_of(session, ("agreement", agreement.id)).each_party) == {"150300", "640100"}
    assert set(readers_of(session, ("agreement", agreement.id), "each_party").bodies) == {
        cast.wuhai.id,
        cast.yinchuan.id,
    }
    with answered(session, NotPermitted):
        add_item(session, cast.officer_ordos, AddItem(agreement.number, "示例事项"), at=at)
    alone = replace(cast.officer_ordos, groupings=frozenset())  # no member's right: only what it was party to
    readable = sa.select(Agreement.number).where(may_see_agreement(now(session), alone))
    assert session.scalars(readable.order_by(Agreement.number)).all() == [agreement.number, elsewhere.number]
    session.rollback()
    row = session.scalars(sa.select(AgreementParty).where(AgreementParty.until_precision.is_not(None))).one()
    assert (row.body_id, row.until, row.until_precision) == (cast.ordos.id, "2026-03-01", "day")


def test_its_items_show_no_lead_and_what_has_ended_keeps_its_names(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    going = an_item(session, cast, at, agreement, lead=cast.yinchuan)
    ended = an_item(session, cast, at, agreement, position=2, state="terminated", stage="ended")
    goes(session, agreement, cast.ordos, at)
    goes(session, agreement, cast.yinchuan, at)
    assert duties(session, going) == []
    assert duties(session, going, now=False) == [("640100", "lead", "2026-03-01"), ("150600", "join", "2026-03-01")]
    assert duties(session, ended) == [("150300", "lead", None), ("150600", "join", None)]
    # on the day before, a page still shows who led
    of_then = Snapshot(session, None, TODAY, on=TODAY.replace(day=1)).of(Assignment)
    assert session.scalar(sa.select(sa.func.count()).select_from(of_then).where(of_then.c.item_id == going.id)) == 2


def test_open_rounds_are_counted_without_it(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    item = an_item_to_institutionalise(session, cast, at, agreement, a_document(session, at))
    round_ = put(session, cast.officer_wuhai, item, "institutionalise", at, "doc-2026-01")
    for code in ("150300", "150600"):
        say(session, officers(cast)[code], round_, "agree", at)
    assert fresh(session, round_).outcome == "open"
    goes(session, agreement, cast.yinchuan, at)  # the one that was still to answer
    assert session.get_one(Proposal, round_.id, populate_existing=True).outcome == "carried"
    told_of = session.scalars(sa.select(Notice.body_id).where(Notice.kind == "decided"))
    assert set(told_of) == {cast.wuhai.id, cast.ordos.id}


def test_nobody_leaves_what_it_is_not_in(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    for body in (cast.outsider, cast.ordos):
        if body is cast.ordos:
            goes(session, agreement, body, at)
        with pytest.raises(Refused) as caught:
            goes(session, agreement, body, at)
        assert [each.code for each in caught.value.reasons] == ["not-a-party"]


def test_the_lead_passes_to_named_parties_from_today(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item, basis = an_item(session, cast, at, agreement), a_document(session, at)
    with atomic(session) as book:
        session.add(Department(body_id=cast.ordos.id, name_zh="发展和改革委员会", sample=False))
        book.record(act="bundle.import", actor=HOST, subject=("party", cast.ordos.id), at=at)
    ask = PassLead(item.number, ("150600", "640100", "150600"), "发展和改革委员会", basis.document_number, "移交")
    pass_lead(session, cast.officer_wuhai, ask, at=at)
    assert duties(session, item) == [("150600", "lead", None), ("640100", "lead", None), ("150300", "join", None)]
    assert duties(session, item, now=False)[0] == ("150300", "lead", "2026-03-01")
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["basis"], entry["for"]) == ("lead.pass", "蒙联发〔2026〕1号", "150300")
    assert "移交" not in str(entry)  # its digest alone
    assert item_facts(session, item.id, cast.officer_ordos).facts.actor_roles == {"lead_officer", "joining_officer"}
    with refused(session, ("lead-unchanged", "leads")):
        pass_lead(session, cast.officer_ordos, ask, at=at)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (PassLead("mxsmy-2026-01-001", ()), "new-lead-missing"),
        (PassLead("mxsmy-2026-01-001", ("000000",)), "unknown-party"),
        (PassLead("mxsmy-2026-01-001", ("610800",)), "not-a-party"),
        (PassLead("mxsmy-2026-01-001", ("640100",)), "not-a-party"),  # it has left
        (PassLead("mxsmy-2026-01-001", ("150600",), "没有这个局"), "unknown-department"),
        (PassLead("mxsmy-2026-01-001", ("150600",), basis="doc-2026-09"), "unknown-document"),
        (PassLead("mxsmy-2026-01-001", ("150300",)), "lead-unchanged"),
    ],
)
def test_a_lead_that_cannot_be(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, ask: PassLead, code: str
) -> None:
    an_item(session, cast, at, agreement)
    goes(session, agreement, cast.yinchuan, at)
    fields = {"unknown-department": "department", "unknown-document": "basis"}
    with refused(session, (code, fields.get(code, "leads"))):
        pass_lead(session, cast.secretariat, ask, at=at)


def test_who_may_pass_a_lead(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    def led(number: int) -> Item:
        return an_item(session, cast, at, agreement, position=number, lead=cast.yinchuan)

    def to_ordos(actor: object, item: Item) -> object:
        return pass_lead(session, actor, PassLead(item.number, ("150600",)), at=at)  # type: ignore[arg-type]  # of the cast

    outside = "officer_outsider administrator nobody"
    others = "viewer auditor"
    assert who_may(session, cast, led, to_ordos) == told(
        may="officer_wuhai secretariat", may_not=f"officer_ordos {others}", not_found=outside
    )

    def without(number: int) -> Item:
        item = led(number + 20)
        with atomic(session) as book:
            session.execute(
                sa.update(Assignment).where(Assignment.item_id == item.id).values(until_precision="unknown")
            )
            book.record(act="lead.pass", actor=HOST, subject=("item", item.id), at=at)
        return item

    # where nobody leads, the officer of the party named takes it; of another party, nobody
    assert who_may(session, cast, without, to_ordos) == told(
        may="officer_wuhai officer_ordos secretariat", may_not=others, not_found=outside
    )
    item = without(9)
    with answered(session, NotPermitted):
        pass_lead(session, officer(cast.officer_ordos, cast.yinchuan), PassLead(item.number, ("150600",)), at=at)
