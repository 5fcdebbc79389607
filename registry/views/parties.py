"""/parties: the cities and other bodies, and the page of each."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.parties import party_list, party_page
from registry.views import asked, here
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.party_acts import acts_on
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in

blueprint = Blueprint("parties", __name__)


@blueprint.get("/parties")
@public
def parties() -> ResponseReturnValue:
    """Those that sign, and those that are only named."""
    snapshot = here.snapshot()
    everybody = party_list(snapshot, signing=None)
    return render_template(
        "parties/list.html",
        parties=[body for body in everybody if body.signs],
        others=[body for body in everybody if not body.signs],
        acts=new_in("parties") if snapshot.present else (),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/parties/<code>")
@public
def party(code: str) -> ResponseReturnValue:
    """One body: what it leads and joins, what it signed, where it belongs."""
    snapshot = here.snapshot()
    page = party_page(snapshot, here.actor(), code, page=asked.page())
    return render_template(
        "parties/page.html",
        page=page,
        corrected=corrected("party", page.id, code),
        acts=[*acts_on(page), *same_in("party", code)],
        same=doubles("party", page.id, code),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )
