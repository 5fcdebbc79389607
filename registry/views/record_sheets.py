"""The page of one record as tables: all that the page shows, and no more than its reader may see."""

from __future__ import annotations

from collections.abc import Sequence

from registry.domain.dates import UNKNOWN
from registry.domain.sheets import Cell, Column, Sheet
from registry.models.agreements import ACT_KINDS
from registry.queries.acts import ActRow, PartyRow
from registry.queries.agreement_page import AgreementPage
from registry.queries.documents import DocumentPage
from registry.queries.force import TextForce
from registry.queries.groupings import GroupingPage
from registry.queries.items import ItemRow
from registry.queries.lists import ListPage
from registry.queries.matrix import ROLES, Matrix
from registry.queries.meetings import MeetingPage
from registry.queries.parties import PartyPage
from registry.views.sheets import (
    STAGES,
    Facts,
    Sheets,
    agreements_sheet,
    cited,
    claims_sheet,
    commitments_sheet,
    counts_sheet,
    facts_sheet,
    issuer,
    item_columns,
    item_rows,
    items_sheet,
    members_sheet,
)
from registry.views.tongue import Cells, Tongue

# ---- agreements


def agreement_sheets(t: Tongue, page: AgreementPage, forces: Sequence[TextForce]) -> Sheets:
    """An agreement: facts, party × act, items, fields × stage, texts, relations, claims."""
    return (
        facts_sheet(t, _agreement_facts(t, page, forces)),
        status_sheet(t, page),
        items_sheet(t, page.items),
        _fields(t, page),
        _texts(t, page),
        _relations(t, page),
        claims_sheet(t, page.claims),
    )


def _agreement_facts(t: Tongue, page: AgreementPage, forces: Sequence[TextForce]) -> Facts:
    settled = next((each.force for each in forces if each.kind == "text"), None)
    return (
        ("agreement", t.title(page.title_zh, page.title_en)),
        ("number", page.number),
        ("kind", t.word("agreement_kind", page.kind)),
        ("stage", t.word("stage", page.stage)),
        ("state", t.word("state", page.state)),
        ("dated", t.date(page.dated)),
        ("effect", (settled.date or t.word("force", settled.status)) if settled else None),
        ("meeting", t.named(page.meeting)),
        ("venue", t.named(page.venue)),
        ("host", t.named(page.host)),
        ("grouping", t.named(page.grouping)),
        ("parties", sum(row.until is None for row in page.parties) or t.word("party_list", page.party_list)),
        ("declared", page.declared_parties),
        ("declared_fields", page.declared_fields),
        ("instruments", t.say("instruments", n=page.instruments) if page.instruments > 1 else None),
        ("level", t.word("level", page.level)),
        ("source", cited(t, page.citations)),
        ("marks", t.marks(sample=page.sample, backfilled=page.backfilled) or None),
        ("note", page.note),
    )


def status_sheet(t: Tongue, page: AgreementPage) -> Sheet:
    """Party × kind of act, with the days; kinds that nobody used are left out, but for the signature."""
    used = {act.kind for row in page.parties for act in row.acts} | {"signature"}
    kinds = [kind for kind in ACT_KINDS if kind in used]
    columns = (t.head("signer", "title", 18), *(Column(t.word("act_kind", kind), "date", 14) for kind in kinds))
    rows = tuple((_party(t, row), *(_acts(t, page, row, kind) for kind in kinds)) for row in page.parties)
    return Sheet("status", t.sheet("status"), columns, rows)


def _party(t: Tongue, row: PartyRow) -> str:
    named = t.named(row.party)
    return named if row.until is None else t.say("left", what=named, when=t.dated(row.until))


