"""Papers put before any subject, of the types that its procedure names and the files that these may have."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.models import Evidence, Matter, Proposal
from registry.services.consent import Propose, propose
from registry.services.evidence import ShowEvidence, show_evidence
from tests.cast import Cast, an_agreement, an_item
from tests.matters import a_matter, publish_city_case, step
from tests.services.acts import OUTSIDE, a_document, a_scan, answered, entries, fresh, refused, told, who_may

PNG, PDF, DOCX = b"\x89PNG\r\n\x1a\n.", b"%PDF-1.7 .", b"PK\x03\x04."


@pytest.fixture
def matter(session: Session, cast: Cast, at: datetime) -> Matter:
    publish_city_case(session, at)
    return a_matter(session, cast, at)


def test_a_paper_is_shown_by_the_party_that_has_it(
    session: Session, cast: Cast, matter: Matter, at: datetime, tmp_path: Path
) -> None:
    scan = a_scan(session, cast.officer_ordos, tmp_path, at, PNG)
    shown = ShowEvidence("matter", matter.number, "photo", file=scan, note="清理后")
    show_evidence(session, cast.officer_ordos, shown, at=at)
    paper = session.scalars(sa.select(Evidence)).one()
    assert (paper.matter_id, paper.item_id, paper.type, paper.body_id) == (matter.id, None, "photo", cast.ordos.id)
    assert fresh(session, matter).revision == 1
    assert [entries(session, 1)[0][key] for key in ("act", "for")] == ["matter.evidence", "150600"]


@pytest.mark.parametrize(
    ("type", "content", "allowed"),
    [("photo", PNG, True), ("photo", PDF, False), ("photo", b"?", False), ("memo", DOCX, True), ("memo", PNG, False)],
)
def test_a_file_is_of_a_type_that_the_evidence_may_have(
    session: Session, cast: Cast, matter: Matter, at: datetime, tmp_path: Path, type: str, content: bytes, allowed: bool
) -> None:
    ask = ShowEvidence("matter", matter.number, type, file=a_scan(session, cast.secretariat, tmp_path, at, content))
    if allowed:
        show_evidence(session, cast.secretariat, ask, at=at)
    else:
        with refused(session, ("wrong-file-type", "file")):
            show_evidence(session, cast.secretariat, ask, at=at)


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"type": "result"}, "unknown-evidence-type", "type"),
        ({}, "nothing-shown", "document"),
        ({"document": "doc-2026-99"}, "unknown-document", "document"),
        ({"file": "0" * 64}, "unknown-file", "file"),
    ],
)
def test_what_shows_nothing(
    session: Session, cast: Cast, matter: Matter, at: datetime, more: dict[str, str], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        show_evidence(
            session, cast.secretariat, ShowEvidence(**({"kind": "matter", "number": matter.number, "type": "photo"} | more)), at=at
        )  # fmt: skip


def test_an_agreement_shows_what_its_procedure_names_and_another_kind_is_not_found(
    session: Session, cast: Cast, at: datetime
) -> None:
    paper = a_document(session, at)
    agreement = an_agreement(session, cast, at)
    with refused(session, ("unknown-evidence-type", "type")):
        show_evidence(
            session, cast.officer_wuhai, ShowEvidence("agreement", agreement.number, "photo", paper.number), at=at
        )
    with answered(session, NotPermitted):
        show_evidence(session, cast.viewer, ShowEvidence("agreement", agreement.number, "photo", paper.number), at=at)
    with answered(session, NotFound):
        show_evidence(session, cast.secretariat, ShowEvidence("meeting", "meeting-2026-01", "photo"), at=at)


def test_who_may_show_papers_of_a_matter(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    paper = a_document(session, at)
    said = who_may(
        session,
        cast,
        lambda _: ShowEvidence("matter", matter.number, "photo", paper.number),
        lambda actor, ask: show_evidence(session, actor, ask, at=at),
    )
    assert said == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)


def test_what_is_voted_on_changes_with_a_paper(session: Session, cast: Cast, matter: Matter, at: datetime) -> None:
    step(session, cast.secretariat, matter, "assign", at, due_on="2026-05-01")
    step(session, cast.officer_wuhai, matter, "tell", at, told="已清理")
    step(session, cast.secretariat, matter, "judge", at, verdict="通过")
    first = propose(session, cast.secretariat, Propose("matter", matter.number, "agree"), at=at)
    paper = a_document(session, at)
    show_evidence(session, cast.officer_ordos, ShowEvidence("matter", matter.number, "photo", paper.number), at=at)
    rounds = session.scalars(sa.select(Proposal).order_by(Proposal.number)).all()
    assert [each.outcome for each in rounds] == ["superseded", "open"]
    assert first.content != rounds[-1].content


def test_evidence_is_a_document_a_file_or_both(session: Session, cast: Cast, at: datetime, tmp_path: Path) -> None:
    item, basis = an_item(session, cast, at, an_agreement(session, cast, at)), a_document(session, at).number
    scan = a_scan(session, cast.officer_wuhai, tmp_path, at)
    for given in ({"document": basis}, {"file": scan}, {"document": basis, "file": scan, "note": "第3页"}):
        shown = show_evidence(session, cast.officer_ordos, ShowEvidence("item", item.number, "result", **given), at=at)
        row = session.get_one(Evidence, shown.id)
        assert (row.document_id is not None, row.file_id is not None) == ("document" in given, "file" in given)
        assert (row.body_id, row.note) == (cast.ordos.id, given.get("note"))
    assert fresh(session, item).revision == 4
    assert [entry["basis"] for entry in entries(session, 3)] == ["蒙联发〔2026〕1号", None, "蒙联发〔2026〕1号"]


def test_an_items_papers_are_those_of_its_own_version(session: Session, cast: Cast, at: datetime) -> None:
    item = an_item(session, cast, at, an_agreement(session, cast, at))
    paper = a_document(session, at)
    for kind in ("consensus", "conditions", "result"):
        show_evidence(session, cast.officer_ordos, ShowEvidence("item", item.number, kind, paper.number), at=at)
    with refused(session, ("unknown-evidence-type", "type")):
        show_evidence(session, cast.officer_ordos, ShowEvidence("item", item.number, "photo", paper.number), at=at)


def test_who_may_show_papers_of_an_item(session: Session, cast: Cast, at: datetime) -> None:
    item, basis = an_item(session, cast, at, an_agreement(session, cast, at)), a_document(session, at).number
    assert who_may(
        session,
        cast,
        lambda _: ShowEvidence("item", item.number, "result", basis),
        lambda actor, ask: show_evidence(session, actor, ask, at=at),
    ) == told("officer_wuhai officer_ordos secretariat", "viewer auditor", OUTSIDE)
