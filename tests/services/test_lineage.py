"""Lineage: what an item carries on, without circles; taken back with a reason."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from registry.errors import NotFound, Refused
from registry.models import Agreement, Item, Lineage
from registry.permissions import Actor
from registry.services.lineage import LinkItems, UnlinkItems, earlier_ids, link_items, unlink_items
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import OUTSIDE, a_document, answered, entries, refused, told, who_may


def a_line(session: Session, cast: Cast, agreement: Agreement, at: datetime, count: int) -> list[Item]:
    return [an_item(session, cast, at, agreement, position=place) for place in range(1, count + 1)]


def test_links_are_recorded_once_and_taken_back(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    one, two = a_line(session, cast, agreement, at, 2)
    basis = a_document(session, at)
    ask = LinkItems(two.number, one.number, "continues", basis.document_number, " 续建 ")
    line = link_items(session, cast.officer_ordos, ask, at=at)
    assert (line.item_id, line.earlier_id, line.note) == (two.id, one.id, "续建")
    assert [(each["act"], each["basis"]) for each in entries(session, 1)] == [("lineage.link", "蒙联发〔2026〕1号")]
    with refused(session, ("lineage-known", "earlier")):
        link_items(session, cast.officer_ordos, ask, at=at)
    with refused(session, ("reason-missing", "reason")):
        unlink_items(session, cast.officer_ordos, UnlinkItems(two.number, one.number, " "), at=at)
    unlink_items(session, cast.officer_ordos, UnlinkItems(two.number, one.number, "登记错了"), at=at)
    assert "登记错了" not in str(entries(session, 1))  # its digest alone
    assert session.scalars(sa.select(Lineage)).all() == []
    with answered(session, NotFound):
        unlink_items(session, cast.officer_ordos, UnlinkItems(two.number, one.number, "登记错了"), at=at)


@pytest.mark.parametrize(("earlier", "kind", "code", "field"), [
    ("mxsmy-2026-01-002", "continues", "lineage-to-itself", "earlier"),
    ("mxsmy-2026-01-009", "continues", "unknown-earlier", "earlier"),
    ("mxsmy-2026-09-001", "continues", "unknown-earlier", "earlier"),  # another's, which the actor may not see
    ("mxsmy-2026-08-001", "continues", "sample-mixed", "earlier"),
    ("mxsmy-2026-01-003", "continues", "lineage-circle", "earlier"),
    ("mxsmy-2026-01-004", "continues", "lineage-circle", "earlier"),
    ("mxsmy-2026-01-001", "begets", "unknown-choice", "kind"),
])  # fmt: skip
def test_a_link_that_cannot_be(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, earlier: str, kind: str, code: str, field: str
) -> None:
    _one, two, three, four = a_line(session, cast, agreement, at, 4)
    hidden = an_agreement(session, cast, at, number="mxsmy-2026-09", level="parties", parties=[cast.wuhai])
    sample = an_agreement(session, cast, at, number="mxsmy-2026-08", sample=True)
    for other in (hidden, sample):
        an_item(session, cast, at, other, lead=cast.wuhai)
    for later, before in ((three, two), (four, three)):
        link_items(session, cast.secretariat, LinkItems(later.number, before.number, "continues"), at=at)
    with refused(session, (code, field)):
        link_items(session, cast.secretariat, LinkItems(two.number, earlier, kind), at=at)


def test_who_may_link(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    first = an_item(session, cast, at, agreement, position=99)

    def link(actor: Actor, item: Item) -> object:
        return link_items(session, actor, LinkItems(item.number, first.number, "replaces"), at=at)

    def made(number: int) -> Item:
        return an_item(session, cast, at, agreement, position=number)

    expected = told(may="officer_wuhai officer_ordos secretariat", may_not="viewer auditor", not_found=OUTSIDE)
    assert who_may(session, cast, made, link) == expected

    def linked(number: int) -> Item:
        item = made(number + 20)
        link(cast.secretariat, item)
        return item

    def unlink(actor: Actor, item: Item) -> object:
        return unlink_items(session, actor, UnlinkItems(item.number, first.number, "登记错了"), at=at)

    assert who_may(session, cast, linked, unlink) == expected


def test_no_links_ever_make_a_circle(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    """Whatever is linked, no item comes before itself, and what is refused is refused for nothing else."""
    items = a_line(session, cast, agreement, at, 6)
    pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=10)

    @settings(max_examples=6)
    @given(pairs)
    def tried(links: list[tuple[int, int]]) -> None:
        for later, earlier in links:
            try:
                ask = LinkItems(items[later].number, items[earlier].number, "continues")
                link_items(session, cast.secretariat, ask, at=at)
            except Refused as refusal:
                session.rollback()
                before = earlier_ids(session, [items[earlier].id])[items[earlier].id]
                codes = {reason.code for reason in refusal.reasons}
                circle = later == earlier or items[later].id in before
                assert codes <= {"lineage-circle", "lineage-to-itself"} if circle else codes == {"lineage-known"}
        found = earlier_ids(session, [item.id for item in items])
        session.rollback()
        assert all(identity not in before for identity, before in found.items())

    tried()