def _acts(t: Tongue, page: AgreementPage, row: PartyRow, kind: str) -> Cell:
    """The day of a party's one act of a kind; several of them in words."""
    acts = [act for act in row.acts if act.kind == kind]
    if not acts:
        return _unsigned(t, page, row) if kind == "signature" else None
    plain = len(acts) == 1 and acts[0].annulled_at is None and acts[0].confirmation in (None, "confirmed")
    return t.date(acts[0].done) if plain else t.say("and").join(_act(t, act) for act in acts)


def _unsigned(t: Tongue, page: AgreementPage, row: PartyRow) -> str | None:
    """What stands where a party did not sign: it left, came in otherwise or declined; is awaited; or no document says."""
    if row.until or any(row.standing(kind) for kind in ("accession", "succession", "decline")):
        return None
    return t.say("awaited") if page.stage == "signing" else t.say("unknown") if page.backfilled else None


def _act(t: Tongue, act: ActRow) -> str:
    words = t.say("unknown") if act.done == UNKNOWN else t.dated(act.done)
    if act.annulled_at is not None:
        return t.say("annulled", what=words)
    if act.confirmation in ("awaited", "objected"):
        return t.say("confirmed_by", what=words, how=t.word("confirmation", act.confirmation))
    return words


def _fields(t: Tongue, page: AgreementPage) -> Sheet:
    columns = (
        t.head("field", "title", 20),
        *(Column(t.word("stage", stage), "number", 10) for stage in STAGES),
        t.head("total", "number", 8),
    )
    counts = [dict(field.counts) for field in page.fields]
    numbers = [[count.get(stage, 0) for stage in STAGES] for count in counts]
    titles = [t.title(each.title_zh, each.title_en) if each.title_zh else t.say("no_field") for each in page.fields]
    rows: tuple[Cells, ...] = tuple(
        (title, *row, field.total) for title, row, field in zip(titles, numbers, page.fields, strict=True)
    )
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    return Sheet("fields", t.sheet("fields"), columns, rows, (t.what("total"), *sums, sum(sums)) if rows else None)


def _texts(t: Tongue, page: AgreementPage) -> Sheet:
    columns = (t.head("version", "title", 24), t.head("language", width=10), t.head("sha256", width=36))
    settled = max((text.version for text in page.texts if text.kind == "text"), default=None)
    rows = (
        (
            t.title(text.title_zh, text.title_en)
            if text.title_zh
            else t.say("settled" if text.version == settled else "version", n=text.version),
            t.word("agreement_text.language", text.language),
            text.sha256,
        )
        for text in page.texts
    )
    return Sheet("texts", t.sheet("texts"), columns, tuple(rows))


def _relations(t: Tongue, page: AgreementPage) -> Sheet:
    columns = (t.head("relation", width=16), t.head("agreement", "title", 40), t.head("note", width=30))
    rows = []
    for each in page.relations:
        kind = t.word("relation", each.kind)
        turned = each.inverse and each.kind not in ("possibly_same", "unclear")
        rows.append((t.say("inverse", what=kind) if turned else kind, t.named(each.other), each.note))
    return Sheet("relations", t.sheet("relations"), columns, tuple(rows))


# ---- parties, meetings, groupings, lists, documents


def matrix_sheet(t: Tongue, page: Matrix) -> Sheet:
    """Each item of an agreement with what each city is to it, a column for each."""
    roles = tuple(t.word("assignment_role", role) for role in ROLES)
    cities = tuple(Column(t.named(city.body) or "", width=10, among=roles) for city in page.cities)
    heads = (
        t.head("number", width=20),
        t.head("item", "title", 40),
        t.head("field", width=14),
        t.head("lamp", width=8),
    )
    rows = tuple(
        (
            row.item.number,
            t.title(row.item.title_zh, row.item.title_en),
            t.title(row.item.field_zh, row.item.field_en) if row.item.field_zh else t.say("no_field"),
            t.word("lamp", row.item.lamp),
            t.word("state", row.item.state),
            *(_roles(t, row.marks.get(city.body.key, ())) for city in page.cities),
        )
        for row in page.rows
    )
    return Sheet("matrix", t.sheet("matrix"), (*heads, t.head("state"), *cities), rows)


