"""The page of one item as tables: facts, who leads, targets, each party's reports, mechanisms, evidence, steps."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from registry.domain.sheets import Sheet
from registry.models.items import GRADES
from registry.queries.item_figures import ItemFigures, ObservationRow
from registry.queries.item_page import ItemPage, ReportRow, TargetRow
from registry.queries.proceedings import StepRow
from registry.queries.rows import Sealed
from registry.views.sheets import Facts, Sheets, cited, evidence_sheet, facts_sheet, steps_sheet
from registry.views.tongue import Cells, Tongue

COMPARED = {"~=": "≈ ", ">=": "≥ ", "<=": "≤ ", "class<=": "≤ "}
"""Signs before a target's number."""


def item_sheets(t: Tongue, page: ItemPage, figures: ItemFigures) -> Sheets:
    """An item: facts, who leads, targets with what they had reached, reports side by side, mechanisms, evidence, steps."""
    return (
        facts_sheet(t, _item_facts(t, page)),
        _roles(t, page),
        _targets(t, page.targets),
        _observations(t, page.targets, figures),
        _reports(t, page),
        _mechanisms(t, page),
        evidence_sheet(t, ((t.word("evidence", each.type), each) for each in page.evidence)),
        steps_sheet(t, ((*_words(t, step), step) for step in page.steps)),
    )


def _item_facts(t: Tongue, page: ItemPage) -> Facts:
    row = page.row
    return (
        ("item", t.title(row.title_zh, row.title_en)),
        ("number", row.number),
        ("lamp", t.word("lamp", row.lamp)),
        ("lamp_why", t.word("lamp_why", row.lamp_why)),
        ("grade", t.word("grade", row.grade)),
        ("as_of", t.date(row.graded_as_of) if row.grade != "not_reported" else t.say("never")),
        ("stage", t.word("stage", row.stage)),
        ("state", t.word("state", row.state)),
        ("lane", t.word("lane", row.lane) if row.lane else None),
        ("parent", t.named(row.parent)),
        ("field", t.title(row.field_zh, row.field_en) if row.field_zh else row.section or t.say("unknown")),
        ("partners", t.say("and").join(each.names for each in page.partners) or None),
        ("commitments", t.all(page.commitments) if page.commitments else None),
        ("merged_into", t.named(page.merged_into) if page.merged_into else None),
        ("level", t.word("level", page.level) if page.level else None),
        ("source", cited(t, page.citations)),
        ("marks", t.marks(sample=row.sample, backfilled=row.backfilled) or None),
        ("note", page.note),
    )


def _roles(t: Tongue, page: ItemPage) -> Sheet:
    columns = (t.head("role", width=10), t.head("party", "title", 20), t.head("department", width=20))
    rows = (
        (
            t.word("assignment_role", each.role),
            t.named(each.party),
            t.title(each.department_zh, each.department_en) if each.department_zh else None,
        )
        for each in page.assignments
    )
    return Sheet("roles", t.sheet("roles"), columns, tuple(rows))


def _targets(t: Tongue, targets: Iterable[TargetRow]) -> Sheet:
    columns = (
        t.head("metric", "title", 30),
        t.head("target", width=14),
        t.head("horizon", width=16),
        t.head("force", width=8),
        t.head("base", width=10),
        t.head("note", width=24),
    )
    rows = (
        (t.title(row.metric_zh, row.metric_en), target(t, row), horizon(t, row), row.force, row.base, row.note)
        for row in targets
    )
    return Sheet("targets", t.sheet("targets"), columns, tuple(rows))


def _observations(t: Tongue, targets: Iterable[TargetRow], figures: ItemFigures) -> Sheet:
    columns = (
        t.head("metric", "title", 30),
        t.head("as_of", "date", 14),
        t.head("reached", width=14),
        t.head("share", "number", 8),
        t.head("scheduled", "number", 8),
        t.head("party", width=14),
        t.head("source", width=24),
        t.head("marks", width=12),
        t.head("recorded", "moment", 16),
    )
    rows: list[Cells] = [
        (
            t.title(row.metric_zh, row.metric_en),
            t.date(seen.as_of),
            _reached(t, row, seen),
            percent(seen.share),
            percent(seen.scheduled),
            t.named(seen.party) if seen.party else None,
            t.say("and").join(filter(None, (t.named(seen.basis) if seen.basis else None, seen.source))) or None,
            t.say("between").join(t.word("observation_flag", flag) for flag in seen.flags) or None,
            t.moment(seen.recorded_at),
        )
        for row in targets
        for seen in figures.observations.get(row.position, ())
    ]
    return Sheet("observations", t.sheet("observations"), columns, tuple(rows))


