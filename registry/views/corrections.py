"""/corrections: wrong facts put right in the open, and the forms to propose, to object and to withdraw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from registry.domain.addresses import ROOM_OF, ROOMS
from registry.domain.dates import PartialDate
from registry.errors import NotFound, NotPermitted, Reason, Refused
from registry.models.decisions import CORRECTION_OUTCOMES
from registry.permissions import allowed
from registry.queries.choices import all_parties, record_of
from registry.queries.concerned import concerned
from registry.queries.corrections import (
    Correctable,
    CorrectionRow,
    correctable,
    correction,
    correction_list,
    corrections_on,
    heard_of,
)
from registry.queries.rows import Named
from registry.services.corrections import (
    ObjectToCorrection,
    ProposeCorrection,
    WithdrawCorrection,
    may_withdraw,
    object_to_correction,
    propose_correction,
    withdraw_correction,
)
from registry.views import asked, here
from registry.views.acting import act_page
from registry.views.forms import ActForm, offer, required
from registry.views.guards import holds, permitted, public
from registry.words import label

blueprint = Blueprint("corrections", __name__)

Forms = Mapping[int, list[dict[str, str]]]
"""Id of a correction → the forms that the reader may open: href and word."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """The corrections of a record, as its page shows them. href: the form to propose one, or None; may: as `Forms`."""

    rows: tuple[CorrectionRow, ...]
    href: str | None
    may: Forms

    @property
    def pairs(self) -> tuple[tuple[None, CorrectionRow], ...]:
        """The rows without the name of the record, which the page bears itself."""
        return tuple((None, row) for row in self.rows)


class CorrectionForm(ActForm):
    """What is wrong, and how it is right."""

    target = SelectField(_("更正的栏目"), validators=[required()], validate_choice=False)
    value = TextAreaField(_("更正后的内容"), description=_("照应有的样子写；日期知道多少写多少；应为空的留空。"))
    reason = TextAreaField(_("事由"), validators=[required()], description=_("错在哪里；只给本方与有权的人看。"))
    basis = StringField(_("依据文件"), validators=[Length(max=200)], description=_("登记编号或发文字号；没有就不填。"))


class ObjectionForm(ActForm):
    """Why a party objects."""

    party = SelectField(_("提出异议的一方"), validators=[required()], validate_choice=False)
    reason = TextAreaField(_("事由"), validators=[required()], description=_("只给本方与有权的人看。"))


class WithdrawalForm(ActForm):
    """A correction is taken back; nothing is asked."""


def corrected(kind: str, record_id: int, number: str) -> Corrected:
    """What a record's page shows of its corrections. kind, number: as the history calls it; its number or code."""
    snapshot, reader = here.snapshot(), here.actor()
    rows = corrections_on(snapshot, reader, kind, record_id)
    href = None
    if snapshot.present and holds("correction:propose"):
        may = concerned(snapshot.session, (kind, record_id)).may(reader, "correction:propose")
        href = f"{request.script_root}/{ROOM_OF[kind]}/{number}/correct" if may else None
    return Corrected(rows, href, _may(rows) if snapshot.present else {})


@blueprint.get("/corrections")
@public
def corrections() -> ResponseReturnValue:
    """The corrections of all records that the reader may see."""
    snapshot, outcome = here.snapshot(), asked.text("outcome")
    if outcome not in (None, *CORRECTION_OUTCOMES):
        raise Refused(Reason("unknown-choice", {"value": outcome or ""}, field="outcome"))
    page = correction_list(snapshot, here.actor(), outcome=outcome, page=asked.page())
    return render_template(
        "corrections/list.html", page=page, outcome=outcome, known=snapshot.known, stamp=snapshot.stamp,
        may=_may(row for _, row in page.rows) if snapshot.present else {},
    )  # fmt: skip


@blueprint.route(
    "/<any(agreements,items,parties,groupings,meetings,documents,claims):room>/<number>/correct",
    methods=["GET", "POST"],
)
@permitted("correction:propose")
def propose(room: str, number: str) -> ResponseReturnValue:
    """Propose to correct one fact of a record."""
    snapshot, reader, kind = here.snapshot(), here.actor(), ROOMS[room]
    record_id, named = record_of(snapshot, reader, kind, number)
    if not concerned(snapshot.session, (kind, record_id)).may(reader, "correction:propose"):
        raise NotPermitted("correction:propose")
    form = CorrectionForm()
    form.target.choices = [
        SelectChoice(each.place, _as_it_stands(each)) for each in correctable(snapshot, kind, record_id)
    ]
    if not form.is_submitted():
        form.target.data = request.args.get("target")

    def perform() -> str:
        ask = ProposeCorrection(
            kind, number, form.target.data, form.value.data or "", form.reason.data, form.basis.data or None
        )
        made = propose_correction(here.database(), reader, ask, at=here.at())
        return _back(made.id)

    return act_page(form, perform, act="correction:propose", subject=named, cancel=_address(kind, number))


