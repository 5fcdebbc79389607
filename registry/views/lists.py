"""/lists: the annual lists of key projects by year, the page of each, and the forms that enter one and adopt its versions."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField

from registry.domain.dates import UNKNOWN
from registry.domain.list_lines import MOST, Line, read_lines, write_lines
from registry.errors import NotPermitted
from registry.models.base import LEVELS
from registry.permissions import allowed
from registry.queries.choices import all_groupings, all_parties
from registry.queries.items import ItemFilter, ItemRow, item_list
from registry.queries.lists import ListPage, list_page, lists, next_lines
from registry.services.lists import YEARS, AddList, AdoptVersion, add_list, adopt_version
from registry.views import asked, here
from registry.views.acting import act_page
from registry.views.forms import (
    DATE_HINT,
    ActForm,
    PartialDateField,
    WholeNumberField,
    at_least,
    offer_or_none,
    offer_words,
    required,
)
from registry.views.guards import holds, permitted, public
from registry.views.keeping import shown
from registry.views.since import since_on

blueprint = Blueprint("lists", __name__)


class ListForm(ActForm):
    """A list of one year."""

    title_zh = StringField(_("名称"), description=_("如“2019年区域合作重点项目表”。"), validators=[required()])
    title_en = StringField(_("英文名称"))
    year = WholeNumberField(_("年度"), validators=[required(), at_least(YEARS[0], YEARS[-1])])
    grouping = SelectField(_("哪个区域组织的"), validate_choice=False)
    issuer = SelectField(_("由哪个单位编制"), validate_choice=False)
    level = SelectField(_("公开范围"), validators=[required()])
    note = TextAreaField(_("附注"))


class VersionForm(ActForm):
    """A version as adopted."""

    adopted = PartialDateField(_("通过日期"), description=DATE_HINT)
    basis = StringField(_("依据文件"), description=_("表本身或批准它的文件：登记编号或发文字号。"))
    declared = WholeNumberField(
        _("文件称有几项"),
        description=_("照文件写；与下面的行数不同，页面会指出差几项。"),
        validators=[at_least(1, 9999)],
    )
    lines = TextAreaField(
        _("各行"),
        description=_("一行一个事项编号，后面可写大类，再后面可写从哪一年的表结转（表的编号）；可以从表格粘贴。"),
        render_kw={"rows": 16},
    )
    items = SelectMultipleField(_("再加上这些事项"), validate_choice=False)


@blueprint.get("/lists")
@public
@shown("lists/list.html")
def index() -> Mapping[str, object]:
    """The lists of all years, or of one."""
    snapshot, year = here.snapshot(), asked.number("year")
    return {
        "found": lists(snapshot, here.actor(), year, page=asked.page()),
        "year": year,
        "acts": [{"act": "list:add", "href": f"{request.script_root}/lists/new"}]
        if snapshot.present and holds("list:add")
        else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.get("/lists/<number>")
@public
@shown("lists/page.html")
def one(number: str) -> Mapping[str, object]:
    """One list, in its last version or the one asked for."""
    snapshot = here.snapshot()
    page = list_page(snapshot, here.actor(), number, asked.number("version"))
    return {
        "page": page,
        "since": since_on("list", page.id, number),
        "acts": [{"act": "list:adopt", "href": f"{_place(number)}/adopt"}] if snapshot.present and _keeps(page) else (),
        "known": snapshot.known,
        "stamp": snapshot.stamp,
    }


@blueprint.route("/lists/new", methods=["GET", "POST"])
@permitted("list:add")
def new() -> ResponseReturnValue:
    """Enter a list, empty."""
    form, snapshot = ListForm(), here.snapshot()
    form.grouping.choices = offer_or_none(all_groupings(snapshot))
    form.issuer.choices = offer_or_none(party for party in all_parties(snapshot) if _may_issue(party.id))
    form.level.choices = offer_words("level", LEVELS)

    def perform() -> str:
        ask = AddList(
            form.title_zh.data, form.year.data or 0, form.grouping.data or None, form.issuer.data or None,
            form.title_en.data or None, form.level.data, form.note.data or None,
        )  # fmt: skip
        return _place(add_list(here.database(), here.actor(), ask, at=here.at()).number)

    return act_page(form, perform, act="list:add", cancel=f"{request.script_root}/lists")


@blueprint.route("/lists/<number>/adopt", methods=["GET", "POST"])
@permitted("list:adopt")
def adopt(number: str) -> ResponseReturnValue:
    """Adopt the next version, from pasted rows and chosen items."""
    snapshot = here.snapshot()
    page = list_page(snapshot, here.actor(), number)
    if not _keeps(page):
        raise NotPermitted("list:adopt")
    form = VersionForm()
    likely = next_lines(snapshot, here.actor(), page)
    if not form.is_submitted():
        form.lines.data = write_lines(likely)
    form.items.choices = [(row.number, f"{row.number} {here.title(row)}") for row in _open_items(page, likely)]

    def perform() -> str:
        lines = (*read_lines(form.lines.data or ""), *(Line(each) for each in form.items.data or ()))
        ask = AdoptVersion(number, form.adopted.data or UNKNOWN, lines, form.basis.data or None, form.declared.data)
        adopt_version(here.database(), here.actor(), ask, at=here.at())
        return _place(number)

    return act_page(form, perform, act="list:adopt", cancel=_place(number), subject=page.named)


def _place(number: str) -> str:
    return f"{request.script_root}/lists/{number}"


def _keeps(page: ListPage) -> bool:
    """Whether the reader keeps the list: the secretariat of its grouping, or an officer of its issuer."""
    return any(
        allowed(here.actor(), "list:adopt", **{scope: identity})
        for scope, identity in (("grouping_id", page.grouping_id), ("body_id", page.issuer_id))
        if identity is not None
    )


def _may_issue(body_id: int) -> bool:
    return allowed(here.actor(), "list:add", body_id=body_id) or any(each.grouping_id for each in here.actor().held)


def _open_items(page: ListPage, likely: tuple[Line, ...]) -> list[ItemRow]:
    """Items of the grouping, or those that the issuer has a part in, that go on and are not among the rows offered."""
    issuer = page.issuer.key if page.issuer else None
    which = ItemFilter(grouping=page.grouping.key) if page.grouping else ItemFilter(party=issuer)
    there = {line.item for line in likely}
    rows = item_list(here.snapshot(), here.actor(), which, size=MOST).rows
    return [row for row in rows if row.stage != "ended" and row.number not in there and row.sample == page.sample]
