"""/claims: the numbers that documents state, beside the tallies of rows."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.claims import claim_list
from registry.views import here
from registry.views.guards import holds, public
from registry.views.keeping import shown

blueprint = Blueprint("claims", __name__)


@blueprint.get("/claims")
@public
@shown("claims.html")
def claims() -> Mapping[str, object]:
    """All claims that the reader may see."""
    snapshot = here.snapshot()
    found = claim_list(snapshot, here.actor())
    return {
        "claims": found,
        "corrects": snapshot.present and holds("correction:propose"),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
