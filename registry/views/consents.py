"""Consent: a step put to others, what is asked of one's own parties, and one round with the form to answer it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, RadioField, SelectField, TextAreaField

from registry.domain.addresses import ROOM_OF, ROOMS
from registry.errors import NotPermitted, Stale
from registry.permissions import allowed
from registry.queries.consent_page import ConsentPage, consent_page
from registry.queries.rounds import asked_of, keepers_of
from registry.services.consent import Answer, Propose, WithdrawProposal, answer, propose, withdraw
from registry.services.proposals import LIVE
from registry.views import here
from registry.views.acting import act_page, send
from registry.views.forms import ActForm, offer, offer_words, required
from registry.views.guards import permitted
from registry.views.limits import limits_on
from registry.views.moves import about, address
from registry.views.steps import BY_FORM, form_for, living, title, what_blocks
from registry.views.told import Told

blueprint = Blueprint("consents", __name__)

BY_PROPOSING = BY_FORM | {"consent-not-asked", "second-person-missing"}
"""Wants that a proposal, or the step itself later, takes care of."""


class AnswerForm(ActForm):
    """What one party says to what was put forward. content: hash of what its officer read."""

    party = SelectField(_("表态方"), validators=[required()], validate_choice=False)
    answer = RadioField(_("本方的表态"), validators=[required()])
    reason = TextAreaField(_("意见"), description=_("只给本方与有权的人看；不同意或要求修改时必须写明。"))
    content = HiddenField()


class WithdrawForm(ActForm):
    """A proposal is taken back; nothing is asked."""


@blueprint.route("/<any(agreements,items,matters):room>/<number>/propose/<trigger>", methods=["GET", "POST"])
@permitted("agreement:step", "item:step", "matter:step")
def put_forward(room: str, number: str, trigger: str) -> ResponseReturnValue:
    """Put a step to the parties, or to a second person; what it still lacks stands above the form."""
    kind, page = ROOMS[room], address(room, number)
    subject, standing, rounds, arrow = about(kind, number, trigger)
    if living(rounds, arrow) and request.method == "GET":
        return redirect(f"{page}#rounds")
    form = form_for(arrow)

    def perform() -> str:
        propose(here.database(), here.actor(), Propose(kind, number, trigger, **form.given()), at=here.at())
        return f"{page}#rounds"

    return act_page(
        form, perform, act="consent:ask" if arrow.consent else "consent:second", subject=subject,
        what=gettext("提请：%(step)s", step=title(arrow.title)),
        blocked=what_blocks(standing, trigger, but=BY_PROPOSING), cancel=page,
    )  # fmt: skip


@blueprint.get("/consents")
@permitted("consent:give")
def consents() -> ResponseReturnValue:
    """What is asked of the reader's parties, the oldest first, and what they answered and may still replace."""
    asked = asked_of(here.database(), here.actor())
    return render_template(
        "consents/list.html",
        unanswered=[each for each in asked if each.answer is None],
        answered=[each for each in asked if each.answer is not None],
        today=here.today().isoformat(),
    )


@blueprint.route("/consents/<int:number>", methods=["GET", "POST"])
@permitted("consent:give", "agreement:step", "item:step", "matter:step")
def consent(number: int) -> ResponseReturnValue:
    """One round: what was put forward, each party's answer, and the form for the reader's own."""
    page = consent_page(here.snapshot(), here.actor(), number)
    form = _answer_form(page)
    if request.method == "POST" and not page.parties:
        raise NotPermitted("consent:give")
    if form.is_submitted() and page.successor is not None and "csrf_failed" not in g:
        return _both_worlds(number, form)
    try:
        sent, reasons = send(form, lambda: _answer(number, form))
    except Stale:
        return _both_worlds(number, form)
    if sent is not None:
        return redirect(sent, 303)
    return _shown(page, form, reasons=reasons), form.status


@blueprint.route("/consents/<int:number>/withdraw", methods=["GET", "POST"])
@permitted("agreement:step", "item:step", "matter:step")
def take_back(number: int) -> ResponseReturnValue:
    """The proposer takes a proposal back."""
    page = consent_page(here.snapshot(), here.actor(), number)
    if not _may_withdraw(page):
        raise NotPermitted(f"{page.about.kind}:step")
    back = address(ROOM_OF[page.about.kind], page.about.key)

    def perform() -> str:
        withdraw(here.database(), here.actor(), WithdrawProposal(number), at=here.at())
        return f"{back}#rounds"

    return act_page(
        WithdrawForm(), perform, act="consent:withdraw", subject=page.about, round=page.round,
        cancel=f"{request.script_root}/consents/{number}",
    )  # fmt: skip


def _may_withdraw(page: ConsentPage) -> bool:
    """The party that put it forward, and the secretariat of the grouping, while it can still lead to its step."""
    permission, reader = f"{page.about.kind}:step", here.actor()
    own = page.proposed_for is not None and allowed(reader, permission, body_id=page.proposed_for)
    grouping = keepers_of(here.database(), page.subject)[1]
    return page.round.outcome in LIVE and (own or allowed(reader, permission, grouping_id=grouping))


def _answer_form(page: ConsentPage) -> AnswerForm:
    form = AnswerForm()
    form.party.choices = offer(page.parties)
    form.answer.choices = offer_words("vote.answer", page.round.answers)
    if not form.is_submitted():
        form.content.data = page.round.content
    return form


def _answer(number: int, form: AnswerForm) -> str:
    ask = Answer(number, form.party.data, form.answer.data, form.reason.data or None, form.content.data or None)
    if answer(here.database(), here.actor(), ask, at=here.at()).standing == "late":
        flash(gettext("这一轮已经结束：您的表态记录在案，标明逾期，不影响结果。"), "error")
    return f"{request.script_root}/consents/{number}"


def _both_worlds(number: int, form: AnswerForm) -> ResponseReturnValue:
    """What the officer read and what is put forward now, side by side; the answer typed stands under what is new."""
    page = consent_page(here.snapshot(), here.actor(), number)
    if page.successor is None:
        raise Stale
    form.content.data = page.successor.content
    return _shown(page, form), 409


def _shown(page: ConsentPage, form: AnswerForm, reasons: Sequence[Told] = ()) -> str:
    limits = limits_on(page.subject, page.definition)
    return render_template(
        "consents/page.html", page=page, form=form, reasons=reasons, withdrawable=_may_withdraw(page),
        due=next((each for each in limits if each.row.proposal_id == page.round.id), None),
        stale=form.is_submitted() and page.successor is not None,
    )  # fmt: skip
