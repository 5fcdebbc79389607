"""What the engine decides on: the facts of one subject as they stand, uncut, for services and for `explain`.

The only reading that no level cuts: a step may depend on a party that the reader does not see, and tells only the code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    AgreementText,
    Assignment,
    Evidence,
    Item,
    Matter,
    MatterParty,
    MatterValue,
    Mechanism,
    OptOut,
    Procedure,
    Step,
)
from registry.permissions import Actor
from registry.queries.definitions import definition_of, loaded
from registry.queries.rounds import Subject, gathered
from registry.queries.rows import Query, Row
from workflows import Definition, Facts
from workflows.definition import SYSTEM
from workflows.facts import Value
from workflows.replay import MIGRATE

OPINIONS = "opinion-round"
"""The procedure of a round of opinions on an agreement's text."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands and what is known of it, ready for `workflows.engine`. subject: kind and id."""

    definition: Definition
    state: str
    facts: Facts
    subject: Subject

    def reader_is(self, *relations: str) -> bool:
        """Whether a role that the reader holds is one of these relations (host, grouping, lead_party, each_party): each
        procedure names its roles for itself."""
        roles = self.definition.roles
        return any(roles[name].of in relations for name in self.facts.actor_roles if name in roles)


def standing_of(
    session: Session,
    subject: Subject,
    actor: Actor,
    *,
    basis: bool = False,
    reason: bool = False,
    given: Collection[str] = (),
) -> Standing:
    """The facts of a subject of any kind. given: names of the fields that come with the step; else as below."""
    kind, identity = subject
    if kind == "matter":
        return matter_facts(session, identity, actor, basis=basis, reason=reason, given=given)
    gather = agreement_facts if kind == "agreement" else item_facts
    return gather(session, identity, actor, basis=basis, reason=reason)


def agreement_facts(
    session: Session,
    agreement_id: int,
    actor: Actor,
    *,
    basis: bool = False,
    reason: bool = False,
    force_reached: bool = False,
) -> Standing:
    """The facts of an agreement as its rows stand; a service flushes its own rows first. One statement, and what its
    rounds of consent, papers and time limits need where its procedure has them.

    basis, reason: whether a basis document and a written reason come with the step that is asked for. force_reached: whether
        the day of its entry into force has come, which the sweep alone computes.
    Raises NotFound.
    """
    officer = _officer_of(actor)
    rows = _rows(session, _agreement_query(), agreement_id, officer)
    first = rows[0]
    values = {
        "text_settled": bool(first.text_settled),
        "party_count": first.party_count,
        "all_signed": first.party_count > 0 and first.signed_count == first.party_count,
        "any_signed": first.signed_count > 0,
        "opinions_closed": not first.opinions_live,
        "force_reached": force_reached,
    }
    relations = {"each_party": bool(first.is_party), "host": first.host_id in officer}
    return _standing(session, ("agreement", agreement_id), rows, actor, relations, values, basis=basis, reason=reason)


def item_facts(session: Session, item_id: int, actor: Actor, *, basis: bool = False, reason: bool = False) -> Standing:
    """The facts of an item as its rows stand; a service flushes its own rows first. One statement.

    Whose evidence counts: shown papers of the types consensus, conditions and result.
    Raises NotFound.
    """
    officer = _officer_of(actor)
    rows = _rows(session, _item_query(), item_id, officer)
    first = rows[0]
    values = {
        "consensus_recorded": bool(first.consensus),
        "conditions_met": bool(first.conditions),
        "result_recorded": bool(first.result),
        "mechanism_recorded": bool(first.mechanism),
        "merge_target_named": bool(first.merge_target),
        "party_count": first.party_count,
    }
    relations = {"lead_party": bool(first.leads), "each_party": bool(first.is_party), "host": first.host_id in officer}
    return _standing(session, ("item", item_id), rows, actor, relations, values, basis=basis, reason=reason)


def matter_facts(
    session: Session,
    matter_id: int,
    actor: Actor,
    *,
    basis: bool = False,
    reason: bool = False,
    given: Collection[str] = (),
) -> Standing:
    """The facts of a matter: its parties, the items that came of its documents, its own fields that can be tested.

    given: names of the fields that come with the step that is asked for.
    Raises NotFound.
    """
    officer = _officer_of(actor)
    rows = _rows(session, _matter_query(), matter_id, officer)
    first = rows[0]
    definition = loaded(session, first.procedure_id, first.sha256)
    values: dict[str, Value] = {"party_count": first.party_count, "items_open": first.items_open}
    values |= _testable(session, definition, matter_id)
    relations = {"lead_party": bool(first.leads), "each_party": bool(first.is_party), "host": first.host_id in officer}
    return _standing(
        session, ("matter", matter_id), rows, actor, relations, values, basis=basis, reason=reason, given=given
    )


