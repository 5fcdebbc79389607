"""The facts of a subject: as its rows stand, for every fact that the shipped definitions declare, and by who asks."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.domain.guards import GUARDS, VOCABULARY
from registry.errors import NotFound
from registry.ledger import atomic
from registry.models import Act, Agreement, Evidence, Item, Mechanism, Step
from registry.permissions import the_register
from registry.queries.definitions import definition_of
from registry.queries.facts import agreement_facts, item_facts
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import a_signature, statements
from workflows.engine import possible


def missing(standing, trigger: str) -> list[str]:  # type: ignore[no-untyped-def]
    options = possible(standing.definition, GUARDS, standing.state, standing.facts)
    return [unmet.code for option in options if option.trigger == trigger for unmet in option.unmet]


def test_every_fact_that_a_definition_may_declare_is_gathered_with_its_type(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement)
    for standing in (agreement_facts(session, agreement.id, cast.nobody), item_facts(session, item.id, cast.nobody)):
        promised = {
            name: {"integer": int, "boolean": bool, "text": str}[kind]
            for name, kind in (VOCABULARY.facts_of(standing.subject[0]) or {}).items()
        }
        assert {name: type(value) for name, value in standing.facts.values.items()} == promised
        assert possible(standing.definition, GUARDS, standing.state, standing.facts)


def test_signatures_count_once_for_each_party_and_not_when_annulled(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    def values() -> dict[str, object]:
        return dict(agreement_facts(session, agreement.id, cast.nobody).facts.values)

    beside = {"opinions_closed": True, "deadline_passed": False, "force_reached": False}
    assert values() == {"text_settled": True, "party_count": 3, "all_signed": False, "any_signed": False} | beside
    first = a_signature(session, cast, at, agreement, cast.wuhai)
    assert values()["any_signed"] is True
    with atomic(session) as book:
        session.merge(first).annulled_at = at
        book.record(act="act.annul", actor=cast.officer_wuhai, subject=("agreement", agreement.id), at=at)
    assert values()["any_signed"] is False
    for body in (cast.wuhai, cast.ordos):
        a_signature(session, cast, at, agreement, body)
    assert values()["all_signed"] is False
    with atomic(session) as book:
        declined = Act(
            agreement_id=agreement.id,
            text_id=1,
            body_id=cast.yinchuan.id,
            kind="decline",
            done_precision="unknown",
            logged_by="party",
            recorded_at=at,
        )
        session.add(declined)
        book.record(act="signature.decline", actor=cast.officer_wuhai, subject=("agreement", agreement.id), at=at)
    assert values()["all_signed"] is False
    a_signature(session, cast, at, agreement, cast.yinchuan)
    assert values()["all_signed"] is True


def test_an_agreement_without_parties_is_not_signed_by_all(session: Session, cast: Cast, at: datetime) -> None:
    bare = an_agreement(
        session, cast, at, number="mxsmy-2026-07", parties=[], text=None, state="drafting", stage="preparation"
    )
    standing = agreement_facts(session, bare.id, cast.secretariat)
    signed = {"party_count": 0, "all_signed": False, "any_signed": False}
    assert {name: standing.facts.values[name] for name in signed} == signed
    assert standing.facts.flag("text_settled") is False
    assert missing(standing, "open") == ["text-settled", "parties-named"]


def test_roles_are_held_in_a_party_or_for_the_grouping(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement)
    of_agreement = {
        name: agreement_facts(session, agreement.id, actor).facts.actor_roles for name, actor in cast.actors.items()
    }
    of_item = {name: item_facts(session, item.id, actor).facts.actor_roles for name, actor in cast.actors.items()}
    nothing = dict.fromkeys(("viewer", "auditor", "administrator", "nobody", "officer_outsider"), frozenset())
    assert of_agreement == nothing | {
        "officer_wuhai": {"party_officer", "host_officer"},
        "officer_ordos": {"party_officer"},
        "secretariat": {"secretariat"},
    }
    assert of_item == nothing | {
        "officer_wuhai": {"lead_officer", "joining_officer"},
        "officer_ordos": {"joining_officer"},
        "secretariat": {"secretariat"},
    }
    everything = agreement_facts(session, agreement.id, the_register("import")).facts.actor_roles
    assert everything == {"party_officer", "host_officer", "secretariat", "system"}


def test_an_items_papers_and_mechanism_are_facts(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item, other = an_item(session, cast, at, agreement), an_item(session, cast, at, agreement, position=2)

    def met() -> set[str]:
        values = item_facts(session, item.id, cast.officer_wuhai).facts.values
        return {name for name, value in values.items() if value is True}

    def add(*rows: object) -> None:
        with atomic(session) as book:
            session.add_all(rows)
            book.record(act="evidence.show", actor=cast.officer_wuhai, subject=("item", item.id), at=at)

    assert met() == set()
    assert missing(item_facts(session, item.id, cast.officer_wuhai), "list") == [
        "consensus-recorded",
        "conditions-met",
        "basis-missing",
    ]
    add(Evidence(item_id=other.id, type="consensus", recorded_at=at))
    assert met() == set()
    add(*(Evidence(item_id=item.id, type=kind, recorded_at=at) for kind in ("consensus", "conditions", "result")))
    assert met() == {"consensus_recorded", "conditions_met", "result_recorded"}
    assert missing(item_facts(session, item.id, cast.officer_wuhai, basis=True), "list") == []
    lapsed = {
        "kind": "platform",
        "name_zh": "平台",
        "keeper_id": cast.wuhai.id,
        "lapsed": True,
        "review_on": "2027",
        "review_precision": "year",
    }
    add(
        Mechanism(item_id=item.id, **lapsed),
        Mechanism(item_id=item.id, **lapsed | {"lapsed": False, "review_on": None, "review_precision": "unknown"}),
    )
    assert "mechanism_recorded" not in met()
    add(Mechanism(item_id=item.id, **lapsed | {"lapsed": False}))
    assert "mechanism_recorded" in met()


@pytest.mark.parametrize(
    ("target", "stage", "named"), [("itself", "intent", False), ("other", "intent", True), ("other", "ended", False)]
)
def test_a_merge_needs_another_living_item(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, target: str, stage: str, named: bool
) -> None:
    item, other = an_item(session, cast, at, agreement), an_item(session, cast, at, agreement, position=2)
    with atomic(session) as book:
        session.merge(other).stage = stage
        session.merge(item).merged_into_id = item.id if target == "itself" else other.id
        book.record(act="item.step", actor=cast.officer_wuhai, subject=("item", item.id), at=at)
    assert item_facts(session, item.id, cast.officer_wuhai).facts.values["merge_target_named"] is named


def test_steps_taken_and_the_state_before_suspension(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    item = an_item(session, cast, at, agreement, state="listed")

    def step(position: int, kind: str, from_: str, to: str) -> None:
        with atomic(session) as book:
            session.merge(item).state = to
            session.add(
                Step(
                    subject_kind="item",
                    subject_id=item.id,
                    position=position,
                    procedure_id=item.procedure_id,
                    transition=kind,
                    kind=kind,
                    from_state=from_,
                    to_state=to,
                    recorded_at=at,
                )
            )
            book.record(act="item.step", actor=cast.officer_wuhai, subject=("item", item.id), at=at)

    def before() -> str | None:
        return item_facts(session, item.id, cast.officer_wuhai).facts.before_suspension

    assert before() is None
    step(2, "suspend", "listed", "suspended")
    assert before() == "listed"
    assert missing(item_facts(session, item.id, cast.officer_wuhai, basis=True), "resume") == []
    step(3, "resume", "suspended", "listed")
    assert before() is None
    step(4, "suspend", "listed", "suspended")
    assert item_facts(session, item.id, cast.nobody).facts.steps_taken == {"enter": 1, "suspend": 2, "resume": 1}


def test_one_statement_and_a_definition_read_once(session: Session, cast: Cast, agreement: Agreement) -> None:
    identity = agreement.id
    agreement_facts(session, identity, cast.officer_wuhai)
    with statements(session) as sent:
        agreement_facts(session, identity, cast.officer_wuhai)
    assert len([statement for statement in sent if statement.startswith("SELECT")]) == 1
    assert definition_of(session, 1) is definition_of(session, 1)
    assert definition_of(session, 2).id == "cooperation-item"


def test_what_is_not_there_is_not_found(session: Session, cast: Cast) -> None:
    for ask in (agreement_facts, item_facts):
        with pytest.raises(NotFound):
            ask(session, 10**6, cast.auditor)
    with pytest.raises(NotFound):
        definition_of(session, 10**6)


def test_facts_see_through_levels(session: Session, cast: Cast, at: datetime) -> None:
    closed = an_agreement(session, cast, at, number="mxsmy-2026-09", level="parties")
    hidden: Item = an_item(session, cast, at, closed, level="parties")
    assert agreement_facts(session, closed.id, cast.nobody).facts.values["party_count"] == 3
    assert item_facts(session, hidden.id, cast.nobody).state == "intent"
