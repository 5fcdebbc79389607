"""What befalls bodies: each event with its day and basis, earlier counts as they were, successors in place, accounts read-only."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.ledger import atomic
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    Alias,
    Assignment,
    Base,
    Body,
    BodyEvent,
    BodyEventPart,
    BodyName,
    Grant,
    LedgerEntry,
    Membership,
)
from registry.permissions import ANONYMOUS, Actor, the_register
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.facts import agreement_facts, item_facts
from registry.queries.groupings import grouping_page
from registry.queries.items import ItemFilter, item_counts
from registry.queries.parties import party_list, party_page
from registry.queries.people import actor_of
from registry.queries.snapshot import Snapshot
from registry.queries.tallies import tallies
from registry.services.continuity import (
    AlterBody,
    EndBody,
    Happened,
    MergeBodies,
    SplitBody,
    alter_body,
    end_body,
    merge_bodies,
    split_body,
)
from tests.cast import Cast, an_agreement, an_item
from tests.services.acts import HOST, a_document, day, entries, refused, sign, told, who_may
from tests.services.rounds import a_matter

ON = Happened(day("2026-02-01"), basis_note="国务院批复")
OTHERS = "officer_wuhai officer_ordos officer_outsider viewer auditor administrator nobody"
AUDITOR = the_register("command")
BEFORE, AFTER = date(2026, 1, 31), date(2026, 2, 1)


def a_body(session: Session, at: datetime, code: str, *, sample: bool = False, signs: bool = True) -> Body:
    with atomic(session) as book:
        body = Body(code=code, name_zh=f"示例{code}", kind="city", signs=signs, sample=sample)
        session.add(body)
        session.flush()
        book.record(act="party.add", actor=HOST, subject=("party", body.id), at=at)
    return body


def columns(session: Session, model: type[Base], *names: str, **where: object) -> list[tuple[object, ...]]:
    session.rollback()
    query = sa.select(*(getattr(model, name) for name in names)).filter_by(**where).order_by(model.id)  # type: ignore[attr-defined]
    return [tuple(row) for row in session.execute(query)]


def test_a_league_becomes_a_city_with_another_name_and_code(session: Session, cast: Cast, at: datetime) -> None:
    document = a_document(session, at)
    ask = AlterBody(
        "150300",
        Happened(day("2025-06-01"), document.document_number, "第二条"),
        "新乌海市",
        "New Wuhai",
        "league",
        "150399",
    )
    event = alter_body(session, cast.secretariat, ask, at=at)
    assert (event.kind, event.basis_id, event.basis_note) == ("level_change", document.id, "第二条")
    wuhai = session.get_one(Body, cast.wuhai.id, populate_existing=True)
    assert (wuhai.code, wuhai.name_zh, wuhai.name_en, wuhai.kind, wuhai.gb_code) == (
        "150300", "新乌海市", "New Wuhai", "league", "150399",
    )  # fmt: skip
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["basis"]) == ("party.level", "蒙联发〔2026〕1号")
    assert entry["effective"] == {"value": "2025-06-01", "precision": "day"}

    alter_body(session, cast.secretariat, AlterBody("150300", ON, name_zh="又名市"), at=at)
    alter_body(session, HOST, AlterBody("150300", Happened(day("2026-02-03"), None, "批复"), gb_code="150301"), at=at)
    assert [entry["act"] for entry in entries(session, 2)] == ["party.rename", "party.code"]
    assert columns(session, BodyName, "name_zh", "name_en", "kind", "gb_code", "since", "until") == [
        ("乌海市", None, "city", "150300", None, "2025-06-01"),
        ("新乌海市", "New Wuhai", "league", "150399", "2025-06-01", "2026-02-01"),
        ("又名市", None, "league", "150399", "2026-02-01", "2026-02-03"),
    ]
    assert columns(session, Alias, "text", body_id=cast.wuhai.id) == [("乌海市",), ("新乌海市",), ("又名市",)]


def test_a_name_that_comes_back_is_no_alias_twice(session: Session, cast: Cast, at: datetime) -> None:
    for on, name in (("2020-01-01", "甲市"), ("2021-01-01", "乌海市"), ("2022-01-01", "甲市")):
        alter_body(session, cast.secretariat, AlterBody("150300", Happened(day(on), None, "批复"), name), at=at)
    assert columns(session, Alias, "text") == [("乌海市",), ("甲市",)]


@pytest.mark.parametrize(
    ("ask", "code", "field"),
    [
        (AlterBody("000000", ON, "某市"), "unknown-body", "party"),
        (AlterBody("150300", Happened(basis_note="批复"), "某市"), "date-missing", "on"),
        (AlterBody("150300", Happened(day("2026-03-03"), None, "批复"), "某市"), "in-the-future", "on"),
        (AlterBody("150300", Happened(day("2026-02-01")), "某市"), "basis-missing", "basis"),
        (AlterBody("150300", Happened(day("2026-02-01"), None, " "), "某市"), "basis-missing", "basis"),
        (AlterBody("150300", Happened(day("2026-02-01"), "doc-2020-01"), "某市"), "unknown-document", "basis"),
        (AlterBody("150300", ON), "nothing-changed", "name_zh"),
        (AlterBody("150300", ON, "乌 海市", None, "city", "150300"), "nothing-changed", "name_zh"),
        (AlterBody("150300", ON, kind="empire"), "unknown-choice", "kind"),
        (AlterBody("150300", ON, gb_code="15030"), "gb-code-bad", "gb_code"),
        (AlterBody("gone", ON, "某市"), "body-ended", None),
        (AlterBody("150600", ON, "某市"), "event-out-of-order", "on"),
    ],
)
def test_an_event_that_cannot_be(
    session: Session, cast: Cast, at: datetime, ask: AlterBody, code: str, field: str | None
) -> None:
    a_body(session, at, "gone")
    end_body(session, HOST, EndBody("gone", Happened(day("2026-01-01"), None, "撤销")), at=at)
    later = Happened(day("2026-02-02"), None, "批复")
    alter_body(session, HOST, AlterBody("150600", later, "东胜市"), at=at)
    with refused(session, (code, field)):
        alter_body(session, cast.secretariat, ask, at=at)


@pytest.mark.parametrize(
    ("codes", "code"),
    [((), "part-missing"), (("150300",), "same-body"), (("x-a",), "sample-mixed"), (("name",), "unknown-party")],
)
def test_bodies_that_cannot_merge_or_split(
    session: Session, cast: Cast, at: datetime, codes: tuple[str, ...], code: str
) -> None:
    a_body(session, at, "x-a", sample=True)
    a_body(session, at, "name", signs=False)
    field = None if code == "sample-mixed" else "{}"
    with refused(session, (code, field and "others")):
        merge_bodies(session, cast.secretariat, MergeBodies("150300", codes, ON), at=at)
    with refused(session, (code, field and "into")):
        split_body(session, cast.secretariat, SplitBody("150300", codes, False, ON), at=at)


def test_who_may_record_what_befalls_a_body(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    def made(number: int) -> str:
        return a_body(session, at, f"own-{number}").code

    acts = (
        lambda actor, code: alter_body(session, actor, AlterBody(code, ON, "某市"), at=at),
        lambda actor, code: merge_bodies(session, actor, MergeBodies("150300", (code,), ON), at=at),
        lambda actor, code: split_body(session, actor, SplitBody("150300", (code,), False, ON), at=at),
        lambda actor, code: end_body(session, actor, EndBody(code, ON), at=at),
    )
    for serial, act in enumerate(acts):
        assert who_may(session, cast, lambda number, serial=serial: made(10 * serial + number), act) == told(
            may="secretariat", may_not=OTHERS
        )


def merged(session: Session, cast: Cast, at: datetime) -> None:
    """鄂尔多斯 and the outsider go into 乌海."""
    merge_bodies(session, cast.secretariat, MergeBodies("150300", ("150600", "610800"), ON), at=at)


def test_who_remains_takes_the_places_of_those_merged(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    alone = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.ordos, cast.outsider], level="public")
    led = an_item(session, cast, at, alone, lead=cast.outsider)
    both = an_item(session, cast, at, agreement, lead=cast.ordos)
    matter = a_matter(session, cast, at)
    sign(session, cast.officer_ordos, alone, cast.ordos, at, on="2026-01-15")
    merged(session, cast, at)

    event = session.scalars(sa.select(BodyEvent)).one()
    assert (event.kind, event.body_id, event.on) == ("merger", cast.wuhai.id, "2026-02-01")
    assert columns(session, BodyEventPart, "body_id") == [(cast.ordos.id,), (cast.outsider.id,)]
    assert columns(session, Body, "code", ended_on="2026-02-01") == [("150600",), ("610800",)]
    assert columns(session, Membership, "body_id", "until", "since") == [
        (cast.wuhai.id, None, None), (cast.ordos.id, "2026-01-31", None), (cast.yinchuan.id, None, None),
    ]  # fmt: skip
    assert columns(session, AgreementParty, "body_id", "position", "since", "until", agreement_id=alone.id) == [
        (cast.ordos.id, 1, None, "2026-01-31"), (cast.outsider.id, 2, None, "2026-01-31"), (cast.wuhai.id, 1, "2026-02-01", None),
    ]  # fmt: skip
    assert columns(session, AgreementParty, "body_id", agreement_id=agreement.id, until_precision=None) == [
        (cast.wuhai.id,), (cast.yinchuan.id,),
    ]  # fmt: skip
    # its signature binds who follows: a succession that awaits its word
    assert columns(session, Act, "kind", "body_id", "predecessor_id", "done_on", "confirmation")[1:] == [
        ("succession", cast.wuhai.id, cast.ordos.id, "2026-02-01", "awaited")
    ]
    assert columns(session, Assignment, "body_id", "role", item_id=led.id, until_precision=None) == [
        (cast.wuhai.id, "lead")
    ]
    roles = item_facts(session, both.id, cast.officer_wuhai).facts.actor_roles
    assert {"lead_officer"} <= roles
    assert agreement_facts(session, alone.id, cast.officer_wuhai).facts.values["party_count"] == 1
    parties = sa.text(
        "SELECT body_id FROM matter_party WHERE matter_id = :m AND until_precision IS NULL ORDER BY body_id"
    )
    assert session.scalars(parties, {"m": matter.id}).all() == [cast.wuhai.id, cast.yinchuan.id]


def test_officers_of_those_merged_read_only(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    merged(session, cast, at)
    for login in ("ordos", "yulin"):
        actor = actor_of(session, login, at=at, door="web")
        assert actor is not None
        assert [held.role for held in actor.held] == ["viewer"]
        body = cast.ordos if login == "ordos" else cast.outsider
        assert actor.reader_bodies == {body.id}
    assert columns(session, Grant, "role", body_id=cast.ordos.id, until=None) == [("viewer",), ("viewer",)]
    unaffected = actor_of(session, "wuhai", at=at, door="web")
    assert unaffected is not None
    assert [held.role for held in unaffected.held] == ["officer"]


def test_a_split_presumes_no_successor(session: Session, cast: Cast, agreement: Agreement, at: datetime) -> None:
    item = an_item(session, cast, at, agreement, lead=cast.ordos)
    for code in ("new-a", "new-b"):
        a_body(session, at, code)
    split_body(session, cast.secretariat, SplitBody("150600", ("new-a",), False, ON), at=at)
    assert "150600" not in {code for (code,) in columns(session, Body, "code", ended_on="2026-02-01")}
    split_body(session, cast.secretariat, SplitBody("150600", ("new-b",), True, ON), at=at)
    assert columns(session, Body, "code", ended_on="2026-02-01") == [("150600",)]
    assert columns(session, AgreementParty, "body_id", until_precision=None) == [(cast.wuhai.id,), (cast.yinchuan.id,)]
    assert columns(session, Membership, "until", body_id=cast.ordos.id) == [("2026-02-01",)]
    assert columns(session, Assignment, "body_id", item_id=item.id, until_precision=None) == []


def counts(snapshot: Snapshot, actor: Actor = AUDITOR) -> dict[str, object]:
    """The counts that pages show: tallies, each party's items and agreements, members, lists."""
    found: dict[str, object] = {
        "tallies": [each.count for each in tallies(snapshot, actor)],
        "parties": [(each.code, each.title_zh, each.kind) for each in party_list(snapshot, signing=None)],
        "members": [(each.party.title_zh, each.role) for each in grouping_page(snapshot, actor, "mxsmy").members],
        "agreements": [(each.number, each.parties, each.signed) for each in agreement_list(snapshot, actor).rows],
    }
    for code in ("150300", "150600", "610800"):
        for role in ("lead", "join"):
            found[f"{code} {role}"] = item_counts(snapshot, actor, ItemFilter(party=code, role=role))
        found[code] = [row.number for row in agreement_list(snapshot, actor, AgreementFilter(party=code)).rows]
    return found


