"""Nothing recorded later is on a page of the past, in any column: every record page of a generated register, at random moments.

Two ways to see it. A page as known after entry K is the same, byte for byte, when K is the last entry and when the register has
gone on. And no text that was entered later stands on it: each carries the index of its entry.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.models import Agreement, AgreementText
from registry.services.signatures import LogSignature, log_signature
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.conftest import EXAMPLES
from tests.generated import KINDS, Life
from tests.queries.world import now
from tests.views.conftest import TOKEN, Visitor

Visit = Callable[[str], Visitor]
LISTS = ("/", *(f"/{room}" for room in (*KINDS, "claims", "fields", "procedures")))
MARK = re.compile(r"⟦(\d+)⟧")
READING = datetime(2040, 1, 2, tzinfo=UTC)
"""When the pages are read: both times the same day."""
SIZES = [pytest.param(8, 120, 5), pytest.param(EXAMPLES * 2 // 5, 260, None, marks=pytest.mark.long)]
"""Moments; entries of the register; lists and record pages at each moment, None: every one."""


def addresses(session: Session, chance: random.Random, most: int | None) -> Iterator[str]:
    """The lists, the pages of records, and the histories of some of them."""
    yield from LISTS if most is None else ("/claims", *chance.sample(LISTS, most - 1))
    session.rollback()
    records = [
        f"/{room}/{key}"
        for room, (model, column) in KINDS.items()
        for key in session.scalars(sa.select(getattr(model, column)).order_by(sa.column("id")))
    ]
    chosen = records if most is None else chance.sample(records, min(most, len(records)))
    yield from chosen
    yield from (f"{path}/history" for path in chosen if chance.random() < 0.2)


def clocks(chance: random.Random, known: int, at: datetime) -> str:
    """`known=`, now and then a day that lies before it, and what changed since an entry."""
    since = f"&since={chance.randint(0, known)}" if chance.random() < 0.3 else ""
    if chance.random() < 0.8:
        return f"known={known}{since}"
    return f"known={known}&on={(at - timedelta(days=chance.randint(0, 90))).date()}{since}"


@pytest.mark.parametrize(("moments", "entries", "most"), SIZES)
@pytest.mark.timeout(40 * EXAMPLES)
def test_no_page_of_the_past_holds_anything_later(
    app: Flask, session: Session, cast: Cast, clock: Clock, visit: Visit, moments: int, entries: int, most: int | None
) -> None:
    app.config["CLOCK"] = lambda: READING
    life, chance = Life(session, cast, clock, seed=moments), random.Random(moments)
    first = life.entries
    auditor, nobody = visit("auditor"), Visitor(app)
    pages: dict[str, tuple[int, int, str]] = {}
    for entry in sorted(chance.sample(range(first + 1, entries), moments)):
        life.go_on(entry)
        known = life.entries - 1
        for path in addresses(session, chance, most):
            asked = f"{path}?{clocks(chance, known, life.at)}"
            pages[asked] = (known, *read(auditor, asked))
    life.go_on(entries)
    later = []
    for asked, (known, status, html) in pages.items():
        again, public = read(auditor, asked), read(nobody, asked)
        marks = [int(mark) for mark in MARK.findall(again[1] + public[1]) if int(mark) > known]
        if marks or again != (status, html):
            later.append((asked, marks or difference(html, again[1])))
    assert later == []
    assert [status for _, status, _ in pages.values()].count(200) > len(pages) / 2
    assert sum(bool(MARK.search(html)) for _, _, html in pages.values()) > len(pages) / 4
    assert len(life.done) > 15, life.done


def read(reader: Visitor, path: str) -> tuple[int, str]:
    """Status and page, without the token that differs in each."""
    answer = reader.get(path)
    assert answer.status_code in (200, 302, 404), (path, answer.status_code)
    assert not answer.location or "known=" in answer.location, (path, answer.location)
    return answer.status_code, TOKEN.sub("", answer.text) + (answer.location or "")


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """The first lines that are not the same."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    return [(one.strip(), other.strip()) for one, other in pairs if one != other][:3]


def test_a_page_of_the_past_leads_to_the_same_past(visit: Visit, session: Session, cast: Cast, clock: Clock) -> None:
    agreement = an_agreement(session, cast, clock.at)
    item = an_item(session, cast, clock.at, agreement)
    known, path = now(session).stamp.entry, f"/en/agreements/{agreement.number}"
    asked = f"known={known}&on=2026-03-02"
    page = visit("ordos").text(f"{path}?{asked}")
    for target in (
        f"/en/items/{item.number}",
        "/en/parties/150600",
        "/en/groupings/mxsmy",
        "/en/",
        "/en/claims",
        f"{path}/history",
    ):
        assert f'href="{target}?{asked}"' in page, target
    assert f'href="/en/items?agreement={agreement.number}&{asked}"' in page
    assert f'href="{path}"' in page, "the way back to now"
    assert f'href="{path}?on=2026-03-02"' in page, "the same day as it is known now"
    assert f'href="/en/differences?from={known}"' in page
    assert "As recorded by" in page
    assert "As things were on" in page
    assert 'name="on" value="2026-03-02"' in page
    search = visit("ordos").text(f"/items?{asked}").partition('class="filters"')[2].partition("</form>")[0]
    assert (
        f'<input type="hidden" name="known" value="{known}"><input type="hidden" name="on" value="2026-03-02">'
        in search
    )
    assert f"known={known}" not in visit("ordos").text(path)


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "2019", "9999-12-31"])
def test_a_day_that_cannot_be_is_told_and_kept(anybody: Visitor, on: str) -> None:
    answer = anybody.get("/agreements", query_string={"on": on})
    assert answer.status_code == 422
    assert f'name="on" value="{on}"' in answer.text
    assert 'id="known-error"' in answer.text


def test_the_past_offers_nothing_to_do_on_another_day_either(visit: Visit, agreement: Agreement) -> None:
    page = visit("wuhai").text(f"/agreements/{agreement.number}?on=2026-03-02")
    assert "这是过去的样子" in page
    assert f"/agreements/{agreement.number}/sign" not in page


def test_what_was_recorded_late_says_how_late(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    text = session.query(AgreementText).one().sha256
    ask = LogSignature(agreement.number, "150600", PartialDate.of("2026-03-02", "day"), text)
    log_signature(session, cast.officer_ordos, ask, at=clock.advance(days=45))
    assert "补记，晚 45 天" in visit("ordos").text(f"/agreements/{agreement.number}/history")


def test_the_export_as_known_and_in_effect_by_a_day(
    visit: Visit, session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    before = now(session).stamp.entry
    text = session.query(AgreementText).one().sha256
    ask = LogSignature(agreement.number, "150600", PartialDate.of("2026-03-10", "day"), text)
    log_signature(session, cast.officer_ordos, ask, at=clock.advance(days=10))
    period, auditor = "/history.csv?from=2026-03-01&until=2026-12-31", visit("auditor")
    signed = [
        "2026-03-10" in auditor.get(f"{period}{more}").text
        for more in ("", f"&known={before}", "&on=2026-03-09", "&on=2026-03-10", f"&on=2026-03-10&known={before}")
    ]
    assert signed == [True, False, False, True, False]
