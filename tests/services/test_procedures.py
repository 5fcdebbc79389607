"""Procedures: published once, never changed."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from registry.errors import NotPermitted
from registry.services.agreements import current_procedure
from registry.services.procedures import publish_procedure, publish_shipped
from tests.cast import Cast
from tests.services.acts import HOST, answered, contents, entries, refused
from workflows import SHIPPED, DefinitionError

ITEM = (SHIPPED / "item.yaml").read_text("utf-8")


def test_publishing_the_same_again_changes_nothing(session: Session, cast: Cast, at: datetime) -> None:
    before = contents(session)
    again = publish_procedure(session, HOST, ITEM + "\n# a remark\n", at=at)
    publish_shipped(session, HOST, at=at)
    assert contents(session) == before
    assert again.slug == "cooperation-item"


def test_a_published_version_never_changes(session: Session, cast: Cast, at: datetime) -> None:
    with refused(session, ("version-published", None)) as reasons:
        publish_procedure(session, HOST, ITEM.replace("zh: 启动推进", "zh: 启动"), at=at)
    assert reasons[0].values == {"procedure": "cooperation-item", "version": 1}


def test_new_subjects_begin_with_the_newest_version(session: Session, cast: Cast, at: datetime) -> None:
    second = publish_procedure(session, HOST, ITEM.replace("version: 1", "version: 2"), at=at)
    definition, procedure_id = current_procedure(session, "cooperation-item")
    assert (definition.version, procedure_id) == (2, second.id)
    assert entries(session, 1)[0]["act"] == "procedure.publish"


def test_a_definition_with_faults_is_not_published(session: Session, cast: Cast, at: datetime) -> None:
    before = contents(session)
    with pytest.raises(DefinitionError) as caught:
        publish_procedure(
            session, HOST, ITEM.replace("version: 1", "version: 2").replace("to: listed", "to: nowhere"), at=at
        )
    assert caught.value.findings
    assert contents(session) == before


def test_nobody_but_the_host_publishes(session: Session, cast: Cast, at: datetime) -> None:
    for actor in cast.actors.values():
        with answered(session, NotPermitted):
            publish_procedure(session, actor, ITEM.replace("version: 1", "version: 2"), at=at)
