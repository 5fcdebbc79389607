"""The page of one matter as tables: facts, its parties, what was filled in, papers, promises, steps."""

from __future__ import annotations

from registry.domain.sheets import Cell, Sheet
from registry.queries.matter_page import MatterPage, TitledStep, ValueRow
from registry.views.sheets import Facts, Sheets, commitments_sheet, evidence_sheet, facts_sheet, steps_sheet
from registry.views.tongue import Tongue
from workflows import Title


def matter_sheets(t: Tongue, page: MatterPage) -> Sheets:
    """A matter, each field with everything that was filled into it. What is under seal stays out, even its own party's: from a
    file nothing could be erased."""
    types = page.definition.evidence_types
    papers = (
        (_said(t, types[each.type].title) if each.type in types else t.word("evidence", each.type), each)
        for each in page.evidence
    )
    return (
        facts_sheet(t, _facts(t, page)),
        _parties(t, page),
        _values(t, page),
        evidence_sheet(t, papers),
        commitments_sheet(t, page.commitments),
        steps_sheet(t, ((*_words(t, step), step.row) for step in page.steps)),
    )


def _said(t: Tongue, title: Title) -> str:
    return t.title(title.zh, title.en)


def _facts(t: Tongue, page: MatterPage) -> Facts:
    row = page.row
    named = (
        ("opened_by", page.host),
        ("grouping", page.grouping),
        ("agreement", page.agreement),
        ("item", page.item),
        ("document", page.document),
    )
    return (
        ("matter", t.title(row.title_zh, row.title_en)),
        ("number", row.number),
        ("procedure", t.say("of_version", what=_said(t, row.procedure), n=page.definition.version)),
        ("stage", t.word("stage", row.stage)),
        ("state", _said(t, row.state_title)),
        ("due", row.due),
        ("opened", t.date(page.opened)),
        *((code, t.named(record)) for code, record in named if record),
        ("level", t.word("level", page.level)),
        ("marks", t.marks(sample=row.sample) or None),
        ("note", page.note),
    )


def _parties(t: Tongue, page: MatterPage) -> Sheet:
    columns = (t.head("role", width=10), t.head("party", "title", 20))
    rows = ((t.word("assignment_role", each.role), t.named(each.party)) for each in page.parties)
    return Sheet("roles", t.sheet("roles"), columns, tuple(rows))


def _values(t: Tongue, page: MatterPage) -> Sheet:
    columns = (
        t.head("what", "title", 20),
        t.head("value", width=50),
        t.head("step", width=16),
        t.head("recorded", "moment", 16),
    )
    rows = (
        (
            _said(t, field.title),
            _value(t, held),
            _said(t, held.step) if held.step else t.say("at_opening"),
            t.moment(held.recorded_at),
        )
        for field in page.fields
        for held in field.values
    )
    return Sheet("values", t.sheet("values"), columns, tuple(rows))


def _value(t: Tongue, held: ValueRow) -> Cell:
    if held.sealed:
        return t.say("withheld")
    if held.named:
        return t.named(held.named)
    if held.day:
        return t.date(held.day)
    return held.text.text if held.text else None


def _words(t: Tongue, step: TitledStep) -> tuple[str, str | None, str]:
    return _said(t, step.title), _said(t, step.from_state) if step.from_state else None, _said(t, step.to_state)
