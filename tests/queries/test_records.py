"""The other pages: register, parties, groupings with members of the day, meetings, documents."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.errors import NotFound
from registry.ledger import atomic
from registry.models import (
    Agreement,
    Alias,
    Body,
    Citation,
    Commitment,
    Department,
    Document,
    Edition,
    Event,
    Meeting,
    MeetingSeries,
    Membership,
    Target,
)
from registry.permissions import the_register
from registry.queries.agreements import AgreementCount
from registry.queries.documents import document_page
from registry.queries.groupings import grouping_list, grouping_page
from registry.queries.items import ItemCount
from registry.queries.meetings import meeting_list, meeting_page
from registry.queries.members import belongs
from registry.queries.names import names_of
from registry.queries.parties import party_list, party_page
from registry.queries.register import register_page
from registry.queries.rows import Named, Paging
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import a_document, now, statements, under

DAY = date(2026, 3, 2)


def add(session: Session, at: datetime, *rows: object) -> None:
    with atomic(session) as book:
        session.add_all(rows)
        book.record(act="bundle.import", actor=the_register("import"), subject=("register", 1), at=at)


@pytest.mark.parametrize(
    ("since", "until", "member"),
    [
        (("2026-03-02", "day"), None, True),
        (("2026-03-03", "day"), None, False),
        (("2026", "year"), None, True),
        (("2026-04", "month"), None, False),
        ((None, "unknown"), None, True),
        ((None, "unknown"), ("2026-03-02", "day"), True),
        ((None, "unknown"), ("2026-03-01", "day"), False),
        ((None, "unknown"), ("2026", "year"), True),
        ((None, "unknown"), ("2026-Q1", "quarter"), True),
        ((None, "unknown"), ("2025-Q4", "quarter"), False),
        ((None, "unknown"), ("2026", "before_year"), False),
        ((None, "unknown"), (None, "unknown"), False),
    ],
)
def test_a_membership_ends_when_its_last_possible_day_has_passed(
    since: tuple[str | None, str], until: tuple[str | None, str] | None, member: bool
) -> None:
    assert belongs(PartialDate.of(*since), PartialDate.of(*until) if until else None, DAY) is member


def test_a_grouping_shows_the_members_of_the_day(session: Session, cast: Cast, at: datetime) -> None:
    add(
        session,
        at,
        Membership(
            grouping_id=cast.grouping.id,
            body_id=cast.outsider.id,
            role="observer",
            position=4,
            until="2026-06-30",
            until_precision="day",
        ),
        Alias(text="蒙西", grouping_id=cast.grouping.id),
        Alias(text="我市", body_id=cast.wuhai.id, issuer_id=cast.wuhai.id),
    )
    for day, current, former in ((date(2026, 6, 30), 4, []), (date(2026, 7, 1), 3, ["610800"])):
        snapshot = Snapshot(session, None, day)
        page = grouping_page(snapshot, cast.nobody, "mxsmy")
        assert ([one.party.key for one in page.members][:3], len(page.members)) == (
            ["150300", "150600", "640100"],
            current,
        )
        assert [one.party.key for one in page.former] == former
        assert page.row.members == grouping_list(snapshot)[0].members == current
        assert page.aliases == ("蒙西",)
    (membership,) = party_page(now(session), cast.nobody, "610800").memberships
    assert (membership.grouping.key, membership.role, membership.current) == ("mxsmy", "observer", True)
    assert party_page(now(session), cast.nobody, "150300").aliases == ()  # 我市 holds only in its own papers
    with pytest.raises(NotFound):
        grouping_page(now(session), cast.auditor, "nowhere")


def test_a_party_page_and_the_list_of_parties(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    add(
        session,
        at,
        Body(code="150602", name_zh="东胜区", kind="district", signs=True, sample=False, parent_id=cast.ordos.id),
        Body(code="proposer", name_zh="提案人", kind="proposer", signs=False, sample=False),
        Body(code="000000", name_zh="示例市", kind="city", signs=True, sample=True),
        Department(body_id=cast.ordos.id, name_zh="文旅局", sample=False),
    )
    assert [row.code for row in party_list(now(session))] == [
        "150300",
        "150600",
        "150602",
        "610800",
        "640100",
        "000000",
    ]
    assert [row.code for row in party_list(now(session), signing=False)] == ["proposer"]
    page = party_page(now(session), cast.viewer, "150600")
    assert (page.departments, [one.key for one in page.parts]) == ((("文旅局", None),), ["150602"])
    assert [row.number for row in page.agreements.rows] == [agreement.number]
    assert party_page(now(session), cast.nobody, "150602").row.parent == Named("body", "150600", "鄂尔多斯市", None)
    with pytest.raises(NotFound):
        party_page(now(session), cast.auditor, "nobody")


def test_one_meeting_of_two_series(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    first = MeetingSeries(id=1, code="alpha", name_zh="甲联席会", grouping_id=cast.grouping.id, sample=False)
    second = MeetingSeries(id=2, code="beta", name_zh="乙联席会", sample=False)
    both = Meeting(
        id=1,
        number="meeting-2017-01",
        name_zh="第十次会议暨第四次会议",
        held=True,
        held_on="2017-07-06",
        held_precision="day",
        venue_id=cast.wuhai.id,
        sample=False,
    )
    planned = Meeting(id=2, number="meeting-0000-01", name_zh="下次会议", held=False, sample=False)
    lonely = Meeting(
        id=3, number="meeting-2015-01", name_zh="筹备会", held=True, held_on="2015", held_precision="year", sample=False
    )
    add(session, at, first, second, both, planned, lonely)
    add(
        session,
        at,
        Edition(meeting_id=1, series_id=1, ordinal=10),
        Edition(meeting_id=1, series_id=2, ordinal=None),
        Edition(meeting_id=2, series_id=1),
        Event(
            code="e-1",
            kind="study_tour",
            what_zh="考察",
            on="2017-07",
            on_precision="month",
            meeting_id=1,
            sample=False,
        ),
    )
    with atomic(session) as book:
        session.merge(agreement).meeting_id = 1
        book.record(act="agreement.draft", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)
    found = meeting_list(now(session))
    assert [(row.series.key, [meeting.number for meeting in row.meetings]) for row in found.series] == [
        ("alpha", ["meeting-2017-01", "meeting-0000-01"]),
        ("beta", ["meeting-2017-01"]),
    ]
    assert [meeting.number for meeting in found.others] == ["meeting-2015-01"]
    page = meeting_page(now(session), cast.viewer, "meeting-2017-01")
    assert [(edition.series.key, edition.ordinal) for edition in page.row.editions] == [("alpha", 10), ("beta", None)]
    assert (page.row.on, page.row.venue and page.row.venue.key) == (PartialDate("2017-07-06", Precision.DAY), "150300")
    assert ([row.number for row in page.agreements.rows], [event.code for event in page.events]) == (
        [agreement.number],
        ["e-1"],
    )
    assert meeting_page(now(session), cast.nobody, "meeting-2017-01").agreements.paging.total == 0
    with pytest.raises(NotFound):
        meeting_page(now(session), cast.auditor, "meeting-1999-01")


def test_a_document_and_what_stands_on_it(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    document = a_document(session, cast, at, "doc-2017-01", "public", issuer=cast.ordos)
    task = under(session, cast, at, document)
    hidden = an_item(session, cast, at, agreement)
    add(session, at, Target(id=1, item_id=hidden.id, position=1, metric_zh="线路", comparator="=", period="by_year"))
    with atomic(session) as book:
        kept = session.query(Document).one()
        kept.addressees, kept.proposers, kept.document_number = "各镇、各部门", None, "东政发〔2017〕66号"
        session.add_all(
            [
                Commitment(code="c-1", document_id=document.id, position=1, title_zh="一", item_id=task.id),
                Commitment(code="c-2", document_id=document.id, position=2, title_zh="二", item_id=hidden.id),
                Citation(subject_kind="item", subject_id=task.id, document_id=document.id, line=12),
                Citation(subject_kind="item", subject_id=task.id, document_id=document.id, line=9),
                Citation(subject_kind="item", subject_id=hidden.id, document_id=document.id, line=10),
                Citation(subject_kind="target", subject_id=1, document_id=document.id, line=11),
                Citation(subject_kind="body", subject_id=cast.wuhai.id, document_id=document.id, line=1),
            ]
        )
        book.record(act="bundle.import", actor=cast.secretariat, subject=("document", document.id), at=at)
    page = document_page(now(session), cast.nobody, "doc-2017-01")
    assert (page.addressees, page.proposers, page.row.document_number) == (("各镇", "各部门"), (), "东政发〔2017〕66号")
    assert [(one.record.key, one.lines) for one in page.cited_by] == [("150300", (1,)), ("doc-2017-01-001", (9, 12))]
    assert [(one.code, one.item and one.item.key) for one in page.commitments] == [
        ("c-1", "doc-2017-01-001"),
        ("c-2", None),
    ]
    assert page.counts == (ItemCount("intent", "grey", sample=False, count=1),)
    assert [row.number for row in page.items.rows] == ["doc-2017-01-001"]
    of_member = document_page(now(session), cast.viewer, "doc-2017-01")
    assert [one.record.kind for one in of_member.cited_by] == ["body", "item", "item", "target"]
    with pytest.raises(NotFound):
        document_page(now(session), cast.auditor, "doc-1999-01")


def test_the_register_leaves_samples_out_of_totals_and_lists_them_last(
    session: Session, cast: Cast, clock: Clock
) -> None:
    real = an_agreement(session, cast, clock.at, number="mxsmy-2026-09", level="public")
    sample = an_agreement(
        session, cast, clock.at, number="mxsmy-2026-01", level="public", sample=True, state="signed", stage="concluded"
    )
    for agreement in (real, sample, sample):
        an_item(
            session, cast, clock.at, agreement, position=1 if agreement is real else clock.advance(seconds=1).second
        )
    page = register_page(now(session), cast.nobody, now=clock.at)
    assert (page.totals.agreements, page.totals.items, page.totals.parties, page.totals.groupings) == (1, 1, 4, 1)
    assert page.agreement_counts == (
        AgreementCount("open", "signing", sample=False, count=1),
        AgreementCount("signed", "concluded", sample=True, count=1),
    )
    assert {(count.sample, count.count) for count in page.item_counts} == {(False, 1), (True, 2)}
    assert [(row.number, row.sample) for row in page.agreements.rows] == [
        ("mxsmy-2026-09", False),
        ("mxsmy-2026-01", True),
    ]
    assert page.agreements.samples == 1
    assert {
        (event.subject.key, event.subject.sample)
        for event in page.changes
        if event.subject and event.subject.kind == "agreement"
    } == {("mxsmy-2026-09", False), ("mxsmy-2026-01", True)}
    assert register_page(now(session), cast.nobody, now=clock.at + timedelta(days=8)).changes == ()
    assert page.title_zh == "示例登记簿"
    nothing = register_page(Snapshot(session, -1, DAY), cast.auditor, now=clock.at)
    assert (nothing.title_zh, nothing.totals.agreements, nothing.totals.parties, nothing.changes) == (None, 0, 0, ())


def test_the_registers_page_costs_the_same_whatever_it_holds(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    def sent() -> int:
        session.rollback()
        with statements(session) as found:
            register_page(now(session), cast.viewer, now=at)
        return len(found)

    sent()
    an_item(session, cast, at, agreement)
    few = sent()  # the first reading after an act: what is kept is led on
    for position in range(2, 9):
        an_item(session, cast, at, agreement, position=position)
        a_document(session, cast, at, f"doc-2026-{position}", "public", issuer=cast.ordos)
    assert sent() == few <= 15


def test_names_are_fetched_in_one_statement(session: Session, cast: Cast, agreement: Agreement) -> None:
    session.rollback()
    with statements(session) as sent:
        wanted = [
            ("body", cast.wuhai.id),
            ("grouping", cast.grouping.id),
            ("agreement", agreement.id),
            ("procedure", 1),
            ("person", 1),
            ("agreement_text", 1),
        ]
        names = names_of(now(session), cast.viewer, wanted)
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
    assert {kind: named.key for (kind, _), named in names.items()} == {
        "body": "150300",
        "grouping": "mxsmy",
        "agreement": agreement.number,
        "procedure": "cooperation-agreement",
        "agreement_text": "1",
    }
    assert set(names_of(now(session), cast.nobody, wanted)) == {
        ("body", cast.wuhai.id),
        ("grouping", cast.grouping.id),
        ("procedure", 1),
    }


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (7000, 140)])
def test_pages_of_a_list(total: int, pages: int) -> None:
    assert Paging(1, 50, total).pages == pages
