"""Whom records concern: many asked at once as each alone, in a few statements, and what an actor may do about them."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.documents.bundles import REAL, SAMPLE
from registry.models import Agreement, Base, Body, Claim, Document, Grouping, Item, Meeting
from registry.permissions import ANONYMOUS, Actor, Held
from registry.queries.concerned import concerned, concerned_each, which_may
from registry.queries.rounds import Subject
from tests.bundled import HOST, begun, imported
from tests.queries.world import statements

KINDS: dict[str, type[Base]] = {
    "agreement": Agreement, "item": Item, "party": Body, "grouping": Grouping, "meeting": Meeting, "document": Document,
    "claim": Claim,
}  # fmt: skip


def test_many_at_once_are_as_each_alone(session: Session, at: datetime) -> None:
    begun(session, at)
    imported(session, (*REAL, *SAMPLE), at)
    subjects: list[Subject] = [
        (kind, identity) for kind, table in KINDS.items() for identity in session.scalars(sa.select(table.id))
    ]
    with statements(session) as sent:
        together = concerned_each(session, subjects)
    assert len(sent) <= 20
    assert together == {subject: concerned(session, subject) for subject in subjects}
    of_kind = {kind: [whom for (each, _), whom in together.items() if each == kind] for kind in KINDS}
    for kind, found in of_kind.items():
        assert any(whom.bodies for whom in found), kind
        assert any(whom.groupings for whom in found), kind
        assert len(set(found)) > 1, kind

    body = session.scalars(sa.select(Body.id).where(Body.code == "x-a")).one()
    officer = Actor(door="web", person_id=1, body_id=body, held=(Held("officer", body_id=body),))
    mine = which_may(session, officer, "correction:propose", subjects)
    assert mine == {each for each, whom in together.items() if whom.may(officer, "correction:propose")}
    assert {each for each, whom in together.items() if body in whom.bodies} <= mine < set(subjects)
    assert which_may(session, HOST, "correction:propose", subjects) == set(subjects)
    with statements(session) as sent:
        assert which_may(session, ANONYMOUS, "correction:propose", subjects) == frozenset()
    assert sent == []
