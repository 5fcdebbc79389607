"""Pictures on pages and at /pictures/<name>.csv and .svg: drawn once for the same history, day, language, rights and question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from registry.documents.sheets_csv import sheet_csv
from registry.documents.stamped import text_of
from registry.domain.sheets import Sheet
from registry.errors import NotFound, Reason, Refused
from registry.queries.kept import Kept, rights
from registry.views import asked, drawn, here
from registry.views.chinese import marked_svg
from registry.views.drawn import Drawn, Reading
from registry.views.guards import public
from registry.views.progress import progress
from registry.views.take_away import answer, the_desk

blueprint = Blueprint("pictures", __name__)

DRAWN: Mapping[str, tuple[Callable[[Reading], Drawn], tuple[str, ...]]] = {
    "cities": (drawn.cities, ("agreement", "grouping")),
    "fields": (drawn.fields, ("agreement", "grouping")),
    "calendar": (drawn.due, ("party",)),
    "partners": (drawn.partners, ("party",)),
    "matrix": (drawn.who_with_whom, ("grouping",)),
    "flow": (drawn.year_flow, ("grouping", "year")),
    "timeline": (drawn.life, ("agreement",)),
    "targets": (progress, ("item",)),
}
"""Name → who draws it, and what it can be asked about."""
YEARS = range(1900, 2200)

MOST_ROWS = 160
"""Rows of a picture's table that a page shows: four stages of forty cities. Its CSV has all."""
_STARTING = Lock()


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on a page. cells: the sheet's first rows as people read them; links: (row, column) → address; csv, file: its addresses.

    others: words and addresses of the like of it. broad: it needs the whole width.
    """

    name: str
    svg: Markup
    sheet: Sheet
    cells: tuple[tuple[str, ...], ...]
    title: str
    description: str
    links: Mapping[tuple[int, int], str]
    csv: str
    file: str
    others: tuple[tuple[str, str], ...]
    broad: bool


_PICTURES: WeakKeyDictionary[sa.Engine, Kept] = WeakKeyDictionary()


def shown(name: str, **about: str | int | None) -> Shown | None:
    """The picture of this name for a page; None where there is nothing to draw. Raises NotFound."""
    known = {key: str(value) for key, value in about.items() if value is not None}
    found = picture(name, known)
    if found.svg is None:
        return None
    address = f"{request.script_root}/pictures/{name}"
    tail = f"?{urlencode(known)}" if known else ""
    return Shown(
        name,
        marked_svg(found.svg),
        found.sheet,
        tuple(tuple(text_of(cell, here.language()) for cell in row) for row in found.sheet.rows[:MOST_ROWS]),
        found.title,
        found.description,
        {place: f"{request.script_root}{link}" for place, link in found.links.items()},
        f"{address}.csv{tail}",
        f"{address}.svg{tail}",
        found.others,
        ' wide"' in found.svg[:200],
    )


def of_register() -> tuple[Shown, ...]:
    """The pictures of the whole register."""
    return _those(shown("cities"), shown("fields"), shown("calendar"))


def of_fields() -> tuple[Shown, ...]:
    """The picture of all fields."""
    return _those(shown("fields"))


def of_agreement(number: str) -> tuple[Shown, ...]:
    """The pictures of an agreement. Raises NotFound."""
    return _those(
        shown("cities", agreement=number), shown("fields", agreement=number), shown("timeline", agreement=number)
    )


def of_party(code: str) -> tuple[Shown, ...]:
    """The pictures of a party. Raises NotFound."""
    return _those(shown("calendar", party=code), shown("partners", party=code))


def of_grouping(code: str) -> tuple[Shown, ...]:
    """The pictures of a grouping, the flow of the year that the query asks for. Raises NotFound, Refused bad-number."""
    return _those(shown("flow", grouping=code, year=_year()), shown("matrix", grouping=code))


def of_item(number: str) -> tuple[Shown, ...]:
    """The picture of an item's targets. Raises NotFound."""
    return _those(shown("targets", item=number))


def _those(*found: Shown | None) -> tuple[Shown, ...]:
    return tuple(each for each in found if each is not None)


def picture(name: str, about: Mapping[str, str]) -> Drawn:
    """A picture as this reader may see it, kept or drawn. Raises NotFound."""
    draw = DRAWN[name][0]
    kept = pictures_of(current_app.extensions["engine"])
    snapshot, actor = here.snapshot(), here.actor()
    clocks = {"known": request.args["known"]} if request.args.get("known") else {}
    key = (
        here.frame().entries, here.today(), snapshot.known, snapshot.on, clocks.get("known"), here.language(), rights(actor),
        name, tuple(sorted(about.items())),
    )  # fmt: skip
    return kept.get(key, lambda: draw(Reading(the_desk(), about, clocks)))


def pictures_of(database: sa.Engine) -> Kept:
    """The pictures kept of a database."""
    with _STARTING:
        return _PICTURES.setdefault(database, Kept())


@blueprint.get("/pictures/<any({}):name>.csv".format(", ".join(DRAWN)))
@public
def table(name: str) -> ResponseReturnValue:
    """The data of a picture as a file."""
    about = _about(name)
    found, desk = picture(name, about), the_desk()
    address = f"{request.script_root}{request.full_path}".rstrip("?")
    stamped = desk.stamped(found.title, None, (found.sheet,), address=address)
    content = b"".join(sheet_csv(stamped, found.sheet.columns, found.sheet.rows))
    return answer(content, "csv", *_names(name, found, about), desk.snapshot)


@blueprint.get("/pictures/<any({}):name>.svg".format(", ".join(DRAWN)))
@public
def file(name: str) -> ResponseReturnValue:
    """A picture as a file of its own: it carries the part of the theme that it needs."""
    about = _about(name)
    found = picture(name, about)
    if found.svg is None:
        raise NotFound("picture", name)
    drawing = found.svg.replace("<title>", f"<style>{style()}</style><title>", 1)
    response = answer(drawing.encode(), "svg", *_names(name, found, about), here.snapshot())
    response.content_type = "image/svg+xml"
    return response


@cache
def style() -> str:
    """The tokens and the rules of pictures in theme.css, as XML text: light, as on paper."""
    theme = (Path(__file__).parents[1] / "static" / "theme.css").read_text("utf-8")
    tokens = theme[theme.index(":root {") :].partition("}")[0] + "}"
    rules = theme[theme.index("/* ---- pictures") :].partition("*/")[2].partition("/* ----")[0]
    return str(escape(tokens + rules))


def _names(name: str, found: Drawn, about: Mapping[str, str]) -> tuple[str, str]:
    """What a file is called, for people and in ASCII."""
    return "-".join([found.title, *about.values()]), "-".join([name, *about.values()])


def _about(name: str) -> dict[str, str]:
    """What the query asks the picture about. Raises Refused bad-number."""
    _year()
    return {each: value for each in DRAWN[name][1] if (value := asked.text(each)) is not None}


def _year() -> int | None:
    """The year that the query asks for. Raises Refused bad-number."""
    year = asked.number("year")
    if year is not None and year not in YEARS:
        raise Refused(Reason("bad-number", {"value": year}, field="year"))
    return year
