# ruff: noqa: RUF009 - `key` and `named` are dataclasses.field with the field's shape
"""A procedure as frozen data: the records of the format `workflow/1`, each field with its shape.

What a field means stands in the published `definition.schema.json`; a record here is only ever made by `load`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal, TypeAlias, cast

from workflows.facts import FACT_TYPES, FactType, Value
from workflows.shape import (
    Reader,
    choice,
    flag,
    key,
    listing,
    literal,
    mapping,
    named,
    one_or_more,
    plain,
    record,
    text,
    whole,
)
from workflows.strict_yaml import Path

BEFORE_SUSPENSION = "before_suspension"
SYSTEM = "system"
RESERVED = frozenset({BEFORE_SUSPENSION, SYSTEM})
KINDS = ("forward", "return", "suspend", "resume", "reopen", "merge", "terminate", "system", "entry")
NEED_REASON = frozenset({"return", "suspend", "merge", "terminate"})
AS_BEFORE = "as_before"
STAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "item": ("intent", "in_progress", "long_term_mechanism", "ended", AS_BEFORE),
        "agreement": ("preparation", "signing", "concluded", "ended", AS_BEFORE),
        "matter": ("opened", "under_way", "closed", "ended", AS_BEFORE),
    }
)
_ALL_STAGES = tuple(dict.fromkeys(stage for stages in STAGES.values() for stage in stages))

Kind: TypeAlias = Literal["forward", "return", "suspend", "resume", "reopen", "merge", "terminate", "system", "entry"]

_IDENTIFIER = text(r"[a-z][a-z0-9_]{0,63}", "小写英文标识（a-z、0-9、_）", "a lower-case identifier (a-z, 0-9, _)")
_SLUG = text(r"[a-z][a-z0-9-]{0,63}", "小写英文代号（a-z、0-9、-）", "a lower-case code (a-z, 0-9, -)")
_WORDS = text(r"(?=.*\S)[^\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]{1,200}", "一行文字", "one line of text")


def _name(reader: Reader, path: Path, data: object) -> str:
    name = _IDENTIFIER(reader, path, data)
    if name in RESERVED:
        raise reader.report(path, "reserved", name=name)
    return name


@dataclass(frozen=True, slots=True)
class Title:
    """Words for people; en is None where nobody has written them yet."""

    zh: str = key(_WORDS)
    en: str | None = key(_WORDS, None)


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time as written, P10WD: count and unit (D days, WD working days, W weeks, M months, Y years)."""

    written: str
    count: int
    unit: str


_DURATION = re.compile(r"P(0|[1-9][0-9]{0,3})(D|WD|W|M|Y)")