def _testable(session: Session, definition: Definition, matter_id: int) -> dict[str, Value]:
    """The last value of each field that a procedure tests: choices as text, whole numbers; empty and 0 where nothing stands."""
    tested = {name: kind for name, kind in definition.facts.items() if name in definition.fields}
    if not tested:
        return {}
    query = sa.select(MatterValue.name, MatterValue.text).where(MatterValue.matter_id == matter_id)
    last = {row.name: row.text for row in session.execute(query.order_by(MatterValue.position))}
    return {
        name: (last.get(name) or "") if kind == "text" else int(last.get(name) or 0) for name, kind in tested.items()
    }


@cache
def _agreement_query() -> Query:
    """Made once: to build it takes as long as to run it. Parameters: subject, an id; officer, ids of bodies."""
    party = sa.and_(AgreementParty.agreement_id == Agreement.id, AgreementParty.until_precision.is_(None))
    parties = sa.select(sa.func.count()).select_from(AgreementParty).where(party)
    rounds = sa.orm.aliased(Procedure)
    return _with_steps(
        "agreement",
        sa.select(
            Agreement.state,
            Agreement.grouping_id,
            Agreement.host_id,
            sa.exists()
            .where(AgreementText.agreement_id == Agreement.id, AgreementText.kind == "text")
            .label("text_settled"),
            parties.scalar_subquery().label("party_count"),
            _signed(Agreement.id).scalar_subquery().label("signed_count"),
            _any_of(AgreementParty.body_id, party).label("is_party"),
            sa.exists()
            .where(
                Matter.agreement_id == Agreement.id,
                Matter.stage != "ended",
                Matter.stage != "closed",
                Matter.procedure_id.in_(sa.select(rounds.id).where(rounds.slug == OPINIONS)),
            )
            .label("opinions_live"),
        ),
        Agreement,
    )


@cache
def _item_query() -> Query:
    """As `_agreement_query`, of an item."""
    other = sa.orm.aliased(Item)
    out = sa.exists().where(
        OptOut.item_id == Item.id, OptOut.body_id == AgreementParty.body_id, OptOut.until_precision.is_(None)
    )
    in_agreement = sa.and_(
        AgreementParty.agreement_id == Item.agreement_id, AgreementParty.until_precision.is_(None), ~out
    )
    of_it = sa.and_(Assignment.item_id == Item.id, Assignment.until_precision.is_(None))
    return _with_steps(
        "item",
        sa.select(
            Item.state,
            Agreement.grouping_id,
            Agreement.host_id,
            *(_shown(kind).label(kind) for kind in ("consensus", "conditions", "result")),
            sa.exists()
            .where(Mechanism.item_id == Item.id, Mechanism.lapsed.is_(False), Mechanism.review_on.is_not(None))
            .label("mechanism"),
            sa.exists()
            .where(other.id == Item.merged_into_id, other.id != Item.id, other.stage != "ended")
            .label("merge_target"),
            sa.select(sa.func.count(sa.distinct(Assignment.body_id)))
            .where(of_it)
            .scalar_subquery()
            .label("party_count"),
            _any_of(Assignment.body_id, sa.and_(of_it, Assignment.role == "lead")).label("leads"),
            sa.or_(
                _any_of(Assignment.body_id, of_it),
                _any_of(AgreementParty.body_id, in_agreement),
            ).label("is_party"),
        ).outerjoin(Agreement, Agreement.id == Item.agreement_id),
        Item,
    )


@cache
def _matter_query() -> Query:
    """As `_agreement_query`, of a matter."""
    named = sa.select(MatterValue.document_id).where(MatterValue.matter_id == Matter.id)
    came = sa.or_(Item.document_id == Matter.document_id, Item.document_id.in_(named))
    of_it = sa.and_(MatterParty.matter_id == Matter.id, MatterParty.until_precision.is_(None))
    return _with_steps(
        "matter",
        sa.select(
            Matter.state,
            Matter.grouping_id,
            Matter.host_id,
            sa.select(sa.func.count()).where(of_it).scalar_subquery().label("party_count"),
            sa.select(sa.func.count())
            .where(came, Item.stage.not_in(("long_term_mechanism", "ended")))
            .scalar_subquery()
            .label("items_open"),
            _any_of(MatterParty.body_id, sa.and_(of_it, MatterParty.role == "lead")).label("leads"),
            _any_of(MatterParty.body_id, of_it).label("is_party"),
        ),
        Matter,
    )


