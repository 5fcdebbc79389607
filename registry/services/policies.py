"""Policies: numbers that the register goes by, each from a day on. Set by an act, never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import Policy
from registry.models.decisions import POLICIES
from registry.permissions import Actor, require
from registry.services import subjects
from registry.services.days import date_of

FIRST: dict[str, int] = {"correction_window": 10}
"""Policy → days that a new register begins with. Ten calendar days are our own choice: no source gives a number."""
LONGEST = 366
"""Days."""


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """A policy from a day on. policy: one of `POLICIES`. since: first day on which it holds. length: calendar days, 1 to 366.

    basis: number of the document that decided it.
    """

    policy: str
    since: date
    length: int
    basis: str | None = None
    note: str | None = None


def set_policy(session: Session, actor: Actor, ask: SetPolicy, *, at: datetime) -> Policy:
    """Set a policy from a day on, today or later: what was begun under the earlier one keeps it.

    Raises NotPermitted; Refused unknown-choice, policy-days, policy-reaches-back, policy-known, unknown-document.
    """
    with atomic(session) as book:
        require(actor, "policy:set")
        subjects.locked_register(session)
        basis = subjects.basis_document(session, actor, ask.basis)
        reasons = [*_wrong(ask, date_of(session, at)), *_known(session, ask)]
        if reasons:
            raise Refused(*reasons)
        policy = Policy(
            name=ask.policy, since=ask.since.isoformat(), days=ask.length, basis_id=subjects.id_of(basis), note=ask.note or None
        )  # fmt: skip
        session.add(policy)
        session.flush()
        book.record(act="policy.set", actor=actor, subject=("policy", policy.id), at=at, basis=subjects.cited_as(basis))
    return policy


def set_first_policies(session: Session, actor: Actor, *, at: datetime) -> None:
    """Set every policy that the register has none of, from today, with the days of `FIRST`."""
    today = date_of(session, at)
    for name, days in FIRST.items():
        if session.execute(sa.select(Policy.id).where(Policy.name == name)).first() is None:
            set_policy(session, actor, SetPolicy(name, today, days), at=at)


def policy_for(session: Session, name: str, day: date) -> Policy:
    """The policy in force on a day. Raises Refused no-policy."""
    in_force = sa.select(Policy).where(Policy.name == name, Policy.since <= day.isoformat())
    found = session.execute(in_force.order_by(Policy.since.desc()).limit(1)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("no-policy", {"policy": name}))
    return found


def _wrong(ask: SetPolicy, today: date) -> list[Reason]:
    reasons = []
    if ask.policy not in POLICIES:
        reasons.append(Reason("unknown-choice", {"value": ask.policy}, field="policy"))
    if not 1 <= ask.length <= LONGEST:
        reasons.append(Reason("policy-days", {"value": ask.length, "most": LONGEST}, field="length"))
    if ask.since < today:
        reasons.append(Reason("policy-reaches-back", {"value": ask.since.isoformat()}, field="since"))
    return reasons


def _known(session: Session, ask: SetPolicy) -> list[Reason]:
    same = sa.select(Policy.days).where(Policy.name == ask.policy, Policy.since == ask.since.isoformat())
    days = session.execute(same).scalar_one_or_none()
    if days is None:
        return []
    return [Reason("policy-known", {"value": ask.since.isoformat(), "days": days}, field="since")]
