"""Import of bundles: all or nothing, each record an act, 补录 in one step, and nothing the second time."""

import dataclasses
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import sessions
from registry.documents.bundles import REAL, SAMPLE
from registry.domain import bundle
from registry.domain.dates import PartialDate, Precision
from registry.errors import NotFound, NotPermitted, Refused
from registry.ledger import open_sealed
from registry.models import (
    Act,
    Agreement,
    AgreementText,
    Alias,
    Assignment,
    Body,
    Citation,
    Department,
    Document,
    Event,
    Item,
    LedgerEntry,
    Relation,
    Report,
    Step,
)
from registry.services.bundles import ImportResult, import_bundle
from registry.services.reports import FileReport, file_report
from tests.bundled import HOST, begun, founded, imported
from tests.cast import Cast

NAME = bundle.Name("试", "Try")


@pytest.fixture
def register(session: Session, at: datetime) -> Session:
    """A register with its procedures and nothing else."""
    begun(session, at)
    return session


def entries(session: Session) -> int:
    """How many entries the ledger has."""
    return session.execute(sa.select(sa.func.count()).select_from(LedgerEntry)).scalar_one()


def small(**changes: Any) -> bundle.Bundle:
    """A bundle of two cities, a document that cites itself, an agreement and an item, changed as told."""
    cites = (bundle.Cite("doc-2020-01", 3),)
    given: dict[str, Any] = {
        "title": NAME,
        "sample": False,
        "bodies": (
            bundle.Body("c-1", bundle.Name("甲市"), "city", True, aliases=(bundle.Alias("我市", "g-1"),), cites=cites),
            bundle.Body("c-2", bundle.Name("乙市"), "city", True),
            bundle.Body("g-1", bundle.Name("甲市政府"), "government", False, parent="c-1"),
        ),
        "departments": (bundle.Department("c-1", bundle.Name("市局")),),
        "documents": (bundle.Document("doc-2020-01", "文件", "plan", "甲政发〔2020〕1号", issuer="g-1", cites=cites),),
        "agreements": (
            bundle.Agreement(
                "x-2020-01", NAME, "framework_agreement", "complete", bundle.Entry("signed", "doc-2020-01", "一(二)"),
                parties=("c-2", "c-1"), fields=(bundle.Name("交通"),), cites=cites,
            ),
        ),
        "items": (
            bundle.Item(
                "x-2020-01-001", NAME, bundle.Entry("listed", "doc-2020-01", on=PartialDate("2020-03", Precision.MONTH)),
                field=1, leads=(bundle.Duty("c-1", "市局"), bundle.Duty("c-2")), cites=cites,
            ),
        ),
    }  # fmt: skip
    return bundle.Bundle(**given | changes)


def changed(records: str, /, **columns: Any) -> bundle.Bundle:
    """The small bundle with the first record of one kind changed."""
    first, *others = getattr(small(), records)
    return small(**{records: (dataclasses.replace(first, **columns), *others)})


def test_importing_twice_changes_nothing(register: Session, at: datetime) -> None:
    first = imported(register, (*REAL, *SAMPLE), at)
    before = entries(register)
    again = imported(register, (*REAL, *SAMPLE), at)
    assert [len(each.created) for each in first] == [44, 21, 43, 68, 93, 3]
    assert all(each.created == () for each in again)
    assert [each.unchanged for each in again] == [each.created for each in first]
    assert entries(register) == before


def test_two_imports_at_once_come_one_after_the_other(register: Session, engine: sa.Engine, at: datetime) -> None:
    start = Barrier(2)

    def run() -> ImportResult:
        with sessions(engine)() as session:
            start.wait(10)
            return import_bundle(session, HOST, small(), at=at)

    with ThreadPoolExecutor(2) as pool:
        results = [future.result(60) for future in [pool.submit(run), pool.submit(run)]]
    assert sorted((len(result.created), len(result.unchanged)) for result in results) == [(0, 7), (7, 0)]
    assert register.execute(sa.select(sa.func.count()).select_from(Item)).scalar_one() == 1


def test_only_the_register_itself_imports(session: Session, cast: Cast, at: datetime) -> None:
    for actor in cast.actors.values():
        with pytest.raises(NotPermitted):
            import_bundle(session, actor, small(), at=at)


