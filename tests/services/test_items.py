"""Items: entered under their agreement, moved on basis documents and evidence, rested, merged, ended, taken up again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.errors import NotFound
from registry.ledger import atomic, open_sealed
from registry.models import Agreement, AgreementField, Assignment, Item, Mechanism, Step
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.consent import Propose, propose
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.items import AddItem, RecordMechanism, add_item, record_mechanism
from registry.services.moves import TakeStep, take_step
from tests.cast import Cast, an_agreement, an_item, procedure
from tests.services.acts import HOST, OUTSIDE, a_document, answered, day, entries, fresh, refused, told, who_may
from tests.services.rounds import put, say

MEMBERS = "officer_wuhai officer_ordos secretariat"
NOT_MEMBERS = "viewer auditor"


@pytest.fixture
def item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> Item:
    """An intent that 乌海 leads and 鄂尔多斯 joins."""
    return an_item(session, cast, at, agreement)


@pytest.fixture
def basis(session: Session, cast: Cast, at: datetime) -> str:
    """The number of a registered document."""
    return a_document(session, at).number


def state(session: Session, item: Item) -> tuple[str, str]:
    row = fresh(session, item)
    return row.state, row.stage


# ---- entered


def test_an_item_is_entered_as_intent(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    ask = AddItem(
        agreement.number, " 共建铁路 ", leads=("150300", "150600"), joins=("640100", "640100"), level="parties"
    )
    item = add_item(session, cast.officer_ordos, ask, at=at)
    assert (item.number, item.title_zh, item.position) == ("mxsmy-2026-01-001", "共建铁路", 1)
    assert (item.state, item.stage, item.grade, item.level) == ("intent", "intent", "not_reported", "parties")
    rows = session.execute(sa.select(Assignment.body_id, Assignment.role, Assignment.position).order_by(Assignment.id))
    assert [tuple(row) for row in rows] == [
        (cast.wuhai.id, "lead", 1),
        (cast.ordos.id, "lead", 2),
        (cast.yinchuan.id, "join", 1),
    ]
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["for"]) == ("item.add", "150600")


def test_items_are_numbered_under_their_agreement(session: Session, cast: Cast, at: datetime) -> None:
    first, second = (an_agreement(session, cast, at, number=f"mxsmy-2026-0{n}") for n in (1, 2))
    numbers = [
        add_item(session, cast.secretariat, AddItem(one.number, "事项"), at=at).number for one in (first, first, second)
    ]
    assert numbers == ["mxsmy-2026-01-001", "mxsmy-2026-01-002", "mxsmy-2026-02-001"]


def test_an_item_of_a_field(session: Session, cast: Cast, at: datetime) -> None:
    ask = CreateAgreement(
        "示例", "framework_agreement", ("150300", "150600"), grouping="mxsmy", fields=(("交通", None), ("生态", None))
    )
    agreement = create_agreement(session, cast.secretariat, ask, at=at)
    item = add_item(session, cast.secretariat, AddItem(agreement.number, "事项", field=2), at=at)
    assert session.get_one(AgreementField, item.field_id).name_zh == "生态"
    with refused(session, ("unknown-field", "field")) as reasons:
        add_item(session, cast.secretariat, AddItem(agreement.number, "事项", field=3), at=at)
    assert reasons[0].values == {"value": 3}


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"title_zh": " 　"}, "title-missing", "title_zh"),
        ({"leads": ("999999",)}, "unknown-party", "leads"),
        ({"joins": ("999999",)}, "unknown-party", "joins"),
        ({"level": "public"}, "wider-level", "level"),
        ({"level": "secret"}, "unknown-choice", "level"),
    ],
)
def test_what_an_item_is_refused_for(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, more: dict[str, Any], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        add_item(
            session, cast.secretariat, AddItem(**({"agreement": agreement.number, "title_zh": "事项"} | more)), at=at
        )


def test_a_refused_item_uses_up_no_number(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    with refused(session, ("unknown-party", "leads")):
        add_item(session, cast.secretariat, AddItem(agreement.number, "事项", leads=("999999",)), at=at)
    assert add_item(session, cast.secretariat, AddItem(agreement.number, "事项"), at=at).number.endswith("-001")


def test_who_may_add_an_item(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda _: AddItem(agreement.number, "事项"),
        lambda actor, ask: add_item(session, actor, ask, at=at),
    ) == told(may=MEMBERS, may_not=NOT_MEMBERS, not_found=OUTSIDE)


# ---- its whole life


def step(session: Session, cast: Cast, item: Item, trigger: str, basis: str | None, at: datetime, **more: Any) -> Item:
    return take_step(session, cast.officer_wuhai, TakeStep("item", item.number, trigger, basis, **more), at=at)


def test_from_intent_to_a_long_term_mechanism(
    session: Session, cast: Cast, item: Item, basis: str, at: datetime
) -> None:
    """Each step is refused until its paper is there; then it is taken, with its basis."""

    def show(kind: str) -> None:
        show_evidence(session, cast.officer_wuhai, ShowEvidence("item", item.number, kind, document=basis), at=at)

    with refused(session, ("consensus-recorded", None), ("conditions-met", None), ("basis-missing", None)) as reasons:
        step(session, cast, item, "list", None, at)
    assert reasons[0].who == ("lead_officer", "secretariat")
    show("consensus")
    with refused(session, ("conditions-met", None)):
        step(session, cast, item, "list", basis, at)
    show("conditions")
    step(session, cast, item, "list", basis, at, basis_note="三(一)", effective=day("2026-02-10"))
    assert state(session, item) == ("listed", "intent")
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["basis"], entry["for"]) == ("item.list", "蒙联发〔2026〕1号", "150300")
    assert entry["effective"] == {"value": "2026-02-10", "precision": "day"}
    step(session, cast, item, "begin", basis, at)
    assert state(session, item) == ("in_progress", "in_progress")
    with refused(session, ("result-recorded", None)):
        step(session, cast, item, "achieve", basis, at)
    show("result")
    step(session, cast, item, "achieve", basis, at)
    with refused(session, ("mechanism-recorded", None), ("evidence-missing", None), ("consent-not-asked", None)):
        step(session, cast, item, "institutionalise", basis, at)
    record_mechanism(
        session,
        cast.officer_wuhai,
        RecordMechanism(item.number, "rule", "联席规则", "150300", PartialDate.of("2027", "year")),
        at=at,
    )
    with refused(session, ("evidence-missing", None), ("consent-not-asked", None)):
        step(session, cast, item, "institutionalise", basis, at)
    show("mechanism")
    proposal = put(session, cast.officer_wuhai, item, "institutionalise", at, basis)
    for officer in (cast.officer_ordos, cast.officer_wuhai):
        with refused(session, ("consent-open", None)):
            step(session, cast, item, "institutionalise", None, at)
        say(session, officer, proposal, "agree", at)
    step(session, cast, item, "institutionalise", None, at)
    assert state(session, item) == ("long_term_mechanism", "long_term_mechanism")
    step(session, cast, item, "reopen", basis, at)
    assert state(session, item) == ("in_progress", "in_progress")
    taken = session.scalars(sa.select(Step.transition).where(Step.subject_kind == "item").order_by(Step.position)).all()
    assert taken == ["enter", "list", "begin", "achieve", "institutionalise", "reopen"]


@pytest.mark.parametrize(
    ("where", "stage"),
    [("intent", "intent"), ("listed", "intent"), ("in_progress", "in_progress"), ("achieved", "in_progress"),
     ("long_term_mechanism", "long_term_mechanism")],
)  # fmt: skip
def test_resuming_returns_to_where_it_was(
    session: Session, cast: Cast, agreement: Agreement, basis: str, at: datetime, where: str, stage: str
) -> None:
    item = an_item(session, cast, at, agreement, state=where, stage=stage)
    with refused(session, ("reason-missing", None)):
        step(session, cast, item, "suspend", basis, at)
    step(session, cast, item, "suspend", basis, at, reason="等待批复")
    assert state(session, item) == ("suspended", stage)
    with refused(session, ("wrong-state", None)):
        step(session, cast, item, "begin" if where != "listed" else "achieve", basis, at)
    step(session, cast, item, "resume", basis, at)
    assert state(session, item) == (where, stage)


def test_a_second_rest_returns_to_the_second_place(
    session: Session, cast: Cast, agreement: Agreement, basis: str, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement, state="listed")
    for trigger, reason in (
        ("suspend", "等待"),
        ("resume", None),
        ("begin", None),
        ("suspend", "再等"),
        ("resume", None),
    ):
        step(session, cast, item, trigger, basis, at, reason=reason)
    assert state(session, item) == ("in_progress", "in_progress")


def test_merging_names_another_living_item(
    session: Session, cast: Cast, agreement: Agreement, item: Item, basis: str, at: datetime
) -> None:
    other = an_item(session, cast, at, agreement, position=2)
    ended = an_item(session, cast, at, agreement, position=3, state="terminated", stage="ended")
    with refused(session, ("merge-target-named", None)):
        step(session, cast, item, "merge", basis, at, reason="内容相同")
    with refused(session, ("merge-target-named", None)):
        step(session, cast, item, "merge", basis, at, reason="内容相同", merge_into=ended.number)
    for number in (item.number, "mxsmy-2026-01-099"):
        with refused(session, ("unknown-item", "merge_into")) as reasons:
            step(session, cast, item, "merge", basis, at, reason="内容相同", merge_into=number)
        assert reasons[0].values == {"value": number}
    with refused(session, ("merge-only", "merge_into")):
        step(session, cast, item, "suspend", basis, at, reason="内容相同", merge_into=other.number)
    step(session, cast, item, "merge", basis, at, reason="内容相同", merge_into=other.number)
    assert state(session, item) == ("merged", "ended")
    assert item.merged_into_id == other.id
    with refused(session, ("wrong-state", None)):
        step(session, cast, item, "merge", basis, at, reason="再并", merge_into=other.number)


def test_an_item_that_the_actor_may_not_see_is_no_target(
    session: Session, cast: Cast, item: Item, basis: str, at: datetime
) -> None:
    hidden = an_agreement(
        session, cast, at, number="mxsmy-2026-02", parties=[cast.ordos, cast.yinchuan], level="parties"
    )
    target = an_item(session, cast, at, hidden, lead=cast.yinchuan)
    with refused(session, ("unknown-item", "merge_into")):
        step(session, cast, item, "merge", basis, at, reason="内容相同", merge_into=target.number)


def test_terminating_takes_two_persons_and_is_final(
    session: Session, cast: Cast, item: Item, basis: str, at: datetime
) -> None:
    with refused(session, ("basis-missing", None), ("reason-missing", None), ("second-person-missing", None)):
        step(session, cast, item, "terminate", None, at)
    propose(session, cast.officer_wuhai, Propose("item", item.number, "terminate", basis, reason="条件消失"), at=at)
    with refused(session, ("second-person-missing", None)):
        step(session, cast, item, "terminate", None, at)
    take_step(session, cast.secretariat, TakeStep("item", item.number, "terminate"), at=at)
    assert state(session, item) == ("terminated", "ended")
    (entry,) = entries(session, 1)
    assert open_sealed(session, cast.officer_wuhai, [entry["reason"]]) == {entry["reason"]: "条件消失"}
    for trigger in ("list", "resume", "reopen", "terminate"):
        with refused(session, ("wrong-state", None)):
            step(session, cast, item, trigger, basis, at, reason="再来")


def test_an_unknown_step_and_an_unknown_basis_are_named(
    session: Session, cast: Cast, item: Item, basis: str, at: datetime
) -> None:
    with refused(session, ("unknown-trigger", None)) as reasons:
        step(session, cast, item, "fly", basis, at)
    assert reasons[0].values == {"trigger": "fly"}
    with refused(session, ("unknown-document", "basis")):
        step(session, cast, item, "list", "doc-2026-77", at)


def test_a_basis_that_the_actor_may_not_see_is_no_basis(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    hidden = a_document(session, at, "doc-2026-02", document_number=None, level="parties", issuer=cast.yinchuan)
    with refused(session, ("unknown-document", "basis")):
        step(session, cast, item, "list", hidden.number, at)


def test_a_party_that_does_not_lead_is_told_who_may(
    session: Session, cast: Cast, agreement: Agreement, basis: str, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement, state="listed")
    with refused(session, ("not-your-role", None)) as reasons:
        take_step(session, cast.officer_ordos, TakeStep("item", item.number, "begin", basis), at=at)
    assert reasons[0].who == ("lead_officer",)


def test_who_may_step_an_item(session: Session, cast: Cast, agreement: Agreement, basis: str, at: datetime) -> None:
    """The joining party has the permission but not the role in the procedure: that is a refusal, tested above."""

    def act(actor: Any, item: Item) -> None:
        if actor is cast.officer_ordos:
            with refused(session, ("not-your-role", None)):
                take_step(session, actor, TakeStep("item", item.number, "suspend", basis, reason="等待"), at=at)
            return
        take_step(session, actor, TakeStep("item", item.number, "suspend", basis, reason="等待"), at=at)

    assert who_may(session, cast, lambda n: an_item(session, cast, at, agreement, position=n), act) == told(
        may=MEMBERS, may_not=NOT_MEMBERS, not_found=OUTSIDE
    )


def test_an_item_under_a_document_is_its_issuers_and_its_leads_business(
    session: Session, cast: Cast, at: datetime
) -> None:
    """No agreement, no host, no secretariat: the issuer shows evidence, too, but only the lead takes the steps."""
    document = a_document(session, at, "doc-2026-05", issuer=cast.ordos)
    with atomic(session) as book:
        item = Item(
            number="doc-2026-05-001", title_zh="责任清单事项", document_id=document.id, position=1, state="intent", stage="intent",
            procedure_id=procedure(session, "cooperation-item"), grade="not_reported", backfilled=False, revision=1, sample=False,
        )  # fmt: skip
        session.add(item)
        session.flush()
        session.add(Assignment(item_id=item.id, body_id=cast.wuhai.id, role="lead", position=1))
        book.record(act="item.add", actor=HOST, subject=("item", item.id), at=at)
    shown = ShowEvidence("item", item.number, "result", document.number)
    assert who_may(
        session, cast, lambda _: shown, lambda actor, ask: show_evidence(session, actor, ask, at=at)
    ) == told(
        may="officer_wuhai officer_ordos", may_not="officer_outsider viewer auditor secretariat administrator nobody"
    )
    suspend = TakeStep("item", item.number, "suspend", document.number, reason="等待")
    with refused(session, ("not-your-role", None)):
        take_step(session, cast.officer_ordos, suspend, at=at)
    take_step(session, cast.officer_wuhai, suspend, at=at)
    assert state(session, item) == ("suspended", "intent")


# ---- mechanism


def a_mechanism(item: Item, **more: Any) -> RecordMechanism:
    given: dict[str, Any] = {
        "item": item.number,
        "kind": "rule",
        "name_zh": "联席规则",
        "keeper": "150300",
        "review_on": day("2027-03-01"),
    }
    return RecordMechanism(**(given | more))


def test_a_mechanism_has_a_keeper_and_a_review_date(
    session: Session, cast: Cast, item: Item, basis: str, at: datetime
) -> None:
    kept = record_mechanism(session, cast.officer_ordos, a_mechanism(item, document=basis, keeper="150600"), at=at)
    row = session.get_one(Mechanism, kept.id)
    assert (row.keeper_id, row.review_on, row.review_precision, row.lapsed) == (
        cast.ordos.id,
        "2027-03-01",
        "day",
        False,
    )
    assert (row.document_id is not None, entries(session, 1)[0]["act"]) == (True, "item.mechanism")


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"name_zh": " "}, "name-missing", "name_zh"),
        ({"review_on": UNKNOWN}, "review-date-missing", "review_on"),
        ({"review_on": PartialDate.of(None, "open")}, "review-date-missing", "review_on"),
        ({"keeper": "999999"}, "unknown-party", "keeper"),
        ({"document": "doc-2026-77"}, "unknown-document", "document"),
    ],
)
def test_what_a_mechanism_is_refused_for(
    session: Session, cast: Cast, item: Item, at: datetime, more: dict[str, Any], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        record_mechanism(session, cast.officer_wuhai, a_mechanism(item, **more), at=at)


def test_who_may_record_a_mechanism(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    assert who_may(
        session, cast, lambda _: a_mechanism(item), lambda actor, ask: record_mechanism(session, actor, ask, at=at)
    ) == told(may=MEMBERS, may_not=NOT_MEMBERS, not_found=OUTSIDE)


def test_a_mechanism_of_no_known_kind_is_refused(session: Session, cast: Cast, item: Item, at: datetime) -> None:
    with refused(session, ("unknown-choice", "kind")) as reasons:
        record_mechanism(session, cast.officer_wuhai, a_mechanism(item, kind="wish"), at=at)
    assert reasons[0].values == {"value": "wish"}


def test_what_is_not_there_is_not_found(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    missing = "mxsmy-2026-01-099"
    with answered(session, NotFound):
        add_item(session, HOST, AddItem("mxsmy-2026-99", "事项"), at=at)
    with answered(session, NotFound):
        take_step(session, HOST, TakeStep("item", missing, "list"), at=at)
    with answered(session, NotFound):
        show_evidence(session, HOST, ShowEvidence("item", missing, "result"), at=at)
    with answered(session, NotFound):
        record_mechanism(
            session, HOST, RecordMechanism(missing, "rule", "联席规则", "150300", day("2027-01-01")), at=at
        )
