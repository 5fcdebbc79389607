"""/search: records by the words of their open texts."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from registry.queries.search import KINDS, search
from registry.views import asked, here
from registry.views.guards import public

blueprint = Blueprint("search", __name__)

LONGEST = 200
"""Characters of a query that are read."""


@blueprint.get("/search")
@public
def find() -> ResponseReturnValue:
    """What was asked for, by kind of record. The register is searched as it is now."""
    query, asked_kind = (asked.text("q") or "").strip()[:LONGEST], asked.text("kind")
    kind = asked_kind if asked_kind in KINDS else None
    found = search(here.snapshot(), here.actor(), query, kind)
    return render_template("search.html", query=query, kind=kind, kinds=KINDS, found=found)
