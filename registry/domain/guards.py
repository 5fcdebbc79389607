"""The guards of our procedures: pure functions of facts, handed to the engine by name."""

from workflows.facts import Facts
from workflows.guards import Answer, GuardSet, Missing, guard


@guard(text_settled="boolean")
def text_settled(facts: Facts) -> Answer:
    """The text to be signed is registered, with its hash."""
    return facts.flag("text_settled")


@guard(party_count="integer")
def parties_named(facts: Facts, *, at_least: int) -> Answer:
    """At least so many parties are named."""
    found = facts.number("party_count")
    return found >= at_least or Missing(found=found)


@guard(consensus_recorded="boolean")
def consensus_recorded(facts: Facts) -> Answer:
    """The parties' consensus (取得共识) stands in a paper that was shown."""
    return facts.flag("consensus_recorded")


@guard(conditions_met="boolean")
def conditions_met(facts: Facts) -> Answer:
    """The conditions for the work (具备条件) stand in a paper that was shown."""
    return facts.flag("conditions_met")


@guard(result_recorded="boolean")
def result_recorded(facts: Facts) -> Answer:
    """A result was shown."""
    return facts.flag("result_recorded")


@guard(mechanism_recorded="boolean")
def mechanism_recorded(facts: Facts) -> Answer:
    """A mechanism that has not lapsed is recorded, with its keeper and the date of its review."""
    return facts.flag("mechanism_recorded")


@guard(merge_target_named="boolean")
def merge_target_named(facts: Facts) -> Answer:
    """The item that this one goes into is named, lives, and is not this one."""
    return facts.flag("merge_target_named")


GUARDS = GuardSet(
    text_settled,
    parties_named,
    consensus_recorded,
    conditions_met,
    result_recorded,
    mechanism_recorded,
    merge_target_named,
)
EFFECTS: frozenset[str] = frozenset()
"""Effects that our procedures may name; none is run yet."""
