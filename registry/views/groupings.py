"""/groupings: the standing bodies of cities, and the page of each."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.permissions import allowed
from registry.queries.groupings import grouping_list, grouping_page
from registry.views import here
from registry.views.guards import public
from registry.views.record_acts import new_in

blueprint = Blueprint("groupings", __name__)


@blueprint.get("/groupings")
@public
def groupings() -> ResponseReturnValue:
    """All groupings."""
    snapshot = here.snapshot()
    found = grouping_list(snapshot)
    return render_template(
        "groupings/list.html", groupings=found, acts=new_in("groupings"), known=snapshot.known, stamp=snapshot.stamp
    )


@blueprint.get("/groupings/<code>")
@public
def grouping(code: str) -> ResponseReturnValue:
    """One grouping: its members and what they agreed."""
    snapshot = here.snapshot()
    page = grouping_page(snapshot, here.actor(), code)
    keeps = snapshot.known is None and allowed(here.actor(), "body:add", grouping_id=page.id)
    acts = [{"act": "grouping:member", "href": f"{request.script_root}/groupings/{code}/members/new"}] if keeps else []
    return render_template("groupings/page.html", page=page, acts=acts, known=snapshot.known, stamp=snapshot.stamp)
