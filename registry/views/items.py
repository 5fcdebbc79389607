"""/items: the list and the page of each item."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.queries.definitions import definition_of
from registry.queries.facts import Standing, item_facts
from registry.queries.item_page import ItemPage, item_page
from registry.queries.items import ItemFilter, item_counts, item_list
from registry.queries.matters import matters_on
from registry.queries.rounds import rounds_on
from registry.views import asked, here
from registry.views.corrections import corrected
from registry.views.guards import holds, public
from registry.views.limits import limits_on
from registry.views.nearest import path_on
from registry.views.same_as import doubles, same_in
from registry.views.steps import next_steps, picture

blueprint = Blueprint("items", __name__)


@blueprint.get("/items")
@public
def items() -> ResponseReturnValue:
    """The items that the filter of the query means, what needs attention first."""
    snapshot, reader = here.snapshot(), here.actor()
    names = ("state", "stage", "grade", "lane", "agreement", "document", "meeting", "grouping", "party", "role")
    which = ItemFilter(**{name: asked.text(name) for name in names}, field=asked.number("field"))
    return render_template(
        "items/list.html",
        page=item_list(snapshot, reader, which, page=asked.page(), urgent=True),
        counts=item_counts(snapshot, reader, which),
        which=which,
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/items/<number>")
@public
def item(number: str) -> ResponseReturnValue:
    """One item: its place on the spine, next steps and why each is blocked, reports, evidence, history."""
    snapshot, reader = here.snapshot(), here.actor()
    page = item_page(snapshot, reader, number)
    standing = item_facts(snapshot.session, page.id, reader, basis=True, reason=True) if snapshot.present else None
    limits = limits_on(standing.subject, standing.definition) if standing else ()
    rounds = rounds_on(snapshot.session, reader, standing.subject) if standing else ()
    options = next_steps(standing, rounds, lambda act, trigger: address(number, act, trigger)) if standing else ()
    diagram, words = picture(standing, options) if standing else (None, ())
    return render_template(
        "items/page.html",
        page=page,
        options=options,
        rounds=rounds,
        limits=limits,
        path=path_on(standing, limits) if standing else None,
        matters=matters_on(snapshot, reader, ("item", page.id)),
        opens=_opens(number, standing) if standing else None,
        corrected=corrected("item", page.id, number),
        answers=holds("consent:give"),
        procedure=standing.definition if standing else definition_of(snapshot.session, page.procedure_id),
        diagram=diagram,
        diagram_words=words,
        acts=[*_acts(page, standing), *same_in("item", number, standing.reader_is("grouping"))] if standing else (),
        same=doubles("item", page.id, number, standing is not None and standing.reader_is("grouping")),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


def address(number: str, *parts: str) -> str:
    """The address of an item, or of one of its forms."""
    return "/".join((f"{request.script_root}/items/{number}", *parts))


def _opens(number: str, standing: Standing) -> str | None:
    """The form that opens a matter about the item, for whoever has a role in it."""
    return (
        f"{request.script_root}/matters/new?item={number}"
        if standing.facts.actor_roles and holds("matter:open")
        else None
    )


def _acts(page: ItemPage, standing: Standing) -> list[dict[str, str]]:
    """The forms that the reader's roles for this item open, the likeliest first."""
    roles = standing.facts.actor_roles
    officer = standing.reader_is("lead_party", "each_party")
    sealed = any(report.released_at is None for said in page.reports for report in said.reports)
    offered = (
        ("report:file", "report", officer),
        ("evidence:show", "evidence", roles),
        ("lead:pass", "lead", roles and holds("lead:pass") and page.row.stage != "ended"),
        ("mechanism:record", "mechanism", roles),
        ("report:release", "release", officer and sealed),
    )
    return [{"act": act, "href": address(page.row.number, part)} for act, part, may in offered if may]
