"""Guards are typed functions by bare name; only a clear answer counts."""

import pytest

from workflows import Answer, FactMissing, Facts, GuardSet, Missing, guard


@guard(party_count="integer")
def parties_named(facts: Facts, *, at_least: int, strict: bool = False, unit: str = "city") -> Answer:
    found = facts.number("party_count")
    return found >= at_least or Missing(found=found)


def test_a_guard_knows_its_name_facts_and_parameters() -> None:
    assert parties_named.name == "parties_named"
    assert parties_named.code == "parties-named"
    assert dict(parties_named.reads) == {"party_count": "integer"}
    assert {name: (each.kind, each.required) for name, each in parties_named.parameters.items()} == {
        "at_least": ("integer", True),
        "strict": ("boolean", False),
        "unit": ("text", False),
    }


def test_answers() -> None:
    assert parties_named.answer(Facts(values={"party_count": 2}), {"at_least": 2}) is True
    unmet = parties_named.answer(Facts(values={"party_count": 1}), {"at_least": 2})
    assert isinstance(unmet, Missing)
    assert dict(unmet.values) == {"found": 1}


def test_false_is_missing_without_values() -> None:
    @guard()
    def never(facts: Facts) -> Answer:
        return False

    answer = never.answer(Facts(), {})
    assert isinstance(answer, Missing)
    assert not answer.values


@pytest.mark.parametrize("answer", [2, "yes", 1, None, [], {}])
def test_any_other_answer_is_a_fault_of_the_guard(answer: object) -> None:
    @guard()
    def vague(facts: Facts) -> Answer:
        return answer  # type: ignore[return-value]  # this is what is tested

    with pytest.raises(TypeError, match="vague answered"):
        vague.answer(Facts(), {})


def test_parameters_are_keywords_of_three_types() -> None:
    def positional(facts: Facts, at_least: int) -> Answer:
        return True

    def untyped(facts: Facts, *, at_least) -> Answer:  # type: ignore[no-untyped-def]  # this is what is tested
        return True

    def floating(facts: Facts, *, share: float) -> Answer:
        return True

    def anything(facts: Facts, **more: int) -> Answer:
        return True

    for function in (positional, untyped, floating, anything):
        with pytest.raises(TypeError, match=f"guard {function.__name__}"):
            guard()(function)


def test_a_set_finds_guards_by_bare_name_only() -> None:
    guards = GuardSet(parties_named)
    assert guards["parties_named"] is parties_named
    assert list(guards) == ["parties_named"]
    assert len(guards) == 1
    assert "os.system" not in guards
    assert guards != GuardSet(parties_named)
    with pytest.raises(ValueError, match="one name"):
        GuardSet(parties_named, parties_named)


def test_facts_are_read_with_their_type() -> None:
    facts = Facts(values={"flag": True, "number": 3, "text": "a"})
    assert (facts.flag("flag"), facts.number("number"), facts.text("text")) == (True, 3, "a")
    for wrong in (
        lambda: facts.flag("number"),
        lambda: facts.number("flag"),
        lambda: facts.text("number"),
        lambda: facts.flag("absent"),
        lambda: facts.number("absent"),
        lambda: facts.text("absent"),
    ):
        with pytest.raises(FactMissing):
            wrong()
