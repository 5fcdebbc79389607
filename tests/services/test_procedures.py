"""Procedures: drafted, published once, never changed, retired."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, NotPermitted
from registry.models import Procedure
from registry.services.procedures import (
    PublishDraft,
    RetireProcedure,
    current_procedure,
    draft_procedure,
    publish_draft,
    publish_procedure,
    publish_shipped,
    retire_procedure,
)
from tests.cast import Cast
from tests.services.acts import HOST, answered, contents, entries, refused
from workflows import SHIPPED, DefinitionError

ITEM = (SHIPPED / "item.yaml").read_text("utf-8")
NEXT = ITEM.replace("version: 2\n", "version: 3\n").replace("from_version: 1", "from_version: 2")
"""The next version of the item's procedure, taking over from today's."""
SLUG = "cooperation-item"


def test_publishing_the_same_again_changes_nothing(session: Session, cast: Cast, at: datetime) -> None:
    before = contents(session)
    again = publish_procedure(session, HOST, ITEM + "\n# a remark\n", at=at)
    publish_shipped(session, HOST, at=at)
    assert contents(session) == before
    assert again.slug == SLUG


def test_a_new_register_gives_the_shipped_ones_the_same_ids_as_ever(session: Session, cast: Cast) -> None:
    """Agreement, item, then by name; versions that are kept for the checks alone are not published."""
    rows = session.execute(sa.select(Procedure.slug, Procedure.version).order_by(Procedure.id)).all()
    assert [row.slug for row in rows] == [
        "cooperation-agreement", SLUG, "finding", "opinion-round", "proposal-reply", "supervision",
    ]  # fmt: skip
    assert {row.version for row in rows} == {1, 2, 3}


def test_a_published_version_never_changes(session: Session, cast: Cast, at: datetime) -> None:
    other = ITEM.replace("zh: 启动推进", "zh: 启动")
    for change in (publish_procedure, draft_procedure):
        with refused(session, ("version-published", None)) as reasons:
            change(session, HOST, other, at=at)
        assert reasons[0].values == {"procedure": SLUG, "version": 2}


def test_new_subjects_begin_with_the_newest_version_that_is_not_retired(
    session: Session, cast: Cast, at: datetime
) -> None:
    third = publish_procedure(session, cast.administrator, NEXT, at=at)
    assert (current_procedure(session, SLUG)[0].version, current_procedure(session, SLUG)[1]) == (3, third.id)
    assert entries(session, 1)[0]["act"] == "procedure.publish"
    retire_procedure(session, cast.administrator, RetireProcedure(SLUG, 3), at=at)
    assert current_procedure(session, SLUG)[0].version == 2
    assert entries(session, 1)[0]["act"] == "procedure.retire"
    with refused(session, ("not-published", None)):
        retire_procedure(session, HOST, RetireProcedure(SLUG, 3), at=at)
    retire_procedure(session, HOST, RetireProcedure(SLUG, 2), at=at)
    with refused(session, ("procedure-retired", None)):
        current_procedure(session, SLUG)
    with answered(session, NotFound):
        current_procedure(session, "no-such-procedure")


def test_a_draft_is_replaced_and_published_as_it_was_read(session: Session, cast: Cast, at: datetime) -> None:
    officer = cast.officer_ordos
    first = draft_procedure(session, officer, NEXT, at=at)
    assert current_procedure(session, SLUG)[0].version == 2
    read = PublishDraft(SLUG, 3, first.sha256)
    second = draft_procedure(session, cast.secretariat, NEXT.replace("zh: 启动推进", "zh: 启动"), at=at)
    assert [entry["act"] for entry in entries(session, 2)] == ["procedure.draft"] * 2
    with refused(session, ("draft-changed", None)):
        publish_draft(session, cast.administrator, read, at=at)
    publish_draft(session, cast.administrator, PublishDraft(SLUG, 3, second.sha256), at=at)
    definition, _ = current_procedure(session, SLUG)
    assert definition.transition("begin").title.zh == "启动"
    assert session.execute(sa.select(sa.func.count()).where(Procedure.slug == SLUG)).scalar_one() == 2


@pytest.mark.parametrize("change", [draft_procedure, publish_procedure])
def test_a_definition_with_faults_is_not_kept(session: Session, cast: Cast, at: datetime, change) -> None:  # type: ignore[no-untyped-def]  # either act
    """E findings refuse; the version that it takes over from is looked for in the register and among earlier releases."""
    before = contents(session)
    for bad, code in (
        (NEXT.replace("to: listed", "to: nowhere"), "E2"),
        (NEXT.replace("from_version: 2", "from_version: 3"), "E15"),
        (NEXT.replace("id: cooperation-item", "id: another-item"), "E14"),
        (NEXT.replace("states: {}", "states: {negotiating: listed}"), "E14"),
    ):
        with pytest.raises(DefinitionError) as caught:
            change(session, HOST, bad, at=at)
        assert code in {each.code for each in caught.value.findings}
    assert contents(session) == before
    earlier = NEXT.replace("from_version: 2", "from_version: 1")
    assert change(session, HOST, earlier, at=at).version == 3


def test_a_definition_keeps_its_subject(session: Session, cast: Cast, at: datetime) -> None:
    matter = (SHIPPED / "opinion-round.yaml").read_text("utf-8").replace("version: 1", "version: 4")
    with refused(session, ("procedure-other-subject", None)):
        draft_procedure(session, HOST, matter.replace("id: opinion-round", f"id: {SLUG}"), at=at)


def test_a_long_definition_fits_into_the_history(session: Session, cast: Cast, at: datetime) -> None:
    for remark in ("长" * 60_000, "短" * 60_000):
        assert draft_procedure(session, HOST, f"{NEXT}# {remark}\n", at=at).status == "draft"


def test_officers_draft_and_administrators_publish(session: Session, cast: Cast, at: datetime) -> None:
    drafting = {"officer_wuhai", "officer_ordos", "officer_outsider", "secretariat", "administrator"}
    for name, actor in cast.actors.items():
        if name not in drafting:
            with answered(session, NotPermitted):
                draft_procedure(session, actor, NEXT, at=at)
        else:
            draft_procedure(session, actor, NEXT + f"# {name}\n", at=at)
        if name != "administrator":
            with answered(session, NotPermitted):
                publish_procedure(session, actor, NEXT, at=at)
            with answered(session, NotPermitted):
                publish_draft(session, actor, PublishDraft(SLUG, 3, "0" * 64), at=at)
            with answered(session, NotPermitted):
                retire_procedure(session, actor, RetireProcedure(SLUG, 2), at=at)
