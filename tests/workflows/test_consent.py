"""Counting consent: the arithmetic against brute force over all votes, and what must hold of a round."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import chain, combinations, combinations_with_replacement, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import EXAMPLES
from workflows.consent import Tally, can_carry, tally
from workflows.definition import AtLeast, Consent, Duration, Ratio, Silence

ANSWERS = ("abstain", "agree", "object", "request_change")
SOME_ANSWERS = tuple(chain.from_iterable(combinations(ANSWERS, size) for size in (1, 2, 3, 4)))
ABSTAIN_COUNTS = ("as_absent", "as_agree", "as_object")
SILENCES = (None, "escalate", "agree", "object", "abstain")
PENDING = ""
NAMES = tuple(f"party-{number:02}" for number in range(31))
EVERY = 3 if EXAMPLES <= 40 else 1  # a short run counts every third consent; of five and six voters, every ninth

Vote = tuple[str, ...]


def consent(**other: Any) -> Consent:
    return Consent(**{"voters": "each_party", "method": "all", "answers": ANSWERS, **other})


def after(counts_as: str | None) -> Silence | None:
    return Silence(Duration("P15WD", 15, "WD"), counts_as) if counts_as else None


def options(asked: Consent) -> list[str]:
    silent = asked.silence.counts_as if asked.silence else ""
    return [each for each in ANSWERS if each in {*asked.answers, silent}]


# ---- the oracle: what a complete vote means, and what every completion of another one leads to ------------------------


def meaning(asked: Consent, vote: Vote, holders: Collection[int]) -> str:
    """The outcome of a complete vote, told from the definition's words and not from thresholds."""
    neutral = ("abstain",) if asked.abstain_counts == "as_absent" else ()
    base = [each for each in vote if each not in neutral]
    favour = [each for each in base if each == "agree" or (each == "abstain" and asked.abstain_counts == "as_agree")]
    match asked.method:
        case "all":
            enough = favour == base
        case "any":
            enough = bool(favour)
        case "majority":
            enough = len(favour) > len(base) - len(favour)
        case AtLeast(at_least=number):
            enough = len(favour) >= number
        case Ratio(ratio=share):
            enough = len(favour) >= len(base) * Fraction(share)
    if enough and "agree" in vote and all(vote[holder] == "agree" for holder in holders):
        return "carried"
    return "change_requested" if "request_change" in vote else "refused"


def brute_force(asked: Consent, holders: int) -> Callable[[Vote], str]:
    """Tells the outcome of any vote, complete or not, in which the first ones hold a veto: tries every completion."""
    allowed = options(asked)

    @cache
    def ends(vote: Vote) -> frozenset[str]:
        if PENDING not in vote:
            return frozenset({meaning(asked, vote, range(holders))})
        at = vote.index(PENDING)
        return frozenset().union(*(ends((*vote[:at], each, *vote[at + 1 :])) for each in {*allowed, "object"}))

    def outcome(vote: Vote) -> str:
        if PENDING in vote and (asked.decide == "after_all_answered" or len(ends(vote)) > 1):
            return "open"
        return next(iter(ends(vote)))

    return outcome


def count(asked: Consent, vote: Vote, holders: int) -> Tally:
    voters = NAMES[: len(vote)]
    said = {voter: each for voter, each in zip(voters, vote, strict=True) if each != PENDING}
    return tally(asked, voters, voters[:holders], said)


def every_consent(voters: int) -> Iterator[Consent]:
    """Every way to count so many; of silence, and of waiting for all, only up to two."""
    methods = ["all", "any", "majority", AtLeast(2), AtLeast(voters), AtLeast(voters + 1)]
    methods += [Ratio(share) for share in ("1/3", "2/4", "2/3", "3/4", "1/1", "4/3")]
    silences, decisions = (
        (SILENCES, ("as_soon_as_known", "after_all_answered")) if voters <= 2 else ((None,), ("as_soon_as_known",))
    )
    for method, answers, silence, decide in product(methods, SOME_ANSWERS, silences, decisions):
        asked = consent(method=method, answers=answers, silence=after(silence), decide=decide)
        counts = ABSTAIN_COUNTS if "abstain" in options(asked) else ABSTAIN_COUNTS[:1]
        yield from (replace(asked, abstain_counts=each) for each in counts)


