"""/: the whole register on one page."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.register import register_page
from registry.views import here, pictures
from registry.views.guards import public
from registry.views.keeping import shown
from registry.views.since import since_on

blueprint = Blueprint("register", __name__)


@blueprint.get("/")
@public
@shown("register.html")
def register() -> Mapping[str, object]:
    """Agreements and items by where they stand, what changed this week, claims beside tallies."""
    snapshot = here.snapshot()
    page = register_page(snapshot, here.actor(), now=here.day_began())
    return {
        "page": page,
        "pictures": pictures.of_register(),
        "since": since_on("register", 1),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
