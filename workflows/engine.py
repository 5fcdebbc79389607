"""One engine for every procedure: which step may be taken, which may not and why.

One shared `transitions.Machine` per definition version. A step fires its event on an object of two words; reading what
could happen walks the same machine without firing. The caller gathers facts, writes rows and keeps the clock.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field, replace
from functools import lru_cache, partial
from types import MappingProxyType
from typing import cast

from transitions import Machine
from transitions import Transition as MachineArrow

from workflows.definition import Definition, Kind, Source, Transition
from workflows.facts import FactMissing, Facts
from workflows.guards import Answer, GuardSet, Missing
from workflows.replay import Place, moved

__all__ = [
    "ENGINE_CODES",
    "Decision",
    "Facts",
    "NotPossible",
    "Option",
    "Simulation",
    "Unmet",
    "decide",
    "enter",
    "explain",
    "possible",
    "simulate",
]

# At level INFO `transitions` writes several records a step and takes three times as long.
logging.getLogger("transitions").setLevel(logging.WARNING)

ENGINE_CODES = frozenset(
    {
        "unknown-trigger",
        "wrong-state",
        "no-branch",
        "resume-unknown",
        "not-your-role",
        "basis-missing",
        "reason-missing",
        "evidence-missing",
        "field-missing",
        "consent-not-asked",
        "consent-open",
        "consent-refused",
        "consent-change-requested",
        "change-not-requested",
        "second-person-missing",
        "limit-reached",
        "no-entry",
        "already-begun",
    }
)
"""The codes of the engine's own conditions; a guard's code is its name with hyphens."""


@dataclass(frozen=True, slots=True)
class Unmet:
    """One condition that is not met. Each is necessary; all of them together suffice.

    code: one of ENGINE_CODES, or a guard's.
    values: what its sentence needs.
    who: the roles that can meet it; empty when nobody can by an act on this subject.
    source: the clause that asks for it.
    """

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    who: tuple[str, ...] = ()
    source: Source | None = None


class NotPossible(Exception):
    """A step that cannot be taken now. unmet: every condition that is missing, never empty."""

    def __init__(self, unmet: tuple[Unmet, ...]) -> None:
        super().__init__(", ".join(each.code for each in unmet))
        self.unmet = unmet


_SEAL = object()


@dataclass(frozen=True, slots=True)
class Decision:
    """A step that the engine has decided; nothing else can make one.

    from_state: None for an entry. effects: names to be recorded in the act's own transaction.
    """

    definition_id: str
    definition_version: int
    transition_id: str
    trigger: str
    from_state: str | None
    to_state: str
    kind: Kind
    effects: tuple[str, ...]
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("only the engine makes a Decision")


@dataclass(frozen=True, slots=True)
class Option:
    """One trigger that leaves the present state: the arrow that the facts choose (the first one when they choose none),
    where it leads, and what is missing."""

    trigger: str
    transition: Transition
    to_state: str
    unmet: tuple[Unmet, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """How far imagined steps get: those taken, the place reached, and why the next one stopped (empty: none did)."""

    steps: tuple[Decision, ...]
    place: Place
    unmet: tuple[Unmet, ...]


# ---- the machine ---------------------------------------------------------------------------------------------------


class _Walker:
    """What an event is fired on: the state and nothing else. Never add_model: it would set the state to `initial`."""

    __slots__ = ("_state",)

    def __init__(self, state: str) -> None:
        self._state = state


@dataclass(frozen=True, slots=True)
class _Branch:
    """Which of several arrows on one trigger: never a reason."""

    arrow: Transition
    target: str

    def __call__(self, facts: Facts) -> bool:
        return self.fits(facts) and (not self.arrow.goes_back or facts.before_suspension == self.target)

    def fits(self, facts: Facts) -> bool:
        """Whether the arrow's `when` holds."""
        for name, values in self.arrow.when.items():
            if name not in facts.values:
                raise FactMissing(f"fact {name}, by which {self.arrow.id} is chosen")
            if facts.values[name] not in values:
                return False
        return True


@dataclass(frozen=True, slots=True)
class _Need:
    """One condition of an arrow: the machine calls it, a reader asks it what is missing."""

    test: Callable[[Facts], Answer]
    unmet: Unmet

    def __call__(self, facts: Facts) -> bool:
        # The machine compares with == True: a strict bool goes in, or a guard that answers 2 would block unexplained.
        return self.test(facts) is True

    def missing(self, facts: Facts) -> Unmet | None:
        """What is missing, None when nothing is."""
        answer = self.test(facts)
        if answer is True:
            return None
        found = answer.values if isinstance(answer, Missing) else {}
        return replace(self.unmet, values=MappingProxyType({**self.unmet.values, **found}))


