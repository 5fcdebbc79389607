"""Rows of page models as tables in the reader's language: what each row of a list says, wherever the list stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from registry.domain.lamps import COLOURS, NONE
from registry.domain.sheets import Cell, Column, Sheet
from registry.domain.tallies import Gap
from registry.models.items import GRADES
from registry.queries.agreements import AgreementRow
from registry.queries.claims import ClaimRow
from registry.queries.documents import CommitmentRow, DocumentRow
from registry.queries.items import ItemCount, ItemRow
from registry.queries.matters import MatterRow
from registry.queries.members import Member
from registry.queries.parties import BodyRow
from registry.queries.proceedings import EvidenceRow, StepRow
from registry.queries.rows import Cited
from registry.views.tongue import Cells, Tongue

Sheets = tuple[Sheet, ...]
Facts = Iterable[tuple[str, Cell]]
LAMPS = (*COLOURS, NONE)
STAGES = ("intent", "in_progress", "long_term_mechanism", "ended")
"""Of items, in their order."""


def filled(sheets: Sheets) -> Sheets:
    """The first, and those of the others that have rows: what a paper shows. A CSV of an empty table has its heads."""
    return (sheets[0], *(sheet for sheet in sheets[1:] if sheet.rows))


def facts_sheet(t: Tongue, facts: Facts) -> Sheet:
    """What is known of one record. facts: code of a column, and a cell; a fact that is None is left out."""
    columns = (t.head("what", "title", 16), t.head("value", "text", 60))
    rows = ((t.what(code), value) for code, value in facts if value is not None)
    return Sheet("facts", t.sheet("facts"), columns, tuple(rows))


def item_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of items in a list."""
    return (
        t.head("number", width=22),
        t.head("item", "title", 40),
        t.head("lamp", width=6, among=(t.word("lamp", code) for code in LAMPS)),
        t.head("lamp_why", width=14),
        t.head("grade", among=(t.word("grade", code) for code in GRADES)),
        t.head("as_of", "date", 14),
        t.head("stage", among=(t.word("stage", code) for code in STAGES)),
        t.head("state"),
        t.head("lead", width=14),
        t.head("department", width=16),
        t.head("leads", "number", 6),
        t.head("parent", width=26),
        t.head("field", width=14),
        t.head("marks", width=8),
    )


def item_rows(t: Tongue, rows: Iterable[ItemRow]) -> Iterator[Cells]:
    """Items, one row each."""
    for row in rows:
        reported = row.grade != "not_reported"
        department = row.lead and row.lead.department_zh
        yield (
            row.number,
            t.title(row.title_zh, row.title_en),
            t.word("lamp", row.lamp),
            t.word("lamp_why", row.lamp_why),
            t.word("grade", row.grade),
            t.date(row.graded_as_of) if reported else t.say("never"),
            t.word("stage", row.stage),
            t.word("state", row.state),
            t.named(row.lead.party) if row.lead else t.say("nobody"),
            t.title(department, row.lead.department_en) if row.lead and department else None,
            row.leads,
            t.named(row.parent),
            t.title(row.field_zh, row.field_en) if row.field_zh else row.section or t.say("unknown"),
            t.marks(sample=row.sample, backfilled=row.backfilled),
        )


def items_sheet(t: Tongue, rows: Iterable[ItemRow], name: str = "items", notes: Sequence[str] = ()) -> Sheet:
    """Items as a table. name: of its title in words/sheets.yaml, too."""
    return Sheet(name, t.sheet(name), item_columns(t), tuple(item_rows(t, rows)), notes=tuple(notes))


def counts_sheet(
    t: Tongue, counts: Sequence[ItemCount], *, samples: bool, name: str = "counts", title: str | None = None
) -> Sheet:
    """Items by stage and lamp, with sums. samples: those of sample records, else those of real ones."""
    lamps = tuple(Column(t.word("lamp", lamp), "number", 8) for lamp in LAMPS)
    found: Counter[tuple[str, str]] = Counter()
    for each in counts:
        found[each.stage, each.lamp] += each.count if each.sample == samples else 0
    numbers = [[found[stage, lamp] for lamp in LAMPS] for stage in STAGES]
    rows: tuple[Cells, ...] = tuple(
        (t.word("stage", stage), *row, sum(row)) for stage, row in zip(STAGES, numbers, strict=True)
    )
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    columns = (t.head("stage", "title"), *lamps, t.head("total", "number", 8))
    return Sheet(name, title or t.sheet("counts"), columns, rows, (t.what("total"), *sums, sum(sums)))


