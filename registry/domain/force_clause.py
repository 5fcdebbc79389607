# ruff: noqa: RUF009 - `key` is dataclasses.field with the field's shape
"""The clause on entry into force as data: the format `force/1`, its strict reader and its canonical form.

What each key means to a liaison officer stands in docs/force-clauses.md; `force_clause.schema.json` beside this file is
the same format for other programs, and the tests hold the two together.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from registry.domain.force_dates import Period, a_period
from workflows.shape import Bad, Reader, Shape, choice, key, listing, mapping, plain, record, text, whole
from workflows.strict_yaml import Path, YamlError
from workflows.strict_yaml import read as read_yaml

SCHEMA = "force/1"
CHARACTERS_AT_MOST = 60_000

BindingKind = Literal["signature", "ratification", "acceptance", "approval", "accession", "succession"]
BINDING: tuple[BindingKind, ...] = (
    "signature", "ratification", "acceptance", "approval", "accession", "succession",
)  # fmt: skip
"""Kinds of acts by which a party can be bound. A succession counts of itself only where its predecessor had no act."""
CountedDate = Literal["done", "received", "registered"]
COUNTED_DATES: tuple[CountedDate, ...] = ("done", "received", "registered")


class ClauseError(ValueError):
    """A clause that the reader refuses. findings: never empty; (place, what is wrong and what to do in Chinese, in English)."""

    def __init__(self, findings: tuple[tuple[str, str, str], ...]) -> None:
        super().__init__("\n".join(f"{place}: {en}" for place, _, en in findings))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Exact:
    """A number or a part of a whole, exactly. written: as the clause writes it: 20.09, 55%, 2/3."""

    value: Fraction
    written: str


Threshold: TypeAlias = int | Exact

_PART = re.compile(r"(?P<percent>[0-9]{1,3}(?:\.[0-9]{1,6})?)%|(?P<above>[1-9][0-9]{0,5})/(?P<below>[1-9][0-9]{0,5})")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,6})?")
_CODE_TEXT = text(r"[^\s,;]{1,60}", "代码：60 字以内，没有空白", "a code of at most 60 characters without spaces")
_WORDS = text(r"\S(?:.{0,198}\S)?", "200 字以内的文字", "a text of at most 200 characters")


def _wrong(reader: Reader, path: Path, zh: str, en: str) -> Bad:
    """Report what should stand there; returns the exception to raise."""
    return reader.report(path, "wrong-type", zh=zh, en=en)


def _part(reader: Reader, path: Path, data: object) -> Exact:
    found = _PART.fullmatch(data) if isinstance(data, str) else None
    value = found and (
        Fraction(found["percent"]) / 100 if found["percent"] else Fraction(int(found["above"]), int(found["below"]))
    )
    if not found or not value or value > 1:
        raise _wrong(
            reader, path, "大于 0、不大于 1 的比例，写如 55%、2/3", "a part above 0, at most 1, such as 55% or 2/3"
        )
    return Exact(value, cast(str, data))


def a_code(reader: Reader, path: Path, data: object) -> str:
    """A code; one of digits alone, such as 150300, may stand without quotes."""
    whole_number = isinstance(data, int) and not isinstance(data, bool)
    return _CODE_TEXT(reader, path, str(data) if whole_number else data)


def _threshold(reader: Reader, path: Path, data: object) -> Threshold:
    return _part(reader, path, data) if isinstance(data, str) else whole(1)(reader, path, data)


def _number(reader: Reader, path: Path, data: object) -> Exact:
    if isinstance(data, bool) or not isinstance(data, int | str) or not _NUMBER.fullmatch(str(data)):
        raise _wrong(reader, path, "不带符号的数，写如 20 或 20.09", "a number without a sign, such as 20 or 20.09")
    return Exact(Fraction(str(data)), str(data))


def a_day(reader: Reader, path: Path, data: object) -> date:
    """A calendar day."""
    try:
        if isinstance(data, str) and re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", data):
            return date.fromisoformat(data)
    except ValueError:
        pass
    raise _wrong(reader, path, "日历上有的日子，写如 2021-04-22", "a day of the calendar such as 2021-04-22")


def a_zone(reader: Reader, path: Path, data: object) -> str:
    """The name of a time zone."""
    try:
        if isinstance(data, str) and re.fullmatch(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*", data):
            return ZoneInfo(data).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    raise _wrong(reader, path, "IANA 时区名，写如 Asia/Shanghai", "an IANA time zone such as Asia/Shanghai")


Acts: TypeAlias = Mapping[str, CountedDate]
_ACTS: Shape[Acts] = mapping(choice(*COUNTED_DATES), choice(*BINDING), at_least=1)


# ---- conditions


@dataclass(frozen=True, slots=True)
class ActsHeld:
    """So many parties have acted. at_least, more_than: a number, or a part of all the parties (or of the group)."""

    kind: Literal["acts"] = key(choice("acts"))
    at_least: Threshold | None = key(_threshold, None)
    more_than: Threshold | None = key(_threshold, None)
    of: str | None = key(a_code, None)
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class AllHeld:
    """Every party (or every one of the group) has acted."""

    kind: Literal["all"] = key(choice("all"))
    of: str | None = key(a_code, None)
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class ShareHeld:
    """Parties of so large a share have acted. weights: code → number; total: of all, else the sum of the weights."""

    kind: Literal["share"] = key(choice("share"))
    weights: Mapping[str, Exact] = key(mapping(_number, a_code, at_least=1))
    at_least: Exact | None = key(_part, None)
    more_than: Exact | None = key(_part, None)
    total: Exact | None = key(_number, None)
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class DayCome:
    """A day has come."""

    kind: Literal["date"] = key(choice("date"))
    on: date = key(a_day)
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class OtherInForce:
    """Another agreement, known by its number, is in force."""

    kind: Literal["agreement"] = key(choice("agreement"))
    number: str = key(a_code)
    period: Period | None = key(a_period, None)


def _condition(reader: Reader, path: Path, data: object) -> "Condition":
    kind = data.get("kind") if isinstance(data, dict) else None
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        known = " | ".join(_SHAPES)
        raise _wrong(reader, path, f"条件：映射，其 kind 为 {known}", f"a condition: a mapping whose kind is {known}")
    return shape(reader, path, data)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the conditions holds on one day."""

    kind: Literal["all_of"] = key(choice("all_of"))
    of: "tuple[Condition, ...]" = key(listing(_condition, at_least=1))
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the conditions holds."""

    kind: Literal["any_of"] = key(choice("any_of"))
    of: "tuple[Condition, ...]" = key(listing(_condition, at_least=1))
    period: Period | None = key(a_period, None)


Condition: TypeAlias = ActsHeld | AllHeld | ShareHeld | DayCome | OtherInForce | AllOf | AnyOf
_SHAPES: Mapping[str, Shape[Condition]] = {
    "acts": record(ActsHeld),
    "all": record(AllHeld),
    "share": record(ShareHeld),
    "date": record(DayCome),
    "agreement": record(OtherInForce),
    "all_of": record(AllOf),
    "any_of": record(AnyOf),
}


# ---- the clause


@dataclass(frozen=True, slots=True)
class Titled:
    """A name in both languages."""

    zh: str = key(_WORDS)
    en: str = key(_WORDS)


@dataclass(frozen=True, slots=True)
class Group:
    """Parties that a condition names together."""

    zh: str = key(_WORDS)
    en: str = key(_WORDS)
    parties: tuple[str, ...] = key(listing(a_code, at_least=1))


@dataclass(frozen=True, slots=True)
class Organisation:
    """How the act of a grouping counts: not at all beside its members' acts, or as an act of each of its members."""

    counts: Literal["nothing", "members"] = key(choice("nothing", "members"))
    members: tuple[str, ...] = key(listing(a_code), ())


