"""The tables of the register. Import from here; the modules are one thing each."""

from registry.models.agreements import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    AgreementText,
    Custody,
    Relation,
    TextFile,
)
from registry.models.base import Audited, Base, Moment, audited_tables, logged_columns
from registry.models.bodies import (
    Alias,
    Body,
    BodyEvent,
    BodyEventPart,
    BodyName,
    Department,
    Grouping,
    Membership,
)
from registry.models.deadlines import CalendarDay, CalendarYear, Deadline, Notice
from registry.models.decisions import (
    AlertAnswer,
    Correction,
    CorrectionObjection,
    LampPolicy,
    MovedReference,
    Policy,
    SameAs,
)
from registry.models.documents import (
    Citation,
    Claim,
    Commitment,
    Document,
    Edition,
    Event,
    Meeting,
    MeetingSeries,
    StoredFile,
)
from registry.models.history import Change, LedgerEntry, LedgerHead, Never, RowChange, add_version_tables
from registry.models.items import (
    Assignment,
    Item,
    LampOverride,
    LaneChange,
    Lineage,
    Mechanism,
    Observation,
    OptOut,
    Partner,
    Report,
    Target,
)
from registry.models.lists import AnnualList, ListRow, ListVersion
from registry.models.matters import Matter, MatterParty, MatterValue
from registry.models.people import Grant, Person, Register, SealedValue, SignInFailure
from registry.models.rounds import Proposal, Vote
from registry.models.search import SearchText
from registry.models.shares import FrozenPage, ShareLink, ShareVisit
from registry.models.steps import Evidence, Procedure, Step

VERSIONS = add_version_tables()

__all__ = [
    "VERSIONS", "Act", "Agreement", "AgreementField", "AgreementParty", "AgreementText", "AlertAnswer", "Alias",
    "AnnualList", "Assignment", "Audited", "Base", "Body", "BodyEvent", "BodyEventPart", "BodyName", "CalendarDay",
    "CalendarYear", "Change", "Citation", "Claim", "Commitment", "Correction", "CorrectionObjection", "Custody",
    "Deadline", "Department", "Document", "Edition", "Event", "Evidence", "FrozenPage", "Grant", "Grouping", "Item",
    "LampOverride", "LampPolicy", "LaneChange", "LedgerEntry", "LedgerHead", "Lineage", "ListRow", "ListVersion",
    "Matter", "MatterParty", "MatterValue", "Mechanism", "Meeting", "MeetingSeries", "Membership", "Moment",
    "MovedReference", "Never", "Notice", "Observation", "OptOut", "Partner", "Person", "Policy", "Procedure", "Proposal",
    "Register", "Relation", "Report", "RowChange", "SameAs", "SealedValue", "SearchText", "ShareLink", "ShareVisit", "SignInFailure",
    "Step", "StoredFile", "Target", "TextFile", "Vote", "audited_tables", "logged_columns",
]  # fmt: skip
