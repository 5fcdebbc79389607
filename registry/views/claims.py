"""/claims: the numbers that documents state, beside the tallies of rows."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.claims import claim_list
from registry.views import here
from registry.views.guards import holds, public

blueprint = Blueprint("claims", __name__)


@blueprint.get("/claims")
@public
def claims() -> ResponseReturnValue:
    """All claims that the reader may see."""
    snapshot = here.snapshot()
    found = claim_list(snapshot, here.actor())
    return render_template(
        "claims.html",
        claims=found,
        corrects=snapshot.present and holds("correction:propose"),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )
