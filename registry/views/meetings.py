"""/meetings: series with their editions, and the page of each meeting."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint

from registry.queries.meetings import meeting_list, meeting_page
from registry.views import here
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.keeping import shown
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
@public
@shown("meetings/list.html")
def meetings() -> Mapping[str, object]:
    """All series and meetings."""
    snapshot = here.snapshot()
    page = meeting_list(snapshot)
    return {
        "page": page,
        "acts": new_in("meetings") if snapshot.present else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/meetings/<number>")
@public
@shown("meetings/page.html")
def meeting(number: str) -> Mapping[str, object]:
    """One meeting and what it brought."""
    snapshot = here.snapshot()
    page = meeting_page(snapshot, here.actor(), number)
    return {
        "page": page,
        "since": since_on("meeting", page.id, number),
        "corrected": corrected("meeting", page.id, number),
        "acts": same_in("meeting", number),
        "same": doubles("meeting", page.id, number),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }
