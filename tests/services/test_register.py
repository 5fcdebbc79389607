"""The register itself: made once, with the procedures that come with it."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotPermitted
from registry.models import Procedure, Register
from registry.services.register import InitRegister, init_register
from tests.cast import Cast
from tests.services.acts import HOST, answered, entries, refused

ASK = InitRegister("示例登记簿", "Sample register", "example.test/log", "a-key", "Asia/Shanghai", "the-token")


def test_a_register_is_made_with_its_procedures(session: Session, at: datetime) -> None:
    init_register(session, HOST, ASK, at=at)
    session.rollback()
    register = session.get_one(Register, 1)
    assert (register.name_zh, register.origin, register.zone) == ("示例登记簿", "example.test/log", "Asia/Shanghai")
    assert register.admin_token == hashlib.sha256(b"the-token").hexdigest()
    published = session.execute(
        sa.select(Procedure.slug, Procedure.version, Procedure.status).order_by(Procedure.id)
    ).all()
    assert [tuple(row) for row in published] == [
        ("cooperation-agreement", 3, "published"),
        ("cooperation-item", 2, "published"),
        ("finding", 1, "published"),
        ("opinion-round", 1, "published"),
        ("proposal-reply", 1, "published"),
        ("supervision", 1, "published"),
    ]
    acts = [entry["act"] for entry in entries(session, 8)]
    assert acts == ["register.init", *["procedure.publish"] * 6, "policy.set"]


def test_it_is_made_once(session: Session, at: datetime) -> None:
    init_register(session, HOST, ASK, at=at)
    with refused(session, ("register-exists", None)):
        init_register(session, HOST, ASK, at=at)


def test_nobody_but_its_host_makes_it(session: Session, cast: Cast, at: datetime) -> None:
    for actor in cast.actors.values():
        with answered(session, NotPermitted):
            init_register(session, actor, ASK, at=at)
