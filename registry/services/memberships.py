"""Members of groupings as time goes by: another role from a day on, and the day on which one leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Body, Grouping, Membership
from registry.permissions import Actor, require
from registry.services import subjects
from registry.services.bodies import MEMBER_ROLES
from registry.services.days import day_of
from registry.services.leads import end, eve


@dataclass(frozen=True, slots=True)
class ChangeRole:
    """A member of a grouping has another role from a day on; both by code. role: one of `MEMBER_ROLES`."""

    grouping: str
    party: str
    role: str
    since: PartialDate


@dataclass(frozen=True, slots=True)
class EndMember:
    """A party leaves a grouping; both by code. until: its last day. reason: why, under the register's seal."""

    grouping: str
    party: str
    until: PartialDate
    reason: str


def change_role(session: Session, actor: Actor, ask: ChangeRole, *, at: datetime) -> Membership:
    """Give a member another role: its membership goes on in the same place. The host of a grouping changes so, too.

    Raises NotPermitted; Refused unknown-grouping, unknown-party, not-a-member, unknown-choice (role), same-role, date-missing,
    in-the-future, ends-before-it-began.
    """
    with atomic(session) as book:
        grouping = subjects.locked_grouping(session, ask.grouping, field="grouping")
        require(actor, "body:add", grouping_id=grouping.id)
        party, member = _member(session, grouping, ask.party)
        if ask.role not in MEMBER_ROLES:
            raise Refused(Reason("unknown-choice", {"value": ask.role}, field="role"))
        if ask.role == member.role:
            raise Refused(Reason("same-role", {"party": party.name_zh, "role": ask.role}, field="role"))
        _check(session, member, ask.since, at, field="since")
        end(member, eve(ask.since))
        changed = Membership(
            grouping_id=grouping.id, body_id=party.id, role=ask.role, position=member.position, since=ask.since.value,
            since_precision=str(ask.since.precision),
        )  # fmt: skip
        session.add(changed)
        book.record(
            act="grouping.role", actor=actor, subject=("grouping", grouping.id), at=at, on_behalf_of=actor.body_code,
            effective=ask.since,
        )  # fmt: skip
    return changed


def end_member(session: Session, actor: Actor, ask: EndMember, *, at: datetime) -> Membership:
    """Let a party leave a grouping. Its people read the members' pages no longer, and go on reading what it is party to.

    Raises NotPermitted; Refused unknown-grouping, unknown-party, not-a-member, date-missing, in-the-future,
    ends-before-it-began, reason-missing.
    """
    with atomic(session) as book:
        grouping = subjects.locked_grouping(session, ask.grouping, field="grouping")
        require(actor, "membership:end", grouping_id=grouping.id)
        _party, member = _member(session, grouping, ask.party)
        _check(session, member, ask.until, at, field="until")
        if not ask.reason.strip():
            raise Refused(Reason("reason-missing", field="reason"))
        end(member, ask.until)
        book.record(
            act="grouping.leave", actor=actor, subject=("grouping", grouping.id), at=at, on_behalf_of=actor.body_code,
            reason=seal(session, ask.reason.strip(), body_id=None), effective=ask.until,
        )  # fmt: skip
    return member


def _member(session: Session, grouping: Grouping, code: str) -> tuple[Body, Membership]:
    party = subjects.party(session, code, field="party")
    query = sa.select(Membership).where(
        Membership.grouping_id == grouping.id, Membership.body_id == party.id, Membership.until_precision.is_(None)
    )
    found = session.execute(query).scalars().first()
    if found is None:
        raise Refused(Reason("not-a-member", {"party": party.name_zh, "grouping": grouping.name_zh}, field="party"))
    return party, found


def _check(session: Session, member: Membership, on: PartialDate, at: datetime, *, field: str) -> None:
    if on.value is None:
        raise Refused(Reason("date-missing", field=field))
    if day_of(session, at).certainly_before(on):
        raise Refused(Reason("in-the-future", {"value": on.value}, field=field))
    if on.certainly_before(PartialDate.of(member.since, member.since_precision)):
        raise Refused(Reason("ends-before-it-began", {"value": member.since or ""}, field=field))