def agreement_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of agreements in a list."""
    return (
        t.head("number", width=18),
        t.head("agreement", "title", 40),
        t.head("kind", width=14),
        t.head("stage", width=8),
        t.head("state", width=10),
        t.head("dated", "date", 14),
        t.head("signed", "number", 6),
        t.head("parties", "number", 8),
        t.head("declared", "number", 8),
        t.head("items", "number", 6),
        t.head("grouping", width=16),
        t.head("marks", width=8),
    )


def agreement_rows(t: Tongue, rows: Iterable[AgreementRow]) -> Iterator[Cells]:
    """Agreements, one row each."""
    for row in rows:
        yield (
            row.number,
            t.title(row.title_zh, row.title_en),
            t.word("agreement_kind", row.kind),
            t.word("stage", row.stage),
            t.word("state", row.state),
            t.date(row.dated),
            row.signed,
            row.parties if row.parties or row.party_list == "complete" else t.say("unknown"),
            row.declared_parties,
            row.items,
            t.named(row.grouping) if row.grouping else None,
            t.marks(sample=row.sample, backfilled=row.backfilled),
        )


def agreements_sheet(t: Tongue, rows: Iterable[AgreementRow]) -> Sheet:
    """Agreements as a table."""
    return Sheet("agreements", t.sheet("agreements"), agreement_columns(t), tuple(agreement_rows(t, rows)))


def body_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of bodies in a list."""
    return (
        t.head("code", width=10),
        t.head("name", "title", 22),
        t.head("other_name", width=22),
        t.head("kind", width=10),
        t.head("province", width=14),
        t.head("superior", width=14),
        t.head("gb_code", width=10),
        t.head("signs", width=8, among=(t.say("yes"), t.say("no"))),
        t.head("marks", width=8),
    )


def body_rows(t: Tongue, rows: Iterable[BodyRow]) -> Iterator[Cells]:
    """Cities and other bodies, one row each."""
    for row in rows:
        other = row.title_zh if t.language == "en" and row.title_en else row.title_en
        yield (
            row.code,
            t.title(row.title_zh, row.title_en),
            None if t.language == "en" and not row.title_en else other,
            t.word("party_kind", row.kind),
            t.word("province", row.province) if row.province else t.say("unknown"),
            t.named(row.parent) if row.parent else None,
            row.gb_code,
            t.say("yes" if row.signs else "no"),
            t.marks(sample=row.sample),
        )


def document_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of documents in a list."""
    return (
        t.head("number", width=16),
        t.head("name", "title", 40),
        t.head("document_number", width=20),
        t.head("issuer", width=18),
        t.head("signed_on", "date", 14),
        t.head("published", "date", 14),
        t.head("kind", width=10),
        t.head("state", width=10),
        t.head("level", width=10),
        t.head("marks", width=8),
    )


def document_rows(t: Tongue, rows: Iterable[DocumentRow]) -> Iterator[Cells]:
    """Documents, one row each."""
    for row in rows:
        yield (
            row.number,
            row.title,
            row.document_number or t.say("unknown"),
            issuer(t, row),
            t.date(row.signed),
            t.date(row.published),
            t.word("document_kind", row.kind),
            row.state,
            t.word("level", row.level),
            t.marks(sample=row.sample),
        )


def issuer(t: Tongue, row: DocumentRow) -> str:
    """Who issued a document: a body of the register, or the name as printed."""
    return t.named(row.issuer) if row.issuer else row.issuer_name or t.say("unknown")


def matter_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of matters in a list."""
    return (
        t.head("number", width=22),
        t.head("matter", "title", 36),
        t.head("procedure", width=14),
        t.head("stage", width=8),
        t.head("state", width=12),
        t.head("due", "date", 14),
        t.head("lead", width=18),
        t.head("about", width=26),
        t.head("marks", width=8),
    )


def matter_rows(t: Tongue, rows: Iterable[MatterRow]) -> Iterator[Cells]:
    """Matters, one row each."""
    for row in rows:
        yield (
            row.number,
            t.title(row.title_zh, row.title_en),
            t.title(row.procedure.zh, row.procedure.en),
            t.word("stage", row.stage),
            t.title(row.state_title.zh, row.state_title.en),
            row.due,
            t.all(row.leads) if row.leads else t.say("nobody"),
            t.named(row.about) if row.about else None,
            t.marks(sample=row.sample),
        )


def claim_columns(t: Tongue) -> tuple[Column, ...]:
    """The columns of claims in a list of their own: which, part of which, what of, then as on the page of a record."""
    return (t.head("code", width=16), *_claim_columns(t), t.head("part_of", width=16), t.head("about", width=26))


def claim_rows(t: Tongue, claims: Iterable[ClaimRow]) -> Iterator[Cells]:
    """Claims in a list of their own, one row each."""
    for claim in claims:
        about = [each for each in (claim.agreement, claim.meeting, claim.grouping) if each]
        yield (claim.code, *_claim(t, claim), claim.part_of, t.all(about) if about else None)