def _reached(t: Tongue, row: TargetRow, seen: ObservationRow) -> str:
    if seen.reached is not None:
        return t.say("done" if seen.reached else "not_done")
    number = f"{seen.number}–{seen.number_until}" if seen.number_until else seen.number or t.say("unknown")
    return f"{number} {t.word('unit', row.unit)}".rstrip() if row.unit and seen.number else number


def percent(share: int | None) -> Decimal | None:
    """1/100 % as percent."""
    return None if share is None else Decimal(share) / 100


def target(t: Tongue, row: TargetRow) -> str:
    """A target's number as its document has it, with its unit."""
    if row.comparator == "range":
        number = f"{row.number}–{row.number_until}"
    elif row.number:
        number = f"{COMPARED.get(row.comparator, '')}{row.number}"
    else:
        number = t.say("done" if row.comparator == "milestone" else "unknown")
    return f"{number} {t.word('unit', row.unit)}".rstrip() if row.unit else number


def horizon(t: Tongue, row: TargetRow) -> str:
    """By when a target is to be reached."""
    if row.period == "annual_recurring":
        return t.say("every_year")
    if row.period == "annual_by_year":
        return t.say("every_year_to", year=row.year)
    if row.horizon_years:
        return t.say("years_from" if row.horizon_from else "years", year=row.horizon_from, n=row.horizon_years)
    return t.say("year", year=row.year) if row.year else t.say("unknown")


def _reports(t: Tongue, page: ItemPage) -> Sheet:
    columns = (
        t.head("party", "title", 12),
        t.head("as_of", "date", 14),
        t.head("grade", width=10, among=(t.word("grade", code) for code in GRADES)),
        t.head("progress", width=34),
        t.head("problem", width=24),
        t.head("next_step", width=24),
        t.head("released", "moment", 16),
        t.head("recorded", "moment", 16),
    )
    rows: list[Cells] = [
        (
            t.named(said.party),
            t.date(report.as_of),
            t.word("grade", report.grade),
            _released(t, report, report.progress),
            _released(t, report, report.problem),
            _released(t, report, report.next_step),
            t.moment(report.released_at),
            t.moment(report.recorded_at),
        )
        for said in page.reports
        for report in said.reports
    ]
    return Sheet("reports", t.sheet("reports"), columns, tuple(rows))


def _released(t: Tongue, report: ReportRow, text: Sealed | None) -> str | None:
    """A text of a report once it is released. What is under seal stays out of files, even its own party's: from a file nothing
    could be erased."""
    if text is None:
        return None
    return text.text if report.released_at else t.say("withheld")


def _mechanisms(t: Tongue, page: ItemPage) -> Sheet:
    columns = (
        t.head("kind", width=12),
        t.head("mechanism", "title", 30),
        t.head("document", width=24),
        t.head("keeper", width=14),
        t.head("review", "date", 14),
        t.head("marks", width=8),
    )
    rows: list[Cells] = [
        (
            t.word("mechanism", each.kind),
            t.title(each.title_zh, each.title_en),
            t.named(each.document) if each.document else None,
            t.named(each.keeper),
            t.date(each.review),
            t.say("lapsed") if each.lapsed else None,
        )
        for each in page.mechanisms
    ]
    return Sheet("mechanisms", t.sheet("mechanisms"), columns, tuple(rows))


def _words(t: Tongue, step: StepRow) -> tuple[str, str | None, str]:
    said = t.word("step_kind", step.kind) if step.kind == "entry" else t.word("transition", step.transition)
    return said, t.word("state", step.from_state) if step.from_state else None, t.word("state", step.to_state)
