"""The register itself: made once, with an origin and keys of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import Register
from registry.permissions import Actor, require
from registry.services.people import digest
from registry.services.policies import set_first_policies
from registry.services.procedures import publish_shipped


@dataclass(frozen=True, slots=True)
class InitRegister:
    """A new register. origin: the origin line of its log. public_key: Ed25519, base64. zone: IANA name.

    admin_token: the one-time token of the first administrator, in clear; only its hash is kept.
    """

    name_zh: str
    name_en: str
    origin: str
    public_key: str
    zone: str
    admin_token: str


def init_register(session: Session, actor: Actor, ask: InitRegister, *, at: datetime) -> Register:
    """Write the register's one row, publish the procedures and set the policies that come with it.

    Raises NotPermitted; Refused register-exists.
    """
    with atomic(session) as book:
        require(actor, "register:init")
        if session.get(Register, 1) is not None:
            raise Refused(Reason("register-exists"))
        register = Register(
            id=1, name_zh=ask.name_zh, name_en=ask.name_en, origin=ask.origin, public_key=ask.public_key, zone=ask.zone,
            admin_token=digest(ask.admin_token),
        )  # fmt: skip
        session.add(register)
        book.record(act="register.init", actor=actor, subject=("register", 1), at=at)
        publish_shipped(session, actor, at=at)
        set_first_policies(session, actor, at=at)
    return register