@dataclass(frozen=True, slots=True)
class Joining:
    """Later joiners. acts: by which acts, else those of the clause; after: who is late, measured from the day on which the
    condition was met or from general entry into force; period: from their own act, else the general one."""

    acts: Acts | None = key(_ACTS, None)
    after: Literal["threshold", "force"] = key(choice("threshold", "force"), "threshold")
    period: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class Provisional:
    """Application before force: of each signatory, or of those who say so by an act. Days are the first and the last limit."""

    by: Literal["act", "signature"] = key(choice("act", "signature"))
    not_before: date | None = key(a_day, None)
    until: date | None = key(a_day, None)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Leaving with notice. date: of the notice, which one counts. notice_after, effect_after: counted from the day on which
    the agreement came into force for the party; no notice, and no effect, before that."""

    period: Period = key(a_period)
    date: CountedDate = key(choice(*COUNTED_DATES), "received")
    notice_after: Period | None = key(a_period, None)
    effect_after: Period | None = key(a_period, None)


@dataclass(frozen=True, slots=True)
class Below:
    """What happens once fewer parties are bound than this. parties: a number; effect: it ends, or rests until there are
    enough again, or nothing happens."""

    parties: int = key(whole(1))
    effect: Literal["nothing", "ends", "suspends"] = key(choice("nothing", "ends", "suspends"))


@dataclass(frozen=True, slots=True)
class Clause:
    """The clause of one text. Made by `read` alone.

    acts: kind of act → which of its dates counts. when: the condition; period: from the day on which it holds, none: on
    that day itself. fixed_date: the day of force where the condition holds by then; where it holds later, the period
    counts. not_before: no force earlier than this day. zone: of the depositary, in which a moment is a day.
    """

    schema: str = key(choice(SCHEMA))
    acts: Acts = key(_ACTS)
    when: Condition = key(_condition)
    period: Period | None = key(a_period, None)
    fixed_date: date | None = key(a_day, None)
    not_before: date | None = key(a_day, None)
    zone: str | None = key(a_zone, None)
    groups: Mapping[str, Group] = key(mapping(record(Group), a_code), {})
    organisations: Mapping[str, Organisation] = key(mapping(record(Organisation), a_code), {})
    binds: Literal["those_who_acted", "all_parties"] = key(choice("those_who_acted", "all_parties"), "those_who_acted")
    part: Titled | None = key(record(Titled), None)
    joining: Joining | None = key(record(Joining), None)
    provisional: Provisional | None = key(record(Provisional), None)
    withdrawal: Withdrawal | None = key(record(Withdrawal), None)
    below: Below | None = key(record(Below), None)


_CLAUSE = record(Clause)


@lru_cache(maxsize=256)
def read(text: str | bytes) -> Clause:
    """Read a clause in YAML or JSON, strictly: at most 60,000 characters, no key that the format does not know.

    Raises ClauseError with every fault: its place, what is wrong and what to write instead.
    """
    if len(text) > CHARACTERS_AT_MOST:
        too_long = (
            f"条款超过 {CHARACTERS_AT_MOST} 字，请精简",
            f"longer than {CHARACTERS_AT_MOST} characters; shorten it",
        )
        raise ClauseError(((".", *too_long),))
    try:
        document = read_yaml(text)
    except YamlError as error:
        raise ClauseError(((f"L{error.line}", error.zh, error.en),)) from error
    reader = Reader(document)
    try:
        return read_part(reader, (), document.data)
    except Bad as error:
        raise ClauseError(told(reader)) from error


def read_part(reader: Reader, path: Path, data: object) -> Clause:
    """Read the clause that stands at `path` of a document. Raises Bad after every fault has been reported to the reader."""
    faults = len(reader.findings)
    clause = _CLAUSE(reader, path, data)
    _names(reader, path, clause)
    if len(reader.findings) > faults:
        raise Bad
    return clause


def told(reader: Reader) -> tuple[tuple[str, str, str], ...]:
    """What was reported, by place in the document."""
    found = sorted(reader.findings, key=lambda each: each.line)
    return tuple((each.culprit, each.remedy_zh, each.remedy_en) for each in found)


def _names(reader: Reader, path: Path, clause: Clause) -> None:
    """Hold what the shape cannot: groups that exist, one threshold, members where they count."""
    for place, condition in _conditions((*path, "when"), clause.when):
        if isinstance(condition, ActsHeld | AllHeld) and condition.of is not None and condition.of not in clause.groups:
            known = ", ".join(clause.groups) or "—"
            reader.report((*place, "of"), "unknown-name", name=condition.of, zh="组（groups）", en="group", known=known)
        if isinstance(condition, ActsHeld | ShareHeld) and (condition.at_least is None) == (
            condition.more_than is None
        ):
            _wrong(reader, place, "at_least 与 more_than 二者之一", "one of at_least and more_than")
        if isinstance(condition, ShareHeld) and not sum(each.value for each in condition.weights.values()):
            reader.report(
                (*place, "weights"), "wrong-type", zh="至少一个大于 0 的份额", en="at least one weight above 0"
            )
    for code, each in clause.organisations.items():
        if (each.counts == "members") != bool(each.members):
            _wrong(
                reader,
                (*path, "organisations", code),
                "counts: members 并列出 members，或 counts: nothing 而不列",
                "counts: members with its members, or counts: nothing without",
            )


def _conditions(path: Path, condition: Condition) -> list[tuple[Path, Condition]]:
    found: list[tuple[Path, Condition]] = [(path, condition)]
    if isinstance(condition, AllOf | AnyOf):
        for place, each in enumerate(condition.of):
            found += _conditions((*path, "of", place), each)
    return found


def prerequisites(clause: Clause) -> frozenset[str]:
    """Numbers of the agreements whose force the clause waits for."""
    return frozenset(each.number for _, each in _conditions((), clause.when) if isinstance(each, OtherInForce))


def canonical(clause: Clause) -> str:
    """The clause as canonical JSON: sorted keys, no spaces, what equals its default left out. `read` reads it back."""
    return json.dumps(plain(clause), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=date.isoformat)