def test_backfill_is_one_step_on_the_document_and_invents_nothing(register: Session, at: datetime) -> None:
    imported(register, REAL, at)
    steps = register.execute(sa.select(Step)).scalars().all()
    assert len(steps) == 49
    assert {(step.kind, step.from_state, step.position) for step in steps} == {("entry", None, 1)}
    assert Counter((step.subject_kind, step.to_state) for step in steps) == {
        ("agreement", "signed"): 8, ("agreement", "planned"): 1, ("item", "listed"): 40,
    }  # fmt: skip
    assert all(step.basis_id and step.recorded_at == at for step in steps)
    assert register.execute(sa.select(sa.func.count()).select_from(Act)).scalar_one() == 0
    assert register.execute(sa.select(sa.func.count()).select_from(AgreementText)).scalar_one() == 0
    assert set(register.execute(sa.select(Item.backfilled, Item.grade, Item.sample))) == {(True, "not_reported", False)}
    assert set(register.execute(sa.select(Agreement.backfilled, Agreement.level))) == {(True, "public")}
    unknown = register.execute(
        sa.select(Step.effective, Step.effective_precision).where(Step.effective.is_(None))
    ).all()
    assert unknown == [(None, "unknown")] * 2  # the two accords without a date


def test_each_record_is_an_act_and_backfill_names_its_basis(register: Session, at: datetime) -> None:
    import_bundle(register, HOST, small(), at=at)
    acts = Counter(register.execute(sa.select(LedgerEntry.act)).scalars())
    assert acts["bundle.import"] == 6  # three bodies, one with a second entry for its other name; department, document
    assert (acts["agreement.backfill"], acts["item.backfill"], acts["bundle.cite"]) == (1, 1, 1)
    body = register.execute(sa.select(LedgerEntry.body).where(LedgerEntry.act == "item.backfill")).scalar_one()
    assert '"basis":"甲政发〔2020〕1号"' in body
    assert '"effective":{"precision":"month","value":"2020-03"}' in body


