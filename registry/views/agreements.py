"""/agreements: the list and the page of each agreement, as they are or as they were known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, request

from registry.permissions import Actor
from registry.queries.acts import ActRow
from registry.queries.agreement_page import AgreementPage, agreement_page
from registry.queries.agreements import AgreementFilter, agreement_list
from registry.queries.alerts import alerts_on
from registry.queries.choices import codes_of_officer
from registry.queries.definitions import definition_of
from registry.queries.facts import Standing, agreement_facts
from registry.queries.force import forces
from registry.queries.lineage import heritage_of
from registry.queries.matters import matters_on
from registry.queries.relations import sub_accord_parties
from registry.queries.rounds import rounds_on
from registry.services.acts import KINDS
from registry.views import asked, here, pictures
from registry.views.corrections import corrected
from registry.views.guards import holds, public
from registry.views.keeping import shown
from registry.views.limits import limits_on
from registry.views.nearest import path_on
from registry.views.same_as import doubles, same_in
from registry.views.since import since_on
from registry.views.steps import next_steps, picture

blueprint = Blueprint("agreements", __name__)

JOINING = ("accession", "succession")
"""Kinds of acts by which a body becomes a party."""
Form = dict[str, str]
"""A form that the reader may open. act: the permission that names it; href: its address."""


@blueprint.get("/agreements")
@public
@shown("agreements/list.html")
def agreements() -> Mapping[str, object]:
    """The agreements that the filter of the query means."""
    snapshot, reader = here.snapshot(), here.actor()
    filters = {name: asked.text(name) for name in ("state", "stage", "kind", "grouping", "meeting", "party", "beside")}
    which = AgreementFilter(**filters)
    page = agreement_list(snapshot, reader, which, page=asked.page())
    return {
        "page": page,
        "counts": page.counts,
        "which": which,
        "known": snapshot.known,
        "stamp": snapshot.stamp,
        "acts": [{"act": "agreement:create", "href": f"{request.script_root}/agreements/new"}]
        if snapshot.present and holds("agreement:create")
        else (),
    }


@blueprint.get("/agreements/<number>")
@public
@shown("agreements/page.html")
def agreement(number: str) -> Mapping[str, object]:
    """One agreement: its parties and their acts, texts, items, next steps, history."""
    snapshot, reader = here.snapshot(), here.actor()
    page = agreement_page(snapshot, reader, number, page=asked.page())
    standing = agreement_facts(snapshot.session, page.id, reader, basis=True, reason=True) if snapshot.present else None
    limits = limits_on(standing.subject, standing.definition) if standing else ()
    rounds = rounds_on(snapshot.session, reader, standing.subject) if standing else ()
    options = next_steps(standing, rounds, _form_of(number), beside=frozenset({"annul"})) if standing else ()
    diagram, words = picture(standing, options) if standing else (None, ())
    computed = forces(snapshot, (page.id,))
    return {
        "page": page,
        "pictures": pictures.of_agreement(number),
        "since": since_on("agreement", page.id, number),
        "options": options,
        "rounds": rounds,
        "limits": limits,
        "forces": computed.get(page.id, ()),
        "path": path_on(standing, limits) if standing else None,
        "matters": matters_on(snapshot, reader, ("agreement", page.id)),
        "opens": _opens(number, standing) if standing else None,
        "corrected": corrected("agreement", page.id, number),
        "alerted": sum(each.answer is None for each in alerts_on(snapshot, reader, page.id, computed)),
        "answers": holds("consent:give"),
        "procedure": standing.definition if standing else definition_of(snapshot.session, page.procedure_id),
        "diagram": diagram,
        "diagram_words": words,
        "relates": standing is not None and standing.reader_is("host", "grouping") and holds("relation:add"),
        "sub_parties": sub_accord_parties(snapshot, page),
        "heritage": heritage_of(snapshot, reader, page),
        "acts": [*_acts(page, standing), *same_in("agreement", number, standing.reader_is("grouping"))]
        if standing
        else (),
        "same": doubles("agreement", page.id, number, standing is not None and standing.reader_is("grouping")),
        "row_acts": _row_acts(page, reader, standing) if standing else {},
        "kinds": _kinds(page, standing) if standing else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


def address(number: str, *parts: str) -> str:
    """The address of an agreement, or of one of its forms."""
    return "/".join((f"{request.script_root}/agreements/{number}", *parts))


def _form_of(number: str) -> Callable[[str, str], str]:
    return lambda act, trigger: address(number, *(("sign",) if trigger == "sign" else (act, trigger)))


def _opens(number: str, standing: Standing) -> str | None:
    """The form that opens a matter about the agreement, for whoever has a role in it."""
    about = f"{request.script_root}/matters/new?agreement={number}"
    return about if standing.facts.actor_roles and holds("matter:open") else None


def _acts(page: AgreementPage, standing: Standing) -> list[Form]:
    """The forms that the reader's roles for this agreement open at its stage, the likeliest first."""
    roles = standing.facts.actor_roles
    keeper, party = standing.reader_is("host", "grouping"), standing.reader_is("host", "each_party")
    offered = (
        ("signature:log", "sign", page.stage == "signing" and party),
        ("text:add", "text", page.stage == "preparation" and keeper),
        ("item:add", "items/new", page.stage != "ended" and roles),
        ("signature:decline", "decline", page.stage == "signing" and party),
        ("act:import", "acts/import", page.texts and keeper),
    )
    return [{"act": act, "href": address(page.number, part)} for act, part, may in offered if may]


def _kinds(page: AgreementPage, standing: Standing) -> tuple[str, ...]:
    """The kinds of acts whose forms the reader's roles open, once the text is open: who is no party can only become one, and
    the settled text is signed by a form of its own."""
    if page.stage == "preparation" or not page.texts or not holds("act:record"):
        return ()
    host, party = standing.reader_is("host"), standing.reader_is("each_party")
    amended = any(text.kind == "amendment" for text in page.texts)
    joining = JOINING if host or not party else ()
    others = (
        (kind for kind in KINDS if kind not in JOINING and (kind != "signature" or amended)) if host or party else ()
    )
    return (*others, *joining)


def _row_acts(page: AgreementPage, reader: Actor, standing: Standing) -> dict[int, list[Form]]:
    """For each act that stands, the answers that the reader's roles may give: confirm or object, annul."""
    if not standing.reader_is("host", "each_party") or not any(row.acts for row in page.parties):
        return {}
    mine = codes_of_officer(here.snapshot(), reader)
    host = standing.reader_is("host")
    return {
        act.id: forms
        for row in page.parties
        for act in row.acts
        if act.annulled_at is None and (forms := _answers(page, act, row.party.key in mine, host))
    }


def _answers(page: AgreementPage, act: ActRow, own: bool, host: bool) -> list[Form]:
    forms = []
    if own and act.confirmation == "awaited":
        forms.append({"act": "signature:confirm", "href": address(page.number, "acts", str(act.id), "answer")})
    if own or (host and act.logged_by == "host" and act.confirmation != "confirmed"):
        forms.append({"act": "act:annul", "href": address(page.number, "acts", str(act.id), "annul")})
    return forms
