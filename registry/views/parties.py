"""/parties: the cities and other bodies, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.awaited import side_by_side, waiting_for
from registry.queries.parties import party_list, party_page
from registry.views import asked, here, pictures
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.keeping import shown
from registry.views.party_acts import acts_on
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on

blueprint = Blueprint("parties", __name__)


@blueprint.get("/parties")
@public
@shown("parties/list.html")
def parties() -> Mapping[str, object]:
    """Those that sign, and those that are only named."""
    snapshot = here.snapshot()
    everybody = party_list(snapshot, signing=None)
    return {
        "parties": [body for body in everybody if body.signs],
        "others": [body for body in everybody if not body.signs],
        "acts": new_in("parties") if snapshot.present else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/parties/<code>")
@public
@shown("parties/page.html")
def party(code: str) -> Mapping[str, object]:
    """One body: what it leads and joins, what it signed, where it belongs."""
    snapshot = here.snapshot()
    page = party_page(snapshot, here.actor(), code, page=asked.page())
    return {
        "page": page,
        "waiting": waiting_for(snapshot, here.actor(), page.id, code, sample=page.row.sample)
        if snapshot.present
        else None,
        "beside": side_by_side(snapshot, here.actor(), page.id),
        "pictures": pictures.of_party(code),
        "since": since_on("party", page.id, code),
        "corrected": corrected("party", page.id, code),
        "acts": [*acts_on(page), *same_in("party", code)],
        "same": doubles("party", page.id, code),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