def _signed(agreement_id: sa.ColumnElement[int] | Any) -> sa.Select[int]:
    """How many of its parties have signed the text, or acceded or succeeded to it; to sign an amendment is another act."""
    return sa.select(sa.func.count(sa.distinct(Act.body_id))).where(
        Act.agreement_id == agreement_id,
        Act.kind.in_(("signature", "accession", "succession")),
        Act.annulled_at.is_(None),
        sa.exists().where(AgreementText.id == Act.text_id, AgreementText.kind == "text"),
        sa.exists().where(
            AgreementParty.agreement_id == Act.agreement_id,
            AgreementParty.body_id == Act.body_id,
            AgreementParty.until_precision.is_(None),
        ),
    )


def _shown(kind: str) -> sa.Exists:
    return sa.exists().where(Evidence.item_id == Item.id, Evidence.type == kind)


def _any_of(column: Any, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(condition, column.in_(sa.bindparam("officer", expanding=True)))


def _officer_of(actor: Actor) -> frozenset[int]:
    return frozenset(held.body_id for held in actor.held if held.role == "officer" and held.body_id is not None)


def _with_steps(kind: str, query: Query, model: type[Agreement] | type[Item] | type[Matter]) -> Query:
    """The subject's row once for each of its steps, oldest first; one row where there is none."""
    of_it = sa.and_(Step.subject_kind == kind, Step.subject_id == model.id)
    return (
        query.add_columns(
            Procedure.id.label("procedure_id"),
            Procedure.sha256,
            Step.transition,
            Step.procedure_id.label("step_procedure"),
            Step.kind.label("step_kind"),
            Step.from_state,
            Step.to_state,
        )
        .join(Procedure, Procedure.id == model.procedure_id)
        .outerjoin(Step, of_it)
        .where(model.id == sa.bindparam("subject"))
        .order_by(Step.position)
    )


def _rows(session: Session, query: Query, subject_id: int, officer: frozenset[int]) -> Sequence[Row]:
    rows = session.execute(query, {"subject": subject_id, "officer": sorted(officer)}).all()
    if not rows:
        raise NotFound(subject_id)
    return rows


def _standing(
    session: Session,
    subject: Subject,
    rows: Sequence[Row],
    actor: Actor,
    relations: dict[str, bool],
    values: Mapping[str, Value],
    *,
    basis: bool,
    reason: bool,
    given: Collection[str] = (),
) -> Standing:
    definition, state = loaded(session, rows[0].procedure_id, rows[0].sha256), rows[0].state
    steps = [row for row in rows if row.transition is not None]
    taken = Counter(row.transition for row in steps)
    beside = gathered(session, definition, state, subject, actor, taken)
    facts = Facts(
        actor_roles=_roles(definition, actor, rows[0].grouping_id, relations),
        values={**values, "deadline_passed": beside.deadline_passed},
        evidence=beside.evidence,
        basis=basis,
        reason=reason,
        given=frozenset(given),
        second_person=beside.second_person,
        consents=beside.consents,
        before_suspension=_before_suspension(session, steps),
        steps_taken=taken,
    )
    return Standing(definition, state, facts, subject)


def _roles(definition: Definition, actor: Actor, grouping_id: int | None, relations: dict[str, bool]) -> frozenset[str]:
    """The definition's roles that the actor holds for this subject; the register itself holds them all."""
    if any(held.role == "register" for held in actor.held):
        return frozenset(definition.roles) | {SYSTEM}
    secretariat = any(
        held.role == "secretariat" and held.grouping_id == grouping_id and grouping_id is not None
        for held in actor.held
    )
    holds = relations | {"grouping": secretariat}
    return frozenset(role.id for role in definition.roles.values() if holds.get(role.of, False))


def _before_suspension(session: Session, steps: Iterable[Row]) -> str | None:
    """The state from which the last step suspended the subject, if it did. Source: `workflows.replay`."""
    before: str | None = None
    for step in steps:
        if step.step_kind == MIGRATE:
            before = before and _renamed(definition_of(session, step.step_procedure), before)
            continue
        kept = before if step.from_state == step.to_state else None
        before = step.from_state if step.step_kind == "suspend" else kept
    return before


def _renamed(definition: Definition, state: str) -> str:
    """A state of an earlier version by the name that it has in this one."""
    return definition.migrate.states.get(state, state) if definition.migrate else state
