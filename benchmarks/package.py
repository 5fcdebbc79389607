"""The papers of a city for a meeting, and their PDF alone, of an agreement with 70 items and 31 parties.

    python -m benchmarks.package [URL OF AN EMPTY DATABASE]

The city leads 35 of the items and joins the rest; changes are told since the register began. Fonts and template are read before,
as in a process that serves.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from benchmarks.ground import AT
from registry.db import open_engine, sessions
from registry.documents.prints import printed
from registry.ledger import atomic
from registry.ledger.schema import upgrade
from registry.models import Body
from registry.permissions import the_register
from registry.queries.snapshot import Snapshot
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.items import AddItem, add_item
from registry.services.register import InitRegister, init_register
from registry.views.meeting_package import Occasion, meeting_package, party_papers
from registry.views.stamping import Desk
from registry.views.tongue import speaking

PARTIES, ITEMS, ROUNDS = 31, 70, 9
BAR = 3.0
"""Seconds."""
CITY = "c00"


def laid(session: Session) -> None:
    """A register with the agreement."""
    register = the_register("command")
    init_register(
        session, register, InitRegister("登记簿", "Register", "bench", "key", "Asia/Shanghai", "token"), at=AT
    )
    codes = tuple(f"c{place:02}" for place in range(PARTIES))
    with atomic(session) as book:
        session.add_all(Body(code=code, name_zh=f"第{code}市", kind="city", signs=True, sample=False) for code in codes)
        session.flush()
        book.record(act="body.add", actor=register, subject=("party", 1), at=AT)
    ask = CreateAgreement("三十一方合作框架协议", "framework_agreement", codes, year=2017, level="public")
    agreement = create_agreement(session, register, ask, at=AT)
    with atomic(session):
        for place in range(ITEMS):
            title = f"共建区域一体化综合交通运输网络重点项目第{place}项，由牵头城市会同各成员城市研究提出实施方案"
            leads, joins = (codes[:1], codes[1:]) if place % 2 else (codes[1:2], (codes[0], *codes[2:]))
            add_item(session, register, AddItem(agreement.number, title, leads=leads, joins=joins), at=AT)


def measured(session: Session) -> tuple[float, float]:
    """Seconds of the PDF with what it is made of, and of the whole package: medians."""
    t = speaking("zh", ZoneInfo("Asia/Shanghai"))
    pdfs, wholes = [], []
    for _ in range(ROUNDS + 1):
        desk = Desk(t, Snapshot(session, None, AT.date()), the_register("command"), "登记簿")
        began = time.perf_counter()
        printed(replace(party_papers(desk, CITY, Occasion(since=0), address="/"), foot=str(began)))
        pdfs.append(time.perf_counter() - began)
        began = time.perf_counter()
        meeting_package(desk, CITY, Occasion(since=0), address=f"/{began}")
        wholes.append(time.perf_counter() - began)
        session.rollback()
    return statistics.median(pdfs[1:]), statistics.median(wholes[1:])


def main(url: str | None = None) -> str:
    """Measure and tell. url: of an empty database; None: SQLite in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{Path(folder) / 'register.db'}")
        upgrade(engine, at=AT)
        with sessions(engine)() as session:
            laid(session)
            pdf, whole = measured(session)
        engine.dispose()
    held = "holds" if pdf <= BAR else "IS ABOVE THE BAR"
    return f"PDF {pdf:.2f} s, bar {BAR:.0f} s: {held}; whole package {whole:.2f} s; {ITEMS} items, {PARTIES} parties"


if __name__ == "__main__":
    print(main(*sys.argv[1:]))  # noqa: T201  # a report
