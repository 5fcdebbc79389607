"""The same pages as files: CSV, workbook, DOCX and PDF of a record or of a list, cut to what the reader may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from registry.documents.act_tables import acts_sheet
from registry.documents.papers import paper
from registry.documents.prints import printed
from registry.documents.sheets_csv import sheet_csv
from registry.documents.stamped import Stamped
from registry.documents.workbooks import workbook
from registry.domain.sheets import Sheet
from registry.errors import Reason, Refused
from registry.models import Procedure
from registry.queries.act_lines import act_lines
from registry.queries.agreement_page import agreement_page
from registry.queries.agreements import AgreementFilter
from registry.queries.choices import agreement_choices, all_meetings
from registry.queries.definitions import published_definitions
from registry.queries.documents import document_page
from registry.queries.force import forces
from registry.queries.groupings import grouping_page
from registry.queries.item_figures import item_figures
from registry.queries.item_page import item_page
from registry.queries.items import ItemFilter, item_list
from registry.queries.lists import list_page
from registry.queries.matrix import matrix_page
from registry.queries.matter_page import matter_page
from registry.queries.matters import MatterFilter
from registry.queries.meetings import meeting_page
from registry.queries.parties import party_page
from registry.queries.since import entry_since, meetings_held
from registry.queries.snapshot import Snapshot
from registry.views import asked, here
from registry.views.change_sheets import changes_sheet
from registry.views.guards import public
from registry.views.item_sheets import item_sheets
from registry.views.list_tables import LISTS, ListTable
from registry.views.matter_sheets import matter_sheets
from registry.views.meeting_package import Occasion, meeting_package
from registry.views.record_sheets import (
    agreement_sheets,
    document_sheets,
    grouping_sheets,
    list_sheets,
    matrix_sheet,
    meeting_sheets,
    party_sheets,
)
from registry.views.sheets import filled
from registry.views.stamping import Desk
from registry.views.tongue import speaking

blueprint = Blueprint("take_away", __name__)

FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
"""Ending of an address → type of the file."""
MOST = 2_000
"""Items of one record in a file."""


@dataclass(frozen=True, slots=True)
class Made:
    """One record as tables. id: its own; number: or code."""

    id: int
    title: str
    number: str
    sheets: tuple[Sheet, ...]


def agreement_tables(desk: Desk, number: str) -> Made:
    """An agreement with all its items. Raises NotFound."""
    page = agreement_page(desk.snapshot, desk.actor, number, size=MOST)
    computed = forces(desk.snapshot, (page.id,)).get(page.id, ())
    return Made(page.id, desk.t.title(page.title_zh, page.title_en), number, agreement_sheets(desk.t, page, computed))


def item_tables(desk: Desk, number: str) -> Made:
    """An item. Raises NotFound."""
    page = item_page(desk.snapshot, desk.actor, number)
    figures = item_figures(desk.snapshot, desk.actor, page.id)
    return Made(
        page.id, desk.t.title(page.row.title_zh, page.row.title_en), page.row.number, item_sheets(desk.t, page, figures)
    )


def party_tables(desk: Desk, code: str) -> Made:
    """A party with all its items. Raises NotFound."""
    page = party_page(desk.snapshot, desk.actor, code, size=MOST, agreements=MOST)
    return Made(page.id, desk.t.title(page.row.title_zh, page.row.title_en), page.row.code, party_sheets(desk.t, page))


def meeting_tables(desk: Desk, number: str) -> Made:
    """A meeting. Raises NotFound."""
    page = meeting_page(desk.snapshot, desk.actor, number)
    return Made(
        page.id, desk.t.title(page.row.title_zh, page.row.title_en), page.row.number, meeting_sheets(desk.t, page)
    )


def grouping_tables(desk: Desk, code: str) -> Made:
    """A grouping with all items of its agreements. Raises NotFound."""
    page = grouping_page(desk.snapshot, desk.actor, code, agreements=MOST)
    items = item_list(desk.snapshot, desk.actor, ItemFilter(grouping=code), size=MOST, urgent=True)
    return Made(
        page.id,
        desk.t.title(page.row.title_zh, page.row.title_en),
        page.row.code,
        grouping_sheets(desk.t, page, items.rows),
    )


def list_tables(desk: Desk, number: str) -> Made:
    """An annual list, in the version that the query asks for. Raises NotFound."""
    page = list_page(desk.snapshot, desk.actor, number, asked.number("version"))
    return Made(page.id, desk.t.title(page.title_zh, page.title_en), number, list_sheets(desk.t, page))


def document_tables(desk: Desk, number: str) -> Made:
    """A document with all items under it. Raises NotFound."""
    page = document_page(desk.snapshot, desk.actor, number, size=MOST)
    return Made(page.id, page.row.title, page.row.number, document_sheets(desk.t, page))


def matter_tables(desk: Desk, number: str) -> Made:
    """A matter. Raises NotFound."""
    page = matter_page(desk.snapshot, desk.actor, number)
    return Made(
        page.id, desk.t.title(page.row.title_zh, page.row.title_en), page.row.number, matter_sheets(desk.t, page)
    )


@dataclass(frozen=True, slots=True)
class Record:
    """A kind of records that can be taken away, as histories call it. main: the table that its CSV holds where none is asked for."""

    kind: str
    tables: Callable[[Desk, str], Made]
    main: str


RECORDS = {
    "agreements": Record("agreement", agreement_tables, "status"),
    "items": Record("item", item_tables, "facts"),
    "parties": Record("party", party_tables, "items"),
    "meetings": Record("meeting", meeting_tables, "agreements"),
    "groupings": Record("grouping", grouping_tables, "members"),
    "lists": Record("list", list_tables, "list"),
    "documents": Record("document", document_tables, "facts"),
    "matters": Record("matter", matter_tables, "facts"),
}
"""First part of an address → its records."""
_NOT_IN_A_NAME = '\\/:*?"<>|'
_FORM = "<any(csv, xlsx, docx, pdf):form>"


# Each rule names its room: before a part that varies, the room's own page would be found first.
@blueprint.get(f"/agreements/<key>.{_FORM}")
@blueprint.get(f"/items/<key>.{_FORM}")
@blueprint.get(f"/parties/<key>.{_FORM}")
@blueprint.get(f"/meetings/<key>.{_FORM}")
@blueprint.get(f"/groupings/<key>.{_FORM}")
@blueprint.get(f"/lists/<key>.{_FORM}")
@blueprint.get(f"/documents/<key>.{_FORM}")
@blueprint.get(f"/matters/<key>.{_FORM}")
@public
def record(key: str, form: str) -> ResponseReturnValue:
    """One record as a file. sheet=: which of its tables a CSV holds."""
    room = request.path.split("/")[1]
    desk, kept = the_desk(), RECORDS[room]
    made_ = kept.tables(desk, key)
    since = asked.text("since")
    changes = (
        (changes_sheet(desk, kept.kind, made_.id, entry_since(desk.snapshot, since, here.zone().key)),) if since else ()
    )
    sheets = {sheet.name: sheet for sheet in (*filled(made_.sheets), *changes)}
    stamped = desk.stamped(made_.title, made_.number, sheets.values(), address=_page(f"/{room}/{key}"))
    name = f"{made_.title}-{made_.number}"
    if form != "csv":
        return answer(made(stamped, form), form, name, key, desk.snapshot)
    sheets |= {sheet.name: sheet for sheet in made_.sheets}
    asked_for = asked.text("sheet") or kept.main
    if asked_for not in sheets:
        raise Refused(Reason("unknown-choice", {"value": asked_for}, field="sheet"))
    sheet = sheets[asked_for]
    content = b"".join(sheet_csv(stamped, sheet.columns, sheet.rows))
    return answer(content, form, f"{name}-{sheet.title}", f"{key}-{sheet.name}", desk.snapshot)


@blueprint.get("/agreements/<number>/acts.xlsx")
@public
def acts(number: str) -> ResponseReturnValue:
    """The acts of an agreement as a workbook that the import reads."""
    desk = the_desk()
    about = agreement_choices(desk.snapshot, desk.actor, number)
    sheet = acts_sheet(act_lines(desk.snapshot, about.id), desk.t.language)
    title = desk.t.named(about.named)
    stamped = desk.stamped(title, number, (sheet,), address=_page(f"/agreements/{number}"))
    content = workbook(stamped, tables_first=True)
    return answer(content, "xlsx", f"{title}-{sheet.title}", f"{number}-acts", desk.snapshot)


@blueprint.get("/agreements/<number>/matrix.<any(csv, xlsx):form>")
@public
def matrix(number: str, form: str) -> ResponseReturnValue:
    """Which city is what to which item. A column for each city is for a workbook: on paper, the page itself is printed."""
    desk = the_desk()
    page = matrix_page(desk.snapshot, desk.actor, number, field=asked.number("field"), size=MOST)
    sheet, title = matrix_sheet(desk.t, page), desk.t.title(page.title_zh, page.title_en)
    stamped = desk.stamped(title, number, (sheet,), address=_page(f"/agreements/{number}/matrix"))
    content = b"".join(sheet_csv(stamped, sheet.columns, sheet.rows)) if form == "csv" else workbook(stamped)
    return answer(content, form, f"{title}-{sheet.title}", f"{number}-matrix", desk.snapshot)


@blueprint.get(f"/items.{_FORM}")
@blueprint.get(f"/agreements.{_FORM}")
@blueprint.get(f"/parties.{_FORM}")
@blueprint.get(f"/documents.{_FORM}")
@blueprint.get(f"/matters.{_FORM}")
@blueprint.get(f"/claims.{_FORM}")
@public
def listing(form: str) -> ResponseReturnValue:
    """A list with the filters of its page: a CSV has every row, the other forms say where they are cut."""
    room = request.path.strip("/").partition(".")[0]
    desk, table = the_desk(), LISTS[room]
    which = table.filter()
    title = desk.t.sheet(table.name)
    if form == "csv":
        stamped = desk.stamped(title, None, (), address=_page(f"/{room}"))
        return answer(_streamed(desk, table, which, stamped), form, title, room, desk.snapshot)
    sheet = table.sheet(desk, which, form)
    stamped = desk.stamped(title, None, (sheet,), address=_page(f"/{room}"))
    return answer(made(stamped, form), form, title, room, desk.snapshot)


def _streamed(
    desk: Desk, table: ListTable, which: AgreementFilter | ItemFilter | MatterFilter | None, stamped: Stamped
) -> Iterator[bytes]:
    """The rows of a snapshot of its own, for the request's is closed by then."""
    snapshot, session = desk.snapshot, here.session_of_stream()

    def pieces() -> Iterator[bytes]:
        with session:
            own = Desk(desk.t, Snapshot(session, snapshot.stamp.entry, snapshot.today, snapshot.on), desk.actor, "")
            yield from sheet_csv(stamped, table.columns(desk.t), table.rows(own, which))

    return pieces()


