"""/matters: the list, by procedure, and the page of each matter."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from registry.queries.facts import Standing, matter_facts
from registry.queries.matter_page import MatterPage, matter_page, written_by
from registry.queries.matters import kinds_of_matters, matter_list
from registry.queries.rounds import rounds_on
from registry.services.evidence import types_of
from registry.views import asked, here
from registry.views.guards import holds, public
from registry.views.limits import limits_on
from registry.views.list_tables import matter_filter
from registry.views.nearest import path_on
from registry.views.since import since_on
from registry.views.steps import asks_others, next_steps, picture
from workflows import Transition

blueprint = Blueprint("matters", __name__)


@blueprint.get("/matters")
@public
def matters() -> ResponseReturnValue:
    """The matters that the filter of the query means, open ones first."""
    snapshot, reader = here.snapshot(), here.actor()
    which = matter_filter()
    return render_template(
        "matters/list.html",
        page=matter_list(snapshot, reader, which, page=asked.page()),
        kinds=kinds_of_matters(snapshot, reader),
        which=which,
        opens=holds("matter:open") and snapshot.present,
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/matters/<number>")
@public
def matter(number: str) -> ResponseReturnValue:
    """One matter: its fields, next steps and why each is blocked, rounds, time limits, papers, history."""
    snapshot, reader = here.snapshot(), here.actor()
    page = matter_page(snapshot, reader, number)
    standing = (
        promised(matter_facts(snapshot.session, page.id, reader, basis=True, reason=True)) if snapshot.present else None
    )
    limits = limits_on(standing.subject, standing.definition) if standing else ()
    rounds = rounds_on(snapshot.session, reader, standing.subject) if standing else ()
    options = next_steps(standing, rounds, lambda act, trigger: address(number, act, trigger)) if standing else ()
    diagram, words = picture(standing, options) if standing else (None, ())
    return render_template(
        "matters/page.html",
        page=page,
        since=since_on("matter", page.id, number),
        options=options,
        rounds=rounds,
        limits=limits,
        path=path_on(standing, limits) if standing else None,
        answers=holds("consent:give"),
        diagram=diagram,
        diagram_words=words,
        acts=_acts(page, standing) if standing else (),
        writes=[each.key for each in written_by(snapshot, reader, page)] if standing else (),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


def address(number: str, *parts: str) -> str:
    """The address of a matter, or of one of its forms."""
    return "/".join((f"{request.script_root}/matters/{number}", *parts))


def promised(standing: Standing) -> Standing:
    """The same with what the form of a step brings along: every field, and of the fields that choose between arrows the value
    that leads along the first. A step that is put to others keeps the arrow for which it was put."""
    values = dict(standing.facts.values)
    for arrows in _by_trigger(standing):
        fits = [all(values.get(name) in options for name, options in each.when.items()) for each in arrows]
        if any(asks_others(each) for each in arrows) and any(fits):
            continue
        for name, options in arrows[0].when.items():
            if all(name in each.asks for each in arrows):
                values[name] = options[0]
    given = frozenset(standing.definition.fields)
    return replace(standing, facts=replace(standing.facts, values=values, given=given))


def _by_trigger(standing: Standing) -> list[list[Transition]]:
    leaving = [each for each in standing.definition.transitions if standing.state in each.sources]
    return [
        [each for each in leaving if each.trigger == name] for name in dict.fromkeys(one.trigger for one in leaving)
    ]


def _acts(page: MatterPage, standing: Standing) -> list[dict[str, str]]:
    """The forms that the reader's roles for this matter open."""
    shows = standing.facts.actor_roles and types_of(page.definition) and holds("evidence:show")
    return [{"act": "evidence:show", "href": address(page.row.number, "evidence")}] if shows else []
