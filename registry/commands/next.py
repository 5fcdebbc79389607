"""What can come next of a subject, and why not yet, told alike by every command."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.commands.root import Desk
from registry.domain.guards import GUARDS
from registry.errors import NotFound, Refused
from registry.models import Agreement, Item
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_item
from registry.queries.facts import Standing, standing_of
from registry.queries.names import with_names
from registry.queries.snapshot import Snapshot
from registry.services.steps import reason_of
from registry.words.refusals import line
from workflows.definition import SYSTEM
from workflows.engine import possible

VISIBLE: Mapping[str, tuple[type[Agreement] | type[Item], Callable[[Snapshot, Actor], sa.ColumnElement[bool]]]] = {
    "agreement": (Agreement, may_see_agreement),
    "item": (Item, may_see_item),
}


def tell_next_of(desk: Desk, kind: str, number: str, login: str) -> None:
    """What can come next of the agreement or item of this number, as this account sees it. Raises NotFound."""
    model, may_see = VISIBLE[kind]
    with desk.session() as session:
        actor = desk.actor(session, login)
        visible = may_see(Snapshot(session, None, desk.at.date()), actor)
        found = session.execute(sa.select(model.id).where(model.number == number, visible)).scalar_one_or_none()
        if found is None:
            raise NotFound(number)
        tell_next(desk, session, standing_of(session, (kind, found), actor, basis=True, reason=True))


def tell_next(desk: Desk, session: Session, standing: Standing) -> None:
    """Every step that people can take from here; under each what it lacks, who can meet that, by which clause, and what to do."""
    for option in possible(standing.definition, GUARDS, standing.state, standing.facts):
        if option.transition.roles == (SYSTEM,):
            continue
        title = option.transition.title
        asks = f" ({', '.join(option.transition.asks)})" if option.transition.asks else ""
        click.echo(f"{option.trigger:<20} {title.en if desk.language == 'en' and title.en else title.zh}{asks}")
        reasons = [reason_of(unmet, standing.definition) for unmet in option.unmet]
        for reason in with_names(session, reasons, desk.language):
            click.echo(f"    尚不能办 not yet: {line(Refused(reason), desk.language)}")
