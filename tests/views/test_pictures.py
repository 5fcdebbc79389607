"""Pictures on pages and as files: table, CSV and SVG tell the same, links open what they count, and nothing of another reader is shown."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import Observation, Target
from registry.permissions import ROLE_GRANTS, Actor, Held
from registry.queries.kept import Kept, rights
from registry.views.pictures import DRAWN, pictures_of, style
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.pictures.boxes import SVG, check, read
from tests.queries.world import World, a_signature, fields, the_world
from tests.views.conftest import Visitor, statements

Visit = Callable[[str], Visitor]
ASKED = {"cities": "", "fields": "agreement=mxsmy-2026-01", "matrix": "grouping=mxsmy", "flow": "grouping=mxsmy&year=2026",
         "timeline": "agreement=mxsmy-2026-01", "partners": "party=150600"}  # fmt: skip


@pytest.fixture
def world(session: Session, cast: Cast, clock: Clock) -> World:
    """Records of three levels; the public agreement has fields."""
    world = the_world(session, cast, clock.at)
    fields(session, clock.at, world.open, "交通互通")
    a_signature(session, cast, clock.at, world.open, cast.wuhai)
    return world


def table(visitor: Visitor, name: str, query: str, language: str = "") -> list[list[str]]:
    """The rows of a picture's CSV, without its head and its stamp."""
    answer = visitor.get(f"{language}/pictures/{name}.csv?{query}")
    assert answer.status_code == 200, (name, answer.text[:300])
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    return [row for row in rows[1:] if row[0] != "#"]


@pytest.mark.parametrize("language", ["", "/en"])
def test_page_file_and_drawing_tell_the_same(anybody: Visitor, world: World, cast: Cast, language: str) -> None:
    page = anybody.text(f"{language}/agreements/{world.open.number}")
    svg = re.search(r'<svg[^>]*class="chart stacked-bars".*?</svg>', page, re.DOTALL)
    assert svg is not None
    rows = table(anybody, "cities", f"agreement={world.open.number}", language)
    assert rows and all(sum(map(int, row[2:-1])) == int(row[-1]) for row in rows)
    by_name = Counter[str]()
    for row in rows:
        by_name[row[0]] += int(row[-1])
        assert "".join(f">{cell}<" for cell in row[:1]) in page
    words = check(svg[0])
    assert all(name in words and str(count) in words for name, count in by_name.items())
    shown = re.findall(r'<td class="num">(?:<a class="tally"[^>]*>|<span class="tally">)(\d+)<', page)
    assert Counter(shown) >= Counter(cell for row in rows for cell in row[2:])
    for name, query in ASKED.items():
        answer = anybody.get(f"{language}/pictures/{name}.svg?{query}")
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
        found = read(answer.text)
        assert next(found.iter(f"{SVG}style")).text == unescape(style()) and found.get("role") == "img"


def test_each_link_opens_the_rows_it_counts(visit: Visit, anybody: Visitor, world: World, cast: Cast) -> None:
    opened = 0
    for visitor in (anybody, visit("wuhai"), visit("auditor")):
        for path in (f"/agreements/{world.open.number}", f"/groupings/{cast.grouping.code}?year=2026", "/"):
            page = visitor.text(path)
            section = page[page.index('id="pictures"') :].partition("</section>")[0]
            for href, count in set(re.findall(r'<a class="tally" href="([^"]+)"[^>]*>(\d+)</a>', section)):
                listed = visitor.text(href)
                assert listed.count("<tr data-href") + listed.count('<tr class="needs" data-href') == int(count), (
                    path,
                    href,
                )
                opened += 1
    assert opened > 20


def test_every_picture_is_cut_to_its_reader(
    visit: Visit, anybody: Visitor, world: World, cast: Cast, session: Session, clock: Clock
) -> None:
    """A picture drawn for one reader is never another's; what may not be seen is not found."""
    for name, (_, about) in DRAWN.items():
        if "agreement" in about:
            assert anybody.get(f"/pictures/{name}.csv?agreement={world.closed.number}").status_code == 404
            assert visit("auditor").get(f"/pictures/{name}.csv?agreement={world.closed.number}").status_code == 200
    for name, query in ASKED.items():
        every, some, none = (table(each, name, query) for each in (visit("auditor"), visit("ordos"), anybody))
        pictures_of(anybody.app.extensions["engine"]).found.clear()
        assert table(anybody, name, query) == none and table(visit("ordos"), name, query) == some
        assert table(visit("auditor"), name, query) == every
        if name in ("cities", "matrix", "flow", "partners"):
            assert every != some != none, name


def test_a_picture_is_kept_until_what_it_shows_may_change(
    app: Flask, visit: Visit, anybody: Visitor, world: World, cast: Cast, session: Session, clock: Clock
) -> None:
    def drawn() -> int:
        return len(pictures_of(app.extensions["engine"]).found)

    table(anybody, "cities", "")
    assert drawn() == 1
    with statements(app) as again:
        table(anybody, "cities", "")
    assert drawn() == 1 and not any("assignment" in sent for sent in again)
    known = session.connection().exec_driver_sql("SELECT max(size) FROM ledger_head").scalar_one() - 1
    session.rollback()
    for count, other in enumerate(
        (
            lambda: anybody.get("/en/pictures/cities.csv"),
            lambda: visit("ordos").get("/pictures/cities.csv"),
            lambda: anybody.get("/pictures/fields.csv"),
            lambda: anybody.get("/pictures/cities.csv?grouping=mxsmy"),
            lambda: anybody.get(f"/pictures/cities.csv?known={known}"),
            lambda: anybody.get("/pictures/cities.csv?on=2026-03-01"),
            lambda: (clock.advance(days=1), anybody.get("/pictures/cities.csv")),
            lambda: (an_item(session, cast, clock.at, world.open, position=50), anybody.get("/pictures/cities.csv")),
        ),
        2,
    ):
        other()
        assert drawn() == count, count
    assert sum(int(row[-1]) for row in table(anybody, "cities", f"agreement={world.open.number}")) == 2


