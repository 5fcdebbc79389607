"""The six procedures that come with the register: walked to their ends, refused where they must be, never changed unnoticed."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from registry.domain.guards import GUARDS, VOCABULARY
from workflows import SHIPPED, Definition, Facts, check, load
from workflows.consent import tally
from workflows.definition import SYSTEM
from workflows.engine import Unmet, explain, possible, simulate
from workflows.facts import Value
from workflows.replay import Place, placed

FILES = {path.stem: path for path in SHIPPED.rglob("*.yaml")}
NOW = {path.stem: load(path.read_text("utf-8"), VOCABULARY) for path in SHIPPED.glob("*.yaml")}
EARLIER = [load(path.read_text("utf-8"), VOCABULARY) for path in sorted((SHIPPED / "earlier").glob("*.yaml"))]
PARTIES = 5

HASHES = {
    "agreement": "9f780579b09ebb3250b03f92f6ba9960ddf525104bee433c0642adcc2439b0b4",
    "agreement-1": "c01ed6076507eeb9f899c8f44f24929d74152c2afc1a7dda6f2e158d2e6a73c7",
    "agreement-2": "69fa742eb9321f6549966024a9e428dbbb9b7534c29d2cf07d0163a90ebf8a89",
    "finding": "b84f4dd6ea3f23e421e2ec190407d5861d7b60246b1037d467c39e5084e9cf56",
    "item": "0432de906ce707143da2fa4d387b6244d9393bbd4dabbea52538cb4ea27dcbb1",
    "item-1": "aafbcda988fbf48a6e79ae83688097c45a0ff54723e2b38f05ba76471bfe1ec1",
    "opinion-round": "62f51a3a56a2d2a2f4c750f370f7d3eceff57084809b4dc3886f4b85b5696d3d",
    "proposal-reply": "eeea2ef47f065ebd7f11e8ccf5f34cf088ffb816466da8db9ab9d156057866d5",
    "supervision": "a42e6b46528c95aed3b917a74ecbaa6bc5d6c8a27f1b281b807d9091162c30a7",
}

WARNED = {
    "agreement": {
        ("W1", "annul_one"),  # an error must always be taken back
        ("W1", "annul_only"),
        ("W3", "sign_last"),  # a signature is one officer's act; the host's is confirmed by the party
        ("W3", "sign_later"),
        ("W3", "abandon"),  # nothing in force ends by it; as in version 1
    },
    "finding": {
        ("W1", "return_for_rework"),  # watched until fixed
        ("W3", "archive"),  # two have struck it off
    },
    "item": {("W3", "merge")},  # the work goes on in the item that is named
    "opinion-round": {("W3", "close_case")},  # every party reads what became of its opinion, and none is bound by it
    "proposal-reply": {("W3", "archive")},  # two have closed it
    "supervision": {("W3", "archive")},  # two have struck it off
}
"""The warnings that stay, each with its reason."""

WALKS = [
    # An agreement signed by all, in force, expired; sent back and a signature annulled; ended in each way.
    ("agreement", "in_force", "host draft, host consult, secretariat settle, secretariat open, party sign all_signed=no, "
     "party sign, secretariat enter_into_force"),
    # By its clause, before all have signed; the last signs later.
    ("agreement", "terminated", "host draft, host open, party sign all_signed=no, system come_into_force, "
     "party sign, host terminate"),
    ("agreement", "expired", "host draft, host open, party sign, host enter_into_force, secretariat expire"),
    ("agreement", "signed", "host draft, host consult, secretariat redraft, host consult, host settle, host redraft, "
     "host open, party sign all_signed=no, host annul any_signed=no, party sign"),
    ("agreement", "terminated", "host draft, host open, party sign, host enter_into_force, host terminate"),
    ("agreement", "terminated", "secretariat draft, secretariat consult, secretariat abandon"),
    ("agreement", "superseded", "host draft, host open, host sign, secretariat supersede"),
    ("agreement", "superseded", "host draft, host open, host sign, host enter_into_force, host supersede"),
    # An item that becomes a mechanism; sent back by the secretariat and by a party's request, put aside; ended.
    ("item", "long_term_mechanism", "lead list, lead begin, lead achieve, lead institutionalise"),
    ("item", "long_term_mechanism", "secretariat list, lead begin, lead achieve, secretariat rework, lead achieve, "
     "system institutionalise/change says=request_change, lead suspend, secretariat resume, lead achieve, lead institutionalise"),
    ("item", "in_progress", "lead list, lead begin, lead achieve, lead institutionalise, secretariat reopen"),
    ("item", "terminated", "lead list, secretariat terminate"),
    ("item", "merged", "lead list, lead begin, lead merge"),
    # A case struck off; with more time refused and granted, a poor report, reopened by the look-back; up the ladder; ended.
    ("supervision", "archived", "secretariat assign, lead acknowledge, joining contribute, lead report, secretariat verify, "
     "secretariat close_case, secretariat strike_off, secretariat look_back, secretariat confirm_fixed, secretariat archive"),
    ("supervision", "handling", "secretariat assign, secretariat remind, lead acknowledge, secretariat remind, "
     "lead ask_extension deadline_passed=no, secretariat refuse_extension, "
     "lead ask_extension deadline_passed=no, secretariat grant_extension, lead report, "
     "secretariat return_for_rework, lead report, secretariat verify, secretariat return_for_rework, lead report, "
     "secretariat verify, secretariat close_case, secretariat strike_off, secretariat look_back, secretariat reopen_case"),
    ("supervision", "criticised", "secretariat assign, secretariat criticise"),
    ("supervision", "closed", "secretariat assign, lead acknowledge, secretariat criticise, secretariat order_rectification, "
     "secretariat remind, secretariat hold_to_account, lead report, secretariat verify, secretariat close_case"),
    ("supervision", "terminated", "secretariat assign, lead acknowledge, lead ask_extension deadline_passed=no, secretariat terminate"),
    # A finding rectified; sent back, reopened by the look-back; ended.
    ("finding", "archived", "secretariat assign, lead submit_rectification, secretariat strike_off, secretariat archive"),
    ("finding", "rectifying", "secretariat assign, secretariat remind, lead submit_rectification, secretariat return_for_rework, "
     "lead submit_rectification, secretariat strike_off, secretariat look_back, secretariat confirm_fixed, "
     "secretariat look_back, secretariat reopen_case"),
    ("finding", "terminated", "secretariat assign, secretariat terminate"),
    # A proposal of class B answered; of class A; sent back by a countersigner, taken up again, a disagreement settled; ended.
    ("proposal-reply", "archived", "secretariat assign, secretariat remind, lead submit_draft, lead countersign, lead reply, "
     "secretariat evaluate, secretariat close_case items_open=12, secretariat archive"),
    ("proposal-reply", "closed", "secretariat assign, lead submit_draft, lead countersign, lead reply, "
     "secretariat evaluate, secretariat close_case reply_class=A"),
    ("proposal-reply", "replied", "secretariat assign, lead submit_draft, system countersign/change says=request_change, "
     "lead submit_draft, lead return_for_rework, lead submit_draft, lead countersign, lead reply, "
     "secretariat evaluate satisfaction=不满意, lead submit_draft, secretariat settle_disagreement says=object, "
     "secretariat return_for_rework, lead submit_draft, lead countersign, lead reply"),
    ("proposal-reply", "terminated", "secretariat assign, lead submit_draft, secretariat terminate"),
    # A round without a remark; with one; ended when due although nobody answered; withdrawn.
    ("opinion-round", "closed", "secretariat ask, secretariat remind, secretariat collect, secretariat close_case"),
    ("opinion-round", "closed", "secretariat ask, system collect/change says=request_change, secretariat close_case"),
    ("opinion-round", "closed", "secretariat ask, secretariat end_asking says=nothing, secretariat close_case"),
    ("opinion-round", "terminated", "secretariat ask, secretariat terminate"),
]  # fmt: skip
"""Procedure, where the walk ends, its steps as `role trigger` with the facts that differ from the willing ones."""

REFUSED = [
    ("agreement", "consulting", "settle", "host", "text-settled opinions-closed"),
    ("agreement", "drafting", "open", "host", "text-settled opinions-closed parties-named"),
    ("agreement", "signed", "enter_into_force", "party", "not-your-role basis-missing second-person-missing"),
    ("agreement", "in_force", "terminate", "host", "basis-missing reason-missing second-person-missing"),
    ("agreement", "in_force", "expire", "host", "basis-missing second-person-missing"),
    ("agreement", "in_force", "abandon", "host", "wrong-state"),
    ("item", "intent", "list", "lead", "consensus-recorded conditions-met basis-missing"),
    ("item", "achieved", "institutionalise", "lead", "mechanism-recorded evidence-missing basis-missing consent-not-asked"),
    ("item", "in_progress", "terminate", "lead", "basis-missing reason-missing second-person-missing"),
    ("supervision", "opened", "assign", "lead", "not-your-role field-missing"),
    ("supervision", "handling", "contribute", "joining", "field-missing"),
    ("supervision", "handling", "ask_extension", "lead", "field-missing field-missing"),
    ("supervision", "extension_asked", "grant_extension", "secretariat", "field-missing"),
    ("supervision", "extension_asked", "report", "lead", "wrong-state"),
    ("supervision", "handling", "report", "lead", "field-missing"),
    ("supervision", "handling", "criticise", "secretariat", "basis-missing"),
    ("supervision", "handling", "order_rectification", "secretariat", "wrong-state"),
    ("supervision", "criticised", "order_rectification", "secretariat", "basis-missing field-missing"),
    ("supervision", "criticised", "hold_to_account", "secretariat", "wrong-state"),
    ("supervision", "rectification_ordered", "hold_to_account", "secretariat",
     "basis-missing field-missing second-person-missing"),
    ("supervision", "verifying", "close_case", "secretariat", "field-missing field-missing"),
    ("supervision", "closed", "strike_off", "secretariat", "second-person-missing"),
    ("supervision", "looking_back", "confirm_fixed", "secretariat", "field-missing second-person-missing"),
    ("supervision", "looking_back", "reopen_case", "secretariat", "field-missing field-missing"),
    ("supervision", "struck_off", "reopen_case", "secretariat", "wrong-state"),
    ("finding", "on_register", "assign", "secretariat", "field-missing field-missing"),
    ("finding", "rectifying", "submit_rectification", "lead", "evidence-missing field-missing"),
    ("finding", "looking_back", "confirm_fixed", "secretariat", "field-missing second-person-missing"),
    ("finding", "looking_back", "reopen_case", "secretariat", "field-missing field-missing"),
    ("finding", "verifying", "strike_off", "lead", "not-your-role field-missing second-person-missing"),
    ("proposal-reply", "handling", "submit_draft", "lead", "field-missing field-missing"),
    ("proposal-reply", "countersigning", "countersign", "lead", "consent-not-asked"),
    ("proposal-reply", "countersigning", "settle_disagreement", "secretariat", "basis-missing second-person-missing"),
    ("proposal-reply", "countersigned", "reply", "lead", "field-missing"),
    ("proposal-reply", "evaluated", "close_case", "secretariat", "items-ended field-missing second-person-missing"),
    ("opinion-round", "prepared", "ask", "secretariat", "field-missing"),
    ("opinion-round", "asked", "collect", "secretariat", "consent-not-asked"),
    ("opinion-round", "asked", "end_asking", "secretariat", "deadline-passed"),
    ("opinion-round", "weighing", "close_case", "secretariat", "field-missing"),
    ("opinion-round", "asked", "terminate", "secretariat", "basis-missing reason-missing second-person-missing"),
]  # fmt: skip
"""Procedure, state, trigger, who asks with nothing at hand, every code that the refusal names."""

CHOICES: dict[str, tuple[Value, ...]] = {"reply_class": ("B", "A"), "satisfaction": ("满意", "不满意")}
BARE: dict[str, Value] = {"reply_class": "A", "satisfaction": "不满意", "items_open": 1}


def roles(role: str) -> frozenset[str]:
    """`lead` is lead_officer, as the walks write it."""
    return frozenset({role if role in (SYSTEM, "secretariat") else f"{role}_officer"})


def options(definition: Definition) -> dict[str, tuple[Value, ...]]:
    """The values that each fact may have, the willing one first; how many parties there are is not theirs to choose."""
    kinds: dict[str, tuple[Value, ...]] = {"boolean": (True, False), "integer": (0,), "text": ()}
    return {name: CHOICES.get(name, kinds[kind]) for name, kind in definition.facts.items() if name != "party_count"}


def willing(definition: Definition, parties: int, says: str = "agree", **changed: Value) -> Facts:
    """Facts with which whoever holds every role has all that a step may ask for; says: what each party answers."""
    voters = [f"party{number}" for number in range(parties)]
    rounds = {each.id: each.consent for each in definition.transitions if each.consent}
    answers = {} if says == "nothing" else dict.fromkeys(voters, says)
    values = {name: first for name, (first, *_) in options(definition).items()}
    return Facts(
        actor_roles=frozenset(definition.roles) | {SYSTEM},
        values={"party_count": parties, **values, **changed},
        evidence={need.key: need.min for each in definition.transitions for need in each.evidence},
        basis=True,
        reason=True,
        given=frozenset(definition.fields),
        second_person=frozenset(each.id for each in definition.transitions),
        consents={id_: tally(consent, voters, voters[: len(consent.veto)], answers) for id_, consent in rounds.items()},
    )


def script(definition: Definition, steps: str, parties: int) -> Iterator[tuple[str, Facts]]:
    """The triggers of a walk with the facts of each."""
    spoken: dict[str, Value] = {"no": False}
    for step in steps.split(", "):
        role, trigger, *changes = step.split(" ")
        changed = dict(change.split("=") for change in changes)
        says = changed.pop("says", "agree")
        values = {name: int(value) if value.isdigit() else spoken.get(value, value) for name, value in changed.items()}
        facts = willing(definition, parties, says, **values)
        yield trigger, replace(facts, actor_roles=roles(role))


@pytest.mark.parametrize(("name", "end", "steps"), WALKS, ids=lambda value: str(value)[:24])
def test_a_walk_comes_to_its_end_for_any_number_of_parties(name: str, end: str, steps: str) -> None:
    definition = NOW[name]
    for parties in range(least(definition), PARTIES + 1):
        run = simulate(definition, GUARDS, Place(definition.initial), script(definition, steps, parties))
        assert (run.unmet, run.place.state) == ((), end)


@pytest.mark.parametrize(("name", "state", "trigger", "role", "codes"), REFUSED)
def test_a_step_names_all_that_it_lacks(name: str, state: str, trigger: str, role: str, codes: str) -> None:
    definition = NOW[name]
    values = {name: BARE.get(name, False if kind == "boolean" else 0) for name, kind in definition.facts.items()}
    unmet: tuple[Unmet, ...] = explain(definition, GUARDS, state, trigger, Facts(roles(role), values))
    assert " ".join(each.code for each in unmet) == codes


def test_more_time_is_asked_for_before_the_day_and_not_after() -> None:
    definition = NOW["supervision"]
    for passed, codes in ((False, []), (True, ["in-time"])):
        facts = replace(willing(definition, 2, deadline_passed=passed), actor_roles=roles("lead"))
        unmet = explain(definition, GUARDS, "handling", "ask_extension", facts)
        assert [each.code for each in unmet] == codes


def test_a_report_is_returned_three_times_and_more_time_asked_for_as_often() -> None:
    definition, place = NOW["supervision"], Place("handling")
    report = "lead report, secretariat return_for_rework"
    answers = ("refuse_extension", "grant_extension")
    for steps in (report, *(f"lead ask_extension deadline_passed=no, secretariat {answer}" for answer in answers)):
        run = simulate(definition, GUARDS, place, script(definition, ", ".join([steps] * 4), 2))
        assert [each.code for each in run.unmet] == ["limit-reached"]
        assert len(run.steps) in (6, 7)


def test_pressing_and_contributing_leave_a_subject_where_it_stands() -> None:
    """And nothing else does: a step that leads nowhere else would restart nothing and count for nothing."""
    circles = {(name, each.trigger) for name, one in NOW.items() for each, at, to in one.arrows() if at == to}
    pressed = {(name, "remind") for name in ("finding", "opinion-round", "proposal-reply", "supervision")}
    assert circles - {("agreement", "sign"), ("agreement", "annul")} == pressed | {("supervision", "contribute")}


def least(definition: Definition) -> int:
    """With how many parties it can be opened at all."""
    asked = [use.params.get("at_least") for each in definition.transitions for use in each.guards]
    return max([definition.parties.at_least, *(number for number in asked if isinstance(number, int))])


def next_states(definition: Definition, state: str, parties: int) -> set[str]:
    """Where willing people can bring a subject from a state, whatever they choose, without suspending or terminating."""
    found: set[str] = set()
    by_name = options(definition)
    for drawn in product(*by_name.values()):
        facts = willing(definition, parties, "agree", **dict(zip(by_name, drawn, strict=True)))
        taken = possible(definition, GUARDS, state, replace(facts, before_suspension=definition.initial))
        on = [each for each in taken if each.transition.kind not in ("suspend", "terminate") and not each.unmet]
        found |= {each.to_state for each in on}
    return found


@pytest.mark.parametrize("name", NOW)
def test_every_state_leads_to_an_end_for_any_number_of_parties(name: str) -> None:
    definition = NOW[name]
    for parties in range(least(definition), PARTIES + 1):
        good = {state.id for state in definition.states.values() if state.final or state.goal}
        ahead = {state: next_states(definition, state, parties) for state in definition.states}
        for _ in ahead:
            good |= {state for state, targets in ahead.items() if targets & good}
        assert good == set(definition.states)


@pytest.mark.parametrize("name", NOW)
def test_a_time_limit_by_a_field_finds_its_day(name: str) -> None:
    """Whoever comes under such a limit is told the day with that step; what chooses a branch comes with the step, too."""
    definition = NOW[name]
    by = {state.id: state.deadline.by for state in definition.states.values() if state.deadline}
    assert by.get(definition.initial) is None
    coming = [(each, by[to]) for each, at, to in definition.arrows() if by.get(to) and not by.get(at)]
    assert [each.id for each, field in coming if field not in each.asks] == []
    branching = [(each, fact) for each in definition.transitions for fact in each.when if fact in definition.fields]
    assert all(fact in each.asks for each, fact in branching)


@pytest.mark.parametrize("before", EARLIER, ids=lambda each: f"{each.id}-{each.version}")
def test_whoever_runs_on_an_earlier_version_finds_a_place(before: Definition) -> None:
    versions = {(each.id, each.version): each for each in (*EARLIER, *NOW.values())}
    definition = versions[before.id, before.version + 1]
    assert definition.migrate is not None
    assert definition.migrate.from_version == before.version
    for state in before.states:
        for aside in before.suspended_from(state) or (None,):
            assert placed(definition, Place(state, aside)) == Place(state, aside)


@pytest.mark.parametrize("before", EARLIER, ids=lambda each: f"{each.id}-{each.version}")
def test_the_steps_of_an_earlier_version_are_there_with_the_same_actors(before: Definition) -> None:
    definition = next(each for each in NOW.values() if each.id == before.id)
    for was in before.transitions:
        now = definition.transition(was.id)
        assert (now.trigger, now.kind, now.roles, now.when) == (was.trigger, was.kind, was.roles, was.when)
        assert set(was.sources) <= set(now.sources)
        assert set(was.targets) <= set(now.targets)
        assert all(use in now.guards for use in was.guards)
        assert now.needs_basis == was.needs_basis


def test_what_lives_can_be_terminated_on_a_basis_and_by_two() -> None:
    for definition in NOW.values():
        ended = [each for each in definition.transitions if each.kind in ("terminate", "merge")]
        assert all(each.needs_basis and each.needs_reason for each in ended)
        if definition.subject == "matter":
            (only,) = ended
            under_way = {state.id for state in definition.states.values() if state.stage in ("opened", "under_way")}
            assert set(only.sources) == under_way
            assert only.two_person


def test_an_opinion_round_is_live_until_it_is_closed() -> None:
    """An agreement's opinions are closed when no round on it is live: stage and end must not disagree."""
    states = NOW["opinion-round"].states.values()
    assert {each.id for each in states if each.final} == {"closed", "terminated"}
    assert all(each.final == (each.stage in ("closed", "ended")) for each in states)