def every_vote(allowed: list[str], voters: int, holders: int) -> Iterator[Vote]:
    """Every vote, complete or not; from four voters on, votes that differ only by a change of seats stand for each other
    (among holders, among the rest): who sits where does not matter, as every vote of three and random rounds show."""
    cells = [PENDING, *allowed]
    if voters <= 3:
        yield from product(cells, repeat=voters)
        return
    for first in combinations_with_replacement(cells, holders):
        yield from (first + rest for rest in combinations_with_replacement(cells, voters - holders))


@pytest.mark.parametrize("voters", [1, 2, 3, 4, 5, 6])
def test_the_arithmetic_is_what_every_completion_leads_to(voters: int) -> None:
    seen = set()
    consents = list(every_consent(voters))
    for asked in consents[:: EVERY if voters <= 4 else EVERY * EVERY]:
        for holders in range(voters + 1) if voters <= 3 else (0, 1, voters):
            outcome = brute_force(asked, holders)
            carried = False
            for vote in every_vote(options(asked), voters, holders):
                expected = outcome(vote)
                assert count(asked, vote, holders).outcome == expected, (asked, vote, holders)
                carried = carried or (expected == "carried" and PENDING not in vote)
                seen.add(expected)
            assert can_carry(asked, voters, holders) == carried, (asked, holders)
    assert seen == {"open", "carried", "refused", "change_requested"}


# ---- random rounds ---------------------------------------------------------------------------------------------------

methods = (
    st.sampled_from(["all", "any", "majority"])
    | st.integers(1, 8).map(AtLeast)
    | st.tuples(st.integers(1, 9999), st.integers(1, 9999)).map(lambda pair: Ratio(f"{min(pair)}/{max(pair)}"))
)
consents = st.builds(
    Consent,
    voters=st.just("each_party"),
    method=methods,
    order=st.sampled_from(["parallel", "sequential"]),
    answers=st.sampled_from(SOME_ANSWERS),
    abstain_counts=st.sampled_from(ABSTAIN_COUNTS),
    decide=st.sampled_from(["as_soon_as_known", "as_soon_as_known", "after_all_answered"]),
    silence=st.sampled_from(SILENCES).map(after),
)


@st.composite
def rounds(draw: st.DrawFn, voters: int) -> tuple[Consent, Vote, int]:
    """A consent, a vote of at most so many, and how many of them, the first ones, hold a veto."""
    asked = draw(consents)
    vote = tuple(draw(st.lists(st.sampled_from([PENDING, *options(asked)]), max_size=voters)))
    return asked, vote, draw(st.integers(0, min(2, len(vote))) | st.just(len(vote)))


@given(rounds(6))
def test_random_rounds_are_counted_as_by_brute_force(round_: tuple[Consent, Vote, int]) -> None:
    asked, vote, holders = round_
    assert count(asked, vote, holders).outcome == brute_force(asked, holders)(vote)


@given(rounds(31), st.randoms(use_true_random=False))
def test_the_order_of_the_answers_and_of_the_voters_does_not_matter(
    round_: tuple[Consent, Vote, int], chance: Any
) -> None:
    asked, vote, holders = round_
    counted = count(asked, vote, holders)
    voters = list(NAMES[: len(vote)])
    said = [(voter, each) for voter, each in zip(voters, vote, strict=True) if each != PENDING]
    chance.shuffle(said)
    assert tally(asked, voters, voters[:holders], dict(said)) == counted
    chance.shuffle(voters)
    again = tally(asked, voters, NAMES[:holders], dict(said))
    assert (again.outcome, again.needed) == (counted.outcome, counted.needed)
    assert again.agreed == tuple(voter for voter in voters if voter in counted.agreed)
    assert again.waiting == tuple(voter for voter in voters if voter in counted.waiting)
    assert again.vetoes == tuple(voter for voter in voters if voter in counted.vetoes)


@given(rounds(31), st.data())
def test_a_decision_never_flips_and_a_complete_vote_is_decided(
    round_: tuple[Consent, Vote, int], data: st.DataObject
) -> None:
    asked, vote, holders = round_
    decided = count(asked, vote, holders).outcome
    for at in data.draw(st.permutations([place for place, each in enumerate(vote) if each == PENDING])):
        vote = (*vote[:at], data.draw(st.sampled_from(options(asked))), *vote[at + 1 :])
        outcome = count(asked, vote, holders).outcome
        assert decided in ("open", outcome)
        decided = outcome
    assert decided != "open"


