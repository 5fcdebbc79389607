"""Counting consent: from the answers of the parties to a decision. Pure, and the order of the answers does not matter.

When all have answered: in favour are those who agree, and those who abstain where abstaining counts as agreeing; who
abstains where that counts as absent is left out of the base. The step carries when enough of the base are in favour,
somebody really agreed, and every holder of a veto agreed. Otherwise a change was requested, or consent is refused.

While answers are pending a decision stands only if every way to complete them leads to it, so none can flip; whatever
answers are offered, who is silent counts as one who may object, so that nobody's consent is presumed. Counting two
completions shows that: to agree never hurts, and no answer is worse than one against.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from workflows.definition import AtLeast, Consent, Ratio

VoteAnswer: TypeAlias = Literal["agree", "object", "abstain", "request_change"]
Outcome: TypeAlias = Literal["open", "carried", "refused", "change_requested"]

_BEST_LAST: tuple[VoteAnswer, ...] = ("object", "request_change", "abstain", "agree")


@dataclass(frozen=True, slots=True)
class Tally:
    """Where a round of consent stands; every list of voters is in the order of the voters.

    agreed, waiting: who agreed, who has not answered.
    turn: who may answer now for the first time: all who are waited for, the first of them when the order is
        sequential, nobody once decided.
    needed: how many more must agree at least, if nobody else abstains; 0 when carried.
    vetoes: holders of a veto who have not agreed.
    """

    outcome: Outcome
    agreed: tuple[str, ...]
    waiting: tuple[str, ...]
    turn: tuple[str, ...]
    needed: int
    vetoes: tuple[str, ...]


def tally(consent: Consent, voters: Sequence[str], holders: Collection[str], answers: Mapping[str, str]) -> Tally:
    """Count the answers of a round.

    voters: keys of the parties, in their order. holders: keys of those with a veto, which is always a strict one.
    answers: the last answer by the key of its party; that of somebody who is no voter does not count.
    Raises ValueError for a voter named twice, a holder who is no voter, an answer that the consent does not know.
    """
    holders = frozenset(holders)
    said = {voter: answers[voter] for voter in voters if voter in answers}
    _sound(consent, voters, holders, said)
    waiting = tuple(voter for voter in voters if voter not in said)
    outcome = _outcome(consent, holders, said, waiting)
    next_ones = waiting[:1] if consent.order == "sequential" else waiting
    none_abstains = said | dict.fromkeys(waiting, "object")
    return Tally(
        outcome=outcome,
        agreed=tuple(voter for voter in voters if said.get(voter) == "agree"),
        waiting=waiting,
        turn=next_ones if outcome == "open" else (),
        needed=0 if outcome == "carried" else _missing(consent, holders, none_abstains),
        vetoes=tuple(voter for voter in voters if voter in holders and said.get(voter) != "agree"),
    )


def can_carry(consent: Consent, voters: int, holders: int) -> bool:
    """Whether some complete vote of so many voters, so many of them with a veto, carries: if any, that of all agreeing."""
    return "agree" in _options(consent) and holders <= voters and max(1, _quorum(consent.method, voters)) <= voters


def _sound(consent: Consent, voters: Sequence[str], holders: frozenset[str], said: Mapping[str, str]) -> None:
    if len(set(voters)) < len(voters):
        raise ValueError(f"a voter stands twice: {', '.join(voters)}")
    if strangers := holders.difference(voters):
        raise ValueError(f"a veto without a vote: {', '.join(sorted(strangers))}")
    if unknown := set(said.values()).difference(_options(consent)):
        raise ValueError(f"no answer of this consent: {', '.join(sorted(unknown))}")


def _outcome(consent: Consent, holders: frozenset[str], said: dict[str, str], waiting: tuple[str, ...]) -> Outcome:
    if waiting and consent.decide == "after_all_answered":
        return "open"
    options = _options(consent)
    if not _missing(consent, holders, said | dict.fromkeys(waiting, "object")):
        return "carried"
    if not _missing(consent, holders, said | dict.fromkeys(waiting, options[-1])):
        return "open"
    if "request_change" in said.values():
        return "change_requested"
    if not waiting or "request_change" not in options:
        return "refused"
    return "open"


def _options(consent: Consent) -> tuple[VoteAnswer, ...]:
    """What a voter may answer or be taken to answer by silence, the best for carrying last."""
    silent = consent.silence and consent.silence.counts_as
    return tuple(each for each in _BEST_LAST if each in consent.answers or each == silent)


def _missing(consent: Consent, holders: frozenset[str], vote: Mapping[str, str]) -> int:
    """How many agreements a complete vote lacks at least; it carries when none."""
    said = Counter(vote.values())
    absent = said["abstain"] if consent.abstain_counts == "as_absent" else 0
    in_favour = said["agree"] + (said["abstain"] if consent.abstain_counts == "as_agree" else 0)
    short = _quorum(consent.method, len(vote) - absent) - in_favour
    return max(short, 0 if said["agree"] else 1, sum(vote[holder] != "agree" for holder in holders))


def _quorum(method: str | AtLeast | Ratio, base: int) -> int:
    """How many of the base must be in favour."""
    if isinstance(method, AtLeast):
        return method.at_least
    if isinstance(method, Ratio):
        part, whole = map(int, method.ratio.split("/"))
        return -(-base * part // whole)
    return {"all": base, "any": 1, "majority": base // 2 + 1}[method]
