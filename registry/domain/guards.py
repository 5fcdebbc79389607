"""The guards of our procedures: pure functions of facts, handed to the engine by name."""

from workflows.facts import Facts, FactType
from workflows.guards import Answer, GuardSet, Missing, guard
from workflows.vocabulary import Vocabulary


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


@guard(deadline_passed="boolean")
def deadline_passed(facts: Facts) -> Answer:
    """The time limit of the present state has passed."""
    return facts.flag("deadline_passed")


@guard(deadline_passed="boolean")
def in_time(facts: Facts) -> Answer:
    """The time limit of the present state has not passed."""
    return not facts.flag("deadline_passed")


@guard(opinions_closed="boolean")
def opinions_closed(facts: Facts) -> Answer:
    """Every round of opinions on the text is closed."""
    return facts.flag("opinions_closed")


@guard(items_open="integer")
def items_ended(facts: Facts) -> Answer:
    """Every item that came from it has reached its mechanism or its end."""
    found = facts.number("items_open")
    return found == 0 or Missing(found=found)


GUARDS = GuardSet(
    text_settled,
    parties_named,
    consensus_recorded,
    conditions_met,
    result_recorded,
    mechanism_recorded,
    merge_target_named,
    deadline_passed,
    in_time,
    opinions_closed,
    items_ended,
)
EFFECTS = frozenset({"notify_parties", "notify_lead", "notify_secretariat", "notify_host"})
"""Effects that a procedure may name: who is told of the step, by a notice in its own transaction."""

FACTS: frozenset[tuple[str, str, FactType]] = frozenset(
    {
        ("agreement", "text_settled", "boolean"),
        ("agreement", "party_count", "integer"),
        ("agreement", "all_signed", "boolean"),
        ("agreement", "any_signed", "boolean"),
        ("agreement", "opinions_closed", "boolean"),
        ("agreement", "force_reached", "boolean"),
        ("agreement", "deadline_passed", "boolean"),
        ("item", "consensus_recorded", "boolean"),
        ("item", "conditions_met", "boolean"),
        ("item", "result_recorded", "boolean"),
        ("item", "mechanism_recorded", "boolean"),
        ("item", "merge_target_named", "boolean"),
        ("item", "party_count", "integer"),
        ("item", "deadline_passed", "boolean"),
        ("matter", "party_count", "integer"),
        ("matter", "items_open", "integer"),
        ("matter", "deadline_passed", "boolean"),
    }
)
"""What is gathered for each sort of subject; a matter also offers its own fields of the types choice and number by their names."""

VOCABULARY = Vocabulary(GUARDS, EFFECTS, FACTS)
"""What a procedure of this register may name."""
