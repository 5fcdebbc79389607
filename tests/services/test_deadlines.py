"""The clocks of a subject: begun and ended by its steps, standing still while it is suspended, told of once."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Agreement, Deadline, Notice
from registry.queries.deadlines import deadlines_on
from registry.queries.facts import item_facts
from registry.services.agreements import CreateAgreement, create_agreement
from registry.services.matters import OpenMatter, open_matter
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import publish_procedure
from registry.services.sweep import sweep
from tests.cast import Cast
from tests.services.acts import HOST, contents
from tests.services.timed import at_noon, clocks, move, timed_item, told

WUHAI, OFFICE = "150300", "mxsmy"
LIFE = (
    ("2026-03-02", "list", "2026-03-16", []),
    ("2026-03-10", "urge", "2026-03-16", []),  # a step that stays leaves the clock as it is
    ("2026-03-11", None, "2026-03-16", [("remind:P3WD", WUHAI)]),
    ("2026-03-12", "pause", "2026-03-16", []),
    ("2026-03-20", None, "2026-03-16", []),  # nothing happens while it stands still
    ("2026-03-24", "go_on", "2026-03-26", []),  # eight working days later
    ("2026-03-25", None, "2026-03-26", [("remind:P1WD", WUHAI)]),
    ("2026-03-26", None, "2026-03-26", []),  # the last day in time
    ("2026-03-27", None, "2026-03-26", [("due", WUHAI), ("escalate:P0D:office", OFFICE)]),
    ("2026-03-31", None, "2026-03-26", []),
    ("2026-04-01", None, "2026-03-26", [("escalate:P5D:office", OFFICE)]),
    ("2026-04-02", "begin", None, []),
    ("2026-05-01", None, None, []),
    ("2026-05-02", None, None, [("review:1", WUHAI)]),
    ("2026-05-03", "pause", None, []),
    ("2026-06-12", "go_on", None, []),  # forty days later: the second review is on 12 July, not 2 June
    ("2026-07-11", None, None, []),
    ("2026-07-12", None, None, [("review:2", WUHAI)]),
)
"""Day, step taken on it, last day in time of the present state, what the sweeps of the day tell."""


def test_the_life_of_an_item(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02")
    heard: list[tuple[str, str]] = []
    for day, trigger, due, news in LIFE:
        if trigger:
            move(session, item, trigger, day)
        sweep(session, at=at_noon(day))
        before = contents(session)
        assert sweep(session, at=at_noon(day)).looked_at == 0
        assert contents(session) == before, day
        heard += news
        assert told(session, item) == heard, day
        stay = clocks(session, item).get("stay")
        assert (stay and stay.due_on) == due, day


def test_what_came_too_late_to_be_a_reminder_is_not_told(session: Session, cast: Cast, agreement: Agreement) -> None:
    """The register was off for a month: the day has passed, and nobody is reminded of it any more; reviews all were missed."""
    item = timed_item(session, agreement, "2026-03-02", "list")
    sweep(session, at=at_noon("2026-04-10"))
    assert [mark for mark, _ in told(session, item)] == ["due", "escalate:P0D:office", "escalate:P5D:office"]
    assert clocks(session, item)["stay"].next_on is None
    move(session, item, "begin", "2026-04-10")
    sweep(session, at=at_noon("2026-07-10"))
    assert [mark for mark, _ in told(session, item)][3:] == ["review:1", "review:2", "review:3"]


def test_leaving_the_state_silences_its_clock(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list", "begin")
    sweep(session, at=at_noon("2026-03-30"))
    assert told(session, item) == []
    ended = session.scalars(
        sa.select(Deadline).where(Deadline.ended_at.is_not(None), Deadline.subject_id == item.id)
    ).all()
    assert {(each.state, each.next_on) for each in ended} == {("idea", None), ("listed", None)}
    session.rollback()
    move(session, item, "end", "2026-03-31")
    assert clocks(session, item) == {}


def test_a_suspended_subject_that_ends_has_no_clock_left(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list", "pause")
    assert {name: each.stopped_on for name, each in clocks(session, item).items()} == {
        "stay": "2026-03-02",
        "review": None,
    }
    assert not item_facts(session, item.id, HOST).facts.values["deadline_passed"]
    move(session, item, "end", "2026-03-31")
    assert clocks(session, item) == {}


def test_what_had_passed_when_it_was_suspended_stays_passed(session: Session, cast: Cast, agreement: Agreement) -> None:
    """And is not told again; while it is suspended, the limit that passed is not that of the present state."""
    item = timed_item(session, agreement, "2026-03-02", "list")
    sweep(session, at=at_noon("2026-03-17"))
    move(session, item, "pause", "2026-03-18")
    assert not item_facts(session, item.id, HOST).facts.values["deadline_passed"]
    move(session, item, "go_on", "2026-04-18")
    assert clocks(session, item)["stay"].due_on == "2026-03-16"
    sweep(session, at=at_noon("2026-05-18"))
    assert [mark for mark, _ in told(session, item)].count("due") == 1
    assert item_facts(session, item.id, HOST).facts.values["deadline_passed"]


def test_a_page_shows_the_clocks_that_run(session: Session, cast: Cast, agreement: Agreement) -> None:
    item = timed_item(session, agreement, "2026-03-02", "list")
    sweep(session, at=at_noon("2026-03-17"))
    move(session, item, "pause", "2026-03-18")
    review, stay = sorted(deadlines_on(session, ("item", item.id)), key=lambda row: row.purpose)
    assert (stay.state, stay.due_on, stay.stopped_on, stay.overdue) == (
        "listed",
        date(2026, 3, 16),
        date(2026, 3, 18),
        True,
    )
    assert (review.state, review.due_on, review.overdue) == ("paused", date(2027, 3, 18), False)
    assert stay.provisional and not review.provisional  # no year is announced here


MATTER = """
schema: workflow/1
id: trial-task
version: 1
title: {zh: 交办, en: Task}
subject: matter
initial: working
calendar: cn-workdays
roles: {lead: {of: lead_party}, host: {of: host}}
fields: {due_on: {type: date, class: open, title: {zh: 办结期限, en: Due on}}}
states:
  working: {title: {zh: 办理, en: At work}, stage: opened, deadline: {by: due_on, remind: [P3D]}}
  paused: {title: {zh: 停, en: Paused}, stage: as_before, review_every: P1Y}
  ended: {title: {zh: 了结, en: Over}, stage: ended, final: true}
transitions:
  - id: date
    title: {zh: 定期限, en: Set the day}
    from: [working]
    to: working
    kind: forward
    limit: 9
    actor: {roles: [host]}
    asks: [due_on]
  - {id: pause, title: {zh: 停, en: Pause}, from: [working], to: paused, kind: suspend, actor: {roles: [host]}}
  - {id: go_on, title: {zh: 复, en: Go on}, from: [paused], to: before_suspension, kind: resume, actor: {roles: [host]}}
  - {id: end, title: {zh: 结, en: End}, from: [working], to: ended, kind: forward, actor: {roles: [lead]}}
"""


def test_a_day_that_a_field_names(session: Session, cast: Cast) -> None:
    """Without a day nothing is due; it does not move while the matter rests; a new day is a new limit, told of anew."""
    publish_procedure(session, HOST, MATTER, at=at_noon("2026-03-02"))
    ask = OpenMatter("trial-task", "示例", host="150600", leads=("150300",))
    matter = open_matter(session, HOST, ask, at=at_noon("2026-03-02"))

    def at(day: str, trigger: str | None = None, **values: str) -> tuple[str | None, bool, list[str]]:
        if trigger:
            take_step(
                session, HOST, TakeStep("matter", matter.number, trigger, reason="演练", values=values), at=at_noon(day)
            )
        sweep(session, at=at_noon(day))
        (row,) = [each for each in deadlines_on(session, ("matter", matter.id)) if each.purpose == "stay"]
        marks = session.scalars(
            sa.select(Notice.mark).where(Notice.kind.in_(("reminder", "passed"))).order_by(Notice.id)
        )
        happened = dict.fromkeys(mark.partition(">")[0] for mark in marks)  # whoever can act is told, host and lead
        return row.due_on and row.due_on.isoformat(), row.overdue, [mark.split(":")[2] for mark in happened]

    assert at("2026-03-02") == (None, False, [])
    assert at("2026-03-03", "date", due_on="2026-03-10") == ("2026-03-10", False, [])
    assert at("2026-03-07") == ("2026-03-10", False, ["remind"])
    assert at("2026-03-08", "pause") == ("2026-03-10", False, ["remind"])
    assert at("2026-03-11") == ("2026-03-10", False, ["remind"])
    assert at("2026-03-12", "go_on") == ("2026-03-10", True, ["remind", "due"])
    assert at("2026-03-13", "date", due_on="2026-03-20") == ("2026-03-20", False, ["remind", "due"])
    assert at("2026-03-17") == ("2026-03-20", False, ["remind", "due", "remind"])
    assert at("2026-03-18", "date", due_on="2026-03-20")[2] == ["remind", "due", "remind"]  # the same day is no news
    assert at("2026-03-21") == ("2026-03-20", True, ["remind", "due", "remind", "due"])


def test_every_new_subject_has_the_clocks_of_its_first_state(
    session: Session, cast: Cast, agreement: Agreement
) -> None:
    item = timed_item(session, agreement, "2026-03-02")
    assert clocks(session, item)["review"].due_on == "2027-03-02"
    made = create_agreement(
        session, HOST, CreateAgreement("示例", "framework_agreement", ("150300",)), at=at_noon("2026-03-02")
    )
    assert {row.purpose for row in deadlines_on(session, ("agreement", made.id))} == {"review"}
    assert (
        deadlines_on(session, ("agreement", agreement.id)) == ()
    )  # entered by 补录: today's procedure did not run then
