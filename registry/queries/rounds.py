"""What the parties have said and shown: who votes, how each round of consent stands, what it binds to, what was put forward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger import open_sealed
from registry.models import (
    Agreement,
    AgreementParty,
    Assignment,
    Body,
    Deadline,
    Document,
    Evidence,
    Item,
    Matter,
    MatterParty,
    Notice,
    OptOut,
    Procedure,
    Proposal,
    Vote,
)
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.content import content_of, grounds_of
from registry.queries.definitions import loaded
from registry.queries.names import bodies_by_code, names_of
from registry.queries.rows import (
    Named,
    Query,
    Row,
    Sealed,
    dated,
    document_columns,
    named_document,
    named_party,
    opened,
    party_columns,
)
from registry.queries.snapshot import Snapshot, live
from workflows import Definition, Title, Transition
from workflows.consent import Outcome, Tally, tally
from workflows.definition import Consent

Subject: TypeAlias = tuple[str, int]
"""Kind (agreement, item, matter) and id."""
NOBODY_ASKED = Tally("open", (), (), (), 0, ())
"""How a step stands that only waits for a second person."""


@dataclass(frozen=True, slots=True)
class Electorate:
    """The parties of a subject as they are now, in their order: code → id. Only bodies that can sign are among them."""

    each_party: Mapping[str, int]
    lead_party: Mapping[str, int]

    def voters(self, consent: Consent) -> Mapping[str, int]:
        """Those who vote: code → id."""
        return self.each_party if consent.voters == "each_party" else self.lead_party

    def holders(self, consent: Consent) -> frozenset[str]:
        """Codes of the voters whose agreement cannot be done without."""
        held = {"each_party": self.each_party, "lead_party": self.lead_party}
        named = {code for group in consent.veto for code in held.get(group, {})}
        return frozenset(named & self.voters(consent).keys())


@dataclass(frozen=True, slots=True)
class VoteRow:
    """What one party said. reason: its note, open for itself and auditors alone."""

    party: Named
    answer: str
    standing: str
    tacit: bool
    reason: Sealed | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A step put forward, and what was said to it.

    proposed_by: the party; None: the secretariat or the register. answers: what may be answered; none where only a second
    person is waited for. needed, waiting, vetoes: as in `workflows.consent.Tally`, while it is open. votes: the oldest first.
    """

    id: int
    number: int
    transition: str
    title: Title
    proposed_by: Named | None
    asked_at: datetime
    outcome: str
    decided_at: datetime | None
    basis: Named | None
    basis_note: str | None
    reason: Sealed | None
    effective: PartialDate
    answers: tuple[str, ...]
    needed: int
    votes: tuple[VoteRow, ...]
    waiting: tuple[Named, ...]
    vetoes: tuple[Named, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that a party may give now. answer: what it said so far; due_on: ISO day until which its silence is nothing yet."""

    subject: Named
    round: RoundRow
    party: Named
    answer: str | None
    due_on: str | None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of the steps that leave a state, beside the subject's own row."""

    consents: Mapping[str, Tally]
    second_person: frozenset[str]
    evidence: Mapping[str, int]
    deadline_passed: bool


def electorate_of(session: Session, subject: Subject) -> Electorate:
    """The parties of a subject. Of an item those that lead or join it, and where nobody does, those of its agreement that did
    not opt out."""
    return electorates_of(session, [subject])[subject]


def electorates_of(session: Session, subjects: Collection[Subject]) -> dict[Subject, Electorate]:
    """The parties of each subject: a statement for each kind, and one for the items that nobody leads or joins."""
    rows: dict[Subject, list[Row]] = {subject: [] for subject in subjects}

    def find(whose: str, kind: str) -> None:
        lacking = sorted(identity for (each, identity), found in rows.items() if each == kind and not found)
        for row in session.execute(_party_query(whose), {"subjects": lacking}) if lacking else ():
            rows[kind, row.subject_id].append(row)

    for whose, kind in (("agreement", "agreement"), ("item", "item"), ("matter", "matter"), ("parent", "item")):
        find(whose, kind)
    return {subject: _electorate(found) for subject, found in rows.items()}


def _electorate(rows: Sequence[Row]) -> Electorate:
    return Electorate({row.code: row.id for row in rows}, {row.code: row.id for row in rows if row.role == "lead"})


def gathered(
    session: Session, definition: Definition, state: str, subject: Subject, actor: Actor, steps_taken: Counter[str]
) -> Gathered:
    """Rounds, proposals and papers, asked for only where a step that leaves this state needs them."""
    leaving = [each for each in definition.ways if state in each.sources]
    consents: Mapping[str, Tally] = {}
    second: frozenset[str] = frozenset()
    evidence: Mapping[str, int] = {}
    if any(each.consent or each.sends_back or each.two_person for each in leaving):
        rounds = _latest(session, definition, subject, steps_taken)
        asked = {name: row for name, row in rounds.items() if definition.transition(name).consent}
        consents = tallies(session, definition, subject, asked.values())
        second = frozenset(
            name
            for name, row in rounds.items()
            if row.outcome in ("open", "carried") and row.person_id != actor.person_id
        )
    if any(each.evidence for each in leaving):
        evidence = evidence_counts(session, subject)
    passed = "deadline_passed" in definition.facts and bool(session.execute(_passed(subject)).scalar())
    return Gathered(consents, second, evidence, passed)


def tallies(
    session: Session, definition: Definition, subject: Subject, rounds: Collection[Proposal]
) -> Mapping[str, Tally]:
    """How these rounds stand, by transition id; an open one is counted with the parties as they are now."""
    if not rounds:
        return {}
    electorate = electorate_of(session, subject)
    answers: dict[int, dict[str, str]] = {each.id: {} for each in rounds}
    counted = (
        sa.select(Vote.proposal_id, Body.code, Vote.answer)
        .join(Body, Body.id == Vote.body_id)
        .where(Vote.proposal_id.in_(sorted(answers)), Vote.standing == "counted")
    )
    for row in session.execute(counted):
        answers[row.proposal_id][row.code] = row.answer
    return {
        each.transition: count(definition.transition(each.transition), electorate, each.outcome, answers[each.id])
        for each in rounds
    }


def count(arrow: Transition, electorate: Electorate, decided: str, answers: Mapping[str, str]) -> Tally:
    """One round as it stands. decided: its outcome so far; a decision, once written, is not counted again."""
    if arrow.consent is None:
        raise ValueError(f"{arrow.id} asks nobody's consent")
    voters = electorate.voters(arrow.consent)
    if decided == "open":
        heard = {code: answer for code, answer in answers.items() if code in voters}
        return tally(arrow.consent, tuple(voters), electorate.holders(arrow.consent), heard)
    return Tally(cast(Outcome, decided), tuple(code for code in voters if answers.get(code) == "agree"), (), (), 0, ())


def rounds_on(session: Session, actor: Actor, subject: Subject) -> tuple[RoundRow, ...]:
    """The steps of a subject that were put forward, in their order. As many statements whatever their number."""
    query = _round_query(Snapshot(session, None, date.min), actor).where(
        Proposal.subject_kind == subject[0], Proposal.subject_id == subject[1]
    )
    rows = session.execute(query.order_by(Proposal.number)).all()
    return tuple(told.row for told in _told(session, actor, rows))


def asked_of(session: Session, actor: Actor) -> tuple[Asked, ...]:
    """The answers that this officer may give now, for each of his parties, the most urgent first: what nobody of the party has
    answered, and what may still be answered otherwise. As many statements whatever their number."""
    own = frozenset(held.body_id for held in actor.held if held.role == "officer" and held.body_id is not None)
    if not own:
        return ()
    return _asked(session, actor, own, lambda told, code: code in told.tally.turn or told.may_change(code, actor))


def awaited_of(session: Session, actor: Actor, body_id: int) -> tuple[Asked, ...]:
    """The answers that one party is asked for and has not given, the most urgent first, about what this reader may see."""
    return _asked(session, actor, frozenset({body_id}), lambda told, code: code in told.tally.turn)


def _asked(session: Session, actor: Actor, own: frozenset[int], due: Callable[[_Told, str], bool]) -> tuple[Asked, ...]:
    query = _round_query(Snapshot(session, None, date.min), actor).where(Proposal.outcome == "open", _concerns(own))
    told = [each for each in _told(session, actor, session.execute(query).all()) if each.awake]
    seen = names_of(Snapshot(session, None, date.min), actor, {each.subject for each in told})
    asked = (
        Asked(seen[each.subject], each.row, each.names[code], each.said.get(code), each.due_on)
        for each in told
        for code, body_id in each.voters.items()
        if each.subject in seen and body_id in own and due(each, code)
    )
    return tuple(sorted(asked, key=lambda each: (each.answer is not None, each.due_on or "9", each.round.asked_at)))


@dataclass(frozen=True, slots=True)
class _Told:
    """A round with what decides who may answer. said: answers that count, by code; givers: who gave them."""

    row: RoundRow
    subject: Subject
    voters: Mapping[str, int]
    names: Mapping[str, Named]
    tally: Tally
    said: Mapping[str, str]
    givers: Mapping[str, int | None]
    substitutes: bool
    awake: bool
    due_on: str | None

    def may_change(self, code: str, actor: Actor) -> bool:
        """Whether the actor may replace what this party said."""
        return code in self.said and (self.substitutes or self.givers[code] in (None, actor.person_id))


def _round_query(snapshot: Snapshot, actor: Actor) -> Query:
    body, document = live(Body), live(Document)
    visible = sa.and_(document.c.id == Proposal.basis_id, may_see_document(snapshot, actor))
    due = sa.select(sa.func.max(Deadline.due_on)).where(
        Deadline.proposal_id == Proposal.id, Deadline.purpose == "answer", Deadline.ended_at.is_(None)
    )
    states = [
        sa.select(model.state).where(Proposal.subject_kind == kind, model.id == Proposal.subject_id).scalar_subquery()
        for kind, model in (("agreement", Agreement), ("item", Item), ("matter", Matter))
    ]
    return (
        sa.select(
            *Proposal.__table__.columns,
            Procedure.sha256,
            sa.func.coalesce(*states).label("state"),
            due.scalar_subquery().label("due_on"),
            *party_columns(body),
            *document_columns(document),
        )
        .join(Procedure, Procedure.id == Proposal.procedure_id)
        .outerjoin(body, body.c.id == Proposal.body_id)
        .outerjoin(document, visible)
    )


def _concerns(own: frozenset[int]) -> sa.ColumnElement[bool]:
    """Condition on proposals: one of these bodies is a party of the subject, or of the agreement of an item."""
    named = [
        sa.select(sa.literal(kind), identity).where(party.body_id.in_(sorted(own)))
        for kind, identity, party in (
            ("agreement", AgreementParty.agreement_id, AgreementParty),
            ("item", Assignment.item_id, Assignment),
            ("matter", MatterParty.matter_id, MatterParty),
        )
    ]
    under = sa.select(sa.literal("item"), Item.id).join(
        AgreementParty, AgreementParty.agreement_id == Item.agreement_id
    )
    found = sa.union_all(*named, under.where(AgreementParty.body_id.in_(sorted(own))))
    return sa.tuple_(Proposal.subject_kind, Proposal.subject_id).in_(found)


def _told(session: Session, actor: Actor, rows: Sequence[Row]) -> list[_Told]:
    """Rounds for one reader: votes, parties and names of all of them together."""
    if not rows:
        return []
    electorates = electorates_of(session, {(row.subject_kind, row.subject_id) for row in rows})
    body = live(Body)
    given = session.execute(
        sa.select(*Vote.__table__.columns, *party_columns(body))
        .join(body, body.c.id == Vote.body_id)
        .where(Vote.proposal_id.in_([row.id for row in rows]))
        .order_by(Vote.id)
    ).all()
    texts = open_sealed(session, actor, [each.reason for each in (*rows, *given)])
    names = bodies_by_code(
        Snapshot(session, None, date.min), {code for each in electorates.values() for code in each.each_party}
    )
    votes: dict[int, list[Row]] = {row.id: [] for row in rows}
    for each in given:
        votes[each.proposal_id].append(each)
    return [
        _one(session, row, electorates[row.subject_kind, row.subject_id], votes[row.id], names, texts) for row in rows
    ]


def _one(
    session: Session,
    row: Row,
    electorate: Electorate,
    votes: Sequence[Row],
    names: Mapping[str, Named],
    texts: Mapping[str, str],
) -> _Told:
    arrow = loaded(session, row.procedure_id, row.sha256).transition(row.transition)
    counted = {vote.party_code: vote for vote in votes if vote.standing == "counted"}
    said = {code: vote.answer for code, vote in counted.items()}
    counts = count(arrow, electorate, row.outcome, said) if arrow.consent else NOBODY_ASKED
    told = RoundRow(
        id=row.id,
        number=row.number,
        transition=row.transition,
        title=arrow.title,
        proposed_by=named_party(row) if row.party_code else None,
        asked_at=row.asked_at,
        outcome=row.outcome,
        decided_at=row.decided_at,
        basis=named_document(row),
        basis_note=row.basis_note if row.basis_id is None or row.document_key else None,
        reason=opened(row.reason, texts),
        effective=dated(row.effective, row.effective_precision),
        answers=arrow.consent.answers if arrow.consent else (),
        needed=counts.needed,
        votes=tuple(_vote(vote, texts) for vote in votes),
        waiting=tuple(names[code] for code in counts.waiting),
        vetoes=tuple(names[code] for code in counts.vetoes),
        content=row.content,
    )
    return _Told(
        row=told,
        subject=(row.subject_kind, row.subject_id),
        voters=electorate.voters(arrow.consent) if arrow.consent else {},
        names=names,
        tally=counts,
        said=said,
        givers={code: vote.person_id for code, vote in counted.items()},
        substitutes=arrow.consent is not None and arrow.consent.delegate is not None,
        awake=row.state in arrow.sources,
        due_on=row.due_on,
    )


def _vote(row: Row, texts: Mapping[str, str]) -> VoteRow:
    return VoteRow(named_party(row), row.answer, row.standing, row.tacit, opened(row.reason, texts), row.recorded_at)


def keepers_of(session: Session, subject: Subject) -> tuple[int | None, int | None]:
    """Ids of the host and of the grouping that a subject belongs to."""
    kind, identity = subject
    return keepers_of_each(session, kind, [identity])[identity]


def keepers_of_each(
    session: Session, kind: str, identities: Collection[int]
) -> dict[int, tuple[int | None, int | None]]:
    """The same of each subject of a kind."""
    kept = Matter if kind == "matter" else Agreement
    query = sa.select(kept.id, kept.host_id, kept.grouping_id).where(kept.id.in_(identities))
    if kind == "item":
        query = (
            sa.select(Item.id, Agreement.host_id, Agreement.grouping_id)
            .outerjoin(Agreement, Agreement.id == Item.agreement_id)
            .where(Item.id.in_(identities))
        )
    return {identity: (host, grouping) for identity, host, grouping in session.execute(query)}


def evidence_counts(session: Session, subject: Subject) -> Mapping[str, int]:
    """Papers shown, by the keys of `workflows.definition.Evidence`: the type, and the type with from whom."""
    column = {"item": Evidence.item_id, "agreement": Evidence.agreement_id, "matter": Evidence.matter_id}[subject[0]]
    rows = session.execute(
        sa.select(Evidence.type, Evidence.body_id, sa.func.count())
        .where(column == subject[1])
        .group_by(Evidence.type, Evidence.body_id)
    ).all()
    electorate = electorate_of(session, subject) if rows else Electorate({}, {})
    host = keepers_of(session, subject)[0] if rows else None
    found: Counter[str] = Counter()
    for kind, body_id, number in rows:
        found[kind] += number
        found[f"{kind}/lead_party"] += number if body_id in electorate.lead_party.values() else 0
        found[f"{kind}/host"] += number if body_id is not None and body_id == host else 0
        found[f"{kind}/grouping"] += number if body_id is None else 0
    given = {(kind, body_id): number for kind, body_id, number in rows}
    for kind in {row[0] for row in rows}:
        found[f"{kind}/each_party"] = min(
            (given.get((kind, party), 0) for party in electorate.each_party.values()), default=0
        )
    return found


def _latest(
    session: Session, definition: Definition, subject: Subject, steps_taken: Counter[str]
) -> dict[str, Proposal]:
    """The last proposal of each transition that still says something, by transition id: open or decided, bound to the
    content as it is now, and not yet followed by its step."""
    kind, identity = subject
    query = (
        sa.select(Proposal)
        .where(Proposal.subject_kind == kind, Proposal.subject_id == identity)
        .order_by(Proposal.number)
        .execution_options(populate_existing=True)
    )
    known = {each.id for each in definition.transitions}
    rows: Sequence[Proposal] = [row for row in session.execute(query).scalars() if row.transition in known]
    asked_back = Counter(row.transition for row in rows if row.outcome == "change_requested")
    last = {row.transition: row for row in rows}
    return {
        name: row
        for name, row in last.items()
        if row.outcome in ("open", "carried", "refused")
        or (row.outcome == "change_requested" and asked_back[name] > steps_taken[f"{name}/change"])
        if row.content == content_of(session, definition, subject, grounds_of(row))
    }


def _passed(subject: Subject) -> sa.Select[bool]:
    return sa.select(
        sa.exists().where(
            Deadline.subject_kind == subject[0], Deadline.subject_id == subject[1], Deadline.purpose == "stay",
            Deadline.ended_at.is_(None), Deadline.stopped_on.is_(None), Notice.deadline_id == Deadline.id,
            Notice.kind == "passed",
        )
    )  # fmt: skip


@cache
def _party_query(whose: str) -> Query:
    """Subject, id, code and role of the bodies that can sign, in their order, leads first. Parameter: subjects, their ids.

    whose: a kind of subject, or `parent`: the parties of the agreement, for an item of it.
    """
    joins = sa.literal("join")
    party: Any
    party, subject_id, role = {
        "agreement": (AgreementParty, AgreementParty.agreement_id, joins),
        "item": (Assignment, Assignment.item_id, Assignment.role),
        "matter": (MatterParty, MatterParty.matter_id, MatterParty.role),
        "parent": (AgreementParty, Item.id, joins),
    }[whose]
    query: Query = sa.select(subject_id.label("subject_id"), Body.id, Body.code, role.label("role")).select_from(party)
    if whose == "parent":
        out = sa.exists().where(
            OptOut.item_id == Item.id, OptOut.body_id == party.body_id, OptOut.until_precision.is_(None)
        )
        query = query.join(Item, Item.agreement_id == AgreementParty.agreement_id).where(~out)
    named = subject_id.in_(sa.bindparam("subjects", expanding=True))
    lead_first = sa.case((role == "lead", 0), else_=1)
    return (
        query.join(Body, Body.id == party.body_id)
        .where(named, party.until_precision.is_(None), Body.signs)
        .order_by(subject_id, lead_first, party.position, Body.id)
    )
