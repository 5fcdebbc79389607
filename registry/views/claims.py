"""/claims: the numbers that documents state, beside the tallies of rows."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.claims import claim_list
from registry.queries.concerned import which_may
from registry.views import here
from registry.views.guards import public
from registry.views.keeping import shown

blueprint = Blueprint("claims", __name__)


@blueprint.get("/claims")
@public
@shown("claims.html")
def claims() -> Mapping[str, object]:
    """All claims that the reader may see."""
    snapshot = here.snapshot()
    found = claim_list(snapshot, here.actor())
    of_record = {("claim", each.id): each.code for each in found if snapshot.present}
    may = which_may(snapshot.session, here.actor(), "correction:propose", of_record)
    return {
        "claims": found,
        "corrects": {of_record[each] for each in may},
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
