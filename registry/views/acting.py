"""The one way in which a page carries out an act: show its form, call the service, tell refusals beside their fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.queries.rounds import RoundRow
from registry.queries.rows import Named
from registry.services.files import store_file
from registry.services.matter_values import input_of
from registry.views import here
from registry.views.forms import ActForm, PartialDateField
from registry.views.guards import status_of
from registry.views.told import Told, all_told, told

FIELD_OF = {"basis-missing": "basis", "reason-missing": "reason", "merge-target-named": "merge_into"}
"""Conditions of the engine that an input of the form itself can meet."""


def act_page(
    form: ActForm,
    perform: Callable[[], str],
    *,
    act: str,
    cancel: str,
    subject: Named | None = None,
    what: str | None = None,
    round: RoundRow | None = None,
    blocked: Sequence[Told] = (),
) -> ResponseReturnValue:
    """The form of an act, and what became of it when it was sent.

    perform: calls the service and answers the address to go to. act: the permission that decides the words of the page.
    what: a heading of its own. round: what was proposed, shown where it is not asked again.
    """
    sent, reasons = send(form, perform)
    if sent is not None:
        return redirect(sent, 303)
    page = render_template(
        "desk/act.html", act=act, subject=subject, what=what, round=round, form=form, blocked=blocked, reasons=reasons,
        cancel=cancel,
    )  # fmt: skip
    return page, form.status


def send(form: ActForm, perform: Callable[[], str], done: str | None = None) -> tuple[str | None, tuple[Told, ...]]:
    """Carry out what a form asks. The address to go to when it is done; else None and the reasons that name no field.

    done: what is then said on the next page.

    The form then holds its errors, what was typed, and in `status` the HTTP status of the answer.
    """
    form.status = 200
    if not form.is_submitted():
        return None, ()
    if not form.validate():
        form.status = 400 if form.csrf_token.errors else 422
        return None, ()
    try:
        address = perform()
    except Refused as refused:
        placed = Refused(*(_placed(form, reason) for reason in refused.reasons))
        form.status = status_of(placed)
        return None, beside(form, placed.reasons)
    flash(done or gettext("已登记。"), "done")
    _say_how_read(form)
    return address, ()


def beside(form: ActForm, reasons: Sequence[Reason]) -> tuple[Told, ...]:
    """Put each reason beside the field that it names; the answer holds the others."""
    others = []
    for reason in reasons:
        if reason.field is not None and reason.field in form:
            form[reason.field].errors = [*form[reason.field].errors, told(reason).sentence]
        else:
            others.append(reason)
    return all_told(others)


def keep(upload: FileStorage | None) -> str | None:
    """Keep an uploaded file and answer its SHA-256; nothing for nothing. Call inside `with_upload`."""
    if not upload or not upload.filename:
        return None
    return store_file(here.database(), here.actor(), here.store(), upload.stream, at=here.at()).sha256


def with_upload(upload: FileStorage | None) -> Any:
    """The transaction of an act that comes with a file: if the act is refused, the register does not name the file."""
    return atomic(here.database()) if upload and upload.filename else nullcontext()


def _placed(form: ActForm, reason: Reason) -> Reason:
    field = reason.field or FIELD_OF.get(reason.code)
    if reason.code == "field-missing":
        field = input_of(str(reason.values["field"]))
    if field is None or field not in form:
        return reason
    return replace(reason, field=field)


def _say_how_read(form: ActForm) -> None:
    for field in form:
        if isinstance(field, PartialDateField) and field.data is not None and field.reads_as:
            meant = field.data.en() if here.language() == "en" else field.data.zh()
            flash(gettext("“%(typed)s”读作%(meant)s。", typed=field.reads_as, meant=meant), "done")
