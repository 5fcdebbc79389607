"""/alerts: what does not agree, each with its remedy, and the form to answer one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from registry.errors import NotPermitted, Reason, Refused
from registry.queries.alerts import CODES, Alert, alerts, alerts_on
from registry.queries.choices import record_of
from registry.queries.concerned import concerned, which_may
from registry.queries.rows import Paging
from registry.services.alert_answers import AnswerAlert, answer_alert, read_mark
from registry.views import asked, here
from registry.views.acting import act_page
from registry.views.forms import ActForm, required
from registry.views.guards import permitted, public
from registry.words import refusals

blueprint = Blueprint("alerts", __name__)

SIZE = 50
"""Alerts on a page."""


@dataclass(frozen=True, slots=True)
class AlertTold:
    """An alert in the reader's language. derivation: how the computed date came about, or None. href: its form, or None."""

    alert: Alert
    sentence: str
    remedy: str
    derivation: str | None
    href: str | None


class AnswerForm(ActForm):
    """What was found."""

    reason = TextAreaField(_("查明的情况"), validators=[required()], description=_("只给本方与有权的人看。"))
    basis = StringField(_("依据文件"), validators=[Length(max=200)], description=_("登记编号或发文字号；没有就不填。"))


@blueprint.get("/alerts")
@public
def overview() -> ResponseReturnValue:
    """The alerts on what the reader may see; of one agreement, or of one sort, where asked."""
    snapshot, reader, code, number = here.snapshot(), here.actor(), asked.text("code"), asked.text("agreement")
    if code not in (None, *CODES):
        raise Refused(Reason("unknown-choice", {"value": code or ""}, field="code"))
    only = None if number is None else record_of(snapshot, reader, "agreement", number)[0]
    found = alerts(snapshot, reader) if only is None else alerts_on(snapshot, reader, only)
    chosen = [each for each in found if code in (None, each.code)]
    page = asked.page()
    shown = chosen[(page - 1) * SIZE : page * SIZE]
    open_now = {each.subject for each in shown if each.answer is None and snapshot.present}
    answerable = which_may(snapshot.session, reader, "alert:answer", open_now)
    return render_template(
        "alerts/list.html", rows=[_told(each, each.subject in answerable) for each in shown], code=code, agreement=number,
        open=sum(each.answer is None and not each.record.sample for each in chosen),
        counts=Counter(each.code for each in found if each.answer is None), codes=CODES,
        paging=Paging(page, SIZE, len(chosen)), known=snapshot.known, stamp=snapshot.stamp,
    )  # fmt: skip


@blueprint.route("/alerts/<mark>/answer", methods=["GET", "POST"])
@permitted("alert:answer")
def respond(mark: str) -> ResponseReturnValue:
    """Say what was found about an alert."""
    snapshot, reader = here.snapshot(), here.actor()
    code, kind, number = read_mark(mark)
    record_id, named = record_of(snapshot, reader, kind, number)
    if not concerned(snapshot.session, (kind, record_id)).may(reader, "alert:answer"):
        raise NotPermitted("alert:answer")
    form = AnswerForm()

    def perform() -> str:
        ask = AnswerAlert(mark, form.reason.data, form.basis.data or None)
        answer_alert(here.database(), reader, ask, at=here.at())
        return f"{request.script_root}/alerts?code={code}"

    what = here.word("alert", code)
    return act_page(
        form, perform, act="alert:answer", subject=named, what=what, cancel=f"{request.script_root}/alerts?code={code}"
    )


def _told(alert: Alert, answerable: bool) -> AlertTold:
    language = here.language()
    href = None
    if alert.answer is None and answerable:
        href = f"{request.script_root}/alerts/{alert.mark}/answer"
    derivation = None if alert.derivation is None else getattr(alert.derivation, language)
    return AlertTold(
        alert, refusals.sentence(alert.reason, language), refusals.remedy(alert.reason, language), derivation, href
    )
