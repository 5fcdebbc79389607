"""/items: the list and the page of each item."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request

from registry.queries.definitions import definition_of
from registry.queries.facts import Standing, item_facts
from registry.queries.item_figures import ItemFigures, item_figures
from registry.queries.item_page import ItemPage, item_page
from registry.queries.items import ItemFilter, item_list
from registry.queries.lineage import line_of, lists_of
from registry.queries.matters import matters_on
from registry.queries.participation import choices_of, opted_out
from registry.queries.rounds import rounds_on
from registry.views import asked, here, pictures
from registry.views.corrections import corrected
from registry.views.guards import holds, public
from registry.views.keeping import shown
from registry.views.lamps import keeps_lamp, lamp_told, points
from registry.views.limits import limits_on
from registry.views.nearest import path_on
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on
from registry.views.steps import next_steps, picture

blueprint = Blueprint("items", __name__)


@blueprint.get("/items")
@public
@shown("items/list.html")
def items() -> Mapping[str, object]:
    """The items that the filter of the query means, what needs attention first."""
    snapshot, reader = here.snapshot(), here.actor()
    names = (
        "state",
        "stage",
        "grade",
        "lane",
        "agreement",
        "document",
        "meeting",
        "grouping",
        "party",
        "role",
        "field_name",
        "beside",
        "lamp",
    )
    which = ItemFilter(**{name: asked.text(name) for name in names}, field=asked.number("field"))
    page = item_list(snapshot, reader, which, page=asked.page(), urgent=True)
    return {
        "page": page,
        "counts": page.counts,
        "which": which,
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/items/<number>")
@public
@shown("items/page.html")
def item(number: str) -> Mapping[str, object]:
    """One item: its place on the spine, next steps and why each is blocked, reports, evidence, history."""
    snapshot, reader = here.snapshot(), here.actor()
    page = item_page(snapshot, reader, number)
    figures = item_figures(snapshot, reader, page.id)
    standing = item_facts(snapshot.session, page.id, reader, basis=True, reason=True) if snapshot.present else None
    limits = limits_on(standing.subject, standing.definition) if standing else ()
    rounds = rounds_on(snapshot.session, reader, standing.subject) if standing else ()
    options = next_steps(standing, rounds, lambda act, trigger: address(number, act, trigger)) if standing else ()
    diagram, words = picture(standing, options) if standing else (None, ())
    return {
        "page": page,
        "figures": figures,
        "why": lamp_told(figures.lamp),
        "points": points,
        "since": since_on("item", page.id, number),
        "options": options,
        "rounds": rounds,
        "limits": limits,
        "path": path_on(standing, limits) if standing else None,
        "matters": matters_on(snapshot, reader, ("item", page.id)),
        "opens": _opens(number, standing) if standing else None,
        "corrected": corrected("item", page.id, number),
        "answers": holds("consent:give"),
        "opted_out": opted_out(snapshot, page.id),
        "line": line_of(snapshot, reader, number, page.id),
        "stood": lists_of(snapshot, reader, page.id),
        "links_items": standing is not None and bool(standing.facts.actor_roles) and holds("lineage:link"),
        "procedure": standing.definition if standing else definition_of(snapshot.session, page.procedure_id),
        "diagram": diagram,
        "diagram_words": words,
        "pictures": pictures.of_item(number) if page.targets else (),
        "acts": [*_acts(page, standing, figures), *same_in("item", number, standing.reader_is("grouping"))]
        if standing
        else (),
        "same": doubles("item", page.id, number, standing is not None and standing.reader_is("grouping")),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


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


def _acts(page: ItemPage, standing: Standing, figures: ItemFigures) -> list[dict[str, str]]:
    """The forms that the reader's roles for this item open, the likeliest first."""
    roles, parts = standing.facts.actor_roles, choices_of(here.snapshot(), here.actor(), page.id)
    officer = standing.reader_is("lead_party", "each_party")
    sealed = any(report.released_at is None for said in page.reports for report in said.reports)
    decides = holds("lamp:override") and keeps_lamp(page.row.number)
    offered = (
        ("report:file", "report", officer),
        ("evidence:show", "evidence", roles),
        ("lead:pass", "lead", roles and holds("lead:pass") and page.row.stage != "ended"),
        ("mechanism:record", "mechanism", roles),
        ("report:release", "release", officer and sealed),
        ("target:set", "target", roles),
        ("observation:add", "observation", officer and page.targets),
        ("observation:annul", "annul-observation", officer and figures.observations),
        ("lane:set", "lane", roles and page.row.stage != "ended"),
        ("lamp:override", "lamp", decides and page.row.stage != "ended"),
        ("lamp:restore", "lamp-restore", decides and any(each.until is None for each in figures.overrides)),
        *((act, act.removeprefix("item:"), act in parts) for act in ("item:join", "item:opt-out")),
    )
    return [{"act": act, "href": address(page.row.number, part)} for act, part, may in offered if may]