@dataclass(frozen=True, slots=True)
class _ConsentNeed(_Need):
    """Consent: what is missing depends on how far its round has come."""

    transition_id: str

    def missing(self, facts: Facts) -> Unmet | None:
        """Nothing when the round carried; else that it was not asked for, is open, or how it ended."""
        tally = facts.consents.get(self.transition_id)
        if tally is None or tally.outcome == "carried":
            return None if tally else self.unmet
        if tally.outcome == "open":
            values: dict[str, str | int] = {"needed": tally.needed, "waiting": ",".join(tally.waiting)}
            return replace(self.unmet, code="consent-open", values=MappingProxyType(values), who=tally.turn)
        return replace(self.unmet, code=f"consent-{tally.outcome.replace('_', '-')}")


@lru_cache(maxsize=256)
def _machine(definition: Definition, guards: GuardSet) -> Machine:
    """The shared machine of a definition version.

    Conditions are callables, never strings: a dotted string would be imported and called. No callbacks, because their
    errors are swallowed or only logged; no `to_<state>` triggers, which walk past every condition; no queue, which would
    run one request's event in another's thread.
    """
    machine = Machine(
        model=None,
        states=list(definition.states),
        initial=None,
        auto_transitions=False,
        queued=False,
        model_attribute="_state",
    )
    needs = {each.id: _needs(each, guards) for each in definition.ways}
    for arrow, source, target in definition.arrows():
        machine.add_transition(arrow.trigger, source, target, conditions=[_Branch(arrow, target), *needs[arrow.id]])
    return machine


def _needs(arrow: Transition, guards: GuardSet) -> tuple[_Need, ...]:
    """All the conditions of an arrow, in the order in which people hear of them."""

    def need(
        code: str, test: Callable[[Facts], Answer], who: tuple[str, ...] = arrow.roles, **values: str | int
    ) -> _Need:
        return _Need(test, Unmet(code, MappingProxyType(values), who, arrow.source))

    roles = frozenset(arrow.roles)
    needs = [need("not-your-role", lambda facts: not roles.isdisjoint(facts.actor_roles))]
    if arrow.limit is not None:
        most = arrow.limit
        needs.append(need("limit-reached", lambda facts: facts.steps_taken.get(arrow.id, 0) < most, who=(), limit=most))
    for use in arrow.guards:
        named = guards[use.use]
        given = {name: value for name, value in use.params.items() if not isinstance(value, bool)}
        test = partial(named.answer, values=use.params)
        needs.append(need(named.code, test, use.who or arrow.roles, **given))
    for evidence in arrow.evidence:
        needs.append(
            need("evidence-missing", partial(_enough, evidence.key, evidence.min), type=evidence.type, min=evidence.min)
        )
    if arrow.needs_basis:
        needs.append(need("basis-missing", lambda facts: facts.basis))
    if arrow.needs_reason:
        needs.append(need("reason-missing", lambda facts: facts.reason))
    needs += [need("field-missing", partial(_given, name), field=name) for name in arrow.asks]
    if arrow.consent:
        asked = need("consent-not-asked", partial(_outcome_is, arrow.id, "carried"))
        needs.append(_ConsentNeed(asked.test, asked.unmet, arrow.id))
    if arrow.sends_back:
        needs.append(need("change-not-requested", partial(_outcome_is, arrow.sends_back, "change_requested"), who=()))
    if arrow.two_person:
        needs.append(need("second-person-missing", lambda facts: arrow.id in facts.second_person))
    return tuple(needs)


def _given(name: str, facts: Facts) -> Answer:
    return name in facts.given


def _outcome_is(transition_id: str, outcome: str, facts: Facts) -> Answer:
    tally = facts.consents.get(transition_id)
    return tally is not None and tally.outcome == outcome


def _enough(key: str, least: int, facts: Facts) -> Answer:
    found = facts.evidence.get(key, 0)
    return found >= least or Missing(found=found)


def _arrows(definition: Definition, guards: GuardSet, state: str, trigger: str) -> list[MachineArrow]:
    """The machine's arrows from a state on a trigger. Read with `get`: the machine's table is a defaultdict, and reading
    it with [] would add the state to the shared machine."""
    if state not in definition.states:
        raise ValueError(f"{definition.id}/{definition.version} has no state {state}")
    event = _machine(definition, guards).events.get(trigger)
    return event.transitions.get(state, []) if event else []


def _branch(arrow: MachineArrow) -> _Branch:
    return cast(_Branch, arrow.conditions[0].func)


def _chosen(arrows: Iterable[MachineArrow], facts: Facts) -> MachineArrow | None:
    return next((each for each in arrows if _branch(each)(facts)), None)


