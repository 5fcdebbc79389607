"""/documents: the official papers whose facts are kept, and the page of each."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.documents import document_list, document_page
from registry.views import asked, here
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in

blueprint = Blueprint("documents", __name__)


@blueprint.get("/documents")
@public
def documents() -> ResponseReturnValue:
    """All documents that the reader may see."""
    snapshot = here.snapshot()
    found = document_list(snapshot, here.actor())
    return render_template(
        "documents/list.html",
        documents=found,
        acts=new_in("documents") if snapshot.present else (),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/documents/<number>")
@public
def document(number: str) -> ResponseReturnValue:
    """One document: what it says, cites, promises and carries."""
    snapshot = here.snapshot()
    page = document_page(snapshot, here.actor(), number, page=asked.page())
    return render_template(
        "documents/page.html",
        page=page,
        corrected=corrected("document", page.id, number),
        acts=same_in("document", number),
        same=doubles("document", page.id, number),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )
