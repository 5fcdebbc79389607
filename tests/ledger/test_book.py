"""One act, one entry: what it says, how large it may be, and what happens when something goes wrong on the way."""

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.ledger import atomic, seal
from registry.ledger.book import ENTRY_LIMIT
from registry.ledger.verify import verify
from registry.models import VERSIONS, Body, Change, LedgerEntry, LedgerHead, Person, RowChange
from tests.cast import Cast


def entries(session: Session, since: int = 0) -> list[dict[str, Any]]:
    bodies = session.scalars(sa.select(LedgerEntry.body).where(LedgerEntry.index >= since).order_by(LedgerEntry.index))
    return [json.loads(body) for body in bodies]


def size(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(LedgerHead.size))


def a_city(code: str = "152900", **more: Any) -> Body:
    return Body(code=code, name_zh="阿拉善盟", kind="league", signs=True, sample=False, **more)


def versions(session: Session, body_id: int) -> list[tuple[str | None, int, int | None]]:
    table = VERSIONS["body"]
    columns = (table.c.note, table.c.entry_from, table.c.entry_until)
    return [
        tuple(row)
        for row in session.execute(sa.select(*columns).where(table.c.id == body_id).order_by(table.c.entry_from))
    ]


def test_an_entry_says_who_for_whom_why_and_what(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        session.get(Body, cast.wuhai.id).note = "改"
        book.record(
            act="body.correct", actor=cast.officer_wuhai, subject=("party", cast.wuhai.id), at=at, on_behalf_of="150300",
            reason="ab" * 32, basis="东政发〔2017〕66号", effective=PartialDate("2017-07", Precision.MONTH), key="k-1",
        )  # fmt: skip
    entry = entries(session)[-1]
    assert entry["actor"] == {
        "party": "150300",
        "post": "officer of a test",
        "person": cast.officer_wuhai.name,
        "door": "web",
    }
    assert entry["subject"] == ["party", cast.wuhai.id]
    assert entry["effective"] == {"value": "2017-07", "precision": "month"}
    assert (entry["act"], entry["for"], entry["reason"], entry["basis"], entry["key"], entry["at"]) == (
        "body.correct", "150300", "ab" * 32, "东政发〔2017〕66号", "k-1", "2026-03-02T01:00:00.000000Z",
    )  # fmt: skip
    subject = ["party", cast.wuhai.id]
    assert entry["changes"] == [
        {"t": "body", "id": cast.wuhai.id, "s": subject, "from": {"note": None}, "to": {"note": "改"}}
    ]


def test_a_change_without_a_record_cannot_commit(session: Session, cast: Cast) -> None:
    before = size(session)
    with pytest.raises(sa.exc.IntegrityError), atomic(session):
        session.get(Body, cast.wuhai.id).note = "nobody said so"
    assert size(session) == before
    assert session.get(Body, cast.wuhai.id, populate_existing=True).note is None


def test_a_change_after_the_last_record_cannot_commit(session: Session, cast: Cast, at: datetime) -> None:
    with pytest.raises(sa.exc.IntegrityError), atomic(session) as book:
        body = session.get(Body, cast.wuhai.id)
        body.note = "recorded"
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", body.id), at=at)
        body.note = "not recorded"
    assert session.get(Body, cast.wuhai.id, populate_existing=True).note is None


def test_each_record_gathers_its_own_changes(session: Session, cast: Cast, at: datetime) -> None:
    before = size(session)
    with atomic(session) as book:
        for note, body in (("一", cast.wuhai), ("二", cast.ordos)):
            session.get(Body, body.id).note = note
            book.record(act="body.correct", actor=cast.secretariat, subject=("party", body.id), at=at)
    assert [[change["to"] for change in entry["changes"]] for entry in entries(session, before)] == [
        [{"note": "一"}],
        [{"note": "二"}],
    ]


def test_an_act_that_changes_nothing_leaves_its_entry(session: Session, cast: Cast, at: datetime) -> None:
    before = size(session)
    with atomic(session) as book:
        book.record(act="person.reset", actor=cast.administrator, subject=("person", 1), at=at)
    assert entries(session, before)[0]["changes"] == []


def test_a_never_column_is_in_no_entry(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        person = session.get(Person, cast.officer_wuhai.person_id)
        person.password_hash = "planted-secret"
        book.record(act="person.reset", actor=cast.administrator, subject=("person", person.id), at=at)
        session.add(
            Person(
                login="new",
                name=seal(session, "郑十", body_id=None),
                post="",
                active=True,
                language="zh",
                session_key="k",
                password_hash="planted-secret",
            )
        )
        book.record(act="person.add", actor=cast.administrator, subject=("person", person.id), at=at)
    written = session.scalars(sa.select(LedgerEntry.body)).all()
    written += [*session.scalars(sa.select(Change.new)), *session.scalars(sa.select(Change.old))]
    assert not [text for text in written if text and ("planted-secret" in text or "郑十" in text)]
    assert "password_hash" not in VERSIONS["person"].c


def test_five_hundred_rows_are_one_act_in_several_parts(session: Session, cast: Cast, at: datetime) -> None:
    before = size(session)
    with atomic(session) as book:
        session.add_all([a_city(f"x{number:03}", note="长" * 200) for number in range(500)])
        book.record(act="body.add", actor=cast.secretariat, subject=("grouping", 1), at=at)
    parts = entries(session, before)
    assert len(parts) > 1
    assert [entry["part"] for entry in parts] == [[number, len(parts)] for number in range(1, len(parts) + 1)]
    assert len({entry["act_id"] for entry in parts}) == 1
    assert sum(len(entry["changes"]) for entry in parts) == 500
    assert max(len(body.encode()) for body in session.scalars(sa.select(LedgerEntry.body))) <= ENTRY_LIMIT


def test_a_long_text_stands_in_the_history_by_its_hash(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        session.get(Body, cast.wuhai.id).note = "x" * 5000
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
    (change,) = entries(session)[-1]["changes"]
    assert list(change["to"]["note"]) == ["sha256"]


def test_a_row_moved_twice_in_one_transaction_has_both_versions(session: Session, cast: Cast, at: datetime) -> None:
    first = size(session)
    with atomic(session) as book:
        for note in ("一", "二"):
            session.get(Body, cast.wuhai.id).note = note
            book.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
    assert versions(session, cast.wuhai.id)[1:] == [("一", first, first + 1), ("二", first + 1, None)]


def test_a_row_that_came_and_went_in_one_act_leaves_nothing(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        session.add(body := a_city())
        session.flush()
        session.delete(body)
        book.record(act="body.add", actor=cast.secretariat, subject=("grouping", 1), at=at)
    assert entries(session)[-1]["changes"] == []


def test_searchable_changes_follow_the_entry(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        body = session.get(Body, cast.wuhai.id)
        body.note, body.name_en = "改", "Wuhai"
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", body.id), at=at)
    rows = session.execute(
        sa.select(Change.field, Change.old, Change.new).where(Change.entry == size(session) - 1).order_by(Change.id)
    )
    assert [tuple(row) for row in rows] == [("name_en", "null", '"Wuhai"'), ("note", "null", '"改"')]


def test_an_inner_atomic_joins(session: Session, cast: Cast, at: datetime) -> None:
    before = size(session)
    with pytest.raises(ZeroDivisionError), atomic(session) as book:
        with atomic(session) as inner:
            assert inner is book
            session.get(Body, cast.wuhai.id).note = "inner"
            inner.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
        raise ZeroDivisionError
    assert size(session) == before


def test_an_act_that_failed_inside_spoils_the_whole(session: Session, cast: Cast, at: datetime) -> None:
    """A caller that swallows the failure must not commit half of it."""
    before = size(session)
    with pytest.raises(RuntimeError, match="cannot be committed"), atomic(session) as outer:
        session.get(Body, cast.wuhai.id).note = "outer"
        outer.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
        try:
            with atomic(session):
                raise KeyError
        except KeyError:
            pass
    assert size(session) == before


def test_what_failed_leaves_the_session_usable(session: Session, cast: Cast, at: datetime) -> None:
    with pytest.raises(KeyError), atomic(session):
        raise KeyError
    before = size(session)
    with atomic(session) as book:
        session.get(Body, cast.wuhai.id).note = "second try"
        book.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
    assert size(session) == before + 1


def test_scratch_is_empty_at_every_commit(session: Session, cast: Cast) -> None:
    assert session.scalar(sa.select(sa.func.count()).select_from(RowChange)) == 0


def test_indices_have_no_gaps_after_rollbacks(session: Session, cast: Cast, at: datetime) -> None:
    for number in range(6):
        try:
            with atomic(session) as book:
                session.get(Body, cast.wuhai.id).note = str(number)
                book.record(act="body.correct", actor=cast.secretariat, subject=("party", cast.wuhai.id), at=at)
                if number % 2:
                    book.append()  # numbers taken, then lost
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    indices = session.scalars(sa.select(LedgerEntry.index).order_by(LedgerEntry.index)).all()
    assert indices == list(range(size(session)))


def test_verify_holds_the_log_against_a_tree_seen_before(session: Session, cast: Cast, at: datetime) -> None:
    seen = verify(session)
    with atomic(session) as book:
        book.record(act="person.reset", actor=cast.administrator, subject=("person", 1), at=at)
    assert verify(session, size=seen.size, root=seen.root).findings == ()
    (finding,) = verify(session, size=seen.size - 1, root=seen.root).findings
    assert finding.what == "the log does not begin with the tree seen before"
