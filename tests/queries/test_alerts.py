"""Alerts: each sort raised by what contradicts, and not by what does not; who is told; computed in a constant number of statements."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.force import canonical, read
from registry.ledger import atomic
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    AgreementText,
    Body,
    BodyEvent,
    BodyEventPart,
    Claim,
    Document,
    Grant,
    Person,
    Step,
)
from registry.permissions import Actor
from registry.queries.alerts import CODES, alerts, alerts_on
from registry.queries.snapshot import Snapshot
from registry.words import LANGUAGES
from registry.words.refusals import remedy, sentence
from tests.cast import BEGIN, Cast, an_agreement
from tests.queries.world import TODAY, a_claim, a_document, now
from tests.services.acts import HOST

CLAUSE = {
    "schema": "force/1", "acts": {"signature": "done"}, "when": {"kind": "acts", "at_least": 2},
    "period": {"kind": "days", "count": 30},
}  # fmt: skip
"""Thirty days after the second signature."""


@dataclass(frozen=True)
class Scene:
    """One agreement of its own in a register of many: its settled text, and a city that is its fourth party. place: from 1."""

    session: Session
    cast: Cast
    agreement: Agreement
    text: AgreementText
    city: Body
    place: int

    def act(self, on: str | None = "2026-02-20", body: Body | None = None, **more: Any) -> Act:
        """A signature of the settled text by the city. more: columns; those of dates with their precision."""
        precision = "unknown" if on is None else {4: "year", 7: "month", 10: "day"}[len(on)]
        columns = {"kind": "signature", "done_on": on, "done_precision": precision, "logged_by": "party"} | more
        who = (body or self.city).id
        return Act(agreement_id=self.agreement.id, text_id=self.text.id, body_id=who, recorded_at=BEGIN, **columns)

    def first_step(self) -> Step:
        return self.session.scalars(sa.select(Step).where(Step.subject_id == self.agreement.id)).one()

    def a_claim(self, number: int, stated: int, **more: Any) -> Claim:
        code = f"claim-2026-{self.place}{number}"
        claim = Claim(
            **{"code": code, "what_zh": code, "document_id": self.document().id, "level": "public", "sample": False}
            | {"stated": stated, **more}
        )
        self.session.add(claim)
        self.session.flush()
        return claim

    def document(self) -> Document:
        return self.session.scalars(sa.select(Document)).one()


Change = Callable[[Scene], None]
"""Rows entered and columns set, as an import does; the test records them in one act."""


def in_force(
    *, step: str | None = None, signed: int = 2, clause: Mapping[str, Any] = CLAUSE, stated: str = ""
) -> Change:
    """Signed on 1 January by so many, by the clause in force on 31 January; and what was typed beside it."""

    def change(scene: Scene) -> None:
        scene.text.clause = canonical(read(json.dumps(clause)))
        if stated:
            scene.text.stated_on, scene.text.stated_precision = stated, "day" if len(stated) == 10 else "month"
        signers = (scene.cast.wuhai, scene.cast.ordos)[:signed]
        scene.session.add_all([scene.act("2026-01-01", body) for body in signers])
        if step:  # entered as in force since that day
            entry, scene.agreement.stage = scene.first_step(), "concluded"
            scene.agreement.state = entry.to_state = "in_force"
            entry.effective, entry.effective_precision = step, "day"

    return change


def opened(on: str, signed: str, **more: Any) -> Change:
    """Opened on a day, signed on another."""

    def change(scene: Scene) -> None:
        step = scene.first_step()
        step.effective, step.effective_precision = on, "day"
        scene.session.add(scene.act(signed, **more))

    return change


def acted(
    on: str | None, *, party: Mapping[str, str] | None = None, body: Mapping[str, str] | None = None, **more: Any
) -> Change:
    """The city acted on a day. party, body: columns of its being a party, and of itself."""

    def change(scene: Scene) -> None:
        is_party = sa.select(AgreementParty).where(AgreementParty.body_id == scene.city.id)
        for target, columns in ((scene.session.scalars(is_party).one(), party), (scene.city, body)):
            for name, value in (columns or {}).items():
                setattr(target, name, value)
        scene.session.add(scene.act(on, **more))

    return change


def split(on: str, signed: str) -> Change:
    """The city was made by a split on a day, and signed on another."""

    def change(scene: Scene) -> None:
        event = BodyEvent(body_id=scene.cast.outsider.id, kind="split", on=on, on_precision="day", recorded_at=BEGIN)
        scene.session.add(event)
        scene.session.flush()
        scene.session.add(BodyEventPart(event_id=event.id, body_id=scene.city.id))
        scene.session.add(scene.act(signed))

    return change


def posted(ended: str | None, signed: str, post: str = "局长", again: bool = False) -> Change:
    """The account of a 局长 of the city lost its role at a moment; somebody of a post signed. again: another account has it."""

    def change(scene: Scene) -> None:
        for login, until in ((f"p{scene.place}", ended), (f"q{scene.place}", None))[: 2 if again else 1]:
            person = Person(
                login=login, name="0" * 64, post="局长", body_id=scene.city.id, active=True, language="zh",
                session_key=login,
            )  # fmt: skip
            scene.session.add(person)
            scene.session.flush()
            scene.session.add(
                Grant(person_id=person.id, role="officer", body_id=scene.city.id, since=datetime(2025, 1, 1, tzinfo=UTC),
                      until=datetime.fromisoformat(until) if until else None)
            )  # fmt: skip
        scene.session.add(scene.act(signed, signer_post=post))

    return change


def declared(*, fields: int = 0, **columns: Any) -> Change:
    """What the agreement declares beside its four parties and the fields named."""

    def change(scene: Scene) -> None:
        number = scene.agreement.id
        scene.session.add_all(
            [AgreementField(agreement_id=number, position=n, name_zh=f"领域{n}") for n in range(1, fields + 1)]
        )
        for name, value in columns.items():
            setattr(scene.agreement, name, value)

    return change


def tally(whole: int, *parts: int, approximate: str | None = None) -> Change:
    """A claim and its parts, of one document."""

    def change(scene: Scene) -> None:
        of_all = scene.a_claim(1, whole, approximate=approximate)
        for number, part in enumerate(parts, 2):
            scene.a_claim(number, part, part_of_id=of_all.id)

    return change


def claimed(stated: int, counts: str = "parties", **columns: Any) -> Change:
    """A claim that counts the parties of the agreement, of which there are four."""

    def change(scene: Scene) -> None:
        declared(**columns)(scene)
        scene.a_claim(1, stated, counts=counts, agreement_id=scene.agreement.id)

    return change


NEVER = {**CLAUSE, "when": {"kind": "acts", "at_least": 9}}
CASES: dict[str, tuple[Change, str | None]] = {
    "a stated date that is another": (in_force(stated="2026-02-01"), "computed-differs"),
    "a step on another day": (in_force(step="2026-01-30"), "computed-differs"),
    "the same day": (in_force(step="2026-01-31", stated="2026-01-31"), None),
    "a month that holds the day": (in_force(stated="2026-01"), None),
    "a month that does not": (in_force(stated="2025-12"), "computed-differs"),
    "said to be in force, too few signed": (in_force(stated="2026-02-01", signed=1), "computed-pending"),
    "said to come into force later": (in_force(stated="2026-09-01", signed=1), None),
    "nobody typed a date": (in_force(), None),
    "nobody could ever": (in_force(step="2026-01-31", clause=NEVER), "computed-pending"),
    "signed before it was opened": (opened("2026-02-21", "2026-02-20"), "act-before-opened"),
    "signed on the day it was opened": (opened("2026-02-20", "2026-02-20"), None),
    "signed some day of the year": (opened("2026-02-20", "2026"), None),
    "annulled": (opened("2026-02-21", "2026-02-20", annulled_at=datetime(2026, 3, 1, tzinfo=UTC)), None),
    "before it was a party": (
        acted("2026-02-20", party={"since": "2026-02-21", "since_precision": "day"}), "act-before-party"),
    "it joined by this act": (
        acted("2026-02-20", party={"since": "2026-02-21", "since_precision": "day"}, kind="accession"), None),
    "after it left": (
        acted("2026-02-20", party={"until": "2026-01", "until_precision": "month"}), "act-after-party"),
    "in the month in which it left": (
        acted("2026-01-20", party={"until": "2026-01", "until_precision": "month"}), None),
    "it left by this act": (
        acted("2026-02-20", party={"until": "2026-02-19", "until_precision": "day"}, kind="withdrawal"), None),
    "after the body had ended": (
        acted("2026-02-20", body={"ended_on": "2025", "ended_precision": "year"}), "act-after-party"),
    "the body ended later": (acted("2026-02-20", body={"ended_on": "2026", "ended_precision": "year"}), None),
    "before a split made it": (split("2026-02-21", "2026-02-20"), "act-before-party"),
    "after a split made it": (split("2026-02-20", "2026-02-20"), None),
    "effect before the act": (
        acted("2026-02-20", takes_effect_on="2026-02-19", takes_effect_precision="day"), "effect-before-act"),
    "effect some day of that month": (
        acted("2026-02-20", takes_effect_on="2026-02", takes_effect_precision="month"), None),
    "an act of an unknown day": (acted(None, takes_effect_on="2026-02-19", takes_effect_precision="day"), None),
    "the post had ended": (posted("2026-02-19T15:00+00:00", "2026-02-20"), "post-ended"),
    "the post ended that very day": (posted("2026-02-19T17:00+00:00", "2026-02-20"), None),
    "the post goes on": (posted(None, "2026-02-20"), None),
    "another post": (posted("2026-02-19T15:00+00:00", "2026-02-20", post="市长"), None),
    "a successor has the post": (posted("2026-02-19T15:00+00:00", "2026-02-20", again=True), None),
    "nine declared, seven named": (declared(fields=7, declared_fields=9), "fields-declared"),
    "seven declared": (declared(fields=7, declared_fields=7, declared_parties=4), None),
    "thirty-one parties declared": (declared(declared_parties=31), "parties-declared"),
    "one record for several instruments": (declared(declared_parties=31, instruments=2), None),
    "103 and 257 of 320": (tally(320, 103, 257), "tally-off"),
    "parts that are too few": (tally(320, 103, 200), "tally-off"),
    "parts that add up": (tally(360, 103, 257), None),
    "one part of a whole": (tally(320, 103), None),
    "one part larger than the whole": (tally(100, 103), "tally-off"),
    "about so many": (tally(320, 103, 257, approximate="约"), None),
    "five claimed, four there": (claimed(5), "count-claimed"),
    "four claimed": (claimed(4), None),
    "nothing counts it": (claimed(5, counts="members"), None),
    "the agreement says so itself": (claimed(5, declared_parties=5), "parties-declared"),
    "the agreement says otherwise": (claimed(5, declared_parties=4), "count-claimed"),
}  # fmt: skip


def test_what_contradicts_is_told_and_nothing_else(session: Session, cast: Cast, at: datetime) -> None:
    """Every case in one register, each on an agreement of its own."""
    a_document(session, cast, at, "doc-2026-01", "public", issuer=cast.wuhai)
    with atomic(session):  # of many acts
        scenes = {name: scene_of(session, cast, at, place) for place, name in enumerate(CASES, 1)}
        for name, (change, _) in CASES.items():
            changed(change, scenes[name], at)
    found: dict[int, list[str]] = {}
    for each in alerts(now(session), cast.officer_wuhai):
        number = each.record.key.rpartition("-")[2]
        found.setdefault(int(number if each.record.kind == "agreement" else number[:-1]), []).append(each.code)
        for language in LANGUAGES:
            assert "{" not in sentence(each.reason, language) + remedy(each.reason, language)
        assert len(each.mark) <= 160
        assert each.mark.startswith(f"{each.code}:{each.record.kind}:{each.record.key}:")
    told_of = {name: found.get(scenes[name].place, []) for name in CASES}
    assert told_of == {name: [code] if code else [] for name, (_, code) in CASES.items()}


def scene_of(session: Session, cast: Cast, at: datetime, place: int) -> Scene:
    """An agreement of its own, with a text of its own."""
    made = an_agreement(session, cast, at, number=f"mxsmy-2026-{place:02}", text=f"文本{place}".encode())
    with atomic(session) as book:
        city = Body(code=f"x-{place}", name_zh=f"示例{place}市", kind="city", signs=True, sample=False)
        session.add(city)
        session.flush()
        session.add(AgreementParty(agreement_id=made.id, body_id=city.id, position=4))
        book.record(act="bundle.import", actor=HOST, subject=("agreement", made.id), at=at)
    text = session.scalars(sa.select(AgreementText).where(AgreementText.agreement_id == made.id)).one()
    return Scene(session, cast, made, text, city, place)


def changed(change: Change, scene: Scene, at: datetime) -> None:
    """Make the change, as one import."""
    with atomic(scene.session) as book:
        change(scene)
        book.record(act="bundle.import", actor=HOST, subject=("agreement", scene.agreement.id), at=at)


def test_every_code_is_raised_by_some_case() -> None:
    assert {code for _, code in CASES.values() if code} == set(CODES)


def test_the_derivation_stands_beside_the_typed_date(session: Session, cast: Cast, at: datetime) -> None:
    scene = scene_of(session, cast, at, 1)
    changed(in_force(stated="2026-02-01"), scene, at)
    (found,) = alerts_on(now(session), cast.officer_wuhai, scene.agreement.id)
    assert sentence(found.reason, "zh") == (
        "第 1 版文本按生效条款和已登记的行为推算，自2026年1月31日生效；文件所载的生效日期为2026年2月1日。"
    )
    assert found.derivation is not None
    assert "+ 30 days = 31 Jan 2026" in found.derivation.en


def told(session: Session, actor: Actor) -> list[str]:
    return [each.code for each in alerts(now(session), actor)]


def test_only_who_may_see_the_record_is_told_and_of_posts_only_members(
    session: Session, cast: Cast, at: datetime
) -> None:
    for place, change in enumerate((declared(declared_fields=9), posted("2026-02-19T15:00+00:00", "2026-02-20")), 1):
        scene = scene_of(session, cast, at, place)
        changed(change, scene, at)
        if place == 2:
            changed(declared(level="public"), scene, at)
    for name, actor in cast.actors.items():
        expected = name in ("officer_wuhai", "officer_ordos", "viewer", "auditor", "secretariat")
        assert told(session, actor) == (["post-ended", "fields-declared"] if expected else []), name


def test_a_gap_that_only_a_reader_s_rights_make_is_no_alert(session: Session, cast: Cast, at: datetime) -> None:
    """Three claimed, three there, of which the public sees one; and one less claimed: only who sees all three is told."""
    open_ = an_agreement(session, cast, at, level="public")
    for place, level in enumerate(("members", "members"), 2):
        an_agreement(session, cast, at, number=f"mxsmy-2026-0{place}", level=level)
    document = a_document(session, cast, at, "doc-2026-01", "public", issuer=cast.wuhai)
    of_all = {"counts": "agreements", "grouping_id": cast.grouping.id}
    a_claim(session, at, "claim-2026-01", document, stated=3, **of_all)  # type: ignore[arg-type]  # ids and codes
    assert told(session, cast.nobody) == told(session, cast.viewer) == []
    a_claim(session, at, "claim-2026-02", document, stated=2, **of_all)  # type: ignore[arg-type]
    assert told(session, cast.nobody) == []
    assert told(session, cast.viewer) == told(session, cast.auditor) == ["count-claimed"]
    marks = {each.mark for actor in (cast.viewer, cast.auditor) for each in alerts(now(session), actor)}
    assert len(marks) == 1
    assert open_.number


def test_a_page_of_the_past_tells_what_was_wrong_then(session: Session, cast: Cast, at: datetime) -> None:
    scene = scene_of(session, cast, at, 1)
    entries = []
    for fields in (None, 9, None):
        changed(declared(declared_fields=fields), scene, at)
        entries.append(now(session).stamp.entry)
    told_then = [alerts(Snapshot(session, entry, TODAY), cast.officer_wuhai) for entry in entries]
    assert [[each.code for each in found] for found in told_then] == [[], ["fields-declared"], []]


def test_statements_do_not_grow_with_the_register(
    session: Session, engine: sa.Engine, cast: Cast, at: datetime
) -> None:
    def counted() -> tuple[int, int]:
        ran: list[str] = []

        def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
            ran.append(statement)

        session.rollback()
        sa.event.listen(engine, "before_cursor_execute", note)
        found = alerts(now(session), cast.officer_wuhai)
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(found), len(ran)

    def more(number: int) -> None:
        scene = scene_of(session, cast, at, number)
        changed(declared(declared_parties=9), scene, at)
        effect = {"takes_effect_on": "2026-02-01", "takes_effect_precision": "day", "signer_post": "局长"}
        changed(acted("2026-02-20", **effect), scene, at)

    more(1)
    first, statements = counted()
    for number in range(2, 6):
        more(number)
    assert counted() == (5 * first, statements)
    assert statements <= 15
