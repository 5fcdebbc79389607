"""People: accounts, roles, sign-in; passwords and names stay out of the history."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import Type, extract_parameters
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.ledger import atomic, open_sealed
from registry.models import Grant, LedgerHead, Person, SignInFailure
from registry.permissions import ANONYMOUS, Actor, Held
from registry.queries.people import actor_of
from registry.services.people import (
    FAILURES_ALLOWED,
    LOCKED_FOR,
    AddPerson,
    GrantRole,
    RedeemToken,
    add_person,
    change_password,
    end_grant,
    grant_role,
    redeem_token,
    reset_password,
    set_language,
    sign_in,
)
from registry.services.register import InitRegister, init_register
from tests.cast import PASSWORD, Cast, Clock
from tests.conftest import STRONG
from tests.services.acts import HOST, answered, contents, entries, fresh, refused, told, who_may

NEW = "another long password"
BY_ADMINISTRATOR = told(
    may="administrator", may_not="officer_wuhai officer_ordos officer_outsider viewer auditor secretariat nobody"
)


def somebody(login: str = "new.officer", **more: str) -> AddPerson:
    return AddPerson(login, "吴十", "发展和改革委员会 联络员", PASSWORD, **more)  # type: ignore[arg-type]  # names of fields


def test_an_account_is_added_and_may_do_nothing_yet(session: Session, cast: Cast, at: datetime) -> None:
    person = add_person(session, cast.administrator, somebody(party="150600"), at=at)
    actor = actor_of(session, "new.officer", at=at, door="web")
    assert actor is not None
    assert (actor.held, actor.body_code, person.active) == ((), "150600", True)
    assert open_sealed(session, cast.officer_ordos, [person.name]) == {person.name: "吴十"}
    assert (entries(session, 1)[0]["act"], entries(session, 1)[0]["for"]) == ("person.add", "150600")


def test_who_may_add_an_account(session: Session, cast: Cast, at: datetime) -> None:
    assert (
        who_may(
            session,
            cast,
            lambda number: somebody(f"p{number}"),
            lambda actor, ask: add_person(session, actor, ask, at=at),
        )
        == BY_ADMINISTRATOR
    )


@pytest.mark.parametrize("login", ["", "two words", "tab\tbed", "x" * 61])
def test_a_bad_account_name_is_refused(session: Session, cast: Cast, at: datetime, login: str) -> None:
    with refused(session, ("login-bad", "login")) as reasons:
        add_person(session, cast.administrator, somebody(login), at=at)
    assert reasons[0].values == {"value": login}


def test_what_an_account_is_refused_for(session: Session, cast: Cast, at: datetime) -> None:
    def add(ask: AddPerson) -> None:
        add_person(session, cast.administrator, ask, at=at)

    with refused(session, ("login-taken", "login")):
        add(somebody("wuhai"))
    with refused(session, ("name-missing", "name")):
        add(AddPerson("x", "　", "", PASSWORD))
    with refused(session, ("password-short", "password")) as reasons:
        add(AddPerson("x", "某", "", "123456789"))
    assert reasons[0].values == {"least": 10}
    with refused(session, ("unknown-party", "party")):
        add(somebody(party="999999"))


def test_a_role_is_given_in_its_scope(session: Session, cast: Cast, at: datetime) -> None:
    add_person(session, cast.administrator, somebody(), at=at)
    grant_role(session, cast.administrator, GrantRole("new.officer", "officer", party="150600"), at=at)
    grant_role(session, cast.administrator, GrantRole("new.officer", "secretariat", grouping="mxsmy"), at=at)
    actor = actor_of(session, "new.officer", at=at, door="web")
    assert actor is not None
    assert actor.held == (Held("officer", cast.ordos.id, None), Held("secretariat", None, cast.grouping.id))
    assert actor.groupings == {cast.grouping.id}
    assert [entry["act"] for entry in entries(session, 2)] == ["grant.give", "grant.give"]


def test_who_may_give_a_role(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> str:
        return add_person(session, cast.administrator, somebody(f"p{number}"), at=at).login

    assert (
        who_may(
            session, cast, make, lambda actor, login: grant_role(session, actor, GrantRole(login, "auditor"), at=at)
        )
        == BY_ADMINISTRATOR
    )


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        (GrantRole("viewer", "mayor"), "unknown-role", "role"),
        (GrantRole("viewer", "register"), "unknown-role", "role"),
        (GrantRole("viewer", "officer"), "scope-missing", "party"),
        (GrantRole("viewer", "secretariat"), "scope-missing", "grouping"),
        (GrantRole("viewer", "secretariat", party="150600", grouping="mxsmy"), "scope-not-asked", "party"),
        (GrantRole("viewer", "auditor", grouping="mxsmy"), "scope-not-asked", "grouping"),
        (GrantRole("viewer", "officer", party="999999"), "unknown-party", "party"),
        (GrantRole("viewer", "secretariat", grouping="nowhere"), "unknown-grouping", "grouping"),
        (GrantRole("viewer", "viewer", party="150600"), "already-granted", "role"),
        (GrantRole("administrator", "officer", party="150600"), "grant-to-self", "login"),
    ],
)
def test_what_a_role_is_refused_for(
    session: Session, cast: Cast, at: datetime, ask: GrantRole, code: str, field: str
) -> None:
    with refused(session, (code, field)):
        grant_role(session, cast.administrator, ask, at=at)


def test_a_role_for_nobody_is_not_found(session: Session, cast: Cast, at: datetime) -> None:
    with answered(session, NotFound):
        grant_role(session, cast.administrator, GrantRole("who", "auditor"), at=at)


def test_a_role_ends_when_it_was_given_to_end(session: Session, cast: Cast, clock: Clock) -> None:
    until = clock.at + timedelta(days=30)
    grant_role(session, cast.administrator, GrantRole("viewer", "officer", party="150600", until=until), at=clock.at)

    def roles(at: datetime) -> list[str]:
        actor = actor_of(session, "viewer", at=at, door="web")
        assert actor is not None
        return [held.role for held in actor.held]

    assert roles(until - timedelta(microseconds=1)) == ["viewer", "officer"]
    assert roles(until) == ["viewer"]
    grant_role(session, cast.administrator, GrantRole("viewer", "officer", party="150600"), at=until)
    assert roles(until) == ["viewer", "officer"]


def test_a_role_is_ended_once(session: Session, cast: Cast, clock: Clock) -> None:
    grant = grant_role(session, cast.administrator, GrantRole("viewer", "auditor"), at=clock.at)
    later = clock.advance(hours=1)
    end_grant(session, cast.administrator, grant.id, at=later)
    actor = actor_of(session, "viewer", at=later, door="web")
    assert actor is not None
    assert [held.role for held in actor.held] == ["viewer"]
    assert entries(session, 1)[0]["act"] == "grant.end"
    with refused(session, ("already-ended", None)):
        end_grant(session, cast.administrator, grant.id, at=later)
    with answered(session, NotFound):
        end_grant(session, cast.administrator, 999, at=later)


def test_who_may_end_a_role(session: Session, cast: Cast, at: datetime) -> None:
    def make(number: int) -> int:
        add_person(session, cast.administrator, somebody(f"p{number}"), at=at)
        return grant_role(session, cast.administrator, GrantRole(f"p{number}", "auditor"), at=at).id

    assert (
        who_may(session, cast, make, lambda actor, grant: end_grant(session, actor, grant, at=at)) == BY_ADMINISTRATOR
    )


def test_signing_in(session: Session, cast: Cast, at: datetime) -> None:
    before = contents(session)
    assert sign_in(session, "wuhai", PASSWORD, at=at).id == cast.officer_wuhai.person_id
    assert contents(session) == before


def test_an_unknown_name_a_wrong_password_and_an_ended_account_get_one_answer(
    session: Session, cast: Cast, at: datetime
) -> None:
    with atomic(session) as book:
        person = session.get_one(Person, cast.viewer.person_id)
        person.active = False
        book.record(act="person.end", actor=HOST, subject=("person", person.id), at=at)
    said = []
    for login, password in (("nobody.here", PASSWORD), ("wuhai", "wrong password"), ("viewer", PASSWORD), ("", "")):
        with refused(session, ("sign-in-failed", None)) as reasons:
            sign_in(session, login, password, at=at)
        said.append((reasons[0].values, reasons[0].who, reasons[0].source))
    assert len({str(each) for each in said}) == 1


@pytest.mark.parametrize("login", ["wuhai", "nobody.here"])
def test_five_failures_lock_a_name_known_or_not(session: Session, cast: Cast, clock: Clock, login: str) -> None:
    for _ in range(FAILURES_ALLOWED):
        with refused(session, ("sign-in-failed", None)):
            sign_in(session, login, "wrong password", at=clock.at)
    with refused(session, ("sign-in-locked", None)) as reasons:
        sign_in(session, login, PASSWORD, at=clock.at)
    assert reasons[0].values == {"minutes": 15}
    with refused(session, ("sign-in-locked", None)):
        sign_in(session, login, PASSWORD, at=clock.at + LOCKED_FOR - timedelta(microseconds=1))
    sign_in(session, "ordos" if login == "ordos" else "yulin", PASSWORD, at=clock.at)
    clock.advance(seconds=LOCKED_FOR.total_seconds())
    with refused(session, ("sign-in-failed", None)):
        sign_in(session, login, "wrong password", at=clock.at)
    if login == "wuhai":
        sign_in(session, login, PASSWORD, at=clock.at)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(SignInFailure)) == 0


def test_a_success_forgets_earlier_failures(session: Session, cast: Cast, at: datetime) -> None:
    for _ in range(3):
        for _ in range(FAILURES_ALLOWED - 1):
            with refused(session, ("sign-in-failed", None)):
                sign_in(session, "wuhai", "wrong password", at=at)
        sign_in(session, "wuhai", PASSWORD, at=at)


def test_failures_keep_no_typed_name(session: Session, cast: Cast, at: datetime) -> None:
    with refused(session, ("sign-in-failed", None)):
        sign_in(session, "my-password-typed-here", "x", at=at)
    session.rollback()
    (row,) = session.execute(sa.select(SignInFailure)).scalars()
    assert "my-password" not in repr(vars(row))


def test_passwords_are_hashed_at_full_strength() -> None:
    """Argon2id as RFC 9106 recommends where memory is scarce, or stronger: tests themselves hash weakly."""
    strength = extract_parameters(STRONG.hash(PASSWORD))
    assert strength.type == Type.ID
    assert strength.time_cost >= 3
    assert strength.memory_cost >= 64 * 1024  # KiB


def test_a_password_is_reset_and_old_sessions_end(session: Session, cast: Cast, at: datetime) -> None:
    person = session.get_one(Person, cast.viewer.person_id)
    key, hashed = person.session_key, person.password_hash
    reset_password(session, cast.administrator, "viewer", NEW, at=at)
    assert (fresh(session, person).session_key != key, person.password_hash != hashed) == (True, True)
    assert sign_in(session, "viewer", NEW, at=at).id == person.id
    with refused(session, ("sign-in-failed", None)):
        sign_in(session, "viewer", PASSWORD, at=at)
    with refused(session, ("password-short", "password")):
        reset_password(session, cast.administrator, "viewer", "short", at=at)
    with answered(session, NotFound):
        reset_password(session, cast.administrator, "who", NEW, at=at)


def test_who_may_reset_a_password(session: Session, cast: Cast, at: datetime) -> None:
    assert (
        who_may(
            session,
            cast,
            lambda number: "viewer",
            lambda actor, login: reset_password(session, actor, login, NEW, at=at),
        )
        == BY_ADMINISTRATOR
    )


def test_one_changes_ones_own_password(session: Session, cast: Cast, at: datetime) -> None:
    key = session.get_one(Person, cast.viewer.person_id).session_key
    person = change_password(session, cast.viewer, PASSWORD, NEW, at=at)
    assert fresh(session, person).session_key != key
    assert entries(session, 1)[0]["act"] == "person.password"
    sign_in(session, "viewer", NEW, at=at)


def test_what_changing_a_password_is_refused_for(session: Session, cast: Cast, at: datetime) -> None:
    with refused(session, ("password-wrong", "old")):
        change_password(session, cast.viewer, "not the old one", NEW, at=at)
    with refused(session, ("password-short", "new")):
        change_password(session, cast.viewer, PASSWORD, "short", at=at)
    for stranger in (ANONYMOUS, Actor(person_id=999)):
        with answered(session, NotPermitted):
            change_password(session, stranger, PASSWORD, NEW, at=at)


def test_a_changed_password_leaves_no_trace_of_its_value(session: Session, cast: Cast, at: datetime) -> None:
    change_password(session, cast.viewer, PASSWORD, NEW, at=at)
    (entry,) = entries(session, 1)
    assert entry["changes"] == []
    assert "argon2" not in str(entry)


def a_register(session: Session, at: datetime) -> None:
    init_register(
        session, HOST, InitRegister("登记", "Register", "origin.test", "key", "Asia/Shanghai", "the-token"), at=at
    )


FOUNDER = RedeemToken("the-token", "founder", "郑十一", "系统管理员", PASSWORD)


def test_the_token_makes_one_administrator(session: Session, at: datetime) -> None:
    a_register(session, at)
    with refused(session, ("token-wrong", "token")):
        redeem_token(session, RedeemToken("guess", "founder", "郑十一", "", PASSWORD), at=at)
    with refused(session, ("login-bad", "login")):
        redeem_token(session, RedeemToken("the-token", "a b", "郑十一", "", PASSWORD), at=at)
    with refused(session, ("password-short", "password")):
        redeem_token(session, RedeemToken("the-token", "founder", "郑十一", "", "short"), at=at)
    person = redeem_token(session, FOUNDER, at=at)
    actor = actor_of(session, "founder", at=at, door="web")
    assert actor is not None
    assert actor.held == (Held("administrator"),)
    assert entries(session, 1)[0]["act"] == "person.first"
    assert session.scalar(sa.select(sa.func.count()).select_from(Grant)) == 1
    with refused(session, ("token-wrong", "token")):
        redeem_token(session, RedeemToken("the-token", "second", "某", "", PASSWORD), at=at)
    assert fresh(session, person).active


def test_the_entry_of_the_first_administrator_names_that_person(session: Session, at: datetime) -> None:
    a_register(session, at)
    person = redeem_token(session, FOUNDER, at=at)
    assert entries(session, 1)[0]["actor"] == {
        "party": None,
        "post": "系统管理员",
        "person": person.name,
        "door": "web",
    }
    assert session.scalar(sa.select(LedgerHead.size)) == contents(session)["ledger_entry"]


def test_one_chooses_ones_own_language(session: Session, cast: Cast, at: datetime) -> None:
    person = set_language(session, cast.viewer, "en", at=at)
    assert fresh(session, person).language == "en"
    assert entries(session, 1)[0]["act"] == "person.language"
    size = len(entries(session, 10_000))
    set_language(session, cast.viewer, "en", at=at)
    assert len(entries(session, 10_000)) == size  # nothing changed, and nothing is recorded
    with answered(session, NotPermitted):
        set_language(session, ANONYMOUS, "en", at=at)
    with pytest.raises(ValueError, match="none of"):
        set_language(session, cast.viewer, "fr", at=at)
