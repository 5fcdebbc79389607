"""The search: the same hits on both databases as a plain look at the rows, cut to the reader, kept up by every act."""

from __future__ import annotations

import random
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import begin_write
from registry.domain.bigrams import normal
from registry.domain.dates import PartialDate, Precision
from registry.ledger import atomic
from registry.ledger.search import COLUMNS, rebuild
from registry.ledger.verify import verify
from registry.models import Alias, Base, Body, Item, SearchText
from registry.models.search import TABLES, search_id
from registry.permissions import ANONYMOUS, the_register
from registry.queries.search import KINDS, search
from registry.services.reports import FileReport, ReleaseReport, file_report, release_report
from tests.cast import Cast, an_agreement, an_item
from tests.queries.world import now, statements, the_world


def keys(session: Session, actor, query: str, kind: str | None = None) -> set[str]:  # type: ignore[no-untyped-def]
    return {hit.named.key for _, hits in search(now(session), actor, query, kind).hits for hit in hits}


def renamed(session: Session, at: datetime, row: Base, **values: str) -> None:
    with atomic(session) as book:
        row = session.merge(row)
        for name, value in values.items():
            setattr(row, name, value)
        book.record(act="record.correct", actor=the_register("command"), subject=("item", row.id), at=at)


def test_an_act_brings_its_words_and_takes_them_away(session: Session, cast: Cast, at: datetime) -> None:
    item = an_item(session, cast, at, an_agreement(session, cast, at, level="public"))
    renamed(session, at, item, title_zh="推进医保异地结算", title_en="Medical insurance")
    assert keys(session, ANONYMOUS, "医保") == keys(session, ANONYMOUS, "insur") == {item.number}
    renamed(session, at, item, title_zh="共建物流通道")
    assert keys(session, ANONYMOUS, "医保") == set()
    assert keys(session, ANONYMOUS, "物流") == keys(session, ANONYMOUS, "Medical") == {item.number}


def test_a_failed_act_leaves_no_words(session: Session, cast: Cast, at: datetime) -> None:
    item = an_item(session, cast, at, an_agreement(session, cast, at, level="public"))
    with pytest.raises(RuntimeError), atomic(session) as book:
        session.merge(item).title_zh = "不应找到"
        book.record(act="record.correct", actor=the_register("command"), subject=("item", item.id), at=at)
        raise RuntimeError
    assert keys(session, ANONYMOUS, "不应找到") == set()


