"""What the engine decides on: the facts of one subject as they stand, uncut, for services and for `explain`.

The only reading that no level cuts: a step may depend on a party that the reader does not see, and tells only the code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.guards import EFFECTS, GUARDS
from registry.errors import NotFound
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    AgreementText,
    Assignment,
    Evidence,
    Item,
    Mechanism,
    Procedure,
    Step,
)
from registry.permissions import Actor
from registry.queries.rows import Query, Row
from workflows import Definition, Facts, load
from workflows.definition import SYSTEM


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subject stands and what is known of it, ready for `workflows.engine`."""

    definition: Definition
    state: str
    facts: Facts


_LOADED: dict[str, Definition] = {}
"""Definitions by their hash: a published version never changes, so it is read once for each process."""


def definition_of(session: Session, procedure_id: int) -> Definition:
    """The definition of a procedure of the register. Raises NotFound."""
    row = session.execute(sa.select(Procedure.id, Procedure.sha256).where(Procedure.id == procedure_id)).one_or_none()
    if row is None:
        raise NotFound("procedure", procedure_id)
    return _definition(session, row.id, row.sha256)


def _definition(session: Session, procedure_id: int, sha256: str) -> Definition:
    if sha256 not in _LOADED:
        source = session.execute(sa.select(Procedure.source).where(Procedure.id == procedure_id)).scalar_one()
        _LOADED[sha256] = load(source, GUARDS, EFFECTS)
    return _LOADED[sha256]


def agreement_facts(
    session: Session, agreement_id: int, actor: Actor, *, basis: bool = False, reason: bool = False
) -> Standing:
    """The facts of an agreement as its rows stand; a service flushes its own rows first. One statement.

    basis, reason: whether a basis document and a written reason come with the step that is asked for.
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
    }
    relations = {"each_party": bool(first.is_party), "host": first.host_id in officer}
    return _standing(session, rows, actor, first.grouping_id, relations, values, basis=basis, reason=reason)


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
    }
    relations = {"lead_party": bool(first.leads), "each_party": bool(first.is_party), "host": first.host_id in officer}
    return _standing(session, rows, actor, first.grouping_id, relations, values, basis=basis, reason=reason)


@cache
def _agreement_query() -> Query:
    """Made once: to build it takes as long as to run it. Parameters: subject, an id; officer, ids of bodies."""
    parties = sa.select(sa.func.count()).where(AgreementParty.agreement_id == Agreement.id)
    return _with_steps(
        "agreement",
        sa.select(
            Agreement.state,
            Agreement.grouping_id,
            Agreement.host_id,
            sa.exists().where(AgreementText.agreement_id == Agreement.id).label("text_settled"),
            parties.scalar_subquery().label("party_count"),
            _signed(Agreement.id).scalar_subquery().label("signed_count"),
            _any_of(AgreementParty.body_id, AgreementParty.agreement_id == Agreement.id).label("is_party"),
        ),
        Agreement,
    )


@cache
def _item_query() -> Query:
    """As `_agreement_query`, of an item."""
    other = sa.orm.aliased(Item)
    in_agreement = AgreementParty.agreement_id == Item.agreement_id
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
            _any_of(Assignment.body_id, sa.and_(Assignment.item_id == Item.id, Assignment.role == "lead")).label(
                "leads"
            ),
            sa.or_(
                _any_of(Assignment.body_id, Assignment.item_id == Item.id),
                _any_of(AgreementParty.body_id, in_agreement),
            ).label("is_party"),
        ).outerjoin(Agreement, Agreement.id == Item.agreement_id),
        Item,
    )


def _signed(agreement_id: sa.ColumnElement[int] | Any) -> sa.Select[int]:
    """How many of its parties have a signature that stands."""
    return sa.select(sa.func.count(sa.distinct(Act.body_id))).where(
        Act.agreement_id == agreement_id,
        Act.kind == "signature",
        Act.annulled_at.is_(None),
        sa.exists().where(AgreementParty.agreement_id == Act.agreement_id, AgreementParty.body_id == Act.body_id),
    )


def _shown(kind: str) -> sa.Exists:
    return sa.exists().where(Evidence.item_id == Item.id, Evidence.type == kind)


def _any_of(column: Any, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(condition, column.in_(sa.bindparam("officer", expanding=True)))


def _officer_of(actor: Actor) -> frozenset[int]:
    return frozenset(held.body_id for held in actor.held if held.role == "officer" and held.body_id is not None)


def _with_steps(kind: str, query: Query, model: type[Agreement] | type[Item]) -> Query:
    """The subject's row once for each of its steps, oldest first; one row where there is none."""
    of_it = sa.and_(Step.subject_kind == kind, Step.subject_id == model.id)
    return (
        query.add_columns(
            Procedure.id.label("procedure_id"),
            Procedure.sha256,
            Step.transition,
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
    rows: Sequence[Row],
    actor: Actor,
    grouping_id: int | None,
    relations: dict[str, bool],
    values: Mapping[str, bool | int],
    *,
    basis: bool,
    reason: bool,
) -> Standing:
    definition = _definition(session, rows[0].procedure_id, rows[0].sha256)
    steps = [row for row in rows if row.transition is not None]
    facts = Facts(
        actor_roles=_roles(definition, actor, grouping_id, relations),
        values=values,
        basis=basis,
        reason=reason,
        before_suspension=_before_suspension(steps),
        steps_taken=Counter(row.transition for row in steps),
    )
    return Standing(definition, rows[0].state, facts)


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


def _before_suspension(steps: Iterable[Row]) -> str | None:
    """The state from which the last step suspended the subject, if it did. Source: `workflows.replay.moved`."""
    before: str | None = None
    for step in steps:
        kept = before if step.from_state == step.to_state else None
        before = step.from_state if step.step_kind == "suspend" else kept
    return before
