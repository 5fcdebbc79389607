"""/: the whole register on one page."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.register import register_page
from registry.views import here
from registry.views.guards import public

blueprint = Blueprint("register", __name__)


@blueprint.get("/")
@public
def register() -> ResponseReturnValue:
    """Agreements and items by where they stand, what changed this week, claims beside tallies."""
    snapshot = here.snapshot()
    page = register_page(snapshot, here.actor(), now=here.day_began())
    return render_template("register.html", page=page, known=snapshot.known, stamp=snapshot.stamp)
