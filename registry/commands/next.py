"""What can come next of a subject, and why not yet, told alike by every command."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from registry.commands.root import Desk
from registry.domain.guards import GUARDS
from registry.errors import Refused
from registry.queries.facts import Standing
from registry.queries.names import with_names
from registry.services.steps import reason_of
from registry.words.refusals import line
from workflows.definition import SYSTEM
from workflows.engine import possible


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
