"""Annual lists: numbered, adopted version by version, and never changed afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import UNKNOWN, PartialDate
from registry.domain.list_lines import MOST, Line
from registry.models import Agreement, AnnualList, ListRow, ListVersion
from registry.permissions import Actor
from registry.services.lineage import LinkItems, link_items
from registry.services.lists import AddList, AdoptVersion, add_list, adopt_version
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import HOST, OUTSIDE, a_document, day, entries, refused, told, who_may

OURS = AddList("2026年区域合作重点项目表", 2026, grouping="mxsmy", level="public")


def lines(*numbers: str) -> tuple[Line, ...]:
    return tuple(Line(f"mxsmy-2026-01-{number}") for number in numbers)


def rows(session: Session, version: ListVersion) -> list[tuple[int, str | None, int | None]]:
    """Item, category and where it was carried over from, in order."""
    session.rollback()
    query = sa.select(ListRow.item_id, ListRow.category, ListRow.carried_from_id).where(
        ListRow.version_id == version.id
    )
    return [tuple(row) for row in session.execute(query.order_by(ListRow.position))]


def test_versions_follow_one_another_and_stay(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    one, two, three = (an_item(session, cast, at, agreement, position=place).id for place in (1, 2, 3))
    basis = a_document(session, at)
    before = add_list(session, cast.secretariat, replace(OURS, year=2025), at=at)
    assert before.number == "list-2025-01"
    adopt_version(session, cast.secretariat, AdoptVersion(before.number, UNKNOWN, lines("001")), at=at)
    found = add_list(session, cast.secretariat, OURS, at=at)
    assert add_list(session, cast.officer_wuhai, replace(OURS, issuer="150300"), at=at).number == "list-2026-02"
    ask = AdoptVersion(
        found.number, day("2026-02-01"), (Line("mxsmy-2026-01-002", "交通"), *lines("001")), basis.document_number, 3
    )
    first = adopt_version(session, cast.secretariat, ask, at=at)
    assert rows(session, first) == [(two, "交通", None), (one, None, before.id)]
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["basis"], entry["effective"]["value"]) == (
        "list.adopt",
        "蒙联发〔2026〕1号",
        "2026-02-01",
    )
    second = adopt_version(
        session, cast.secretariat, AdoptVersion(found.number, day("2026-02-01"), lines("003")), at=at
    )
    assert (second.version, rows(session, second), len(rows(session, first))) == (2, [(three, None, None)], 2)


def test_an_item_that_carries_on_another_is_carried_over_from_its_list(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    old = an_agreement(session, cast, at, number="mxsmy-2020-01")
    earlier, later = an_item(session, cast, at, old), an_item(session, cast, at, agreement)
    before = add_list(session, cast.secretariat, replace(OURS, year=2020), at=at)
    adopt_version(session, cast.secretariat, AdoptVersion(before.number, UNKNOWN, (Line(earlier.number),)), at=at)
    link_items(session, cast.secretariat, LinkItems(later.number, earlier.number, "continues"), at=at)
    own = add_list(session, cast.officer_ordos, AddList("本市的表", 2026, issuer="150600", level="parties"), at=at)
    for carried in (None, before.number):  # another owner's list is named, or nothing is said
        ask = AdoptVersion(own.number, UNKNOWN, (Line(later.number, None, carried),))
        version = adopt_version(session, cast.officer_ordos, ask, at=at)
        assert rows(session, version) == [(later.id, None, before.id if carried else None)]


FUTURE = PartialDate.of("2027", "year")


@pytest.mark.parametrize(("adopted", "asked", "declared", "codes"), [
    (UNKNOWN, (), None, "rows-missing"),
    (UNKNOWN, lines("001", "009", "001", "008"), None, "unlisted-item item-twice"),
    (FUTURE, lines("001"), None, "in-the-future"),
    (day("2026-01-31"), lines("001"), None, "version-out-of-order"),
    (UNKNOWN, lines("001"), 0, "unknown-choice"),
    (UNKNOWN, (Line("mxsmy-2026-01-001", None, "list-2025-01"),), None, "not-carried"),
    (UNKNOWN, (Line("mxsmy-2026-01-001", None, "list-2026-01"),), None, "unknown-list"),
    (UNKNOWN, (Line("mxsmy-2026-02-001"),), None, "sample-mixed"),
    (UNKNOWN, lines(*(f"{place:03}" for place in range(100, 101 + MOST))), None, "too-many-rows unlisted-item"),
])  # fmt: skip
def test_a_version_that_cannot_be(
    session: Session, cast: Cast, agreement: Agreement, at: datetime, adopted: PartialDate, asked: tuple[Line, ...],
    declared: int | None, codes: str,
) -> None:  # fmt: skip
    for place in (1, 2):
        an_item(session, cast, at, agreement, position=place)
    an_item(session, cast, at, an_agreement(session, cast, at, number="mxsmy-2026-02", sample=True))
    before = add_list(session, cast.secretariat, replace(OURS, year=2025), at=at)
    adopt_version(session, cast.secretariat, AdoptVersion(before.number, UNKNOWN, lines("002")), at=at)
    found = add_list(session, cast.secretariat, OURS, at=at)
    adopt_version(session, cast.secretariat, AdoptVersion(found.number, day("2026-02-01"), lines("001")), at=at)
    fields = {"in-the-future": "adopted", "version-out-of-order": "adopted", "unknown-choice": "declared"}
    with refused(session, *((code, fields.get(code, "lines")) for code in codes.split())):
        adopt_version(session, cast.secretariat, AdoptVersion(found.number, adopted, asked, None, declared), at=at)


@pytest.mark.parametrize(("ask", "code", "field"), [
    (replace(OURS, title_zh=" "), "title-missing", "title_zh"),
    (replace(OURS, year=19), "unknown-choice", "year"),
    (replace(OURS, level="none"), "unknown-choice", "level"),
    (replace(OURS, grouping="xx"), "unknown-grouping", "grouping"),
    (replace(OURS, issuer="610800"), "not-a-member", "issuer"),
    (replace(OURS, level="parties"), "list-unseen", "level"),
])  # fmt: skip
def test_a_list_that_cannot_be(session: Session, cast: Cast, at: datetime, ask: AddList, code: str, field: str) -> None:
    with refused(session, (code, field)):
        add_list(session, cast.secretariat, ask, at=at)
    with refused(session, ("list-owner-missing", "grouping")):
        add_list(session, HOST, AddList("无主", 2026), at=at)


def test_who_may_add_and_adopt(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    an_item(session, cast, at, agreement)
    others = "officer_wuhai officer_outsider viewer auditor administrator nobody"

    def add(actor: Actor, ask: AddList) -> object:
        return add_list(session, actor, ask, at=at)

    assert who_may(session, cast, lambda n: OURS, add) == told(may="secretariat", may_not=f"officer_ordos {others}")
    own = AddList("本市的表", 2026, issuer="150600")
    assert who_may(session, cast, lambda n: own, add) == told(may="officer_ordos", may_not=f"secretariat {others}")

    def made(number: int) -> AnnualList:
        return add_list(session, cast.secretariat, replace(OURS, issuer="150600", level="members"), at=at)

    def adopt(actor: Actor, found: AnnualList) -> object:
        return adopt_version(session, actor, AdoptVersion(found.number, UNKNOWN, lines("001")), at=at)

    assert who_may(session, cast, made, adopt) == told(
        may="officer_ordos secretariat", may_not="officer_wuhai viewer auditor", not_found=OUTSIDE
    )
