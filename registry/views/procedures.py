"""/procedures: the list, the page of each version, and the checks for a definition that is not yet one."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import TextAreaField

from registry.domain.guards import VOCABULARY
from registry.queries.procedures import procedure_list, procedure_page
from registry.services.procedures import earlier_versions
from registry.views import asked, clauses, here
from registry.views.chinese import marked_svg
from registry.views.forms import ActForm, upload
from registry.views.guards import holds, permitted, public
from workflows import Definition, Finding, strict_yaml
from workflows.check import examine
from workflows.diagram import describe, dot, mermaid, svg

blueprint = Blueprint("procedures", __name__)


class DefinitionForm(ActForm):
    """A definition, typed or as a file; the file counts where both are there."""

    source = TextAreaField(_("流程定义（YAML）"), description=_("粘贴全文，最大 1 MB。"))
    file = upload(_("或选择文件"), _("UTF-8 编码的 YAML 文件，最大 1 MB。"))

    def text(self) -> str | bytes:
        """What was given; of a larger file as much as shows that it is too large."""
        if self.file.data and self.file.data.filename:
            with self.file.data.stream as stream:
                return bytes(stream.read(strict_yaml.BYTES_AT_MOST + 1))
        return str(self.source.data or "")


@blueprint.get("/procedures")
@public
def procedures() -> ResponseReturnValue:
    """Every version that there is."""
    snapshot = here.snapshot()
    acts = (
        (("procedure:check", "check"), ("procedure:draft", "new"))
        if snapshot.present and holds("procedure:draft")
        else ()
    )
    return render_template(
        "procedures/list.html",
        rows=procedure_list(snapshot, here.actor()),
        acts=[{"act": act, "href": f"{request.script_root}/procedures/{part}"} for act, part in acts],
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/procedures/<slug>/<int:version>")
@public
def procedure(slug: str, version: int) -> ResponseReturnValue:
    """One version: its picture, its steps and their rules, its checks, who runs on it, its text."""
    snapshot = here.snapshot()
    page = procedure_page(snapshot, here.actor(), slug, version, page=asked.page())
    definition, language = page.row.definition, here.language()
    return render_template(
        "procedures/page.html",
        page=page,
        definition=definition,
        clauses=clauses,
        diagram=marked_svg(svg(definition, lang=language)),
        diagram_words=describe(definition, lang=language),
        mermaid=mermaid(definition, lang=language),
        dot=dot(definition, lang=language),
        acts=_acts(definition, page.row.status) if snapshot.present else (),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.route("/procedures/check", methods=["GET", "POST"])
@permitted("procedure:draft")
def check() -> ResponseReturnValue:
    """What the checks say of a definition; nothing is kept."""
    form = DefinitionForm()
    text = form.text() if form.validate_on_submit() else None
    if text is None:
        return checked(form, None), 400 if form.csrf_token.errors else 200
    definition, findings = examine(text, VOCABULARY, earlier_versions(here.database()))
    return checked(form, findings, sound=definition is not None)


def checked(
    form: DefinitionForm, findings: Sequence[Finding] | None, *, sound: bool = False, keeps: bool = False
) -> str:
    """The page of the form with its findings; None: nothing was checked yet. keeps: whether it drafts what it checks."""
    return render_template("procedures/check.html", form=form, findings=findings, sound=sound, keeps=keeps)


def _acts(definition: Definition, status: str) -> list[dict[str, str]]:
    """The forms that the reader may open on this version."""
    offered = {"draft": ("publish",), "published": ("migrate", "retire")}.get(status, ())
    return [
        {"act": f"procedure:{part}", "href": address(definition.id, definition.version, part)}
        for part in offered
        if holds(f"procedure:{part}") and (part != "migrate" or _takes_over(definition))
    ]


def _takes_over(definition: Definition) -> bool:
    """Whether the register has the version that this one continues."""
    before = definition.migrate and (definition.id, definition.migrate.from_version)
    known = (row.definition for row in procedure_list(here.snapshot(), here.actor()))
    return before in {(each.id, each.version) for each in known}


def address(slug: str, version: int, *parts: str) -> str:
    """The address of a version, or of one of its forms."""
    return "/".join((f"{request.script_root}/procedures/{slug}/{version}", *parts))