def test_nobody_finds_what_he_may_not_see(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    for agreement in (world.open, world.ours, world.closed):
        renamed(session, at, agreement, title_zh="黄河水协议")
    seen = {name: keys(session, actor, "黄河水", "agreement") for name, actor in cast.actors.items()}
    seen["nobody"] = keys(session, ANONYMOUS, "黄河水", "agreement")
    assert seen["nobody"] == {world.open.number}
    assert seen["auditor"] == {world.open.number, world.ours.number, world.closed.number}
    assert seen["officer_ordos"] == {world.open.number, world.ours.number}
    assert seen["officer_outsider"] >= {world.open.number, world.closed.number}


def test_a_report_is_found_once_it_is_released(session: Session, cast: Cast, at: datetime) -> None:
    item = an_item(session, cast, at, an_agreement(session, cast, at, level="public"))
    officer = cast.actors["officer_wuhai"]
    report = file_report(
        session,
        officer,
        FileReport(item.number, cast.wuhai.code, PartialDate("2026-01", Precision.MONTH), "on_track", "管廊已贯通"),
        at=at,
    )
    assert keys(session, ANONYMOUS, "管廊") == keys(session, officer, "管廊") == set()
    release_report(session, officer, ReleaseReport(item.number, report.id), at=at)
    (hit,) = search(now(session), ANONYMOUS, "管廊").hits[0][1]
    assert (hit.named.key, hit.where) == (item.number, ("report",))


def test_other_names_lead_to_the_record(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        session.add(Alias(text="乌金之海", body_id=cast.wuhai.id))
        book.record(act="alias.add", actor=the_register("command"), subject=("party", cast.wuhai.id), at=at)
    assert keys(session, ANONYMOUS, "乌金") == {cast.wuhai.code}


SYLLABLES = ("合作", "医保", "协议", "黄河", "2019", "59号", "road", "一体化", "，", " ")


def test_the_same_as_a_plain_look(session: Session, cast: Cast, at: datetime) -> None:
    """Every two characters that stand in a title find it, and nothing else does."""
    chance = random.Random(7)
    agreement = an_agreement(session, cast, at, level="public")
    items = [an_item(session, cast, at, agreement, position=place) for place in range(1, 13)]
    with atomic(session) as book:
        for item in items:
            session.merge(item).title_zh = "题" + "".join(chance.choices(SYLLABLES, k=5))
        book.record(act="record.correct", actor=the_register("command"), subject=("agreement", agreement.id), at=at)
    titles = dict(session.execute(sa.select(Item.number, Item.title_zh)).all())
    asked = {title[place : place + 2] for title in titles.values() for place in range(len(title) - 1)}
    for query in sorted(each for each in asked if all("\u4e00" <= sign <= "\u9fff" for sign in each)):
        plain = {number for number, title in titles.items() if query in normal(title)}
        assert keys(session, ANONYMOUS, query, "item") == plain, query


def test_two_statements_whatever_is_found(session: Session, cast: Cast, at: datetime) -> None:
    world = the_world(session, cast, at)
    for query in ("乌海", "协议", world.open.number, "找不到的词"):
        with statements(session) as sent:
            found = search(now(session), cast.actors["auditor"], query)
        assert len(sent) == (2 if found.total else 1)
    assert search(now(session), ANONYMOUS, "，") == search(now(session), ANONYMOUS, "")


def test_no_word_waits_to_be_sorted_in(session: Session, cast: Cast, at: datetime) -> None:
    """PostgreSQL could keep new words in a list, which each of the parts of a search would read to its end."""
    if session.get_bind().dialect.name != "postgresql":
        pytest.skip("PostgreSQL's own")
    an_item(session, cast, at, an_agreement(session, cast, at, level="public"))
    connection = begin_write(session)
    assert connection.scalar(sa.text("SELECT gin_clean_pending_list('ix_search_text_words')")) == 0
    session.rollback()


def test_every_kind_is_found(session: Session, cast: Cast, at: datetime) -> None:
    the_world(session, cast, at)
    found = {kind for kind, _ in search(now(session), cast.actors["auditor"], "2026").hits}
    assert found >= {"agreement", "item", "document", "claim"}
    assert set(COLUMNS) == set(TABLES)
    assert all(set(names) <= set(Base.metadata.tables[table].c.keys()) for table, names in COLUMNS.items())
    assert set(KINDS) <= set(TABLES)


@pytest.mark.tampers
def test_verify_names_a_changed_index_and_it_is_made_anew(session: Session, cast: Cast, at: datetime) -> None:
    item = an_item(session, cast, at, an_agreement(session, cast, at, level="public"))
    before = keys(session, ANONYMOUS, item.title_zh)
    assert item.number in before
    connection = begin_write(session)
    connection.execute(
        sa.update(SearchText).where(SearchText.id == search_id("item", item.id)).values(words=["t1", "ff"])
    )
    connection.execute(sa.delete(SearchText).where(SearchText.id == search_id("body", cast.wuhai.id)))
    session.commit()
    assert {(found.table, found.key) for found in verify(session).findings} == {
        ("search_text", f"item {item.id}"),
        ("search_text", f"body {cast.wuhai.id}"),
    }
    rebuild(begin_write(session))
    session.commit()
    assert verify(session).findings == ()
    assert keys(session, ANONYMOUS, item.title_zh) == before
    assert session.scalar(sa.select(sa.func.count()).select_from(Body)) > 0
