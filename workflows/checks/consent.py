"""E8 to E11: whether the people and papers that a step asks for can be had at all."""

from collections.abc import Iterator

from workflows.checks.subject import Check, Subject
from workflows.consent import can_carry
from workflows.definition import Consent, Definition, Ratio
from workflows.finding import Finding
from workflows.strict_yaml import Path


def _consents(subject: Subject) -> Iterator[tuple[Path, Consent]]:
    for path, each in subject.transitions():
        if each.consent:
            yield (*path, "consent"), each.consent


def every_round_can_carry(subject: Subject) -> Iterator[Finding]:
    """E8: a round that cannot carry for some allowed number of parties.

    Looking at the smallest number suffices: of n voters `all` needs n, `any` 1, a majority n // 2 + 1 and a ratio of at
    most one ⌈n·ratio⌉, never more than n; `at_least: k` needs k, and whoever has enough voters keeps them as n grows.
    """
    for path, each in _consents(subject):
        if "agree" not in each.answers:
            yield subject.fault("E8", "never-agreed", (*path, "answers"))
        elif isinstance(each.method, Ratio) and _more_than_all(each.method):
            yield subject.fault("E8", "ratio-over-one", (*path, "method", "ratio"), ratio=each.method.ratio)
        else:
            least = _fewest(subject.definition, each)
            if not can_carry(each, least, _holders(each, least)):
                yield subject.fault("E8", "quorum", (*path, "method"), least=str(least))


def _more_than_all(method: Ratio) -> bool:
    part, whole = map(int, method.ratio.split("/"))
    return part > whole


def _fewest(definition: Definition, consent: Consent) -> int:
    """How many voters a round has at least; a subject may have one leading party only."""
    return definition.parties.at_least if consent.voters == "each_party" else 1


def _holders(consent: Consent, voters: int) -> int:
    """How many of the voters hold a veto."""
    if consent.voters in consent.veto:
        return voters
    return 1 if "lead_party" in consent.veto else 0


def every_veto_has_a_vote(subject: Subject) -> Iterator[Finding]:
    """E8: a veto of somebody who does not vote. The host need not be a party."""
    for path, each in _consents(subject):
        voting = {"each_party", "lead_party"} if each.voters == "each_party" else {"lead_party"}
        for place, holder in enumerate(each.veto):
            if holder not in voting:
                yield subject.fault("E8", "veto-without-vote", (*path, "veto", place), holder=holder)


def no_decision_flips(subject: Subject) -> Iterator[Finding]:
    """E9: a veto that works only once it is spoken, so that a later objection could turn a decision round."""
    for path, each in _consents(subject):
        if each.veto_mode == "lenient":
            yield subject.fault("E9", "lenient-veto", (*path, "veto_mode"))


def every_voter_has_an_officer(subject: Subject) -> Iterator[Finding]:
    """E10: a voter with nobody to cast the vote."""
    for path, each in _consents(subject):
        if not _served(subject, each.voters):
            yield subject.fault("E10", "voter-without-officer", (*path, "voters"), voters=each.voters)


def every_paper_has_a_giver(subject: Subject) -> Iterator[Finding]:
    """E11: evidence asked of somebody who has no officer here, or of the register itself, which gives nothing."""
    for path, each in subject.transitions():
        for place, evidence in enumerate(each.evidence):
            if evidence.source and not _served(subject, evidence.source):
                values = {"giver": evidence.source}
                yield subject.fault("E11", "nobody-to-give", (*path, "evidence", place, "from"), **values)
        if each.kind == "system":
            given = {"evidence": each.evidence, "basis": each.basis, "asks": each.asks}
            for key in (key for key, value in given.items() if value):
                yield subject.fault("E11", "register-gives-nothing", (*path, key), key=key)


def _served(subject: Subject, whose: str) -> bool:
    """Whether there is a role of theirs; the officer of any party is that of the leading one, too."""
    roles = {role.of for role in subject.definition.roles.values()}
    return whose in roles or (whose == "lead_party" and "each_party" in roles)


CONSENT: tuple[Check, ...] = (
    every_round_can_carry,
    every_veto_has_a_vote,
    no_decision_flips,
    every_voter_has_an_officer,
    every_paper_has_a_giver,
)