def the_desk() -> Desk:
    """The request's reader, snapshot and language."""
    snapshot = here.snapshot()
    definitions = published_definitions(here.database(), snapshot.of(Procedure))
    t = speaking(here.language(), here.zone(), definitions)
    zh, en = here.names()
    return Desk(t, snapshot, here.actor(), t.title(zh or "", en))


def made(stamped: Stamped, form: str) -> bytes:
    """The tables in a form that holds all of them."""
    makers: dict[str, Callable[[Stamped], bytes]] = {"xlsx": workbook, "docx": paper, "pdf": printed}
    return makers[form](stamped)


def answer(content: bytes | Iterator[bytes], form: str, name: str, code: str, snapshot: Snapshot) -> Response:
    """The file, to be kept under a name that says what it is and as of which entry. code: its name in ASCII, for browsers that know
    no other. Source: RFC 8187."""
    day = f"-{snapshot.on:%Y-%m-%d}" if snapshot.on else ""
    plain, full = (
        "".join(
            each if each.isprintable() and each not in _NOT_IN_A_NAME else "_"
            for each in f"{named}-{snapshot.stamp.entry}{day}.{form}"
        )
        for named in (code.encode("ascii", "replace").decode(), name)
    )
    response = Response(content, content_type=FORMS.get(form, "application/zip"))
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"
    )
    return response


