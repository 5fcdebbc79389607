"""/agreements/<number>/matrix: which city is what to which item."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.matrix import matrix_page
from registry.views import asked, here
from registry.views.guards import public
from registry.views.keeping import shown

blueprint = Blueprint("matrix", __name__)


@blueprint.get("/agreements/<number>/matrix")
@public
@shown("agreements/matrix.html")
def matrix(number: str) -> Mapping[str, object]:
    """The items of an agreement, of one field or of all, against its cities."""
    snapshot = here.snapshot()
    return {
        "page": matrix_page(snapshot, here.actor(), number, field=asked.number("field"), page=asked.page()),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
