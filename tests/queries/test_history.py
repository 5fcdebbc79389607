"""Histories: who, for whom, why, from, to, effective and recorded; what is under seal or hidden stays so; periods stream."""

from __future__ import annotations

import re
import tracemalloc
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.errors import NotFound
from registry.ledger import atomic, seal
from registry.models import Agreement, Body, Document, LedgerEntry
from registry.permissions import ANONYMOUS
from registry.queries.changes import FieldChange
from registry.queries.history import changes_of_period, history_of, recent
from registry.queries.rows import Named, Sealed
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import TODAY, World, a_document, a_report, a_signature, now, statements, the_world

DAY = date(2026, 3, 2)


def test_one_event_tells_everything(session: Session, cast: Cast, agreement: Agreement, clock: Clock) -> None:
    with atomic(session) as book:
        session.merge(agreement).grouping_id = None
        session.merge(agreement).title_zh = "新名称"
        why = seal(session, "更正名称", body_id=cast.ordos.id)
        book.record(
            act="agreement.draft",
            actor=cast.officer_ordos,
            subject=("agreement", agreement.id),
            at=clock.advance(days=2),
            on_behalf_of="640100",
            reason=why,
            basis="东政发〔2017〕66号",
            effective=PartialDate("2026-02", Precision.MONTH),
        )
    event, created = history_of(now(session), cast.viewer, "agreement", agreement.id)
    assert (event.act, event.recorded, event.effective) == (
        "agreement.draft",
        clock.at,
        PartialDate("2026-02", Precision.MONTH),
    )
    assert (event.party, event.post) == (Named("body", "150600", "鄂尔多斯市", None), "officer of a test")
    assert event.on_behalf_of == Named("body", "640100", "银川市", None)
    assert (event.person, event.reason, event.basis) == (Sealed("李四"), Sealed("更正名称"), "东政发〔2017〕66号")
    assert [(row.table, row.move, row.fields) for row in event.changes] == [
        (
            "agreement",
            "changed",
            (
                FieldChange("grouping_id", Named("grouping", "mxsmy", "蒙西四盟市", None), None, withheld=False),
                FieldChange("title_zh", "示例合作框架协议", "新名称", withheld=False),
            ),
        )
    ]
    assert {(row.table, row.move) for row in created.changes} == {
        ("agreement", "added"),
        ("agreement_party", "added"),
        ("agreement_text", "added"),
        ("step", "added"),
    }
    of_wuhai = history_of(now(session), cast.officer_wuhai, "agreement", agreement.id)[0]
    assert (of_wuhai.person, of_wuhai.reason) == (Sealed(None), Sealed(None))


def test_sealed_fields_open_for_their_owner_only(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    a_signature(session, cast, at, agreement, cast.ordos, signer="张三丰")

    def signer(actor) -> FieldChange:  # type: ignore[no-untyped-def]
        (row,) = history_of(now(session), actor, "agreement", agreement.id)[0].changes
        return next(change for change in row.fields if change.field == "signer")

    assert signer(cast.viewer) == FieldChange("signer", None, "张三丰", withheld=False)
    assert signer(cast.officer_wuhai) == FieldChange("signer", None, None, withheld=True)


def test_what_names_a_hidden_record_is_withheld(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    hidden = session.query(Document).filter_by(number="doc-2026-03").one()
    with atomic(session) as book:
        session.query(Document).filter_by(number="doc-2026-01").one().implements_id = hidden.id
        book.record(act="document.add", actor=cast.secretariat, subject=("document", hidden.id), at=at)
    shown = session.query(Document).filter_by(number="doc-2026-01").one().id

    def implements(actor) -> FieldChange:  # type: ignore[no-untyped-def]
        return history_of(now(session), actor, "document", shown)[0].changes[0].fields[0]

    assert implements(cast.nobody) == FieldChange("implements_id", None, None, withheld=True)
    assert implements(cast.auditor).new == Named("document", "doc-2026-03", "示例文件doc-2026-03", None)
    related = {name: _moved(session, actor, world, "relation") for name, actor in cast.actors.items()}
    assert related["nobody"] == related["viewer"] == 0
    assert related["officer_wuhai"] == related["officer_outsider"] == related["auditor"] == 1


def _moved(session: Session, actor, world: World, table: str) -> int:  # type: ignore[no-untyped-def]
    events = history_of(now(session), actor, "agreement", world.open.id)
    return sum(row.table == table for event in events for row in event.changes)


def test_who_may_read_whose_history(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    for kind, identity, readers in (
        ("agreement", world.closed.id, {"officer_wuhai", "officer_outsider", "auditor"}),
        ("agreement", world.open.id, set(cast.actors)),
        ("party", cast.wuhai.id, set(cast.actors)),
        ("grouping", cast.grouping.id, set(cast.actors)),
        ("person", cast.officer_wuhai.person_id, {"officer_wuhai", "auditor"}),
        ("file", 1, set()),
        ("sealed", 1, set()),
        ("nonsense", 1, set()),
        ("agreement", 10**6, set()),
    ):
        found = set()
        for name, actor in cast.actors.items():
            try:
                history_of(now(session), actor, kind, identity or 0)
            except NotFound:
                continue
            found.add(name)
        assert found == readers, kind


def test_an_unreleased_report_is_in_no_strangers_history(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    item = an_item(session, cast, at, world.open, position=9)
    a_report(session, cast, at, item, cast.ordos, "征地未完成")
    tables = {
        name: {row.table for event in history_of(now(session), actor, "item", item.id) for row in event.changes}
        for name, actor in cast.actors.items()
    }
    assert "report" not in tables["nobody"] | tables["officer_outsider"] | tables["administrator"]
    assert all("report" in tables[name] for name in ("viewer", "officer_wuhai", "secretariat", "auditor"))
    everything = repr(
        [list(changes_of_period(session, actor, DAY, DAY)) for actor in (cast.nobody, cast.officer_wuhai)]
    )
    assert "征地未完成" not in everything


def test_a_history_is_read_on_and_ends_where_the_past_did(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    for number in range(5):
        with atomic(session) as book:
            session.merge(agreement).title_zh = f"名称{number}"
            book.record(
                act="agreement.draft",
                actor=cast.secretariat,
                subject=("agreement", agreement.id),
                at=clock.advance(hours=1),
            )
    whole = history_of(now(session), cast.viewer, "agreement", agreement.id)
    assert len(whole) == 6
    assert [event.entry for event in whole] == sorted((event.entry for event in whole), reverse=True)
    first = history_of(now(session), cast.viewer, "agreement", agreement.id, size=2)
    rest = history_of(now(session), cast.viewer, "agreement", agreement.id, before=first[-1].entry)
    assert first + rest == whole
    past = history_of(Snapshot(session, whole[2].entry, TODAY), cast.viewer, "agreement", agreement.id)
    assert [event.entry for event in past] == [event.entry for event in whole[2:]]
    assert [event.changes for event in past[:3]] == [event.changes for event in whole[2:5]]
    assert {event.subject and event.subject.title_zh for event in past} == {"名称2"}


def test_recent_changes_are_those_since_and_seen(session: Session, cast: Cast, clock: Clock) -> None:
    the_world(session, cast, clock.at)
    later = clock.advance(days=8)
    an_agreement(session, cast, later, number="mxsmy-2026-08", level="members")
    seen = {
        name: [event.subject and event.subject.key for event in recent(now(session), actor, later)]
        for name, actor in cast.actors.items()
    }
    assert seen["viewer"] == seen["secretariat"] == seen["auditor"] == ["mxsmy-2026-08"]
    assert seen["nobody"] == seen["officer_outsider"] == []


def test_a_period_is_whole_days_in_the_registers_zone(session: Session, cast: Cast, at: datetime) -> None:
    def entries(first: date, last: date) -> set[str]:
        return {row.new for row in changes_of_period(session, cast.auditor, first, last) if row.field == "name_zh"}

    for number, moment in enumerate(
        ("2026-06-29T15:59:59Z", "2026-06-29T16:00:00Z", "2026-06-30T15:59:59Z", "2026-06-30T16:00:00Z")
    ):
        with atomic(session) as book:
            session.merge(cast.grouping).name_zh = f"第{number}"
            book.record(
                act="body.add",
                actor=cast.secretariat,
                subject=("grouping", cast.grouping.id),
                at=datetime.fromisoformat(moment),
            )
    assert entries(date(2026, 6, 30), date(2026, 6, 30)) == {"第1", "第2"}
    assert entries(date(2026, 6, 29), date(2026, 7, 1)) == {"第0", "第1", "第2", "第3"}
    assert entries(date(2025, 1, 1), date(2025, 12, 31)) == set()


def test_a_period_holds_every_change_for_auditors_and_no_hidden_one_for_others(
    session: Session, cast: Cast, at: datetime
) -> None:
    world = the_world(session, cast, at)
    a_signature(session, cast, at, world.open, cast.ordos, signer="张三丰", reason="受权")
    rows = {name: list(changes_of_period(session, actor, DAY, DAY)) for name, actor in cast.actors.items()}
    subjects = {name: {(row.subject_kind, row.subject) for row in found} for name, found in rows.items()}
    assert ("agreement", "mxsmy-2026-03") in subjects["auditor"] & subjects["officer_wuhai"] & subjects[
        "officer_outsider"
    ]
    assert ("agreement", "mxsmy-2026-03") not in subjects["nobody"] | subjects["viewer"] | subjects["secretariat"]
    assert not {subject for kind, subject in subjects["nobody"] if kind == "person"}
    assert len({subject for kind, subject in subjects["auditor"] if kind == "person"}) == 7
    entries = [row.entry for row in rows["auditor"]]
    assert entries == sorted(entries)
    acts = sa.select(LedgerEntry.index).where(LedgerEntry.act != "schema")  # a migration changes no row
    assert set(entries) == set(session.execute(acts).scalars())
    signer = {name: next(row for row in found if row.field == "signer") for name, found in rows.items()}
    for reader in ("auditor", "nobody"):  # a file that left the register cannot be erased: no seal is opened in it
        assert (signer[reader].new, signer[reader].withheld) == ("", True)
        assert signer[reader].person == cast.officer_ordos.name
        assert re.fullmatch("[0-9a-f]{64}", signer[reader].reason)
    parties = [row.new for row in rows["nobody"] if row.table == "agreement_party" and row.field == "body_id"]
    assert parties == ["150300", "150600", "640100"]


def test_a_long_period_streams_in_batches(session: Session, cast: Cast, clock: Clock) -> None:
    count = 400
    with atomic(session) as book:
        for number in range(count):
            session.add(
                Body(
                    code=f"x{number}",
                    name_zh=f"示例{number}",
                    kind="institution",
                    signs=False,
                    sample=True,
                    note="注" * 500,
                )
            )
            book.record(
                act="body.add",
                actor=cast.secretariat,
                subject=("party", number + 10),
                at=clock.at + timedelta(seconds=number),
            )
    session.rollback()
    with statements(session) as sent:
        stream = changes_of_period(session, ANONYMOUS, DAY, DAY)
        next(stream)
        begun = len(sent)
        tracemalloc.start()
        peaks = []
        for number, _ in enumerate(stream):
            if number % 500 == 499:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
        tracemalloc.stop()
    assert begun <= 6  # the bounds, one batch of entries, its changes, its names
    assert len(peaks) >= 4
    assert max(peaks[2:]) < 1.5 * max(peaks[:2])


def test_a_document_added_is_found_by_its_number(session: Session, cast: Cast, at: datetime) -> None:
    a_document(session, cast, at, "doc-2026-09", "public", issuer=cast.ordos)
    issuer = [row.new for row in changes_of_period(session, cast.nobody, DAY, DAY) if row.field == "issuer_id"]
    assert issuer == ["150600"]


@pytest.mark.parametrize("kind", ["agreement", "item", "document", "claim"])
def test_no_reader_learns_whether_a_hidden_record_exists(session: Session, cast: Cast, at: datetime, kind: str) -> None:
    the_world(session, cast, at)
    answers = []
    for identity in (3, 10**6):
        with pytest.raises(NotFound) as answer:
            history_of(now(session), cast.administrator, kind, identity)
        answers.append(type(answer.value))
    assert answers == [NotFound, NotFound]
