"""Rounds as pages show them: who said what, who is waited for, what is asked of whom; no note but one's own, few statements."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import Agreement, Assignment, Document, Item, LedgerEntry, Matter, Proposal
from registry.permissions import Actor
from registry.queries.names import with_names
from registry.queries.rounds import asked_of, electorate_of, electorates_of, rounds_on
from registry.services.moves import TakeStep, take_step
from registry.words.refusals import answers
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import statements
from tests.services.acts import HOST, a_document
from tests.services.rounds import a_matter, an_item_to_institutionalise, colleague, officers, put, say

NOTE = "我市财政困难，暂不同意"


@pytest.fixture
def basis(session: Session, cast: Cast, at: datetime) -> Document:
    return a_document(session, at)


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, basis: Document, at: datetime) -> Item:
    return an_item_to_institutionalise(session, cast, at, agreement, basis)


@pytest.fixture
def matter(session: Session, cast: Cast, at: datetime) -> Matter:
    return a_matter(session, cast, at)


def notes(session: Session, actor: Actor, proposal: Proposal) -> list[str | None]:
    """Every note of the round as this reader finds it; those of the answers first."""
    session.rollback()
    rows = rounds_on(session, actor, (proposal.subject_kind, proposal.subject_id))
    votes = [vote.reason.text for row in rows for vote in row.votes if vote.reason]
    return [*votes, *(row.reason.text for row in rows if row.reason)]


def test_a_round_as_a_page_shows_it(session: Session, cast: Cast, item: Item, basis: Document, at: datetime) -> None:
    proposal = put(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
    say(session, cast.officer_ordos, proposal, "abstain", at)
    say(session, cast.officer_ordos, proposal, "agree", at)
    session.rollback()
    (row,) = rounds_on(session, cast.viewer, ("item", item.id))
    assert (row.id, row.number, row.title.zh, row.outcome) == (proposal.id, 1, "建立长效机制", "open")
    assert (row.proposed_by and row.proposed_by.key, row.basis and row.basis.key) == ("150300", basis.number)
    assert [(vote.party.key, vote.answer, vote.standing) for vote in row.votes] == [
        ("150600", "abstain", "replaced"), ("150600", "agree", "counted")
    ]  # fmt: skip
    assert [party.title_zh for party in row.waiting] == ["乌海市", "银川市"]
    assert ([party.key for party in row.vetoes], row.needed) == (["150300"], 2)
    assert (row.answers, row.content) == (("agree", "object", "abstain", "request_change"), proposal.content)
    for code in ("150300", "640100"):
        say(session, officers(cast)[code], proposal, "agree", at)
    session.rollback()
    (row,) = rounds_on(session, cast.viewer, ("item", item.id))
    assert (row.outcome, row.needed, row.waiting, row.vetoes) == ("carried", 0, (), ())


def test_a_note_is_read_by_its_own_party_and_auditors_alone(
    session: Session, cast: Cast, matter: Matter, at: datetime
) -> None:
    """In rows, in refusals, and nowhere in the history that everybody may prove."""
    proposal = put(session, cast.secretariat, matter, "most", at)
    say(session, cast.officer_ordos, proposal, "object", at, reason=NOTE)
    found = {name: notes(session, actor, proposal) for name, actor in cast.actors.items()}
    assert {name for name, texts in found.items() if texts == [NOTE]} == {"officer_ordos", "viewer", "auditor"}
    assert {tuple(texts) for texts in found.values()} == {(NOTE,), (None,)}
    assert not [row for row in asked_of(session, cast.officer_wuhai) if NOTE in str(row)]
    assert not session.scalars(sa.select(LedgerEntry.index).where(LedgerEntry.body.contains(NOTE))).all()
    with pytest.raises(Refused) as refusal:
        take_step(session, cast.secretariat, TakeStep("matter", matter.number, "most"), at=at)
    assert NOTE not in str(refusal.value.reasons)


def test_what_is_asked_of_an_officer(
    session: Session, cast: Cast, item: Item, basis: Document, matter: Matter, at: datetime
) -> None:
    """What waits for its party first; then what may still be answered otherwise. Not what sleeps, is decided, or is another's turn."""
    put(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
    _, most, two = (put(session, cast.secretariat, matter, each, at) for each in ("in_turn", "most", "two"))
    say(session, cast.officer_wuhai, most, "agree", at)
    say(session, cast.officer_wuhai, two, "agree", at)

    def asked(actor: Actor) -> list[tuple[str, str, str | None]]:
        session.rollback()
        return [(each.round.transition, each.party.key, each.answer) for each in asked_of(session, actor)]

    assert asked(cast.officer_wuhai) == [
        ("in_turn", "150300", None), ("institutionalise", "150300", None), ("most", "150300", "agree"), ("two", "150300", "agree"),
    ]  # fmt: skip
    assert [each.due_on for each in asked_of(session, cast.officer_wuhai)][:2] == ["2026-03-07", "2026-03-23"]
    assert asked(cast.officer_ordos) == [
        ("most", "150600", None),
        ("two", "150600", None),
        ("institutionalise", "150600", None),
    ]
    say(session, cast.officer_ordos, two, "object", at)
    assert ("two", "150600", "object") not in asked(colleague(cast))  # no substitute there
    say(session, cast.officer_ordos, most, "agree", at)
    assert "most" not in {row[0] for row in asked(officers(cast)["640100"])}
    take_step(session, cast.secretariat, TakeStep("matter", matter.number, "rest", reason="等待"), at=at)
    assert asked(cast.officer_ordos) == [("institutionalise", "150600", None)]
    assert [asked(each) for each in (cast.secretariat, cast.viewer, cast.officer_outsider, cast.nobody)] == [[]] * 4


def test_as_many_statements_for_many_rounds(
    session: Session, cast: Cast, agreement: Agreement, basis: Document, at: datetime
) -> None:
    sent = []
    for position in (1, 2, 3, 4):
        item = an_item_to_institutionalise(session, cast, at, agreement, basis, position)
        proposal = put(session, cast.officer_wuhai, item, "institutionalise", at, basis.number)
        say(session, cast.officer_ordos, proposal, "agree", at, reason="同意")
        session.rollback()
        with statements(session) as found:
            assert len(asked_of(session, cast.officer_ordos)) == position
        sent.append(len(found))
    assert len(set(sent)) == 1
    assert sent[0] <= 7


def test_the_parties_of_many_subjects_at_once(
    session: Session, cast: Cast, agreement: Agreement, matter: Matter, at: datetime
) -> None:
    """Leads first; an item that nobody leads or joins is its agreement's parties'."""
    led = an_item(session, cast, at, agreement, lead=cast.yinchuan)
    alone = an_item(
        session, cast, at, an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.ordos, cast.wuhai])
    )
    with atomic(session) as book:
        session.execute(sa.delete(Assignment).where(Assignment.item_id == alone.id))
        book.record(act="item.add", actor=HOST, subject=("item", alone.id), at=at)
    subjects = [("agreement", agreement.id), ("item", led.id), ("item", alone.id), ("matter", matter.id)]
    found = electorates_of(session, subjects)
    assert [list(found[each].each_party) for each in subjects] == [
        ["150300", "150600", "640100"], ["640100", "150600"], ["150600", "150300"], ["150300", "150600", "640100"]
    ]  # fmt: skip
    assert [list(found[each].lead_party) for each in subjects] == [[], ["640100"], [], ["150300"]]
    assert found == {each: electorate_of(session, each) for each in subjects}


def test_a_refusal_names_the_parties_that_it_waits_for(session: Session, cast: Cast) -> None:
    waits = Reason("consent-open", {"needed": 2, "waiting": "150300,640100"}, who=("150300", "640100"))
    other = Reason("already-ended", who=("150300",))
    with statements(session) as sent:
        named = with_names(session, (waits, other), "zh")
    (said, _) = answers(Refused(*named), "zh")
    assert said.sentence == "正在征求各方同意：至少还需 2 方同意，乌海市、银川市尚未表态。"
    assert (said.who, named[1], len(sent)) == ("乌海市、银川市", other, 1)
    with statements(session) as sent:
        assert with_names(session, (other,), "zh") == (other,)
    assert sent == []
