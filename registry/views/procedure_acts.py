"""The forms of procedures: draft, publish, retire, and move what runs on one version to the next."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from wtforms import HiddenField

from registry.errors import Refused
from registry.queries.procedures import procedure_page
from registry.queries.rows import Named
from registry.services.migrations import Migrate, Migration, migrate_subjects
from registry.services.procedures import (
    PublishDraft,
    RetireProcedure,
    draft_procedure,
    publish_draft,
    retire_procedure,
)
from registry.views import here
from registry.views.acting import act_page, send
from registry.views.forms import ActForm
from registry.views.guards import permitted, status_of
from registry.views.procedures import DefinitionForm, address, checked
from registry.views.told import all_told, told
from workflows import Definition, DefinitionError

blueprint = Blueprint("procedure_acts", __name__)


class PublishForm(ActForm):
    """The draft as it was read."""

    sha256 = HiddenField()


class AgreeForm(ActForm):
    """Nothing but the will to do it."""


@blueprint.route("/procedures/new", methods=["GET", "POST"])
@permitted("procedure:draft")
def draft() -> ResponseReturnValue:
    """Keep a definition as a draft, if its checks refuse nothing."""
    form = DefinitionForm()
    if not form.validate_on_submit():
        return checked(form, None, keeps=True), 400 if form.csrf_token.errors else 200
    text = form.text()
    try:
        kept = draft_procedure(here.database(), here.actor(), _decoded(text), at=here.at())
    except DefinitionError as error:
        return checked(form, error.findings, keeps=True), 422
    except Refused as error:
        form.source.errors = [each.sentence for each in all_told(error.reasons)]
        return checked(form, None, keeps=True), 409
    flash(gettext("已存为草案。"), "done")
    return redirect(address(kept.slug, kept.version), 303)


def _decoded(text: str | bytes) -> str:
    """The text of a file; what is no UTF-8 keeps a sign that the strict reader refuses."""
    return text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text


@blueprint.route("/procedures/<slug>/<int:version>/publish", methods=["GET", "POST"])
@permitted("procedure:publish")
def publish(slug: str, version: int) -> ResponseReturnValue:
    """Publish a draft exactly as it was read."""
    definition = _definition(slug, version)
    form = PublishForm(sha256=definition.sha256)

    def perform() -> str:
        ask = PublishDraft(slug, version, form.sha256.data or "")
        publish_draft(here.database(), here.actor(), ask, at=here.at())
        return address(slug, version)

    return act_page(form, perform, act="procedure:publish", subject=_named(definition), cancel=address(slug, version))


@blueprint.route("/procedures/<slug>/<int:version>/retire", methods=["GET", "POST"])
@permitted("procedure:retire")
def retire(slug: str, version: int) -> ResponseReturnValue:
    """Let nothing new begin with a version."""
    definition = _definition(slug, version)

    def perform() -> str:
        retire_procedure(here.database(), here.actor(), RetireProcedure(slug, version), at=here.at())
        return address(slug, version)

    return act_page(
        AgreeForm(), perform, act="procedure:retire", subject=_named(definition), cancel=address(slug, version)
    )


@blueprint.route("/procedures/<slug>/<int:version>/migrate", methods=["GET", "POST"])
@permitted("procedure:migrate")
def migrate(slug: str, version: int) -> ResponseReturnValue:
    """What would become of everything that runs on the version before, and the form that does it."""
    form = AgreeForm()

    def perform() -> str:
        migrate_subjects(here.database(), here.actor(), Migrate(slug, version), at=here.at())
        return address(slug, version)

    sent, reasons = send(form, perform)
    if sent is not None:
        return redirect(sent, 303)
    status = form.status
    definition = _definition(slug, version)
    migration: Migration | None = None
    try:
        migration = migrate_subjects(here.database(), here.actor(), Migrate(slug, version, dry_run=True), at=here.at())
    except Refused as refused:
        reasons, status = all_told(refused.reasons), status if status != 200 else status_of(refused)
    page = render_template(
        "procedures/migrate.html",
        definition=definition,
        migration=migration,
        told=told,
        form=form,
        reasons=reasons,
        cancel=address(slug, version),
    )
    return page, status


def _definition(slug: str, version: int) -> Definition:
    """Raises NotFound."""
    return procedure_page(here.snapshot(), here.actor(), slug, version).row.definition


def _named(definition: Definition) -> Named:
    titles = definition.title
    return Named(
        "procedure",
        f"{definition.id}/{definition.version}",
        f"{titles.zh}（第 {definition.version} 版）",
        f"{titles.en or titles.zh} (version {definition.version})",
    )