@given(rounds(5))
def test_fewer_agreements_than_needed_never_carry_and_so_many_do(round_: tuple[Consent, Vote, int]) -> None:
    asked, vote, holders = round_
    counted = count(asked, vote, holders)
    completions = product(*(("agree", "object") if each == PENDING else (each,) for each in vote))
    fewest = min(
        (
            full.count("agree") - vote.count("agree")
            for full in completions
            if meaning(asked, full, range(holders)) == "carried"
        ),
        default=None,
    )
    if counted.outcome == "carried":
        assert counted.needed == 0
    elif fewest is not None:
        assert counted.needed == fewest
    else:
        assert counted.needed > len(counted.waiting) or set(counted.vetoes) - set(counted.waiting)


@given(rounds(31))
def test_an_order_changes_only_whose_turn_it_is(round_: tuple[Consent, Vote, int]) -> None:
    asked, vote, holders = round_
    together = count(replace(asked, order="parallel"), vote, holders)
    in_turn = count(replace(asked, order="sequential"), vote, holders)
    assert together.turn == (together.waiting if together.outcome == "open" else ())
    assert in_turn == replace(together, turn=together.turn[:1])


# ---- single rounds ---------------------------------------------------------------------------------------------------

CASES: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is asked, who votes (upper case: with a veto), the answers by their first letter, the outcome
    "no voters": ({}, "", "", "refused"),
    "no voters, all awaited": ({"decide": "after_all_answered"}, "", "", "refused"),
    "all abstain as absent": ({}, "abc", "a- b- c-", "refused"),
    "all abstain as agree, nobody agrees": ({"abstain_counts": "as_agree"}, "abc", "a- b- c-", "refused"),
    "one agrees, the rest abstain as agree": ({"abstain_counts": "as_agree"}, "abc", "a+ b- c-", "carried"),
    "one agrees, the rest abstain as absent": ({}, "abc", "a+ b- c-", "carried"),
    "one agrees, the rest abstain as object": ({"abstain_counts": "as_object"}, "abc", "a+ b- c-", "refused"),
    "a holder abstains as agree": ({"abstain_counts": "as_agree", "method": "any"}, "aB", "a+ b-", "refused"),
    "a holder objects": ({"method": "any", "answers": ("agree", "object")}, "aBc", "b!", "refused"),
    "a holder objects, a change may come": ({"method": "any"}, "aBc", "b!", "open"),
    "a change requested, the rest may carry": ({"method": "majority"}, "abc", "a?", "open"),
    "a change requested, all were needed": ({}, "abc", "a?", "change_requested"),
    "a change requested, carried all the same": ({"method": "majority"}, "abc", "a? b+ c+", "carried"),
    "half is no majority": ({"method": "majority"}, "abcd", "a+ b+ c! d!", "refused"),
    "two thirds are enough": ({"method": Ratio("2/3")}, "abc", "a+ b+", "carried"),
    "an abstention may still lower the bar": ({"method": "majority"}, "abcd", "a+ b! c!", "open"),
    "nobody can object, and silence is no consent": ({"answers": ("agree", "abstain")}, "abc", "a+", "open"),
    "nobody can object, and nobody was heard": ({"answers": ("agree",)}, "abc", "", "open"),
    "known, but all are awaited": ({"decide": "after_all_answered"}, "abc", "a! b?", "open"),
    "known, and none awaited": ({}, "abc", "a! b?", "change_requested"),
    "tacit consent of the last": ({"silence": after("agree"), "answers": ("object",)}, "ab", "a+ b+", "carried"),
    "a lenient veto is strict": ({"veto_mode": "lenient", "method": "any"}, "aB", "a+ b-", "refused"),
}
SIGNS = {"+": "agree", "!": "object", "-": "abstain", "?": "request_change"}


def answered(signs: str) -> dict[str, str]:
    return {each[0]: SIGNS[each[1]] for each in signs.split()}


def ask(asked: Mapping[str, Any], voters: str, signs: str) -> Tally:
    holders = [each.lower() for each in voters if each.isupper()]
    return tally(consent(**asked), list(voters.lower()), holders, answered(signs))


