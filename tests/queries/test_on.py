"""What held on a day: every form of a partial date, and each table that has dates of its own, alone and as known then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.errors import Refused
from registry.ledger import atomic
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    AgreementText,
    Body,
    Document,
    Item,
    Meeting,
    Membership,
    Report,
    Step,
)
from registry.permissions import the_register
from registry.queries.agreement_page import agreement_page
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.held import begun, ended
from registry.queries.items import ItemFilter, item_counts, item_list
from registry.queries.members import belongs
from registry.queries.parties import party_page
from registry.queries.snapshot import Snapshot, day_asked
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.continuity import AlterBody, Happened, SplitBody, alter_body, split_body
from registry.services.items import AddItem, add_item
from tests.cast import Cast, Clock, an_item
from tests.matters import a_matter, publish_city_case, step
from tests.queries.world import now

FORMS = (
    ("2019-06-30", "day"), ("2019-06-30T23:59:59", "second"), ("2019-06", "month"), ("2019-12", "month"), ("2019-Q1", "quarter"),
    ("2019-Q2", "quarter"), ("2019-Q3", "quarter"), ("2019-Q4", "quarter"), ("2019", "year"), ("2019", "year_end"),
    ("2019", "before_year"), ("2019-06-30", "by_month_end"), (None, "open"), (None, "unknown"),
)  # fmt: skip
DAYS = tuple(date(2018, 12, 1) + timedelta(days=7 * week) for week in range(62)) + tuple(
    date(year, month, day)
    for year, month, day in (
        (2018, 12, 31), (2019, 1, 1), (2019, 3, 31), (2019, 4, 1), (2019, 5, 31), (2019, 6, 1), (2019, 6, 29), (2019, 6, 30),
        (2019, 7, 1), (2019, 9, 30), (2019, 10, 1), (2019, 11, 30), (2019, 12, 1), (2019, 12, 31), (2020, 1, 1),
    )
)  # fmt: skip


def test_every_form_begins_and_ends_as_the_partial_date_says(session: Session) -> None:
    """SQL and `belongs` agree on the first and the last possible day of every precision."""
    assert {precision for _, precision in FORMS} == {str(each) for each in Precision}
    held = [(sa.literal(value, sa.String), sa.literal(precision, sa.String)) for value, precision in FORMS]
    for day in DAYS:
        on = day.isoformat()
        found = session.execute(sa.select(*(each(*form, on) for form in held for each in (begun, ended)))).one()
        for place, form in enumerate(FORMS):
            partial = PartialDate.of(*form)
            assert bool(found[2 * place]) == belongs(partial, None, day), (form, on)
            assert bool(found[2 * place + 1]) != belongs(PartialDate.of(None, "unknown"), partial, day), (form, on)


def recorded(session: Session, clock: Clock, *rows: Any) -> int:
    """The rows in one entry of a day of its own; its index."""
    with atomic(session) as book:
        session.add_all(rows)
        book.record(
            act="bundle.import", actor=the_register("import"), subject=("register", 1), at=clock.advance(days=1)
        )
    return now(session).stamp.entry


def on(session: Session, day: str, known: int | None = None) -> Snapshot:
    """The register on a day. day: ISO date."""
    session.rollback()
    return Snapshot(session, known, date(2030, 1, 1), date.fromisoformat(day))


def dates(column: str, text: str | None, stem: str | None = None) -> dict[str, str | None]:
    """The two columns of a partial date, from text like 2019, 2019-06 or 2019-06-30; None: unknown."""
    precision = {None: "unknown", 4: "year", 7: "month", 10: "day"}[len(text) if text else None]
    return {column: text, f"{stem or column.removesuffix('_on')}_precision": precision}


Row = Callable[[Cast, Agreement, Mapping[str, Any]], Any]
SPANS: tuple[tuple[type, Row], ...] = (
    (Membership, lambda cast, agreement, more: Membership(
        grouping_id=cast.grouping.id, body_id=cast.outsider.id, role="member", position=9, **more)),
    (AgreementParty, lambda cast, agreement, more: AgreementParty(
        agreement_id=agreement.id, body_id=cast.outsider.id, position=9, **more)),
)  # fmt: skip


@pytest.mark.parametrize(("since", "until", "held", "gone"), [
    ("2019-06-30", None, "2019-06-30 2025-01-01", "2019-06-29"),
    ("2019-06", None, "2019-06-01", "2019-05-31"),
    ("2019", "2020", "2019-01-01 2020-12-31", "2018-12-31 2021-01-01"),
    ("2019", "2019-06", "2019-01-01 2019-06-30", "2018-12-31 2019-07-01"),
    (None, "2020-02-29", "1949-10-01 2020-02-29", "2020-03-01"),
])  # fmt: skip
@pytest.mark.parametrize(("model", "row"), SPANS)
def test_what_lasts_holds_from_its_first_to_its_last_possible_day(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock, model: type, row: Row, since: str | None, until: str | None,
    held: str, gone: str,
) -> None:  # fmt: skip
    ends = dates("until", until) if until else {}
    recorded(session, clock, row(cast, agreement, {**dates("since", since), **ends}))
    outsider = cast.outsider.id

    def there(day: str) -> bool:
        rows = on(session, day).of(model)
        return session.execute(sa.select(rows.c.id).where(rows.c.body_id == outsider)).first() is not None

    assert [day for day in (*held.split(), *gone.split()) if there(day)] == held.split()


def test_an_act_a_report_a_document_and_a_meeting_begin(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    item = an_item(session, cast, clock.at, agreement)
    text = session.query(AgreementText).one()
    act = {
        "agreement_id": agreement.id,
        "text_id": text.id,
        "body_id": cast.ordos.id,
        "logged_by": "party",
        "recorded_at": clock.at,
    }
    recorded(
        session, clock,
        Act(kind="signature", **act, **dates("done_on", "2019-06")),
        Act(kind="approval", **act, **dates("done_on", None)),
        Report(item_id=item.id, body_id=cast.wuhai.id, grade="slow", recorded_at=clock.at, **dates("as_of", "2019-06-30")),
        Document(number="doc-1", title="一", kind="plan", level="public", sample=False, **dates("signed_on", "2019-06-30")),
        Document(
            number="doc-2", title="二", kind="plan", level="public", sample=False, **dates("published_at", "2019-06-30", "published")
        ),
        Meeting(number="m-1", name_zh="一", held=True, sample=False, **dates("held_on", "2019")),
        Meeting(number="m-2", name_zh="二", held=False, sample=False, **dates("held_on", "2029")),
    )  # fmt: skip

    def found(day: str) -> dict[str, int]:
        snapshot = on(session, day)
        models = (Act, Report, Document, Meeting)
        return {
            model.__tablename__: session.scalar(sa.select(sa.func.count()).select_from(snapshot.of(model))) or 0
            for model in models
        }

    assert found("2018-12-31") == {"act": 1, "report": 0, "document": 0, "meeting": 1}
    assert found("2019-06-01") == {"act": 2, "report": 0, "document": 0, "meeting": 2}
    assert found("2019-06-30") == {"act": 2, "report": 1, "document": 2, "meeting": 2}


def test_a_body_bears_the_name_level_and_code_of_the_day(session: Session, cast: Cast, clock: Clock) -> None:
    first = now(session).stamp.entry

    def happened(day: str) -> Happened:
        return Happened(PartialDate.of(*dates("on", day).values()), basis_note="批复")  # type: ignore[arg-type]

    alter_body(
        session,
        cast.secretariat,
        AlterBody("150600", happened("2001-02-26"), name_zh="鄂市", kind="league"),
        at=clock.at,
    )
    second = now(session).stamp.entry
    alter_body(
        session,
        cast.secretariat,
        AlterBody("150600", happened("2010"), name_zh="鄂多市", name_en="E", gb_code="150699"),
        at=clock.at,
    )

    def named(day: str, known: int | None = None) -> tuple[Any, ...]:
        body = on(session, day, known).of(Body)
        columns = (body.c.name_zh, body.c.name_en, body.c.kind, body.c.gb_code)
        return tuple(session.execute(sa.select(*columns).where(body.c.code == "150600")).one())

    assert named("2001-02-25") == ("鄂尔多斯市", None, "city", "150600")
    assert named("2001-02-26") == named("2009-12-31") == ("鄂市", None, "league", "150600")
    assert named("2010-01-01") == named("2025-01-01") == ("鄂多市", "E", "league", "150699")
    assert named("2025-01-01", first) == named("2001-02-25", first) == ("鄂尔多斯市", None, "city", "150600")
    assert named("2025-01-01", second) == ("鄂市", None, "league", "150600")
    assert party_page(on(session, "2009-12-31"), cast.auditor, "150600").row.title_zh == "鄂市"


def test_what_a_split_made_is_absent_before_it(session: Session, cast: Cast, clock: Clock) -> None:
    happened = Happened(PartialDate.of("2020-05", "month"), basis_note="批复")
    split_body(session, cast.secretariat, SplitBody("150600", ("610800",), ends=True, happened=happened), at=clock.at)

    def ends(day: str) -> dict[str, str | None]:
        body = on(session, day).of(Body)
        query = sa.select(body.c.code, body.c.ended_precision).where(body.c.code.in_(("150600", "610800")))
        return dict(session.execute(query).all())

    assert ends("2020-04-30") == {"150600": None}
    assert ends("2020-05-31") == {"150600": None, "610800": None}
    assert ends("2020-06-01") == {"150600": "month", "610800": None}


def taken(
    of: str, subject: Agreement | Item, position: int, to_state: str, effective: str | None, clock: Clock, **more: Any
) -> Step:
    """A step that leads to a state and takes effect on a partial date."""
    return Step(
        subject_kind=of, subject_id=subject.id, position=position, transition="x", to_state=to_state, recorded_at=clock.at,
        **{"procedure_id": subject.procedure_id, "kind": "forward", "from_state": "x", **dates("effective", effective), **more},
    )  # fmt: skip


@pytest.mark.tampers  # the steps lead where no procedure leads
def test_state_stage_and_grade_are_those_of_the_day(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    """Listed in 2019, begun on 1 March 2020, suspended in May of it and resumed in July; graded twice."""
    item = an_item(session, cast, clock.at, agreement, state="under_way", stage="in_progress")
    recorded(
        session, clock,
        taken("item", item, 2, "listed", "2019-02", clock, kind="entry", from_state=None),
        taken("item", item, 3, "under_way", "2020-03-01", clock),
        taken("item", item, 4, "suspended", "2020-05", clock, kind="suspend"),
        taken("item", item, 5, "under_way", "2020-07-15", clock, kind="resume"),
    )  # fmt: skip
    with atomic(session) as book:
        session.execute(sa.delete(Step).where(Step.subject_kind == "item", Step.position == 1))
        book.record(act="bundle.import", actor=the_register("import"), subject=("item", item.id), at=clock.at)
    before = now(session).stamp.entry
    for grade, day in (("slow", "2020-04"), ("blocked", "2020-08-01")):
        with atomic(session) as book:
            row = session.get_one(Item, item.id)
            row.grade, row.graded_as_of, row.graded_precision = grade, *dates("x", day).values()
            book.record(
                act="report.file", actor=the_register("import"), subject=("item", item.id), at=clock.advance(days=1)
            )

    def stood(day: str, known: int | None = None) -> tuple[str, str, str, str | None] | None:
        found = item_list(on(session, day, known), cast.auditor).rows
        return next(((row.state, row.stage, row.grade, row.graded_as_of.value) for row in found), None)

    assert stood("2019-01-31") is None
    assert stood("2019-02-01") == ("listed", "intent", "not_reported", None)
    assert stood("2020-03-01") == ("under_way", "in_progress", "not_reported", None)
    assert stood("2020-05-01") == ("suspended", "in_progress", "slow", "2020-04")
    assert stood("2020-07-15") == ("under_way", "in_progress", "slow", "2020-04")
    assert stood("2020-08-01") == ("under_way", "in_progress", "blocked", "2020-08-01")
    assert stood("2020-08-01", before) == ("under_way", "in_progress", "not_reported", None)
    listed = [
        item_list(on(session, day), cast.auditor, ItemFilter(stage="intent")).paging.total
        for day in ("2019-03-01", "2020-03-01")
    ]
    assert listed == [1, 0]


@pytest.mark.tampers  # the steps lead where no procedure leads
def test_an_item_is_there_when_it_and_its_agreement_are(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    """Entered later: the item's first step was in February 2019, its agreement's on 1 March 2020."""
    item = an_item(session, cast, clock.at, agreement)
    first = {"kind": "entry", "from_state": None}
    recorded(
        session, clock,
        taken("item", item, 2, item.state, "2019-02", clock, **first),
        taken("agreement", agreement, 2, agreement.state, "2020-03-01", clock, **first),
    )  # fmt: skip
    with atomic(session) as book:
        session.execute(sa.delete(Step).where(Step.position == 1))
        book.record(act="bundle.import", actor=the_register("import"), subject=("item", item.id), at=clock.at)
    known = now(session).stamp.entry
    for day, there in (("2019-03-01", 0), ("2020-02-29", 0), ("2020-03-01", 1)):
        for snapshot in (on(session, day), on(session, day, known)):
            assert item_list(snapshot, cast.auditor).paging.total == there, (day, snapshot.known)
            assert agreement_list(snapshot, cast.auditor).paging.total == there


def test_pages_of_a_list_follow_each_other(session: Session, cast: Cast, agreement: Agreement, clock: Clock) -> None:
    """Each item once, in the order of one long page; and the counts of any page are those of all, also past the end."""
    for position in (3, 1, 5, 2, 4):
        an_item(session, cast, clock.at, agreement, position=position, state="listed" if position % 2 else "intent")
    for snapshot in (now(session), on(session, "2029-12-31"), on(session, "2029-12-31", now(session).stamp.entry)):
        whole = item_list(snapshot, cast.auditor, urgent=True)
        pages = [item_list(snapshot, cast.auditor, page=number, size=2, urgent=True) for number in (1, 2, 3, 4)]
        assert [len(page.rows) for page in pages] == [2, 2, 1, 0]
        assert [row.number[-3:] for page in pages for row in page.rows] == ["001", "002", "003", "004", "005"]
        assert [row for page in pages for row in page.rows] == list(whole.rows)
        assert {page.counts for page in pages} == {whole.counts} == {item_counts(snapshot, cast.auditor)}
        assert {page.paging.total for page in pages} == {5}


def test_what_began_here_is_there_from_the_day_of_its_entry(session: Session, cast: Cast, clock: Clock) -> None:
    """An item, a matter and an agreement that no older record brought: in their first state until a step takes effect."""
    publish_city_case(session, clock.at)
    ask = CreateAgreement("示例", "framework_agreement", ("150300", "150600"), grouping=cast.grouping.code, year=2026)
    agreement = create_agreement(session, cast.secretariat, ask, at=clock.at)
    add_item(session, cast.secretariat, AddItem(agreement.number, "示例"), at=clock.advance(days=2))
    matter = a_matter(session, cast, clock.advance(days=2))
    step(session, cast.secretariat, matter, "assign", clock.advance(days=2), due_on="2030-01-01")
    counts = []
    for day in ("2026-03-01", "2026-03-02", "2026-03-04", "2026-03-06", "2026-03-08"):
        snapshot = on(session, day)
        rows = snapshot.of(type(matter))
        counts.append((
            agreement_list(snapshot, cast.auditor).paging.total, item_list(snapshot, cast.auditor).paging.total,
            session.scalar(sa.select(rows.c.state)),
        ))  # fmt: skip
    assert counts == [(0, 0, None), (1, 0, None), (1, 1, None), (1, 1, "opened"), (1, 1, "doing")]


def test_both_clocks_together(session: Session, cast: Cast, agreement: Agreement, clock: Clock) -> None:
    """A signature of June, recorded late: unknown when it was not recorded, absent in May, there when both have come."""
    text = session.query(AgreementText).one()
    before = now(session).stamp.entry
    after = recorded(session, clock, Act(
        agreement_id=agreement.id, text_id=text.id, body_id=cast.ordos.id, kind="signature", logged_by="party", recorded_at=clock.at,
        **dates("done_on", "2019-06"),
    ))  # fmt: skip

    def signed(day: str, known: int | None) -> tuple[int, int]:
        snapshot = on(session, day, known)
        page = agreement_page(snapshot, cast.auditor, agreement.number)
        (row,) = agreement_list(snapshot, cast.auditor, AgreementFilter(party="150600")).rows
        return row.signed, sum(party.standing("signature") is not None for party in page.parties)

    assert [signed("2019-06-30", known) for known in (before, after, None)] == [(0, 0), (1, 1), (1, 1)]
    assert signed("2019-05-31", None) == (0, 0)


@pytest.mark.parametrize("text", ["2019", "2019-06-31", "today", "１２", "9999-12-31", "20190630", "-1"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        day_asked(text)
    (reason,) = refusal.value.reasons
    assert (reason.code, reason.field, reason.values) == ("bad-on", "on", {"value": text})
    assert day_asked("") is day_asked(None) is None
    assert day_asked(" 2019-06-30 ") == date(2019, 6, 30)