def _duration(reader: Reader, path: Path, data: object) -> Duration:
    match = _DURATION.fullmatch(data) if isinstance(data, str) else None
    if match is None:
        raise reader.report(path, "bad-duration", "E15", value=str(data)[:40])
    return Duration(match[0], int(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class Role:
    """A role IN a party, never a person; of: whose officer it is."""

    id: str = named()
    of: str = key(choice("register", "grouping", "host", "lead_party", "each_party"))
    title: Title | None = key(record(Title), None)


@dataclass(frozen=True, slots=True)
class Field:
    """One typed field of a matter; `class` in the file is the log class of its value."""

    id: str = named()
    type: str = key(choice("text", "date", "number", "choice", "party", "document"))
    log_class: str = key(choice("open", "sealed"), name="class")
    title: Title = key(record(Title))
    required: bool = key(flag, False)
    choices: tuple[str, ...] = key(listing(_WORDS, at_least=1), ())


@dataclass(frozen=True, slots=True)
class EvidenceType:
    """A sort of document that may be asked for, and the file types that it may have."""

    id: str = named()
    title: Title = key(record(Title))
    files: tuple[str, ...] = key(listing(text(r"[a-z0-9]{1,8}", "文件类型", "a file type"), at_least=1))


@dataclass(frozen=True, slots=True)
class Escalation:
    """Who is told when a deadline has been missed, and how long after it."""

    after: Duration = key(_duration)
    to: str = key(_name)


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a subject may stay in a state: a span, or until the day that a field of a matter names. remind counts back
    from that day."""

    after: Duration | None = key(_duration, None)
    by: str | None = key(_IDENTIFIER, None)
    remind: tuple[Duration, ...] = key(listing(_duration), ())
    escalate: tuple[Escalation, ...] = key(listing(record(Escalation)), ())


@dataclass(frozen=True, slots=True)
class State:
    """One state; stage is its place on the spine that pages show, `as_before` shows the stage before suspension."""

    id: str = named()
    title: Title = key(record(Title))
    stage: str = key(choice(*_ALL_STAGES))
    final: bool = key(flag, False)
    goal: bool = key(flag, False)
    deadline: Deadline | None = key(record(Deadline), None)
    review_every: Duration | None = key(_duration, None)


@dataclass(frozen=True, slots=True)
class GuardUse:
    """A guard by its bare name with its parameters; who can bring it about, if not the actor."""

    use: str = key(_IDENTIFIER)
    params: Mapping[str, Value] = key(mapping(literal, _IDENTIFIER), {}, name="with")
    who: tuple[str, ...] = key(listing(_name), ())


@dataclass(frozen=True, slots=True)
class Evidence:
    """Documents that a step needs: at least `min` files of a type, from whom."""

    type: str = key(_IDENTIFIER)
    min: int = key(whole(1), 1)
    source: str | None = key(choice("host", "grouping", "lead_party", "each_party"), None, name="from")

    @property
    def key(self) -> str:
        """Under which Facts.evidence counts it: `mechanism`, or `mechanism/lead_party` when it says from whom (for
        each_party the smallest number that a party has given)."""
        return self.type if self.source is None else f"{self.type}/{self.source}"


@dataclass(frozen=True, slots=True)
class Actor:
    """The roles that may take a step; any one of them suffices."""

    roles: tuple[str, ...] = key(listing(_name, at_least=1))


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Consent of at least this many."""

    at_least: int = key(whole(1))


@dataclass(frozen=True, slots=True)
class Ratio:
    """Consent of this share of the voters, written 2/3."""

    ratio: str = key(text(r"[1-9][0-9]{0,3}/[1-9][0-9]{0,3}", "分数，如 2/3", "a fraction such as 2/3"))


def _method(reader: Reader, path: Path, data: object) -> str | AtLeast | Ratio:
    if not isinstance(data, dict):
        return str(choice("all", "any", "majority")(reader, path, data))
    return record(Ratio)(reader, path, data) if "ratio" in data else record(AtLeast)(reader, path, data)


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Where a request for changes leads, and whose earlier consent it makes void."""

    to: str = key(_name)
    invalidate: tuple[str, ...] = key(listing(_IDENTIFIER), ())


@dataclass(frozen=True, slots=True)
class Silence:
    """What no answer counts as, and after how long."""

    after: Duration = key(_duration)
    counts_as: str = key(choice("escalate", "agree", "object", "abstain"))


@dataclass(frozen=True, slots=True)
class Delegate:
    """Who may answer in place of the officer."""

    allow: str = key(choice("same_party"))


_ANSWERS = ("agree", "object", "abstain", "request_change")


@dataclass(frozen=True, slots=True)
class Consent:
    """Whose consent a step needs and how it is counted: one vote per party."""

    voters: str = key(choice("each_party", "lead_party"))
    method: str | AtLeast | Ratio = key(_method)
    veto: tuple[str, ...] = key(listing(choice("each_party", "lead_party", "host")), ())
    veto_mode: str = key(choice("strict", "lenient"), "strict")
    order: str = key(choice("parallel", "sequential"), "parallel")
    answers: tuple[str, ...] = key(listing(choice(*_ANSWERS), at_least=1), ("agree", "object"))
    abstain_counts: str = key(choice("as_absent", "as_agree", "as_object"), "as_absent")
    decide: str = key(choice("as_soon_as_known", "after_all_answered"), "as_soon_as_known")
    on_object: str = key(choice("stay"), "stay")
    on_request_change: ChangeRequest | None = key(record(ChangeRequest), None)
    silence: Silence | None = key(record(Silence), None)
    round: str = key(choice("reset_on_content_change"), "reset_on_content_change")
    delegate: Delegate | None = key(record(Delegate), None)


@dataclass(frozen=True, slots=True)
class Source:
    """The clause that a refusal cites."""

    document: str = key(_WORDS)
    place: str | None = key(_WORDS, None)


_LITERALS = one_or_more(literal)


def _when(reader: Reader, path: Path, data: object) -> Mapping[str, tuple[Value, ...]]:
    read = mapping(_LITERALS, _IDENTIFIER)(reader, path, data)
    if len(read) > 1:
        raise reader.report(path, "wrong-type", zh="只测试一个事实", en="a test of one fact only")
    return read


@dataclass(frozen=True, slots=True)
class Transition:
    """One arrow, from each of its sources to its target; only an entry has no source and may have several targets."""

    id: str = key(_IDENTIFIER)
    title: Title = key(record(Title))
    targets: tuple[str, ...] = key(one_or_more(_IDENTIFIER), name="to")
    kind: Kind = key(choice(*KINDS))
    sources: tuple[str, ...] = key(listing(_name, at_least=1), (), name="from")
    trigger: str = key(_IDENTIFIER, "")
    limit: int | None = key(whole(1), None)
    two_person: bool = key(flag, False)
    actor: Actor | None = key(record(Actor), None)
    basis: str | None = key(choice("required"), None)
    when: Mapping[str, tuple[Value, ...]] = key(_when, {})
    guards: tuple[GuardUse, ...] = key(listing(record(GuardUse)), ())
    evidence: tuple[Evidence, ...] = key(listing(record(Evidence)), ())
    consent: Consent | None = key(record(Consent), None)
    effects: tuple[str, ...] = key(listing(_IDENTIFIER), ())
    asks: tuple[str, ...] = key(listing(_IDENTIFIER), ())
    source: Source | None = key(record(Source), None)
    sends_back: str | None = (
        None  # of the ways that no file writes: the transition whose round of consent asked for changes
    )

    def __post_init__(self) -> None:
        if not self.trigger:
            object.__setattr__(self, "trigger", self.id)

    @property
    def roles(self) -> tuple[str, ...]:
        """Who may take the step: roles of the definition, or the register itself."""
        if self.kind == "system" or self.sends_back:
            return (SYSTEM,)
        return self.actor.roles if self.actor else ()

    @property
    def goes_back(self) -> bool:
        """Whether it leads to wherever the subject was suspended from."""
        return self.targets == (BEFORE_SUSPENSION,)

    @property
    def needs_basis(self) -> bool:
        """Whether a basis document must come with the step."""
        return self.basis is not None

    @property
    def needs_reason(self) -> bool:
        """Whether a written reason must come with the step: what goes back, aside or to an end is explained."""
        return self.kind in NEED_REASON and not self.sends_back


@dataclass(frozen=True, slots=True)
class Migrate:
    """How running subjects of an earlier version find their place in this one."""

    from_version: int = key(whole(1))
    states: Mapping[str, str] = key(mapping(_name, _name), {})
    open_rounds: str = key(choice("keep", "restart"), "keep")


@dataclass(frozen=True, slots=True)
class Parties:
    """How many parties a subject has at least: for every such number each round of consent must be able to carry."""

    at_least: int = key(whole(1))


@dataclass(frozen=True, eq=False)
class Definition:
    """One version of a procedure. Two definitions are equal when their canonical forms are."""

    schema: str = key(choice("workflow/1"))
    id: str = key(_SLUG)
    version: int = key(whole(1))
    title: Title = key(record(Title))
    subject: str = key(choice(*STAGES))
    initial: str = key(_IDENTIFIER)
    roles: Mapping[str, Role] = key(mapping(record(Role), _name, at_least=1))
    states: Mapping[str, State] = key(mapping(record(State), _name, at_least=1))
    transitions: tuple[Transition, ...] = key(listing(record(Transition), at_least=1))
    calendar: str | None = key(_SLUG, None)
    facts: Mapping[str, FactType] = key(mapping(choice(*FACT_TYPES), _IDENTIFIER), {})
    fields: Mapping[str, Field] = key(mapping(record(Field), _IDENTIFIER), {})
    evidence_types: Mapping[str, EvidenceType] = key(mapping(record(EvidenceType), _IDENTIFIER), {})
    parties: Parties = key(record(Parties), Parties(1))
    migrate: Migrate | None = key(record(Migrate), None)

    def canonical(self) -> bytes:
        """The loaded definition as canonical JSON (sorted keys, UTF-8, no spaces), which `load` reads again."""
        data = plain(self)
        return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @cached_property
    def sha256(self) -> str:
        """64 hex digits: the identity of this version."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def transition(self, transition_id: str) -> Transition:
        """The transition of this id. Raises KeyError."""
        return self._by_id[transition_id]

    @cached_property
    def _by_id(self) -> Mapping[str, Transition]:
        return {each.id: each for each in self.ways}

    @cached_property
    def ways(self) -> tuple[Transition, ...]:
        """The transitions of the file, and behind them the ways back that requests for changes take."""
        return (*self.transitions, *(_way_back(each) for each in self.transitions if _change_of(each)))

    def suspended_from(self, state: str) -> tuple[str, ...]:
        """The states from which a suspend step leads to this state: where a resume may go back to."""
        return self._suspended_from.get(state, ())

    @cached_property
    def _suspended_from(self) -> Mapping[str, tuple[str, ...]]:
        before: dict[str, dict[str, None]] = {}
        for each in self.transitions:
            for target in each.targets if each.kind == "suspend" else ():
                before.setdefault(target, {}).update(dict.fromkeys(each.sources))
        return {target: tuple(sources) for target, sources in before.items()}

    def arrows(self) -> tuple[tuple[Transition, str, str], ...]:
        """Every single arrow as (transition, from, to); a resume to before_suspension is one arrow for each state that
        it may go back to. Entries are not among them: they leave no state."""
        return tuple(
            (each, source, target)
            for each in self.ways
            for source in each.sources
            for target in (self.suspended_from(source) if each.goes_back else each.targets)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def _change_of(each: Transition) -> ChangeRequest | None:
    return each.consent.on_request_change if each.consent else None


def _way_back(each: Transition) -> Transition:
    """The return that a request for changes takes; no identifier of a file can have its id."""
    change = cast(ChangeRequest, _change_of(each))
    title = Title(f"退回修改（{each.title.zh}）", f"Sent back for changes ({each.title.en})" if each.title.en else None)
    return Transition(f"{each.id}/change", title, (change.to,), "return", each.sources, sends_back=each.id)


def definition_of(reader: Reader) -> Definition:
    """The definition in a document. Raises Bad after every fault of shape has been reported to the reader."""
    return record(Definition)(reader, (), reader.document.data)
