"""Every number on a page is that of the rows it opens, for each of eight readers: found by reading what links lead to."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import Cast, Clock, an_agreement, an_item
from tests.numbers import ROOMS, Walk
from tests.queries.world import a_report, a_signature, fields, the_world
from tests.views.conftest import Visitor
from tests.views.test_lists import a_list, put_in

READERS = ("nobody", "wuhai", "secretariat", "ordos", "yulin", "viewer", "auditor", "administrator")
"""The first three in `make test`, all of them in `make test-long`."""
LISTS = tuple(f"/{room}" for room in ROOMS.split("|"))


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> None:
    """Records of every level, with fields, signatures, an annual list, reports of two parties, and sample records."""
    built = the_world(session, cast, clock.at)
    health, _ = fields(session, clock.at, built.open, "医疗", "旅游")
    first = an_item(session, cast, clock.at, built.open, position=4, state="listed", stage="in_progress")
    put_in(session, clock.at, first, health.id)
    a_list(session, cast, clock.at, 2026, first.number, f"{built.open.number}-001", f"{built.open.number}-002")
    a_report(session, cast, clock.at, first, cast.ordos, "缺资金", released=True)
    for body in (cast.wuhai, cast.ordos):
        a_signature(session, cast, clock.at, built.open, body)
    a_signature(session, cast, clock.at, built.closed, cast.wuhai)
    shown = an_agreement(session, cast, clock.at, number="mxsmy-2026-09", level="public", sample=True)
    an_item(session, cast, clock.at, shown)


@pytest.mark.parametrize(
    "login", [*READERS[:3], *(pytest.param(login, marks=pytest.mark.long) for login in READERS[3:])]
)
def test_every_number_is_that_of_the_rows_it_opens(
    app: Flask, visit: Callable[[str], Visitor], world: None, login: str
) -> None:
    reader = Visitor(app) if login == "nobody" else visit(login)
    walk = Walk(lambda address: reader.get(address).text)
    walk.through()
    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.checked >= 60, walk.checked
    assert len(walk.read) >= 30
    assert [path for path in LISTS if not walk.page(path).totals("")] == []
