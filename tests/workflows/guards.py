"""Guards with the names of the shipped definitions, so that the engine is tested without a register."""

from workflows import Answer, Facts, GuardSet, Missing, Vocabulary, guard


@guard(text_settled="boolean")
def text_settled(facts: Facts) -> Answer:
    return facts.flag("text_settled")


@guard(party_count="integer")
def parties_named(facts: Facts, *, at_least: int) -> Answer:
    found = facts.number("party_count")
    return found >= at_least or Missing(found=found)


@guard(consensus_recorded="boolean")
def consensus_recorded(facts: Facts) -> Answer:
    return facts.flag("consensus_recorded")


@guard(conditions_met="boolean")
def conditions_met(facts: Facts) -> Answer:
    return facts.flag("conditions_met")


@guard(result_recorded="boolean")
def result_recorded(facts: Facts) -> Answer:
    return facts.flag("result_recorded")


@guard(mechanism_recorded="boolean")
def mechanism_recorded(facts: Facts) -> Answer:
    return facts.flag("mechanism_recorded")


@guard(merge_target_named="boolean")
def merge_target_named(facts: Facts) -> Answer:
    return facts.flag("merge_target_named")


@guard(targets_done="integer")
def targets_met(facts: Facts, *, at_least: int) -> Answer:
    found = facts.number("targets_done")
    return found >= at_least or Missing(found=found)


GUARDS = GuardSet(
    text_settled,
    parties_named,
    consensus_recorded,
    conditions_met,
    result_recorded,
    mechanism_recorded,
    merge_target_named,
    targets_met,
)
EFFECTS = frozenset({"notify_parties"})
VOCABULARY = Vocabulary(GUARDS, EFFECTS)
