"""Share links: who may make and revoke them, what is kept of them, how visits are counted."""

from __future__ import annotations

import hashlib
import time
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.db import begin_write, sessions
from registry.errors import NotFound, NotPermitted, Refused
from registry.models import Change, LedgerEntry, ShareLink, ShareVisit
from registry.permissions import Actor
from registry.services.shares import Made, MakeShare, count_visit, make_share, revoke_share
from tests.cast import ACTORS, Cast

MAY = {"officer_wuhai", "officer_ordos", "officer_outsider", "viewer", "secretariat"}
PAGES = ("/items?party=150300", "https://register.test/en/parties/150300", "", "/parties/150300")


def made(session: Session, actor: Actor, at: datetime, **more: object) -> Made:
    return make_share(session, actor, MakeShare(**{"label": "七月会议", "pages": PAGES} | more), at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "role",
    ACTORS,
)
def test_who_may_make_a_link(session: Session, cast: Cast, at: datetime, role: str) -> None:
    actor = cast.actors[role]
    if role not in MAY:
        with pytest.raises(NotPermitted):
            made(session, actor, at)
        return
    share = made(session, actor, at).share
    assert (share.person_id, share.body_id) == (actor.person_id, actor.body_id)
    assert share.expires_at == at + timedelta(days=14)
    assert share.pages == '["/items?party=150300","/parties/150300"]'


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"label": " "}, "label-missing"),
        ({"pages": ("", " ")}, "pages-missing"),
        ({"pages": ("/desk",)}, "not-a-page"),
        ({"pages": tuple(f"/items/x-2017-01-{n:03}" for n in range(51))}, "pages-too-many"),
        ({"days": 0}, "days-out-of-range"),
        ({"days": 367}, "days-out-of-range"),
    ],
)
def test_what_is_no_link(session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        made(session, cast.viewer, at, **more)
    assert [reason.code for reason in refused.value.reasons] == [code]


def test_the_token_stands_nowhere(session: Session, cast: Cast, at: datetime, engine: sa.Engine) -> None:
    """Neither in a table, nor in an entry: only its digest, from which it cannot be found."""
    token = made(session, cast.officer_wuhai, at).token
    assert len(token) >= 27  # 160 bits in base64
    session.rollback()
    assert session.scalars(sa.select(ShareLink.digest)).all() == [hashlib.sha256(token.encode()).hexdigest()]
    everything = [
        str(row)
        for table in sa.inspect(engine).get_table_names()
        for row in session.execute(sa.text(f'SELECT * FROM "{table}"'))  # names of our own tables
    ]
    assert any("七月会议" in row for row in everything)
    assert [row for row in everything if token in row] == []
    assert session.scalars(sa.select(LedgerEntry.act).order_by(LedgerEntry.index.desc()).limit(1)).one() == "share.make"


@pytest.mark.parametrize(
    ("role", "may"),
    [("viewer", True), ("officer_ordos", True), ("officer_wuhai", False), ("secretariat", False), ("auditor", None), ("nobody", None)],
)  # fmt: skip
def test_who_may_revoke_a_link_of_a_viewer(
    session: Session, cast: Cast, at: datetime, role: str, may: bool | None
) -> None:
    """The maker and an officer of that party; to others of other parties there is no such link."""
    share = made(session, cast.viewer, at).share
    if may:
        assert revoke_share(session, cast.actors[role], share.id, at=at).revoked_at == at
        with pytest.raises(Refused):
            revoke_share(session, cast.actors[role], share.id, at=at)
        return
    with pytest.raises(NotPermitted if may is None else NotFound):
        revoke_share(session, cast.actors[role], share.id, at=at)


def test_a_link_of_a_secretariat_is_revoked_by_it(session: Session, cast: Cast, at: datetime) -> None:
    share = made(session, cast.secretariat, at).share
    colleague = Actor(held=cast.secretariat.held, groupings=cast.secretariat.groupings)
    with pytest.raises(NotFound):
        revoke_share(session, cast.officer_wuhai, share.id, at=at)
    assert revoke_share(session, colleague, share.id, at=at).revoked_at == at


def test_visits_are_counted_by_day_and_stand_in_no_history(session: Session, cast: Cast, at: datetime) -> None:
    share = made(session, cast.viewer, at).share
    changes = session.scalar(sa.select(sa.func.count()).select_from(Change))
    for day in (date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)):
        count_visit(session, share.id, day)
    counted = session.execute(sa.select(ShareVisit.day, ShareVisit.count).order_by(ShareVisit.day)).all()
    assert [tuple(row) for row in counted] == [(date(2026, 3, 2), 2), (date(2026, 3, 3), 1)]
    assert session.scalar(sa.select(sa.func.count()).select_from(Change)) == changes


def test_a_count_does_not_wait(session: Session, cast: Cast, at: datetime, engine: sa.Engine) -> None:
    """Where somebody else writes the same row for long, the count is given up within a second, and the next write waits as ever."""
    share = made(session, cast.viewer, at).share
    count_visit(session, share.id, date(2026, 3, 2))
    with sessions(engine)() as other:
        begin_write(other)
        other.execute(sa.update(ShareVisit).values(count=5))
        began = time.monotonic()
        assert not count_visit(session, share.id, date(2026, 3, 2))
        assert time.monotonic() - began < 5  # half a minute, if it waited as a write does
        other.commit()
    assert count_visit(session, share.id, date(2026, 3, 2))
    assert session.scalars(sa.select(ShareVisit.count)).all() == [6]
