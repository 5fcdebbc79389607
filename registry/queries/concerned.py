"""Whom a record concerns: the parties that are told when its facts are to change, and the secretariats that keep it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from registry.models import (
    Agreement,
    Assignment,
    Body,
    Claim,
    Document,
    Edition,
    Item,
    MeetingSeries,
    Membership,
)
from registry.permissions import Actor, allowed, allowed_anywhere
from registry.queries.rounds import Subject, electorates_of, keepers_of_each


@dataclass(frozen=True, slots=True)
class Concerned:
    """Ids of the parties of a record, and of the groupings whose secretariats keep it."""

    bodies: tuple[int, ...] = ()
    groupings: tuple[int, ...] = ()

    def anybody(self) -> bool:
        """Whether it concerns anybody of the register."""
        return bool(self.bodies or self.groupings)

    def speaker(self, actor: Actor, permission: str) -> int | None:
        """The party of the record for which the actor may do this; None: none, or the register itself."""
        if allowed(actor, permission):
            return None
        mine = [body for body in self.bodies if allowed(actor, permission, body_id=body)]
        return next((body for body in mine if body == actor.body_id), mine[0] if mine else None)

    def may(self, actor: Actor, permission: str) -> bool:
        """Whether the actor may do this for a party or as a secretariat of the record; a record that concerns nobody of the
        register is everybody's who may do it anywhere."""
        if not self.anybody():
            return allowed_anywhere(actor, permission)
        return any(allowed(actor, permission, body_id=body) for body in self.bodies) or any(
            allowed(actor, permission, grouping_id=grouping) for grouping in self.groupings
        )


def concerned(session: Session, subject: Subject) -> Concerned:
    """Whom a record concerns now.

    agreement, item: its parties, the host, the secretariat. party: itself. grouping: its members. meeting: the members of the
    groupings whose series it belongs to or whose agreements it brought. document: its issuer and whom its items name.
    claim: those of its agreement, grouping, meeting or document, the narrowest that it names.
    """
    return concerned_each(session, [subject])[subject]


def concerned_each(session: Session, subjects: Collection[Subject]) -> dict[Subject, Concerned]:
    """The same of each: a few statements for each kind."""
    named = _named_by_claims(session, [identity for kind, identity in subjects if kind == "claim"])
    sought: dict[str, set[int]] = {}
    for subject in subjects:
        kind, identity = named.get(subject, subject)
        sought.setdefault(kind, set()).add(identity)
    found = {
        (kind, identity): whom
        for kind, identities in sought.items()
        for identity, whom in _FINDS[kind](session, sorted(identities)).items()
    }
    return {subject: found[named.get(subject, subject)] for subject in subjects}


def which_may(session: Session, actor: Actor, permission: str, subjects: Collection[Subject]) -> frozenset[Subject]:
    """Those of the records for which the actor may do this."""
    if not allowed_anywhere(actor, permission):
        return frozenset()
    return frozenset(
        subject for subject, whom in concerned_each(session, subjects).items() if whom.may(actor, permission)
    )


def _named_by_claims(session: Session, claims: Collection[int]) -> dict[Subject, Subject]:
    """The narrowest record that each claim speaks of."""
    kinds = ("agreement", "meeting", "grouping", "document")
    columns = (Claim.agreement_id, Claim.meeting_id, Claim.grouping_id, Claim.document_id)
    rows = session.execute(sa.select(Claim.id, *columns).where(Claim.id.in_(claims))).all() if claims else ()
    return {
        ("claim", claim): next((kind, named) for kind, named in zip(kinds, of, strict=True) if named is not None)
        for claim, *of in rows
    }


def _of_agreements(session: Session, agreements: Sequence[int]) -> dict[int, Concerned]:
    return _of_kept(session, "agreement", agreements, {})


def _of_items(session: Session, items: Sequence[int]) -> dict[int, Concerned]:
    issuers = (
        sa.select(Item.id, Body.id)
        .join(Document, Document.id == Item.document_id)
        .join(Body, Body.id == Document.issuer_id)
        .where(Item.id.in_(items), Body.signs)
    )
    return _of_kept(session, "item", items, _by_first(session, issuers))


