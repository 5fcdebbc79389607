"""People: added, granted roles, signed in. A password is kept as its Argon2id hash and enters no history."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Grant, Grouping, Person, SignInFailure
from registry.models.people import ROLES
from registry.permissions import Actor, Held, require
from registry.services import subjects

FAILURES_ALLOWED = 5
LOCKED_FOR = timedelta(minutes=15)
SHORTEST_PASSWORD = 10
"""Characters."""
LANGUAGES = ("zh", "en")

hasher = PasswordHasher()
_NOBODY = hasher.hash(secrets.token_hex())
"""Checked when there is no such person, so that the answer takes as long."""


@dataclass(frozen=True, slots=True)
class AddPerson:
    """An account. login: name of the account. party: code of the party the person works for. language: zh or en."""

    login: str
    name: str
    post: str
    password: str
    party: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class GrantRole:
    """A role in its scope: officer and viewer of a party (code), secretariat of a grouping (code), others of the register."""

    login: str
    role: str
    party: str | None = None
    grouping: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RedeemToken:
    """The one-time token of `registry init` makes the first administrator."""

    token: str
    login: str
    name: str
    post: str
    password: str


def add_person(session: Session, actor: Actor, ask: AddPerson, *, at: datetime) -> Person:
    """Make an account; it may do nothing until a role is granted.

    Raises NotPermitted; Refused login-taken, login-bad, name-missing, password-short, unknown-party.
    """
    hashed = _hash(ask.password)
    with atomic(session) as book:
        require(actor, "person:add")
        person = _new_person(session, ask.login, ask.name, ask.post, hashed, ask.language, _body_id(session, ask.party))
        book.record(act="person.add", actor=actor, subject=("person", person.id), at=at, on_behalf_of=ask.party)
    return person


def redeem_token(session: Session, ask: RedeemToken, *, at: datetime) -> Person:
    """Make the first administrator by the token that `registry init` printed; the token is used up.

    Raises Refused token-wrong, and as `add_person`.
    """
    hashed = _hash(ask.password)
    with atomic(session) as book:
        register = subjects.locked_register(session)
        if register.admin_token is None or not secrets.compare_digest(register.admin_token, digest(ask.token)):
            raise Refused(Reason("token-wrong", field="token"))
        register.admin_token = None
        person = _new_person(session, ask.login, ask.name, ask.post, hashed, "zh", None)
        session.add(Grant(person_id=person.id, role="administrator", since=at))
        founder = Actor(person.id, person.name, person.post, held=(Held("administrator"),))
        book.record(act="person.first", actor=founder, subject=("person", person.id), at=at)
    return person


def grant_role(session: Session, actor: Actor, ask: GrantRole, *, at: datetime) -> Grant:
    """Give a person a role. Nobody grants to himself.

    Raises NotPermitted; NotFound; Refused unknown-role, scope-missing, scope-not-asked, unknown-party, unknown-grouping,
    grant-to-self, already-granted.
    """
    with atomic(session) as book:
        require(actor, "grant:give")
        person = _person(session, ask.login)
        if person.id == actor.person_id:
            raise Refused(Reason("grant-to-self", field="login"))
        body_id, grouping_id = _scope(session, ask)
        same = sa.select(Grant.id).where(
            Grant.person_id == person.id, Grant.role == ask.role, Grant.body_id.is_not_distinct_from(body_id),
            Grant.grouping_id.is_not_distinct_from(grouping_id), sa.or_(Grant.until.is_(None), Grant.until > at),
        )  # fmt: skip
        if session.execute(same).first():
            raise Refused(Reason("already-granted", {"login": ask.login, "role": ask.role}, field="role"))
        grant = Grant(
            person_id=person.id, role=ask.role, body_id=body_id, grouping_id=grouping_id, since=at, until=ask.until
        )
        session.add(grant)
        book.record(act="grant.give", actor=actor, subject=("person", person.id), at=at, on_behalf_of=ask.party)
    return grant


def end_grant(session: Session, actor: Actor, grant_id: int, *, at: datetime) -> Grant:
    """End a role now. Raises NotPermitted; NotFound; Refused already-ended."""
    with atomic(session) as book:
        require(actor, "grant:end")
        grant = session.get(Grant, grant_id, with_for_update=True)
        if grant is None:
            raise NotFound("grant")
        if grant.until is not None and grant.until <= at:
            raise Refused(Reason("already-ended"))
        grant.until = at
        book.record(act="grant.end", actor=actor, subject=("person", grant.person_id), at=at)
    return grant


def reset_password(session: Session, actor: Actor, login: str, password: str, *, at: datetime) -> Person:
    """Set another's password and end that person's sessions. Raises NotPermitted; NotFound; Refused password-short."""
    hashed = _hash(password)
    with atomic(session) as book:
        require(actor, "person:reset")
        person = _person(session, login)
        person.password_hash, person.session_key = hashed, secrets.token_hex(8)
        book.record(act="person.reset", actor=actor, subject=("person", person.id), at=at)
    return person


def change_password(session: Session, actor: Actor, old: str, new: str, *, at: datetime) -> Person:
    """Change one's own password and end one's other sessions. Raises NotPermitted; Refused password-wrong, password-short."""
    person = session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None:
        raise NotPermitted("person:self")
    if not _matches(person.password_hash, old):
        raise Refused(Reason("password-wrong", field="old"))
    hashed = _hash(new, field="new")
    with atomic(session) as book:
        person = session.get_one(Person, actor.person_id)
        person.password_hash, person.session_key = hashed, secrets.token_hex(8)
        book.record(act="person.password", actor=actor, subject=("person", person.id), at=at)
    return person


def set_language(session: Session, actor: Actor, language: str, *, at: datetime) -> Person:
    """Choose the language in which the register speaks to oneself after signing in: zh or en.

    Raises NotPermitted; ValueError for another language.
    """
    if actor.person_id is None:
        raise NotPermitted("person:self")
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is none of {LANGUAGES}")
    with atomic(session) as book:
        person = session.get_one(Person, actor.person_id)
        if person.language != language:
            person.language = language
            book.record(act="person.language", actor=actor, subject=("person", person.id), at=at)
    return person


def sign_in(session: Session, login: str, password: str, *, at: datetime) -> Person:
    """The person of this name and password. Unknown names, wrong passwords and ended accounts get one and the same answer.

    Raises Refused sign-in-failed; sign-in-locked after five failures under one typed name, known or not, for 15 minutes.
    """
    key = digest(login)
    failure = session.get(SignInFailure, key)
    if failure and failure.locked_until and failure.locked_until > at:
        raise Refused(Reason("sign-in-locked", {"minutes": int(LOCKED_FOR.total_seconds() // 60)}))
    person = session.execute(sa.select(Person).where(Person.login == login)).scalar_one_or_none()
    if not _matches(person.password_hash if person else None, password) or person is None or not person.active:
        _count_failure(session, key, at)
        raise Refused(Reason("sign-in-failed"))
    if failure:
        with atomic(session):
            session.execute(sa.delete(SignInFailure).where(SignInFailure.name_digest == key))
    return person


def digest(text: str) -> str:
    """SHA-256, hex: for tokens, and for typed names that may be anything."""
    return hashlib.sha256(text.encode()).hexdigest()


def _count_failure(session: Session, key: str, at: datetime) -> None:
    """One failure more; the fifth locks, and the count begins anew after the lock."""
    with atomic(session):
        subjects.locked_register(session)  # the first failure under a name has no row yet to lock
        failure = session.get(SignInFailure, key, with_for_update=True)
        if failure is None:
            failure = SignInFailure(name_digest=key, failures=0)
            session.add(failure)
        failure.failures += 1
        if failure.failures >= FAILURES_ALLOWED:
            failure.failures, failure.locked_until = 0, at + LOCKED_FOR


def _matches(hashed: str | None, password: str) -> bool:
    try:
        return hasher.verify(hashed or _NOBODY, password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def _hash(password: str, *, field: str = "password") -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(Reason("password-short", {"least": SHORTEST_PASSWORD}, field=field))
    return hasher.hash(password)


def _new_person(
    session: Session, login: str, name: str, post: str, hashed: str, language: str, body_id: int | None
) -> Person:
    if not login or len(login) > 60 or any(character.isspace() for character in login):
        raise Refused(Reason("login-bad", {"value": login}, field="login"))
    if not name.strip():
        raise Refused(Reason("name-missing", field="name"))
    subjects.locked_register(session)  # or two who take one name at once both find it free
    if session.execute(sa.select(Person.id).where(Person.login == login)).first():
        raise Refused(Reason("login-taken", {"value": login}, field="login"))
    person = Person(
        login=login, name=seal(session, name.strip(), body_id=body_id), post=post.strip(), body_id=body_id, active=True,
        language=language, password_hash=hashed, session_key=secrets.token_hex(8),
    )  # fmt: skip
    session.add(person)
    session.flush()
    return person


def _person(session: Session, login: str) -> Person:
    person = session.execute(sa.select(Person).where(Person.login == login).with_for_update()).scalar_one_or_none()
    if person is None:
        raise NotFound("person")
    return person


def _body_id(session: Session, code: str | None) -> int | None:
    return subjects.party(session, code, field="party").id if code else None


def _scope(session: Session, ask: GrantRole) -> tuple[int | None, int | None]:
    """Ids of the party or grouping that the role is for."""
    if ask.role not in ROLES:
        raise Refused(Reason("unknown-role", {"value": ask.role}, field="role"))
    needs = {"officer": "party", "viewer": "party", "secretariat": "grouping"}.get(ask.role)
    for name, given in (("party", ask.party), ("grouping", ask.grouping)):
        if given and name != needs:
            raise Refused(Reason("scope-not-asked", {"role": ask.role}, field=name))
        if not given and name == needs:
            raise Refused(Reason("scope-missing", {"role": ask.role}, field=name))
    if not ask.grouping:
        return _body_id(session, ask.party), None
    found = session.execute(sa.select(Grouping.id).where(Grouping.code == ask.grouping)).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-grouping", {"value": ask.grouping}, field="grouping"))
    return None, found
