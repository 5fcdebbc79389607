"""Who takes part in an item: joins, opts out, comes back; rounds count who is there, and no vote of others is touched."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import NotPermitted
from registry.ledger import atomic
from registry.models import Agreement, Assignment, Body, Item, Notice, OptOut, Proposal, Vote
from registry.permissions import Actor
from registry.queries.deadlines import notices_for
from registry.queries.facts import item_facts
from registry.queries.rounds import electorate_of
from registry.services.items import RecordMechanism, record_mechanism
from registry.services.leads import PassLead, leave, pass_lead
from registry.services.participation import JoinItem, LeaveItem, join_item, opt_out
from registry.services.subjects import locked_agreement
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import HOST, OUTSIDE, a_document, answered, day, entries, fresh, refused, told, who_may
from tests.services.rounds import an_item_to_institutionalise, officers, put, say

ORDOS, YINCHUAN = "150600", "640100"


def out(session: Session, cast: Cast, item: Item, code: str, at: datetime, since: PartialDate = UNKNOWN) -> OptOut:
    return opt_out(session, officers(cast)[code], LeaveItem(item.number, code, "另有安排", since), at=at)


def back(session: Session, cast: Cast, item: Item, code: str, at: datetime) -> Assignment:
    return join_item(session, officers(cast)[code], JoinItem(item.number, code), at=at)


def test_a_party_opts_out_and_comes_back(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    item = an_item(session, cast, at, agreement)
    gone = out(session, cast, item, ORDOS, at)
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["for"], entry["effective"]["value"]) == ("item.optout", ORDOS, "2026-03-02")
    assert "另有安排" not in str(entry)  # its digest alone
    ended = session.scalars(sa.select(Assignment).where(Assignment.body_id == cast.ordos.id)).one()
    assert (ended.until, ended.until_precision, gone.since) == ("2026-03-01", "day", "2026-03-02")
    assert item_facts(session, item.id, cast.officer_ordos).facts.actor_roles == frozenset()
    assert item_facts(session, item.id, cast.officer_wuhai).facts.values["party_count"] == 1
    ask = RecordMechanism(item.number, "platform", "平台", ORDOS, day("2030-01-01"))
    with answered(session, NotPermitted):  # the item is no longer its own
        record_mechanism(session, cast.officer_ordos, ask, at=at)
    with refused(session, ("opted-out", "party")):
        out(session, cast, item, ORDOS, at)
    with refused(session, ("opted-out", "leads")):
        pass_lead(session, cast.secretariat, PassLead(item.number, (ORDOS,)), at=at)
    back(session, cast, item, ORDOS, at)
    assert fresh(session, gone).until == "2026-03-01"
    assert set(electorate_of(session, ("item", item.id)).each_party) == {"150300", ORDOS}
    with refused(session, ("takes-part", "party")):
        back(session, cast, item, ORDOS, at)


@pytest.mark.parametrize(("level", "host_hears"), [("members", True), ("parties", False)])
def test_the_parties_of_the_agreement_and_its_host_are_told_once_of_each(
    session: Session, cast: Cast, at: datetime, level: str, host_hears: bool
) -> None:
    """Whoever does not take part in the item is told, too; a host that is no party is shown what it may see."""
    item = an_item(session, cast, at, an_agreement(session, cast, at, parties=[cast.ordos, cast.yinchuan], level=level))
    acts = (("opted_out", out(session, cast, item, ORDOS, at)), ("joined", back(session, cast, item, YINCHUAN, at)))
    for kind, row in acts:
        readers = sa.select(Body.code, Notice.kind).join(Body, Body.id == Notice.body_id, isouter=True)
        told_of = session.execute(readers.where(Notice.mark.startswith(f"{kind}:{row.id}>")).order_by(Body.code)).all()
        assert [tuple(each) for each in told_of] == [(code, kind) for code in ("150300", ORDOS, YINCHUAN)]
    heard = [("joined", "银川市", item.number), ("opted_out", "鄂尔多斯市", item.number)]
    for name, actor in (cast.actors | {"officer_yinchuan": officers(cast)[YINCHUAN]}).items():
        desk = notices_for(session, actor, today=date(2026, 3, 2))
        hears = name in ("officer_ordos", "officer_yinchuan") or (host_hears and name == "officer_wuhai")
        assert [(row.kind, row.party and row.party.title_zh, row.subject.key) for row in desk] == heard * hears, name


def test_where_nobody_takes_part_the_parties_of_the_agreement_vote_but_who_opted_out(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement)
    out(session, cast, item, YINCHUAN, at)
    with atomic(session) as book:
        session.execute(sa.update(Assignment).values(until_precision="unknown"))
        book.record(act="lead.pass", actor=HOST, subject=("item", item.id), at=at)
    assert set(electorate_of(session, ("item", item.id)).each_party) == {"150300", ORDOS}


def test_to_opt_out_and_back_in_changes_no_counted_vote_of_others(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item_to_institutionalise(session, cast, at, agreement, a_document(session, at))
    round_ = put(session, cast.officer_wuhai, item, "institutionalise", at, "doc-2026-01")
    for code in ("150300", YINCHUAN):
        say(session, officers(cast)[code], round_, "agree", at)

    def votes() -> list[tuple[int, str, str]]:
        session.rollback()
        query = sa.select(Vote.body_id, Vote.answer, Vote.standing).order_by(Vote.id)
        return [tuple(row) for row in session.execute(query)]

    before = votes()
    out(session, cast, item, YINCHUAN, at)  # one that has answered
    assert (votes(), fresh(session, round_).outcome) == (before, "open")
    back(session, cast, item, YINCHUAN, at)
    assert (votes(), fresh(session, round_).outcome) == (before, "open")
    out(session, cast, item, ORDOS, at)  # the one that was still to answer is waited for no longer
    assert votes() == before
    assert session.get_one(Proposal, round_.id, populate_existing=True).outcome == "carried"


def test_who_leaves_the_agreement_has_no_opt_out_left(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement)
    gone = out(session, cast, item, YINCHUAN, at)
    with atomic(session) as book:
        leave(session, locked_agreement(session, HOST, agreement.number), cast.yinchuan.id, day("2026-03-02"), at=at)
        book.record(act="act.record", actor=HOST, subject=("agreement", agreement.id), at=at)
    assert fresh(session, gone).until == "2026-03-02"


@pytest.mark.parametrize(("code", "since", "codes"), [
    ("150300", None, "leads-the-item:party"),
    ("610800", None, "not-a-party:party"),
    (ORDOS, "2026-03-03", "in-the-future:since"),
    (YINCHUAN, "2026-02-28", "ends-before-it-began:since"),
])  # fmt: skip
def test_an_opt_out_that_cannot_be(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, code: str, since: str | None, codes: str
) -> None:
    item = an_item(session, cast, at, agreement)
    over = an_item(session, cast, at, agreement, position=2, state="terminated", stage="ended")
    back(session, cast, item, YINCHUAN, at)
    at_day = day(since) if since else UNKNOWN
    with refused(session, *(tuple(each.split(":")) for each in codes.split())):
        opt_out(session, officers(cast).get(code, HOST), LeaveItem(item.number, code, "另有安排", at_day), at=at)
    with refused(session, ("item-over", None)):
        out(session, cast, over, ORDOS, at)
    with refused(session, ("reason-missing", "reason")):
        opt_out(session, officers(cast)[ORDOS], LeaveItem(item.number, ORDOS, " "), at=at)


def test_who_may_join_and_opt_out(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    def made(number: int) -> Item:
        return an_item(session, cast, at, agreement, position=number)

    def leaves(actor: Actor, item: Item) -> object:
        return opt_out(session, actor, LeaveItem(item.number, ORDOS, "另有安排"), at=at)

    others = "officer_wuhai secretariat viewer auditor"
    assert who_may(session, cast, made, leaves) == told(may="officer_ordos", may_not=others, not_found=OUTSIDE)

    def left(number: int) -> Item:
        item = made(number + 20)
        leaves(cast.officer_ordos, item)
        return item

    def joins(actor: Actor, item: Item) -> object:
        return join_item(session, actor, JoinItem(item.number, ORDOS), at=at)

    assert who_may(session, cast, left, joins) == told(may="officer_ordos", may_not=others, not_found=OUTSIDE)