def test_readers_share_pictures_only_with_the_same_rights() -> None:
    one = Actor(held=(Held("officer", body_id=3),), groupings=frozenset({1}))
    others = [Actor(), Actor(held=(Held("officer", body_id=4),), groupings=frozenset({1})), Actor(held=one.held, groupings=frozenset({2})),
              *(Actor(held=(Held(role, body_id=3),), groupings=frozenset({1})) for role in ("auditor", "guest"))]  # fmt: skip
    assert len({rights(each) for each in (one, *others)}) == len(others) + 1
    assert rights(one) == rights(Actor(person_id=9, held=(Held("viewer", body_id=3),), groupings=frozenset({1})))
    assert "guest" in ROLE_GRANTS


def test_no_more_than_so_many_are_kept(cast: Cast) -> None:
    kept = Kept(most=2)
    for key in "abca":
        kept.get(key, lambda key=key: key)  # type: ignore[misc]  # any value is kept
    assert list(kept.found) == ["c", "a"]


def test_sample_rows_are_in_no_picture_but_their_own(
    anybody: Visitor, session: Session, cast: Cast, clock: Clock
) -> None:
    an_item(session, cast, clock.at, an_agreement(session, cast, clock.at, level="public"))
    sample = an_agreement(session, cast, clock.at, number="mxsmy-2026-08", level="public", sample=True)
    for position in (1, 2):
        an_item(session, cast, clock.at, sample, position=position)
    assert sum(int(row[-1]) for row in table(anybody, "cities", "")) == 1
    assert sum(int(row[-1]) for row in table(anybody, "cities", "agreement=mxsmy-2026-08")) == 2
    assert [row[1:] for row in table(anybody, "matrix", "grouping=mxsmy") if "1" in row]


def test_targets_against_their_schedule(
    anybody: Visitor, world: World, cast: Cast, session: Session, clock: Clock
) -> None:
    """Half of the target when three quarters were due; a milestone; what was annulled is gone."""
    item = an_item(session, cast, clock.at, world.open, position=70)
    with atomic(session) as book:
        kinds = ({"comparator": ">=", "number": "80", "unit": "%", "year": 2025, "period": "by_year"},
                 {"comparator": "milestone", "period": "unspecified"},
                 {"comparator": "~=", "number": "3", "unit": "亿元", "period": "unspecified"})  # fmt: skip
        aims = [Target(item_id=item.id, position=n, metric_zh=f"指标{n}", **kind) for n, kind in enumerate(kinds, 1)]
        session.add_all(aims)
        session.flush()
        seen = ((0, "2025-09", "month", "40", None, 5000, 7500, None), (1, "2025", "year", None, True, 10000, None, None),
                (2, "2025", "year", "2", None, 6667, None, None), (0, "2025-06", "month", "99", None, 10000, 5000, clock.at))  # fmt: skip
        session.add_all(
            Observation(item_id=item.id, target_id=aims[place].id, as_of=day, as_of_precision=precision, number=number, reached=reached,
                        share=share, scheduled=due, annulled_at=gone, recorded_at=clock.at)
            for place, day, precision, number, reached, share, due, gone in seen
        )  # fmt: skip
        book.record(act="observation.add", actor=cast.officer_wuhai, subject=("item", item.id), at=clock.at)
    rows = table(anybody, "targets", f"item={item.number}")
    assert [(row[2], row[4], row[5]) for row in rows] == [
        ("40", "50%", "75%"),
        ("已达到", "100%", ""),
        ("2", "66.67%", ""),
    ]
    page = anybody.text(f"/items/{item.number}")
    svg = re.search(r'<svg[^>]*class="chart targets".*?</svg>', page, re.DOTALL)
    assert svg is not None
    words = check(svg[0])
    assert "指标1 ≥80 %" in words and "100%" in words
    assert svg[0].count('class="mark point-observed"') == 2 + 1 and svg[0].count('class="mark point-reached"') == 1 + 1
    due = re.search(r'd="M([^"]+)" class="scheduled"', svg[0])
    assert due is not None
    xs, ys = zip(*(map(float, each.split()) for each in due[1].split("L")), strict=True)
    assert list(xs) == sorted(xs) and list(ys) == sorted(ys, reverse=True) and len(xs) <= 4


def test_a_year_that_is_no_number_is_refused(anybody: Visitor, cast: Cast) -> None:
    assert anybody.get("/pictures/flow.csv?grouping=mxsmy&year=x").status_code == 422
    assert anybody.get("/pictures/flow.csv?grouping=mxsmy&year=1").status_code == 422
    assert anybody.get("/pictures/nothing.csv").status_code == 404
