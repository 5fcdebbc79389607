"""/desk: what the person who is signed in can do, and what waits for an answer."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.queries.deadlines import notices_for
from registry.queries.desk import desk_of
from registry.queries.rounds import asked_of
from registry.views import here
from registry.views.guards import holds, signed_in

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@signed_in
def desk() -> ResponseReturnValue:
    """What the reader is told, what waits for an answer, our items that need attention, and the forms that open."""
    root, reader = request.script_root, here.actor()
    offered = (("agreement:create", "agreements/new"), ("person:add", "people/new"))
    return render_template(
        "desk/page.html",
        page=desk_of(here.snapshot(), reader),
        acts=[{"act": act, "href": f"{root}/{part}"} for act, part in offered if holds(act)],
        exports=holds("history:export"),
        administers=holds("person:add"),
        shares=holds("share:make"),
        today=here.today(),
        asked=sum(each.answer is None for each in asked_of(here.database(), reader)) if holds("consent:give") else 0,
        notices=notices_for(here.database(), reader, today=here.today()),
    )
