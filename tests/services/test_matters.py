"""Matters: opened on any published procedure, their fields read as their types, moved with what each step asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.ledger import open_sealed
from registry.models import Deadline, Matter, MatterParty, MatterValue, Step
from registry.services.consent import Propose, propose
from registry.services.matter_values import OPENING
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.matters import a_matter, publish_city_case, step
from tests.services.acts import OUTSIDE, a_document, answered, entries, fresh, refused, told, who_may


@pytest.fixture(autouse=True)
def procedure(session: Session, cast: Cast, at: datetime) -> None:
    """The city's own procedure is published."""
    publish_city_case(session, at)


def values(session: Session, matter: Matter) -> dict[tuple[str, int], Any]:
    """What stands in clear, by field and position."""
    rows = session.scalars(sa.select(MatterValue).where(MatterValue.matter_id == matter.id)).all()
    return {(row.name, row.position): row.text or row.body_id or row.document_id for row in rows}


def due(session: Session, matter: Matter) -> list[str | None]:
    query = sa.select(Deadline.due_on).where(
        Deadline.subject_kind == "matter", Deadline.subject_id == matter.id, Deadline.ended_at.is_(None), Deadline.purpose == "stay"
    )  # fmt: skip
    return list(session.scalars(query))


# ---- opened


def test_a_matter_is_opened_on_what_its_procedure_asks_for(session: Session, cast: Cast, at: datetime) -> None:
    paper = a_document(session, at)
    given = {
        "found_on": "2026年2月", "cost": "１,２００.５０", "persons": "3", "helper": "640100", "paper": "蒙联发〔2026〕1号",
        "tip": "匿名来信", "told": " ",
    }  # fmt: skip
    matter = a_matter(session, cast, at, values=given, document=paper.number, title_en="Sample case", level="parties")
    assert (matter.number, matter.state, matter.stage, matter.level) == (
        "city-case-2026-001",
        "opened",
        "opened",
        "parties",
    )
    assert (matter.opened_on, matter.document_id, matter.host_id, matter.sample) == (
        "2026-03-02",
        paper.id,
        None,
        False,
    )
    parties = session.execute(sa.select(MatterParty.body_id, MatterParty.role).order_by(MatterParty.position))
    assert [tuple(row) for row in parties] == [(cast.wuhai.id, "lead"), (cast.ordos.id, "join")]
    assert values(session, matter) == {
        ("task", OPENING): "清理河道", ("sort", OPENING): "甲类", ("found_on", OPENING): "2026-02", ("cost", OPENING): "1200.50",
        ("persons", OPENING): "3", ("helper", OPENING): cast.yinchuan.id, ("paper", OPENING): paper.id, ("tip", OPENING): None,
    }  # fmt: skip
    assert due(session, matter) == ["2026-03-12"]
    assert session.scalars(sa.select(Step).where(Step.subject_kind == "matter")).all() == []
    last = entries(session, 1)[0]
    assert (last["act"], last["basis"]) == ("matter.open", "蒙联发〔2026〕1号")


def test_what_is_sealed_is_the_acting_partys(session: Session, cast: Cast, at: datetime) -> None:
    a_matter(session, cast, at, cast.officer_wuhai, host="150300", values={"tip": "匿名来信"})
    secret = session.scalars(sa.select(MatterValue.kept).where(MatterValue.kept.is_not(None))).all()
    for name, actor in cast.actors.items():
        opened = open_sealed(session, actor, secret)
        assert list(opened.values()) == (["匿名来信"] if name in ("officer_wuhai", "auditor") else []), name


def test_numbers_run_in_each_year_and_are_never_given_twice(session: Session, cast: Cast, clock: Clock) -> None:
    numbers = [a_matter(session, cast, clock.at).number for _ in range(2)]
    clock.advance(days=365)
    assert [*numbers, a_matter(session, cast, clock.at).number] == [
        "city-case-2026-001", "city-case-2026-002", "city-case-2027-001",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"procedure": "cooperation-item"}, "unknown-procedure", "procedure"),
        ({"procedure": "nothing"}, "unknown-procedure", "procedure"),
        ({"title_zh": " "}, "title-missing", "title_zh"),
        ({"level": "secret"}, "unknown-choice", "level"),
        ({"grouping": "nobody"}, "unknown-grouping", "grouping"),
        ({"leads": ("999999",)}, "unknown-party", "leads"),
        ({"joins": ("150300",)}, "same-party-twice", "joins"),
        ({"joins": ()}, "parties-too-few", "joins"),
        ({"leads": (), "joins": ("150300", "150600")}, "lead-missing", "leads"),
        ({"agreement": "mxsmy-2026-99"}, "unknown-subject", "agreement"),
        ({"item": "mxsmy-2026-99-001"}, "unknown-subject", "item"),
        ({"document": "doc-2026-99"}, "unknown-document", "document"),
        ({"values": {"task": " "}}, "field-missing", "value-task"),
        ({"values": {"sort": "丙类"}}, "unknown-choice", "value-sort"),
        ({"values": {"cost": "约三万"}}, "not-a-number", "value-cost"),
        ({"values": {"cost": "12元"}}, "not-a-number", "value-cost"),
        ({"values": {"persons": "2.5"}}, "not-a-number", "value-persons"),
        ({"values": {"found_on": "2026-02-30"}}, "no-such-day", "value-found_on"),
        ({"values": {"helper": "999999"}}, "unknown-party", "value-helper"),
        ({"values": {"paper": "doc-2026-99"}}, "unknown-document", "value-paper"),
        ({"values": {"verdict": "通过"}}, "field-not-asked", "value-verdict"),
        ({"values": {"nothing": "x"}}, "field-not-asked", "value-nothing"),
    ],
)
def test_what_cannot_be_opened(
    session: Session, cast: Cast, at: datetime, wrong: dict[str, Any], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        a_matter(session, cast, at, **wrong)


def test_every_fault_is_told_at_once(session: Session, cast: Cast, at: datetime) -> None:
    with refused(
        session, ("no-such-day", "value-found_on"), ("not-a-number", "value-cost"), ("unknown-choice", "value-sort")
    ) as said:
        a_matter(session, cast, at, values={"sort": "丙类", "cost": "?", "found_on": "2026-02-30"})
    assert len(said) == 3


def test_a_secretariat_is_needed_where_it_takes_steps(session: Session, cast: Cast, at: datetime) -> None:
    with refused(session, ("grouping-missing", "grouping")):
        a_matter(session, cast, at, cast.officer_wuhai, host="150300", grouping=None)


def test_who_may_open_one(session: Session, cast: Cast, at: datetime) -> None:
    ours = who_may(session, cast, lambda _: {}, lambda actor, ask: a_matter(session, cast, at, actor, **ask))
    assert ours == told(
        "secretariat", "officer_wuhai officer_ordos officer_outsider viewer auditor administrator nobody"
    )
    wuhai = who_may(
        session, cast, lambda _: {"host": "150300"}, lambda actor, ask: a_matter(session, cast, at, actor, **ask)
    )
    assert wuhai == told(
        "officer_wuhai secretariat", "officer_ordos officer_outsider viewer auditor administrator nobody"
    )


def test_a_party_puts_nothing_before_a_grouping_that_it_does_not_belong_to(
    session: Session, cast: Cast, at: datetime
) -> None:
    with refused(session, ("foreign-grouping", "grouping")):
        a_matter(session, cast, at, cast.officer_outsider, host="610800")


def test_about_an_agreement_only_those_who_work_on_it_open_one(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, level="public", parties=[cast.wuhai, cast.outsider])
    with answered(session, NotPermitted):
        a_matter(session, cast, at, cast.officer_ordos, host="150600", agreement=agreement.number)
    assert (
        a_matter(session, cast, at, cast.officer_wuhai, host="150300", agreement=agreement.number).agreement_id
        == agreement.id
    )


def test_a_party_that_may_not_see_what_it_is_about_is_named(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at)
    item = an_item(session, cast, at, agreement)
    with refused(session, ("party-outside", "joins"), ("party-outside", "joins")):
        a_matter(session, cast, at, agreement=agreement.number, item=item.number, joins=("610800",), leads=("150300",))


# ---- moved


def test_a_step_brings_the_fields_that_it_asks_for(session: Session, cast: Cast, at: datetime) -> None:
    matter = a_matter(session, cast, at)
    with refused(session, ("field-missing", None)):
        step(session, cast.secretariat, matter, "assign", at)
    with refused(session, ("day-missing", "value-due_on")):
        step(session, cast.secretariat, matter, "assign", at, due_on="2026年5月")
    with refused(session, ("field-not-asked", "value-told")):
        step(session, cast.secretariat, matter, "assign", at, due_on="2026-05-01", told="早说")
    step(session, cast.secretariat, matter, "assign", at, due_on="2026年5月1日")
    assert (fresh(session, matter).state, matter.stage, matter.revision) == ("doing", "under_way", 1)
    assert values(session, matter)["due_on", 1] == "2026-05-01"
    assert due(session, matter) == ["2026-05-01"]
    step(session, cast.secretariat, matter, "prolong", at, due_on="2026-06-01")
    assert due(session, matter) == ["2026-06-01"]
    assert {key: text for key, text in values(session, matter).items() if key[0] == "due_on"} == {
        ("due_on", 1): "2026-05-01", ("due_on", 2): "2026-06-01",
    }  # fmt: skip
    assert entries(session, 1)[0]["act"] == "matter.prolong"


def test_a_value_that_comes_with_the_step_chooses_the_way(session: Session, cast: Cast, at: datetime) -> None:
    matter = a_matter(session, cast, at)
    for _ in range(2):
        step(
            session,
            cast.secretariat,
            matter,
            "assign" if matter.state == "opened" else "prolong",
            at,
            due_on="2026-05-01",
        )
    step(session, cast.officer_wuhai, matter, "tell", at, told="已清理")
    with refused(session, ("field-missing", None)):
        step(session, cast.secretariat, matter, "judge", at, verdict="退回")
    assert step(session, cast.secretariat, matter, "judge", at, verdict="退回", due_on="2026-06-01").state == "doing"
    assert due(session, matter) == ["2026-06-01"]
    step(session, cast.officer_wuhai, matter, "tell", at, told="再次清理")
    assert step(session, cast.secretariat, matter, "judge", at, verdict="通过").state == "judged"


def judged(session: Session, cast: Cast, at: datetime) -> Matter:
    matter = a_matter(session, cast, at)
    step(session, cast.secretariat, matter, "assign", at, due_on="2026-05-01")
    step(session, cast.officer_wuhai, matter, "tell", at, told="已清理")
    return step(session, cast.secretariat, matter, "judge", at, verdict="通过")


def test_a_second_person_takes_what_the_first_proposed_and_fills_it_in(
    session: Session, cast: Cast, at: datetime
) -> None:
    matter = judged(session, cast, at)
    propose(session, cast.secretariat, Propose("matter", matter.number, "close"), at=at)
    with refused(session, ("second-person-missing", None)):
        step(session, cast.secretariat, matter, "close", at, closing="办完")
    with refused(session, ("field-missing", None)):
        step(session, cast.officer_wuhai, matter, "close", at)
    assert step(session, cast.officer_wuhai, matter, "close", at, closing="办完").stage == "closed"


def test_who_may_move_one(session: Session, cast: Cast, at: datetime) -> None:
    def doing(_: int) -> str:
        matter = a_matter(session, cast, at)
        return step(session, cast.secretariat, matter, "assign", at, due_on="2026-05-01").number

    said = who_may(
        session, cast, doing, lambda actor, number: step(session, actor, number, "prolong", at, due_on="2026-06-01")
        if actor is cast.secretariat else step(session, actor, number, "tell", at, told="已清理")
        if actor is not cast.officer_ordos else refusing(session, actor, number, at),
    )  # fmt: skip
    assert said == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)


def refusing(session: Session, actor: Any, number: str, at: datetime) -> None:
    """A party that joins may come; the step itself is the lead's."""
    with refused(session, ("not-your-role", None)):
        step(session, actor, number, "tell", at, told="代答")


def test_a_matter_that_is_not_there(session: Session, cast: Cast, at: datetime) -> None:
    with answered(session, NotFound):
        step(session, cast.secretariat, "city-case-2026-099", "assign", at)