@blueprint.get("/parties/<code>/package")
@public
def package(code: str) -> ResponseReturnValue:
    """Asks what the papers of a city are for: which meeting or day, and since when changes are told."""
    snapshot = here.snapshot()
    page = party_page(snapshot, here.actor(), code, size=1)
    return render_template(
        "parties/package.html",
        party=page.row,
        meetings=all_meetings(snapshot),
        held=meetings_held(snapshot),
        known=snapshot.known,
        stamp=snapshot.stamp,
    )


@blueprint.get("/parties/<code>/package.zip")
@public
def package_zip(code: str) -> ResponseReturnValue:
    """The papers of a city for a meeting, as one ZIP."""
    desk = the_desk()
    number, since = asked.text("meeting"), asked.text("since")
    occasion = Occasion(
        meeting_page(desk.snapshot, desk.actor, number).row if number else None,
        _day(),
        entry_since(desk.snapshot, since, here.zone().key) if since else None,
    )
    made_ = meeting_package(desk, code, occasion, address=_page(f"/parties/{code}"))
    return answer(made_.content, "zip", made_.title, f"{code}-package", desk.snapshot)


def _day() -> date | None:
    """The day of the meeting. Raises Refused day-missing."""
    text = asked.text("day")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(Reason("day-missing", {"value": text or ""}, field="day")) from None


def _page(path: str) -> str:
    """The page that shows the same."""
    query = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "sheet"])
    return f"{request.script_root}{path}{'?' if query else ''}{query}"