@blueprint.route("/corrections/<int:number>/object", methods=["GET", "POST"])
@permitted("correction:object")
def object_to(number: int) -> ResponseReturnValue:
    """A party of the record objects."""
    named, row = _found(number)
    form = ObjectionForm()
    bodies = concerned(here.database(), row.subject).bodies
    mine = [
        each
        for each in all_parties(here.snapshot())
        if each.id in bodies and allowed(here.actor(), "correction:object", body_id=each.id)
    ]
    if not mine:
        raise NotPermitted("correction:object")
    form.party.choices = offer(mine)

    def perform() -> str:
        ask = ObjectToCorrection(number, form.party.data, form.reason.data)
        object_to_correction(here.database(), here.actor(), ask, at=here.at())
        return _back(number)

    return act_page(form, perform, act="correction:object", subject=named, what=_what(row), cancel=_back(number))


@blueprint.route("/corrections/<int:number>/withdraw", methods=["GET", "POST"])
@permitted("correction:propose")
def take_back(number: int) -> ResponseReturnValue:
    """Whoever proposed a correction takes it back."""
    named, row = _found(number)
    if not may_withdraw(here.actor(), row.party_id, concerned(here.database(), row.subject)):
        raise NotPermitted("correction:propose")

    def perform() -> str:
        withdraw_correction(here.database(), here.actor(), WithdrawCorrection(number), at=here.at())
        return _back(number)

    return act_page(
        WithdrawalForm(), perform, act="correction:withdraw", subject=named, what=_what(row), cancel=_back(number)
    )


def _found(number: int) -> tuple[Named, CorrectionRow]:
    found = correction(here.snapshot(), here.actor(), number)
    if found is None:
        raise NotFound("correction", number)
    return found


def _may(rows: Iterable[CorrectionRow]) -> Forms:
    """The forms that the reader may open about open corrections."""
    waiting = [row for row in rows if row.outcome == "open"]
    if not waiting or not holds("correction:propose"):
        return {}
    heard = heard_of(here.database(), here.actor(), [row.id for row in waiting])
    return {row.id: list(_forms(row, heard.get(row.id, frozenset()))) for row in waiting}


def _forms(row: CorrectionRow, heard_as: frozenset[str]) -> Iterator[dict[str, str]]:
    href = f"{request.script_root}/corrections/{row.id}"
    if "officer" in heard_as and here.today() <= row.until:
        yield {"href": f"{href}/object", "word": gettext("提出异议")}
    if _proposed_by_reader(row) if row.party_id is not None else "secretariat" in heard_as:
        yield {"href": f"{href}/withdraw", "word": gettext("撤回")}


def _proposed_by_reader(row: CorrectionRow) -> bool:
    return allowed(here.actor(), "correction:propose", body_id=row.party_id)


def _as_it_stands(fact: Correctable) -> str:
    """A field as the form offers it: whose act, which field, and what stands there now."""
    language = here.language()
    name = label("field", fact.field.column, language)
    if fact.act is not None:
        kind, party = fact.act
        name = f"{here.title(party)} · {label('act_kind', kind, language)} · {name}"
    held = fact.value
    if isinstance(held, PartialDate):
        held = held.en() if language == "en" else held.zh()
    return str(gettext("%(field)s（现为：%(value)s）", field=name, value=_short(held or gettext("空"))))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def _what(row: CorrectionRow) -> str:
    return str(gettext("更正：%(field)s", field=label("field", row.field, here.language())))


def _address(kind: str, number: str) -> str:
    """The page of a record; a claim stands on the page of all."""
    room = ROOM_OF[kind]
    return f"{request.script_root}/claims#{number}" if kind == "claim" else f"{request.script_root}/{room}/{number}"


def _back(number: int) -> str:
    return f"{request.script_root}/corrections#c{number}"