def _roles(t: Tongue, roles: Sequence[str]) -> str | None:
    return t.say("between").join(t.word("assignment_role", role) for role in roles) or None


def party_sheets(t: Tongue, page: PartyPage) -> Sheets:
    """A party: facts, its items with what needs attention first, what it leads and joins in numbers, agreements, groupings."""
    row = page.row
    facts: Facts = (
        ("name", t.title(row.title_zh, row.title_en)),
        ("code", row.code),
        ("kind", t.word("party_kind", row.kind)),
        ("province", t.word("province", row.province) if row.province else t.say("unknown")),
        ("superior", t.named(row.parent) if row.parent else None),
        ("aliases", t.say("between").join(page.aliases) or None),
        ("ended", t.date(page.ended) if page.ended else None),
        ("source", cited(t, page.citations)),
        ("marks", t.marks(sample=row.sample) or None),
        ("note", page.note),
    )
    in_part = (("leads", page.leads, "lead"), ("joins", page.joins, "join"))
    counts = [
        counts_sheet(
            t, each, samples=row.sample, name=name, title=f"{t.sheet('counts')} · {t.word('assignment_role', role)}"
        )
        for name, each, role in in_part
        if each
    ]
    return (
        facts_sheet(t, facts),
        *counts,
        items_sheet(t, page.items.rows),
        agreements_sheet(t, page.agreements.rows),
        _terms(t, page),
        members_sheet(t, page.memberships, "memberships", of_party=True),
    )


def _terms(t: Tongue, page: PartyPage) -> Sheet:
    columns = (t.head("agreement", "title", 40), t.head("since", "date", 14), t.head("until", "date", 14))
    rows = (
        (t.named(each.agreement), t.date(each.since), t.date(each.until) if each.until else None) for each in page.terms
    )
    return Sheet("terms", t.sheet("terms"), columns, tuple(rows))


def meeting_sheets(t: Tongue, page: MeetingPage) -> Sheets:
    """A meeting: facts, its agreements, what happened around it, claims."""
    row = page.row
    editions = (
        t.say("edition", series=t.named(each.series), n=each.ordinal)
        if each.ordinal is not None
        else f"{t.named(each.series)} {t.say('unknown')}"
        for each in row.editions
    )
    facts: Facts = (
        ("name", t.title(row.title_zh, row.title_en)),
        ("number", row.number),
        ("on", t.date(row.on)),
        ("venue", t.named(row.venue)),
        ("series", t.say("and").join(editions) or None),
        ("source", cited(t, page.citations)),
        ("marks", t.marks(sample=row.sample) or None),
        ("note", page.note),
    )
    columns = (t.head("on", "date", 14), t.head("event", "title", 40), t.head("marks", width=8))
    happened = (
        (t.date(each.on), t.title(each.title_zh, each.title_en), t.marks(sample=each.sample)) for each in page.events
    )
    return (
        facts_sheet(t, facts),
        agreements_sheet(t, page.agreements.rows),
        Sheet("events", t.sheet("events"), columns, tuple(happened)),
        claims_sheet(t, page.claims),
    )


def grouping_sheets(t: Tongue, page: GroupingPage, items: Sequence[ItemRow]) -> Sheets:
    """A grouping: facts, members, agreements, items in numbers and one by one, claims. items: of its agreements."""
    row = page.row
    facts: Facts = (
        ("name", t.title(row.title_zh, row.title_en)),
        ("code", row.code),
        ("kind", t.word("grouping_kind", row.kind)),
        ("members", row.members),
        ("declared_members", row.declared_members),
        ("aliases", t.say("between").join(page.aliases) or None),
        ("series", t.all(page.series) if page.series else None),
        ("source", cited(t, page.citations)),
        ("marks", t.marks(sample=row.sample) or None),
        ("note", page.note),
    )
    counts = [counts_sheet(t, page.items, samples=row.sample)] if page.items else []
    return (
        facts_sheet(t, facts),
        members_sheet(t, page.members, "members"),
        members_sheet(t, page.former, "former"),
        agreements_sheet(t, page.agreements.rows),
        *counts,
        items_sheet(t, items),
        claims_sheet(t, page.claims),
    )


def list_sheets(t: Tongue, page: ListPage) -> Sheets:
    """An annual list in one version: its rows, facts, versions."""
    owner = page.grouping or page.issuer
    shown = page.shown
    facts: Facts = (
        ("name", t.title(page.title_zh, page.title_en)),
        ("number", page.number),
        ("year", page.year),
        ("owner", t.named(owner)),
        ("version", shown.version if shown else None),
        ("adopted", t.date(shown.adopted) if shown else None),
        ("stated_items", shown.declared if shown else None),
        ("basis", t.named(shown.basis) if shown and shown.basis else None),
        ("level", t.word("level", page.level)),
        ("marks", t.marks(sample=page.sample) or None),
        ("note", page.note),
    )
    columns = (
        t.head("order", "number", 5),
        t.head("category", width=14),
        *item_columns(t),
        t.head("carried_from", width=18),
    )
    rows = (
        (order, each.category, *cells, t.named(each.carried_from) if each.carried_from else None)
        for order, (each, cells) in enumerate(
            zip(page.rows, item_rows(t, (each.item for each in page.rows)), strict=True), 1
        )
    )
    head = (t.head("version", "number", 6), t.head("adopted", "date", 14), t.head("items", "number", 8),
            t.head("stated_items", "number", 8), t.head("basis", width=30))  # fmt: skip
    versions = (
        (each.version, t.date(each.adopted), each.items, each.declared, t.named(each.basis) if each.basis else None)
        for each in page.versions
    )
    return (
        facts_sheet(t, facts),
        Sheet("list", t.sheet("list"), columns, tuple(rows)),
        Sheet("versions", t.sheet("versions"), head, tuple(versions)),
    )


def document_sheets(t: Tongue, page: DocumentPage) -> Sheets:
    """A document: facts, the items under it, claims, promises, what rests on it."""
    row = page.row
    years = (page.period_from, page.period_until)
    facts: Facts = (
        ("name", row.title),
        ("number", row.number),
        ("kind", t.word("document_kind", row.kind)),
        ("state", row.state),
        ("document_number", row.document_number or t.say("unknown")),
        ("issuer", issuer(t, row)),
        ("signed_on", t.date(row.signed)),
        ("published", t.date(row.published)),
        ("years", "–".join(str(year or "") for year in years) if any(years) else None),
        ("approved_by", page.approved_by),
        ("approving_signer", page.approving_signer),
        ("class_mark", page.class_mark),
        ("addressees", t.say("between").join(page.addressees) or None),
        ("proposal_number", page.proposal_number),
        ("proposal_title", page.proposal_title),
        ("proposal_session", page.proposal_session),
        ("proposers", t.say("between").join(page.proposers) or None),
        ("implements", t.named(page.implements) if page.implements else None),
        ("implemented_by", t.all(page.implemented_by) if page.implemented_by else None),
        ("level", t.word("level", row.level)),
        ("marks", t.marks(sample=row.sample) or None),
        ("note", page.note),
    )
    columns = (t.head("record", "title", 40), t.head("kind", width=12), t.head("lines", width=16))
    resting = (
        (t.named(each.record), t.word("table", each.record.kind), t.say("between").join(map(str, each.lines)))
        for each in page.cited_by
    )
    return (
        facts_sheet(t, facts),
        items_sheet(t, page.items.rows),
        claims_sheet(t, page.claims),
        commitments_sheet(t, page.commitments),
        Sheet("cited", t.sheet("cited"), columns, tuple(resting)),
    )
