"""What one city takes into a meeting: how it stands as PDF, DOCX and workbook, each table as CSV, a list of contents, hashes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from registry.documents.packages import MANIFEST, package
from registry.documents.papers import paper
from registry.documents.prints import printed
from registry.documents.sheets_csv import sheet_csv
from registry.documents.stamped import Stamped
from registry.documents.workbooks import workbook
from registry.domain.dates import PartialDate, Precision
from registry.domain.sheets import Cell, Sheet
from registry.queries.awaited import waiting_for
from registry.queries.claims import ClaimRow, claim_rows
from registry.queries.due import Due, due_until
from registry.queries.meetings import MeetingRow
from registry.queries.parties import PartyPage, party_page
from registry.views.change_sheets import changes_sheet
from registry.views.record_sheets import party_sheets
from registry.views.sheets import LAMPS, claims_sheet, filled, items_sheet
from registry.views.stamping import Desk
from registry.views.tongue import Cells, Tongue

ITEMS_AT_MOST = 2_000
AHEAD = timedelta(days=60)
"""How far behind the day of the meeting what falls due is listed."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the papers are for. meeting, day: either may be None; since: the entry after which changes are told, None: none are."""

    meeting: MeetingRow | None = None
    day: date | None = None
    since: int | None = None

    def on(self, today: date) -> date:
        """The day of the meeting, as far as it is known; else the reader's."""
        held = self.meeting.on.first_day() if self.meeting else None
        return max(self.day or held or today, today)


class Package(NamedTuple):
    """title: what the papers are called; content: the ZIP."""

    title: str
    content: bytes


def meeting_package(desk: Desk, code: str, occasion: Occasion, *, address: str) -> Package:
    """The ZIP: the same bytes for the same entry, day and reader. code: of the party. Raises NotFound."""
    stamped = party_papers(desk, code, occasion, address=address)
    t, name = desk.t, f"{stamped.title}-{desk.snapshot.stamp.entry}"
    tables = {f"csv/{number:02}-{sheet.title}.csv": sheet for number, sheet in enumerate(stamped.sheets, 1)}
    about = {f"{name}.{form}": t.say(f"status_{form}") for form in ("pdf", "docx", "xlsx")}
    about |= {file: t.say("one_csv", title=sheet.title, n=len(sheet.rows)) for file, sheet in tables.items()}
    about[MANIFEST] = t.say("sums")
    columns = (t.head("file", "title", 40), t.head("holds", width=50))
    contents = Sheet("contents", t.sheet("contents"), columns, tuple(about.items()))
    files = {
        f"{t.sheet('contents')}.txt": _in_lines(stamped, contents),
        f"{name}.pdf": printed(replace(stamped, sheets=(contents, *stamped.sheets))),
        f"{name}.docx": paper(stamped),
        f"{name}.xlsx": workbook(stamped),
        **{file: b"".join(sheet_csv(stamped, sheet.columns, sheet.rows)) for file, sheet in tables.items()},
    }
    return Package(stamped.title, package(files, stamped.moment))


def party_papers(desk: Desk, code: str, occasion: Occasion, *, address: str) -> Stamped:
    """How a party stands: red and yellow first, what changed, gaps, what falls due, then its whole page. Raises NotFound."""
    t, snapshot = desk.t, desk.snapshot
    page = party_page(snapshot, desk.actor, code, size=ITEMS_AT_MOST, agreements=ITEMS_AT_MOST)
    sample, last = page.row.sample, occasion.on(snapshot.today) + AHEAD
    attention = [row for row in page.items.rows if row.lamp in ("red", "yellow")]
    changes = () if occasion.since is None else (changes_sheet(desk, "party", page.id, occasion.since),)
    gaps = tuple(claim for claim in claim_rows(snapshot, desk.actor) if claim.gap.difference and _concerns(page, claim))
    due = due_until(snapshot, desk.actor, last, party=code, sample=sample)
    first = (
        items_sheet(t, attention, "attention"),
        *changes,
        replace(claims_sheet(t, gaps), name="gaps", title=t.sheet("gaps")),
        _due_sheet(t, due),
        *((_awaited_sheet(desk, page),) if snapshot.present else ()),
    )
    lead = [
        *_occasion(t, occasion),
        _stands(t, page),
        *(note for sheet in changes for note in sheet.notes),
        t.say("gaps", n=len(gaps)),
        t.say("due", until=t.dated(PartialDate(last.isoformat(), Precision.DAY)), n=sum(each.count for each in due)),
    ]
    title = t.say("package", party=t.title(page.row.title_zh, page.row.title_en))
    return desk.stamped(title, code, (*first, *filled(party_sheets(t, page))), address=address, lead=lead)


