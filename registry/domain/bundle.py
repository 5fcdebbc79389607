"""The records of a bundle: a register as one file, read and checked, with references by number, code or name.

Each class mirrors one record of `registry/data/bundle.schema.json`; nothing here knows of rows or of YAML. Optional
figures are None where the source does not state them: unknown is a value.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.domain.dates import UNKNOWN, PartialDate


@dataclass(frozen=True, slots=True)
class Cite:
    """Where a record's facts stand: number of a document, 1-based line of the text as received."""

    document: str
    line: int


@dataclass(frozen=True, slots=True)
class Name:
    """A name or short title, in English only where one is natural."""

    zh: str
    en: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name; with an issuer (code of a body) it holds in that issuer's papers only."""

    text: str
    issuer: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """Somebody whom a document names; a party if it signs."""

    code: str
    name: Name
    kind: str
    signs: bool
    gb_code: str | None = None
    province: str | None = None
    parent: str | None = None
    aliases: tuple[Alias, ...] = ()
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Department:
    """A department of a body; its exact name is its key."""

    body: str
    name: Name
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A party of a grouping. until: None while it is still a member."""

    body: str
    role: str = "member"
    since: PartialDate = UNKNOWN
    until: PartialDate | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """A standing body of cities, with its members as far as a document names them, in printed order."""

    code: str
    name: Name
    kind: str
    declared_members: int | None = None
    members: tuple[Member, ...] = ()
    aliases: tuple[Alias, ...] = ()
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A conference that meets again and again."""

    code: str
    name: Name
    grouping: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Edition:
    """A meeting as the n-th of a series."""

    series: str
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting, held or planned; perhaps an edition of several series at once."""

    number: str
    name: Name
    held: bool
    on: PartialDate = UNKNOWN
    venue: str | None = None
    editions: tuple[Edition, ...] = ()
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """The facts of an official document, not its text. issuer: code; issuer_name: as printed where there is no body."""

    number: str
    title: str
    kind: str
    document_number: str | None = None
    issuer: str | None = None
    issuer_name: str | None = None
    state: str | None = None
    class_mark: str | None = None
    signed_on: PartialDate = UNKNOWN
    published_at: PartialDate = UNKNOWN
    period_from: int | None = None
    period_until: int | None = None
    approved_by: str | None = None
    approving_signer: str | None = None
    addressees: tuple[str, ...] = ()
    proposal_number: str | None = None
    proposal_title: str | None = None
    proposal_session: str | None = None
    proposers: tuple[str, ...] = ()
    implements: str | None = None
    level: str = "public"
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """补录: the first step of what began before the register, to the state that a document shows.

    basis: number of that document. place: where in it. on: since when the state holds, as far as it says.
    """

    state: str
    basis: str
    place: str | None = None
    on: PartialDate = UNKNOWN


@dataclass(frozen=True, slots=True)
class LaterStep:
    """A step after the entry, taken through the engine. transition: its id in the procedure; basis: number of a document;
    into: number of the item that this one is merged into."""

    transition: str
    basis: str
    on: PartialDate = UNKNOWN
    reason: str | None = None
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A version of an agreement's text by the SHA-256 of its file, hex; language: BCP 47 tag."""

    sha256: str
    language: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's signature under the settled text."""

    party: str
    on: PartialDate
    signer: str
    post: str


@dataclass(frozen=True, slots=True)
class Relation:
    """How an agreement stands to another one."""

    other: str
    kind: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An accord, or `instruments` like accords as one record, with parties and fields as far as named, in printed order.

    declared_parties, declared_fields: the numbers that the document states.
    """

    number: str
    title: Name
    kind: str
    party_list: str
    entry: Entry
    grouping: str | None = None
    meeting: str | None = None
    host: str | None = None
    level: str = "public"
    parties: tuple[str, ...] = ()
    declared_parties: int | None = None
    fields: tuple[Name, ...] = ()
    declared_fields: int | None = None
    instruments: int = 1
    on: PartialDate = UNKNOWN
    venue: str | None = None
    texts: tuple[Text, ...] = ()
    signatures: tuple[Signature, ...] = ()
    relations: tuple[Relation, ...] = ()
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A count that a document states. counts: which rows stand for the set; part_of: code of the claim it is part of."""

    code: str
    what: Name
    stated: int
    document: str
    approximate: str | None = None
    unit: str | None = None
    named: int | None = None
    as_of: PartialDate = UNKNOWN
    part_of: str | None = None
    agreement: str | None = None
    meeting: str | None = None
    grouping: str | None = None
    counts: str | None = None
    level: str = "public"
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    code: str
    kind: str
    what: Name
    on: PartialDate = UNKNOWN
    meeting: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise in a reply, by its order there from 1."""

    code: str
    document: str
    position: int
    title: Name
    section: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Duty:
    """A party, or one of its departments, that leads, joins or supports an item."""

    body: str
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Partner:
    """Partners that a document names for an item, as printed."""

    names: tuple[str, ...]
    relation: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A quantified target. number, number_until: exact decimals as text, in `unit`; year: to reach it by.

    horizon_years: e.g. "5" or "3-5", counted from horizon_from. force: the document's word, e.g. 力争.
    """

    metric: Name
    comparator: str
    period: str
    number: str | None = None
    number_until: str | None = None
    unit: str | None = None
    year: int | None = None
    horizon_from: int | None = None
    horizon_years: str | None = None
    force: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one party reported of an item, released to all its readers."""

    party: str
    as_of: PartialDate
    grade: str
    progress: str
    problem: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A paper shown for an item: consensus, conditions or a result. document: its number."""

    type: str
    document: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Mechanism:
    """What keeps a result alive. document: its instrument; keeper: the party that keeps it."""

    kind: str
    name: Name
    keeper: str
    review_on: PartialDate
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A cooperation item; its number says under which agreement or document it stands, and where.

    field: position of the agreement's field, from 1. leads: the first one reports for all.
    """

    number: str
    title: Name
    entry: Entry
    field: int | None = None
    section: str | None = None
    lane: str | None = None
    level: str | None = None
    leads: tuple[Duty, ...] = ()
    joins: tuple[Duty, ...] = ()
    supports: tuple[Duty, ...] = ()
    partners: tuple[Partner, ...] = ()
    targets: tuple[Target, ...] = ()
    reports: tuple[Report, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    mechanisms: tuple[Mechanism, ...] = ()
    steps: tuple[LaterStep, ...] = ()
    note: str | None = None
    cites: tuple[Cite, ...] = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """One file. sample: every record is fictional, marked so wherever it appears, and in no tally."""

    title: Name
    sample: bool
    bodies: tuple[Body, ...] = ()
    departments: tuple[Department, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    series: tuple[Series, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    documents: tuple[Document, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    claims: tuple[Claim, ...] = ()
    events: tuple[Event, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    items: tuple[Item, ...] = ()
