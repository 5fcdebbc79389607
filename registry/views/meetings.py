"""/meetings: series with their editions, and the page of each meeting."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.meetings import meeting_list, meeting_page
from registry.views import here
from registry.views.corrections import corrected
from registry.views.guards import public
from registry.views.record_acts import new_in
from registry.views.same_as import doubles, same_in

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings")
@public
def meetings() -> ResponseReturnValue:
    """All series and meetings."""
    snapshot = here.snapshot()
    page = meeting_list(snapshot)
    return render_template(
        "meetings/list.html",
        page=page,
        acts=new_in("meetings") if snapshot.present else (),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/meetings/<number>")
@public
def meeting(number: str) -> ResponseReturnValue:
    """One meeting and what it brought."""
    snapshot = here.snapshot()
    page = meeting_page(snapshot, here.actor(), number)
    return render_template(
        "meetings/page.html",
        page=page,
        corrected=corrected("meeting", page.id, number),
        acts=same_in("meeting", number),
        same=doubles("meeting", page.id, number),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )
