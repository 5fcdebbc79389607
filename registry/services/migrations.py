"""Move what runs on one version of a procedure to a newer one: an act of its own, all of it or nothing, with a dry run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.errors import NotFound, Reason, Refused
from registry.ledger import atomic
from registry.ledger.verify import TakenStep
from registry.models import Agreement, Item, Matter, Procedure, Step
from registry.permissions import Actor, require
from registry.queries.content import content_of, grounds_of
from registry.queries.definitions import definition_of
from registry.services import deadlines, proposals, steps
from registry.services.days import day_of
from registry.services.steps import Grounds
from registry.services.subjects import MODELS
from workflows import Definition
from workflows.replay import Place, Unplaced, placed, replay

NUMBERS_TOLD = 20
"""How many subjects a refusal names."""


@dataclass(frozen=True, slots=True)
class Migrate:
    """Take over what runs on the version that `to_version` names in its `migrate`. dry_run: only say what would happen."""

    slug: str
    to_version: int
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """One running subject: number, state now, state in the newer version; None, and why, where it has no place there."""

    number: str
    state: str
    to_state: str | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """What was moved, or would be. version, from_version: of the procedure."""

    definition: Definition
    earlier: Definition
    placed: tuple[Placing, ...]
    unplaced: tuple[Placing, ...]


@dataclass(frozen=True, slots=True)
class _Move:
    """One subject and its place in the newer version, or why it has none."""

    subject: Agreement | Item | Matter
    place: Place | None
    told: Placing


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that runs on the earlier version. procedure_id: of the newer one."""

    definition: Definition
    procedure_id: int
    earlier: Definition
    moves: tuple[_Move, ...]

    @property
    def told(self) -> Migration:
        placings = [move.told for move in self.moves]
        return Migration(
            self.definition,
            self.earlier,
            tuple(each for each in placings if each.to_state is not None),
            tuple(each for each in placings if each.to_state is None),
        )


def migrate_subjects(session: Session, actor: Actor, ask: Migrate, *, at: datetime) -> Migration:
    """Place every running subject of the earlier version in the newer one, each by one step and one entry; a dry run writes
    nothing. Rounds of consent stay where only the version changed, or are asked anew, as the newer version says.

    Raises NotPermitted; NotFound; Refused not-published, nothing-to-migrate (it takes nothing over), migration-unplaced:
    then nobody is moved.
    """
    require(actor, "procedure:migrate")
    if ask.dry_run:
        return _plan(session, ask, locked=False).told
    with atomic(session) as book:
        plan = _plan(session, ask, locked=True)
        if unplaced := plan.told.unplaced:
            numbers = ", ".join(each.number for each in unplaced[:NUMBERS_TOLD])
            raise Refused(Reason("migration-unplaced", {"count": len(unplaced), "numbers": numbers}))
        grounds = Grounds(day_of(session, at))
        for move in plan.moves:
            _carry_over(session, plan, move, grounds, at=at)
            kind = move.subject.__tablename__
            book.record(act="procedure.migrate", actor=actor, subject=(kind, move.subject.id), at=at)
    return plan.told


def _carry_over(session: Session, plan: _Plan, move: _Move, grounds: Grounds, *, at: datetime) -> None:
    """Move one subject with its open rounds and its clocks, then whatever the register itself can do from there."""
    if move.place is None:
        raise ValueError(f"{move.told.number} has no place")
    step = steps.migrate(session, move.subject, plan.definition, plan.procedure_id, move.place, grounds, at=at)
    _rebind(session, plan, move.subject, move.place, at=at)
    deadlines.follow(session, plan.definition, step, at=at)
    proposals.refresh(session, (move.subject.__tablename__, move.subject.id), at=at)
    steps.settle(session, move.subject, plan.definition, at=at)
    move.subject.revision += 1


def _rebind(session: Session, plan: _Plan, subject: Agreement | Item | Matter, place: Place, *, at: datetime) -> None:
    """Bind each living round to the newer version where it may stay: same rule, nothing else changed. One whose step does
    not leave the new place is left; what stays bound to the earlier version is asked anew by `proposals.refresh`."""
    identity = (subject.__tablename__, subject.id)
    arrows = {each.id: each for each in plan.definition.transitions}
    for proposal in proposals.live(session, identity):
        grounds = grounds_of(proposal)
        was, now = plan.earlier.transition(proposal.transition), arrows.get(proposal.transition)
        if now is None or (place.before_suspension or place.state) not in now.sources:
            proposals.close(session, proposal, "left", at=at)
        elif (
            plan.definition.migrate
            and plan.definition.migrate.open_rounds == "keep"
            and (now.consent, now.two_person) == (was.consent, was.two_person)
            and proposal.content == content_of(session, plan.earlier, identity, grounds)
        ):
            proposal.content = content_of(session, plan.definition, identity, grounds)
            proposal.procedure_id = plan.procedure_id
    session.flush()


def _plan(session: Session, ask: Migrate, *, locked: bool) -> _Plan:
    versions = {
        row.version: row
        for row in session.execute(
            sa.select(Procedure.id, Procedure.version, Procedure.status).where(
                Procedure.slug == ask.slug, Procedure.status != "draft"
            )
        )
    }
    newer = versions.get(ask.to_version)
    if newer is None:
        raise NotFound(f"procedure {ask.slug}/{ask.to_version}")
    if newer.status != "published":
        raise Refused(Reason("not-published", {"procedure": ask.slug, "version": ask.to_version}))
    definition = definition_of(session, newer.id)
    source = versions.get(definition.migrate.from_version) if definition.migrate else None
    if source is None:
        raise Refused(Reason("nothing-to-migrate", {"procedure": ask.slug, "version": ask.to_version}))
    definitions = {number: definition_of(session, row.id) for number, row in versions.items()}
    earlier = definitions[source.version]
    moves = _moves(session, definition, earlier, source.id, definitions, locked=locked)
    return _Plan(definition, newer.id, earlier, moves)


def _moves(
    session: Session, definition: Definition, earlier: Definition, procedure_id: int,
    versions: Mapping[int, Definition], *, locked: bool,
) -> tuple[_Move, ...]:  # fmt: skip
    """Every running subject of the earlier version, by id, with its place in the newer one."""
    model = MODELS[earlier.subject]
    running = sa.and_(
        model.procedure_id == procedure_id,
        model.state.not_in([state.id for state in earlier.states.values() if state.final]),
    )
    query = sa.select(model).where(running).order_by(model.id)
    if locked:
        query = query.with_for_update(of=model, key_share=True)
    subjects = cast(Sequence[Agreement | Item | Matter], session.execute(query).scalars().all())
    taken = _taken(session, earlier.subject, sa.select(model.id).where(running))
    return tuple(_move(definition, earlier, versions, each, taken.get(each.id, [])) for each in subjects)


def _taken(session: Session, kind: str, subjects: sa.Select[int]) -> dict[int, list[TakenStep]]:
    """The steps of these subjects, oldest first."""
    query = (
        sa.select(Step, Procedure.slug, Procedure.version)
        .join(Procedure, Procedure.id == Step.procedure_id)
        .where(Step.subject_kind == kind, Step.subject_id.in_(subjects))
        .order_by(Step.subject_id, Step.position)
    )
    found: dict[int, list[TakenStep]] = {}
    for row, slug, version in session.execute(query):
        step = TakenStep(row.id, slug, version, row.transition, row.kind, row.from_state, row.to_state)
        found.setdefault(row.subject_id, []).append(step)
    return found


def _move(
    definition: Definition,
    earlier: Definition,
    versions: Mapping[int, Definition],
    subject: Agreement | Item | Matter,
    taken: Iterable[TakenStep],
) -> _Move:
    now = replay(earlier, taken, versions)
    try:
        place = placed(definition, now)
    except Unplaced:
        states = ",".join(each for each in (now.state, now.before_suspension) if each)
        reason = Reason("state-unplaced", {"states": states, "version": definition.version}, definition=earlier)
        return _Move(subject, None, Placing(subject.number, now.state, None, reason))
    return _Move(subject, place, Placing(subject.number, now.state, place.state))