def _of_kept(
    session: Session, kind: str, identities: Sequence[int], issuers: Mapping[int, Collection[int]]
) -> dict[int, Concerned]:
    """Of agreements or items: their parties, the host, who issued the document."""
    keepers = keepers_of_each(session, kind, identities)
    electorates = electorates_of(session, [(kind, identity) for identity in identities])
    return {
        identity: Concerned(
            _once(*electorates[kind, identity].each_party.values(), host, *issuers.get(identity, ())), _once(grouping)
        )
        for identity, (host, grouping) in keepers.items()
    }


def _of_parties(session: Session, parties: Sequence[int]) -> dict[int, Concerned]:
    groupings = _by_first(session, _current(Membership.body_id, Membership.grouping_id, among=parties))
    return {party: Concerned((party,), _once(*groupings.get(party, ()))) for party in parties}


def _of_groupings(session: Session, groupings: Sequence[int]) -> dict[int, Concerned]:
    members = _members(session, groupings)
    return {grouping: Concerned(_once(*members.get(grouping, ())), (grouping,)) for grouping in groupings}


def _of_meetings(session: Session, meetings: Sequence[int]) -> dict[int, Concerned]:
    series = (
        sa.select(Edition.meeting_id, MeetingSeries.grouping_id)
        .join(MeetingSeries, Edition.series_id == MeetingSeries.id)
        .where(Edition.meeting_id.in_(meetings), MeetingSeries.grouping_id.is_not(None))
    )
    brought = sa.select(Agreement.meeting_id, Agreement.grouping_id).where(
        Agreement.meeting_id.in_(meetings), Agreement.grouping_id.is_not(None)
    )
    found = _by_first(session, sa.union(series, brought))
    groupings = {meeting: sorted(found.get(meeting, ())) for meeting in meetings}
    members = _members(session, sorted({each for of in groupings.values() for each in of}))
    return {
        meeting: Concerned(_once(*(member for each in of for member in members.get(each, ()))), tuple(of))
        for meeting, of in groupings.items()
    }


def _of_documents(session: Session, documents: Sequence[int]) -> dict[int, Concerned]:
    """Its issuer and whom its items name, of those that can sign; the groupings that the issuer is a member of."""
    issuers = sa.select(Document.id, Document.issuer_id).where(
        Document.id.in_(documents), Document.issuer_id.is_not(None)
    )
    named = (
        sa.select(Item.document_id, Assignment.body_id)
        .join(Assignment, Item.id == Assignment.item_id)
        .where(Item.document_id.in_(documents))
    )
    bodies = sa.union(issuers, named).subquery("bodies")
    document, body = bodies.c
    signing = sa.select(document, Body.id).join(Body, Body.id == body).where(Body.signs).order_by(Body.id)
    groupings = (
        sa.select(Document.id, Membership.grouping_id)
        .join(Membership, Membership.body_id == Document.issuer_id)
        .where(Document.id.in_(documents), Membership.until_precision.is_(None))
    )
    parties, kept = _by_first(session, signing), _by_first(session, groupings)
    return {each: Concerned(_once(*parties.get(each, ())), _once(*kept.get(each, ()))) for each in documents}


_FINDS: Mapping[str, Callable[[Session, Sequence[int]], dict[int, Concerned]]] = {
    "agreement": _of_agreements,
    "item": _of_items,
    "party": _of_parties,
    "grouping": _of_groupings,
    "meeting": _of_meetings,
    "document": _of_documents,
}
"""Kind of record → whom those of it concern."""


def _members(session: Session, groupings: Sequence[int]) -> dict[int, list[int]]:
    members = _current(Membership.grouping_id, Membership.body_id, among=groupings)
    return _by_first(session, members.order_by(Membership.position))


def _current(
    whose: InstrumentedAttribute[int], what: InstrumentedAttribute[int], *, among: Sequence[int]
) -> sa.Select[int, int]:
    return sa.select(whose, what).where(whose.in_(among), Membership.until_precision.is_(None))


def _by_first(session: Session, pairs: sa.Executable) -> dict[int, list[int]]:
    """First column → what stands in the second."""
    found: dict[int, list[int]] = {}
    for first, second in session.execute(pairs):
        found.setdefault(first, []).append(second)
    return found


def _once(*identities: int | None) -> tuple[int, ...]:
    return tuple(dict.fromkeys(each for each in identities if each is not None))
