"""/groupings: the standing bodies of cities, and the page of each."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request

from registry.permissions import allowed
from registry.queries.groupings import grouping_list, grouping_page
from registry.views import here, pictures
from registry.views.corrections import corrected
from registry.views.guards import holds, public
from registry.views.keeping import shown
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on

blueprint = Blueprint("groupings", __name__)


@blueprint.get("/groupings")
@public
@shown("groupings/list.html")
def groupings() -> Mapping[str, object]:
    """All groupings."""
    snapshot = here.snapshot()
    found = grouping_list(snapshot)
    return {
        "groupings": found,
        "acts": new_in("groupings") if snapshot.present else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/groupings/<code>")
@public
@shown("groupings/page.html")
def grouping(code: str) -> Mapping[str, object]:
    """One grouping: its members and what they agreed."""
    snapshot = here.snapshot()
    page = grouping_page(snapshot, here.actor(), code)
    keeps = snapshot.present and allowed(here.actor(), "body:add", grouping_id=page.id)
    address = f"{request.script_root}/groupings/{code}"
    decides = allowed(here.actor(), "same:decide", grouping_id=page.id)
    offered = (
        ("grouping:member", "members/new", keeps),
        ("alias:add", "aliases/new", holds("alias:add") and snapshot.present),
    )
    acts = [{"act": act, "href": f"{address}/{part}"} for act, part, may in offered if may]
    return {
        "page": page,
        "pictures": pictures.of_grouping(code),
        "since": since_on("grouping", page.id, code),
        "corrected": corrected("grouping", page.id, code),
        "acts": [*acts, *same_in("grouping", code, decides)],
        "same": doubles("grouping", page.id, code, decides),
        "keeps": f"{address}/members" if keeps else None,
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
