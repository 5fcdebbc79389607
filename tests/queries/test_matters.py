"""Matters read: each reader finds what the levels open, no sealed value stands anywhere, a page costs the same however long."""

from __future__ import annotations

import json
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.ledger import atomic
from registry.models import Change, Matter
from registry.permissions import Actor
from registry.queries.files import file_for
from registry.queries.history import changes_of_period, history_of, recent
from registry.queries.matter_page import matter_page
from registry.queries.matters import MatterFilter, kinds_of_matters, matter_list, matters_on
from registry.queries.proceedings import SpineStage
from registry.queries.rows import Sealed
from registry.queries.snapshot import Snapshot
from registry.services.commitments import RecordCommitment, record_commitment
from registry.services.evidence import ShowEvidence, show_evidence
from tests.cast import BEGIN, Cast, an_agreement, an_item
from tests.matters import a_matter, publish_city_case, step
from tests.queries.world import TODAY, now, statements
from tests.services.acts import HOST, a_document, a_scan

NUMBERS = {name: f"city-case-2026-{place:03}" for place, name in enumerate(
    ("open", "ours", "closed", "hosted", "on_ours", "on_item"), 1
)}  # fmt: skip
"""Matters of each level, one that 乌海 hosts for parties alone, and public ones about records that are narrower."""
SEEN = {
    "nobody": {"open"},
    "administrator": {"open"},
    "secretariat": {"open", "ours", "on_ours"},
    "viewer": {"open", "ours", "closed", "hosted", "on_ours", "on_item"},
    "officer_ordos": {"open", "ours", "closed", "hosted", "on_ours", "on_item"},
    "officer_wuhai": {"open", "ours", "closed", "hosted", "on_ours", "on_item"},
    "officer_outsider": {"open"},
    "auditor": set(NUMBERS),
}
TOLD = "连夜清理完毕"


@pytest.fixture(autouse=True)
def procedure(session: Session, cast: Cast, at: datetime) -> None:
    publish_city_case(session, at)


@pytest.fixture
def matters(session: Session, cast: Cast, at: datetime) -> None:
    agreement = an_agreement(session, cast, at)
    item = an_item(session, cast, at, agreement, level="parties")
    for level in ("public", "members", "parties"):
        a_matter(session, cast, at, level=level)
    a_matter(
        session, cast, at, cast.officer_wuhai, host="150300", level="parties", leads=("150600",), joins=("640100",)
    )
    a_matter(session, cast, at, level="public", agreement=agreement.number)
    a_matter(session, cast, at, cast.officer_wuhai, host="150300", level="public", item=item.number)


def names(found: set[str]) -> set[str]:
    return {name for name, number in NUMBERS.items() if number in found}


def test_each_reader_finds_exactly_what_the_levels_open(session: Session, cast: Cast, matters: None) -> None:
    for known in (None, Snapshot(session, None, TODAY).stamp.entry):
        snapshot = Snapshot(session, known, TODAY)
        for name, actor in cast.actors.items():
            page = matter_list(snapshot, actor)
            assert names({row.number for row in page.rows}) == SEEN[name], (name, known)
            assert page.paging.total == len(page.rows) == sum(kind.count for kind in kinds_of_matters(snapshot, actor))
            for matter, number in NUMBERS.items():
                if matter in SEEN[name]:
                    assert matter_page(snapshot, actor, number).row.number == number
                else:
                    with pytest.raises(NotFound):
                        matter_page(snapshot, actor, number)


def test_a_record_shows_the_matters_about_it(session: Session, cast: Cast, matters: None) -> None:
    for name, actor in cast.actors.items():
        rows = {row.number for row in matters_on(now(session), actor, ("agreement", 1))}
        assert names(rows) == SEEN[name] & {"on_ours"}, name
    (row,) = matters_on(now(session), cast.officer_wuhai, ("item", 1))
    assert row.about is not None and row.about.kind == "item"


def test_filters(session: Session, cast: Cast, matters: None, at: datetime) -> None:
    step(session, cast.secretariat, NUMBERS["open"], "assign", at, due_on="2026-02-01")

    def found(**which: str) -> set[str]:
        return names({row.number for row in matter_list(now(session), cast.auditor, MatterFilter(**which)).rows})

    everything = set(NUMBERS)
    assert found(procedure="city-case") == everything == found(grouping="mxsmy")
    assert found(procedure="finding") == set()
    assert (found(state="doing"), found(stage="opened")) == ({"open"}, everything - {"open"})
    assert (found(party="640100"), found(party="150300")) == ({"hosted"}, everything - {"hosted"})
    first = matter_list(now(session), cast.auditor).rows[0]
    assert (first.number, first.due, first.state_title.zh, [lead.key for lead in first.leads]) == (
        NUMBERS["open"], date(2026, 2, 1), "办案中", ["150300"],
    )  # fmt: skip


def test_only_published_procedures_open_new_ones(session: Session, cast: Cast, at: datetime) -> None:
    kinds = {kind.slug: kind for kind in kinds_of_matters(now(session), cast.nobody)}
    assert kinds["city-case"].opens and kinds["city-case"].title.en == "Sample case"
    assert "cooperation-item" not in kinds


@pytest.fixture
def worked(session: Session, cast: Cast, at: datetime) -> Matter:
    """A case through all its steps but the last: sent back once, with sealed words of both sides."""
    paper = a_document(session, at, level="parties", issuer=cast.ordos)
    given = {"tip": "匿名来信", "found_on": "2025年底", "helper": "640100", "paper": paper.number}
    matter = a_matter(session, cast, at, cast.officer_ordos, host="150600", level="public", values=given)
    step(session, cast.secretariat, matter, "assign", at, due_on="2026-05-01")
    step(session, cast.officer_wuhai, matter, "tell", at, told="已清理")
    step(session, cast.secretariat, matter, "judge", at, verdict="退回", due_on="2026-06-01")
    step(session, cast.officer_wuhai, matter, "tell", at, told=TOLD)
    return matter


def test_the_page_says_what_was_filled_in_and_when(session: Session, cast: Cast, worked: Matter) -> None:
    page = matter_page(now(session), cast.officer_ordos, worked.number)
    assert [field.id for field in page.fields] == list(page.definition.fields)
    fields = {field.id: field.values for field in page.fields}
    assert (fields["task"][0].text, fields["task"][0].step) == (Sealed("清理河道"), None)
    assert fields["found_on"][0].day == PartialDate.of("2025", "year_end")
    assert fields["helper"][0].named.key == "640100"
    assert fields["paper"][0].named.key == "doc-2026-01"
    assert [value.day.value for value in fields["due_on"]] == ["2026-06-01", "2026-05-01"]
    assert [value.step.zh for value in fields["due_on"]] == ["退回补办", "分派"]
    assert (fields["tip"][0].text, fields["told"][0].text) == (Sealed("匿名来信"), Sealed(None))
    assert fields["closing"] == ()
    assert [each.title.zh for each in page.steps] == ["分派", "回复", "退回补办", "回复"]
    assert page.steps[0].from_state.zh == "已收案"
    opened = PartialDate.of("2026-03-02", "day")
    assert page.spine == (
        SpineStage("opened", opened, False), SpineStage("under_way", opened, True), SpineStage("closed", None, False),
    )  # fmt: skip
    assert [(each.party.key, each.role) for each in page.parties] == [("150300", "lead"), ("150600", "join")]
    assert page.host.key == "150600"
    assert [named.key for named in page.documents] == ["doc-2026-01"]


def test_a_record_that_a_value_names_is_withheld_with_its_number(session: Session, cast: Cast, worked: Matter) -> None:
    page = matter_page(now(session), cast.nobody, worked.number)
    (paper,) = next(field.values for field in page.fields if field.id == "paper")
    assert (paper.named, paper.text, page.documents) == (None, Sealed(None), ())
    assert "doc-2026-01" not in everything_for(session, cast.nobody, worked)


def everything_for(session: Session, actor: Actor, matter: Matter) -> str:
    """All that a reader can read of a matter, as one text."""
    snapshot = now(session)
    told = (
        matter_page(snapshot, actor, matter.number),
        matter_list(snapshot, actor),
        recent(snapshot, actor, BEGIN),
        history_of(snapshot, actor, "matter", matter.id),
        list(changes_of_period(session, actor, TODAY, TODAY)),
    )
    return repr(told)


def test_sealed_words_stand_nowhere_but_with_their_party(session: Session, cast: Cast, worked: Matter) -> None:
    readers = {"匿名来信": {"officer_ordos", "viewer", "auditor"}, TOLD: {"officer_wuhai", "auditor"}}
    for name, actor in cast.actors.items():
        said = everything_for(session, actor, worked)
        for words, may in readers.items():
            assert (words in said) is (name in may), (name, words)
    exported = repr(list(changes_of_period(session, HOST, TODAY, TODAY)))
    stored = json.dumps([[row.old, row.new] for row in session.scalars(sa.select(Change))], ensure_ascii=False)
    for words in readers:
        assert words not in exported
        assert words not in stored


def test_a_page_of_the_past_shows_what_was_known(session: Session, cast: Cast, worked: Matter) -> None:
    last = Snapshot(session, None, TODAY).stamp.entry
    before = matter_page(Snapshot(session, last - 2, TODAY), cast.officer_wuhai, worked.number)
    assert (before.row.state, before.row.due, len(before.steps)) == ("told", None, 2)
    assert [value.text.text for field in before.fields if field.id == "told" for value in field.values] == ["已清理"]
    assert matter_list(Snapshot(session, last - 2, TODAY), cast.officer_wuhai).rows[0].state == "told"


def test_a_page_costs_the_same_however_long(session: Session, cast: Cast, at: datetime) -> None:
    short = a_matter(session, cast, at)
    long = a_matter(session, cast, at, joins=("150600", "640100"))
    step(session, cast.secretariat, short, "assign", at, due_on="2026-05-01")
    step(session, cast.secretariat, long, "assign", at, due_on="2026-05-01")
    for day in range(1, 6):
        step(session, cast.secretariat, long, "prolong", at, due_on=f"2026-06-0{day}")
    counts = []
    for matter in (short, short, long):
        session.rollback()
        with statements(session) as ran:
            matter_page(now(session), cast.officer_wuhai, matter.number)
        counts.append(len(ran))
    assert counts[1] == counts[2] <= 20
    with statements(session) as ran:
        matter_list(now(session), cast.officer_wuhai)
    assert len(ran) <= 4


def test_a_file_of_a_matter_is_for_those_who_work_on_it(
    session: Session, cast: Cast, at: datetime, tmp_path: object
) -> None:
    matter = a_matter(session, cast, at, level="public")
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at, b"\x89PNG\r\n\x1a\n.")
    show_evidence(session, cast.officer_wuhai, ShowEvidence("matter", matter.number, "photo", file=scan), at=at)
    for name, actor in cast.actors.items():
        if name in ("officer_outsider", "administrator", "nobody"):
            with pytest.raises(NotFound):
                file_for(now(session), actor, scan)
        else:
            assert file_for(now(session), actor, scan).sha256 == scan


def test_promises_of_its_documents_stand_on_the_page(session: Session, cast: Cast, at: datetime) -> None:
    reply = a_document(session, at, document_number=None, issuer=cast.wuhai)
    matter = a_matter(session, cast, at, document=reply.number)
    record_commitment(session, cast.officer_wuhai, RecordCommitment(reply.number, "增开公交"), at=at)
    (promise,) = matter_page(now(session), cast.viewer, matter.number).commitments
    assert (promise.title_zh, promise.item, promise.adopted) == ("增开公交", None, False)


def test_samples_stand_last(session: Session, cast: Cast, at: datetime) -> None:
    first, second = a_matter(session, cast, at), a_matter(session, cast, at)
    with atomic(session) as book:
        session.get_one(Matter, second.id).sample = True
        book.record(act="matter.open", actor=HOST, subject=("matter", second.id), at=at)
    page = matter_list(now(session), cast.secretariat)
    assert ([row.number for row in page.rows], page.samples) == ([first.number, second.number], 1)
