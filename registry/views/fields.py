"""/fields: the fields that agreements name, by name, and the page of each name."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.fields import field_names, field_page
from registry.views import asked, here, pictures
from registry.views.guards import public
from registry.views.keeping import shown
from registry.views.since import since_on

blueprint = Blueprint("fields", __name__)


@blueprint.get("/fields")
@public
@shown("fields/list.html")
def fields() -> Mapping[str, object]:
    """Every name of a field, with its items by stage and lamp."""
    snapshot = here.snapshot()
    return {
        "fields": field_names(snapshot, here.actor()),
        "pictures": pictures.of_fields(),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/fields/<path:name>")
@public
@shown("fields/page.html")
def field(name: str) -> Mapping[str, object]:
    """One name: the agreements that have it, and its items, what needs attention first."""
    snapshot = here.snapshot()
    return {
        "page": field_page(snapshot, here.actor(), name, page=asked.page()),
        "since": since_on("field", None, name),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