def test_no_earlier_count_changes_by_renames_and_mergers(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at, state="partly_signed")
    alone = an_agreement(session, cast, at, number="mxsmy-2026-02", parties=[cast.ordos, cast.outsider])
    sign(session, cast.officer_ordos, alone, cast.ordos, at, on="2026-01-15")
    for position, each in enumerate((agreement, alone, agreement), 1):
        an_item(session, cast, at, each, position=position, lead=cast.ordos)
    last = session.scalar(sa.select(sa.func.max(LedgerEntry.index)))

    def seen() -> list[dict[str, object]]:
        session.rollback()
        days = (BEFORE, date(2020, 1, 1))
        return [
            counts(Snapshot(session, known, AFTER, on)) for known, on in ((last, None), *((None, day) for day in days))
        ]

    before, today = seen(), counts(Snapshot(session, None, AFTER))
    alter_body(
        session, cast.secretariat, AlterBody("150600", Happened(day("2026-01-31"), None, "批复"), "东胜市"), at=at
    )
    at_rename = counts(Snapshot(session, None, AFTER))
    assert at_rename != today
    assert seen()[::2] == before[::2]  # known then, and years ago; on the day itself it bore the new name
    merged(session, cast, at)
    assert counts(Snapshot(session, None, AFTER)) != at_rename
    after = seen()
    assert after[0] == before[0]
    assert after[2] == before[2]
    names = {"parties", "members"}
    assert {k: v for k, v in after[1].items() if k not in names} == {
        k: v for k, v in before[1].items() if k not in names
    }
    assert len(after[1]["members"]) == len(before[1]["members"]) == 3  # type: ignore[arg-type]


def test_the_page_tells_what_befell_it(session: Session, cast: Cast, at: datetime) -> None:
    alter_body(session, cast.secretariat, AlterBody("150600", ON, "东胜市"), at=at)
    merge_bodies(
        session, cast.secretariat, MergeBodies("150300", ("150600",), Happened(day("2026-02-02"), None, "批复")), at=at
    )
    session.rollback()
    page = party_page(Snapshot(session, None, AFTER), ANONYMOUS, "150600")
    assert [(each.kind, each.on.value) for each in page.events] == [("rename", "2026-02-01"), ("merger", "2026-02-02")]
    assert page.events[1].body.key == "150300"
    assert [(each.title_zh, each.until.value) for each in page.names] == [("鄂尔多斯市", "2026-02-01")]
    assert page.ended is not None
    assert [each.key for each in party_page(Snapshot(session, None, AFTER), ANONYMOUS, "150300").events[0].parts] == [
        "150600"
    ]
