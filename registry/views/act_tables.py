"""/agreements/<number>/acts.csv and …/acts/import: the acts of an agreement as a table, out and in."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from flask import Blueprint, Response, current_app, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import BooleanField, HiddenField

from registry.documents.act_tables import BYTES_AT_MOST, acts_csv, read_acts
from registry.domain.act_rows import CellFault, TableRefused
from registry.errors import NotPermitted, Refused
from registry.permissions import allowed
from registry.queries.act_lines import act_lines
from registry.queries.choices import AgreementChoices, agreement_choices
from registry.services.act_imports import ActsImport, ImportActs, import_acts
from registry.views import here
from registry.views.agreements import address
from registry.views.forms import ActForm, upload
from registry.views.guards import permitted, public, status_of
from registry.views.told import Told, all_told, told

blueprint = Blueprint("act_tables", __name__)

SHOWN_AT_MOST = 500
"""Rows of a preview that are listed; all are counted."""
KEPT_FOR = 12 * 3600
"""Seconds for which a previewed file can be entered."""


class TableForm(ActForm):
    """A table of acts. kept: the file that was shown already, signed."""

    evidence = upload(
        _("行为表"), _("工作簿（.xlsx）、CSV（UTF-8 或 GB18030）或 YAML，最大 5 MB。先预览，不会马上登记。")
    )
    add_parties = BooleanField(_("补入名单上没有的签署方（只用于补录、且名单不齐全的协议）"))
    kept = HiddenField()


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the content store that this person was shown, for this agreement."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FaultTold:
    """A fault by its cell, in words."""

    fault: CellFault
    told: Told


@blueprint.get("/agreements/<number>/acts.csv")
@public
def out(number: str) -> ResponseReturnValue:
    """The acts that stand, as the same table that can be imported."""
    snapshot = here.snapshot()
    about = agreement_choices(snapshot, here.actor(), number)
    table = b"".join(acts_csv(act_lines(snapshot, about.id), here.language()))
    answer = Response(table, mimetype="text/csv")
    day = f"-{snapshot.on.isoformat()}" if snapshot.on else ""
    answer.headers["Content-Disposition"] = f'attachment; filename="acts-{number}-{snapshot.stamp.entry}{day}.csv"'
    return answer


@blueprint.route("/agreements/<number>/acts/import", methods=["GET", "POST"])
@permitted("act:import")
def take(number: str) -> ResponseReturnValue:
    """Upload a table, see what it would do, enter it."""
    about = agreement_choices(here.snapshot(), here.actor(), number)
    if not any(
        allowed(here.actor(), "act:import", **scope)
        for scope in ({"body_id": about.host_id}, {"grouping_id": about.grouping_id})
        if None not in scope.values()
    ):
        raise NotPermitted("act:import")
    form = TableForm()
    if not form.is_submitted():
        return _page(about, form)
    if not form.validate():
        return _page(about, form, status=400 if form.csrf_token.errors else 422)
    kept = _uploaded(form, number) or _shown_before(form, number)
    if kept is None:
        form.evidence.errors = [gettext("请选择一个文件。")]
        return _page(about, form, status=422)
    entering = not (form.evidence.data and form.evidence.data.filename)
    try:
        rows = read_acts(here.store().path(kept.sha256).read_bytes(), kept.file)
        ask = ImportActs(number, kept.file, rows, form.add_parties.data, dry_run=not entering)
        done = import_acts(here.database(), here.actor(), ask, at=here.at())
    except TableRefused as refused:
        return _page(about, form, file=refused.file, sheet=refused.sheet, faults=refused.faults, status=422)
    except Refused as refused:
        return _page(about, form, reasons=all_told(refused.reasons), status=status_of(refused))
    if not entering:
        return _page(about, form, file=kept.file, faults=done.faults, done=done, status=422 if done.faults else 200)
    flash(gettext("已登记 %(n)s 项；%(known)s 项原来就有。", n=len(done.entered), known=len(done.known)), "done")
    return redirect(address(number) + "#parties", 303)


def _page(
    about: AgreementChoices,
    form: TableForm,
    *,
    status: int = 200,
    file: str | None = None,
    sheet: str | None = None,
    faults: tuple[CellFault, ...] = (),
    done: ActsImport | None = None,
    reasons: tuple[Told, ...] = (),
) -> ResponseReturnValue:
    page = render_template(
        "agreements/acts_import.html",
        subject=about.named,
        form=form,
        file=file,
        sheet=sheet,
        faults=[FaultTold(fault, told(fault.reason)) for fault in faults[:SHOWN_AT_MOST]],
        fault_count=len(faults),
        done=None if faults else done,
        shown=SHOWN_AT_MOST,
        reasons=reasons,
        cancel=address(about.named.key),
    )
    return page, status


def _uploaded(form: TableForm, number: str) -> Kept | None:
    """The file that was sent now, put into the content store; its name and hash go back to the page, signed."""
    sent = form.evidence.data
    if not sent or not sent.filename:
        return None
    content = sent.stream.read(BYTES_AT_MOST + 1)
    kept = Kept(sent.filename[-200:], hashlib.sha256(content).hexdigest())
    if content:
        here.store().keep(io.BytesIO(content))
        form.kept.data = _seal().dumps([here.actor().person_id, number, kept.file, kept.sha256])
    return kept


def _shown_before(form: TableForm, number: str) -> Kept | None:
    """The file that this person was shown. Signed, for nobody may have the register read a file by its hash alone."""
    try:
        person, agreement, file, sha256 = _seal().loads(form.kept.data or "", max_age=KEPT_FOR)
    except BadSignature:
        return None
    return Kept(file, sha256) if (person, agreement) == (here.actor().person_id, number) else None


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="acts-table")