def claims_sheet(t: Tongue, claims: Iterable[ClaimRow]) -> Sheet:
    """Counts that documents state, beside what the register holds."""
    return Sheet("claims", t.sheet("claims"), _claim_columns(t), tuple(_claim(t, claim) for claim in claims))


def _claim_columns(t: Tongue) -> tuple[Column, ...]:
    return (
        t.head("stated", "title", 36),
        t.head("claimed", width=10),
        t.head("counted", "number", 8),
        t.head("gap", width=14),
        t.head("as_of", "date", 14),
        t.head("source", width=24),
        t.head("note", width=24),
    )


def _claim(t: Tongue, claim: ClaimRow) -> Cells:
    notes = [
        claim.note,
        t.say("named", n=claim.named) if claim.named is not None else None,
        t.marks(sample=claim.sample),
    ]
    return (
        t.title(claim.what_zh, claim.what_en),
        f"{t.word('approx', claim.gap.approx or '')}{claim.gap.claimed}{t.word('unit', claim.unit or '')}",
        claim.gap.counted,
        gap_in_words(t, claim.gap),
        t.date(claim.as_of),
        claim.document_number or t.named(claim.document),
        t.say("and").join(filter(None, notes)),
    )


def gap_in_words(t: Tongue, gap: Gap) -> str:
    """How far the register's count is from a document's."""
    off = gap.difference
    if off is None:
        return t.say("uncounted")
    if off == 0:
        return t.say("equal")
    words = t.say("fewer" if off < 0 else "more", n=abs(off))
    return t.say("about", what=words) if gap.approx else words


def members_sheet(t: Tongue, members: Iterable[Member], name: str, *, of_party: bool = False) -> Sheet:
    """Memberships, seen from a grouping or from a party."""
    columns = (
        t.head("grouping" if of_party else "party", "title", 24),
        t.head("role", width=10),
        t.head("since", "date", 14),
        t.head("until", "date", 14),
    )
    rows = (
        (
            t.named(each.grouping if of_party else each.party),
            t.word("membership_role", each.role),
            t.date(each.since),
            t.date(each.until) if each.until else None,
        )
        for each in members
    )
    return Sheet(name, t.sheet(name), columns, tuple(rows))


def commitments_sheet(t: Tongue, rows: Iterable[CommitmentRow]) -> Sheet:
    """Promises in replies, and the items that they became, as far as the reader may see them."""
    columns = (
        t.head("code", width=16),
        t.head("commitment", "title", 36),
        t.head("section", width=16),
        t.head("became", width=26),
    )
    told = (
        (each.code, t.title(each.title_zh, each.title_en), each.section, t.named(each.item) if each.item else None)
        for each in rows
    )
    return Sheet("commitments", t.sheet("commitments"), columns, tuple(told))


def evidence_sheet(t: Tongue, papers: Iterable[tuple[str, EvidenceRow]]) -> Sheet:
    """Papers shown, each with the word for its type."""
    columns = (
        t.head("kind", "title", 16),
        t.head("party", width=14),
        t.head("document", width=24),
        t.head("note", width=24),
        t.head("recorded", "moment", 16),
    )
    rows = (
        (
            kind,
            t.named(paper.party) if paper.party else None,
            t.named(paper.document) if paper.document else None,
            paper.note,
            t.moment(paper.recorded_at),
        )
        for kind, paper in papers
    )
    return Sheet("evidence", t.sheet("evidence"), columns, tuple(rows))


def steps_sheet(t: Tongue, steps: Iterable[tuple[str, str | None, str, StepRow]]) -> Sheet:
    """Steps taken, each with the words for it and for the states before and after; no reason, which is under seal."""
    columns = (
        t.head("step", "title", 16),
        t.head("from", width=12),
        t.head("to", width=12),
        t.head("on", "date", 14),
        t.head("party", width=14),
        t.head("basis", width=24),
        t.head("recorded", "moment", 16),
    )
    rows = (
        (
            *words,
            t.date(step.effective),
            t.named(step.party) if step.party else None,
            t.named(step.basis) if step.basis else step.basis_note,
            t.moment(step.recorded_at),
        )
        for *words, step in steps
    )
    return Sheet("steps", t.sheet("steps"), columns, tuple(rows))


def cited(t: Tongue, citations: Sequence[Cited]) -> str:
    """Where a record's facts stand: documents, each with its lines."""
    found = [
        f"{document_number or t.named(document)}:{','.join(str(each.line) for each in lines)}"
        for (document, document_number), lines in groupby(citations, lambda each: (each.document, each.document_number))
    ]
    return t.say("and").join(found) or t.say("unknown")
