"""The fixed cast of the demo: eight accounts of fictional parties, each with a password made on this machine."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.commands.root import write_private
from registry.ledger import atomic
from registry.models import Person
from registry.permissions import the_register
from registry.services.people import AddPerson, GrantRole, add_person, grant_role


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the cast and the one role it has."""

    login: str
    name: str
    post_zh: str
    post_en: str
    role: str
    party: str | None = None
    grouping: str | None = None


CAST = (
    Member(
        "jia",
        "示例甲",
        "示例甲市 联络员（主办方）",
        "liaison officer of Sample City A, the host",
        "officer",
        party="x-a",
    ),
    Member(
        "yi",
        "示例乙",
        "示例乙市 联络员（主办方）",
        "liaison officer of Sample City B, the host",
        "officer",
        party="x-b",
    ),
    Member("bing", "示例丙", "示例丙市 联络员", "liaison officer of Sample City C", "officer", party="x-c"),
    Member("ding", "示例丁", "示例丁市 市长秘书", "reader of Sample City D", "viewer", party="x-d"),
    Member(
        "office",
        "示例戊",
        "示例经济区 联席会议办公室",
        "secretariat of the Sample Economic Zone",
        "secretariat",
        grouping="sample",
    ),
    Member("audit", "示例己", "审计员", "auditor", "auditor"),
    Member("admin", "示例庚", "系统管理员", "administrator", "administrator"),
    Member(
        "wuhai", "示例辛", "乌海市 联络员（演示）", "liaison officer of Wuhai, demo only", "officer", party="150300"
    ),
)


def demo_accounts(session: Session, kept: Path, *, at: datetime) -> dict[str, str]:
    """Passwords by login: made with the accounts on the first run, read from the kept file (mode 0600) afterwards.

    The file is written first: an account whose password nobody knows would be of no use.
    """
    if not kept.exists():
        write_private(kept, "".join(f"{member.login}\t{secrets.token_urlsafe(9)}\n" for member in CAST))
    passwords = dict(line.split("\t") for line in kept.read_text("utf-8").splitlines())
    known = set(session.execute(sa.select(Person.login)).scalars())
    with atomic(session):
        for member in CAST:
            if member.login not in known:
                _add(session, member, passwords[member.login], at)
    return passwords


def _add(session: Session, member: Member, password: str, at: datetime) -> None:
    actor = the_register("command")
    add_person(session, actor, AddPerson(member.login, member.name, member.post_zh, password, member.party), at=at)
    grant_role(session, actor, GrantRole(member.login, member.role, member.party, member.grouping), at=at)
