"""Agreements: created with their number, given a text, drafted, opened, abandoned."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.ledger import atomic, open_sealed
from registry.models import Agreement, AgreementField, AgreementParty, Meeting, Step
from registry.services.agreements import (
    AddText,
    CreateAgreement,
    add_text,
    create_agreement,
)
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import current_procedure
from tests.cast import Cast, an_agreement
from tests.services.acts import HOST, OUTSIDE, a_document, answered, day, entries, fresh, refused, told, who_may


def an_ask(**more: object) -> CreateAgreement:
    given: dict[str, object] = {
        "title_zh": "示例合作框架协议", "kind": "framework_agreement", "parties": ("150300", "150600"), "grouping": "mxsmy",
        "year": 2026, "host": "150300",
    }  # fmt: skip
    return CreateAgreement(**(given | more))  # type: ignore[arg-type]  # names of fields


def test_an_agreement_is_planned_with_its_parties_and_fields(session: Session, cast: Cast, at: datetime) -> None:
    agreement = create_agreement(
        session, cast.secretariat, an_ask(fields=(("交通", "Transport"), ("生态", None))), at=at
    )
    assert (agreement.number, agreement.state, agreement.stage) == ("mxsmy-2026-01", "planned", "preparation")
    assert (agreement.party_list, agreement.host_id, agreement.level) == ("complete", cast.wuhai.id, "members")
    parties = session.execute(
        sa.select(AgreementParty.body_id, AgreementParty.position).order_by(AgreementParty.position)
    )
    assert [tuple(row) for row in parties] == [(cast.wuhai.id, 1), (cast.ordos.id, 2)]
    assert session.scalars(sa.select(AgreementField.name_zh).order_by(AgreementField.position)).all() == [
        "交通",
        "生态",
    ]
    (entry,) = entries(session, 1)
    assert (entry["act"], {change["t"] for change in entry["changes"]}) == (
        "agreement.create", {"agreement", "agreement_party", "agreement_field", "deadline"},
    )  # fmt: skip


def test_numbers_count_within_grouping_and_year_and_are_kept(session: Session, cast: Cast, at: datetime) -> None:
    def number(**more: object) -> str:
        return create_agreement(session, HOST, an_ask(**more), at=at).number

    assert [number(), number(), number(year=2027), number(year=None)] == [
        "mxsmy-2026-01", "mxsmy-2026-02", "mxsmy-2027-01", "mxsmy-0000-01",
    ]  # fmt: skip
    assert [number(grouping=None), number(grouping=None, year=None)] == ["x-2026-01", "x-0000-01"]


def test_an_agreement_whose_parties_are_not_known(session: Session, cast: Cast, at: datetime) -> None:
    agreement = create_agreement(session, cast.secretariat, an_ask(parties=(), host=None), at=at)
    assert (agreement.party_list, agreement.host_id) == ("unknown", None)


def test_who_may_create(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_ask(year=2000 + number),
        lambda actor, ask: create_agreement(session, actor, ask, at=at),
    ) == told(
        may="secretariat", may_not="officer_wuhai officer_ordos officer_outsider viewer auditor administrator nobody"
    )


def test_the_secretariat_acts_for_its_own_grouping_only(session: Session, cast: Cast, at: datetime) -> None:
    with answered(session, NotPermitted):
        create_agreement(session, cast.secretariat, an_ask(grouping=None), at=at)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"title_zh": "　"}, "title-missing", "title_zh"),
        ({"grouping": "nowhere"}, "unknown-grouping", "grouping"),
        ({"kind": "promise"}, "unknown-choice", "kind"),
        ({"level": "secret"}, "unknown-choice", "level"),
        ({"parties": ("150300", "999999")}, "unknown-party", "parties"),
        ({"parties": ("150300", "150300")}, "same-party-twice", "parties"),
        ({"host": "999999"}, "unknown-party", "host"),
        ({"meeting": "meeting-2026-09"}, "unknown-meeting", "meeting"),
    ],
)
def test_what_creating_is_refused_for(
    session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        create_agreement(session, HOST, an_ask(**more), at=at)


def test_an_agreement_of_a_meeting(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        meeting = Meeting(number="meeting-2026-01", name_zh="示例联席会议", held=True, sample=False)
        session.add(meeting)
        session.flush()
        book.record(act="meeting.add", actor=HOST, subject=("meeting", meeting.id), at=at)
    assert create_agreement(session, HOST, an_ask(meeting="meeting-2026-01"), at=at).meeting_id == meeting.id


@pytest.fixture
def planned(session: Session, cast: Cast, at: datetime) -> Agreement:
    """A planned agreement of 乌海 and 鄂尔多斯 without a text."""
    return create_agreement(session, cast.secretariat, an_ask(), at=at)


def test_texts_are_numbered_versions(session: Session, cast: Cast, planned: Agreement, at: datetime) -> None:
    first = add_text(session, cast.officer_wuhai, AddText(planned.number, "a" * 64), at=at)
    second = add_text(session, cast.secretariat, AddText(planned.number, "b" * 64, "mn"), at=at)
    assert [(text.version, text.language) for text in (first, second)] == [(1, "zh-Hans"), (2, "mn")]
    assert fresh(session, planned).revision == 2
    assert entries(session, 1)[0]["act"] == "agreement.text"


@pytest.mark.parametrize("value", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_a_hash_that_is_none_is_refused(
    session: Session, cast: Cast, planned: Agreement, at: datetime, value: str
) -> None:
    with refused(session, ("bad-hash", "sha256")) as reasons:
        add_text(session, cast.officer_wuhai, AddText(planned.number, value), at=at)
    assert reasons[0].values == {"value": value}


def test_the_same_text_twice_and_a_text_after_opening_are_refused(
    session: Session, cast: Cast, planned: Agreement, at: datetime
) -> None:
    add_text(session, cast.officer_wuhai, AddText(planned.number, "a" * 64), at=at)
    with refused(session, ("same-text", "sha256")):
        add_text(session, cast.officer_wuhai, AddText(planned.number, "a" * 64), at=at)
    for trigger in ("draft", "open"):
        take_step(session, cast.secretariat, TakeStep("agreement", planned.number, trigger), at=at)
    with refused(session, ("text-fixed", "sha256")):
        add_text(session, cast.officer_wuhai, AddText(planned.number, "b" * 64), at=at)


def test_who_may_add_a_text(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_agreement(
            session, cast, at, number=f"mxsmy-2026-{number:02}", state="drafting", stage="preparation"
        ),
        lambda actor, agreement: add_text(session, actor, AddText(agreement.number, "a" * 64), at=at),
    ) == told(may="officer_wuhai secretariat", may_not="officer_ordos viewer auditor", not_found=OUTSIDE)


def test_from_planned_to_open(session: Session, cast: Cast, planned: Agreement, at: datetime) -> None:
    take_step(session, cast.secretariat, TakeStep("agreement", planned.number, "draft"), at=at)
    with refused(session, ("text-settled", None)):
        take_step(session, cast.officer_wuhai, TakeStep("agreement", planned.number, "open"), at=at)
    add_text(session, cast.officer_wuhai, AddText(planned.number, "a" * 64), at=at)
    take_step(
        session, cast.officer_wuhai, TakeStep("agreement", planned.number, "open", effective=day("2026-02-20")), at=at
    )
    assert (fresh(session, planned).state, planned.stage) == ("open", "signing")
    step = session.scalars(sa.select(Step).order_by(Step.id.desc())).first()
    assert step is not None
    assert (step.to_state, step.effective, step.effective_precision) == ("open", "2026-02-20", "day")
    assert entries(session, 1)[0]["act"] == "agreement.open"


def test_everything_that_keeps_it_closed_is_said(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, state="drafting", stage="preparation", parties=[cast.wuhai], text=None)
    with refused(session, ("text-settled", None), ("parties-named", None)) as reasons:
        take_step(session, cast.secretariat, TakeStep("agreement", agreement.number, "open"), at=at)
    assert reasons[1].values == {"at_least": 2, "found": 1}
    assert reasons[0].who == ("host_officer", "secretariat")


def test_a_step_takes_effect_today_unless_told(session: Session, cast: Cast, planned: Agreement) -> None:
    take_step(
        session,
        cast.secretariat,
        TakeStep("agreement", planned.number, "draft"),
        at=datetime(2026, 3, 2, 16, 30, tzinfo=UTC),
    )
    assert entries(session, 1)[0]["effective"] == {"value": "2026-03-03", "precision": "day"}


def test_abandoning_needs_a_basis_and_a_reason(session: Session, cast: Cast, planned: Agreement, at: datetime) -> None:
    with refused(session, ("basis-missing", None), ("reason-missing", None)):
        take_step(session, cast.secretariat, TakeStep("agreement", planned.number, "abandon"), at=at)
    with refused(session, ("unknown-document", "basis")) as reasons:
        take_step(
            session, cast.secretariat, TakeStep("agreement", planned.number, "abandon", basis="doc-2026-09"), at=at
        )
    assert reasons[0].values == {"value": "doc-2026-09"}
    basis = a_document(session, at)
    ask = TakeStep(
        "agreement", planned.number, "abandon", basis="蒙联发〔2026〕1号", basis_note="三(一)", reason="各方另行商定"
    )
    take_step(session, cast.secretariat, ask, at=at)
    (entry,) = entries(session, 1)
    assert (fresh(session, planned).state, entry["basis"]) == ("terminated", "蒙联发〔2026〕1号")
    assert open_sealed(session, cast.auditor, [entry["reason"]]) == {entry["reason"]: "各方另行商定"}
    step = session.scalars(sa.select(Step).order_by(Step.id.desc())).first()
    assert step is not None
    assert (step.basis_id, step.basis_note, step.kind) == (basis.id, "三(一)", "terminate")


@pytest.mark.parametrize(
    ("trigger", "field"),
    [("sign", "trigger"), ("annul", "trigger"), ("enter", None), ("", None), ("no such step", None)],
)
def test_only_steps_of_their_own_acts_are_taken_here(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, trigger: str, field: str | None
) -> None:
    with refused(session, ("unknown-trigger", field)) as reasons:
        take_step(session, cast.secretariat, TakeStep("agreement", agreement.number, trigger), at=at)
    assert reasons[0].values == {"trigger": trigger}


def test_a_step_from_the_wrong_state_says_where_it_is_possible(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    with refused(session, ("wrong-state", None)) as reasons:
        take_step(session, cast.secretariat, TakeStep("agreement", agreement.number, "draft"), at=at)
    assert reasons[0].values == {"state": "open", "trigger": "draft", "possible_in": "planned"}


@pytest.mark.parametrize(
    ("trigger", "may"), [(trigger, "officer_wuhai secretariat") for trigger in ("draft", "open", "abandon")]
)
def test_who_may_move_an_agreement(session: Session, cast: Cast, at: datetime, trigger: str, may: str) -> None:
    basis = a_document(session, at)
    state = {"draft": "planned", "open": "drafting", "abandon": "planned"}[trigger]
    said = who_may(
        session,
        cast,
        lambda number: an_agreement(
            session, cast, at, number=f"mxsmy-2026-{number:02}", state=state, stage="preparation"
        ),
        lambda actor, agreement: take_step(
            session, actor, TakeStep("agreement", agreement.number, trigger, basis=basis.number, reason="商定"), at=at
        ),
    )
    inside = {"officer_wuhai", "officer_ordos", "viewer", "auditor", "secretariat"} - set(may.split())
    assert said == told(may=may, may_not=" ".join(inside), not_found=OUTSIDE)


def test_what_is_not_there_is_not_found(session: Session, cast: Cast, at: datetime) -> None:
    with answered(session, NotFound):
        take_step(session, cast.secretariat, TakeStep("agreement", "mxsmy-2026-99", "draft"), at=at)
    with answered(session, NotFound):
        add_text(session, cast.secretariat, AddText("mxsmy-2026-99", "a" * 64), at=at)
    with answered(session, NotFound):
        current_procedure(session, "no-such-procedure")