@pytest.mark.parametrize("case", CASES)
def test_a_corner(case: str) -> None:
    asked, voters, signs, outcome = CASES[case]
    assert ask(asked, voters, signs).outcome == outcome


def test_a_tally_names_the_voters_in_their_order() -> None:
    assert ask({"method": "majority", "order": "sequential"}, "daCbe", "b+ d+") == Tally(
        outcome="open", agreed=("d", "b"), waiting=("a", "c", "e"), turn=("a",), needed=1, vetoes=("c",)
    )
    assert ask({"method": "majority"}, "daCbe", "c+ b+ d+") == Tally(
        outcome="carried", agreed=("d", "c", "b"), waiting=("a", "e"), turn=(), needed=0, vetoes=()
    )
    assert ask({"answers": ("agree", "abstain")}, "abc", "a+") == Tally(
        outcome="open", agreed=("a",), waiting=("b", "c"), turn=("b", "c"), needed=2, vetoes=()
    )
    assert ask({"answers": ("agree", "object")}, "abc", "b!") == Tally(
        outcome="refused", agreed=(), waiting=("a", "c"), turn=(), needed=3, vetoes=()
    )


def test_an_answer_may_be_replaced_while_the_round_is_open() -> None:
    answers = answered("a+ b!")
    asked = consent(method="majority", answers=("agree", "object"))
    assert tally(asked, "abc", "", answers).outcome == "open"
    assert tally(asked, "abc", "", answers | answered("b+")).outcome == "carried"
    assert tally(asked, "abc", "", answers | answered("a!")).outcome == "refused"
    awaited = replace(asked, decide="after_all_answered")
    assert tally(awaited, "abc", "", answers | answered("a! a+ b+")) == replace(
        tally(awaited, "abc", "", answered("a+ b+")), outcome="open"
    )


def test_a_party_that_leaves_no_longer_counts_and_one_that_joins_is_waited_for() -> None:
    asked: dict[str, Any] = {"method": "all", "answers": ("agree", "object")}
    assert ask(asked, "abc", "a+ b+").outcome == "open"
    assert ask(asked, "ab", "a+ b+").outcome == "carried"
    assert ask({"method": "majority"}, "abcd", "a+ b+ c! d!").outcome == "refused"
    assert ask({"method": "majority"}, "abd", "a+ b+ c! d!") == ask({"method": "majority"}, "abd", "a+ b+ d!")
    assert ask(asked, "Abc", "b+ c+").vetoes == ("a",)
    assert ask(asked, "bc", "b+ c+").outcome == "carried"
    joined = ask(asked | {"order": "sequential"}, "abcd", "a+ b+")
    assert (joined.outcome, joined.waiting, joined.turn, joined.needed) == ("open", ("c", "d"), ("c",), 2)
    assert tally(consent(), ["a"], [], {"a": "agree", "z": "no such answer"}).outcome == "carried"


@pytest.mark.parametrize(
    ("voters", "holders", "said", "asked", "message"),
    [
        ("aba", "", {}, {}, "stands twice: a, b, a"),
        ("ab", "bc", {}, {}, "without a vote: c"),
        ("ab", "", {"a": "yes"}, {}, "no answer of this consent: yes"),
        ("ab", "", {"a": "abstain"}, {"answers": ("agree", "object")}, "no answer of this consent: abstain"),
        ("ab", "", {"a": "escalate"}, {"silence": after("escalate")}, "no answer of this consent: escalate"),
    ],
)
def test_what_cannot_be_counted_is_refused(
    voters: str, holders: str, said: dict[str, str], asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tally(consent(**asked), voters, holders, said)


def test_which_numbers_of_voters_can_carry() -> None:
    def numbers(**asked: Any) -> list[int]:
        return [voters for voters in range(32) if can_carry(consent(**asked), voters, 0)]

    assert numbers() == numbers(method="any") == numbers(method="majority") == list(range(1, 32))
    assert numbers(method=AtLeast(7)) == list(range(7, 32))
    assert numbers(method=Ratio("31/31")) == list(range(1, 32))
    assert numbers(method=Ratio("32/31")) == []
    assert numbers(answers=("object", "abstain"), abstain_counts="as_agree") == []
    assert numbers(answers=("object",), silence=after("agree")) == list(range(1, 32))
    assert [can_carry(consent(), 2, holders) for holders in range(4)] == [True, True, True, False]
