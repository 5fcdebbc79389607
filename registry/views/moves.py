"""/agreements/<number>/step/<trigger>, and the same of an item: take a step, as it was proposed or on grounds of its own."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from registry.domain.addresses import ROOMS
from registry.queries.choices import record_of
from registry.queries.facts import Standing, standing_of
from registry.queries.rounds import RoundRow, rounds_on
from registry.queries.rows import Named
from registry.services.agreements import PERMISSIONS
from registry.services.moves import BY_ACTS, TakeStep, take_step
from registry.views import here
from registry.views.acting import act_page
from registry.views.guards import permitted
from registry.views.steps import BY_FORM, StepForm, arrow_for, asks_others, form_for, living, title, what_blocks
from workflows import Transition

blueprint = Blueprint("moves", __name__)


@blueprint.route("/<any(agreements,items):room>/<number>/step/<trigger>", methods=["GET", "POST"])
@permitted("agreement:step", "item:step", *PERMISSIONS.values())
def step(room: str, number: str, trigger: str) -> ResponseReturnValue:
    """One step; what it still lacks, or what was proposed and answered, stands above the form."""
    kind, page = ROOMS[room], address(room, number)
    subject, standing, rounds, arrow = about(kind, number, trigger)
    proposal = living(rounds, arrow)
    if asks_others(arrow) and proposal is None and request.method == "GET":
        return redirect(address(room, number, "propose", trigger))
    form = StepForm() if proposal else form_for(arrow)

    def perform() -> str:
        take_step(here.database(), here.actor(), TakeStep(kind, number, trigger, **form.given()), at=here.at())
        return page

    return act_page(
        form, perform, act=permission_of(kind, trigger), subject=subject, what=title(arrow.title), round=proposal,
        blocked=what_blocks(standing, trigger, but=BY_FORM), cancel=page,
    )  # fmt: skip


def about(kind: str, number: str, trigger: str) -> tuple[Named, Standing, tuple[RoundRow, ...], Transition]:
    """What a form that moves a subject is about, if the reader's roles may take the step.

    The facts promise what comes with the form. Raises NotFound; NotPermitted.
    """
    reader, session = here.actor(), here.database()
    identity, subject = record_of(here.snapshot(), reader, kind, number)
    standing = standing_of(session, (kind, identity), reader, basis=True, reason=True)
    asked = "" if kind == "agreement" and trigger in BY_ACTS else trigger
    arrow = arrow_for(standing, asked, permission_of(kind, trigger))
    return subject, standing, rounds_on(session, reader, (kind, identity)), arrow


def address(room: str, number: str, *parts: str) -> str:
    """The address of a subject, or of one of its forms."""
    return "/".join((f"{request.script_root}/{room}/{number}", *parts))


def permission_of(kind: str, trigger: str) -> str:
    """The permission that names a step of a subject."""
    return PERMISSIONS.get(trigger, "agreement:step") if kind == "agreement" else f"{kind}:step"