def test_records_carry_what_the_bundle_says(register: Session, at: datetime) -> None:
    import_bundle(register, HOST, small(), at=at)
    alias = register.execute(sa.select(Alias.text, Body.code).join(Body, Body.id == Alias.issuer_id)).one()
    assert alias == ("我市", "g-1")
    step = register.execute(sa.select(Step).where(Step.subject_kind == "agreement")).scalar_one()
    assert (step.to_state, step.basis_note, step.effective, step.effective_precision) == (
        "signed",
        "一(二)",
        None,
        "unknown",
    )
    leads = register.execute(
        sa.select(Body.code, Department.name_zh, Assignment.position)
        .join(Body, Body.id == Assignment.body_id)
        .outerjoin(Department, Department.id == Assignment.department_id)
        .order_by(Assignment.position)
    ).all()
    assert leads == [("c-1", "市局", 1), ("c-2", None, 2)]
    assert Counter(register.execute(sa.select(Citation.subject_kind)).scalars()) == {
        "body": 1, "document": 1, "agreement": 1, "item": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "record", "field"),
    [
        (changed("bodies", name=bundle.Name("丙市")), "body c-1", "name_zh"),
        (changed("bodies", aliases=(bundle.Alias("我市"),)), "body c-1", "alias"),
        (changed("documents", issuer="c-1"), "document doc-2020-01", "issuer_id"),
        (changed("documents", cites=(bundle.Cite("doc-2020-01", 4),)), "document doc-2020-01", "citation"),
        (changed("agreements", parties=("c-1", "c-2")), "agreement x-2020-01", "agreement_party"),
        (changed("agreements", entry=bundle.Entry("planned", "doc-2020-01")), "agreement x-2020-01", "step"),
        (changed("items", leads=(bundle.Duty("c-1"),)), "item x-2020-01-001", "assignment"),
        (changed("items", entry=bundle.Entry("listed", "doc-2020-01")), "item x-2020-01-001", "step"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_record_with_other_content_is_refused_and_nothing_is_written(
    register: Session, at: datetime, ask: bundle.Bundle, record: str, field: str
) -> None:
    import_bundle(register, HOST, small(), at=at)
    before = entries(register)
    new = bundle.Event("event-2020-01", "petition", bundle.Name("新事件"))
    with pytest.raises(Refused) as refusal:
        import_bundle(register, HOST, dataclasses.replace(ask, events=(new,)), at=at)
    assert {reason.code for reason in refusal.value.reasons} == {"bundle-conflict"}
    assert {(reason.values["record"], reason.values["field"]) for reason in refusal.value.reasons} == {(record, field)}
    assert all(reason.values["stored"] != reason.values["stated"] for reason in refusal.value.reasons)
    assert entries(register) == before
    assert register.execute(sa.select(Event)).first() is None


def test_what_people_have_added_since_is_no_conflict(register: Session, at: datetime) -> None:
    import_bundle(register, HOST, small(), at=at)
    day = PartialDate("2020-06-30", Precision.DAY)
    file_report(register, HOST, FileReport("x-2020-01-001", "c-1", day, "on_track", "顺利。"), at=at)
    more = bundle.Agreement(
        "x-2020-02", NAME, "sector_agreement", "unknown", bundle.Entry("planned", "doc-2020-01"),
        relations=(bundle.Relation("x-2020-01", "unclear"),),
    )  # fmt: skip
    later = import_bundle(register, HOST, small(agreements=(*small().agreements, more)), at=at)
    assert later.created == ("agreement x-2020-02",)
    assert register.execute(sa.select(Item.grade)).scalar_one() == "on_track"
    assert register.execute(sa.select(Relation.kind)).scalars().all() == ["unclear"]


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (changed("items", number="x-2020-09-001"), "unknown-reference"),
        (changed("items", leads=(bundle.Duty("c-1", "别局"),)), "unknown-reference"),
        (changed("items", field=2), "unknown-reference"),
        (changed("items", steps=(bundle.LaterStep("fly", "doc-2020-01"),)), "unknown-reference"),
        (changed("bodies", aliases=(bundle.Alias("我市", "nobody"),)), "unknown-reference"),
        (changed("agreements", parties=("c-1", "g-1")), "unknown-party"),
        (changed("items", entry=bundle.Entry("suspended", "doc-2020-01")), "no-entry"),
        (changed("items", steps=(bundle.LaterStep("achieve", "doc-2020-01"),)), "wrong-state"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_bundle_that_cannot_be_is_refused_whole(
    register: Session, at: datetime, ask: bundle.Bundle, code: str
) -> None:
    before = entries(register)
    with pytest.raises(Refused) as refusal:
        import_bundle(register, HOST, ask, at=at)
    assert [reason.code for reason in refusal.value.reasons] == [code]
    assert entries(register) == before
    assert register.execute(sa.select(Body)).first() is None


def test_no_invented_record_stands_beside_a_real_one(register: Session, at: datetime) -> None:
    import_bundle(register, HOST, small(), at=at)
    fiction = bundle.Bundle(NAME, True, documents=(bundle.Document("doc-2020-02", "示例", "plan", issuer="c-1"),))
    with pytest.raises(Refused) as refusal:
        import_bundle(register, HOST, fiction, at=at)
    assert [reason.code for reason in refusal.value.reasons] == ["sample-mixed"]
    assert register.execute(sa.select(Document.number)).scalars().all() == ["doc-2020-01"]


def test_procedures_come_first(session: Session, at: datetime) -> None:
    founded(session, at)
    with pytest.raises(NotFound):
        import_bundle(session, HOST, small(), at=at)


def test_sample_shows_every_state_and_grade_by_steps_of_the_engine(register: Session, at: datetime) -> None:
    imported(register, SAMPLE, at)
    states = Counter(register.execute(sa.select(Item.state)).scalars())
    assert states == {
        "intent": 14, "listed": 14, "in_progress": 20, "achieved": 11, "long_term_mechanism": 3,
        "suspended": 3, "merged": 2, "terminated": 3,
    }  # fmt: skip
    assert set(register.execute(sa.select(Item.grade)).scalars()) == {"on_track", "slow", "blocked", "not_reported"}
    kinds = Counter(register.execute(sa.select(Step.kind).where(Step.subject_kind == "item")).scalars())
    assert kinds == {"entry": 70, "forward": 9, "suspend": 3, "merge": 2}
    merged = register.execute(sa.select(Item).where(Item.state == "merged")).scalars()
    assert all(item.merged_into_id and item.merged_into_id != item.id for item in merged)
    suspended = register.execute(sa.select(Item.stage).where(Item.state == "suspended")).scalars()
    assert set(suspended) == {"in_progress"}
    assert all(register.execute(sa.select(Report.released_at)).scalars())


def test_sample_accord_is_signed_by_all_two_of_them_late(register: Session, at: datetime) -> None:
    imported(register, SAMPLE, at)
    water, first, second = register.execute(sa.select(Agreement).order_by(Agreement.number)).scalars()
    assert (water.state, water.sample) == ("in_force", True)
    assert (first.state, first.sample, second.state) == ("signed", True, "open")
    signed = register.execute(sa.select(Act.done_on, Act.signer).where(Act.agreement_id == first.id)).all()
    assert Counter(row.done_on for row in signed) == {"2023-09-15": 7, "2023-09-22": 1, "2023-10-11": 1}
    names = open_sealed(register, HOST, [row.signer for row in signed])
    assert sorted(names.values())[0].startswith("示例签署人")