def earlier(id_: str, version: int) -> Definition | None:
    return next((each for each in EARLIER if (each.id, each.version) == (id_, version)), None)


@pytest.mark.parametrize("name", NOW)
def test_no_check_refuses_it_and_the_warnings_that_stay_are_known(name: str) -> None:
    steps = NOW[name].transitions
    found = check(FILES[name].read_text("utf-8"), VOCABULARY, earlier)
    culprits = [re.findall(r"transitions\[(\d+)\]", each.culprit) for each in found]
    named = {(each.code, steps[int(number)].id) for each, (number,) in zip(found, culprits, strict=True)}
    assert named == WARNED[name]


def test_one_code_has_one_title_in_all_procedures() -> None:
    """Pages show a code by the title that the first file gives it; the first arrow speaks for its trigger."""
    titles: dict[tuple[str, str], set[tuple[str, str | None]]] = {}
    for definition in NOW.values():
        first = {each.trigger: each for each in reversed(definition.transitions)}
        named = [("state", state.id, state.title) for state in definition.states.values()]
        named += [("role", role.id, role.title) for role in definition.roles.values() if role.title]
        named += [("transition", each.id, each.title) for each in definition.transitions]
        named += [("trigger", trigger, each.title) for trigger, each in first.items()]
        for kind, code, title in named:
            titles.setdefault((kind, code), set()).add((title.zh, title.en))
    assert {key: words for key, words in titles.items() if len(words) > 1} == {}


def test_a_published_version_never_changes() -> None:
    """A change of a procedure is a new version with a hash of its own; the one before goes to `earlier`."""
    found = {path.stem: load(path.read_text("utf-8"), VOCABULARY).sha256 for path in FILES.values()}
    assert found == HASHES