# ---- deciding, explaining ------------------------------------------------------------------------------------------


def decide(definition: Definition, guards: GuardSet, state: str, trigger: str, facts: Facts) -> Decision:
    """Take a step: fire the trigger on the shared machine.

    facts: as they are after the act that asks for the step.
    Raises NotPossible with every unmet condition; ValueError for a state that the definition does not have; FactMissing
    when a declared fact was not gathered.
    """
    arrows = _arrows(definition, guards, state, trigger)
    walker = _Walker(state)
    if not arrows or not _machine(definition, guards).events[trigger].trigger(walker, facts):
        raise NotPossible(explain(definition, guards, state, trigger, facts))
    taken = next(branch.arrow for each in arrows if (branch := _branch(each))(facts))
    return _decision(definition, taken, state, walker._state)


def explain(definition: Definition, guards: GuardSet, state: str, trigger: str, facts: Facts) -> tuple[Unmet, ...]:
    """Why a step cannot be taken; empty exactly when `decide` would take it. Fires nothing.

    Raises ValueError and FactMissing as `decide` does.
    """
    arrows = _arrows(definition, guards, state, trigger)
    if arrows:
        return _missing(arrows, facts, state, trigger)
    sources = [source for each in definition.ways if each.trigger == trigger for source in each.sources]
    if not sources:
        return (Unmet("unknown-trigger", MappingProxyType({"trigger": trigger})),)
    values = {"state": state, "trigger": trigger, "possible_in": ",".join(dict.fromkeys(sources))}
    return (Unmet("wrong-state", MappingProxyType(values)),)


def possible(definition: Definition, guards: GuardSet, state: str, facts: Facts) -> tuple[Option, ...]:
    """Every trigger that leaves the state, in the order of the definition, each with what is missing for it."""
    triggers = dict.fromkeys(each.trigger for each in definition.ways if state in each.sources)
    return tuple(_option(definition, guards, state, trigger, facts) for trigger in triggers)


def _option(definition: Definition, guards: GuardSet, state: str, trigger: str, facts: Facts) -> Option:
    arrows = _arrows(definition, guards, state, trigger)
    shown = _branch(_chosen(arrows, facts) or arrows[0])
    return Option(trigger, shown.arrow, shown.target, _missing(arrows, facts, state, trigger))


def _missing(arrows: list[MachineArrow], facts: Facts, state: str, trigger: str) -> tuple[Unmet, ...]:
    chosen = _chosen(arrows, facts)
    if chosen is None:
        code = "resume-unknown" if any(_branch(each).fits(facts) for each in arrows) else "no-branch"
        return (Unmet(code, MappingProxyType({"state": state, "trigger": trigger})),)
    asked = (cast(_Need, condition.func).missing(facts) for condition in chosen.conditions[1:])
    return tuple(unmet for unmet in asked if unmet is not None)


def enter(definition: Definition, to_state: str, facts: Facts) -> Decision:
    """Enter an older record at the state that its document shows (补录): the first step, by basis, no guards asked.

    Raises NotPossible with reasons among no-entry, already-begun, not-your-role, basis-missing.
    """
    entry = next((each for each in definition.transitions if each.kind == "entry" and to_state in each.targets), None)
    if entry is None:
        raise NotPossible((Unmet("no-entry", MappingProxyType({"state": to_state})),))
    unmet = [each.missing(facts) for each in _needs(entry, GuardSet())]
    missing = tuple(each for each in unmet if each is not None)
    if any(facts.steps_taken.values()):
        missing = (Unmet("already-begun"), *missing)
    if missing:
        raise NotPossible(missing)
    return _decision(definition, entry, None, to_state)


def simulate(definition: Definition, guards: GuardSet, place: Place, script: Iterable[tuple[str, Facts]]) -> Simulation:
    """Run triggers on imagined facts, from a place, until one is refused; nothing is written.

    script: trigger and facts of each step; steps taken and the state before suspension are counted on from the place.
    """
    steps: list[Decision] = []
    for trigger, imagined in script:
        facts = replace(imagined, before_suspension=place.before_suspension, steps_taken=place.steps_taken)
        try:
            step = decide(definition, guards, place.state, trigger, facts)
        except NotPossible as refusal:
            return Simulation(tuple(steps), place, refusal.unmet)
        steps.append(step)
        place = moved(place, step)
    return Simulation(tuple(steps), place, ())


def _decision(definition: Definition, arrow: Transition, from_state: str | None, to_state: str) -> Decision:
    return Decision(
        definition.id,
        definition.version,
        arrow.id,
        arrow.trigger,
        from_state,
        to_state,
        arrow.kind,
        arrow.effects,
        _SEAL,
    )
