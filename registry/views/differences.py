"""/differences: what changed between any two moments, as a page and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from registry.documents.differences_csv import differences_csv
from registry.domain.addresses import RECORDS
from registry.errors import Reason, Refused
from registry.permissions import Actor
from registry.queries.access import Condition
from registry.queries.choices import record_of
from registry.queries.differences import Subject, differences
from registry.queries.fields import changes_in, field_page
from registry.queries.rows import Named
from registry.queries.since import belonging
from registry.queries.snapshot import Snapshot, known_entry
from registry.views import here
from registry.views.guards import public, signed_in
from registry.words import Language

blueprint = Blueprint("differences", __name__)

SIZE = 20
"""Records on one page."""


@blueprint.get("/differences")
@public
def page() -> ResponseReturnValue:
    """What is different at the later moment, by record and field; asks for the moments where none is given."""
    if not request.args.get("from"):
        return render_template("differences.html", found=None, subject=None, earlier=None, later=None, following=None)
    since, until, subject, within = _asked()
    found = differences(
        here.database(),
        here.actor(),
        since,
        until,
        here.today(),
        within=within,
        after=_record("after", request.args.get("after", "")),
    )
    shown = list(islice(found, SIZE + 1))
    following = f"{shown[SIZE - 1].kind}:{shown[SIZE - 1].id}" if len(shown) > SIZE else None
    earlier, later = (Snapshot(here.database(), entry, here.today()).stamp for entry in (since, until))
    return render_template(
        "differences.html", found=shown[:SIZE], subject=subject, earlier=earlier, later=later, following=following
    )


@blueprint.get("/differences.csv")
@signed_in
def export() -> ResponseReturnValue:
    """The same, all of it, as a file."""
    since, until, _, within = _asked()
    span = {"since": since, "until": until, "today": here.today(), "within": within}
    answer = Response(_pieces(here.session_of_stream(), here.actor(), span, here.language()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="differences-{since}-{until}.csv"'
    return answer


def _pieces(session: Session, actor: Actor, span: dict[str, Any], language: Language) -> Iterator[bytes]:
    with session:
        yield from differences_csv(differences(session, actor, **span, opened=False), language)


def _asked() -> tuple[int, int, Named | None, Condition | None]:
    """The two entries, the one record or field that the query means, and the condition on changes of it, with `belongs=` also of
    what belongs to it. Raises Refused bad-known, date-missing, moments-reversed, unknown-choice;
    NotFound."""
    session, zone = here.database(), here.zone().key
    since = known_entry(session, request.args.get("from"), zone, field="from")
    until = known_entry(session, request.args.get("to"), zone, field="to")
    if since is None:
        raise Refused(Reason("date-missing", field="from"))
    if until is None:
        until = Snapshot(session, None, here.today()).stamp.entry
    if since > until:
        raise Refused(Reason("moments-reversed", {"first": since, "last": until}, field="to"))
    text = request.args.get("subject", "")
    kind, _, key = text.partition(":")
    if text and kind not in (*RECORDS.values(), "field"):
        raise Refused(Reason("unknown-choice", {"value": text}, field="subject"))
    if not text:
        return since, until, None, None
    present = Snapshot(session, None, here.today())
    if kind == "field":
        field = field_page(present, here.actor(), key, size=1).name
        return since, until, Named(kind, key, field.title_zh, field.title_en, field.sample), changes_in(present, key)
    identity, named = record_of(present, here.actor(), kind, key)
    return since, until, named, belonging(present, kind, identity, alone=not request.args.get("belongs"))


def _record(name: str, text: str) -> Subject | None:
    """Kind and id of a record, as the address of the next page names it. Raises Refused bad-number."""
    kind, _, identity = text.partition(":")
    if text and not (identity.isascii() and identity.isdigit() and len(identity) <= 18):
        raise Refused(Reason("bad-number", {"value": text}, field=name))
    return (kind, int(identity)) if text else None
