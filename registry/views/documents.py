"""/documents: the official papers whose facts are kept, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.documents import document_list, document_page
from registry.views import asked, here
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.keeping import shown
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on

blueprint = Blueprint("documents", __name__)


@blueprint.get("/documents")
@public
@shown("documents/list.html")
def documents() -> Mapping[str, object]:
    """All documents that the reader may see."""
    snapshot = here.snapshot()
    found = document_list(snapshot, here.actor())
    return {
        "documents": found,
        "acts": new_in("documents") if snapshot.present else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/documents/<number>")
@public
@shown("documents/page.html")
def document(number: str) -> Mapping[str, object]:
    """One document: what it says, cites, promises and carries."""
    snapshot = here.snapshot()
    page = document_page(snapshot, here.actor(), number, page=asked.page())
    return {
        "page": page,
        "since": since_on("document", page.id, number),
        "corrected": corrected("document", page.id, number),
        "acts": same_in("document", number),
        "same": doubles("document", page.id, number),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
