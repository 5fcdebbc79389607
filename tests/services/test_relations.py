"""Relations between agreements: added, refused where they contradict each other, ended with a reason."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.ledger import atomic, open_sealed
from registry.models import Agreement, AgreementParty, Relation
from registry.services.relations import AddRelation, EndRelation, add_relation, end_relation
from tests.cast import Cast, an_agreement
from tests.services.acts import HOST, OUTSIDE, answered, entries, refused, told, who_may

A, B, C = (f"mxsmy-2026-0{n}" for n in (1, 2, 3))


@pytest.fixture
def three(session: Session, cast: Cast, at: datetime) -> list[Agreement]:
    """Three agreements of the grouping: a framework of all three cities, and two of 乌海 and 鄂尔多斯."""
    framework = an_agreement(session, cast, at, number=A)
    return [
        framework,
        *(an_agreement(session, cast, at, number=each, parties=[cast.wuhai, cast.ordos]) for each in (B, C)),
    ]


def relate(session: Session, cast: Cast, at: datetime, agreement: str, other: str, kind: str) -> Relation:
    return add_relation(session, cast.secretariat, AddRelation(agreement, other, kind, " 第一条 "), at=at)


def test_relations_are_added_and_ended_with_a_reason(
    session: Session, cast: Cast, three: list[Agreement], at: datetime
) -> None:
    relation = relate(session, cast, at, B, A, "sub_accord")
    assert (relation.agreement_id, relation.other_id, relation.note) == (three[1].id, three[0].id, "第一条")
    relate(session, cast, at, C, B, "possibly_same")
    with refused(session, ("reason-missing", "reason")):
        end_relation(session, cast.officer_wuhai, EndRelation(B, C, "possibly_same", " "), at=at)
    end_relation(session, cast.officer_wuhai, EndRelation(B, C, "possibly_same", "标题相近，是两份协议"), at=at)
    (entry,) = entries(session, 1)
    assert (entry["act"], [(change["t"], change["to"]) for change in entry["changes"] if change["t"] == "relation"]) == (
        "relation.end", [("relation", None)],
    )  # fmt: skip
    assert open_sealed(session, cast.auditor, [entry["reason"]]) == {entry["reason"]: "标题相近，是两份协议"}
    assert session.scalars(sa.select(Relation.kind)).all() == ["sub_accord"]
    for ended in (EndRelation(B, C, "possibly_same", "再一次"), EndRelation(A, B, "sub_accord", "方向不对")):
        with answered(session, NotFound):
            end_relation(session, cast.secretariat, ended, at=at)


@pytest.mark.parametrize(
    ("before", "asked", "code", "field"),
    [
        ([], (A, A, "implements"), "relation-to-itself", "other"),
        ([], (A, "mxsmy-2026-09", "implements"), "unknown-agreement", "other"),
        ([], (A, B, "likes"), "unknown-choice", "kind"),
        ([(A, B, "amends")], (A, B, "amends"), "relation-known", "other"),
        ([(A, B, "unclear")], (B, A, "unclear"), "relation-known", "other"),
        ([(A, B, "amends")], (B, A, "amends"), "relation-circle", "other"),
        ([(A, B, "amends"), (B, C, "supersedes")], (C, A, "implements"), "relation-circle", "other"),
        ([], (A, B, "sub_accord"), "not-of-framework", "other"),
    ],
)
def test_what_a_relation_is_refused_for(
    session: Session, cast: Cast, three: list[Agreement], at: datetime, before: list[tuple[str, str, str]],
    asked: tuple[str, str, str], code: str, field: str,
) -> None:  # fmt: skip
    for known in before:
        relate(session, cast, at, *known)
    with refused(session, (code, field)) as reasons:
        relate(session, cast, at, *asked)
    if code == "not-of-framework":
        assert reasons[0].values == {"parties": "银川市", "framework": B}
    if code == "relation-circle" and asked[2] == "implements":
        assert reasons[0].values == {"path": f"{C} → {A} → {B} → {C}"}


def test_what_comes_after_two_is_no_circle_and_questions_make_none(
    session: Session, cast: Cast, three: list[Agreement], at: datetime
) -> None:
    for known in ((B, A, "implements"), (C, A, "implements"), (C, B, "amends"), (A, C, "unclear"), (C, A, "amends")):
        relate(session, cast, at, *known)
    assert session.execute(sa.select(sa.func.count(Relation.id))).scalar_one() == 5


def test_a_sample_is_not_tied_to_what_is_real(
    session: Session, cast: Cast, three: list[Agreement], at: datetime
) -> None:
    an_agreement(session, cast, at, number="mxsmy-2026-05", sample=True)
    with refused(session, ("sample-mixed", "other")):
        relate(session, cast, at, A, "mxsmy-2026-05", "unclear")


@pytest.mark.parametrize(
    ("dated", "since", "until", "party_list", "fits"),
    [
        ("2020-05", None, None, "complete", True),
        ("2020-05", "2020-06", None, "complete", False),
        ("2020-05", "2020-05-31", None, "complete", True),
        ("2020-05", None, "2020-04-30", "complete", False),
        ("2020-05", None, "2020", "complete", True),
        (None, None, "2020", "complete", False),
        ("2020-05", "2020-06", None, "partial", True),
    ],
)
def test_parties_of_a_sub_accord_are_those_of_its_day(
    session: Session, cast: Cast, three: list[Agreement], at: datetime, dated: str | None, since: str | None,
    until: str | None, party_list: str, fits: bool,
) -> None:  # fmt: skip
    """鄂尔多斯 joined the framework or left it; the sub-accord is dated, or judged by today."""
    precision = {None: "unknown", 4: "year", 7: "month", 10: "day"}
    with atomic(session) as book:
        framework, sub = session.get_one(Agreement, three[0].id), session.get_one(Agreement, three[1].id)
        sub.dated_on, sub.dated_precision = dated, precision[dated and len(dated)]
        framework.party_list = party_list
        query = sa.select(AgreementParty).where(
            AgreementParty.agreement_id == framework.id, AgreementParty.body_id == cast.ordos.id
        )
        party = session.execute(query).scalar_one()
        party.since, party.since_precision = since, precision[since and len(since)]
        party.until, party.until_precision = until, precision[len(until)] if until else None
        book.record(act="agreement.create", actor=HOST, subject=("agreement", framework.id), at=at)
    if fits:
        relate(session, cast, at, B, A, "sub_accord")
    else:
        with refused(session, ("not-of-framework", "other")):
            relate(session, cast, at, B, A, "sub_accord")


@pytest.mark.parametrize("act", ["add", "end"])
def test_who_may(session: Session, cast: Cast, at: datetime, act: str) -> None:
    def make(number: int) -> tuple[str, str]:
        here, there = (f"mxsmy-{year}-{number:02}" for year in (2026, 2025))
        for each in (here, there):
            an_agreement(session, cast, at, number=each)
        if act == "end":
            relate(session, cast, at, here, there, "unclear")
        return here, there

    said = who_may(
        session,
        cast,
        make,
        lambda actor, pair: (
            add_relation(session, actor, AddRelation(*pair, "unclear"), at=at)
            if act == "add"
            else end_relation(session, actor, EndRelation(*pair, "unclear", "已查明"), at=at)
        ),
    )
    assert said == told(may="officer_wuhai secretariat", may_not="officer_ordos viewer auditor", not_found=OUTSIDE)
