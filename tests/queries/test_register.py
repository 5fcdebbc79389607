"""The front page: what needs attention comes first, with its reason; every party has its link."""

from __future__ import annotations

from sqlalchemy.orm import Session

from registry.queries.parties import party_list
from registry.queries.register import register_page
from tests.cast import Cast, Clock, an_agreement, an_item
from tests.queries.world import a_report, now


def test_red_and_yellow_come_first_real_ones_before_samples(session: Session, cast: Cast, clock: Clock) -> None:
    sample = an_agreement(session, cast, clock.at, number="mxsmy-2026-01", level="public", sample=True)
    real = an_agreement(session, cast, clock.at, number="mxsmy-2026-09", level="public")
    hidden = an_agreement(session, cast, clock.at, number="mxsmy-2026-10", level="members")
    blocked = [an_item(session, cast, clock.at, one, position=1) for one in (sample, real, hidden)]
    for item in blocked:
        a_report(session, cast, clock.at, item, cast.ordos, "卡在资金")
    an_item(session, cast, clock.at, real, position=2)  # grey: nobody has reported on it

    def named(actor: object = cast.nobody, first: int = 6) -> list[tuple[str, str, str]]:
        page = register_page(now(session), actor, now=clock.at, first=first)  # type: ignore[arg-type]  # an Actor
        return [(row.number, row.lamp, row.lamp_why) for row in page.attention]

    assert named() == [("mxsmy-2026-09-001", "red", "blocked"), ("mxsmy-2026-01-001", "red", "blocked")]
    assert [number for number, *_ in named(cast.auditor)] == [
        item.number for item in (blocked[1], blocked[2], blocked[0])
    ]
    assert len(named(cast.auditor, first=2)) == 2


def test_every_party_has_its_link(session: Session, cast: Cast, clock: Clock) -> None:
    page = register_page(now(session), cast.nobody, now=clock.at)
    assert page.parties == party_list(now(session))
    assert page.totals.parties == sum(not party.sample for party in page.parties) == 4