def _occasion(t: Tongue, occasion: Occasion) -> Iterator[str]:
    if occasion.meeting is not None:
        yield t.say("for_meeting", meeting=t.title(occasion.meeting.title_zh, occasion.meeting.title_en))
    elif occasion.day is not None:
        yield t.say("for_day", day=t.dated(PartialDate(occasion.day.isoformat(), Precision.DAY)))


def _stands(t: Tongue, page: PartyPage) -> str:
    """How many items by lamp: the same rows that follow."""
    rows = page.items.rows
    lamps = ((lamp, sum(row.lamp == lamp for row in rows)) for lamp in LAMPS)
    counted = (t.say("lamp_count", lamp=t.word("lamp", lamp), n=n) for lamp, n in lamps if n)
    leads, joins = (sum(each.count for each in counts) for counts in (page.leads, page.joins))
    said = t.say("between").join(counted) or "0"
    return t.say("stands", total=page.items.paging.total, lamps=said, leads=leads, joins=joins)


def _concerns(page: PartyPage, claim: ClaimRow) -> bool:
    """Whether a claim is about an agreement of the party, or a grouping it belongs to."""
    agreements = {row.number for row in page.agreements.rows}
    groupings = {each.grouping.key for each in page.memberships if each.current}
    return bool(
        (claim.agreement and claim.agreement.key in agreements)
        or (claim.agreement is None and claim.grouping and claim.grouping.key in groupings)
    )


def _due_sheet(t: Tongue, due: tuple[Due, ...]) -> Sheet:
    columns = (
        t.head("due", "date", 14),
        t.head("kind", width=18),
        t.head("count", "number", 6),
        t.head("number", width=20),
        t.head("record", "title", 40),
    )
    rows: list[Cells] = []
    for each in due:
        named = {"meeting": t.say("due_meeting"), "mechanism": t.say("due_mechanism")}
        kind = named.get(each.why) or t.word("act_kind" if each.kind == "expiry" else "deadline", each.why)
        kind = t.say("overdue", what=kind) if each.kind == "overdue" else kind
        kind = t.say("provisional", what=kind) if each.provisional else kind
        on = t.say("earlier") if each.on is None else t.date(each.on)
        rows.append(
            (on, kind, each.count, each.what.key if each.what else None, t.named(each.what) if each.what else None)
        )
    return Sheet("deadlines", t.sheet("deadlines"), columns, tuple(rows))


def _awaited_sheet(desk: Desk, page: PartyPage) -> Sheet:
    """Consent, signatures and answers that wait for the party; what is overdue stands among the deadlines."""
    t = desk.t
    waits = waiting_for(desk.snapshot, desk.actor, page.id, page.row.code, sample=page.row.sample)
    rows: list[Cells] = [
        *((t.say("word_asked"), each.subject.key, t.named(each.subject), _day(t, each.due_on)) for each in waits.asked),
        *((t.say("word_unsigned"), each.agreement.key, t.named(each.agreement), None) for each in waits.unsigned),
        *((t.say("word_unanswered"), each.agreement.key, t.named(each.agreement), None) for each in waits.unanswered),
        *(
            (t.say("word_correction"), named.key, t.named(named), _day(t, str(row.until)))
            for named, row in waits.corrections
        ),
    ]
    columns = (
        t.head("kind", width=20),
        t.head("number", width=20),
        t.head("record", "title", 40),
        t.head("due", "date", 14),
    )
    return Sheet("awaited", t.sheet("awaited"), columns, tuple(rows))


def _day(t: Tongue, iso: str | None) -> Cell:
    return None if iso is None else t.date(PartialDate(iso[:10], Precision.DAY))


def _in_lines(stamped: Stamped, contents: Sheet) -> bytes:
    """The contents as plain text, with the stamp."""
    colon = "：" if stamped.language == "zh" else ": "
    lines = [stamped.title, "", *stamped.lead, "", contents.title]
    lines += [f"  {file}  {what}" for file, what in contents.rows]
    lines += ["", *(f"{what}{colon}{how}" for what, how in stamped.stamp)]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")
