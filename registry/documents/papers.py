"""Tables as an official paper that can be edited: DOCX in the layout of GB/T 9704-2012, with the fonts that it names.

A4; top margin 37 mm, binding side 28 mm, type area 156 × 225 mm; body 3号 仿宋, 22 lines of 28 characters; title 2号 小标宋;
page numbers 4号 between dashes, on the outer side. A table that is too wide for the page stands on a page that lies, its
binding side at the top (GB/T 9704-2012, 11).
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section
from docx.shared import Mm, Pt

from registry.documents.packages import zipped
from registry.documents.stamped import EDGES, Stamped, leasts, lies, right, shares, text_of, written
from registry.domain.sheets import Sheet
from registry.words import Language

WIDTH, HEIGHT = 210, 297
TOP, BINDING, AREA_WIDTH, AREA_HEIGHT = 37, 28, 156, 225
"""Millimetres."""
BODY, TITLE, PAGE_NUMBER, IN_TABLE, SMALLER = 16, 22, 14, 10.5, (9, 7.5)
"""Points: 3号, 2号, 4号, 五号; of a table whose words would not fit beside each other, 小五 and 六号."""
LINE, LINES, CHARACTERS = 28.9, 22, 28
"""Points of a line; lines of a page; characters of a line."""
TWENTIETHS = 20
"""Of a point."""
CLOSER = -5
"""Twentieths of a point."""
UPRIGHT = 84
"""Characters of 五号 across the type area of a page that stands."""
FANGSONG, KAITI, HEITI, TITLE_SONG, SONG = "仿宋_GB2312", "楷体_GB2312", "黑体", "方正小标宋简体", "宋体"
LATIN = "Times New Roman"
TWIPS = 56.6929
"""Of a millimetre."""
NONE = {"zh": "没有。", "en": "None."}
STYLES: tuple[tuple[str, str, float, bool], ...] = (
    ("Normal", FANGSONG, BODY, True),
    ("Title", TITLE_SONG, TITLE, False),
    ("Heading 1", HEITI, BODY, True),
    ("Heading 2", KAITI, BODY, True),
    ("Number", FANGSONG, BODY, False),
    ("Cell", FANGSONG, IN_TABLE, False),
    ("Head", HEITI, IN_TABLE, False),
    ("Page", SONG, PAGE_NUMBER, False),
)
"""Style; font of Chinese; points; whether a paragraph of it begins two characters in."""
_NUMERALS = "一二三四五六七八九十"


def paper(stamped: Stamped) -> bytes:
    """The document, the same bytes for the same tables. Every text and every cell is in it as it stands in the tables."""
    document = docx.Document()
    _styles(document, stamped.language)
    _properties(document, stamped)
    section = document.sections[0]
    _stands(section)
    _numbered(document, section)
    document.add_paragraph(written(stamped.title), "Title")
    if stamped.number:
        document.add_paragraph(written(stamped.number), "Number")
    for sentence in stamped.lead:
        document.add_paragraph(written(sentence))
    for number, sheet in enumerate(stamped.sheets, 1):
        _turned(document, lies(sheet, UPRIGHT, stamped.language))
        _sheet(document, number, sheet, stamped.language)
    _signed(document, stamped)
    out = io.BytesIO()
    document.save(out)
    return _settled(out, stamped.moment)


def _settled(out: io.BytesIO, moment: datetime) -> bytes:
    """The same parts, all of one moment."""
    with zipfile.ZipFile(out) as parts:
        return zipped({name: parts.read(name) for name in parts.namelist()}, moment)


# ---- layout


def _styles(document: Document, language: Language) -> None:
    for name, font, size, begins_in in STYLES:
        known = name in [style.name for style in document.styles]
        style: Any = document.styles[name] if known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.font.name, style.font.size, style.font.bold, style.font.italic = LATIN, Pt(size), False, False
        style.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), font)
        form = style.paragraph_format
        form.space_before = form.space_after = Pt(0)
        form.first_line_indent = Pt(2 * size) if begins_in and language == "zh" else Pt(0)
        form.line_spacing_rule = WD_LINE_SPACING.SINGLE if size == IN_TABLE else WD_LINE_SPACING.EXACTLY
        if size != IN_TABLE:
            form.line_spacing = Pt(LINE if size != TITLE else 36)
        if size == IN_TABLE:
            _placed(style.element.get_or_add_pPr(), _made("snapToGrid", val="0"), "spacing", "ind", "jc")
        border = style.element.get_or_add_pPr().find(qn("w:pBdr"))
        if border is not None:
            style.element.pPr.remove(border)
    for name in ("Title", "Number"):
        centred: Any = document.styles[name]
        centred.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    # 28 characters of 3号 are a little wider than the type area: each gives up a quarter of a point.
    for name, closer in (("Normal", CLOSER), ("Cell", 0), ("Head", 0)):
        rest = document.styles[name].element.get_or_add_rPr()
        _placed(rest, _made("spacing", val=str(closer)), "sz", "szCs", "lang")
        _placed(rest, _made("lang", val="en-GB", eastAsia="zh-CN"))


def _properties(document: Document, stamped: Stamped) -> None:
    about = document.core_properties
    about.title, about.comments, about.author = written(stamped.title)[:255], written(stamped.foot)[:255], ""
    about.last_modified_by, about.revision = "", 1
    about.language = "zh-CN" if stamped.language == "zh" else "en"
    about.created = about.modified = stamped.moment.replace(tzinfo=None)


def _stands(section: Section) -> None:
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(WIDTH), Mm(HEIGHT)
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(HEIGHT - TOP - AREA_HEIGHT)
    section.left_margin, section.right_margin = Mm(BINDING), Mm(WIDTH - BINDING - AREA_WIDTH)
    section.footer_distance = Mm(HEIGHT - TOP - AREA_HEIGHT - 7 - 5)  # the number 7 mm below the type area
    for grid in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(grid)
    section._sectPr.append(_made("docGrid", type="lines", linePitch=str(round(LINE * TWENTIETHS))))


def _turned(document: Document, lying: bool) -> None:
    """A new section where the page must turn."""
    now = document.sections[-1]
    if lying == (now.orientation == WD_ORIENT.LANDSCAPE):
        return
    section = document.add_section(WD_SECTION.NEW_PAGE)
    if not lying:
        _stands(section)
        return
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(HEIGHT), Mm(WIDTH)
    section.top_margin, section.bottom_margin = Mm(BINDING), Mm(WIDTH - BINDING - AREA_WIDTH)
    section.left_margin, section.right_margin = Mm(HEIGHT - TOP - AREA_HEIGHT), Mm(TOP)
    section.footer_distance = Mm(12)


def _numbered(document: Document, section: Section) -> None:
    """— 1 — on the outer side: right on odd pages, left on even ones, one character in."""
    document.settings.odd_and_even_pages_header_footer = True
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        line = footer.paragraphs[0]
        line.style, line.alignment = document.styles["Page"], side
        line.paragraph_format.right_indent = line.paragraph_format.left_indent = Pt(PAGE_NUMBER)
        line.add_run("— ")
        field = _made("fldSimple", instr="PAGE")
        run = _made("r")
        shown = _made("t")
        shown.text = "1"
        run.append(shown)
        field.append(run)
        line._p.append(field)
        line.add_run(" —")


# ---- content


def _sheet(document: Document, number: int, sheet: Sheet, language: Language) -> None:
    heading = written(sheet.title)
    if language == "zh" and number <= len(_NUMERALS):
        heading = f"{_NUMERALS[number - 1]}、{heading}"
    document.add_paragraph(heading, "Heading 1").paragraph_format.keep_with_next = True
    for note in sheet.notes:
        document.add_paragraph(written(note)).paragraph_format.keep_with_next = True
    if not sheet.rows:
        document.add_paragraph(NONE[language])
        return
    table = document.add_table(0, len(sheet.columns), "Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    size, wide = _laid_out(document, sheet, language)
    for column, width in zip(table.columns, wide, strict=True):
        column.width = Mm(width)
    edges = _made("tblCellMar")
    edges.extend(_made(side, w=str(round(EDGES / 4 * size * TWENTIETHS)), type="dxa") for side in ("left", "right"))
    _placed(table._tbl.tblPr, edges, "tblLook")
    heads = _row(wide, size, [column.title for column in sheet.columns], sheet, "Head")
    body = filter(None, (*sheet.rows, sheet.totals))
    cells = (_row(wide, size, [text_of(cell, language) for cell in row], sheet, "Cell") for row in body)
    rows = parse_xml(f"<w:tbl {nsdecls('w')}>{heads}{''.join(cells)}</w:tbl>")
    table._tbl.extend(list(rows))


def _laid_out(document: Document, sheet: Sheet, language: Language) -> tuple[float, list[float]]:
    """Points of the letters, and millimetres of the columns."""
    now = document.sections[-1]
    area = AREA_HEIGHT if now.orientation == WD_ORIENT.LANDSCAPE else AREA_WIDTH
    across = {size: UPRIGHT * area / AREA_WIDTH * IN_TABLE / size for size in (IN_TABLE, *SMALLER)}
    least = sum(leasts(sheet, language))
    size = next((each for each, characters in across.items() if characters >= least), SMALLER[-1])
    return size, [area * share / across[size] for share in shares(sheet, across[size], language)]


def _row(wide: list[float], size: float, texts: list[str], sheet: Sheet, style: str) -> str:
    """A row that no page cuts, and a head that every page repeats, as XML: the library's own cells take a hundred times as long."""
    repeated = "<w:tblHeader/>" if style == "Head" else ""
    sized = "" if size == IN_TABLE else f'<w:rPr><w:sz w:val="{round(2 * size)}"/></w:rPr>'
    cells = []
    for width, text, column in zip(wide, texts, sheet.columns, strict=True):
        aligned = '<w:jc w:val="right"/>' if right(column) and style == "Cell" else ""
        cells.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{round(width * TWIPS)}" w:type="dxa"/></w:tcPr>'
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{aligned}</w:pPr><w:r>{sized}{_run(written(text))}</w:r></w:p></w:tc>'
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{repeated}</w:trPr>{''.join(cells)}</w:tr>"


def _run(text: str) -> str:
    """What a run holds: text, with its line breaks and tabs as marks."""
    return "<w:br/>".join(
        "<w:tab/>".join(f'<w:t xml:space="preserve">{escape(each)}</w:t>' for each in line.split("\t"))
        for line in text.split("\n")
    )


def _signed(document: Document, stamped: Stamped) -> None:
    """The stamp, at the end."""
    document.add_paragraph()
    for what, how in stamped.stamp:
        colon = "：" if stamped.language == "zh" else ": "
        document.add_paragraph(written(f"{what}{colon}{how}"), "Cell")


def _placed(parent: Any, element: Any, *before: str) -> None:
    """Put an element where the schema wants it: before these."""
    for known in parent.findall(element.tag):
        parent.remove(known)
    parent.insert_element_before(element, *(f"w:{tag}" for tag in before))


def _made(tag: str, **attributes: str) -> Any:
    """An element of WordprocessingML."""
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    return element
